"""The elementwise ops: values to the last bits, dtypes, kinks, what is in place, slips. Derivatives
are proven in ``tests/proofs``."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.battery import arrays, broadcastable, check_op, few, leaf, shapes
from tests.proofs.elementwise import BINARY, OPERATORS, UNARY
from tinygrad_kr import ops
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DivisionError,
    DTypeError,
    InplaceError,
    ShapeError,
    TinygradKrError,
)

COMPARE = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
BITS = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
# Where every function of one number is defined, and numbers to divide by those.
POINTS, MORE = np.array([[0.15], [0.35], [0.65]]), np.array([[5.2, 5.4], [5.6, 5.8], [5.5, 5.7]])


# Values


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_values_to_the_last_bits(name: str) -> None:
    """The same of tensors and of arrays, which stay arrays."""
    op = getattr(ops, name)
    meaning, points = (UNARY[name], [POINTS]) if name in UNARY else (BINARY[name], [MORE, POINTS])
    numbers = zip(*(a.ravel().tolist() for a in np.broadcast_arrays(*points)), strict=True)
    expected = np.array([complex(meaning.of(*v)).real for v in numbers])
    y = op(*(wrap(a) for a in points))
    assert (y.dtype, y.shape) == (np.float64, np.broadcast_shapes(*(a.shape for a in points)))
    np.testing.assert_allclose(y._array.ravel(), expected, rtol=1e-14, atol=1e-15)
    if name != "softplus":
        of_arrays = op(*points)
        assert type(of_arrays) is np.ndarray
        np.testing.assert_array_equal(of_arrays, y._array)


@pytest.mark.parametrize("name", OPERATORS)
@few
@given(st.data())
def test_operators_with_numbers(name: str, data: st.DataObject) -> None:
    """A number on either side, Python's or NumPy's, and 0-d arrays, keep the tensor's dtype."""
    f = OPERATORS[name].plain
    x = data.draw(arrays(shapes(max_side=2), 0.4, 0.9))
    number = data.draw(st.sampled_from([0.35, 1.7, 3]))
    single = x.astype(np.float32)
    for n in (number, np.float64(number), np.int64(3), np.array(number)):
        other = wrap(n) if isinstance(n, np.ndarray) else n
        if single.ndim:
            assert f(wrap(single), other).dtype == np.float32
        # A remainder near 0 has the rounding of its operands, float32's 6e-8 of at most 3.
        for ours, numpys in ((f(wrap(single), other), f(single, n)),
                             (f(other, wrap(single)), f(n, single))):  # fmt: skip
            np.testing.assert_allclose(ours._array, numpys, rtol=1e-5, atol=4e-7)


@given(st.data())
def test_comparison_and_logic(data: st.DataObject) -> None:
    first, second = data.draw(broadcastable())
    a, b = (np.round(data.draw(arrays(s))) for s in (first, second))
    for name, f in COMPARE.items():
        for y in (getattr(ops, name)(leaf(a), leaf(b)), f(leaf(a), leaf(b))):
            assert y.dtype == np.bool_ and not y.requires_grad
            np.testing.assert_array_equal(y._array, f(a, b))
    for name in ("logical_and", "logical_or", "logical_xor"):
        y = getattr(ops, name)(wrap(a), wrap(b))
        np.testing.assert_array_equal(y._array, getattr(np, name)(a, b))
    np.testing.assert_array_equal(ops.logical_not(wrap(a))._array, a == 0)
    i, j = a.astype(np.int64), b.astype(np.int64)
    for f in BITS.values():
        np.testing.assert_array_equal(f(wrap(i), wrap(j))._array, f(i, j))
        np.testing.assert_array_equal(f(wrap(i), 3)._array, f(i, 3))
        np.testing.assert_array_equal(f(3, wrap(i))._array, f(3, i))
    np.testing.assert_array_equal((~wrap(i))._array, ~i)


def test_where_with_the_condition_alone() -> None:
    rows, columns = ops.where(wrap(np.array([[True, False], [False, True]])))
    assert rows._array.tolist() == [0, 1] and columns._array.tolist() == [0, 1]


# Kinks and ties

inf, nan = math.inf, math.nan
MODES = ("trunc", "floor")
ZERO = wrap(np.zeros(1))
TINY = 5e-324  # 1 / TINY is inf


