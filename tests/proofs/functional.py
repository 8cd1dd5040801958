"""The records of nn.functional: activations, normalisation, losses, with all of their options."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.shapes import ALL, DEEP, FLAT, WITH_DIMS, Calls, Shape, dim, frozen, on, slip
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    HyperparameterError,
    ShapeError,
    TargetError,
)
from tinygrad_kr.nn import functional as F
from tinygrad_kr.ops import fused
from tinygrad_kr.random import manual_seed, numpy_generator
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import Call, OpRecord, call, op_inputs, shapes, tensors

Array = np.ndarray[Any, Any]
ZEROS, LABELS = wrap(np.zeros((2, 3))), wrap(np.array([0, 2]))

# Activations: on complex arrays the real part says which side of a kink


def gelu(x: Array, approximate: str) -> Any:
    if approximate == "none":
        return x * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2))) / 2
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softplus(x: Array, beta: float, threshold: float) -> Any:
    return np.where(beta * x.real > threshold, x, np.log(1 + np.exp(beta * x)) / beta)


def softmax(x: Array, dim: int) -> Any:
    e = np.exp(x)
    return e / e.sum(dim if x.ndim else None, keepdims=True)


def log_softmax(x: Array, dim: int) -> Any:
    return x - np.log(np.exp(x).sum(dim if x.ndim else None, keepdims=True))


def normalize(x: Array, p: float, dim: int, eps: float) -> Any:
    """Signs are those of the real part, so that the norm is analytic."""
    size = x * np.sign(x.real)
    length = (size**p).sum(dim if x.ndim else None, keepdims=True) ** (1 / p)
    return x / np.where(length.real > eps, length, eps)


def activation(
    name: str, reference: Callable[..., Any], inputs: Calls, *errors: Any, analytic: bool = True
) -> OpRecord:
    """The record of a function of one tensor, which ``inplace=True`` lets write over a copy."""
    op = getattr(F, name)
    return OpRecord(
        f"F.{name}",
        lambda x, inplace=False, **options: (
            op(x.clone(), inplace=True, **options) if inplace else op(x, **options)
        ),
        lambda x, inplace=False, **options: reference(x, **options),
        inputs,
        analytic=analytic,
        errors=errors,
    )


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


KINKED: dict[str, Any] = {"avoid": (0.0,), "inplace": st.booleans()}
DIM = on(shapes(min_side=1) | FLAT | DEEP, dim=dim)
ACTIVATIONS = [
    activation("relu", lambda x: np.where(x.real > 0, x, 0), op_inputs(**KINKED)),
    activation("leaky_relu", lambda x, negative_slope: np.where(x.real > 0, 1, negative_slope) * x,
               op_inputs(negative_slope=one_of(0.01, 0.2, -0.5), **KINKED)),
    activation("elu", lambda x, alpha: np.where(x.real > 0, x, alpha * (np.exp(x) - 1)),
               op_inputs(alpha=one_of(1.0, 1.5, 0.3), **KINKED)),
    activation("silu", lambda x: x / (1 + np.exp(-x)), op_inputs(inplace=st.booleans())),
    activation("gelu", gelu, op_inputs(approximate=one_of("none", "tanh")),
               slip(ArgumentError, ZEROS, approximate="fast"), analytic=False),
    activation("sigmoid", lambda x: 1 / (1 + np.exp(-x)), op_inputs()),
    activation("tanh", np.tanh, op_inputs()),
    activation("softplus", softplus, op_inputs(avoid=(0.5, 1.0, 2.0), beta=one_of(1.0, 2.0, 0.5),
                                               threshold=one_of(20.0, 1.0))),
    activation("softmax", softmax, DIM),
    activation("log_softmax", log_softmax, DIM),
    activation("normalize", normalize, on(
        WITH_DIMS, dim=dim, p=one_of(2.0, 1.0, 3.0),
        eps=one_of(1e-12, 10.0), avoid=(0.0,))),
]  # fmt: skip

# Layers


@st.composite
def affine(draw: st.DrawFn, book: bool = False) -> Call:
    """An input with the weight of a fully connected layer, the ``book``'s way round or PyTorch's,
    and perhaps its bias."""
    lead, wide, out = draw(
        one_of(
            ((3,), 2, 3), ((2, 2), 3, 2), ((), 2, 3), ((2, 2), 2, 3), ((3,), 3, 2),
            ((2, 1, 2), 2, 2), ((0,), 1, 2), ((2, 2), 0, 1), ((1,), 3, 0),
        )
    )  # fmt: skip
    weight = (wide, out) if book else (out, wide)
    sizes = [(*lead, wide), weight, (out,)][: 3 - draw(st.booleans())]
    return call(*(draw(tensors(size)) for size in sizes))


def linear(x: Array, weight: Array, bias: Any = 0) -> Any:
    return np.einsum("...i,oi->...o", x, weight) + bias


def optional(draw: st.DrawFn, **drawn: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Some of these keywords."""
    given = draw(st.integers(0, 2 ** len(drawn) - 1))
    return {name: draw(of) for i, (name, of) in enumerate(drawn.items()) if not given >> i & 1}


