"""정답의 검사: 클래스 번호와 그 가중치.

Checking targets: class numbers, the weights of classes, the kinds of reduction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError, TargetError
from tinygrad_kr.ops.reduction import mean, sum


def reduced(losses: Any, reduction: str) -> Any:
    """원소마다의 손실을 평균, 합, 또는 그대로.

    The losses of the elements reduced as asked.
    """
    check_reduction(reduction)
    if reduction == "mean":
        return mean(losses)
    return sum(losses) if reduction == "sum" else losses


def check_reduction(reduction: str) -> None:
    """reduction이 아는 것인지 확인한다.

    Refuse an unknown reduction.

    Raises:
        ArgumentError: it is none of ``"mean"``, ``"sum"``, ``"none"``.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(
            f"reduction은 'mean', 'sum', 'none' 가운데 하나입니다: {reduction!r}.",
            f"{reduction!r} is not a valid value for reduction; use 'mean', 'sum' or 'none'.",
        )


def check_input(name: str, input: Any) -> None:
    """손실의 입력이 소수형인지 확인한다.

    Refuse an input of a loss that is not floating.

    Raises:
        DTypeError: it is not.
    """
    if input.dtype.kind != "f":
        raise DTypeError(
            f"{name}의 입력은 소수형이어야 합니다: {input.dtype}. float()로 바꾸어 주세요.",
            f"the input of {name} must be floating, not {input.dtype}; convert with float().",
        )


def class_weights(weight: Any, classes: int) -> Array | None:
    """클래스의 가중치를 배열로.

    The weights of the classes as an array.

    Raises:
        ShapeError: there are not as many as classes.
    """
    if weight is None:
        return None
    w: Array = as_array(weight)
    if w.shape != (classes,):
        raise ShapeError(
            f"weight의 형상은 ({classes},)이어야 합니다: {w.shape}.",
            f"weight tensor should be defined for all {classes} classes, got shape {w.shape}.",
        )
    return w


def class_axis(shape: tuple[int, ...]) -> int:
    """클래스의 차원: (C,)라면 0, 아니면 1.

    The dimension of the classes: 0 in (C,), 1 in (N, C, ...).

    Raises:
        ShapeError: a 0-d input.
    """
    if not shape:
        raise ShapeError(
            "입력에는 클래스의 차원이 있어야 합니다: (C,), (N, C), (N, C, d1, ...).",
            "The input needs a dimension of classes: (C,), (N, C), (N, C, d1, ...).",
        )
    return 0 if len(shape) == 1 else 1


def labels(
    input_shape: tuple[int, ...], target: Any, ignore_index: int
) -> tuple[Array, Array | None]:
    """클래스 번호를 확인한다. 무시할 것의 마스크(없으면 None)도 돌려준다.

    Class numbers that have been checked against the input that they belong to, and the mask of
    those to ignore, None if there are none.

    Raises:
        DTypeError: they are not integers.
        ShapeError: there is not one for each place of the input.
        TargetError: one is out of range.
    """
    numbers: Array = as_array(target)
    axis = class_axis(input_shape)
    expected = input_shape[:axis] + input_shape[axis + 1 :]
    if numbers.dtype.kind not in "iu":
        raise DTypeError(
            f"정답 레이블은 정수여야 합니다: {numbers.dtype}. long()으로 바꾸세요. 확률이라면 "
            f"형상이 입력과 같은 {input_shape}이어야 합니다.",
            f"Class labels must be integers, not {numbers.dtype}; convert with long(). "
            f"Probabilities have the shape of the input, {input_shape}.",
        )
    if numbers.shape != expected and not (axis == 0 and numbers.shape == (1,)):
        raise ShapeError(
            f"정답의 형상이 {numbers.shape}인데 입력 {input_shape}에는 {expected}이어야 합니다. "
            "원-핫이라면 소수형으로 바꾸거나 argmax(1)을 쓰세요.",
            f"Expected a target of shape {expected} for an input of shape {input_shape}, got "
            f"{numbers.shape}; convert one-hot targets to floats, or take argmax(1).",
        )
    count = input_shape[axis]
    if not numbers.size:
        return numbers, None
    low, high = int(numbers.min()), int(numbers.max())
    if low >= 0 and high < count and not low <= ignore_index <= high:
        return numbers, None
    ignored = numbers == ignore_index
    wrong = ~ignored & ((numbers < 0) | (numbers >= count))
    if wrong.any():
        where = tuple(int(i[0]) for i in np.nonzero(wrong)) if numbers.ndim else ()
        label = int(numbers[where])
        raise TargetError(
            f"레이블 {label}(위치 {where})이(가) 범위를 벗어났습니다. 클래스가 {count}개이므로 "
            f"0부터 {count - 1}까지여야 합니다.",
            f"Target {label} (at {where}) is out of bounds: with {count} classes, labels are "
            f"0 ... {count - 1}.",
        )
    return np.where(ignored, 0, numbers), ignored if ignored.any() else None
