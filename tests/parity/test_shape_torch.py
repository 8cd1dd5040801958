"""Shapes, joining, taking apart and making tensors, beside PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Array, Drawn, Sample, compare

Sampler = Callable[[Drawn], Sample]
Shape = tuple[int, ...]


def integer(m: Drawn, low: int, high: int) -> int:
    """An integer from ``low`` to ``high``, both included."""
    return int(m.rng.integers(low, high + 1))


def on(*parts: Callable[[Drawn, Shape], Any], least: int = 0, most: int = 3,
       **named: Callable[[Drawn, Shape], Any]) -> Sampler:  # fmt: skip
    """An array, and what is drawn for its shape; of the keywords only some."""

    def sample(m: Drawn) -> Sample:
        x = m.array(m.shape(least, most))
        args = [part(m, x.shape) for part in parts]
        return (x, *args), {k: of(m, x.shape) for k, of in named.items() if m.chance(0.6)}

    return sample


def dim(m: Drawn, shape: Shape) -> int:
    return m.dim(len(shape))


def new_dim(m: Drawn, shape: Shape) -> int:
    return m.dim(len(shape) + 1)


def dims(m: Drawn, shape: Shape) -> tuple[int, ...]:
    """Some dimensions, each from either end; now and then one twice, or one that is not there."""
    ndim = len(shape)
    count = integer(m, 0, ndim)
    chosen = [int(d) - ndim * m.chance() for d in m.rng.permutation(ndim)[:count]]
    return (*chosen, m.dim(ndim)) if m.chance(0.1) else tuple(chosen)


def order(m: Drawn, shape: Shape) -> tuple[int, ...]:
    if m.chance(0.1):
        return dims(m, shape)
    return tuple(int(d) - len(shape) * m.chance() for d in m.rng.permutation(len(shape)))


def same_size(m: Drawn, shape: Shape) -> Shape:
    """A shape of as many elements, mostly; now and then a size is to be found."""
    size, sides = math.prod(shape), []
    for _ in range(integer(m, 0, 2)):
        sides.append(m.of(*[n for n in range(1, size + 1) if size % n == 0] or [0, 1]))
        size //= sides[-1] or 1
    wanted = [*sides, size]
    if m.chance(0.5):
        wanted[integer(m, 0, len(wanted) - 1)] = -1
    return (*wanted, m.of(1, 2, -1)) if m.chance(0.2) else tuple(wanted)


def wider(m: Drawn, shape: Shape) -> Shape:
    tail = [m.of(n, -1) if n != 1 else m.of(0, 1, 2, -1) for n in shape]
    lead = [m.of(1, 2, 0, 2) for _ in range(integer(m, 0, 2))]
    return (*lead, *tail, m.of(2, 3)) if m.chance(0.05) else (*lead, *tail)


def sizes(m: Drawn, shape: Shape, along: int = 0) -> list[int]:
    """Sizes that add up to that of a dimension, mostly."""
    n = shape[along] if shape else 1
    cut = integer(m, 0, n)
    return [cut, n - cut, *([1] if m.chance(0.1) else [])]


def sections(m: Drawn, shape: Shape) -> Any:
    return integer(m, 0 if m.chance(0.1) else 1, 5) if m.chance() else sizes(m, shape)


def places(m: Drawn, shape: Shape) -> Any:
    if m.chance():
        return integer(m, 0 if m.chance(0.1) else 1, 4)
    return [integer(m, -3, 5) for _ in range(integer(m, 0, 3))]


def divisors(along: Callable[[Shape], int]) -> Callable[[Drawn, Shape], Any]:
    def of(m: Drawn, shape: Shape) -> Any:
        n = shape[min(along(shape), len(shape) - 1)] if shape else 1
        return m.of(*[k for k in range(1, n + 1) if n % k == 0], 2) if m.chance() else [1, 2]

    return of


def offset(m: Drawn, shape: Shape) -> int:
    return integer(m, -4, 4)


def array_like(m: Drawn, x: Array, shape: Shape) -> Array:
    """Of the same dtype, mostly."""
    if m.chance(0.2):
        return m.array(shape)
    return (
        m.floats(shape, x.dtype.name) if x.dtype.kind == "f" else m.integers(shape).astype(x.dtype)
    )


def several(same: bool = False, least: int = 0, most: int = 3) -> Sampler:
    """A list of arrays that differ along one dimension, if ``same`` along none."""

    def sample(m: Drawn) -> Sample:
        shape = m.shape(least, most)
        along = integer(m, 0, max(len(shape) - 1, 0))
        first = m.array(shape)
        held = [first]
        for _ in range(integer(m, 0, 2)):
            other = list(shape)
            if shape and not same:
                other[along] = integer(m, 0, 3)
            if m.chance(0.05):
                other.append(2)
            held.append(array_like(m, first, tuple(other)))
        if m.chance(0.03):
            held = []
        at = m.dim(len(shape) + same) if m.chance(0.3) else along
        return (held,), {"dim": at}

    return sample


def no_dim(sampler: Sampler) -> Sampler:
    return lambda m: (sampler(m)[0], {})


def spread_out(sampler: Sampler) -> Sampler:
    """The tensors as arguments of their own, or as one list."""

    def sample(m: Drawn) -> Sample:
        (held,), _ = sampler(m)
        return (tuple(held) if m.chance(0.7) and held else (held,)), {}

    return sample


def vectors(m: Drawn) -> Sample:
    first = m.array(m.shape(0, 1))
    held = [first, *(array_like(m, first, m.shape(0, 1)) for _ in range(integer(m, 0, 2)))]
    if m.chance(0.05):
        held.append(m.array((2, 2)))
    return tuple(held), {}


def proper_vectors(m: Drawn) -> Sample:
    first = m.array(m.shape(1, 1))
    held = [first, *(array_like(m, first, m.shape(1, 1)) for _ in range(integer(m, 0, 2)))]
    return (*held, *([m.array(())] if m.chance(0.05) else [])), {}


def blocks(m: Drawn) -> Sample:
    """None that is empty: PyTorch's derivative counts no row for one."""
    most = 3 if m.chance(0.05) else 2
    return tuple(m.array(m.shape(0, most, (1, 2, 3))) for _ in range(integer(m, 0, 3))), {}


