"""손실의 인자를 검사한다: 입력, 정답, 클래스의 가중치.

What a loss may be given: inputs, targets, weights of classes, kinds of reduction.
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
    """아는 reduction인지 확인한다. Refuse an unknown reduction."""
    return choice("reduction", reduction, ("mean", "sum", "none"))


def reduced(losses: Tensor, reduction: str, weight: Any = None) -> Tensor:
    """원소마다의 손실을 평균, 합, 또는 그대로.

    The losses of the elements, weighted and reduced as asked.
    """
    check_reduction(reduction)
    if weight is not None:
        losses = losses * weight
    if reduction == "mean":
        return mean(losses)
    return sum(losses) if reduction == "sum" else losses


def warn_of_broadcast(input: Any, target: Any) -> None:
    """정답의 형상이 입력과 다르면 경고한다. Warn of a target in another shape."""
    x, t = input.shape, target.shape
    if x != t:
        warnings.warn(
            f"정답의 형상 {t}이(가) 입력의 {x}과(와) 달라 브로드캐스트됩니다. 결과가 틀리기 "
            "쉽습니다.\n"
            f"Using a target size {t} that is different to the input size {x}. This will likely "
            "lead to incorrect results due to broadcasting.",
            stacklevel=3,
        )


def check_binary(name: str, input: Any, target: Any) -> None:
    """소수형 입력과 같은 형상의 정답인지. Refuse inputs not floating and targets that differ."""
    need_floating(name, input)
    x, t = input.shape, target.shape
    if x != t:
        raise ShapeError(
            f"정답의 형상 {t}이(가) 입력의 {x}과(와) 같아야 합니다. reshape()로 맞추세요.",
            f"Target size {t} must be the same as input size {x}; use reshape().",
        )


def check_classes(name: str, input: Any, weight: Any) -> tuple[int, Array | None]:
    """클래스의 차원(입력이 (C,)라면 0, 아니면 1)과 클래스의 가중치.

    The dimension of the classes, 0 in (C,) and 1 in (N, C, ...), and their weights as an array.
    """
    need_floating(name, input)
    if not input.ndim:
        raise ShapeError(
            f"{name}: 입력은 (C,), (N, C), (N, C, d1, ...)입니다. 0차원은 안 됩니다.",
            f"{name}: the input is (C,), (N, C) or (N, C, d1, ...), not 0-d.",
        )
    axis = 0 if input.ndim == 1 else 1
    classes = input.shape[axis]
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(
            f"weight의 형상은 ({classes},)이어야 합니다: {weight.shape}.",
            f"weight tensor should be defined for all {classes} classes, got shape {weight.shape}.",
        )
    return axis, as_array(weight)


def labels(
    input_shape: tuple[int, ...], axis: int, target: Any, ignore_index: int
) -> tuple[Array, Array | None]:
    """클래스 번호와 무시할 것의 마스크(없으면 None).

    Class numbers that fit the input, and the mask of those to ignore, None if there are none.
    """
    numbers: Array = as_array(target)
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
    if not numbers.size:
        return numbers, None
    count, low, high = input_shape[axis], numbers.min(), numbers.max()
    if low >= 0 and high < count and not low <= ignore_index <= high:
        return numbers, None
    ignored = numbers == ignore_index
    wrong = ~ignored & ((numbers < 0) | (numbers >= count))
    if wrong.any():
        where = tuple(map(int, np.argwhere(wrong)[0]))
        raise TargetError(
            f"레이블 {numbers[where]}(위치 {where})이(가) 범위를 벗어났습니다. 클래스가 "
            f"{count}개이므로 0부터 {count - 1}까지여야 합니다.",
            f"Target {numbers[where]} (at {where}) is out of bounds: with {count} classes, labels "
            f"are 0 ... {count - 1}.",
        )
    return np.where(ignored, 0, numbers), ignored if ignored.any() else None
