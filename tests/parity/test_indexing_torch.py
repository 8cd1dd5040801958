"""Indexing, gathering, scattering and masks, and their in-place forms, beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

import tinygrad_kr
from tests.parity.beside import Array, Drawn, Sample, compare
from tests.parity.test_shape_torch import Sampler, Shape, array_like, dim, integer, on

pytestmark = pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8")

# Keys


def part(m: Drawn, n: int, wide: Shape, far: bool) -> Any:
    """What may stand in a key for a dimension of size ``n``; if ``far``, now and then out of
    range."""
    kind = m.of("int", "slice", "slice", "array", "array", "list", "mask", "bytes")
    if kind == "int":
        return integer(m, -n, n if m.chance(0.05) or not n else n - 1)
    if kind == "slice":
        ends = [m.of(None, integer(m, -5, 5)) for _ in range(2)]
        return slice(*ends, m.of(None, 1, 2, 3))
    if kind in ("array", "list"):
        size = wide if n else m.of(wide, (0,))
        found = m.integers(size, m.of("int64", "int32"), -n, n + far * m.chance(0.3) or 1)
        return found if kind == "array" else found.reshape(-1).tolist()
    return m.bools((n,)) if kind == "mask" else np.asarray(m.bools((n,)), "uint8")


def key(m: Drawn, shape: Shape, far: bool = False) -> tuple[Any, ...]:
    wide = m.of((), (1,), (2,), (2,), (2, 1), (3, 1), (2, 2))
    parts: list[Any] = []
    at = 0
    while at < len(shape) and not m.chance(0.15):
        if m.chance(0.15):
            parts.append(None)
        elif m.chance(0.1) and not any(p is ... for p in parts):
            parts.append(...)
            at = integer(m, at, len(shape))
        elif m.chance(0.1) and at + 1 < len(shape):
            parts.append(m.bools(shape[at : at + 2]))
            at += 2
        else:
            parts.append(part(m, shape[at], wide, far))
            at += 1
    if m.chance(0.05):
        parts.append(m.of(True, False, 0, 0.5))
    return tuple(parts)


def read(m: Drawn) -> Sample:
    """Out of range only where something would be read: else PyTorch does not look."""
    far = m.chance(0.2)
    while True:
        x = m.array(m.shape())
        where = key(m, x.shape, far)
        if not far or 0 not in room(x.shape, where):
            return (x, where), {}


def room(shape: Shape, where: tuple[Any, ...]) -> Shape:
    """The shape that a key picks, as PyTorch has it."""
    parts = tuple(torch.from_numpy(p) if isinstance(p, np.ndarray) else p for p in where)
    try:
        return tuple(torch.zeros(shape)[parts].shape)
    except (IndexError, RuntimeError, TypeError, ValueError):
        return (1,)


def written(m: Drawn) -> Sample:
    """Places that are named twice take one of their values: none here is."""
    x = m.array(m.shape())
    where = key(m, x.shape)
    if any(isinstance(p, list) or (isinstance(p, np.ndarray) and p.dtype.kind == "i" and p.size > 1)
           for p in where):  # fmt: skip
        return (x, where, m.of(2, -1.5)), {}
    shape = m.broadcastable(room(x.shape, where))
    value = m.of(like(m, x, shape), like(m, x, shape), m.of(2, -1.5, True))
    return (x, where, value), {}


def like(m: Drawn, x: Array, shape: Shape) -> Array:
    """Of any dtype, but no gradient for integers."""
    found = m.array(shape)
    while found.dtype.kind == "f" != x.dtype.kind:
        found = m.array(shape)
    return found


def filled(m: Drawn) -> Sample:
    x = m.array(m.shape())
    return (x, m.of(2, 1.5, like(m, x, ()), like(m, x, (1,)))), {}


# Along a dimension


def inside(m: Drawn, shape: Shape, at: int) -> tuple[int, Shape]:
    """A dimension and the shape of an index, mostly fitting."""
    if m.chance(0.05):
        return m.dim(len(shape)), m.shape(sides=(1, 2, 3))
    sizes = [integer(m, 0 if m.chance(0.1) else 1, n) if n else 0 for n in shape]
    if shape:
        sizes[at] = integer(m, 0, 4) if shape[at] else 0
    return at - len(shape) * m.chance(), tuple(sizes)


def index_for(m: Drawn, shape: Shape, n: int) -> Array:
    """Along a dimension of size ``n``; rarely out of range."""
    low, high = (-1, n + 1) if m.chance(0.03) else (0, max(n, 1))
    return m.integers(shape, "int64", low, high)


def gathered(m: Drawn) -> Sample:
    x = m.array(m.shape())
    at = integer(m, 0, max(x.ndim - 1, 0))
    where, shape = inside(m, x.shape, at)
    return (x, where, index_for(m, shape, x.shape[at] if x.ndim else 1)), {}


def once(index: Array, n: int, at: int) -> Array:
    """An index that names no place twice along a dimension."""
    if not index.ndim:
        return index
    order = np.arange(index.shape[at] if index.size else 0).reshape(
        tuple(-1 if d == at else 1 for d in range(index.ndim))
    )
    return np.asarray(np.broadcast_to(order[: n + 1], index.shape)).copy() if order.size else index


def scattered(m: Drawn, repeated: bool = True, tied: bool = True, kind: str = "") -> Sample:
    """``kind``: of these dtypes alone."""
    shape = m.shape()
    x = m.array(shape)
    while kind and x.dtype.kind not in kind:
        x = m.array(shape)
    if not tied and x.dtype.kind == "f":
        x = m.floats(shape, x.dtype.name)
    at = integer(m, 0, max(x.ndim - 1, 0))
    n = x.shape[at] if x.ndim else 1
    where, sizes = inside(m, x.shape, at)
    if not repeated and sizes and len(sizes) == x.ndim:
        sizes = tuple(min(k, n) if d == at else k for d, k in enumerate(sizes))
    index = index_for(m, sizes, n)
    if not repeated and index.ndim == x.ndim:
        index = once(index, n, at)
    src = array_like(m, x, sizes)
    if tied and x.dtype.kind == "f" and src.dtype == x.dtype:
        src = np.asarray(np.round(src))
    return (x, where, index, src), {}


def set_there(m: Drawn) -> Sample:
    """PyTorch writes one of the values of a place that is named twice; a number is one."""
    if m.chance():
        return scattered(m, repeated=False)
    (x, where, index, _), _ = scattered(m)
    return (x, where, index), {"value": m.of(2, 1.5, True)}


def scattered_by_name(m: Drawn) -> Sample:
    (x, where, index, src), _ = scattered(m, kind="fi")
    return (x, where, index, m.of(src, 2)), {"reduce": "add"}


def reduced(m: Drawn) -> Sample:
    """Of ties with a value that takes no part see the report of what differs."""
    include = m.of({}, {"include_self": True}, {"include_self": False})
    (args), _ = scattered(m, tied=include.get("include_self", True))
    how = m.of(
        "sum",
        "prod",
        "mean",
        "amax",
        "amin",
    )
    return (*args, how), include


def rows(m: Drawn, repeated: bool = True, tied: bool = False) -> Sample:
    """A tensor, a dimension, an index and as many slices."""
    x = m.array(m.shape(1))
    if tied and x.dtype.kind == "f":
        x = np.round(x)
    at = integer(m, 0, x.ndim - 1)
    n = x.shape[at]
    count = integer(m, 0, 4 if repeated else n) if n else 0
    index = index_for(m, (count,), n)
    if not repeated:
        index = np.asarray(m.rng.permutation(n)[:count])
    sizes = (*x.shape[:at], count + m.chance(0.05), *x.shape[at + 1 :])
    src = array_like(m, x, sizes)
    if tied and src.dtype.kind == "f":
        src = np.round(src).astype(src.dtype)
    return (x, at - x.ndim * m.chance(), index, src), {}


def rows_added(m: Drawn) -> Sample:
    args, _ = rows(m)
    return args, {"alpha": m.of(2, -1)} if m.chance() else {}


def rows_reduced(m: Drawn) -> Sample:
    include = m.of({}, {"include_self": True}, {"include_self": False})
    args, _ = rows(m, tied=include.get("include_self", True))
    while args[0].dtype.kind == "b":
        args, _ = rows(m, tied=include.get("include_self", True))
    return (*args, m.of("prod", "mean", "amax", "amin")), include


def rows_filled(m: Drawn) -> Sample:
    (x, at, index, _), _ = rows(m)
    value = m.of(2, 1.5, like(m, x, ()), like(m, x, (1,)))
    if isinstance(value, np.ndarray):  # of whose derivative PyTorch refuses the negative ones
        index = np.abs(index)
    else:
        index = np.where(m.rng.random(index.shape) < 0.3, index - x.shape[at], index)
    return (x, at, np.asarray(index, "int64"), value), {}


def selected(m: Drawn) -> Sample:
    (x, at, index, _), _ = rows(m)
    return (x, at, index.astype(m.of("int64", "int32"))), {}


def taken_along(m: Drawn) -> Sample:
    """Nothing out of range, which PyTorch wraps."""
    (x, at, index), _ = gathered(m)
    index = np.asarray(np.clip(index, 0, max(x.shape[at] - 1, 0) if -x.ndim <= at < x.ndim else 0))
    if m.chance(0.2) and x.size:
        return (x, m.integers(m.shape(), "int64", 0, x.size)), {}
    if x.ndim and index.ndim == x.ndim:
        thin = tuple(1 if m.chance(0.3) else n for n in index.shape)
        sizes = tuple(
            k if d == at % x.ndim or k == 1 else n
            for d, (k, n) in enumerate(zip(thin, x.shape, strict=True))
        )
        index = m.integers(sizes, "int64", 0, max(x.shape[at], 1))
    return (x, index, at), {}


# By masks and by flat indices


def masks(m: Drawn, fits: bool = False) -> tuple[Array, Array]:
    x = m.array(m.shape())
    return x, m.bools(x.shape if fits and m.chance() else m.broadcastable(x.shape))


def masked(m: Drawn) -> Sample:
    x, mask = masks(m)
    return (x, mask if m.chance(0.95) else mask.astype(float)), {}


def masked_value(m: Drawn) -> Sample:
    x, mask = masks(m)
    number: Any = m.of(2, -1.5, True, like(m, x, ()), like(m, x, (1,)))
    return (x, mask, number), {}


def masked_source(m: Drawn) -> Sample:
    x, mask = masks(m)
    count = int(np.broadcast_to(mask, np.broadcast_shapes(x.shape, mask.shape)).sum())
    given = max(count + (-1 if m.chance(0.1) else integer(m, 0, 2)), 0)
    return (x, mask, array_like(m, x, (given,))), {}


def flat(m: Drawn) -> Sample:
    x = m.array(m.shape())
    n = x.size
    low, high = (-n - 1, n + 1) if m.chance(0.05) else (-n, n)
    return (x, m.integers(m.shape() if n else (0,), "int64", low, max(high, low + 1))), {}


def put(m: Drawn) -> Sample:
    """Added, or no place named twice."""
    (x, index), _ = flat(m)
    accumulate = m.chance()
    if not accumulate:
        index = np.asarray(m.rng.permutation(x.size)[: integer(m, 0, x.size)], "int64")
    shape = index.shape if m.chance(0.9) else (index.size + 1,)
    return (x, index, array_like(m, x, shape), accumulate), {}


def put_at(m: Drawn) -> Sample:
    x = m.array(m.shape(1))
    accumulate = m.chance()
    if accumulate:
        wide = m.shape(1, 2)
        count = integer(m, 1, x.ndim)
        indices: Any = tuple(
            m.integers(m.broadcastable(wide), "int64", -n, n) if n else m.integers((0,))
            for n in x.shape[:count]
        )
    else:
        indices = m.of((m.bools(x.shape),), (m.bools(x.shape[:1]),))
    shape = m.broadcastable(room(x.shape, indices))
    value = array_like(m, x, shape) if np.prod(shape) != 1 else like(m, x, shape)
    return (x, indices, value), {"accumulate": accumulate}


# Views


def start(m: Drawn, shape: Shape) -> int:
    return integer(m, -2, 1)


def one(m: Drawn, shape: Shape) -> int:
    return integer(m, -2, 2)


def selected_scatter(m: Drawn) -> Sample:
    x = m.array(m.shape())
    at = integer(m, 0, max(x.ndim - 1, 0))
    rest = x.shape[:at] + x.shape[at + 1 :]
    return (x, like(m, x, rest if m.chance(0.9) else m.shape()), at, one(m, x.shape)), {}


def slice_scattered(m: Drawn) -> Sample:
    x = m.array(m.shape())
    at = integer(m, 0, max(x.ndim - 1, 0))
    part = [m.of(None, integer(m, -5, 5)) for _ in range(2)]
    step = integer(m, 0 if m.chance(0.1) else 1, 3)
    shape = list(x.shape)
    if shape:
        shape[at] = len(range(shape[at])[slice(*part, max(step, 1))])
    return (x, like(m, x, tuple(shape)), at, *part, step), {}


def diagonal_scattered(m: Drawn) -> Sample:
    x = m.array(m.shape(2))
    first, second = (int(d) for d in m.rng.permutation(x.ndim)[:2])
    offset = integer(m, -3, 3)
    shape = np.diagonal(x, offset, first, second).shape
    return (x, like(m, x, shape if m.chance(0.9) else (1,)), offset, first, second), {}


def diagonal_filled(m: Drawn) -> Sample:
    n = integer(m, 1, 4)
    shape = m.of((n, n), (n, integer(m, 1, 4)), (7, 2), (n, n, n), (n,), (2, 3, 3))
    return (m.array(shape), m.of(2, 1.5, np.float64(2))), {"wrap": True} if m.chance() else {}


def in_place(name: str) -> Callable[..., Any]:
    return lambda x, *args, **kwargs: getattr(x.clone(), name)(*args, **kwargs)


def setitem(x: Any, where: Any, value: Any) -> Any:
    y = x.clone()
    y[where] = value
    return y


SAMPLES: dict[str, Sampler] = {
    "getitem": read,
    "setitem": written,
    "gather": gathered,
    "take_along_dim": taken_along,
    "index_select": selected,
    "scatter": set_there,
    "scatter.add": scattered_by_name,
    "scatter_add": scattered,
    "scatter_reduce": reduced,
    "index_add": rows_added,
    "index_copy": lambda m: rows(m, repeated=False),
    "index_fill": rows_filled,
    "index_reduce": rows_reduced,
    "index_put": put_at,
    "put": put,
    "take": flat,
    "masked_fill": masked_value,
    "masked_select": masked,
    "masked_scatter": masked_source,
    "fill": filled,
    "narrow": on(dim, start, lambda m, s: integer(m, -1 if m.chance(0.1) else 0, 3)),
    "narrow_copy": on(dim, lambda m, s: integer(m, 0, 2), lambda m, s: integer(m, 0, 3)),
    "select": on(dim, one),
    "select_scatter": selected_scatter,
    "slice_scatter": slice_scattered,
    "diagonal_scatter": diagonal_scattered,
    "unravel_index": lambda m: ((m.integers(m.shape(), "int64", 0, 6), m.of((2, 3), (6,))), {}),
    "where": lambda m: ((masks(m)[1], m.floats(()), m.floats((1,))), {}),
}
INPLACE = {
    name + "_": SAMPLES[name]
    for name in (
        "scatter",
        "scatter_add",
        "scatter_reduce",
        "index_add",
        "index_copy",
        "index_fill",
        "index_reduce",
        "index_put",
        "masked_fill",
        "masked_scatter",
    )
}
SAMPLES |= INPLACE | {"put_": put, "fill_diagonal_": diagonal_filled}
OPTIONS: dict[str, dict[str, Any]] = {
    "getitem": {"ours": lambda x, where: x[where], "theirs": lambda x, where: x[where]},
    "setitem": {"ours": setitem, "theirs": setitem},
    "scatter.add": {"ours": tinygrad_kr.scatter, "theirs": torch.scatter},
} | {
    name: {"ours": in_place(name), "theirs": in_place(name)}
    for name in (*INPLACE, "put_", "fill_diagonal_")
}
WIDER = {
    "setitem": "one value at a mask of bytes",
    "take_along_dim": "a 0-d tensor has dimension 0",
    "index_put": "one value is cast for any index, not for a mask alone",
    "index_put_": "one value is cast for any index, not for a mask alone",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    more = {"wider": WIDER.get(name, ""), **OPTIONS.get(name, {})}
    compare(name, SAMPLES[name], record_property, **more)
