"""계수: 유사역행렬, 최소 제곱.

Where the rank decides: pseudo-inverses and least squares. A singular value counts for 0 if it is at
most max(atol, rtol σ₁).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.linalg.matrices import lapack, matrix, misfit, mT
from tinygrad_kr.linalg.solving import is_vector
from tinygrad_kr.ops.conversion import alike
from tinygrad_kr.ops.linalg import matmul
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import reshape, squeeze, unsqueeze
from tinygrad_kr.return_types import LstSq

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _counts(sizes: Array, shape: tuple[int, ...], atol: Any, rtol: Any) -> Array:
    """Which of the sizes of singular values count. By default ``atol`` is 0 and ``rtol``, where no
    ``atol`` is above 0, ε times the longer side."""
    atol, rtol = as_array(atol), as_array(rtol)
    if rtol is None:
        epsilon = np.finfo(sizes.dtype).eps * max(shape[-2:])
        rtol = epsilon if atol is None else np.where(np.asarray(atol) > 0, 0.0, epsilon)
    top = sizes.max(-1, initial=0.0, keepdims=True)
    limit = np.asarray(rtol)[..., None] * top
    if atol is not None:
        limit = np.maximum(np.asarray(atol)[..., None], limit)
    return np.asarray(sizes > limit)


def _pinv_forward(x: Array, *, hermitian: bool, atol: Any, rtol: Any) -> Array:
    if hermitian:
        s, v = lapack("linalg.pinv", np.linalg.eigh, x)
        u = v
    else:
        u, s, vh = lapack("linalg.pinv", np.linalg.svd, x, full_matrices=False)
        v = vh.mT
    counts = _counts(np.abs(s), x.shape, atol, rtol)
    inverse = np.divide(1, s, out=np.zeros_like(s), where=counts)
    return np.asarray((v * inverse[..., None, :]) @ u.mT)


def _pinv_slope(g: Any, x: Any, y: Any) -> Any:
    """Of dY = −Y dX Y + Y Yᵀ dXᵀ (1 − X Y) + (1 − Y X) dXᵀ Yᵀ Y, for a constant rank."""
    left, right = mT(g) @ y, y @ mT(g)
    first = (left - x @ (y @ left)) @ mT(y)
    return first + mT(y) @ (right - (right @ y) @ x - g @ mT(y))


_pinv: Callable[..., Any] = Primitive("linalg_pinv", _pinv_forward, x=_pinv_slope)


def pinv(
    A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """유사역행렬(무어-펜로즈).

    The Moore–Penrose inverse; of a symmetric matrix, by its eigenvalues, if ``hermitian``.

    Args:
        rcond: an older name of ``rtol``.
        atol, rtol: numbers or tensors, one for each matrix; by default 0 and ε · max(m, n).
    """
    x = matrix("linalg.pinv", A, square=hermitian)
    rtol = rtol if rcond is None else rcond
    limits = {"atol": as_array(atol), "rtol": as_array(rtol)}
    return _pinv(x, hermitian=hermitian, **limits)  # type: ignore[no-any-return]


def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """행렬의 계수.

    The number of singular values that count; ``tol`` is an ``atol`` without an ``rtol``.
    """
    x = as_array(matrix("linalg.matrix_rank", A, square=hermitian))
    if tol is not None:
        atol, rtol = tol, 0.0
    values = np.linalg.eigvalsh if hermitian else np.linalg.svdvals
    sizes = np.abs(lapack("linalg.matrix_rank", values, x))
    return wrap(np.asarray(_counts(sizes, x.shape, atol, rtol).sum(-1)))


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LstSq:
    """최소 제곱: ‖AX − B‖를 가장 작게 하는 X.

    The X of least norm among those that make ‖A X − B‖ least: A⁺ B.

    Args:
        rcond: the ``rtol`` of :func:`pinv`.
        driver: what is told. By ``"gelsy"``, the default, the rank; by ``"gelsd"`` and ``"gelss"``
            the rank, the singular values and, if m > n and every rank is n, the squares of the
            residuals; by ``"gels"``, which takes A to be of full rank, those alone.
    """
    matrix("linalg.lstsq", A)
    if driver not in (None, *DRIVERS):
        raise ArgumentError(
            f"lstsq의 driver는 {DRIVERS} 가운데 하나입니다: {driver!r}.",
            f"linalg.lstsq: driver is one of {DRIVERS}, not {driver!r}.",
        )
    vector = is_vector(A, B)
    b = unsqueeze(B, -1) if vector else matrix("linalg.lstsq", B)
    a, b = alike(A, b)
    if a.shape[-2] != b.shape[-2]:
        raise misfit("linalg.lstsq", A, B)
    m, n = a.shape[-2:]
    x = matmul(pinv(a, rcond if driver != "gels" else 0.0), b)
    sizes = lapack("linalg.lstsq", np.linalg.svdvals, as_array(a))
    rank = _counts(sizes, a.shape, None, rcond).sum(-1)
    residuals = sum((matmul(a, x) - b) ** 2, -2)
    if m <= n or driver in (None, "gelsy") or (driver != "gels" and (rank < n).any()):
        residuals = reshape(residuals, (-1,))[:0]
    return return_types.linalg_lstsq(
        squeeze(x, -1) if vector else x,
        residuals,
        wrap(np.empty(0, np.int64) if driver == "gels" else np.asarray(rank)),
        wrap(sizes if driver in ("gelsd", "gelss") else np.empty(0, sizes.dtype)),
    )