@pytest.mark.parametrize(
    ("name", "f", "values", "expected"),
    [
        ("relu", ops.relu, [0.0], [0.0]),
        ("abs", ops.abs, [0.0], [0.0]),
        ("sign", ops.sign, [-2.0, 0.0, 2.0], [0.0, 0.0, 0.0]),
        ("sqrt", ops.sqrt, [0.0], [inf]),
        ("clamp", lambda x: ops.clamp(x, -1, 1), [-1.0, 1.0, 2.0], [1.0, 1.0, 0.0]),
        ("clamp", lambda x: ops.clamp(x, min=1), [0.0, 1.0, 2.0], [0.0, 1.0, 1.0]),
        ("clamp", lambda x: ops.clamp(x, max=1), [0.0, 1.0, 2.0], [1.0, 1.0, 0.0]),
        ("clamp", lambda x: ops.clamp(x, 1, 0), [-1.0, 0.0, 0.5, 1.0, 2.0], [0.0] * 5),
        ("clamp", lambda x: ops.clamp(ZERO, x, 0.5), [0.0, 0.5, 1.0], [0.0, 0.0, 0.0]),
        ("clamp", lambda x: ops.clamp(ZERO, x, 2.0), [0.0, 1.0, 2.0], [0.0, 1.0, 0.0]),
        ("clamp", lambda x: ops.clamp(ZERO, -2.0, x), [0.0, -1.0, -2.0], [0.0, 1.0, 1.0]),
        ("clamp", lambda x: ops.clamp(ZERO, 0.0, x), [0.0, -1.0], [0.0, 1.0]),
        ("clamp", lambda x: ops.clamp(ZERO, -1.0, x), [-1.0, -2.0], [1.0, 1.0]),
        ("clamp", lambda x: ops.clamp(ZERO, 1.0, x), [1.0, 0.0], [0.0, 1.0]),
        ("clamp", lambda x: ops.clamp(ZERO, min=x), [0.0, 1.0], [0.0, 1.0]),
        ("clamp", lambda x: ops.clamp(ZERO, max=x), [0.0, -1.0], [0.0, 1.0]),
        ("maximum", lambda x: ops.maximum(x, ZERO), [0.0, 1.0, -1.0], [0.5, 1.0, 0.0]),
        ("maximum", lambda x: ops.maximum(ZERO, x), [0.0, 1.0, -1.0], [0.5, 1.0, 0.0]),
        ("minimum", lambda x: ops.minimum(x, ZERO), [0.0, 1.0, -1.0], [0.5, 0.0, 1.0]),
        ("minimum", lambda x: ops.minimum(ZERO, x), [0.0, 1.0, -1.0], [0.5, 0.0, 1.0]),
        ("pow", lambda x: x**0, [0.0, 3.0], [0.0, 0.0]),
        ("pow", lambda x: x**1, [0.0], [1.0]),
        ("pow", lambda x: x**2, [0.0], [0.0]),
        ("pow", lambda x: 0.0**x, [0.0, 2.0, -1.0, nan], [0.0, 0.0, -inf, nan]),
        ("pow", lambda x: (-2.0) ** x, [2.0, 3.0], [nan, nan]),
        ("pow", lambda x: ZERO**x, [0.0, 2.0, -1.0, nan], [0.0, 0.0, -inf, nan]),
        ("pow", lambda x: (ZERO - 2) ** x, [2.0, 3.0], [nan, nan]),
        ("pow", lambda x: x**ZERO, [0.0, 2.0, TINY, nan], [0.0, 0.0, 0.0, 0.0]),
        *((step, getattr(ops, step), [0.5], [0.0]) for step in ("ceil", "floor", "round", "trunc")),
        *(
            (f"{m}_divide", f, [2.0], [0.0])
            for m in MODES
            for f in (
                lambda x, m=m: ops.div(x, 2.0, rounding_mode=m),
                lambda x, m=m: ops.div(3.0, x, rounding_mode=m),
            )
        ),
    ],
)
def test_conventions(name: str, f: Any, values: list[float], expected: list[float]) -> None:
    """The gradient at kinks, ties and zeros; 0 is not None."""
    x = leaf(np.array(values))
    f(x).backward(wrap(np.ones(len(values))))
    assert x._grad is not None
    np.testing.assert_array_equal(x._grad._array, expected)


@pytest.mark.parametrize("low", [0.0, wrap(np.zeros(3))])
def test_a_clamp_between_equal_bounds(low: Any) -> None:
    x, high = leaf(np.array([-1.0, 0.0, 1.0])), leaf(np.zeros(3))
    ops.clamp(x, low, high).backward(wrap(np.ones(3)))
    assert x._grad is not None and x._grad._array.tolist() == [0.0, 1.0, 0.0]
    assert high._grad is not None and high._grad._array.tolist() == [0.0, 0.0, 1.0]


def test_the_mixed_derivative_of_pow_at_exponent_0() -> None:
    a, b = leaf(np.array(4.0)), leaf(np.array(0.0))
    (slope,) = grad(a**b, a, create_graph=True)
    assert grad(slope, b)[0].item() == 0.25


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_a_cube_is_a_product(dtype: Any) -> None:
    a = np.array([-3, 0, 1, 7, 20], dtype)
    for three in (3, 3.0, np.array(3, dtype)):
        cube = wrap(a) ** three
        np.testing.assert_array_equal(cube._array, [-27, 0, 1, 343, 8000])
        assert isinstance(three, float) or cube.dtype == dtype
    x = leaf(np.array([-2.0, 0.5]))
    (slope,) = grad((x**3).sum(), x, create_graph=True)
    assert slope.tolist() == [12.0, 0.75] and grad(slope.sum(), x)[0].tolist() == [-12.0, 3.0]


