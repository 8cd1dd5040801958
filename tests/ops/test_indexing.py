"""Indexing, gathering and scattering: PyTorch's meaning and NumPy's, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.battery import arrays, check_parity, leaf, shapes
from tests.proofs.indexing import keys
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    IndexingError,
    ShapeError,
    TinygradKrError,
)
from tinygrad_kr.tensor import Tensor

Array = np.ndarray[Any, Any]
Key = tuple[Any, ...]


def numbers(*shape: int) -> Tensor:
    return wrap(np.arange(float(np.prod(shape))).reshape(shape))


# Keys: an ndarray in one stands for an array in any spelling.


def spelled(key: Key, spelling: str) -> Any:
    """The same key with its arrays as tensors, ndarrays or lists; alone rather than in a tuple."""
    spell: dict[str, Callable[[Array], Any]] = {
        "tensor": wrap,
        "array": lambda a: a,
        "list": lambda a: a.tolist(),
    }
    parts = tuple(
        spell[spelling if p.ndim and p.size else "tensor"](p) if isinstance(p, np.ndarray) else p
        for p in key
    )
    return parts[0] if len(parts) == 1 else parts


def torched(key: Key) -> Any:
    torch = pytest.importorskip("torch")
    return tuple(torch.tensor(p) if isinstance(p, np.ndarray) else p for p in key)


CASES = shapes(max_dims=4).flatmap(lambda s: st.tuples(arrays(s), keys(s)))
SPELLINGS = st.sampled_from(["tensor", "array", "list"])


@given(CASES, SPELLINGS)
def test_reading_is_pytorchs(case: tuple[Array, Key], spelling: str) -> None:
    torch = pytest.importorskip("torch")
    a, key = case
    x, t = leaf(a.copy()), torch.tensor(a.copy(), requires_grad=True)
    try:
        expected = t[torched(key)]
    except (IndexError, RuntimeError):
        with pytest.raises(IndexingError):
            x[spelled(key, spelling)]
        return
    y = x[spelled(key, spelling)]
    np.testing.assert_array_equal(y.detach().numpy(), expected.detach().numpy(), strict=True)
    g = np.random.default_rng(0).standard_normal(y.shape)
    y.backward(wrap(g))
    expected.backward(torch.tensor(g))
    np.testing.assert_array_equal(x.grad.numpy(), t.grad.numpy(), strict=True)


@given(CASES, SPELLINGS, st.data())
def test_writing_is_pytorchs(case: tuple[Array, Key], spelling: str, data: st.DataObject) -> None:
    torch = pytest.importorskip("torch")
    a, key = case
    try:
        place = torch.tensor(a.copy())[torched(key)].shape
    except (IndexError, RuntimeError):
        with pytest.raises(IndexingError):
            wrap(a)[spelled(key, spelling)] = 0.0
        return
    drop = data.draw(st.integers(0, len(place)))
    size = [data.draw(st.sampled_from([n, 1])) for n in place[drop:]]
    size = [1] * data.draw(st.integers(0, 2)) + size
    v = np.random.default_rng(0).standard_normal(size)
    x, t = leaf(a.copy()), torch.tensor(a.copy(), requires_grad=True)
    w, u = leaf(v), torch.tensor(v.copy(), requires_grad=True)
    y, expected = x * 2, t * 2
    y[spelled(key, spelling)] = w
    expected[torched(key)] = u
    np.testing.assert_array_equal(y.detach().numpy(), expected.detach().numpy(), strict=True)
    g = np.random.default_rng(1).standard_normal(a.shape)
    y.backward(wrap(g))
    expected.backward(torch.tensor(g))
    np.testing.assert_array_equal(x.grad.numpy(), t.grad.numpy(), strict=True)
    np.testing.assert_allclose(w.grad.numpy(), u.grad.numpy(), rtol=1e-12)


def apart(key: Key) -> bool:
    """Whether a key has not both arrays or bools and integers: there NumPy means the same.

    To NumPy an integer (a 0-d array too) beside an array is one more array, to PyTorch a dimension
    taken out first; and to NumPy an Ellipsis parts two arrays although it stands for no dimension.
    """
    picks = [p for p in key if p is not None and p is not ... and not isinstance(p, slice)]
    arrays = [np.ndim(p) > 0 or np.asarray(p).dtype == bool for p in picks]
    return not any(arrays) or (all(arrays) and (len(arrays) == 1 or Ellipsis not in kinds(key)))


def kinds(key: Key) -> list[Any]:
    """The parts of a key that are no arrays."""
    return [p for p in key if not isinstance(p, np.ndarray)]


@given(CASES.filter(lambda case: apart(case[1])), SPELLINGS)
def test_reading_and_writing_are_numpys(case: tuple[Array, Key], spelling: str) -> None:
    a, key = case
    x = wrap(a.copy())
    try:
        expected = a[key]
    except IndexError:
        with pytest.raises(IndexingError):
            x[spelled(key, spelling)]
        return
    np.testing.assert_array_equal(x[spelled(key, spelling)].numpy(), expected, strict=True)
    values = np.random.default_rng(0).standard_normal(expected.shape[-1:])
    b = a.copy()
    b[key] = values
    x[spelled(key, spelling)] = values
    np.testing.assert_array_equal(x.numpy(), b, strict=True)


def test_an_integer_beside_an_array_is_applied_first() -> None:
    x = numbers(2, 3, 4)
    assert x[0, :, [0, 1]].shape == (3, 2)  # NumPy: (2, 3)
    assert x[[0, 1], :, [0, 1]].shape == (2, 3)
    assert x[wrap(np.array(0)), :, [0, 1]].shape == (3, 2)


def test_a_mask_of_two_dims_beside_integers() -> None:
    x = leaf(np.arange(12.0).reshape(2, 2, 3))
    mask, columns = np.array([[True, False], [True, True]]), np.array([0, 2, 2])
    y = x[wrap(mask), wrap(columns)]
    assert y.tolist() == [0, 8, 11]
    y.backward(wrap(np.array([1.0, 10.0, 100.0])))
    assert x.grad.tolist() == [[[1, 0, 0], [0, 0, 0]], [[0, 0, 10], [0, 0, 100]]]


def test_rows_without_elements_have_a_gradient_without_elements() -> None:
    x = leaf(np.ones((3, 0)))
    y = x[wrap(np.array([2, 0, 2, 1]))]
    y.backward(wrap(np.ones((4, 0))))
    assert y.shape == (4, 0) and x.grad.shape == (3, 0)


def test_what_numpy_means_where_pytorch_refuses() -> None:
    x = numbers(2, 3)
    np.testing.assert_array_equal(x[::-1, ::-2].numpy(), x.numpy()[::-1, ::-2])
    y = x[::-1]
    y[0] = 7.0
    assert x[1].tolist() == [7.0] * 3
    np.testing.assert_array_equal(x[wrap(np.array([1, 0], np.int8))].numpy(), x.numpy()[[1, 0]])


def test_scalars_of_every_kind() -> None:
    x = numbers(3)
    for one in (1, np.int64(1), np.array(1), wrap(np.array(1)), -2, wrap(np.array(1, np.int8))):
        assert x[one].item() == 1.0
    for yes in (True, np.bool_(True), wrap(np.array(True)), wrap(np.array(1, np.uint8))):
        assert x[yes].shape == (1, 3)
        assert x[~np.asarray(yes == yes)].shape == (0, 3)
    assert x[0 : wrap(np.array(2))].shape == (2,)
    assert x[[]].shape == (0,)
    assert x[range(2)].tolist() == [0.0, 1.0]


def test_a_uint8_tensor_is_a_mask() -> None:
    x = numbers(3)
    assert x[wrap(np.array([1, 0, 1], np.uint8))].tolist() == [0.0, 2.0]


def test_nested_lists_are_arrays() -> None:
    x = numbers(3, 2)
    assert x[[[0, 1], [2, 0]]].shape == (2, 2, 2)
    assert x[[wrap(np.array(0)), wrap(np.array(2))]].shape == (2, 2)


def test_a_0d_tensor() -> None:
    x = wrap(np.array(3.0))
    assert x[()].shape == x[...].shape == ()
    assert x[None].shape == x[True].shape == x[x > 2].shape == (1,)
    assert x[x > 5].shape == (0,)
    x[...] = 4.0
    x[()] += 1.0
    x[None] *= 2.0
    assert x.item() == 10.0


def test_a_key_that_changes_later_changes_nothing() -> None:
    x, i = leaf(np.arange(3.0)), np.array([0, 0])
    y = x[i].sum()
    i[:] = 2
    y.backward()
    assert x.grad is not None and x.grad.tolist() == [2.0, 0.0, 0.0]


def test_writing_casts_and_broadcasts() -> None:
    x = wrap(np.zeros((2, 3), np.int64))
    x[0] = 1.7
    x[1] = wrap(np.array([[[1.2, 2.9, -1.5]]]))
    assert x.tolist() == [[1, 1, 1], [1, 2, -1]]
    x[:, [0, 2]] = [[5], [6]]
    assert x.tolist() == [[5, 1, 5], [6, 2, 6]]
    x[x > 4] = 0
    assert x.tolist() == [[0, 1, 0], [0, 2, 0]]
    x[True] = 9
    x[False] = 8
    assert x.tolist() == [[9] * 3] * 2


BAD_KEYS: list[tuple[Any, str]] = [
    (2, "dimension 0 with size 2"),
    ((0, -4), "index -4 is out of bounds for dimension 1 with size 3"),
    ((0, 0, 0), "too many indices"),
    ((0, np.ones((3, 1), bool)), "too many indices"),
    ([0, 2], "index 2 is out of bounds for dimension 0"),
    ((slice(None), [0, -4]), "index -4 is out of bounds for dimension 1"),
    (np.array([True, False, True]), r"mask \(3,\)"),
    (([0, 1], [0, 1, 2]), r"\(2,\), \(3,\)"),
    (1.0, "float"),
    ([0.5], "float64"),
    (np.array([0.5]), "float64"),
    ("a", "str"),
    ([[0], [0, 1]], "ragged"),
    ([slice(None)], "object"),
    (slice(0.5), "slice indices"),
]


@pytest.mark.parametrize(("key", "words"), BAD_KEYS)
def test_bad_keys_are_refused_and_alter_nothing(key: Any, words: str) -> None:
    x = numbers(2, 3)
    with pytest.raises(IndexingError, match=words):
        x[key]
    before = x.numpy().copy()
    with pytest.raises(IndexingError, match=words):
        x[key] = 9.0
    np.testing.assert_array_equal(x.numpy(), before)
    assert x._version == [0]


def test_bad_values_are_refused_and_alter_nothing() -> None:
    x = numbers(2, 3)
    before = x.numpy().copy()
    for key in (0, slice(None), [0, 1], np.ones((2, 3), bool), ([0, 1], [0, 1])):
        with pytest.raises(ShapeError):
            x[key] = np.zeros((2, 5))
    with pytest.raises(ArgumentError):
        x[0] = "a"
    np.testing.assert_array_equal(x.numpy(), before)
    with pytest.raises(IndexingError):
        wrap(np.array(1.0))[0]


def test_numbers_that_do_not_fit_are_refused() -> None:
    for dtype, value in ((np.uint8, 300), (np.int64, float("nan")), (np.int8, -129), (int, 1e30)):
        x, i, m = wrap(np.zeros(2, dtype)), wrap(np.array([0])), wrap(np.array([True, False]))
        for write in (
            lambda x=x, v=value: x.__setitem__(0, v),
            lambda x=x, v=value: x.fill_(v),
            lambda x=x, m=m, v=value: x.masked_fill(m, v),
            lambda x=x, i=i, v=value: x.scatter(0, i, v),
        ):
            with pytest.raises(ArgumentError):
                write()
        assert x.tolist() == [0, 0]


def test_length_iteration_membership() -> None:
    x = numbers(2, 3)
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    a, _ = x
    a.mul_(2)
    assert x[0].tolist() == [0.0, 2.0, 4.0]
    assert 5 in x and 7 not in x and np.float64(5) in x
    for bad in (lambda: len(x.sum()), lambda: list(x.sum())):
        with pytest.raises(TypeError):
            bad()
    with pytest.raises(ArgumentError):
        "a" in x  # noqa: B015
    assert list(wrap(np.zeros((0, 3)))) == []


# Gathering and scattering


@st.composite
def gathers(draw: st.DrawFn) -> tuple[Array, int, Array]:
    """An array, a dimension, and an index that gather takes."""
    shape = draw(shapes(min_dims=1, min_side=1))
    dim = draw(st.integers(0, len(shape) - 1))
    size = tuple(
        draw(st.integers(0, 4)) if d == dim else draw(st.integers(0, n))
        for d, n in enumerate(shape)
    )
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    a = draw(arrays(shape))
    return a, draw(st.sampled_from([dim, dim - len(shape)])), rng.integers(0, shape[dim], size)


@given(gathers())
def test_gather(case: tuple[Array, int, Array]) -> None:
    a, dim, i = case
    check_parity(lambda lib, x, j: x.gather(dim, j), a, i)
    check_parity(lambda lib, x, j: lib.gather(x, dim, j), a, i.astype(np.int32))


@given(gathers())
def test_scatter(case: tuple[Array, int, Array]) -> None:
    a, dim, i = case
    src = np.random.default_rng(0).standard_normal(i.shape)
    check_parity(lambda lib, x, j, s: x.scatter_add(dim, j, s), a, i, src)
    check_parity(lambda lib, x, j: x.scatter(dim, j, 1.5), a, i)
    # Distinct indices: where one comes twice, PyTorch does not say which value stays.
    n = a.shape[dim]
    order = np.argsort(np.random.default_rng(0).random(a.shape), axis=dim)
    j = order[tuple(slice(min(m, n)) for m in i.shape)]
    src = np.random.default_rng(0).standard_normal(j.shape)
    check_parity(lambda lib, x, j, s: lib.scatter(x, dim, j, s), a, j, src)


@given(gathers())
def test_take_along_dim(case: tuple[Array, int, Array]) -> None:
    a, dim, i = case
    n = a.shape[dim]
    size = [i.shape[dim] if d == dim % a.ndim else 1 for d in range(a.ndim)]
    first = np.random.default_rng(0).integers(-n, n, size)
    check_parity(lambda lib, x, j: x.take_along_dim(j, dim), a, first)
    check_parity(lambda lib, x, j: lib.take_along_dim(x, j), a, i)


@given(gathers())
def test_index_select(case: tuple[Array, int, Array]) -> None:
    a, dim, i = case
    few = i.reshape(-1)[:4]
    check_parity(lambda lib, x, j: x.index_select(dim, j), a, few)


@given(shapes().flatmap(lambda s: st.tuples(arrays(s), st.integers(0, 99))))
def test_masks(case: tuple[Array, int]) -> None:
    a, seed = case
    mask = np.asarray(np.random.default_rng(seed).random(a.shape) < 0.5)
    check_parity(lambda lib, x, m, v: lib.masked_fill(x, m, v), a, mask, np.array(0.5))
    check_parity(lambda lib, x, m: x.masked_fill(m, 2), a, mask)
    check_parity(lambda lib, x, m: lib.masked_select(x, m), a, mask)
    if a.ndim:
        check_parity(lambda lib, x, m: x.masked_select(m), a, mask[:1])
        check_parity(lambda lib, x, m: x[0:1].masked_fill(m, 2.0), a, mask)


def test_gather_of_0d_tensors() -> None:
    x, i = leaf(np.array(2.0)), wrap(np.array(0))
    for j in (i, i.reshape(1), wrap(np.array([0, 0]))):
        assert x.gather(0, j).shape == j.shape
    x.gather(0, wrap(np.array([0, 0]))).sum().backward()
    assert x.grad is not None and x.grad.item() == 2.0
    assert x.scatter(0, i, 5.0).shape == ()
    assert x.scatter_add(0, i, wrap(np.array(5.0))).item() == 7.0
    assert x.index_select(0, i).shape == () and x.take_along_dim(i, 0).shape == (1,)


def test_in_place_forms() -> None:
    x = leaf(np.arange(3.0))
    y = x * 1
    y.masked_fill_(y > 1, 5.0)
    y.scatter_(0, wrap(np.array([0])), 7.0)
    y.scatter_add_(0, wrap(np.array([1, 1])), wrap(np.ones(2)))
    assert y.tolist() == [7.0, 3.0, 5.0]
    y.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0.0, 1.0, 0.0]


REFUSED: list[tuple[type[TinygradKrError], Callable[[Tensor], Any]]] = [
    (IndexingError, lambda x: x.gather(1, wrap(np.array([[-1]])))),
    (IndexingError, lambda x: x.gather(1, wrap(np.array([[3]])))),
    (ShapeError, lambda x: x.gather(1, wrap(np.array([0])))),
    (ShapeError, lambda x: x.gather(1, wrap(np.zeros((3, 1), int)))),
    (DTypeError, lambda x: x.gather(1, wrap(np.zeros((1, 1))))),
    (IndexingError, lambda x: x.index_select(1, wrap(np.array([-1])))),
    (ShapeError, lambda x: x.index_select(1, wrap(np.array([[0]])))),
    (ShapeError, lambda x: x.take_along_dim(wrap(np.array([0])), 1)),
    (ShapeError, lambda x: x.scatter(1, wrap(np.zeros((2, 3), int)), wrap(np.zeros((2, 2))))),
    (DTypeError, lambda x: x.scatter(1, wrap(np.zeros((1, 1), int)), wrap(np.zeros((1, 1), int)))),
    (ArgumentError, lambda x: x.scatter(1, wrap(np.zeros((1, 1), int)))),
    (ArgumentError, lambda x: x.scatter(1, wrap(np.zeros((1, 1), int)), 1.0, reduce="mean")),
    (DTypeError, lambda x: x.masked_fill(wrap(np.ones((2, 3))), 1.0)),
    (ShapeError, lambda x: x.masked_fill(x > 0, wrap(np.ones(1)))),
    (ShapeError, lambda x: x.masked_fill(wrap(np.ones(2, bool)), 1.0)),
    (DTypeError, lambda x: x.masked_select(wrap(np.ones(3)))),
    (ShapeError, lambda x: x.masked_select(wrap(np.ones(2, bool)))),
]


@pytest.mark.parametrize(("error", "slip"), REFUSED)
def test_slips_are_named(error: type[TinygradKrError], slip: Callable[[Tensor], Any]) -> None:
    with pytest.raises(error):
        slip(numbers(2, 3))
