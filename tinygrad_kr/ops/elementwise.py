"""원소마다의 연산: 산술, 지수와 로그, 삼각함수, 비교, 논리.

The elementwise operations. A line or a few each: NumPy's function, and the VJP of each input.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array, to_ndarray, wrap
from tinygrad_kr.dtypes import Array, DType, bool_, int8, int16, int32, int64, result_dtype, uint8
from tinygrad_kr.errors import ArgumentError, DivisionError, DTypeError
from tinygrad_kr.ops.pointwise import Binary, Unary, in_dtype
from tinygrad_kr.ops.primitive import Primitive, operand

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

INTEGERS = (int8, int16, int32, int64, uint8, bool_)


def _flat(g: Any) -> Any:
    """The VJP of a function that is constant between its steps."""
    return np.zeros(g.shape, g.dtype)


def _whole(function: Any) -> Any:
    """A rounding function that leaves integers as they are, whatever NumPy's version does."""
    return lambda x: function(x) if x.dtype.kind == "f" else x.copy()


def _sign(x: Any) -> Any:
    return np.sign(x) if x.dtype.kind != "b" else x.copy()


def _square(x: Any) -> Any:
    return np.square(x) if x.dtype.kind != "b" else x.astype(int64)


def _divided(function: Any) -> Any:
    """A division that refuses integers over 0, for which there is no value."""

    def divide(a: Any, b: Any) -> Any:
        y = function(a, b)
        if y.dtype.kind != "f" and not np.all(b):
            raise DivisionError(
                "정수를 0으로 나눌 수 없습니다. float()로 바꾸거나 0인 곳을 where()로 가려 주세요.",
                "Integers cannot be divided by 0; convert with float(), or mask the zeros with "
                "where().",
            )
        return y

    return divide


def _towards_zero(a: Any, b: Any) -> Any:
    rest = np.fmod(a, b)
    return np.trunc(np.true_divide(a, b)) if rest.dtype.kind == "f" else (a - rest) // b


# Arithmetic

_add = Binary(
    "add",
    np.add,
    quiet=True,
    a=lambda g: g,
    b=lambda g: g,
    doc="더하기. a + b, element by element.",
)
_sub = Binary(
    "sub",
    np.subtract,
    quiet=True,
    a=lambda g: g,
    b=lambda g: -g,
    doc="빼기. a - b, element by element.",
)
mul = Binary(
    "mul",
    np.multiply,
    quiet=True,
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
    doc="곱하기. a * b, element by element.",
)
_div = Binary(
    "div",
    np.true_divide,
    floating=True,
    quiet=True,
    a=lambda g, b: g / b,
    b=lambda g, b, y: -g * y / b,
    doc="나누기. a / b, element by element.",
)
_pow = Binary(
    "pow",
    operator.pow,
    quiet=True,
    a=lambda g, a, b: g * _power_slope(a, b),
    b=lambda g, a, b, y: g * _exponent_slope(a, b, y),
    doc="거듭제곱. a ** b, element by element.",
)
floor_divide: Binary = Binary(
    "floor_divide",
    _divided(np.floor_divide),
    quiet=True,
    a=_flat,
    b=_flat,
    doc="내림 나눗셈. floor(a / b), element by element.",
)
_trunc_divide = Binary(
    "trunc_divide",
    _divided(_towards_zero),
    quiet=True,
    a=_flat,
    b=_flat,
    doc="0을 향해 버리는 나눗셈. a / b rounded towards 0, element by element.",
)
remainder = Binary(
    "remainder",
    _divided(np.remainder),
    quiet=True,
    a=lambda g: g,
    b=lambda g, a, b: -g * floor_divide(a, b),
    doc="나머지(부호는 나누는 수를 따름). The remainder, with the sign of the divisor.",
)
neg = Unary("neg", np.negative, x=lambda g: -g, doc="부호를 바꾼다. -x, element by element.")
abs = Unary("abs", np.abs, x=lambda g, x: g * sign(x), doc="절댓값. |x|, element by element.")
sign: Unary = Unary(
    "sign", _sign, x=_flat, doc="부호(-1, 0, 1). The sign of x, element by element."
)
square = Unary(
    "square",
    _square,
    quiet=True,
    x=lambda g, x: g * (2 * x),
    doc="제곱. x squared, element by element.",
)
reciprocal = Unary(
    "reciprocal",
    np.reciprocal,
    floating=True,
    quiet=True,
    x=lambda g, y: -g * y * y,
    doc="역수. 1 / x, element by element.",
)


