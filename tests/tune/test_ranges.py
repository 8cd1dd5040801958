"""Ranges: whatever is drawn lies inside, and so does whatever they narrow to."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinygrad_kr.errors import ArgumentError, HyperparameterError
from tinygrad_kr.tune import Choice, Integer, LogUniform, Range, Uniform

reals = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
whole = st.integers(-(2**53), 2**53)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), reals, st.text())
uniforms = st.floats(0, 1, exclude_max=True)


def spans(kind: Callable[..., Range], ends: st.SearchStrategy[Any]) -> st.SearchStrategy[Range]:
    pairs = st.lists(ends, min_size=2, max_size=2, unique=True).map(sorted)
    return pairs.map(lambda pair: kind(*pair))


ranges = st.one_of(
    spans(Uniform, reals),
    spans(LogUniform, positive),
    spans(Integer, whole),
    st.lists(scalars, min_size=1, unique=True).map(lambda options: Choice(*options)),
)


def holds(range_: Range, value: Any) -> bool:
    """Whether ``value`` lies in ``range_``."""
    if isinstance(range_, Choice):
        return value in range_.options
    assert isinstance(range_, Uniform | LogUniform | Integer)
    right = int if isinstance(range_, Integer) else float
    return type(value) is right and range_.low <= value <= range_.high


@given(ranges, uniforms)
@example(Uniform(987.8615566005311, 987.8615566005312), 0.0001711051642325696)  # rounds outwards
def test_what_is_drawn_lies_inside(range_: Range, u: float) -> None:
    assert holds(range_, range_.at(u))


@given(ranges, st.lists(uniforms, min_size=1, max_size=8), uniforms)
def test_a_narrowed_range_holds_its_values_and_lies_in_the_old_one(
    range_: Range, us: list[float], u: float
) -> None:
    values = [range_.at(each) for each in us]
    narrowed = range_.narrow(values)
    assert all(holds(narrowed, value) for value in values)
    assert holds(range_, narrowed.at(u))
    if isinstance(narrowed, Uniform | LogUniform | Integer):
        assert (narrowed.low, narrowed.high) == (min(values), max(values))
        assert type(narrowed) is type(range_)
    else:
        assert isinstance(narrowed, Choice) and set(narrowed.options) == set(values)


@given(spans(Uniform, reals), uniforms)
def test_uniform_is_a_straight_line(range_: Uniform, u: float) -> None:
    low, high = Fraction(range_.low), Fraction(range_.high)
    exact = low + Fraction(u) * (high - low)
    scale = max(abs(range_.low), abs(range_.high))
    assert abs(Fraction(range_.at(u)) - exact) <= Fraction(scale) / 2**51 + Fraction(5e-324) * 2


@given(spans(LogUniform, positive), uniforms)
def test_log_uniform_is_a_straight_line_in_the_logarithm(range_: LogUniform, u: float) -> None:
    low, high, share = (Decimal(value) for value in (range_.low, range_.high, u))
    exact = (low.ln() + share * (high.ln() - low.ln())).exp()
    assert abs(Decimal(range_.at(u)) - exact) <= exact * Decimal("1e-12") + Decimal("5e-324")


@given(st.integers(-50, 50), st.integers(2, 40))
def test_every_integer_and_every_option_has_an_equal_share(low: int, n: int) -> None:
    us = (np.arange(n * 10) + 0.5) / (n * 10)
    integers, options = Integer(low, low + n - 1), Choice(*map(str, range(n)))
    assert [integers.at(u) for u in us] == [low + i for i in range(n) for _ in range(10)]
    assert [options.at(u) for u in us] == [str(i) for i in range(n) for _ in range(10)]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Uniform(1, 1), HyperparameterError),
        (lambda: Uniform(2, 1), HyperparameterError),
        (lambda: Uniform(math.nan, 1), HyperparameterError),
        (lambda: Uniform(0, math.inf), HyperparameterError),
        (lambda: Uniform("0", 1), ArgumentError),
        (lambda: LogUniform(0, 1), HyperparameterError),
        (lambda: LogUniform(-1, 1), HyperparameterError),
        (lambda: LogUniform(1, 1), HyperparameterError),
        (lambda: LogUniform(1e-3, math.nan), HyperparameterError),
        (lambda: Integer(3, 3), HyperparameterError),
        (lambda: Integer(0, 2**54), HyperparameterError),
        (lambda: Integer(0, math.inf), HyperparameterError),
        (lambda: Integer(-(2**60), 1), HyperparameterError),
        (lambda: Integer(1, 2.5), ArgumentError),
        (lambda: Integer(True, 3), ArgumentError),
        (lambda: Choice(), HyperparameterError),
        (lambda: Choice("a", "b", "a"), HyperparameterError),
        (lambda: Choice(1, True), HyperparameterError),
        (lambda: Choice(math.nan), HyperparameterError),
        (lambda: Choice(["a", "b"]), ArgumentError),
        (lambda: Choice(np.float64(1)), ArgumentError),
    ],
)
def test_what_is_no_range_is_refused_in_two_languages(
    make: Callable[[], Range], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        make()
    korean, english = str(caught.value).splitlines()
    assert any("가" <= c <= "힣" for c in korean) and english.isascii()


def test_numpy_numbers_become_plain_ones() -> None:
    assert repr(LogUniform(np.float64(0.5), np.int64(2))) == "LogUniform(low=0.5, high=2.0)"
    assert repr(Integer(np.int8(1), np.int8(3))) == "Integer(low=1, high=3)"
    assert Uniform(0, 1) == Uniform(0.0, 1.0) != LogUniform(0.5, 1)
