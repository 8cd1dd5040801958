"""분류의 결과: 혼동 행렬과 틀린 이미지.

What a classifier got wrong: the confusion matrix, and the images that it missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError, TargetError
from tinygrad_kr.hyperparameters import integer, wrong_kind
from tinygrad_kr.nn.functional import cross_entropy
from tinygrad_kr.viz.inputs import numbers
from tinygrad_kr.viz.style import canvas, need_matplotlib, say, sheet, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

COLUMNS = 8
# With more classes the counts would not be legible; the colours still are.
MOST_COUNTED = 20


def confusion_matrix(
    t: Any, y: Any, ax: Axes | None = None, *, labels: Sequence[str] | None = None
) -> Axes:
    """혼동 행렬: 정답 한 줄마다 무엇이라 답했는지.

    The confusion matrix: a row for each class, a column for each answer. A cell is shaded by its
    share of its row and, with up to 20 classes, shows its count where it is not 0.

    Args:
        t: the labels, (N,).
        y: the answers, (N,), or the scores, (N, classes), whose largest is the answer.
        labels: the names of the classes; without them 0, 1, 2 ...

    Raises:
        ShapeError: of different lengths, or empty.
        ArgumentError: labels that are no integers, scores with nan.
        TargetError: a label outside the classes.

    >>> axes = confusion_matrix([0, 1, 1], [0, 1, 0])
    >>> [text.get_text() for text in axes.texts]
    ['1', '1', '1']
    """
    scores = numbers("y", y, 1, 2)
    answers = _answers("y", scores) if scores.ndim == 2 else _whole("y", scores)
    truth = _whole("t", numbers("t", t, 1))
    _same_length("t", truth, "y", answers)
    names = _names(labels, int(max(truth.max(), answers.max())) + 1, scores)
    count = len(names)
    _in_range("t", truth, count)
    _in_range("y", answers, count)
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (truth, answers), 1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    size = min(max(0.5 * count + 1.0, 3.5), 11)
    with canvas(ax, size, size) as axes:
        from matplotlib import rcParams

        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.argwhere(table) if count <= MOST_COUNTED else ():
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(table[row, column]), ha="center", va="center",
                      color=color, fontsize=8)  # fmt: skip
        font = rcParams["font.family"]
        turn = 90 if max(map(len, names)) > 3 else 0
        axes.set_xticks(range(count), names, fontfamily=font, rotation=turn)
        axes.set_yticks(range(count), names, fontfamily=font)
        axes.set(xlabel=say("대답", "answer"), ylabel=say("정답", "label"))
        axes.spines[:].set_visible(False)
    return axes


def misses(
    images: Any,
    t: Any,
    scores: Any,
    *,
    n: int = 16,
    labels: Sequence[str] | None = None,
    fig: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """가장 크게 틀린 이미지들: 정답 → 대답.

    The images that were missed by the largest cross-entropy, worst first, with label → answer.

    Args:
        images: (N, H, W), (N, 1, H, W), (N, 3, H, W), or flat square ones, (N, H · H).
        t: the labels, (N,).
        scores: what goes into the cross-entropy (before softmax), (N, classes).
        n: how many images at most.
        labels: the names of the classes; without them 0, 1, 2 ...
        fig: a figure or subfigure to draw in.

    Raises:
        ShapeError, ArgumentError, TargetError: as for :func:`confusion_matrix`.

    >>> fig = misses(np.eye(4).reshape(2, 2, 4), [0, 1], [[0.0, 1.0], [0.0, 1.0]])
    >>> fig.axes[0].get_title()
    '0 → 1'
    """
    need_matplotlib()
    most = integer("n", n, least=1)
    pictures = _pictures(numbers("images", images, 2, 3, 4))
    values = numbers("scores", scores, 2)
    truth, answers = _whole("t", numbers("t", t, 1)), _answers("scores", values)
    _same_length("images", pictures, "t", truth)
    _same_length("t", truth, "scores", answers)
    names = _names(labels, values.shape[1], values)
    _in_range("t", truth, values.shape[1])
    with no_grad():
        loss = cross_entropy(wrap(values.astype(np.float64)), wrap(truth), reduction="none")
    wrong = np.flatnonzero(truth != answers)
    worst = wrong[np.argsort(-loss._array[wrong], kind="stable")][:most]
    columns = min(max(len(worst), 1), COLUMNS)
    rows = max(-(-len(worst) // columns), 1)
    with style():
        drawn = sheet(fig, max(1.1 * columns, 3.2), 1.35 * rows + 0.4)
        cells = list(drawn.subplots(rows, columns, squeeze=False).flat)
        for cell in cells:
            cell.set_axis_off()
        for cell, i in zip(cells, worst, strict=False):
            cell.imshow(pictures[i], cmap="gray_r")
            cell.set_title(f"{names[truth[i]]} → {names[answers[i]]}")
        drawn.suptitle(
            say("가장 크게 틀린 이미지(정답 → 대답)", "Worst misses (label → answer)")
            if len(worst)
            else say("틀린 이미지가 없습니다", "Nothing was missed")
        )
    return drawn


def _whole(name: str, values: Array) -> Array:
    if values.dtype.kind not in "ui":
        raise wrong_kind(name, values, "정수 레이블", "integer labels")
    return values.astype(np.int64)


def _answers(name: str, scores: Array) -> Array:
    if scores.shape[1] < 2:
        raise ShapeError(
            f"{name}의 형상 {scores.shape}: 점수는 클래스마다 하나씩, 둘 이상이어야 합니다.",
            f"{name} has the shape {scores.shape}; it needs the scores of two classes or more.",
        )
    if np.isnan(scores).any():
        raise ArgumentError(
            f"{name}에 nan이 {np.isnan(scores).sum()}개 있어 대답을 정할 수 없습니다.",
            f"{name} has {np.isnan(scores).sum()} nan, so the answer is not known.",
        )
    answers: Array = scores.argmax(axis=1)
    return answers


def _same_length(name: str, one: Array, other_name: str, other: Array) -> None:
    if len(one) != len(other):
        raise ShapeError(
            f"{name}은(는) {len(one)}개인데 {other_name}은(는) {len(other)}개입니다.",
            f"{name} has {len(one)} items, but {other_name} has {len(other)}.",
        )


def _names(labels: Sequence[str] | None, seen: int, scores: Array) -> list[str]:
    """The names of the classes, as many as there are scores, or as were seen."""
    count = scores.shape[1] if scores.ndim == 2 else seen
    if labels is None:
        return [str(i) for i in range(count)]
    if scores.ndim == 2 and len(labels) != count:
        raise ShapeError(
            f"labels는 {len(labels)}개인데 점수는 {count}개의 클래스에 있습니다.",
            f"labels has {len(labels)} names for the scores of {count} classes.",
        )
    return [str(label) for label in labels]


def _in_range(name: str, values: Array, count: int) -> None:
    if values.min() < 0 or values.max() >= count:
        raise TargetError(
            f"{name}의 레이블은 0 이상 {count} 미만이어야 합니다: "
            f"{values.min()}부터 {values.max()}까지 있습니다.",
            f"The labels of {name} must lie in 0 to {count - 1}, not {values.min()} to "
            f"{values.max()}.",
        )


def _pictures(images: Array) -> Array:
    """(N, H, W), or (N, H, W, 3) between 0 and 1."""
    side = round(images.shape[1] ** 0.5)
    if images.ndim == 3:
        return images
    if images.ndim == 2 and side**2 == images.shape[1]:
        return images.reshape(-1, side, side)
    if images.ndim == 4 and images.shape[1] == 1:
        return images[:, 0]
    if images.ndim == 4 and images.shape[1] == 3:
        low, high = np.nanmin(images), np.nanmax(images)
        return np.moveaxis((images - low) / ((high - low) or 1), 1, -1)
    raise ShapeError(
        "images의 형상은 (N, H, W), (N, 1, H, W), (N, 3, H, W)나 정사각형을 편 (N, H·H)이어야 "
        f"합니다: {images.shape}.",
        "images must be (N, H, W), (N, 1, H, W), (N, 3, H, W) or flat squares (N, H·H), not "
        f"{images.shape}.",
    )
