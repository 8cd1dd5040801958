"""나아지지 않으면 학습률을 줄인다.

A rate that falls when the figure watched stops improving.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import choice, integer, number, per_group
from tinygrad_kr.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """지켜보는 값이 patience 에폭 넘게 나아지지 않으면 학습률에 factor를 곱한다.

    The rate is multiplied by ``factor`` when the figure given to :meth:`step` has not improved for
    more than ``patience`` epochs.

    Args:
        optimizer: 옵티마이저. The optimizer.
        mode: "min"(작을수록 좋다) 또는 "max". Whether less or more is better.
        factor: 곱하는 수, 0 이상 1 미만. The factor, from 0 and below 1.
        patience: 참고 기다리는 에폭 수 ≥ 0. Epochs to wait.
        threshold: 나아졌다고 볼 차이 ≥ 0. How much better counts as better.
        threshold_mode: "rel"(비율) 또는 "abs"(차이). As a share of the best, or as it is.
        cooldown: 줄인 뒤 쉬는 에폭 수 ≥ 0. Epochs of rest after a reduction.
        min_lr: 가장 낮은 학습률 ≥ 0, 또는 그룹마다 하나. The lowest rate, one or one a group.
        eps: 이보다 작은 변화는 하지 않는다 ≥ 0. Smaller changes are not made.

    Raises:
        ArgumentError: an argument of the wrong kind.
        HyperparameterError: a value outside its range, NaN included.

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> optimizer = optim.SGD([tg.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
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
        super().__init__(optimizer)

    def _begin(self) -> None:
        self.last_epoch = 0
        self._last_lr = self._from_groups("lr")

    def _check(self) -> None:
        self.mode = choice("mode", self.mode, ("min", "max"))
        self.threshold_mode = choice("threshold_mode", self.threshold_mode, ("rel", "abs"))
        self.factor = number("factor", self.factor, least=0, below=1)
        for name in ("threshold", "eps"):
            setattr(self, name, number(name, getattr(self, name), least=0))
        for name in ("patience", "cooldown", "cooldown_counter", "num_bad_epochs"):
            setattr(self, name, integer(name, getattr(self, name), least=0))
        self.last_epoch = integer("last_epoch", self.last_epoch, least=-1)
        for rate in self._lowest():
            number("min_lr", rate, least=0)
        self.best = _figure(self.best)

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """에폭의 값(손실, 정확도 등)을 알린다.

        Tell it the epoch's figure: a loss, an accuracy. NaN counts as no improvement.

        Raises:
            ArgumentError: ``metrics`` is no single number; nothing has been changed.
        """
        current = _figure(metrics)
        lowest = self._lowest()
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

    def _lowest(self) -> list[float]:
        return per_group("min_lr", self.min_lr, len(self.optimizer.param_groups))

    def _is_better(self, current: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            target = self.best * (1 + sign * self.threshold)
        else:
            target = self.best + sign * self.threshold
        return current > target if self.mode == "max" else current < target


def _figure(metrics: Any) -> float:
    if not isinstance(metrics, str):
        with suppress(TypeError, ValueError, RuntimeError):
            return float(metrics)
    raise ArgumentError(
        f"step()에는 수 하나를 주세요: {type(metrics).__name__}.",
        f"step() takes a single number, not {type(metrics).__name__}.",
    )
