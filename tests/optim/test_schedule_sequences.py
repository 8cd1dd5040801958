"""The whole sequence of every schedule, all options drawn together, against its closed form."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import schedule_references as reference
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.optim import lr_scheduler

Options = dict[str, Any]


@dataclass(frozen=True)
class Schedule:
    """A class, its closed form, and a strategy for each of its options."""

    make: Callable[..., Any]
    reference: Callable[..., Any]
    options: dict[str, st.SearchStrategy[Any]]


def one_or_two(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One for both groups, or one each."""
    return values | st.tuples(values, values).map(list)


flags = st.booleans()
small = st.integers(1, 6)
gamma = {"gamma": st.sampled_from([0.1, 0.5, 0.0, 1.0, 1.5])}
functions = st.sampled_from([lambda t: 0.5**t, lambda t: 1 + t, lambda t: 1 / (1 + t)])
momenta = one_or_two(st.sampled_from([0.85, 0.5, 0.0]))

SCHEDULES = {
    "LambdaLR": Schedule(
        lr_scheduler.LambdaLR, reference.lambda_lr, {"lr_lambda": one_or_two(functions)}
    ),
    "StepLR": Schedule(lr_scheduler.StepLR, reference.step_lr, {"step_size": small, **gamma}),
    "MultiStepLR": Schedule(
        lr_scheduler.MultiStepLR,
        reference.multi_step_lr,
        {"milestones": st.lists(st.integers(0, 12), max_size=4), **gamma},
    ),
    "ExponentialLR": Schedule(lr_scheduler.ExponentialLR, reference.exponential_lr, gamma),
    "LinearLR": Schedule(
        lr_scheduler.LinearLR,
        reference.linear_lr,
        {
            "start_factor": st.sampled_from([1 / 3, 0.5, 1.0, 0.01]),
            "end_factor": st.sampled_from([1.0, 0.5, 0.0]),
            "total_iters": small,
        },
    ),
    "CosineAnnealingLR": Schedule(
        lr_scheduler.CosineAnnealingLR,
        reference.cosine_annealing_lr,
        {"T_max": small, "eta_min": st.sampled_from([0.0, 0.02, 0.7])},
    ),
    "OneCycleLR": Schedule(
        lr_scheduler.OneCycleLR,
        reference.one_cycle_lr,
        {
            "max_lr": one_or_two(st.sampled_from([1.0, 0.3])),
            "total_steps": st.none() | st.integers(1, 12),
            "epochs": st.integers(1, 3),
            "steps_per_epoch": st.integers(1, 4),
            "pct_start": st.sampled_from([0.3, 0.5, 0.0, 1.0, 0.25]),
            "anneal_strategy": st.sampled_from(["cos", "linear"]),
            "cycle_momentum": flags,
            "base_momentum": momenta,
            "max_momentum": momenta,
            "div_factor": st.sampled_from([25.0, 4.0, 0.5]),
            "final_div_factor": st.sampled_from([1e4, 2.0]),
            "three_phase": flags,
        },
    ),
    "ReduceLROnPlateau": Schedule(
        lr_scheduler.ReduceLROnPlateau,
        reference.reduce_lr_on_plateau,
        {
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.sampled_from([0.1, 0.5, 0.0]),
            "patience": st.integers(0, 3),
            "threshold": st.sampled_from([1e-4, 0.0, 0.25]),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 2),
            "min_lr": one_or_two(st.sampled_from([0.0, 0.04, 0.5])),
            "eps": st.sampled_from([1e-8, 0.06]),
        },
    ),
    "MultiplicativeLR": Schedule(
        lr_scheduler.MultiplicativeLR,
        reference.multiplicative_lr,
        {"lr_lambda": one_or_two(functions)},
    ),
    "ConstantLR": Schedule(
        lr_scheduler.ConstantLR,
        reference.constant_lr,
        {"factor": st.sampled_from([1 / 3, 0.5, 1.0]), "total_iters": small},
    ),
    "PolynomialLR": Schedule(
        lr_scheduler.PolynomialLR,
        reference.polynomial_lr,
        {"total_iters": small, "power": st.sampled_from([1.0, 0.5, 2.0, 0.0])},
    ),
    "CosineAnnealingWarmRestarts": Schedule(
        lr_scheduler.CosineAnnealingWarmRestarts,
        reference.warm_restarts,
        {"T_0": small, "T_mult": st.integers(1, 3), "eta_min": st.sampled_from([0.0, 0.02, 0.7])},
    ),
    "CyclicLR": Schedule(
        lr_scheduler.CyclicLR,
        reference.cyclic_lr,
        {
            "base_lr": one_or_two(st.sampled_from([0.1, 0.01])),
            "max_lr": one_or_two(st.sampled_from([1.0, 0.3])),
            "step_size_up": small,
            "step_size_down": st.none() | small,
            "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
            "gamma": st.sampled_from([1.0, 0.5]),
            "scale_fn": st.sampled_from([None, lambda x: 1 / (1 + x)]),
            "scale_mode": st.sampled_from(["cycle", "iterations"]),
            "cycle_momentum": flags,
            "base_momentum": momenta,
            "max_momentum": momenta,
        },
    ),
}
schedules = pytest.mark.parametrize("name", SCHEDULES)
EACH_GROUPS = {"lr_lambda", "base_lr", "max_lr", "base_momentum", "max_momentum", "min_lr"}
STEPS = 13
# On a grid, so that a threshold is met exactly or not at all; few, so that they tie.
figures = st.lists(
    st.sampled_from([0.5, 0.25, 0.0, -0.25, math.nan]), min_size=STEPS, max_size=STEPS
)


