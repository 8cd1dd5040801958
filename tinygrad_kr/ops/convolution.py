"""합성곱: 같은 세 곱이 서로의 미분이다.

Convolution in any number of dimensions. It is linear in the input and in the weight; so is each of
its two derivatives, and the three are one another's VJPs.

They work on *columns*: for each place of the kernel, the input values under it, as a column of a
matrix, so that one product does it all. Columns repeat the input once for each element of the
kernel. They are made for a few samples at a time, which stay in the cache, and again on the way
back; the samples stand last in them, for long runs of memory to copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import sum

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

_BLOCK = 160_000  # elements of the columns made at a time
_PIECE = 2**18  # multiplications in one product: BLAS does these without waking its threads


class Slide(NamedTuple):
    """How a kernel slides over an input: for each dimension of space."""

    size: tuple[int, ...]
    out: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int

    @property
    def padded(self) -> tuple[int, ...]:
        """The size of the input with its margins."""
        return tuple(n + a + b for n, (a, b) in zip(self.size, self.padding, strict=True))

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where the input lies between its margins."""
        return tuple(slice(a, a + n) for n, (a, _) in zip(self.size, self.padding, strict=True))


def _windows(a: Array, how: Slide) -> Array:
    """(C, *padded, b), contiguous, as a view (C, *kernel, *out, b)."""
    space = a.strides[1:-1]
    taps = [n * d for n, d in zip(space, how.dilation, strict=True)]
    steps = [n * s for n, s in zip(space, how.stride, strict=True)]
    shape = (a.shape[0], *how.kernel, *how.out, a.shape[-1])
    return np.ndarray(shape, a.dtype, a, strides=(a.strides[0], *taps, *steps, a.strides[-1]))


def _add_up(columns: Array, how: Slide) -> Array:
    """(C, *kernel, *out, b) added up where the windows lie: (C, *padded, b)."""
    for dim in reversed(range(len(how.kernel))):
        shape = [*columns.shape[: dim + 1], *columns.shape[dim + 2 :]]
        shape[2 * dim + 1] = how.padded[dim]  # after C, and kernel and out of the dimensions before
        wide = np.zeros(shape, columns.dtype)
        stride, length = how.stride[dim], (how.out[dim] - 1) * how.stride[dim] + 1
        every: Any = (slice(None),)
        from_, to = every * (dim + 1), every * (2 * dim + 1)
        for tap in range(how.kernel[dim]):
            first = tap * how.dilation[dim]
            wide[*to, first : first + length : stride] += columns[*from_, tap]
        columns = wide
    return columns


