"""The core's elementwise functions beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Drawn, Sample, compare

INTEGERS = "int64", "int64", "int32", "int16", "int8", "uint8"
Sampler = Callable[[Drawn], Sample]


def any_of(m: Drawn, shape: tuple[int, ...]) -> Any:
    """Of any dtype, float16 and the small integers too; whole floats and ties are frequent."""
    if m.chance(0.1):
        return m.floats(shape, "float16")
    return m.integers(shape, m.of("int8", "int16")) if m.chance(0.1) else m.array(shape)


def number(m: Drawn) -> Any:
    return m.of(0, 1, 2, -1, 3, 0.5, -1.5, 2.0, True, 1e300, float("inf"), float("nan"))


def other_of(m: Drawn, shape: tuple[int, ...]) -> Any:
    """A second operand: a tensor that broadcasts, a number, or a shape that does not fit."""
    if m.chance(0.2):
        return number(m)
    return any_of(m, (7, *shape) if m.chance(0.05) else m.broadcastable(shape))


def one(m: Drawn) -> Sample:
    return (any_of(m, m.shape()),), {}


def two(m: Drawn) -> Sample:
    shape = m.shape()
    return (any_of(m, shape), other_of(m, shape)), {}


def tensors(m: Drawn) -> Sample:
    shape = m.shape()
    return (any_of(m, shape), any_of(m, m.broadcastable(shape))), {}


def whole(m: Drawn) -> Sample:
    """Integers and bools, floats rarely."""
    shape = m.shape()

    def some(shape: tuple[int, ...]) -> Any:
        if m.chance(0.05):
            return m.floats(shape)
        return m.bools(shape) if m.chance(0.2) else m.integers(shape, m.of(*INTEGERS), high=70)

    return (some(shape), m.of(some(m.broadcastable(shape)), m.of(1, 3, True))), {}


def close(m: Drawn) -> Sample:
    x = m.array(m.shape())
    shift = m.of(0, 1e-9, 1e-6, 1.0)
    y = x if x.dtype.kind != "f" else np.asarray(x + x.dtype.type(shift))
    named = {
        k: v
        for k, v in {"rtol": m.of(0, 1e-3), "atol": m.of(0, 1e-7), "equal_nan": m.chance()}.items()
        if m.chance()
    }
    return (x, y), named


def moved(m: Drawn) -> Sample:
    args, kwargs = two(m)
    return args, kwargs | ({"alpha": m.of(1, 2, -1, 0.5, True)} if m.chance() else {})


def divided(m: Drawn) -> Sample:
    args, _ = two(m)
    return args, {"rounding_mode": m.of(None, "floor", "trunc", "up" if m.chance(0.2) else "floor")}


def rounded(m: Drawn) -> Sample:
    return (any_of(m, m.shape()),), m.of({}, {"decimals": m.of(0, 1, 3, -1)})


def held(m: Drawn) -> Sample:
    shape = m.shape()
    kind = m.of("number", "tensor")
    bounds = [
        None
        if m.chance(0.2)
        else number(m)
        if kind == "number"
        else any_of(m, m.broadcastable(shape))
        for _ in range(2)
    ]
    return (any_of(m, shape), *bounds), {}


def lerped(m: Drawn) -> Sample:
    shape, dtype = m.shape(), m.of("float64", "float64", "float32", "int64")
    dtypes = [m.of("float32", "float64") if m.chance(0.05) else dtype for _ in range(3)]
    a, b, w = (
        m.floats(m.broadcastable(shape) if i else shape, d)
        if d != "int64"
        else m.integers(m.broadcastable(shape), d)
        for i, d in enumerate(dtypes)
    )
    return (a, b, number(m) if m.chance() else w), {}


def chosen(m: Drawn) -> Sample:
    shape = m.shape()
    condition = m.bools(m.broadcastable(shape))
    if m.chance(0.1):
        condition = condition.astype(m.of("uint8", "int64", "float32"))
    return (condition, other_of(m, shape), other_of(m, shape)), {}


ONE = """abs acos asin atan ceil cos cosh erf exp expm1 floor isfinite isinf isnan log log10 log1p
    log2 logical_not neg reciprocal relu rsqrt sigmoid sign sin sinh sqrt square tan tanh trunc
    bitwise_not"""
TWO = "eq ne lt le gt ge mul pow remainder floor_divide"
TENSORS = "logaddexp maximum minimum logical_and logical_or logical_xor"
BITS = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift"


def each(names: str, value: Any) -> dict[str, Any]:
    return dict.fromkeys(names.split(), value)


SAMPLES: dict[str, Sampler] = {
    **each(ONE, one),
    **each(TWO, two),
    **each(TENSORS, tensors),
    **each(BITS, whole),
    **each("isclose allclose", close),
    "equal": tensors,
    "add": moved,
    "sub": moved,
    "div": divided,
    "round": rounded,
    "clamp": held,
    "lerp": lerped,
    "where": chosen,
    "sum": lambda m: ((x := m.array(m.shape(1)), m.dim(x.ndim)), {"keepdim": m.chance()}),
}

WHOLE = "of integers or bools too"
WIDER = {
    **each("abs ceil floor relu round trunc logaddexp", WHOLE),
    "sub": "a bool among numbers is one of them",
    "clamp": "a bound too large for the dtype is infinite",
    "pow": "a number too large for the dtype is infinite",
    **each("bitwise_left_shift bitwise_right_shift", "of two bools too"),
    "lerp": "of integers too, and of tensors that promote",
    "where": "a number too large for the dtype is infinite",
}
#: At a base of 0 or less, or at exponent 0, second derivatives of PyTorch's are masked; over 0 they
#: are nan where ours are infinite.
OPTIONS: dict[str, Any] = each("div pow", {"order": 1})


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(
        name, SAMPLES[name], record_property, wider=WIDER.get(name, ""), **OPTIONS.get(name, {})
    )
