"""The records of shape, joining and taking apart: a table, since NumPy says what each one means."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError
from tinygrad_kr.testing import Call, OpRecord, call, op_inputs, shapes, tensors

Shape = tuple[int, ...]
Calls = st.SearchStrategy[Call]

# Two thirds of the shapes have no side of 0 or 1, in which much would go unnoticed.
FLAT = shapes(min_dims=2, max_dims=2, min_side=2)
DEEP = shapes(min_dims=3, min_side=2)
ALL = shapes() | FLAT | DEEP
WITH_DIMS = shapes(min_dims=1) | FLAT | DEEP
SMALL = shapes(max_dims=2) | shapes(min_dims=1, max_dims=1, min_side=2) | FLAT
MATRIX = wrap(np.arange(6.0).reshape(2, 3))


def on(sizes: st.SearchStrategy[Shape], **statics: Any) -> Calls:
    """Calls on a tensor, as of ``op_inputs``; functions draw what depends on the tensor's shape."""
    return sizes.flatmap(
        lambda shape: op_inputs(
            shape=shape, **{k: of(shape) if callable(of) else of for k, of in statics.items()}
        )
    )


def frozen(calls: Calls) -> Calls:
    """Calls in some of which one tensor alone is to be differentiated."""

    def freeze(c: Call, which: int) -> Call:
        wanted = c.wanted()
        if which >= len(wanted):
            return c
        return c.map(lambda t: t if t is wanted[which] else wrap(t._array))

    return st.builds(freeze, calls, st.integers(0, 5).map(lambda k: 5 - k))


def dim(shape: Shape, new: int = 0) -> st.SearchStrategy[int]:
    """A dimension, from either end; with ``new`` more of them than the shape has."""
    ndim = max(len(shape) + new, 1)
    return st.integers(-ndim, ndim - 1)


def positional(c: Call) -> Call:
    """The keywords handed over by their place, whatever NumPy calls them."""
    return call(*c.args, *c.kwargs.values())


def full_dim(shape: Shape) -> st.SearchStrategy[int]:
    """A dimension that is not empty."""
    return dim(shape).filter(lambda d: shape[d] > 0)


def order(shape: Shape) -> st.SearchStrategy[tuple[int, ...]]:
    """All dimensions in any order, each from either end."""
    ndim = len(shape)
    turned = st.integers(0, 2**ndim - 1)
    return st.builds(
        lambda dims, ends: tuple(d - ndim * (ends >> d & 1) for d in dims),
        st.permutations(range(ndim)),
        turned,
    )


def dims(shape: Shape) -> st.SearchStrategy[tuple[int, ...]]:
    """Some dimensions in any order, each from either end."""
    counts = st.integers(0, len(shape))
    return st.builds(lambda every, count: every[:count], order(shape), counts)


def same_size(shape: Shape) -> st.SearchStrategy[Shape]:
    """Shapes of up to three dimensions with as many elements; in some a size is to be found."""
    size = math.prod(shape)
    sides = range(max(size, 2) + 1)
    found: list[Shape] = [
        n for k in range(4) for n in itertools.product(sides, repeat=k) if math.prod(n) == size
    ]
    unknown = [(*n[:i], -1, *n[i + 1 :]) for n in found for i in range(len(n))]
    return st.sampled_from(found + [n for n in unknown if math.prod(n) != 0])


def wider(shape: Shape) -> st.SearchStrategy[Shape]:
    """Sizes that a shape expands to: -1 keeps one, a 1 grows, new ones stand in front."""
    tails = [st.sampled_from([n, -1] if n != 1 else [1, -1, 0, 2, 3]) for n in shape]
    return st.builds(lambda lead, tail: (*lead, *tail), shapes(max_dims=2), st.tuples(*tails))


def ends(shape: Shape) -> st.SearchStrategy[tuple[int, int]]:
    """The first and the last of neighbouring dimensions, each from either end."""
    ndim = max(len(shape), 1)
    pairs = [(a, b) for a, b in itertools.product(range(-ndim, ndim), repeat=2)]
    return st.sampled_from([(a, b) for a, b in pairs if a % ndim <= b % ndim])


def moves(shape: Shape) -> st.SearchStrategy[tuple[Any, Any]]:
    """Sources and destinations, or one of each as integers."""
    several = st.builds(lambda old, new: (old, new[: len(old)]), dims(shape), order(shape))
    return st.tuples(dim(shape), dim(shape)) | several if shape else several


