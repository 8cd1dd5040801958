"""NumPy의 드문 함수 → 우리의 연산.

Which operation stands for a rarer function of NumPy, with NumPy's signatures and defaults; opened
when the tables of :mod:`tinygrad_kr.methods.numpy_functions` have no entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_kr import linalg, ops, special
from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.methods.numpy_functions import FUNCTIONS as COMMON
from tinygrad_kr.methods.numpy_functions import floating, reduction_of, tensor_of
from tinygrad_kr.ops import more
from tinygrad_kr.ops.dims import normal_dim, normal_dims


def _on_tensors(op: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that has the arguments of ours."""
    return lambda a, *args, **kwargs: op(tensor_of(a), *args, **kwargs)


# Reductions


def _over(a: Any, axis: Any, keepdims: bool, reduce: Callable[[Any], Any]) -> Any:
    """``reduce`` over the last dimension, into which those of ``axis`` are joined."""
    x = tensor_of(a)
    dims = normal_dims(axis, x.ndim)
    rest = [d for d in range(x.ndim) if d not in dims]
    moved = ops.permute(x, (*rest, *dims))
    y = reduce(ops.reshape(moved, (*(x.shape[d] for d in rest), -1)))
    if not keepdims:
        return y
    extra = tuple(y.shape[: y.ndim - len(rest)])
    kept = tuple(1 if d in dims else x.shape[d] for d in range(x.ndim))
    return ops.reshape(y, (*extra, *kept))


def _quantile_of(op: Callable[..., Any], parts: float) -> Callable[..., Any]:
    """A quantile, of which ``parts`` make the whole."""

    def quantile(
        a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
    ) -> Any:
        if np.ndim(as_array(q)) > 1 or method not in (
            "linear", "lower", "higher", "midpoint", "nearest",
        ):  # fmt: skip
            return NotImplemented
        share = ops.div(tensor_of(q if isinstance(q, TensorBase) else np.asarray(q, float)), parts)
        return _over(
            floating(a), axis, keepdims,
            lambda x: op(x, ops.as_tensor(share, x.dtype), -1, interpolation=method),
        )  # fmt: skip

    return quantile


def _median_of(op: Callable[..., Any]) -> Callable[..., Any]:
    def median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return _over(floating(a), axis, keepdims, lambda x: op(x, 0.5, -1))

    return median


def _without_nan(function: Callable[..., Any], instead: float) -> Callable[..., Any]:
    """A function of the common table, with a number in the place of nan."""

    def found(a: Any, *args: Any, **kwargs: Any) -> Any:
        x = tensor_of(a)
        return COMMON[function](ops.where(ops.isnan(x), instead, x), *args, **kwargs)

    return found


