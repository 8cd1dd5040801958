"""The records of reductions, scans, order, norms and the softmax family.

The references are sums, products and sorts of NumPy's, put together as the definition says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.proofs.domains import (
    ANY,
    DISTINCT,
    NONZERO,
    Marks,
    axes,
    between,
    calls,
    either,
    fixed,
    full,
    numbers_of,
    operands,
    reduced,
    stepped,
)
from tinygrad_kr import ops
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, ShapeError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import Call, OpRecord, call

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

#: No two magnitudes near each other.
DISTINCT_SIZES = either(between(0.25, 2, distinct=True), between(-2, -0.25, distinct=True))


def over(function: Function) -> Function:
    """What NumPy says ``axis`` and ``keepdims`` for."""

    def of(x: Array, dim: Any = None, keepdim: bool = False, **statics: Any) -> Array:
        return np.asarray(function(x, axis=axes(x, dim), keepdims=keepdim, **statics))

    return of


# Sums and products


def mean(x: Array, axis: Any, keepdims: bool) -> Array:
    total = np.asarray(np.sum(x, axis=axis, keepdims=keepdims))
    return total / math.prod(x.shape[d] for d in axis)


def variance(
    x: Array, axis: Any, keepdims: bool, unbiased: bool = True, correction: float | None = None
) -> Array:
    n = math.prod(x.shape[d] for d in axis)
    deviation = x - mean(x, axis, True)
    total = np.asarray(np.sum(deviation**2, axis=axis, keepdims=keepdims))
    return total / (n - (int(unbiased) if correction is None else correction))


def deviation(x: Array, axis: Any, keepdims: bool, **statics: Any) -> Array:
    return np.sqrt(variance(x, axis, keepdims, **statics))


def composed_var(
    x: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, correction: Any = None
) -> Any:
    ones = ops.sum(ops.ones_like(x), dim, keepdim)
    deviation = x - ops.sum(x, dim, True) / ops.sum(ops.ones_like(x), dim, True)
    freedom = ones - (int(unbiased) if correction is None else correction)
    return ops.sum(deviation * deviation, dim, keepdim) / freedom


def along(function: Function) -> Function:
    """A scan along one dimension; of a 0-d array it is the array."""

    def of(x: Array, dim: int) -> Array:
        return function(x, axis=dim) if x.ndim else x.copy()

    return of


# Order: NumPy's sorts, and where they put what


def ordered(x: Array, dim: int = -1, descending: bool = False, **_: Any) -> tuple[Array, Array]:
    if x.ndim == 0:
        return x.copy(), np.zeros((), np.int64)
    index = np.argsort(-x if descending else x, axis=dim)
    return np.take_along_axis(x, index, dim), index


def place(rank: Function) -> Function:
    """The value of that rank of ``n`` along ``dim``, and where it stands."""

    def of(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
        values, index = ordered(x, dim)
        if x.ndim == 0:
            return values, index
        k = rank(x.shape[dim])
        chosen = [np.take(a, [k], dim) for a in (values, index)]
        if not keepdim:
            chosen = [np.squeeze(a, dim) for a in chosen]
        return chosen[0], chosen[1]

    return of


def first(n: int) -> int:
    return 0


def last(n: int) -> int:
    return n - 1


def middle(n: int) -> int:
    return (n - 1) // 2


def top(x: Array, k: int, dim: int, largest: bool) -> tuple[Array, Array]:
    values, index = ordered(x, dim, largest)
    if x.ndim == 0:
        return values, index
    return np.take(values, range(k), dim), np.take(index, range(k), dim)


def top_call(marks: Marks) -> Call:
    x = DISTINCT(marks, marks.shape())
    dim = marks.choose(numbers_of(x.ndim))
    k = marks.whole(0, x.shape[dim]) if x.ndim else 1
    return call(x, k, dim=dim, largest=marks.flag())


# Norms and exponentials


def p_norm(x: Array, p: float | str = 2, **over_dims: Any) -> Array:
    size = np.sqrt(x * x)  # analytic, unlike abs
    if p in (math.inf, -math.inf):
        return np.asarray((np.max if p == math.inf else np.min)(size, **over_dims))
    q = 2 if p == "fro" else p
    return np.asarray(np.sum(size**q, **over_dims)) ** (1 / q)


def composed_norm(x: Any, p: float | str = 2, dim: Any = None, keepdim: bool = False) -> Any:
    q = 2 if p == "fro" else p
    return ops.pow(ops.sum(ops.pow(ops.abs(x), q), dim, keepdim), 1 / q)


def logsumexp(x: Array, **over_dims: Any) -> Array:
    return np.log(np.sum(np.exp(x), **over_dims))


def softmax(x: Array, dim: int) -> Array:
    e = np.exp(x)
    return e / np.sum(e, axis=axes(x, dim), keepdims=True)


def log_softmax(x: Array, dim: int) -> Array:
    return np.log(softmax(x, dim))


def composed_log_softmax(x: Any, dim: int) -> Any:
    return x - ops.log(ops.sum(ops.exp(x), dim, True))


def composed_softmax(x: Any, dim: int) -> Any:
    return ops.exp(x) / ops.sum(ops.exp(x), dim, True)


def to_size(x: Array, size: tuple[int, ...]) -> Array:
    lead = x.ndim - len(size)
    x = np.asarray(x.sum(tuple(range(lead))))
    return np.asarray(x.sum(tuple(d for d, n in enumerate(size) if n == 1), keepdims=True))


def to_size_call(marks: Marks) -> Call:
    shape = marks.shape()
    size = tuple(n if marks.flag() else 1 for n in shape)
    return call(ANY(marks, shape), size[marks.whole(0, len(size)) :])


X = ops.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
WHOLE = ops.tensor([1, 2])
NONE = ops.zeros(0, 3)
NO_DIM = (DimError, call(X, 2))
TWICE = (DimError, call(X, (0, -2)))
TWO_NAMES = (ArgumentError, call(X, dim=0, axis=0))
EMPTY = ((DimError, call(NONE)), (DimError, call(NONE, 0)))
CORRECTION = fixed(0, 0.5, 1, 1.5)
SPREAD = reduced(DISTINCT, least=2, min_dims=1, correction=CORRECTION)
UNBIASED = reduced(DISTINCT, least=2, min_dims=1, unbiased=fixed(False, True))

RECORDS: list[OpRecord] = [
    OpRecord("sum", ops.sum, over(np.sum), reduced(), analytic=True,
             errors=(NO_DIM, TWICE, TWO_NAMES, (ArgumentError, call(X, "rows")))),
    OpRecord("mean", ops.mean, over(mean), reduced(least=1), analytic=True,
             errors=(NO_DIM, TWICE, (DTypeError, call(WHOLE)))),
    OpRecord("prod", ops.prod, over(np.prod), reduced(), analytic=True, errors=(NO_DIM, TWICE)),
    OpRecord("prod.zeros", ops.prod, over(np.prod), reduced(stepped()), analytic=True),
    OpRecord("cumsum", ops.cumsum, along(np.cumsum), reduced(single=True, keepdim=False),
             analytic=True, errors=(NO_DIM, (DimError, call(X, -3)))),
    OpRecord("cumprod", ops.cumprod, along(np.cumprod), reduced(single=True, keepdim=False),
             analytic=True, errors=(NO_DIM,)),
    OpRecord("cumprod.zeros", ops.cumprod, along(np.cumprod),
             reduced(stepped(), single=True, keepdim=False), analytic=True),
    OpRecord("sum_to_size", Tensor.sum_to_size, to_size, calls(to_size_call), analytic=True,
             errors=((ShapeError, call(X, 4)), (ShapeError, call(X, 2, 2, 3)))),
    # Spread
    OpRecord("var", ops.var, over(variance), UNBIASED, composed=composed_var, analytic=True,
             errors=(NO_DIM, (DTypeError, call(WHOLE)), (ArgumentError, call(X, correction="1")))),
    OpRecord("var.correction", ops.var, over(variance), SPREAD, composed=composed_var,
             analytic=True),
    OpRecord("std", ops.std, over(deviation), UNBIASED, analytic=True,
             composed=lambda x, **k: ops.sqrt(composed_var(x, **k)),
             errors=(NO_DIM, (DTypeError, call(WHOLE)))),
    OpRecord("std.correction", ops.std, over(deviation), SPREAD, analytic=True,
             composed=lambda x, **k: ops.sqrt(composed_var(x, **k))),
    OpRecord("var_mean", ops.var_mean,
             lambda x, correction, **k: (over(variance)(x, correction=correction, **k),
                                         over(mean)(x, **k)), SPREAD, analytic=True),
    OpRecord("std_mean", ops.std_mean,
             lambda x, correction, **k: (over(deviation)(x, correction=correction, **k),
                                         over(mean)(x, **k)), SPREAD, analytic=True),
    # Order
    OpRecord("amax", ops.amax, over(np.max), reduced(DISTINCT, least=1), errors=EMPTY),
    OpRecord("amin", ops.amin, over(np.min), reduced(DISTINCT, least=1), errors=EMPTY),
    OpRecord("max", ops.max, np.max, operands(full(DISTINCT)), errors=EMPTY),
    OpRecord("min", ops.min, np.min, operands(full(DISTINCT)), errors=EMPTY),
    OpRecord("median", ops.median, lambda x: np.sort(x, axis=None)[middle(x.size)],
             operands(full(DISTINCT)), errors=((DimError, call(NONE, 0)),)),
    *(OpRecord(f"{op.__name__}.dim", op, place(rank), reduced(DISTINCT, least=1, single=True),
               errors=(NO_DIM, (DimError, call(NONE, 0))))
      for op, rank in ((ops.max, last), (ops.min, first), (ops.median, middle))),
    OpRecord("max.other", lambda a, b: (ops.max(a, b), ops.max(a, other=b)),
             lambda a, b: (np.maximum(a, b), np.maximum(a, b)), operands(stepped(), stepped(0.5))),
    OpRecord("min.other", lambda a, b: (ops.min(a, b), ops.min(a, other=b)),
             lambda a, b: (np.minimum(a, b), np.minimum(a, b)), operands(stepped(), stepped(0.5))),
    OpRecord("sort", ops.sort, ordered, reduced(DISTINCT, single=True, keepdim=False,
                                                descending=fixed(False, True)), errors=(NO_DIM,)),
    OpRecord("topk", ops.topk, top, calls(top_call),
             errors=((ArgumentError, call(X, 4)), (ArgumentError, call(X, -1)),
                     (ArgumentError, call(X, 1.5)))),
    # Norms: of order 0 and infinity they are others
    OpRecord("norm", ops.norm, over(p_norm), reduced(NONZERO, least=1), analytic=True,
             composed=composed_norm,
             errors=((ArgumentError, call(X, "nuc")), (ArgumentError, call(X, math.nan)),
                     (DTypeError, call(WHOLE)), (DimError, call(X, 2, 2)))),
    OpRecord("norm.p", ops.norm, over(p_norm),
             reduced(NONZERO, least=1, p=fixed(1, 3, 1.5, 0.5, -1, -2, 2, "fro")),
             composed=composed_norm, analytic=True),
    # Zeros beside others are no kinks.
    OpRecord("norm.zeros", lambda x, p: ops.norm(ops.stack([x, ops.ones_like(x)]), p, 0),
             lambda x, p: (np.abs(x) ** p + 1) ** (1 / p), operands(stepped(), p=fixed(2, 3, 4))),
    OpRecord("norm.extreme", ops.norm, over(p_norm),
             reduced(DISTINCT_SIZES, least=1, p=fixed(math.inf, -math.inf))),
    OpRecord("logsumexp", ops.logsumexp, over(logsumexp), reduced(between(-3, 3), least=1),
             composed=lambda x, dim, keepdim: ops.log(ops.sum(ops.exp(x), dim, keepdim)),
             analytic=True, errors=(NO_DIM, TWICE)),
    OpRecord("softmax", ops.softmax, softmax, reduced(between(-3, 3), single=True, keepdim=False),
             composed=composed_softmax, analytic=True,
             errors=(NO_DIM, (DTypeError, call(WHOLE, 0)))),
    OpRecord("log_softmax", ops.log_softmax, log_softmax,
             reduced(between(-3, 3), single=True, keepdim=False), composed=composed_log_softmax,
             analytic=True, errors=(NO_DIM, (DTypeError, call(WHOLE, 0)))),
]  # fmt: skip
