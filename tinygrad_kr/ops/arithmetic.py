"""산술과 반올림.

Arithmetic and rounding, element by element.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import float16, float32, int64, result_dtype
from tinygrad_kr.errors import ArgumentError, DivisionError, DTypeError
from tinygrad_kr.ops.comparison import isfinite, logical_and, logical_not, logical_or, where
from tinygrad_kr.ops.conversion import alike, cast
from tinygrad_kr.ops.dims import array_of_kind
from tinygrad_kr.ops.exponential import log
from tinygrad_kr.ops.pointwise import Binary, Unary, in_dtype, into

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def flat(g: Any) -> Any:
    """The VJP of a function that is constant between its steps."""
    return np.zeros(g.shape, g.dtype)


def _whole(function: Any) -> Any:
    """A rounding function that leaves integers as they are, whatever NumPy's version does."""
    return lambda x: function(x) if x.dtype.kind == "f" else x.copy()


def _sign(x: Any) -> Any:
    # That of nan is 0, as in PyTorch.
    return np.subtract(x > 0, x < 0, dtype=x.dtype) if x.dtype.kind != "b" else x.copy()


def _square(x: Any) -> Any:
    return np.square(x) if x.dtype.kind != "b" else x.astype(int64)


def divided(function: Any) -> Any:
    """A division that refuses integers over 0, for which there is no value, and bools."""

    def divide(a: Any, b: Any) -> Any:
        y = function(a, b)
        if y.dtype == np.int8 and a.dtype == b.dtype == bool:
            raise TypeError("bool")
        if y.dtype.kind != "f" and y.size and not np.all(b):
            raise DivisionError(
                "정수를 0으로 나눌 수 없습니다. float()로 바꾸거나 where()로 0을 가려 주세요.",
                "Integers cannot be divided by 0; convert with float(), or mask with where().",
            )
        return y

    return divide


def _towards_zero(a: Any, b: Any) -> Any:
    rest = np.fmod(a, b)
    return np.trunc(np.true_divide(a, b)) if rest.dtype.kind == "f" else (a - rest) // b


def _power(a: Any, b: Any) -> Any:
    # NumPy's cube takes a hundred times as long, and PyTorch's is this product.
    if type(b) in (int, float) and b == 3 and a.dtype.char in "fd":
        return a * a * a
    return a**b


def _power_slope(a: Any, b: Any) -> Any:
    if isinstance(b, bool | int | float):
        return b * a ** (b - 1) if b != 0 else 0
    # 0 · a⁻¹ is 0 for every a; where a⁻¹ is not finite it is not computed.
    still = logical_and(b == 0, logical_not(isfinite(reciprocal(a))))
    return where(still, 0.0, b * a ** where(still, 1.0, b - 1))


def _exponent_slope(a: Any, b: Any, y: Any) -> Any:
    if isinstance(a, bool | int | float):
        slope = y * (math.log(a) if a > 0 else -math.inf if a == 0 else math.nan)
        return where(b >= 0, 0.0, slope) if a == 0 else slope
    still = logical_and(a == 0, b >= 0)
    return y * log(where(still, 1.0, a))


raw_add = Binary("add", np.add, "더하기. a + b.", quiet=True, a=lambda g: g, b=lambda g: g)
raw_sub = Binary("sub", np.subtract, "빼기. a - b.", quiet=True, a=lambda g: g, b=lambda g: -g)
mul = Binary(
    "mul", np.multiply, "곱하기. The product, a * b.", quiet=True,
    a=lambda g, b: g * b, b=lambda g, a: g * a,
)  # fmt: skip
true_divide = Binary(
    "div", np.true_divide, "나누기. The quotient, a / b.", floating=True, quiet=True,
    a=lambda g, b: g / b, b=lambda g, a, b: -g * (a / b) / b,
)  # fmt: skip
_pow = Binary(
    "pow", _power, "거듭제곱. a ** b.", quiet=True,
    a=lambda g, a, b: g * _power_slope(a, b), b=lambda g, a, b, y: g * _exponent_slope(a, b, y),
)  # fmt: skip
floor_divide: Binary = Binary(
    "floor_divide", divided(np.floor_divide), "내림 나눗셈. The quotient a / b, rounded down.",
    quiet=True, a=flat, b=flat,
)  # fmt: skip
_trunc_divide = Binary(
    "trunc_divide", divided(_towards_zero), "버림 나눗셈. The quotient, rounded towards 0.",
    quiet=True, a=flat, b=flat,
)  # fmt: skip
remainder = Binary(
    "remainder", divided(np.remainder), "나머지. The remainder, with the sign of the divisor.",
    quiet=True, a=lambda g: g, b=lambda g, a, b: -g * floor_divide(a, b),
)  # fmt: skip
neg = Unary("neg", np.negative, "부호 바꾸기. The negative, -x.", x=lambda g: -g)
abs = Unary("abs", np.abs, "절댓값. The absolute value.", x=lambda g, x: g * sign(x))
sign: Unary = Unary("sign", _sign, "부호(-1, 0, 1). The sign of x.", x=flat)
square = Unary("square", _square, "제곱. The square.", quiet=True, x=lambda g, x: g * (2 * x))
reciprocal = Unary(
    "reciprocal", np.reciprocal, "역수. The inverse, 1 / x.", floating=True, quiet=True,
    x=lambda g, y: -g * y * y,
)  # fmt: skip
floor = Unary("floor", _whole(np.floor), "내림. Rounded down.", x=flat)
ceil = Unary("ceil", _whole(np.ceil), "올림. Rounded up.", x=flat)
trunc = Unary("trunc", _whole(np.trunc), "0을 향해 버림. Rounded towards 0.", x=flat)
_round = Unary("round", _whole(np.round), "반올림(짝수로). Rounded, halves to even.", x=flat)


