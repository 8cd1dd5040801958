"""특수 함수: 오차 함수와 정규분포, 엔트로피에 쓰이는 것들.

Special functions: those of the error function, of the normal distribution and of entropies, over
the whole range of float64 to a relative 1e-12. Gamma and Bessel functions are left out.

>>> import tinygrad_kr as tg
>>> tg.special.log_ndtr(tg.tensor([-100.0, 0.0]))
tensor([-5.0055e+03, -6.9315e-01])
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array, float64
from tinygrad_kr.ops.arithmetic import round
from tinygrad_kr.ops.comparison import clamp, logical_and, logical_or, where
from tinygrad_kr.ops.exponential import (
    cos,
    erf,
    error_function,
    exp,
    expm1,
    log,
    log1p,
    polynomial,
    sigmoid,
)
from tinygrad_kr.ops.norms import log_softmax, logsumexp, softmax
from tinygrad_kr.ops.pointwise import Binary, Unary, into

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "log1p", "log_ndtr",
    "log_softmax", "logit", "logsumexp", "ndtr", "ndtri", "round", "sinc", "softmax", "xlog1py",
    "xlogy",
]  # fmt: skip

expit = sigmoid


def _real(name: str, function: Callable[[Array], Array], doc: str, **vjp: Any) -> Unary:
    """A record of a function of float64; other dtypes are computed there and cast back."""

    def exact(x: Any) -> Any:
        return function(x.astype(float64, copy=False)).astype(x.dtype, copy=False)

    return Unary(name, exact, doc, floating=True, quiet=True, **vjp)


exp2 = Unary(
    "exp2", np.exp2, "2의 거듭제곱. 2 to the power of x.", floating=True, quiet=True,
    x=lambda g, y: g * y * math.log(2),
)  # fmt: skip


# The complement of the error function

# (1 + 2x) exp(x²) erfc(x) on [0, ∞) as powers of 1 - 7.5 / (x + 3.75), which runs from -1 to 1
# there: Chebyshev interpolation in 60 digits.
_TAIL = (
    1.2375126308378275,
    -0.14024059858554522,
    0.0035854154854663067,
    0.08227673848999159,
    -0.10880393014193915,
    0.09230432116435616,
    -0.058693398584491845,
    0.028362277371370044,
    -0.00974657962081509,
    0.0017556261692276722,
    0.00029371408777227685,
    -0.0002901553656394713,
    5.164737123871838e-05,
    2.238759272534769e-05,
    -1.143961526007595e-05,
    -9.79297529099823e-07,
    1.7438577411359181e-06,
    -5.0816911811698186e-08,
    -2.4996538037405243e-07,
    1.8778501156468795e-08,
    3.256499083798513e-08,
    -1.952790162974837e-09,
    -2.7293941332533855e-09,
)


def _scaled(x: Any) -> Any:
    """exp(x²) erfc(x) for x >= 0."""
    return polynomial(_TAIL, np.asarray(1 - 7.5 / (x + 3.75))) / (1 + 2 * x)


def _erfcx(x: Any) -> Any:
    tail = _scaled(np.abs(x))
    return np.where(x < 0, 2 * np.exp(x * x) - tail, tail)


def _erfc(x: Any) -> Any:
    tail = np.exp(-x * x) * _scaled(np.abs(x))
    return np.where(x < 0, 2 - tail, tail)


erfc = _real(
    "erfc", _erfc, "1 - erf(x), 정확하게. 1 - erf(x), accurate for large x too.",
    x=lambda g, x: g * (-2 / math.sqrt(math.pi)) * exp(-(x * x)),
)  # fmt: skip
erfcx: Unary = _real(
    "erfcx", _erfcx, "exp(x²) erfc(x)를 넘침 없이. exp(x²) erfc(x), without underflow.",
    x=lambda g, x, y: g * (2 * x * y - 2 / math.sqrt(math.pi)),
)  # fmt: skip


def _inverse(y: Any, c: Any) -> Any:
    """x >= 0 of erf(x) = y and erfc(x) = c = 1 - y, by Newton's method: for erf below 1/2, and
    above for the logarithm of erfc, both from within 1 % (there Winitzki's approximation)."""
    half = math.sqrt(math.pi) / 2
    small = np.minimum(y, 0.5)
    near = half * small * (1 + math.pi / 12 * small * small)
    logarithm = np.log(c * (1 + y))
    k = 2 / (math.pi * 0.147) + logarithm / 2
    far = np.sqrt(np.sqrt(k * k - logarithm / 0.147) - k)
    for _ in range(3):
        near = near - (error_function(near) - small) * half * np.exp(near * near)
        scaled = _scaled(far)
        far = far + (np.log(scaled) - far * far - np.log(c)) * half * scaled
    return np.where(y < 0.5, near, np.where(c == 0, np.inf, far))


def _erfinv(x: Any) -> Any:
    size = np.abs(x)
    return np.copysign(_inverse(size, 1 - size), x)


def _ndtri(p: Any) -> Any:
    q = np.minimum(p, 1 - p)
    return np.copysign(math.sqrt(2) * _inverse(1 - 2 * q, 2 * q), p - 0.5)


def _log_ndtr(x: Any) -> Any:
    z = x / math.sqrt(2)
    return np.where(x < -1, np.log(_erfcx(-z) / 2) - z * z, np.log1p(-_erfc(z) / 2))


erfinv = _real(
    "erfinv", _erfinv, "erf의 역함수. The inverse of erf.",
    x=lambda g, y: g * (math.sqrt(math.pi) / 2) * exp(y * y),
)  # fmt: skip
ndtr = _real(
    "ndtr", lambda x: _erfc(-x / math.sqrt(2)) / 2,
    "표준정규분포의 누적분포함수. The cumulative distribution function of the standard normal.",
    x=lambda g, x: g * exp(-(x * x) / 2) / math.sqrt(2 * math.pi),
)  # fmt: skip
ndtri = _real(
    "ndtri", _ndtri, "ndtr의 역함수. The inverse of ndtr, the quantiles of the standard normal.",
    x=lambda g, y: g * exp(y * y / 2) * math.sqrt(2 * math.pi),
)  # fmt: skip
log_ndtr = _real(
    "log_ndtr", _log_ndtr, "log(ndtr(x))를 넘침 없이. log(ndtr(x)), for very negative x too.",
    x=lambda g, x: g * math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5)),
)  # fmt: skip


