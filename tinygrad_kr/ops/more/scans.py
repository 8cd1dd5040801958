"""드물게 쓰는 누적과 이웃한 차이.

The rarer scans, and what is made of neighbours: differences, areas, slopes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, ShapeError
from tinygrad_kr.ops.arithmetic import sub
from tinygrad_kr.ops.comparison import logical_xor
from tinygrad_kr.ops.dims import Dims, array_of, normal_dim, normal_dims, numpy_names
from tinygrad_kr.ops.exponential import logaddexp
from tinygrad_kr.ops.gathering import gather
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.joining import along, cat
from tinygrad_kr.ops.more.out import takes_out
from tinygrad_kr.ops.order import index_like
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import need_floating, sum
from tinygrad_kr.ops.scan import cumsum
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.return_types import Selection

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "cummax",
    "cummin",
    "cumulative_trapezoid",
    "diff",
    "gradient",
    "logcumsumexp",
    "trapezoid",
    "trapz",
]


def _cut(x: Any, dim: int, start: int | None, stop: int | None) -> Any:
    return getitem(x, index=along(dim, slice(start, stop)))


# Running extremes


def _running(kind: type[Selection], ufunc: Any, input: Any, dim: int) -> Selection:
    x = array_of(input)
    dim = normal_dim(dim, x.ndim)
    if x.size == 0 or x.ndim == 0:
        index = np.zeros(x.shape, np.int64)
    else:
        held = (x == ufunc.accumulate(x, axis=dim)) | np.isnan(x)
        place = np.arange(x.shape[dim]).reshape(-1, *[1] * (x.ndim - 1 - dim))
        index = np.maximum.accumulate(np.where(held, place, 0), axis=dim)
    return kind(gather(input, dim, index), index_like(input, index))


@takes_out
@numpy_names
def cummax(input: Any, dim: int) -> Selection:
    """누적 최댓값.

    The largest so far along ``dim``, and the last index where it stood, as a named tuple. From the
    first nan on it is nan.

    >>> import tinygrad_kr as tg
    >>> tg.cummax(tg.tensor([1.0, 3.0, 2.0, 3.0]), 0).indices
    tensor([0, 1, 1, 3])
    """
    return _running(return_types.cummax, np.maximum, input, dim)


@takes_out
@numpy_names
def cummin(input: Any, dim: int) -> Selection:
    """누적 최솟값.

    The smallest so far; see :func:`cummax`.
    """
    return _running(return_types.cummin, np.minimum, input, dim)


# log of the running sum of exponentials


def _logcumsumexp_forward(x: Array, *, dim: int) -> Array:
    with np.errstate(all="ignore"):
        return np.logaddexp.accumulate(x, axis=dim) if x.ndim else x.copy()


def _backwards(x: Array, dim: int) -> Array:
    return np.flip(_logcumsumexp_forward(np.flip(x, dim), dim=dim), dim)


def _logcumsumexp_slope(needs: Any, g: Any, x: Any, y: Any, dim: int) -> Any:
    """Σ over j ≥ k of g_j exp(x_k - y_j), in logarithms: of the positive g less the negative."""
    if x.ndim == 0:
        return (g,)
    with np.errstate(all="ignore"):
        up, down = (_backwards(np.log(np.maximum(h, 0)) - y, dim) + x for h in (g, -g))
        return (np.exp(up) - np.exp(down),)


def _logcumsumexp_doubling(x: Any, dim: int) -> Any:
    step = 1
    while x.ndim and step < x.shape[dim]:
        far = logaddexp(_cut(x, dim, step, None), _cut(x, dim, None, -step))
        x = cat((_cut(x, dim, None, step), far), dim)
        step *= 2
    return x


_logcumsumexp: Callable[..., Tensor] = Primitive(
    "logcumsumexp",
    _logcumsumexp_forward,
    vjp=_logcumsumexp_slope,
    reference=_logcumsumexp_doubling,
)


@takes_out
@numpy_names
def logcumsumexp(input: Any, dim: int) -> Tensor:
    """지수의 누적합의 로그.

    log of the running sum of exp(x) along ``dim``, without overflow.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return _logcumsumexp(need_floating("logcumsumexp", input), dim=dim)


