"""Distributions by what must hold of them: densities that add up to one, moments, entropies and
divergences by integration, draws by their moments, what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import distributions as D
from tinygrad_kr.distributions import constraints, kl_divergence
from tinygrad_kr.errors import ArgumentError, ShapeError, UndefinedError

F64 = {"dtype": tg.float64}


def t(*values: Any) -> tg.Tensor:
    return tg.tensor(values[0] if len(values) == 1 else values, **F64)


#: Each with the ends of a grid outside of which hardly anything lies.
CONTINUOUS = {
    "normal": (D.Normal(t(0.3), t(0.7)), -12, 12),
    "laplace": (D.Laplace(t(-0.4), t(0.5)), -25, 25),
    "exponential": (D.Exponential(t(1.5)), 0, 40),
    "uniform": (D.Uniform(t(-1.0), t(2.5)), -1, 2.5),
    "log_normal": (D.LogNormal(t(0.1), t(0.4)), 1e-9, 60),
}
OTHER = {
    "normal": D.Normal(t(-0.2), t(1.1)),
    "laplace": D.Laplace(t(0.5), t(1.2)),
    "exponential": D.Exponential(t(0.8)),
    "uniform": D.Uniform(t(-2.0), t(4.0)),
    "log_normal": D.LogNormal(t(-0.3), t(0.6)),
}
DISCRETE = {
    "bernoulli": (D.Bernoulli(t(0.3)), t(0.0, 1.0)),
    "categorical": (D.Categorical(t(0.2, 0.5, 0.0, 0.3)), tg.arange(4)),
    "one_hot": (D.OneHotCategorical(logits=t(0.2, -0.5, 1.0)), tg.eye(3, **F64)),
    "geometric": (D.Geometric(t(0.3)), tg.arange(400, **F64)),
}


def integral(values: Any, grid: Any) -> float:
    return float(np.trapezoid(values, grid))


def on_a_grid(name: str) -> tuple[Any, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A distribution, a grid that is fine where the density has its kink, and the density there."""
    d, low, high = CONTINUOUS[name]
    half = np.geomspace(1e-9, 1, 200_001)
    middle = min(max(d.mean.item(), low), high) if name != "laplace" else d.loc.item()
    left, right = middle - half[::-1] * (middle - low), middle + half * (high - middle)
    grid = np.clip(np.concatenate([left, right]), low, np.nextafter(high, low))
    return d, grid, np.exp(d.log_prob(tg.from_numpy(grid)).numpy())


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_density_by_integration(name: str) -> None:
    d, grid, p = on_a_grid(name)
    mean = integral(p * grid, grid)
    assert integral(p, grid) == pytest.approx(1, abs=1e-6)
    assert mean == pytest.approx(d.mean.item(), abs=1e-6)
    assert integral(p * (grid - mean) ** 2, grid) == pytest.approx(d.variance.item(), rel=1e-5)
    assert d.stddev.item() == pytest.approx(math.sqrt(d.variance.item()))
    log = np.log(np.where(p > 0, p, 1))
    assert -integral(p * log, grid) == pytest.approx(d.entropy().item(), abs=1e-5)
    assert d.perplexity().item() == pytest.approx(math.exp(d.entropy().item()))
    if name != "uniform":
        assert abs(grid[p.argmax()] - d.mode.item()) < 1e-3


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles(name: str) -> None:
    d, grid, p = on_a_grid(name)
    at = d.icdf(t(0.01, 0.3, 0.5, 0.97))
    np.testing.assert_allclose(d.cdf(at).numpy(), [0.01, 0.3, 0.5, 0.97], 1e-9)
    for x, share in zip(at.tolist(), d.cdf(at).tolist(), strict=True):
        below = grid <= x
        assert integral(p[below], grid[below]) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_by_summation(name: str) -> None:
    d, values = DISCRETE[name]
    p = np.exp(d.log_prob(values).numpy())
    assert p.sum() == pytest.approx(1)
    v = values.numpy().reshape(len(p), -1)
    mean = (p[:, None] * v).sum(0)
    if name != "categorical":
        np.testing.assert_allclose(np.atleast_1d(d.mean.numpy()), mean)
        variance = (p[:, None] * (v - mean) ** 2).sum(0)
        np.testing.assert_allclose(np.atleast_1d(d.variance.numpy()), variance)
    np.testing.assert_array_equal(np.atleast_1d(d.mode.numpy()), v[p.argmax()])
    positive = p[p > 1e-9]
    assert -(positive * np.log(positive)).sum() == pytest.approx(d.entropy().item(), abs=1e-6)
    if d.has_enumerate_support:
        np.testing.assert_array_equal(d.enumerate_support().numpy(), values.numpy())


