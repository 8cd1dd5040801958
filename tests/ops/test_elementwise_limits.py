"""The elementwise ops at their limits: all pairs of dtypes, and the ends of each."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.ops.battery import check_parity
from tests.proofs.elementwise import BINARY, UNARY
from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DTypeError

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
FLOATS = ["float16", "float32", "float64"]
COMPARE = ["eq", "ne", "lt", "le", "gt", "ge"]
inf = math.inf


def trunc_divide(a: Any, b: Any) -> Any:
    return ops.div(a, b, rounding_mode="trunc")


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


@pytest.mark.parametrize("name", [*BINARY, "trunc_divide", *COMPARE, "bitwise_and", "logical_xor"])
def test_values_and_dtypes_of_all_pairs_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    mine: Callable[[Any, Any], Any] = getattr(ops, name, trunc_divide)
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


@pytest.mark.parametrize("name", [*sorted(BINARY.keys() - {"floor_divide"}), "pow by"])
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


def test_a_numpy_scalar_in_a_vjp_keeps_its_dtype() -> None:
    for dtype in (np.float32, np.float64):
        for y in (ops.clamp(dtype(0.3), min=0), ops.clamp(dtype(0.3), 0.5, dtype(1))):
            assert y.dtype == dtype


@pytest.mark.parametrize("thing", [[1.0, 2.0], None, "12"])
@pytest.mark.parametrize(
    "f",
    [
        ops.sum, ops.mean, ops.var, ops.all, ops.prod, ops.amax, ops.argmin, ops.median, ops.sort,
        ops.norm, ops.ravel, ops.t, ops.squeeze, ops.unbind, ops.trace, ops.tril, ops.exp,
        ops.zeros_like, lambda x: ops.max(x, 0), lambda x: ops.softmax(x, 0),
        lambda x: ops.reshape(x, (1,)), lambda x: ops.cumsum(x, 0), lambda x: ops.topk(x, 1),
        lambda x: ops.expand(x, (2, 2)), lambda x: ops.logsumexp(x, 0), lambda x: ops.tile(x, 2),
        lambda x: ops.gather(x, 0, ops.tensor([0])), lambda x: ops.tensordot(x, x, 1),
        lambda x: ops.masked_fill(x, ops.tensor([True]), 0), lambda x: ops.einsum("i", x),
    ],
)  # fmt: skip
def test_what_is_no_tensor_is_refused(f: Callable[[Any], Any], thing: Any) -> None:
    with pytest.raises(ArgumentError):
        f(thing)


@pytest.mark.parametrize("dtype", [np.uint16, np.complex64])
def test_numpys_other_dtypes_are_refused(dtype: Any) -> None:
    for other in (dtype(1), np.ones(2, dtype)):
        with pytest.raises(DTypeError):
            ops.add(ops.tensor([1.0, 2.0]), other)
