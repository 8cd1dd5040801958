"""지수, 로그, 거듭제곱근, 삼각함수, 시그모이드, erf.

Exponentials, logarithms, roots, trigonometry and sigmoids: a line or two each, NumPy's function and
its VJP.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array, float16, float32
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.pointwise import Binary, Unary
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

# Integers become floats; what lies outside the domain is nan or an infinity, without a warning.
_real = partial(Unary, floating=True, quiet=True)

exp = _real("exp", np.exp, "지수. e to the power of x.", x=lambda g, y: g * y)
expm1 = _real(
    "expm1", np.expm1, "정확한 exp(x) - 1. Accurate near 0 too.", x=lambda g, y: g * (y + 1)
)
log = _real("log", np.log, "자연로그. The natural logarithm.", x=lambda g, x: g / x)
log1p = _real(
    "log1p", np.log1p, "정확한 log(1 + x). Accurate near 0 too.", x=lambda g, x: g / (x + 1)
)
log2 = _real(
    "log2", np.log2, "밑이 2인 로그. The logarithm to base 2.", x=lambda g, x: g / (x * math.log(2))
)
log10 = _real(
    "log10", np.log10, "상용로그. The logarithm to base 10.", x=lambda g, x: g / (x * math.log(10))
)
logaddexp = Binary(
    "logaddexp",
    np.logaddexp,
    "log(exp(a) + exp(b))를 넘침 없이. Computed without overflow.",
    floating=True,
    quiet=True,
    a=lambda g, a, b: g * sigmoid(a - b),
    b=lambda g, a, b: g * sigmoid(b - a),
)
sqrt = _real("sqrt", np.sqrt, "제곱근. The square root.", x=lambda g, y: g / (2 * y))
rsqrt = _real(
    "rsqrt", lambda x: 1 / np.sqrt(x), "제곱근의 역수. The inverse of the square root.",
    x=lambda g, y: -0.5 * g * y * y * y,
)  # fmt: skip

sin: Unary = _real("sin", np.sin, "사인. The sine.", x=lambda g, x: g * cos(x))
cos: Unary = _real("cos", np.cos, "코사인. The cosine.", x=lambda g, x: -g * sin(x))
tan = _real("tan", np.tan, "탄젠트. The tangent.", x=lambda g, y: g * (1 + y * y))
sinh: Unary = _real("sinh", np.sinh, "쌍곡사인. The hyperbolic sine.", x=lambda g, x: g * cosh(x))
cosh: Unary = _real(
    "cosh", np.cosh, "쌍곡코사인. The hyperbolic cosine.", x=lambda g, x: g * sinh(x)
)
tanh = Unary(
    "tanh", np.tanh, "쌍곡탄젠트. The hyperbolic tangent.", floating=True,
    x=lambda g, y: g * (1 - y * y),
)  # fmt: skip
asin = _real("asin", np.arcsin, "아크사인. The inverse sine.", x=lambda g, x: g * rsqrt(1 - x * x))
acos = _real(
    "acos", np.arccos, "아크코사인. The inverse cosine.", x=lambda g, x: -g * rsqrt(1 - x * x)
)
atan = _real("atan", np.arctan, "아크탄젠트. The inverse tangent.", x=lambda g, x: g / (x * x + 1))


def _sigmoid(x: Array) -> Any:
    # exp(-x) is infinite only where the sigmoid is below all normal numbers, but for float16.
    if x.dtype == float16:
        return _sigmoid(x.astype(float32)).astype(float16)
    return 1 / (1 + np.exp(-x))


sigmoid: Unary = _real(
    "sigmoid", _sigmoid, "시그모이드. The sigmoid, without overflow.",
    x=lambda g, y: g * y * (1 - y),
)  # fmt: skip


def _gate(x: Array, by: Array) -> Any:
    # x where by != 0, else 0, as a product of whole numbers, the bits of x times 1 or 0: so ∞ and
    # nan are shut out too, and np.where takes ten times as long.
    bits: Any = _BITS[x.itemsize]
    gated: Any = np.asarray(by != 0).astype(bits)
    gated *= x.view(bits)
    return gated.view(x.dtype)


_BITS = {2: np.dtype(np.int16), 4: np.dtype(np.int32), 8: np.dtype(np.int64)}
_passed: Primitive = Primitive("gate", _gate, x=lambda g, by: _passed(g, by))


def _relu(x: Array) -> Any:
    # Against as many zeros: against a single one np.maximum takes twice as long.
    zeros = np.zeros(x.shape, x.dtype)
    return np.maximum(x, zeros, out=zeros)


relu = Unary(
    "relu", _relu,
    "음수는 0으로(ReLU). The gradient at 0 is 0.",
    x=lambda g, y: _gate(g, y) if type(g) is np.ndarray else _passed(g, y),
)  # fmt: skip


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """매끄러운 ReLU.

    log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
    """
    scaled = input * beta
    return where(scaled > threshold, input, logaddexp(scaled, 0.0) / beta)


# The error function, which NumPy has not

# Chebyshev interpolation in 50 digits, written as powers: erf(x) / x of x² on [0, 1], and
# erfc(x) exp(x²) on [1, 6] of 9.6 / (x + 2) − 2.2, which runs from 1 to −1 there.
_NEAR = (
    1.1283791670955126, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777,
    0.0052239776071164225, -0.0008548325975389692, 0.00012055294904839707,
    -1.492473690741966e-05, 1.6447424703317362e-06, -1.6208483801871705e-07,
    1.3720064546777686e-08, -7.795898827002142e-10,
)  # fmt: skip
_FAR = (
    0.22142954022993183, 0.16189356804102498, 0.03856057042517875, 0.005588816281840148,
    0.00019713917780504528, -8.079220427446309e-05, -7.3405185545281365e-06,
    1.9795619117948376e-06, 1.6350179331888476e-07, -7.00535615043276e-08,
    -5.937642934649013e-10, 2.6248030731791732e-09, -2.6260417449824267e-10,
    -7.45510449620631e-11, 1.8386753405993422e-11, 4.4133850329466983e-13,
)  # fmt: skip


def polynomial(coefficients: Sequence[float], t: Array) -> Array:
    """다항식 Σ cᵢ tⁱ.

    A polynomial by Horner's rule, in one array.
    """
    y = np.full_like(t, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        y *= t
        y += c
    return y


def error_function(x: Any) -> Any:
    """배열의 오차 함수.

    The error function of an array.
    """
    if x.dtype == float16:
        return error_function(x.astype(float32)).astype(float16)
    size = np.asarray(np.abs(x))
    near = x * polynomial(_NEAR, np.asarray(np.minimum(size * size, 1)))
    if not (size > 1).any():
        return near
    # At 6 erf is 1 to the last bit; nan passes through.
    s = np.asarray(np.clip(size, 1, 6))
    far = 1 - np.exp(-s * s) * polynomial(_FAR, np.asarray(9.6 / (s + 2) - 2.2))
    return np.where(size > 1, np.copysign(far, x), near)


erf = _real(
    "erf", error_function, "오차 함수. The error function, 2/√π ∫ exp(-t²) dt from 0 to x.",
    x=lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-(x * x)),
)  # fmt: skip
