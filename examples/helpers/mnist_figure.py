"""mnist.py의 그림: 학습 곡선과 가장 크게 틀린 숫자들.

The figure of mnist.py: learning curves and the worst-missed digits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_kr as torch
from helpers.checkpoint import Run
from helpers.figure import figure
from tinygrad_kr.utils.data import DataLoader
from tinygrad_kr.viz import curves, misses, say


@torch.no_grad()
def draw(path: Path, run: Run, test: DataLoader) -> None:
    """그림을 PNG로 저장한다.

    Save the figure as a PNG.
    """
    from matplotlib.ticker import LogLocator

    run.model.eval()
    images, labels, scores = zip(*[(x, t, run.model(x)) for x, t in test], strict=True)
    with figure(path, 9, 6) as fig:
        panels: Any = fig.subfigures(2, 1, height_ratios=[1, 1.05])
        left, right = panels[0].subplots(1, 2)
        steps = len(run.losses)
        epochs = np.arange(1, steps + 1) / steps * len(run.accuracies)
        curves({say("미니배치마다", "each mini-batch"): run.losses}, left, x=epochs)
        left.lines[0].set(alpha=0.25, linewidth=0.7)
        width = min(50, -(-steps // 10))
        curves({say("이동평균", "moving average"): run.losses}, left, x=epochs, smooth=width)
        left.set(title=say("훈련 손실", "Training loss"), xlabel=say("에폭", "Epoch"), yscale="log")
        left.yaxis.set_major_formatter("{x:g}")
        left.yaxis.set_minor_locator(LogLocator(subs=(2, 3, 5, 7)))
        left.yaxis.set_minor_formatter("{x:g}")
        left.legend()
        right.plot(range(1, len(run.accuracies) + 1), run.accuracies, color="C1", marker="o")
        last = f"{say('시험 정확도', 'Test accuracy')}: {run.accuracies[-1]:.2f} %"
        right.set(title=last, xlabel=say("에폭", "Epoch"))
        right.grid(alpha=0.3)
        right.xaxis.get_major_locator().set_params(integer=True)
        misses(torch.cat(images), torch.cat(labels), torch.cat(scores), fig=panels[1])
