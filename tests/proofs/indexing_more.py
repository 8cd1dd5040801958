"""The records of the rarer picking, writing, and scattering with a reduction."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygrad_kr as tg
from tests.proofs.indexing import (
    BEYOND,
    FULL,
    INDEX,
    MASK,
    MATRIX,
    SCALAR,
    Array,
    added,
    gathers,
    in_place,
    mask,
    scattered,
    steps,
)
from tests.proofs.shapes import ALL, Shape, dim, frozen, on, slip
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, IndexingError, ShapeError
from tinygrad_kr.testing import Call, OpRecord, broadcastable, call, shapes, tensors

LINE, TWO = MATRIX[0], INDEX.reshape(-1)


def flat_index(shape: Shape, once: bool = False) -> st.SearchStrategy[Any]:
    """Flat places, from either end, mostly; with ``once``, none twice."""
    n = math.prod(shape)
    if once:
        return st.permutations(range(n)).map(lambda order: wrap(np.array(order[: n // 2], int)))
    return tensors(shapes(max_dims=2), dtype=np.int64, low=-n, high=n)


@st.composite
def puts(draw: st.DrawFn, accumulate: bool) -> Call:
    shape = draw(FULL)
    index = draw(flat_index(shape, once=not accumulate))
    return call(draw(tensors(shape)), index, draw(tensors(index.shape)), accumulate)


def put(x: Array, index: Array, source: Array, accumulate: bool) -> Array:
    out = np.array(x, order="C")
    for i, value in zip(index.flat, source.flat, strict=True):
        out.reshape(-1)[i] = value + (out.reshape(-1)[i] if accumulate else 0)
    return out


@st.composite
def rows(draw: st.DrawFn, once: bool = False, distinct: bool = False, low: float = -2.0) -> Call:
    """A tensor, a dimension, an index and as many slices; with ``distinct`` no two values tie."""
    shape = draw(FULL)
    at = draw(dim(shape))
    n = shape[at]
    count = draw(st.integers(0, n if once else 3))
    index = draw(tensors((count,), dtype=np.int64, low=0, high=n))
    if once:
        index = wrap(np.array(draw(st.permutations(range(n)))[:count], np.int64))
    sizes = list(shape)
    sizes[at] = count
    x, source = draw(values(shape, tuple(sizes), distinct, low))
    return call(x, at, index, source)


@st.composite
def values(draw: st.DrawFn, first: Shape, second: Shape, distinct: bool, low: float) -> Any:
    """Two tensors; with ``distinct`` no two of all of their values tie."""
    if not distinct:
        return draw(tensors(first, low=low)), draw(tensors(second, low=low))
    size = math.prod(first)
    every = draw(tensors((size + math.prod(second),), distinct=True))._array
    parts = every[:size].reshape(first), every[size:].reshape(second)
    return tuple(wrap(p.copy()).requires_grad_() for p in parts)


def like_scatter(of: Callable[..., Array]) -> Callable[..., Array]:
    """The reference of an op along a dimension, by that of its scattering sister."""

    def reference(x: Array, dim: int, index: Array, source: Array, *rest: Any, **how: Any) -> Array:
        lined = index.reshape([-1 if d == dim % x.ndim else 1 for d in range(x.ndim)])
        wide = np.broadcast_to(lined, source.shape)
        return of(x, dim, wide, source, *rest, **how)

    return reference


@st.composite
def scatters(draw: st.DrawFn, distinct: bool, low: float) -> Call:
    x, at, index = draw(gathers()).args
    first, src = draw(values(x.shape, index.shape, distinct, low))
    return call(first, at, index, src)


REDUCE: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "prod": math.prod,
    "mean": lambda every: sum(every) / len(every),
    "amax": max,
    "amin": min,
}


def reduced(
    x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool = True
) -> Array:
    sent: dict[Any, list[Any]] = {}
    for i, named in steps(dim, index):
        sent.setdefault(named, [x[named]] if include_self else []).append(src[i])
    out = np.array(x)
    for named, every in sent.items():
        out[named] = REDUCE[reduce](every)
    return out


def reductions(name: str, op: Any, reference: Any, calls: Any, kinds: list[str]) -> list[OpRecord]:
    """A record for each reduction, with and without what stands there."""

    def of(kind: str, include_self: bool) -> OpRecord:
        inputs = calls(distinct=kind in ("amax", "amin"), low=0.25 if kind == "prod" else -2.0)
        return OpRecord(
            f"{name}.{kind}" + ("" if include_self else ".others"),
            lambda *args: op(*args, kind, include_self=include_self),
            lambda *args: reference(*args, kind, include_self=include_self),
            frozen(inputs),
        )

    return [of(kind, include_self) for kind in kinds for include_self in (True, False)]


def filled(x: Array, dim: int, index: Array, value: Any) -> Array:
    out = np.array(x)
    out[(slice(None),) * (dim % x.ndim) + (index,)] = value
    return out


@st.composite
def fills(draw: st.DrawFn) -> Call:
    x, at, index, _ = draw(rows()).args
    return call(x, at, index, draw(SCALAR))


@st.composite
def index_puts(draw: st.DrawFn, accumulate: bool) -> Call:
    shape = draw(shapes(min_dims=2, min_side=1))
    x = draw(tensors(shape))
    if not accumulate:
        indices: Any = (draw(mask(shape[:2])),)
    else:
        first = draw(tensors((2, 1), dtype=np.int64, low=0, high=shape[0]))
        indices = (first, draw(tensors((3,), dtype=np.int64, low=-shape[1], high=shape[1])))
    room = np.zeros(shape)[tuple(i._array for i in indices)].shape
    size = room[draw(st.integers(0, len(room))) :]
    return call(x, indices, draw(tensors(size)), accumulate)


def placed(x: Array, indices: tuple[Array, ...], source: Array, accumulate: bool) -> Array:
    out = np.array(x, order="C")
    places = np.arange(x.size).reshape(x.shape)[indices]
    for i, value in zip(places.flat, np.broadcast_to(source, places.shape).flat, strict=True):
        out.reshape(-1)[i] = value + (out.reshape(-1)[i] if accumulate else 0)
    return out


@st.composite
def mask_sources(draw: st.DrawFn) -> Call:
    first, second = draw(broadcastable())
    m = draw(mask(second))
    count = int(np.broadcast_to(m._array, np.broadcast_shapes(first, second)).sum())
    return call(draw(tensors(first)), m, draw(tensors((count + draw(st.integers(0, 2)),))))


def mask_scattered(x: Array, m: Array, source: Array) -> Array:
    x, m = np.broadcast_arrays(x, m)
    out = np.array(x, np.result_type(x, source))
    out[m] = source.reshape(-1)[: m.sum()]
    return out


def key_of(x: Array, at: int, part: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * (at % x.ndim), part)


@st.composite
def into(draw: st.DrawFn, of: Any) -> Call:
    """A tensor, what fits into a part of it, and how that is named; ``of`` draws the last and the
    key in NumPy's words."""
    shape = draw(FULL)
    how, key = draw(of(shape))
    src = tensors(np.zeros(shape)[key].shape)
    return call(draw(tensors(shape)), draw(src), *how)


