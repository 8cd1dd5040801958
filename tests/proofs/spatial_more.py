"""The records of space once more: padding, patches, resizing, channels for space, what is left of
pooling."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import ZEROS, one_of
from tests.proofs.shapes import Calls, slip
from tests.proofs.spatial import Marks, drawn, lead, padded, reach, scalar, sliding, windows, zeros
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    IndexingError,
    ShapeError,
)
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import Call, OpRecord, call, tensors

Array = np.ndarray[Any, Any]


# Space


def of_layer(make: Any) -> Callable[..., Any]:
    return lambda x, **options: make(**options)(x)


def options_of(**options: Any) -> dict[str, Any]:
    return {name: st.just(value) for name, value in options.items()}


PADS = {"Constant": "constant", "Zero": "constant", "Reflection": "reflect",
        "Replication": "replicate", "Circular": "circular"}  # fmt: skip
SPACE: list[OpRecord] = []
for (name, mode), d in itertools.product(PADS.items(), (1, 2, 3)):

    def margins(d: int, m: Marks, name: str = name) -> Calls:
        padding = m.each(2 * d, *((-1,) if name in ("Constant", "Zero") else ()), 0, 1, 2)
        value = {"value": m.of(1.5, 0.0)} if name == "Constant" else {}
        size = tuple(3 + m.of(0, 1) for _ in range(d))
        return st.builds(call, tensors((*lead(m, 2), *size)),
                         **options_of(padding=scalar(m, padding), **value))  # fmt: skip

    def around(x: Array, padding: Any, value: float = 0.0, mode: str = mode, d: int = d) -> Any:
        each = (padding,) * (2 * d) if isinstance(padding, int) else padding
        return padded(x, each, mode, value)

    make = getattr(nn, f"{name}Pad{d}d")
    SPACE.append(
        OpRecord(f"nn.{name}Pad{d}d", of_layer(make), around, drawn(d, margins), analytic=True,
                 view=True)
    )  # fmt: skip


def patches(dims: int, m: Marks) -> tuple[dict[str, Any], Any, Any, Any, Any]:
    kernel, stride, dilation = m.each(2, 2, 1, 3), m.each(2, 1, 2, 3), m.each(2, 1, 2)
    padding = m.each(2, 0, 1, 2)
    options = {"kernel_size": scalar(m, kernel), "stride": scalar(m, stride),
               "dilation": scalar(m, dilation), "padding": scalar(m, padding)}  # fmt: skip
    return options, kernel, stride, dilation, padding


def unfolded(dims: int, m: Marks) -> Calls:
    options, kernel, _, dilation, _ = patches(dims, m)
    size = tuple(r + m.of(0, 1, 2) for r in reach(kernel, dilation))
    return st.builds(call, tensors((*lead(m, 2), *size)), **options_of(**options))


def folded(dims: int, m: Marks) -> Calls:
    options, kernel, stride, dilation, padding = patches(dims, m)
    size = tuple(r + m.of(0, 1, 2) for r in reach(kernel, dilation))
    each = zip(size, padding, reach(kernel, dilation), stride, strict=True)
    count = math.prod((n + 2 * p - r) // s + 1 for n, p, r, s in each)
    shape = (*m.of((2,), (1,), ()), m.of(1, 2) * math.prod(kernel), count)
    return st.builds(call, tensors(shape), **options_of(output_size=size, **options))


def two(value: Any) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else value


def placed(size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """How many columns there are; and of each value the number of its column, its place in the
    kernel and in the input."""
    kernel, s, p, d = two(kernel_size), two(stride), two(padding), two(dilation)
    each = zip(size, p, reach(kernel, d), s, strict=True)
    out = tuple((n + 2 * q - r) // t + 1 for n, q, r, t in each)
    under = windows(size, out, kernel, s, p, d)
    return math.prod(out), [
        (number, int(np.ravel_multi_index(k, kernel)), at)
        for number, (_, taps) in enumerate(under)
        for k, at in taps
    ]


def unfold(x: Array, **options: Any) -> Any:
    taps, (count, found) = math.prod(two(options["kernel_size"])), placed(x.shape[-2:], **options)
    y = np.zeros((*x.shape[:-2], taps, count), x.dtype)
    for number, k, at in found:
        y[..., k, number] = x[(..., *at)]
    return y.reshape(*x.shape[:-3], x.shape[-3] * taps, count)


def fold(x: Array, output_size: Any, **options: Any) -> Any:
    taps = math.prod(two(options["kernel_size"]))
    parts = x.reshape(*x.shape[:-2], x.shape[-2] // taps, taps, x.shape[-1])
    y = np.zeros((*parts.shape[:-2], *output_size), x.dtype)
    for number, k, at in placed(output_size, **options)[1]:
        y[(..., *at)] += parts[..., k, number]
    return y


def pixel_shuffle(x: Array, upscale_factor: int) -> Any:
    r, (*lead, c, h, w) = upscale_factor, x.shape
    y = np.zeros((*lead, c // r**2, h * r, w * r), x.dtype)
    for k, (i, j) in itertools.product(range(c // r**2), np.ndindex(r, r)):
        y[..., k, i::r, j::r] = x[..., k * r * r + i * r + j, :, :]
    return y


def pixel_unshuffle(x: Array, downscale_factor: int) -> Any:
    r, c = downscale_factor, x.shape[-3]
    each = itertools.product(range(c), range(r), range(r))
    return np.stack([x[..., k, i::r, j::r] for k, i, j in each], -3)


def channel_shuffle(x: Array, groups: int) -> Any:
    order = np.arange(x.shape[1]).reshape(groups, -1).T.reshape(-1)
    return x[:, order]


SHUFFLES: dict[str, tuple[str, Any, Calls, Any]] = {
    "pixel_shuffle": ("PixelShuffle", pixel_shuffle,
        st.builds(call, tensors(one_of((4, 2, 1), (2, 8, 1, 2), (2, 2, 4, 1, 1))),
                  upscale_factor=one_of(2, 1)), slip(ShapeError, zeros(3, 2, 2), 2)),
    "pixel_unshuffle": ("PixelUnshuffle", pixel_unshuffle,
        st.builds(call, tensors(one_of((2, 2, 4), (2, 1, 2, 2), (2, 2, 1, 4, 2))),
                  downscale_factor=one_of(2, 1)), slip(ShapeError, zeros(3, 2, 3), 2)),
    "channel_shuffle": ("ChannelShuffle", channel_shuffle,
        st.builds(call, tensors(one_of((2, 4, 3), (1, 4, 1, 2))), groups=one_of(2, 1, 4)),
        slip(ShapeError, zeros(1, 3, 3), 2)),
    "unfold": ("Unfold", unfold, drawn(2, unfolded), slip(ShapeError, zeros(1, 2, 2), 3)),
    "fold": ("Fold", fold, drawn(2, folded), slip(ShapeError, zeros(4, 3), 2, 2)),
}  # fmt: skip

# Resizing: the matrices that do it, along one dimension after the other


def near_weight(x: float, mode: str) -> float:
    """What a neighbour at this distance counts for."""
    x, a = abs(x), -0.75
    if mode != "bicubic":
        return max(0.0, 1 - x)
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def matrix(n: int, m: int, scale: float | None, mode: str, corners: Any) -> Array:
    w, step = np.zeros((m, n)), 1 / scale if scale else n / m
    for i in range(m):
        if mode == "area":
            first, last = i * n // m, -(-(i + 1) * n // m)
            w[i, first:last] = 1 / (last - first)
        elif mode.startswith("nearest"):
            w[i, min(int((i + (0.5 if mode == "nearest-exact" else 0)) * step), n - 1)] = 1
        else:
            at = i * (n - 1) / max(m - 1, 1) if corners else (i + 0.5) * step - 0.5
            if mode != "bicubic":
                at = float(i) if m == n else max(at, 0)
            for k in range(math.floor(at) - 1, math.floor(at) + 3):
                w[i, min(max(k, 0), n - 1)] += near_weight(at - k, mode)
    return w


def resize(
    x: Array, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: Any = None, recompute_scale_factor: Any = None,
) -> Any:  # fmt: skip
    dims = x.ndim - 2
    given = size if size is not None else scale_factor
    each = given if isinstance(given, tuple) else (given,) * dims
    for d, value in enumerate(each):
        n = x.shape[d + 2]
        m = value if size is not None else int(n * value)
        kept = size is None and not recompute_scale_factor and mode != "area"
        w = matrix(n, m, value if kept else None, mode, align_corners)
        x = np.moveaxis(np.tensordot(x, w, ([d + 2], [1])), -1, d + 2)
    return x


def resized(dims: int, m: Marks) -> Calls:
    names = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}[dims]
    mode = m.of(*names, "nearest", "nearest-exact", "area")
    options: dict[str, Any] = {"mode": mode}
    if mode in names:
        options["align_corners"] = m.of(False, True, None)
    if m.of(True, False):
        options["size"] = scalar(m, m.each(dims, 3, 1, 5, 4))
    else:
        options["scale_factor"] = scalar(m, m.each(dims, 2.0, 1.5, 0.5))
        options["recompute_scale_factor"] = m.of(None, True)
    shape = (m.of(2, 1), m.of(1, 2), *m.each(dims, 2, 3, *((4,) if dims < 3 else ())))
    return st.builds(call, tensors(shape), **options_of(**options))


def without_recomputing(c: Call) -> bool:
    return c.kwargs.get("recompute_scale_factor") is None


def of_two(dims: int, m: Marks) -> Calls:
    by = {"size": scalar(m, m.each(2, 3, 1, 5))} if m.of(True, False) else {
        "scale_factor": scalar(m, m.each(2, 2.0, 1.5, 0.5))}  # fmt: skip
    return st.builds(call, tensors((1, 2, *m.each(2, 2, 3, 4))), **options_of(**by))


RESIZED = st.one_of(*(drawn(d, resized) for d in (1, 2, 3)))
RESIZING = [
    OpRecord("F.interpolate", F.interpolate, resize, RESIZED, analytic=True,
             errors=(slip(ArgumentError, zeros(1, 1, 2)),
                     slip(ArgumentError, zeros(1, 1, 2), 2, 2.0),
                     slip(ArgumentError, zeros(1, 1, 2), 2, mode="cubic"),
                     slip(ArgumentError, zeros(1, 1, 2), 2, align_corners=True),
                     slip(ArgumentError, zeros(1, 1, 2, 2), 2, mode="bilinear", antialias=True),
                     slip(ShapeError, zeros(1, 1, 2), 2, mode="bilinear"),
                     slip(ShapeError, zeros(1, 2), 2), slip(ShapeError, zeros(1, 1, 2), (2, 2)),
                     slip(ShapeError, zeros(1, 1, 2), 0), slip(ShapeError, zeros(1, 0, 2), 2))),
    OpRecord("F.upsample", F.upsample, resize, RESIZED.filter(without_recomputing).map(
        lambda c: call(*c.args, **{k: v for k, v in c.kwargs.items() if k[:2] != "re"})),
        analytic=True),
    OpRecord("F.upsample_nearest", F.upsample_nearest, resize, drawn(2, of_two), analytic=True),
    OpRecord("F.upsample_bilinear", F.upsample_bilinear,
             lambda x, **o: resize(x, mode="bilinear", align_corners=True, **o), drawn(2, of_two),
             analytic=True),
    OpRecord("nn.Upsample", of_layer(nn.Upsample), resize, RESIZED, analytic=True),
    OpRecord("nn.UpsamplingNearest2d", of_layer(nn.UpsamplingNearest2d), resize, drawn(2, of_two),
             analytic=True),
    OpRecord("nn.UpsamplingBilinear2d", of_layer(nn.UpsamplingBilinear2d),
             lambda x, **o: resize(x, mode="bilinear", align_corners=True, **o), drawn(2, of_two),
             analytic=True),
]  # fmt: skip

# Pooling


def lp_pool(x: Array, norm_type: float, **options: Any) -> Any:
    dims = options.pop("dims")
    out, boxes = sliding(x.shape[-dims:], **options)
    y = np.zeros((*x.shape[:-dims], *out), x.dtype)
    for i, under, _ in boxes:
        y[(..., *i)] = sum(x[(..., *at)] ** norm_type for at in under) ** (1 / norm_type)
    return y


def powered(dims: int, m: Marks) -> Calls:
    kernel = m.each(dims, 2, 1, *((3,) if dims < 3 else ()))
    options = {"norm_type": m.of(2.0, 1.0, 3.0), "kernel_size": scalar(m, kernel),
               "stride": m.of(None, scalar(m, m.each(dims, 1, 2)))}  # fmt: skip
    size = tuple(k + m.of(0, 1, 2 if dims < 3 else 0) for k in kernel)
    return st.builds(call, tensors((*lead(m, 2), *size), low=0.25),
                     **options_of(dims=dims, **options))  # fmt: skip


def unpooled(dims: int, m: Marks) -> Calls:
    shape = (*m.of((2, 2), (1,), (1, 2)), *m.each(dims, 2, 1))
    kernel, count, whole = 2, math.prod(shape[-dims:]), math.prod(2 * n for n in shape[-dims:])
    rng = np.random.default_rng(m.of(*range(8)))
    rows = [rng.permutation(whole)[:count] for _ in range(math.prod(shape[:-dims]))]
    indices = wrap(np.stack(rows).reshape(shape))
    return st.builds(call, tensors(shape), st.just(indices), **options_of(kernel_size=kernel))


def unpool(x: Array, indices: Array, kernel_size: int, dims: int) -> Any:
    size = tuple(kernel_size * n for n in x.shape[-dims:])
    y = np.zeros((*x.shape[:-dims], math.prod(size)), x.dtype)
    for at in np.ndindex(x.shape):
        y[(*at[:-dims], indices[at])] = x[at]
    return y.reshape(*x.shape[:-dims], *size)


POOLING: list[OpRecord] = []
for d in (1, 2, 3):
    pool, module = getattr(F, f"lp_pool{d}d"), getattr(nn, f"LPPool{d}d")
    back, layer = getattr(F, f"max_unpool{d}d"), getattr(nn, f"MaxUnpool{d}d")
    x, at = zeros(1, 1, *(2,) * d), zeros(1, 1, *(2,) * d, dtype=np.int64)
    POOLING += [
        OpRecord(f"F.lp_pool{d}d", lambda x, dims, pool=pool, **o: pool(x, **o), lp_pool,
                 drawn(d, powered), analytic=True, errors=(
                     slip(ShapeError, x, dims=d, norm_type=2.0, kernel_size=3),)),
        OpRecord(f"nn.LPPool{d}d", lambda x, dims, module=module, **o: module(**o)(x), lp_pool,
                 drawn(d, powered), analytic=True),
        OpRecord(f"F.max_unpool{d}d", back,
                 lambda x, i, kernel_size, d=d: unpool(x, i, kernel_size, d), drawn(d, unpooled),
                 analytic=True, errors=(
                     slip(ShapeError, x, at[0], 2), slip(ShapeError, x[0, 0], at, 2),
                     slip(IndexingError, x, at + 99, 2), slip(DTypeError, x, x, 2),
                     slip(ShapeError, x, at, 2, output_size=(9,) * d))),
        OpRecord(f"nn.MaxUnpool{d}d",
                 lambda x, i, kernel_size, layer=layer: layer(kernel_size)(x, i),
                 lambda x, i, kernel_size, d=d: unpool(x, i, kernel_size, d), drawn(d, unpooled),
                 analytic=True),
    ]  # fmt: skip

RECORDS: list[OpRecord] = [
    *SPACE, *RESIZING, *POOLING,
    OpRecord("nn.Unflatten", lambda x, dim, size: nn.Unflatten(dim, size)(x),
             lambda x, dim, size: x.reshape(2, *size, 2),
             st.builds(call, tensors((2, 6, 2)), dim=one_of(1, -2),
                       size=one_of((2, 3), (6,), (1, -1), (3, 1, 2))),
             view=True, analytic=True, errors=(slip(ShapeError, ZEROS, 1, (2, 2)),)),
]  # fmt: skip
for name, (kind, reference, inputs, error) in SHUFFLES.items():
    RECORDS += [
        OpRecord(f"F.{name}", getattr(F, name), reference, inputs, analytic=True, view=True,
                 errors=(error,)),
        OpRecord(f"nn.{kind}", of_layer(getattr(nn, kind)), reference, inputs, analytic=True,
                 view=True),
    ]  # fmt: skip
