"""그림이 받는 수: 텐서, 배열, 목록.

What a figure may be given: tensors, arrays and lists of numbers, checked before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import number, wrong_kind

# From here on a value counts as diverged: float32 has long overflowed, and an axis soon would.
ENDLESS = 1e100


def numbers(name: str, value: Any, *ndims: int) -> Array:
    """수의 배열. 비어 있으면 안 된다.

    ``value`` (a tensor, an array, a list of numbers or of tensors) as an array that is not empty,
    of one of ``ndims`` dimensions where they are given: float64, or integers as they are.

    Raises:
        ArgumentError: it holds no numbers.
        ShapeError: it is empty or has other dimensions.
    """
    items = [as_array(v) for v in value] if isinstance(value, list | tuple) else as_array(value)
    try:
        array = np.asarray(items)
    except ValueError:  # of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "buif":
        raise wrong_kind(name, value, "수의 배열", "an array of numbers")
    if array.size == 0 or (ndims and array.ndim not in ndims):
        wanted = " 또는 ".join(f"{n}차원" for n in ndims) or "1개 이상의 수"
        english = " or ".join(f"{n}-D" for n in ndims) or "at least one number"
        raise ShapeError(
            f"{name}은(는) 비지 않은 {wanted}이어야 합니다. 받은 형상: {array.shape}.",
            f"{name} must be {english} and not empty; its shape is {array.shape}.",
        )
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def finite(values: Array) -> Array:
    """발산한 값(inf)도 nan으로.

    The values as float64, with nan for those that have diverged.
    """
    values = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < ENDLESS, values, np.nan)


def named(name: str, value: Any) -> dict[str, Any]:
    """이름이 붙은 것들.

    ``value``, a mapping of names that is not empty, as a dict.

    Raises:
        ArgumentError: it is something else, or empty.
    """
    if not isinstance(value, Mapping) or not value:
        raise wrong_kind(name, value, "{이름: 배열}", "{name: array}, and not empty")
    return {str(key): item for key, item in value.items()}


def limits(name: str, value: Any) -> tuple[float, float]:
    """축의 두 끝.

    The two ends of an axis, the lower one first.

    Raises:
        ArgumentError: it is no pair, or the ends are the wrong way round.
        HyperparameterError: an end is not finite.
    """
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise wrong_kind(name, value, "(작은 값, 큰 값)", "(low, high)")
    low, high = (number(name, end) for end in value)
    if not low < high:
        raise ArgumentError(
            f"{name}=({low:g}, {high:g}): 앞의 값이 더 작아야 합니다.",
            f"{name}=({low:g}, {high:g}) must have the lower end first.",
        )
    return low, high
