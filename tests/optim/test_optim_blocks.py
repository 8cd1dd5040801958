"""Whichever way arrays go through a rule, together or in blocks: the same bits."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from optim_problems import RULES, frozen

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.errors import HyperparameterError
from tinygrad_kr.optim import blocks

rules = pytest.mark.parametrize("name", RULES)
SHAPES = [(3,), (), (6, 11), (0, 2), (5, 7), (1,), (2, 2), (23,), (4,)]
OPTIONS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    "Momentum": {"lr": 0.1, "nesterov": True, "weight_decay": 0.1, "maximize": True},
    "AdaGrad": {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5},
    "RMSProp": {"lr": 0.1, "centered": True, "momentum": 0.5, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"lr": 0.1, "convention": "book"},
    "Adadelta": {"weight_decay": 0.1},
    "Adamax": {"lr": 0.1, "weight_decay": 0.1},
    "NAdam": {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1},
    "RAdam": {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.1},
    "ASGD": {"lr": 0.1, "lambd": 0.1, "t0": 2.0, "weight_decay": 0.1},
    "Rprop": {"lr": 0.1},
}


def one_by_one(make: Any) -> Any:
    """The class with a step that knows nothing of other parameters."""

    class Plain(make):  # type: ignore[misc]
        def _update(self, *arguments: Any) -> None:
            super()._update(*arguments)

    return Plain


@pytest.fixture(params=[(4, 5, 2), (30, 16, 2), (30, 16, 3)], ids=str)
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small sizes."""
    for name, value in zip(("SMALL", "BLOCK", "MANY"), request.param, strict=True):
        monkeypatch.setattr(blocks, name, value)


def parameters(dtypes: Sequence[Any]) -> list[tg.Tensor]:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s).astype(dtypes[i % len(dtypes)]) for i, s in enumerate(SHAPES)]
    # One large and one small that are not contiguous.
    arrays[2], arrays[6] = np.asfortranarray(arrays[2]), np.repeat(arrays[6], 2, axis=1)[:, ::2]
    return [tg.from_numpy(a).requires_grad_() for a in arrays]


def walk(optimizer: optim.Optimizer, params: list[tg.Tensor], steps: range) -> None:
    """Steps with a gradient for most parameters, so that they have taken different numbers."""
    for i in steps:
        for k, p in enumerate(params):
            rng = np.random.default_rng((i, k))
            g = np.asarray(rng.normal(size=tuple(p.shape)).astype(p.dtype))
            laid = g.T.copy().T if k % 2 else g
            p.grad = None if (i, k) in ((0, 3), (1, 4), (1, 8), (3, 0)) else tg.from_numpy(laid)
        optimizer.step()


@pytest.mark.parametrize("dtypes", [["f4"], ["f8", "f4", "f2"]], ids=str)
@rules
def test_together_is_one_by_one(sizes: None, name: str, dtypes: Sequence[str]) -> None:
    paths = []
    for make in (RULES[name].make, one_by_one(RULES[name].make)):
        params = parameters(dtypes)
        half = len(params) // 2
        groups = [{"params": params[:half]}, {"params": params[half:], "lr": 0.2}]
        optimizer = make(groups, **OPTIONS[name])
        places = [p._array for p in params]
        walk(optimizer, params, range(4))
        optimizer.param_groups[0]["lr"] = 0.05
        twin = copy.deepcopy(optimizer)
        assert not twin._plans
        walk(optimizer, params, range(4, 7))
        walk(twin, [p for g in twin.param_groups for p in g["params"]], range(4, 7))
        assert frozen(twin.state_dict()) == frozen(optimizer.state_dict())
        assert all(p._array is place for p, place in zip(params, places, strict=True))
        counts = [p._version[0] for p in params]
        paths.append((frozen(params), frozen(optimizer.state_dict()), counts))
    assert paths[0] == paths[1]


