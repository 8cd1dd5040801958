"""손실 함수.

Loss functions. Each takes ``reduction``: "mean", "sum", or "none" for the losses of the elements.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DTypeError, TargetError
from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.nn.functional.targets import (
    check_binary,
    check_classes,
    chosen_reduction,
    labels_of,
    reduced,
    same_shape,
    warn_of_broadcast,
    weighted,
)
from tinygrad_kr.ops import fused
from tinygrad_kr.ops.arithmetic import abs
from tinygrad_kr.ops.comparison import logical_not, maximum, where
from tinygrad_kr.ops.exponential import log, log1p, logaddexp
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.norms import log_softmax, softmax
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import need_floating, sum
from tinygrad_kr.ops.shape import movedim, reshape
from tinygrad_kr.tensor import Tensor

#: 책의 교차 엔트로피가 확률에 더하는 수. What the book adds to a probability.
BOOK_EPSILON: Final = 1e-7


# Regression


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str | None = None,
    weight: Tensor | None = None,
    *,
    convention: str = "torch",
) -> Tensor:
    """평균 제곱 오차.

    The mean squared error, (x − t)².

    Args:
        reduction: None is the convention's own.
        weight: of the elements; the mean is weighted by it.
        convention: "torch", the mean, or "book", half the sum: ½ Σ (x − t)².

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.1
    """
    reduction = squared_reduction(reduction, convention, size_average, reduce)
    warn_of_broadcast(input, target)
    error = input - target
    if weight is None:
        need_floating("mse_loss", error)
    squares = error * error
    losses = squares if convention == "torch" else squares * 0.5
    return weighted(losses, reduction, weight, input.shape)


def squared_reduction(
    reduction: str | None,
    convention: str,
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> str:
    """제곱 오차의 reduction. That of squared errors: None is the convention's own."""
    book = choice("convention", convention, ("torch", "book")) == "book"
    own = ("sum" if book else "mean") if reduction is None else reduction
    return chosen_reduction(own, size_average, reduce)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """평균 절대 오차.

    The mean absolute error, |x − t|; weighted by ``weight``, one for each element.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    warn_of_broadcast(input, target)
    return weighted(abs(input - target), reduction, weight, input.shape)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """매끄러운 L1 손실: beta보다 작은 오차는 제곱으로, 큰 것은 절댓값으로.

    ½ e² / ``beta`` where |e| < ``beta``, else |e| − ½ ``beta``.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    warn_of_broadcast(input, target)
    error = input - target
    losses = size = abs(error)
    if number("beta", beta, least=0):
        need_floating("smooth_l1_loss", error)
        near = logical_not(size >= beta)  # nan too, for its gradient is nan
        short = where(near, error, 0.0)  # finite, or its gradient would be 0 · ∞
        losses = where(near, 0.5 * short * short / beta, size - 0.5 * beta)
    return reduced(losses, reduction)


# Binary classification


def _binary_forward(x: Array, t: Array) -> Array:
    with np.errstate(all="ignore"):
        losses: Array = (t - 1) * np.maximum(np.log1p(-x), -100) - t * np.maximum(np.log(x), -100)
    return losses.astype(x.dtype, copy=False)


_binary = Primitive(
    "binary_cross_entropy",
    _binary_forward,
    x=lambda g, x, t: g * (x - t) / maximum(x * (1 - x), 1e-12),
    t=lambda g, x: g * (log1p(-x) - log(x)),
)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """확률의 이진 교차 엔트로피. 로그는 -100에서 잘린다.

    −(t log x + (1 − t) log(1 − x)) of probabilities, each loss times ``weight``.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    check_binary("binary_cross_entropy", input, target)
    if input.dtype != target.dtype:
        raise DTypeError(
            f"정답의 자료형 {target.dtype}이(가) 입력의 {input.dtype}과(와) 같아야 합니다. "
            f"to({input.dtype})로 바꾸세요.",
            f"Found dtype {target.dtype} of the target but expected {input.dtype}; convert with "
            f"to({input.dtype}).",
        )
    x = as_array(input)
    outside = ~((x >= 0) & (x <= 1))
    if outside.any():
        raise TargetError(
            f"입력은 0과 1 사이여야 합니다: {x[outside][0]}. 로짓에는 BCEWithLogitsLoss를 쓰세요.",
            f"all elements of input should be between 0 and 1, found {x[outside][0]}; for logits "
            "use BCEWithLogitsLoss.",
        )
    return reduced(_binary(input, target), reduction, weight)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """로짓의 이진 교차 엔트로피: 시그모이드와 손실을 한 번에, 넘침 없이.

    −(p t log σ(x) + (1 − t) log(1 − σ(x))) of logits, p being ``pos_weight``.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    check_binary("binary_cross_entropy_with_logits", input, target)
    positive = target if pos_weight is None else same_shape(target * pos_weight, target.shape)
    losses = (1 - target) * logaddexp(input, 0.0) + positive * logaddexp(-input, 0.0)
    return reduced(losses, reduction, weight)