def test_relu_keeps_its_result_alone() -> None:
    x = leaf(np.array([-1.0, 2.0]))
    h = x * 1
    y = ops.relu(h)
    h.neg_()
    y.backward(wrap(np.ones(2)))
    assert x._grad is not None and x._grad._array.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_gradient_passes_relu_whole_or_not_at_all(dtype: Any) -> None:
    x = leaf(np.array([-1.0, 0.0, -0.0, -np.inf, np.nan, 2.0, 1e-7, np.inf], dtype))
    y = ops.relu(x)
    np.testing.assert_array_equal(y._array, [0, 0, 0, 0, np.nan, 2, dtype(1e-7), np.inf])
    y.backward(wrap(np.array([np.inf, np.nan, np.inf, 1, 3, -np.inf, np.nan, 4], dtype)))
    assert x._grad is not None
    np.testing.assert_array_equal(x._grad._array, [0, 0, 0, 0, 3, -np.inf, np.nan, 4])


def test_a_power_of_a_negative_has_no_slope_by_its_exponent() -> None:
    check_op(lambda x, y: x**y, np.array([-1.5, 2.0]), np.array([2.0, 3.0]), second=False)


# In-place forms


@pytest.mark.parametrize("name", sorted(UNARY.keys() - {"clone", "softplus"}))
def test_unary_in_place(name: str) -> None:
    x = wrap(POINTS.copy())
    assert getattr(x, name + "_")() is x and x._version[0] == 1
    np.testing.assert_array_equal(x._array, getattr(ops, name)(POINTS))


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_in_place(name: str) -> None:
    x = wrap(MORE.copy())
    assert OPERATORS[name].inplace(x, wrap(POINTS)) is x and x._version[0] == 1
    np.testing.assert_array_equal(x._array, OPERATORS[name].plain(wrap(MORE), wrap(POINTS))._array)


def test_in_place_refusals_change_nothing() -> None:
    whole = wrap(np.array([1, 2]))
    for attempt in (
        lambda: whole.add_(1.5),
        lambda: whole.div_(2),
        lambda: whole.add_(wrap(np.ones((3, 2), np.int64))),
        lambda: whole.floor_divide_(0),
        lambda: operator.iadd(whole, "1"),
    ):
        with pytest.raises(TinygradKrError):
            attempt()
    assert whole._array.tolist() == [1, 2] and whole._version[0] == 0
    parameter = leaf(np.array([1.0]))
    with pytest.raises(InplaceError):
        parameter.add_(1)


def test_a_kept_value_changed_in_place_is_noticed() -> None:
    x = leaf(np.array([1.0, 2.0]))
    y = ops.exp(x)
    z = y * y
    y.mul_(2)
    with pytest.raises(InplaceError):
        z.backward(wrap(np.ones(2)))
    y = x * 3
    (y * 2).backward(wrap(np.ones(2)))  # a factor that is a number keeps nothing
    y.mul_(2)


# Slips


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda x: x + "1", ArgumentError),
        (lambda x: x + None, ArgumentError),
        (lambda x: x * 1j, ArgumentError),
        (lambda x: x + wrap(np.ones(4)), ShapeError),
        (lambda x: x & 1, DTypeError),
        (lambda x: ~x, DTypeError),
        (lambda x: ops.clamp(x), ArgumentError),
        (lambda x: ops.where(x, x, x), DTypeError),
        (lambda x: ops.div(x, 2, rounding_mode="up"), ArgumentError),
        (lambda x: wrap(np.array([2])) ** -1, ArgumentError),
        (lambda x: wrap(np.array([2])) // 0, DivisionError),
        (lambda x: wrap(np.array([2])) % wrap(np.array([1, 0])), DivisionError),
        (lambda x: ops.exp("1"), ArgumentError),
        (lambda x: x + np.array([1j]), DTypeError),
    ],
)
def test_slips_are_named_in_two_languages(attempt: Any, error: type[TinygradKrError]) -> None:
    with pytest.raises(error) as caught:
        attempt(wrap(np.ones(3)))
    assert caught.value.korean and caught.value.english


def test_whole_quotients_are_exact() -> None:
    big = wrap(np.array([2**53 + 1, -(2**53) - 1]))
    assert ops.div(big, 2, rounding_mode="trunc")._array.tolist() == [2**52, -(2**52)]
    assert ops.div(big, 2, rounding_mode="floor")._array.tolist() == [2**52, -(2**52) - 1]


def test_closeness() -> None:
    a = wrap(np.array([1.0, np.nan, np.inf]))
    b = wrap(np.array([1.0 + 1e-7, np.nan, np.inf]))
    assert ops.isclose(a, b)._array.tolist() == [True, False, True]
    assert not ops.allclose(a, b) and ops.allclose(a, b, equal_nan=True)
    assert not ops.equal(a, b) and ops.equal(a[:1], a[:1]) and not ops.equal(a, a[:1])


def test_alpha_and_decimals() -> None:
    x = leaf(np.array([1.256, 2.0]))
    assert ops.add(x, x, alpha=3)._array.tolist() == (x._array * 4).tolist()
    assert ops.sub(x, 1, alpha=2)._array.tolist() == (x._array - 2).tolist()
    assert ops.round(x, decimals=2)._array.tolist() == [1.26, 2.0]
