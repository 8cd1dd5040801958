"""The records of the rarer activations, their in-place forms and their layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import LABELS, ZEROS, activation, one_of, softmax
from tests.proofs.layers import called
from tests.proofs.shapes import frozen, on, slip
from tinygrad_kr import nn
from tinygrad_kr.errors import (
    ArgumentError,
    DimError,
    DivisionError,
    DTypeError,
    HyperparameterError,
    ShapeError,
)
from tinygrad_kr.nn import functional as F
from tinygrad_kr.random import manual_seed, numpy_generator
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import Call, OpRecord, call, op_inputs, shapes, tensors

Array = np.ndarray[Any, Any]

# References: on complex arrays the real part says which side of a kink


def unit(x: Array, alpha: float, scale: float = 1.0, slope: float = 1.0) -> Any:
    return scale * np.where(x.real > 0, x, alpha * (np.exp(slope * x) - 1))


def held(x: Array, low: float, high: float) -> Any:
    return np.where(x.real < low, low, np.where(x.real > high, high, x))


def halved(x: Array, dim: int = -1) -> Any:
    a, b = np.split(x, 2, dim)
    return a / (1 + np.exp(-b))


def mish(x: Array) -> Any:
    return x * np.tanh(np.log(1 + np.exp(x)))


@st.composite
def prelu_calls(draw: st.DrawFn) -> Call:
    shape, count = draw(
        one_of(((2, 3), 3), ((2, 3), 1), ((4,), 1), ((2, 2, 3), 2), ((), 1), ((0, 2), 2))
    )
    return call(draw(tensors(shape, avoid=(0.0,))), draw(tensors((count,))))


def prelu(x: Array, weight: Array) -> Any:
    by = weight.reshape((-1, *(1,) * (x.ndim - 2))) if x.ndim > 1 else weight.reshape((1,) * x.ndim)
    return np.where(x.real > 0, x, by * x)


def rrelu(x: Tensor, seed: int, inplace: bool, **options: Any) -> Tensor:
    manual_seed(seed)
    return F.rrelu(x.clone() if inplace else x, inplace=inplace, **options)


def drawn_slopes(
    x: Array, seed: int, inplace: bool, lower: float, upper: float, training: bool
) -> Any:
    manual_seed(seed)
    drawn = numpy_generator().uniform(lower, upper, x.shape) if training else (lower + upper) / 2
    return np.where(x.real > 0, x, drawn * x)


def gumbel(x: Tensor, seed: int, **options: Any) -> Tensor:
    manual_seed(seed)
    return F.gumbel_softmax(x, **options)


def with_noise(x: Array, seed: int, tau: float, dim: int) -> Any:
    manual_seed(seed)
    return softmax((x + numpy_generator().gumbel(size=x.shape)) / tau, dim)


def kinked(*at: float, **more: Any) -> Any:
    return op_inputs(avoid=at, **more)


INPLACE = {"inplace": st.booleans()}
SEED = st.integers(0, 99)
RANGE = {"lower": one_of(0.125, 0.25), "upper": one_of(0.25, 0.5)}
ACTIVATIONS = [
    activation("celu", lambda x, alpha: unit(x, alpha, slope=1 / alpha),
               kinked(0.0, alpha=one_of(1.0, 1.5, 0.5), **INPLACE),
               slip(DivisionError, ZEROS, alpha=0.0), slip(DTypeError, LABELS)),
    activation("selu", lambda x: unit(x, 1.6732632423543772, 1.0507009873554805),
               kinked(0.0, **INPLACE), slip(DTypeError, LABELS)),
    activation("mish", mish, op_inputs(**INPLACE), slip(DTypeError, LABELS)),
    activation("logsigmoid", lambda x: -np.log(1 + np.exp(-x)), op_inputs(),
               slip(DTypeError, LABELS)),
    activation("softsign", lambda x: x / (1 + x * np.sign(x.real)), kinked(0.0)),
    activation("tanhshrink", lambda x: x - np.tanh(x), op_inputs()),
    activation("glu", halved, on(one_of((2, 4), (4, 2), (2, 2, 2), (2, 0), (6, 4)),
                                 dim=lambda shape: one_of(0, -1, len(shape) - 1)),
               slip(ShapeError, ZEROS), slip(DimError, ZEROS, dim=5), slip(DTypeError, LABELS)),
    activation("hardtanh", lambda x, min_val, max_val: held(x, min_val, max_val),
               kinked(-1.0, -0.5, 1.0, 1.5, min_val=one_of(-1.0, -0.5), max_val=one_of(1.0, 1.5),
                      **INPLACE),
               slip(ArgumentError, ZEROS, min_val=1.0, max_val=-1.0),
               slip(DTypeError, ZEROS > 0, min_val=0.0, max_val=1.0)),
    activation("relu6", lambda x: held(x, 0, 6), op_inputs(low=-3.0, high=9.0, avoid=(0.0, 6.0),
                                                            **INPLACE)),
    activation("threshold", lambda x, threshold, value: np.where(x.real > threshold, x, value),
               kinked(0.5, -1.0, threshold=one_of(0.5, -1.0), value=one_of(0.0, 20.0), **INPLACE),
               slip(DTypeError, ZEROS > 0, threshold=0.0, value=0.0)),
    activation("hardsigmoid", lambda x: held(x + 3, 0, 6) / 6,
               op_inputs(low=-5.0, high=5.0, avoid=(-3.0, 3.0), **INPLACE),
               slip(DTypeError, LABELS)),
    activation("hardswish", lambda x: x * held(x + 3, 0, 6) / 6,
               op_inputs(low=-5.0, high=5.0, avoid=(-3.0, 3.0), **INPLACE),
               slip(DTypeError, LABELS)),
    activation("hardshrink", lambda x, lambd: np.where(np.abs(x.real) > lambd, x, 0),
               kinked(-0.5, 0.5, -1.0, 1.0, lambd=one_of(0.5, 1.0)), slip(DTypeError, LABELS)),
    activation("softshrink", lambda x, lambd: np.where(
                   np.abs(x.real) > lambd, x - lambd * np.sign(x.real), 0),
               kinked(-0.5, 0.5, -1.0, 1.0, lambd=one_of(0.5, 1.0)),
               slip(HyperparameterError, ZEROS, lambd=-1.0)),
    activation("softmin", lambda x, dim: softmax(-x, dim),
               on(shapes(min_side=1), dim=lambda shape: one_of(0, -1))),
    OpRecord("F.prelu", F.prelu, prelu, frozen(prelu_calls()), analytic=True,
             errors=(slip(ShapeError, ZEROS, ZEROS[0, :2]), slip(ShapeError, ZEROS, ZEROS),
                     slip(DTypeError, ZEROS, ZEROS[0].float()))),
    OpRecord("F.rrelu", rrelu, drawn_slopes,
             kinked(0.0, seed=SEED, training=st.booleans(), **RANGE, **INPLACE), analytic=True,
             errors=(slip(HyperparameterError, ZEROS, 0, False, lower=0.5, upper=0.25),)),
    OpRecord("F.gumbel_softmax", gumbel, with_noise,
             on(shapes(min_side=1), dim=lambda shape: one_of(0, -1), seed=SEED,
                tau=one_of(1.0, 2.0)), analytic=True,
             errors=(slip(DTypeError, LABELS, 0),)),
]  # fmt: skip


def written(name: str, reference: Callable[..., Any], inputs: Any) -> OpRecord:
    op = getattr(F, name)
    return OpRecord(
        f"F.{name}", lambda x, *args, **kw: op(x.clone(), *args, **kw), reference, inputs,
        analytic=True,
    )  # fmt: skip


IN_PLACE = [
    written("relu_", lambda x: np.where(x.real > 0, x, 0), kinked(0.0)),
    written("elu_", lambda x, alpha: unit(x, alpha), kinked(0.0, alpha=one_of(1.0, 0.5))),
    written("celu_", lambda x, alpha: unit(x, alpha, slope=1 / alpha),
            kinked(0.0, alpha=one_of(1.0, 0.5))),
    written("selu_", lambda x: unit(x, 1.6732632423543772, 1.0507009873554805), kinked(0.0)),
    written("leaky_relu_", lambda x, negative_slope: np.where(x.real > 0, 1, negative_slope) * x,
            kinked(0.0, negative_slope=one_of(0.2, -0.5))),
    written("rrelu_", lambda x, lower, upper: np.where(x.real > 0, 1, (lower + upper) / 2) * x,
            kinked(0.0, **RANGE)),
    written("hardtanh_", lambda x: held(x, -1, 1), kinked(-1.0, 1.0)),
    written("threshold_", lambda x, threshold, value: np.where(x.real > threshold, x, value),
            kinked(0.5, threshold=st.just(0.5), value=one_of(0.0, 20.0))),
]  # fmt: skip
FUNCTIONS = {record.name: record for record in ACTIVATIONS}


def trained_prelu(x: Tensor, weight: Tensor) -> Any:
    return called(nn.PReLU(weight.numel()), (weight,), x)


def trained_rrelu(x: Tensor, seed: int, training: bool, **options: Any) -> Any:
    manual_seed(seed)
    inplace = options["inplace"]
    return nn.RReLU(**options).train(training)(x.clone() if inplace else x)


def layer(name: str, function: OpRecord) -> OpRecord:
    """The record of a layer whose settings are the keywords of a function."""
    make = getattr(nn, name)

    def op(x: Tensor, **settings: Any) -> Any:
        return make(**settings)(x.clone() if settings.get("inplace") else x)

    return OpRecord(f"nn.{name}", op, function.reference, function.inputs, analytic=True)


LAYERS = [
    *(layer(name, FUNCTIONS[f"F.{function}"])
      for name, function in {
          "CELU": "celu", "GLU": "glu", "Hardshrink": "hardshrink", "Hardsigmoid": "hardsigmoid",
          "Hardswish": "hardswish", "Hardtanh": "hardtanh", "LogSigmoid": "logsigmoid",
          "Mish": "mish", "ReLU6": "relu6", "SELU": "selu", "Softmin": "softmin",
          "Softshrink": "softshrink", "Softsign": "softsign", "Tanhshrink": "tanhshrink",
          "Threshold": "threshold",
      }.items()),
    OpRecord("nn.PReLU", trained_prelu, prelu, frozen(prelu_calls()), analytic=True),
    OpRecord("nn.RReLU", trained_rrelu, drawn_slopes, FUNCTIONS["F.rrelu"].inputs, analytic=True),
    OpRecord("nn.Softmax2d", lambda x: nn.Softmax2d()(x), lambda x: softmax(x, -3),
             on(one_of((2, 2, 1), (1, 3, 2, 2))), analytic=True, errors=(slip(ShapeError, ZEROS),)),
]  # fmt: skip
RECORDS = [*ACTIVATIONS, *IN_PLACE, *LAYERS]
