"""Every schedule again: the rate at epoch t in closed form, the plateau's as a loop over figures.

Each takes the rate that the group begins with, the epoch and the schedule's own options."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise


def lambda_lr(base: float, t: int, lr_lambda: Callable[[int], float]) -> float:
    return base * lr_lambda(t)


def step_lr(base: float, t: int, step_size: int, gamma: float = 0.1) -> float:
    return base * gamma ** (t // step_size)


def multi_step_lr(base: float, t: int, milestones: Sequence[int], gamma: float = 0.1) -> float:
    return base * gamma ** sum(m <= t for m in milestones)


def exponential_lr(base: float, t: int, gamma: float) -> float:
    return base * gamma**t


def linear_lr(
    base: float,
    t: int,
    start_factor: float = 1 / 3,
    end_factor: float = 1.0,
    total_iters: int = 5,
) -> float:
    gone = min(t / total_iters, 1)
    return base * ((1 - gone) * start_factor + gone * end_factor)


def cosine_annealing_lr(base: float, t: int, T_max: int, eta_min: float = 0.0) -> float:
    return eta_min + (base - eta_min) * math.cos(math.pi * t / (2 * T_max)) ** 2


def between(a: float, b: float, part: float, anneal_strategy: str) -> float:
    """The way from a to b: even, or slow at both ends."""
    return a + (b - a) * (
        part if anneal_strategy == "linear" else math.sin(math.pi * part / 2) ** 2
    )


def one_cycle_lr(
    base: float,
    t: int,
    max_lr: float,
    total_steps: int | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    cycle_momentum: bool = True,
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> tuple[float, float | None]:
    """The rate, and the momentum if it is cycled."""
    if total_steps is None:
        assert epochs and steps_per_epoch
        total_steps = epochs * steps_per_epoch
    first = max_lr / div_factor
    corners = [(0, first, max_momentum), (pct_start * total_steps - 1, max_lr, base_momentum)]
    if three_phase:
        corners.append((2 * pct_start * total_steps - 2, first, max_momentum))
    corners.append((total_steps - 1, first / final_div_factor, max_momentum))
    (x, *start), (y, *end) = next(
        leg for leg in pairwise(corners) if t <= leg[1][0] or leg[1] is corners[-1]
    )
    # The step after the last stays at the end.
    part = min((t - x) / (y - x), 1.0) if y != x else 1.0
    rate, momentum = (between(a, b, part, anneal_strategy) for a, b in zip(start, end, strict=True))
    return rate, momentum if cycle_momentum else None


def reduce_lr_on_plateau(
    base: float,
    figures: Sequence[float],
    mode: str = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: str = "rel",
    cooldown: int = 0,
    min_lr: float = 0.0,
    eps: float = 1e-8,
) -> Iterator[float]:
    """The rate after each of the figures."""
    best: float | None = None
    bad = rest = 0
    for figure in figures:
        if best is None:
            better = not math.isnan(figure)
        else:
            margin = threshold * (best if threshold_mode == "rel" else 1)
            better = figure < best - margin if mode == "min" else figure > best + margin
        best = figure if better else best
        bad = 0 if better or rest else bad + 1
        rest = max(rest - 1, 0)
        if bad > patience:
            lower = max(base * factor, min_lr)
            base = lower if base - lower > eps else base
            bad, rest = 0, cooldown
        yield base


def multiplicative_lr(base: float, t: int, lr_lambda: Callable[[int], float]) -> float:
    return base * math.prod(lr_lambda(i) for i in range(1, t + 1))


def constant_lr(base: float, t: int, factor: float = 1 / 3, total_iters: int = 5) -> float:
    return base * factor if t < total_iters else base


def polynomial_lr(base: float, t: int, total_iters: int = 5, power: float = 1.0) -> float:
    return base * (1 - t / total_iters) ** power if t < total_iters else base * 0.0**power


def warm_restarts(base: float, t: int, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> float:
    while t >= T_0:
        t, T_0 = t - T_0, T_0 * T_mult
    return cosine_annealing_lr(base, t, T_0, eta_min)


def cyclic_lr(
    base: float,
    t: int,
    base_lr: float,
    max_lr: float,
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
    scale_fn: Callable[[float], float] | None = None,
    scale_mode: str = "cycle",
    cycle_momentum: bool = True,
    base_momentum: float = 0.8,
    max_momentum: float = 0.9,
) -> tuple[float, float | None]:
    """The rate, and the momentum if it is cycled."""
    down = step_size_up if step_size_down is None else step_size_down
    cycle, t_in = divmod(t, step_size_up + down)
    height = t_in / step_size_up if t_in <= step_size_up else (step_size_up + down - t_in) / down
    if scale_fn:
        height *= scale_fn(cycle + 1 if scale_mode == "cycle" else t)
    else:
        height *= {"triangular": 1.0, "triangular2": 2.0**-cycle, "exp_range": gamma**t}[mode]
    momentum = max_momentum - (max_momentum - base_momentum) * height
    return base_lr + (max_lr - base_lr) * height, momentum if cycle_momentum else None