def rolls(shape: Shape) -> st.SearchStrategy[tuple[Any, Any]]:
    """Shifts and their dimensions: none, one, or several."""
    by = st.integers(-5, 5)
    flat = st.tuples(by, st.none())
    if not shape:
        return flat
    several = dims(shape).filter(len).flatmap(
        lambda along: st.tuples(st.tuples(*(by for _ in along)), st.just(along))
    )  # fmt: skip
    return st.one_of(several, flat, st.tuples(by, dim(shape)))


def sections(shape: Shape) -> st.SearchStrategy[tuple[Any, int]]:
    """How to split and along which dimension: one size, or a list of sizes that add up."""

    def sizes(along: int) -> st.SearchStrategy[tuple[Any, int]]:
        n = shape[along]
        cuts = st.integers(0, n).map(lambda k: [k, n - k])
        return st.tuples(st.integers(1, 4) | cuts, st.just(along))

    return dim(shape).flatmap(sizes)


def times(shape: Shape) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(0, 2), min_size=len(shape), max_size=len(shape) + 1).map(tuple)


@st.composite
def joinable(draw: st.DrawFn) -> Call:
    """Up to three tensors that differ along one dimension alone."""
    shape = draw(WITH_DIMS)
    along = draw(dim(shape))
    at = along % len(shape)
    sides = draw(st.lists(st.integers(0, 2), min_size=1, max_size=3))
    parts = [draw(tensors((*shape[:at], n, *shape[at + 1 :]))) for n in sides]
    return call(parts, dim=along)


@st.composite
def stacked(draw: st.DrawFn) -> Call:
    """Up to three tensors of one shape."""
    shape = draw(SMALL)
    count = draw(st.integers(1, 3))
    return call([draw(tensors(shape)) for _ in range(count)], dim=draw(dim(shape, new=1)))


# References, where NumPy has no function of this meaning


def flattened(x: Any, start_dim: int, end_dim: int) -> Any:
    a, b = (d % max(x.ndim, 1) for d in (start_dim, end_dim))
    return x.reshape(*x.shape[:a], math.prod(x.shape[a : b + 1]), *x.shape[b + 1 :])


def squeezed(x: Any, dim: Any = None) -> Any:
    """NumPy refuses a dimension that is not 1; here it stays."""
    named = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    named = [d % x.ndim for d in named if x.ndim]
    return x.reshape([n for i, n in enumerate(x.shape) if n != 1 or i not in named])


def expanded(x: Any, size: Shape) -> Any:
    lead = len(size) - x.ndim
    own = (n if w == -1 else w for w, n in zip(size[lead:], x.shape, strict=True))
    return np.broadcast_to(x, (*size[:lead], *own))


def swapped(x: Any, dim0: int, dim1: int) -> Any:
    return np.swapaxes(x, dim0, dim1) if x.ndim else x


def split(x: Any, how: Any, dim: int) -> list[Any]:
    """NumPy's split, by sizes rather than by places."""
    n = x.shape[dim]
    return np.split(x, np.cumsum(how)[:-1] if isinstance(how, list) else range(how, n, how), dim)


