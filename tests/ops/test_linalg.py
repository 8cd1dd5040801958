"""Linear algebra: products, einsum, diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.battery import arrays, check_op, check_parity
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, ShapeError
from tinygrad_kr.ops import contraction, linalg
from tinygrad_kr.ops.creation import tensor
from tinygrad_kr.tensor import Tensor

RNG = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.standard_normal(shape)


@st.composite
def products(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two arrays that matmul takes: vectors, matrices, batches that broadcast, sizes of 0."""
    side = st.integers(0, 3)
    n, k, m = draw(side), draw(side), draw(side)
    batches = [(), (), (1,), (2,), (2, 1), (1, 2), (0,)]
    left = (*draw(st.sampled_from(batches)), n, k)
    right = (*draw(st.sampled_from(batches)), k, m)
    try:
        np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError:
        left = (n, k)
    vector = draw(st.sampled_from(["neither", "neither", "left", "right", "both"]))
    if vector in ("left", "both"):
        left = (k,)
    if vector in ("right", "both"):
        right = (k,)
    return draw(arrays(left)), draw(arrays(right))


@given(products())
@settings(max_examples=60)
def test_matmul(pair: tuple[Any, Any]) -> None:
    a, b = pair
    check_parity(lambda lib, x, y: x @ y, a.copy(), b.copy())


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", ((2, 3), (3, 4))),
        ("bmm", ((2, 2, 3), (2, 3, 1))),
        ("mv", ((2, 3), (3,))),
        ("dot", ((3,), (3,))),
        ("outer", ((3,), (2,))),
    ],
)
def test_named_products(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    torch = pytest.importorskip("torch")
    a, b = (normal(*s) for s in shapes)
    x, y = tensor(a), tensor(b)
    want = getattr(torch, name)(torch.tensor(a), torch.tensor(b)).numpy()
    np.testing.assert_allclose(getattr(linalg, name)(x, y)._array, want, atol=1e-12)
    np.testing.assert_allclose(getattr(x, name)(y)._array, want, atol=1e-12)


def test_integer_products_keep_their_dtype() -> None:
    a = np.array([[100, 2], [3, 4]], np.int8)
    np.testing.assert_array_equal((tensor(a) @ tensor(a))._array, a @ a)
    assert (tensor(a) @ tensor(a)).dtype == np.int8
    x = tensor([[1, 2], [3, 4]])
    assert (x @ x).dtype == np.int64
    assert (x @ tensor([[1.0, 2.0], [3.0, 4.0]])).dtype == np.float32
    with pytest.raises(DTypeError):
        tensor([True]) @ tensor([True])


def test_operators() -> None:
    a = normal(2, 2)
    x = tensor(a)
    np.testing.assert_allclose((a @ x)._array, a @ a)
    np.testing.assert_allclose((x @ a)._array, a @ a)
    x @= a
    np.testing.assert_allclose(x._array, a @ a)


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (linalg.matmul, ((2, 3), (2, 3))),
        (linalg.matmul, ((2, 3), (2,))),
        (linalg.matmul, ((3,), (2,))),
        (linalg.matmul, ((4, 2, 3), (5, 3, 2))),
        (linalg.matmul, ((4, 2, 3), (2, 2))),
        (linalg.matmul, ((), (2,))),
        (linalg.mm, ((3,), (3, 2))),
        (linalg.bmm, ((3, 2, 2), (2, 2, 2))),
        (linalg.mv, ((3, 2), (3,))),
        (linalg.dot, ((3,), (2,))),
        (linalg.outer, ((3, 1), (2,))),
    ],
)
def test_shapes_that_do_not_fit(f: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ShapeError) as caught:
        f(*(tensor(normal(*s)) for s in shapes))
    for shape in shapes:
        assert str(shape) in caught.value.korean
        assert str(shape) in caught.value.english


def test_a_product_of_strangers() -> None:
    with pytest.raises(ArgumentError):
        tensor([1.0]) @ [1.0]  # type: ignore[operator]
    with pytest.raises(ShapeError):
        tensor([1.0]) @ 2.0


def test_only_what_is_needed_is_kept() -> None:
    x, c = tensor(normal(2, 2)).requires_grad_(), tensor(normal(2, 2))
    inner = x * 1
    y = inner @ c
    inner.mul_(2)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), np.ones((2, 2)) @ c.numpy().T)


