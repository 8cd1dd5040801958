"""연립방정식, 역행렬, 촐레스키 분해.

Systems of equations: solving them, inverting, and the Cholesky factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.dtypes import Array, int32
from tinygrad_kr.errors import ArgumentError, LinAlgError
from tinygrad_kr.linalg.matrices import lapack, matrix, misfit, mT
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.conversion import alike
from tinygrad_kr.ops.dims import array_of, normal_dims
from tinygrad_kr.ops.linalg import tril, triu
from tinygrad_kr.ops.primitive import Needs, Primitive
from tinygrad_kr.ops.shape import movedim, reshape, squeeze, unsqueeze
from tinygrad_kr.return_types import CholeskyEx, InvEx, SolveEx

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _solve_vjp(needs: Needs, g: Any, y: Any, a: Any) -> tuple[Any, Any]:
    of_b = _solve(mT(a), g)
    return (-(of_b @ mT(y)) if needs[0] else None), of_b


_solve: Callable[..., Any] = Primitive(
    "linalg_solve", lambda a, b: lapack("linalg.solve", np.linalg.solve, a, b), vjp=_solve_vjp
)
raw_inv: Callable[..., Any] = Primitive(
    "linalg_inv",
    lambda x: lapack("linalg.inv", np.linalg.inv, x),
    x=lambda g, y: -(mT(y) @ g @ mT(y)),
)


def _fitting(name: str, A: Any, B: Any, rows: int) -> list[Any]:
    """Both in one dtype, if dimension ``rows`` of ``B`` is that of ``A`` and the batches
    broadcast."""
    matrix(name, A, square=True)
    matrix(name, B)
    try:
        np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    except ValueError:
        raise misfit(name, A, B) from None
    if A.shape[-1] != B.shape[rows]:
        raise misfit(name, A, B)
    return alike(A, B)


def is_vector(A: Any, B: Any) -> bool:
    """Whether ``B``, beside ``A``, is a vector or a batch of them, not of matrices."""
    return bool(B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]))


def solve(A: Any, B: Any, *, left: bool = True) -> Tensor:
    """연립방정식 AX = B의 해 X. left가 False이면 XA = B의 해.

    The X of A X = B, or of X A = B if not ``left``.

    Shape:
        A (*, n, n), B (*, n, k), (*, n) or (n,) gives B's; batches broadcast.

    Raises:
        LinAlgError: A is singular.

    >>> import tinygrad_kr as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 0.0], [0.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([0.5000, 0.2500])
    """
    vector = is_vector(matrix("linalg.solve", A, square=True), array_of(B))
    if vector and not left:
        raise misfit("linalg.solve(left=False)", A, B)
    a, b = _fitting("linalg.solve", A, unsqueeze(B, -1) if vector else B, -2 if left else -1)
    x = _solve(a, b) if left else mT(_solve(mT(a), mT(b)))
    return squeeze(x, -1) if vector else x


def inv(A: Any) -> Tensor:
    """역행렬.

    The inverse of each matrix.

    Raises:
        LinAlgError: it is singular.
    """
    return raw_inv(matrix("linalg.inv", A, square=True))  # type: ignore[no-any-return]


# Triangles


def _substitute(a: Array, b: Array, *, upper: bool, unit: bool) -> Array:
    """Row by row: what is known already is taken off, and the rest divided by the diagonal."""
    n = a.shape[-1]
    x = np.array(np.broadcast_to(b, np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + b.shape[-2:]))
    with np.errstate(all="ignore"):
        for i in reversed(range(n)) if upper else range(n):
            known = slice(i + 1, n) if upper else slice(0, i)
            x[..., i, :] -= (a[..., i, None, known] @ x[..., known, :])[..., 0, :]
            if not unit:
                x[..., i, :] /= a[..., i, i, None]
    return x


def _substitute_vjp(
    needs: Needs, g: Any, y: Any, a: Any, upper: bool, unit: bool
) -> tuple[Any, Any]:
    of_b = _triangular(mT(a), g, upper=not upper, unit=unit)
    if not needs[0]:
        return None, of_b
    whole = -(of_b @ mT(y))
    return (triu(whole, int(unit)) if upper else tril(whole, -int(unit))), of_b


_triangular: Callable[..., Any] = Primitive(
    "linalg_solve_triangular", _substitute, vjp=_substitute_vjp
)


def solve_triangular(
    A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """삼각 행렬의 연립방정식 AX = B의 해. A의 다른 쪽 삼각은 보지 않는다.

    The X of A X = B (X A = B if not ``left``) for a triangular A, whose other triangle is never
    looked at, nor its diagonal if it is ``unitriangular``. Zeros on the diagonal give inf and nan.
    """
    a, b = _fitting("linalg.solve_triangular", A, B, -2 if left else -1)
    if left:
        return _triangular(a, b, upper=upper, unit=unitriangular)  # type: ignore[no-any-return]
    x = _triangular(mT(a), mT(b), upper=not upper, unit=unitriangular)
    return mT(x)  # type: ignore[no-any-return]


def _cholesky_slope(g: Any, y: Any) -> Any:
    """L⁻ᵀ Φ(Lᵀ g) L⁻¹, where Φ makes a matrix symmetric by its lower triangle."""
    lower = tril(mT(y) @ g)
    half = _triangular(mT(y), 0.5 * (lower + mT(tril(lower, -1))), upper=True, unit=False)
    return mT(_triangular(mT(y), mT(half), upper=True, unit=False))


def _lower(x: Array) -> Array:
    """NumPy's factor, which may be nan where it should be refused."""
    y = np.linalg.cholesky(x)
    if np.isnan(y).any():
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    return y


_cholesky: Callable[..., Any] = Primitive(
    "linalg_cholesky",
    lambda x: lapack("linalg.cholesky", _lower, x),
    x=_cholesky_slope,
)


def cholesky(input: Any, *, upper: bool = False) -> Tensor:
    """촐레스키 분해: A = L Lᵀ의 아래 삼각 L, upper이면 위 삼각 Lᵀ.

    The lower triangular L of A = L Lᵀ, of the lower triangle of A alone; Lᵀ, of the upper one, if
    ``upper``.

    Raises:
        LinAlgError: the matrix is not positive-definite.
    """
    x = matrix("linalg.cholesky", input, square=True)
    return mT(_cholesky(mT(x))) if upper else _cholesky(x)  # type: ignore[no-any-return]


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Tensor:
    """촐레스키 인수 L로 푼 L Lᵀ X = B의 해.

    The X of L Lᵀ X = B, or of Uᵀ U X = B for an ``upper`` factor.
    """
    first, second = (mT(L), L) if upper else (L, mT(L))
    return solve_triangular(second, solve_triangular(first, B, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Tensor:
    """촐레스키 인수 L로 구한 (L Lᵀ)⁻¹.

    The inverse of the matrix whose Cholesky factor is L.
    """
    n = matrix("cholesky_inverse", L, square=True).shape[-1]
    return cholesky_solve(np.eye(n, dtype=L.dtype), L, upper)


# What says how far it came in place of refusing


def _first_zero_pivot(a: Array) -> int:
    """The number, from 1, of the column where elimination finds nothing to divide by; else 0."""
    a = a.copy()
    for k in range(len(a)):
        best = k + int(np.argmax(np.abs(a[k:, k])))
        if a[best, k] == 0:
            return k + 1
        a[[k, best]] = a[[best, k]]
        a[k + 1 :] -= np.outer(a[k + 1 :, k] / a[k, k], a[k])
    return 0


def _first_bad_minor(a: Array) -> int:
    """The order of the first leading minor that is not positive-definite; else 0."""
    for k in range(1, len(a) + 1):
        try:
            _lower(a[:k, :k])
        except np.linalg.LinAlgError:
            return k
    return 0


def _with_info(
    run: Callable[[Any], Any], A: Any, info_of: Callable[[Array], int], check_errors: bool
) -> tuple[Any, Any]:
    """``run(A)``, nan where it fails, and for each matrix where that was, 0 for nowhere."""
    a = as_array(A)
    info = np.zeros(a.shape[:-2], int32)
    try:
        y = run(A)
    except LinAlgError:
        if check_errors:
            raise
        for at in np.ndindex(info.shape):
            info[at] = info_of(a[at])
        failed = info[..., None, None] != 0
        y = run(where(failed, np.eye(a.shape[-1], dtype=a.dtype), A))
        y = where(failed if y.ndim > info.ndim + 1 else failed[..., 0], math.nan, y)
    return y, wrap(info) if isinstance(A, TensorBase) else info


def inv_ex(A: Any, *, check_errors: bool = False) -> InvEx:
    """역행렬과, 특이 행렬이면 0인 피벗의 번호(아니면 0).

    The inverse, and the number of the first pivot that is 0, if one is: there the inverse is nan.
    """
    return return_types.linalg_inv_ex(*_with_info(inv, A, _first_zero_pivot, check_errors))


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> SolveEx:
    """연립방정식의 해와, 특이 행렬이면 0인 피벗의 번호(아니면 0).

    :func:`solve`, and the number of the first pivot that is 0, if one is: there the result is nan.
    """
    matrix("linalg.solve_ex", A, square=True)
    found = _with_info(lambda a: solve(a, B, left=left), A, _first_zero_pivot, check_errors)
    return return_types.linalg_solve_ex(*found)


def cholesky_ex(input: Any, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """촐레스키 인수와, 양의 정부호가 아닌 첫 소행렬의 크기(없으면 0).

    The Cholesky factor, and the order of the first leading minor that is not positive-definite, if
    one is: there the factor is nan.
    """
    matrix("linalg.cholesky_ex", input, square=True)

    def minor(a: Array) -> int:
        return _first_bad_minor(a.T if upper else a)

    found = _with_info(lambda a: cholesky(a, upper=upper), input, minor, check_errors)
    return return_types.linalg_cholesky_ex(*found)


# Of tensors


def tensorsolve(A: Any, B: Any, dims: Iterable[int] | None = None) -> Tensor:
    """tensordot(A, X, X.ndim) = B의 해 X.

    The X of ``tensordot(A, X, X.ndim) == B``; the ``dims`` of A are moved to its end first.
    """
    ndim = array_of(A).ndim
    if dims is not None:
        moved = normal_dims(dims, ndim)
        A = movedim(A, moved, tuple(range(ndim - len(moved), ndim)))
    shape = A.shape[array_of(B).ndim :]
    n = math.prod(shape)
    if math.prod(A.shape) != n * n or n != math.prod(B.shape):
        raise misfit("linalg.tensorsolve", A, B)
    return reshape(solve(reshape(A, (n, n)), reshape(B, (n,))), shape)


def tensorinv(A: Any, ind: int = 2) -> Tensor:
    """tensordot의 역원: tensordot(tensorinv(A), A, ind)가 항등이다.

    The inverse for ``tensordot``: of the matrix whose rows are the first ``ind`` dimensions.
    """
    shape = array_of(A).shape
    if ind <= 0:
        raise ArgumentError(
            f"tensorinv의 ind는 양의 정수여야 합니다: {ind}.",
            f"linalg.tensorinv: ind must be strictly positive, not {ind}.",
        )
    n = math.prod(shape[:ind])
    if n != math.prod(shape[ind:]):
        raise misfit("linalg.tensorinv", A)
    return reshape(inv(reshape(A, (n, n))), (*shape[ind:], *shape[:ind]))