def into_one(shape: Shape) -> Any:
    return dim(shape).flatmap(
        lambda at: st.integers(-shape[at], shape[at] - 1).map(
            lambda i: ((at, i), key_of(np.zeros(shape), at, i))
        )
    )


def into_slice(shape: Shape) -> Any:
    ends = st.none() | st.integers(-4, 4)
    return st.builds(
        lambda at, a, b, step: ((at, a, b, step), key_of(np.zeros(shape), at, slice(a, b, step))),
        dim(shape), ends, ends, st.integers(1, 3),
    )  # fmt: skip


def written(x: Array, src: Array, key: Any) -> Array:
    out = np.array(x, np.result_type(x, src))
    out[key] = src
    return out


@st.composite
def onto_diagonal(draw: st.DrawFn) -> Call:
    shape = draw(shapes(min_dims=2))
    first, second = draw(st.permutations(range(len(shape))))[:2]
    offset = draw(st.integers(-2, 2))
    src = np.diagonal(np.zeros(shape), offset, first, second).shape
    return call(draw(tensors(shape)), draw(tensors(src)), offset, first, second - len(shape))


def diagonal_written(x: Array, src: Array, offset: int, dim1: int, dim2: int) -> Array:
    out = np.moveaxis(np.array(x, np.result_type(x, src)), (dim1, dim2), (-2, -1))
    for i in range(src.shape[-1]):
        out[..., i + max(-offset, 0), i + max(offset, 0)] = src[..., i]
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def diagonal_filled(x: Array, value: float, wrap: bool) -> Array:
    out = np.array(x, order="C")
    np.fill_diagonal(out, value, wrap)
    return out


SQUARES = shapes(min_dims=2, max_dims=2, min_side=1) | st.sampled_from([(2, 2, 2), (5, 2)])
ADDS = OpRecord("index_add", tg.index_add, like_scatter(added), frozen(rows()),
                errors=(slip(IndexingError, MATRIX, 0, TWO, LINE),
                        slip(IndexingError, MATRIX, 0, TWO + 1, MATRIX),
                        slip(DTypeError, MATRIX, 0, TWO, MATRIX.float()),
                        slip(DTypeError, MATRIX, 0, LINE, MATRIX)))  # fmt: skip
