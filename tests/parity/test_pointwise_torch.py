"""The rarer elementwise functions beside PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from tests.parity import test_core_torch as core
from tests.parity.beside import Drawn, Sample, compare
from tests.parity.test_core_torch import (
    Sampler,
    any_of,
    each,
    moved,
    number,
    one,
    other_of,
    tensors,
    two,
    whole,
)


def wide(x: Any) -> Any:
    """Small integers overflow in PyTorch's gradients, which are computed in their dtype."""
    return x if x.dtype.kind == "f" else x.astype(np.int64)


def inner(low: float, high: float) -> Sampler:
    """Mostly inside a function's domain, now and then at its ends or beyond."""

    def sample(m: Drawn) -> Sample:
        if m.chance(0.3):
            return one(m)
        x = np.asarray(m.rng.uniform(low, high, m.shape()))
        ends = np.where(m.rng.random(x.shape) < 0.1, m.of(low, high, 0.0, 0.5), x)
        return (np.asarray(ends, m.of("float64", "float32")),), {}

    return sample


def numbered(m: Drawn) -> Sample:
    """Two tensors, or a number for either."""
    (a, b), _ = two(m)
    if isinstance(b, float) and math.isnan(b):  # PyTorch takes a tensor of nan, and nan, for two
        b = 2.0
    return ((number(m), a) if m.chance(0.2) else (a, b)), {}


def unsigned(x: Any) -> Any:
    """At -0 some of PyTorch's gradients are inf or -inf as SIMD has it."""
    return np.where(x == 0, x.dtype.type(0), x)


def powered(m: Drawn) -> Sample:
    args, _ = numbered(m)
    return tuple(unsigned(v) if isinstance(v, np.ndarray) else v for v in args), {}


def halves(m: Drawn) -> Sample:
    (x,), _ = one(m)
    if m.chance(0.7):
        return (unsigned(x),), {"eps": None} if m.chance() else {}
    # At nan, and twice at 0 and 1, PyTorch's gradient is nan with eps too; ours is 0 beyond eps.
    x = np.asarray(m.rng.uniform(-0.4, 1.4, x.shape), m.of("float64", "float32"))
    return (x,), {"eps": m.of(0.1, 1e-6)}


def replaced(m: Drawn) -> Sample:
    names = [n for n in ("nan", "posinf", "neginf") if m.chance()]
    x = m.floats(m.shape(), m.of("float64", "float32", "float16"), rare=True)
    return (x if m.chance(0.8) else any_of(m, m.shape()),), {
        n: m.of(1.5, None, -3.0) for n in names
    }


def bound(m: Drawn) -> Sample:
    shape = m.shape()
    return (any_of(m, shape), other_of(m, shape)), {}


def three(m: Drawn) -> Sample:
    shape = m.shape()
    value = {"value": m.of(1, 2, -1, 0.5)} if m.chance() else {}
    a, b, c = (wide(any_of(m, m.broadcastable(shape))) for _ in range(3))
    if len({a.shape, b.shape, c.shape}) > 1:  # is it inf - inf? That depends on what is added first
        a, b, c = (np.where(np.isfinite(v) & (v != 0), v, v.dtype.type(1)) for v in (a, b, c))
    if "value" in value and all(v.dtype.kind != "f" for v in (a, b, c)):
        value = {"value": 2}  # PyTorch cuts a fraction off without a word; we refuse it
    return (a, b, c), value


def stepped(m: Drawn) -> Sample:
    shape = m.shape()
    x = any_of(m, shape)
    v = any_of(m, m.broadcastable(shape))
    with np.errstate(all="ignore"):
        return (x, v if m.chance(0.2) else v.astype(x.dtype)), {}


def scaled(m: Drawn) -> Sample:
    """Where the exponents are integers and below 0, PyTorch's gradient is 0."""
    shape = m.shape()
    powers = m.of(m.floats, lambda shape: m.integers(shape, m.of("int64", "int32"), low=0))
    return (any_of(m, shape), powers(m.broadcastable(shape))), {}


def below(m: Drawn) -> Sample:
    """At -inf PyTorch's gradient is nan, ours infinite."""
    (x,), _ = one(m)
    return (np.where(x == -np.inf, x.dtype.type(0), x),), {}


