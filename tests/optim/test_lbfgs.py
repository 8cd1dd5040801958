"""LBFGS: it finds what has a formula, resumes bit for bit, and refuses what does not fit."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optim_problems import frozen

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.errors import InplaceError, TinygradKrError

searches = pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])


class Valley:
    """|A w − b|², whose lowest place has a formula."""

    def __init__(self, seed: int, dtype: Any = tg.float64, **options: Any) -> None:
        rng = np.random.default_rng(seed)
        self.a, self.b = rng.normal(size=(9, 4)), rng.normal(size=9)
        a, b = tg.tensor(self.a, dtype=dtype), tg.tensor(self.b, dtype=dtype)
        self.params = [
            tg.zeros(2, 1, dtype=dtype),
            tg.zeros(2, dtype=dtype),
            tg.zeros((), dtype=dtype),
        ]
        for p in self.params:
            p.requires_grad_()
        self.optimizer = optim.LBFGS(self.params, **options)
        self.calls = 0

        def closure() -> tg.Tensor:
            self.calls += 1
            self.optimizer.zero_grad()
            w = tg.cat([p.reshape(-1) for p in self.params[:2]])
            loss = ((a @ w - b) ** 2).sum()
            loss.backward()
            return loss

        self.closure = closure

    def place(self) -> Any:
        return np.concatenate([p.detach().numpy().reshape(-1) for p in self.params])


@given(seed=st.integers(0, 99))
def test_it_finds_the_least_squares(seed: int) -> None:
    valley = Valley(seed, line_search_fn="strong_wolfe")
    first = valley.optimizer.step(valley.closure)
    np.testing.assert_allclose(first.item(), (valley.b**2).sum())
    valley.optimizer.step(valley.closure)
    expected = np.linalg.lstsq(valley.a, valley.b, rcond=None)[0]
    lowest = ((valley.a @ expected - valley.b) ** 2).sum()
    # It stops where the loss changes by less than tolerance_change.
    assert lowest <= valley.closure().item() + 1e-12 <= lowest + 1e-8
    # A parameter that never had a gradient stays where it is.
    assert valley.place()[4] == 0


@searches
def test_a_resumed_run_is_the_unbroken_one(line_search_fn: str | None) -> None:
    options: dict[str, Any] = {"lr": 0.01, "max_iter": 3, "line_search_fn": line_search_fn}
    one, two = Valley(1, **options), Valley(1)
    for _ in range(2):
        one.optimizer.step(one.closure)
    file = io.BytesIO()
    tg.save(one.optimizer.state_dict(), file)
    file.seek(0)
    two.optimizer.load_state_dict(tg.load(file))
    assert frozen(two.optimizer.state_dict()) == frozen(one.optimizer.state_dict())
    for p, q in zip(two.params, one.params, strict=True):
        p.detach().copy_(q.detach())
    for valley in (one, two):
        for _ in range(3):
            valley.optimizer.step(valley.closure)
    assert frozen(two.params) == frozen(one.params)
    assert frozen(two.optimizer.state_dict()) == frozen(one.optimizer.state_dict())


@searches
def test_it_calls_no_more_than_it_may_and_remembers_no_more(line_search_fn: str | None) -> None:
    options: dict[str, Any] = {"max_eval": 4, "history_size": 2, "line_search_fn": line_search_fn}
    valley = Valley(2, lr=0.01, **options)
    for i in range(1, 5):
        valley.optimizer.step(valley.closure)
        assert valley.calls <= 5 * i
    state = valley.optimizer.state[valley.params[0]]
    assert state["func_evals"] == valley.calls
    assert len(state["old_dirs"]) == len(state["old_stps"]) == len(state["ro"]) <= 2


def test_float32_stays_float32() -> None:
    valley = Valley(3, tg.float32, line_search_fn="strong_wolfe")
    arrays = [p._array for p in valley.params]
    valley.optimizer.step(valley.closure)
    assert all(p._array is a for p, a in zip(valley.params, arrays, strict=True))
    assert valley.place().dtype == np.float32
    state = valley.optimizer.state[valley.params[0]]
    assert state["d"].dtype == state["old_dirs"][0].dtype == tg.float32


def test_where_it_is_lowest_already_nothing_moves() -> None:
    valley = Valley(4, tolerance_grad=1e9)
    valley.optimizer.step(valley.closure)
    assert not valley.place().any() and valley.calls == 1
    still = Valley(4, lr=0.0, line_search_fn="strong_wolfe")
    still.optimizer.step(still.closure)
    assert not still.place().any()


def test_what_it_refuses() -> None:
    w = tg.zeros(2, requires_grad=True)
    for bad in (
        {"lr": -1},
        {"lr": math.nan},
        {"max_iter": 0},
        {"max_eval": 1.5},
        {"history_size": 0},
        {"tolerance_grad": -1},
        {"tolerance_change": "0"},
        {"line_search_fn": "armijo"},
    ):
        with pytest.raises(TinygradKrError) as error:
            optim.LBFGS([w], **bad)
        assert isinstance(error.value, ValueError)
    with pytest.raises(ValueError, match="one parameter group"):
        optim.LBFGS([{"params": [w]}, {"params": [tg.zeros(1)]}])
    with pytest.raises(TinygradKrError, match="closure"):
        optim.LBFGS([w]).step()
    w._array.flags.writeable = False
    with pytest.raises(InplaceError):
        optim.LBFGS([w]).step(lambda: tg.zeros(()))


def test_a_state_dict_that_does_not_fit_changes_nothing() -> None:
    valley = Valley(5, lr=0.01)
    valley.optimizer.step(valley.closure)
    before = frozen(valley.optimizer.state_dict())
    for spoil in (
        lambda s: s.pop("d"),
        lambda s: s.pop("n_iter"),
        lambda s: s.update(d=tg.zeros(3)),
        lambda s: s.update(ro=s["ro"][:-1]),
        lambda s: s.update(velocity=1.0),
        lambda s: s.update(old_dirs="word"),
    ):
        bad = valley.optimizer.state_dict()
        spoil(bad["state"][0])
        with pytest.raises(TinygradKrError):
            valley.optimizer.load_state_dict(bad)
        assert frozen(valley.optimizer.state_dict()) == before
