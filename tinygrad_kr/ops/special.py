"""특수 함수: erf.

Special functions, of which NumPy has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array, float16, float32
from tinygrad_kr.ops.elementwise import exp
from tinygrad_kr.ops.pointwise import Unary

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


def _polynomial(coefficients: Sequence[float], t: Array) -> Array:
    """Σ cᵢ tⁱ by Horner's rule, in one array."""
    y = np.full_like(t, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        y *= t
        y += c
    return y


def _erf(x: Any) -> Any:
    if x.dtype == float16:
        return _erf(x.astype(float32)).astype(float16)
    size = np.asarray(np.abs(x))
    near = x * _polynomial(_NEAR, np.asarray(np.minimum(size * size, 1)))
    if not (size > 1).any():
        return near
    # At 6 erf is 1 to the last bit; nan passes through.
    s = np.asarray(np.clip(size, 1, 6))
    far = 1 - np.exp(-s * s) * _polynomial(_FAR, np.asarray(9.6 / (s + 2) - 2.2))
    return np.where(size > 1, np.copysign(far, x), near)


erf = Unary(
    "erf",
    _erf,
    floating=True,
    quiet=True,
    x=lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-(x * x)),
    doc="오차 함수. The error function, 2/√π ∫ exp(-t²) dt from 0 to x.",
)
