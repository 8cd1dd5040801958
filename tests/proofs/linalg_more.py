"""The records of linear algebra: systems, determinants, factors, norms, and the products of leaf
files. Where NumPy's LAPACK is what we call, the references go another way."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygrad_kr as tg
from tests.proofs.domains import ANY, Marks, between, calls
from tinygrad_kr import linalg, ops
from tinygrad_kr.errors import ArgumentError, DTypeError, LinAlgError, ShapeError
from tinygrad_kr.ops.more import products
from tinygrad_kr.testing import Call, OpRecord, call

Array = np.ndarray[Any, Any]
BATCHES: list[tuple[int, ...]] = [(), (), (2,), (1, 2), (0,)]


def drawn(marks: Marks, *sides: int, apart: bool = False, spread: float = 1.0) -> Any:
    """Matrices whose diagonal outweighs the rest; ``apart``: in steps, so that no two singular
    values are near each other."""
    t = between(-spread, spread)(marks, (*marks.choose(BATCHES), *sides))
    steps = np.arange(1, 1 + sides[-1]) if apart else 1
    t._array += 3.5 * spread * (np.eye(*sides[-2:]) * steps)
    return t


def square(marks: Marks, **options: Any) -> Any:
    n = marks.choose([2, 3, 1, 0])
    return drawn(marks, n, n, **options)


def of_squares(**options: Any) -> st.SearchStrategy[Call]:
    return calls(lambda marks: call(square(marks, **options)))


def singular(marks: Marks) -> Any:
    """Of a rank of one less than the side."""
    t = square(marks, apart=True)
    if t.shape[-1]:
        t._array[..., 0, :] = t._array[..., 1:, :].sum(-2)
    return t


def any_sides(marks: Marks) -> Any:
    return drawn(marks, marks.choose([2, 3, 1]), marks.choose([2, 3, 1]), apart=True)


of_any_sides = calls(lambda marks: call(any_sides(marks)))


def of_systems(left: bool = True) -> st.SearchStrategy[Call]:
    def make(marks: Marks) -> Call:
        a = square(marks)
        n, k = a.shape[-1], marks.choose([1, 2])
        lead = marks.choose([a.shape[:-2], ()])
        return call(a, ANY(marks, (*lead, n, k) if left else (*lead, k, n)))

    return calls(make)


# References


def leibniz(x: Array) -> Array:
    """The determinant as it is defined: a sum over permutations."""
    y = np.zeros(x.shape[:-2], x.dtype)
    for p in permutations(range(x.shape[-1])):
        odd = sum(p[i] > p[j] for j in range(len(p)) for i in range(j)) % 2
        y = y + math.prod((x[..., i, k] for i, k in enumerate(p)), start=1.0) * (-1) ** odd
    return y


def adjugate(x: Array) -> Array:
    """The inverse by Cramer's rule."""
    n = x.shape[-1]
    y = np.zeros(x.shape, x.dtype)
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(x, j, -2), i, -1)
            y[..., i, j] = (-1) ** (i + j) * leibniz(minor) / leibniz(x)
    return y


def symmetric(x: Any) -> Any:
    return x + x.mT


def definite(x: Any) -> Any:
    return x @ x.mT


def banachiewicz(x: Array) -> Array:
    """The Cholesky factor, element by element."""
    x = definite(x)
    y = np.zeros_like(x)
    for i in range(x.shape[-1]):
        for j in range(i + 1):
            rest = x[..., i, j] - np.sum(y[..., i, :j] * y[..., j, :j], -1)
            y[..., i, j] = np.sqrt(rest) if i == j else rest / y[..., j, j]
    return y


def gram_schmidt(x: Array) -> tuple[Array, Array]:
    """Q R with a positive diagonal of R, of matrices no wider than tall, or of their left part."""
    columns: list[Array] = []
    for k in range(min(x.shape[-2:])):
        v = x[..., k]
        for q in columns:
            v = v - q * np.sum(q * x[..., k], -1, keepdims=True)
        columns.append(v / np.sqrt(np.sum(v * v, -1, keepdims=True)))
    q = np.stack(columns, -1)
    return q, q.mT @ x


def positive_qr(x: Any) -> Any:
    q, r = linalg.qr(x)
    signs = ops.sign(linalg.diagonal(r))
    return q * signs[..., None, :], r * signs[..., None]


def middle(lib: Any, u: Any, s: Any, vh: Any) -> Any:
    """A function of matrices that the signs of their factors do not change."""
    k = s.shape[-1]
    return (u[..., :k] ** 2, s, vh[..., :k, :] ** 2,
            (u[..., :k] * lib.sin(s)[..., None, :]) @ vh[..., :k, :])  # fmt: skip