def shapes(m: Drawn) -> Sample:
    shape = m.shape()
    others = [m.shape() if m.chance(0.1) else m.broadcastable(shape) for _ in range(2)]
    return (shape, *others, *([3] if m.chance(0.1) else [])), {}


def broadcast(m: Drawn) -> Sample:
    (shape, *others), _ = shapes(m)
    return tuple(m.array(s) for s in (shape, *others) if isinstance(s, tuple)), {}


def interleaved(m: Drawn) -> Sample:
    """No tensor of negative counts: PyTorch writes out of bounds."""
    x = m.array(m.shape(1))
    at = m.of(None, m.dim(x.ndim))
    n = x.size if at is None else x.shape[at] if -x.ndim <= at < x.ndim else 1
    how = m.of("one", "one", "each", "each", "each", "short")
    low = -1 if m.chance(0.1) else 0
    count: Any = integer(m, low, 3)
    if how == "each":
        count = m.integers((n,), m.of("int64", "int32"), 0, 4)
    elif how == "short":
        count = m.integers(m.of((), (1,), (n + 1,), (1, n)), "int64", 0, 4)
    total = int(np.sum(count)) * (n if np.size(count) == 1 else 1)
    size = {"output_size": total + m.chance(0.1)} if m.chance(0.3) and total >= 0 else {}
    return (x, count), {"dim": at, **size} if at is not None else size


def counted(m: Drawn) -> Sample:
    return (m.integers(m.shape(1, 1), m.of("int64", "int32"), 0, 4),), {}


def windows(m: Drawn) -> Sample:
    x = m.array(m.shape())
    at = m.dim(x.ndim)
    n = x.shape[at] if -x.ndim <= at < x.ndim else 1
    return (x, at, integer(m, 0, n + m.chance(0.1)), integer(m, 0 if m.chance(0.1) else 1, 3)), {}