def _power_slope(a: Any, b: Any) -> Any:
    if isinstance(b, bool | int | float):
        return b * a ** (b - 1) if b != 0 else _flat(a)
    still = b == 0
    return where(still, 0.0, b * a ** where(still, 1.0, b - 1))


def _exponent_slope(a: Any, b: Any, y: Any) -> Any:
    if isinstance(a, bool | int | float):
        slope = y * (math.log(a) if a > 0 else -math.inf if a == 0 else math.nan)
        return where(b >= 0, 0.0, slope) if a == 0 else slope
    still = logical_and(a == 0, b >= 0)
    return where(still, 0.0, y * log(where(still, 1.0, a)))


# Exponentials and logarithms

exp = Unary(
    "exp",
    np.exp,
    floating=True,
    quiet=True,
    x=lambda g, y: g * y,
    doc="지수. e ** x, element by element.",
)
expm1 = Unary(
    "expm1",
    np.expm1,
    floating=True,
    quiet=True,
    x=lambda g, y: g * (y + 1),
    doc="exp(x) - 1을 정확하게. exp(x) - 1, accurate near 0.",
)
log = Unary(
    "log", np.log, floating=True, quiet=True, x=lambda g, x: g / x, doc="자연로그. The logarithm."
)
log1p = Unary(
    "log1p",
    np.log1p,
    floating=True,
    quiet=True,
    x=lambda g, x: g / (x + 1),
    doc="log(1 + x)를 정확하게. log(1 + x), accurate near 0.",
)
log2 = Unary(
    "log2",
    np.log2,
    floating=True,
    quiet=True,
    x=lambda g, x: g / (x * float(np.log(2.0))),
    doc="밑이 2인 로그. The logarithm to base 2.",
)
log10 = Unary(
    "log10",
    np.log10,
    floating=True,
    quiet=True,
    x=lambda g, x: g / (x * float(np.log(10.0))),
    doc="상용로그. The logarithm to base 10.",
)
logaddexp = Binary(
    "logaddexp",
    np.logaddexp,
    floating=True,
    quiet=True,
    a=lambda g, a, b: g * sigmoid(a - b),
    b=lambda g, a, b: g * sigmoid(b - a),
    doc="log(exp(a) + exp(b))를 넘침 없이. log(exp(a) + exp(b)), without overflow.",
)
sqrt = Unary(
    "sqrt",
    np.sqrt,
    floating=True,
    quiet=True,
    x=lambda g, y: g / (2 * y),
    doc="제곱근. The square root, element by element.",
)
rsqrt = Unary(
    "rsqrt",
    lambda x: 1 / np.sqrt(x),
    floating=True,
    quiet=True,
    x=lambda g, y: -0.5 * g * y * y * y,
    doc="제곱근의 역수. 1 / sqrt(x), element by element.",
)

# Trigonometry