def by_gram(x: Array) -> Any:
    """The same from the eigenvectors of x xᵀ and xᵀ x."""
    m, n = x.shape[-2:]
    k = min(m, n)
    square, u = np.linalg.eigh(x @ x.mT)
    s, u = np.sqrt(square[..., ::-1][..., :k]), u[..., ::-1][..., :k]
    return middle(np, u, s, (u / s[..., None, :]).mT @ x)


def through_svd(x: Any) -> Any:
    u, s, vh = linalg.svd(x)
    return middle(ops, u, s, vh)


def powers_of(values: Array, v: Array) -> Any:
    return values, v**2, (v * np.cos(values)[..., None, :]) @ v.mT


def through_eigh(x: Any) -> Any:
    values, v = linalg.eigh(symmetric(x))
    return values, v**2, (v * ops.cos(values)[..., None, :]) @ v.mT


def series(x: Array) -> Array:
    """The exponential as it is defined: a sum of powers."""
    y = term = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    for k in range(1, 60):
        term = term @ x / k
        y = y + term
    return y


def p_norm(x: Array, ord: float) -> Array:
    return np.sum(np.abs(x) ** ord, -1) ** (1 / ord)


def of_pair(*letters: str, **options: Any) -> st.SearchStrategy[Call]:
    def make(marks: Marks) -> Call:
        sides = {c: marks.choose([2, 3, 1, 0]) for c in sorted({*"".join(letters)})}
        return call(*(ANY(marks, tuple(sides[c] for c in text)) for text in letters), **options)

    return calls(make)


M, N, V3 = ops.ones(2, 3), ops.ones(2, 2), ops.ones(3)
SINGULAR = ops.tensor([[1.0, 2.0], [2.0, 4.0]])
NOT_SQUARE = ((ShapeError, call(M)), (ShapeError, call(V3)), (DTypeError, call(N.long())))