@pytest.mark.parametrize("p", CONTINUOUS)
@pytest.mark.parametrize("q", CONTINUOUS)
def test_divergences_by_integration(p: str, q: str) -> None:
    first, grid, density = on_a_grid(p)
    second = OTHER[q]
    try:
        found = kl_divergence(first, second).item()
    except UndefinedError:
        assert "log_normal" in (p, q) or (p, q) in {
            ("exponential", "laplace"), ("uniform", "laplace"),
        }  # fmt: skip
        return
    other = second.support.check(tg.from_numpy(grid)).numpy()
    if not other[density > 1e-12].all():
        assert found == math.inf
        return
    logs = second.log_prob(tg.from_numpy(grid)).numpy()
    whole = density * (np.log(np.where(density > 0, density, 1)) - np.where(density > 0, logs, 0))
    assert integral(whole, grid) == pytest.approx(found, abs=2e-5)


def test_divergences_of_probabilities() -> None:
    p, q = np.array([0.2, 0.5, 0.3]), np.array([0.4, 0.4, 0.2])
    expected = (p * np.log(p / q)).sum()
    for kind in (D.Categorical, D.OneHotCategorical):
        assert kl_divergence(kind(t(p)), kind(t(q))).item() == pytest.approx(expected)
    assert kl_divergence(D.Categorical(t(1.0, 0.0)), D.Categorical(t(0.0, 1.0))) == math.inf
    coin = kl_divergence(D.Bernoulli(t(0.2)), D.Bernoulli(t(0.5)))
    assert coin.item() == pytest.approx(0.2 * math.log(0.4) + 0.8 * math.log(1.6))
    assert kl_divergence(D.Bernoulli(t(0.0)), D.Bernoulli(t(0.0))).item() == 0
    counts, (g, h) = tg.arange(400, **F64), (D.Geometric(t(0.3)), D.Geometric(t(0.6)))
    gaps = g.log_prob(counts).exp() * (g.log_prob(counts) - h.log_prob(counts))
    assert kl_divergence(g, h).item() == pytest.approx(gaps.sum().item())


class TestMultivariateNormal:
    lower = t([[1.2, 0.0, 0.0], [0.4, 0.7, 0.0], [-0.3, 0.5, 1.5]])
    loc = t(0.5, -1.0, 2.0)

    def test_its_three_matrices(self) -> None:
        whole = self.lower @ self.lower.mT
        forms = [
            D.MultivariateNormal(self.loc, scale_tril=self.lower),
            D.MultivariateNormal(self.loc, whole),
            D.MultivariateNormal(self.loc, precision_matrix=tg.linalg.inv(whole)),
        ]
        x = t(0.1, 0.2, 0.3)
        off = (x - self.loc).numpy()
        expected = (
            -(
                3 * math.log(2 * math.pi)
                + np.linalg.slogdet(whole.numpy())[1]
                + off @ np.linalg.solve(whole.numpy(), off)
            )
            / 2
        )
        for d in forms:
            assert d.log_prob(x).item() == pytest.approx(expected)
            np.testing.assert_allclose(d.covariance_matrix.numpy(), whole.numpy())
            np.testing.assert_allclose(d.scale_tril.numpy(), self.lower.numpy(), atol=1e-12)
            np.testing.assert_allclose(d.variance.numpy(), np.diag(whole.numpy()))
            np.testing.assert_allclose(
                d.precision_matrix.numpy(), np.linalg.inv(whole.numpy()), 1e-9
            )

    def test_beside_independent_normals(self) -> None:
        scales = t([[0.5, 2.0], [1.0, 3.0]])
        one = D.MultivariateNormal(t(0.0, 1.0), tg.diag_embed(scales**2))
        other = D.Independent(D.Normal(t(0.0, 1.0), scales), 1)
        assert one.batch_shape == other.batch_shape == (2,) and one.event_shape == (2,)
        x = t([[[0.3, 0.4]], [[1.0, -1.0]], [[0.0, 0.0]]])
        np.testing.assert_allclose(one.log_prob(x).numpy(), other.log_prob(x).numpy())
        np.testing.assert_allclose(one.entropy().numpy(), other.entropy().numpy())
        aside = D.MultivariateNormal(t(1.0, 1.0), tg.eye(2, **F64))
        aside_too = D.Independent(D.Normal(t(1.0, 1.0), t(1.0, 1.0)).expand((2, 2)), 1)
        np.testing.assert_allclose(
            kl_divergence(one, aside).numpy(), kl_divergence(other, aside_too).numpy()
        )

    def test_draws(self) -> None:
        tg.manual_seed(3)
        x = D.MultivariateNormal(self.loc, scale_tril=self.lower).sample((20_000,)).numpy()
        whole = (self.lower @ self.lower.mT).numpy()
        error = np.sqrt((whole**2 + np.outer(np.diag(whole), np.diag(whole))) / len(x))
        assert (abs(np.cov(x.T) - whole) < 4 * error).all()
        assert (abs(x.mean(0) - self.loc.numpy()) < 4 * np.sqrt(np.diag(whole) / len(x))).all()

    def test_what_is_no_covariance(self) -> None:
        eye = tg.eye(3, **F64)
        for matrices in ({}, {"scale_tril": eye, "covariance_matrix": eye},
                         {"covariance_matrix": -eye}, {"scale_tril": eye.flip(0)},
                         {"covariance_matrix": tg.ones(2, 2, **F64)},
                         {"precision_matrix": eye + t([[0.0, 0.5, 0.0]] * 3)}):  # fmt: skip
            with pytest.raises(ArgumentError):
                D.MultivariateNormal(self.loc, **matrices)


