"""손실 함수.

Loss functions.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, ShapeError, TargetError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn.functional.targets import (
    check_input,
    check_reduction,
    class_axis,
    class_weights,
    labels,
    reduced,
)
from tinygrad_kr.ops import fused
from tinygrad_kr.ops.elementwise import abs, log, log1p, logaddexp, maximum, where
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import movedim, reshape
from tinygrad_kr.ops.softmax import log_softmax
from tinygrad_kr.tensor import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
]


# Regression


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """평균 제곱 오차.

    The mean squared error, (x − t)². (The book's is half the sum.)

    Args:
        reduction: "mean", "sum", "none".

    Raises:
        ArgumentError: an unknown ``reduction``.
        ShapeError: the shapes do not broadcast.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.1
    """
    _warn_of_broadcast(input, target)
    error = input - target
    return reduced(error * error, reduction)  # type: ignore[no-any-return]


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """평균 절대 오차.

    The mean absolute error, |x − t|.
    """
    _warn_of_broadcast(input, target)
    return reduced(abs(input - target), reduction)  # type: ignore[no-any-return]


def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """매끄러운 L1 손실: beta보다 작은 오차는 제곱으로, 큰 것은 절댓값으로.

    ½ e² / ``beta`` where |e| < ``beta``, else |e| − ½ ``beta``.

    Raises:
        HyperparameterError: ``beta`` is negative or NaN.
    """
    beta = number("beta", beta, least=0)
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    _warn_of_broadcast(input, target)
    error = input - target
    size = abs(error)
    losses = where(size < beta, 0.5 * error * error / beta, size - 0.5 * beta)
    return reduced(losses, reduction)  # type: ignore[no-any-return]


def _warn_of_broadcast(input: Any, target: Any) -> None:
    if input.shape != target.shape:
        warnings.warn(
            f"정답의 형상 {tuple(target.shape)}이(가) 입력의 {tuple(input.shape)}과(와) 다릅니다. "
            "브로드캐스트되어 틀린 결과가 나오기 쉽습니다.\n"
            f"Using a target size {tuple(target.shape)} that is different to the input size "
            f"{tuple(input.shape)}. This will likely lead to incorrect results due to "
            "broadcasting.",
            stacklevel=3,
        )


# Binary classification

_binary = Primitive(
    "binary_cross_entropy",
    lambda x, t: _binary_forward(x, t),
    x=lambda g, x, t: g * (x - t) / maximum(x * (1 - x), 1e-12),
    t=lambda g, x: g * (maximum(log1p(-x), -100.0) - maximum(log(x), -100.0)),
)


def _binary_forward(x: Array, t: Array) -> Array:
    with np.errstate(all="ignore"):
        losses: Array = (t - 1) * np.maximum(np.log1p(-x), -100) - t * np.maximum(np.log(x), -100)
    return losses.astype(x.dtype, copy=False)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """확률의 이진 교차 엔트로피. 로그는 -100에서 잘린다.

    −(t log x + (1 − t) log(1 − x)) of probabilities, with the logarithms held at least −100, as in
    PyTorch. :func:`binary_cross_entropy_with_logits` is more accurate.

    Args:
        weight: 원소마다의 가중치(브로드캐스트된다). Weights that broadcast to the input.
        reduction: "mean", "sum", "none".

    Raises:
        ShapeError: ``target`` has another shape.
        TargetError: an input outside [0, 1].
    """
    check_input("binary_cross_entropy", input)
    _same_shape(input, target)
    x = as_array(input)
    outside = (x < 0) | (x > 1)
    if outside.any():
        raise TargetError(
            f"입력은 확률(0 이상 1 이하)이어야 합니다: {x[outside][0]}. 시그모이드를 빠뜨렸다면 "
            "BCEWithLogitsLoss를 쓰세요.",
            f"all elements of input should be between 0 and 1, found {x[outside][0]}; for logits "
            "use BCEWithLogitsLoss.",
        )
    losses = _binary(input, target)
    return reduced(losses if weight is None else losses * weight, reduction)  # type: ignore[no-any-return]


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """로짓의 이진 교차 엔트로피: 시그모이드와 손실을 한 번에, 넘침 없이.

    −(p t log σ(x) + (1 − t) log(1 − σ(x))) of logits, stable over the whole range.

    Args:
        weight: 원소마다의 가중치. Weights that broadcast to the input.
        reduction: "mean", "sum", "none".
        pos_weight: 양성의 가중치 p. The weight of positive targets, which broadcasts.

    Raises:
        ShapeError: ``target`` has another shape.
    """
    check_input("binary_cross_entropy_with_logits", input)
    _same_shape(input, target)
    positive = target if pos_weight is None else target * pos_weight
    losses = (1 - target) * logaddexp(input, 0.0) + positive * logaddexp(-input, 0.0)
    return reduced(losses if weight is None else losses * weight, reduction)  # type: ignore[no-any-return]


def _same_shape(input: Any, target: Any) -> None:
    if input.shape != target.shape:
        raise ShapeError(
            f"정답의 형상 {tuple(target.shape)}이(가) 입력의 {tuple(input.shape)}과(와) 같아야 "
            "합니다. squeeze()나 reshape()로 맞추세요.",
            f"Target size {tuple(target.shape)} must be the same as input size "
            f"{tuple(input.shape)}; use squeeze() or reshape().",
        )


# Classification


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """음의 로그 가능도: 로그 확률에서 정답의 것을 고른다.

    The negative of each label's log-probability; the mean is weighted by ``weight``.

    Args:
        input: 로그 확률, (C,), (N, C), (N, C, d1, ...). Log-probabilities.
        target: 클래스 번호, (), (N,), (N, d1, ...). Class numbers.
        weight: 클래스마다의 가중치 (C,). A weight for each class.
        ignore_index: 무시할 번호. A number that counts for nothing.
        reduction: "mean", "sum", "none".

    Raises:
        TargetError: a label out of range.
        ShapeError, DTypeError: a target or weight that does not fit.
    """
    check_reduction(reduction)
    check_input("nll_loss", input)
    numbers, ignored = labels(input.shape, target, ignore_index)
    axis = class_axis(input.shape)
    w = class_weights(weight, input.shape[axis])
    scale = _label_weights(w, numbers, ignored, as_array(input).dtype)
    places: list[Array] = list(np.indices(numbers.shape, sparse=True))
    picked = getitem(input, index=(*places[:axis], numbers, *places[axis:]))
    losses = -picked * scale
    if ignored is not None:
        losses = where(ignored, 0.0, losses)
    if reduction == "mean":
        return sum(losses) / float(scale.sum())
    return reduced(losses, reduction)  # type: ignore[no-any-return]


def _label_weights(
    w: Array | None, numbers: Array, ignored: Array | None, dtype: Any
) -> Array:
    """The weight of each label, 0 for the ignored ones."""
    scale = np.ones(numbers.shape, dtype) if w is None else w.astype(dtype)[numbers]
    return scale if ignored is None else np.where(ignored, 0, scale).astype(dtype, copy=False)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """교차 엔트로피 오차: 소프트맥스와 손실을 한 번에(softmax를 먼저 하지 마세요).

    The cross-entropy of logits, −Σ t log softmax(x): do not take the softmax yourself.

    Args:
        input: 로짓, (C,), (N, C), (N, C, d1, ...). Logits.
        target: 클래스 번호, 또는 입력과 같은 형상의 확률. Class numbers, or probabilities in the
            shape of the input.
        weight: 클래스마다의 가중치 (C,). A weight for each class.
        ignore_index: 무시할 번호. A class number that counts for nothing.
        reduction: "mean", "sum", "none". The mean of class numbers is weighted by ``weight``.
        label_smoothing: 정답을 고르게 섞는 정도, 0 이상 1 이하. The share of the uniform
            distribution in the targets.

    Raises:
        TargetError: a label out of range.
        ShapeError, DTypeError: a target or weight that does not fit.
        HyperparameterError: ``label_smoothing`` is not within [0, 1].

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.2, 5.6.3

    >>> from tinygrad_kr.ops.creation import tensor
    >>> cross_entropy(tensor([[0.0, 0.0]]), tensor([1]))
    tensor(0.6931)
    """
    check_reduction(reduction)
    check_input("cross_entropy", input)
    smoothing = label_smoothing and number("label_smoothing", label_smoothing, least=0, most=1)
    axis = class_axis(input.shape)
    w = class_weights(weight, input.shape[axis])
    if target.shape == input.shape:
        return _from_probabilities(input, target, w, reduction, smoothing, axis)
    numbers, ignored = labels(input.shape, target, ignore_index)
    rows = input
    if input.ndim != 2:
        last = movedim(input, axis, -1)
        rows = reshape(last, (math.prod(last.shape[:-1]), last.shape[-1]))
    flat_ignored = None if ignored is None else ignored.reshape(-1)
    spread = _distribution(rows.shape, numbers.reshape(-1), flat_ignored, w, smoothing, rows.dtype)
    if reduction == "none":
        return reshape(fused.cross_entropy(rows, spread, reduce=False), numbers.shape)
    if reduction == "mean":
        if numbers.size == 0 or (ignored is not None and ignored.all()):
            # Nothing to average: nan, as in PyTorch, and gradients of 0.
            return fused.cross_entropy(rows, spread, reduce=True) + math.nan  # type: ignore[no-any-return]
        if w is None and ignored is None:
            total = float(numbers.size)
        else:
            total = float(_label_weights(w, numbers, ignored, rows.dtype).sum())
        with np.errstate(all="ignore"):
            spread /= np.asarray(total, rows.dtype)
    loss: Tensor = fused.cross_entropy(rows, spread, reduce=True)
    return loss


def _distribution(
    shape: tuple[int, ...], numbers: Array, ignored: Array | None, w: Array | None,
    smoothing: float, dtype: Any,
) -> Array:  # fmt: skip
    """What each row of log-probabilities is weighted with: its label, smoothed, class-weighted."""
    count, classes = shape
    spread = np.full(shape, smoothing / classes if classes else 0.0, dtype)
    spread[np.arange(count), numbers] += 1 - smoothing
    if w is not None:
        spread *= w.astype(dtype, copy=False)
    if ignored is not None:
        spread[ignored] = 0
    return spread


def _from_probabilities(
    input: Any, target: Any, w: Array | None, reduction: str, smoothing: float, axis: int
) -> Tensor:
    if target.dtype.kind != "f":
        raise DTypeError(
            f"입력과 같은 형상의 정답은 확률이며 소수형이어야 합니다: {target.dtype}. "
            "float()로 바꾸거나 클래스 번호를 주세요.",
            f"Expected floating point type for target with class probabilities, got "
            f"{target.dtype}; convert with float(), or give class numbers.",
        )
    classes = input.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if w is not None:
        target = target * wrap(w.reshape(classes, *(1,) * (input.ndim - axis - 1)))
    losses = -sum(log_softmax(input, axis) * target, axis)
    if reduction == "mean":
        # The mean over the samples: the weights of the classes have no part in it.
        return sum(losses) / float(np.size(as_array(losses)))
    return reduced(losses, reduction)  # type: ignore[no-any-return]
