"""한 주기 정책과, 나아지지 않으면 줄이는 학습률.

The 1cycle policy, and a rate that falls for want of progress.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import choice, flag, integer, number, settle, wrong_kind
from tinygrad_kr.optim.lr_scheduler.schedules import LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer


def check_momentum(optimizer: Optimizer) -> None:
    """모멘텀이 없는 옵티마이저를 거절한다. Refuse an optimizer without a momentum to cycle."""
    if not {"betas", "momentum"} & optimizer.defaults.keys():
        kind = type(optimizer).__name__
        raise ArgumentError(
            f"{kind}에는 모멘텀이 없습니다. cycle_momentum=False를 주세요.",
            f"{kind} has no momentum to cycle; give cycle_momentum=False.",
        )


def put_momenta(optimizer: Optimizer, momenta: list[float]) -> None:
    """그룹마다 모멘텀(또는 β₁)을 정한다. Set each group's momentum, or its β₁."""
    for group, momentum in zip(optimizer.param_groups, momenta, strict=True):
        if "betas" in group:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class OneCycleLR(LRScheduler):
    """학습률을 한 번 올렸다가 훨씬 낮게 내린다. 모멘텀은 거꾸로 움직인다.

    The rate rises from ``max_lr / div_factor`` to ``max_lr`` and falls to ``final_div_factor``
    times less than it began with; the momentum (or β₁) goes the other way. Step it after every
    mini-batch.

    Args:
        max_lr: the peak ≥ 0, one or one a group.
        total_steps: the number of steps, or else ``epochs`` times ``steps_per_epoch``.
        pct_start: the share of the steps spent rising, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        base_momentum, max_momentum: the momentum at the peak and at both ends, if it is cycled.
        div_factor, final_div_factor: > 0, see above.
        three_phase: fall as long as it rose, then die out.

    Source:
        Smith and Topin 2019 (super-convergence).

    >>> import tinygrad_kr as tg
    >>> optimizer = tg.optim.Adam([tg.zeros(2, requires_grad=True)])
    >>> schedule = tg.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    >>> for _ in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ArgumentError(
                    "total_steps, 또는 epochs와 steps_per_epoch를 함께 주세요.",
                    "Give total_steps, or both epochs and steps_per_epoch.",
                )
            epochs = integer("epochs", epochs, least=1)
            total_steps = epochs * integer("steps_per_epoch", steps_per_epoch, least=1)
        self.total_steps = total_steps
        self.max_lr: Any = max_lr
        self.pct_start = pct_start
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self.base_momentum: Any = base_momentum
        self.max_momentum: Any = max_momentum
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor
        self.three_phase = three_phase
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        mine = vars(self)
        settle(mine, integer, "total_steps", least=1)
        settle(mine, number, "pct_start", least=0, most=1)
        settle(mine, choice, "anneal_strategy", options=("cos", "linear"))
        settle(mine, number, "div_factor", "final_div_factor", above=0)
        settle(mine, flag, "cycle_momentum", "three_phase")
        settle(mine, self._rates, "max_lr", least=0)
        if not self.cycle_momentum:
            return
        check_momentum(self.optimizer)
        settle(mine, self._rates, "base_momentum", "max_momentum", least=0, below=1)

    def _begin(self) -> None:
        if self.last_epoch == -1:
            for i, group in enumerate(self.optimizer.param_groups):
                group["initial_lr"] = self.max_lr[i] / self.div_factor
                group["max_lr"] = self.max_lr[i]
                group["min_lr"] = group["initial_lr"] / self.final_div_factor
                if self.cycle_momentum:
                    group["max_momentum"] = self.max_momentum[i]
                    group["base_momentum"] = self.base_momentum[i]
        super()._begin()

    def _now(self, first: str, peak: str, last: str) -> list[float]:
        """Each group's value at this step, on its way from ``first`` by ``peak`` to ``last``."""
        t = self.last_epoch
        if t > self.total_steps:
            raise ArgumentError(
                f"total_steps={self.total_steps}보다 많이 나아갈 수 없습니다: {t}번째.",
                f"Step {t} is beyond total_steps={self.total_steps}.",
            )
        top = self.pct_start * self.total_steps - 1
        ends, names = [0.0, top, self.total_steps - 1], [first, peak, last]
        if self.three_phase:
            ends.insert(2, 2 * top)
            names.insert(2, first)
        i = 1 + sum(t > end for end in ends[1:-1])
        # A phase may consist of its end alone, and the step after the last stays at the end.
        length = ends[i] - ends[i - 1]
        part = min((t - ends[i - 1]) / length, 1.0) if length else 1.0
        pairs = zip(self._from_groups(names[i - 1]), self._from_groups(names[i]), strict=True)
        if self.anneal_strategy == "linear":
            return [(b - a) * part + a for a, b in pairs]
        return [b + (a - b) / 2.0 * (math.cos(math.pi * part) + 1) for a, b in pairs]

    def get_lr(self) -> list[float]:
        return self._now("initial_lr", "max_lr", "min_lr")

    def step(self) -> None:
        """한 걸음 나아가 학습률과 모멘텀을 정한다. Set the rates and the momenta."""
        super().step()
        if not self.cycle_momentum:
            return
        put_momenta(self.optimizer, self._now("max_momentum", "base_momentum", "max_momentum"))


