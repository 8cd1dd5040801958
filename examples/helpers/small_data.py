"""300장의 훈련 데이터: 오버피팅을 일부러 일으키는 책의 설정.

The book's setting that overfits on purpose: a net of seven layers, a few hundred training images,
and the curves of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes

import tinygrad_kr as torch
from helpers.networks import batches, fit
from tinygrad_kr import Tensor, nn, optim
from tinygrad_kr.dtypes import Array
from tinygrad_kr.nn import functional as F
from tinygrad_kr.viz import curves, say

SIZES = [784, *[100] * 6, 10]


class Curves(NamedTuple):
    """에폭마다 잰 정확도와 손실.

    What was measured after some of the epochs: arrays with one number a measurement.
    """

    epoch: Array
    train: Array
    test: Array
    train_loss: Array
    test_loss: Array

    @property
    def gap(self) -> float:
        """마지막 훈련 정확도와 시험 정확도의 차이. Training less test accuracy at the end."""
        return float(self.train[-1] - self.test[-1])


@torch.no_grad()
def measure(model: nn.Module, x: Tensor, t: Tensor) -> tuple[float, float]:
    """평가 모드에서 잰 정확도와 손실. Accuracy and loss in evaluation mode."""
    model.eval()
    scores = model(x)
    right = (scores.argmax(dim=1) == t).float().mean()
    return float(right), float(F.cross_entropy(scores, t))


def learn(
    model: nn.Module,
    optimizer: optim.Optimizer,
    data: Iterable[Tensor],
    epochs: int,
    every: int = 1,
) -> Curves:
    """100장씩 미니배치로 배우며 ``every`` 에폭마다 잰다.

    Learn the first two of ``data``'s four tensors in mini-batches of 100, and measure on all of
    them after the first epoch and every ``every``-th from there.
    """
    x, t, x_test, t_test = data
    rows = []
    for epoch in range(epochs):
        fit(model, optimizer, batches(x, t, 100))
        if epoch % every == 0:
            train, train_loss = measure(model, x, t)
            test, test_loss = measure(model, x_test, t_test)
            rows.append((epoch, train, test, train_loss, test_loss))
    return Curves(*np.array(rows).T)


def draw_accuracies(runs: Mapping[str, Sequence[Curves]], ax: Axes) -> None:
    """실험마다 한 색: 훈련 정확도는 실선, 시험 정확도는 점선.

    A colour for each of the runs, which may have several seeds: the training accuracy as a solid
    line, the test accuracy dashed.
    """
    colors = plt.rcParams["axes.prop_cycle"].by_key()["color"][: len(runs)]
    ax.set_prop_cycle(cycler(color=colors) * cycler(linestyle=["-", "--"]))
    lines = {}
    for name, seeds in runs.items():
        lines[say(f"{name} 훈련", f"{name} training")] = [seed.train for seed in seeds]
        lines[say(f"{name} 시험", f"{name} test")] = [seed.test for seed in seeds]
        epochs = seeds[0].epoch
    curves(lines, ax, x=epochs, xlabel=say("에폭", "epoch"), ylabel=say("정확도", "accuracy"))
    ax.set_ylim(0, 1.02)
    ax.legend(loc="lower right", fontsize=8)