RECORDS: list[OpRecord] = [
    OpRecord("linalg.det", linalg.det, leibniz, of_squares(), analytic=True, errors=NOT_SQUARE),
    OpRecord("linalg.det.singular", linalg.det, leibniz, calls(lambda m: call(singular(m))),
             analytic=True),
    OpRecord("linalg.slogdet", linalg.slogdet,
             lambda x: (np.sign(leibniz(x)), np.log(np.abs(leibniz(x)))), of_squares(),
             errors=NOT_SQUARE),
    OpRecord("linalg.logdet", tg.logdet, lambda x: np.log(leibniz(x)), of_squares()),
    OpRecord("linalg.inv", linalg.inv, adjugate, of_squares(), analytic=True,
             errors=(*NOT_SQUARE, (LinAlgError, call(SINGULAR)))),
    OpRecord("linalg.solve", linalg.solve, lambda a, b: adjugate(a) @ b, of_systems(),
             analytic=True, errors=((LinAlgError, call(SINGULAR, N)), (ShapeError, call(N, M.mT)))),
    OpRecord("linalg.solve.right", lambda a, b: linalg.solve(a, b, left=False),
             lambda a, b: b @ adjugate(a), of_systems(left=False), analytic=True),
    *(
        OpRecord(
            f"linalg.solve_triangular.{i}",
            lambda a, b, o=options: linalg.solve_triangular(a, b, **o),
            lambda a, b, side=side: adjugate(side(a)) @ b, of_systems(), analytic=True,
        )
        for i, (options, side) in enumerate([
            ({"upper": True}, np.triu),
            ({"upper": False}, np.tril),
            ({"upper": True, "unitriangular": True},
             lambda a: np.triu(a, 1) + np.eye(a.shape[-1])),
        ])
    ),
    OpRecord("linalg.cholesky", lambda x: linalg.cholesky(definite(x)), banachiewicz, of_squares(),
             analytic=True, errors=((LinAlgError, call(ops.tensor([[0.0]]))),)),
    OpRecord("linalg.cholesky.upper", lambda x: linalg.cholesky(definite(x), upper=True),
             lambda x: banachiewicz(x).mT, of_squares(), analytic=True),
    OpRecord("linalg.qr", positive_qr, gram_schmidt, of_any_sides, analytic=True),
    OpRecord("linalg.svd", through_svd, by_gram, of_any_sides),
    OpRecord("linalg.svdvals", linalg.svdvals, lambda x: by_gram(x)[1], of_any_sides),
    OpRecord("linalg.eigh", through_eigh,
             lambda x: powers_of(*np.linalg.eigh(symmetric(x), "U")), of_squares(apart=True)),
    OpRecord("linalg.eigvalsh", lambda x: linalg.eigvalsh(symmetric(x), "U"),
             lambda x: np.linalg.eigvalsh(symmetric(x)), of_squares(apart=True)),
    OpRecord("linalg.pinv", linalg.pinv,
             lambda x: adjugate(x.mT @ x) @ x.mT if x.shape[-2] >= x.shape[-1]
             else x.mT @ adjugate(x @ x.mT), of_any_sides, analytic=True),
    OpRecord("linalg.lstsq", lambda a, b: linalg.lstsq(a, b).solution,
             lambda a, b: adjugate(a) @ b, of_systems(), analytic=True),
    OpRecord("linalg.matrix_power", linalg.matrix_power,
             lambda x, n: np.linalg.matrix_power(adjugate(x) if n < 0 else x, abs(n)),
             calls(lambda m: call(square(m), m.whole(-3, 5))), analytic=True),
    OpRecord("linalg.matrix_exp", linalg.matrix_exp, series,
             calls(lambda m: call(square(m, spread=m.choose([0.1, 0.5])))), analytic=True),
    OpRecord("linalg.multi_dot", lambda *xs: linalg.multi_dot(xs),
             lambda a, b, c: a @ b @ c, of_pair("ij", "jk", "kl"), analytic=True,
             errors=((ShapeError, call(M)), (ShapeError, call(M, M)))),
    OpRecord("linalg.cross", linalg.cross, np.cross,
             calls(lambda m: call(ANY(m, (2, 3)), ANY(m, m.choose([(2, 3), (1, 3)])))),
             analytic=True, errors=((ShapeError, call(N, N)),)),
    OpRecord("linalg.vecdot", linalg.vecdot, lambda a, b: np.sum(a * b, -1), of_pair("ij", "ij"),
             analytic=True),
    OpRecord("linalg.vander", linalg.vander, lambda x, N: x[..., None] ** np.arange(N),
             calls(lambda m: call(ANY(m, m.shape(1, 2)), N=m.whole(2, 4))), analytic=True,
             errors=((ArgumentError, call(V3, N=1)),)),
    OpRecord("linalg.tensorsolve",
             lambda a, b: linalg.tensorsolve(ops.unsqueeze(a + 5 * ops.eye(2), -1), b),
             lambda a, b: (adjugate(a + 5 * np.eye(2)) @ b)[:, None],
             calls(lambda m: call(ANY(m, (2, 2)), ANY(m, (2,)))), analytic=True),
    OpRecord("linalg.tensorinv",
             lambda a: linalg.tensorinv(ops.unsqueeze(a + 5 * ops.eye(2), -1), 1),
             lambda a: adjugate(a + 5 * np.eye(2))[:, None],
             calls(lambda m: call(ANY(m, (2, 2)))), analytic=True),
    OpRecord("linalg.matrix_norm.nuc", lambda x: linalg.matrix_norm(x, "nuc"),
             lambda x: by_gram(x)[1].sum(-1), of_any_sides),
    *(
        OpRecord(f"linalg.matrix_norm.{ord}", lambda x, ord=ord: linalg.matrix_norm(x, ord),
                 lambda x, ord=ord: np.linalg.norm(x, ord, (-2, -1)), of_any_sides)
        for ord in ("fro", 2, -2)
    ),
    OpRecord("linalg.vector_norm", lambda x: linalg.vector_norm(x, 3, -1),
             lambda x: p_norm(x, 3), calls(lambda m: call(drawn(m, 2, 3)))),
    OpRecord("linalg.cond", linalg.cond, np.linalg.cond,
             calls(lambda m: call(drawn(m, 2, 3, apart=True)))),
    OpRecord("addmm", lambda c, a, b: products.addmm(c, a, b, beta=0.5, alpha=2),
             lambda c, a, b: 0.5 * c + 2 * (a @ b), of_pair("m", "nk", "km"), analytic=True,
             errors=((ShapeError, call(V3, N, N)),)),
    OpRecord("addmv", products.addmv, lambda c, a, b: c + a @ b, of_pair("n", "nk", "k"),
             analytic=True),
    OpRecord("addr", products.addr, lambda c, a, b: c + a[:, None] * b, of_pair("nm", "n", "m"),
             analytic=True),
    OpRecord("baddbmm", products.baddbmm, lambda c, a, b: c + a @ b, of_pair("nm", "bnk", "bkm"),
             analytic=True),
    OpRecord("addbmm", products.addbmm, lambda c, a, b: c + (a @ b).sum(0),
             of_pair("nm", "bnk", "bkm"), analytic=True),
    OpRecord("inner", products.inner, lambda a, b: a @ b.T, of_pair("nk", "mk"), analytic=True,
             errors=((ShapeError, call(M, N)),)),
    OpRecord("kron", products.kron, np.kron, of_pair("nk", "bm"), analytic=True),
]  # fmt: skip