class ReduceLROnPlateau(LRScheduler):
    """지켜보는 값이 patience 에폭 넘게 나아지지 않으면 학습률에 factor를 곱한다.

    The rate is multiplied by ``factor`` when the figure given to :meth:`step` has not improved for
    more than ``patience`` epochs.

    Args:
        mode: "min" where less is better, or "max".
        factor: from 0 and below 1.
        patience: epochs to wait ≥ 0.
        threshold: how much better counts as better ≥ 0.
        threshold_mode: "rel" (as a share of the best) or "abs".
        cooldown: epochs of rest after a reduction ≥ 0.
        min_lr: the lowest rate ≥ 0, one or one a group.
        eps: smaller changes are not made ≥ 0.

    >>> import tinygrad_kr as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lr: Any = min_lr
        self.eps = eps
        self.best = -math.inf if mode == "max" else math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        super().__init__(optimizer, 0)

    def _begin(self) -> None:
        self._last_lr = self._from_groups("lr")

    def _check(self) -> None:
        mine = vars(self)
        settle(mine, choice, "mode", options=("min", "max"))
        settle(mine, choice, "threshold_mode", options=("rel", "abs"))
        settle(mine, number, "factor", least=0, below=1)
        settle(mine, number, "threshold", "eps", least=0)
        settle(mine, integer, "patience", "cooldown", "last_epoch", least=0)
        settle(mine, integer, "cooldown_counter", "num_bad_epochs", least=0)
        self._rates("min_lr", self.min_lr, least=0)
        self.best = _figure(self.best)

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """에폭의 값(손실, 정확도 등)을 알린다.

        Tell it the epoch's figure: a loss, an accuracy. NaN counts as no improvement.
        """
        current = _figure(metrics)
        lowest = self._rates("min_lr", self.min_lr)
        self.last_epoch += 1
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(self.optimizer.param_groups, lowest, strict=True):
                reduced = max(group["lr"] * self.factor, least)
                if group["lr"] - reduced > self.eps:
                    group["lr"] = reduced
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._from_groups("lr")

    def _is_better(self, current: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        margin = sign * self.threshold
        target = self.best * (1 + margin) if self.threshold_mode == "rel" else self.best + margin
        return sign * current > sign * target


def _figure(metrics: Any) -> float:
    if not isinstance(metrics, str):
        with suppress(TypeError, ValueError, RuntimeError):
            return float(metrics)
    raise wrong_kind("metrics", metrics, "수 하나", "a single number")
