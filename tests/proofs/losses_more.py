"""The records of the rarer losses and their layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import (
    LABELS,
    LOSSES,
    ZEROS,
    every,
    one_of,
    optional,
    reduced,
    ways,
)
from tests.proofs.shapes import ALL, frozen, slip
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DimError,
    DTypeError,
    HyperparameterError,
    ShapeError,
    TargetError,
)
from tinygrad_kr.nn import functional as F
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import Call, OpRecord, call, tensors

Array = np.ndarray[Any, Any]


def positive(x: Array) -> Any:
    """max(x, 0) of the real part's sign."""
    return np.where(x.real > 0, x, 0)


def size_of(x: Array) -> Any:
    return x * np.sign(x.real)


def huber(e: Array, delta: float) -> Any:
    return np.where(np.abs(e.real) < delta, e * e / 2, delta * (size_of(e) - delta / 2))


@st.composite
def hubers(draw: st.DrawFn) -> Call:
    """Differences that are neither 0 nor ±delta, and perhaps weights."""
    delta = draw(one_of(1.0, 0.75))
    error = draw(tensors(ALL, low=-3.0, high=3.0, avoid=(-delta, delta, 0.0)))
    target = draw(tensors(error.shape))
    x = wrap(np.asarray(error._array + target._array)).requires_grad_()
    options = optional(draw, weight=tensors(error.shape, low=0.5))
    return call(x, target, delta=delta, reductions=ways(x.numel() > 0), **options)


@st.composite
def pairs(
    draw: st.DrawFn, x: tuple[float, float] = (-2.0, 2.0), t: tuple[float, float] = (-2.0, 2.0),
    **options: Any,
) -> Call:  # fmt: skip
    """An input and a target of one shape, in these ranges."""
    shape = draw(ALL)
    given = {name: draw(of) for name, of in options.items()}
    a, b = draw(tensors(shape, low=x[0], high=x[1])), draw(tensors(shape, low=t[0], high=t[1]))
    return call(a, b, reductions=ways(a.numel() > 0), **given)


def poisson(x: Array, t: Array, reductions: Any, log_input: bool, full: bool) -> Any:
    losses = np.exp(x) - t * x if log_input else x - t * np.log(x + 1e-8)
    if full:
        near = t * np.log(t) - t + np.log(2 * np.pi * t) / 2
        losses = losses + np.where(t.real > 1, near, 0)
    return reduced(losses, reductions)


@st.composite
def gaussians(draw: st.DrawFn) -> Call:
    shape = draw(one_of((2, 3), (3,), (1, 2), (2, 2, 2), (0, 2)))
    of = draw(one_of(shape, shape[:-1], (*shape[:-1], 1)))
    own = draw(tensors(shape)), draw(tensors(shape)), draw(tensors(of, low=0.5, high=3.0))
    return call(*own, full=draw(st.booleans()), reductions=ways(0 not in shape))


def gaussian(x: Array, t: Array, var: Array, full: bool, reductions: Any) -> Any:
    v = var[..., None] if var.ndim < x.ndim else var
    losses = (np.log(v) + (x - t) ** 2 / v + (np.log(2 * np.pi) if full else 0)) / 2
    return reduced(losses, reductions)


def divergence(x: Array, t: Array, log_target: bool, reductions: Any) -> Any:
    p, log_p = (np.exp(t), t) if log_target else (t, np.log(t))
    losses = p * (log_p - x)
    whole = (
        [losses.sum() / (losses.shape[0] if losses.ndim else 1)]
        if "batchmean" in reductions
        else []
    )
    return [*reduced(losses, [r for r in reductions if r != "batchmean"]), *whole]


@st.composite
def divergences(draw: st.DrawFn) -> Call:
    c = draw(pairs(t=(0.25, 2.0), log_target=st.booleans()))
    more = ("batchmean",) if c.args[0].numel() else ()
    return call(*c.args, **{**c.kwargs, "reductions": (*c.kwargs["reductions"], *more)})


def signs(shape: Any, *labels: int) -> Any:
    """Labels, mostly 1 and -1."""
    return st.binary(min_size=16, max_size=16).map(
        lambda b: wrap(np.resize(np.array([labels[n % len(labels)] for n in b]), shape))
    )


@st.composite
def ranked(draw: st.DrawFn) -> Call:
    """Pairs whose difference is not at the kink."""
    margin = draw(one_of(0.0, 0.5))
    shape = draw(ALL)
    t = draw(signs(shape, 1, -1))
    gap = draw(tensors(shape, avoid=(margin, -margin)))
    b = draw(tensors(shape))
    a = wrap(np.asarray(gap._array + b._array)).requires_grad_()
    return call(a, b, t, margin=margin, reductions=ways(a.numel() > 0))


@st.composite
def distances(draw: st.DrawFn) -> Call:
    margin = draw(one_of(1.0, 0.5))
    x = draw(tensors(ALL, avoid=(margin,)))
    return call(x, draw(signs(x.shape, 1, -1, 0)), margin=margin, reductions=ways(x.numel() > 0))


