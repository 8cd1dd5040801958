"""The rarer rules beside PyTorch's: the whole path, all options drawn together, and state dicts in
both directions."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

import tinygrad_kr as tg
from tinygrad_kr.errors import TinygradKrError

torch = pytest.importorskip("torch")
from tests.parity.beside import Drawn  # noqa: E402

Options = dict[str, Any]
STEPS = 30
SHAPES: tuple[tuple[int, ...], ...] = ((3, 2), (2,), (), (0, 2))


def common(m: Drawn) -> Options:
    drawn = {"lr": m.of(0.05, 0.5, 0.0), "weight_decay": m.of(0.0, 0.1)}
    return drawn | {"maximize": m.chance()}


def adaptive(m: Drawn, *flags: str) -> Options:
    betas = (m.of(0.9, 0.0, 0.5), m.of(0.999, 0.9, 0.0))
    drawn = common(m) | {"betas": betas, "eps": m.of(1e-8, 1e-2, 0.5)}
    if betas[1] == 0:  # g / |g| and a decay inside g: rounding decides what is a step up or down
        drawn["weight_decay"] = 0.0
    return drawn | {name: m.chance() for name in flags}


OPTIONS: dict[str, Callable[[Drawn], Options]] = {
    "Adadelta": lambda m: common(m) | {"rho": m.of(0.9, 0.0, 0.5), "eps": m.of(1e-6, 1e-2)},
    "Adamax": adaptive,
    "NAdam": lambda m: (
        adaptive(m, "decoupled_weight_decay") | {"momentum_decay": m.of(4e-3, 0.0, 0.5)}
    ),
    "RAdam": lambda m: adaptive(m, "decoupled_weight_decay"),
    "ASGD": lambda m: (
        common(m) | {"lambd": m.of(1e-4, 0.0, 0.5), "alpha": m.of(0.75, 0.0), "t0": m.of(1e6, 0, 5)}
    ),
    "Rprop": lambda m: {
        "lr": m.of(0.05, 0.5),
        "etas": m.of((0.5, 1.2), (0.25, 3.0)),
        "step_sizes": m.of((1e-6, 50), (0.02, 0.3)),
        "maximize": m.chance(),
    },
}
names = pytest.mark.parametrize("name", OPTIONS)


@pytest.fixture(autouse=True)
def _in_float64() -> Iterator[None]:
    """PyTorch keeps the numbers of a state in its default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class Pair:
    """The same optimizer here and there on two groups, fed with the same gradients."""

    def __init__(self, name: str, options: Options, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        first = [np.asarray(self.rng.normal(size=shape)) for shape in SHAPES]
        self.params = [
            [lib.tensor(a, requires_grad=True) for a in first]  # type: ignore[attr-defined]
            for lib in (tg, torch)
        ]
        self.optimizers = [
            getattr(lib.optim, name)([{"params": ps[:2]}, {"params": ps[2:], "lr": 0.2}], **options)
            for lib, ps in zip((tg, torch), self.params, strict=True)
        ]

    def places(self) -> list[Any]:
        return [np.concatenate([p.detach().numpy().reshape(-1) for p in ps]) for ps in self.params]

    def run(self, steps: int) -> list[Any]:
        """The paths of both, with a parameter that misses a step and a rate that changes."""
        paths = []
        for i in range(steps):
            for p, q in zip(*self.params, strict=True):
                g = np.asarray(self.rng.normal(size=tuple(p.shape)))
                missing = self.rng.random() < 0.1
                p.grad, q.grad = (None, None) if missing else (tg.tensor(g), torch.tensor(g))
            for optimizer in self.optimizers:
                if i == steps // 2:
                    optimizer.param_groups[0]["lr"] *= 0.5
                optimizer.step()
            paths.append(self.places())
        return [np.stack(path) for path in zip(*paths, strict=True)]


def agree(path: Any, expected: Any, tolerance: float = 1e-12) -> None:
    """Relative to the largest that an element has been, or 1."""
    assert path.dtype == expected.dtype == np.float64
    largest = np.maximum(np.maximum.accumulate(np.abs(expected)), 1.0)
    assert (np.abs(path - expected) <= tolerance * largest).all(), (path, expected)


@names
def test_the_path_is_pytorchs(name: str, record_property: Callable[[str, Any], None]) -> None:
    m = Drawn(zlib.crc32(name.encode()))
    samples = 300 if settings().max_examples >= 1000 else 12
    for number in range(samples):
        options = OPTIONS[name](m)
        try:
            agree(*Pair(name, options, number).run(STEPS))
        except AssertionError as error:
            error.add_note(f"{name}: {options}")
            raise
    record_property("parity", (name, (samples, 0, 0, 0)))


@names
def test_defaults_and_refusals_are_pytorchs(name: str) -> None:
    ours, theirs = (optimizer.defaults for optimizer in Pair(name, {}, 0).optimizers)
    assert ours.items() <= theirs.items()
    assert theirs.keys() - ours.keys() <= {"foreach", "fused", "capturable", "differentiable"}
    for bad in (
        *({"lr": -1.0}, {"eps": -1.0}, {"weight_decay": -1.0}, {"rho": 1.5}, {"betas": (1.0, 0.9)}),
        *({"betas": (0.9, 1.0)}, {"momentum_decay": -1.0}, {"etas": (1.0, 2.0)}),
    ):
        if bad.keys() <= ours.keys():
            with pytest.raises(ValueError):
                getattr(torch.optim, name)([torch.zeros(1)], **bad)
            with pytest.raises(TinygradKrError) as refused:
                getattr(tg.optim, name)([tg.zeros(1)], **bad)
            assert isinstance(refused.value, ValueError)


def crossed(value: Any, tensor: Callable[[Any], Any]) -> Any:
    if isinstance(value, tg.Tensor | torch.Tensor):
        return tensor(value.detach().numpy())
    if isinstance(value, dict):
        return {k: crossed(v, tensor) for k, v in value.items()}
    return [crossed(v, tensor) for v in value] if isinstance(value, list) else value


def same_state(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert ours.keys() <= theirs.keys() and not theirs.keys() - ours.keys() - UNKNOWN
        for key in ours:
            same_state(ours[key], theirs[key])
    elif isinstance(theirs, list):
        for mine, other in zip(ours, theirs, strict=True):
            same_state(mine, other)
    elif theirs is None:
        assert ours is None
    else:
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-9)


UNKNOWN = {"foreach", "capturable", "differentiable", "al", "decoupled_weight_decay"}


@names
def test_state_dicts_cross_over(name: str) -> None:
    pair = Pair(name, {}, 3)
    pair.run(4)
    ours, theirs = (copy.deepcopy(optimizer.state_dict()) for optimizer in pair.optimizers)
    same_state(ours, theirs)
    other = Pair(name, {"lr": 0.3}, 3)
    other.run(4)
    for ps, qs in zip(other.params, pair.params, strict=True):
        for p, q in zip(ps, qs, strict=True):
            p.detach().copy_(q.detach())
    other.optimizers[0].load_state_dict(theirs)
    groups = [{**b, **a} for a, b in zip(ours["param_groups"], theirs["param_groups"], strict=True)]
    state = {**crossed(ours, torch.tensor), "param_groups": groups}
    other.optimizers[1].load_state_dict(state)
    expected = pair.run(8)
    agree(*expected)
    for path in other.run(8):
        agree(path, expected[1])


# ---- LBFGS


class Curved:
    """A sum of squares and fourth powers, here or there, led down by LBFGS."""

    def __init__(self, lib: Any, seed: int, **options: Any) -> None:
        rng = np.random.default_rng(seed)
        a, b = lib.tensor(rng.normal(size=(12, 5))), lib.tensor(rng.normal(size=12))
        self.params = [
            lib.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 2), (1,))
        ]
        self.optimizer = lib.optim.LBFGS(self.params, **options)
        self.calls = 0

        def closure() -> Any:
            self.calls += 1
            self.optimizer.zero_grad()
            z = a @ lib.cat([p.reshape(-1) for p in self.params]) - b
            loss = (z**2 + 0.1 * z**4).sum()
            loss.backward()
            return loss

        self.closure = closure

    def run(self, steps: int) -> list[Any]:
        path = []
        for _ in range(steps):
            loss = self.optimizer.step(self.closure)
            place = [p.detach().numpy().reshape(-1) for p in self.params]
            path.append(np.concatenate([*place, [loss.item()]]))
        return path


