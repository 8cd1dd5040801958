"""The records of the matrix product and its kin, of einsum, and of diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.domains import ANY, Marks, calls
from tinygrad_kr import ops
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError, ShapeError
from tinygrad_kr.ops import linalg
from tinygrad_kr.testing import Call, OpRecord, call

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

SIDES = [1, 2, 3, 4, 2, 3, 0]


def loops(a: Array, b: Array) -> Array:
    """The matrix product as it is defined: a sum over the inner index, one outer product each."""
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b
    terms = [rows[..., :, k, None] * columns[..., None, k, :] for k in range(columns.shape[-2])]
    shape = (*np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2]),
             rows.shape[-2], columns.shape[-1])  # fmt: skip
    y = sum(terms, np.zeros(shape))
    y = y[..., 0, :] if a.ndim == 1 else y
    return np.asarray(y[..., 0] if b.ndim == 1 else y)


def of_shapes(*letters: str) -> st.SearchStrategy[Call]:
    """Calls with tensors of the shapes that letters say, such as ``"nk"`` and ``"km"``."""

    def make(marks: Marks) -> Call:
        sides = {c: marks.choose(SIDES) for c in sorted({*"".join(letters)})}
        return call(*(ANY(marks, tuple(sides[c] for c in text)) for text in letters))

    return calls(make)


def product(marks: Marks) -> Call:
    """Two tensors that matmul takes: vectors, matrices, batches that broadcast."""
    n, k, m = (marks.choose(SIDES) for _ in range(3))
    left, right = marks.broadcastable(2, high=2)
    a, b = marks.choose(
        [
            ((*left, n, k), (*right, k, m)), ((n, k), (k, m)), ((*left, n, k), (k, m)),
            ((*left, n, k), (k,)), ((k,), (*right, k, m)), ((k,), (k,)),
        ]
    )  # fmt: skip
    return call(ANY(marks, a), ANY(marks, b))


def transposed(marks: Marks) -> Call:
    """Matrices that enter the product transposed or not, one of them in a batch."""
    n, k, m = (marks.choose(SIDES) for _ in range(3))
    ta, tb, batch = marks.flag(), marks.flag(), marks.choose([(), (2,)])
    a, b = (k, n) if ta else (n, k), (m, k) if tb else (k, m)
    return call(ANY(marks, (*batch, *a)), ANY(marks, b), ta=ta, tb=tb)


def transposed_loops(a: Array, b: Array, ta: bool, tb: bool) -> Array:
    return loops(a.mT if ta else a, b.mT if tb else b)


# Labels


def equation(marks: Marks) -> Call:
    """One to three operands of labels that may repeat, and any order of some of them."""
    sizes = {c: marks.whole(1, 3) for c in "abcd"}
    terms = ["".join(marks.choose("abcd") for _ in range(marks.whole(0, 3)))
             for _ in range(marks.whole(1, 3))]  # fmt: skip
    letters = sorted({*"".join(terms)})
    some = marks.order(len(letters))[: marks.whole(0, len(letters))]
    text = ",".join(terms) + "->" + "".join(letters[i] for i in some)
    return call(text, *(ANY(marks, tuple(sizes[c] for c in term)) for term in terms))


def dotted(marks: Marks) -> Call:
    """Two operands with dimensions that broadcast in the place of the ellipsis."""
    left, right = marks.broadcastable(2, high=2)
    i, j, k = (marks.choose(SIDES) for _ in range(3))
    text = marks.choose(["...ij,...jk->...ik", "...ij,...jk", "...ij,...jk->i...k"])
    return call(text, ANY(marks, (*left, i, j)), ANY(marks, (*right, j, k)))


def contraction(marks: Marks) -> Call:
    """tensordot's operands, with a number of dims, or with two lists of them."""
    shared, left, right = marks.shape(0, 2), marks.shape(0, 1), marks.shape(0, 1)
    n, ndim = len(shared), len(shared) + len(left)
    a = ANY(marks, left + shared)
    if marks.flag():
        return call(a, ANY(marks, shared + right), n)
    # The dimensions of the right-hand operand in another order, some counted from the end.
    order = marks.order(n)
    of_a = [i + len(left) - ndim * marks.flag() for i in order]
    return call(a, ANY(marks, (*(shared[i] for i in order), *right)), (of_a, list(range(n))))


# Diagonals and triangles


def offset(low: int, high: int) -> st.SearchStrategy[Call]:
    """Calls with a tensor of ``low`` to ``high`` dimensions and a diagonal of it, up to one that
    lies outside."""

    def make(marks: Marks) -> Call:
        x = ANY(marks, marks.shape(low, high))
        reach = max(x.shape) if x.ndim > 1 else 2
        return call(x, diagonal=marks.whole(-reach, reach))

    return calls(make)


def held(x: Array, keep: Any) -> Array:
    """``x`` where ``keep(row, column)`` holds, else 0."""
    rows, columns = np.indices(x.shape[-2:])
    return np.where(keep(rows, columns), x, 0.0)


def diagonal(x: Array, offset: int) -> Array:
    n = min(x.shape[0] + min(offset, 0), x.shape[1] - max(offset, 0))
    found = [x[i - min(offset, 0), i + max(offset, 0)] for i in range(max(n, 0))]
    return np.array(found, x.dtype).reshape(max(n, 0), *x.shape[2:])