EPS = one_of(1e-5, 0.1, 1.0)


@st.composite
def batch(draw: st.DrawFn, training: bool = True, **more: st.SearchStrategy[Any]) -> Call:
    """A batch of at least two values a channel, and perhaps a weight and a bias."""
    channels = draw(one_of(2, 3, 1, 0))
    size = draw(one_of((3,), (2,), (4,), (2, 2), (1, 2), (3, 2, 1)))
    x = draw(tensors((size[0], channels, *size[1:]), distinct=True))
    own = tensors((channels,))
    options = optional(draw, weight=own, bias=own)
    if not training:
        options["running_mean"] = draw(tensors((channels,), requires_grad=False))
        options["running_var"] = draw(tensors((channels,), low=0.25, requires_grad=False))
    options |= {name: draw(of) for name, of in more.items()}
    return call(x, eps=draw(EPS), **options)


def columns(values: Any, x: Any) -> Any:
    """One value a channel, in the shape that broadcasts to ``x``."""
    return values.reshape((x.shape[1], *(1,) * (x.ndim - 2)))


def batch_norm(
    x: Array, eps: float, weight: Any = None, bias: Any = None, running_mean: Any = None,
    running_var: Any = None,
) -> Any:  # fmt: skip
    """Channel by channel."""
    parts = []
    for c in range(x.shape[1]):
        part = x[:, c]
        mean = part.mean() if running_mean is None else running_mean[c]
        var = ((part - mean) ** 2).mean() if running_var is None else running_var[c]
        scale, shift = 1 if weight is None else weight[c], 0 if bias is None else bias[c]
        parts.append((part - mean) / np.sqrt(var + eps) * scale + shift)
    return np.stack(parts, axis=1) if parts else x


def composed_batch_norm(x: Tensor, eps: float, weight: Any = None, bias: Any = None) -> Tensor:
    others = (0, *range(2, x.ndim))
    mean = x.mean(others, keepdim=True)
    y = (x - mean) / (((x - mean) ** 2).mean(others, keepdim=True) + eps) ** 0.5
    if weight is not None:
        y = y * columns(weight, x)
    return y if bias is None else y + columns(bias, x)


def in_training(x: Tensor, eps: float, weight: Any = None, bias: Any = None) -> Tensor:
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def kept(shape: Shape, p: float, seed: int) -> Array:
    """1 / (1 − p) where dropout keeps an element, with this seed; else 0."""
    manual_seed(seed)
    return fused.keep_mask(shape, p, numpy_generator()) / max(1 - p, 1e-9)


def dropout(x: Tensor, seed: int, p: float, training: bool, inplace: bool) -> Tensor:
    manual_seed(seed)
    return F.dropout(x.clone() if inplace else x, p, training, inplace)


def dropped(x: Any, seed: int, p: float, training: bool, inplace: bool) -> Any:
    """Of arrays and of Tensors: times the mask."""
    by = kept(x.shape, p, seed) if training else np.ones(x.shape)
    return x * (wrap(by.astype(x.dtype)) if isinstance(x, Tensor) else by)


