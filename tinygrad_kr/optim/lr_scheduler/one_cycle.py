"""한 주기 정책(1cycle).

The 1cycle policy.
"""

from __future__ import annotations

import math
from typing import Any

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import choice, flag, integer, number, per_group
from tinygrad_kr.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer


class OneCycleLR(LRScheduler):
    """학습률을 한 번 올렸다가 훨씬 낮게 내린다. 모멘텀은 거꾸로 움직인다.

    The rate rises from ``max_lr / div_factor`` to ``max_lr`` and falls to ``final_div_factor``
    times less than it began with; the momentum (or β₁) goes the other way. Step it after every
    mini-batch.

    Args:
        optimizer: 옵티마이저. The optimizer.
        max_lr: 가장 높은 학습률 ≥ 0, 또는 그룹마다 하나. The peak, one or one a group.
        total_steps: 걸음 수 ≥ 1. The number of steps, or else
        epochs, steps_per_epoch: 그 곱이 걸음 수. their product.
        pct_start: 올라가는 부분의 비율, 0에서 1. The share of the steps spent rising.
        anneal_strategy: "cos" 또는 "linear".
        cycle_momentum: 모멘텀도 바꾼다. Cycle the momentum too.
        base_momentum: 가장 낮은 모멘텀, 또는 그룹마다 하나. The momentum at the peak.
        max_momentum: 가장 높은 모멘텀, 또는 그룹마다 하나. The momentum at both ends.
        div_factor: 처음 학습률을 정하는 수 > 0. See above.
        final_div_factor: 마지막 학습률을 정하는 수 > 0. See above.
        three_phase: 올린 만큼 내린 다음 끝까지 내린다. Fall as long as it rose, then die out.
        last_epoch: 마지막으로 마친 걸음. The step to go on from, -1 at the start.

    Raises:
        ArgumentError: no number of steps, or momentum is to be cycled where there is none; from
            :meth:`step`, a step beyond the last.

    Source:
        Smith and Topin 2019 (super-convergence).

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> optimizer = optim.Adam([tg.zeros(2, requires_grad=True)])
    >>> schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     schedule.step()
    >>> schedule.get_last_lr(), round(optimizer.param_groups[0]["betas"][0], 4)
    ([0.1], 0.85)
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
        self.total_steps = integer("total_steps", self.total_steps, least=1)
        self.pct_start = number("pct_start", self.pct_start, least=0, most=1)
        self.anneal_strategy = choice("anneal_strategy", self.anneal_strategy, ("cos", "linear"))
        for name in ("div_factor", "final_div_factor"):
            setattr(self, name, number(name, getattr(self, name), above=0))
        for name in ("cycle_momentum", "three_phase"):
            setattr(self, name, flag(name, getattr(self, name)))
        count = len(self.optimizer.param_groups)
        self.max_lr = [
            number("max_lr", rate, least=0) for rate in per_group("max_lr", self.max_lr, count)
        ]
        if not self.cycle_momentum:
            return
        if self._momentum_name is None:
            raise ArgumentError(
                f"{type(self.optimizer).__name__}에는 모멘텀이 없습니다. "
                "cycle_momentum=False를 주세요.",
                f"{type(self.optimizer).__name__} has no momentum to cycle; give "
                "cycle_momentum=False.",
            )
        for name in ("base_momentum", "max_momentum"):
            values = per_group(name, getattr(self, name), count)
            setattr(self, name, [number(name, value, least=0, below=1) for value in values])

    @property
    def _momentum_name(self) -> str | None:
        """What the optimizer calls its momentum."""
        defaults = self.optimizer.defaults
        return next((name for name in ("betas", "momentum") if name in defaults), None)

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

    def _phases(self) -> list[tuple[float, str, str]]:
        """The last step of each phase and which rates it goes between."""
        rise, last = self.pct_start * self.total_steps, self.total_steps - 1
        if self.three_phase:
            return [
                (rise - 1, "initial_lr", "max_lr"),
                (2 * rise - 2, "max_lr", "initial_lr"),
                (last, "initial_lr", "min_lr"),
            ]
        return [(rise - 1, "initial_lr", "max_lr"), (last, "max_lr", "min_lr")]

    def _now(self) -> tuple[str, str, float]:
        """Which rates the present step lies between, and how far it has come."""
        t, phases = self.last_epoch, self._phases()
        if t > self.total_steps:
            raise ArgumentError(
                f"total_steps={self.total_steps}보다 많이 나아갈 수 없습니다: {t}번째.",
                f"Step {t} is beyond total_steps={self.total_steps}.",
            )
        i = sum(t > end for end, _, _ in phases[:-1])
        start = phases[i - 1][0] if i else 0.0
        end, low, high = phases[i]
        # A phase may consist of its end alone.
        return low, high, (t - start) / (end - start) if end != start else 1.0

    def _between(self, start: float, end: float, part: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)

    def get_lr(self) -> list[float]:
        start, end, part = self._now()
        pairs = zip(self._from_groups(start), self._from_groups(end), strict=True)
        return [self._between(a, b, part) for a, b in pairs]

    def _momenta(self) -> list[float]:
        start, end, part = self._now()
        opposite = {"max_lr": "base_momentum"}
        lows, highs = (
            self._from_groups(opposite.get(name, "max_momentum")) for name in (start, end)
        )
        return [self._between(a, b, part) for a, b in zip(lows, highs, strict=True)]

    def step(self) -> None:
        """한 걸음 나아가 학습률과 모멘텀을 정한다.

        Go on by one step: set the groups' rates and, with ``cycle_momentum``, their momenta.
        """
        super().step()
        if not self.cycle_momentum:
            return
        for group, momentum in zip(self.optimizer.param_groups, self._momenta(), strict=True):
            if self._momentum_name == "betas":
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum
