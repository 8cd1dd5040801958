"""The records of the rarer reductions, scans, distances and statistics.

The references are NumPy's functions of the same purpose, or what the definition says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.proofs.domains import (
    ANY,
    DISTINCT,
    POSITIVE,
    Marks,
    between,
    calls,
    fixed,
    full,
    numbers_of,
    operands,
    reduced,
)
from tests.proofs.reductions import first, middle, over, p_norm, place
from tinygrad_kr import ops
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, ShapeError
from tinygrad_kr.ops.more import counting, reductions, scans, statistics
from tinygrad_kr.testing import Call, OpRecord, call

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

# Without nan: what is above 1 stands for one.

HOLED = between(-2, 2, 1, distinct=True)


def holed(op: Function) -> Function:
    return lambda x, **statics: op(ops.where(x > 1, math.nan, x), **statics)


def without(function: Function) -> Function:
    return lambda x, **dims: function(np.where(x > 1, math.nan, x), **dims)


def nan_middle(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    if x.ndim == 0:
        return x.copy(), np.zeros((), np.int64)
    order = np.argsort(x, axis=dim)
    rank = np.maximum(np.sum(~np.isnan(x), axis=dim, keepdims=True) - 1, 0) // 2
    index = np.take_along_axis(order, rank, dim)
    values = np.take_along_axis(x, index, dim)
    return (values, index) if keepdim else (values.squeeze(dim), index.squeeze(dim))


# By order


def ranked_call(marks: Marks) -> Call:
    x = full(DISTINCT)(marks, marks.shape())
    dim = marks.choose(numbers_of(x.ndim))
    k = marks.whole(1, x.shape[dim] if x.ndim else 1)
    return call(x, k, dim=dim, keepdim=marks.flag())


def ranked(x: Array, k: int, **over_dim: Any) -> tuple[Array, Array]:
    return place(lambda n: k - 1)(x, **over_dim)  # type: ignore[no-any-return]


def twice(x: Any, dim: int, keepdim: bool) -> Any:
    """The mode where every element comes twice."""
    return reductions.mode(ops.cat([x, x], dim) if x.ndim else x, dim, keepdim)


def second_smallest(x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    values, index = place(first)(x, dim, keepdim)
    return values, index + (x.shape[dim] if x.ndim else 0)


def quantile(function: Function) -> Function:
    def of(x: Array, q: Any, dim: Any, keepdim: bool, interpolation: str) -> Array:
        axis = (0 if x.ndim else None) if dim is None and x.ndim == 1 else dim if x.ndim else None
        kept = {"axis": axis, "keepdims": keepdim, "method": interpolation}
        return np.asarray(function(x, q, **kept))

    return of


def quantile_call(marks: Marks) -> Call:
    shape = marks.shape()
    x = full(DISTINCT)(marks, shape)
    dim = marks.choose([None, *numbers_of(x.ndim)])
    # What stands in few bits is the same in float32.
    q = marks.choose((0.125, 1, [0.0, 0.625], 0.375))
    kind = marks.choose(("linear", "lower", "linear", "higher", "nearest", "linear", "midpoint"))
    return call(x, q, dim=dim, keepdim=marks.flag(), interpolation=kind)


# Scans and neighbours


def running(ufunc: Any) -> Function:
    def of(x: Array, dim: int) -> tuple[Array, Array]:
        if x.ndim == 0:
            return x.copy(), np.zeros((), np.int64)
        y = ufunc.accumulate(x, axis=dim)
        index = np.zeros(x.shape, np.int64)
        for at in np.ndindex(x.shape):
            line = x[tuple(slice(None) if d == dim % x.ndim else n for d, n in enumerate(at))]
            index[at] = np.flatnonzero(line == y[at])[0]
        return y, index

    return of


def differences_call(marks: Marks) -> Call:
    shape = marks.shape(1)
    dim = marks.choose(numbers_of(len(shape)))
    ends = {}
    for name in ("prepend", "append"):
        if marks.flag():
            end = list(shape)
            end[dim] = marks.whole(1, 2)
            ends[name] = ANY(marks, tuple(end))
    return call(ANY(marks, shape), n=marks.whole(0, 3) or 1, dim=dim, **ends)


def differences(x: Array, n: int, dim: int, **ends: Array) -> Array:
    parts = [ends.get("prepend"), x, ends.get("append")]
    x = np.concatenate([part for part in parts if part is not None], dim)
    return np.diff(x, min(n, x.shape[dim]), dim)


def areas_call(marks: Marks) -> Call:
    y = full(ANY)(marks, marks.shape(1))
    dim = marks.choose(numbers_of(y.ndim))
    if marks.flag():
        return call(y, dx=marks.choose((1, 0.5)), dim=dim)
    return call(y, ANY(marks, marks.choose(((y.shape[dim],), tuple(y.shape)))), dim=dim)


def pieces(y: Array, x: Array | None = None, *, dx: Any = 1, dim: int) -> Array:
    y = np.moveaxis(y, dim, -1)
    if x is not None:
        dx = np.diff(np.moveaxis(x, dim, -1) if x.ndim == y.ndim else x)
    return np.moveaxis((y[..., 1:] + y[..., :-1]) * dx / 2, -1, dim)


def slopes_call(marks: Marks) -> Call:
    shape = tuple(max(n, 2) + 1 for n in marks.shape(1))
    dim = marks.choose(numbers_of(len(shape)))
    points = POSITIVE(marks, (shape[dim],))
    np.cumsum(points._array, out=points._array)
    spacing = marks.choose((2, 0.5, [points]))
    return call(ANY(marks, shape), spacing=spacing, dim=dim, edge_order=marks.whole(1, 2))


def slopes(x: Array, spacing: Any, dim: int, edge_order: int) -> list[Array]:
    f = np.moveaxis(x, dim, -1)
    n = f.shape[-1]
    at = spacing[0] if isinstance(spacing, list) else spacing * np.arange(n)

    def slope(near: list[int], i: int) -> Array:
        """That at point i of the polynomial through the near points, by Lagrange's formula."""
        total = 0
        for j in near:
            others = [m for m in near if m != j]
            scale = math.prod(at[j] - at[m] for m in others)
            rises = [math.prod(at[i] - at[m] for m in others if m != k) for k in others]
            total = total + f[..., j] * sum(rises) / scale
        return np.asarray(total)

    inner = [slope([i - 1, i, i + 1], i) for i in range(1, n - 1)]
    wide = edge_order + 1
    ends = slope([*range(wide)], 0), slope([*range(n - wide, n)], n - 1)
    return [np.moveaxis(np.stack([ends[0], *inner, ends[1]], -1), -1, dim)]


