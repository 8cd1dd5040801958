"""행렬인지 확인하기, LAPACK 부르기.

What every function of matrices begins with: is it one, and what LAPACK says when it is not content.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array, float16
from tinygrad_kr.errors import DTypeError, LinAlgError, ShapeError
from tinygrad_kr.ops.dims import array_of_kind
from tinygrad_kr.ops.shape import transpose


def mT(x: Any) -> Any:
    """The matrices of ``x`` transposed."""
    return transpose(x, -2, -1)


def matrix(name: str, x: Any, square: bool = False, kinds: str = "f", half: bool = False) -> Any:
    """``x``, which must be a matrix of floats, or of the kinds named, or a batch of them."""
    array = array_of_kind(kinds, name, x)
    if array.dtype == float16 and not half:
        raise DTypeError(
            f"{name}은(는) float16 텐서에 쓸 수 없습니다. float()로 바꾸어 주세요.",
            f"{name} is not defined for float16 tensors; convert with float().",
        )
    if array.ndim < 2:
        raise ShapeError(
            f"{name}에는 2차원 이상의 텐서가 와야 합니다: {array.shape}.",
            f"{name}: the input tensor must have at least 2 dimensions, not shape {array.shape}.",
        )
    if square and array.shape[-1] != array.shape[-2]:
        raise ShapeError(
            f"{name}에는 정사각 행렬이 와야 합니다: {array.shape}.",
            f"{name}: the input must be a batch of square matrices, not of shape {array.shape}.",
        )
    return x


def misfit(name: str, *values: Any) -> ShapeError:
    """The error for shapes that do not go together."""
    shapes = ", ".join(str(tuple(v.shape)) for v in values)
    return ShapeError(
        f"{name}: 형상이 서로 맞지 않습니다: {shapes}.",
        f"{name}: the shapes {shapes} do not go together.",
    )


def lapack(name: str, function: Callable[..., Any], *arrays: Array, **options: Any) -> Any:
    """``function`` of NumPy's, without its warnings, its refusal in our words."""
    try:
        with np.errstate(all="ignore"):
            return function(*arrays, **options)
    except np.linalg.LinAlgError as error:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise LinAlgError(
            f"{name}: 형상 {shapes}의 행렬 가운데 특이 행렬이나 양의 정부호가 아닌 행렬, "
            f"유한하지 않은 값이 있어 계산할 수 없습니다({error}).",
            f"{name}: of the matrices of shape {shapes} one is singular, not positive-definite or "
            f"not finite, and the computation failed ({error}).",
        ) from None
