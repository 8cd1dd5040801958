"""여유(margin)의 손실: 여러 클래스와 세 쌍.

Losses that want a margin between the right and the wrong, of classes and of triplets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError, TargetError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn.functional.more.activation import logsigmoid
from tinygrad_kr.nn.functional.more.distance import pairwise_distance
from tinygrad_kr.nn.functional.targets import (
    check_reduction,
    chosen_reduction,
    reduced,
    same_ndim,
    same_shape,
)
from tinygrad_kr.ops.comparison import clamp, minimum, where
from tinygrad_kr.ops.dims import array_of, array_of_kind
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.reduction import need_floating, sum
from tinygrad_kr.ops.shape import unsqueeze
from tinygrad_kr.tensor import Tensor

__all__ = [
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip

Distance = Callable[[Tensor, Tensor], Tensor]

# Classes


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """여유 손실: 정답의 점수가 다른 것보다 margin만큼 커야 한다.

    Σ max(0, ``margin`` − x[t] + x[j])ᵖ / C over the classes j ≠ t, times the ``weight`` of t.

    Shape:
        (N, C) or (C,), target (N,) or (); the result is of the target's.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ArgumentError(f"p는 1이나 2입니다: {p}.", f"only p == 1 and p == 2 supported: {p}.")
    x, labels = _scores("multi_margin_loss", input, target)
    count, classes = x.shape
    if labels.size != count or labels.ndim > 1:
        raise ShapeError(
            f"정답의 형상은 ({count},)이어야 합니다: {labels.shape}, 입력은 {input.shape}.",
            f"Expected target size [{count}], but got {labels.shape} for an input of shape "
            f"{input.shape}.",
        )
    numbers = labels.reshape(-1)
    _in_range(numbers, 0, classes)
    right = getitem(x, index=(np.arange(count), numbers))
    gaps = margin - unsqueeze(right, 1) + x
    counts = (as_array(gaps) > 0) & (np.arange(classes) != numbers[:, None])
    gaps = where(counts, gaps, 0.0)
    if p == 2:
        gaps = gaps * gaps
    if weight is not None:
        if array_of(weight).shape != (classes,):
            raise ShapeError(
                f"weight의 형상은 ({classes},)이어야 합니다: {weight.shape}.",
                f"inconsistent weight size, expected {classes} but got {weight.shape}.",
            )
        gaps = gaps * as_array(weight)[numbers, None].astype(x.dtype)
    losses = sum(gaps, 1) / classes
    return reduced(losses if labels.ndim else getitem(losses, index=(0,)), reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """정답이 여럿인 여유 손실: 레이블을 앞에서부터 적고 −1로 끝낸다.

    Σ max(0, 1 − x[t] + x[j]) / C over the labels t before the first −1, and the classes j that are
    none of them.

    Shape:
        (N, C) or (C,), the target alike.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    x, labels = _scores("multilabel_margin_loss", input, target)
    same_shape(labels, input.shape)
    labels = labels.reshape(x.shape)
    _in_range(labels, -1, x.shape[1])
    rows = np.arange(len(labels))[:, None]
    given = np.logical_and.accumulate(labels >= 0, 1)
    wrong = np.ones(x.shape, np.bool_)
    wrong[np.broadcast_to(rows, labels.shape)[given], labels[given]] = False
    gaps = 1 - unsqueeze(getitem(x, index=(rows, labels)), 2) + unsqueeze(x, 1)
    counts = (as_array(gaps) > 0) & given[:, :, None] & wrong[:, None]
    losses = sum(where(counts, gaps, 0.0), (1, 2)) / x.shape[1]
    return reduced(losses if input.ndim > 1 else getitem(losses, index=(0,)), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """클래스마다의 이진 교차 엔트로피의 평균.

    −(t log σ(x) + (1 − t) log σ(−x)), times ``weight``, averaged over the last dimension.
    """
    if not input.ndim:
        raise DimError("입력에 차원이 없습니다: ().", "The input has no dimension of classes: ().")
    reduction = chosen_reduction(reduction, size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(sum(losses, -1) / input.shape[-1], reduction)


def _scores(name: str, input: Any, target: Any) -> tuple[Any, Array]:
    """Scores as (N, C), and class numbers."""
    x = need_floating(name, input)
    shape = x.shape
    if len(shape) > 2 or 0 in shape[-1:]:
        raise ShapeError(
            f"{name}: 입력은 비지 않은 (N, C)나 (C,)이어야 합니다: {shape}.",
            f"{name}: expected a non-empty input of shape (N, C) or (C,), not {shape}.",
        )
    for _ in range(2 - len(shape)):
        x = unsqueeze(x, 0)
    return x, array_of_kind("iu", name, target)


def _in_range(labels: Array, least: int, classes: int) -> None:
    bad = labels[(labels < least) | (labels >= classes)]
    if bad.size:
        raise TargetError(
            f"레이블은 {least} ... {classes - 1}이어야 합니다: {bad[0]}.",
            f"target out of range: {bad[0]}; labels are {least} ... {classes - 1}.",
        )


# Triplets


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """세 쌍의 손실: 같은 것은 다른 것보다 margin만큼 가까워야 한다.

    max(0, d(a, p) − d(a, n) + ``margin``), with the ``p``-norm of x − y + ``eps`` over the last
    dimension for the distance d; ``swap`` takes the smaller of d(a, n) and d(p, n).

    Source:
        Balntas et al. 2016
    """
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=partial(pairwise_distance, p=p, eps=eps),
        margin=margin,
        swap=swap,
        reduction=chosen_reduction(reduction, size_average, reduce),
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Distance | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """거리를 정해 주는 triplet_margin_loss.

    :func:`triplet_margin_loss` with a distance of one's own.
    """
    check_reduction(reduction)
    margin = number("margin", margin, above=0)
    same_ndim("triplet_margin_loss", anchor, positive, negative)
    distance = distance_function or pairwise_distance
    far = distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(clamp(margin + distance(anchor, positive) - far, min=0), reduction)