# Distances and statistics


def pairs_call(marks: Marks) -> Call:
    batch, width = marks.shape(0, 1), marks.whole(1, 3)
    low, high = between(0.25, 2, distinct=True), between(-2, -0.25, distinct=True)
    a = low(marks, (*batch, marks.whole(1, 3), width))
    b = high(marks, (*batch[: marks.whole(0, 1)], marks.whole(1, 3), width))
    if marks.flag():
        return call(a, b, compute_mode="use_mm_for_euclid_dist")
    return call(a, b, p=marks.choose((2, 1, 3, 1.5)))


def apart(a: Array, b: Array, p: float = 2, compute_mode: str = "") -> Array:
    return p_norm(a[..., :, None, :] - b[..., None, :, :], p, axis=-1)


def covariance_call(marks: Marks) -> Call:
    count = marks.whole(3, 5)
    shape = (count,) if marks.flag() else (marks.whole(1, 3), count)
    weights: dict[str, Any] = {}
    if marks.flag():
        weights["fweights"] = ops.tensor([marks.whole(1, 3) for _ in range(count)])
    if marks.flag():
        weights["aweights"] = POSITIVE(marks, (count,))
    return call(ANY(marks, shape), correction=marks.whole(0, 1), **weights)


def covariance(x: Array, correction: int, **weights: Array) -> Array:
    return np.cov(x, ddof=correction, **weights)


def limited(x: Array, p: float, dim: int, maxnorm: float) -> Array:
    others = tuple(d for d in range(x.ndim) if d != dim % x.ndim)
    size = p_norm(x, p, axis=others, keepdims=True)
    return x * np.where(size.real > maxnorm, maxnorm / (size + 1e-7), 1)


def limited_call(marks: Marks) -> Call:
    x = full(POSITIVE)(marks, marks.shape(2))
    return call(x, marks.choose((2, 1, 3)), marks.choose(numbers_of(x.ndim)),
                marks.choose((0.125, 1000)))  # fmt: skip


X = ops.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
WHOLE = ops.tensor([1, 2])
NONE = ops.zeros(0, 3)
NO_DIM = (DimError, call(X, 2))
RUNNING = reduced(DISTINCT, single=True, keepdim=False)

