"""The rules, as functions of arrays and as classes, against the formulas written anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optim_references as reference
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.optim.adagrad import adagrad_, rmsprop_
from tinygrad_kr.optim.adam import adam_
from tinygrad_kr.optim.sgd import momentum_, sgd_

Array = NDArray[Any]
Options = dict[str, Any]


def drive_sgd(w: Array, grads: Sequence[Array], **options: Any) -> None:
    buffer = np.full_like(w, 7) if options["momentum"] else None
    for i, g in enumerate(grads):
        sgd_(w, g, buffer, first=i == 0, **options)


def drive_momentum(w: Array, grads: Sequence[Array], **options: Any) -> None:
    velocity = np.zeros_like(w)
    for g in grads:
        momentum_(w, g, velocity, **options)


def drive_adagrad(
    w: Array, grads: Sequence[Array], initial_accumulator_value: float, **options: Any
) -> None:
    square_sum = np.full_like(w, initial_accumulator_value)
    for t, g in enumerate(grads, start=1):
        adagrad_(w, g, square_sum, step=t, **options)


def drive_rmsprop(w: Array, grads: Sequence[Array], centered: bool, **options: Any) -> None:
    square_avg, grad_avg, buffer = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    for g in grads:
        rmsprop_(
            w,
            g,
            square_avg,
            grad_avg if centered else None,
            buffer if options["momentum"] else None,
            **options,
        )


def drive_adam(
    w: Array, grads: Sequence[Array], betas: tuple[float, float], amsgrad: bool, **options: Any
) -> None:
    m, v, peak = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w) if amsgrad else None
    for t, g in enumerate(grads, start=1):
        adam_(w, g, m, v, peak, step=t, beta1=betas[0], beta2=betas[1], **options)


def adamw_reference(w: Array, grads: Sequence[Array], **options: Any) -> list[Array]:
    return reference.adam(w, grads, decoupled_weight_decay=True, **options)


def drive_adamw(w: Array, grads: Sequence[Array], **options: Any) -> None:
    drive_adam(w, grads, decoupled_weight_decay=True, **options)


rates = st.floats(1e-3, 0.5)
shares = st.sampled_from([0.0, 0.3, 0.9, 0.99])
decays = st.sampled_from([0.0, 0.01, 0.3])
flags = st.booleans()
common = {"lr": rates, "weight_decay": decays, "maximize": flags}
adam_options = {
    **common,
    "betas": st.tuples(shares, shares),
    "eps": st.sampled_from([1e-8, 1e-3]),
    "amsgrad": flags,
    "convention": st.sampled_from(["torch", "book"]),
}
plain_sgd = {**common, "momentum": shares, "dampening": st.sampled_from([0.0, 0.4])}
nesterov_sgd = {**common, "momentum": st.just(0.7), "nesterov": st.just(True)}

RULES: dict[str, tuple[type[optim.Optimizer], Any, Any, st.SearchStrategy[Options]]] = {
    "SGD": (
        optim.SGD,
        drive_sgd,
        reference.sgd,
        st.fixed_dictionaries(plain_sgd) | st.fixed_dictionaries(nesterov_sgd),
    ),
    "Momentum": (
        optim.Momentum,
        drive_momentum,
        reference.momentum,
        st.fixed_dictionaries({**common, "momentum": shares, "nesterov": flags}),
    ),
    "AdaGrad": (
        optim.AdaGrad,
        drive_adagrad,
        reference.adagrad,
        st.fixed_dictionaries(
            {
                **common,
                "lr_decay": decays,
                "initial_accumulator_value": decays,
                "eps": st.sampled_from([1e-10, 1e-3]),
            }
        ),
    ),
    "RMSProp": (
        optim.RMSProp,
        drive_rmsprop,
        reference.rmsprop,
        st.fixed_dictionaries(
            {
                **common,
                "alpha": shares.filter(bool),
                "eps": st.sampled_from([1e-8, 1e-3]),
                "momentum": shares,
                "centered": flags,
            }
        ),
    ),
    "Adam": (optim.Adam, drive_adam, reference.adam, st.fixed_dictionaries(adam_options)),
    "AdamW": (optim.AdamW, drive_adamw, adamw_reference, st.fixed_dictionaries(adam_options)),
}
rules = pytest.mark.parametrize("name", RULES)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Array, list[Array]]:
    """A first parameter and up to eight gradients, of any shape, transposed or not."""
    shape = draw(st.sampled_from([(), (1,), (5,), (2, 3), (0, 2)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    arrays = [np.array(a) for a in rng.normal(size=(1 + draw(st.integers(1, 8)), *shape))]
    w, *grads = [a.T for a in arrays] if draw(flags) else arrays
    return w, grads


def problem() -> tuple[Array, list[Array]]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(2, 3)), list(rng.normal(size=(6, 2, 3)))


def walk(optimizer: optim.Optimizer, p: tg.Tensor, grads: Sequence[Array]) -> None:
    for g in grads:
        p.grad = tg.tensor(g, dtype=p.dtype)
        optimizer.step()


@rules
@given(data=st.data())
def test_a_rule_follows_its_formula(name: str, data: st.DataObject) -> None:
    make, drive, expected, options = RULES[name]
    chosen = data.draw(options)
    w, grads = data.draw(problems())
    path = expected(w, grads, **chosen)
    kept = [g.copy() for g in grads]

    bare = w.copy(order="K")
    drive(bare, grads, **chosen)
    np.testing.assert_allclose(bare, path[-1], rtol=1e-7, atol=1e-9)
    assert all(np.array_equal(g, k) for g, k in zip(grads, kept, strict=True))

    p = tg.tensor(w, requires_grad=True)
    optimizer = make([p], **chosen)
    walk(optimizer, p, grads)
    np.testing.assert_array_equal(p.detach().numpy(), bare)


@rules
def test_float32_stays_float32(name: str) -> None:
    make, _, expected, _ = RULES[name]
    w, grads = problem()
    p = tg.tensor(w.astype(np.float32), requires_grad=True)
    optimizer = make([p], lr=np.float64(0.05))  # type: ignore[call-arg]
    before = p._array
    walk(optimizer, p, grads)
    assert p._array is before and p.dtype == np.float32
    state = optimizer.state[p].values()
    assert all(s.dtype == np.float32 for s in state if isinstance(s, tg.Tensor))
    np.testing.assert_allclose(
        p.detach().numpy(),
        expected(w, grads, lr=0.05, **({"weight_decay": 0.01} if name == "AdamW" else {}))[-1],
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
    make = RULES[name][0]
    p = tg.tensor([1.0, 1.0, 1.0], requires_grad=True)
    optimizer = make([p], lr=0.1, weight_decay=0.1)  # type: ignore[call-arg]
    walk(optimizer, p, [np.array([np.nan, 3e38, 0.0])] * 3)
    assert np.isnan(p.tolist()[0]) and np.isfinite(p.tolist()[2])