def diag(x: Array, diagonal: int) -> Array:
    if x.ndim == 2:
        return _diagonal(x, diagonal)
    n = len(x) + abs(diagonal)
    y = np.zeros((n, n), x.dtype)
    for i, v in enumerate(x):
        y[i - min(diagonal, 0), i + max(diagonal, 0)] = v
    return y


_diagonal = diagonal


def diagonals(marks: Marks) -> Call:
    x = ANY(marks, marks.shape(2, 4))
    first, second = marks.order(x.ndim)[:2]
    dims = first - x.ndim * marks.flag(), second - x.ndim * marks.flag()
    return call(x, marks.whole(min(0, 1 - x.shape[first]), max(0, x.shape[second] - 1)), *dims)


def any_diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    return np.moveaxis(diagonal(np.moveaxis(x, (dim1, dim2), (0, 1)), offset), 0, -1).copy()


V2, V3, M, N = ops.ones(2), ops.ones(3), ops.ones(2, 3), ops.ones(2, 2, 2)
TRUTH = ops.tensor([True, False])


def misfits(*pairs: tuple[Any, Any]) -> tuple[tuple[type[Exception], Call], ...]:
    return tuple((ShapeError, call(a, b)) for a, b in pairs)


RECORDS: list[OpRecord] = [
    OpRecord(
        "matmul", ops.matmul, loops, calls(product), analytic=True,
        errors=(*misfits((M, M), (M, V2), (V3, V2), (N, ops.ones(3, 2, 2)), (N, ops.ones(3, 2)),
                         (ops.ones(()), V2), (M, 2.0)),
                (DTypeError, call(TRUTH, TRUTH)), (ArgumentError, call(V2, [1.0, 2.0]))),
    ),
    OpRecord("matmul.transposed", linalg._matmul, transposed_loops, calls(transposed),
             analytic=True),
    OpRecord("matmul.operator", lambda a, b: a @ b, loops, of_shapes("nk", "km"), analytic=True),
    OpRecord("mm", ops.mm, loops, of_shapes("nk", "km"), analytic=True,
             errors=misfits((V3, ops.ones(3, 2)), (M, M))),
    OpRecord("bmm", ops.bmm, loops, of_shapes("bnk", "bkm"), analytic=True,
             errors=misfits((N, ops.ones(3, 2, 2)), (M, M))),
    OpRecord("mv", ops.mv, loops, of_shapes("nk", "k"), analytic=True,
             errors=misfits((M, V2), (V2, V2))),
    OpRecord("dot", ops.dot, loops, of_shapes("k", "k"), analytic=True,
             errors=misfits((V3, V2), (M, V3))),
    OpRecord("outer", ops.outer, lambda a, b: a[:, None] * b, of_shapes("n", "m"), analytic=True,
             errors=misfits((M, V2))),
    OpRecord("einsum", ops.einsum, np.einsum, calls(equation), view=True, analytic=True,
             errors=((ArgumentError, call("ij,jk->ik", M)), (ArgumentError, call("ij->ii", M)),
                     (ArgumentError, call("ij->k", M)), (ArgumentError, call("i1->i", M)),
                     (ShapeError, call("ijk->i", M)), (ShapeError, call("ij,jk->ik", M, M)),
                     (ShapeError, call("ii->i", M)))),
    OpRecord("einsum.ellipsis", ops.einsum, np.einsum, calls(dotted), analytic=True),
    OpRecord("tensordot", ops.tensordot, np.tensordot, calls(contraction), analytic=True,
             errors=(*((ArgumentError, call(M, M, d)) for d in (3, -1, "ab", ([0], [0, 1]), 1.5)),
                     (DimError, call(M, M, ([0, 0], [0, 1]))), (ShapeError, call(M, M, 1)))),
    OpRecord("trace", ops.trace, lambda x: np.asarray(sum(diagonal(x, 0), np.zeros(()))),
             calls(lambda marks: call(ANY(marks, marks.shape(2, 2)))), analytic=True,
             errors=((ShapeError, call(V3)), (ShapeError, call(N)))),
    OpRecord("diagonal", ops.diagonal, any_diagonal, calls(diagonals), view=True, analytic=True,
             errors=tuple((DimError, c) for c in (call(M, 0, 1, 1), call(V3), call(M, 0, 2)))),
    OpRecord("diag", ops.diag, diag, offset(1, 2), analytic=True,
             errors=((ShapeError, call(N)),)),
    OpRecord("tril", ops.tril, lambda x, diagonal: held(x, lambda i, j: j <= i + diagonal),
             offset(2, 4), analytic=True, errors=((ShapeError, call(V3)),)),
    OpRecord("triu", ops.triu, lambda x, diagonal: held(x, lambda i, j: j >= i + diagonal),
             offset(2, 4), analytic=True, errors=((ShapeError, call(V3)),)),
    OpRecord("tril_.inplace", lambda x, diagonal: (x * 1).tril_(diagonal) * (x * 1).triu_(diagonal),
             lambda x, diagonal: held(x * x, lambda i, j: j == i + diagonal),
             offset(2, 4), analytic=True),
]  # fmt: skip
