"""The records of convolution, pooling and padding: over one, two and three dimensions of space.

The references go from window to window, and gather in each what lies under the kernel.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.layers import called
from tests.proofs.shapes import Calls, frozen, slip
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import Call, OpRecord, call, tensors

Array = np.ndarray[Any, Any]
Each = tuple[int, ...]


class Marks:
    """Bytes that choose: the first of the options where they are 0."""

    def __init__(self, marks: bytes) -> None:
        self._left = iter(marks)

    def of(self, *options: Any) -> Any:
        return options[next(self._left) % len(options)]

    def each(self, dims: int, *options: Any) -> Each:
        return tuple(self.of(*options) for _ in range(dims))


def drawn(dims: int, make: Callable[[int, Marks], Calls]) -> Calls:
    return st.binary(min_size=40, max_size=40).flatmap(lambda marks: make(dims, Marks(marks)))


def lead(m: Marks, channels: int) -> Each:
    """No batch, or one of 2, 1 or 0."""
    return m.of((2, channels), (1, channels), (channels,), (0, channels))  # type: ignore[no-any-return]


def scalar(m: Marks, each: Each) -> Any:
    """One integer where that says the same."""
    return each[0] if len(set(each)) == 1 and m.of(True, False) else each


# Windows


def windows(
    size: Each, out: Each, kernel: Each, stride: Each, padding: Each, dilation: Each
) -> Iterator[tuple[Each, list[tuple[Each, Each]]]]:
    """Every place of the output, with the places of the kernel and of the input under it."""
    for i in itertools.product(*map(range, out)):
        under = []
        for k in itertools.product(*map(range, kernel)):
            at = tuple(
                a * s + b * d - p
                for a, b, s, d, p in zip(i, k, stride, dilation, padding, strict=True)
            )
            if all(0 <= a < n for a, n in zip(at, size, strict=True)):
                under.append((k, at))
        yield i, under


def spread(value: Any, dims: int) -> Each:
    return (value,) * dims if isinstance(value, int) else value


def reach(kernel: Each, dilation: Each) -> Each:
    return tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))


# Convolution


def conv(
    x: Array, w: Array, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1, padding_mode: str = "zeros",
) -> Any:  # fmt: skip
    dims = w.ndim - 2
    size, kernel = x.shape[-dims:], w.shape[2:]
    s, d = spread(stride, dims), spread(dilation, dims)
    wide = reach(kernel, d)
    if padding == "same":
        before, after = zip(*(((r - 1) // 2, r - 1 - (r - 1) // 2) for r in wide), strict=True)
    else:
        before = after = spread(0 if padding == "valid" else padding, dims)
    if padding_mode != "zeros":
        how = {"replicate": "edge", "circular": "wrap"}.get(padding_mode, padding_mode)
        around = [(0, 0)] * (x.ndim - dims) + list(zip(before, after, strict=True))
        return conv(np.pad(x, around, how), w, b, stride, 0, dilation, groups)
    ends = zip(size, before, after, wide, s, strict=True)
    out = tuple((n + p + q - r) // step + 1 for n, p, q, r, step in ends)
    y = np.zeros((*x.shape[: -dims - 1], w.shape[0], *out), np.result_type(x, w))
    outs, ins = w.shape[0] // groups, w.shape[1]
    for i, under in windows(size, out, kernel, s, before, d):
        for (k, at), o in itertools.product(under, range(w.shape[0])):
            first = o // outs * ins
            values = np.moveaxis(x, -dims - 1, 0)[first : first + ins][(..., *at)]
            y[(..., o, *i)] += np.tensordot(w[(o, slice(None), *k)], values, 1)
    return y if b is None else y + b.reshape(-1, *(1,) * dims)


def conv_transpose(
    x: Array, w: Array, b: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    dims = w.ndim - 2
    size, kernel = x.shape[-dims:], w.shape[2:]
    s, p, d = spread(stride, dims), spread(padding, dims), spread(dilation, dims)
    ends = zip(size, s, p, reach(kernel, d), spread(output_padding, dims), strict=True)
    out = tuple((n - 1) * step - 2 * q + r + more for n, step, q, r, more in ends)
    outs, ins = w.shape[1], w.shape[0] // groups
    y = np.zeros((*x.shape[: -dims - 1], outs * groups, *out), np.result_type(x, w))
    for i, under in windows(out, size, kernel, s, p, d):
        for (k, at), c, o in itertools.product(under, range(w.shape[0]), range(outs)):
            y[(..., c // ins * outs + o, *at)] += x[(..., c, *i)] * w[(c, o, *k)]
    return y if b is None else y + b.reshape(-1, *(1,) * dims)


def convolved(dims: int, m: Marks, modes: tuple[str, ...] = ("zeros",)) -> Calls:
    groups, ins, outs = m.of(1, 1, 2), m.of(1, 2), m.of(1, 2)
    kernel = m.each(dims, 2, 1, 3 if dims < 3 else 2)
    stride, dilation = m.each(dims, 1, 2, 3), m.each(dims, 1, 2)
    padding = m.of(m.each(dims, 0, 1, 2), "valid", "same")
    if padding == "same":
        stride = (1,) * dims
    mode = m.of(*modes)
    least = 3 if mode != "zeros" else 1
    size = tuple(max(r, least) + m.of(0, 1, 2 if dims < 3 else 0) for r in reach(kernel, dilation))
    bias = [tensors((groups * outs,))] if m.of(True, False) else []
    return st.builds(
        call, tensors((*lead(m, groups * ins), *size)), tensors((groups * outs, ins, *kernel)),
        *bias, stride=st.just(scalar(m, stride)), dilation=st.just(scalar(m, dilation)),
        padding=st.just(padding if isinstance(padding, str) else scalar(m, padding)),
        groups=st.just(groups), **({"padding_mode": st.just(mode)} if len(modes) > 1 else {}),
    )  # fmt: skip


def back(dims: int, m: Marks) -> Calls:
    groups, ins, outs = m.of(1, 1, 2), m.of(1, 2), m.of(1, 2)
    kernel = m.each(dims, 2, 1, 3 if dims < 3 else 2)
    stride, dilation = m.each(dims, 1, 2, 3), m.each(dims, 1, 2)
    more = tuple(m.of(*range(max(s, d))) for s, d in zip(stride, dilation, strict=True))
    size = m.each(dims, 2, 1, 3 if dims < 3 else 2)
    whole = zip(size, stride, reach(kernel, dilation), strict=True)
    padding = tuple(min(m.of(0, 1, 2), ((n - 1) * s + r - 1) // 2) for n, s, r in whole)
    bias = [tensors((groups * outs,))] if m.of(True, False) else []
    return st.builds(
        call, tensors((*lead(m, groups * ins), *size)), tensors((groups * ins, outs, *kernel)),
        *bias, stride=st.just(scalar(m, stride)), dilation=st.just(scalar(m, dilation)),
        padding=st.just(scalar(m, padding)), output_padding=st.just(scalar(m, more)),
        groups=st.just(groups),
    )  # fmt: skip


def layer(kind: str, dims: int) -> Callable[..., Any]:
    make, turned = getattr(nn, f"{kind}{dims}d"), kind == "ConvTranspose"

    def op(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        ends = w.shape[0], w.shape[1] * options["groups"]
        ins, outs = ends if turned else ends[::-1]
        module = make(ins, outs, w.shape[2:], bias=b is not None, **options)
        return called(module, [w] if b is None else [w, b], x)

    return op


# Pooling


Box = tuple[Each, list[Each], float]  # a place of the output, those under it, what divides them


def sliding(
    size: Each, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: Any = None,
) -> tuple[Each, list[Box]]:  # fmt: skip
    dims = len(size)
    kernel, p, d = spread(kernel_size, dims), spread(padding, dims), spread(dilation, dims)
    s = kernel if stride is None else spread(stride, dims)
    out = []
    for n, r, step, q in zip(size, reach(kernel, d), s, p, strict=True):
        count = 1 + (math.ceil if ceil_mode else math.floor)((n + 2 * q - r) / step)
        out.append(count - (ceil_mode and (count - 1) * step >= n + q))
    boxes = []
    for i, under in windows(size, tuple(out), kernel, s, p, d):
        each = zip(i, s, kernel, size, p, strict=True)
        whole = math.prod(min(k, n + 2 * q - a * step) for a, step, k, n, q in each)
        counted = whole if count_include_pad else len(under)
        boxes.append((i, [at for _, at in under], divisor_override or counted))
    return tuple(out), boxes


def adapted(size: Each, output_size: Any) -> tuple[Each, list[Box]]:
    given = output_size if isinstance(output_size, tuple) else (output_size,) * len(size)
    out = tuple(n if m is None else m for n, m in zip(size, given, strict=True))
    boxes = []
    for i in itertools.product(*map(range, out)):
        each = zip(i, size, out, strict=True)
        sides = [range(math.floor(a * n / m), math.ceil((a + 1) * n / m)) for a, n, m in each]
        under = list(itertools.product(*sides))
        boxes.append((i, under, len(under)))
    return out, boxes


def mean_of(cut: Callable[..., Any]) -> Callable[..., Any]:
    def reference(x: Array, dims: int, **options: Any) -> Any:
        out, boxes = cut(x.shape[-dims:], **options)
        y = np.zeros((*x.shape[:-dims], *out), x.dtype)
        for i, under, counted in boxes:
            y[(..., *i)] = sum(x[(..., *at)] for at in under) / counted
        return y

    return reference


def maximum_of(cut: Callable[..., Any]) -> Callable[..., Any]:
    def reference(x: Array, dims: int, return_indices: bool, **options: Any) -> Any:
        size = x.shape[-dims:]
        out, boxes = cut(size, **options)
        y = np.zeros((*x.shape[:-dims], *out), x.dtype)
        found = np.zeros(y.shape)
        for (i, under, _), lead in itertools.product(boxes, np.ndindex(x.shape[:-dims])):
            best = max(under, key=lambda at: x[(*lead, *at)].real)
            y[(*lead, *i)] = x[(*lead, *best)]
            found[(*lead, *i)] = np.ravel_multi_index(best, size)
        return with_places(y, found) if return_indices else y

    return reference


def with_places(y: Any, places: Any) -> Any:
    """Maxima and where they stood as one: values are less than 2."""
    return y + 4 * places


def called_with(make: Any, of_layer: bool) -> Callable[..., Any]:
    def op(x: Any, dims: int, **options: Any) -> Any:
        y = make(**options)(x) if of_layer else make(x, **options)
        return with_places(*y) if isinstance(y, tuple) else y

    return op


def slid(dims: int, m: Marks, maximum: bool) -> Calls:
    kernel = m.each(dims, 2, 1, 3, *((4,) if dims < 3 else ()))
    dilation = m.each(dims, 1, 1, 2) if maximum else (1,) * dims
    padding = tuple(min(m.of(0, 1, 2), k // 2) for k in kernel)
    sides = zip(reach(kernel, dilation), padding, strict=True)
    options: dict[str, Any] = {
        "dims": dims, "kernel_size": scalar(m, kernel), "padding": scalar(m, padding),
        "stride": m.of(None, scalar(m, m.each(dims, 1, 2, 3))), "ceil_mode": m.of(False, True),
    }  # fmt: skip
    if maximum:
        options |= {"dilation": scalar(m, dilation), "return_indices": m.of(False, True)}
        size = tuple(r + m.of(0, 1, 2 if dims < 3 else 0) for r, _ in sides)
    else:
        options["count_include_pad"] = m.of(True, False)
        if dims > 1:
            options["divisor_override"] = m.of(None, 3, -2)
        size = tuple(max(r - 2 * p, 1) + m.of(0, 1, 2 if dims < 3 else 0) for r, p in sides)
    values = tensors((*lead(m, 2), *size), distinct=maximum)
    return st.builds(call, values, **{n: st.just(v) for n, v in options.items()})


def fitted(dims: int, m: Marks, maximum: bool) -> Calls:
    size = m.each(dims, 2, 1, 3, *((5,) if dims < 3 else ()))
    wanted = m.each(dims, 1, 2, 3, *((None,) if dims > 1 else ()))
    options = {"dims": dims, "output_size": scalar(m, wanted)}
    if maximum:
        options["return_indices"] = m.of(False, True)
    values = tensors((*lead(m, 2), *size), distinct=maximum)
    return st.builds(call, values, **{n: st.just(v) for n, v in options.items()})


POOLS: dict[str, tuple[str, Any, Any]] = {
    "max_pool": ("MaxPool", maximum_of(sliding), lambda d, m: slid(d, m, True)),
    "avg_pool": ("AvgPool", mean_of(sliding), lambda d, m: slid(d, m, False)),
    "adaptive_max_pool": ("AdaptiveMaxPool", maximum_of(adapted), lambda d, m: fitted(d, m, True)),
    "adaptive_avg_pool": ("AdaptiveAvgPool", mean_of(adapted), lambda d, m: fitted(d, m, False)),
}

# Padding


def padded(x: Array, pad: Each, mode: str, value: float = 0.0) -> Any:
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    grown = [(max(a, 0), max(b, 0)) for a, b in pairs]
    cut = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pairs, strict=True))
    if mode == "constant":
        return np.pad(x[cut], grown, constant_values=value)
    return np.pad(x[cut], grown, {"replicate": "edge", "circular": "wrap"}.get(mode, mode))


def margined(dims: int, m: Marks) -> Calls:
    mode = m.of("constant", "reflect", "replicate", "circular")
    pad = m.each(2 * dims, 0, 1, 2, -1)
    size = tuple(4 + m.of(0, 1) for _ in range(dims))
    options = {"pad": pad, "mode": mode} | ({"value": m.of(0.0, 1.5)} if mode == "constant" else {})
    values = tensors((*lead(m, 2), *size))
    return st.builds(call, values, **{n: st.just(v) for n, v in options.items()})


# The records


def zeros(*shape: int, dtype: Any = np.float64) -> Any:
    return wrap(np.zeros(shape, dtype))


def misfits(d: int, forward: bool) -> tuple[tuple[type[Exception], Call], ...]:
    x, w = zeros(1, 2, *(4,) * d), zeros(2, 2, *(3,) * d)
    more = {"padding": "same", "stride": 2} if forward else {"output_padding": 1}
    return (
        slip(ShapeError, x[0, 0], w), slip(ShapeError, x, w[0]), slip(ShapeError, x[:, :1], w),
        slip(ShapeError, x, w, zeros(3)), slip(ShapeError, x, zeros(3, 1, *(3,) * d), groups=2),
        slip(ShapeError, x, w, groups=0), slip(ShapeError, x, w, stride=0),
        slip(ShapeError, x, w, stride=(1,) * (d + 1)), slip(ShapeError, x, w, padding=-1),
        slip(ShapeError, x, w, dilation=0), slip(ArgumentError, x, w, stride=1.5),
        slip(ShapeError, x, w, **more), slip(DTypeError, x.long(), w),
        slip(DTypeError, x, w, zeros(2, dtype=np.float32)), slip(DTypeError, x.bool(), w.bool()),
        slip(ShapeError, x, zeros(2, 2, *(0,) * d)), slip(ShapeError, zeros(1, 2, *(0,) * d), w),
        slip(ShapeError, x, zeros(2, 2, *(5,) * d)) if forward
        else slip(ShapeError, x, w, padding=3),
    )  # fmt: skip


def too_big(d: int, name: str) -> tuple[tuple[type[Exception], Call], ...]:
    x = zeros(1, 2, *(4,) * d)
    if "adaptive" in name:
        return (
            slip(ShapeError, x, dims=d, output_size=-1),
            slip(DTypeError, x.bool(), dims=d, output_size=1),
            slip(ShapeError, x[0, 0], dims=d, output_size=1),
            slip(ShapeError, x, dims=d, output_size=(1,) * (d + 1)),
        )  # fmt: skip
    return (
        slip(ShapeError, x, dims=d, kernel_size=5), slip(ShapeError, x, dims=d, kernel_size=0),
        slip(ShapeError, x, dims=d, kernel_size=2, stride=0),
        slip(DTypeError, x.bool(), dims=d, kernel_size=2),
        slip(ShapeError, x, dims=d, kernel_size=2, padding=2),
        slip(ShapeError, x, dims=d, kernel_size=2, padding=-1),
        slip(ShapeError, x[0, 0], dims=d, kernel_size=2),
        slip(ShapeError, zeros(1, 2, *(0,) * d), dims=d, kernel_size=1),
    )  # fmt: skip


RECORDS: list[OpRecord] = [
    OpRecord("F.pad", F.pad, padded,
             st.one_of(*(drawn(d, margined) for d in (1, 2))), analytic=True, view=True,
             errors=(slip(ShapeError, zeros(2, 3), (1,)), slip(ShapeError, zeros(3), (1, 1, 1, 1)),
                     slip(ShapeError, zeros(2, 3), (-2, -2)),
                     slip(ShapeError, zeros(1, 3), (3, 0), mode="reflect"),
                     slip(ShapeError, zeros(1, 3), (0, 4), mode="circular"),
                     slip(ShapeError, zeros(3), (1, 1), mode="reflect"),
                     slip(ArgumentError, zeros(3), (1, 1), mode="mirror"))),
]  # fmt: skip
for d in (1, 2, 3):
    RECORDS += [
        OpRecord(f"F.conv{d}d", getattr(F, f"conv{d}d"), conv, frozen(drawn(d, convolved)),
                 analytic=True, errors=misfits(d, forward=True)),
        OpRecord(f"F.conv_transpose{d}d", getattr(F, f"conv_transpose{d}d"), conv_transpose,
                 frozen(drawn(d, back)), analytic=True, errors=misfits(d, forward=False)),
        OpRecord(f"nn.Conv{d}d", layer("Conv", d), conv,
                 drawn(d, lambda d, m: convolved(
                     d, m, ("zeros", "reflect", "replicate", "circular"))), analytic=True),
        OpRecord(f"nn.ConvTranspose{d}d", layer("ConvTranspose", d), conv_transpose,
                 drawn(d, back), analytic=True),
    ]  # fmt: skip
    for name, (kind, reference, calls) in POOLS.items():
        function, make = getattr(F, f"{name}{d}d"), getattr(nn, f"{kind}{d}d")
        RECORDS += [
            OpRecord(f"F.{name}{d}d", called_with(function, False), reference, drawn(d, calls),
                     analytic=True, errors=too_big(d, name)),
            OpRecord(f"nn.{kind}{d}d", called_with(make, True), reference, drawn(d, calls),
                     analytic=True),
        ]  # fmt: skip