sin: Unary = Unary(
    "sin", np.sin, floating=True, quiet=True, x=lambda g, x: g * cos(x), doc="사인. The sine."
)
cos: Unary = Unary(
    "cos", np.cos, floating=True, quiet=True, x=lambda g, x: -g * sin(x), doc="코사인. The cosine."
)
tan = Unary(
    "tan",
    np.tan,
    floating=True,
    quiet=True,
    x=lambda g, y: g * (1 + y * y),
    doc="탄젠트. The tangent.",
)
sinh: Unary = Unary(
    "sinh",
    np.sinh,
    floating=True,
    quiet=True,
    x=lambda g, x: g * cosh(x),
    doc="쌍곡사인. The hyperbolic sine.",
)
cosh: Unary = Unary(
    "cosh",
    np.cosh,
    floating=True,
    quiet=True,
    x=lambda g, x: g * sinh(x),
    doc="쌍곡코사인. The hyperbolic cosine.",
)
tanh = Unary(
    "tanh",
    np.tanh,
    floating=True,
    x=lambda g, y: g * (1 - y * y),
    doc="쌍곡탄젠트. The hyperbolic tangent.",
)
asin = Unary(
    "asin",
    np.arcsin,
    floating=True,
    quiet=True,
    x=lambda g, x: g * rsqrt(1 - x * x),
    doc="아크사인. The inverse sine.",
)
acos = Unary(
    "acos",
    np.arccos,
    floating=True,
    quiet=True,
    x=lambda g, x: -g * rsqrt(1 - x * x),
    doc="아크코사인. The inverse cosine.",
)
atan = Unary(
    "atan",
    np.arctan,
    floating=True,
    x=lambda g, x: g / (x * x + 1),
    doc="아크탄젠트. The inverse tangent.",
)

# Activations


def _sigmoid(x: Array) -> Any:
    # exp only ever of what is not positive: exact to the last bits at both ends, no overflow.
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1).astype(e.dtype, copy=False) / (1 + e)


sigmoid: Unary = Unary(
    "sigmoid",
    _sigmoid,
    floating=True,
    quiet=True,
    x=lambda g, y: g * y * (1 - y),
    doc="시그모이드. 1 / (1 + exp(-x)), without overflow.",
)
relu = Unary(
    "relu",
    lambda x: np.maximum(x, 0),
    x=lambda g, y: where(y <= 0, 0.0, g),
    doc="음수는 0으로(ReLU). max(x, 0); the gradient at 0 is 0.",
)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """매끄러운 ReLU.

    log(1 + exp(beta x)) / beta; x itself where beta x > threshold, as in PyTorch.
    """
    scaled = input * beta
    return where(scaled > threshold, input, logaddexp(scaled, 0.0) / beta)


# Steps

floor: Unary = Unary("floor", _whole(np.floor), x=_flat, doc="내림. Rounded down.")
ceil = Unary("ceil", _whole(np.ceil), x=_flat, doc="올림. Rounded up.")
trunc = Unary("trunc", _whole(np.trunc), x=_flat, doc="0을 향해 버림. Rounded towards 0.")
_round = Unary("round", _whole(np.round), x=_flat, doc="반올림(짝수로). Rounded, halves to even.")


def round(input: Any, *, decimals: int = 0) -> Tensor:
    """반올림(절반은 짝수로).

    Rounded to ``decimals`` places, halves to even.
    """
    if decimals == 0:
        return _round(input)
    scale = 10.0**decimals
    return _round(input * scale) / scale


# Conversion and choice

clone = Unary("clone", np.copy, x=lambda g: g, doc="복사본. A copy, through which gradients flow.")


_cast = Primitive(
    "to",
    lambda x, *, dtype: in_dtype(x, dtype),
    x=lambda g: g,
    doc="자료형을 바꾼다. Another dtype.",
)


def cast(input: Any, dtype: DType) -> Any:
    """자료형을 바꾼다(이미 그 자료형이면 그대로).

    ``input`` in ``dtype``; itself where it has that dtype already.
    """
    return input if input.dtype == dtype else _cast(input, dtype=dtype)


def _alike(dtype: DType, value: Any) -> Any:
    """An operand in ``dtype``: a tensor by a recorded cast, a number as an array."""
    if isinstance(value, TensorBase):
        return cast(value, dtype)
    return in_dtype(value, dtype)