# Neighbours


@takes_out
@numpy_names
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """이웃한 원소의 차이.

    x[i + 1] − x[i] along ``dim``, ``n`` times over; of bools, whether they differ.

    Args:
        prepend, append: put before and after ``input`` first.
    """
    x = array_of(input)
    if x.ndim == 0 or n < 0:
        raise ArgumentError(
            f"diff에는 1차원 이상의 텐서와 0 이상의 n이 와야 합니다: {x.ndim}차원, n={n}.",
            "diff expects input to be at least one-dimensional and n to be non-negative, "
            f"not {x.ndim} dimensions and n={n}.",
        )
    dim = normal_dim(dim, x.ndim)
    parts = (prepend, input, append) if n else (input,)
    out: Any = cat([part for part in parts if part is not None], dim)
    change = logical_xor if as_array(out).dtype.kind == "b" else sub
    for _ in range(min(n, out.shape[dim])):
        out = change(_cut(out, dim, 1, None), _cut(out, dim, None, -1))
    return out  # type: ignore[no-any-return]


def _areas(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, int]:
    """Twice the area under each piece of y, and ``dim`` from the front."""
    values = array_of(y)
    dim = normal_dim(dim, values.ndim)
    if values.ndim == 0:
        raise DimError(
            f"{name}에는 1차원 이상의 텐서가 와야 합니다.",
            f"{name}: Dimension specified as {dim} but tensor has no dimensions.",
        )
    if values.dtype.kind == "b" or (x is not None and array_of(x).dtype.kind == "b"):
        raise DTypeError(
            f"{name}에 bool 텐서가 왔습니다.", f"{name}: received a bool input for x or y."
        )
    if x is not None and dx is not None:
        raise ArgumentError(f"{name}에는 x와 dx 중 하나만 주세요.", f"{name}: give x or dx.")
    sums = _cut(y, dim, 1, None) + _cut(y, dim, None, -1)
    if x is None:
        return sums * (1 if dx is None else dx), dim
    own, size = array_of(x).shape, values.shape[dim]
    if not own or (len(own) == 1 and own[0] != size):
        raise ShapeError(
            f"{name}의 x에는 표본마다 하나씩 {size}개의 값이 있어야 합니다: 형상 {own}.",
            f"{name}: There must be one `x` value for each sample point: {size}, shape {own}.",
        )
    if len(own) == 1:
        x = reshape(x, (-1, *[1] * (values.ndim - 1 - dim)))
    elif len(own) < values.ndim:
        x = reshape(x, (*[1] * (values.ndim - len(own)), *own))
    at = array_of(x).ndim - values.ndim + dim
    return sums * (_cut(x, at, 1, None) - _cut(x, at, None, -1)), dim


@numpy_names
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """사다리꼴 공식에 의한 적분.

    The integral of ``y`` along ``dim`` by trapezoids: Σ (y[i] + y[i + 1]) (x[i + 1] − x[i]) / 2.

    Args:
        x: where the samples lie; or they are ``dx`` apart, 1 if neither is given.

    >>> import tinygrad_kr as tg
    >>> tg.trapezoid(tg.tensor([1.0, 2.0, 4.0]))
    tensor(4.5000)
    """
    areas, dim = _areas("trapezoid", y, x, dx, dim)
    out: Tensor = sum(areas, dim - array_of(y).ndim) / 2
    return out


trapz = trapezoid


@numpy_names
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """사다리꼴 공식에 의한 누적 적분.

    The running integral of :func:`trapezoid`, one value less than ``y`` along ``dim``.
    """
    areas, dim = _areas("cumulative_trapezoid", y, x, dx, dim)
    out: Tensor = cumsum(areas, dim - array_of(y).ndim) / 2
    return out


