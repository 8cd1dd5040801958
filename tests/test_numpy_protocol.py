"""NumPy's protocols: every function of the tables against NumPy itself, gradients, and refusals."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.errors import ArgumentError, ConversionError, DTypeError, ShapeError
from tinygrad_kr.methods.numpy_functions import FUNCTIONS
from tinygrad_kr.methods.numpy_protocol import UFUNCS

RNG = np.random.default_rng(0)
A = RNG.uniform(0.2, 0.8, (2, 3))
B = RNG.uniform(0.2, 0.8, (2, 3))
V = RNG.uniform(0.2, 0.8, 3)
S = RNG.uniform(0.2, 0.8, (3, 3))
C = RNG.uniform(0.2, 0.8, (2, 2, 3))
I = np.array([[1, 2, 3], [4, 5, 6]])  # noqa: E741
M = np.array([[True, False, True], [False, True, True]])


def tensors(value: Any) -> Any:
    """The arrays of a value as tensors that require grad where they can."""
    if isinstance(value, np.ndarray):
        return tg.tensor(value, requires_grad=value.dtype.kind == "f")
    if isinstance(value, list | tuple):
        return type(value)(tensors(v) for v in value)
    return value


def parts(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple) else [result]


def assert_same(got: Any, want: Any) -> None:
    assert type(got) is type(want) or isinstance(got, tg.Tensor)
    for g, w in zip(parts(got), parts(want), strict=True):
        if isinstance(g, tg.Tensor):
            g = g.detach().numpy()
            assert g.dtype == np.asarray(w).dtype
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-14)
        assert np.shape(g) == np.shape(w)


INTEGRAL = {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert}
CONSTANT = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.isnan, np.isinf, np.isfinite,
}  # fmt: skip


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_ufuncs(ufunc: np.ufunc) -> None:
    pool = {np.matmul: [A, S], np.vecdot: [A, B]}.get(ufunc, [A, B])
    arrays = [I, 7 - I] if ufunc in INTEGRAL else pool[: ufunc.nin]
    want = ufunc(*arrays)
    got = ufunc(*tensors(arrays))
    assert isinstance(got, tg.Tensor)
    assert_same(got, want)
    assert got.requires_grad == (ufunc not in INTEGRAL | CONSTANT)
    if ufunc.nin == 2:
        for mixed in ([tensors(arrays[0]), arrays[1]], [arrays[0], tensors(arrays[1])]):
            got = ufunc(*mixed)
            assert isinstance(got, tg.Tensor)
            assert_same(got, want)


CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    *(
        (f, (A,), kw)
        for f in (np.sum, np.prod, np.mean, np.std, np.var, np.max, np.amax, np.min, np.amin)
        for kw in ({}, {"axis": 0}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True})
    ),
    (np.sum, (A, 1), {}),
    (np.sum, (I,), {"axis": 0, "dtype": np.float64}),
    (np.mean, (A,), {"out": None}),
    (np.std, (A,), {"ddof": 1}),
    (np.var, (A,), {"ddof": 1, "axis": 0}),
    *((f, (A,), kw) for f in (np.argmax, np.argmin) for kw in ({}, {"axis": 1})),
    *((f, (M,), kw) for f in (np.all, np.any) for kw in ({}, {"axis": 0}, {"axis": 1})),
    *((f, (A,), kw) for f in (np.cumsum, np.cumprod) for kw in ({}, {"axis": 0}, {"axis": 1})),
    (np.transpose, (C,), {}),
    (np.transpose, (C, (1, 0, 2)), {}),
    (np.matrix_transpose, (C,), {}),
    (np.swapaxes, (C, 0, 2), {}),
    (np.moveaxis, (C, 0, -1), {}),
    (np.reshape, (A, (3, 2)), {}),
    (np.reshape, (A, -1), {}),
    (np.ravel, (A,), {}),
    (np.squeeze, (A[:1],), {}),
    (np.squeeze, (A[:1],), {"axis": 0}),
    (np.expand_dims, (A, 1), {}),
    (np.expand_dims, (A, (0, -1)), {}),
    (np.broadcast_to, (V, (2, 3)), {}),
    (np.flip, (A,), {}),
    (np.flip, (A, 1), {}),
    (np.flip, (C, (0, 2)), {}),
    (np.flipud, (A,), {}),
    (np.fliplr, (A,), {}),
    (np.roll, (A, 1), {}),
    (np.roll, (A, 1), {"axis": 1}),
    (np.tile, (A, 2), {}),
    (np.tile, (A, (2, 1, 3)), {}),
    (np.repeat, (A, 2), {}),
    (np.repeat, (A, [1, 0, 2]), {"axis": 1}),
    (np.atleast_1d, (V.sum(keepdims=True)[0] * np.ones(()),), {}),
    (np.atleast_2d, (V,), {}),
    (np.atleast_2d, (V, A), {}),
    (np.concatenate, ([A, B],), {}),
    (np.concatenate, ([A, B],), {"axis": 1}),
    (np.concatenate, ((A, V),), {"axis": None}),
    (np.stack, ([A, B],), {}),
    (np.stack, ([A, B],), {"axis": -1}),
    (np.vstack, ([A, V],), {}),
    (np.hstack, ([A, B],), {}),
    (np.hstack, ([V, V],), {}),
    (np.column_stack, ([V, V],), {}),
    (np.split, (S, 3), {}),
    (np.split, (A, [1, 2]), {"axis": 1}),
    (np.array_split, (V, 2), {}),
    (np.take, (A, [0, 2]), {"axis": 1}),
    (np.take, (A, [[0, 5]]), {}),
    (np.take_along_axis, (A, np.argsort(A)), {"axis": -1}),
    (np.where, (M, A, B), {}),
    (np.where, (M, A, 0.0), {}),
    (np.clip, (A, 0.3, 0.6), {}),
    (np.clip, (A, None, B), {}),
    (np.sort, (A,), {}),
    (np.sort, (A,), {"axis": 0}),
    (np.sort, (A,), {"axis": None}),
    (np.argsort, (A,), {}),
    (np.argsort, (A, 0), {}),
    (np.round, (A,), {}),
    (np.around, (A, 1), {}),
    (np.copy, (A,), {}),
    (np.dot, (A, V), {}),
    (np.dot, (V, V), {}),
    (np.dot, (A, S), {}),
    (np.dot, (A, 2.0), {}),
    (np.dot, (A, RNG.uniform(size=(2, 3, 4))), {}),
    (np.inner, (A, B), {}),
    (np.inner, (V, V), {}),
    (np.vdot, (A, B), {}),
    (np.outer, (A, V), {}),
    (np.einsum, ("ij,j->i", A, V), {}),
    (np.einsum, ("ij,ij", A, B), {"optimize": True}),
    (np.tensordot, (A, B), {}),
    (np.tensordot, (A, B), {"axes": ([0], [0])}),
    (np.diag, (V,), {}),
    (np.diag, (A, 1), {}),
    (np.diagonal, (C, 0, 1, 2), {}),
    (np.trace, (S,), {}),
    (np.trace, (C,), {"offset": 1, "axis1": 1, "axis2": 2}),
    (np.tril, (A, -1), {}),
    (np.triu, (A,), {"k": 1}),
    (np.zeros_like, (A,), {}),
    (np.ones_like, (A,), {"dtype": np.int64}),
    (np.full_like, (A, 3.0), {}),
    (np.shape, (A,), {}),
    (np.ndim, (A,), {}),
    (np.size, (A,), {}),
    (np.size, (A, 1), {}),
]
NO_GRADIENT = {
    np.argmax, np.argmin, np.all, np.any, np.argsort, np.zeros_like, np.ones_like, np.full_like,
}  # fmt: skip


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    CALLS,
    ids=[f"{f.__name__}-{i}" for i, (f, *_) in enumerate(CALLS)],
)
def test_functions(function: Any, args: Any, kwargs: Any) -> None:
    want = function(*copy.deepcopy(args), **kwargs)
    got = function(*tensors(args), **kwargs)
    assert_same(got, want)
    floats = [t for t in parts(got) if isinstance(t, tg.Tensor) and t.dtype.kind == "f"]
    assert all(t.requires_grad for t in floats if function not in NO_GRADIENT and args[0] is not I)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="NumPy's newer keywords")
def test_newer_keywords() -> None:
    x = tg.tensor(A, requires_grad=True)
    assert_same(np.reshape(x, shape=(6,)), A.reshape(6))
    assert_same(np.clip(x, min=0.4), np.maximum(A, 0.4))


def test_every_function_of_the_table_is_called() -> None:
    assert set(FUNCTIONS) - {f for f, *_ in CALLS} == {np.empty_like}
    assert np.empty_like(tg.ones(2, 3)).shape == (2, 3)


def test_gradients_flow_through_numpy() -> None:
    x = tg.tensor(V, requires_grad=True)
    y = np.exp(np.concatenate([x, 2 * x])) * np.ones(6)
    np.sum(y).backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), np.exp(V) + 2 * np.exp(2 * V))


def test_reflected_operators_and_scalars() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    for y in (np.float64(2) * x, x * np.float64(2), np.float32(3) - x, np.int64(3) / x, 1 + x):
        assert isinstance(y, tg.Tensor)
        assert y.dtype == tg.float32
        assert y.requires_grad
    a = np.ones((2, 2))
    for y in (a @ x, a * x, a - x, a / x, a**x, x @ a):
        assert isinstance(y, tg.Tensor)
        assert y.dtype == tg.float64
        assert y.requires_grad
    assert (np.array([1.0, 5.0]) > x).tolist() == [False, True]
    assert np.add([1.0, 2.0], x).tolist() == [2.0, 4.0]


def test_promotion_is_ours() -> None:
    i = tg.tensor([1, 2])
    f = tg.tensor([1.0, 2.0])
    assert np.exp(i).dtype == np.arctan2(i, i).dtype == tg.float32
    assert np.hypot(i, f).dtype == tg.float32
    assert np.hypot(np.float64(1), f).dtype == tg.float32
    assert np.mean(i).dtype == tg.float32
    assert np.gcd(i, 2).dtype == tg.int64


def test_reduce_and_accumulate() -> None:
    x = tg.tensor(A, requires_grad=True)
    for ufunc in (np.add, np.multiply, np.maximum, np.minimum):
        for kw in ({}, {"axis": 1}, {"axis": None}, {"axis": 0, "keepdims": True}):
            got = ufunc.reduce(x, **kw)
            assert got.requires_grad
            assert_same(got, ufunc.reduce(A, **kw))
    assert_same(np.add.accumulate(x, 1), np.add.accumulate(A, 1))
    assert np.multiply.accumulate(x).requires_grad
    assert_same(np.logical_or.reduce(tg.tensor(M)), np.logical_or.reduce(M))
    assert_same(np.multiply.outer(x.detach(), x.detach()), np.multiply.outer(A, A))


def test_functions_without_an_operation() -> None:
    x = tg.tensor(A)
    assert isinstance(np.spacing(x), tg.Tensor)
    assert [type(part) for part in np.frexp(x)] == [tg.Tensor, tg.Tensor]
    assert isinstance(np.interp(0.5, x[0], x[1]), np.floating)
    assert isinstance(np.histogram(x)[0], np.ndarray)
    np.testing.assert_allclose(np.add(x, x, where=M, out=np.zeros((2, 3))), np.where(M, 2 * A, 0))
    np.testing.assert_allclose(x, A)


@pytest.mark.parametrize(
    "lose",
    [
        lambda x: np.spacing(x),
        lambda x: np.percentile(x, 50, method="weibull"),
        lambda x: np.histogram(x),
        lambda x: np.add(x, x, dtype=np.float32),
        lambda x: np.add(x, 1, out=np.zeros((2, 3))),
        lambda x: np.sum(x, out=np.zeros(())),
        lambda x: np.multiply.outer(x, x),
        lambda x: np.asarray(x),
        lambda x: np.array([x, x]),
        lambda x: x.numpy(),
        lambda x: np.zeros((2, 3)).__iadd__(x),
        lambda x: np.median(a=[x, x]),
        lambda x: np.from_dlpack(x),
    ],
)
def test_a_gradient_is_never_lost_without_a_word(lose: Any) -> None:
    with pytest.raises(ConversionError, match=r"detach\(\)"):
        lose(tg.tensor(A, requires_grad=True))
    lose(tg.tensor(A, requires_grad=True).detach())


def test_what_carries_no_gradient_may_be_asked() -> None:
    x = tg.tensor(A, requires_grad=True)
    assert np.allclose(x, A)
    assert np.array_equal(x, x)
    assert np.isclose(x, A).all()
    assert np.count_nonzero(x) == 6
    assert len(np.nonzero(x)) == 2
    assert np.result_type(x) == np.float64


def test_out() -> None:
    x = tg.tensor([1.0, 2.0])
    a = np.zeros(2)
    assert np.multiply(x, 3.0, out=a) is a
    a += x
    assert a.tolist() == [4.0, 8.0]
    a @= np.eye(2)
    t = tg.zeros(2)
    version = t._version[0]
    assert np.add(a, x, out=t) is t
    assert t.tolist() == [5.0, 10.0]
    assert t._version[0] == version + 1
    leaf = tg.tensor([1.0, 1.0], requires_grad=True)
    y = leaf * 1
    np.multiply(y, 3.0, out=y)
    np.sum(y).backward()
    assert leaf.grad is not None and leaf.grad.tolist() == [3.0, 3.0]


def test_refusals_speak_two_languages() -> None:
    x = tg.tensor(A)
    with pytest.raises(ShapeError):
        np.arctan2(x, np.ones(4))
    with pytest.raises(DTypeError):
        np.zeros((2, 3), int).__iadd__(x)
    with pytest.raises(ShapeError):
        np.split(x, 2, axis=1)
    with pytest.raises(ArgumentError, match=r"t\[index\]"):
        np.add.at(x, 0, 1.0)
    a = np.zeros(3)
    np.add.at(a, [0, 0], tg.tensor([1.0, 2.0]))
    assert a.tolist() == [3.0, 0.0, 0.0]


def test_another_array_type_has_its_say() -> None:
    class Other:
        def __array_ufunc__(self, *args: Any, **kwargs: Any) -> str:
            return "mine"

        def __array_function__(self, *args: Any, **kwargs: Any) -> str:
            return "mine"

    assert np.add(tg.ones(2), Other()) == "mine"
    assert np.concatenate([tg.ones(2), Other()]) == "mine"  # type: ignore[list-item]


def test_dlpack() -> None:
    a = np.arange(3.0)
    t = tg.from_dlpack(a)
    a[0] = 5.0
    assert t[0] == 5.0
    own = tg.arange(3.0)
    assert np.shares_memory(np.from_dlpack(own), own.numpy())
    with pytest.raises(ConversionError):
        tg.from_dlpack([1.0])
    torch = pytest.importorskip("torch")
    theirs = torch.arange(3.0)
    assert tg.from_dlpack(theirs).tolist() == [0.0, 1.0, 2.0]
    assert torch.from_dlpack(own).tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ConversionError):
        tg.from_dlpack(torch.zeros(2, requires_grad=True))
