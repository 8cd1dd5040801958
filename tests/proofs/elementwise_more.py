"""The records of the rarer functions of elements, and of the special functions."""

from __future__ import annotations

import cmath
import math
import operator
from operator import attrgetter
from statistics import NormalDist
from typing import Any

import numpy as np

import tinygrad_kr as tg
from tests.proofs.domains import ANY, NONZERO, POSITIVE, between, either, fixed, operands
from tests.proofs.elementwise import QUOTIENT, UNTIED, Meaning, each, means
from tinygrad_kr.errors import ArgumentError, DivisionError, DTypeError, ShapeError
from tinygrad_kr.testing import OpRecord, call

NORMAL = NormalDist()
INNER = between(-0.875, 0.875)
SHARE = between(0.0625, 0.9375)


def erfcx(v: float) -> float:
    return math.erfc(v) * math.exp(v * v)


def erfinv(v: float) -> float:
    return NORMAL.inv_cdf((1 + v) / 2) / math.sqrt(2)


def sinc(v: Any) -> Any:
    return cmath.sin(math.pi * v) / (math.pi * v)


MEANINGS: dict[str, Meaning] = {
    "acosh": means(cmath.acosh, between(1.125, 3)),
    "asinh": means(cmath.asinh, ANY, composed=lambda x: tg.log(x + tg.sqrt(x * x + 1))),
    "atanh": means(cmath.atanh, INNER, composed=lambda x: tg.log((1 + x) / (1 - x)) / 2),
    "atan2": means(math.atan2, POSITIVE, ANY, analytic=False),
    "copysign": means(math.copysign, NONZERO, NONZERO, analytic=False),
    "deg2rad": means(lambda v: v * (math.pi / 180), ANY),
    "rad2deg": means(lambda v: v * (180 / math.pi), ANY),
    "exp2": means(lambda v: 2**v, ANY),
    "fmax": means(max, *UNTIED, analytic=False),
    "fmin": means(min, *UNTIED, analytic=False),
    "fmod": means(math.fmod, *QUOTIENT, analytic=False),
    "frac": means(lambda v: math.fmod(v, 1), between(-2, 2, -1, 0, 1), analytic=False),
    "heaviside": means(lambda v, w: v > 0, NONZERO, ANY, analytic=False),
    "hypot": means(lambda v, w: cmath.sqrt(v * v + w * w), POSITIVE, ANY),
    "ldexp": means(lambda v, w: v * 2**w, ANY, ANY),
    "logaddexp2": means(lambda v, w: cmath.log(2**v + 2**w) / math.log(2), ANY, ANY),
    "nextafter": means(math.nextafter, *UNTIED, analytic=False),
    "rsub": means(lambda v, w: w - v, ANY, ANY),
    "special.entr": means(lambda v: -v * cmath.log(v), POSITIVE),
    "special.erfc": means(math.erfc, between(-2, 4), analytic=False),
    "special.erfcx": means(erfcx, ANY, analytic=False),
    "special.erfinv": means(erfinv, INNER, analytic=False),
    "special.log_ndtr": means(lambda v: math.log(NORMAL.cdf(v)), ANY, analytic=False),
    "special.logit": means(
        lambda v: cmath.log(v / (1 - v)), SHARE, composed=lambda x: tg.log(x) - tg.log(1 - x)
    ),
    "special.ndtr": means(NORMAL.cdf, ANY, analytic=False),
    "special.ndtri": means(NORMAL.inv_cdf, SHARE, analytic=False),
    "special.sinc": means(sinc, NONZERO),
    "special.xlog1py": means(lambda v, w: v * cmath.log(1 + w), ANY, between(-0.75, 2)),
    "special.xlogy": means(lambda v, w: v * cmath.log(w), ANY, POSITIVE),
}

THREE, TWO = tg.ones(3), tg.ones(2)
INTEGER = tg.tensor([2, 0])
ERRORS: dict[str, Any] = {
    "atan2": ((ShapeError, call(THREE, TWO)), (ArgumentError, call(TWO, "1"))),
    "fmod": ((DivisionError, call(INTEGER, INTEGER)),),
    "ldexp": ((ShapeError, call(THREE, TWO)),),
}


def mixed(f: Any) -> Any:
    """A product or a quotient of the last two, added to the first."""
    return lambda x, a, b, value=1: x + value * f(a, b)


RECORDS: list[OpRecord] = [
    *(
        OpRecord(
            name, attrgetter(name)(tg), each(m.of), operands(*m.domains), composed=m.composed,
            analytic=m.analytic, errors=ERRORS.get(name, ()),
        )
        for name, m in MEANINGS.items()
    ),
    OpRecord(
        "addcmul", tg.addcmul, mixed(operator.mul), operands(ANY, ANY, ANY, value=fixed(1, -0.5)),
        analytic=True, errors=((DTypeError, call(INTEGER, INTEGER, INTEGER, value=0.5)),),
    ),
    OpRecord(
        "addcdiv", tg.addcdiv, mixed(operator.truediv),
        operands(ANY, ANY, NONZERO, value=fixed(1, -0.5)), analytic=True,
        errors=((DTypeError, call(TWO, INTEGER, INTEGER)),),
    ),
    OpRecord(
        "clamp_min", lambda x, low: tg.clamp_min(x, low).clamp_max(1 - low),
        lambda x, low: np.minimum(np.maximum(x, low), 1 - low),
        operands(UNTIED[0], between(-0.625, -0.375)),
    ),
    OpRecord(
        "frexp", lambda x: tg.frexp(x).mantissa, lambda x: np.frexp(x)[0],
        operands(either(between(1.125, 1.875), between(-3.75, -2.25))),
        errors=((DTypeError, call(INTEGER)),),
    ),
    OpRecord(
        "nan_to_num",
        lambda x, bad: tg.nan_to_num(tg.where(x > 0.5, bad, x), 0.25, 2, -2),
        lambda x, bad: np.where(x > 0.5, 0.25 if math.isnan(bad) else np.clip(bad, -2, 2), x),
        operands(between(-2, 2, 0.5), fixed(math.nan, math.inf, -math.inf)),
    ),
    OpRecord(  # there and back: its result is of float64
        "float_power", lambda a, b: tg.float_power(a, b).to(a.dtype), each(operator.pow),
        operands(POSITIVE, ANY), analytic=True,
    ),
    OpRecord(
        "logit.eps", tg.logit,
        lambda x, eps: (lambda v: np.log(v / (1 - v)))(np.clip(x, eps, 1 - eps)),
        operands(between(0.0625, 0.9375, 0.25, 0.75), eps=fixed(0.25)),
    ),
]  # fmt: skip
