"""거리, 공분산, 상관계수, 노름의 한도.

Distances, covariance, correlation, and norms that are held to a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.ops.comparison import clamp, where
from tinygrad_kr.ops.dims import array_of, normal_dim, numpy_names
from tinygrad_kr.ops.exponential import sqrt
from tinygrad_kr.ops.linalg import diagonal, matmul
from tinygrad_kr.ops.more.out import takes_out
from tinygrad_kr.ops.norms import norm
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import need_floating, sum
from tinygrad_kr.ops.shape import reshape, swapaxes, unsqueeze

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = ["cdist", "corrcoef", "cov", "dist", "renorm"]


def dist(input: Any, other: Any, p: float = 2) -> Tensor:
    """두 텐서의 거리.

    The p-norm of ``input - other``, which are broadcast.
    """
    return norm(input - other, p)


# Distances of all pairs


def _euclid_forward(a: Array, b: Array) -> Any:
    """√(|a|² + |b|² − 2 a·b): no room is needed for the differences."""
    squares = (a * a).sum(-1)[..., :, None] + (b * b).sum(-1)[..., None, :]
    squares -= 2 * (a @ np.swapaxes(b, -1, -2))
    return np.sqrt(np.maximum(squares, 0, out=squares))


def _pulled(g: Any, a: Any, b: Any, y: Any) -> Any:
    """Each a is pulled away from each b, where they are not the same."""
    pull = where(y == 0, 0.0, g / where(y == 0, 1.0, y))
    return a * sum(pull, -1, True) - matmul(pull, b)


_euclid: Callable[..., Tensor] = Primitive(
    "euclid",
    _euclid_forward,
    a=_pulled,
    b=lambda g, a, b, y: _pulled(swapaxes(g, -1, -2), b, a, swapaxes(y, -1, -2)),
)


def cdist(
    x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """두 점 집합의 모든 쌍 사이의 거리.

    The p-norm distance of every row of ``x1`` from every row of ``x2``. Its gradient is 0 where two
    rows are the same.

    Shape:
        x1 (..., P, M), x2 (..., R, M); the result (..., P, R).

    Args:
        p: at least 0, ``inf`` included.
        compute_mode: whether distances of p = 2 are found by a matrix product, which is quicker
            and less exact: ``use_mm_for_euclid_dist_if_necessary`` where there are more than 25
            rows, ``use_mm_for_euclid_dist``, ``donot_use_mm_for_euclid_dist``.

    >>> import tinygrad_kr as tg
    >>> tg.cdist(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0], [1.0, 0.0]]))
    tensor([[5., 1.]])
    """
    a, b = array_of(x1), array_of(x2)
    if min(a.ndim, b.ndim) < 2 or a.shape[-1] != b.shape[-1]:
        raise ShapeError(
            f"cdist의 두 텐서는 2차원 이상이고 마지막 크기가 같아야 합니다: {a.shape}, {b.shape}.",
            "cdist: X1 and X2 must have at least 2 dimensions and the same number of columns, "
            f"not shapes {a.shape} and {b.shape}.",
        )
    modes = ["use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist",
             "donot_use_mm_for_euclid_dist"]  # fmt: skip
    if not p >= 0 or compute_mode not in modes:
        raise ArgumentError(
            f"cdist의 p는 0 이상이고 compute_mode는 {', '.join(modes)} 가운데 하나입니다: {p!r}, "
            f"{compute_mode!r}.",
            f"cdist: p is at least 0 and compute_mode one of {', '.join(modes)}, not {p!r} and "
            f"{compute_mode!r}.",
        )
    p = p if a.shape[-1] else 2  # of no columns every norm is 0
    need_floating("cdist", x1)
    need_floating("cdist", x2)
    many = max(a.shape[-2], b.shape[-2]) > 25
    if p == 2 and (compute_mode == modes[1] or (many and compute_mode == modes[0])):
        return _euclid(x1, x2)
    return norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)


# Covariance


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """공분산 행렬.

    The covariance of the rows of ``input``, each a variable, over its columns, each a sample.

    Args:
        correction: what the divisor lacks of the (weighted) number of samples.
        fweights: how often each sample was seen, integers.
        aweights: how much each sample weighs.

    >>> import tinygrad_kr as tg
    >>> tg.cov(tg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    x = array_of(input)
    if x.ndim > 2 or x.dtype.kind == "b":
        raise ShapeError(
            f"cov에는 bool이 아닌 2차원 이하의 텐서가 와야 합니다: {x.shape}, {x.dtype}.",
            "cov(): expected input to have two or fewer dimensions and not to be boolean: "
            f"{x.shape}, {x.dtype}.",
        )
    rows = reshape(input, (1, -1)) if x.ndim < 2 else input
    count = array_of(rows).shape[1]
    weights = None
    for name, w, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if w is None:
            continue
        given = array_of(w)
        if given.ndim > 1 or given.dtype.kind not in kinds or given.size != count:
            raise ShapeError(
                f"cov의 fweights에는 정수가, aweights에는 소수가 표본마다 하나씩 {count}개 와야 "
                f"합니다: {name}의 형상 {given.shape}, {given.dtype}.",
                "cov(): expected integral fweights and floating aweights, one for each of "
                f"{count} samples: {name} of shape {given.shape}, {given.dtype}.",
            )
        if (given < 0).any():
            raise ArgumentError(
                f"cov의 {name}에 음수가 있습니다.", f"cov(): {name} cannot be negative."
            )
        weights = w if weights is None else weights * w
    total = count if weights is None else sum(weights)
    weighted = rows if weights is None else rows * weights
    centered = rows - sum(weighted, 1, True) / total
    freedom = total - correction
    if aweights is not None and correction:
        freedom = total - correction * sum(weights * aweights) / total
    heavy = centered if weights is None else centered * weights
    freedom = max(freedom, 0) if weights is None else clamp(freedom, 0)
    out = matmul(centered, swapaxes(heavy, 0, 1)) / freedom
    return reshape(out, ()) if array_of(rows).shape[0] == 1 else out


def corrcoef(input: Any) -> Tensor:
    """상관계수 행렬.

    Pearson's correlation of the rows of ``input``: their :func:`cov`, divided by their deviations.
    """
    found = cov(input)
    if found.ndim == 0:
        return found / found
    deviation = sqrt(diagonal(found))
    return clamp(found / unsqueeze(deviation, 1) / unsqueeze(deviation, 0), -1, 1)


# Norms held to a limit


@takes_out
@numpy_names
def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Tensor:
    """dim을 따라 조각마다 노름을 maxnorm 이하로.

    ``input`` with every slice along ``dim`` whose p-norm is larger than ``maxnorm`` scaled down to
    that.
    """
    x = array_of(need_floating("renorm", input))
    if x.ndim < 2 or not p > 0 or not maxnorm >= 0:
        raise ArgumentError(
            "renorm에는 2차원 이상의 텐서, 0보다 큰 p, 0 이상의 maxnorm이 와야 합니다: "
            f"{x.ndim}차원, {p}, {maxnorm}.",
            "renorm: expected at least 2 dimensions, a positive p and a maxnorm of at least 0, not "
            f"{x.ndim} dimensions, {p} and {maxnorm}.",
        )
    at = normal_dim(dim, x.ndim)
    size = norm(input, p, [d for d in range(x.ndim) if d != at], True)
    out: Tensor = input * where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)
    return out
