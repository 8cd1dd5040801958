"""드물게 쓰는 축소: nan을 빼고, 순위로, 가장 많은 값으로.

The rarer reductions: without nan, by rank, by how often.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import Array, int64
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.ops.arithmetic import ceil, floor, lerp, round
from tinygrad_kr.ops.comparison import isnan, logical_not, where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.creation import tensor
from tinygrad_kr.ops.dims import Dims, array_of, normal_dim, numpy_names
from tinygrad_kr.ops.gathering import take_along_dim
from tinygrad_kr.ops.more.out import takes_out
from tinygrad_kr.ops.order import (
    amax,
    amin,
    argmedian,
    chosen,
    need_elements,
    shared_by_all,
    sort,
)
from tinygrad_kr.ops.pointwise import Unary
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import mean, need_floating, sum
from tinygrad_kr.ops.shape import movedim, ravel, reshape
from tinygrad_kr.return_types import Extremes, Selection

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "aminmax",
    "kthvalue",
    "mode",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "quantile",
]

# Without nan

_zeroed = Unary(
    "zeroed",
    lambda x: np.where(np.isnan(x), x.dtype.type(0), x),
    x=lambda g, x: g * cast(logical_not(isnan(x)), x.dtype),
)


@numpy_names
def nansum(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """nan을 뺀 합.

    The sum over ``dim``, nan counting as 0.
    """
    return sum(_zeroed(input), dim, keepdim, dtype=dtype)


@takes_out
@numpy_names
def nanmean(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """nan을 뺀 평균.

    The mean over ``dim`` of what is not nan; nan where nothing is left.

    >>> import tinygrad_kr as tg
    >>> tg.nanmean(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(2.)
    """
    need_floating("nanmean", input)
    count = sum(logical_not(isnan(input)), dim, keepdim)
    out: Tensor = nansum(input, dim, keepdim, dtype=dtype) / count
    return out


def _argnanmedian(x: Array, *, axis: int, keepdims: bool) -> Array:
    """The index of the lower median of what is not nan; nan sorts last."""
    if x.ndim == 0:
        return argmedian(x, axis=axis, keepdims=keepdims)
    left = np.sum(~np.isnan(x), axis, keepdims=True)
    middle = np.maximum(left - 1, 0) // 2
    return np.take_along_axis(np.argsort(x, axis=axis, kind="stable"), middle, axis)


def _nanmedian_forward(x: Array) -> Any:
    line = x.reshape(-1)
    return line[_argnanmedian(line, axis=0, keepdims=True)[0]]


_nanmedian: Callable[..., Tensor] = Primitive(
    "nanmedian", _nanmedian_forward, x=lambda g, x, y: shared_by_all(g, x, y)
)


@takes_out
@numpy_names
def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """nan을 뺀 중앙값.

    The lower median of what is not nan, nan where nothing is left; ``nanmedian(x, dim)`` is the
    named tuple ``(values, indices)``.
    """
    if dim is not None:
        return chosen(_argnanmedian, "nanmedian", input, dim, keepdim)
    return _nanmedian(input) if array_of(input).size else mean(input)


# By order


@takes_out
@numpy_names
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """최솟값과 최댓값.

    The named tuple ``(min, max)`` over ``dim``; equal ones share the gradient.
    """
    at = need_elements("aminmax", input, dim)
    return return_types.aminmax(amin(input, at, keepdim), amax(input, at, keepdim))


@takes_out
@numpy_names
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Selection:
    """k번째로 작은 값(1부터).

    The ``k``-th smallest along ``dim``, from 1 on, and its index, as a named tuple.

    Raises:
        ArgumentError: ``k`` is not between 1 and the size.
    """
    need_elements("kthvalue", input, dim)
    size = input.shape[dim] if input.ndim else 1
    if not 1 <= operator.index(k) <= size:
        raise ArgumentError(
            f"kthvalue의 k={k}이(가) 1과 크기 {size} 사이에 있지 않습니다.",
            f"kthvalue(): selected number k out of range for dimension {dim}: {k}, size {size}.",
        )

    def index(x: Array, *, axis: int, keepdims: bool) -> Array:
        order = np.argsort(x, axis=axis, kind="stable") if x.ndim else np.zeros(1, np.int64)
        return np.take(order, [k - 1], axis)

    return chosen(index, "kthvalue", input, dim, keepdim)


def _argmode(x: Array, *, axis: int, keepdims: bool) -> Array:
    """The last index of the smallest of the most frequent values."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    order = np.moveaxis(np.argsort(x, axis=axis, kind="stable"), axis, -1)
    line = np.take_along_axis(np.moveaxis(x, axis, -1), order, -1)
    place = np.arange(line.shape[-1])
    first, last = np.ones(line.shape, bool), np.ones(line.shape, bool)
    first[..., 1:] = last[..., :-1] = line[..., 1:] != line[..., :-1]
    length = place - np.maximum.accumulate(np.where(first, place, 0), -1)
    longest = np.argmax(np.where(last, length, -1), -1, keepdims=True)
    return np.moveaxis(np.take_along_axis(order, longest, -1), -1, axis)


@takes_out
@numpy_names
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Selection:
    """가장 자주 나오는 값(여럿이면 가장 작은 것).

    The most frequent value along ``dim``, the smallest of several, and where it stands last, as a
    named tuple.

    >>> import tinygrad_kr as tg
    >>> tg.mode(tg.tensor([3, 1, 3, 2, 1])).values
    tensor(1)
    """
    return chosen(_argmode, "mode", input, dim, keepdim)


# Quantiles: sorted, then read at a rank that may lie between two

_ENDS: dict[str, Any] = {
    "linear": (floor, ceil),
    "midpoint": (floor, ceil),
    "lower": (floor,),
    "higher": (ceil,),
    "nearest": (round,),
}


def _quantile(
    name: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str,
    without_nan: bool,
) -> Tensor:  # fmt: skip
    x = array_of(need_floating(name, input))
    q = q if isinstance(q, TensorBase | np.ndarray) else tensor(q, dtype=x.dtype)
    if x.size == 0:
        raise ArgumentError(
            f"{name}: 원소가 없습니다: 형상 {x.shape}.",
            f"{name}() input tensor must be non-empty, not of shape {x.shape}.",
        )
    if q.ndim > 1:
        raise ShapeError(
            f"{name}의 q는 수이거나 1차원이어야 합니다: 형상 {q.shape}.",
            f"{name}() q must be a scalar or 1D tensor, not of shape {q.shape}.",
        )
    if q.dtype != x.dtype:
        raise DTypeError(
            f"{name}의 q는 텐서와 자료형이 같아야 합니다: {q.dtype}, {x.dtype}.",
            f"{name}() q tensor must be same dtype as the input tensor: {q.dtype}, {x.dtype}.",
        )
    if interpolation not in _ENDS:
        raise ArgumentError(
            f"{name}의 interpolation은 {', '.join(_ENDS)} 가운데 하나입니다: {interpolation!r}.",
            f"{name}() interpolation must be one of {', '.join(_ENDS)}, not {interpolation!r}.",
        )
    if not np.all((as_array(q) >= 0) & (as_array(q) <= 1)):
        raise ArgumentError(
            f"{name}의 q는 0과 1 사이에 있어야 합니다.",
            f"{name}() q values must be in the range [0, 1].",
        )
    shape = [1] * x.ndim
    at = 0 if dim is None else normal_dim(dim, x.ndim)
    line = ravel(input) if dim is None or x.ndim == 0 else input
    if line is input:
        shape = [*x.shape[:at], 1, *x.shape[at + 1 :]]
    line = movedim(sort(line, at).values, at, -1)
    nan = isnan(line)
    if without_nan:
        count = sum(logical_not(nan), -1, True)
        rank = where(count > 0, q * cast(count - 1, x.dtype), 0.0)
    else:
        last = line.shape[-1] - 1.0
        rank = where(sum(nan, -1, True) > 0, last, q * last)  # nan sorts last
    parts = [take_along_dim(line, cast(end(rank), int64), -1) for end in _ENDS[interpolation]]
    out = parts[0]
    if len(parts) == 2:
        out = lerp(parts[0], parts[1], rank - floor(rank) if interpolation == "linear" else 0.5)
    kept = shape if keepdim else [n for d, n in enumerate(shape) if dim is not None and d != at]
    return reshape(movedim(out, -1, 0), (*q.shape, *kept))


@takes_out
@numpy_names
def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """분위수.

    The value below which a share ``q`` of the elements along ``dim`` lies; nan if one is.

    Args:
        q: a number of 0 to 1, or several, which come first in the result.
        interpolation: between two ranks: ``linear``, ``lower``, ``higher``, ``nearest``,
            ``midpoint``.

    >>> import tinygrad_kr as tg
    >>> tg.quantile(tg.tensor([0.0, 10.0, 20.0]), 0.75)
    tensor(15.)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@takes_out
@numpy_names
def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """nan을 뺀 분위수.

    :func:`quantile` of what is not nan.
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)