def angled(m: Drawn) -> Sample:
    (y, x), _ = tensors(m)
    return (wide(y), wide(x)), {}


def turned(m: Drawn) -> Sample:
    """Not at the origin, where PyTorch's second derivatives are nan, ours 0."""
    (y, x), _ = angled(m)
    return (y, np.where(x == 0, x.dtype.type(1), x)), {}


def reduced(m: Drawn) -> Sample:
    x = m.floats(m.shape(1))
    return (x, m.dim(x.ndim)), {}


ONE = """acosh asinh atanh deg2rad rad2deg frac frexp isneginf isposinf isreal signbit erfc exp2
    sinc absolute arccos arccosh arcsin arcsinh arctan arctanh fix negative positive sgn
    special.entr special.expit special.exp2 special.expm1 special.log1p special.sinc special.erf
    special.erfc special.ndtr special.erfcx special.round"""
TENSORS = "hypot logaddexp2 nextafter fmin fmax"
TWO = "fmod copysign true_divide divide multiply greater greater_equal less less_equal not_equal"
SAMPLES: dict[str, Sampler] = {
    **each(ONE, one),
    **each(TENSORS, tensors),
    **each(TWO, two),
    **each("gcd lcm", whole),
    **each("clamp_min clamp_max", bound),
    **each("erfinv special.erfinv", inner(-1, 1)),
    "special.ndtri": inner(0, 1),
    **each("logit special.logit", halves),
    **each("xlogy special.xlogy special.xlog1py", numbered),
    "float_power": powered,
    **each("subtract rsub", moved),
    **each("addcmul addcdiv", three),
    "atan2": turned,
    "arctan2": angled,
    "special.log_ndtr": below,
    "heaviside": stepped,
    "ldexp": scaled,
    "nan_to_num": replaced,
    **each("special.softmax special.log_softmax special.logsumexp", reduced),
}

WHOLE = "of integers or bools too"
HALF = "of float16 too"
NUMBER = "a number may be an operand"
WIDER = {
    **each("frac fix absolute special.round hypot logaddexp2 positive nextafter", WHOLE),
    **each("special.entr special.log_ndtr special.erfcx special.ndtri", HALF),
    **each("gcd lcm", NUMBER),
    "subtract": "a bool among numbers is one of them",
    "rsub": "a bool among numbers is one of them",
    **each("clamp_min clamp_max", "a bound too large for the dtype is infinite"),
    "heaviside": "dtypes promote",
}
#: At 0 PyTorch's second derivative of sinc is nan, ours -π²/3; at the origin that of atan2, ours 0;
#: of div and pow, see the core's.
OPTIONS: dict[str, Any] = each(
    "addcdiv arctan2 divide true_divide float_power sinc special.sinc", {"order": 1}
)


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(
        name, SAMPLES[name], record_property, wider=WIDER.get(name, ""), **OPTIONS.get(name, {})
    )


ALL = {**core.SAMPLES, **SAMPLES, "clip": core.SAMPLES["clamp"]}
WIDER_OF_ALL = {**core.WIDER, **WIDER, "clip": core.WIDER["clamp"]}
IN_PLACE = sorted(name for name in ALL if hasattr(torch.Tensor, f"{name}_"))


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    """The method in place, of a copy: a tensor of float64 where any is of floats."""

    def sample(m: Drawn) -> Sample:
        (x, *others), kwargs = ALL[name](m)
        floats = any(getattr(v, "dtype", np.dtype(bool)).kind == "f" for v in (x, *others))
        return (np.asarray(x, np.float64 if floats else None), *others), kwargs

    def method(x: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(x.clone(), f"{name}_")(*args, **kwargs)

    # Through what is logical PyTorch's gradient in place passes as if nothing had happened.
    logical = {"order": 0} if name.startswith("logical") else {}
    options = {**core.OPTIONS, **OPTIONS}.get(name, logical)
    compare(
        f"Tensor.{name}_", sample, record_property, ours=method, theirs=method, most=200,
        wider=WIDER_OF_ALL.get(name, ""), **options,
    )  # fmt: skip