def hinge(x: Array, t: Array, margin: float, reductions: Any) -> Any:
    far = positive(margin - x)
    return reduced(np.where(t == 1, x, np.where(t == -1, far, x + far)), reductions)


def cosine(a: Array, b: Array) -> Any:
    return (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))


@st.composite
def angles(draw: st.DrawFn) -> Call:
    shape = draw(one_of((2, 3), (3,), (1, 2), (3, 2)))
    a, b = draw(tensors(shape, avoid=(0.0,))), draw(tensors(shape, avoid=(0.0,)))
    margin = draw(one_of(0.0, -0.5))
    near = np.abs(cosine(a._array, b._array) - margin).min() < 1e-2
    labels = (1,) if near else (1, -1, -1, 0)
    return call(a, b, draw(signs(shape[:-1], *labels)), margin=margin, reductions=ways(True))


def angle(a: Array, b: Array, t: Array, margin: float, reductions: Any) -> Any:
    c = cosine(a, b)
    return reduced(np.where(t == 1, 1 - c, np.where(t == -1, positive(c - margin), 0)), reductions)


@st.composite
def margins(draw: st.DrawFn, several: bool) -> Call:
    """Scores no two of which are a margin apart: whole numbers and less than a quarter."""
    shape = draw(one_of((2, 3), (3,), (1, 4), (3, 2), (0, 2)))
    x = draw(tensors(shape, low=0.0, high=0.2))
    whole = draw(tensors(shape, dtype=np.int64, low=-2, high=3))
    x = wrap(np.asarray(x._array + whole._array)).requires_grad_()
    count = shape[-1]
    options: dict[str, Any] = {"reductions": ways(0 not in shape)}
    if several:
        return call(x, draw(tensors(shape, dtype=np.int64, low=-1, high=count)), **options)
    weight = tensors((count,), low=0.5, requires_grad=False)
    options |= optional(draw, weight=weight) | {"p": draw(one_of(1, 2)), "margin": 0.6}
    return call(x, draw(tensors(shape[:-1], dtype=np.int64, low=0, high=count)), **options)


def multi_margin(
    x: Array, t: Array, p: int, margin: float, reductions: Any, weight: Any = None
) -> Any:
    losses = np.zeros(t.shape, x.dtype)
    for i in np.ndindex(t.shape):
        others = [x[i][j] for j in range(x.shape[-1]) if j != t[i]]
        total = sum(positive(margin - x[i][t[i]] + other) ** p for other in others)
        losses[i] = total / x.shape[-1] * (1 if weight is None else weight[t[i]])
    return reduced(losses, reductions)


def multilabel_margin(x: Array, t: Array, reductions: Any) -> Any:
    losses = np.zeros(t.shape[:-1], x.dtype)
    for i in np.ndindex(t.shape[:-1]):
        labels = [*t[i]]
        labels = labels[: labels.index(-1)] if -1 in labels else labels
        others = [j for j in range(x.shape[-1]) if j not in labels]
        gaps = [positive(1 - x[i][k] + x[i][j]) for k in labels for j in others]
        losses[i] = sum(gaps) / x.shape[-1]
    return reduced(losses, reductions)


def every_class(x: Array, t: Array, reductions: Any, weight: Any = 1.0) -> Any:
    p = 1 / (1 + np.exp(-x))
    losses = -weight * (t * np.log(p) + (1 - t) * np.log(1 - p))
    return reduced(losses.mean(-1), reductions)


@st.composite
def of_classes(draw: st.DrawFn) -> Call:
    shape = draw(one_of((2, 3), (3,), (2, 2, 2), (1, 1)))
    options = optional(draw, weight=tensors(shape[-1:], low=0.5))
    x, t = draw(tensors(shape)), draw(tensors(shape, low=0.0, high=1.0))
    return call(x, t, reductions=ways(True), **options)


def length(x: Array, p: float = 2.0) -> Any:
    return (size_of(x) ** p).sum(-1) ** (1 / p)


def triplet(
    a: Array, b: Array, c: Array, margin: float, swap: bool, reductions: Any, p: float = 2.0,
    eps: float = 1e-6,
) -> Any:  # fmt: skip
    near, far = length(a - b + eps, p), length(a - c + eps, p)
    if swap:
        other = length(b - c + eps, p)
        far = np.where(far.real < other.real, far, other)
    return reduced(positive(margin + near - far), reductions)


@st.composite
def triplets(draw: st.DrawFn, **drawn: Any) -> Call:
    """Differences are not near 0, nor are the distances and the margin at their kinks."""
    shape = draw(one_of((2, 3), (3,), (1, 2), (2, 2, 2)))
    offsets = (0.0, 1.5, -2.5)
    own = [draw(tensors(shape, low=o, high=o + 1)) for o in offsets]
    options = {name: draw(of) for name, of in drawn.items()}
    return call(*own, margin=20.0, swap=draw(st.booleans()), reductions=ways(True), **options)


