"""드물게 쓰는 스케줄: 되풀이하는 것, 다른 스케줄로 이루어진 것.

The rarer schedules: those that come back, and those made of others.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_kr.errors import ArgumentError, StateDictError
from tinygrad_kr.hyperparameters import choice, flag, integer, number, settle, wrong_kind
from tinygrad_kr.optim.lr_scheduler.policies import (
    ReduceLROnPlateau,
    check_momentum,
    put_momenta,
)
from tinygrad_kr.optim.lr_scheduler.schedules import LambdaLR, LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "SequentialLR",
]


class MultiplicativeLR(LambdaLR):
    """에폭마다 함수의 값을 곱한다.

    The rate is multiplied every epoch by a function of it (or one a group): ηₜ = ηₜ₋₁ · f(t).
    """

    def get_lr(self) -> list[float]:
        rates = self._from_groups("lr")
        return self._scaled(rates) if self._step_count else rates

    def _scaled(self, rates: list[float]) -> list[float]:
        pairs = zip(rates, self.lr_lambdas, strict=True)
        return [rate * number("lr_lambda", f(self.last_epoch)) for rate, f in pairs]

    def _restart(self) -> None:
        self.last_epoch = 0
        self._put(self._scaled(self._from_groups("lr")))


class ConstantLR(LRScheduler):
    """처음 total_iters 에폭은 factor배로.

    For ``total_iters`` ≥ 1 epochs the rate is ``factor`` times the initial one, 0 < factor ≤ 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        settle(vars(self), number, "factor", above=0, most=1)
        settle(vars(self), integer, "total_iters", least=1)

    def get_lr(self) -> list[float]:
        factor = {0: self.factor, self.total_iters: 1.0 / self.factor}.get(self.last_epoch, 1.0)
        return [rate * factor for rate in self._from_groups("lr")]


