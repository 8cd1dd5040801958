"""세기, 나누어 담기, 찾기: 기울기가 흐르지 않는다.

Counting, binning and finding. No gradient flows through these, but through the values that
``unique`` picks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import dtypes, return_types
from tinygrad_kr.autograd.base import TensorBase, as_array, to_ndarray, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError
from tinygrad_kr.ops.dims import array_of, array_of_kind, normal_dim, numpy_names
from tinygrad_kr.ops.gathering import index_select
from tinygrad_kr.ops.more.out import takes_out
from tinygrad_kr.ops.order import sort
from tinygrad_kr.ops.shape import ravel
from tinygrad_kr.return_types import Histogram

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "argwhere",
    "bincount",
    "bucketize",
    "histc",
    "histogram",
    "isin",
    "msort",
    "nonzero",
    "searchsorted",
    "unique",
    "unique_consecutive",
]

# Bins


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """0부터 각 정수가 몇 번 나오는지.

    How often each integer from 0 on comes in ``input``, or the sum of their ``weights``.

    >>> import tinygrad_kr as tg
    >>> tg.bincount(tg.tensor([0, 2, 2]), minlength=4)
    tensor([1, 0, 2, 0])
    """
    x = array_of_kind("iu", "bincount", input)
    if x.ndim != 1 or minlength < 0 or (x.size and x.min() < 0):
        raise ArgumentError(
            f"bincount에는 음이 아닌 정수의 1차원 텐서와 0 이상의 minlength가 와야 합니다: 형상 "
            f"{x.shape}.",
            "bincount only supports 1-d non-negative integral inputs and a minlength of at least "
            f"0; shape {x.shape}.",
        )
    if weights is None or x.size == 0:
        return wrap(np.bincount(x, minlength=minlength))
    w = array_of(weights)
    if w.shape != x.shape:
        raise ShapeError(
            f"bincount의 weights는 형상이 {x.shape}이어야 합니다: {w.shape}.",
            f"bincount: weights should have the same length as input: {w.shape}, {x.shape}.",
        )
    dtype = w.dtype if w.dtype == dtypes.float32 else dtypes.float64
    return wrap(np.bincount(x, w, minlength).astype(dtype))


def _limits(name: str, x: Array, given: tuple[float, float] | None, margin: float) -> Array:
    """The ends of the bins, given or of the data; ``margin`` around where they are the same."""
    low, high = given or ((float(x.min()), float(x.max())) if x.size else (0.0, 1.0))
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ArgumentError(
            f"{name}의 범위는 유한하고 커지는 두 수여야 합니다: [{low}, {high}].",
            f"{name}: range of [{low}, {high}] is not finite, or min exceeds max.",
        )
    return np.array((low, high) if low < high else (low - margin, high + margin), x.dtype)


@takes_out
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """같은 너비의 구간마다 원소의 수.

    How many elements lie in each of ``bins`` equal parts of [min, max], or of the range of the data
    where both are the same; others are not counted.

    >>> import tinygrad_kr as tg
    >>> tg.histc(tg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    x = array_of_kind("f", "histc", input).reshape(-1)
    if bins <= 0:
        raise ArgumentError(
            f"histc의 bins는 0보다 커야 합니다: {bins}.", f"histc: bins must be > 0, not {bins}."
        )
    low, high = _limits("histc", x, None if min == max else (min, max), 1)
    place = (x[(x >= low) & (x <= high)] - low) * bins / (high - low)
    return wrap(np.bincount(np.minimum(place.astype(int), bins - 1), None, bins).astype(x.dtype))


@takes_out
def histogram(
    input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False
) -> Histogram:
    """히스토그램.

    How many elements, or what ``weight``, lies in each bin, and the edges of the bins, as a named
    tuple.

    Args:
        bins: how many equal ones in ``range``, that of the data if None; or a tensor of the edges.
        density: divide by the total and by the width of the bin.
    """
    x = array_of_kind("f", "histogram", input)
    flat = x.reshape(-1)
    if isinstance(bins, TensorBase | np.ndarray):
        edges = array_of(bins)
        if edges.ndim != 1 or edges.size < 2 or edges.dtype != x.dtype or range is not None:
            raise ArgumentError(
                f"histogram의 경계는 둘 이상의 {x.dtype} 1차원 텐서이고 range와 함께 줄 수 "
                f"없습니다: {edges.shape}, {edges.dtype}.",
                f"histogram(): bins tensor should be 1-d, of 2 edges at least and of {x.dtype}, as "
                f"input, without a range: {edges.shape}, {edges.dtype}.",
            )
    else:
        if bins <= 0:
            raise ArgumentError(
                f"histogram의 bins는 0보다 커야 합니다: {bins}.",
                f"histogram(): bins must be > 0, not {bins}.",
            )
        low, high = _limits("histogram", flat, range, 0.5)
        i, step = np.arange(bins + 1, dtype=x.dtype), (high - low) / bins
        edges = np.where(i < (bins + 1) // 2, low + i * step, high - (bins - i) * step)
    w = None if weight is None else array_of(weight)
    if w is not None and (w.shape != x.shape or w.dtype != x.dtype):
        raise ShapeError(
            f"histogram의 weight는 input과 형상과 자료형이 같아야 합니다: {w.shape}, {w.dtype}.",
            "histogram(): weight tensor should have the same shape and dtype as input, not "
            f"{w.shape}, {w.dtype}.",
        )
    place = np.searchsorted(edges, flat, "right") - 1
    place[flat == edges[-1]] -= 1  # the last bin is closed at both ends
    inside = (flat >= edges[0]) & (flat <= edges[-1])
    held = None if w is None else w.reshape(-1)[inside]
    found = np.bincount(place[inside], held, edges.size - 1).astype(x.dtype)
    if density:
        with np.errstate(all="ignore"):
            found = found / found.sum() / np.diff(edges)
    return return_types.histogram(wrap(found), wrap(edges.copy()))


# What differs


def _distinct(
    input: Any, dim: int | None, return_inverse: bool, return_counts: bool, sorting: bool
) -> Any:
    """The first of each run of equal slices, sorted before or as they stand."""
    x = array_of(input)
    if dim is None:
        source, at, shape = ravel(input), 0, x.shape
        rows = x.reshape(-1, 1)
    else:
        at = normal_dim(dim, x.ndim)
        if x.ndim == 0 or 0 in x.shape[:at] + x.shape[at + 1 :]:
            raise DimError(
                f"unique: 차원이 없거나, 고르지 않은 차원의 크기가 0입니다: 형상 {x.shape}.",
                "There are no dimensions, or 0 sized dimensions that aren't selected, so unique "
                f"cannot be applied: {x.shape}.",
            )
        source, shape = input, (x.shape[at],)
        rows = np.moveaxis(x, at, 0).reshape(shape[0], math.prod(x.shape) // max(shape[0], 1))
    order = np.lexsort(rows.T[::-1]) if sorting and rows.size else np.arange(len(rows))
    rows = rows[order]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(1)
    out: list[Any] = [index_select(source, at, wrap(order[new]))]
    if return_inverse:
        inverse = np.empty(len(rows), np.int64)
        inverse[order] = np.cumsum(new) - 1
        out.append(wrap(inverse.reshape(shape)))
    if return_counts:
        out.append(wrap(np.diff(np.append(np.flatnonzero(new), len(rows)))))
    return out[0] if len(out) == 1 else tuple(out)


@numpy_names
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """서로 다른 값들.

    The distinct values, or slices along ``dim``, in order; every nan is another.

    Args:
        return_inverse: give too where in the result each element went.
        return_counts: give too how often each came.

    >>> import tinygrad_kr as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    return _distinct(input, dim, return_inverse, return_counts, True)


@numpy_names
def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """잇달아 같은 값을 하나로.

    The values with each run of equal ones as one; see :func:`unique`.
    """
    return _distinct(input, dim, return_inverse, return_counts, False)


# Where


def argwhere(input: Any) -> Tensor:
    """0이 아닌 원소의 인덱스.

    The indices of the nonzero elements, a row each.
    """
    return wrap(np.argwhere(array_of(input)))


@takes_out
def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """0이 아닌 원소의 인덱스.

    As :func:`argwhere`; or with ``as_tuple`` a tensor for each dimension, which index ``input``.
    """
    if not as_tuple:
        return argwhere(input)
    return tuple(wrap(i) for i in np.nonzero(np.atleast_1d(array_of(input))))


@takes_out
def searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Any = None,
) -> Tensor:  # fmt: skip
    """순서를 지키려면 값을 끼워 넣어야 할 자리.

    Where values must go to keep the last dimension of ``sorted_sequence`` in order: before equal
    ones, or behind them if ``right``.

    Shape:
        input: any if the sequence has one dimension, else the same but for the last.

    Args:
        side: ``"left"`` or ``"right"``, in place of ``right``.
        sorter: indices that sort a sequence that is not, as of ``argsort``.

    >>> import tinygrad_kr as tg
    >>> tg.searchsorted(tg.tensor([1, 3, 5]), tg.tensor([3, 6]))
    tensor([1, 3])
    """
    edges, x = array_of(sorted_sequence), np.asarray(as_array(input))
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ArgumentError(
            f"searchsorted의 side는 'left'나 'right'이고 right와 어긋날 수 없습니다: {side!r}.",
            f"searchsorted: side can only be 'left' or 'right' and agree with right, not {side!r}.",
        )
    order = None if sorter is None else array_of_kind("iu", "searchsorted", sorter)
    if (
        edges.ndim == 0
        or (edges.ndim > 1 and edges.shape[:-1] != x.shape[:-1])
        or (order is not None and order.shape != edges.shape)
    ):
        raise ShapeError(
            f"searchsorted의 형상이 맞지 않습니다: {edges.shape}, {x.shape}.",
            "searchsorted: boundaries should be 1 dimension, or the first dimensions of both "
            f"match; a sorter has the shape of the boundaries: {edges.shape}, {x.shape}.",
        )
    if order is not None:
        edges = np.take_along_axis(edges, order, -1)
    where: Any = "right" if right or side == "right" else "left"
    if edges.ndim == 1:
        found = np.searchsorted(edges, x, where)
    else:
        found = np.empty(x.shape, np.int64)
        for row in np.ndindex(x.shape[:-1]):
            found[row] = np.searchsorted(edges[row], x[row], where)
    return wrap(to_ndarray(found).astype(dtypes.int32 if out_int32 else dtypes.int64))


@takes_out
def bucketize(
    input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """값이 놓인 구간의 번호.

    The number of the bucket between the 1-d ``boundaries`` that each value lies in;
    ``boundaries[i - 1] < v <= boundaries[i]``, or ``<= v <`` if ``right``.
    """
    edges = array_of(boundaries)
    if edges.ndim != 1:
        raise ShapeError(
            f"bucketize의 경계는 1차원이어야 합니다: 형상 {edges.shape}.",
            f"bucketize: boundaries tensor must be 1 dimension, not of shape {edges.shape}.",
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@takes_out
def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """원소가 test_elements 가운데 있는가.

    Whether each of ``elements`` is among ``test_elements``; either may be a number.
    """
    found = np.isin(as_array(elements), as_array(test_elements), assume_unique, invert)
    return wrap(to_ndarray(found))


@takes_out
def msort(input: Any) -> Tensor:
    """첫째 차원을 따라 정렬한 값.

    The values sorted along the first dimension.
    """
    return sort(input, 0).values