# Classification


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """음의 로그 가능도: 로그 확률에서 정답의 것을 고른다.

    The negative of each label's log-probability; the mean is weighted by ``weight``. The arguments
    are those of :func:`cross_entropy`.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    axis, w = check_classes("nll_loss", input, weight)
    numbers, ignored = labels_of(input.shape, axis, target, ignore_index)
    scale = _label_weights(w, numbers, ignored, input.dtype)
    places: list[Array] = list(np.indices(numbers.shape, sparse=True))
    picked = getitem(input, index=(*places[:axis], numbers, *places[axis:]))
    losses = -picked * scale
    if ignored is not None:
        losses = where(ignored, 0.0, losses)
    if reduction == "mean":
        return sum(losses) / float(scale.sum())
    return reduced(losses, reduction)


def _label_weights(w: Array | None, numbers: Array, ignored: Array | None, dtype: Any) -> Array:
    """The weight of each label, 0 for the ignored ones."""
    scale = np.ones(numbers.shape, dtype) if w is None else w.astype(dtype)[numbers]
    return scale if ignored is None else scale * ~ignored


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    *,
    convention: str = "torch",
) -> Tensor:
    """교차 엔트로피 오차: 로짓을 받는다(softmax를 먼저 하지 마세요).

    The cross-entropy of logits, −Σ t log softmax(x).

    Args:
        convention: "torch", or "book": −Σ t log(softmax(x) + 1e-7), which ends at 16.1, where its
            gradient dies; it has no ``label_smoothing``.
        input: logits, (C,), (N, C), (N, C, d1, ...).
        target: class numbers, (), (N,), (N, d1, ...), or probabilities in the input's shape.
        weight: of the classes, (C,); the mean of class numbers is weighted by it.
        ignore_index: a class number that counts for nothing.
        label_smoothing: the share of the uniform distribution in the targets, 0 ... 1.

    Raises:
        TargetError: a label out of range.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.2, 5.6.3

    >>> from tinygrad_kr.ops.creation import tensor
    >>> cross_entropy(tensor([[0.0, 0.0]]), tensor([1]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    smoothing = label_smoothing and number("label_smoothing", label_smoothing, least=0, most=1)
    axis, w = check_classes("cross_entropy", input, weight)
    shape = as_array(input).shape
    probabilities = as_array(target).shape == shape
    if choice("convention", convention, ("torch", "book")) == "book":
        check_plain(smoothing)
        logs = log_of(softmax(input, axis))
        if probabilities:
            return _from_probabilities(logs, target, w, reduction, 0.0, axis)
        return nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
    if probabilities:
        if ignore_index >= 0:
            raise ArgumentError(
                f"확률인 정답에는 ignore_index가 없습니다: {ignore_index}.",
                f"ignore_index={ignore_index} is not supported for floating point target.",
            )
        logs = log_softmax(input, axis)
        return _from_probabilities(logs, target, w, reduction, smoothing, axis)
    numbers, ignored = labels_of(shape, axis, target, ignore_index)
    rows = input
    if len(shape) != 2:
        last = movedim(input, axis, -1)
        rows = reshape(last, (numbers.size, last.shape[-1]))
    empty = not numbers.size or (ignored is not None and bool(ignored.all()))
    averaged = reduction == "mean" and not empty
    share: Any = 1 / numbers.size if averaged else 1.0
    rest = None
    if smoothing or w is not None or ignored is not None:
        share, rest = _shares(w, numbers, ignored, smoothing, shape[axis], averaged, rows)
    loss: Tensor = fused.cross_entropy(rows, numbers.reshape(-1), share, rest, reduction != "none")
    if reduction == "none":
        return reshape(loss, numbers.shape)
    # The mean of nothing is nan, as in PyTorch, and its gradients are 0.
    return loss + math.nan if reduction == "mean" and empty else loss


def _shares(
    w: Array | None, numbers: Array, ignored: Array | None, smoothing: float, classes: int,
    averaged: bool, rows: Any,
) -> tuple[Any, Array | None]:  # fmt: skip
    """What the log-probability of each label is weighed with, (N,), and, for the smoothing, that of
    every class, (C, 1) or (C, N)."""
    share = _label_weights(w, numbers, ignored, rows.dtype).reshape(-1)
    rest = None
    with np.errstate(all="ignore"):
        total: Any = share.sum() if averaged else 1.0
        if smoothing:
            rest = np.full((classes, 1), smoothing / max(classes, 1) / total, rows.dtype)
            if w is not None:
                rest *= w[:, None]
            if ignored is not None:
                rest = rest * ~ignored.reshape(-1)
        return share * ((1 - smoothing) / total), rest


def log_of(probabilities: Any) -> Any:
    """책의 로그: 0에서도 유한하다. The book's logarithm of probabilities, finite at 0 too."""
    return log(probabilities + BOOK_EPSILON)


def check_plain(smoothing: float) -> None:
    """책의 관례에는 label_smoothing이 없다. The book's convention has no smoothing of labels."""
    if smoothing:
        raise ArgumentError(
            f"convention='book'에는 label_smoothing이 없습니다: {smoothing}.",
            f"convention='book' has no label_smoothing, but got {smoothing}.",
        )


def _from_probabilities(
    logs: Any, target: Any, w: Array | None, reduction: str, smoothing: float, axis: int
) -> Tensor:
    if target.dtype.kind != "f":
        raise DTypeError(
            f"확률인 정답은 소수형이어야 합니다: {target.dtype}. float()로 바꾸세요.",
            f"Class probabilities must be floating, not {target.dtype}; use float().",
        )
    classes = logs.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if w is not None:
        target = target * wrap(w.reshape(classes, *(1,) * (logs.ndim - axis - 1)))
    losses = -sum(logs * target, axis)
    if reduction == "mean":
        # The mean over the samples: the weights of the classes have no part in it.
        return sum(losses) / float(np.size(as_array(losses)))
    return reduced(losses, reduction)
