"""합성곱: 같은 세 곱이 서로의 미분이다.

Convolution in any number of dimensions. It is linear in the input and in the weight; so is each of
its two derivatives, and the three are one another's VJPs.

They work on *columns*: for each place of the kernel, the input values under it, as a column of a
matrix, so that a product does it all. Columns repeat the input once for each element of the kernel;
but those of one row of the output lie side by side in memory if the rows of the input do, so along
the first dimension of space nothing is repeated: the matrices overlap. They are made for a few
samples at a time, which stay in the cache, and again on the way back; the samples stand last in
them, for long runs of memory to copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import sum

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

_BLOCK = 640_000  # elements of the columns made at a time

# glibc maps memory of its own for large arrays and gives it back when they are freed, so each step
# would fault it in anew; having freed one of (almost) 32 MiB, the largest it learns from, it keeps
# arrays of that size in its heap.
np.empty(2**25 - 2**14, np.uint8)


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

    @property
    def rest(self) -> Slide:
        """Without the first dimension."""
        return Slide(
            self.size[1:], self.out[1:], self.kernel[1:], self.stride[1:], self.padding[1:],
            self.dilation[1:], self.groups,
        )  # fmt: skip


def _windows(a: Array, how: Slide) -> Array:
    """(C, *padded, b), contiguous, as a view (C, *kernel, *out, b)."""
    space = a.strides[1:-1]
    taps = [n * d for n, d in zip(space, how.dilation, strict=True)]
    steps = [n * s for n, s in zip(space, how.stride, strict=True)]
    shape = (a.shape[0], *how.kernel, *how.out, a.shape[-1])
    return np.ndarray(shape, a.dtype, a, strides=(a.strides[0], *taps, *steps, a.strides[-1]))


def _stacked(a: Array, count: int, step: int, taps: int, spread: int, first: int = 0) -> Array:
    """(groups, rows, n, m), contiguous: of each of ``count`` places, ``step`` rows apart, the
    ``taps`` rows from there, ``spread`` rows apart, as one matrix: (groups, count, taps · n, m).
    A view, for neighbouring rows."""
    groups, row, down, right = a.strides
    shape = (a.shape[0], count, taps, *a.shape[2:])
    strides = (groups, step * row, spread * row, down, right)
    rows = np.ndarray(shape, a.dtype, a, first * row, strides)
    return rows.reshape(*shape[:2], taps * shape[3], shape[4])


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


class _Products:
    """The matrices of the three products: one for each group and row of space."""

    def __init__(self, how: Slide, weight: tuple[int, ...]) -> None:
        if len(how.size) == 1:  # one row of space
            size, out, kernel, stride, padding, dilation, groups = how
            how = Slide(
                (1, *size), (1, *out), (1, *kernel), (1, *stride), ((0, 0), *padding),
                (1, *dilation), groups,
            )  # fmt: skip
        self.how = how
        self.rest = how.rest
        self.groups = how.groups
        self.outs, self.channels = weight[0] // how.groups, weight[1]
        self.taps = self.channels * math.prod(self.rest.kernel)  # of one row of the kernel
        self.places = math.prod(self.rest.out)  # in one row of the output

    def blocks(self, count: int) -> Iterator[slice]:
        """The samples, a few at a time."""
        per_sample = self.groups * self.how.padded[0] * max(self.taps, self.outs) * self.places
        step = max(_BLOCK // max(per_sample, 1), 1)
        return (slice(i, min(i + step, count)) for i in range(0, count, step))

    def matrices(self, weight: Array) -> Array:
        """(O, C, *kernel) as (groups, rows of the kernel, outs, taps)."""
        shape = self.groups, self.outs, self.channels, self.how.kernel[0], -1
        by = weight.reshape(shape).transpose(0, 3, 1, 2, 4)
        return by.reshape(*by.shape[:3], self.taps)

    def columns(self, x: Array) -> Array:
        """(b, C, *size) as (groups, rows of the output, taps of the kernel, places · b)."""
        h, count = self.how, len(x)
        a = np.zeros((self.groups, h.padded[0], self.channels, *self.rest.padded, count), x.dtype)
        x = x.reshape(count, self.groups, self.channels, *h.size)
        first, *others = h.inside
        a[:, first, :, *others] = x.transpose(1, 3, 2, *range(4, x.ndim), 0)
        spread = _windows(a.reshape(-1, *a.shape[3:]), self.rest)
        rows = np.ascontiguousarray(spread.reshape(*a.shape[:2], self.taps, self.places * count))
        return _stacked(rows, h.out[0], h.stride[0], h.kernel[0], h.dilation[0])

    def rows(self, y: Array) -> Array:
        """(b, O, *out) as (groups, rows of the output, outs, places · b)."""
        y = y.reshape(len(y), self.groups, self.outs, self.how.out[0], self.places)
        last = np.ascontiguousarray(y.transpose(1, 3, 2, 4, 0))
        return last.reshape(*last.shape[:3], self.places * len(y))


def _forward(x: Array, weight: Array, bias: Array | None, *, how: Slide) -> Array:
    p = _Products(how, weight.shape)
    h = p.how
    y = np.empty((len(x), p.groups, p.outs, *h.out), x.dtype)
    by = p.matrices(weight).swapaxes(1, 2).reshape(p.groups, 1, p.outs, -1)
    for some in p.blocks(len(x)):
        rows = by @ p.columns(x[some])
        if bias is not None:
            rows += bias.reshape(p.groups, 1, p.outs, 1)
        last = rows.reshape(p.groups, h.out[0], p.outs, *p.rest.out, -1)
        y[some] = last.transpose(-1, 0, 2, 1, *range(3, last.ndim - 1))
    return y.reshape(len(x), weight.shape[0], *how.out)


def _transposed_forward(x: Array, weight: Array, bias: Array | None, *, how: Slide) -> Array:
    p = _Products(how, weight.shape)
    h, (first, *others) = p.how, p.how.inside
    y = np.empty((len(x), p.groups, p.channels, *h.size), x.dtype)
    # The last row of the kernel is the first that reaches a row of the input.
    by = p.matrices(weight)[:, ::-1].reshape(p.groups, 1, -1, p.taps).swapaxes(2, 3)
    before = (h.kernel[0] - 1) * h.dilation[0]
    for some in p.blocks(len(x)):
        rows = p.rows(x[some])
        apart = np.zeros((p.groups, h.padded[0] + before, *rows.shape[2:]), x.dtype)
        apart[:, before :: h.stride[0]][:, : h.out[0]] = rows
        near = _stacked(apart, h.size[0], 1, h.kernel[0], h.dilation[0], first.start)
        columns = by @ near
        count = len(x[some])
        columns = columns.reshape(-1, *p.rest.kernel, *p.rest.out, count)
        a = _add_up(columns, p.rest)[:, *others]
        a = a.reshape(p.groups, h.size[0], p.channels, *p.rest.size, count)
        y[some] = a.transpose(-1, 0, 2, 1, *range(3, a.ndim - 1))
    y = y.reshape(len(x), p.groups * p.channels, *how.size)
    if bias is not None:
        y += bias.reshape(-1, *(1,) * len(how.size))
    return y


def _weight_forward(x: Array, by: Array, *, how: Slide) -> Array:
    shape = (by.shape[1], x.shape[1] // how.groups, *how.kernel)
    p = _Products(how, shape)
    total = np.zeros((p.groups, p.how.kernel[0] * p.taps, p.outs), x.dtype)
    for some in p.blocks(len(x)):
        parts = p.columns(x[some]) @ p.rows(by[some]).swapaxes(2, 3)
        total += np.add.reduce(parts, axis=1)
    kernel = total.reshape(p.groups, p.how.kernel[0], p.channels, -1, p.outs)
    return np.ascontiguousarray(kernel.transpose(0, 4, 2, 1, 3)).reshape(shape)


def _channel_sums(g: Any) -> Any:
    return sum(g, (0, *range(2, g.ndim)))


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