# einsum

EQUATIONS: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    ("ij,jk->ik", ((2, 3), (3, 4))),
    ("ij,jk", ((2, 3), (3, 4))),
    ("ba,ca", ((2, 3), (4, 3))),
    ("bij,bjk->bik", ((2, 2, 3), (2, 3, 2))),
    ("bij,bjk->kib", ((2, 2, 3), (2, 3, 2))),
    ("ij->ji", ((2, 3),)),
    ("ij->", ((2, 3),)),
    ("ij", ((2, 3),)),
    ("ji", ((2, 3),)),
    ("ij->j", ((2, 3),)),
    ("ii", ((3, 3),)),
    ("ii->i", ((3, 3),)),
    ("iij->ji", ((2, 2, 3),)),
    ("iii->i", ((3, 3, 3),)),
    ("ijij->ij", ((2, 3, 2, 3),)),
    ("ii,jj->", ((2, 2), (3, 3))),
    ("ii,ij->j", ((2, 2), (2, 3))),
    ("i,j->ij", ((2,), (3,))),
    ("i,i->", ((3,), (3,))),
    ("i,i->i", ((3,), (3,))),
    ("i,->i", ((3,), ())),
    (",->", ((), ())),
    ("->", ((),)),
    ("ij,kl->il", ((2, 3), (4, 2))),
    ("ij,k->i", ((2, 3), (4,))),
    ("ij,jk,kl->il", ((2, 3), (3, 2), (2, 4))),
    ("i,ij,j->", ((2,), (2, 3), (3,))),
    ("bi,bj,bk->ijk", ((2, 2), (2, 3), (2, 2))),
    ("...ij,...jk->...ik", ((2, 1, 2, 3), (4, 3, 2))),
    ("...ij,...jk", ((2, 2, 3), (3, 2))),
    ("i...->...", ((3, 2, 2),)),
    ("...i->...", ((2, 3),)),
    ("...->...", ((2, 3),)),
    ("...", ((2, 3),)),
    ("i...,i->...", ((2, 3, 2), (2,))),
    ("...i->i", ((2, 2, 3),)),
    ("a...b,b...->a...", ((2, 3, 2), (2, 3))),
    ("ij,ij->ij", ((2, 3), (1, 3))),
    ("ij,j->i", ((2, 1), (3,))),
    ("ij,jk->ik", ((2, 1), (3, 2))),
    ("ij,jk->ik", ((2, 0), (0, 3))),
    ("ij,jk->ik", ((0, 2), (2, 3))),
    (" i j , j k -> i k ", ((2, 3), (3, 4))),
    ("aB,Bc", ((2, 3), (3, 4))),
    ("bA,Ac", ((2, 3), (3, 4))),
    ("bhid,bhjd->bhij", ((1, 2, 3, 2), (1, 2, 2, 2))),
]


