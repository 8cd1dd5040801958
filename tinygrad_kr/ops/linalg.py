"""선형 대수: 행렬 곱과 그 친척, 대각선과 삼각 행렬.

Linear algebra: the matrix product and its kin, diagonals and triangles. ``einsum`` and its text are
in ``contraction.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array, bool_
from tinygrad_kr.errors import DimError, DTypeError, ShapeError
from tinygrad_kr.ops.arithmetic import mul
from tinygrad_kr.ops.conversion import alike, clone
from tinygrad_kr.ops.dims import array_of, normal_dim
from tinygrad_kr.ops.primitive import Primitive, operand
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _matmul_forward(a: Array, b: Array, *, ta: bool, tb: bool) -> Array:
    with np.errstate(all="ignore"):
        product: Array = np.matmul(a.mT if ta else a, b.mT if tb else b)
    return product


# ``ta`` and ``tb`` say which operand enters transposed: BLAS reads it so, and nothing is copied.
_matmul: Callable[..., Tensor] = Primitive(
    "matmul",
    _matmul_forward,
    a=lambda g, b, ta, tb: (
        _matmul(b, g, ta=tb, tb=True) if ta else _matmul(g, b, ta=False, tb=not tb)
    ),
    b=lambda g, a, ta, tb: (
        _matmul(g, a, ta=True, tb=ta) if tb else _matmul(a, g, ta=not ta, tb=False)
    ),
)
_dot = Primitive(
    "dot",
    lambda a, b: _matmul_forward(a, b, ta=False, tb=False),
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
)


def _operands(name: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Two tensors or arrays in their common dtype, which must be one that multiplies."""
    x, z = operand(as_array(a)), operand(as_array(b))
    if not isinstance(x, np.ndarray) or not isinstance(z, np.ndarray):
        raise ShapeError(
            f"{name}의 두 인자는 텐서여야 합니다. 수를 곱하려면 *를 쓰세요.",
            f"Both arguments of {name} must be tensors; use * for a number.",
        )
    if x.dtype is not z.dtype:
        a, b = alike(a, b)
    if bool_ == x.dtype == z.dtype:
        raise DTypeError(
            f"{name}은(는) bool 텐서에 쓸 수 없습니다. int()나 float()로 바꾸어 주세요.",
            f"{name} is not defined for bool tensors; convert with int() or float().",
        )
    return a, b


def _misfit(name: str, a: Any, b: Any, korean: str, english: str) -> ShapeError:
    pair = f"{tuple(a.shape)} @ {tuple(b.shape)}"
    return ShapeError(f"{name} {pair}: {korean}", f"{name} {pair}: {english}")


def _expect(name: str, a: Any, b: Any, *ndims: int) -> None:
    """Refuse operands with other numbers of dimensions than ``ndims``."""
    if (a.ndim, b.ndim) != ndims:
        raise _misfit(
            name, a, b,
            f"차원이 {ndims[0]}개와 {ndims[1]}개여야 합니다.",
            f"expected {ndims[0]} and {ndims[1]} dimensions; matmul takes others.",
        )  # fmt: skip


def matmul(input: Any, other: Any) -> Tensor:
    """행렬 곱: input @ other.

    The matrix product. Two vectors give their dot product; a vector beside a matrix is a row on the
    left and a column on the right; dimensions before the last two broadcast.

    Shape:
        (*, n, k) @ (*, k, m) gives (*, n, m).

    Raises:
        ShapeError: the shapes do not fit, here and below.
        DTypeError: both operands are bool.

    >>> import tinygrad_kr as tg
    >>> tg.matmul(tg.ones(2, 3), tg.ones(3))
    tensor([3., 3.])
    """
    a, b = _operands("matmul", input, other)
    if a.ndim == 0 or b.ndim == 0:
        raise _misfit(
            "matmul", a, b,
            "수를 곱하려면 *를 쓰세요.",
            "both arguments need at least one dimension; use * for a number.",
        )  # fmt: skip
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise _misfit(
            "matmul", a, b,
            f"왼쪽의 마지막 크기 {a.shape[-1]}과(와) 오른쪽의 {inner}이(가) 같아야 합니다.",
            f"shapes cannot be multiplied: the last size of the left, {a.shape[-1]}, must equal "
            f"the inner size of the right, {inner}.",
        )  # fmt: skip
    return _product(a, b)  # type: ignore[no-any-return]


# A product in the shape asked for: no view to anybody, for nobody has what it would be a view of.
_unsafe_view: Callable[..., Tensor] = Primitive(
    "unsafe_view",
    lambda x, *, shape: x.reshape(shape),
    x=lambda g, x_shape: reshape(g, x_shape),
)


def _product(a: Any, b: Any) -> Any:
    """The matrix product of operands whose inner sizes agree."""
    if a.ndim == 2 and b.ndim == 2:
        return _matmul(a, b, ta=False, tb=False)
    if a.ndim == 1 and b.ndim == 1:
        return _dot(a, b)
    if a.ndim == 1:
        y = _product(reshape(a, (1, a.shape[0])), b)
        return _unsafe_view(y, shape=(*y.shape[:-2], y.shape[-1]))
    if b.ndim == 1:
        y = _product(a, reshape(b, (b.shape[0], 1)))
        return _unsafe_view(y, shape=y.shape[:-1])
    if b.ndim == 2:
        # One large product is faster than many small ones, forwards and back.
        rows = reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
        shape = (*a.shape[:-1], b.shape[-1])
        return _unsafe_view(_matmul(rows, b, ta=False, tb=False), shape=shape)
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise _misfit(
            "matmul", a, b,
            "앞쪽 차원(배치)을 브로드캐스트할 수 없습니다.",
            "the batch dimensions do not broadcast; sizes must be equal or 1.",
        ) from None  # fmt: skip
    return _matmul(a, b, ta=False, tb=False)