def of_group(options: Options, i: int) -> Options:
    return {
        name: value[i] if name in EACH_GROUPS and isinstance(value, list) else value
        for name, value in options.items()
    }


class Run:
    """A schedule on an optimizer of two groups."""

    def __init__(self, name: str, options: Options, kind: str = "SGD") -> None:
        self.bases = [0.1, 0.3]
        params = [tg.zeros(1, requires_grad=True) for _ in self.bases]
        groups = [{"params": p, "lr": lr} for p, lr in zip(params, self.bases, strict=True)]
        self.optimizer: optim.Optimizer = getattr(optim, kind)(groups)
        self.schedule = SCHEDULES[name].make(self.optimizer, **options)
        self.length = min(STEPS, getattr(self.schedule, "total_steps", STEPS))

    def now(self) -> list[tuple[float, float]]:
        """Each group's rate and momentum."""
        groups = self.optimizer.param_groups
        assert self.schedule.get_last_lr() == [group["lr"] for group in groups]
        return [(g["lr"], g["betas"][0] if "betas" in g else g["momentum"]) for g in groups]

    def go(self, figures: list[float]) -> Iterator[list[tuple[float, float]]]:
        """The rates and momenta after each step."""
        for figure in figures:
            self.optimizer.step()
            plateau = isinstance(self.schedule, lr_scheduler.ReduceLROnPlateau)
            self.schedule.step(figure) if plateau else self.schedule.step()
            yield self.now()


def expected(name: str, run: Run, options: Options, figures: list[float]) -> Iterator[Any]:
    """What :meth:`Run.now` must be at first and after each of the steps."""
    follow, momenta = SCHEDULES[name].reference, [momentum for _, momentum in run.now()]
    for i, base in enumerate(run.bases):
        own = of_group(options, i)
        if name == "ReduceLROnPlateau":
            rates = [base, *follow(base, figures, **own)]
        else:
            rates = [follow(base, t, **own) for t in range(len(figures) + 1)]
        if name not in ("OneCycleLR", "CyclicLR"):
            rates = [(rate, momenta[i]) for rate in rates]
        yield [(rate, momenta[i] if momentum is None else momentum) for rate, momentum in rates]


def test_every_schedule_has_its_closed_form() -> None:
    classes = {c for c in vars(lr_scheduler).values() if inspect.isclass(c)}
    of_others = {lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler}
    known = {s.make for s in SCHEDULES.values()}
    assert classes - of_others - {lr_scheduler.LRScheduler} == known


