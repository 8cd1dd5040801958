"""Distributions beside PyTorch's: densities, moments, entropies, quantiles, divergences, with their
gradients, and refusals. Draws are each library's own: test_distributions.py holds ours to account.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygrad_kr  # noqa: E402
from tests.parity.beside import Array, Drawn, Sample, compare  # noqa: E402

Sampler = Callable[[Drawn], Sample]
Params = dict[str, Any]
Record = Callable[[str, Any], None]


def floats(m: Drawn, shape: Any) -> Array:
    return m.floats(shape)


def in_one_dtype(m: Drawn, value: Any) -> Any:
    """All floats of a sample as float64, or all as float32: of a mixture PyTorch computes parts in
    the one and parts in the other. Matrices as float64: what float32 finds is as their condition.
    """
    named = {name for x in value[0] if isinstance(x, dict) for name in x}
    matrices = {"covariance_matrix", "precision_matrix", "scale_tril"} & named
    dtype = "float64" if matrices else m.of("float64", "float64", "float32")

    def cast(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: cast(x) for k, x in v.items()}
        if isinstance(v, tuple):
            return tuple(map(cast, v))
        if isinstance(v, np.ndarray | np.generic):
            return np.asarray(v, dtype if v.dtype.kind == "f" else None)
        return v

    return cast(value)


def spoiled(m: Drawn, x: Array) -> Array:
    """Now and then with what no parameter may be."""
    if x.size and m.chance(0.08):
        x = x.copy()
        x.reshape(-1)[-1] = m.of(np.nan, -1.0, np.inf, 0.0, 2.0)
    return x


def located(m: Drawn, shape: Any) -> Params:
    """A place and a width, broadcast; one of them perhaps a number. (Two are of the default dtype,
    and the last digit of a logarithm in float32 is each library's own.)"""
    of = floats(m, m.broadcastable(shape))
    wide = np.exp(floats(m, shape) / 2)
    loc: Any = 0.5 if m.chance(0.1) else spoiled(m, of)
    some = m.chance(0.1) and not isinstance(loc, float)
    scale: Any = m.of(1.5, -1.0) if some else spoiled(m, wide)
    return {"loc": loc, "scale": scale}


def rated(m: Drawn, shape: Any) -> Params:
    return {"rate": spoiled(m, np.exp(floats(m, shape)))}


def bounded(m: Drawn, shape: Any) -> Params:
    low = floats(m, shape)
    return {"low": low, "high": spoiled(m, low + np.exp(floats(m, shape)))}


def edged(m: Drawn, p: Array) -> Array:
    """With probabilities of 0 and 1."""
    return np.where(m.rng.random(p.shape) < 0.2, np.round(p), p).astype(p.dtype)


def chanced(m: Drawn, shape: Any) -> Params:
    x = floats(m, shape)
    if m.chance():
        return {"logits": 3 * x}
    return {"probs": spoiled(m, edged(m, 1 / (1 + np.exp(-x))))}


def failing(m: Drawn, shape: Any) -> Params:
    """Not impossible, nor nearly so: the variance of that is too large to be told in float32."""
    found = chanced(m, shape)
    if "logits" in found:
        return {"logits": found["logits"] / 3}
    return {"probs": np.where(found["probs"] == 0, 0.5, found["probs"])}


def sorted_out(m: Drawn, shape: Any) -> Params:
    x = floats(m, (*shape, m.of(1, 2, 3, 4)))
    if m.chance():
        return {"logits": x}
    p = edged(m, np.exp(x))
    p[..., 0] += 0.25  # not all zeros
    return {"probs": spoiled(m, p)}


def correlated(m: Drawn, shape: Any) -> Params:
    """A positive-definite matrix for vectors of up to three, in one of three ways."""
    n = m.of(1, 2, 3)
    x = m.floats((*m.broadcastable(shape), n, n))
    lower = np.tril(x, -1) + np.eye(n) * np.exp(x / 4)
    whole = lower @ np.swapaxes(lower, -1, -2)
    name, matrix = m.of(
        ("scale_tril", lower), ("covariance_matrix", whole), ("precision_matrix", whole)
    )
    if m.chance(0.1):
        matrix = m.of(-matrix, x, matrix[..., 0])
    return {"loc": m.floats((*shape, n)), name: matrix}


def both_ways(m: Drawn, params: Params) -> Params:
    """Now and then with none of probs and logits, or both."""
    if not m.chance(0.05):
        return params
    return m.of({}, {"probs": np.array([0.5]), "logits": np.array([0.5])})


def whole(m: Drawn, shape: Any, most: int) -> Array:
    return m.integers(shape, "int64", 0, most)


def values_of(m: Drawn, name: str, params: Params, shape: Any) -> Array:
    """What may be asked about: of that shape, with more dimensions or fewer, or not fitting."""
    ahead = m.of((), (), (2,), (1,))
    batch = (*ahead, *shape) if m.chance(0.8) else m.broadcastable(shape)
    if m.chance(0.05):
        batch = (*batch, 5)
    if name == "Bernoulli":
        # PyTorch takes integers now and then.
        return m.integers(batch, "float64", 0, 2 if m.chance(0.95) else 3)
    if name == "Geometric":
        return whole(m, batch, 6).astype("float64") - m.chance(0.05) * 0.5
    size = next((np.shape(v)[-1] for v in params.values() if np.ndim(v)), 0)
    if name == "Categorical":
        return whole(m, batch, max(size, 1) + m.chance(0.05))
    if name == "OneHotCategorical":
        return np.eye(size)[whole(m, batch, size)] * m.of(*[1.0] * 15, 2.0)
    if name == "MultivariateNormal":
        return m.floats((*batch, np.shape(params["loc"])[-1]))
    if name == "Uniform":
        low, high = params["low"], params["high"]
        found = low + (high - low) * m.rng.random((*ahead, *shape))
        return np.asarray(found if m.chance(0.95) else found + 100)
    x = floats(m, batch)
    if name in ("Exponential", "LogNormal"):
        return np.exp(x) if m.chance(0.95) else x
    return spoiled(m, x) if m.chance(0.2) else x


#: Their parameters have a dimension more.
SIZED = ("Categorical", "MultivariateNormal", "OneHotCategorical")
FAMILIES: dict[str, Callable[[Drawn, Any], Params]] = {
    "Bernoulli": chanced,
    "Categorical": sorted_out,
    "Exponential": rated,
    "Geometric": failing,
    "Laplace": located,
    "LogNormal": located,
    "MultivariateNormal": correlated,
    "Normal": located,
    "OneHotCategorical": sorted_out,
    "Uniform": bounded,
}


def asked(name: str) -> Sampler:
    def sample(m: Drawn) -> Sample:
        shape = m.shape(0, 2)
        if name in SIZED and 0 in shape:
            shape = ()  # PyTorch refuses to reshape what is empty
        params = FAMILIES[name](m, shape)
        if "probs" in params or "logits" in params:
            params = both_ways(m, params)
        value = values_of(m, name, params, shape) if params else np.zeros(1)
        options: dict[str, Any] = {"share": np.asarray(m.rng.uniform(0.02, 0.98, shape))}
        if m.chance(0.2):
            options["batch"] = (3, *shape)
        if m.chance(0.2) and shape and name != "OneHotCategorical":
            options["rows"] = m.of(1, len(shape), len(shape) + 1)
        if m.chance(0.1) and name in ("Exponential", "Laplace", "Uniform"):
            options["check"] = False  # of the others, PyTorch's draws refuse what is wrong
        return in_one_dtype(m, ((params, value), options))

    return sample


def answers(lib: Any, name: str) -> Callable[..., Any]:
    """All that a distribution has to say, "nothing" where that is undefined."""
    package = lib.distributions

    def answer(params: Params, value: Any, share: Any, batch: Any = None, rows: int = 0,
               check: bool | None = None) -> list[Any]:  # fmt: skip
        d = getattr(package, name)(**params, validate_args=check)
        if batch is not None:
            d = d.expand(batch)
        if rows:
            d = package.Independent(d, rows, validate_args=check)

        def of(ask: Callable[[], Any]) -> Any:
            try:
                return ask()
            except NotImplementedError:
                return "nothing"

        drawn = d.sample((2,))
        found = [tuple(d.batch_shape), tuple(d.event_shape), bool(d.has_rsample),
                 bool(d.has_enumerate_support), tuple(drawn.shape),
                 str(drawn.dtype).split(".")[-1]]  # fmt: skip
        found += [of(lambda w=w: getattr(d, w)) for w in ("mean", "mode", "variance", "stddev")]
        found += [of(d.entropy), of(d.perplexity), of(d.enumerate_support)]
        found += [of(lambda: d.enumerate_support(expand=False)), d.log_prob(value)]
        found += [of(lambda: d.cdf(value)), of(lambda: d.icdf(share))]
        for other in ("probs", "logits", "scale_tril", "covariance_matrix", "precision_matrix"):
            # PyTorch's inverse of a Cholesky factor has a gradient in the triangle it never reads.
            if hasattr(d, other) and not (other == "precision_matrix" and "scale_tril" in params):
                found.append(getattr(d, other))
        return found

    return answer


@pytest.mark.parametrize("name", FAMILIES)
def test_a_distribution(name: str, record_property: Record) -> None:
    compare(
        f"distributions.{name}", asked(name), record_property,
        ours=answers(tinygrad_kr, name), theirs=answers(torch, name), most=300,
    )  # fmt: skip


PAIRS = [(name, name) for name in FAMILIES] + [
    ("Exponential", "Normal"), ("Exponential", "Uniform"), ("Laplace", "Exponential"),
    ("Laplace", "Normal"), ("Laplace", "Uniform"), ("Normal", "Exponential"),
    ("Normal", "Laplace"), ("Normal", "Uniform"), ("Uniform", "Exponential"),
    ("Uniform", "Normal"), ("Independent", "Independent"),
]  # fmt: skip


def pair(first: str, second: str) -> Sampler:
    def sample(m: Drawn) -> Sample:
        shape = m.shape(1, 2, (1, 2, 3, 4))
        ps, qs = FAMILIES[first](m, shape), FAMILIES[second](m, shape)
        sizes = [{np.shape(v)[-1] for v in x.values() if np.ndim(v)} for x in (ps, qs)]
        if first in SIZED:
            while sizes[0] != sizes[1]:
                qs = FAMILIES[second](m, shape)
                sizes[1] = {np.shape(v)[-1] for v in qs.values() if np.ndim(v)}
        if first == "Geometric" and "probs" in qs:  # at 1 a second derivative is inf - inf
            qs["probs"] = np.where(qs["probs"] == 1, 0.5, qs["probs"])
        # A number is of the default dtype, and so would be a part of what PyTorch computes. At
        # infinity derivatives are by the formula.
        arrays = [{k: np.where(np.isinf(v), 2.0, v) for k, v in x.items()} for x in (ps, qs)]
        return in_one_dtype(m, (tuple(arrays), {}))

    return sample


def divergence(lib: Any, first: str, second: str, rows: int) -> Callable[..., Any]:
    package = lib.distributions

    def answer(ps: Params, qs: Params) -> Any:
        p, q = getattr(package, first)(**ps), getattr(package, second)(**qs)
        if rows:
            p, q = package.Independent(p, rows), package.Independent(q, rows)
        return package.kl_divergence(p, q)

    return answer


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_divergence(first: str, second: str, record_property: Record) -> None:
    rows = int(first == "Independent")
    names = ("Laplace", "Laplace") if rows else (first, second)
    name = f"distributions.kl_divergence({first}, {second})"
    compare(
        name, pair(*names), record_property,
        ours=divergence(tinygrad_kr, *names, rows), theirs=divergence(torch, *names, rows),
        most=300,
    )  # fmt: skip