def strided(m: Drawn) -> Sample:
    x = m.array(m.shape(0, 2))
    shape = m.shape()
    strides = tuple(integer(m, 0, 2) for _ in shape)
    return (x, shape, strides, m.of(0, 0, 1)), {}


def flattened(m: Drawn) -> Sample:
    x = m.array(m.shape())
    return (x, m.dim(x.ndim), m.dim(x.ndim)), {}


def unflattened(m: Drawn) -> Sample:
    x = m.array(m.shape(1))
    at = m.dim(x.ndim)
    return (x, at, same_size(m, (x.shape[at],) if -x.ndim <= at < x.ndim else (2,))), {}


def moved(m: Drawn) -> Sample:
    x = m.array(m.shape())
    if m.chance():
        return (x, m.dim(x.ndim), m.dim(x.ndim)), {}
    old, new = dims(m, x.shape), order(m, x.shape)
    return (x, old, new[: len(old)]), {}


def rolled(m: Drawn) -> Sample:
    x = m.array(m.shape())
    if m.chance(0.3):
        return (x, integer(m, -5, 5)), {}
    along = dims(m, x.shape)
    return (x, tuple(integer(m, -5, 5) for _ in along), along), {}


def squeezed(m: Drawn) -> Sample:
    x = m.array(m.shape(sides=(0, 1, 1, 1, 3)))
    return (x, *m.of((), (m.dim(x.ndim),), (dims(m, x.shape),))), {}


def split_along(m: Drawn) -> Sample:
    x = m.array(m.shape())
    at = m.dim(x.ndim)
    how = (
        sections(m, x.shape)
        if not -x.ndim <= at < x.ndim
        else (integer(m, 1, 4) if m.chance() else sizes(m, x.shape, at))
    )
    return (x, how, at), {}


def with_sizes(m: Drawn) -> Sample:
    x = m.array(m.shape(1))
    at = integer(m, -x.ndim, x.ndim - 1)
    return (x, sizes(m, x.shape, at), at), {}


def times(m: Drawn, shape: Shape) -> tuple[int, ...]:
    few = m.chance(0.1) and len(shape)
    return tuple(integer(m, 0, 2) for _ in range(len(shape) - bool(few) + m.chance(0.3)))


def creation(*parts: Callable[[Drawn], Any]) -> Sampler:
    def sample(m: Drawn) -> Sample:
        kind = m.of(None, "float64", "float32", "int64", "int32")
        return tuple(part(m) for part in parts), {"dtype": np.dtype(kind)} if kind else {}

    return sample


def number(m: Drawn) -> Any:
    return m.of(integer(m, -4, 6), float(m.rng.normal() * 3))


def count(m: Drawn) -> int:
    return integer(m, -1 if m.chance(0.1) else 0, 6)


def small(m: Drawn) -> int:
    return integer(m, -3, 3)


def ranged(m: Drawn) -> Sample:
    args = [number(m) for _ in range(integer(m, 1, 3))]
    kind = m.of(None, None, "float64", "float32", "int64")
    return tuple(args), {"dtype": np.dtype(kind)} if kind else {}


def triangle(m: Drawn) -> Sample:
    kind = m.of(None, None, "int64", "int32")
    return (count(m), count(m), small(m)), {"dtype": np.dtype(kind)} if kind else {}


def alike(*parts: Callable[[Drawn], Any]) -> Sampler:
    def sample(m: Drawn) -> Sample:
        kind = m.of(None, "float64", "int64", "bool")
        x = m.array(m.shape())
        return (x, *(part(m) for part in parts)), {"dtype": np.dtype(kind)} if kind else {}

    return sample