def lbfgs_options(m: Drawn) -> Options:
    drawn = {"max_iter": m.of(1, 3, 20), "history_size": m.of(1, 3, 100)}
    drawn |= {"max_eval": m.of(None, 2, 7), "tolerance_grad": m.of(1e-7, 0.5)}
    drawn |= {"tolerance_change": m.of(1e-9, 1e-3)}
    if m.chance(0.7):
        return drawn | {"lr": m.of(1.0, 0.3, 5.0), "line_search_fn": "strong_wolfe"}
    # Longer steps that nobody checks bounce, which magnifies rounding without end.
    return drawn | {"lr": m.of(0.03, 0.01, 0.0)}


def test_lbfgs_walks_as_pytorchs(record_property: Callable[[str, Any], None]) -> None:
    m = Drawn(zlib.crc32(b"LBFGS"))
    samples = 300 if settings().max_examples >= 1000 else 15
    for number in range(samples):
        options = lbfgs_options(m)
        ours, theirs = Curved(tg, number, **options), Curved(torch, number, **options)
        paths = np.stack(ours.run(STEPS)), np.stack(theirs.run(STEPS))
        # Curvature is read from differences of gradients, steps from differences of losses, which
        # near the lowest place know it to the root of a rounding; the loss is as exact as ever.
        try:
            agree(paths[0][:, -1], paths[1][:, -1], tolerance=1e-10)
            agree(*paths, tolerance=1e-8)
            assert ours.calls == theirs.calls
        except AssertionError as error:
            error.add_note(f"LBFGS: sample {number}, {options}")
            raise
    record_property("parity", ("LBFGS", (samples, 0, 0, 0)))


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_lbfgs_state_dicts_cross_over(line_search_fn: str | None) -> None:
    options: Options = {"lr": 0.3, "max_iter": 3, "line_search_fn": line_search_fn}
    ours, theirs = Curved(tg, 0, **options), Curved(torch, 0, **options)
    ours.run(3)
    theirs.run(3)
    saved = ours.optimizer.state_dict(), theirs.optimizer.state_dict()
    same_state(saved[0]["state"], saved[1]["state"])
    again = Curved(tg, 0), Curved(torch, 0)
    for new, old in zip(again, (ours, theirs), strict=True):
        for p, q in zip(new.params, old.params, strict=True):
            p.detach().copy_(q.detach())
    again[0].optimizer.load_state_dict(saved[1])
    again[1].optimizer.load_state_dict(crossed(copy.deepcopy(saved[0]), torch.tensor))
    expected = np.stack(theirs.run(4))
    for walk in (ours, *again):
        agree(np.stack(walk.run(4)), expected, 1e-9)
