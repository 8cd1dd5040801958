"""Numerical gradients: right wherever they claim to be, and honest about where they are not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr.errors import DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.testing import NumericalGradient, gradcheck, numerical_gradient
from tinygrad_kr.testing.numerical import slope

Number = Callable[[float], float]


def at(f: Number, x: float) -> tuple[float, float]:
    """The derivative of ``f`` at ``x`` and its stated error."""
    with np.errstate(all="ignore"):
        found = numerical_gradient(f, np.array(x))
    return float(found.gradient), float(found.error)


def sides(f: Number, x: float) -> tuple[bool, float, float]:
    """Whether ``x`` is said to be a kink, and the slopes of its two sides."""
    with np.errstate(all="ignore"):
        found = slope(lambda t: np.array([f(x + t)]))
    return bool(found.kink[0]), float(found.left[0]), float(found.right[0])


def family(a: float, w: float, offset: float) -> dict[str, tuple[Number, Number]]:
    """Functions and their derivatives: flat and steep, oscillating, cancelling."""
    return {
        "constant": (lambda x: offset + 0 * x, lambda x: 0.0),
        "wave": (lambda x: offset + np.sin(w * x + a), lambda x: w * math.cos(w * x + a)),
        "power": (lambda x: a * x**5 + w * x * x, lambda x: 5 * a * x**4 + 2 * w * x),
        "exp": (lambda x: np.exp(a * x), lambda x: a * math.exp(a * x)),
        "bell": (
            lambda x: np.exp(-w * (x - a) ** 2),
            lambda x: -2 * w * (x - a) * math.exp(-w * (x - a) ** 2),
        ),
        "step": (
            lambda x: np.tanh(w * (x - a)),
            lambda x: w / math.cosh(min(abs(w * (x - a)), 300)) ** 2,
        ),
        "ratio": (
            lambda x: (x - a) / (1 + w * x * x),
            lambda x: (1 + w * x * x - (x - a) * 2 * w * x) / (1 + w * x * x) ** 2,
        ),
        "resonant": (
            lambda x: np.sin(512 * np.pi * x),
            lambda x: 512 * np.pi * math.cos(512 * np.pi * x),
        ),
    }


NAMES = sorted(family(0, 0, 0))
signs = st.sampled_from([-1.0, 1.0])


@given(
    name=st.sampled_from(NAMES),
    a=st.floats(-3, 3),
    logs=st.tuples(st.floats(-2, 3), st.floats(-8, 8), st.floats(-8, 2), st.floats(0, 6)),
    sign=signs,
)
def test_the_true_error_is_within_the_stated_one(
    name: str, a: float, logs: tuple[float, ...], sign: float
) -> None:
    width, size, x, offset = (10.0**log for log in logs)
    f, derivative = family(a, width, offset)[name]
    x *= sign
    found, error = at(lambda t: size * f(t), x)
    true = size * derivative(x)
    # The derivative of the oracle is itself rounded, and at most the argument of its wave more so.
    assert abs(found - true) <= error + 1e-13 * abs(true) + size * width**2 * abs(x) * 1e-15


def test_no_period_fits_every_step() -> None:
    """Steps that shrink by a whole number may all span almost whole periods, and agree on 0."""
    x = 175.9817786711547
    found, error = at(lambda t: 1e-5 * np.sin(512 * np.pi * t), x)
    assert abs(found - 1e-5 * 512 * math.pi * math.cos(512 * math.pi * x)) <= error


@given(
    f=st.sampled_from([np.sin, np.exp, np.tanh, lambda x: x**3, lambda x: 1 / (3 + x)]),
    x=st.floats(-2, 2),
    size=st.floats(-8, 8).map(lambda log: 10.0**log),
)
def test_the_stated_error_is_small_for_tame_functions(f: Number, x: float, size: float) -> None:
    _, error = at(lambda t: size * f(t), x)
    assert error <= 1e-8 * max(1.0, size * 10)


@pytest.mark.parametrize("x", [10.0**k for k in range(-8, 9)])
def test_magnitudes_of_x(x: float) -> None:
    for f, true in [
        (lambda t: t**2, 2 * x),
        (lambda t: t**3, 3 * x * x),
        (lambda t: 1e8 * t, 1e8),
        (lambda t: 1e-8 * t, 1e-8),
        (lambda t: np.log1p(t), 1 / (1 + x)),
    ]:
        found, error = at(f, x)
        assert found == pytest.approx(true, rel=1e-7, abs=1e-9)
        assert abs(found - true) <= error


@pytest.mark.parametrize("x", [-1.0, 0.0, 0.3, 2.0, 10.0])
def test_a_steep_exponential(x: float) -> None:
    found, error = at(lambda t: np.exp(50 * t), x)
    assert found == pytest.approx(50 * math.exp(50 * x), rel=1e-6, abs=1e-9)
    assert abs(found - 50 * math.exp(50 * x)) <= error


BORDERS: list[tuple[Number, Number]] = [
    (np.log, lambda x: 1 / x),
    (np.sqrt, lambda x: 0.5 / math.sqrt(x)),
    (lambda x: np.arcsin(1 - x), lambda x: -1 / math.sqrt(x * (2 - x))),
    (lambda x: np.arccosh(1 + x), lambda x: 1 / math.sqrt(x * (2 + x))),
    (lambda x: 1 / x, lambda x: -1 / x**2),
]


@pytest.mark.parametrize("number", range(len(BORDERS)))
@pytest.mark.parametrize("distance", [1.0, 1e-1, 1e-2, 1e-3, 1e-4])
def test_near_a_border_of_the_domain(number: int, distance: float) -> None:
    f, derivative = BORDERS[number]
    found, error = at(f, distance)
    true = derivative(distance)
    assert abs(found - true) <= error + 1e-12 * abs(true)
    assert error <= 1e-4 * abs(true)


def test_at_a_border_of_the_domain_the_inner_side_counts() -> None:
    assert sides(lambda x: x * np.sqrt(x), 0.0)[0]
    found, _ = at(lambda x: np.sqrt(x) ** 3 + x, 0.0)
    assert found == pytest.approx(1.0, abs=1e-3)
    kink, left, right = sides(np.sqrt, 0.0)
    assert kink
    assert math.isnan(left)
    assert right == math.inf


@pytest.mark.parametrize("x", [0.0, 1.0, -3.25, 1e-3, 1e4])
@pytest.mark.parametrize(("left", "right"), [(0.0, 1.0), (-1.0, 1.0), (0.01, 1.0), (3.0, -2.0)])
def test_both_slopes_at_a_kink(x: float, left: float, right: float) -> None:
    def f(t: float) -> float:
        return math.sin(t) + (left if t < x else right) * (t - x)

    kink, below, above = sides(f, x)
    assert kink
    assert below == pytest.approx(math.cos(x) + left, abs=1e-6)
    assert above == pytest.approx(math.cos(x) + right, abs=1e-6)
    found, error = at(lambda t: f(float(t)), x)
    assert found == pytest.approx(math.cos(x) + (left + right) / 2, abs=1e-6)
    assert error == pytest.approx(abs(right - left) / 2, abs=1e-6)


@pytest.mark.parametrize("distance", [0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_kink_near_by_disturbs_nothing(distance: float, side: int) -> None:
    def f(t: float) -> float:
        return math.exp(t) + abs(t - 0.5)

    x = 0.5 + side * distance
    found, error = at(lambda t: f(float(t)), x)
    true = math.exp(x) + side
    assert abs(found - true) <= error
    assert error <= 1e-3
    assert not sides(f, x)[0]


@pytest.mark.parametrize(
    "f", [lambda x: np.heaviside(x, 0.5), lambda x: np.sign(x) + x, lambda x: np.floor(x)]
)
def test_nothing_is_asked_beyond_a_jump(f: Number) -> None:
    _, left, right = sides(f, 0.0)
    assert math.isnan(left)
    assert right == 0 if f(0.0) == f(1e-12) else math.isnan(right)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.exp(np.float32(x)).astype(np.float64),
        lambda x: np.round(np.sin(x), 6),
        lambda x: np.sin(np.round(x, 5)),
    ],
)
def test_float32_and_tables_inside_are_unsure_and_no_kink(f: Number) -> None:
    """A staircase has no derivative to trust, and no two slopes either."""
    for x in (0.1234567, 0.3, 1.7, -0.7654321):
        assert not sides(f, x)[0]
        assert at(f, x)[1] > 1e-6


def test_float32_inside_is_told_apart_from_a_wrong_gradient() -> None:
    x = tg.tensor([0.3, 1.7], dtype=tg.float64, requires_grad=True)
    with pytest.raises(tg.testing.GradcheckError, match="cannot be trusted"):
        gradcheck(lambda x: (x.float() * 1.1).exp().double(), x)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (3,), (2, 3), (2, 1, 2)])
def test_shapes(shape: tuple[int, ...]) -> None:
    x = np.linspace(-1, 1, math.prod(shape)).reshape(shape)
    found = numerical_gradient(lambda x: (np.sin(x) * x).sum(), x)
    assert isinstance(found, NumericalGradient)
    assert found.gradient.shape == found.error.shape == shape
    np.testing.assert_allclose(found.gradient, np.cos(x) * x + np.sin(x), atol=1e-9)


@pytest.mark.parametrize(
    "x",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(6.0)[::-2],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.broadcast_to(np.arange(3.0), (2, 3)),
        np.frombuffer(np.arange(4.0).tobytes()),
    ],
    ids=["transposed", "strided", "fortran", "broadcast", "read-only"],
)
def test_any_memory_layout_and_no_change(x: np.ndarray) -> None:
    before = x.copy()
    weights = np.arange(x.size).reshape(x.shape) + 1.0
    found = numerical_gradient(lambda x: (x**2 * weights).sum(), x)
    np.testing.assert_allclose(found.gradient, 2 * x * weights, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_a_tensor_gets_a_tensor() -> None:
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    seen: list[type] = []

    def f(x: tg.Tensor) -> tg.Tensor:
        seen.append(type(x))
        return (x**2).sum()

    found = numerical_gradient(f, x)
    np.testing.assert_allclose(found.gradient, [2.0, 4.0], rtol=1e-9)
    assert set(seen) == {tg.Tensor}
    assert x.grad is None
    np.testing.assert_array_equal(x.detach().numpy(), [1.0, 2.0])


def test_a_function_that_writes_into_its_argument_does_no_harm() -> None:
    x = np.array([1.0, 2.0])

    def f(x: np.ndarray) -> float:
        x *= 2
        return float((x**2).sum())

    np.testing.assert_allclose(numerical_gradient(f, x).gradient, 8 * x, rtol=1e-9)
    np.testing.assert_array_equal(x, [1.0, 2.0])


@pytest.mark.parametrize("x", [np.array([1, 2]), np.array([True]), np.float32([1.5]), [1, 2], 3])
def test_only_float64_has_an_h(x: object) -> None:
    """Integers make h a whole number, or 0: the book's notes were off by 4,000 times."""
    with pytest.raises(DTypeError) as caught:
        numerical_gradient(lambda x: np.sum(x**2), x)
    assert "float64" in caught.value.korean
    assert "double()" in caught.value.english


@pytest.mark.parametrize("f", [lambda x: x, lambda x: np.zeros(0), lambda x: x[:, None] * x])
def test_a_number_is_asked_for(f: Callable[[np.ndarray], np.ndarray]) -> None:
    with pytest.raises(ShapeError, match="single number"):
        numerical_gradient(f, np.array([1.0, 2.0]))


@pytest.mark.parametrize("eps", [0.0, -1.0, math.nan])
def test_the_step_is_above_0(eps: float) -> None:
    with pytest.raises(HyperparameterError):
        numerical_gradient(np.sum, np.ones(2), eps=eps)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_where_there_is_no_value_nothing_is_claimed(value: float) -> None:
    _, error = at(lambda x: value + 0 * x, 1.0)
    assert not error <= 1e6


def test_a_step_of_ones_own() -> None:
    """Narrower than the wiggle that the default step spans, or wider than the rounding."""
    found = numerical_gradient(lambda x: np.sin(1e5 * x), np.array(0.1), eps=1e-7)
    assert float(found.gradient) == pytest.approx(1e5 * math.cos(1e4), rel=1e-5)
