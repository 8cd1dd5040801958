"""드물게 쓰는 원소마다의 함수.

The rarer functions of elements: a record where NumPy has the function or a gradient at an edge
would be lost, else a line of other operations.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.dtypes import float64, int32
from tinygrad_kr.errors import DTypeError
from tinygrad_kr.ops.arithmetic import add, div, divided, flat, pow, sub, trunc
from tinygrad_kr.ops.comparison import clamp, isnan, logical_or, where
from tinygrad_kr.ops.conversion import alike, cast, clone
from tinygrad_kr.ops.dims import array_of, array_of_kind
from tinygrad_kr.ops.exponential import rsqrt, sigmoid
from tinygrad_kr.ops.more.out import takes_out
from tinygrad_kr.ops.pointwise import Binary, Unary
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.return_types import Frexp

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "acosh", "addcdiv", "addcmul", "asinh", "atan2", "atanh", "clamp_max", "clamp_min", "copysign",
    "deg2rad", "float_power", "fmax", "fmin", "fmod", "frac", "frexp", "gcd", "heaviside", "hypot",
    "isneginf", "isposinf", "isreal", "lcm", "ldexp", "logaddexp2", "nan_to_num", "nextafter",
    "rad2deg", "signbit",
]  # fmt: skip

_real = partial(Unary, floating=True, quiet=True)
_pair = partial(Binary, floating=True, quiet=True)


def _turn(g: Any, a: Any, b: Any) -> Any:
    """g b / (a² + b²), at the origin 0."""
    size = a * a + b * b
    still = size == 0
    return where(still, 0.0, g * b / where(still, 1.0, size))


acosh = _real(
    "acosh", np.arccosh, "아크쌍곡코사인. The inverse hyperbolic cosine.",
    x=lambda g, x: g * rsqrt(x * x - 1),
)  # fmt: skip
asinh = _real(
    "asinh", np.arcsinh, "아크쌍곡사인. The inverse hyperbolic sine.",
    x=lambda g, x: g * rsqrt(x * x + 1),
)  # fmt: skip
atanh = _real(
    "atanh", np.arctanh, "아크쌍곡탄젠트. The inverse hyperbolic tangent.",
    x=lambda g, x: g / (1 - x * x),
)  # fmt: skip
atan2 = _pair(
    "atan2", np.arctan2, "점 (b, a)의 각. The angle of the point (b, a), from -π to π.",
    a=lambda g, a, b: _turn(g, a, b), b=lambda g, a, b: -_turn(g, b, a),
)  # fmt: skip
hypot = _pair(
    "hypot", np.hypot, "√(a² + b²)를 넘침 없이. √(a² + b²), without overflow.",
    a=lambda g, a, y: g * (a / y), b=lambda g, b, y: g * (b / y),
)  # fmt: skip
logaddexp2 = _pair(
    "logaddexp2", np.logaddexp2, "log2(2^a + 2^b)를 넘침 없이. Computed without overflow.",
    a=lambda g, a, b: g * sigmoid((a - b) * math.log(2)),
    b=lambda g, a, b: g * sigmoid((b - a) * math.log(2)),
)  # fmt: skip
copysign = _pair(
    "copysign", np.copysign, "b의 부호를 가진 a. The size of a with the sign of b.",
    a=lambda g, a, y: where(a == 0, 0.0, g * (y / a)), b=flat,
)  # fmt: skip
fmod = Binary(
    "fmod", divided(np.fmod), "나머지. The remainder, with the sign of the dividend.",
    quiet=True, a=lambda g: g, b=lambda g, a, b: -g * div(a, b, rounding_mode="trunc"),
)  # fmt: skip
fmax = Binary(
    "fmax", np.fmax, "nan이 아닌 큰 값. The larger of two, nan aside; of equal ones the first.",
    quiet=True,
    a=lambda g, a, b: where(logical_or(a >= b, b != b), g, 0.0),
    b=lambda g, a, b: where(logical_or(a >= b, b != b), 0.0, g),
)  # fmt: skip
fmin = Binary(
    "fmin", np.fmin, "nan이 아닌 작은 값. The smaller of two, nan aside; of equal ones the first.",
    quiet=True,
    a=lambda g, a, b: where(logical_or(a <= b, b != b), g, 0.0),
    b=lambda g, a, b: where(logical_or(a <= b, b != b), 0.0, g),
)  # fmt: skip
heaviside = Binary(
    "heaviside", lambda a, b: np.where(a == 0, b, np.asarray(a > 0, np.result_type(a, b))),
    "계단 함수, 0에서는 b. The step function: 0 below 0, 1 above, b at 0.",
    a=flat, b=lambda g, a: g * (a == 0),
)  # fmt: skip
nextafter = Binary(
    "nextafter", np.nextafter, "b 쪽으로 다음 수. The next number from a towards b.",
    a=lambda g, a, b: where(a == b, 0.0, g), b=flat,
)  # fmt: skip
gcd = Binary("gcd", np.gcd, "최대공약수. The greatest common divisor.")
lcm = Binary("lcm", np.lcm, "최소공배수. The least common multiple.", quiet=True)
isposinf = Unary("isposinf", lambda x: x == math.inf, "양의 무한대인가. Whether +infinity.")
isneginf = Unary("isneginf", lambda x: x == -math.inf, "음의 무한대인가. Whether -infinity.")
isreal = Unary("isreal", lambda x: np.ones(x.shape, bool), "실수인가. Whether real: all are.")
signbit = Unary(
    "signbit", lambda x: np.signbit(x) if x.dtype.kind == "f" else x < 0,
    "부호 비트. Whether the sign is negative, that of -0 too.",
)  # fmt: skip


deg2rad = _real(
    "deg2rad", np.deg2rad, "도를 라디안으로. Degrees in radians.", x=lambda g: g * (math.pi / 180)
)
rad2deg = _real(
    "rad2deg", np.rad2deg, "라디안을 도로. Radians in degrees.", x=lambda g: g * (180 / math.pi)
)


@takes_out
def ldexp(input: Any, other: Any) -> Tensor:
    """input에 2의 거듭제곱을 곱한다.

    input * 2^other.
    """
    x, power = alike(input, other)
    half = div(
        power, 2, rounding_mode="floor"
    )  # for 2^power may be infinite where x 2^power is not
    product: Tensor = x * pow(2.0, half) * pow(2.0, power - half)
    return product


_frexp: Primitive = Primitive(
    "frexp",
    lambda x: (lambda m, e: (np.asarray(m), np.asarray(e, int32)))(*np.frexp(x)),
    several=True,
    vjp=lambda needs, g, y: (None if g[0] is None else ldexp(g[0], -y[1]),),
)


@takes_out
def frexp(input: Any) -> Frexp:
    """가수 m과 지수 e: input = m 2^e.

    The mantissa, of size 0.5 to 1, and the exponent, an int32: input = m 2^e.

    >>> import tinygrad_kr as tg
    >>> tg.frexp(tg.tensor([6.0, -0.25]))
    torch.return_types.frexp(
    mantissa=tensor([ 0.7500, -0.5000]),
    exponent=tensor([ 3, -1], dtype=torch.int32))

    Raises:
        DTypeError: of integers or bools.
    """
    array_of_kind("f", "frexp", input)
    return return_types.frexp(*_frexp(input))


@takes_out
def frac(input: Any) -> Tensor:
    """소수 부분.

    input - trunc(input), with the sign of ``input``.
    """
    return sub(input, trunc(input))


@takes_out
def float_power(input: Any, exponent: Any) -> Tensor:
    """float64로 거듭제곱.

    input ** exponent, in float64.
    """
    base, power = (cast(v, float64) if hasattr(v, "dtype") else float(v) for v in (input, exponent))
    return pow(base, power)


@takes_out
def clamp_min(input: Any, min: Any) -> Tensor:
    """min보다 작은 값은 min으로.

    What is less than ``min`` is ``min``.
    """
    return clamp(input, min)


@takes_out
def clamp_max(input: Any, max: Any) -> Tensor:
    """max보다 큰 값은 max로.

    What is more than ``max`` is ``max``.
    """
    return clamp(input, None, max)


@takes_out
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """곱을 더하기.

    input + value * tensor1 * tensor2.
    """
    x, a, b = alike(input, tensor1, tensor2)
    return add(x, a * b, alpha=value)


@takes_out
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """몫을 더하기.

    input + value * tensor1 / tensor2.

    Raises:
        DTypeError: both tensors are of integers.
    """
    if all(array_of(t).dtype.kind != "f" for t in (tensor1, tensor2)):
        raise DTypeError(
            "addcdiv는 정수를 정수로 나누지 않습니다. float()로 바꾸어 주세요.",
            "Integer division with addcdiv is not supported; convert with float().",
        )
    x, a, b = alike(input, tensor1, tensor2)
    return add(x, a / b, alpha=value)


@takes_out
def nan_to_num(
    input: Any, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """nan과 무한대를 수로.

    nan as ``nan``, the infinities as ``posinf`` and ``neginf``, by default the dtype's largest and
    smallest numbers.
    """
    dtype = array_of(input).dtype
    if dtype.kind != "f":
        return clone(input)
    most = float(np.finfo(dtype).max)
    finite = where(isneginf(input), -most if neginf is None else neginf, input)
    finite = where(isposinf(input), most if posinf is None else posinf, finite)
    return where(isnan(input), nan or 0.0, finite)