LAYERS = [
    OpRecord("F.linear", F.linear, linear, frozen(affine()), analytic=True,
             composed=lambda x, w, b=0.0: (x.unsqueeze(-2) * w).sum(-1) + b,
             errors=(slip(ShapeError, ZEROS, ZEROS.T), slip(ShapeError, ZEROS, ZEROS, ZEROS),
                     slip(DTypeError, LABELS, ZEROS[:, :2]))),
    OpRecord("F.batch_norm.training", in_training, batch_norm, frozen(batch()), analytic=True,
             composed=composed_batch_norm,
             errors=(slip(ShapeError, ZEROS[:1], 0.1), slip(ShapeError, ZEROS[0], 0.1),
                     slip(ShapeError, ZEROS, 0.1, ZEROS[0, :2]))),
    OpRecord("F.batch_norm.eval", F.batch_norm, batch_norm, frozen(batch(training=False)),
             analytic=True),
    OpRecord("F.dropout", dropout, dropped,
             op_inputs(seed=st.integers(0, 99), p=one_of(0.5, 0.3, 0.0, 1.0),
                       training=one_of(True, True, False), inplace=st.booleans()),
             view=True, composed=dropped,
             errors=(slip(HyperparameterError, ZEROS, 0, 1.5, True, False),
                     slip(DTypeError, LABELS, 0, 0.5, True, False))),
]  # fmt: skip

# Losses


def every(loss: Callable[..., Any]) -> Callable[..., Any]:
    """A loss in each of these reductions."""
    return lambda *args, reductions=("mean",), **options: [
        loss(*args, reduction=reduction, **options) for reduction in reductions
    ]


def reduced(losses: Any, reductions: Sequence[str], total: Any = None) -> list[Any]:
    """The same of a reference, for arrays and Tensors; the mean is over ``total``."""
    count = math.prod(losses.shape) if total is None else total
    of = {"none": lambda: losses, "sum": losses.sum, "mean": lambda: losses.sum() / count}
    return [of[reduction]() for reduction in reductions]


def ways(mean: bool) -> tuple[str, ...]:
    """All reductions; the mean of nothing is nan, and left out."""
    return ("none", "sum", "mean") if mean else ("none", "sum")


@st.composite
def regression(draw: st.DrawFn, **drawn: st.SearchStrategy[Any]) -> Call:
    """Two tensors whose difference is no kink, ±``beta`` or, without it, 0."""
    options = {name: draw(of) for name, of in drawn.items()}
    kink = options.get("beta", 0.0)
    error = draw(tensors(ALL, low=-3.0, high=3.0, avoid=(-kink, kink)))
    target = draw(tensors(error.shape))
    x = wrap(np.asarray(error._array + target._array)).requires_grad_()
    return call(x, target, reductions=ways(x.numel() > 0), **options)


def smooth_l1(e: Array, beta: float) -> Any:
    size = e * np.sign(e.real)
    return np.where(size.real < beta, e * e / (2 * (beta or 1)), size - beta / 2)


@st.composite
def binary(draw: st.DrawFn, low: float, high: float, *weights: str) -> Call:
    """Probabilities or logits, targets between 0 and 1, and perhaps weights that broadcast."""
    shape = draw(ALL)
    few = tensors(shape[draw(st.integers(0, 1)) :], low=0.5)
    options = optional(draw, **dict.fromkeys(weights, few))
    x, t = draw(tensors(shape, low=low, high=high)), draw(tensors(shape, low=0.0, high=1.0))
    return call(x, t, reductions=ways(x.numel() > 0), **options)


def binary_loss(
    x: Any, t: Any, reductions: Any, weight: Any = 1.0, pos_weight: Any = 1.0, log: Any = np.log
) -> Any:
    """Of arrays and, with their ``log``, of Tensors."""
    return reduced(-weight * (pos_weight * t * log(x) + (1 - t) * log(1 - x)), reductions)


SMOOTHING = one_of(0.25, 0.0, 1.0)


