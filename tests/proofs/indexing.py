"""The records of indexing, of writing in place, of gathering and scattering, and of masks.

A key means what PyTorch makes of it: NumPy's meaning, but for integers, which are taken first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.proofs.shapes import ALL, DEEP, FLAT, Calls, Shape, dim, frozen, on, slip
from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import (
    Call,
    OpRecord,
    broadcastable,
    call,
    op_inputs,
    shapes,
    tensors,
)

Array = np.ndarray[Any, Any]
Key = tuple[Any, ...]

FULL = shapes(min_dims=1, min_side=1) | FLAT | DEEP
MATRIX = wrap(np.arange(6.0).reshape(2, 3))

# Keys


@st.composite
def keys(draw: st.DrawFn, shape: Shape) -> Key:
    """A key for a tensor of ``shape``, of every kind of part. Its arrays broadcast together more
    often than not."""
    wide = draw(st.sampled_from([(2,), (1,), (0,), (2, 1), (2, 2)]))
    key: list[Any] = []
    dim = 0
    while dim < len(shape):
        n = shape[dim]
        kind = draw(st.sampled_from(["array", "int", "slice", "mask", "none", "ellipsis", "stop"]))
        if kind == "stop":
            break
        if kind == "none":
            key.append(None)
            continue
        if kind == "ellipsis":
            if not any(part is ... for part in key):
                key.append(...)
                dim = max(dim, len(shape) - draw(st.integers(0, 2)))
            continue
        dim += 1
        if kind == "int" and n:
            key.append(draw(st.integers(-n, n - 1)))
        elif kind == "array" and n:
            size = draw(st.sampled_from([wide, wide[1:], (1,)]))
            key.append(draw(hnp.arrays(np.int64, size, elements=st.integers(-n, n - 1))))
        elif kind == "mask":
            width = draw(st.integers(1, 2)) if dim < len(shape) else 1
            key.append(draw(hnp.arrays(np.bool_, shape[dim - 1 : dim - 1 + width])))
            dim += width - 1
        else:
            start = draw(st.none() | st.integers(-n - 1, n + 1))
            stop = draw(st.none() | st.integers(-n - 1, n + 1))
            key.append(slice(start, stop, draw(st.none() | st.integers(1, 2))))
    if draw(st.integers(0, 9)) == 9:
        key.insert(draw(st.integers(0, len(key))), draw(st.booleans()))
    return tuple(key)


def width(part: Any) -> int:
    """How many dimensions a part of a key takes."""
    if isinstance(part, np.ndarray) and part.dtype == np.bool_:
        return part.ndim
    return 0 if part is None or part is ... or type(part) is bool else 1


def read(x: Array, key: Key) -> Any:
    """NumPy's ``x[key]``, the integers taken first, 0-d arrays among them, ``...`` as the slices
    that it stands for."""
    rest = [slice(None)] * (x.ndim - sum(map(width, key)))
    parts = [q for p in key for q in (rest if p is ... else [p])]
    parts = [int(p) if isinstance(p, np.ndarray) and p.ndim == 0 else p for p in parts]
    first = [p if type(p) is int else slice(None) for p in parts for _ in range(width(p))]
    return x[tuple(first)][tuple(p for p in parts if type(p) is not int)]


def places(shape: Shape, key: Key) -> Array:
    """The flat positions that a key picks."""
    return np.asarray(read(np.arange(math.prod(shape)).reshape(shape), key))


def valid_keys(shape: Shape, once: bool = False) -> st.SearchStrategy[Key]:
    """Keys whose arrays broadcast together; with ``once``, that pick no element twice."""

    def fits(key: Key) -> bool:
        try:
            found = places(shape, key)
        except IndexError:
            return False
        return not once or len(set(found.flat)) == found.size

    return keys(shape).filter(fits)


@st.composite
def writes(draw: st.DrawFn, lead: int = 0) -> Call:
    """A tensor, a value that broadcasts to the place that a key names, and the key."""
    shape = draw(ALL)
    key = draw(valid_keys(shape, once=True))
    place = places(shape, key).shape
    kept = draw(st.integers(0, 2 ** len(place) - 1))
    size = [1 if kept >> i & 1 else n for i, n in enumerate(place)][draw(st.integers(0, 3)) :]
    size = [1] * draw(st.integers(0, lead)) + size
    return call(draw(tensors(shape)), draw(tensors(tuple(size))), key=key)


def setitem(x: Tensor, value: Any, key: Key) -> Tensor:
    y = x.clone()
    y[key] = value
    return y


def written(x: Array, value: Any, key: Key) -> Array:
    out, where = np.array(x, order="C"), places(x.shape, key)
    value = np.asarray(value)
    out.reshape(-1)[where] = value.reshape(value.shape[max(value.ndim - where.ndim, 0) :])
    return out


def set_view(x: Tensor, value: Tensor, key: Key) -> tuple[Tensor, Tensor]:
    """A write through a view of a view; what the base and another view are afterwards."""
    base = x.clone().reshape(1, x.numel())
    other = base[0, ::2]
    base[0].reshape(x.shape)[key] = value
    return base, other


def view_written(x: Array, value: Any, key: Key) -> tuple[Array, Array]:
    flat = written(x, value, key).reshape(1, -1)
    return flat, flat[0, ::2]


def set_turned(x: Tensor, value: Tensor, key: Key) -> Tensor:
    y = x.permute(tuple(range(x.ndim))[::-1]).clone()
    y.permute(tuple(range(x.ndim))[::-1])[key] = value
    return y


def scale_there(x: Tensor, value: Tensor, key: Key) -> Tensor:
    y = x.clone()
    y[key] *= value
    return y


# Gathering and scattering


@st.composite
def gathers(draw: st.DrawFn, once: bool = False, src: bool = False) -> Call:
    """A tensor, a dimension, an index of as many dimensions, perhaps a source at least as large;
    with ``once``, an index that names no place twice."""
    shape = draw(FULL)
    at = draw(st.integers(0, len(shape) - 1))
    most = [shape[d] if once or d != at else 4 for d in range(len(shape))]
    size = tuple(draw(st.integers(0 if d == at else 1, n)) for d, n in enumerate(most))
    index = draw(tensors(size, dtype=np.int64, low=0, high=shape[at]))
    if once:
        order = np.argsort(draw(tensors(shape, distinct=True))._array, axis=at)
        index = wrap(order[tuple(map(slice, size))].copy())
    sources = [draw(tensors(tuple(n + draw(st.integers(0, 1)) for n in size)))] if src else []
    return call(draw(tensors(shape)), at - len(shape) * draw(st.booleans()), index, *sources)


def steps(dim: int, index: Array) -> list[tuple[Key, Key]]:
    """For each place of an index, that place and the one that it names."""
    at = dim % index.ndim
    return [(i, (*i[:at], int(index[i]), *i[at + 1 :])) for i in np.ndindex(index.shape)]


def gathered(x: Array, dim: int, index: Array) -> Array:
    out = np.empty(index.shape)
    for i, named in steps(dim, index):
        out[i] = x[named]
    return out


def scattered(x: Array, dim: int, index: Array, src: Any) -> Array:
    out = np.array(x)
    for i, named in steps(dim, index):
        out[named] = src[i] if isinstance(src, np.ndarray) else src
    return out


def added(x: Array, dim: int, index: Array, src: Any) -> Array:
    out = np.array(x)
    for i, named in steps(dim, index):
        out[named] += src[i] if isinstance(src, np.ndarray) else src
    return out


@st.composite
def along(draw: st.DrawFn) -> Call:
    """A tensor and an index, from either end, that broadcast but along one dimension."""
    x, i = draw(broadcastable().filter(lambda s: len(s[0]) == len(s[1]) > 0))
    at = draw(st.integers(0, len(x) - 1))
    n = max(x[at], 1)
    source = draw(tensors((*x[:at], n, *x[at + 1 :])))
    size = (*i[:at], draw(st.integers(0, 4)), *i[at + 1 :])
    return call(source, draw(tensors(size, dtype=np.int64, low=-n, high=n)), at - len(x))


@st.composite
def selects(draw: st.DrawFn) -> Call:
    shape = draw(FULL)
    at = draw(dim(shape))
    count = draw(st.integers(0, 4))
    index = draw(tensors((count,), dtype=np.int64, low=0, high=shape[at]))
    return call(draw(tensors(shape)), at, index)


# Masks, which stand in front of what they choose from


def mask(shape: Shape) -> st.SearchStrategy[Tensor]:
    return tensors(shape, dtype=np.bool_, low=-1.0, high=1.0)


@st.composite
def masked(draw: st.DrawFn, count: int = 1) -> Call:
    """A mask and tensors that broadcast together."""
    first, *sizes = draw(broadcastable(count + 1))
    return call(draw(mask(first)), *(draw(tensors(size)) for size in sizes))


def with_value(calls: Calls, value: st.SearchStrategy[Any]) -> Calls:
    return st.builds(lambda c, drawn: call(*c.args, drawn, **c.kwargs), calls, value)


def covers(place: int) -> Callable[[Call], bool]:
    """Whether all arguments broadcast to the shape of one of them."""
    return lambda c: np.broadcast_shapes(*(x.shape for x in c.args)) == c.args[place].shape


def select(m: Array, x: Array) -> Array:
    m, x = np.broadcast_arrays(m, x)
    return x[m]


def fill(m: Array, x: Array, value: Any) -> Array:
    return np.where(m, value, x)


NUMBER = st.sampled_from([0.5, -1, 2])
SCALAR = tensors(()) | NUMBER
INDEX, BEYOND = wrap(np.array([[0], [1]])), wrap(np.array([[3]]))
MASK = wrap(np.array([[True, False, True]]))


def in_place(method: str, like: OpRecord) -> OpRecord:
    """The record of a method that does to a tensor what an op does to a copy."""
    return OpRecord(
        method, lambda x, *args: getattr(x.clone(), method)(*args), like.reference, like.inputs
    )


SCATTERS = [
    OpRecord("scatter", ops.scatter, scattered, frozen(gathers(once=True, src=True)),
             errors=(slip(IndexingError, MATRIX, 1, BEYOND, 1.0),
                     slip(ArgumentError, MATRIX, 1, INDEX),
                     slip(ShapeError, MATRIX, 1, INDEX, MATRIX[:1]))),
    OpRecord("scatter_add", ops.scatter_add, added, frozen(gathers(src=True)),
             errors=(slip(DTypeError, MATRIX, 1, INDEX, INDEX),)),
]  # fmt: skip
RECORDS: list[OpRecord] = [
    # Reading and writing by a key
    OpRecord("getitem", lambda x, key: x[key], read, on(ALL, key=valid_keys), view=True,
             analytic=True,
             errors=(slip(IndexingError, MATRIX, (2,)), slip(IndexingError, MATRIX, ([0, 2],)),
                     slip(IndexingError, MATRIX, (0, 0, 0)), slip(IndexingError, MATRIX, (0.5,)))),
    OpRecord("getitem.tensors", lambda x, i, j: x[i, 1:, j],
             lambda x, i, j: read(x, (i, slice(1, None), j)),
             st.builds(call, tensors((3, 2, 2, 2)), tensors((2, 1), dtype=np.int64, low=-3, high=3),
                       tensors((2,), dtype=np.int64, low=-2, high=2))),
    OpRecord("getitem.mask", lambda x, m, i: x[m, i], lambda x, m, i: read(x, (m, i)),
             st.builds(call, tensors((2, 2, 3, 2)), mask((2, 2)),
                       tensors((1,), dtype=np.int64, low=-3, high=3))),
    OpRecord("setitem", setitem, written, frozen(writes(lead=1)),
             errors=(slip(ShapeError, MATRIX, MATRIX, (0, slice(2))),
                     slip(IndexingError, MATRIX, 1.0, (2,)))),
    OpRecord("setitem.number", lambda x, number, key: setitem(x, number, key), written,
             st.builds(lambda c, number: call(c.args[0], number, **c.kwargs), writes(), NUMBER)),
    OpRecord("setitem.view", set_view, view_written, writes(), view=True),
    OpRecord("setitem.turned", set_turned, lambda x, value, key: written(x, value, key).T,
             writes()),
    OpRecord("imul.place", scale_there,
             lambda x, value, key: written(x, read(x, key) * value, key), writes()),
    OpRecord("copy_", lambda x, y: x.clone().copy_(y), lambda x, y: np.broadcast_to(y, x.shape),
             op_inputs(2).filter(covers(0))),
    OpRecord("fill_", lambda x, value: x.clone().fill_(value),
             lambda x, value: np.full(x.shape, value, x.dtype), st.builds(call, tensors(), SCALAR)),
    # Gathering and scattering
    OpRecord("gather", ops.gather, gathered, gathers(),
             errors=(slip(IndexingError, MATRIX, 1, BEYOND), slip(IndexingError, MATRIX, 1, -INDEX),
                     slip(ShapeError, MATRIX, 1, INDEX[0]), slip(DTypeError, MATRIX, 1, MATRIX))),
    OpRecord("take_along_dim", ops.take_along_dim,
             lambda x, i, dim: np.take_along_axis(x, i, dim), along(),
             errors=(slip(ShapeError, MATRIX, INDEX[0], 1),)),
    OpRecord("take_along_dim.flat", lambda x, i: ops.take_along_dim(x, i),
             lambda x, i: x.ravel()[i.ravel()],
             st.builds(call, tensors((2, 3)), tensors(shapes(), dtype=np.int64, low=-6, high=6))),
    OpRecord("index_select", ops.index_select, lambda x, dim, i: np.take(x, i, dim),
             selects(), errors=(slip(ShapeError, MATRIX, 1, INDEX),
                                slip(IndexingError, MATRIX, 1, BEYOND[0]))),
    *SCATTERS,
    OpRecord("scatter.value", ops.scatter, scattered, with_value(gathers(), NUMBER)),
    OpRecord("scatter.add", lambda *args: ops.scatter(*args, reduce="add"), added,
             with_value(gathers(), NUMBER)),
    *(in_place(f"{record.name}_", record) for record in SCATTERS),
    # Masks
    OpRecord("where", ops.where, np.where, frozen(masked(2)), analytic=True,
             errors=(slip(DTypeError, MATRIX, MATRIX, MATRIX),
                     slip(ShapeError, MATRIX > 0, ops.ones(4), 0))),
    OpRecord("where.number", lambda m, x, n: (ops.where(m, x, n), ops.where(m, n, x)),
             lambda m, x, n: (fill(m, n, x), fill(m, x, n)), with_value(masked(), NUMBER)),
    OpRecord("masked_fill", lambda m, x, value: ops.masked_fill(x, m, value), fill,
             with_value(masked(), SCALAR), analytic=True,
             errors=(slip(DTypeError, MATRIX, MATRIX, 1.0),
                     slip(ShapeError, MASK, MATRIX, MATRIX))),
    OpRecord("masked_fill_", lambda m, x, value: x.clone().masked_fill_(m, value), fill,
             with_value(masked().filter(covers(1)), SCALAR)),
    OpRecord("masked_select", lambda m, x: ops.masked_select(x, m), select, masked(),
             analytic=True, errors=(slip(ShapeError, MASK[0, :2], MATRIX),)),
]  # fmt: skip