DRAWN = {**{k: v[0] for k, v in CONTINUOUS.items()}, **{k: v[0] for k, v in DISCRETE.items()}}


@pytest.mark.parametrize("name", DRAWN)
def test_draws_have_the_moments(name: str) -> None:
    """Within four standard errors, that of the variance by the draws' own fourth moment."""
    tg.manual_seed(11)
    d, n = DRAWN[name], 40_000
    drawn = d.sample((n,))
    assert bool(d.support.check(drawn).all()) and drawn.shape == (n, *d.event_shape)
    x = drawn.numpy().astype(float)
    if name == "categorical":
        x = (x[:, None] == np.arange(4)).astype(float)
        mean, variance = d.probs.numpy(), (d.probs * (1 - d.probs)).numpy()
        assert not x[:, 2].any()
    else:
        mean, variance = d.mean.numpy(), d.variance.numpy()
    squares = (x - mean) ** 2
    assert (abs(x.mean(0) - mean) <= 4 * np.sqrt(variance / n)).all()
    assert (abs(squares.mean(0) - variance) <= 4 * squares.std(0) / math.sqrt(n)).all()
    tg.manual_seed(11)
    assert bool((d.sample((n,)) == drawn).all())


@pytest.mark.parametrize("name", [n for n, d in DRAWN.items() if d.has_rsample])
def test_a_gradient_flows_through_a_reparameterised_draw(name: str) -> None:
    """The derivative of the draws' mean is that of the distribution's mean, within four standard
    errors, by bounds of the deviation of one draw's derivative."""
    d = DRAWN[name]
    names = list(d.arg_constraints)
    leaves = [getattr(d, k).clone().requires_grad_() for k in names]
    made = type(d)(*leaves)
    wanted = tg.autograd.grad(made.mean, leaves, materialize_grads=True)
    tg.manual_seed(5)
    x = made.rsample((20_000,))
    assert not made.sample().requires_grad
    found = tg.autograd.grad(x.mean(), leaves)
    spread = {"normal": 1, "laplace": 2, "exponential": 1, "uniform": 1, "log_normal": 2}[name]
    for g, w in zip(found, wanted, strict=True):
        assert abs(g.item() - w.item()) < 4 * spread * max(1, abs(w.item())) / math.sqrt(20_000)


def test_parameters_in_other_words() -> None:
    p = t(0.2, 0.7)
    coin = D.Bernoulli(logits=D.Bernoulli(p).logits)
    np.testing.assert_allclose(coin.probs.numpy(), p.numpy())
    dice = D.Categorical(logits=D.Categorical(5 * p).logits + 3)
    np.testing.assert_allclose(dice.probs.numpy(), [2 / 9, 7 / 9])
    assert repr(D.Normal(0.0, tg.ones(2))) == "Normal(loc: torch.Size([2]), scale: torch.Size([2]))"
    assert repr(D.Bernoulli(0.5)) == "Bernoulli(probs: 0.5)"
    assert D.Categorical(p).param_shape == (2,) and coin.param_shape == (2,)


def test_a_parameter_found_under_no_grad_has_its_gradient() -> None:
    logits = t(0.2, 0.7).requires_grad_()
    d = D.Categorical(logits=logits)
    with tg.no_grad():
        d.sample()
        assert d.probs.requires_grad
    (g,) = tg.autograd.grad(d.probs[0], logits)
    assert g[0].item() > 0


