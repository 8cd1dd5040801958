"""The records of the layers and losses, whole: differentiated by the input and every parameter.

A layer that is one function with settings is proven by that function's record.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs import functional as f
from tests.proofs.functional import LABELS, ZEROS, one_of
from tests.proofs.shapes import ALL, ANY, MATRIX, Shape, ends, flattened, frozen, on, slip
from tinygrad_kr import nn
from tinygrad_kr.errors import DimError, DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.random import manual_seed
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import Call, OpRecord, call, op_inputs, tensors

FUNCTIONS = {record.name: record for record in f.RECORDS}


def called(module: nn.Module, parameters: Any, *args: Any) -> Any:
    """What a module gives with these tensors in the places of its parameters, in their order."""
    module.to(args[0].dtype)
    for (name, _), tensor in zip([*module.named_parameters()], parameters, strict=True):
        path, _, own = name.rpartition(".")
        module.get_submodule(path)._parameters[own] = tensor
    return module(*args)


def like(layer: str, function: str, how: Any = lambda op: op) -> OpRecord:
    """The record of a layer whose settings are the keywords of a function."""
    of, make = FUNCTIONS[f"F.{function}"], getattr(nn, layer.partition(".")[0])

    book = {"convention": "book"} if layer.endswith(".book") else {}

    def op(x: Tensor, *target: Tensor, **settings: Any) -> Any:
        return make(**settings, **book)(x.clone() if settings.get("inplace") else x, *target)

    return OpRecord(
        f"nn.{layer}", how(op), of.reference, of.inputs, analytic=of.analytic, errors=of.errors
    )


ACTIVATIONS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "SiLU": "silu", "GELU": "gelu",
    "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
}  # fmt: skip
LOSSES = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss",
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss", "CrossEntropyLoss": "cross_entropy",
    "CrossEntropyLoss.probabilities": "cross_entropy.probabilities",
    "CrossEntropyLoss.book": "cross_entropy.book",
}  # fmt: skip


def linear(x: Tensor, weight: Tensor, *bias: Tensor) -> Any:
    out, wide = weight.shape
    return called(nn.Linear(wide, out, bias=bool(bias)), (weight, *bias), x)


def book_linear(x: Tensor, weight: Tensor, *bias: Tensor) -> Any:
    layer = nn.Linear(*weight.shape, bias=bool(bias), convention="book")
    return called(layer, (weight, *bias), x)


def batch_norm(
    x: Tensor, eps: float, weight: Any = None, bias: Any = None, running_mean: Any = None,
    running_var: Any = None, tracking: bool = True,
) -> Any:  # fmt: skip
    """In training or, without running statistics, in evaluation: both normalise by the batch."""
    layer = nn.BatchNorm1d(
        x.shape[1], eps, affine=weight is not None, bias=bias is not None,
        track_running_stats=tracking,
    ).train(tracking and running_mean is None)  # fmt: skip
    if running_mean is not None:
        layer._buffers |= {"running_mean": running_mean, "running_var": running_var}
    return called(layer, [t for t in (weight, bias) if t is not None], x)


def is_1d(c: Call) -> bool:
    return c.args[0].ndim < 4 and ("weight" in c.kwargs or "bias" not in c.kwargs)


def dropout(
    x: Tensor, seed: int, p: float, training: bool, inplace: bool, convention: str
) -> Tensor:
    manual_seed(seed)
    layer = nn.Dropout(p, inplace, convention=convention).train(training)
    return layer(x.clone() if inplace else x)


def dropped(x: Any, seed: int, p: float, training: bool, inplace: bool, convention: str) -> Any:
    if convention == "torch":
        return f.dropped(x, seed, p, training, inplace)
    return x * (f.kept(x.shape, p, seed) > 0 if training else 1 - p)


# Networks


def fed(*sizes: Shape, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    """An input of four samples, the parameters of these sizes, and labels of two classes."""
    labels = tensors((4,), dtype=np.int64, low=0, high=2)
    return st.builds(call, tensors((4, 3)), *map(tensors, sizes), target=labels, **more)


def deep(x: Tensor, *own: Tensor, target: Tensor, seed: int, training: bool) -> Tensor:
    net = nn.Sequential(
        nn.Linear(3, 2), nn.BatchNorm1d(2, eps=0.25), nn.ReLU(), nn.Dropout(0.3), nn.Linear(2, 2)
    )
    manual_seed(seed)
    return nn.CrossEntropyLoss()(called(net.train(training), own, x), target)


def before_relu(c: Call) -> Any:
    x, w, b, scale, shift, *_ = c.args
    stats = {} if c.kwargs["training"] else {"running_mean": [0, 0], "running_var": [1, 1]}
    return f.batch_norm(f.linear(x, w, b), 0.25, scale, shift, **stats)


def deep_reference(*args: Any, target: Any, seed: int, training: bool) -> Any:
    h = before_relu(call(*args, training=training))
    h = f.dropped(np.where(h.real > 0, h, 0), seed, 0.3, training, False)
    return f.cross_entropy(f.linear(h, *args[5:]), target, reductions=["mean"])


def has_no_kink(c: Call) -> bool:
    return bool(np.abs(before_relu(c.map(lambda t: t._array))).min(initial=1) > 1 / 16)


def classifier(x: Tensor, *own: Tensor, target: Tensor) -> Tensor:
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 2), nn.LogSoftmax(1))
    return nn.NLLLoss()(called(net, own, x), target)


def classified(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, target: Any) -> Any:
    return f.cross_entropy(
        f.linear(np.tanh(f.linear(x, w1, b1)), w2, b2), target, reductions=["mean"]
    )


def tied(x: Tensor, *own: Tensor) -> Any:
    """One layer twice."""
    layer = nn.Linear(3, 3)
    return called(nn.Sequential(layer, nn.Sigmoid(), nn.Flatten(), layer), own, x)


BATCH = slip(ShapeError, ZEROS[:1], 0.1, ZEROS[0]), slip(ShapeError, ZEROS.reshape(2, 3, 1, 1), 0.1)
RECORDS = [
    *(like(layer, function) for layer, function in ACTIVATIONS.items()),
    *(like(layer, function, f.every) for layer, function in LOSSES.items()),
    OpRecord("nn.Linear", linear, f.linear, frozen(f.affine()), analytic=True,
             errors=(slip(ShapeError, ZEROS, ZEROS.T), slip(DTypeError, LABELS, ZEROS[:, :2]))),
    OpRecord("nn.Linear.book", book_linear, lambda x, weight, *bias: f.linear(x, weight.T, *bias),
             frozen(f.affine(book=True)), analytic=True,
             errors=(slip(ShapeError, ZEROS, ZEROS), slip(DTypeError, LABELS, ZEROS))),
    OpRecord("nn.BatchNorm1d.training", batch_norm,
             lambda x, *args, tracking, **stats: f.batch_norm(x, *args, **stats),
             frozen(f.batch(tracking=st.booleans()).filter(is_1d)), analytic=True, errors=BATCH),
    OpRecord("nn.BatchNorm1d.eval", batch_norm, f.batch_norm,
             frozen(f.batch(training=False).filter(is_1d)), analytic=True),
    OpRecord("nn.Dropout", dropout, dropped,
             op_inputs(seed=st.integers(0, 99), p=one_of(0.5, 0.3, 0.0, 1.0),
                       training=st.booleans(), inplace=st.booleans(),
                       convention=one_of("torch", "book")),
             view=True, errors=(slip(HyperparameterError, ZEROS, 0, 1.5, True, False, "torch"),)),
    OpRecord("nn.Flatten", lambda x, ends: nn.Flatten(*ends)(x),
             lambda x, ends: flattened(x, *ends), on(ALL, ends=ends), view=True, analytic=True,
             errors=(slip(DimError, MATRIX, (1, 0)),)),
    OpRecord("nn.Identity", nn.Identity(), np.copy, ANY, view=True, analytic=True),
    OpRecord("nn.Sequential", deep, deep_reference,
             fed((2, 3), (2,), (2,), (2,), (2, 2), (2,), seed=st.integers(0, 99),
                 training=st.booleans()).filter(has_no_kink), analytic=True),
    OpRecord("nn.Sequential.classifier", classifier, classified,
             frozen(fed((2, 3), (2,), (2, 2), (2,))), analytic=True),
    OpRecord("nn.Sequential.tied", tied,
             lambda x, w, b: f.linear(1 / (1 + np.exp(-f.linear(x, w, b))), w, b),
             st.builds(call, tensors((2, 3)), tensors((3, 3)), tensors((3,))), analytic=True),
]  # fmt: skip
