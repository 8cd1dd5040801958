"""Chained schedules, state dicts, what is refused, and parity with PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.errors import (
    ArgumentError,
    HyperparameterError,
    StateDictError,
    TinygradKrError,
)
from tinygrad_kr.optim import lr_scheduler
from tinygrad_kr.optim.lr_scheduler import LRScheduler

Make = Callable[[Any, Any], Any]


def optimizer(kind: str = "SGD", **options: Any) -> optim.Optimizer:
    a, b = tg.zeros(2, requires_grad=True), tg.zeros(3, requires_grad=True)
    groups = [{"params": [a]}, {"params": [b], "lr": 0.3}]
    made: optim.Optimizer = getattr(optim, kind)(groups, **{"lr": 0.1, **options})
    return made


def rates(opt: Any, schedule: Any, steps: int) -> list[list[float]]:
    out = [[g["lr"] for g in opt.param_groups]]
    for _ in range(steps):
        opt.step()
        schedule.step()
        assert schedule.get_last_lr() == [g["lr"] for g in opt.param_groups]
        out.append(schedule.get_last_lr())
    return out


KNOWN: dict[str, Make] = {
    "lambda": lambda m, o: m.LambdaLR(o, lambda t: 1 / (1 + t)),
    "lambdas": lambda m, o: m.LambdaLR(o, [lambda t: 0.9**t, lambda t: 1.0 + t]),
    "step": lambda m, o: m.StepLR(o, 3, 0.5),
    "step by one": lambda m, o: m.StepLR(o, 1),
    "milestones": lambda m, o: m.MultiStepLR(o, [5, 2, 5], 0.5),
    "no milestones": lambda m, o: m.MultiStepLR(o, ()),
    "exponential": lambda m, o: m.ExponentialLR(o, 0.9),
    "cosine": lambda m, o: m.CosineAnnealingLR(o, 7),
    "cosine with a floor": lambda m, o: m.CosineAnnealingLR(o, 5, eta_min=0.01),
    "one-step cosine": lambda m, o: m.CosineAnnealingLR(o, 1),
    "linear": lambda m, o: m.LinearLR(o, 0.25, 1.0, 4),
    "linear down": lambda m, o: m.LinearLR(o, 1.0, 0.0, 6),
    "warm-up": lambda m, o: m.LinearLR(o),
    "one cycle": lambda m, o: m.OneCycleLR(o, 1.0, total_steps=30),
    "epochs": lambda m, o: m.OneCycleLR(o, [1.0, 2.0], epochs=3, steps_per_epoch=10),
    "linear cycle": lambda m, o: m.OneCycleLR(o, 1.0, total_steps=30, anneal_strategy="linear"),
    "three phases": lambda m, o: m.OneCycleLR(o, 1.0, total_steps=30, three_phase=True),
    "no rise": lambda m, o: m.OneCycleLR(o, 1.0, total_steps=30, pct_start=0.0),
    "long rise": lambda m, o: m.OneCycleLR(o, 1.0, 40, three_phase=True, pct_start=0.6),
    "own factors": lambda m, o: m.OneCycleLR(o, 1.0, 35, div_factor=10.0, final_div_factor=5.0),
    "own momenta": lambda m, o: m.OneCycleLR(
        o, 1.0, 30, base_momentum=[0.5, 0.6], max_momentum=0.9
    ),
    "no momenta": lambda m, o: m.OneCycleLR(o, 1.0, 30, cycle_momentum=False),
}
known = pytest.mark.parametrize("make", KNOWN.values(), ids=KNOWN)


def test_one_cycle_ends_with_its_steps() -> None:
    opt = optimizer()
    schedule = lr_scheduler.OneCycleLR(opt, 1.0, total_steps=11, anneal_strategy="linear")
    with pytest.raises(ArgumentError, match="total_steps=11"):
        rates(opt, schedule, 12)
    assert schedule.last_epoch == 11
    optimizer().load_state_dict(opt.state_dict())


def test_a_callable_objects_attributes_are_saved() -> None:
    class Halving:
        def __init__(self, base: float) -> None:
            self.base = base

        def __call__(self, epoch: int) -> float:
            return self.base**epoch

    opt, again = optimizer(), optimizer()
    schedule = lr_scheduler.LambdaLR(opt, Halving(0.5))
    second = lr_scheduler.LambdaLR(again, Halving(0.1))
    second.load_state_dict(schedule.state_dict())
    assert rates(opt, schedule, 3) == rates(again, second, 3)


def test_schedules_chain() -> None:
    opt = optimizer()
    warm = lr_scheduler.LinearLR(opt, 0.5, total_iters=2)
    fall = lr_scheduler.ExponentialLR(opt, 0.9)
    for _ in range(4):
        warm.step()
        fall.step()
    np.testing.assert_allclose(fall.get_last_lr(), [0.1 * 0.9**4, 0.3 * 0.9**4])


@pytest.mark.parametrize("start", [0.1, 0.3, 1 / 3, 0.7])
def test_a_rate_that_falls_to_nothing_is_never_negative(start: float) -> None:
    """A sum of rounded steps would end at -2e-16 and the like."""
    for total in range(1, 20):
        opt = optimizer()
        fall = lr_scheduler.LinearLR(opt, start, 0.0, total)
        for _ in range(total):
            opt.step()
            fall.step()
        assert all(0 <= rate < 1e-15 for rate in fall.get_last_lr())


def test_plateau_takes_a_number_and_no_words() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer())
    schedule.step(tg.tensor(3.0))
    before = schedule.state_dict()
    assert schedule.best == 3.0
    for bad in ("word", "1.0", None, [1.0], np.zeros(2)):
        with pytest.raises(ArgumentError):
            schedule.step(bad)
    assert schedule.state_dict() == before


@pytest.mark.parametrize(("mode", "sign"), [("max", 1), ("min", -1)])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
def test_better_by_the_threshold_and_no_less(mode: Any, sign: int, threshold_mode: Any) -> None:
    for by, bad_epochs in ((0.15, 0), (0.05, 1)):
        schedule = lr_scheduler.ReduceLROnPlateau(
            optimizer(), mode, threshold=0.1, threshold_mode=threshold_mode
        )
        schedule.step(1.0)
        schedule.step(1.0 + sign * by)
        assert schedule.num_bad_epochs == bad_epochs


def test_resuming_by_number_needs_the_initial_rates() -> None:
    opt = optimizer()
    with pytest.raises(StateDictError, match="initial_lr"):
        lr_scheduler.StepLR(opt, 3, last_epoch=4)
    assert "initial_lr" not in opt.param_groups[0]
    with pytest.raises(KeyError):
        lr_scheduler.OneCycleLR(opt, 1.0, 10, last_epoch=4)


nan = math.nan
BAD: list[tuple[type[TinygradKrError], Make]] = [
    (ArgumentError, lambda m, o: m.StepLR(o, 2.5)),
    (ArgumentError, lambda m, o: m.StepLR(o, True)),
    (HyperparameterError, lambda m, o: m.StepLR(o, 0)),
    (HyperparameterError, lambda m, o: m.StepLR(o, 2, gamma=nan)),
    (HyperparameterError, lambda m, o: m.StepLR(o, 2, last_epoch=-2)),
    (ArgumentError, lambda m, o: m.StepLR([o], 2)),
    (ArgumentError, lambda m, o: m.MultiStepLR(o, 3)),
    (ArgumentError, lambda m, o: m.MultiStepLR(o, [1.5])),
    (HyperparameterError, lambda m, o: m.MultiStepLR(o, [-1])),
    (HyperparameterError, lambda m, o: m.ExponentialLR(o, -0.5)),
    (ArgumentError, lambda m, o: m.ExponentialLR(o, "0.5")),
    (HyperparameterError, lambda m, o: m.CosineAnnealingLR(o, 0)),
    (HyperparameterError, lambda m, o: m.CosineAnnealingLR(o, 3, nan)),
    (HyperparameterError, lambda m, o: m.LinearLR(o, 0.0)),
    (HyperparameterError, lambda m, o: m.LinearLR(o, 0.5, 1.5)),
    (HyperparameterError, lambda m, o: m.LinearLR(o, total_iters=0)),
    (ArgumentError, lambda m, o: m.LambdaLR(o, 0.5)),
    (ArgumentError, lambda m, o: m.LambdaLR(o, [lambda t: 1.0])),
    (ArgumentError, lambda m, o: m.LambdaLR(o, lambda t: "1")),
    (HyperparameterError, lambda m, o: m.LambdaLR(o, lambda t: nan)),
    (ArgumentError, lambda m, o: m.OneCycleLR(o, 1.0)),
    (ArgumentError, lambda m, o: m.OneCycleLR(o, 1.0, epochs=3)),
    (ArgumentError, lambda m, o: m.OneCycleLR(o, 1.0, total_steps=2.5)),
    (HyperparameterError, lambda m, o: m.OneCycleLR(o, 1.0, total_steps=0)),
    (HyperparameterError, lambda m, o: m.OneCycleLR(o, nan, 10)),
    (ArgumentError, lambda m, o: m.OneCycleLR(o, [1.0], 10)),
    (HyperparameterError, lambda m, o: m.OneCycleLR(o, 1.0, 10, pct_start=1.5)),
    (HyperparameterError, lambda m, o: m.OneCycleLR(o, 1.0, 10, div_factor=0)),
    (ArgumentError, lambda m, o: m.OneCycleLR(o, 1.0, 10, anneal_strategy="sine")),
    (HyperparameterError, lambda m, o: m.OneCycleLR(o, 1.0, 10, max_momentum=1.0)),
    (HyperparameterError, lambda m, o: m.ReduceLROnPlateau(o, factor=1.0)),
    (HyperparameterError, lambda m, o: m.ReduceLROnPlateau(o, patience=-1)),
    (HyperparameterError, lambda m, o: m.ReduceLROnPlateau(o, threshold=nan)),
    (HyperparameterError, lambda m, o: m.ReduceLROnPlateau(o, min_lr=-1)),
    (ArgumentError, lambda m, o: m.ReduceLROnPlateau(o, min_lr=[0.1])),
    (ArgumentError, lambda m, o: m.ReduceLROnPlateau(o, mode="less")),
    (ArgumentError, lambda m, o: m.ReduceLROnPlateau(None)),
    (HyperparameterError, lambda m, o: m.ConstantLR(o, 0.0)),
    (HyperparameterError, lambda m, o: m.ConstantLR(o, total_iters=0)),
    (HyperparameterError, lambda m, o: m.PolynomialLR(o, power=-1)),
    (HyperparameterError, lambda m, o: m.CosineAnnealingWarmRestarts(o, 0)),
    (ArgumentError, lambda m, o: m.CosineAnnealingWarmRestarts(o, 2, 1.5)),
    (HyperparameterError, lambda m, o: m.CyclicLR(o, nan, 1.0)),
    (HyperparameterError, lambda m, o: m.CyclicLR(o, 0.1, 1.0, step_size_up=0)),
    (ArgumentError, lambda m, o: m.CyclicLR(o, 0.1, 1.0, mode="square")),
    (ArgumentError, lambda m, o: m.CyclicLR(o, 0.1, 1.0, scale_fn=3)),
    (HyperparameterError, lambda m, o: m.CyclicLR(o, 0.1, 1.0, scale_fn=lambda x: nan)),
    (ArgumentError, lambda m, o: m.CyclicLR(o, [0.1], 1.0)),
    (ArgumentError, lambda m, o: m.ChainedScheduler([])),
    (ArgumentError, lambda m, o: m.ChainedScheduler([o])),
    (ArgumentError, lambda m, o: m.SequentialLR(o, [], [])),
]


@pytest.mark.parametrize(("kind", "make"), BAD)
def test_bad_settings_leave_the_optimizer_alone(kind: type[TinygradKrError], make: Make) -> None:
    opt = optimizer()
    before = opt.state_dict()
    with pytest.raises(kind) as error:
        make(lr_scheduler, opt)
    assert len(str(error.value).split("\n")) == 2
    assert opt.state_dict() == before


def test_one_cycle_needs_a_momentum_to_cycle() -> None:
    opt = optimizer("AdaGrad")
    with pytest.raises(ArgumentError, match="AdaGrad"):
        lr_scheduler.OneCycleLR(opt, 1.0, 10)
    lr_scheduler.OneCycleLR(opt, 1.0, 10, cycle_momentum=False)


def test_a_function_that_fails_leaves_everything_as_it_was() -> None:
    opt = optimizer()
    schedule = lr_scheduler.LambdaLR(opt, lambda t: nan if t == 2 else 0.5)
    schedule.step()
    before = (opt.state_dict(), schedule.state_dict())
    with pytest.raises(HyperparameterError):
        schedule.step()
    assert (opt.state_dict(), schedule.state_dict()) == before


def test_a_group_added_later_is_noticed() -> None:
    opt = optimizer()
    schedule = lr_scheduler.LambdaLR(opt, lambda t: 0.5)
    falling = lr_scheduler.ExponentialLR(opt, 0.5)
    opt.add_param_group({"params": tg.zeros(1, requires_grad=True), "lr": 1.0})
    falling.step()
    assert falling.get_last_lr()[2] == 0.5
    before = opt.state_dict()
    with pytest.raises(TinygradKrError):
        schedule.step()
    assert opt.state_dict() == before


def several(opt: optim.Optimizer) -> Any:
    m = lr_scheduler
    chain = m.ChainedScheduler([m.ConstantLR(opt, 0.5, 3), m.ExponentialLR(opt, 0.9)])
    return m.SequentialLR(opt, [chain, m.StepLR(opt, 2)], [4])


def test_schedules_of_others() -> None:
    opt = optimizer()
    schedule = several(opt)
    first, _ = zip(*rates(opt, schedule, 6), strict=True)
    # As in PyTorch, a chain that is taken up by another schedule falls at once.
    chain = [0.1 * 0.9 ** (t + 1) * (0.5 if t < 3 else 1) for t in range(4)]
    np.testing.assert_allclose(first, [*chain, 0.1, 0.1, 0.01])
    assert schedule.last_epoch == 6
    again = several(optimizer())
    again.load_state_dict(schedule.state_dict())
    assert again.state_dict() == schedule.state_dict()


def test_schedules_of_others_are_of_one_optimizer_and_step_alone() -> None:
    one, other = optimizer(), optimizer()
    m = lr_scheduler
    for parts in (
        [m.ConstantLR(one), m.ConstantLR(other)],
        [m.ConstantLR(one), m.ReduceLROnPlateau(one)],
        [m.ConstantLR(one), m.ChainedScheduler([m.ConstantLR(one)])],
    ):
        before = one.state_dict()
        with pytest.raises(ArgumentError):
            m.SequentialLR(one, parts, [2])
        assert one.state_dict() == before
    for milestones in ([], [1, 2], 3, [1.5], [-1]):
        with pytest.raises(TinygradKrError):
            m.SequentialLR(one, [m.ConstantLR(one), m.StepLR(one, 2)], milestones)  # type: ignore[arg-type]


def test_a_part_that_does_not_fit_changes_no_other() -> None:
    schedule = several(optimizer())
    schedule.step()
    before = schedule.state_dict()
    for spoil in (
        lambda d: d["_schedulers"][1].update(gamma=nan),
        lambda d: d["_schedulers"].pop(),
        lambda d: d.update(_milestones=[1, 2]),
        lambda d: d.update(last_epoch=-1),
        lambda d: d.pop("_schedulers"),
    ):
        bad = schedule.state_dict()
        bad["_schedulers"][0]["_schedulers"][0].update(last_epoch=9)
        spoil(bad)
        with pytest.raises(TinygradKrError):
            schedule.load_state_dict(bad)
        assert schedule.state_dict() == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("gamma"),
        lambda d: d.update(unknown=1),
        lambda d: d.update(gamma=nan),
        lambda d: d.update(gamma="0.5"),
        lambda d: d.update(step_size=0),
        lambda d: d.update(last_epoch=-1),
        lambda d: d.update(last_epoch=1.5),
        lambda d: d.update(base_lrs=[0.1]),
        lambda d: d.update(base_lrs=[0.1, nan]),
        lambda d: d.update(_last_lr=None),
    ],
)
def test_a_state_dict_that_does_not_fit_changes_nothing(spoil: Callable[[Any], Any]) -> None:
    schedule = lr_scheduler.StepLR(optimizer(), 3)
    bad = schedule.state_dict()
    spoil(bad)
    before = schedule.state_dict()
    with pytest.raises(TinygradKrError):
        schedule.load_state_dict(bad)
    with pytest.raises(StateDictError):
        schedule.load_state_dict([bad])  # type: ignore[arg-type]
    assert schedule.state_dict() == before


def test_lambdas_that_do_not_fit_are_refused() -> None:
    schedule = lr_scheduler.LambdaLR(optimizer(), lambda t: 1.0)
    for bad in ({}, {**schedule.state_dict(), "lr_lambdas": [None]}, 3):
        with pytest.raises(StateDictError):
            schedule.load_state_dict(bad)  # type: ignore[arg-type]


def test_a_schedule_of_the_users_own() -> None:
    class Harmonic(LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / (1 + self.last_epoch) for base in self.base_lrs]

    opt = optimizer()
    assert rates(opt, Harmonic(opt), 2)[2] == [0.1 / 3, 0.3 / 3]


# Parity with PyTorch


def twins(kind: str, **options: Any) -> tuple[optim.Optimizer, Any]:
    torch = pytest.importorskip("torch")
    groups = [{"params": [torch.zeros(2)]}, {"params": [torch.zeros(3)], "lr": 0.3}]
    return optimizer(kind, **options), getattr(torch.optim, kind)(groups, **{"lr": 0.1, **options})


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@known
def test_the_whole_sequence_is_pytorchs(make: Make, kind: str) -> None:
    ours, theirs = twins(kind)
    scheduler = pytest.importorskip("torch").optim.lr_scheduler
    here, there = make(lr_scheduler, ours), make(scheduler, theirs)
    for _ in range(30):
        for mine, other in zip(ours.param_groups, theirs.param_groups, strict=True):
            for name in set(mine) & set(other) - {"params"}:
                assert mine[name] == other[name], name
            assert {"initial_lr"} <= set(mine)
        assert here.get_last_lr() == there.get_last_lr()
        theirs.step()
        here.step()
        there.step()


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "lambdas"])
def test_resuming_by_number_is_pytorchs(name: str) -> None:
    def at_four(module: Any) -> Any:
        """The module, its schedules started with last_epoch=4."""

        class Module:
            def __getattr__(self, kind: str) -> Any:
                return lambda *a, **k: getattr(module, kind)(*a, **k, last_epoch=4)

        return Module()

    ours, theirs = twins("SGD", momentum=0.9)
    scheduler = pytest.importorskip("torch").optim.lr_scheduler
    first, other = KNOWN[name](lr_scheduler, ours), KNOWN[name](scheduler, theirs)
    for _ in range(4):
        theirs.step()
        first.step()
        other.step()
    here, there = KNOWN[name](at_four(lr_scheduler), ours), KNOWN[name](at_four(scheduler), theirs)
    for _ in range(10):
        assert here.get_last_lr() == there.get_last_lr()
        assert here.last_epoch == there.last_epoch
        theirs.step()
        here.step()
        there.step()


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("cooldown", [0, 2])
@pytest.mark.parametrize("min_lr", [0.0, [0.01, 0.05]])
def test_plateau_is_pytorchs(mode: str, threshold_mode: str, cooldown: int, min_lr: Any) -> None:
    ours, theirs = twins("SGD")
    scheduler = pytest.importorskip("torch").optim.lr_scheduler
    options: dict[str, Any] = {
        "mode": mode,
        "factor": 0.5,
        "patience": 1,
        "threshold": 0.05,
        "threshold_mode": threshold_mode,
        "cooldown": cooldown,
        "min_lr": min_lr,
    }
    here = lr_scheduler.ReduceLROnPlateau(ours, **options)
    there = scheduler.ReduceLROnPlateau(theirs, **options)
    figures = np.random.default_rng(1).normal(size=60).round(1).tolist()
    for figure in [*figures, nan, 0.0, nan]:
        here.step(figure)
        there.step(figure)
        assert [g["lr"] for g in ours.param_groups] == [g["lr"] for g in theirs.param_groups]
        assert (here.best, here.num_bad_epochs) == (there.best, there.num_bad_epochs)