@rules
def test_a_state_that_is_changed_is_the_state(sizes: None, name: str) -> None:
    paths = []
    for make in (RULES[name].make, one_by_one(RULES[name].make)):
        params = parameters(["f4"])
        optimizer = make(params, **OPTIONS[name])
        walk(optimizer, params, range(4, 6))
        slot = next(k for k, v in optimizer.state[params[0]].items() if isinstance(v, tg.Tensor))
        for p in params[:4]:
            optimizer.state[p][slot].mul_(2)
        walk(optimizer, params, range(6, 7))
        optimizer.state[params[5]][slot] = tg.tensor([3.0])
        del optimizer.state[params[6]]
        walk(optimizer, params, range(7, 9))
        paths.append((frozen(params), frozen(optimizer.state_dict())))
    assert paths[0] == paths[1]


def test_parameters_on_one_memory_are_updated_one_after_the_other() -> None:
    for make in (optim.SGD, one_by_one(optim.SGD)):
        memory = np.zeros(6, np.float32)
        params = [tg.from_numpy(memory[i : i + 4]).requires_grad_() for i in range(3)]
        for p in params:
            p.grad = tg.ones(4)
        make(params, lr=1.0).step()
        assert memory.tolist() == [-1, -2, -3, -3, -2, -1]


def test_a_value_that_becomes_bad_between_steps_is_refused_before_anything_is_changed() -> None:
    params = parameters(["f4"])
    optimizer = optim.Adam([{"params": params[:5]}, {"params": params[5:]}])
    walk(optimizer, params, range(4, 6))
    before = frozen(params), frozen(optimizer.state_dict()["state"])
    optimizer.param_groups[1]["lr"] = -1
    for _ in range(2):
        with pytest.raises(HyperparameterError, match="lr"):
            walk(optimizer, params, range(6, 7))
    assert (frozen(params), frozen(optimizer.state_dict()["state"])) == before
    optimizer.param_groups[1]["lr"] = 0.0
    walk(optimizer, params, range(6, 7))
    assert frozen(params[5:]) == before[0][5:] and frozen(params[0]) != before[0][0]


def test_values_are_checked_when_they_change_and_an_update_of_the_users_own_is_taken() -> None:
    calls = {"check": 0, "update": 0}

    class Counting(optim.SGD):
        def _check(self, group: Any) -> None:
            calls["check"] += 1
            super()._check(group)

    class Own(Counting):
        def _update(self, *arguments: Any) -> None:
            calls["update"] += 1

    params = parameters(["f4"])
    for make, expected in (
        (Counting, {"check": 2, "update": 0}),
        (Own, {"check": 4, "update": 4 * len(params)}),
    ):
        optimizer, before = make(params), frozen(params)
        calls.update(check=0, update=0)
        walk(optimizer, params, range(4, 7))
        optimizer.param_groups[0]["lr"] = 0.5
        optimizer.step()
        assert calls == expected
        assert (frozen(params) == before) == (make is Own)


def test_a_state_laid_out_otherwise_than_its_parameter(sizes: None) -> None:
    paths = []
    for laid in (np.ascontiguousarray, np.asfortranarray):
        (p,) = params = [tg.from_numpy(np.ones((8, 9), np.float32)).requires_grad_()]
        optimizer = optim.Adam(params, lr=0.1)
        walk(optimizer, params, range(4, 6))
        for name in ("exp_avg", "exp_avg_sq"):
            held = optimizer.state[p][name]
            optimizer.state[p][name] = tg.from_numpy(laid(held.numpy()))
        walk(optimizer, params, range(6, 9))
        paths.append((frozen(params), optimizer.state[p]["exp_avg"].tolist()))
    assert paths[0] == paths[1]


def test_an_overflow_in_a_step_is_no_warning() -> None:
    p = tg.zeros(3, requires_grad=True)
    p.grad = tg.full((3,), 3e38)
    optim.SGD([p], lr=10.0).step()
    assert np.isneginf(p.detach().numpy()).all()
