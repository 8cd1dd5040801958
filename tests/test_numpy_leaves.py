"""The rarer functions of NumPy on tensors: each against NumPy itself, with its gradient."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tests.test_numpy_protocol import RNG, A, B, C, I, M, S, V, assert_same, parts, tensors
from tinygrad_kr.errors import ConversionError
from tinygrad_kr.methods.more.numpy_functions import FUNCTIONS, REDUCTIONS, SCANS, UFUNCS
from tinygrad_kr.testing import gradcheck

G = np.where(M, A, np.nan)  # with gaps
P = S @ S.T + np.eye(3)
N = RNG.uniform(0.2, 0.8, (2, 3, 3)) + 2 * np.eye(3)
W = np.array([0.2, 0.5, 0.3])
T = np.cumsum(V)  # places, in order


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_ufuncs(ufunc: np.ufunc) -> None:
    arrays = [A + 1 if ufunc is np.arccosh else A, B][: ufunc.nin]
    want, got = ufunc(*arrays), ufunc(*tensors(arrays))
    assert_same(got, want)
    if ufunc.nin == 2:
        assert_same(ufunc(arrays[0], tensors(arrays[1])), want)
    whole = [np.signbit, np.modf, np.divmod]
    assert ufunc in whole or parts(got)[0].requires_grad


AXES: tuple[dict[str, Any], ...] = (
    {}, {"axis": 0}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True}, {"keepdims": True},
)  # fmt: skip
CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    *(
        (f, (x,), kw)
        for f in (np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin, np.nanmedian, np.nanvar)
        for x in (A, G)
        for kw in AXES
    ),
    *((np.median, (x,), kw) for x in (A, G, C) for kw in AXES),
    *((np.ptp, (A,), kw) for kw in AXES),
    *((np.nanstd, (G,), {"ddof": d}) for d in (0, 1)),
    *(
        (f, (x, q * scale), {"method": how, **kw})
        for f, x, scale in (
            (np.quantile, A, 1),
            (np.nanquantile, G, 1),
            (np.percentile, C, 100),
            (np.nanpercentile, A, 100),
        )
        for how in ("linear", "lower", "higher", "midpoint", "nearest")
        for q, kw in zip([0.4, np.array([0.1, 0.75]), 1.0, 0.0, 0.5], AXES, strict=True)
    ),
    (np.average, (A,), {}),
    (np.average, (A,), {"axis": 1, "keepdims": True}),
    (np.average, (A,), {"weights": B, "axis": 0}),
    (np.average, (A,), {"weights": W, "axis": 1}),
    (np.average, (C,), {"weights": W[:2], "axis": 1, "keepdims": True}),
    *((f, (x,), kw) for f in (np.nancumsum, np.nancumprod) for x in (A, G) for kw in ({}, AXES[1])),
    (np.diff, (A,), {}),
    (np.diff, (A, 2, 1), {}),
    (np.diff, (A,), {"axis": 0, "prepend": 0.0, "append": B}),
    (np.gradient, (A,), {}),
    (np.gradient, (A, 0.5), {}),
    (np.gradient, (A, 0.5, 2.0), {}),
    (np.gradient, (V, T), {}),
    (np.gradient, (N, T), {"axis": 1, "edge_order": 2}),
    (np.gradient, (A,), {"axis": (1,)}),
    (np.trapezoid, (A,), {}),
    (np.trapezoid, (A, T), {}),
    (np.trapezoid, (A,), {"dx": 0.5, "axis": 0}),
    (np.append, (A, V), {}),
    (np.append, (A, B), {"axis": 1}),
    (np.atleast_3d, (V,), {}),
    (np.broadcast_arrays, (A, V), {}),
    (np.cov, (A,), {}),
    (np.cov, (V,), {}),
    (np.cov, (V, W), {"bias": True}),
    (np.cov, (A, B), {"rowvar": False, "ddof": 0}),
    (np.cov, (A,), {"fweights": np.array([1, 2, 3]), "aweights": W}),
    (np.corrcoef, (S,), {}),
    (np.corrcoef, (A, B), {"rowvar": False}),
    (np.cross, (A, V), {}),
    (np.cross, (S, S.T), {"axis": 0}),
    (np.cross, (S, S), {"axisa": 0, "axisb": 1, "axisc": 0}),
    (np.cross, (V, W), {}),
    (np.diagflat, (A, 1), {}),
    (np.dstack, ([A, B],), {}),
    (np.hsplit, (A, 3), {}),
    (np.hsplit, (V, [1]), {}),
    (np.vsplit, (A, 2), {}),
    (np.dsplit, (C, [1, 2]), {}),
    (np.fix, (A,), {}),
    (np.kron, (A, S), {}),
    (np.kron, (V, A), {}),
    (np.meshgrid, (V, W), {}),
    (np.meshgrid, (V, W[:2], T), {"indexing": "ij"}),
    (np.nan_to_num, (G,), {}),
    (np.nan_to_num, (G,), {"nan": 2.0, "posinf": 1.0}),
    (np.rot90, (A,), {}),
    (np.rot90, (C, 3), {"axes": (1, 2)}),
    (np.sinc, (A,), {}),
    (np.linalg.cholesky, (P,), {}),
    (np.linalg.cholesky, (P,), {"upper": True}),
    (np.linalg.cond, (P,), {}),
    (np.linalg.cond, (S, 1), {}),
    (np.linalg.cross, (S, A[:1]), {"axis": 1}),
    (np.linalg.det, (N,), {}),
    (np.linalg.diagonal, (N,), {"offset": 1}),
    (np.linalg.eigh, (P,), {}),
    (np.linalg.eigvalsh, (P,), {}),
    (np.linalg.inv, (N,), {}),
    (np.linalg.lstsq, (N[0], V), {}),
    (np.linalg.lstsq, (RNG.uniform(size=(4, 2)), RNG.uniform(size=(4, 3))), {}),
    (np.linalg.lstsq, (RNG.uniform(size=(4, 2)), RNG.uniform(size=4)), {}),
    (np.linalg.matmul, (A, S), {}),
    (np.linalg.matrix_norm, (N,), {"ord": "nuc"}),
    (np.linalg.matrix_power, (S, 3), {}),
    (np.linalg.matrix_power, (N, -2), {}),
    (np.linalg.matrix_transpose, (N,), {}),
    (np.linalg.multi_dot, ([A, S, V],), {}),
    *((np.linalg.norm, (A,), kw) for kw in ({}, {"ord": "nuc"}, {"ord": 2}, *AXES)),
    (np.linalg.norm, (A,), {"axis": 1, "ord": 1}),
    (np.linalg.norm, (V, np.inf), {}),
    (np.linalg.outer, (V, W), {}),
    (np.linalg.pinv, (A,), {}),
    (np.linalg.pinv, (P,), {"hermitian": True}),
    *((np.linalg.qr, (x, how), {}) for x in (N[0], S[:, :2]) for how in ("reduced", "r")),
    (np.linalg.slogdet, (N,), {}),
    (np.linalg.solve, (N, V), {}),
    (np.linalg.solve, (N, S), {}),
    (np.linalg.solve, (N[0], V), {}),
    (np.linalg.svdvals, (A,), {}),
    (np.linalg.svd, (A,), {"compute_uv": False}),
    (np.linalg.tensordot, (A, B), {}),
    (np.linalg.tensorinv, (N[0].reshape(3, 3), 1), {}),
    (np.linalg.tensorsolve, (N[0], V), {}),
    (np.linalg.trace, (N,), {"offset": 1}),
    (np.linalg.vecdot, (A, V), {}),
    (np.linalg.vector_norm, (A,), {"axis": 0, "ord": 3}),
]


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    CALLS,
    ids=[f"{f.__name__}-{i}" for i, (f, *_) in enumerate(CALLS)],
)
def test_functions(function: Any, args: Any, kwargs: Any) -> None:
    want = function(*copy.deepcopy(args), **kwargs)
    given = tensors(args)
    if function is np.linalg.eigh:
        want, got = (tuple(map(np.abs, want)), tuple(map(tg.abs, function(*given, **kwargs))))
    else:
        got = function(*given, **kwargs)
    if not isinstance(want, np.ndarray | np.generic | list):
        want, got = tuple(want), tuple(got)
    assert_same(got, want)
    floats = [t for t in parts(got) if isinstance(t, tg.Tensor) and t.dtype.kind == "f"]
    assert floats
    assert all(t.requires_grad for t in floats if t.numel() or function is not np.linalg.lstsq)


def test_every_function_of_the_table_is_called() -> None:
    assert set(FUNCTIONS) - {f for f, *_ in CALLS} == set()


def test_reduce_and_accumulate() -> None:
    x = tg.tensor(A, requires_grad=True)
    for ufunc in REDUCTIONS:
        assert_same(ufunc.reduce(x, axis=1), ufunc.reduce(A, axis=1))
        assert ufunc.reduce(x, axis=1).requires_grad
    for ufunc in SCANS:
        assert_same(ufunc.accumulate(x, 1), ufunc.accumulate(A, 1))
        assert ufunc.accumulate(x).requires_grad


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.median(x, axis=(0, 1)),
        lambda x: np.nanvar(x, ddof=1),
        lambda x: np.quantile(x, [0.3, 0.9], axis=1, keepdims=True),
        lambda x: np.average(x, axis=1, weights=W),
        lambda x: np.gradient(x, T, axis=1),
        lambda x: np.cross(x, V),
        lambda x: np.linalg.lstsq(x.T, V)[0],
        lambda x: np.linalg.svd(x, full_matrices=False)[0] ** 2,
        lambda x: np.linalg.solve(N, x.T),
    ],
)  # fmt: skip
def test_gradients(function: Any) -> None:
    assert gradcheck(function, (tg.tensor(A, requires_grad=True),))


@pytest.mark.parametrize(
    "lose",
    [
        lambda x: np.quantile(x, 0.5, method="weibull"),
        lambda x: np.cross(x[:, :2], x[:, :2]),
        lambda x: np.linalg.qr(x, "raw"),
        lambda x: np.meshgrid(x, x, sparse=True),
        lambda x: np.nan_to_num(x, copy=False),
        lambda x: np.average(x, weights=V, returned=True),
    ],
)
def test_what_has_no_operation_is_refused(lose: Any) -> None:
    with pytest.raises(ConversionError, match=r"detach\(\)"):
        lose(tg.tensor(A, requires_grad=True))


def test_integers_give_our_default_dtype() -> None:
    assert np.median(tg.tensor(I)).dtype == tg.float32
    assert np.linalg.matrix_rank(tg.tensor(S, requires_grad=True)) == 3
