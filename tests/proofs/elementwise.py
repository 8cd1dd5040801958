"""The records of arithmetic, rounding, exponentials, trigonometry, and of choosing by comparison.

The references are functions of numbers, of complex ones too where :mod:`cmath` has them.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.proofs.domains import (
    ANY,
    NONZERO,
    POSITIVE,
    Domain,
    between,
    either,
    fixed,
    operands,
    stepped,
)
from tinygrad_kr import ops
from tinygrad_kr.dtypes import float64
from tinygrad_kr.errors import ArgumentError, DivisionError, DTypeError, ShapeError
from tinygrad_kr.testing import OpRecord, call

Function = Callable[..., Any]


class Meaning(NamedTuple):
    """What an operation is: a function of numbers, where it is smooth, what it is composed of."""

    of: Function
    domains: tuple[Domain, ...]
    composed: Function | None
    analytic: bool


def means(
    of: Function, *domains: Domain, composed: Function | None = None, analytic: bool = True
) -> Meaning:
    return Meaning(of, domains, composed, analytic)


def each(function: Function) -> Function:
    """A function of numbers as one of arrays, real where all of them are."""

    def of(*arrays: Any, **statics: Any) -> np.ndarray[Any, Any]:
        found = np.frompyfunc(lambda *v: function(*v, **statics), len(arrays), 1)(*arrays)
        y = np.asarray(found, np.complex128)
        return y if any(map(np.iscomplexobj, arrays)) else y.real.copy()

    return of


UNARY: dict[str, Meaning] = {
    "abs": means(abs, NONZERO, analytic=False),
    "acos": means(cmath.acos, between(-0.875, 0.875)),
    "asin": means(cmath.asin, between(-0.875, 0.875)),
    "atan": means(cmath.atan, ANY),
    "ceil": means(math.ceil, between(-2, 2, -1, 0, 1), analytic=False),
    "clone": means(lambda v: v, ANY),
    "cos": means(cmath.cos, ANY),
    "cosh": means(cmath.cosh, ANY, composed=lambda x: (ops.exp(x) + ops.exp(-x)) / 2),
    "erf": means(math.erf, ANY, analytic=False),
    "exp": means(cmath.exp, ANY),
    "expm1": means(lambda v: cmath.exp(v) - 1, ANY, composed=lambda x: ops.exp(x) - 1),
    "floor": means(math.floor, between(-2, 2, -1, 0, 1), analytic=False),
    "log": means(cmath.log, POSITIVE),
    "log10": means(cmath.log10, POSITIVE, composed=lambda x: ops.log(x) / math.log(10)),
    "log1p": means(
        lambda v: cmath.log(1 + v), between(-0.75, 2), composed=lambda x: ops.log(1 + x)
    ),
    "log2": means(lambda v: cmath.log(v) / math.log(2), POSITIVE),
    "neg": means(operator.neg, ANY),
    "reciprocal": means(lambda v: 1 / v, NONZERO, composed=lambda x: 1 / x),
    "relu": means(lambda v: max(v, 0), NONZERO, analytic=False),
    "round": means(round, between(-2, 2, -1.5, -0.5, 0.5, 1.5), analytic=False),
    "rsqrt": means(lambda v: 1 / cmath.sqrt(v), POSITIVE, composed=lambda x: 1 / ops.sqrt(x)),
    "sigmoid": means(
        lambda v: 1 / (1 + cmath.exp(-v)), ANY, composed=lambda x: 1 / (1 + ops.exp(-x))
    ),
    "sign": means(lambda v: math.copysign(1, v), NONZERO, analytic=False),
    "sin": means(cmath.sin, ANY),
    "sinh": means(cmath.sinh, ANY, composed=lambda x: (ops.exp(x) - ops.exp(-x)) / 2),
    "softplus": means(
        lambda v, beta=1.0: cmath.log(1 + cmath.exp(beta * v)) / beta, ANY,
        composed=lambda x, beta=1.0: ops.log(1 + ops.exp(x * beta)) / beta,
    ),
    "sqrt": means(cmath.sqrt, POSITIVE, composed=lambda x: x**0.5),
    "square": means(lambda v: v * v, ANY, composed=lambda x: x * x),
    "tan": means(cmath.tan, between(-1.25, 1.25), composed=lambda x: ops.sin(x) / ops.cos(x)),
    "tanh": means(cmath.tanh, ANY, composed=lambda x: 1 - 2 / (ops.exp(2 * x) + 1)),
    "trunc": means(math.trunc, between(-2, 2, -1, 1), analytic=False),
}  # fmt: skip

# Between 3 and 4, or between -4 and -3: quotients that are not near a whole number.
QUOTIENT = either(between(5.1, 5.9), between(-5.9, -5.1)), between(1.5, 1.6)
UNTIED = stepped(), stepped(0.5)

BINARY: dict[str, Meaning] = {
    "add": means(operator.add, ANY, ANY),
    "div": means(operator.truediv, ANY, NONZERO, composed=lambda a, b: a * ops.reciprocal(b)),
    "floor_divide": means(operator.floordiv, *QUOTIENT, analytic=False),
    "logaddexp": means(
        lambda a, b: cmath.log(cmath.exp(a) + cmath.exp(b)), ANY, ANY,
        composed=lambda a, b: ops.log(ops.exp(a) + ops.exp(b)),
    ),
    "maximum": means(max, *UNTIED, analytic=False),
    "minimum": means(min, *UNTIED, analytic=False),
    "mul": means(operator.mul, ANY, ANY),
    "pow": means(
        operator.pow, POSITIVE, either(ANY, stepped()),
        composed=lambda a, b: ops.exp(b * ops.log(a)),
    ),
    "remainder": means(operator.mod, *QUOTIENT, analytic=False),
    "sub": means(operator.sub, ANY, ANY),
}  # fmt: skip


class Operator(NamedTuple):
    """Python's symbol for an operation, plain and in place, and numbers for either side of it."""

    plain: Function
    inplace: Function
    left: Domain
    right: Domain


