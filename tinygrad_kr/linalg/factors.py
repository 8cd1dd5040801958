"""분해: QR, 특잇값, 고윳값.

Factorisations: QR, singular values, eigenvalues. A derivative by vectors that belong to equal
singular values or eigenvalues is infinite or nan, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DeviceError, GradientError
from tinygrad_kr.linalg.matrices import lapack, matrix, mT
from tinygrad_kr.linalg.solving import solve_triangular
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.joining import cat
from tinygrad_kr.ops.linalg import tril
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.return_types import QR, SVD, Eigh

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _or_0(g: Any, like: Any) -> Any:
    return like * 0 if g is None else g


# QR


def _qr_forward(x: Array, *, mode: str) -> tuple[Array, Array]:
    if mode == "r":
        return np.empty(0, x.dtype), lapack("linalg.qr", np.linalg.qr, x, mode="r")
    q, r = lapack("linalg.qr", np.linalg.qr, x, mode=mode)
    return q, r


def _qr_slope(g: Any, y: Any, mode: str) -> Any:
    """(gQ + Q Φ(R gRᵀ − gQᵀ Q)) R⁻ᵀ, where Φ makes a matrix symmetric by its lower triangle."""
    q, r = y
    if mode == "r" or (mode == "complete" and q.shape[-1] > r.shape[-1]):
        raise GradientError(
            f"linalg.qr(mode={mode!r})는 이 형상에서 미분할 수 없습니다. mode='reduced'를 쓰세요.",
            f"linalg.qr(mode={mode!r}) has no derivative for this shape; use mode='reduced'.",
        )
    of_q, of_r = _or_0(g[0], q), _or_0(g[1], r)
    inner = r @ mT(of_r) - mT(of_q) @ q
    whole = of_q + q @ (tril(inner) + mT(tril(inner, -1)))
    return mT(solve_triangular(r, mT(whole), upper=True))


_qr: Callable[..., Any] = Primitive("linalg_qr", _qr_forward, several=True, x=_qr_slope)


def qr(A: Any, mode: str = "reduced") -> QR:
    """QR 분해: 직교 행렬 Q와 위 삼각 행렬 R, A = QR.

    Orthogonal Q and upper triangular R with A = Q R.

    Args:
        mode: ``"reduced"`` (Q as wide as A, if A is tall), ``"complete"`` (Q square), ``"r"`` (R
            alone, Q empty, without a gradient).
    """
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(
            f"qr의 mode는 'reduced', 'complete', 'r' 가운데 하나입니다: {mode!r}.",
            f"qr: mode is one of 'reduced', 'complete' and 'r', not {mode!r}.",
        )
    m, n = matrix("linalg.qr", A).shape[-2:]
    if mode == "r" or m >= n:
        return return_types.linalg_qr(*_qr(A, mode=mode))
    # A wide one: of its square part, and the rest follows.
    q, r = _qr(A[..., :m], mode="reduced")
    return return_types.linalg_qr(q, cat([r, mT(q) @ A[..., m:]], -1))


# Singular values


def _svd_slope(g: Any, y: Any) -> Any:
    of_u, of_s, of_v = g
    s = y[1]
    k = s.shape[-1]
    u, vh = y[0][..., :k], y[2][..., :k, :]
    if of_u is None and of_v is None:
        return (u * of_s[..., None, :]) @ vh
    of_u = _or_0(None if of_u is None else of_u[..., :k], u)
    of_v = _or_0(None if of_v is None else of_v[..., :k, :], vh)
    square, eye = s * s, np.eye(k, dtype=bool)
    gaps = where(eye, 1.0, square[..., None, :] - square[..., :, None])
    left, right = mT(u) @ of_u, vh @ mT(of_v)
    inner = (left - mT(left)) / gaps * s[..., None, :]
    inner = inner + s[..., :, None] * ((right - mT(right)) / gaps)
    if of_s is not None:
        inner = inner + where(eye, of_s[..., None, :], 0.0)
    out = u @ inner @ vh
    if u.shape[-2] > k:
        beyond = of_u / s[..., None, :]
        out = out + (beyond - u @ (mT(u) @ beyond)) @ vh
    if vh.shape[-1] > k:
        beyond = of_v / s[..., :, None]
        out = out + u @ (beyond - (beyond @ mT(vh)) @ vh)
    return out


raw_svd: Callable[..., Any] = Primitive(
    "linalg_svd",
    lambda x, *, full: tuple(lapack("linalg.svd", np.linalg.svd, x, full_matrices=full)),
    several=True,
    x=_svd_slope,
)


def _no_driver(driver: str | None) -> None:
    if driver is not None:
        raise DeviceError(
            f"driver={driver!r}는 CUDA에만 있습니다. 빼 주세요.",
            f"The keyword driver={driver!r} is for CUDA inputs only; leave it out.",
        )


def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """특잇값 분해: A = U diag(S) Vh, S는 큰 것부터.

    Orthogonal U and Vh and the singular values, in descending order, with A = U diag(S) Vh. The
    columns that ``full_matrices`` adds to U and V have no gradient.

    Raises:
        LinAlgError: A is not finite.
    """
    _no_driver(driver)
    return return_types.linalg_svd(*raw_svd(matrix("linalg.svd", A), full=full_matrices))


def svdvals(A: Any, *, driver: str | None = None) -> Tensor:
    """특잇값, 큰 것부터.

    The singular values, in descending order.
    """
    return svd(A, False, driver=driver).S


# Eigenvalues


def _eigh_slope(g: Any, y: Any) -> Any:
    """V (diag(gL) + ½ (Vᵀ gV − gVᵀ V) / (lⱼ − lᵢ)) Vᵀ."""
    of_values, of_vectors = g
    values, v = y
    if of_vectors is None:
        return (v * of_values[..., None, :]) @ mT(v)
    eye = np.eye(values.shape[-1], dtype=bool)
    gaps = where(eye, 1.0, values[..., None, :] - values[..., :, None])
    turn = mT(v) @ of_vectors
    diagonal = _or_0(of_values, values)[..., None, :]
    return v @ where(eye, diagonal, 0.5 * (turn - mT(turn)) / gaps) @ mT(v)


_eigh: Callable[..., Any] = Primitive(
    "linalg_eigh",
    lambda x, *, uplo: tuple(lapack("linalg.eigh", np.linalg.eigh, x, UPLO=uplo)),
    several=True,
    x=_eigh_slope,
)


def eigh(A: Any, UPLO: str = "L") -> Eigh:
    """대칭 행렬의 고윳값(작은 것부터)과 고유벡터(열).

    Eigenvalues, in ascending order, and eigenvectors, as columns, of a symmetric matrix, of which
    only the lower triangle is read (``UPLO="U"``: the upper).

    Raises:
        LinAlgError: A is not finite.
    """
    matrix("linalg.eigh", A, square=True)
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise ArgumentError(
            f"UPLO는 'L'이나 'U'입니다: {UPLO!r}.", f"UPLO must be 'L' or 'U', not {UPLO!r}."
        )
    return return_types.linalg_eigh(*_eigh(A, uplo=UPLO.upper()))


def eigvalsh(A: Any, UPLO: str = "L") -> Tensor:
    """대칭 행렬의 고윳값, 작은 것부터.

    The eigenvalues of a symmetric matrix, in ascending order.
    """
    return eigh(A, UPLO).eigenvalues
