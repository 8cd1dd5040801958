"""The rules, as classes and as functions of arrays, against the formulas written anew."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optim_problems import RULES, Array, Race, problems

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.optim.adagrad import adagrad_, rmsprop_
from tinygrad_kr.optim.adam import adam_
from tinygrad_kr.optim.more.adaptive import adadelta_, adamax_, nadam_, radam_
from tinygrad_kr.optim.more.averaging import asgd_
from tinygrad_kr.optim.more.resilient import rprop_
from tinygrad_kr.optim.sgd import momentum_, sgd_

rules = pytest.mark.parametrize("name", RULES)

# The pure functions, with no more than the arrays that the options ask for.


def sgd(w: Array, g: Array, t: int, arrays: list[Array], **options: Any) -> None:
    # The first step takes no notice of what the buffer holds.
    arrays[0] += 7 * (t == 1)
    sgd_(w, g, arrays[0] if options["momentum"] else None, first=t == 1, **options)


def momentum(w: Array, g: Array, t: int, arrays: list[Array], **options: Any) -> None:
    momentum_(w, g, arrays[0], **options)


def adagrad(
    w: Array, g: Array, t: int, arrays: list[Array],
    initial_accumulator_value: float, convention: str, **options: Any,
) -> None:  # fmt: skip
    arrays[0] += initial_accumulator_value * (t == 1)
    adagrad_(w, g, arrays[0], step=t, **options)


def rmsprop(
    w: Array, g: Array, t: int, arrays: list[Array], centered: bool, convention: str, **options: Any
) -> None:
    buffer = arrays[2] if options["momentum"] else None
    rmsprop_(w, g, arrays[0], arrays[1] if centered else None, buffer, **options)


def adam(
    w: Array, g: Array, t: int, arrays: list[Array],
    betas: tuple[float, float], amsgrad: bool, **options: Any,
) -> None:  # fmt: skip
    beta1, beta2 = betas
    peak = arrays[2] if amsgrad else None
    adam_(w, g, arrays[0], arrays[1], peak, step=t, beta1=beta1, beta2=beta2, **options)


def adadelta(w: Array, g: Array, t: int, arrays: list[Array], **options: Any) -> None:
    adadelta_(w, g, arrays[0], arrays[1], **options)


def moments(rule: Callable[..., None]) -> Callable[..., None]:
    def follow(
        w: Array, g: Array, t: int, arrays: list[Array],
        betas: tuple[float, float], **options: Any,
    ) -> None:  # fmt: skip
        if rule is nadam_:
            psi, steps = options.pop("momentum_decay"), np.arange(1, t + 2)
            mus = [betas[0] * (1 - 0.5 * 0.96 ** (s * psi)) for s in steps.tolist()]
            options |= dict(mu=mus[-2], mu_next=mus[-1], mu_product=math.prod(mus[:-1]))
        rule(w, g, *arrays[:2], step=t, beta1=betas[0], beta2=betas[1], **options)

    return follow


class Averaging:
    """The rate of a step is the work of the step before it."""

    def __call__(
        self, w: Array, g: Array, t: int, arrays: list[Array],
        lr: float, alpha: float, t0: float, **options: Any,
    ) -> None:  # fmt: skip
        eta = lr if t == 1 else self.eta
        asgd_(w, g, arrays[0], eta=eta, mu=1 / max(1, t - 1 - t0) if t > 1 else 1.0, **options)
        self.eta = lr / (1 + options["lambd"] * lr * t) ** alpha


def rprop(w: Array, g: Array, t: int, arrays: list[Array], lr: float, **options: Any) -> None:
    arrays[1] += lr * (t == 1)
    rprop_(w, g, arrays[0], arrays[1], **options)


PURE: dict[str, tuple[Callable[..., None], Callable[..., None]]] = {
    "SGD": (sgd, sgd_),
    "Momentum": (momentum, momentum_),
    "AdaGrad": (adagrad, adagrad_),
    "RMSProp": (rmsprop, rmsprop_),
    "Adam": (adam, adam_),
    "AdamW": (adam, adam_),
    "Adadelta": (adadelta, adadelta_),
    "Adamax": (moments(adamax_), adamax_),
    "NAdam": (moments(nadam_), nadam_),
    "RAdam": (moments(radam_), radam_),
    "ASGD": (Averaging(), asgd_),
    "Rprop": (rprop, rprop_),
}


def test_every_optimizer_has_its_formula() -> None:
    classes = {c for c in vars(optim).values() if inspect.isclass(c)} - {
        optim.Optimizer,
        optim.LBFGS,
    }
    assert classes == {rule.make for rule in RULES.values()}
    assert RULES.keys() == PURE.keys()


def defaults(function: Callable[..., Any], *without: str) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters
    return {name: p.default for name, p in parameters.items() if name not in without}


@rules
def test_every_option_is_in_the_formula_and_is_varied(name: str) -> None:
    rule = RULES[name]
    options = defaults(rule.make, "params", "how")
    assert options == defaults(rule.reference, "w", "grads")
    assert options.keys() == rule.options.keys()
    seen: list[dict[str, Any]] = []
    given(rule.drawn())(lambda drawn: seen.append(drawn))()
    for option in options:
        assert len({drawn[option] for drawn in seen}) > 1, option


@pytest.mark.parametrize("name", [name for name in RULES if name != "AdamW"])
def test_the_pure_functions_defaults_are_the_classes(name: str) -> None:
    group = RULES[name].make([tg.zeros(1, requires_grad=True)]).param_groups[0]
    if "betas" in group:
        group["beta1"], group["beta2"] = group["betas"]
    own = defaults(PURE[name][1])
    assert {k: v for k, v in own.items() if k in group and k != "lr"} == {
        k: v for k, v in group.items() if k in own and k != "lr"
    }


@rules
@given(data=st.data())
def test_the_whole_path_is_the_formulas_and_the_pure_functions(
    name: str, data: st.DataObject
) -> None:
    def follow(w: Array, grads: Sequence[Array], rates: Sequence[float], **options: Any) -> Any:
        w, arrays = w.copy(), [np.zeros_like(w) for _ in range(3)]
        for t, (g, rate) in enumerate(zip(grads, rates, strict=True), start=1):
            PURE[name][0](w, g, t, arrays, lr=rate, **options)
            yield w.copy()

    race = Race(name, data.draw(problems(name)))
    paths = race.run()
    groups = {p: group for group in race.optimizer.param_groups for p in group["params"]}
    for p, walk, path in zip(race.params, race.walks, paths, strict=True):
        expected = walk.path(RULES[name].reference, walk.options)
        largest = np.maximum.accumulate(np.abs(expected))
        assert (np.abs(path - expected) <= 1e-12 * largest).all(), (path, expected)
        # The group's own options, eps among them, that None stood for.
        options = {k: v for k, v in groups[p].items() if k not in ("params", "lr")}
        np.testing.assert_array_equal(path, walk.path(follow, options))
        taken = sum(g is not None for g in walk.grads)
        assert race.optimizer.state[p].get("step", taken) == taken


def problem() -> tuple[Array, list[Array]]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(2, 3)), list(rng.normal(size=(6, 2, 3)))


def walk(optimizer: optim.Optimizer, p: tg.Tensor, grads: Sequence[Array]) -> None:
    for g in grads:
        p.grad = tg.tensor(g, dtype=p.dtype)
        optimizer.step()


@rules
def test_float32_stays_float32(name: str) -> None:
    make, expected = RULES[name].make, RULES[name].reference
    w, grads = problem()
    p = tg.tensor(w.astype(np.float32), requires_grad=True)
    optimizer = make([p], lr=np.float64(0.05))
    before = p._array
    walk(optimizer, p, grads)
    assert p._array is before and p.dtype == np.float32
    state = optimizer.state[p].values()
    assert all(s.dtype == np.float32 for s in state if isinstance(s, tg.Tensor))
    np.testing.assert_allclose(
        p.detach().numpy(),
        expected(w, grads, lr=0.05)[-1],
        rtol=2e-5,
    )


@pytest.mark.parametrize("name", ["Adagrad", "RMSprop"])
def test_both_spellings_are_one_class(name: str) -> None:
    book = {"Adagrad": "AdaGrad", "RMSprop": "RMSProp"}[name]
    assert getattr(optim, name) is getattr(optim, book)


@pytest.mark.parametrize(
    ("make", "torch_eps"), [(optim.AdaGrad, 1e-10), (optim.RMSProp, 1e-8), (optim.Adam, 1e-8)]
)
def test_eps_follows_the_convention(make: Callable[..., optim.Optimizer], torch_eps: float) -> None:
    p, q = tg.zeros(2, requires_grad=True), tg.zeros(2, requires_grad=True)
    assert make([p]).param_groups[0]["eps"] == torch_eps
    assert make([p], convention="book").param_groups[0]["eps"] == 1e-7
    assert make([p], eps=0.5, convention="book").param_groups[0]["eps"] == 0.5
    mixed = make([{"params": p}, {"params": q, "convention": "book"}])
    assert [group["eps"] for group in mixed.param_groups] == [torch_eps, 1e-7]


def quadratic(optimizer_of: Callable[[list[tg.Tensor]], optim.Optimizer], steps: int) -> Array:
    """The path on x²/20 + y² from (−7, 2), whose gradient is written out."""
    p = tg.tensor([-7.0, 2.0], dtype=tg.float64, requires_grad=True)
    optimizer = optimizer_of([p])
    path = []
    for _ in range(steps):
        x, y = p.tolist()
        walk(optimizer, p, [np.array([x / 10, 2 * y])])
        path.append(p.tolist())
    return np.array(path)


def test_sgd_has_a_closed_form_on_the_quadratic() -> None:
    k = np.arange(1, 31)
    closed = np.stack([-7 * 0.905**k, 2 * (-0.9) ** k], axis=1)
    np.testing.assert_allclose(quadratic(lambda p: optim.SGD(p, lr=0.95), 30), closed, rtol=1e-10)


def test_momentum_equals_sgds_while_the_rate_is_constant_and_only_then() -> None:
    book = quadratic(lambda p: optim.Momentum(p, lr=0.1, momentum=0.9), 30)
    torchs = quadratic(lambda p: optim.SGD(p, lr=0.1, momentum=0.9), 30)
    np.testing.assert_allclose(book, torchs, rtol=1e-10)
    ends = []
    for make in (optim.Momentum, optim.SGD):
        p = tg.tensor([0.0], requires_grad=True)
        optimizer = make([p], lr=0.1, momentum=0.5)
        walk(optimizer, p, [np.array([1.0])])
        optimizer.param_groups[0]["lr"] = 0.2
        walk(optimizer, p, [np.array([0.0])])
        ends.append(p.item())
    np.testing.assert_allclose(ends, [-0.1 - 0.05, -0.1 - 0.2 * 0.5], rtol=1e-6)


def test_adams_first_steps_by_hand() -> None:
    g1, g2 = 3.0, -5.0
    p = tg.tensor(1.0, dtype=tg.float64, requires_grad=True)
    optimizer = optim.Adam([p], lr=0.01)
    walk(optimizer, p, [np.array(g1)])
    assert optimizer.state[p]["exp_avg"].item() / (1 - 0.9) == pytest.approx(g1)
    assert p.item() == pytest.approx(1.0 - 0.01)
    walk(optimizer, p, [np.array(g2)])
    m_hat = optimizer.state[p]["exp_avg"].item() / (1 - 0.9**2)
    assert m_hat == pytest.approx(0.4737 * g1 + 0.5263 * g2, abs=1e-3)
    assert optimizer.state[p]["step"] == 2


def test_eps_stands_beside_the_root_not_under_it() -> None:
    for make in (optim.Adam, optim.RMSProp, optim.AdaGrad):
        p = tg.tensor([0.0], dtype=tg.float64, requires_grad=True)
        walk(make([p], lr=0.01, eps=1e-8), p, [np.array([1e-6])])
        size = 0.1 if make is optim.RMSProp else 0.01
        assert p.item() == pytest.approx(-size, rel=0.2)


def test_adagrads_steps_die_out_and_rmsprops_do_not() -> None:
    last = {}
    for make in (optim.AdaGrad, optim.RMSProp):
        p = tg.tensor([0.0], dtype=tg.float64, requires_grad=True)
        walk(optimizer := make([p], lr=0.01), p, [np.array([1.0])] * 2000)
        before = p.item()
        walk(optimizer, p, [np.array([1.0])])
        last[make] = before - p.item()
    assert last[optim.AdaGrad] == pytest.approx(0.01 / 2001**0.5)
    assert last[optim.RMSProp] == pytest.approx(0.01)


def test_centred_rmsprop_lives_through_a_steady_gradient() -> None:
    p = tg.tensor([0.0, 0.0, 0.0], requires_grad=True)
    optimizer = optim.RMSProp([p], centered=True, alpha=0.9, eps=1e-3)
    walk(optimizer, p, [np.array([0.3741618, -0.881695, 0.7707802])] * 600)
    assert np.isfinite(p.detach().numpy()).all()


@rules
def test_nan_and_overflow_pass_without_a_warning(name: str) -> None:
    make = RULES[name].make
    p = tg.tensor([1.0, 1.0, 1.0], requires_grad=True)
    decay = {"weight_decay": 0.1} if "weight_decay" in RULES[name].options else {}
    optimizer = make([p], lr=0.1, **decay)
    walk(optimizer, p, [np.array([np.nan, 3e38, 0.0])] * 3)
    assert np.isnan(p.tolist()[0]) and np.isfinite(p.tolist()[2])
