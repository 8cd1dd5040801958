"""The elementwise ops: values, dtypes, derivatives, kinks, in-place and reflected forms."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
from battery import arrays, broadcastable, check_op, few, leaf, shapes
from elementwise_references import (
    BINARY,
    BITS,
    COMPARE,
    INPLACE,
    OPERATORS,
    UNARY,
    binary,
)
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DivisionError,
    DTypeError,
    InplaceError,
    ShapeError,
    TinygradKrError,
)
from tinygrad_kr.ops.pointwise import Binary, Unary
from tinygrad_kr.ops.primitive import registry
from tinygrad_kr.tensor import Tensor


def test_every_differentiable_record_is_here() -> None:
    ours = {r.name for r in registry.values() if isinstance(r, Unary | Binary) and r.vjps}
    assert ours - {"contiguous"} <= UNARY.keys() | BINARY.keys()


# Values and derivatives


@pytest.mark.parametrize("name", UNARY)
@few
@given(st.data())
def test_unary(name: str, data: st.DataObject) -> None:
    reference, low, high = UNARY[name]
    op = getattr(ops, name)
    x = data.draw(arrays(shapes(max_side=2), low, high))
    expected = np.array([float(reference(v)) for v in x.ravel().tolist()]).reshape(x.shape)
    y = op(wrap(x))
    assert (y.dtype, y.shape) == (np.float64, x.shape)
    np.testing.assert_allclose(y._array, expected, rtol=1e-14, atol=1e-15)
    if name != "softplus":
        np.testing.assert_array_equal(op(x), y._array)
    check_op(op, x)


@pytest.mark.parametrize("name", BINARY)
@few
@given(st.data())
def test_binary(name: str, data: st.DataObject) -> None:
    first, second = data.draw(broadcastable(max_side=2))
    a = data.draw(arrays(first, 5.1, 5.9))
    b = data.draw(arrays(second, 1.5, 1.6))  # 3 < a / b < 4
    y = binary(name)(wrap(a), wrap(b))
    expected = np.array(
        [float(BINARY[name](v, w)) for v, w in np.broadcast(a, b)], dtype=np.float64
    ).reshape(np.broadcast_shapes(a.shape, b.shape))
    assert (y.dtype, y.shape) == (np.float64, expected.shape)
    np.testing.assert_allclose(y._array, expected, rtol=1e-14)
    np.testing.assert_array_equal(binary(name)(b, a), binary(name)(wrap(b), wrap(a))._array)
    check_op(binary(name), a, b)


@pytest.mark.parametrize("symbol", OPERATORS)
@few
@given(st.data())
def test_operators_with_numbers(symbol: str, data: st.DataObject) -> None:
    """A number on either side, Python's or NumPy's, and 0-d arrays, keep the tensor's dtype."""
    f = OPERATORS[symbol]
    x = data.draw(arrays(shapes(max_side=2), 0.4, 0.9))
    number = data.draw(st.sampled_from([0.35, 1.7, 3]))
    check_op(lambda t: f(t, number), x)
    check_op(lambda t: f(number, t), x)
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
def test_where_clamp_lerp(data: st.DataObject) -> None:
    one, two, three = data.draw(broadcastable(3, max_side=2))
    a = data.draw(arrays(one, -1, 1))
    b = data.draw(arrays(two, -0.95, 1.1))  # never equal to a for an equal seed
    c = data.draw(arrays(three, -0.9, 1.2))
    mask = b > 0
    check_op(lambda x, y: ops.where(wrap(mask), x, y), a, c)
    np.testing.assert_array_equal(
        ops.where(wrap(mask), wrap(a), wrap(c))._array, np.where(mask, a, c)
    )
    check_op(lambda x, low, high: ops.clamp(x, low, high), a, b, c)
    check_op(lambda x: ops.clamp(x, -0.5, 0.5), a)
    check_op(ops.lerp, a, b, c)
    check_op(lambda x: ops.lerp(x, 2.0, 0.25), a)
    np.testing.assert_allclose(ops.lerp(wrap(a), wrap(b), 0.25)._array, a + 0.25 * (b - a))


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


@pytest.mark.parametrize(
    ("f", "values", "expected"),
    [
        (ops.relu, [0.0], [0.0]),
        (ops.abs, [0.0], [0.0]),
        (lambda x: ops.clamp(x, -1, 1), [-1.0, 1.0, 2.0], [1.0, 1.0, 0.0]),
        (lambda x: ops.maximum(x, wrap(np.zeros(1))), [0.0, 1.0], [0.5, 1.0]),
        (lambda x: ops.minimum(x, wrap(np.zeros(1))), [0.0, 1.0], [0.5, 0.0]),
        (lambda x: x**0, [0.0, 3.0], [0.0, 0.0]),
        (lambda x: x**1, [0.0], [1.0]),
        (lambda x: x**2, [0.0], [0.0]),
        (lambda x: 0.0**x, [0.0, 2.0], [0.0, 0.0]),
        (ops.sqrt, [0.0], [math.inf]),
        (ops.round, [0.5], [0.0]),
    ],
)
def test_conventions(f: Any, values: list[float], expected: list[float]) -> None:
    x = leaf(np.array(values))
    f(x).backward(wrap(np.ones(len(values))))
    assert x._grad is not None and x._grad._array.tolist() == expected


def test_powers_of_zero_and_of_negatives_differentiate_twice() -> None:
    for n in (0, 1, 2, 3):
        check_op(lambda x, n=n: x**n, np.array([0.0, -1.5, 2.0]))
    check_op(lambda x, y: x**y, np.array([-1.5, 2.0]), np.array([2.0, 3.0]), second=False)


# In-place forms


@pytest.mark.parametrize("name", sorted(UNARY.keys() - {"clone", "softplus"}))
def test_unary_in_place(name: str) -> None:
    _, low, high = UNARY[name]
    values = np.linspace(low, high, 5)[1:4]
    check_op(lambda x: getattr(x * 1, name + "_")(), values)
    x = wrap(values.copy())
    assert getattr(x, name + "_")() is x and x._version[0] == 1
    np.testing.assert_array_equal(x._array, getattr(ops, name)(wrap(values))._array)


@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_in_place(symbol: str) -> None:
    plain, inplace = OPERATORS[symbol], INPLACE[symbol]
    a, b = np.array([[5.2, 5.4], [5.6, 5.8]]), np.array([1.5, 1.6])

    def f(x: Tensor, y: Tensor) -> Tensor:
        z = x * 1
        w = z
        z = inplace(z, y)
        assert w is z
        return z

    check_op(f, a, b)
    check_op(lambda x: inplace(x * 1, 3), a)
    np.testing.assert_array_equal(
        inplace(wrap(a.copy()), wrap(b))._array, plain(wrap(a), wrap(b))._array
    )


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
