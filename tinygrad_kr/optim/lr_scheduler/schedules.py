"""에폭마다 정해진 학습률: 계단, 지수, 코사인, 직선, 함수.

The schedules known beforehand: steps, exponential, cosine, a line, a function. All but
``LambdaLR`` change the present rate, so that several can be chained on one optimizer.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from tinygrad_kr.errors import ArgumentError, StateDictError
from tinygrad_kr.hyperparameters import integer, number, per_group
from tinygrad_kr.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer


class LambdaLR(LRScheduler):
    """처음 학습률 × 함수(에폭).

    The initial rate times a function of the epoch: ηₜ = η₀ · f(t).

    Args:
        optimizer: 옵티마이저. The optimizer.
        lr_lambda: 함수 하나, 또는 그룹마다 하나. A function, or a list with one a group.
        last_epoch: 마지막으로 마친 에폭. The epoch to go on from, -1 at the start.

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> optimizer = optim.SGD([tg.zeros(2, requires_grad=True)], lr=0.5)
    >>> schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    _unsaved = frozenset({"optimizer", "lr_lambdas"})

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambdas: Any = lr_lambda
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        count = len(self.optimizer.param_groups)
        self.lr_lambdas = per_group("lr_lambda", self.lr_lambdas, count)
        for function in self.lr_lambdas:
            if not callable(function):
                raise ArgumentError(
                    f"lr_lambda에는 함수를 주세요: {type(function).__name__}.",
                    f"lr_lambda must be callable, not {type(function).__name__}.",
                )

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * number("lr_lambda", f(self.last_epoch)) for base, f in pairs]

    def state_dict(self) -> dict[str, Any]:
        """함수는 빼고, 호출할 수 있는 객체는 그 속성을 담는다.

        As in the base class; functions are left out, callable objects give their attributes.
        """
        return super().state_dict() | {
            "lr_lambdas": [
                None if isinstance(f, FunctionType) else copy.deepcopy(getattr(f, "__dict__", None))
                for f in self.lr_lambdas
            ]
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다. 함수는 지금의 것을 쓴다.

        Go back to a :meth:`state_dict`; the functions stay those given here.
        """
        saved = state_dict.get("lr_lambdas") if isinstance(state_dict, dict) else None
        if (
            not isinstance(saved, list)
            or len(saved) != len(self.lr_lambdas)
            or not all(entry is None or isinstance(entry, dict) for entry in saved)
        ):
            raise StateDictError(
                "lr_lambdas가 지금의 함수들과 맞지 않습니다.",
                "The state dict's lr_lambdas do not fit the functions given here.",
            )
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for function, entry in zip(self.lr_lambdas, saved, strict=True):
            if entry is not None:
                function.__dict__.update(copy.deepcopy(entry))


class StepLR(LRScheduler):
    """step_size 에폭마다 gamma를 곱한다.

    The rate is multiplied by ``gamma`` every ``step_size`` epochs.

    Args:
        optimizer: 옵티마이저. The optimizer.
        step_size: 계단 하나의 에폭 수 ≥ 1. Epochs a stair.
        gamma: 곱하는 수 ≥ 0. The factor.
        last_epoch: 마지막으로 마친 에폭. The epoch to go on from, -1 at the start.

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> optimizer = optim.SGD([tg.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        self.step_size = integer("step_size", self.step_size, least=1)
        self.gamma = number("gamma", self.gamma, least=0)

    def get_lr(self) -> list[float]:
        stair = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        factor = self.gamma if stair else 1.0
        return [rate * factor for rate in self._from_groups("lr")]


class MultiStepLR(LRScheduler):
    """정해진 에폭마다 gamma를 곱한다.

    The rate is multiplied by ``gamma`` at each of the ``milestones``, as often as one is named.

    Args:
        optimizer: 옵티마이저. The optimizer.
        milestones: 에폭들(0 이상의 정수). Epochs.
        gamma: 곱하는 수 ≥ 0. The factor.
        last_epoch: 마지막으로 마친 에폭. The epoch to go on from, -1 at the start.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones: Any = milestones
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        if not isinstance(self.milestones, Iterable):
            raise ArgumentError(
                f"milestones에는 에폭의 리스트를 주세요: {self.milestones!r}.",
                f"milestones is a list of epochs, not {self.milestones!r}.",
            )
        self.milestones = sorted(integer("milestones", m, least=0) for m in self.milestones)
        self.gamma = number("gamma", self.gamma, least=0)

    def get_lr(self) -> list[float]:
        factor = self.gamma ** self.milestones.count(self.last_epoch)
        return [rate * factor for rate in self._from_groups("lr")]


class ExponentialLR(LRScheduler):
    """에폭마다 gamma를 곱한다.

    The rate is multiplied by ``gamma`` every epoch.

    Args:
        optimizer: 옵티마이저. The optimizer.
        gamma: 곱하는 수 ≥ 0. The factor.
        last_epoch: 마지막으로 마친 에폭. The epoch to go on from, -1 at the start.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        self.gamma = number("gamma", self.gamma, least=0)

    def get_lr(self) -> list[float]:
        factor = 1.0 if self._is_initial else self.gamma
        return [rate * factor for rate in self._from_groups("lr")]


class LinearLR(LRScheduler):
    """처음의 start_factor배에서 end_factor배까지 곧게 바꾼다(워밍업).

    The rate goes in a line from ``start_factor`` to ``end_factor`` times the initial one in
    ``total_iters`` epochs, and stays there: a warm-up, or a linear decay.

    Args:
        optimizer: 옵티마이저. The optimizer.
        start_factor: 첫 배수, 0 초과 1 이하. The first factor, above 0 and at most 1.
        end_factor: 마지막 배수, 0 이상 1 이하. The last factor, from 0 to 1.
        total_iters: 에폭 수 ≥ 1. Epochs from the first to the last.
        last_epoch: 마지막으로 마친 에폭. The epoch to go on from, -1 at the start.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        self.start_factor = number("start_factor", self.start_factor, above=0, most=1)
        self.end_factor = number("end_factor", self.end_factor, least=0, most=1)
        self.total_iters = integer("total_iters", self.total_iters, least=1)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            factor = self.start_factor
        elif self._is_initial or self.last_epoch > self.total_iters:
            factor = 1.0
        else:
            rise = self.end_factor - self.start_factor
            factor = 1.0 + rise / (
                self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
            )
        return [rate * factor for rate in self._from_groups("lr")]


class CosineAnnealingLR(LRScheduler):
    """코사인을 따라 eta_min까지 내려간다.

    The rate follows a cosine down to ``eta_min`` in ``T_max`` epochs (and up again in as many):
    η_min + (η₀ − η_min)(1 + cos(π t / T_max)) / 2.

    Args:
        optimizer: 옵티마이저. The optimizer.
        T_max: 반 주기의 에폭 수 > 0. Epochs of half a period.
        eta_min: 가장 낮은 학습률 ≥ 0. The lowest rate.
        last_epoch: 마지막으로 마친 에폭. The epoch to go on from, -1 at the start.

    Source:
        Loshchilov and Hutter 2017 (SGDR, without its restarts).

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> optimizer = optim.SGD([tg.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     schedule.step()
    ...     print(round(schedule.get_last_lr()[0], 4))
    0.5
    0.0
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max: float = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        number("T_max", self.T_max, above=0)
        self.eta_min = number("eta_min", self.eta_min, least=0)

    def get_lr(self) -> list[float]:
        rates = self._from_groups("lr")
        if self._is_initial:
            return rates
        t, low = self.last_epoch, self.eta_min
        # From the bottom the ratio below would be 0 / 0.
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [
                rate + (base - low) * rise for rate, base in zip(rates, self.base_lrs, strict=True)
            ]
        now = 1 + math.cos(math.pi * t / self.T_max)
        factor = now / (1 + math.cos(math.pi * (t - 1) / self.T_max))
        return [factor * (rate - low) + low for rate in rates]