def _blocks(count: int, per_sample: int) -> Iterator[slice]:
    """The samples, a few at a time."""
    step = max(_BLOCK // max(per_sample, 1), 1)
    return (slice(i, min(i + step, count)) for i in range(0, count, step))


@lru_cache(maxsize=1024)
def _pieces(places: int, each: int) -> int:
    """Into how many equal parts ``places`` go, so that a product of one is small."""
    return next((r for r in range(1, places) if not places % r and places // r * each <= _PIECE), 1)


class _Products:
    """The shapes that the three products share."""

    def __init__(self, how: Slide, weight: tuple[int, ...]) -> None:
        self.how = how
        self.places = math.prod(how.out)
        self.groups = how.groups
        self.outs = weight[0] // how.groups
        self.taps = math.prod(weight[1:])  # the length of a column

    def blocks(self, count: int) -> Iterator[slice]:
        return _blocks(count, self.groups * self.taps * self.places)

    def columns(self, x: Array) -> Array:
        """(b, C, *size) as (groups, taps, places · b)."""
        a = np.zeros((x.shape[1], *self.how.padded, x.shape[0]), x.dtype)
        a[:, *self.how.inside] = x.transpose(*range(1, x.ndim), 0)
        return _windows(a, self.how).reshape(self.groups, self.taps, self.places * len(x))

    def rows(self, y: Array) -> Array:
        """(b, O, *out) as (groups, outs, places · b)."""
        last = np.ascontiguousarray(y.transpose(*range(1, y.ndim), 0))
        return last.reshape(self.groups, self.outs, self.places * len(y))

    def cut(self, a: Array) -> Array:
        """The columns of matrices cut into small pieces: (groups, pieces, n, m)."""
        count = a.shape[2] // self.places * self.outs * self.taps
        pieces = _pieces(self.places, count)
        return a.reshape(*a.shape[:2], pieces, a.shape[2] // pieces).swapaxes(1, 2)


def _forward(x: Array, weight: Array, bias: Array | None, *, how: Slide) -> Array:
    p = _Products(how, weight.shape)
    y = np.empty((x.shape[0], weight.shape[0], *how.out), x.dtype)
    by = weight.reshape(p.groups, 1, p.outs, p.taps)
    for some in p.blocks(x.shape[0]):
        columns = p.columns(x[some])
        rows = np.empty((p.groups, p.outs, columns.shape[2]), x.dtype)
        np.matmul(by, p.cut(columns), out=p.cut(rows))
        if bias is not None:
            rows += bias.reshape(p.groups, p.outs, 1)
        rows = rows.reshape(*y.shape[1:], len(x[some]))
        y[some] = rows.transpose(-1, *range(y.ndim - 1))
    return y


def _transposed_forward(x: Array, weight: Array, bias: Array | None, *, how: Slide) -> Array:
    p = _Products(how, weight.shape)
    channels = p.groups * weight.shape[1]
    y = np.empty((x.shape[0], channels, *how.size), x.dtype)
    by = weight.reshape(p.groups, 1, p.outs, p.taps).swapaxes(2, 3)
    for some in p.blocks(x.shape[0]):
        rows = p.rows(x[some])
        columns = np.empty((p.groups, p.taps, rows.shape[2]), x.dtype)
        np.matmul(by, p.cut(rows), out=p.cut(columns))
        shape = (channels, *how.kernel, *how.out, len(x[some]))
        a = _add_up(columns.reshape(shape), how)
        y[some] = a[:, *how.inside].transpose(-1, *range(y.ndim - 1))
    if bias is not None:
        y += bias.reshape(-1, *(1,) * len(how.size))
    return y


def _weight_forward(x: Array, by: Array, *, how: Slide) -> Array:
    shape = (by.shape[1], x.shape[1] // how.groups, *how.kernel)
    p = _Products(how, shape)
    total = np.zeros((p.groups, p.taps, p.outs), x.dtype)
    for some in p.blocks(x.shape[0]):
        columns, rows = p.cut(p.columns(x[some])), p.cut(p.rows(by[some]))
        total += np.add.reduce(columns @ rows.swapaxes(2, 3), axis=1)
    return np.ascontiguousarray(total.swapaxes(1, 2)).reshape(shape)


def _channel_sums(g: Any) -> Any:
    return sum(sum(g, tuple(range(2, g.ndim))), 0)


#: 합성곱. y of (N, C, *size), a weight of (O, C / groups, *kernel) and a bias of (O,) or None.
convolution: Callable[..., Tensor] = Primitive(
    "convolution",
    lambda x, weight, bias, *, how: quietly(lambda: _forward(x, weight, bias, how=how)),
    x=lambda g, weight, how: transposed(g, weight, None, how=how),
    weight=lambda g, x, how: _by_weight(x, g, how=how),
    bias=_channel_sums,
)

#: 합성곱의 입력에 대한 미분이자 전치 합성곱. From the output's shape back to the input's.
transposed: Callable[..., Tensor] = Primitive(
    "conv_transpose",
    lambda x, weight, bias, *, how: quietly(lambda: _transposed_forward(x, weight, bias, how=how)),
    x=lambda g, weight, how: convolution(g, weight, None, how=how),
    weight=lambda g, x, how: _by_weight(g, x, how=how),
    bias=_channel_sums,
)

_by_weight: Callable[..., Tensor] = Primitive(
    "conv_weight",
    lambda x, by, *, how: quietly(lambda: _weight_forward(x, by, how=how)),
    x=lambda g, by, how: transposed(by, g, None, how=how),
    by=lambda g, x, how: convolution(x, g, None, how=how),
)
