"""Products of vectors, matrices and tensors beside PyTorch's, and diagonals and triangles."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Array, Drawn, Sample, compare
from tests.parity.test_linalg_torch import Sampler, dtype


def threes(m: Drawn) -> Sample:
    shape = list(m.shape(1, 3))
    at = int(m.rng.integers(len(shape)))
    shape[at] = 3 if m.chance(0.95) else 2
    other = [1 if m.chance(0.2) and i != at else n for i, n in enumerate(shape)]
    of = m.of("float64", "float64", "float32", "int64")
    make = m.integers if of == "int64" else m.floats
    kwargs = {"dim": at - m.of(0, len(shape))} if m.chance(0.8) else {}
    return (make(tuple(shape), of), make(tuple(other), of)), kwargs


def chain(m: Drawn) -> Sample:
    count = m.of(2, 3, 4, 5, 1) if m.chance(0.9) else 1
    sides = [int(n) for n in m.rng.integers(0 if m.chance(0.2) else 1, 6, count + 1)]
    of = dtype(m)
    parts = [m.floats((a, b), of) for a, b in pairwise(sides)]
    if m.chance(0.3):
        parts[0] = parts[0][0] if sides[0] else parts[0]
    if m.chance(0.3):
        parts[-1] = parts[-1][..., 0] if sides[-1] else parts[-1]
    if m.chance(0.05):
        parts[0] = m.floats((7, 8), of)
    return (parts,), {}


def spread(m: Drawn) -> Sample:
    (parts,), _ = chain(m)
    return tuple(p for p in parts), {}


def vanders(m: Drawn) -> Sample:
    x = m.array(m.shape(0, 2))
    kwargs = {"N": m.of(2, 3, 5, 1, 0)} if m.chance(0.6) else {}
    return (np.where(np.isfinite(x), x, 1).astype(x.dtype),), kwargs


def added(*letters: str) -> Sampler:
    """β input + α product, the shapes by letters: of the result, then of the factors."""

    def draw(m: Drawn) -> Sample:
        sides = {c: m.of(1, 2, 3, 4, 0) if m.chance(0.3) else m.of(2, 3) for c in "bnkm"}
        shapes = [tuple(sides[c] for c in text) for text in letters]
        if 0 not in sides.values():  # of nothing, PyTorch's addmv keeps the input's shape
            shapes[0] = m.of(shapes[0], m.broadcastable(shapes[0]))
        if m.chance(0.05):
            shapes[1] = (*shapes[1], 2)
        of = m.of("float64", "float64", "float32", "int64", "int32")
        whole = of.startswith("i")
        xs = [m.integers(s, of) if whole else m.floats(s, of) for s in shapes]
        scales = (0, 1, 2, -1) if whole else (0, 1, 2.5, -1, 3)
        names = ("beta", "alpha")
        kwargs = {n: m.of(*scales) for n in names if m.chance()}
        if m.chance(0.05):
            kwargs["alpha"] = 0.5 if letters == ("nm", "n", "m") or not whole else 3
        return tuple(xs), kwargs

    return draw


def pair(*letters: str) -> Sampler:
    """Factors whose shapes letters say, of any dtype, not always fitting."""

    def draw(m: Drawn) -> Sample:
        sides = {c: m.of(1, 2, 3, 4, 0) if m.chance(0.3) else m.of(2, 3) for c in "bnkm"}
        shapes = [tuple(sides[c] for c in text) for text in letters]
        if m.chance(0.1):
            shapes[0] = m.of((*shapes[0], 2), shapes[0][1:])
        of = m.of("float64", "float64", "float32", "int64", "int32", "uint8", "bool")
        if of == "bool":
            return tuple(m.bools(tuple(max(n, 1) for n in s)) for s in shapes), {}
        whole = not of.startswith("f")
        return tuple(m.integers(s, of) if whole else m.floats(s, of) for s in shapes), {}

    return draw


def products(m: Drawn) -> Sample:
    how = m.of(("nk", "km"), ("bnk", "bkm"), ("nk", "k"), ("k", "km"), ("k", "k"), ("bnk", "km"),
               ("nk", "bkm"), ("bnk", "k"), ("k", "bkm"), ("", "k"))  # fmt: skip
    return pair(*how)(m)


def inners(m: Drawn) -> Sample:
    return pair(*m.of(("nk", "mk"), ("k", "k"), ("", "nk"), ("bnk", "mk"), ("", ""), ("k", "")))(m)


def krons(m: Drawn) -> Sample:
    return (m.array(m.shape(0, 3, (1, 2, 3, 0))), m.array(m.shape(0, 3, (1, 2, 3, 0)))), {}


def vecdots(m: Drawn) -> Sample:
    shape = m.shape(1)
    other = tuple(1 if m.chance(0.2) else n for n in shape)
    of = m.of("float64", "float64", "float32", "int64")
    make = m.integers if of == "int64" else m.floats
    # Of vectors, PyTorch does not look at dim.
    kwargs = {"dim": m.dim(len(shape))} if len(shape) > 1 and m.chance() else {}
    return (make(shape, of), make(other, of)), kwargs


EQUATIONS = [
    "ij,jk->ik", "ij,jk", "ji", "ij->", "ii", "ii->i", "i,j", "i,i", "bij,bjk->bik", "...ij,...jk",
    "...i->...", "ij,j", "...ii->...i", "i,ij,j", "bn,anm,bm->ba", "ij,ij->", "ijk->kij", "Ab,bA",
    "i...->...", "ij,...j->i...", ",i->i", "abc,abd->cd", " i j , j k -> i k ", "i->ii", "ij->k",
    "ij,jk,kl", "a...a->...", "i..j", "ij-jk", "ij,",
]  # fmt: skip


def sums_of_products(m: Drawn) -> Sample:
    equation = m.of(*EQUATIONS)
    sides = {c: m.of(1, 2, 3) if m.chance(0.95) else 0 for c in "aAbcdijklnm"}
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    dots = m.shape(0, 2, (2, 3, 1))
    of = m.of("float64", "float64", "float32", "int64")
    xs = []
    for term in terms:
        head, ellipsis, tail = term.partition("...")
        lead = m.broadcastable(dots) if ellipsis else ()
        shape = (*(sides.get(c, 2) for c in head), *lead, *(sides.get(c, 2) for c in tail))
        if m.chance(0.03):
            shape = (*shape, 2)
        xs.append(m.integers(shape, of) if of == "int64" else m.floats(shape, of))
    if m.chance(0.2):
        return numbered(*xs, terms=terms, output=equation.partition("->")[1:]), {}
    return (equation, *xs), {}


def numbered(*xs: Array, terms: list[str], output: tuple[str, str]) -> tuple[Any, ...]:
    """The same with lists of numbers in place of the equation."""

    def numbers(text: str) -> list[Any]:
        letters = text.replace(" ", "").replace("...", ".")
        return [... if c == "." else "abcdijklnmA".find(c) for c in letters]

    parts = [part for x, term in zip(xs, terms, strict=True) for part in (x, numbers(term))]
    return (*parts, *([numbers(output[1])] if output[0] else []))


def tensordots(m: Drawn) -> Sample:
    shared, left, right = m.shape(0, 2, (1, 2, 3, 0)), m.shape(0, 2, (2, 3)), m.shape(0, 2, (2, 3))
    n = len(shared)
    if m.chance():
        return (m.floats((*left, *shared)), m.floats((*shared, *right)), n + m.chance(0.05)), {}
    dims = (list(range(n)), [i - n for i in range(n)])
    return (m.floats((*shared, *left)), m.floats((*right, *shared))), {"dims": dims}


def diagonals(low: int, high: int) -> Sampler:
    def draw(m: Drawn) -> Sample:
        x = m.array(m.shape(low, high))
        return (x, *([int(m.rng.integers(-3, 4))] if m.chance(0.7) else [])), {}

    return draw


def any_diagonals(m: Drawn) -> Sample:
    x = m.array(m.shape(0, 4))
    d = {"offset": int(m.rng.integers(-3, 4)), "dim1": m.dim(x.ndim), "dim2": m.dim(x.ndim)}
    return (x,), {k: v for k, v in d.items() if m.chance(0.7)}


SAMPLES: dict[str, Sampler] = {
    "linalg.multi_dot": chain,
    "chain_matmul": spread,
    "linalg.cross": threes,
    "cross": threes,
    "linalg.vecdot": vecdots,
    "linalg.vander": vanders,
    "linalg.diagonal": any_diagonals,
    "linalg.matmul": products,
    "addmm": added("nm", "nk", "km"),
    "addmv": added("n", "nk", "k"),
    "addr": added("nm", "n", "m"),
    "baddbmm": added("bnm", "bnk", "bkm"),
    "addbmm": added("nm", "bnk", "bkm"),
    "mm": pair("nk", "km"),
    "bmm": pair("bnk", "bkm"),
    "mv": pair("nk", "k"),
    "dot": pair("k", "k"),
    "vdot": pair("k", "k"),
    "outer": pair("n", "m"),
    "ger": pair("n", "m"),
    "matmul": products,
    "inner": inners,
    "kron": krons,
    "einsum": sums_of_products,
    "tensordot": tensordots,
    "trace": lambda m: ((m.array(m.shape(1, 3) if m.chance(0.1) else m.shape(2, 2)),), {}),
    "diag": diagonals(0, 3),
    "diagonal": any_diagonals,
    "tril": diagonals(1, 4),
    "triu": diagonals(1, 4),
}  # fmt: skip
WIDER = {
    "linalg.vecdot": "of integers, and vectors that broadcast",
    "linalg.vander": "of bools",
    "trace": "of bools",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(name, SAMPLES[name], record_property, wider=WIDER.get(name, ""))