@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_einsum(equation: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    operands = [normal(*s) for s in shapes]
    got = contraction.einsum(equation, *(tensor(a) for a in operands))
    check_op(lambda *xs: contraction.einsum(equation, *xs), *operands)
    torch = pytest.importorskip("torch")
    want = torch.einsum(equation, *(torch.tensor(a) for a in operands))
    np.testing.assert_allclose(got._array, want.numpy(), atol=1e-12)


@pytest.mark.parametrize(
    ("equation", "shapes", "error"),
    [
        ("ij,jk->ik", ((2, 3),), ArgumentError),
        ("ij->ii", ((2, 3),), ArgumentError),
        ("ij->k", ((2, 3),), ArgumentError),
        ("i1->i", ((2, 3),), ArgumentError),
        ("i..j->i", ((2, 3),), ArgumentError),
        ("i......j->i", ((2, 3),), ArgumentError),
        ("ijk->i", ((2, 3),), ShapeError),
        ("i->i", ((2, 3),), ShapeError),
        ("ijk...->i", ((2, 3),), ShapeError),
        ("ij,jk->ik", ((2, 3), (2, 3)), ShapeError),
        ("ii->i", ((2, 3),), ShapeError),
        ("ii->i", ((1, 3),), ShapeError),
        ("...i,...i", ((2, 3), (3, 3)), ShapeError),
    ],
)
def test_einsum_refuses(equation: str, shapes: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"einsum"):
        contraction.einsum(equation, *(tensor(normal(*s)) for s in shapes))


@pytest.mark.parametrize(
    ("shapes", "dims"),
    [
        (((2, 3, 4), (3, 4, 2)), 2),
        (((2, 3), (3, 4)), 1),
        (((2,), (3,)), 0),
        (((2, 3), (2, 3)), ([0, 1], [0, 1])),
        (((2, 3, 4), (4, 3)), ([2, 1], [0, 1])),
        (((2, 3, 4), (4, 3)), ([-1], [-2])),
        (((3, 2), (3, 2)), (1, 1)),
        (((2, 1), (4, 2)), 1),
    ],
)
def test_tensordot(shapes: Any, dims: Any) -> None:
    a, b = (normal(*s) for s in shapes)
    check_op(lambda x, y: contraction.tensordot(x, y, dims), a, b)
    torch = pytest.importorskip("torch")
    if isinstance(dims, tuple) and isinstance(dims[0], int):
        dims = ([dims[0]], [dims[1]])
    want = torch.tensordot(torch.tensor(a), torch.tensor(b), dims).numpy()
    np.testing.assert_allclose(tensor(a).tensordot(tensor(b), dims)._array, want, atol=1e-12)


@pytest.mark.parametrize("dims", [3, -1, "ab", ([0], [0, 1]), 1.5, None])
def test_tensordot_refuses(dims: Any) -> None:
    with pytest.raises(ArgumentError):
        contraction.tensordot(tensor(normal(2, 2)), tensor(normal(2, 2)), dims)


def test_tensordot_refuses_dims() -> None:
    x = tensor(normal(2, 2))
    with pytest.raises(DimError):
        contraction.tensordot(x, x, ([0, 0], [0, 1]))
    with pytest.raises(DimError):
        contraction.tensordot(x, x, ([2], [0]))


# Diagonals and triangles


@given(arrays((3, 4)), st.integers(-5, 5))
@settings(max_examples=20)
def test_diagonals_and_triangles(a: Any, k: int) -> None:
    for f in (linalg.tril, linalg.triu):
        check_parity(lambda lib, x, n=f.__name__: _call(lib, n, x, k), a.copy())
    if -3 <= k <= 4:
        check_parity(lambda lib, x: _call(lib, "diag", x, k), a.copy())
        check_parity(lambda lib, x: _call(lib, "diagonal", x, k), a.copy())
    check_parity(lambda lib, x: _call(lib, "diag", x, k), a[0].copy())


def _call(lib: Any, name: str, x: Any, *args: Any) -> Any:
    return getattr(linalg if isinstance(x, Tensor) else lib, name)(x, *args)


def test_batched_forms() -> None:
    a = normal(2, 3, 4)
    check_parity(lambda lib, x: _call(lib, "diagonal", x, 1, -1, 0), a.copy())
    check_parity(lambda lib, x: _call(lib, "triu", x, 1), a.copy())
    check_parity(lambda lib, x: _call(lib, "trace", x), a[0])
    assert linalg.trace(tensor([[1, 2], [3, 4]])).item() == 5


def test_diagonal_is_a_view() -> None:
    x = tensor(normal(3, 3))
    x.diagonal().fill_(1.0)
    np.testing.assert_array_equal(np.diagonal(x._array), 1)
    a = tensor(normal(3, 3), requires_grad=True)
    y = a * 1
    y.diagonal(1).mul_(3.0)
    y.sum().backward()
    np.testing.assert_array_equal(a.grad._array, [[1, 3, 1], [1, 1, 3], [1, 1, 1]])
    d = a.diag()
    with pytest.raises(Exception, match="dimensions"):
        a.diagonal(0, 1, 1)
    assert d._array.base is None


@pytest.mark.parametrize(
    ("f", "shape"),
    [(linalg.tril, (3,)), (linalg.triu, ()), (linalg.diag, (2, 2, 2)), (linalg.trace, (3,))],
)
def test_shapes_refused(f: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"\("):
        f(tensor(normal(*shape)))


def test_in_place_triangles() -> None:
    a = normal(3, 3)
    np.testing.assert_array_equal(tensor(a).tril_(-1)._array, np.tril(a, -1))
    np.testing.assert_array_equal(tensor(a).triu_()._array, np.triu(a))
