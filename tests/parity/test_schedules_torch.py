"""The rarer schedules beside PyTorch's: the whole sequence of rates and momenta, options drawn."""

from __future__ import annotations

import copy
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

import tinygrad_kr as tg
from tinygrad_kr.errors import TinygradKrError
from tinygrad_kr.optim.swa_utils import SWALR

torch = pytest.importorskip("torch")
from tests.parity.beside import Drawn  # noqa: E402

#: Makes the schedule of a module (ours or PyTorch's) on an optimizer.
Make = Callable[[Any, Any], Any]
STEPS = 30


def halves(t: int) -> float:
    return 0.5**t


def falls(t: int) -> float:
    return 1 / (1 + t)


def made(name: str, *args: Any, **options: Any) -> Make:
    return lambda m, o: getattr(m, name)(o, *args, **options)


def cyclic(m: Drawn) -> Make:
    return made(
        "CyclicLR",
        m.of(0.01, [0.1, 0.02]),
        m.of(1.0, [0.5, 0.3]),
        step_size_up=m.of(1, 3, 7),
        step_size_down=m.of(None, 2, 5),
        mode=m.of("triangular", "triangular2", "exp_range"),
        gamma=m.of(1.0, 0.9),
        scale_fn=m.of(None, falls),
        scale_mode=m.of("cycle", "iterations"),
        cycle_momentum=m.chance(),
        base_momentum=m.of(0.8, [0.5, 0.6]),
        max_momentum=m.of(0.9, [0.95, 0.7]),
    )


def swa(m: Drawn) -> Make:
    options = {"anneal_epochs": m.of(0, 1, 4, 10), "anneal_strategy": m.of("cos", "linear")}
    rate = m.of(0.05, [0.5, 0.01])

    def make(module: Any, optimizer: Any) -> Any:
        kind = torch.optim.swa_utils.SWALR if module is torch.optim.lr_scheduler else SWALR
        return kind(optimizer, rate, **options)

    return make


ALONE: dict[str, Callable[[Drawn], Make]] = {
    "MultiplicativeLR": lambda m: made("MultiplicativeLR", m.of(falls, [halves, falls])),
    "ConstantLR": lambda m: made("ConstantLR", m.of(1 / 3, 0.5, 1.0), m.of(1, 5, 9)),
    "PolynomialLR": lambda m: made("PolynomialLR", m.of(1, 5, 20), m.of(1.0, 0.5, 3.0)),
    "CosineAnnealingWarmRestarts": lambda m: made(
        "CosineAnnealingWarmRestarts", m.of(1, 3, 10), m.of(1, 2, 3), m.of(0.0, 0.02)
    ),
    "CyclicLR": cyclic,
    "SWALR": swa,
}
CORE: list[Make] = [
    made("LambdaLR", falls),
    made("StepLR", 3, 0.5),
    made("MultiStepLR", [2, 5], 0.5),
    made("ExponentialLR", 0.9),
    made("LinearLR", 0.25, 1.0, 4),
    made("CosineAnnealingLR", 7, 0.01),
    made("OneCycleLR", 1.0, total_steps=60),
]


def one(m: Drawn) -> Make:
    return m.of(*CORE, *(draw(m) for name, draw in ALONE.items() if name != "SWALR"))


def chained(m: Drawn) -> Make:
    parts = [one(m) for _ in range(m.of(1, 2, 3))]

    def make(module: Any, optimizer: Any) -> Any:
        return module.ChainedScheduler([part(module, optimizer) for part in parts])

    return make


def sequential(m: Drawn) -> Make:
    parts = [one(m) for _ in range(m.of(1, 2, 3))]
    if m.chance(0.2):
        parts[0] = chained(m)
    milestones = sorted(m.of(0, 1, 4, 4, 9, 20) for _ in parts[1:])

    def make(module: Any, optimizer: Any) -> Any:
        made = [part(module, optimizer) for part in parts]
        return module.SequentialLR(optimizer, made, list(milestones))

    return make


SAMPLES = {**ALONE, "ChainedScheduler": chained, "SequentialLR": sequential}


def two_groups(lib: Any, kind: str = "SGD") -> Any:
    groups = [{"params": [lib.zeros(2)]}, {"params": [lib.zeros(3)], "lr": 0.3}]
    return getattr(lib.optim, kind)(groups, lr=0.1)