RECORDS: list[OpRecord] = [
    OpRecord("nansum", holed(reductions.nansum), without(over(np.nansum)), reduced(HOLED),
             errors=((DimError, call(X, dim=2)),)),
    # Beside itself, for the mean of nothing is nan.
    OpRecord("nanmean", lambda x: reductions.nanmean(ops.stack([holed(ops.clone)(x), x]), 0),
             lambda x: np.nanmean(np.stack([without(np.copy)(x), x]), 0), operands(HOLED)),
    OpRecord("nanmedian", reductions.nanmedian, lambda x: np.sort(x, axis=None)[middle(x.size)],
             operands(full(DISTINCT)), errors=((DimError, call(NONE, 0)),)),
    OpRecord("nanmedian.dim", holed(reductions.nanmedian),
             without(nan_middle), reduced(between(-2, 0.5, distinct=True), least=1, single=True)),
    OpRecord("aminmax", reductions.aminmax,
             lambda x, **k: (over(np.min)(x, **k), over(np.max)(x, **k)),
             reduced(DISTINCT, least=1, single=True),
             errors=((DimError, call(NONE)), (DimError, call(NONE, dim=0)))),
    OpRecord("kthvalue", reductions.kthvalue, ranked, calls(ranked_call),
             errors=((ArgumentError, call(X, 4)), (ArgumentError, call(X, 0)),
                     (DimError, call(NONE, 1, 0)))),
    OpRecord("mode", twice, second_smallest, reduced(DISTINCT, least=1, single=True)),
    OpRecord("quantile", reductions.quantile, quantile(np.quantile), calls(quantile_call),
             errors=((ArgumentError, call(X, 1.5)), (ArgumentError, call(X, [0.5, math.nan])),
                     (ShapeError, call(X, X)), (DTypeError, call(WHOLE, 0.5)),
                     (ArgumentError, call(NONE, 0.5)),
                     (DTypeError, call(X, ops.zeros(1, dtype="float64"))),
                     (ArgumentError, call(X, 0.5, interpolation="cubic")))),
    OpRecord("nanquantile", reductions.nanquantile, quantile(np.nanquantile),
             calls(quantile_call)),
    # Scans and neighbours
    OpRecord("cummax", scans.cummax, running(np.maximum), RUNNING, errors=(NO_DIM,)),
    OpRecord("cummin", scans.cummin, running(np.minimum), RUNNING, errors=(NO_DIM,)),
    OpRecord("logcumsumexp", scans.logcumsumexp,
             lambda x, dim: np.log(np.cumsum(np.exp(x), dim)) if x.ndim else x.copy(),
             reduced(between(-3, 3), single=True, keepdim=False), analytic=True,
             errors=(NO_DIM, (DTypeError, call(WHOLE, 0)))),
    OpRecord("diff", scans.diff, differences, calls(differences_call), analytic=True,
             errors=((ArgumentError, call(X, -1)), (ArgumentError, call(ops.ones(())),),
                     (ShapeError, call(X, dim=0, prepend=WHOLE)))),
    OpRecord("trapezoid", scans.trapezoid,
             lambda *a, dim, **k: pieces(*a, dim=dim, **k).sum(dim), calls(areas_call),
             analytic=True,
             errors=((DimError, call(ops.ones(()))), (DTypeError, call(X > 1)),
                     (ArgumentError, call(X, X, dx=1)), (ShapeError, call(X, WHOLE)))),
    OpRecord("cumulative_trapezoid", scans.cumulative_trapezoid,
             lambda *a, dim, **k: pieces(*a, dim=dim, **k).cumsum(dim), calls(areas_call),
             analytic=True),
    OpRecord("gradient", scans.gradient, slopes, calls(slopes_call), analytic=True,
             errors=((ArgumentError, call(X, edge_order=3)), (ArgumentError, call(X, spacing=[1])),
                     (ShapeError, call(X[:, :1])),
                     (ShapeError, call(X, spacing=[WHOLE, WHOLE])))),
    # Distances and statistics
    OpRecord("dist", statistics.dist, lambda a, b, p: p_norm(np.asarray(a - b), p),
             operands(full(between(0.25, 2)), full(between(-2, -0.25)), p=fixed(1, 2, 3)),
             analytic=True),
    OpRecord("cdist", statistics.cdist, apart, calls(pairs_call), analytic=True,
             errors=((ShapeError, call(X, WHOLE)), (ArgumentError, call(X, X, -1)),
                     (ArgumentError, call(X, X, 2, "quick")),
                     (DTypeError, call(ops.ones(2, 3, dtype="int64"), X)))),
    OpRecord("cov", statistics.cov, covariance, calls(covariance_call),
             errors=((ShapeError, call(ops.ones(1, 1, 1))), (ShapeError, call(X, fweights=WHOLE)),
                     (ArgumentError, call(WHOLE, fweights=-WHOLE)))),
    OpRecord("corrcoef", statistics.corrcoef, np.corrcoef,
             operands(full(lambda m, shape: DISTINCT(m, (*shape[:1], 4)))), atol=1e-7),
    OpRecord("renorm", statistics.renorm, limited, calls(limited_call), analytic=True,
             errors=((ArgumentError, call(WHOLE * 1.0, 2, 0, 1)), (ArgumentError, call(X, 0, 0, 1)),
                     (ArgumentError, call(X, 2, 0, -1)))),
    # What is picked
    OpRecord("unique", counting.unique, lambda x: np.unique(x), operands(DISTINCT)),
    OpRecord("unique_consecutive", counting.unique_consecutive, lambda x: x.reshape(-1),
             operands(DISTINCT)),
    OpRecord("msort", counting.msort, lambda x: np.sort(x, 0) if x.ndim else x.copy(),
             operands(DISTINCT)),
]  # fmt: skip
