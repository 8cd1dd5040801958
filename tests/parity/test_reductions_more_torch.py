"""The rarer reductions, scans, counting and statistics beside PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.beside import Array, Drawn, Sample, compare  # noqa: E402
from tests.parity.test_reductions_torch import (  # noqa: E402
    KEEP,
    Sampler,
    calm,
    calm_or_whole,
    dim_of,
    dims,
    mostly_floats,
    options,
    over,
    with_dtype,
)


def with_nan(m: Drawn, shape: Any) -> Array:
    x = calm(m, shape)
    return np.where(m.rng.random(shape) < m.of(0, 0.2, 0.6), np.nan, x).astype(x.dtype)


def nans(m: Drawn, shape: Any) -> Array:
    return m.array(shape) if m.chance(0.1) else with_nan(m, shape)


def distinct(m: Drawn, shape: Any) -> Array:
    order = m.rng.permutation(math.prod(shape)).reshape(shape)
    return np.asarray(order, m.of("float64", "float32", "int64"))


def ranked(m: Drawn) -> Sample:
    x = distinct(m, m.shape())
    dim = m.dim(x.ndim)
    size = x.shape[dim] if -x.ndim <= dim < x.ndim else 1
    k = m.of(0, 9) if m.chance(0.1) else int(m.rng.integers(1, max(size, 1) + 1))
    return (x, k, dim), options(m, **KEEP)


def nan_median(m: Drawn) -> Sample:
    """Of the whole; along a dim with one nan, for which of several it picks is not promised."""
    if m.chance(0.4):
        return (nans(m, m.shape()),), {}
    x = distinct(m, m.shape())
    if x.size and x.dtype.kind == "f":
        x.flat[int(m.rng.integers(x.size))] = np.nan
    return (x, m.dim(x.ndim)), options(m, **KEEP)


def extremes(m: Drawn) -> Sample:
    x = m.array(m.shape())
    return (x,), ({"dim": m.dim(x.ndim)} if m.chance(0.8) else {}) | options(m, **KEEP)


def quantile(m: Drawn) -> Sample:
    """Of distinct values with one nan at most: which of equals gets the gradient is not said."""
    shape = m.shape()
    x = m.floats(shape, m.of("float64", "float32")) if m.chance(0.95) else m.array(shape)
    if m.chance(0.3) and x.size and x.dtype.kind == "f":
        x.flat[int(m.rng.integers(x.size))] = np.nan
    q: Any = m.of(0, 1, 0.5, 0.3, float(m.rng.random()))
    if m.chance(0.4):
        q = m.rng.random(m.of((), 1, 3, 3, 0))
        q = np.asarray(q, x.dtype if x.dtype.kind == "f" and m.chance(0.95) else "float32")
    q = m.of(-0.1, 1.5) if m.chance(0.05) else q
    kinds = ("linear", "lower", "higher", "nearest", "midpoint", "linear", "cubic")
    chosen = options(m, interpolation=kinds)
    if m.chance(0.3):
        return (x, q), chosen
    return (x, q, m.dim(x.ndim)), chosen | options(m, **KEEP)


def differences(m: Drawn) -> Sample:
    x = m.array(m.shape())
    dim = dim_of(m, x)
    if m.chance(0.1):
        return (x,), {"n": m.of(0, 0, 5, -1)}
    chosen: dict[str, Any] = options(m, n=(1, 2, 3))
    inside = -x.ndim <= dim < x.ndim
    for name in ("prepend", "append"):
        if m.chance(0.3):
            shape = list(x.shape)
            if inside:
                shape[dim] = m.of(0, 1, 2)
            if m.chance(0.05):
                shape.append(2)
            part = np.zeros(shape, x.dtype)
            chosen[name] = m.floats(tuple(shape), x.dtype.name) if x.dtype.kind == "f" else part
    return (x,), chosen | {"dim": dim}


def areas(m: Drawn) -> Sample:
    y = m.array(m.shape(sides=(1, 2, 3, 4)))  # of no samples the area is a 0 without a graph
    y = m.bools(y.shape) if m.chance(0.05) else calm_or_whole(m, y.shape)
    dim = m.dim(y.ndim)
    chosen = options(m, dim=(dim,))
    at = chosen.get("dim", -1)
    if m.chance():
        size = y.shape[at] if -y.ndim <= at < y.ndim else 1
        shape = m.of((size,), (size,), y.shape, m.broadcastable(y.shape), (3,)) or (1,)
        return (y, np.sort(m.floats(shape), -1)), chosen
    return (y,), chosen | options(m, dx=(1, 2, 0.5))


def slope_dtype(x: Array) -> Any:
    return x.dtype if x.dtype.kind == "f" else "float32"


def slopes(m: Drawn) -> Sample:
    x = calm(m, m.shape(1, sides=(2, 3, 4, 5)))
    x = m.integers(x.shape) if m.chance(0.1) else x
    chosen = options(m, edge_order=(1, 2))
    if m.chance(0.05):
        chosen["edge_order"] = 3
    count = x.ndim
    ds: Any = range(x.ndim)
    if m.chance():
        ds = dims(m, x.ndim)
        ds = ds if isinstance(ds, int | tuple) and ds != () else 0
        chosen["dim"] = ds
        ds = (ds,) if isinstance(ds, int) else ds
        count = len(ds)
    sizes = [x.shape[d] if -x.ndim <= d < x.ndim else 2 for d in ds]
    kind = m.of("none", "one", "each", "points")
    if kind == "one":
        chosen["spacing"] = m.of(2, 0.5, -1.5)
    elif kind == "each":
        chosen["spacing"] = [m.of(2, 0.5, -1.5) for _ in range(count + m.chance(0.05))]
    elif kind == "points":
        chosen["spacing"] = [
            np.cumsum(m.rng.integers(1, 4, n) / 2).astype(slope_dtype(x)) for n in sizes
        ]
    return (x,), chosen


def pairs(m: Drawn) -> Sample:
    """Two sets of points, now and then with a point in common, or with more than 25 points."""
    batch = m.shape(0, 2, (1, 2, 3))
    rows, others, width = (int(n) for n in m.rng.integers(0 if m.chance(0.1) else 1, 5, 3))
    rows = 27 if m.chance(0.1) else rows
    dtype = m.of("float64", "float64", "float64" if rows > 25 else "float32")
    a = m.floats((*batch, rows, width), "float64")
    b = m.floats((*m.broadcastable(batch), others, width), "float64")
    if m.chance(0.05):
        b = b.sum(-1)
    p = m.of(0, 0.5, 1, 1.5, 2, 2, 2.0, 3, math.inf, -1 if m.chance(0.1) else 2)
    if p != math.inf and m.chance(0.3):  # of which equals share the gradient, not each in full
        a, b = np.round(a), np.round(b)
    if m.chance(0.2):
        return (a.astype(dtype), b.astype(dtype)), {}
    return (a.astype(dtype), b.astype(dtype), p), (
        {"compute_mode": "donot_use_mm_for_euclid_dist"} if rows <= 25 and m.chance(0.3) else {}
    )


def covariance(m: Drawn) -> Sample:
    x = m.array(m.shape(0, 2)) if m.chance(0.2) else calm(m, m.shape(1, 2, (1, 2, 3, 4, 5)))
    n = x.shape[-1] if x.ndim else 1
    chosen = options(m, correction=(0, 1, 2))
    if m.chance(0.4):
        chosen["fweights"] = m.integers((n,), low=-1 if m.chance(0.05) else 1)
    if m.chance(0.4):
        dtype = x.dtype if x.dtype.kind == "f" else "float64"
        chosen["aweights"] = np.asarray(m.rng.random(n + m.chance(0.05)) + 0.5, dtype)
    return (x,), chosen


def limited(m: Drawn) -> Sample:
    x = m.floats(m.shape(1 if m.chance(0.1) else 2), m.of("float64", "float32"))
    p = m.of(1, 2, 3, math.inf, 0 if m.chance(0.2) else 2)
    return (x, p, m.dim(x.ndim), m.of(0.5, 1, 2, 10, -1 if m.chance(0.2) else 5)), {}


def binned(m: Drawn) -> Sample:
    x = calm(m, m.shape())
    x = m.floats(x.shape, rare=True) if m.chance(0.1) else x
    low, high = m.of((0, 0), (-2, 2), (-1, 3), (0.5, 0.5), (1, -1) if m.chance(0.1) else (0, 1))
    return (x,), options(m, bins=(1, 4, 7, 10, 0 if m.chance(0.1) else 3)) | (
        {"min": low, "max": high} if m.chance(0.7) else {}
    )


def histogrammed(m: Drawn) -> Sample:
    x = calm(m, m.shape())
    chosen: dict[str, Any] = options(m, density=(False, True))
    if m.chance(0.3):
        chosen["weight"] = np.asarray(m.rng.random(x.shape), x.dtype)
    if m.chance(0.3):
        return (x, np.sort(m.floats((m.of(1, 2, 5),), x.dtype.name))), chosen
    return (x, m.of(1, 4, 7)), chosen | options(m, range=((-1.0, 2.0), (0.0, 0.0)))


def counted(m: Drawn) -> Sample:
    low = -1 if m.chance(0.05) else 0
    x = m.integers(m.shape(0 if m.chance(0.1) else 1, 1), m.of("int64", "int32", "uint8"), low)
    chosen = options(m, minlength=(0, 3, 9))
    if m.chance():
        shape = (*x.shape, 2) if m.chance(0.05) else x.shape
        chosen["weights"] = m.array(shape)
    return (x,), chosen


def few(m: Drawn, shape: Any) -> Array:
    """Of few values, nan among them."""
    if m.chance():
        return m.integers(shape, m.of("int64", "int32", "uint8"), 0, 3)
    if m.chance(0.2):
        return m.bools(shape)
    x = m.rng.integers(0, 3, shape).astype("float64")
    return np.where(m.rng.random(shape) < 0.1, np.nan, x) if m.chance(0.2) else x


def without_nan(x: Array) -> Array:
    return np.where(np.isnan(x), 1, x).astype(x.dtype)


def distinct_values(m: Drawn) -> Sample:
    x = few(m, m.shape())
    flags = options(m, return_inverse=(False, True), return_counts=(False, True))
    if m.chance(0.4):
        x = without_nan(x)
        flags["dim"] = m.dim(x.ndim)
    return (x,), flags


def truths(m: Drawn) -> Sample:
    return (few(m, m.shape()),), {}


def places(m: Drawn) -> Sample:
    return (few(m, m.shape()),), options(m, as_tuple=(False, True))


def searched(m: Drawn) -> Sample:
    dtype = m.of("float64", "float32", "int64", "int32")
    batch = m.shape(0, 2, (1, 2, 3)) if m.chance() else ()
    edges = np.asarray(m.rng.integers(-3, 4, (*batch, m.of(0, 1, 4, 5))), dtype)
    chosen = options(m, right=(False, True), out_int32=(False, True))
    if m.chance(0.3):
        chosen["side"] = m.of("left", "right")
    if m.chance(0.3):
        chosen["sorter"] = np.argsort(edges, -1, kind="stable")
    else:
        edges = np.sort(edges, -1)
    if m.chance(0.2):
        return (edges, m.of(1, 2.5)), chosen
    shape = (*batch, m.of(0, 1, 3)) if batch else m.shape()
    shape = m.shape() if m.chance(0.05) else shape
    values = np.asarray(m.rng.integers(-4, 5, shape), dtype)
    if m.chance(0.2):
        values = values.astype(m.of("float32", "int64", "float64", "uint8"))
    return (edges, values), chosen


def bucketed(m: Drawn) -> Sample:
    (edges, values), chosen = searched(m)
    chosen.pop("sorter", None)
    chosen.pop("side", None)
    return (values, np.sort(edges, -1)), chosen


def among(m: Drawn) -> Sample:
    a, b = few(m, m.shape()), few(m, m.shape())
    if m.chance(0.2):
        return m.of((a, 1), (2, b)), options(m, invert=(False, True))
    return (a, b), options(m, invert=(False, True), assume_unique=(False,))


MORE: dict[str, Sampler] = {
    "nansum": with_dtype(over(array=nans, **KEEP)),
    "nanmean": with_dtype(over(array=nans, **KEEP)),
    "nanmedian": nan_median,
    "aminmax": extremes,
    "mode": over(array=lambda m, shape: without_nan(few(m, shape)), single=True, **KEEP),
    "kthvalue": ranked,
    "quantile": quantile,
    "nanquantile": quantile,
    "cummax": over(single=True, optional=False),
    "cummin": over(single=True, optional=False),
    "logcumsumexp": over(array=mostly_floats, single=True, optional=False),
    "trapezoid": areas,
    "trapz": areas,
    "cumulative_trapezoid": areas,
    "diff": differences,
    "gradient": slopes,
    "dist": lambda m: ((x := m.floats(m.shape()), m.floats(m.broadcastable(x.shape))),
                       options(m, p=(0, 1, 2, 3, math.inf, -math.inf, 0.5))),
    "cdist": pairs,
    "cov": covariance,
    "corrcoef": lambda m: ((m.floats(m.shape(0, 2, (2, 3, 4))),), {}),
    "renorm": limited,
    "histc": binned,
    "histogram": histogrammed,
    "bincount": counted,
    "unique": distinct_values,
    "unique_consecutive": distinct_values,
    "argwhere": truths,
    "nonzero": places,
    "searchsorted": searched,
    "bucketize": bucketed,
    "isin": among,
    "msort": lambda m: ((distinct(m, m.shape()),), {}),
}  # fmt: skip
ORDER = {"Tensor.norm": 1}  # at 0 PyTorch's second derivative is nan, ours 0
WIDER = {
    "nanmedian": "of bools too",
    "isin": "of bools too",
    "cov": "of weights that need a gradient, and of mixed dtypes",
}


def detached(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch asks for gradients here that it then has no formula for."""

    def call(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        return tuple(o.detach() for o in out) if isinstance(out, tuple) else out.detach()

    return call


@pytest.mark.parametrize("name", MORE)
def test_more(name: str, record_property: Callable[[str, Any], None]) -> None:
    theirs = getattr(torch, name)
    if name in ("bincount", "histogram"):
        theirs = detached(theirs)
    compare(name, MORE[name], record_property, theirs=theirs, wider=WIDER.get(name, ""))
