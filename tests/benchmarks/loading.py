"""A mini-batch from a DataLoader over 60,000 images in memory, and the step that it is fed to."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from . import networks, peers
from .benchmark import Benchmark, Run
from .work import BOOK, MAIN, Work


class Load(NamedTuple):
    batch: int
    shuffle: bool


def loader(torch: Any, data: Any, batch: int, shuffle: bool) -> Any:
    images, labels = map(torch.from_numpy, data)
    dataset = torch.utils.data.TensorDataset(images, labels)
    return torch.utils.data.DataLoader(dataset, batch_size=batch, shuffle=shuffle)


def ours(*wanted: Any) -> Any:
    import tinygrad_kr

    return loader(tinygrad_kr, *wanted)


def torch(*wanted: Any) -> Any:
    import torch

    return loader(torch, *wanted)


def torch_batched(data: Any, batch: int, shuffle: bool) -> Any:
    """The way round PyTorch's sample by sample: whole batches as the samples."""
    import torch
    from torch.utils.data import (
        BatchSampler,
        DataLoader,
        RandomSampler,
        SequentialSampler,
        TensorDataset,
    )

    dataset = TensorDataset(*map(torch.from_numpy, data))
    order = (RandomSampler if shuffle else SequentialSampler)(dataset)
    return DataLoader(dataset, sampler=BatchSampler(order, batch, False), batch_size=None)


def load(
    make: peers.Make, prepare: Callable[[Any, int, bool], Any], case: Load | Work, run: Run
) -> float:
    if isinstance(case, Work):
        return networks.step(make, case, run)
    count, width = (600, 10) if run.tiny else (60_000, 784)
    images = np.random.default_rng(0).random((count, width), dtype=np.float32)
    batches = prepare((images, np.zeros(count, np.int64)), *case)
    start = time.perf_counter()
    for _ in batches:
        pass
    return (time.perf_counter() - start) / len(batches) * 1e6


CASES: dict[str, Load | Work] = {
    f"{size}{', shuffled' if shuffle else ''}": Load(size, shuffle)
    for size in (100, 256)
    for shuffle in (False, True)
}
CASES |= {"book step (100)": BOOK, "main step (256)": MAIN}
SHARES = {
    name: "book step (100)" if case.batch == 100 else "main step (256)"
    for name, case in CASES.items()
    if isinstance(case, Load)
}
SUBJECTS = {
    "ours": partial(load, peers.ours, ours),
    "torch": partial(load, peers.torch, torch),
    "torch batched": partial(load, peers.torch, torch_batched),
}
BENCHMARK = Benchmark("batch", "µs a batch", CASES, SUBJECTS, shares=SHARES)