def mm(input: Any, mat2: Any) -> Tensor:
    """두 행렬의 곱.

    The product of two matrices.
    """
    a, b = _operands("mm", input, mat2)
    _expect("mm", a, b, 2, 2)
    return matmul(a, b)


def bmm(input: Any, mat2: Any) -> Tensor:
    """배치마다의 행렬 곱.

    The products of two batches of matrices, without broadcasting: (b, n, k) and (b, k, m).
    """
    a, b = _operands("bmm", input, mat2)
    _expect("bmm", a, b, 3, 3)
    if a.shape[0] != b.shape[0]:
        raise _misfit(
            "bmm", a, b,
            f"배치 크기 {a.shape[0]}과(와) {b.shape[0]}이(가) 같아야 합니다.",
            f"the batch sizes {a.shape[0]} and {b.shape[0]} must be equal.",
        )  # fmt: skip
    return matmul(a, b)


def mv(input: Any, vec: Any) -> Tensor:
    """행렬과 벡터의 곱.

    The product of a matrix and a vector.
    """
    a, b = _operands("mv", input, vec)
    _expect("mv", a, b, 2, 1)
    return matmul(a, b)


def dot(input: Any, tensor: Any) -> Tensor:
    """두 벡터의 내적.

    The dot product of two vectors.
    """
    a, b = _operands("dot", input, tensor)
    _expect("dot", a, b, 1, 1)
    return matmul(a, b)


def outer(input: Any, vec2: Any) -> Tensor:
    """두 벡터의 외적.

    The outer product of two vectors: ``y[i, j] = input[i] * vec2[j]``.
    """
    a, b = (np.asarray(operand(as_array(x))) for x in (input, vec2))
    _expect("outer", a, b, 1, 1)
    return mul(reshape(input, (input.shape[0], 1)), vec2)


# Diagonals and triangles


def _of_ndim(name: str, input: Any, least: int, most: float = 2) -> tuple[int, ...]:
    """The shape of ``input``, which must have so many dimensions."""
    shape = array_of(input).shape
    if not least <= len(shape) <= most:
        raise ShapeError(
            f"{name}에 쓸 수 없는 형상입니다: {shape}. 행렬이 와야 합니다.",
            f"{name} takes a matrix{' or a vector' * (least == 1)}, not shape {shape}.",
        )
    return shape


def _diagonal_forward(x: Array, *, offset: int, dim1: int, dim2: int) -> Array:
    taken = np.diagonal(x, offset, dim1, dim2)
    # NumPy hands its view out read-only for history's sake; ours may be written to, as x may.
    taken.flags.writeable = x.flags.writeable
    return taken


def _embed_forward(x: Array, *, shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Array:
    out = np.zeros(shape, x.dtype)
    _diagonal_forward(out, offset=offset, dim1=dim1, dim2=dim2)[...] = x
    return out


_diagonal: Callable[..., Tensor] = Primitive(
    "diagonal",
    _diagonal_forward,
    view=True,
    x=lambda g, x_shape, offset, dim1, dim2: embed_diagonal(
        g, shape=x_shape, offset=offset, dim1=dim1, dim2=dim2
    ),
)
embed_diagonal: Callable[..., Tensor] = Primitive(
    "diagonal_embed",
    _embed_forward,
    x=lambda g, offset, dim1, dim2: _diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
)


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """두 차원의 대각선을 마지막 차원으로 하는 뷰.

    A view of the diagonal of two dimensions, as the last dimension: above the main one if
    ``offset`` is positive, below if negative.
    """
    ndim = array_of(input).ndim
    first, second = normal_dim(dim1, ndim), normal_dim(dim2, ndim)
    if first == second or ndim < 2:
        raise DimError(
            f"diagonal의 두 차원은 서로 달라야 합니다: {dim1}, {dim2}.",
            f"diagonal dimensions cannot be identical: {dim1}, {dim2}.",
        )
    return _diagonal(input, offset=int(offset), dim1=first, dim2=second)


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """벡터를 대각선에 놓은 행렬, 또는 행렬의 대각선.

    A matrix with the vector ``input`` on its diagonal, or a copy of the matrix's diagonal.

    >>> import tinygrad_kr as tg
    >>> tg.diag(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    shape = _of_ndim("diag", input, 1, 2)
    if len(shape) == 2:
        return clone(_diagonal(input, offset=diagonal, dim1=0, dim2=1))
    n = shape[0] + abs(diagonal)
    return embed_diagonal(input, shape=(n, n), offset=diagonal, dim1=0, dim2=1)


def trace(input: Any) -> Tensor:
    """행렬의 대각합.

    The sum of the diagonal of a matrix.
    """
    _of_ndim("trace", input, 2)
    return sum(diagonal(input))


_tril: Callable[..., Tensor] = Primitive(
    "tril",
    lambda x, *, diagonal: np.tril(x, diagonal),
    x=lambda g, diagonal: _tril(g, diagonal=diagonal),
)
_triu: Callable[..., Tensor] = Primitive(
    "triu",
    lambda x, *, diagonal: np.triu(x, diagonal),
    x=lambda g, diagonal: _triu(g, diagonal=diagonal),
)


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """아래 삼각: 대각선 위는 0.

    The lower triangle of each matrix: zeros above the ``diagonal``-th diagonal.
    """
    _of_ndim("tril", input, 2, math.inf)
    return _tril(input, diagonal=int(diagonal))


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """위 삼각: 대각선 아래는 0.

    The upper triangle of each matrix: zeros below the ``diagonal``-th diagonal.
    """
    _of_ndim("triu", input, 2, math.inf)
    return _triu(input, diagonal=int(diagonal))
