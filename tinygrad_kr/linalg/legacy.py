"""맨 위의 이름들: 예전의 꼴.

What PyTorch shows at its top level: names that stood there before ``linalg``, in their older forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_kr import return_types
from tinygrad_kr.linalg.determinants import det, logdet
from tinygrad_kr.linalg.determinants import slogdet as _slogdet
from tinygrad_kr.linalg.factors import qr as _qr
from tinygrad_kr.linalg.factors import svd as _svd
from tinygrad_kr.linalg.matrices import misfit, mT
from tinygrad_kr.linalg.norms import matrix_norm, vector_norm
from tinygrad_kr.linalg.products import cross as _cross
from tinygrad_kr.linalg.products import matrix_exp, matrix_power, multi_dot
from tinygrad_kr.linalg.products import vander as _vander
from tinygrad_kr.linalg.rank import pinv
from tinygrad_kr.linalg.solving import cholesky as _cholesky
from tinygrad_kr.linalg.solving import cholesky_inverse, cholesky_solve, inv
from tinygrad_kr.ops.creation import zeros
from tinygrad_kr.ops.dims import Dims, array_of, numpy_names
from tinygrad_kr.ops.shape import flip
from tinygrad_kr.return_types import QR, OldSVD, SLogDet

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "chain_matmul", "cholesky", "cholesky_inverse", "cholesky_solve", "cross", "det",
    "frobenius_norm", "inverse", "logdet", "matrix_exp", "matrix_power", "nuclear_norm",
    "pinverse", "qr", "slogdet", "svd", "vander",
]  # fmt: skip

inverse = inv


def cholesky(input: Any, upper: bool = False) -> Tensor:
    """촐레스키 분해.

    See :func:`tinygrad_kr.linalg.cholesky`.
    """
    return _cholesky(input, upper=upper)


def qr(input: Any, some: bool = True) -> QR:
    """QR 분해.

    :func:`tinygrad_kr.linalg.qr`, reduced if ``some``, else complete.
    """
    return return_types.qr(*_qr(input, "reduced" if some else "complete"))


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> OldSVD:
    """특잇값 분해: A = U diag(S) Vᵀ.

    :func:`tinygrad_kr.linalg.svd`, but for V, which is not transposed; U and V are zeros if they
    are not to be computed.
    """
    u, s, vh = _svd(input, compute_uv and not some)
    if not compute_uv:
        m, n = input.shape[-2:]
        u, vh = (zeros((*input.shape[:-2], k, k), dtype=input.dtype) for k in (m, n))
    return return_types.svd(u, s, mT(vh))


def slogdet(input: Any) -> SLogDet:
    """행렬식의 부호와 로그.

    See :func:`tinygrad_kr.linalg.slogdet`.
    """
    return return_types.slogdet(*_slogdet(input))


def pinverse(input: Any, rcond: float = 1e-15) -> Tensor:
    """유사역행렬.

    See :func:`tinygrad_kr.linalg.pinv`.
    """
    return pinv(input, rcond)


def chain_matmul(*matrices: Any) -> Tensor:
    """여러 행렬의 곱.

    :func:`tinygrad_kr.linalg.multi_dot` of matrices alone, or of one.
    """
    if any(array_of(m).ndim != 2 for m in matrices):
        raise misfit("chain_matmul", *matrices)
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


def cross(input: Any, other: Any, dim: int | None = None) -> Tensor:
    """3차원 벡터의 외적.

    :func:`tinygrad_kr.linalg.cross`, by default along the first dimension of size 3.
    """
    if dim is None:
        sides = list(array_of(input).shape)
        if 3 not in sides:
            raise misfit("cross", input, other)
        dim = sides.index(3)
    return _cross(input, other, dim=dim)


@numpy_names
def frobenius_norm(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """프로베니우스 노름.

    The root of the sum of the squares over ``dim``.
    """
    return vector_norm(input, 2, dim, keepdim)


@numpy_names
def nuclear_norm(input: Any, dim: Any = (-2, -1), keepdim: bool = False) -> Tensor:
    """핵 노름: 특잇값의 합.

    The sum of the singular values.
    """
    return matrix_norm(input, "nuc", dim, keepdim)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """방데르몽드 행렬: 벡터의 원소마다 N − 1제곱부터 0제곱까지.

    The powers of each element of a vector from N − 1 to 0, or up to N − 1 if ``increasing``.
    """
    if array_of(x).ndim != 1:
        raise misfit("vander", x)
    count = len(x) if N is None else N
    powers = _vander(x, N=max(count, 2))[:, :count]
    return powers if increasing else flip(powers, (1,))