@schedules
def test_every_option_is_in_the_closed_form_and_is_varied(name: str) -> None:
    def defaults(function: Callable[..., Any]) -> Options:
        own = {"optimizer", "last_epoch", "base", "t", "figures"}
        parameters = inspect.signature(function).parameters.values()
        return {p.name: p.default for p in parameters if p.name not in own}

    schedule = SCHEDULES[name]
    options = defaults(schedule.make)
    assert options == defaults(schedule.reference)
    assert options.keys() == schedule.options.keys()
    seen: list[Options] = []
    given(st.fixed_dictionaries(schedule.options))(lambda drawn: seen.append(drawn))()
    for option in options:
        assert len({repr(drawn[option]) for drawn in seen}) > 1, option


@schedules
@given(data=st.data(), kind=st.sampled_from(["SGD", "Adam"]), figures=figures)
def test_the_whole_sequence_is_the_closed_forms(
    name: str, data: st.DataObject, kind: str, figures: list[float]
) -> None:
    options = data.draw(st.fixed_dictionaries(SCHEDULES[name].options))
    run = Run(name, options, kind)
    figures = figures[: run.length]
    ideal = np.array(list(expected(name, run, options, figures)))
    seen = np.array([run.now(), *run.go(figures)])
    np.testing.assert_allclose(seen, np.moveaxis(ideal, 0, 1), rtol=1e-12, atol=1e-13)
    if kind == "Adam":
        assert [group["betas"][1] for group in run.optimizer.param_groups] == [0.999] * 2


@schedules
@given(data=st.data(), figures=figures)
def test_a_resumed_schedule_goes_on_bit_for_bit(
    name: str, data: st.DataObject, figures: list[float]
) -> None:
    drawn = st.fixed_dictionaries(SCHEDULES[name].options)
    options, others = data.draw(drawn), data.draw(drawn)
    # A function is the one thing that is not saved.
    others |= {k: options[k] for k in ("lr_lambda", "scale_fn") if k in options}
    run, again = Run(name, options), Run(name, others)
    half = data.draw(st.integers(0, run.length))
    list(run.go(figures[:half]))
    saved = copy.deepcopy((run.optimizer.state_dict(), run.schedule.state_dict()))
    rest = list(run.go(figures[half : run.length]))

    again.optimizer.load_state_dict(saved[0])
    again.schedule.load_state_dict(saved[1])
    assert again.schedule.state_dict() == saved[1]
    assert list(again.go(figures[half : run.length])) == rest
    assert again.schedule.state_dict() == run.schedule.state_dict()


@pytest.mark.parametrize(
    ("name", "options", "relative"),
    [
        ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)}, False),
        ("StepLR", {"step_size": 3, "gamma": 0.5}, False),
        ("StepLR", {"step_size": 5, "gamma": 0.5}, False),
        ("MultiStepLR", {"milestones": [5, 2, 7, 5], "gamma": 0.5}, False),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 20}, False),
        ("ExponentialLR", {"gamma": 0.9}, True),
        ("LinearLR", {"start_factor": 0.25, "total_iters": 8}, True),
        ("CosineAnnealingLR", {"T_max": 15}, True),
        ("CosineAnnealingWarmRestarts", {"T_0": 20}, False),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3}, False),
    ],
)
def test_a_schedule_goes_on_from_last_epoch(name: str, options: Options, relative: bool) -> None:
    """Begun anew with last_epoch=4 it is at once in epoch 5; what is told by the change from one
    epoch to the next takes the rate that it finds for that epoch's, as in PyTorch."""
    run = Run(name, options)
    list(run.go([0.0] * 4))
    run.schedule = SCHEDULES[name].make(run.optimizer, last_epoch=4, **options)
    seen = np.array([run.now(), *run.go([0.0] * 8)])[:, :, 0]

    def closed(base: float, t: int) -> float:
        value = SCHEDULES[name].reference(base, t, **options)
        return value[0] if isinstance(value, tuple) else value

    late = [closed(1, 4) / closed(1, 5) if relative else 1.0] * 9
    ideal = [[closed(b, t) * f for b in run.bases] for t, f in enumerate(late, start=5)]
    np.testing.assert_allclose(seen, ideal, rtol=1e-12)
