"""The records of the rarer shapes and joinings: NumPy says what most of them mean."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygrad_kr as tg
from tests.proofs.shapes import (
    ALL,
    FLAT,
    MATRIX,
    WITH_DIMS,
    Calls,
    Shape,
    dim,
    frozen,
    moved,
    on,
    slip,
    stacked,
)
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, ShapeError
from tinygrad_kr.testing import Call, OpRecord, broadcastable, call, shapes, tensors

Array = np.ndarray[Any, Any]
LISTS = frozen(stacked().map(lambda c: call(*c.args)))
VECTORS = st.lists(tensors(shapes(min_dims=1, max_dims=1)), min_size=1, max_size=3)
DEEP = shapes(min_dims=3, min_side=1)
UP_TO_2 = shapes(max_dims=2)


def listed(name: str) -> OpRecord:
    return moved(name, getattr(tg, name), getattr(np, name), LISTS,
                 slip(ArgumentError, []), slip(ShapeError, [MATRIX, MATRIX[:1, :1]]))  # fmt: skip


def blocks(*parts: Array) -> Array:
    parts = tuple(np.atleast_2d(p) for p in parts)
    out = np.zeros(np.sum([p.shape for p in parts], 0), np.result_type(*parts))
    row = column = 0
    for p in parts:
        out[row : row + p.shape[0], column : column + p.shape[1]] = p
        row, column = row + p.shape[0], column + p.shape[1]
    return out


def raised(ndim: int, x: Array) -> Array:
    return (np.atleast_1d, np.atleast_2d, np.atleast_3d)[ndim - 1](x)


def products(*vectors: Array) -> Array:
    if len(vectors) == 1:
        return vectors[0]
    rows = list(itertools.product(*vectors))
    return np.array(rows, np.result_type(*vectors)).reshape(-1, len(vectors))


def chosen(x: Array, r: int, with_replacement: bool) -> Array:
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return np.array(list(choose(x, r)), x.dtype).reshape(-1, r)


@st.composite
def repeated(draw: st.DrawFn) -> Call:
    shape = draw(WITH_DIMS)
    at = draw(st.none() | dim(shape))
    n = math.prod(shape) if at is None else shape[at]
    counts = st.integers(0, 2) | tensors((n,), dtype=np.int64, low=0, high=3)
    return call(draw(tensors(shape)), draw(counts), at)


def repeat(x: Array, repeats: Any, dim: int | None) -> Array:
    return np.repeat(x, repeats, dim)


@st.composite
def pieces(draw: st.DrawFn) -> Call:
    shape = draw(WITH_DIMS)
    how = draw(st.integers(1, 4) | st.lists(st.integers(0, 4), max_size=3).map(sorted))
    return call(draw(tensors(shape)), how, draw(dim(shape)))


def halves(name: str, least: int) -> OpRecord:
    """The record of a splitting along a dimension of its own, into two or at places."""
    at = {"hsplit": 1, "vsplit": 0, "dsplit": 2}[name]
    even = shapes(min_dims=least).map(
        lambda s: tuple(2 * n if d == min(at, len(s) - 1) else n for d, n in enumerate(s))
    )
    return moved(name, getattr(tg, name), getattr(np, name),
                 on(even, how=lambda s: st.sampled_from([1, 2, [1]])).map(
                     lambda c: call(*c.args, *c.kwargs.values())),
                 slip(ShapeError, MATRIX[0, 0], 1), slip(ShapeError, tg.ones(3, 3, 3), 2),
                 view=True)  # fmt: skip


@st.composite
def windows(draw: st.DrawFn) -> Call:
    shape = draw(WITH_DIMS)
    at = draw(dim(shape))
    return call(draw(tensors(shape)), at, draw(st.integers(0, shape[at])), draw(st.integers(1, 3)))


def windowed(x: Array, dim: int, size: int, step: int) -> Array:
    at, starts = dim % x.ndim, range(0, x.shape[dim] - size + 1, step)
    out = np.empty((*x.shape[:at], len(starts), *x.shape[at + 1 :], size), x.dtype)
    for i, start in enumerate(starts):
        part = x.take(range(start, start + size), at)
        out[(slice(None),) * at + (i,)] = np.moveaxis(part, at, -1)
    return out


@st.composite
def strided(draw: st.DrawFn) -> Call:
    shape = draw(shapes(max_dims=2))
    strides = tuple(draw(st.integers(0, 3)) for _ in shape)
    first = draw(st.integers(0, 2))
    room = first + sum(s * max(n - 1, 0) for s, n in zip(strides, shape, strict=True)) + 1
    return call(draw(tensors((room + draw(st.integers(0, 2)),))), shape, strides, first)


def seen(x: Array, shape: Shape, strides: Shape, first: int) -> Array:
    places = first + sum(s * i for s, i in zip(strides, np.indices(shape), strict=True))
    return x.reshape(-1)[np.broadcast_to(places, shape)]


@st.composite
def embedded(draw: st.DrawFn) -> Call:
    shape = draw(shapes(min_dims=1, max_dims=2))
    first, second = draw(st.permutations(range(len(shape) + 1)))[:2]
    return call(draw(tensors(shape)), draw(st.integers(-2, 2)), first - len(shape) - 1, second)


def embed(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    side = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], side, side), x.dtype)
    for i in range(x.shape[-1]):
        out[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


@st.composite
def planes(draw: st.DrawFn) -> Call:
    shape = draw(shapes(min_dims=2) | FLAT)
    plane = tuple(draw(st.permutations(range(len(shape)))))[:2]
    return call(draw(tensors(shape)), draw(st.integers(-5, 5)), plane)


@st.composite
def parted(draw: st.DrawFn) -> Call:
    shape = draw(WITH_DIMS)
    at = draw(dim(shape))
    n = shape[at]
    sizes = [(n,), (-1, n, 1), (1, n)] if n else [(0,), (2, 0)]
    return call(draw(tensors(shape)), at, draw(st.sampled_from(sizes)))


def part(x: Array, dim: int, sizes: Shape) -> Array:
    at = dim % x.ndim
    wanted = tuple(1 if n == -1 else n for n in sizes)
    return x.reshape(*x.shape[:at], *wanted, *x.shape[at + 1 :])


def several(calls: Any) -> Calls:
    return calls.map(lambda parts: call(*parts))


GRID = MATRIX[0], MATRIX[1]
RECORDS: list[OpRecord] = [
    # Joining
    *map(listed, ("hstack", "vstack", "dstack", "column_stack")),
    moved("block_diag", tg.block_diag, blocks,
          several(st.lists(tensors(UP_TO_2), min_size=1, max_size=3)),
          slip(ShapeError, MATRIX[None])),
    *(moved(f"atleast_{n}d", getattr(tg, f"atleast_{n}d"), lambda x, n=n: raised(n, x), on(ALL),
            view=True) for n in (1, 2, 3)),
    # Against each other
    moved("broadcast_tensors", tg.broadcast_tensors, lambda *a: list(np.broadcast_arrays(*a)),
          broadcastable().flatmap(lambda s: st.builds(call, *(tensors(n) for n in s))),
          slip(ShapeError, MATRIX, MATRIX[:, :2]), view=True),
    moved("meshgrid", tg.meshgrid, np.meshgrid,
          st.builds(lambda parts, how: call(*parts, indexing=how), VECTORS,
                    st.sampled_from(["ij", "xy"])),
          slip(ShapeError), slip(ShapeError, MATRIX), slip(DTypeError, MATRIX[0], MATRIX[0] > 0),
          slip(ArgumentError, *GRID, indexing="yx"), view=True),
    moved("cartesian_prod", tg.cartesian_prod, products, several(VECTORS),
          slip(ShapeError, MATRIX), view=True),
    moved("combinations", tg.combinations, chosen,
          st.builds(call, tensors(shapes(min_dims=1, max_dims=1)), st.integers(1, 3),
                    st.booleans()),
          slip(ShapeError, MATRIX), slip(ArgumentError, MATRIX[0], -1)),
    moved("repeat_interleave", tg.repeat_interleave, repeat, repeated(),
          slip(ShapeError, MATRIX, MATRIX[0].long(), 0), slip(ShapeError, MATRIX, -1, 0),
          slip(ShapeError, MATRIX, tg.tensor([-1, 2]), 0),
          slip(ShapeError, MATRIX, 2, 0, output_size=5)),
    # Taking apart
    moved("tensor_split", tg.tensor_split, np.array_split, pieces(),
          slip(ArgumentError, MATRIX, 0), slip(ShapeError, MATRIX[0, 0], 1),
          slip(DTypeError, MATRIX, MATRIX), view=True),
    halves("hsplit", 1), halves("vsplit", 2), halves("dsplit", 3),
    moved("split_with_sizes", lambda x: tg.split_with_sizes(x, [x.shape[0] - 1, 1]),
          lambda x: np.split(x, [x.shape[0] - 1]), on(DEEP), slip(ShapeError, MATRIX[:0]),
          view=True),
    # Dimensions
    moved("adjoint", tg.adjoint, lambda x: np.swapaxes(x, -1, -2), on(DEEP | FLAT),
          slip(ShapeError, MATRIX[0]), view=True),
    moved("H", lambda x: x.H, np.transpose, on(FLAT), slip(ShapeError, MATRIX[None]), view=True),
    moved("fliplr", tg.fliplr, np.fliplr, on(DEEP | FLAT), slip(ShapeError, MATRIX[0])),
    moved("flipud", tg.flipud, np.flipud, on(WITH_DIMS), slip(ShapeError, MATRIX[0, 0])),
    moved("rot90", tg.rot90, np.rot90, planes(), slip(ShapeError, MATRIX[0]),
          slip(ArgumentError, MATRIX, 1, (0, -2)), slip(DimError, MATRIX, 1, (0, 2)), view=True),
    moved("unflatten", tg.unflatten, part, parted(), slip(ShapeError, MATRIX, 0, ()),
          slip(ShapeError, MATRIX, 1, (2, -1)), slip(ShapeError, MATRIX[0, 0], 0, (1,)),
          view=True),
    moved("diag_embed", tg.diag_embed, embed, embedded(), slip(ArgumentError, MATRIX, 0, 1, 1),
          slip(DimError, MATRIX[0, 0])),
    moved("diagflat", tg.diagflat, np.diagflat,
          st.builds(call, tensors(UP_TO_2), st.integers(-2, 2))),
    moved("unfold", lambda x, *how: x.unfold(*how), windowed, windows(),
          slip(ArgumentError, MATRIX, 0, 3, 1), slip(ArgumentError, MATRIX, 0, 1, 0), view=True),
    moved("unfold.scalar", lambda x: x.unfold(0, 1, 1), lambda x: x.reshape(1),
          on(shapes(max_dims=0)), view=True),
    moved("as_strided", lambda x, *how: tg.as_strided(x.contiguous(), *how), seen, strided(),
          slip(ShapeError, MATRIX, (2,), (6,)), slip(ShapeError, MATRIX, (2,), (1, 1)),
          slip(ShapeError, MATRIX, (1,), (1,), -1), view=True),
]  # fmt: skip
