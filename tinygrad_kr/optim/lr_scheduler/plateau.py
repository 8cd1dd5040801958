"""나아지지 않으면 줄이는 학습률.

A rate that falls for want of progress.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from tinygrad_kr.hyperparameters import choice, integer, number, settle, wrong_kind
from tinygrad_kr.optim.lr_scheduler.schedules import LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer


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

        Raises:
            ArgumentError: ``metrics`` is no single number; nothing has been changed.
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
