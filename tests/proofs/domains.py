"""Where the inputs of an operation lie, and how one call of it is made.

A call is made from bytes, and they are one choice to Hypothesis: they shrink to zeros, and none of
the few draws of a default run goes to a copy of the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations, product
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from tinygrad_kr.testing import Call, call
from tinygrad_kr.testing.strategies import _tensor

T = TypeVar("T")
Shape = tuple[int, ...]

_BYTES = 96


class Marks:
    """Bytes that a call is made from, one after another; the simplest is 0."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = drawn
        self._at = 0

    def take(self, count: int) -> bytes:
        self._at += count
        return (self._drawn[self._at - count :] + self._drawn)[:count]

    def choose(self, options: Sequence[T]) -> T:
        return options[self.take(1)[0] % len(options)]

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return self.choose(range(low, high + 1))

    def flag(self) -> bool:
        return self.choose((False, True))

    def order(self, count: int) -> list[int]:
        """A permutation."""
        return np.argsort(list(self.take(count)), kind="stable").tolist()

    def shape(self, low: int = 0, high: int = 3) -> Shape:
        """Of ``low`` to ``high`` dimensions of 1, 2 or 3, now and then 0, elements."""
        ndim = self.choose([*range(low, high + 1), *range(low + 1, high + 1)])
        return tuple(0 if n >= 246 else (1, 2, 3, 2, 3)[n % 5] for n in self.take(ndim))

    def broadcastable(self, count: int, high: int = 3) -> list[Shape]:
        """Shapes that broadcast together: one is whole, of the others some lack dimensions, or
        have 1 for them."""
        whole, kept = self.shape(high=high), self.whole(0, count - 1)

        def narrowed(i: int, mark: int) -> Shape:
            if i == kept or mark % 2 == 0:
                return whole
            missing = mark // 2 % (len(whole) + 1)
            return tuple(
                1 if mark >> (4 + d) & 1 else n for d, n in enumerate(whole) if d >= missing
            )

        return [narrowed(i, mark) for i, mark in enumerate(self.take(count))]


Domain = Callable[[Marks, Shape], Any]


def calls(make: Callable[[Marks], Call]) -> st.SearchStrategy[Call]:
    """The strategy of the calls that ``make`` makes."""
    return st.binary(min_size=_BYTES, max_size=_BYTES).map(lambda drawn: make(Marks(drawn)))


# Domains


def between(
    low: float, high: float, *kinks: float, dtype: Any = np.float64, distinct: bool = False
) -> Domain:
    """Tensors of values from ``low`` to ``high``, not near the kinks."""
    grad = np.dtype(dtype).kind == "f"

    def domain(marks: Marks, shape: Shape) -> Any:
        return _tensor(
            shape, marks.take(24), dtype, low=low, high=high, avoid=kinks, distinct=distinct,
            requires_grad=grad,
        )  # fmt: skip

    return domain


ANY = between(-2, 2)
POSITIVE = between(0.25, 2)
NONZERO = between(-2, 2, 0)
DISTINCT = between(-2, 2, distinct=True)
MASK = between(-1, 1, dtype=np.bool_)


def fixed(*values: Any) -> Domain:
    """One of these, whatever the shape."""
    return lambda marks, shape: marks.choose(values)


def either(*domains: Domain) -> Domain:
    """The whole tensor in one of the domains."""
    return lambda marks, shape: marks.choose(domains)(marks, shape)


def full(domain: Domain) -> Domain:
    """The domain, of one element at least."""
    return lambda marks, shape: domain(marks, tuple(max(n, 1) for n in shape))


def stepped(offset: float = 0.0) -> Domain:
    """Whole numbers, 0 often among them, and a fraction that is the same for all: never near those
    of another tensor that has another fraction."""

    def domain(marks: Marks, shape: Shape) -> Any:
        t = ANY(marks, shape)
        np.add(np.floor(t._array), offset, out=t._array)
        return t

    return domain


# Calls


def operands(*domains: Domain, whole: bool = False, **statics: Domain) -> st.SearchStrategy[Call]:
    """Calls with an input of each domain, of shapes that broadcast together, and keywords.

    Args:
        whole: the first input has the shape of the result.
    """

    def make(marks: Marks) -> Call:
        shapes = marks.broadcastable(len(domains))
        if whole:
            shapes[0] = np.broadcast_shapes(*shapes)
        inputs = [domain(marks, shape) for domain, shape in zip(domains, shapes, strict=True)]
        return call(*inputs, **{name: of(marks, ()) for name, of in statics.items()})

    return calls(make)


@cache
def dims_of(ndim: int) -> list[Any]:
    """All that can be said for ``dim``: None, a number from either end, several, and none."""
    some = [dims for n in range(ndim + 1) for dims in combinations(range(ndim), n)]
    signed = [s for dims in some for s in product(*((d, d - ndim) for d in dims))]
    return [None, *numbers_of(ndim), *signed]


def numbers_of(ndim: int) -> range:
    """A dimension counted from either end; 0-d has one by courtesy."""
    return range(-max(ndim, 1), max(ndim, 1))


def axes(x: np.ndarray[Any, Any], dim: Any) -> Shape:
    """The same in NumPy's words, counted from the front."""
    if x.ndim == 0:
        return ()
    dims = range(x.ndim) if dim is None or dim == () else (dim,) if isinstance(dim, int) else dim
    return tuple(d % x.ndim for d in dims)


def reduced(
    domain: Domain = ANY, *, least: int = 0, min_dims: int = 0, single: bool = False,
    keepdim: bool = True, **statics: Domain,
) -> st.SearchStrategy[Call]:  # fmt: skip
    """Calls with a tensor, the ``dim`` to reduce, and keywords.

    Args:
        least: the fewest elements to be put together.
        single: ``dim`` is one number.
        keepdim: ``keepdim`` is a keyword too.
    """
    if keepdim:
        statics["keepdim"] = fixed(False, True)

    def make(marks: Marks) -> Call:
        shape = marks.shape(min_dims)
        dim = marks.choose((numbers_of if single else dims_of)(len(shape)))
        gone = axes(np.empty(shape), dim)
        shape = tuple(max(n, least) if d in gone else n for d, n in enumerate(shape))
        x = domain(marks, shape)
        return call(x, dim=dim, **{name: of(marks, ()) for name, of in statics.items()})

    return calls(make)