def chunk(x: Any, chunks: int, dim: int) -> list[Any]:
    n = x.shape[dim]
    return split(x, -(-n // chunks), dim) if n else [x] * chunks


def moved(name: str, op: Any, reference: Any, inputs: Calls, *errors: Any, **more: Any) -> OpRecord:
    """The record of an op that only moves values, complex ones as well."""
    return OpRecord(name, op, reference, inputs, analytic=True, errors=errors, **more)


def slip(error: type[Exception], *args: Any, **kwargs: Any) -> tuple[type[Exception], Call]:
    return error, call(*args, **kwargs)


ANY, MATRICES = on(ALL), on(shapes(min_dims=2))
DIMS2 = {"dim0": dim, "dim1": dim}
RECORDS: list[OpRecord] = [
    # Reshaping
    moved("reshape", ops.reshape, np.reshape, on(ALL, size=same_size).map(positional),
          slip(ShapeError, MATRIX, (4,)), slip(ShapeError, MATRIX, (-1, -1)),
          slip(ArgumentError, MATRIX, (1.5, 4)), view=True),
    moved("view", lambda x, shape: ops.view(x.contiguous(), shape), np.reshape,
          on(ALL, size=same_size).map(positional), slip(ShapeError, MATRIX, (5,)), view=True),
    moved("flatten", lambda x, ends: ops.flatten(x, *ends), lambda x, ends: flattened(x, *ends),
          on(ALL, ends=ends), slip(DimError, MATRIX, (1, 0)), view=True),
    moved("ravel", ops.ravel, np.ravel, ANY, view=True),
    moved("squeeze", ops.squeeze, squeezed,
          ANY | on(shapes(min_dims=2, max_side=2), dim=lambda s: dim(s) | dims(s)),
          slip(DimError, MATRIX, 2), slip(DimError, MATRIX, (0, 0)), view=True),
    moved("unsqueeze", ops.unsqueeze, lambda x, dim: np.expand_dims(x, dim),
          on(ALL, dim=lambda s: dim(s, new=1)), slip(DimError, MATRIX, 3), view=True),
    # Permuting
    moved("permute", ops.permute, np.transpose, on(ALL, dims=order).map(positional),
          slip(DimError, MATRIX, (0,)), slip(DimError, MATRIX, (0, 0)), view=True),
    moved("transpose", ops.transpose, swapped, on(ALL, **DIMS2),
          slip(DimError, MATRIX, 0, 2), view=True),
    moved("swapaxes", ops.swapaxes, swapped, on(ALL, **DIMS2), view=True),
    moved("t", ops.t, np.transpose, on(SMALL),
          slip(ShapeError, MATRIX.reshape(1, 2, 3)), view=True),
    moved("T", lambda x: x.T, np.transpose, on(shapes(min_dims=2, max_dims=2)), view=True),
    moved("mT", lambda x: x.mT, lambda x: np.swapaxes(x, -1, -2), MATRICES, view=True),
    moved("movedim", lambda x, how: ops.movedim(x, *how), lambda x, how: np.moveaxis(x, *how),
          on(ALL, how=moves), slip(DimError, MATRIX, ((0, 1), 0)), view=True),
    # Broadcasting, and copies side by side
    moved("expand", ops.expand, expanded, on(SMALL, size=wider),
          slip(ShapeError, MATRIX, (3,)), slip(ShapeError, MATRIX, (4, 3)), view=True),
    moved("broadcast_to", lambda x, size: ops.broadcast_to(x, size), expanded,
          on(SMALL, size=wider), view=True),
    moved("repeat", ops.repeat, np.tile, on(SMALL, repeats=times).map(positional),
          slip(ShapeError, MATRIX, 2), slip(ShapeError, MATRIX, (2, -1))),
    moved("tile", ops.tile, np.tile,
          on(SMALL, dims=lambda s: times(()) | times(s)).map(positional)),
    # Reversing and rolling
    moved("flip", ops.flip, lambda x, dims: np.flip(x, dims) if x.ndim else x,
          on(ALL, dims=lambda s: dim(s) | dims(s)), slip(DimError, MATRIX, (0, 0))),
    moved("roll", lambda x, how: ops.roll(x, *how), lambda x, how: np.roll(x, *how),
          on(ALL, how=rolls), slip(DimError, MATRIX, (1, 2)),
          slip(ArgumentError, MATRIX, ((1, 2), 0))),
    # Joining and taking apart
    *(moved(name, getattr(ops, name), lambda parts, dim: np.concatenate(parts, dim),
            frozen(joinable()), slip(ArgumentError, []),
            slip(ShapeError, [MATRIX, MATRIX.T]), slip(DimError, [MATRIX], 2))
      for name in ("cat", "concat", "concatenate")),
    moved("stack", ops.stack, lambda parts, dim: np.stack(parts, dim), frozen(stacked()),
          slip(ArgumentError, []), slip(ShapeError, [MATRIX, MATRIX.T])),
    moved("split", lambda x, how: ops.split(x, *how), lambda x, how: split(x, *how),
          on(WITH_DIMS, how=sections), slip(ShapeError, MATRIX, (0, 0)),
          slip(ShapeError, MATRIX, ([1, 2], 0)), slip(ShapeError, MATRIX, ([3, -1], 0)), view=True),
    moved("split.last", lambda x, how: ops.split(x, *how)[-1], lambda x, how: split(x, *how)[-1],
          on(WITH_DIMS, how=sections), view=True),
    moved("chunk", ops.chunk, chunk, on(WITH_DIMS, chunks=lambda s: st.integers(1, 4), dim=dim),
          slip(ArgumentError, MATRIX, 0), view=True),
    moved("unbind", ops.unbind, lambda x, dim: list(np.moveaxis(x, dim, 0)),
          on(WITH_DIMS.filter(any), dim=full_dim), slip(DimError, MATRIX, 2), view=True),
    moved("unbind.first", lambda x, dim: ops.unbind(x, dim)[0], lambda x, dim: x.take(0, dim),
          on(WITH_DIMS.filter(any), dim=full_dim), view=True),
]  # fmt: skip