_where = Primitive(
    "where",
    lambda condition, a, b: np.where(condition, a, b),
    a=lambda g, condition: where(condition, g, 0.0),
    b=lambda g, condition: where(condition, 0.0, g),
)


@overload
def where(condition: Any) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Any, input: Any, other: Any) -> Tensor: ...
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """조건이 참인 곳은 input, 아니면 other. 조건만 주면 참인 곳의 인덱스.

    ``input`` where ``condition`` holds, else ``other``; with the condition alone, the indices where
    it holds, a tensor for each dimension.
    """
    if input is None and other is None:
        return tuple(wrap(i) for i in np.nonzero(as_array(condition)))
    if not any(isinstance(v, TensorBase) for v in (condition, input, other)):
        return to_ndarray(np.where(condition, input, other))
    if as_array(condition).dtype != bool_:
        raise DTypeError(
            f"where의 조건은 bool 텐서여야 합니다: {as_array(condition).dtype}.",
            f"The condition of where must be a bool tensor, not {as_array(condition).dtype}.",
        )
    dtype = result_dtype(*(operand(as_array(v)) for v in (input, other)))
    return _where(condition, _alike(dtype, input), _alike(dtype, other))


def _clamp_forward(x: Array, low: Any, high: Any) -> Any:
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _inside(x: Any, low: Any, high: Any) -> Any:
    """Where a clamped value moves with x: the bounds themselves included."""
    if high is None:
        return x >= low
    return x <= high if low is None else logical_and(x >= low, x <= high)


_clamp = Primitive(
    "clamp",
    _clamp_forward,
    x=lambda g, x, low, high: where(_inside(x, low, high), g, 0.0),
    low=lambda g, x, low, high: where(
        x < low if high is None else logical_and(x < low, low < high), g, 0.0
    ),
    high=lambda g, x, low, high: where(
        x > high if low is None else logical_or(x > high, low > high), g, 0.0
    ),
)


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """[min, max] 안으로 자른다.

    ``input`` held within ``min`` and ``max``, numbers or tensors, either of them None. The
    gradient is 1 at the bounds themselves, as in PyTorch.

    Raises:
        ArgumentError: both bounds are None.
    """
    if min is None and max is None:
        raise ArgumentError(
            "clamp에는 min이나 max 가운데 하나는 있어야 합니다.",
            "clamp needs at least one of min and max.",
        )
    bounds = [v for v in (min, max) if v is not None]
    dtype = result_dtype(*(operand(as_array(v)) for v in (input, *bounds)))
    low, high = (None if v is None else _alike(dtype, v) for v in (min, max))
    clamped: Tensor = _clamp(_alike(dtype, input), low, high)
    return clamped


clip = clamp

maximum = Binary(
    "maximum",
    np.maximum,
    quiet=True,
    a=lambda g, a, b: where(a < b, 0.0, where(a == b, g / 2, g)),
    b=lambda g, a, b: where(b < a, 0.0, where(a == b, g / 2, g)),
    doc="둘 가운데 큰 값. The larger of two, element by element; ties share the gradient.",
)
minimum = Binary(
    "minimum",
    np.minimum,
    quiet=True,
    a=lambda g, a, b: where(a > b, 0.0, where(a == b, g / 2, g)),
    b=lambda g, a, b: where(b > a, 0.0, where(a == b, g / 2, g)),
    doc="둘 가운데 작은 값. The smaller of two, element by element; ties share the gradient.",
)

# Comparison and logic: the results are bool tensors, which carry no gradient.