class Pair:
    """A schedule here and there, on optimizers of two groups."""

    def __init__(self, make: Make, kind: str) -> None:
        self.optimizers, self.schedules = [], []
        for lib in (tg, torch):
            optimizer = two_groups(lib, kind)
            self.optimizers.append(optimizer)
            self.schedules.append(make(lib.optim.lr_scheduler, optimizer))

    def agree(self) -> None:
        ours, theirs = self.optimizers
        for mine, other in zip(ours.param_groups, theirs.param_groups, strict=True):
            for name in ("lr", "initial_lr", "momentum", "betas", "swa_lr"):
                if name in other:
                    np.testing.assert_allclose(mine[name], other[name], 1e-12, 1e-15, err_msg=name)
        here, there = self.schedules
        np.testing.assert_allclose(here.get_last_lr(), there.get_last_lr(), 1e-12, 1e-15)
        assert getattr(here, "last_epoch", None) == getattr(there, "last_epoch", None)

    def step(self, *epoch: float) -> None:
        for optimizer, schedule in zip(self.optimizers, self.schedules, strict=True):
            optimizer.step()
            schedule.step(*epoch)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SAMPLES)
def test_the_sequence_is_pytorchs(name: str, record_property: Callable[[str, Any], None]) -> None:
    m = Drawn(zlib.crc32(name.encode()))
    samples = 300 if settings().max_examples >= 1000 else 25
    for number in range(samples):
        make, kind = SAMPLES[name](m), m.of("SGD", "Adam")
        try:
            pair = Pair(make, kind)
            for _ in range(STEPS):
                pair.agree()
                if min(pair.schedules[1].get_last_lr()) < 0:  # our optimizers refuse such a rate
                    break
                pair.step()
        except Exception as error:
            error.add_note(f"{name}: sample {number}, {kind}")
            raise
    record_property("parity", (name, (samples, 0, 0, 0)))


def test_a_warm_restart_goes_to_any_epoch() -> None:
    rng = np.random.default_rng(0)
    for T_0, T_mult in ((1, 1), (3, 1), (4, 2), (10, 3)):
        pair = Pair(made("CosineAnnealingWarmRestarts", T_0, T_mult), "SGD")
        for _ in range(40):
            pair.step(*([float(rng.uniform(0, 60))] if rng.random() < 0.5 else []))
            pair.agree()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_state_dict_goes_on(name: str) -> None:
    """Ours is resumed bit for bit, by a schedule made with the same arguments."""
    m = Drawn(zlib.crc32(name.encode()))
    for _ in range(5):
        make = SAMPLES[name](m)
        one, two = Pair(make, "SGD"), Pair(make, "SGD")
        for _ in range(7):
            one.step()
        saved = copy.deepcopy((one.optimizers[0].state_dict(), one.schedules[0].state_dict()))
        two.optimizers[0].load_state_dict(saved[0])
        two.schedules[0].load_state_dict(saved[1])
        assert two.schedules[0].state_dict() == saved[1]
        for _ in range(5):
            for pair in (one, two):
                pair.schedules[0].step()
            assert one.schedules[0].get_last_lr() == two.schedules[0].get_last_lr()


REFUSED: list[Make] = [
    made("MultiplicativeLR", [halves]),
    made("MultiplicativeLR", 0.5),
    made("ConstantLR", 1.5),
    made("ConstantLR", -0.5),
    made("CosineAnnealingWarmRestarts", 0),
    made("CosineAnnealingWarmRestarts", 1.5),
    made("CosineAnnealingWarmRestarts", 2, 0),
    made("CyclicLR", 0.1, 1.0, mode="square"),
    made("CyclicLR", [0.1], 1.0),
    made("SequentialLR", [], []),
    lambda m, o: m.SequentialLR(o, [m.ConstantLR(o)], [1]),
    lambda m, o: m.SequentialLR(o, [m.ConstantLR(o), m.ReduceLROnPlateau(o)], [1]),
    lambda m, o: m.SequentialLR(o, [3], []),
    lambda m, o: m.ChainedScheduler([]),
    lambda m, o: m.ChainedScheduler([m.ReduceLROnPlateau(o)]),
    lambda m, o: m.ChainedScheduler([m.ConstantLR(o)], o.__class__(o.param_groups[0]["params"])),
    lambda m, o: m.CosineAnnealingWarmRestarts(o, 3).step(-1),
]


@pytest.mark.parametrize("make", REFUSED)
def test_what_pytorch_refuses(make: Make) -> None:
    with (
        pytest.raises((ValueError, TypeError, AttributeError)) as theirs,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        make(torch.optim.lr_scheduler, two_groups(torch))
    with pytest.raises(TinygradKrError) as ours:
        make(tg.optim.lr_scheduler, two_groups(tg))
    assert isinstance(ours.value, theirs.type)