@st.composite
def classified(draw: st.DrawFn, smoothing: bool = True) -> Call:
    """Scores of classes, labels, and options; some labels may be ignored, though not all of them
    where a mean is asked for."""
    classes = draw(one_of(3, 2, 4, 1))
    outer = draw(one_of((3,), (2, 2), (), (1,), (2, 1, 2), (0,)))
    options = optional(draw, weight=tensors((classes,), low=0.5, requires_grad=False))
    ignored = options["ignore_index"] = draw(one_of(-100, -1, 0))
    labels = tensors(outer, dtype=np.int64, low=-1.0 if ignored == -1 else 0.0, high=classes)
    target = draw(labels)
    options["reductions"] = ways(bool((target._array != ignored).any()))
    if smoothing:
        options["label_smoothing"] = draw(SMOOTHING)
    return call(draw(tensors((*outer[:1], classes, *outer[1:]))), target, **options)


@st.composite
def probable(draw: st.DrawFn, smoothing: bool = True) -> Call:
    """Scores of classes, probabilities of the classes, and options."""
    shape = draw(one_of((2, 3), (2, 3, 2), (3,), (1, 2), (2, 2, 1, 2), (0, 3)))
    classes = shape[min(len(shape) - 1, 1)]
    options = optional(draw, weight=tensors((classes,), low=0.5, requires_grad=False))
    options["reductions"] = ways(0 not in shape)
    if smoothing:
        options["label_smoothing"] = draw(SMOOTHING)
    return call(draw(tensors(shape)), draw(tensors(shape, low=0.0, high=1.0)), **options)


def spread(
    shape: Shape, target: Array, weight: Any, ignore_index: int, smoothing: float
) -> tuple[Array, float]:
    """What each log-probability counts for, sample by sample; and the weight of all labels."""
    axis = min(len(shape) - 1, 1)
    classes, total = shape[axis], 0.0
    shares = np.zeros((*target.shape, classes))
    by = np.ones(classes) if weight is None else weight
    for i in np.ndindex(target.shape):
        label = target[i]
        if label != ignore_index:
            shares[i] = by * smoothing / classes
            shares[i][label] += by[label] * (1 - smoothing)
            total += by[label]
    return np.moveaxis(shares, -1, axis), total


