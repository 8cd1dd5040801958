"""나선: 직선으로는 못 나누는 것을 은닉층이 나눈다.

Spirals: what no straight line parts, hidden layers do. ``--plot FILE`` draws the decision boundary.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import tinygrad_kr as torch
from helpers.console import polite
from helpers.figure import check_figure, figure
from tinygrad_kr import Tensor, nn, optim
from tinygrad_kr.datasets import toy
from tinygrad_kr.viz import say


def fit(model: nn.Module, x: Tensor, t: Tensor, steps: int = 500) -> None:
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        loss = criterion(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{steps}걸음 뒤의 손실(loss after the last step) {loss.item():.4f}")


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, t: Tensor) -> float:
    return 100.0 * int((model(x).argmax(dim=1) == t).sum()) / len(t)


@torch.no_grad()
def draw(path: Path, model: nn.Module, x: Tensor, t: Tensor) -> None:
    ticks = np.linspace(-1.3, 1.3, 300, dtype=np.float32)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    regions = model(torch.from_numpy(grid.reshape(-1, 2))).argmax(dim=1).numpy()
    with figure(path, 5, 5) as fig:
        axes = fig.subplots()
        axes.contourf(ticks, ticks, regions.reshape(300, 300), np.arange(-0.5, 3),
                      colors=["C0", "C1", "C2"], alpha=0.25)  # fmt: skip
        for label, marker in enumerate("ox^"):
            h, v = x.numpy()[t.numpy() == label].T
            axes.scatter(h, v, s=12, marker=marker, label=f"{say('클래스', 'class')} {label}")
        axes.set(title=say("나선과 결정 경계", "Spirals and the decision boundary"), aspect="equal")
        axes.legend(loc="upper right")


@polite
def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="나선을 나눕니다. Part the spirals.")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="그림을 저장할 PNG. The figure.")
    args = parser.parse_args(argv)
    if args.plot:
        check_figure(args.plot)

    torch.manual_seed(0)
    x, t = toy.spiral()
    unseen = toy.spiral()
    linear = nn.Linear(2, 3)
    network = nn.Sequential(
        nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)
    )
    for model in (linear, network):
        fit(model, x, t)
    one, two = (accuracy(model, *unseen) for model in (linear, network))
    print(f"처음 보는 점에서의 정확도(accuracy on unseen points): "
          f"직선(lines) {one:.1f} %, 신경망(network) {two:.1f} %")  # fmt: skip
    assert one < 65 < 97 < two
    if args.plot:
        draw(args.plot, network, x, t)
        print(f"그림(figure): {args.plot}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