# Functions of the records, with PyTorch's signatures


def round(input: Any, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """반올림(절반은 짝수로).

    Rounded to ``decimals`` places, halves to even.

    Raises:
        DTypeError: integers are rounded to places.
    """
    if out is not None:
        return into(out, round, input, decimals=decimals)  # type: ignore[no-any-return]
    if decimals == 0:
        return _round(input)
    if array_of_kind("f", "round(decimals=)", input).dtype == float16:
        return cast(round(cast(input, float32), decimals=decimals), float16)
    scale = 10.0 ** operator.abs(decimals)
    return _round(input * scale) / scale if decimals > 0 else _round(input / scale) * scale


def _scaled(input: Any, other: Any, alpha: Any) -> Any:
    """``alpha * other`` in the dtype of the result."""
    dtype, kind = result_dtype(*map(as_array, (input, other))), result_dtype(alpha).kind
    if (kind == "f" != dtype.kind) or (kind == "b" != dtype.kind):
        raise DTypeError(
            f"alpha={alpha!r}은(는) {dtype} 결과에 쓸 수 없습니다.",
            f"alpha={alpha!r} does not fit a result of {dtype}.",
        )
    scaled = cast(other, dtype) if hasattr(other, "dtype") else in_dtype(other, dtype)
    return mul(scaled, in_dtype(alpha, dtype))


def add(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """더하기.

    input + alpha * other.

    Raises:
        DTypeError: ``alpha`` is a float among integers, or a bool among numbers.
    """
    if type(alpha) is not int or alpha != 1:
        other = _scaled(input, other, alpha)
    return raw_add(input, other, out=out)


def sub(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """빼기.

    input - alpha * other.

    Raises:
        DTypeError: as for :func:`add`; both are of bools.
    """
    if type(alpha) is not int or alpha != 1:
        other = _scaled(input, other, alpha)
    return raw_sub(input, other, out=out)


def div(
    input: Any,
    other: Any,
    *,
    rounding_mode: Literal["trunc", "floor"] | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """나누기.

    input / other; rounded towards zero (``"trunc"``) or down (``"floor"``) if asked.

    Raises:
        ArgumentError: ``rounding_mode`` is none of these.
        DivisionError: integers are rounded, and one is divided by 0.
    """
    if rounding_mode is None:
        return true_divide(input, other, out=out)
    if rounding_mode not in ("trunc", "floor"):
        raise ArgumentError(
            f"rounding_mode는 None, 'trunc', 'floor' 가운데 하나입니다: {rounding_mode!r}.",
            f"rounding_mode is None, 'trunc' or 'floor', not {rounding_mode!r}.",
        )
    return (floor_divide if rounding_mode == "floor" else _trunc_divide)(input, other, out=out)


def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """거듭제곱.

    input ** exponent. Of integers to a tensor's negative powers the whole part.

    Raises:
        ArgumentError: integers to a negative integer power.
    """
    base, power = as_array(input), as_array(exponent)
    if isinstance(base, np.ndarray) and base.dtype.kind == "f":
        return _pow(input, exponent, out=out)
    if all(np.asarray(v).dtype.kind in "iub" for v in (base, power)) and np.any(power < 0):
        if not isinstance(power, np.ndarray):
            raise ArgumentError(
                "정수를 음의 정수로 거듭제곱할 수 없습니다. float()로 바꾸어 주세요.",
                "Integers to negative integer powers are not allowed; convert with float().",
            )
        base, power = alike(input, exponent)
        return mul(_pow(base, abs(power)), logical_or(power >= 0, abs(base) == 1), out=out)
    return _pow(input, exponent, out=out)


def lerp(input: Any, end: Any, weight: Any, *, out: Tensor | None = None) -> Tensor:
    """input과 end 사이를 weight만큼 간 곳.

    Linear interpolation, input + weight * (end - input).
    """
    if hasattr(weight, "dtype"):
        input, end, weight = alike(input, end, weight)
    return raw_add(input, weight * (end - input), out=out)
