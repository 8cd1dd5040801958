"""The records of the rarer layers and of their functions: normalisation, embedding, space, padding,
dropout of channels, distances.

A layer that is its function with settings is proven by the function's inputs and reference.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import EPS, ZEROS, columns, kept, one_of, optional
from tests.proofs.layers import called
from tests.proofs.shapes import Calls, frozen, slip
from tests.proofs.spatial import Marks, drawn, lead, padded, reach, scalar, sliding, windows, zeros
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    HyperparameterError,
    IndexingError,
    ShapeError,
)
from tinygrad_kr.nn import functional as F
from tinygrad_kr.random import manual_seed
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import Call, OpRecord, call, op_inputs, tensors

Array = np.ndarray[Any, Any]
LABELS = wrap(np.array([0, 2]))


def made(layer: Any, names: tuple[str, ...], parameters: tuple[Any, ...], *args: Any) -> Any:
    """What a layer gives with these in the places of its parameters, None where it has none."""
    return called(layer, [p for p in parameters if p is not None], *args)


# Normalisation


@st.composite
def ending(draw: st.DrawFn) -> Call:
    """An input and the shape of its last dimensions, perhaps with a weight and a bias."""
    shape, count = draw(
        one_of(((2, 3), 1), ((3,), 1), ((2, 2, 3), 2), ((2, 3, 2), 1), ((1, 2), 2), ((0, 2), 1))
    )
    last = shape[len(shape) - count :]
    own = optional(draw, weight=tensors(last), bias=tensors(last))
    return call(draw(tensors(shape, distinct=True)), last, eps=draw(EPS), **own)


@st.composite
def ending_scaled(draw: st.DrawFn) -> Call:
    c = draw(ending())
    return call(*c.args, **{k: v for k, v in c.kwargs.items() if k != "bias"})


def over(x: Array, dims: tuple[int, ...], eps: float) -> Any:
    centred = x - x.mean(dims, keepdims=True)
    return centred / np.sqrt((centred**2).mean(dims, keepdims=True) + eps)


def layer_norm(x: Array, last: Any, eps: float, weight: Any = 1.0, bias: Any = 0.0) -> Any:
    return over(x, tuple(range(-len(last), 0)), eps) * weight + bias


def composed_layer_norm(
    x: Tensor, last: Any, eps: float, weight: Any = None, bias: Any = None
) -> Tensor:
    dims = tuple(range(-len(last), 0))
    centred = x - x.mean(dims, keepdim=True)
    y = centred / ((centred * centred).mean(dims, keepdim=True) + eps) ** 0.5
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(x: Array, last: Any, eps: float, weight: Any = 1.0) -> Any:
    dims = tuple(range(-len(last), 0))
    return x / np.sqrt((x**2).mean(dims, keepdims=True) + eps) * weight


@st.composite
def grouped(draw: st.DrawFn, instances: bool = False) -> Call:
    groups = 1 if instances else draw(one_of(2, 1, 3))
    channels = groups * draw(one_of(2, 1)) if not instances else draw(one_of(2, 1, 3))
    shape = (draw(one_of(2, 1)), channels, *draw(one_of((3,), (2, 2), (1, 2, 2))))
    own = optional(draw, weight=tensors((channels,)), bias=tensors((channels,)))
    x = draw(tensors(shape, distinct=True))
    return call(x, *(() if instances else (groups,)), eps=draw(EPS), **own)


def group_norm(x: Array, groups: int, eps: float, weight: Any = None, bias: Any = None) -> Any:
    """Group by group."""
    parts = np.split(x, groups, axis=1)
    y = np.concatenate([over(part, tuple(range(1, x.ndim)), eps) for part in parts], axis=1)
    y = y if weight is None else y * columns(weight, x)
    return y if bias is None else y + columns(bias, x)


def instance_norm(x: Array, eps: float, weight: Any = None, bias: Any = None) -> Any:
    return group_norm(x, x.shape[1], eps, weight, bias)


def normalizing(make: Callable[..., Any], switch: str) -> Callable[..., Any]:
    """A layer of normalisation with these in the places of its parameters."""

    def op(x: Tensor, *args: Any, eps: float, weight: Any = None, bias: Any = None) -> Any:
        own = [p for p in (weight, bias) if p is not None]
        layer = make(x, *args, eps=eps, **{switch: weight is not None})
        if bias is None:
            layer.register_parameter("bias", None)
        return called(layer, own, x)

    return op


def with_weight(c: Call) -> bool:
    return "weight" in c.kwargs or "bias" not in c.kwargs


def of_dims(ndim: int) -> Callable[[Call], bool]:
    return lambda c: c.args[0].ndim == ndim and with_weight(c)


def local_response(x: Array, size: int, alpha: float, beta: float, k: float) -> Any:
    """Channel by channel."""
    around = np.zeros_like(x)
    for c in range(x.shape[1]):
        first = c - size // 2
        for other in range(max(first, 0), min(first + size, x.shape[1])):
            around[:, c] += x[:, other] ** 2 / size
    return x / (k + alpha * around) ** beta


RESPONSES = op_inputs(
    shape=one_of((2, 3, 2), (1, 4, 2, 1), (2, 2, 0)), size=one_of(2, 3, 1, 5),
    alpha=one_of(0.5, 1.0), beta=one_of(0.75, 1.0, 2.0), k=one_of(1.0, 2.0),
)  # fmt: skip
NORMS = [
    OpRecord("F.layer_norm", F.layer_norm, layer_norm, frozen(ending()), analytic=True,
             composed=composed_layer_norm,
             errors=(slip(ShapeError, ZEROS, (2,)), slip(ShapeError, ZEROS, ()),
                     slip(ShapeError, ZEROS, (3,), ZEROS), slip(ShapeError, ZEROS[0], (2, 3)),
                     slip(DTypeError, LABELS, (2,)))),
    OpRecord("F.rms_norm", F.rms_norm, rms_norm, frozen(ending_scaled()), analytic=True,
             errors=(slip(ShapeError, ZEROS, (2,)), slip(DTypeError, LABELS, (2,)))),
    OpRecord("F.group_norm", F.group_norm, group_norm, frozen(grouped()), analytic=True,
             errors=(slip(ShapeError, ZEROS, 2), slip(ShapeError, ZEROS[:1], 3),
                     slip(ShapeError, ZEROS[0], 1), slip(ShapeError, ZEROS, 1, ZEROS[0, :2]))),
    OpRecord("F.instance_norm", F.instance_norm, instance_norm, frozen(grouped(instances=True)),
             analytic=True,
             errors=(slip(ShapeError, ZEROS), slip(ShapeError, ZEROS, use_input_stats=False))),
    OpRecord("F.local_response_norm", F.local_response_norm, local_response, RESPONSES,
             analytic=True, view=True,
             errors=(slip(ShapeError, ZEROS, 2), slip(ShapeError, zeros(1, 2, 2), 0))),
    OpRecord("nn.LayerNorm", normalizing(lambda x, last, **o: nn.LayerNorm(last, **o),
                                         "elementwise_affine"),
             layer_norm, ending().filter(with_weight), analytic=True),
    OpRecord("nn.RMSNorm", normalizing(lambda x, last, **o: nn.RMSNorm(last, **o),
                                       "elementwise_affine"),
             rms_norm, ending_scaled(), analytic=True),
    OpRecord("nn.GroupNorm", normalizing(lambda x, n, **o: nn.GroupNorm(n, x.shape[1], **o),
                                         "affine"),
             group_norm, grouped().filter(with_weight), analytic=True),
    OpRecord("nn.LocalResponseNorm", lambda x, **options: nn.LocalResponseNorm(**options)(x),
             local_response, RESPONSES, analytic=True, view=True),
]  # fmt: skip
for d in (1, 2, 3):
    make = getattr(nn, f"InstanceNorm{d}d")
    NORMS.append(
        OpRecord(
            f"nn.InstanceNorm{d}d",
            normalizing(lambda x, make=make, **o: make(x.shape[1], **o), "affine"),
            instance_norm,
            grouped(instances=True).filter(of_dims(d + 2)),
            analytic=True,
        )
    )


def whole_batch(x: Array, eps: float, weight: Any = None, bias: Any = None) -> Any:
    y = over(x, (0, *range(2, x.ndim)), eps)
    y = y if weight is None else y * columns(weight, x)
    return y if bias is None else y + columns(bias, x)


for d in (2, 3):
    make = getattr(nn, f"BatchNorm{d}d")
    NORMS.append(
        OpRecord(
            f"nn.BatchNorm{d}d",
            normalizing(lambda x, make=make, **o: make(x.shape[1], **o), "affine"),
            whole_batch,
            grouped(instances=True).filter(of_dims(d + 2)),
            analytic=True,
        )
    )

# Embedding: what gets no gradient though the value depends on it is tested with the layers


@st.composite
def looked_up(draw: st.DrawFn) -> Call:
    rows = draw(one_of(3, 2, 1))
    index = tensors(one_of((3,), (2, 2), (), (0,)), dtype=np.int64, low=0, high=rows)
    return call(draw(index), draw(tensors((rows, draw(one_of(2, 1))))))


@st.composite
def bags(draw: st.DrawFn) -> Call:
    mode = draw(one_of("sum", "mean", "max"))
    rows, shape = draw(one_of(3, 2)), draw(one_of((4,), (2, 3), (0,), (5,)))
    index = draw(tensors(shape, dtype=np.int64, low=0, high=rows))
    options: dict[str, Any] = {"mode": mode, "padding_idx": draw(one_of(None, 0))}
    if len(shape) == 1:
        starts = np.array([0, min(1, shape[0]), min(2, shape[0]), shape[0]])
        options["include_last_offset"] = draw(st.booleans())
        options["offsets"] = wrap(starts)
    if mode == "sum" and draw(st.booleans()):
        options["per_sample_weights"] = draw(tensors(shape))
    return call(index, draw(tensors((rows, 2), distinct=True)), **options)


def bag(
    index: Array, weight: Array, mode: str, padding_idx: int | None, offsets: Any = None,
    include_last_offset: bool = False, per_sample_weights: Any = None,
) -> Any:  # fmt: skip
    """Bag by bag."""
    flat = index.reshape(-1)
    by = np.ones(flat.size) if per_sample_weights is None else per_sample_weights.reshape(-1)
    if offsets is None:
        ends = np.arange(0, flat.size + 1, index.shape[1])
    else:
        ends = offsets if include_last_offset else np.append(offsets, flat.size)
    parts = []
    for first, last in itertools.pairwise(ends):
        rows = [weight[flat[i]] * by[i] for i in range(first, last) if flat[i] != padding_idx]
        total = sum(rows, np.zeros(weight.shape[1]))
        if mode == "mean":
            total = total / max(len(rows), 1)
        elif mode == "max" and rows:
            columns = np.stack(rows).T
            total = np.array([column[np.argmax(column.real)] for column in columns])
        parts.append(total)
    return np.stack(parts)


def bag_layer(index: Tensor, weight: Tensor, mode: str, padding_idx: Any, **options: Any) -> Any:
    last = options.pop("include_last_offset", False)
    layer = nn.EmbeddingBag(
        *weight.shape, mode=mode, padding_idx=padding_idx, include_last_offset=last,
        dtype=weight.dtype,
    )  # fmt: skip
    layer._parameters["weight"] = weight
    return layer(index, **options)


def lookup_layer(index: Tensor, weight: Tensor) -> Any:
    layer = nn.Embedding(*weight.shape, dtype=weight.dtype)
    layer._parameters["weight"] = weight
    return layer(index)


MISSED = (
    slip(IndexingError, LABELS, ZEROS), slip(IndexingError, LABELS - 3, ZEROS),
    slip(DTypeError, ZEROS, ZEROS), slip(ShapeError, LABELS, ZEROS[0]),
    slip(ArgumentError, LABELS[:1], ZEROS, sparse=True),
    slip(ArgumentError, LABELS[:1], ZEROS, padding_idx=2),
)  # fmt: skip
EMBEDDINGS = [
    OpRecord("F.embedding", F.embedding, lambda index, weight: weight[index], looked_up(),
             analytic=True, errors=MISSED),
    OpRecord("nn.Embedding", lookup_layer, lambda index, weight: weight[index], looked_up(),
             analytic=True),
    OpRecord("F.embedding_bag", F.embedding_bag, bag, frozen(bags()), analytic=True,
             errors=(*(slip(kind, *c.args, LABELS[:1], **c.kwargs) for kind, c in MISSED),
                     slip(ShapeError, LABELS[:1], ZEROS),
                     slip(ShapeError, LABELS[:1], ZEROS, LABELS),
                     slip(ArgumentError, LABELS[:1], ZEROS, LABELS[:1], mode="median"),
                     slip(ArgumentError, LABELS[:1], ZEROS, LABELS[:1], mode="max",
                          scale_grad_by_freq=True),
                     slip(ShapeError, LABELS[:1], ZEROS, LABELS[:1], mode="mean",
                          per_sample_weights=ZEROS[0, :1]))),
    OpRecord("nn.EmbeddingBag", bag_layer, bag, bags(), analytic=True),
]  # fmt: skip

# Two inputs


@st.composite
def two_sided(draw: st.DrawFn) -> Call:
    shape = draw(one_of((2,), (), (2, 1), (0,)))
    a, b, out = draw(one_of((2, 3, 2), (1, 2, 1), (3, 1, 2)))
    sizes = [(*shape, a), (*shape, b), (out, a, b), (out,)]
    return call(*(draw(tensors(size)) for size in sizes[: 4 - draw(st.booleans())]))


def bilinear(a: Array, b: Array, w: Array, bias: Any = 0.0) -> Any:
    return (a[..., None, :, None] * w * b[..., None, None, :]).sum((-2, -1)) + bias


def bilinear_layer(a: Tensor, b: Tensor, w: Tensor, *bias: Tensor) -> Any:
    out, first, second = w.shape
    return called(nn.Bilinear(first, second, out, bias=bool(bias)), (w, *bias), a, b)


def length(x: Array, p: float, dim: int) -> Any:
    """Signs are those of the real part, so that the norm is analytic."""
    return ((x * np.sign(x.real)) ** p).sum(dim, keepdims=True) ** (1 / p)


def cosine(a: Array, b: Array, dim: int, eps: float) -> Any:
    return (a * b / length(a, 2, dim) / length(b, 2, dim)).sum(dim)


def distance(a: Array, b: Array, p: float, eps: float, keepdim: bool) -> Any:
    d = length(a - b + eps, p, -1)
    return d if keepdim else d[..., 0]


def all_pairs(x: Array, p: float) -> Any:
    pairs = itertools.combinations(range(len(x)), 2)
    return np.array([length(x[i] - x[j], p, -1)[0] for i, j in pairs], x.dtype)


APART: dict[str, Any] = {"p": one_of(2.0, 3.0, 1.5), "eps": one_of(5.0, 7.0),
                         "keepdim": st.booleans()}  # fmt: skip
ANGLES = op_inputs(
    2, shape=one_of((2, 3), (3, 2), (2, 2, 2), (1, 2)), low=0.25, dim=one_of(1, 0, -1), eps=1e-8
)
DISTANT = op_inputs(2, shape=one_of((2, 3), (3,), (2, 1, 2), (0, 2)), **APART)
PAIRS = [
    OpRecord("F.bilinear", F.bilinear, bilinear, frozen(two_sided()), analytic=True,
             errors=(slip(ShapeError, ZEROS, ZEROS, ZEROS),
                     slip(ShapeError, ZEROS, ZEROS, zeros(2, 3, 3), ZEROS[0]),
                     slip(DTypeError, LABELS, LABELS, zeros(2, 2, 2)))),
    OpRecord("nn.Bilinear", bilinear_layer, bilinear, two_sided(), analytic=True),
    OpRecord("F.cosine_similarity", F.cosine_similarity, cosine, ANGLES, analytic=True,
             errors=(slip(ShapeError, ZEROS, ZEROS[:, :2]), slip(DTypeError, LABELS, LABELS, 0))),
    OpRecord("nn.CosineSimilarity", lambda a, b, **o: nn.CosineSimilarity(**o)(a, b), cosine,
             ANGLES, analytic=True),
    OpRecord("F.pairwise_distance", F.pairwise_distance, distance, DISTANT, analytic=True,
             errors=(slip(ShapeError, ZEROS, ZEROS[:, :2]),)),
    OpRecord("nn.PairwiseDistance", lambda a, b, **o: nn.PairwiseDistance(**o)(a, b), distance,
             DISTANT, analytic=True),
    OpRecord("F.pdist", F.pdist, all_pairs,
             st.builds(call, tensors(one_of((3, 2), (4, 1), (2, 3), (1, 2)), distinct=True),
                       p=one_of(2.0, 3.0)), analytic=True,
             errors=(slip(ShapeError, ZEROS[0]), slip(ShapeError, ZEROS, -1.0))),
]  # fmt: skip

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

# Dropout


def dropping(op: Callable[..., Any]) -> Callable[..., Any]:
    def seeded(x: Tensor, seed: int, p: float, training: bool, inplace: bool) -> Any:
        manual_seed(seed)
        return op(x.clone() if inplace else x, p, training, inplace)

    return seeded


def channel_mask(shape: Any, name: str) -> Any:
    """One for each channel of each sample, of each element for the alpha dropout."""
    if name == "alpha_dropout":
        return shape
    batched = name[-2:] not in ("1d", "3d") or len(shape) == int(name[-2]) + 2
    return (*shape[: 1 + batched], *(1,) * (len(shape) - 1 - batched))


def dropped(x: Array, name: str, seed: int, p: float, training: bool, inplace: bool) -> Any:
    if not training or p == 0:
        return x
    by = kept(channel_mask(x.shape, name), p, seed)
    if "alpha" not in name:
        return x * by
    if p == 1:
        return x * 0
    low, scale = -1.7580993408473766, ((1 - p) * (1 + p * 1.7580993408473766**2)) ** -0.5
    return scale * (np.where(by > 0, x, low) - p * low)


DROPOUTS = {
    "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d",
    "dropout3d": "Dropout3d",
    "alpha_dropout": "AlphaDropout",
    "feature_alpha_dropout": "FeatureAlphaDropout",
}
DROPPED: list[OpRecord] = []
for name, kind in DROPOUTS.items():
    sizes = {
        "dropout1d": one_of((2, 3), (2, 2, 2)),
        "dropout3d": one_of((2, 2, 1, 2, 1), (3, 2, 1, 2)),
    }.get(name, one_of((2, 3, 2), (2, 2, 1, 2), (2, 3)))
    inputs = op_inputs(
        shape=sizes,
        seed=st.integers(0, 99),
        p=one_of(0.5, 0.3, 0.0, 1.0),
        training=one_of(True, True, False),
        inplace=st.booleans(),
    )
    wrong = slip(HyperparameterError, zeros(2, 2, 2), 0, 1.5, True, False)
    make = getattr(nn, kind)

    def through(x: Any, p: float, training: bool, inplace: bool, make: Any = make) -> Any:
        return make(p, inplace).train(training)(x)

    def reference(x: Array, name: str = name, **options: Any) -> Any:
        return dropped(x, name, **options)

    DROPPED += [
        OpRecord(f"F.{name}", dropping(getattr(F, name)), reference, inputs, view=True,
                 errors=(wrong, *([] if name == "alpha_dropout" or name == "dropout3d" else [
                     slip(ShapeError, ZEROS[0], 0, 0.5, True, False)]))),
        OpRecord(f"nn.{kind}", dropping(through), reference, inputs, view=True, errors=(wrong,)),
    ]  # fmt: skip

RECORDS: list[OpRecord] = [
    *NORMS, *EMBEDDINGS, *PAIRS, *SPACE, *RESIZING, *POOLING, *DROPPED,
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
