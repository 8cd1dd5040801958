"""행렬식.

Determinants, and their logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.linalg.factors import raw_svd
from tinygrad_kr.linalg.matrices import lapack, matrix, mT
from tinygrad_kr.linalg.solving import raw_inv
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.scan import prod
from tinygrad_kr.return_types import SLogDet

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _cofactors(x: Any, y: Any) -> Any:
    """The derivative of the determinant: y x⁻ᵀ, and where x is as good as singular, by its singular
    values, for there it has no inverse and a derivative all the same."""
    a, d = as_array(x), as_array(y)
    size = np.prod(np.sqrt(np.sum(a * a, -1)), -1)  # |d| is at most this
    singular = (np.abs(d) <= 100 * np.finfo(a.dtype).eps * size)[..., None, None]
    if not singular.any():
        return y[..., None, None] * mT(raw_inv(x))
    n = a.shape[-1]
    regular = y[..., None, None] * mT(raw_inv(where(singular, np.eye(n, dtype=a.dtype), x)))
    apart = np.diag(np.arange(n, 0, -1, dtype=a.dtype))  # no two singular values of it are equal
    u, s, vh = raw_svd(where(singular, x, apart), full=True)
    others = prod(where(np.eye(n, dtype=bool), 1.0, s[..., None, :]), -1)
    turn = np.sign(np.linalg.det(as_array(u)) * np.linalg.det(as_array(vh)))
    flat = (u * (turn[..., None] * others)[..., None, :]) @ vh
    return where(singular, flat, regular)


_det: Callable[..., Any] = Primitive(
    "linalg_det",
    lambda x: np.asarray(lapack("linalg.det", np.linalg.det, x)),
    x=lambda g, x, y: g[..., None, None] * _cofactors(x, y),
)
_slogdet: Callable[..., Any] = Primitive(
    "linalg_slogdet",
    lambda x: tuple(map(np.asarray, lapack("linalg.slogdet", np.linalg.slogdet, x))),
    several=True,
    x=lambda g, x: None if g[1] is None else g[1][..., None, None] * mT(raw_inv(x)),
)


def det(A: Any) -> Tensor:
    """행렬식. 특이 행렬에서도 미분된다.

    The determinant; it has its derivative at a singular matrix too.
    """
    return _det(matrix("linalg.det", A, square=True))  # type: ignore[no-any-return]


def slogdet(A: Any) -> SLogDet:
    """행렬식의 부호와 그 절댓값의 로그.

    The sign of the determinant and the logarithm of its absolute value, −inf if that is 0.
    """
    return return_types.linalg_slogdet(*_slogdet(matrix("linalg.slogdet", A, square=True)))


def logdet(input: Any) -> Tensor:
    """행렬식의 로그. 행렬식이 음수이면 nan.

    The logarithm of the determinant; nan if that is negative.
    """
    sign, size = _slogdet(matrix("logdet", input, square=True))
    return where(as_array(sign) == -1, math.nan, size)
