"""Shapes, joining and taking apart: PyTorch's meaning, conventions, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.ops.battery import arrays, broadcastable, check_parity, leaf, shapes
from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError, TinygradKrError
from tinygrad_kr.ops.primitive import registry
from tinygrad_kr.tensor import Tensor

Array = np.ndarray[Any, Any]
DRAWN = arrays(shapes(max_dims=4, max_side=2) | shapes(max_dims=2))
WITH_DIMS = arrays(shapes(min_dims=1, max_side=2) | shapes(min_dims=1, max_dims=2))


def dim_of(data: st.DataObject, ndim: int) -> int:
    return int(data.draw(st.integers(-max(ndim, 1), max(ndim, 1) - 1)))


def dims_of(data: st.DataObject, ndim: int) -> tuple[int, ...]:
    """Some dimensions, in any order, each counted from either end."""
    chosen = data.draw(st.permutations(range(ndim)))[: data.draw(st.integers(0, ndim))]
    return tuple(d - data.draw(st.sampled_from([0, ndim])) for d in chosen)


# Reshaping


@given(arrays(shapes(max_dims=2, max_side=4)), st.data())
def test_reshape(a: Array, data: st.DataObject) -> None:
    factors = [n for n in (2, 3, 5, 7) for _ in range(9) if a.size and a.size % n == 0]
    shape = [1, 1] if a.size else [3, 0]
    left = a.size
    for n in factors:
        if left > 0 and left % n == 0:
            left //= n
            shape[data.draw(st.integers(0, 1))] *= n
    if a.size:
        shape[data.draw(st.integers(0, 1))] *= left
        if data.draw(st.booleans()):
            shape[data.draw(st.integers(0, 1))] = -1
    check_parity(lambda lib, x: x.reshape(*shape), a)
    check_parity(lambda lib, x: lib.ravel(x), a)
    assert np.array_equal(ops.reshape(a, shape), a.reshape(shape))


@given(DRAWN, st.data())
def test_view_refuses_what_pytorch_refuses(a: Array, data: st.DataObject) -> None:
    torch = pytest.importorskip("torch")
    order = data.draw(st.permutations(range(a.ndim)))
    shape = data.draw(st.sampled_from([(-1,), (1, -1), (2, -1), (-1, 3), (-1, 2, 1), a.shape]))
    x, t = wrap(np.ascontiguousarray(a).reshape(a.shape)), torch.tensor(a.copy(order="C"))
    if a.ndim:
        x, t = x.permute(order), t.permute(order)
    try:
        expected = t.view(shape)
    except RuntimeError:
        with pytest.raises(ShapeError):
            x.view(shape)
        return
    np.testing.assert_array_equal(x.view(shape).numpy(), expected.numpy(), strict=True)
    assert x.view(*shape)._version is x._version
    assert x.view(shape).view_as(x).shape == x.reshape_as(x).shape == x.shape


@given(DRAWN, st.data())
def test_flatten(a: Array, data: st.DataObject) -> None:
    first, last = sorted(dim_of(data, a.ndim) % max(a.ndim, 1) for _ in range(2))
    check_parity(lambda lib, x: lib.flatten(x, first, last - max(a.ndim, 1)), a)
    check_parity(lambda lib, x: x.flatten(first), a)


@given(DRAWN, st.data())
def test_squeeze_and_unsqueeze(a: Array, data: st.DataObject) -> None:
    dim, new = dim_of(data, a.ndim), dim_of(data, a.ndim + 1)
    dims = dims_of(data, a.ndim)
    check_parity(lambda lib, x: lib.squeeze(x), a)
    check_parity(lambda lib, x: x.squeeze(dim), a)
    check_parity(lambda lib, x: x.squeeze(dims), a)
    check_parity(lambda lib, x: lib.unsqueeze(x, new), a)


# Permuting


@given(DRAWN, st.data())
def test_transpose_permute_movedim(a: Array, data: st.DataObject) -> None:
    one, two = dim_of(data, a.ndim), dim_of(data, a.ndim)
    check_parity(lambda lib, x: lib.transpose(x, one, two), a)
    order = [d - data.draw(st.sampled_from([0, a.ndim]))
             for d in data.draw(st.permutations(range(a.ndim)))]  # fmt: skip
    check_parity(lambda lib, x: x.permute(order), a)
    old = dims_of(data, a.ndim)
    new = data.draw(st.permutations(range(a.ndim)))[: len(old)]
    check_parity(lambda lib, x: lib.movedim(x, old, tuple(new)), a)
    if a.ndim:
        check_parity(lambda lib, x: x.movedim(one, two), a)
        check_parity(lambda lib, x: x.swapaxes(one, two), a)
    if a.ndim <= 2:
        check_parity(lambda lib, x: lib.t(x), a)
    if a.ndim >= 2:
        check_parity(lambda lib, x: x.mT, a)


def test_T_reverses_and_warns_off_matrices() -> None:
    x = wrap(np.zeros((2, 3)))
    assert x.T.shape == (3, 2)
    with pytest.warns(UserWarning, match="deprecated"):
        assert x[None].T.shape == (3, 2, 1)
    with pytest.raises(ShapeError):
        _ = x[0].mT


# Broadcasting


@given(broadcastable(), st.data())
def test_expand(pair: tuple[tuple[int, ...], ...], data: st.DataObject) -> None:
    small, wide = pair[0], np.broadcast_shapes(*pair)
    a = data.draw(arrays(small))
    kept = [-1 if n == m and data.draw(st.booleans()) else m
            for n, m in zip(small, wide[len(wide) - len(small) :], strict=True)]  # fmt: skip
    size = (*wide[: len(wide) - len(small)], *kept)
    check_parity(lambda lib, x: x.expand(size), a)
    check_parity(lambda lib, x: lib.broadcast_to(x, wide), a)
    check_parity(lambda lib, x, y: x.expand_as(y), a, np.zeros(wide))


# Reversing, rolling, repeating


@given(DRAWN, st.data())
def test_flip_and_roll(a: Array, data: st.DataObject) -> None:
    dims = dims_of(data, a.ndim)
    check_parity(lambda lib, x: lib.flip(x, dims), a)
    shift = data.draw(st.integers(-5, 5))
    check_parity(lambda lib, x: lib.roll(x, shift), a)
    if dims:
        shifts = tuple(data.draw(st.integers(-5, 5)) for _ in dims)
        check_parity(lambda lib, x: x.roll(shifts, dims), a)
        check_parity(lambda lib, x: x.flip(*dims), a)


@given(arrays(shapes(max_dims=3, max_side=2)), st.lists(st.integers(0, 2), max_size=4))
def test_repeat_and_tile(a: Array, times: list[int]) -> None:
    check_parity(lambda lib, x: lib.tile(x, tuple(times)), a)
    assume(len(times) >= max(a.ndim, 1))
    check_parity(lambda lib, x: x.repeat(*times), a)


# Joining and taking apart


@given(WITH_DIMS, st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_cat(a: Array, sizes: list[int], data: st.DataObject) -> None:
    dim = dim_of(data, a.ndim)
    parts = [a]
    for n in sizes:
        shape = list(a.shape)
        shape[dim] = n
        parts.append(data.draw(arrays(tuple(shape))))
    check_parity(lambda lib, *xs: lib.cat(xs, dim), *parts)


@given(DRAWN, st.integers(1, 3), st.data())
def test_stack(a: Array, count: int, data: st.DataObject) -> None:
    dim = dim_of(data, a.ndim + 1)
    parts = [data.draw(arrays(a.shape)) for _ in range(count)]
    check_parity(lambda lib, *xs: lib.stack(xs, dim), *parts)


DTYPES = st.sampled_from(["float16", "float32", "float64", "int8", "int64", "uint8", "bool"])


@given(st.lists(st.tuples(DTYPES, st.integers(0, 2)), min_size=1, max_size=3))
def test_joining_promotes_as_pytorch(parts: list[tuple[str, int]]) -> None:
    check_parity(lambda lib, *xs: lib.cat(xs), *(np.ones(n, d) for d, n in parts))
    check_parity(lambda lib, *xs: lib.stack(xs), *(np.ones(2, d) for d, _ in parts))
    check_parity(lambda lib, *xs: lib.stack(xs), *(np.ones((), d) for d, _ in parts))


def test_a_gradient_goes_back_in_the_dtype_of_its_part() -> None:
    x, w = leaf(np.ones(2, np.float32)), np.array([2.0, -3.0, 5.0])
    ops.cat([x, wrap(np.ones(1))]).backward(wrap(w))
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), w[:2].astype(np.float32), strict=True)


def test_cat_passes_over_empty_vectors() -> None:
    x = leaf(np.ones((2, 3)))
    empty = leaf(np.zeros(0))
    y = ops.cat([empty, x, empty], 1)
    assert y.shape == (2, 3)
    y.sum().backward()
    assert x.grad is not None
    assert ops.cat([wrap(np.zeros(0))]).shape == (0,)
    assert ops.cat([np.ones(2), wrap(np.ones(1))]).tolist() == [1.0] * 3


@given(WITH_DIMS, st.integers(1, 4), st.data())
def test_split_chunk_unbind(a: Array, size: int, data: st.DataObject) -> None:
    dim = dim_of(data, a.ndim)
    check_parity(lambda lib, x: lib.chunk(x, size, dim), a)
    check_parity(lambda lib, x: lib.split(x, size, dim)[-1], a)  # the others get no gradient
    n = a.shape[dim]
    cuts = sorted(data.draw(st.integers(0, n)) for _ in range(2))
    sizes = [cuts[0], cuts[1] - cuts[0], n - cuts[1]]
    check_parity(lambda lib, x: x.split(sizes, dim), a)
    if n:
        check_parity(lambda lib, x: x.unbind(dim), a)
        check_parity(lambda lib, x: lib.unbind(x, dim)[0], a)
    else:
        assert ops.unbind(wrap(a), dim) == ()


def test_integers_split_too() -> None:
    a, b = wrap(np.arange(4)).split(2)
    assert a.tolist() == [0, 1] and not b.requires_grad


# NumPy's names


def test_numpys_names_are_taken() -> None:
    x = wrap(np.arange(6.0).reshape(1, 2, 3))
    assert x.squeeze(axis=0).shape == (2, 3)
    assert ops.unsqueeze(x, axis=-1).shape == (1, 2, 3, 1)
    assert ops.cat([x, x], axis=1).shape == (1, 4, 3)
    assert ops.stack([x, x], axis=-1).shape == (1, 2, 3, 2)
    assert ops.flip(x, axis=2).tolist() == x.flip(axis=2).tolist() == x.flip(2).tolist()
    assert ops.roll(x, 1, axis=2).tolist() == x.roll(1, 2).tolist()
    assert len(x.unbind(axis=2)) == len(x.chunk(3, axis=2)) == len(x.split(1, axis=2)) == 3


# Slips

SLIPS: list[tuple[type[TinygradKrError], Callable[[Tensor], Any]]] = [
    (ShapeError, lambda x: x.reshape(4)),
    (ShapeError, lambda x: x.reshape(-1, -1)),
    (ShapeError, lambda x: x.reshape(-2, -3)),
    (ShapeError, lambda x: x[:0].reshape(-1, 0)),
    (ArgumentError, lambda x: x.reshape(1.5, 4)),
    (ShapeError, lambda x: x.T.view(6)),
    (DimError, lambda x: x.flatten(1, 0)),
    (DimError, lambda x: x.flatten(-3)),
    (DimError, lambda x: x.squeeze(2)),
    (DimError, lambda x: x.squeeze((0, 0))),
    (DimError, lambda x: x.unsqueeze(3)),
    (DimError, lambda x: x.permute(0)),
    (DimError, lambda x: x.permute(0, 0)),
    (DimError, lambda x: x.transpose(0, 2)),
    (ShapeError, lambda x: x[None].t()),
    (DimError, lambda x: x.movedim((0, 1), 0)),
    (ShapeError, lambda x: x.expand(3)),
    (ShapeError, lambda x: x.expand(4, 3)),
    (ShapeError, lambda x: x.expand(-1, 2, 3)),
    (DimError, lambda x: x.flip(0, 0)),
    (DimError, lambda x: x.roll(1, 2)),
    (ArgumentError, lambda x: x.roll((1, 2), 0)),
    (ShapeError, lambda x: x.repeat(2)),
    (ShapeError, lambda x: x.repeat(2, -1)),
    (ArgumentError, lambda x: ops.cat([])),
    (ArgumentError, lambda x: ops.cat(3)),
    (ArgumentError, lambda x: ops.cat([x, 3])),
    (ShapeError, lambda x: ops.cat([x, x[0]])),
    (ShapeError, lambda x: ops.cat([x, x.T])),
    (ShapeError, lambda x: ops.cat([x[0, 0]])),
    (DimError, lambda x: ops.cat([x], 2)),
    (ArgumentError, lambda x: ops.stack([])),
    (ShapeError, lambda x: ops.stack([x, x.T])),
    (DimError, lambda x: ops.stack([x], 3)),
    (ShapeError, lambda x: x.split(0)),
    (ShapeError, lambda x: x.split([1, 2])),
    (ShapeError, lambda x: x.split([3, -1])),
    (DimError, lambda x: x[0, 0].split(1)),
    (ArgumentError, lambda x: x.chunk(0)),
    (DimError, lambda x: x[0, 0].unbind()),
    (DimError, lambda x: x.unbind(2)),
]


@pytest.mark.parametrize(("error", "slip"), SLIPS)
def test_slips_are_named(error: type[TinygradKrError], slip: Callable[[Tensor], Any]) -> None:
    with pytest.raises(error) as caught:
        slip(wrap(np.zeros((2, 3))))
    assert len(str(caught.value).splitlines()) == 2


def test_a_join_of_many_has_one_plan() -> None:
    parts = [ops.zeros(2).requires_grad_(i == 70) for i in range(100)]
    for op, y in (("cat", ops.cat(parts)), ("stack", ops.stack(parts))):
        y.sum().backward()
        assert set(registry[op]._plans) == {1}
    assert parts[70].grad is not None and parts[70].grad.tolist() == [2, 2]
