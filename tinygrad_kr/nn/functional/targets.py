"""손실이 받는 것과 모으는 방법: 정답, 클래스, reduction.

What a loss may be given, and how the losses of the elements are put together.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, ShapeError, TargetError
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops.reduction import mean, need_floating, sum
from tinygrad_kr.tensor import Tensor


def check_reduction(reduction: str) -> str:
    """아는 reduction인지. Refuse an unknown reduction."""
    return choice("reduction", reduction, ("mean", "sum", "none"))


def chosen_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """PyTorch의 옛 인자 size_average와 reduce까지 살핀다.

    The reduction, by PyTorch's old arguments if they are given.
    """
    if size_average is None and reduce is None:
        return check_reduction(reduction)
    averaged = size_average is None or size_average
    old = "none" if reduce is False else "mean" if averaged else "sum"
    warnings.warn(
        f"size_average와 reduce 대신 reduction={old!r}을(를) 쓰세요.\n"
        f"size_average and reduce are deprecated, please use reduction={old!r} instead.",
        stacklevel=3,
    )
    return old


def reduced(losses: Tensor, reduction: str, weight: Any = None) -> Tensor:
    """원소의 손실을 가중해 모은다. The losses of the elements, weighted and reduced as asked."""
    check_reduction(reduction)
    if weight is not None:
        losses = same_shape(losses * weight, losses.shape)
    if reduction == "mean":
        return mean(losses)
    return sum(losses) if reduction == "sum" else losses


def weighted(losses: Tensor, reduction: str, weight: Any, shape: tuple[int, ...]) -> Tensor:
    """원소마다의 가중치로 평균 낸다. As :func:`reduced`, the mean weighted by ``weight``, which
    has the input's shape."""
    if weight is None:
        return reduced(losses, reduction)
    same_shape(weight, shape)
    if reduction == "mean":
        return sum(losses * weight) / sum(weight)
    return reduced(losses * weight, reduction)


def same_shape(of: Any, shape: tuple[int, ...]) -> Any:
    """``of``, refused if it does not have this shape."""
    if of.shape != shape:
        raise ShapeError(
            f"가중치나 정답의 형상 {of.shape}이(가) 입력의 {shape}에 맞지 않습니다.",
            f"weights and targets of shape {of.shape} do not fit an input of shape {shape}.",
        )
    return of


def warn_of_broadcast(input: Any, target: Any) -> None:
    """정답의 형상이 입력과 다르면 경고한다. Warn of a target of another shape than the input's."""
    x, t = input.shape, target.shape
    if x != t:
        warnings.warn(
            f"정답의 형상 {t}이(가) 입력의 {x}과(와) 달라 브로드캐스트됩니다.\n"
            f"Using a target size {t} that is different to the input size {x}: they broadcast, "
            "which is likely wrong.",
            stacklevel=3,
        )


def check_binary(name: str, input: Any, target: Any) -> None:
    """소수형이고 형상이 같은지. Refuse an integer input, or a target of another shape."""
    need_floating(name, input)
    x, t = input.shape, target.shape
    if x != t:
        raise ShapeError(
            f"정답의 형상 {t}이(가) 입력의 {x}과(와) 같아야 합니다. reshape()를 쓰세요.",
            f"Target size {t} must be the same as input size {x}; use reshape().",
        )


def check_classes(name: str, input: Any, weight: Any) -> tuple[int, Array | None]:
    """The dimension of the classes, 0 in (C,) and 1 in (N, C, ...), and their weights."""
    need_floating(name, input)
    shape = as_array(input).shape
    if not shape:
        raise ShapeError(
            f"{name}: 입력은 (C,), (N, C), (N, C, d1, ...)이어야 합니다: ().",
            f"{name}: the input must be (C,), (N, C), (N, C, d1, ...), not ().",
        )
    axis = 0 if len(shape) == 1 else 1
    classes = shape[axis]
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(
            f"weight의 형상은 ({classes},)이어야 합니다: {weight.shape}.",
            f"weight must have shape ({classes},), one for each class, not {weight.shape}.",
        )
    return axis, as_array(weight)


_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def labels_of(
    input_shape: tuple[int, ...], axis: int, target: Any, ignore_index: int
) -> tuple[Array, Array | None]:
    """Class numbers that fit the input, and the mask of those to ignore, None if none are."""
    numbers: Array = as_array(target)
    expected = input_shape[:axis] + input_shape[axis + 1 :]
    if numbers.dtype.kind not in "iu":
        raise DTypeError(
            f"레이블은 정수여야 합니다: {numbers.dtype}. long()으로 바꾸세요. 확률의 형상은 "
            f"{input_shape}입니다.",
            f"Class labels must be integers, not {numbers.dtype}; use long(). Probabilities have "
            f"the shape {input_shape}.",
        )
    if numbers.shape != expected and not (axis == 0 and numbers.shape == (1,)):
        raise ShapeError(
            f"정답의 형상은 {expected}이어야 합니다(입력은 {input_shape}): {numbers.shape}. "
            "원-핫이라면 argmax(1)이나 float()를 쓰세요.",
            f"the target must have shape {expected} (the input is {input_shape}), not "
            f"{numbers.shape}; for one-hot targets use argmax(1) or float().",
        )
    numbers = numbers.reshape(expected)
    if not numbers.size:
        return numbers, None
    count = input_shape[axis]
    # Without its sign a negative number is a huge one.
    unsigned = numbers.view(_UNSIGNED[numbers.itemsize])
    if not 0 <= ignore_index < count and np.maximum.reduce(unsigned, None) < count:
        return numbers, None
    ignored = numbers == ignore_index
    wrong = ~ignored & ((numbers < 0) | (numbers >= count))
    if wrong.any():
        where = tuple(map(int, np.argwhere(wrong)[0]))
        raise TargetError(
            f"레이블은 0 ... {count - 1}이어야 합니다: {numbers[where]}(위치 {where}).",
            f"Target {numbers[where]} (at {where}) is out of bounds: labels of {count} classes are "
            f"0 ... {count - 1}.",
        )
    return np.where(ignored, 0, numbers), ignored if ignored.any() else None


def same_ndim(name: str, *tensors: Any) -> None:
    """차원 수가 다르면 거절한다. Refuse tensors of different numbers of dimensions."""
    shapes = [t.shape for t in tensors]
    if len({len(s) for s in shapes}) > 1:
        listed = ", ".join(map(str, shapes))
        raise ShapeError(
            f"{name}: 텐서들의 차원 수가 같아야 합니다: {listed}.",
            f"{name}: the tensors are expected to have the same number of dimensions, but got: "
            f"{listed}.",
        )
