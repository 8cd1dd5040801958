"""MNIST 손글씨 숫자를 배운다.

Learn the handwritten digits of MNIST. ``python examples/mnist.py --help`` lists the flags.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tinygrad_kr as torch
from helpers import options
from helpers.checkpoint import Run, Settings, interrupted
from helpers.console import Interruption, polite, progress
from helpers.mnist_figure import draw
from tinygrad_kr import nn, optim
from tinygrad_kr.datasets import MNIST
from tinygrad_kr.transforms import Compose, Normalize, ToTensor
from tinygrad_kr.utils.data import DataLoader, Subset


def hidden(n_in: int, n_out: int) -> list[nn.Module]:
    return [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(0.2)]


def batch_norm() -> nn.Module:
    return nn.Sequential(nn.Flatten(), *hidden(784, 400), *hidden(400, 400), nn.Linear(400, 10))


def plain() -> nn.Module:
    layers = [nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 10)]
    return nn.Sequential(nn.Flatten(), *layers)


MODELS = {"bn": batch_norm, "mlp": plain}
OPTIMIZERS: dict[str, tuple[Callable[..., optim.Optimizer], float]] = {
    "adam": (optim.Adam, 4e-3),
    "adamw": (optim.AdamW, 4e-3),
    "sgd": (optim.SGD, 0.2),
    "momentum": (optim.Momentum, 0.05),
    "adagrad": (optim.AdaGrad, 0.02),
    "rmsprop": (optim.RMSProp, 1e-3),
}


def load_data(
    settings: Settings, folder: Path, shuffle: torch.Generator
) -> tuple[DataLoader, DataLoader]:
    transform = Compose([ToTensor(), Normalize(0.1307, 0.3081)])
    train, test = (MNIST(folder, train=t, transform=transform) for t in (True, False))
    sets: list[Any] = [train, test]
    if settings.limit is not None:
        sets = [Subset(s, range(min(settings.limit, len(s)))) for s in sets]
    # A last batch of one image has no variance to normalise by.
    lonely = len(sets[0]) % settings.batch_size == 1 < len(sets[0])
    return (
        DataLoader(sets[0], settings.batch_size, True, drop_last=lonely, generator=shuffle),
        DataLoader(sets[1], batch_size=1000),
    )


def train(run: Run, loader: DataLoader, stop: Interruption) -> None:
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    run.model.train()
    label = f"{run.epoch + 1}/{run.settings.epochs}"
    with progress(label, total=len(loader), done=run.step) as bar:
        for images, labels in run.batches(loader):
            loss = criterion(run.model(images), labels)
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()
            (rate,) = run.scheduler.get_last_lr()
            run.scheduler.step()
            run.end_step(loss.item())
            bar.set_postfix(loss=f"{loss.item():.4f}", lr=f"{rate:.5f}", refresh=False)
            bar.update()
            if stop.asked:
                return


@torch.no_grad()
def test(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    correct = sum(int((model(images).argmax(dim=1) == t).sum()) for images, t in loader)
    return 100 * correct / len(loader.dataset)


@polite
def main(argv: Sequence[str] | None = None) -> int:
    rates = {name: rate for name, (_, rate) in OPTIMIZERS.items()}
    args, settings, saved = options.prepare(argv, rates, MODELS)
    torch.manual_seed(settings.seed)
    shuffle = torch.Generator().manual_seed(settings.seed)
    train_loader, test_loader = load_data(settings, args.data, shuffle)
    model = MODELS[settings.model]()
    optimizer = OPTIMIZERS[settings.optimizer][0](model.parameters(), lr=settings.lr)
    steps = settings.epochs * len(train_loader)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, steps, cycle_momentum=False)
    run = Run(settings, model, optimizer, scheduler, shuffle)
    if saved is not None:
        run.load(saved)

    start = time.perf_counter()
    with Interruption() as stop:
        while not (run.finished or stop.asked):
            train(run, train_loader, stop)
            if run.step == len(train_loader):
                run.end_epoch(test(model, test_loader))
                if args.save:
                    run.save(args.save)
                print(run.report(), flush=True)
    seconds = time.perf_counter() - start
    if not run.finished:
        return interrupted(run, args.save)
    if args.plot:
        draw(args.plot, run, test_loader)
        print(f"그림(figure): {args.plot}")
    print(
        f"시험 정확도(test accuracy) {run.accuracies[-1]:.2f} % · {seconds:.1f}초(s) · "
        f"가중치(weights) {run.checksum()}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