def _nan_extreme(op: Callable[..., Any], instead: float) -> Callable[..., Any]:
    def extreme(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        x = tensor_of(a)
        if x.dtype.kind != "f":
            return op(x, axis, keepdims)
        gone = ops.isnan(x)
        y = op(ops.where(gone, instead, x), axis, keepdims)
        return ops.where(ops.all(gone, axis, keepdims), float("nan"), y)

    return extreme


def _nanvar(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    x = floating(a)
    there = ops.logical_not(ops.isnan(x))
    far = ops.where(there, x - more.nanmean(x, axis, True), 0.0)
    return ops.sum(far * far, axis, keepdims) / (ops.sum(there, axis, keepdims) - ddof)


def _nanstd(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    return ops.sqrt(_nanvar(a, axis, ddof=ddof, keepdims=keepdims))


def _average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    x = floating(a)
    if weights is None:
        return ops.mean(x, axis, keepdims)
    w = tensor_of(weights)
    if w.shape != x.shape:
        if not isinstance(axis, int) or w.ndim != 1:
            return NotImplemented
        behind = x.ndim - 1 - normal_dim(axis, x.ndim)
        w = ops.expand(ops.reshape(w, (-1, *(1,) * behind)), x.shape)
    return ops.sum(x * w, axis, keepdims) / ops.sum(w, axis, keepdims)


# Along a dimension


def _edge(value: Any, x: Any, axis: int) -> Any:
    """What is put before or after ``x``: a number fills one place."""
    if value is None:
        return None
    t = tensor_of(value)
    shape = [*x.shape]
    shape[axis] = 1
    return t if t.ndim else ops.expand(t, shape)


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    x = tensor_of(a)
    return more.diff(x, n, axis, _edge(prepend, x, axis), _edge(append, x, axis))


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    x = floating(f)
    dims = normal_dims(axis, x.ndim)
    steps = varargs * len(dims) if len(varargs) == 1 else varargs or (1,) * len(dims)
    if len(steps) != len(dims):
        return NotImplemented
    found = [
        more.gradient(x, spacing=[tensor_of(h)] if np.ndim(h) else h, dim=d, edge_order=edge_order)[
            0
        ]
        for h, d in zip(steps, dims, strict=True)
    ]
    return found[0] if len(found) == 1 else tuple(found)


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    at = {"dx": dx} if x is None else {"x": tensor_of(x)}
    return more.trapezoid(tensor_of(y), dim=axis, **at)


def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return COMMON[np.concatenate]([arr, values], axis=axis)


def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    if sparse:
        return NotImplemented
    return more.meshgrid(*(ops.ravel(tensor_of(x)) for x in xi), indexing=indexing)


def _cut_along(axis: int) -> Callable[..., Any]:
    def split(ary: Any, indices_or_sections: Any) -> Any:
        dim = 0 if axis == 1 and tensor_of(ary).ndim == 1 else axis
        return COMMON[np.split](ary, indices_or_sections, dim)

    return split


def _nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    return more.nan_to_num(tensor_of(x), nan, posinf, neginf) if copy else NotImplemented


# Statistics


def _rows(m: Any, y: Any, rowvar: bool) -> Any:
    """Variables in rows."""
    parts = [floating(v) for v in (m, y) if v is not None]
    flat = [v if v.ndim < 2 or rowvar else ops.transpose(v, 0, 1) for v in parts]
    return flat[0] if len(flat) == 1 else ops.cat([more.atleast_2d(v) for v in flat])


def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
    fweights: Any = None, aweights: Any = None,
) -> Any:  # fmt: skip
    f, a = (None if w is None else tensor_of(w) for w in (fweights, aweights))
    correction = (0 if bias else 1) if ddof is None else ddof
    return more.cov(_rows(m, y, rowvar), correction=correction, fweights=f, aweights=a)


def _corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    return more.corrcoef(_rows(x, y, rowvar))


# Linear algebra


def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, z = ops.movedim(tensor_of(a), axisa, -1), ops.movedim(tensor_of(b), axisb, -1)
    if x.shape[-1] != 3 or z.shape[-1] != 3:
        return NotImplemented
    shape = np.broadcast_shapes(x.shape, z.shape)
    return ops.movedim(linalg.cross(ops.expand(x, shape), ops.expand(z, shape)), -1, axisc)


def _solve(a: Any, b: Any) -> Any:
    x, z = tensor_of(a), tensor_of(b)
    if z.ndim > 1:
        lead = np.broadcast_shapes(x.shape[:-2], z.shape[:-2])
        return linalg.solve(x, ops.expand(z, (*lead, *z.shape[-2:])))
    return ops.squeeze(linalg.solve(x, ops.expand(ops.unsqueeze(z, -1), (*x.shape[:-1], 1))), -1)


def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    x, z = tensor_of(a), tensor_of(b)
    columns = ops.unsqueeze(z, -1) if z.ndim == 1 else z
    found = linalg.lstsq(x, columns, rcond, driver="gelsd")
    best = ops.squeeze(found.solution, -1) if z.ndim == 1 else found.solution
    return best, found.residuals, int(found.rank), linalg.svdvals(x)


def _qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r"):
        return NotImplemented
    found = linalg.qr(tensor_of(a), mode)
    return found.R if mode == "r" else found


def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: Any = False
) -> Any:
    x = tensor_of(a)
    return linalg.svd(x, full_matrices) if compute_uv else linalg.svdvals(x)


def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    limit = 1e-15 if rcond is None and rtol is None else rcond if rtol is None else rtol
    return linalg.pinv(tensor_of(a), rtol=limit, hermitian=hermitian)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return linalg.norm(floating(x), ord, axis, keepdims)


def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return linalg.vector_norm(floating(x), ord, axis, keepdims)


def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return linalg.matrix_norm(floating(x), ord, (-2, -1), keepdims)


UFUNCS: dict[Any, Callable[..., Any]] = {
    np.arctan2: more.atan2,
    np.arcsinh: more.asinh,
    np.arccosh: more.acosh,
    np.arctanh: more.atanh,
    np.copysign: more.copysign,
    np.deg2rad: more.deg2rad,
    np.degrees: more.rad2deg,
    np.divmod: lambda x1, x2: (ops.floor_divide(x1, x2), ops.remainder(x1, x2)),
    np.float_power: more.float_power,
    np.fmax: more.fmax,
    np.fmin: more.fmin,
    np.fmod: more.fmod,
    np.hypot: more.hypot,
    np.logaddexp2: more.logaddexp2,
    np.modf: lambda x: (more.frac(x), ops.trunc(x)),
    np.rad2deg: more.rad2deg,
    np.radians: more.deg2rad,
    np.signbit: more.signbit,
}
REDUCTIONS: dict[Any, Callable[..., Any]] = {np.logaddexp: reduction_of(ops.logsumexp)}
SCANS: dict[Any, Callable[..., Any]] = {
    np.maximum: lambda a, axis=0: more.cummax(tensor_of(a), axis)[0],
    np.minimum: lambda a, axis=0: more.cummin(tensor_of(a), axis)[0],
    np.logaddexp: lambda a, axis=0: more.logcumsumexp(tensor_of(a), axis),
}
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.append: _append,
    np.atleast_3d: _on_tensors(more.atleast_3d),
    np.average: _average,
    np.broadcast_arrays: lambda *args: more.broadcast_tensors(*map(tensor_of, args)),
    np.corrcoef: _corrcoef,
    np.cov: _cov,
    np.cross: _cross,
    np.diagflat: lambda v, k=0: more.diagflat(tensor_of(v), k),
    np.diff: _diff,
    np.dsplit: _cut_along(2),
    np.dstack: lambda tup: more.dstack([tensor_of(a) for a in tup]),
    np.fix: _on_tensors(ops.trunc),
    np.gradient: _gradient,
    np.hsplit: _cut_along(1),
    np.kron: lambda a, b: more.kron(tensor_of(a), tensor_of(b)),
    np.median: _median_of(more.quantile),
    np.meshgrid: _meshgrid,
    np.nan_to_num: _nan_to_num,
    np.nancumprod: _without_nan(np.cumprod, 1),
    np.nancumsum: _without_nan(np.cumsum, 0),
    np.nanmax: _nan_extreme(ops.amax, -np.inf),
    np.nanmean: lambda a, axis=None, *, keepdims=False: more.nanmean(floating(a), axis, keepdims),
    np.nanmedian: _median_of(more.nanquantile),
    np.nanmin: _nan_extreme(ops.amin, np.inf),
    np.nanpercentile: _quantile_of(more.nanquantile, 100),
    np.nanprod: _without_nan(np.prod, 1),
    np.nanquantile: _quantile_of(more.nanquantile, 1),
    np.nanstd: _nanstd,
    np.nansum: _without_nan(np.sum, 0),
    np.nanvar: _nanvar,
    np.percentile: _quantile_of(more.quantile, 100),
    np.ptp: lambda a, axis=None, *, keepdims=False: (
        ops.amax(tensor_of(a), axis, keepdims) - ops.amin(tensor_of(a), axis, keepdims)
    ),
    np.quantile: _quantile_of(more.quantile, 1),
    np.rot90: lambda m, k=1, axes=(0, 1): more.rot90(tensor_of(m), k, axes),
    np.sinc: _on_tensors(special.sinc),
    np.trapezoid: _trapezoid,
    np.vsplit: _cut_along(0),
    np.linalg.cholesky: lambda a, /, *, upper=False: linalg.cholesky(tensor_of(a), upper=upper),
    np.linalg.cond: lambda x, p=None: linalg.cond(tensor_of(x), p),
    np.linalg.cross: lambda x1, x2, /, *, axis=-1: _cross(x1, x2, axis=axis),
    np.linalg.det: _on_tensors(linalg.det),
    np.linalg.diagonal: lambda x, /, *, offset=0: ops.diagonal(tensor_of(x), offset, -2, -1),
    np.linalg.eigh: _on_tensors(linalg.eigh),
    np.linalg.eigvalsh: _on_tensors(linalg.eigvalsh),
    np.linalg.inv: _on_tensors(linalg.inv),
    np.linalg.lstsq: _lstsq,
    np.linalg.matmul: lambda x1, x2, /: ops.matmul(tensor_of(x1), tensor_of(x2)),
    np.linalg.matrix_norm: _matrix_norm,
    np.linalg.matrix_power: _on_tensors(linalg.matrix_power),
    np.linalg.matrix_transpose: lambda x, /: ops.transpose(tensor_of(x), -1, -2),
    np.linalg.multi_dot: lambda arrays: linalg.multi_dot([tensor_of(a) for a in arrays]),
    np.linalg.norm: _norm,
    np.linalg.outer: COMMON[np.outer],
    np.linalg.pinv: _pinv,
    np.linalg.qr: _qr,
    np.linalg.slogdet: _on_tensors(linalg.slogdet),
    np.linalg.solve: _solve,
    np.linalg.svd: _svd,
    np.linalg.svdvals: lambda x, /: linalg.svdvals(tensor_of(x)),
    np.linalg.tensordot: COMMON[np.tensordot],
    np.linalg.tensorinv: _on_tensors(linalg.tensorinv),
    np.linalg.tensorsolve: lambda a, b, axes=None: linalg.tensorsolve(
        tensor_of(a), tensor_of(b), axes
    ),
    np.linalg.trace: lambda x, /, *, offset=0: COMMON[np.trace](x, offset, -2, -1),
    np.linalg.vecdot: lambda x1, x2, /, *, axis=-1: linalg.vecdot(
        tensor_of(x1), tensor_of(x2), dim=axis
    ),
    np.linalg.vector_norm: _vector_norm,
}