def _slopes(x: Any, h: Any, dim: int, edge_order: int) -> Any:
    """The slope along ``dim``: parabolas through three neighbours within, through two or three at
    the ends. ``h`` is one distance, or the n - 1 of them."""

    def at(start: int | None, stop: int | None) -> Any:
        return _cut(x, dim, start, stop)

    def width(start: int | None, stop: int | None) -> Any:
        if np.ndim(as_array(h)) == 0:
            return h
        return reshape(_cut(h, 0, start, stop), (-1, *[1] * (x.ndim - 1 - dim)))

    def parabola(a: Any, b: Any, c: Any, ab: Any, bc: Any) -> Any:
        """The slope at ``b`` of the parabola through three values that are so far apart."""
        whole = ab + bc
        return c * ab / (bc * whole) - a * bc / (ab * whole) + b * (bc - ab) / (ab * bc)

    inner = parabola(at(None, -2), at(1, -1), at(2, None), width(None, -1), width(1, None))
    first = (at(1, 2) - at(0, 1)) / width(0, 1)
    last = (at(-1, None) - at(-2, -1)) / width(-1, None)
    if edge_order == 2:
        # The slope of a parabola is linear: at the end it is as far from the chord as within.
        first = 2 * first - _cut(inner, dim, 0, 1)
        last = 2 * last - _cut(inner, dim, -1, None)
    return cat((first, inner, last), dim)


@numpy_names
def gradient(
    input: Any, *, spacing: Any = 1, dim: Dims = None, edge_order: int = 1
) -> list[Tensor]:
    """표본으로 주어진 함수의 기울기를 중앙 차분으로.

    The slope of sampled values along each dimension, by central differences.

    Args:
        spacing: the distance of samples, one for all dimensions or one each; or for each a tensor
            of where they lie.
        dim: the dimensions, all if None.
        edge_order: 2 for parabolas at the ends too, not chords.

    >>> import tinygrad_kr as tg
    >>> tg.gradient(tg.tensor([1.0, 4.0, 9.0, 16.0]), edge_order=2)[0]
    tensor([2., 4., 6., 8.])
    """
    x = array_of(input)
    dims = normal_dims(dim, x.ndim)
    spacing = 1 if spacing is None else spacing
    one = not isinstance(spacing, list | tuple)
    spacings = [spacing] * len(dims) if one else list(spacing)
    if len(spacings) != len(dims) or (one and np.ndim(as_array(spacing))):
        raise ArgumentError(
            f"gradient의 spacing은 하나이거나 차원마다 하나여야 합니다: 차원 {len(dims)}개.",
            f"torch.gradient expected spacing to be unspecified, a scalar or {len(dims)} of them.",
        )
    if edge_order not in (1, 2):
        raise ArgumentError(
            f"gradient의 edge_order는 1이나 2입니다: {edge_order!r}.",
            f"gradient only supports edge_order=1 and edge_order=2, not {edge_order!r}.",
        )
    outs = []
    for d, space in zip(dims, spacings, strict=True):
        if x.shape[d] < edge_order + 1:
            raise ShapeError(
                f"gradient: 차원 {d}의 크기 {x.shape[d]}은(는) {edge_order + 1}보다 작습니다.",
                "gradient expected each dimension size to be at least edge_order+1: "
                f"dimension {d} has {x.shape[d]}.",
            )
        if isinstance(space, TensorBase | np.ndarray):
            own, size = array_of(space).shape, x.shape[d]
            if own != (size,):
                raise ShapeError(
                    f"gradient: 좌표의 형상 {own}이(가) 차원 {d}의 크기 {size}에 맞지 않습니다.",
                    f"gradient expected coordinates of shape ({size},) for dimension {d}: {own}.",
                )
            space = _cut(space, 0, 1, None) - _cut(space, 0, None, -1)
        outs.append(_slopes(input, space, d, edge_order))
    return outs
