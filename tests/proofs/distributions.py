"""The records of distributions: their densities and divergences, with derivatives by the parameters
and by the values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygrad_kr as tg
from tests.proofs.domains import ANY, Domain, Marks, between, calls
from tinygrad_kr import distributions as D
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.testing import Call, OpRecord, call

Array = np.ndarray[Any, Any]
WIDTH, SHARE = between(0.5, 2.0), between(0.1, 0.9)


def together(*domains: Domain) -> st.SearchStrategy[Call]:
    """Parameters, or parameters and a value, that broadcast."""

    def make(marks: Marks) -> Call:
        shapes = marks.broadcastable(len(domains), high=2)
        return call(*(d(marks, s) for d, s in zip(domains, shapes, strict=True)))

    return calls(make)


def apart(marks: Marks) -> Call:
    """Two Laplace distributions, or a value and a place, not at the kink between them."""
    shape = marks.shape(high=2)
    a = ANY(marks, shape)
    gap = between(0.25, 2.0)(marks, shape)
    return call(a, WIDTH(marks, shape), tg.tensor(a.detach() + gap.detach()).requires_grad_(),
                WIDTH(marks, shape))  # fmt: skip


def log_prob(kind: Any) -> Callable[..., Any]:
    return lambda *args: kind(*args[:-1]).log_prob(args[-1])


def kl(kind: Any, other: Any = None) -> Callable[..., Any]:
    def divergence(*args: Any) -> Any:
        half = len(args) // 2
        return D.kl_divergence(kind(*args[:half]), (other or kind)(*args[half:]))

    return divergence


def normal(loc: Array, scale: Array, x: Array) -> Any:
    return np.log(np.exp(-(((x - loc) / scale) ** 2) / 2) / (scale * np.sqrt(2 * np.pi)))


def bernoulli(p: Array, share: Array) -> Any:
    """With the value a number between, the density is one of a mixture's logarithms."""
    return share * np.log(p) + (1 - share) * np.log(1 - p)


def exponential(rate: Array, x: Array) -> Any:
    return np.log(rate * np.exp(-rate * x))


def laplace(loc: Array, scale: Array, x: Array, _: Array) -> Any:
    """The value is above the place."""
    return np.log(np.exp(-(x - loc) / scale) / (2 * scale))


def gaussian_kl(loc: Array, scale: Array, other: Array, wide: Array) -> Any:
    """E_p[(x - m)²] / 2w² with that expectation as s² + (l - m)²."""
    spread = (scale**2 + (loc - other) ** 2) / (2 * wide**2)
    return np.log(wide / scale) + spread - 0.5


def vectors(marks: Marks) -> Call:
    """A place, a triangle with ones and more on its diagonal, and a value."""
    n = marks.choose([2, 3, 1])
    batch = marks.choose([(), (2,), (0,)])
    lower = between(-1.0, 1.0)(marks, (*marks.choose([batch, ()]), n, n))
    lower._array[...] = np.tril(lower._array, -1) + np.eye(n) * (1.5 + np.tril(lower._array) / 4)
    return call(ANY(marks, (*batch, n)), lower, ANY(marks, (n,)))


def of_triangle(loc: Any, lower: Any, x: Any) -> Any:
    return D.MultivariateNormal(loc, scale_tril=lower.tril(), validate_args=False).log_prob(x)


def multivariate(loc: Array, lower: Array, x: Array) -> Any:
    lower = np.tril(lower)
    inverse = np.linalg.inv(lower @ lower.mT)
    off = x - loc
    far = np.einsum("...i,...ij,...j->...", off, inverse, off)
    size = np.prod(np.diagonal(lower, axis1=-2, axis2=-1), -1)
    return -far / 2 - np.log(size) - off.shape[-1] / 2 * np.log(2 * np.pi)


def categories(marks: Marks) -> Call:
    k = marks.choose([2, 3, 1])
    shape = marks.shape(high=1)
    index = tg.tensor(np.resize([marks.whole(0, k - 1) for _ in range(3)], (2, *shape)))
    return call(ANY(marks, (*shape, k)), index)