def nll_loss(
    x: Array, target: Array, reductions: Any, weight: Any = None, ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    shares, total = spread(x.shape, target, weight, ignore_index, label_smoothing)
    return reduced(-(shares * x).sum(min(x.ndim - 1, 1)), reductions, total)


def cross_entropy(x: Array, target: Array, **options: Any) -> Any:
    return nll_loss(log_softmax(x, min(x.ndim - 1, 1)), target, **options)


def composed_cross_entropy(x: Tensor, target: Tensor, weight: Any = None, **options: Any) -> Any:
    axis = min(x.ndim - 1, 1)
    log_p = x - x.exp().sum(axis, keepdim=True).log()
    by = None if weight is None else weight._array
    smoothing, reductions = options.get("label_smoothing", 0.0), options["reductions"]
    shares, total = spread(x.shape, target._array, by, options["ignore_index"], smoothing)
    return reduced(-(wrap(shares.astype(x.dtype)) * log_p).sum(axis), reductions, total)


def from_probabilities(
    x: Array, target: Array, reductions: Any, label_smoothing: float = 0.0, weight: Any = None,
    logs: Callable[..., Any] = log_softmax,
) -> Any:  # fmt: skip
    """The mean is over the samples, whatever the classes weigh."""
    axis = min(x.ndim - 1, 1)
    by = np.ones(x.shape[axis]) if weight is None else weight
    smooth = target * (1 - label_smoothing) + label_smoothing / x.shape[axis]
    by = by.reshape((-1, *(1,) * (x.ndim - axis - 1)))
    return reduced(-(by * smooth * logs(x, axis)).sum(axis), reductions)


def book_logs(x: Array, axis: int) -> Any:
    return np.log(softmax(x, axis) + 1e-7)


def of_the_book(loss: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **options: loss(*args, convention="book", **options)


def penalised(x: Tensor, target: Tensor) -> Tensor:
    """The loss and its squared slope: both outputs of the fused op are differentiated at once."""
    x = x if x.requires_grad else x.detach().requires_grad_()
    loss = F.cross_entropy(x, target, reduction="sum")
    (slope,) = grad(loss, x, create_graph=True)
    return loss + (slope * slope).sum()


def penalty(x: Array, target: Array) -> Any:
    log_p, hot = log_softmax(x, 1), np.eye(x.shape[1])[target]
    return ((np.exp(log_p) - hot) ** 2 - hot * log_p).sum()


BAD_LABELS = (
    slip(TargetError, ZEROS, LABELS + 1), slip(ShapeError, ZEROS, LABELS[:1]),
    slip(DTypeError, ZEROS, ZEROS[:, 0]), slip(ArgumentError, ZEROS, LABELS, reductions=("avg",)),
    slip(ShapeError, ZEROS, LABELS, weight=ZEROS[0, :2]),
)  # fmt: skip
BAD_PAIR = (slip(ShapeError, ZEROS, ZEROS[:1]), slip(DTypeError, LABELS, LABELS))
LOSSES = [
    OpRecord("F.mse_loss", every(F.mse_loss),
             lambda x, t, reductions, convention: reduced(
                 (x - t) ** 2 / (2 if convention == "book" else 1), reductions),
             regression(convention=one_of("torch", "book")), analytic=True,
             errors=(slip(ArgumentError, ZEROS, ZEROS, reductions=("avg",)),)),
    OpRecord("F.l1_loss", every(F.l1_loss),
             lambda x, t, reductions: reduced((x - t) * np.sign((x - t).real), reductions),
             regression(), analytic=True),
    OpRecord("F.smooth_l1_loss", every(F.smooth_l1_loss),
             lambda x, t, reductions, beta: reduced(smooth_l1(x - t, beta), reductions),
             regression(beta=one_of(0.75, 1.0, 2.0, 0.0)), analytic=True,
             errors=(slip(HyperparameterError, ZEROS, ZEROS, beta=-1.0),)),
    OpRecord("F.binary_cross_entropy", every(F.binary_cross_entropy), binary_loss,
             frozen(binary(0.1, 0.9, "weight")), analytic=True,
             composed=lambda x, t, **options: binary_loss(x, t, log=Tensor.log, **options),
             errors=(*BAD_PAIR, slip(TargetError, ZEROS - 1, ZEROS))),
    OpRecord("F.binary_cross_entropy_with_logits", every(F.binary_cross_entropy_with_logits),
             lambda x, t, **options: binary_loss(1 / (1 + np.exp(-x)), t, **options),
             frozen(binary(-3.0, 3.0, "weight", "pos_weight")), analytic=True,
             composed=lambda x, t, **options: binary_loss(
                 x.sigmoid(), t, log=Tensor.log, **options), errors=BAD_PAIR),
    OpRecord("F.nll_loss", every(F.nll_loss), nll_loss, classified(smoothing=False), analytic=True,
             errors=BAD_LABELS),
    OpRecord("F.cross_entropy", every(F.cross_entropy), cross_entropy, classified(), analytic=True,
             composed=composed_cross_entropy,
             errors=(*BAD_LABELS, slip(HyperparameterError, ZEROS, LABELS, label_smoothing=1.5))),
    OpRecord("F.cross_entropy.penalised", penalised, penalty,
             st.builds(call, tensors((2, 3)), tensors((2,), dtype=np.int64, low=0, high=3)),
             analytic=True),
    OpRecord("F.cross_entropy.probabilities", every(F.cross_entropy), from_probabilities,
             frozen(probable()), analytic=True,
             errors=(slip(DTypeError, ZEROS, ZEROS.long()),)),
    OpRecord("F.cross_entropy.book", of_the_book(every(F.cross_entropy)),
             lambda x, t, **options: nll_loss(book_logs(x, min(x.ndim - 1, 1)), t, **options),
             classified(smoothing=False), analytic=True,
             errors=(*BAD_LABELS, slip(ArgumentError, ZEROS, LABELS, label_smoothing=0.5))),
    OpRecord("F.cross_entropy.book_probabilities", of_the_book(every(F.cross_entropy)),
             lambda x, t, **options: from_probabilities(x, t, logs=book_logs, **options),
             frozen(probable(smoothing=False)), analytic=True),
]  # fmt: skip
RECORDS = [*ACTIVATIONS, *LAYERS, *LOSSES]
