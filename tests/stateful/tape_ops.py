"""What the model computes: each operation as a loop over elements, its derivatives beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.stateful.tape import (
    Floats,
    Index,
    Refused,
    Shape,
    Slope,
    Tape,
    Tensor,
    broadcast,
    element,
    indices,
)

Derivative = Callable[[float, float, float], float]


class Pointwise(NamedTuple):
    """A function of one or two numbers, and for each of them its derivative, a function of
    ``(a, b, y)``, with the letters of what it reads: no more may be kept for the way back."""

    f: Callable[[float, float], float]
    by_a: Derivative
    reads_a: str = ""
    by_b: Derivative = lambda a, b, y: 0.0
    reads_b: str = ""


UNARY = {
    "clone": Pointwise(lambda a, _: a, lambda a, b, y: 1.0),
    "neg": Pointwise(lambda a, _: -a, lambda a, b, y: -1.0),
    "square": Pointwise(lambda a, _: a * a, lambda a, b, y: 2 * a, "a"),
    "sin": Pointwise(lambda a, _: math.sin(a), lambda a, b, y: math.cos(a), "a"),
    "tanh": Pointwise(lambda a, _: math.tanh(a), lambda a, b, y: 1 - y * y, "y"),
    "relu": Pointwise(lambda a, _: max(a, 0.0), lambda a, b, y: float(a > 0), "y"),
}
BINARY = {
    "add": Pointwise(lambda a, b: a + b, lambda a, b, y: 1.0, "", lambda a, b, y: 1.0),
    "sub": Pointwise(lambda a, b: a - b, lambda a, b, y: 1.0, "", lambda a, b, y: -1.0),
    "mul": Pointwise(lambda a, b: a * b, lambda a, b, y: b, "b", lambda a, b, y: a, "a"),
}


def pointwise(
    tape: Tape,
    op: Pointwise,
    a: Tensor | float,
    b: Tensor | float = 0.0,
    over: Tensor | None = None,
) -> Tensor:
    """``op`` of tensors and numbers that broadcast; ``over`` as in :meth:`Tape.compute`."""
    shape = broadcast(*(x.shape for x in (a, b) if isinstance(x, Tensor)))
    values: Floats = []
    slopes: list[Slope] = []
    for e, index in enumerate(indices(shape)):
        i, u = _read(a, index)
        j, v = _read(b, index)
        y = op.f(u, v)
        values.append(y)
        slopes += [(e, 0, i, op.by_a(u, v, y)), (e, 1, j, op.by_b(u, v, y))]
    return tape.compute(shape, values, (a, b), slopes, (op.reads_a, op.reads_b), over)


def _read(x: Tensor | float, index: Index) -> tuple[int, float]:
    """The number and the value of the element of ``x`` at an index of what it broadcasts to."""
    if not isinstance(x, Tensor):
        return 0, x
    number = element(index, x.shape)
    return number, x.values[number]


def reduce(tape: Tape, x: Tensor, dim: int | None, keepdim: bool, mean: bool) -> Tensor:
    """The sum or the mean over one dimension, or over all."""
    dims = range(len(x.shape)) if dim is None else (dim,)
    kept = tuple(1 if d in dims else n for d, n in enumerate(x.shape))
    share = math.prod(kept) / math.prod(x.shape) if mean else 1.0
    values = [0.0] * math.prod(kept)
    slopes: list[Slope] = []
    for number, index in enumerate(indices(x.shape)):
        e = element(index, kept)
        values[e] += x.values[number] * share
        slopes.append((e, 0, number, share))
    shape = kept if keepdim else tuple(n for d, n in enumerate(x.shape) if d not in dims)
    return tape.compute(shape, values, (x,), slopes)


def matmul(tape: Tape, a: Tensor, b: Tensor) -> Tensor:
    """The product of matrices; a vector is a row on the left and a column on the right."""
    if a.shape[-1] != b.shape[0]:
        raise Refused("shape")
    inner = a.shape[-1]
    shape = (*a.shape[:-1], *b.shape[1:])
    width = math.prod(b.shape[1:])
    values = [0.0] * math.prod(shape)
    slopes: list[Slope] = []
    for e in range(len(values)):
        row, column = divmod(e, width)
        for k in range(inner):
            i, j = row * inner + k, k * width + column
            values[e] += a.values[i] * b.values[j]
            slopes += [(e, 0, i, b.values[j]), (e, 1, j, a.values[i])]
    return tape.compute(shape, values, (a, b), slopes, ("b", "a"))


class Selection(NamedTuple):
    """A view, with the shape and the element numbers that it must show; ``key`` if it is one of
    ``x[key]``."""

    of: Callable[[Any], Any]
    shape: Shape
    picks: list[int]
    key: tuple[Any, ...] = ()


def _view(
    of: Callable[[Any], Any], x: Shape, shape: Shape, at: Callable[[Index], Index]
) -> Selection:
    """``at`` says for an index of the view which index of the whole it shows."""
    return Selection(of, shape, [element(at(i), x) for i in indices(shape)])


def _item(part: Any, x: Shape, d: int, n: int | None, at: Callable[[int], int]) -> Selection:
    """``x[..., part, ...]`` along ``d``, of size ``n`` then, or gone if that is None."""
    key = (*(slice(None),) * d, part)
    shape = (*x[:d], *(() if n is None else (n,)), *x[d + 1 :])
    rest = d if n is None else d + 1
    chosen = _view(
        lambda t: t[key], x, shape, lambda i: (*i[:d], at(i[d] if rest > d else 0), *i[rest:])
    )
    return chosen._replace(key=key)


def _swapped(i: Index, d: int) -> Index:
    j = list(i)
    j[d], j[-1] = j[-1], j[d]
    return tuple(j)


#: Views of a shape with dimensions, ``d`` one of them and ``k`` a place along it.
KEYS: dict[str, Callable[[Shape, int, int], Selection]] = {
    "select": lambda x, d, k: _item(k - x[d], x, d, None, lambda _: k),
    "cut": lambda x, d, k: _item(slice(k, None), x, d, x[d] - k, lambda i: i + k),
    "stride": lambda x, d, k: _item(slice(None, None, 2), x, d, (x[d] + 1) // 2, lambda i: 2 * i),
}
VIEWS: dict[str, Callable[[Shape, int, int], Selection]] = {
    **KEYS,
    "transpose": lambda x, d, k: _view(
        lambda t: t.transpose(d, -1), x, _swapped(x, d), lambda i: _swapped(i, d)
    ),
    "unbind": lambda x, d, k: KEYS["select"](x, d, k)._replace(of=lambda t: t.unbind(d)[k]),
    "split": lambda x, d, k: _item(slice(k, k + 1), x, d, 1, lambda i: k)._replace(
        of=lambda t: t.split(1, d)[k]
    ),
}
#: A copy to read, but a place to write to.
PICKS: dict[str, Callable[[Shape, int, int], Selection]] = {
    "picked": lambda x, d, k: _item([k], x, d, 1, lambda i: k),
    "reversed": lambda x, d, k: _item(list(range(x[d]))[::-1], x, d, x[d], lambda i: x[d] - 1 - i),
}
#: Views of any shape.
ALWAYS: dict[str, Callable[[Shape], Selection]] = {
    "whole": lambda x: Selection(lambda t: t[...], x, list(range(math.prod(x))), (...,)),
    "unsqueeze": lambda x: Selection(lambda t: t.unsqueeze(0), (1, *x), list(range(math.prod(x)))),
    "expand": lambda x: _view(lambda t: t.expand(2, *x), x, (2, *x), lambda i: i[1:]),
}