def categorical(logits: Array, index: Array) -> Any:
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    p = np.broadcast_to(p, (*index.shape, p.shape[-1]))
    return np.log(np.take_along_axis(p, index[..., None], -1)[..., 0])


def categorical_kl(a: Array, b: Array) -> Any:
    p, q = (np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in (a, b))
    return (p * np.log(p / q)).sum(-1)


def two_of_logits(marks: Marks) -> Call:
    shape = (*marks.shape(high=1), marks.choose([2, 3, 1]))
    return call(ANY(marks, shape), ANY(marks, shape))


def record(name: str, op: Any, reference: Any, inputs: Any, **options: Any) -> OpRecord:
    return OpRecord(f"distributions.{name}", op, reference, inputs, **options)


REFUSED = ((ArgumentError, call(tg.zeros(2), -tg.ones(2), tg.zeros(2))),
           (ArgumentError, call(tg.zeros(2), tg.ones(2), tg.zeros(3))))  # fmt: skip

RECORDS = [
    record("Normal.log_prob", log_prob(D.Normal), normal, together(ANY, WIDTH, ANY),
           analytic=True, errors=REFUSED),
    record("Normal.cdf", lambda *a: D.Normal(*a[:2]).cdf(a[2]),
           lambda loc, scale, x: np.vectorize(math.erfc, [float])((loc - x) / scale / 2**0.5) / 2,
           together(ANY, WIDTH, ANY)),
    record("LogNormal.log_prob", log_prob(D.LogNormal),
           lambda loc, scale, x: normal(loc, scale, np.log(x)) - np.log(x),
           together(ANY, WIDTH, WIDTH), analytic=True),
    record("Laplace.log_prob", lambda a, s, x, _: D.Laplace(a, s).log_prob(x), laplace,
           calls(apart), analytic=True),
    record("Exponential.log_prob", log_prob(D.Exponential), exponential, together(WIDTH, WIDTH),
           analytic=True),
    record("Uniform.log_prob", lambda low, wide, x: D.Uniform(low, low + wide).log_prob(
               low + wide * x), lambda low, wide, x: -np.log(wide) + 0 * low + 0 * x,
           together(ANY, WIDTH, SHARE), analytic=True),
    record("Bernoulli.log_prob", lambda p, v: D.Bernoulli(p, validate_args=False).log_prob(v),
           bernoulli, together(SHARE, SHARE), analytic=True),
    record("Bernoulli.entropy", lambda p: D.Bernoulli(p).entropy(),
           lambda p: -bernoulli(p, p), together(SHARE), analytic=True),
    record("Geometric.log_prob", lambda p, v: D.Geometric(p, validate_args=False).log_prob(v),
           lambda p, v: np.log((1 - p) ** v * p), together(SHARE, WIDTH), analytic=True),
    record("Categorical.log_prob", lambda x, i: D.Categorical(logits=x).log_prob(i), categorical,
           calls(categories), analytic=True),
    record("MultivariateNormal.log_prob", of_triangle, multivariate, calls(vectors)),
    record("kl.Normal", kl(D.Normal), gaussian_kl, together(ANY, WIDTH, ANY, WIDTH),
           analytic=True),
    record("kl.Laplace", kl(D.Laplace),
           lambda a, s, b, w: np.log(w / s) + (b - a) / w + s / w * np.exp(-(b - a) / s) - 1,
           calls(apart), analytic=True),
    record("kl.Exponential", kl(D.Exponential), lambda a, b: np.log(a / b) + b / a - 1,
           together(WIDTH, WIDTH), analytic=True),
    record("kl.Categorical",
           lambda a, b: D.kl_divergence(D.Categorical(logits=a), D.Categorical(logits=b)),
           categorical_kl, calls(two_of_logits), analytic=True),
    record("kl.Bernoulli", kl(D.Bernoulli),
           lambda p, q: p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)),
           together(SHARE, SHARE), analytic=True),
]  # fmt: skip
