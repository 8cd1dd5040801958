"""드물게 쓰는 텐서 만들기.

Rarer ways of making tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import as_dtype
from tinygrad_kr.errors import DTypeError
from tinygrad_kr.ops.creation import _cast, as_shape, default_or, ends, finish

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = ["logspace", "scalar_tensor", "tril_indices", "triu_indices"]


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """base**start부터 base**end까지 로그 눈금으로 고르게 steps개.

    ``steps`` values from base**start to base**end, evenly spaced on a logarithmic scale.
    """
    (count,) = as_shape((steps,))
    chosen = default_or(dtype)
    # PyTorch's single value is that of the start as it was given.
    first, last = ends(start, end, default_or(None) if count == 1 else chosen)
    with np.errstate(all="ignore"):
        values = np.logspace(first, last, count, base=base)
    return finish(_cast(values, chosen), requires_grad, device)


def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """수 하나의 0차원 텐서(기본 자료형).

    A number as a 0-d tensor, in the default dtype unless another is asked for.
    """
    return finish(_cast(as_array(s), default_or(dtype)), requires_grad, device)


def _triangle(row: int, col: int, offset: int, dtype: Any, device: Any, lower: bool) -> Tensor:
    rows, columns = as_shape((row, col))
    chosen = dtypes.int64 if dtype is None else as_dtype(dtype)
    if chosen.kind not in "iu":
        raise DTypeError(
            f"인덱스의 자료형은 정수여야 합니다: {chosen}.",
            f"Indices need an integer dtype, not {chosen}.",
        )
    inside = np.tri(rows, columns, offset if lower else offset - 1, dtype=bool)
    return finish(np.array(np.nonzero(inside == lower), chosen), device=device)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """아래 삼각의 인덱스, (2, n).

    The indices, (2, n), of the lower triangle of a (row, col) matrix, as of ``tril``.
    """
    return _triangle(row, col, offset, dtype, device, True)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """위 삼각의 인덱스, (2, n).

    The indices, (2, n), of the upper triangle of a (row, col) matrix, as of ``triu``.
    """
    return _triangle(row, col, offset, dtype, device, False)
