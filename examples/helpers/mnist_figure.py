"""mnist.py의 그림: 학습 곡선과 가장 크게 틀린 숫자들.

The figure of mnist.py: learning curves and the worst-missed digits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_kr as torch
from helpers.checkpoint import Run
from helpers.figure import figure, smooth
from tinygrad_kr import nn
from tinygrad_kr.nn import functional as F
from tinygrad_kr.utils.data import DataLoader
from tinygrad_kr.viz import say

ROWS, COLUMNS = 2, 8


@torch.no_grad()
def worst_missed(model: nn.Module, loader: DataLoader, count: int) -> list[tuple[Any, int, int]]:
    """손실이 가장 큰 오답들: 이미지, 정답, 대답.

    The wrong answers with the largest losses: image, label, answer.
    """
    model.eval()
    images, labels, answers, losses = [], [], [], []
    for x, t in loader:
        y = model(x)
        images.append(x.numpy())
        labels.append(t.numpy())
        answers.append(y.argmax(dim=1).numpy())
        losses.append(F.cross_entropy(y, t, reduction="none").numpy())
    label, answer = np.concatenate(labels), np.concatenate(answers)
    loss = np.where(label == answer, -np.inf, np.concatenate(losses))
    worst = np.argsort(-loss, kind="stable")[: min(count, int((label != answer).sum()))]
    picture = np.concatenate(images)
    return [(picture[i, 0], int(label[i]), int(answer[i])) for i in worst]


def draw(path: Path, run: Run, test: DataLoader) -> None:
    """그림을 PNG로 저장한다.

    Save the figure as a PNG.
    """
    from matplotlib.ticker import LogLocator

    with figure(path, 9, 6) as fig:
        panels: Any = fig.subfigures(2, 1, height_ratios=[1, 1.05])
        above, below = panels
        left, right = above.subplots(1, 2)
        per_epoch = len(run.losses) / len(run.accuracies)
        x, means = smooth(run.losses, 50)
        steps = np.arange(1, len(run.losses) + 1)
        left.plot(steps / per_epoch, run.losses, color="C0", alpha=0.25, linewidth=0.7,
                  label=say("미니배치마다", "each mini-batch"))  # fmt: skip
        left.plot(x / per_epoch, means, color="C0", label=say("이동평균", "moving average"))
        left.set(title=say("훈련 손실", "Training loss"), xlabel=say("에폭", "Epoch"), yscale="log")
        left.yaxis.set_major_formatter("{x:g}")
        left.yaxis.set_minor_locator(LogLocator(subs=(2, 3, 5, 7)))
        left.yaxis.set_minor_formatter("{x:g}")
        left.legend()
        epochs = np.arange(1, len(run.accuracies) + 1)
        right.plot(epochs, run.accuracies, color="C1", marker="o")
        last = f"{say('시험 정확도', 'Test accuracy')}: {run.accuracies[-1]:.2f} %"
        right.set(title=last, xlabel=say("에폭", "Epoch"))
        right.xaxis.get_major_locator().set_params(integer=True)
        for axes in (left, right):
            axes.grid(alpha=0.3)
        below.suptitle(
            say("가장 크게 틀린 숫자들 (정답 → 대답)", "Worst-missed digits (label → answer)")
        )
        cells = list(below.subplots(ROWS, COLUMNS).flat)
        for cell in cells:
            cell.set_axis_off()
        missed = worst_missed(run.model, test, ROWS * COLUMNS)
        for cell, (image, label, answer) in zip(cells, missed, strict=False):
            cell.imshow(image, cmap="gray_r")
            cell.set_title(f"{label} → {answer}")
