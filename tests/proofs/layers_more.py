"""The records of the rarer layers and of their functions: normalisation, embedding, dropout of
channels, distances.

A layer that is its function with settings is proven by the function's inputs and reference.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import EPS, ZEROS, columns, kept, one_of, optional
from tests.proofs.layers import called
from tests.proofs.shapes import frozen, slip
from tests.proofs.spatial import zeros
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

RECORDS: list[OpRecord] = [*NORMS, *EMBEDDINGS, *PAIRS, *DROPPED]
