"""Parity with PyTorch: every option of every rule, and state dicts in both directions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import optim

torch = pytest.importorskip("torch")

SHAPES: tuple[tuple[int, ...], ...] = ((3, 2), (2,), ())


def grid(**options: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*options.values()):
        yield dict(zip(options, values, strict=True))


def cases() -> Iterator[Any]:
    common = {"lr": (0.05,), "weight_decay": (0.0, 0.1), "maximize": (False, True)}
    tables: dict[str, list[Iterator[dict[str, Any]]]] = {
        "SGD": [
            grid(momentum=(0.0, 0.9), dampening=(0.0, 0.3), **common),
            grid(momentum=(0.9,), nesterov=(True,), **common),
        ],
        "Adagrad": [
            grid(lr_decay=(0.0, 0.1), initial_accumulator_value=(0.0, 0.5), **common),
            grid(eps=(1e-2,), lr=(0.1,)),
        ],
        "RMSprop": [
            grid(alpha=(0.9,), momentum=(0.0, 0.9), centered=(False, True), **common),
            grid(eps=(1e-2,), lr=(0.1,)),
        ],
        "Adam": [
            grid(betas=((0.9, 0.999), (0.0, 0.5)), amsgrad=(False, True), **common),
            grid(eps=(1e-2,), decoupled_weight_decay=(True,), weight_decay=(0.1,)),
        ],
        "AdamW": [grid(amsgrad=(False, True), eps=(1e-8, 1e-2), **common)],
    }
    for name, grids in tables.items():
        yield pytest.param(name, {}, id=f"{name}-defaults")
        for i, options in enumerate(itertools.chain(*grids)):
            yield pytest.param(name, options, id=f"{name}-{i}")


class Pair:
    """The same optimizer here and there, fed with the same gradients."""

    def __init__(self, name: str, options: dict[str, Any], dtype: Any = np.float64) -> None:
        first = [np.random.default_rng(0).normal(size=shape).astype(dtype) for shape in SHAPES]
        self.ours = [tg.tensor(a, requires_grad=True) for a in first]
        self.theirs = [torch.tensor(a, requires_grad=True) for a in first]
        self.our_optimizer = getattr(optim, name)(self.ours, **options)
        self.their_optimizer = getattr(torch.optim, name)(self.theirs, **options)

    def run(self, steps: range) -> None:
        for i in steps:
            for k, (p, q) in enumerate(zip(self.ours, self.theirs, strict=True)):
                g = np.random.default_rng((i, k)).normal(size=tuple(p.shape)).astype(p.dtype)
                skipped = i == 2 and k == 1
                p.grad = None if skipped else tg.tensor(g)
                q.grad = None if skipped else torch.tensor(g)
            self.our_optimizer.step()
            self.their_optimizer.step()

    def agree(self, rtol: float) -> None:
        for p, q in zip(self.ours, self.theirs, strict=True):
            assert p.dtype == q.detach().numpy().dtype
            np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=rtol)


@pytest.mark.parametrize(("name", "options"), list(cases()))
def test_the_path_is_pytorchs(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    pair.run(range(10))
    pair.agree(rtol=1e-9)


@pytest.mark.parametrize("name", ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"])
def test_the_path_is_pytorchs_in_float32(name: str) -> None:
    pair = Pair(name, {"lr": 0.05, "weight_decay": 0.1}, np.float32)
    pair.run(range(10))
    pair.agree(rtol=1e-4)


def to_torch(value: Any) -> Any:
    if isinstance(value, tg.Tensor):
        return torch.tensor(value.detach().numpy())
    if isinstance(value, dict):
        return {k: to_torch(v) for k, v in value.items()}
    return [to_torch(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("SGD", {"lr": 0.1}),
        ("Adagrad", {}),
        ("RMSprop", {"centered": True, "momentum": 0.5}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
    ],
)
def test_state_dicts_cross_over(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    pair.run(range(4))
    ours, theirs = pair.our_optimizer.state_dict(), pair.their_optimizer.state_dict()
    assert list(ours["state"]) == list(theirs["state"])
    for i, state in theirs["state"].items():
        assert set(ours["state"][i]) == set(state)
        for key, value in state.items():
            np.testing.assert_allclose(np.asarray(ours["state"][i][key]), value, rtol=1e-9)
    for mine, group in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        shared = set(mine) & set(group)
        assert {k: mine[k] for k in shared} == {k: group[k] for k in shared}
        assert set(mine) - {"convention"} <= set(group)

    crossed = Pair(name, {"lr": 9.0})
    for p, q in zip(crossed.ours + crossed.theirs, pair.ours + pair.theirs, strict=True):
        array = p._array if isinstance(p, tg.Tensor) else p.detach().numpy()
        array[...] = q.detach().numpy()
    crossed.our_optimizer.load_state_dict(theirs)
    crossed.their_optimizer.load_state_dict(to_torch(ours))
    crossed.run(range(4, 8))
    pair.run(range(4, 8))
    crossed.agree(rtol=1e-9)
    for p, q in zip(crossed.ours, pair.ours, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-9)


def test_defaults_are_pytorchs() -> None:
    for name in ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW"):
        pair = Pair(name, {})
        ours, theirs = pair.our_optimizer.param_groups[0], pair.their_optimizer.param_groups[0]
        for key in set(ours) & set(theirs) - {"params"}:
            assert ours[key] == theirs[key], (name, key)