# Products with a logarithm, which are 0 where the factor is


def _product(logarithm: Any) -> Callable[[Any, Any], Any]:
    def times(a: Any, b: Any) -> Any:
        y = a * logarithm(np.asarray(b, np.result_type(a, b)))
        return np.where((a == 0) & ~np.isnan(b), 0, y)

    return times


xlogy: Binary = Binary(
    "xlogy", _product(np.log), "a log(b), a가 0이면 0. a log(b), 0 where a is.",
    floating=True, quiet=True,
    a=lambda g, a, b: where(logical_and(a == 0, b <= 0), 0.0, xlogy(g, b)),
    b=lambda g, a, b: g * a / b,
)  # fmt: skip
xlog1py: Binary = Binary(
    "xlog1py", _product(np.log1p), "a log(1 + b), a가 0이면 0. a log(1 + b), 0 where a is.",
    floating=True, quiet=True,
    a=lambda g, a, b: where(logical_and(a == 0, b <= -1), 0.0, xlog1py(g, b)),
    b=lambda g, a, b: g * a / (b + 1),
)  # fmt: skip
entr = _real(
    "entr", lambda x: np.where(x < 0, -np.inf, -_product(np.log)(x, x)),
    "-x log(x), 엔트로피의 항. -x log(x), a term of the entropy; 0 at 0.",
    x=lambda g, x: -g * (1 + log(x)),
)  # fmt: skip
_logit = _real(
    "logit", lambda x: np.log(x / (1 - x)), "시그모이드의 역함수. The inverse of the sigmoid.",
    x=lambda g, x: where(logical_or(x < 0, x > 1), math.nan, g / (x * (1 - x))),
)  # fmt: skip


def logit(input: Any, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """시그모이드의 역함수, log(x / (1 - x)).

    The inverse of the sigmoid, of ``input`` held within ``eps`` and 1 - ``eps`` if given.
    """
    if out is not None:
        return into(out, logit, input, eps)  # type: ignore[no-any-return]
    return _logit(input if eps is None else clamp(input, eps, 1 - eps))


def _sinc(x: Any) -> Any:
    return np.where(x == 0, 1, np.sin(math.pi * x) / (math.pi * x))


sinc = _real(
    "sinc", _sinc, "sin(πx) / (πx), 0에서는 1. The cardinal sine, sin(πx) / (πx), 1 at 0.",
    x=lambda g, x, y: g * where(  # the first term of the series at 0, for the second derivative
        x == 0, -math.pi**2 / 3 * x, (cos(math.pi * x) - y) / where(x == 0, 1.0, x)
    ),
)  # fmt: skip
