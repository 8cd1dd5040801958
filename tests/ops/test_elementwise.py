"""The elementwise ops: values, dtypes, derivatives, kinks, in-place and reflected forms."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from battery import arrays, broadcastable, check_op, check_parity, few, leaf, shapes
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

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
inf = math.inf
FLOATS = ["float16", "float32", "float64"]

# Each op with the same of Python's math module, and where it is smooth.
UNARY: dict[str, tuple[Callable[[float], float], float, float]] = {
    "abs": (abs, 0.1, 2),
    "acos": (math.acos, -0.9, 0.9),
    "asin": (math.asin, -0.9, 0.9),
    "atan": (math.atan, -2, 2),
    "ceil": (math.ceil, 1.05, 1.45),
    "clone": (float, -2, 2),
    "cos": (math.cos, -2, 2),
    "cosh": (math.cosh, -2, 2),
    "erf": (math.erf, -2, 2),
    "exp": (math.exp, -2, 2),
    "expm1": (math.expm1, -2, 2),
    "floor": (math.floor, -1.95, -1.55),
    "log": (math.log, 0.5, 2),
    "log10": (math.log10, 0.5, 2),
    "log1p": (math.log1p, -0.5, 2),
    "log2": (math.log2, 0.5, 2),
    "neg": (operator.neg, -2, 2),
    "reciprocal": (lambda v: 1 / v, 0.5, 2),
    "relu": (lambda v: max(v, 0.0), 0.1, 2),
    "round": (round, 1.55, 1.95),
    "rsqrt": (lambda v: 1 / math.sqrt(v), 0.5, 2),
    "sigmoid": (lambda v: 1 / (1 + math.exp(-v)), -2, 2),
    "sign": (lambda v: math.copysign(1, v), -2, -0.1),
    "sin": (math.sin, -2, 2),
    "sinh": (math.sinh, -2, 2),
    "softplus": (lambda v: math.log1p(math.exp(v)), -2, 2),
    "sqrt": (math.sqrt, 0.5, 2),
    "square": (lambda v: v * v, -2, 2),
    "tan": (math.tan, -1, 1),
    "tanh": (math.tanh, -2, 2),
    "trunc": (math.trunc, -1.95, -1.05),
}
BINARY: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "div": operator.truediv,
    "floor_divide": operator.floordiv,
    "logaddexp": lambda a, b: math.log(math.exp(a) + math.exp(b)),
    "maximum": max,
    "minimum": min,
    "mul": operator.mul,
    "pow": operator.pow,
    "remainder": operator.mod,
    "sub": operator.sub,
    "trunc_divide": lambda a, b: math.trunc(a / b),
}
COMPARE = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
}  # fmt: skip
BITS = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
INPLACE = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv,
    "//": operator.ifloordiv, "%": operator.imod, "**": operator.ipow,
    "&": operator.iand, "|": operator.ior, "^": operator.ixor,
}  # fmt: skip


def binary(name: str) -> Callable[[Any, Any], Any]:
    if name == "trunc_divide":
        return lambda a, b: ops.div(a, b, rounding_mode="trunc")
    function: Callable[[Any, Any], Any] = getattr(ops, name)
    return function


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
        np.testing.assert_allclose(f(wrap(single), other)._array, f(single, n), rtol=1e-5)
        np.testing.assert_allclose(f(other, wrap(single))._array, f(n, single), rtol=1e-5)


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


# Promotion


@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [
        (np.ones(2, np.float32), np.ones(2, np.int64), np.float32),
        (np.ones(2, np.float16), np.ones((), np.float64), np.float16),
        (np.ones(2, np.int32), np.ones((), np.float64), np.float64),
        (np.ones(2, np.uint8), np.ones(2, np.int8), np.int16),
        (np.ones(2, np.bool_), 2, np.int64),
        (np.ones(2, np.int8), 2, np.int8),
        (np.ones(2, np.int8), 2.5, np.float32),
        (np.ones((), np.float16), 2.5, np.float16),
        (np.ones(2, np.bool_), np.ones(2, np.bool_), np.bool_),
    ],
)
def test_the_promotion_rule(a: Any, b: Any, dtype: Any) -> None:
    b = wrap(b) if isinstance(b, np.ndarray) else b
    assert (wrap(a) * b).dtype == dtype
    assert (b * wrap(a)).dtype == dtype


def test_true_division_and_transcendentals_of_integers_are_floating() -> None:
    for dtype in DTYPES[:6]:
        x = wrap(np.ones(2, dtype))
        assert (x / x).dtype == (x / 2).dtype == ops.exp(x).dtype == np.float32


def few_values(dtype: str) -> np.ndarray[Any, Any]:
    kind = np.dtype(dtype).kind
    values: list[Any] = [math.nan, math.inf, -math.inf, 0.0, 1.0, -1.0, 0.5, 2.5, -3.0, 100.0]
    if kind == "b":
        values = [True, False]
    elif kind != "f":
        values = [1, 2, 3, 5, 100] + ([200] if kind == "u" else [-1, -7])
    return np.array(values, dtype)


# Where ours refuses: integers to negative powers and over 0.
def differs(name: str, a: Any, b: Any) -> bool:
    kinds = [v.dtype.kind if isinstance(v, np.ndarray) else "p" for v in (a, b)]
    if name == "pow":
        negative = np.any(np.asarray(b) < 0)
        fast = isinstance(b, float) and b == -0.5  # 1 / sqrt there, nan at -inf
        return ("f" not in kinds and bool(negative)) or kinds[0] == "b" or fast
    return "f" not in kinds and not np.all(b)


@pytest.mark.parametrize("name", [*BINARY, *COMPARE, "bitwise_and", "logical_xor"])
def test_values_and_dtypes_of_all_pairs_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    mine: Callable[[Any, Any], Any] = getattr(ops, name, None) or binary(name)
    its = getattr(torch, name, None) or (lambda a, b: torch.div(a, b, rounding_mode="trunc"))
    for p, q in product(DTYPES, DTYPES):
        a, b = few_values(p)[:, None], few_values(q)[None, :]
        pairs: list[tuple[Any, Any]] = [(a, b), (a, b[0, 0]), (a[0, 0], b), (a[0, 0], b[0, 0])]
        pairs = [(np.asarray(v), np.asarray(w)) for v, w in pairs]
        if p == q:
            pairs += [(v, s) for v in (a, a[0]) for s in (2, -3, 2.5, -0.5, True)]
        for v, w in pairs:
            try:
                expected = its(
                    *(torch.tensor(t) if isinstance(t, np.ndarray) else t for t in (v, w))
                )
            except (RuntimeError, TypeError):
                continue
            if differs(name, v, w):
                continue
            y = mine(wrap(v), wrap(w) if isinstance(w, np.ndarray) else w)._array
            t = expected.numpy()
            assert (y.dtype, y.shape) == (t.dtype, t.shape), (p, q, v, w)
            near = {"float16": 2e-3, "float32": 3e-6, "float64": 1e-11}.get(str(t.dtype), 0)
            np.testing.assert_allclose(y, t, rtol=near, atol=near, err_msg=f"{v} {w}")


# The ends of the dtypes, without a warning (pytest turns RuntimeWarning into an error)


def edges(dtype: str) -> np.ndarray[Any, Any]:
    if np.dtype(dtype).kind != "f":
        return few_values(dtype)
    limits = np.finfo(dtype)
    ends = [limits.max, -limits.max, limits.tiny, -limits.tiny, limits.eps, 20, -20, 88, -100, 1e4]
    return np.concatenate([few_values(dtype), np.array(ends, dtype)])


@pytest.mark.parametrize("name", [*UNARY, "isnan", "isinf", "isfinite", "logical_not"])
def test_edge_values_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    its = getattr(torch, name, None) or getattr(torch.nn.functional, name)
    for dtype in DTYPES:
        x = edges(dtype)
        if name == "sign" and x.dtype.kind == "f":
            x = x[~np.isnan(x)]  # nan, as NumPy has it; PyTorch says 0
        try:
            t = its(torch.tensor(x)).numpy()
        except (RuntimeError, NotImplementedError):
            continue
        y = getattr(ops, name)(wrap(x))._array
        assert y.dtype == t.dtype, dtype
        near = {"float16": 2e-3, "float32": 3e-6, "float64": 1e-11}.get(str(t.dtype), 0)
        np.testing.assert_allclose(y, t, rtol=near, atol=near, err_msg=dtype)


@pytest.mark.parametrize("name", sorted(UNARY.keys() - {"abs", "sign"}))
def test_gradients_at_the_edges_are_pytorchs(name: str) -> None:
    def f(m: Any, x: Any) -> Any:
        return (getattr(m, name, None) or m.nn.functional.softplus)(x)

    check_parity(f, edges("float64"), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("name", [*(BINARY.keys() - {"floor_divide", "trunc_divide"}), "pow by"])
def test_binary_gradients_at_edges_and_ties_are_pytorchs(name: str) -> None:
    v = few_values("float64")
    a, b = np.repeat(v, len(v)), np.tile(v, len(v))
    if name == "pow by":
        for n in (0, 1, 2, 3, -1, 2.5):
            check_parity(lambda m, x, n=n: x**n, v)
            check_parity(lambda m, x, n=n: float(abs(n)) ** x, v)
        return
    if name == "remainder":
        a, b = a[np.isfinite(a)], b[np.isfinite(a)]
    check_parity(lambda m, x, y: getattr(m, name)(x, y), a, b)


def test_sigmoid_and_its_kin_over_the_whole_range() -> None:
    for dtype in FLOATS:
        far = float(np.finfo(dtype).max)
        x = np.array([-far, -2000, 0, 2000, far], dtype)
        assert ops.sigmoid(wrap(x))._array.tolist() == [0, 0, 0.5, 1, 1]
        assert ops.tanh(wrap(x))._array.tolist() == [-1, -1, 0, 1, 1]
        y = ops.softplus(wrap(x))._array
        assert y[:2].tolist() == [0, 0] and y[3:].tolist() == x[3:].tolist()
    tail = ops.sigmoid(wrap(np.array([-700.0])))._array
    np.testing.assert_allclose(tail, math.exp(-700), rtol=1e-13)


def test_erf_is_accurate() -> None:
    x = np.concatenate([np.linspace(-6.5, 6.5, 20_001), 10.0 ** np.linspace(-300, 0, 301)])
    exact = np.array([math.erf(v) for v in x])
    assert np.max(np.abs(ops.erf(wrap(x))._array - exact) / np.spacing(np.abs(exact))) <= 4
    single = x.astype(np.float32)
    near = np.array([math.erf(v) for v in single.tolist()])
    ulp = np.spacing(np.abs(near).astype(np.float32))
    assert np.max(np.abs(ops.erf(wrap(single))._array - near) / ulp) <= 4


def test_numbers_too_large_for_the_dtype() -> None:
    """Floats become infinite without a warning; integers beyond 64 bits are refused."""
    x = wrap(np.ones(2, np.float32))
    for f in (operator.add, operator.mul, ops.maximum, lambda a, b: ops.where(a > 0, b, a)):
        assert f(x, 1e300)._array.tolist() == [inf, inf]
    assert (x < 1e300)._array.all() and ops.equal(ops.clamp(x, -1e300, 1e300), x)
    assert x.fill_(1e300)._array.tolist() == [inf, inf]
    assert (wrap(np.ones(1, np.float32)) * 2**70).item() == 2**70
    for attempt in (lambda: x * 10**400, lambda: wrap(np.array([1])) + 2**70):
        with pytest.raises(ArgumentError):
            attempt()


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


@pytest.mark.parametrize("name", sorted(UNARY.keys() - {"clone", "erf", "softplus"}))
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