COPIES = OpRecord("index_copy", tg.index_copy, like_scatter(scattered), frozen(rows(once=True)))
FILLS = OpRecord("index_fill", tg.index_fill, filled, fills(),
                 errors=(slip(ShapeError, MATRIX, 0, TWO, LINE),
                         slip(ShapeError, MATRIX, 0, INDEX, 1.0),
                         slip(IndexingError, MATRIX, 0, TWO + 3, 1.0)))  # fmt: skip
PUTS = OpRecord("put", tg.put, put, puts(False),
                errors=(slip(IndexingError, MATRIX, TWO, LINE),
                        slip(IndexingError, MATRIX, TWO + 6, LINE[:2])))  # fmt: skip
INDEX_PUTS = OpRecord("index_put", tg.index_put, placed, index_puts(False),
                      errors=(slip(ArgumentError, MATRIX, (), LINE),
                              slip(ShapeError, MATRIX, (TWO,), MATRIX[:, :2]),
                              slip(IndexingError, MATRIX, (TWO + 3,), LINE)))  # fmt: skip
SCATTERED = OpRecord("masked_scatter", tg.masked_scatter, mask_scattered, frozen(mask_sources()),
                     errors=(slip(ShapeError, MATRIX, MASK, LINE),
                             slip(DTypeError, MATRIX, MATRIX, LINE)))  # fmt: skip
RECORDS: list[OpRecord] = [
    # Picking
    OpRecord("take", tg.take, lambda x, i: np.take(x, i),
             on(FULL, i=flat_index).map(lambda c: call(*c.args, *c.kwargs.values())),
             errors=(slip(IndexingError, MATRIX, TWO + 6), slip(DTypeError, MATRIX, LINE))),
    OpRecord("select", lambda x, how: tg.select(x, *how[0]), lambda x, how: x[how[1]],
             on(FULL, how=into_one), view=True,
             errors=(slip(IndexingError, MATRIX[0, 0], ((0, 0), 0)),
                     slip(IndexingError, MATRIX, ((1, 3), 0)),
                     slip(DimError, MATRIX, ((2, 0), 0)))),
    OpRecord("narrow", lambda x, at: tg.narrow(x, at, -1, 1),
             lambda x, at: x[key_of(x, at, slice(-1, None))], on(FULL, at=dim), view=True,
             errors=(slip(ShapeError, MATRIX[0, 0], 0),)),
    OpRecord("narrow_copy", lambda x, at: tg.narrow_copy(x, at, 0, 1),
             lambda x, at: x[key_of(x, at, slice(1))], on(FULL, at=dim)),
    # Into a view
    OpRecord("select_scatter", tg.select_scatter,
             lambda x, src, at, i: written(x, src, key_of(x, at, i)), frozen(into(into_one)),
             errors=(slip(ShapeError, MATRIX, MATRIX, 0, 0),)),
    OpRecord("slice_scatter", tg.slice_scatter,
             lambda x, src, at, *ends: written(x, src, key_of(x, at, slice(*ends))),
             frozen(into(into_slice)),
             errors=(slip(ArgumentError, MATRIX, MATRIX, 0, 0, 2, 0),)),
    OpRecord("diagonal_scatter", tg.diagonal_scatter, diagonal_written, frozen(onto_diagonal())),
    OpRecord("fill", tg.fill, lambda x, value: np.full_like(x, value),
             st.builds(call, tensors(ALL), SCALAR), errors=(slip(ShapeError, MATRIX, LINE),)),
    OpRecord("fill_diagonal_", lambda x, value, wrap: x.clone().fill_diagonal_(value, wrap),
             diagonal_filled, st.builds(call, tensors(SQUARES), SCALAR, st.booleans()),
             errors=(slip(ShapeError, LINE, 1, False),)),
    # By an index
    ADDS, in_place("index_add_", ADDS), COPIES, FILLS, PUTS, INDEX_PUTS, SCATTERED,
    OpRecord("put.added", tg.put, put, puts(True)),
    OpRecord("index_put.added", tg.index_put, placed, index_puts(True)),
    # With a reduction
    *reductions("scatter_reduce", tg.scatter_reduce, reduced, scatters, list(REDUCE)),
    *reductions("index_reduce", tg.index_reduce, like_scatter(reduced), rows, ["amax"]),
    *reductions("scatter_reduce_", lambda x, *args, **how: x.clone().scatter_reduce_(*args, **how),
                reduced, scatters, ["prod"]),
    OpRecord("scatter_reduce", lambda *args: tg.scatter_reduce(*args, "sum"), added,
             gathers(src=True),
             errors=(slip(IndexingError, MATRIX, 1, BEYOND, MATRIX[:1, :1]),)),
]  # fmt: skip
