"""행렬의 곱과 거듭제곱, 지수.

Products, powers and the exponential of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.linalg.matrices import matrix, misfit, mT
from tinygrad_kr.linalg.solving import inv
from tinygrad_kr.ops.arithmetic import mul
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.conversion import clone
from tinygrad_kr.ops.dims import array_of, normal_dim
from tinygrad_kr.ops.joining import cat
from tinygrad_kr.ops.linalg import diagonal as _diagonal
from tinygrad_kr.ops.linalg import matmul
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.scan import cumprod
from tinygrad_kr.ops.shape import expand, reshape, roll, unsqueeze

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """대각선: tg.diagonal과 같되, 마지막 두 차원의 것.

    As :func:`tinygrad_kr.diagonal`, by default of the last two dimensions.
    """
    return _diagonal(A, offset, dim1, dim2)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Tensor:
    """한 차원을 따른 내적.

    The dot products along ``dim``, broadcast: Σ x y.
    """
    return sum(mul(x, y), normal_dim(dim, max(array_of(x).ndim, array_of(y).ndim)))


def cross(input: Any, other: Any, *, dim: int = -1) -> Tensor:
    """한 차원을 따른 3차원 벡터의 외적.

    The cross products of the vectors of three along ``dim``, broadcast.
    """
    if array_of(input).ndim != array_of(other).ndim:
        raise misfit("linalg.cross", input, other)
    at = normal_dim(dim, input.ndim)
    if not input.ndim or input.shape[at] != 3 or other.shape[at] != 3:
        raise misfit("linalg.cross", input, other)
    return roll(input, -1, at) * roll(other, -2, at) - roll(input, -2, at) * roll(other, -1, at)


def vander(x: Any, *, N: int | None = None) -> Tensor:
    """방데르몽드 행렬: 거듭제곱 0부터 N − 1까지.

    The powers of each element from 0 to N − 1 (by default as many as elements), in a new last
    dimension.
    """
    shape = array_of(x).shape or (1,)
    count = shape[-1] if N is None else N
    if count <= 1:
        raise ArgumentError(
            f"vander의 N은 2 이상이어야 합니다: {count}.",
            f"linalg.vander: N must be greater than 1, not {count}.",
        )
    powers = cumprod(expand(reshape(x, (*shape, 1)), (*shape, count - 1)), -1)
    return cat([np.ones((*shape, 1), powers.dtype), powers], -1)


def matrix_power(A: Any, n: int) -> Tensor:
    """행렬의 n제곱. n이 음수이면 역행렬의.

    The product of n matrices A; of −n inverses if n is negative, the identity if it is 0.
    """
    x = matrix("linalg.matrix_power", A, square=True, kinds="fiub", half=True)
    if n < 0:
        return matrix_power(inv(x), -n)
    if n == 0:
        return where(np.ones(x.shape, bool), np.eye(x.shape[-1], dtype=x.dtype), x)
    y: Any = x if n & 1 else None
    while n := n >> 1:
        x = matmul(x, x)
        if n & 1:
            y = x if y is None else matmul(y, x)
    return clone(y) if y is A else y


def multi_dot(tensors: Sequence[Any]) -> Tensor:
    """여러 행렬의 곱을 계산이 가장 적은 순서로.

    The product of two or more matrices, in the order that needs the fewest multiplications; the
    first may be a row and the last a column, of one dimension.
    """
    ends = [array_of(t).ndim for t in tensors]
    fits = len(ends) >= 2 and all(n == 2 for n in ends[1:-1]) and {ends[0], ends[-1]} <= {1, 2}
    if not fits:
        raise misfit("linalg.multi_dot", *tensors)
    chain = list(tensors)
    if ends[0] == 1:
        chain[0] = unsqueeze(chain[0], 0)
    if ends[-1] == 1:
        chain[-1] = unsqueeze(chain[-1], -1)
    if any(a.shape[1] != b.shape[0] for a, b in pairwise(chain)):
        raise misfit("linalg.multi_dot", *tensors)
    y = _in_order(chain)
    left, right = ends[0] == 2, ends[-1] == 2
    return reshape(y, y.shape[: int(left)] + y.shape[2 - int(right) :])


def _in_order(chain: Sequence[Any]) -> Any:
    """The product of matrices, split where it costs least."""
    sides = [chain[0].shape[0], *(t.shape[1] for t in chain)]
    best: dict[tuple[int, int], tuple[int, Any]] = {(i, i + 1): (0, i) for i in range(len(chain))}
    for length in range(2, len(chain) + 1):
        for i in range(len(chain) - length + 1):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k, j][0] + sides[i] * sides[k] * sides[j], k)
                for k in range(i + 1, j)
            )

    def product(i: int, j: int) -> Any:
        split = best[i, j][1]
        return chain[i] if j == i + 1 else matmul(product(i, split), product(split, j))

    return product(0, len(chain))


# The exponential

# Numerator of the Padé approximant of degree 13, and how large a norm it is exact for.
_PADE = [math.comb(13, k) * math.factorial(26 - k) // math.factorial(13) for k in range(14)]
_REACH = 5.37


def _exp_forward(x: Array) -> Array:
    """By scaling and squaring: exp(x / 2ˢ) as a quotient of polynomials, squared s times."""
    with np.errstate(all="ignore"):
        a = x.astype(np.float64)
        size = np.abs(a).sum(-2).max(-1, initial=0.0)
        finite = np.isfinite(size)
        a = np.where(finite[..., None, None], a, 0.0)
        size = np.where(finite, size, 0.0)
        steps = np.ceil(np.log2(np.maximum(size / _REACH, 1.0)))[..., None, None]
        a = a / 2.0**steps
        even, odd = np.zeros_like(a), np.zeros_like(a)
        power, square = np.broadcast_to(np.eye(a.shape[-1]), a.shape), a @ a
        for k in range(0, 14, 2):
            even, odd = even + _PADE[k] * power, odd + _PADE[k + 1] * power
            power = power @ square
        odd = a @ odd
        y = np.linalg.solve(even - odd, even + odd)
        for step in range(int(steps.max(initial=0.0))):
            y = np.where(step < steps, y @ y, y)
        return np.where(finite[..., None, None], y, np.nan).astype(x.dtype)


def _exp_slope(g: Any, x: Any) -> Any:
    """The derivative stands in the corner of exp [[xᵀ, g], [0, xᵀ]]."""
    n = x.shape[-1]
    above = cat([mT(x), g], -1)
    below = cat([mT(x) * 0.0, mT(x)], -1)
    return _exp(cat([above, below], -2))[..., :n, n:]


_exp: Callable[..., Any] = Primitive("linalg_matrix_exp", _exp_forward, x=_exp_slope)


def matrix_exp(A: Any) -> Tensor:
    """행렬 지수: Σ Aᵏ / k!.

    The exponential of each matrix: Σ Aᵏ / k!.

    Source: Higham, "The scaling and squaring method for the matrix exponential revisited" (2005).
    """
    return _exp(matrix("linalg.matrix_exp", A, square=True, half=True))  # type: ignore[no-any-return]