OPERATORS: dict[str, Operator] = {
    "add": Operator(operator.add, operator.iadd, fixed(0.5, -3), fixed(0.5, -3)),
    "div": Operator(operator.truediv, operator.itruediv, fixed(0.5, -3), fixed(0.5, -3)),
    "floor_divide": Operator(operator.floordiv, operator.ifloordiv, fixed(5.5, -5.5), fixed(1.55)),
    "mul": Operator(operator.mul, operator.imul, fixed(0.5, -3), fixed(0.5, -3)),
    "pow": Operator(operator.pow, operator.ipow, fixed(0.5, 2), fixed(-2, -0.5, 0, 1, 2, 2.5)),
    "remainder": Operator(operator.mod, operator.imod, fixed(5.5, -5.5), fixed(1.55)),
    "sub": Operator(operator.sub, operator.isub, fixed(0.5, -3), fixed(0.5, -3)),
}


def plain(name: str, meaning: Meaning) -> OpRecord:
    """The operation itself, on tensors alone."""
    return OpRecord(
        name, getattr(ops, name), each(meaning.of), operands(*meaning.domains),
        composed=meaning.composed, analytic=meaning.analytic, errors=ERRORS.get(name, ()),
    )  # fmt: skip


def in_place(name: str, meaning: Meaning) -> OpRecord:
    """Its in-place method, on what was just computed."""
    return OpRecord(
        f"{name}_.inplace", lambda x, other: getattr(x * 1, name + "_")(other), each(meaning.of),
        operands(*meaning.domains, whole=True), analytic=meaning.analytic,
    )  # fmt: skip


def with_numbers(name: str, symbols: Operator) -> OpRecord:
    """The operator with a Python number on the left, on the right, and there in place."""
    meaning = BINARY[name]
    f = each(meaning.of)

    def op(a: Any, right: float, left: float, b: Any) -> Any:
        return (
            symbols.plain(a, right), symbols.plain(left, b), symbols.inplace(a * 1, right),
            symbols.inplace(a * 1, right * ops.ones_like(a)),
        )  # fmt: skip

    def reference(a: Any, right: float, left: float, b: Any) -> Any:
        return f(a, right), f(left, b), f(a, right), f(a, right)

    a, b = meaning.domains
    return OpRecord(
        f"{name}.number", op, reference, operands(a, symbols.right, symbols.left, b),
        analytic=meaning.analytic,
    )  # fmt: skip


def lerp(a: Any, b: Any, weight: Any) -> Any:
    return a + weight * (b - a)


def clamped(x: Any, low: Any, high: Any) -> Any:
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


INTEGER = ops.tensor([2, 0])
FLOAT = ops.tensor([1.0, 2.0, 3.0])
TWO = ops.tensor([1.0, 2.0])

ERRORS: dict[str, Any] = {
    "add": ((ShapeError, call(FLOAT, TWO)), (ArgumentError, call(FLOAT, "1")),
            (ArgumentError, call(FLOAT, None))),
    "clone": ((ArgumentError, call("1")),),
    "div": ((ShapeError, call(FLOAT, TWO)), (ArgumentError, call(FLOAT, 2, rounding_mode="up"))),
    "exp": ((ArgumentError, call([1.0])),),
    "floor_divide": ((DivisionError, call(INTEGER, 0)), (DivisionError, call(2, INTEGER))),
    "maximum": ((ShapeError, call(FLOAT, TWO)),),
    "mul": ((ArgumentError, call(FLOAT, 1j)), (DTypeError, call(FLOAT, np.array([1j])))),
    "pow": ((ArgumentError, call(INTEGER, -1)), (ShapeError, call(FLOAT, TWO))),
    "remainder": ((DivisionError, call(INTEGER, INTEGER)),),
}  # fmt: skip

