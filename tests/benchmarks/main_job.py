"""The main job: from the files on disk to 98 % of MNIST's test images, in seconds.

784-400-400-10, batch normalisation, ReLU, dropout 0.2; Adam, one cycle of six epochs up to 4e-3,
label smoothing 0.1, batches of 256; the test set is asked once an epoch, which counts. The clock
runs from the first file, the framework being imported; compiling counts. A round is a seed.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .benchmark import Benchmark, Measure, Run
from .peers import sequential
from .work import MAIN, Array, Layer, Work

GOAL, EPOCHS, PEAK, SMOOTHING = 0.98, 6, 4e-3, 0.1

Accuracies = Iterator[float]  # after each epoch
Job = Callable[[Run, Work], Accuracies]


def read(folder: Path, name: str) -> Array:
    with gzip.open(folder / f"{name}.gz") as file:
        raw = np.frombuffer(file.read(), np.uint8)
    dims = raw[3]
    shape = raw[4 : 4 + 4 * dims].view(">i4")
    return raw[4 + 4 * dims :].reshape(shape)


def images_and_labels(folder: Path, split: str) -> tuple[Array, Array]:
    images = read(folder, f"{split}-images-idx3-ubyte").reshape(-1, 784).astype(np.float32)
    images /= 255
    images -= 0.1307
    images /= 0.3081
    return images, read(folder, f"{split}-labels-idx1-ubyte").astype(np.int64)


def both(run: Run) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    if run.data is None:
        raise FileNotFoundError("--data DIR with the four files of MNIST (.gz) is needed")
    return images_and_labels(run.data, "train"), images_and_labels(run.data, "t10k")


def ours(run: Run, work: Work) -> Accuracies:
    import tinygrad_kr as torch
    from tinygrad_kr.utils.data import DataLoader, TensorDataset

    def shuffled(images: Any, labels: Any) -> Any:
        return DataLoader(TensorDataset(images, labels), work.batch, shuffle=True)

    return the_pytorch_way(torch, run, work, shuffled)


def torch(run: Run, work: Work) -> Accuracies:
    import torch

    class Shuffled:
        """PyTorch's DataLoader takes longer than the step; its users index."""

        def __init__(self, images: Any, labels: Any) -> None:
            self.images, self.labels = images, labels

        def __len__(self) -> int:
            return -(-len(self.images) // work.batch)

        def __iter__(self) -> Iterator[Any]:
            for rows in torch.randperm(len(self.images)).split(work.batch):
                yield self.images[rows], self.labels[rows]

    return the_pytorch_way(torch, run, work, Shuffled)


def the_pytorch_way(torch: Any, run: Run, work: Work, shuffled: Any) -> Accuracies:
    nn, optim = torch.nn, torch.optim
    torch.manual_seed(run.seed)
    data, (test_images, test_labels) = (map(torch.from_numpy, part) for part in both(run))
    loader = shuffled(*data)
    net = sequential(nn, work)
    optimizer = optim.Adam(net.parameters(), lr=PEAK)
    schedule = optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK, EPOCHS * len(loader), cycle_momentum=False
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    for _ in range(EPOCHS):
        net.train()
        for images, labels in loader:
            optimizer.zero_grad()
            criterion(net(images), labels).backward()
            optimizer.step()
            schedule.step()
        net.eval()
        with torch.no_grad():
            right = sum(
                int((net(x).argmax(dim=1) == t).sum())
                for x, t in zip(test_images.split(1000), test_labels.split(1000), strict=True)
            )
        yield right / len(test_labels)


def jax(run: Run, work: Work) -> Accuracies:
    import jax
    import jax.numpy as jnp
    import optax

    from .jax_network import forward, parameters

    (images, labels), test = (tuple(map(jnp.asarray, part)) for part in both(run))
    rng, key = np.random.default_rng(run.seed), jax.random.key(run.seed)
    params, stats = parameters(work, pytorch_initial(work, rng))
    steps = -(-len(images) // work.batch)
    rule = optax.adam(optax.cosine_onecycle_schedule(EPOCHS * steps, PEAK))
    state = rule.init(params)

    def loss_of(params: Any, stats: Any, x: Any, t: Any, key: Any) -> Any:
        y, stats = forward(work, params, stats, x, key)
        target = optax.smooth_labels(jax.nn.one_hot(t, 10), SMOOTHING)
        return optax.softmax_cross_entropy(y, target).mean(), stats

    @jax.jit
    def step(
        params: Any, stats: Any, state: Any, key: Any, images: Any, labels: Any, rows: Any
    ) -> Any:
        key, one = jax.random.split(key)
        grads, stats = jax.grad(loss_of, has_aux=True)(
            params, stats, images[rows], labels[rows], one
        )
        updates, state = rule.update(grads, state)
        return optax.apply_updates(params, updates), stats, state, key

    @jax.jit
    def accuracy(params: Any, stats: Any, x: Any, t: Any) -> Any:
        return (forward(work, params, stats, x, None)[0].argmax(axis=1) == t).mean()

    for _ in range(EPOCHS):
        order = rng.permutation(len(images))
        for start in range(0, len(images), work.batch):
            rows = order[start : start + work.batch]
            params, stats, state, key = step(params, stats, state, key, images, labels, rows)
        yield float(accuracy(params, stats, *test))


def pytorch_initial(work: Work, rng: np.random.Generator) -> list[Layer]:
    """What nn.Linear starts from: uniform within 1/√n."""
    ends = [(n, m, n**-0.5) for n, m in zip(work.sizes, work.sizes[1:], strict=False)]
    return [
        (rng.uniform(-r, r, (n, m)).astype(np.float32), rng.uniform(-r, r, m).astype(np.float32))
        for n, m, r in ends
    ]


def seconds_to(job: Job, module: str) -> Measure:
    def measure(work: Work, run: Run) -> float:
        __import__(module)
        work = work._replace(sizes=(784, 16, 16, 10)) if run.tiny else work
        start = time.perf_counter()
        for accuracy in job(run, work):
            if accuracy >= (0 if run.tiny else GOAL):
                return time.perf_counter() - start
        raise RuntimeError(f"seed {run.seed}: {accuracy:.2%} after {EPOCHS} epochs")

    return measure


SUBJECTS = {
    "ours": seconds_to(ours, "tinygrad_kr"),
    "torch": seconds_to(torch, "torch"),
    "jax": seconds_to(jax, "optax"),
}
BENCHMARK = Benchmark("job", "s", {"MNIST 98 %": MAIN}, SUBJECTS)