BOOL = one_of(True, False)
BAD_REDUCTION = slip(ArgumentError, ZEROS, ZEROS, reductions=("avg",))
KINDS: dict[str, tuple[Any, Any, tuple[Any, ...]]] = {
    "huber_loss": (
        lambda x, t, delta, reductions, weight=1.0: reduced(
            weight * huber(x - t, delta), reductions),
        hubers(),
        (slip(ArgumentError, ZEROS, ZEROS, delta=0.0),
         slip(ShapeError, ZEROS, ZEROS, weight=ZEROS[0])),
    ),
    "poisson_nll_loss": (
        poisson, pairs((0.25, 2.0), (1.25, 3.0), log_input=BOOL, full=BOOL), (BAD_REDUCTION,)
    ),
    "gaussian_nll_loss": (
        gaussian, gaussians(),
        (slip(ShapeError, ZEROS, ZEROS, ZEROS[0]), slip(ArgumentError, ZEROS, ZEROS, ZEROS - 1)),
    ),
    "kl_div": (divergence, divergences(), (slip(DTypeError, LABELS, ZEROS), BAD_REDUCTION)),
    "soft_margin_loss": (
        lambda x, t, reductions: reduced(np.log(1 + np.exp(-t * x)), reductions), pairs(),
        (slip(ShapeError, ZEROS[0], ZEROS), slip(DTypeError, LABELS, LABELS)),
    ),
    "margin_ranking_loss": (
        lambda a, b, t, margin, reductions: reduced(positive(margin - t * (a - b)), reductions),
        ranked(), (slip(ShapeError, ZEROS, ZEROS[0], ZEROS),),
    ),
    "hinge_embedding_loss": (hinge, distances(), (BAD_REDUCTION,)),
    "cosine_embedding_loss": (
        angle, angles(),
        (slip(ShapeError, ZEROS, ZEROS, ZEROS), slip(ShapeError, ZEROS, ZEROS, ZEROS[0, 0])),
    ),
    "multi_margin_loss": (
        multi_margin, margins(several=False),
        (slip(TargetError, ZEROS, LABELS + 1), slip(ShapeError, ZEROS, LABELS[:1]),
         slip(ShapeError, ZEROS, LABELS, weight=LABELS), slip(ArgumentError, ZEROS, LABELS, p=3),
         slip(DTypeError, ZEROS, ZEROS[:, 0])),
    ),
    "multilabel_margin_loss": (
        multilabel_margin, margins(several=True),
        (slip(TargetError, ZEROS, ZEROS.long() - 2), slip(ShapeError, ZEROS, LABELS),
         slip(ShapeError, ZEROS.reshape(1, 2, 3), LABELS)),
    ),
    "multilabel_soft_margin_loss": (
        every_class, of_classes(), (slip(DimError, ZEROS[0, 0], ZEROS[0, 0]),)
    ),
    "triplet_margin_loss": (
        triplet, triplets(p=one_of(2.0, 1.0, 3.0), eps=one_of(1e-6, 0.1)),
        (slip(HyperparameterError, ZEROS, ZEROS, ZEROS, margin=0.0),
         slip(ShapeError, ZEROS, ZEROS[0], ZEROS)),
    ),
    "triplet_margin_with_distance_loss": (
        triplet, triplets(), (slip(HyperparameterError, ZEROS, ZEROS, ZEROS, margin=0.0),)
    ),
}  # fmt: skip
FUNCTIONS = {
    name: OpRecord(f"F.{name}", every(getattr(F, name)), reference, frozen(inputs), analytic=True,
                   errors=errors)
    for name, (reference, inputs, errors) in KINDS.items()
}  # fmt: skip
LAYERS = {
    "HuberLoss": "huber_loss", "PoissonNLLLoss": "poisson_nll_loss",
    "GaussianNLLLoss": "gaussian_nll_loss", "KLDivLoss": "kl_div",
    "SoftMarginLoss": "soft_margin_loss", "MarginRankingLoss": "margin_ranking_loss",
    "HingeEmbeddingLoss": "hinge_embedding_loss", "CosineEmbeddingLoss": "cosine_embedding_loss",
    "MultiMarginLoss": "multi_margin_loss", "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "TripletMarginLoss": "triplet_margin_loss",
    "TripletMarginWithDistanceLoss": "triplet_margin_with_distance_loss",
}  # fmt: skip


def layer(name: str, function: OpRecord) -> OpRecord:
    """The record of a loss whose settings are the keywords of a function."""
    make: Callable[..., Any] = getattr(nn, name)

    def op(*inputs: Tensor, **settings: Any) -> Any:
        if name == "HuberLoss":  # PyTorch's has no weights
            weight = settings.pop("weight", None)
            if weight is not None:
                return F.huber_loss(*inputs, weight=weight, **settings)
        return make(**settings)(*inputs)

    return OpRecord(f"nn.{name}", every(op), function.reference, function.inputs, analytic=True)


NLL = next(record for record in LOSSES if record.name == "F.nll_loss")
RECORDS = [
    *FUNCTIONS.values(),
    *(layer(name, FUNCTIONS[function]) for name, function in LAYERS.items()),
    layer("NLLLoss2d", NLL),
]