PLAIN = on()
DIAGONAL = on(offset=offset, dim1=dim, dim2=dim, least=2)
SAMPLES: dict[str, Sampler] = {
    # The core's
    "reshape": on(same_size),
    "Tensor.view": on(same_size),
    "ravel": PLAIN,
    "flatten": flattened,
    "squeeze": squeezed,
    "unsqueeze": on(new_dim),
    "permute": on(order),
    "transpose": on(dim, dim),
    "swapaxes": on(dim, dim),
    "t": PLAIN,
    "movedim": moved,
    "Tensor.expand": on(wider),
    "broadcast_to": on(wider),
    "flip": on(dims),
    "roll": rolled,
    "cat": several(),
    "concat": several(),
    "stack": several(same=True),
    "split": split_along,
    "Tensor.split": split_along,
    "chunk": on(lambda m, s: integer(m, 0 if m.chance(0.1) else 1, 5), dim=dim),
    "unbind": on(dim=dim),
    "Tensor.repeat": on(times),
    "tile": on(times),
    "diagonal": DIAGONAL,
    "diag": on(offset, most=2),
    "tril": on(offset, least=1),
    "triu": on(offset, least=1),
    # Joining
    "hstack": no_dim(several(most=2)),
    "vstack": no_dim(several(most=2)),
    "row_stack": no_dim(several(most=2)),
    "dstack": no_dim(several()),
    "column_stack": no_dim(several(most=2)),
    "block_diag": blocks,
    "atleast_1d": spread_out(several()),
    "atleast_2d": spread_out(several()),
    "atleast_3d": spread_out(several()),
    "broadcast_shapes": shapes,
    "broadcast_tensors": broadcast,
    "meshgrid": lambda m: (vectors(m)[0], {"indexing": m.of("ij", "xy")}),
    "cartesian_prod": proper_vectors,
    "combinations": on(
        r=lambda m, s: integer(m, -1 if m.chance(0.1) else 0, 4),
        with_replacement=lambda m, s: m.chance(), least=1, most=1,
    ),
    "repeat_interleave": lambda m: counted(m) if m.chance(0.2) else interleaved(m),
    "Tensor.repeat_interleave": interleaved,
    # Taking apart
    "tensor_split": on(places, dim=dim),
    "hsplit": on(divisors(lambda s: int(len(s) > 1))),
    "vsplit": on(divisors(lambda s: 0), least=1),
    "dsplit": on(divisors(lambda s: 2), least=2),
    "split_with_sizes": with_sizes,
    "unsafe_split": on(lambda m, s: integer(m, 0, 4), dim=dim),
    "unsafe_chunk": on(lambda m, s: integer(m, 1, 5), dim=dim),
    # Dimensions
    "moveaxis": moved,
    "swapdims": on(dim, dim),
    "adjoint": PLAIN,
    "fliplr": PLAIN,
    "flipud": PLAIN,
    "rot90": on(k=lambda m, s: integer(m, -5, 5), dims=lambda m, s: (dim(m, s), dim(m, s))),
    "unflatten": unflattened,
    "diag_embed": on(offset=offset, dim1=new_dim, dim2=new_dim, most=2),
    "diagflat": on(offset=offset, most=2),
    "Tensor.unfold": windows,
    "as_strided": strided,
    "Tensor.as_strided": strided,
    # Creation
    "arange": ranged,
    "linspace": creation(number, number, count),
    "logspace": creation(number, number, count),
    "eye": creation(count, count),
    "full": lambda m: ((m.shape(), m.of(True, 2, 1.5, -1)), {}),
    "tril_indices": triangle,
    "triu_indices": triangle,
    "zeros_like": alike(),
    "ones_like": alike(),
    "Tensor.new_zeros": on(lambda m, s: m.shape()),
    "Tensor.new_ones": on(lambda m, s: m.shape()),
    "Tensor.new_full": on(lambda m, s: m.shape(), lambda m, s: m.of(2, 1.5, True)),
    "full_like": alike(lambda m: m.of(True, 2, 1.5)),
}  # fmt: skip


WIDER = {"roll": "a 0-d tensor has dimension 0"}


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(name, SAMPLES[name], record_property, wider=WIDER.get(name, ""))
