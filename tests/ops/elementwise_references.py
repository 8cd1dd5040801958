"""The elementwise ops by name, each with its plain-Python meaning and where it is smooth."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from tinygrad_kr import ops

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
inf = math.inf
FLOATS = ["float16", "float32", "float64"]

# Each op with the same of Python's math module, and where it is smooth.
UNARY: dict[str, tuple[Callable[[float], float], float, float]] = {
    "abs": (abs, 0.1, 2),
    "acos": (math.acos, -0.9, 0.9),
    "asin": (math.asin, -0.9, 0.9),
    "atan": (math.atan, -2, 2),
    "ceil": (math.ceil, 1.05, 1.45),
    "clone": (float, -2, 2),
    "cos": (math.cos, -2, 2),
    "cosh": (math.cosh, -2, 2),
    "erf": (math.erf, -2, 2),
    "exp": (math.exp, -2, 2),
    "expm1": (math.expm1, -2, 2),
    "floor": (math.floor, -1.95, -1.55),
    "log": (math.log, 0.5, 2),
    "log10": (math.log10, 0.5, 2),
    "log1p": (math.log1p, -0.5, 2),
    "log2": (math.log2, 0.5, 2),
    "neg": (operator.neg, -2, 2),
    "reciprocal": (lambda v: 1 / v, 0.5, 2),
    "relu": (lambda v: max(v, 0.0), 0.1, 2),
    "round": (round, 1.55, 1.95),
    "rsqrt": (lambda v: 1 / math.sqrt(v), 0.5, 2),
    "sigmoid": (lambda v: 1 / (1 + math.exp(-v)), -2, 2),
    "sign": (lambda v: math.copysign(1, v), -2, -0.1),
    "sin": (math.sin, -2, 2),
    "sinh": (math.sinh, -2, 2),
    "softplus": (lambda v: math.log1p(math.exp(v)), -2, 2),
    "sqrt": (math.sqrt, 0.5, 2),
    "square": (lambda v: v * v, -2, 2),
    "tan": (math.tan, -1, 1),
    "tanh": (math.tanh, -2, 2),
    "trunc": (math.trunc, -1.95, -1.05),
}
BINARY: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "div": operator.truediv,
    "floor_divide": operator.floordiv,
    "logaddexp": lambda a, b: math.log(math.exp(a) + math.exp(b)),
    "maximum": max,
    "minimum": min,
    "mul": operator.mul,
    "pow": operator.pow,
    "remainder": operator.mod,
    "sub": operator.sub,
    "trunc_divide": lambda a, b: math.trunc(a / b),
}
COMPARE = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
}  # fmt: skip
BITS = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
INPLACE = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv,
    "//": operator.ifloordiv, "%": operator.imod, "**": operator.ipow,
    "&": operator.iand, "|": operator.ior, "^": operator.ixor,
}  # fmt: skip


def binary(name: str) -> Callable[[Any, Any], Any]:
    if name == "trunc_divide":
        return lambda a, b: ops.div(a, b, rounding_mode="trunc")
    function: Callable[[Any, Any], Any] = getattr(ops, name)
    return function