def test_a_batch_expands() -> None:
    for d in (*DRAWN.values(), D.MultivariateNormal(t(0.0, 1.0), tg.eye(2, **F64))):
        wide = d.expand((4, 3))
        assert wide.batch_shape == (4, 3) and wide.event_shape == d.event_shape
        assert wide.sample((2,)).shape == (2, 4, 3, *d.event_shape)
        assert bool((wide.entropy() == d.entropy()).all())
    rows = D.Independent(D.Normal(tg.zeros(3), 1.0), 1).expand((5,))
    assert rows.batch_shape == (5,) and rows.event_shape == (3,)


def test_a_divergence_of_ones_own() -> None:
    class Point(D.Distribution):
        pass

    @D.register_kl(Point, D.Normal)
    def rule(p: Any, q: Any) -> tg.Tensor:
        return -q.log_prob(tg.zeros(()))

    class Finer(Point):
        pass

    assert kl_divergence(Finer(), D.Normal(0.0, 1.0)).item() == pytest.approx(0.9189385)
    with pytest.raises(UndefinedError, match="Normal"):
        kl_divergence(D.Normal(0.0, 1.0), Point())


@pytest.mark.parametrize(
    "make",
    [
        lambda: D.Normal(0.0, -1.0),
        lambda: D.Normal(math.nan, 1.0),
        lambda: D.Normal("0", 1.0),
        lambda: D.Uniform(1.0, 1.0),
        lambda: D.Bernoulli(1.5),
        lambda: D.Bernoulli(0.5, 0.5),
        lambda: D.Bernoulli(),
        lambda: D.Geometric(0.0),
        lambda: D.Categorical(t(-1.0, 2.0)),
        lambda: D.Categorical(t(1.0)[()]),
        lambda: D.Exponential(0.0),
        lambda: D.Independent(D.Normal(0.0, 1.0), 1),
        lambda: D.Normal(0.0, 1.0).log_prob(1.0),
        lambda: D.Normal(tg.zeros(2), 1.0).log_prob(tg.zeros(3)),
        lambda: D.Bernoulli(0.5).log_prob(t(0.5)),
        lambda: D.Categorical(t(0.5, 0.5)).log_prob(tg.tensor(2)),
        lambda: D.OneHotCategorical(t(0.5, 0.5)).log_prob(t(0.5, 0.5)),
        lambda: D.Exponential(1.0).log_prob(t(-1.0)),
        lambda: D.Uniform(0.0, 1.0).cdf(t(2.0)),
    ],
)
def test_what_is_refused(make: Any) -> None:
    with pytest.raises(ArgumentError, match=r"[가-힣][\s\S]*\n[\s\S]*[a-z]"):
        make()


def test_unchecked_it_computes_what_it_is_given() -> None:
    assert math.isnan(D.Normal(0.0, -1.0, validate_args=False).log_prob(tg.zeros(())).item())
    d = D.Uniform(t(0.0), t(1.0), validate_args=False)
    assert d.log_prob(t(-1.0, 0.0, 0.5, 1.0)).tolist() == [-math.inf, 0, 0, -math.inf]
    try:
        D.Distribution.set_default_validate_args(False)
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ShapeError):
        D.Normal(tg.zeros(2), tg.ones(3))
    for ask in (D.Bernoulli(0.5).rsample, D.Distribution(validate_args=False).sample):
        with pytest.raises(UndefinedError, match="has no"):
            ask()


def test_constraints_say_where_they_hold() -> None:
    x = t(-1.0, 0.0, 0.5, 1.0, 2.0)
    table = {
        constraints.positive: [0, 0, 1, 1, 1],
        constraints.nonnegative: [0, 1, 1, 1, 1],
        constraints.unit_interval: [0, 1, 1, 1, 0],
        constraints.half_open_interval(0, 1): [0, 1, 1, 0, 0],
        constraints.boolean: [0, 1, 0, 1, 0],
        constraints.nonnegative_integer: [0, 1, 0, 1, 1],
        constraints.positive_integer: [0, 0, 0, 1, 1],
        constraints.integer_interval(0, 1): [0, 1, 0, 1, 0],
        constraints.less_than(1.0): [1, 1, 1, 0, 0],
        constraints.real: [1, 1, 1, 1, 1],
    }
    for constraint, expected in table.items():
        assert constraint.check(x).int().tolist() == expected, constraint
    assert not constraints.real.check(t(math.nan))
    assert constraints.simplex.check(t([[0.5, 0.5], [0.5, 0.6], [-0.5, 1.5]])).tolist() == [
        True, False, False,
    ]  # fmt: skip
    assert constraints.real_vector.event_dim == 1 and str(constraints.real) == "Real()"