eq = Binary("eq", np.equal, quiet=True, doc="같은가. a == b, element by element.")
ne = Binary("ne", np.not_equal, quiet=True, doc="다른가. a != b, element by element.")
lt = Binary("lt", np.less, quiet=True, doc="작은가. a < b, element by element.")
le = Binary("le", np.less_equal, quiet=True, doc="작거나 같은가. a <= b, element by element.")
gt = Binary("gt", np.greater, quiet=True, doc="큰가. a > b, element by element.")
ge = Binary("ge", np.greater_equal, quiet=True, doc="크거나 같은가. a >= b, element by element.")
logical_and: Binary = Binary(
    "logical_and", np.logical_and, quiet=True, doc="그리고. Logical and, element by element."
)
logical_or: Binary = Binary(
    "logical_or", np.logical_or, quiet=True, doc="또는. Logical or, element by element."
)
logical_xor = Binary(
    "logical_xor", np.logical_xor, quiet=True, doc="둘 중 하나만. Exclusive or, element by element."
)
logical_not = Unary("logical_not", np.logical_not, doc="아님. Logical not, element by element.")
bitwise_and = Binary("bitwise_and", np.bitwise_and, doc="비트 그리고. Bitwise and.")
bitwise_or = Binary("bitwise_or", np.bitwise_or, doc="비트 또는. Bitwise or.")
bitwise_xor = Binary("bitwise_xor", np.bitwise_xor, doc="비트 배타적 또는. Bitwise exclusive or.")
bitwise_not = Unary("bitwise_not", np.bitwise_not, doc="비트 아님. Bitwise not.")
isnan = Unary("isnan", np.isnan, doc="nan인가. Whether nan, element by element.")
isinf = Unary("isinf", np.isinf, doc="무한대인가. Whether infinite, element by element.")
isfinite = Unary("isfinite", np.isfinite, doc="유한한가. Whether finite, element by element.")


# Functions of the records, with PyTorch's signatures


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """더하기.

    input + alpha * other.
    """
    return _add(input, other if alpha == 1 else other * alpha)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """빼기.

    input - alpha * other.
    """
    return _sub(input, other if alpha == 1 else other * alpha)


def div(
    input: Any, other: Any, *, rounding_mode: Literal["trunc", "floor"] | None = None
) -> Tensor:
    """나누기.

    input / other; rounded towards zero (``"trunc"``) or down (``"floor"``) if asked.

    Raises:
        ArgumentError: ``rounding_mode`` is none of these.
        DivisionError: integers are rounded, and one is divided by 0.
    """
    if rounding_mode is None:
        return _div(input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise ArgumentError(
            f"rounding_mode는 None, 'trunc', 'floor' 가운데 하나입니다: {rounding_mode!r}.",
            f"rounding_mode is None, 'trunc' or 'floor', not {rounding_mode!r}.",
        )
    return (floor_divide if rounding_mode == "floor" else _trunc_divide)(input, other)


def pow(input: Any, exponent: Any) -> Tensor:
    """거듭제곱.

    input ** exponent.

    Raises:
        ArgumentError: an integer to a negative integer power.
    """
    base, power = as_array(input), as_array(exponent)
    if isinstance(base, np.ndarray) and base.dtype.kind == "f":
        return _pow(input, exponent)
    whole = (isinstance(v, int) or getattr(v, "dtype", None) in INTEGERS for v in (base, power))
    if all(whole) and np.any(np.asarray(power) < 0):
        raise ArgumentError(
            "정수를 음의 정수로 거듭제곱할 수 없습니다. float()로 바꾸어 주세요.",
            "Integers to negative integer powers are not allowed; convert with float().",
        )
    return _pow(input, exponent)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """input과 end 사이를 weight만큼 간 곳.

    Linear interpolation, input + weight * (end - input).
    """
    between: Tensor = input + weight * (end - input)
    return between


def isclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """거의 같은가.

    Whether ``input`` and ``other`` are close, elementwise.
    """
    a, b = as_array(input), as_array(other)
    return wrap(to_ndarray(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)))


def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """모두 거의 같은가.

    Whether all elements are close.
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Any, other: Any) -> bool:
    """형상과 모든 원소가 같은가.

    Whether two tensors have the same shape and the same elements.
    """
    return np.array_equal(as_array(input), as_array(other))