EXPONENT = between(0, 4, dtype=np.int64)
INPLACE = sorted(UNARY.keys() - {"clone", "softplus"})
ROUNDINGS = fixed("trunc", "floor")

RECORDS: list[OpRecord] = [
    *(plain(name, meaning) for name, meaning in {**UNARY, **BINARY}.items()),
    # All at once, where all of them are smooth.
    OpRecord(
        "unary_.inplace", lambda x: [getattr(x * 1, name + "_")() for name in INPLACE],
        lambda x: [each(UNARY[name].of)(x) for name in INPLACE],
        operands(between(0.125, 0.875, 0.5)),
    ),
    *(in_place(n, BINARY[n]) for n in OPERATORS),
    *(with_numbers(name, symbols) for name, symbols in OPERATORS.items()),
    OpRecord(
        "add.alpha", lambda a, b, alpha: (ops.add(a, b, alpha=alpha), (a + b).sub_(b, alpha=alpha)),
        lambda a, b, alpha: (a + alpha * b, a + b - alpha * b),
        operands(ANY, ANY, alpha=fixed(1, -0.5, 3)), analytic=True,
    ),
    OpRecord(
        "sub.alpha", lambda a, b, alpha: (ops.sub(a, b, alpha=alpha), (a + b).add_(b, alpha=alpha)),
        lambda a, b, alpha: (a - alpha * b, a + b + alpha * b),
        operands(ANY, ANY, alpha=fixed(1, -0.5, 3)), analytic=True,
    ),
    OpRecord(
        "div.rounded", ops.div,
        lambda a, b, rounding_mode: getattr(np, rounding_mode)(a / b),
        operands(*QUOTIENT, rounding_mode=ROUNDINGS),
    ),
    OpRecord(
        "round.decimals", ops.round, lambda x, decimals: np.round(x / 10) * 10,
        operands(between(-20, 20, -15, -5, 5, 15), decimals=fixed(-1)),
    ),
    # Whole exponents differentiate at 0 and below it too.
    OpRecord(
        "pow.whole", lambda a, n: a**n, each(operator.pow),
        operands(either(ANY, stepped()), fixed(0, 1, 2, 3)), analytic=True,
    ),
    OpRecord(
        "pow.exponents", ops.pow, each(operator.pow),
        operands(either(ANY, stepped()), EXPONENT),
    ),
    OpRecord(
        "softplus.beta", ops.softplus, each(UNARY["softplus"].of),
        operands(ANY, beta=fixed(0.5, 2.0, -1.0)),
        composed=UNARY["softplus"].composed, analytic=True,
    ),
    OpRecord(
        "softplus.threshold", ops.softplus,
        lambda x, beta, threshold: np.where(x > 0.5, x, np.log1p(np.exp(2 * x)) / 2),
        operands(between(-2, 2, 0.5), beta=fixed(2.0), threshold=fixed(1.0)),
    ),
    OpRecord(
        "lerp", ops.lerp, lerp, operands(ANY, ANY, ANY), analytic=True,
        errors=((ShapeError, call(FLOAT, TWO, 0.5)),),
    ),
    OpRecord(
        "lerp_.inplace", lambda a, b, w: (a * 1).lerp_(b, w), lerp,
        operands(ANY, ANY, either(ANY, fixed(0.25)), whole=True), analytic=True,
    ),
    OpRecord(
        "clamp", ops.clamp, clamped, operands(stepped(), stepped(0.25), stepped(0.5)),
        errors=((ArgumentError, call(FLOAT)), (ShapeError, call(FLOAT, TWO))),
    ),
    OpRecord(
        "clamp.one", ops.clamp, clamped,
        operands(stepped(), stepped(0.25), fixed(None))
        | operands(stepped(), fixed(None), stepped(0.5)),
    ),
    OpRecord(
        "clip", ops.clip, clamped,
        operands(between(-2, 2, -0.5, 0.5), fixed(None, -0.5, 0.5), fixed(0.5)),
    ),
    OpRecord(
        "clamp_.inplace", lambda x, low, high: (x * 1).clamp_(low, high), clamped,
        operands(stepped(), stepped(0.25), fixed(0.5), whole=True),
    ),
    # As it is, in order, in another dtype.
    OpRecord("as_tensor", ops.as_tensor, np.asarray, operands(ANY), view=True, analytic=True),
    OpRecord(
        "contiguous", lambda x: x.contiguous(), np.asarray, operands(ANY), view=True, analytic=True
    ),
    # float32, and its gradient, go there and back.
    OpRecord("to", lambda x: ops.sin(x.to(float64)).to(x.dtype), np.sin, operands(ANY)),
]  # fmt: skip
