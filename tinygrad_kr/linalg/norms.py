"""노름, 조건수.

Norms of vectors and matrices, and the condition number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.errors import ArgumentError, DimError
from tinygrad_kr.linalg.factors import svdvals
from tinygrad_kr.linalg.matrices import matrix
from tinygrad_kr.linalg.solving import inv_ex
from tinygrad_kr.ops.arithmetic import abs
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.creation import zeros
from tinygrad_kr.ops.dims import Dims, normal_dims, numpy_names
from tinygrad_kr.ops.norms import norm as _vector_norm
from tinygrad_kr.ops.norms import widened_to
from tinygrad_kr.ops.order import amax, amin
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import movedim, squeeze, unsqueeze

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

Order = float | str | None


def _refused(name: str, ord: Any) -> ArgumentError:
    return ArgumentError(
        f"{name}에 없는 차수입니다: {ord!r}.", f"{name}: order {ord!r} is not supported."
    )


@numpy_names
def vector_norm(
    x: Any, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """벡터 노름: (Σ |x|^ord)^(1/ord).

    The norm over ``dim``, None for all; ``ord`` 0 counts what is not 0, ±inf is the largest or
    smallest |x|.
    """
    if isinstance(ord, str):
        raise _refused("linalg.vector_norm", ord)
    return _vector_norm(x, ord, dim, keepdim, dtype)


def _extreme(x: Any, dim: int, largest: bool) -> Any:
    """The largest along ``dim``, 0 of none, or the smallest."""
    if largest and not x.shape[dim]:
        return zeros((*x.shape[:dim], 1, *x.shape[dim + 1 :]), dtype=x.dtype)
    return (amax if largest else amin)(x, dim, keepdim=True)


@numpy_names
def matrix_norm(
    A: Any, ord: float | str = "fro", dim: Any = (-2, -1), keepdim: bool = False, *,
    dtype: Any = None,
) -> Tensor:  # fmt: skip
    """행렬 노름.

    The norm of each matrix, whose rows and columns the two dimensions ``dim`` are.

    Args:
        ord: ``"fro"``; ``"nuc"``, the sum of the singular values; 2, −2, the largest, the smallest
            of them; 1, −1, inf, −inf, the largest, the smallest sum of a column, of a row.
    """
    x = matrix("linalg.matrix_norm", widened_to(dtype, "linalg.matrix_norm", A))
    if ord not in ("fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf):
        raise _refused("linalg.matrix_norm", ord)
    if isinstance(dim, int) or len(dim) != 2:
        raise DimError(
            f"행렬 노름의 dim은 서로 다른 두 차원입니다: {dim!r}.",
            f"linalg.matrix_norm: dim must be two dimensions, not {dim!r}.",
        )
    dims = normal_dims(dim, x.ndim)
    if ord == "fro":
        return _vector_norm(x, 2, dims, keepdim)
    if ord in (1, -1, math.inf, -math.inf):
        along, over = dims if ord in (1, -1) else dims[::-1]
        sums = sum(abs(x), along, keepdim=True)
        y = _extreme(sums, over, ord > 0)
        return y if keepdim else squeeze(y, dims)
    s = svdvals(movedim(x, dims, (-2, -1)))
    y = sum(s, -1) if ord == "nuc" else squeeze(_extreme(s, s.ndim - 1, ord == 2), -1)
    for d in sorted(dims) if keepdim else ():
        y = unsqueeze(y, d)
    return y


@numpy_names
def norm(
    A: Any, ord: Order = None, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """벡터 노름이나 행렬 노름.

    The :func:`vector_norm` over one dimension, the :func:`matrix_norm` over two; with no ``ord``
    the 2-norm over any number of them.
    """
    ndim = widened_to(dtype, "linalg.norm", A).ndim
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None and ndim not in (1, 2):
        raise DimError(
            f"linalg.norm: dim 없이 ord를 주려면 1차원이나 2차원이어야 합니다: {ndim}차원.",
            f"linalg.norm: with ord and without dim the input must be 1-D or 2-D, not {ndim}-D.",
        )
    dims = tuple(range(ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) == 2:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    if isinstance(ord, str) or len(dims) != 1:
        raise _refused(f"linalg.norm(dim={dim!r})", ord)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


def cond(A: Any, p: Order = None) -> Tensor:
    """조건수: ‖A‖ ‖A⁻¹‖, 특이 행렬이면 inf.

    The condition number in the norm ``p`` (None means 2), inf if the matrix is singular.
    """
    if p not in (None, 2, -2, "fro", "nuc", 1, -1, math.inf, -math.inf):
        raise _refused("linalg.cond", p)
    shape = matrix("linalg.cond", A, square=isinstance(p, str)).shape
    if 0 in shape:
        return zeros(shape[:-2], dtype=A.dtype)
    if p in (None, 2, -2):
        s = svdvals(A)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    inverse, info = inv_ex(A)
    failed = as_array(info) != 0
    inverse = where(failed[..., None, None], 0.0, inverse)
    return where(failed, math.inf, matrix_norm(A, p) * matrix_norm(inverse, p))
