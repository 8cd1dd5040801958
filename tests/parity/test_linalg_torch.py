"""Norms, systems and factors of matrices beside PyTorch's. Factors that are unique but for signs
are compared through what does not depend on those."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

import tinygrad_kr as tg
from tests.parity.beside import Drawn, Sample, compare

Array = np.ndarray[Any, Any]
Sampler = Callable[[Drawn], Sample]
INF = float("inf")


def batch(m: Drawn) -> tuple[int, ...]:
    return m.of((), (), (1,), (2,), (2, 3), (0,)) if m.chance(0.7) else ()  # type: ignore[no-any-return]


def dtype(m: Drawn) -> str:
    return m.of("float64", "float64", "float32")  # type: ignore[no-any-return]


def matrix(m: Drawn, *sides: int, of: str = "", lead: Any = None) -> Array:
    """Matrices far from singular."""
    rows, columns = sides or (m.of(1, 2, 3, 4, 2, 3, 0), m.of(1, 2, 3, 4, 2, 3, 0))
    shape = (*(batch(m) if lead is None else lead), rows, columns)
    x = m.rng.uniform(-1, 1, shape) + 3 * np.eye(rows, columns)
    if m.chance(0.3) and rows:
        x = x[..., ::-1, :].copy()
    return np.asarray(x, of or dtype(m))


def square(m: Drawn, **kwargs: Any) -> Array:
    n = m.of(1, 2, 3, 4, 2, 3, 0)
    return matrix(m, n, n, **kwargs)


def unfit(m: Drawn) -> Array:
    """What no function of square matrices takes."""
    return m.of(  # type: ignore[no-any-return]
        np.ones((2, 3)), np.ones(3), np.ones(()), np.ones((2, 2), "int64"), np.ones((2, 2), "bool"),
        np.ones((2, 2), "float16"), np.ones((3, 2, 4), "float32"),
    )  # fmt: skip


def squares(**options: Callable[[Drawn], Any]) -> Sampler:
    def draw(m: Drawn) -> Sample:
        x = unfit(m) if m.chance(0.15) else square(m)
        return (x,), {k: v(m) for k, v in options.items() if m.chance(0.7)}

    return draw


def any_matrix(**options: Callable[[Drawn], Any]) -> Sampler:
    def draw(m: Drawn) -> Sample:
        x = m.of(np.ones(3), np.ones((2, 2), "int64")) if m.chance(0.1) else matrix(m)
        return (x,), {k: v(m) for k, v in options.items() if m.chance(0.7)}

    return draw


def defective(m: Drawn, exactly: bool = False) -> Array:
    """Squares, some of them singular: rows of 0, and where rounding may hide it, a row equal to
    another or the sum of the others."""
    x = square(m)
    n = x.shape[-1]
    if not n or not x.size:
        return x
    how = m.of("fine", "zero row", "0", *["equal rows", "a sum"] * (not exactly))
    at = (0,) * (x.ndim - 2)
    if how == "zero row":
        x[at][n - 1] = 0
    elif how == "equal rows":
        x[at][0] = x[at][n - 1]
    elif how == "a sum":
        x[at][0] = x[at][1:].sum(0)
    elif how == "0":
        x[at] = 0
    return x


def defectives(m: Drawn) -> Sample:
    return (unfit(m) if m.chance(0.1) else defective(m),), {}


def singulars(**options: Callable[[Drawn], Any]) -> Sampler:
    def draw(m: Drawn) -> Sample:
        x = unfit(m) if m.chance(0.1) else defective(m, exactly=True)
        return (x,), {k: v(m) for k, v in options.items() if m.chance(0.7)}

    return draw


def right_hand(m: Drawn, a: Array, left: bool = True) -> Array:
    """What ``a`` may be solved for: matrices, a vector, or what does not fit."""
    lead, n = a.shape[:-2], a.shape[-1] + m.chance(0.05)
    k = m.of(1, 2, 3, 0)
    lead = m.of(lead, lead, (), (*(2,), *lead), (1,) * len(lead))
    shape = (*lead, n, k) if left else (*lead, k, n)
    if m.chance(0.3):
        shape = m.of((n,), (*a.shape[:-2], n))
    return np.asarray(m.rng.standard_normal(shape), a.dtype)


def system(m: Drawn) -> Sample:
    a = defective(m, exactly=True) if m.chance(0.2) else square(m)
    left = m.chance(0.7)
    kwargs = {} if left and m.chance() else {"left": left}
    b = right_hand(m, a, left)
    return (unfit(m) if m.chance(0.1) else a, b), kwargs


def steep(a: Array) -> Array:
    """Squares whose triangles are far from singular too."""
    return np.asarray(a + 2 * np.sign(a + 0.1) * np.eye(a.shape[-1], dtype=a.dtype))


def triangles(m: Drawn) -> Sample:
    a = square(m)
    left = m.chance(0.7)
    kwargs = {"upper": m.chance(), "left": left, "unitriangular": m.chance(0.3)}
    return (steep(a), right_hand(m, a, left)), kwargs


def positive(m: Drawn) -> Array:
    a = square(m)
    spd: Array = a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1], dtype=a.dtype)
    if m.chance(0.15) and spd.size:
        spd[(0,) * (spd.ndim - 2)] *= m.of(-1, np.nan)
    return spd


def choleskies(m: Drawn) -> Sample:
    return (unfit(m) if m.chance(0.1) else positive(m),), {"upper": m.chance()}


def powers(m: Drawn) -> Sample:
    a = square(m) if m.chance(0.8) else m.of(unfit(m), defective(m, exactly=True))
    return (a, int(m.rng.integers(-3, 6))), {}


def norms(m: Drawn, rare: bool = False) -> Sample:
    x = m.floats(m.shape(0, 3), dtype(m), rare=rare)
    if m.chance(0.05):
        x = x.astype("int64") if np.isfinite(x).all() else x
    dims: Any = m.of(None, m.dim(x.ndim), (m.dim(x.ndim),))
    kwargs: dict[str, Any] = {"keepdim": m.chance()}
    if dims is not None or m.chance():
        kwargs["dim"] = dims
    if m.chance(0.2):
        kwargs["dtype"] = np.dtype(m.of("float64", "float32"))
    return (x, m.of(2, 1, 0, 3, 0.5, 2.5, INF, -INF, -1, -2)), kwargs


def matrix_norms(m: Drawn) -> Sample:
    x = matrix(m)
    kwargs: dict[str, Any] = {"keepdim": m.chance()}
    if m.chance(0.4):
        kwargs["dim"] = m.of((-2, -1), (0, 1), (-1, 0), (1, 0), (0, 0), (5, 0), (0,))
    if m.chance(0.2):
        kwargs["dtype"] = np.dtype("float64")
    return (x, m.of("fro", "nuc", 2, -2, 1, -1, INF, -INF, "fro", "x", 3)), kwargs


def general_norms(m: Drawn) -> Sample:
    (x, ord), kwargs = norms(m) if m.chance(0.6) else matrix_norms(m)
    if m.chance(0.2):
        return (x,), kwargs
    return (x, ord), kwargs


def old_norms(m: Drawn) -> Sample:
    (x, ord), kwargs = norms(m)
    return (x, m.of(ord, ord, ord, "fro")), kwargs


def ranked(m: Drawn) -> Array:
    """Matrices of a rank that is clear: the singular values are 0 or not small."""
    rows, columns, rank = m.of(1, 2, 3, 4, 0), m.of(1, 2, 3, 4, 0), m.of(0, 1, 2, 4)
    lead = batch(m)
    a, b = matrix(m, rows, rank, lead=lead, of="float64"), matrix(m, rank, columns, lead=lead)
    return np.asarray(a @ b, "float64")


def pinvs(m: Drawn) -> Sample:
    kwargs: dict[str, Any] = {}
    x = ranked(m) if m.chance() else matrix(m, of="float64")
    if m.chance(0.3):
        kwargs = m.of({"rtol": 1e-3}, {"atol": 1e-2}, {"atol": 1e-2, "rtol": 1e-3},
                      {"rtol": np.full(x.shape[:-2], 1e-3)}, {"rcond": 1e-4})  # fmt: skip
        if isinstance(kwargs.get("rtol"), np.ndarray):
            kwargs = {"rtol": 0.05}
    if m.chance(0.3):
        x = square(m, of="float64")
        x, kwargs = x + np.swapaxes(x, -1, -2), {**kwargs, "hermitian": True}
    return (x,), kwargs


def ranks(m: Drawn) -> Sample:
    (x,), kwargs = pinvs(m)
    if "rcond" in kwargs:
        kwargs["tol"] = kwargs.pop("rcond")
    return (x,), kwargs


def least_squares(m: Drawn) -> Sample:
    a = matrix(m, m.of(1, 2, 3, 4, 0), m.of(1, 2, 3), of="float64")
    lead, k = a.shape[:-2], m.of(1, 2, 3)
    shape = m.of((*lead, a.shape[-2], k), (*lead, a.shape[-2], k), (*lead, a.shape[-2]))
    return (a, m.floats(shape)), {"driver": m.of(None, "gels", "gelsy", "gelsd", "gelss")}


def conds(m: Drawn) -> Sample:
    orders = (None, 2, -2, "fro", 1, -1, INF, -INF, "x")
    if m.chance(0.3):  # by "nuc" PyTorch's answer for 0, and its gradient, is nan
        return (defective(m, exactly=True),), {"p": m.of(*orders)}
    return (matrix(m) if m.chance(0.4) else square(m),), {"p": m.of(*orders, "nuc")}


def tensor_system(m: Drawn) -> Sample:
    lead, tail = m.of(((2, 3), (6,)), ((6,), (3, 2)), ((2,), (2,)), ((4,), (2, 3)))
    a, b = m.floats((*lead, *tail)), m.floats(lead)
    if m.chance(0.3):
        return (np.moveaxis(a, -1, 0).copy(), b), {"dims": (0,)}
    return (a, b), {}


def tensor_inverse(m: Drawn) -> Sample:
    shape, ind = m.of(((2, 3, 6), 2), ((6, 2, 3), 1), ((3, 3), 1), ((2, 3, 3, 2), 2), ((2, 3), 1),
                      ((2, 2), 0))  # fmt: skip
    return (m.floats(shape), ind), {}


def exponents(m: Drawn) -> Sample:
    x = square(m)
    return (m.of(np.ones((2, 3)), np.ones(3)) if m.chance(0.1) else x * m.of(1, 0, 1e-3, 3),), {}


SAMPLES: dict[str, Sampler] = {
    "linalg.norm": general_norms,
    "linalg.vector_norm": norms,
    "linalg.matrix_norm": matrix_norms,
    "norm": old_norms,
    "frobenius_norm": lambda m: (
        (x := m.floats(m.shape(1)), (m.dim(x.ndim),)), {"keepdim": m.chance()}
    ),
    "nuclear_norm": lambda m: ((matrix(m, lead=()),), {"keepdim": m.chance()}),
    "linalg.det": defectives,
    "det": squares(),
    "linalg.slogdet": squares(),
    "slogdet": squares(),
    "logdet": squares(),
    "linalg.inv": singulars(),
    "inverse": squares(),
    "linalg.inv_ex": squares(check_errors=Drawn.chance),
    "linalg.solve": system,
    "linalg.solve_triangular": triangles,
    "linalg.cholesky": choleskies,
    "cholesky": choleskies,
    "linalg.svdvals": any_matrix(),
    "linalg.eigvalsh": squares(UPLO=lambda m: m.of("L", "U", "l", "x")),
    "linalg.pinv": pinvs,
    "pinverse": any_matrix(rcond=lambda m: m.of(1e-15, 1e-3)),
    "linalg.matrix_rank": ranks,
    "linalg.lstsq": least_squares,
    "linalg.cond": conds,
    "linalg.matrix_power": powers,
    "matrix_power": powers,
    "linalg.matrix_exp": exponents,
    "matrix_exp": exponents,
    "linalg.tensorsolve": tensor_system,
    "linalg.tensorinv": tensor_inverse,
}  # fmt: skip


def of_good(lib: Any, y: Any, info: Any) -> Any:
    """What is said of good matrices, and which are not."""
    good = info == 0
    return lib.where(good.reshape((*good.shape, *(1,) * (y.ndim - good.ndim))), y, 0.0), info


#: What of a result is compared: of factors what is unique, of failures that they are.
THROUGH: dict[str, tuple[Sampler, Callable[..., Any]]] = {
    "linalg.inv_ex": (singulars(check_errors=Drawn.chance), of_good),
    "linalg.solve_ex": (system, of_good),
    "linalg.cholesky_ex": (choleskies, of_good),
    "linalg.qr": (
        any_matrix(mode=lambda m: m.of("reduced", "complete", "r", "x")),
        lambda lib, q, r: (abs(r), q @ r if q.ndim > 1 else r.shape, abs(q)),
    ),
    "qr": (any_matrix(some=Drawn.chance), lambda lib, q, r: (abs(r), q @ r, abs(q))),
    "linalg.svd": (
        any_matrix(full_matrices=Drawn.chance),
        lambda lib, u, s, vh: (
            s, lib.tanh(u[..., : s.shape[-1]]) ** 2, lib.tanh(vh[..., : s.shape[-1], :]) ** 2,
            (u[..., : s.shape[-1]] * lib.sin(s)[..., None, :]) @ vh[..., : s.shape[-1], :],
            u.shape, vh.shape, u.detach().mT @ u.detach(), vh.detach() @ vh.detach().mT,
        ),
    ),
    "svd": (
        any_matrix(some=Drawn.chance, compute_uv=Drawn.chance),
        lambda lib, u, s, v: (
            s, u.shape, v.shape,
            (u[..., : s.shape[-1]] * lib.cos(s)[..., None, :]) @ v[..., : s.shape[-1]].mT,
        ),
    ),
    "linalg.eigh": (
        squares(UPLO=lambda m: m.of("L", "U", "l", "x")),
        lambda lib, w, v: (w, lib.tanh(v) ** 2, (v * lib.sin(w)[..., None, :]) @ v.mT),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(name, SAMPLES[name], record_property)


def through(lib: Any, name: str, part: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: part(lib, *attrgetter(name)(lib)(*args, **kwargs))


@pytest.mark.parametrize("name", THROUGH)
def test_factors_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    sampler, part = THROUGH[name]
    ours, theirs = (through(lib, name, part) for lib in (tg, torch))
    # PyTorch's gradient by what a failure left in place of an inverse is nan.
    order = 0 if part is of_good else 2
    compare(name, sampler, record_property, ours=ours, theirs=theirs, order=order)


@pytest.mark.parametrize("name", ["cholesky_solve", "cholesky_inverse"])
def test_given_a_factor(name: str, record_property: Callable[[str, Any], None]) -> None:
    """PyTorch's gradient fills the other triangle too, which it never looked at."""

    def samples(m: Drawn) -> Sample:
        a = steep(square(m))
        before = (right_hand(m, a),) if name == "cholesky_solve" else ()
        return (*before, unfit(m) if m.chance(0.1) else a), {"upper": m.chance()}

    def on(lib: Any) -> Callable[..., Any]:
        def call(*args: Any, upper: bool) -> Any:
            triangle = (lib.triu if upper else lib.tril)(args[-1])
            return getattr(lib, name)(*args[:-1], triangle, upper)

        return call

    compare(name, samples, record_property, ours=on(tg), theirs=on(torch))


@pytest.mark.parametrize("name", ["norm", "linalg.vector_norm"])
def test_norms_at_the_edges(name: str, record_property: Callable[[str, Any], None]) -> None:
    """At 0 PyTorch's second derivative of some orders is nan."""
    ours, theirs = (attrgetter(name)(lib) for lib in (tg, torch))
    samples = partial(norms, rare=True)
    compare(f"{name} at the edges", samples, record_property, ours=ours, theirs=theirs, order=1)
