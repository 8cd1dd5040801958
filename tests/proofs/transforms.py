"""The records of transforms: what they give is itself differentiable, as often as one likes."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_kr as tg
from tests.proofs.domains import ANY, Domain, Marks, calls
from tinygrad_kr import func
from tinygrad_kr.autograd import functional
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.testing import Call, OpRecord, call

Array = np.ndarray[Any, Any]


def pair(second: Domain = ANY) -> Any:
    """Two vectors of one size."""

    def make(marks: Marks) -> Call:
        shape = (marks.choose([2, 3, 1]),)
        return call(ANY(marks, shape), second(marks, shape))

    return calls(make)


def curved(x: Any, w: Any) -> Any:
    """Its gradient by x is w cos x + 2 x Σ x²/2, its Hessian diag(-w sin x + Σx²) + 2 x xᵀ."""
    return (w * tg.sin(x)).sum() + (x * x).sum() ** 2 / 4


def slope(x: Array, w: Array) -> Array:
    return w * np.cos(x) + x * (x * x).sum(-1, keepdims=True)


def bend(x: Array, w: Array) -> Array:
    return np.diag(-w * np.sin(x) + (x * x).sum()) + 2 * x[:, None] * x


def rows(marks: Marks) -> Call:
    n = marks.choose([2, 3, 1])
    return call(ANY(marks, (marks.choose([2, 1, 3]), n)), ANY(marks, (n,)))


def along(x: Any, v: Any) -> Any:
    return func.jvp(lambda x: tg.exp(x) * x.sum(), (x,), (v,))[1]


def back(x: Any, v: Any) -> Any:
    return func.vjp(lambda x: tg.exp(x) * x.sum(), x)[1](v)[0]


RECORDS = [
    OpRecord("func.grad", func.grad(curved), slope, pair(), analytic=True,
             errors=((ArgumentError, call(tg.ones(2, dtype=tg.int64), tg.ones(2))),)),
    OpRecord("func.vmap", func.vmap(func.grad(curved), in_dims=(0, None)), slope, calls(rows),
             analytic=True),
    OpRecord("func.jvp", along, lambda x, v: np.exp(x) * (v * x.sum() + v.sum()), pair(),
             analytic=True),
    OpRecord("func.vjp", back, lambda x, v: np.exp(x) * v * x.sum() + (np.exp(x) * v).sum(),
             pair(), analytic=True),
    OpRecord("func.hessian", func.hessian(curved), bend, pair(), analytic=True),
    OpRecord("functional.hvp",
             lambda x, v: functional.hvp(lambda x: curved(x, x), x, v, create_graph=True)[1],
             lambda x, v: (2 * np.cos(x) - x * np.sin(x) + (x * x).sum()) * v + 2 * x * (x @ v),
             pair(), analytic=True),
]  # fmt: skip