class PolynomialLR(LRScheduler):
    """total_iters 에폭에 걸쳐 다항식을 따라 0까지 내려간다.

    The rate falls to 0 in ``total_iters`` ≥ 1 epochs: ηₜ = η₀ (1 − t / total_iters)^power, with
    ``power`` ≥ 0.
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        settle(vars(self), integer, "total_iters", least=1)
        settle(vars(self), number, "power", least=0)

    def get_lr(self) -> list[float]:
        rates, t, total = self._from_groups("lr"), self.last_epoch, self.total_iters
        if not self._step_count or t > total:
            return rates
        factor = ((1.0 - t / total) / (1.0 - (t - 1) / total)) ** self.power
        return [rate * factor for rate in rates]


class CosineAnnealingWarmRestarts(LRScheduler):
    """코사인을 따라 내려갔다가 처음 학습률에서 다시 시작한다.

    The rate follows a cosine down to ``eta_min`` in ``T_0`` epochs, starts anew, and takes
    ``T_mult`` ≥ 1 times as long each time: η_min + (η₀ − η_min)(1 + cos(π T_cur / T_i)) / 2.

    Source:
        Loshchilov and Hutter 2017 (SGDR).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_0 = self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        settle(vars(self), integer, "T_0", "T_i", "T_mult", least=1)
        settle(vars(self), number, "eta_min", least=0)
        number("T_cur", self.T_cur, least=-1)

    def get_lr(self) -> list[float]:
        part = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * part for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """한 에폭 나아가거나, 주어진 에폭(소수도 된다)으로 간다.

        Go on by one epoch, or to ``epoch`` ≥ 0, which may lie between two.
        """
        if epoch is None and self.last_epoch >= 0:
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
            self.last_epoch += 1
        else:
            t = number("epoch", 0 if epoch is None else epoch, least=0)
            cycles = 0
            if t >= self.T_0:
                if self.T_mult == 1:
                    cycles = int(t // self.T_0)
                else:
                    cycles = int(math.log(t / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            gone = sum(self.T_0 * self.T_mult**i for i in range(cycles))
            self.T_cur, self.T_i = t - gone, self.T_0 * self.T_mult**cycles
            self.last_epoch = math.floor(t)
        self._put(self.get_lr())


class CyclicLR(LRScheduler):
    """학습률을 두 값 사이에서 오르내린다. 모멘텀은 거꾸로 움직인다.

    The rate goes to and fro between ``base_lr`` and ``max_lr``; the momentum (or β₁) goes the other
    way. Step it after every mini-batch.

    Args:
        base_lr, max_lr: ≥ 0, one or one a group.
        step_size_up, step_size_down: the steps of a rise, and of a fall (by default as many).
        mode: "triangular", "triangular2" (each cycle half as high) or "exp_range" (``gamma`` to the
            power of the step times as high).
        scale_fn: instead of ``mode``, how high, as a function of the cycle (from 1) or of the step.
        scale_mode: "cycle" or "iterations", what ``scale_fn`` is asked with.
        cycle_momentum, base_momentum, max_momentum: as in :class:`OneCycleLR`.

    Source:
        Smith 2017.
    """

    _unsaved = frozenset({"optimizer", "scale_fn"})

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: float = 2000,
        step_size_down: float | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.base_lr: Any = base_lr
        self.max_lr: Any = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_up if step_size_down is None else step_size_down
        self.mode = mode
        self.gamma = gamma
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        self.base_momentum: Any = base_momentum
        self.max_momentum: Any = max_momentum
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        mine = vars(self)
        settle(mine, number, "step_size_up", above=0)
        settle(mine, number, "step_size_down", least=0)
        settle(mine, number, "gamma")
        settle(mine, choice, "scale_mode", options=("cycle", "iterations"))
        settle(mine, flag, "cycle_momentum")
        settle(mine, self._rates, "base_lr", "max_lr", least=0)
        if self.scale_fn is None:
            settle(mine, choice, "mode", options=("triangular", "triangular2", "exp_range"))
        elif not callable(self.scale_fn):
            raise wrong_kind("scale_fn", self.scale_fn, "함수", "callable")
        if self.cycle_momentum:
            check_momentum(self.optimizer)
            settle(mine, self._rates, "base_momentum", "max_momentum", least=0, below=1)

    def _begin(self) -> None:
        if self.last_epoch == -1:
            for i, group in enumerate(self.optimizer.param_groups):
                group["lr"] = self.base_lr[i]
                if self.cycle_momentum:
                    group["max_momentum"] = self.max_momentum[i]
                    group["base_momentum"] = self.base_momentum[i]
        super()._begin()
        self.base_lrs = self.base_lr

    def _height(self) -> float:
        """How far the step is on its way up, of a way that may get shorter."""
        total, t = self.step_size_up + self.step_size_down, self.last_epoch
        cycle, top = math.floor(1 + t / total), self.step_size_up / total
        x = 1.0 + t / total - cycle
        height = x / top if x <= top else (x - 1) / (top - 1)
        if self.scale_fn:
            scale = self.scale_fn(cycle if self.scale_mode == "cycle" else t)
            return height * number("scale_fn", scale)
        scales = {"triangular2": 0.5 ** (cycle - 1), "exp_range": self.gamma**t}
        return height * scales.get(self.mode, 1.0)

    def get_lr(self) -> list[float]:
        pairs, height = zip(self.base_lrs, self.max_lr, strict=True), self._height()
        return [low + (high - low) * height for low, high in pairs]

    def step(self) -> None:
        """한 걸음 나아가 학습률과 모멘텀을 정한다. Set the rates and the momenta."""
        super().step()
        if self.cycle_momentum:
            pairs, height = zip(self.base_momentum, self.max_momentum, strict=True), self._height()
            put_momenta(self.optimizer, [high - (high - low) * height for low, high in pairs])


class _Several(LRScheduler):
    """What the schedules made of others have in common."""

    _unsaved = frozenset({"optimizer", "_schedulers"})

    def _take(self, schedulers: Any, optimizer: Any) -> None:
        listed = list(schedulers) if isinstance(schedulers, Sequence) else []
        known = [isinstance(s, LRScheduler) for s in listed]
        if not listed or not all(known):
            raise wrong_kind("schedulers", schedulers, "스케줄의 리스트", "a list of schedules")
        optimizer = optimizer or listed[0].optimizer
        for i, schedule in enumerate(listed):
            if isinstance(schedule, ReduceLROnPlateau) or schedule.optimizer is not optimizer:
                kind = type(schedule).__name__
                raise ArgumentError(
                    f"schedulers[{i}]({kind})는 쓸 수 없습니다. 옵티마이저가 같고 step()에 값이 "
                    "필요 없는 것을 주세요.",
                    f"schedulers[{i}] ({kind}) must be of the same optimizer, and one whose step() "
                    "needs no figure.",
                )
        self.optimizer, self._schedulers = optimizer, listed

    def _check(self) -> None:
        settle(vars(self), self._rates, "_last_lr")

    def state_dict(self) -> dict[str, Any]:
        """옵티마이저를 뺀 모든 것을 dict로. A copy of everything but the optimizer."""
        return super().state_dict() | {"_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다. Go back to a :meth:`state_dict`, if it fits."""
        rest = dict(state_dict) if isinstance(state_dict, dict) else {}
        saved = rest.pop("_schedulers", None)
        if not isinstance(saved, list) or len(saved) != len(self._schedulers):
            raise StateDictError(
                "_schedulers가 지금의 스케줄들과 맞지 않습니다.",
                "The state dict's _schedulers do not fit the schedules given here.",
            )
        before = [s.state_dict() for s in self._schedulers]
        try:
            for schedule, state in zip(self._schedulers, saved, strict=True):
                schedule.load_state_dict(state)
            super().load_state_dict(rest)
        except BaseException:
            for schedule, state in zip(self._schedulers, before, strict=True):
                schedule.load_state_dict(state)
            raise


class ChainedScheduler(_Several):
    """여러 스케줄을 함께 쓴다.

    Several schedules at once: each :meth:`step` steps them all, one after the other.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._from_groups("lr")

    def step(self) -> None:
        """모든 스케줄이 한 에폭 나아간다. All go on by one epoch."""
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = self._from_groups("lr")


class SequentialLR(_Several):
    """스케줄을 차례로 쓴다.

    One schedule after another, as a warm-up before a decay: from each of the ``milestones``
    (epochs) on the next one, begun anew.

    >>> import tinygrad_kr as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(2, requires_grad=True)], lr=1.0)
    >>> warm = tg.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> fall = tg.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = tg.optim.lr_scheduler.SequentialLR(optimizer, [warm, fall], milestones=[2])
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [0.5, 0.5, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(schedulers, optimizer)
        self._milestones: Any = milestones
        self.last_epoch = integer("last_epoch", last_epoch, least=-1) + 1
        self._last_lr = self._from_groups("lr")
        self._check()
        for schedule in self._schedulers[1:]:
            if isinstance(schedule, _Several):
                raise ArgumentError(
                    f"{type(schedule).__name__}은(는) 맨 앞에만 올 수 있습니다.",
                    f"A {type(schedule).__name__} can only come first.",
                )
        for group, rate in zip(
            optimizer.param_groups, self._from_groups("initial_lr"), strict=True
        ):
            group["lr"] = rate
        first = self._schedulers[bisect_right(self._milestones, 0)]
        _undo(first)
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _check(self) -> None:
        super()._check()
        milestones, wanted = self._milestones, len(self._schedulers) - 1
        if not isinstance(milestones, list | tuple) or len(milestones) != wanted:
            raise wrong_kind(
                "milestones", milestones, f"에폭 {wanted}개", f"a list of {wanted} epochs"
            )
        self._milestones = [integer("milestones", m, least=0) for m in milestones]
        settle(vars(self), integer, "last_epoch", least=0)

    def step(self) -> None:
        """지금 차례의 스케줄이 한 에폭 나아간다. The one whose turn it is goes on by one epoch."""
        epoch = self.last_epoch + 1
        turn = bisect_right(self._milestones, epoch)
        schedule = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == epoch:
            schedule._restart()
        else:
            schedule.step()
        self.last_epoch, self._last_lr = epoch, schedule.get_last_lr()


def _undo(schedule: LRScheduler) -> None:
    """Take back its first step."""
    if isinstance(schedule, _Several):
        for part in schedule._schedulers:
            _undo(part)
    else:
        schedule.last_epoch -= 1
