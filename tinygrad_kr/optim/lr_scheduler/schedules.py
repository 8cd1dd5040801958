"""스케줄의 바탕과 미리 정해진 스케줄.

The base of the schedules, and those known beforehand. All but ``LambdaLR`` change the present
rate, so that several can be chained on one optimizer.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from tinygrad_kr.errors import StateDictError
from tinygrad_kr.hyperparameters import integer, number, per_group, settle, wrong_kind
from tinygrad_kr.optim.optimizer import Optimizer


class LRScheduler:
    """학습률 스케줄의 바탕.

    The base class of the schedules. A schedule implements :meth:`get_lr` from ``last_epoch``,
    ``base_lrs`` and, where it can be chained with others, from the groups' present ``lr``.

    Args:
        last_epoch: the epoch to go on from, -1 at the start.

    Raises:
        ArgumentError, HyperparameterError: something of the wrong kind, or outside its range.
        StateDictError: ``last_epoch`` is not -1 and a group lacks its ``initial_lr``.
    """

    _unsaved = frozenset({"optimizer"})
    base_lrs: list[float]
    _last_lr: list[float]
    _step_count: int

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise wrong_kind("optimizer", optimizer, "옵티마이저", "an Optimizer")
        self.optimizer = optimizer
        self.last_epoch = integer("last_epoch", last_epoch, least=-1)
        self._check()
        before = [dict(group) for group in optimizer.param_groups]
        try:
            self._begin()
        except BaseException:
            optimizer.param_groups[:] = before
            raise

    def _check(self) -> None:
        """Refuse what is wrong among the attributes; leave plain Python values in them."""
        if "base_lrs" in vars(self):
            settle(vars(self), integer, "last_epoch", "_step_count", least=0)
            settle(vars(self), self._rates, "base_lrs", "_last_lr")

    def _begin(self) -> None:
        """Note the groups' initial rates and set those of the first epoch."""
        if self.last_epoch == -1:
            for group in self.optimizer.param_groups:
                group.setdefault("initial_lr", group["lr"])
        self.base_lrs = self._rates("initial_lr", self._from_groups("initial_lr"))
        self._last_lr = self._from_groups("lr")
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self.step()

    def _restart(self) -> None:
        """Go back to epoch 0, inside another schedule that now hands over to this one."""
        for group, rate in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = rate
        self.last_epoch = -1
        self._initial_step()

    def _from_groups(self, name: str) -> list[float]:
        groups = self.optimizer.param_groups
        if not all(name in group for group in groups):
            raise StateDictError(
                f"매개변수 그룹에 {name!r}이(가) 없습니다. 옵티마이저의 state_dict를 먼저 "
                "불러오세요.",
                f"A parameter group has no {name!r}; load the optimizer's state dict first.",
            )
        return [group[name] for group in groups]

    def _rates(self, name: str, values: Any, **bounds: float) -> list[float]:
        """``values``, one or one a group, as one finite number for each group."""
        rates = per_group(name, values, len(self.optimizer.param_groups))
        return [number(name, rate, **bounds) for rate in rates]

    def get_lr(self) -> list[float]:
        """다음 학습률을 계산한다.

        The next learning rate of each group; :meth:`step` calls it with ``last_epoch`` counted on.
        """
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """지금의 학습률.

        The learning rate that each group was given last.
        """
        return list(self._last_lr)

    def step(self) -> None:
        """한 에폭(또는 한 걸음) 나아간다.

        Go on by one epoch (or step) and set the groups' rates. Nothing changes on an error.
        """
        self.last_epoch += 1
        try:
            rates = self._rates("lr", self.get_lr())
        except BaseException:
            self.last_epoch -= 1
            raise
        self._put(rates)

    def _put(self, rates: list[float]) -> None:
        self._step_count += 1
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = rates

    def state_dict(self) -> dict[str, Any]:
        """옵티마이저를 뺀 모든 것을 dict로.

        A copy of everything but the optimizer.
        """
        return copy.deepcopy({k: v for k, v in vars(self).items() if k not in self._unsaved})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다.

        Go back to a :meth:`state_dict`, if it fits. The groups' rates are the optimizer's to load.
        """
        mine = vars(self).keys() - self._unsaved
        names = state_dict.keys() if isinstance(state_dict, dict) else set()
        # PyTorch's own private names say nothing here.
        odd = [n for n in mine ^ names if n in mine or not str(n).startswith("_")]
        if odd:
            listed = ", ".join(sorted(map(str, odd)))
            raise StateDictError(
                f"{type(self).__name__}의 state_dict가 아닙니다. 맞지 않는 이름: {listed}.",
                f"This is no state dict of {type(self).__name__}; missing or unknown: {listed}.",
            )
        loaded = copy.copy(self)
        vars(loaded).update(copy.deepcopy({name: state_dict[name] for name in mine}))
        loaded._check()
        vars(self).update(vars(loaded))


class LambdaLR(LRScheduler):
    """처음 학습률 × 함수(에폭).

    The initial rate times a function of the epoch (or one a group): ηₜ = η₀ · f(t).

    >>> import tinygrad_kr as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(2, requires_grad=True)], lr=0.5)
    >>> schedule = tg.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
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
                raise wrong_kind("lr_lambda", function, "함수", "callable")

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * number("lr_lambda", f(self.last_epoch)) for base, f in pairs]

    def state_dict(self) -> dict[str, Any]:
        """함수는 빼고, 호출할 수 있는 객체는 그 속성을 담는다.

        Functions are left out; callable objects give their attributes.
        """
        return super().state_dict() | {
            "lr_lambdas": [
                None if isinstance(f, FunctionType) else copy.deepcopy(getattr(f, "__dict__", None))
                for f in self.lr_lambdas
            ]
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다. 함수는 지금의 것을 쓴다.

        Go back to a :meth:`state_dict`, with the functions given here.
        """
        rest = dict(state_dict) if isinstance(state_dict, dict) else {}
        saved = rest.pop("lr_lambdas", None)
        if not isinstance(saved, list) or len(saved) != len(self.lr_lambdas):
            raise StateDictError(
                "lr_lambdas가 지금의 함수들과 맞지 않습니다.",
                "The state dict's lr_lambdas do not fit the functions given here.",
            )
        super().load_state_dict(rest)
        for function, attributes in zip(self.lr_lambdas, saved, strict=True):
            if attributes:
                vars(function).update(copy.deepcopy(attributes))


class StepLR(LRScheduler):
    """step_size 에폭마다 gamma를 곱한다.

    The rate is multiplied by ``gamma`` ≥ 0 every ``step_size`` ≥ 1 epochs.

    >>> import tinygrad_kr as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
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
        settle(vars(self), integer, "step_size", least=1)
        settle(vars(self), number, "gamma", least=0)

    def get_lr(self) -> list[float]:
        stair = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        factor = self.gamma if stair else 1.0
        return [rate * factor for rate in self._from_groups("lr")]


class MultiStepLR(LRScheduler):
    """정해진 에폭마다 gamma를 곱한다.

    The rate is multiplied by ``gamma`` ≥ 0 at each of the ``milestones`` (epochs), as often as one
    is named.
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
            raise wrong_kind("milestones", self.milestones, "에폭의 리스트", "a list of epochs")
        self.milestones = sorted(integer("milestones", m, least=0) for m in self.milestones)
        settle(vars(self), number, "gamma", least=0)

    def get_lr(self) -> list[float]:
        factor = self.gamma ** self.milestones.count(self.last_epoch)
        return [rate * factor for rate in self._from_groups("lr")]


class ExponentialLR(LRScheduler):
    """에폭마다 gamma를 곱한다.

    The rate is multiplied by ``gamma`` ≥ 0 every epoch.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        settle(vars(self), number, "gamma", least=0)

    def get_lr(self) -> list[float]:
        factor = self.gamma if self._step_count else 1.0
        return [rate * factor for rate in self._from_groups("lr")]


class LinearLR(LRScheduler):
    """처음의 start_factor배에서 end_factor배까지 곧게 바꾼다(워밍업).

    The rate goes in a line from ``start_factor`` to ``end_factor`` times the initial one in
    ``total_iters`` epochs, and stays there: a warm-up, or a linear decay.

    Args:
        start_factor: above 0 and at most 1.
        end_factor: from 0 to 1.
        total_iters: ≥ 1.
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
        settle(vars(self), number, "start_factor", above=0, most=1)
        settle(vars(self), number, "end_factor", least=0, most=1)
        settle(vars(self), integer, "total_iters", least=1)

    def get_lr(self) -> list[float]:
        factor = 1.0
        if self.last_epoch == 0:
            factor = self.start_factor
        elif self._step_count and self.last_epoch <= self.total_iters:
            rise = self.end_factor - self.start_factor
            factor += rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
            # Down to nothing, rounding may put it just below.
            factor = max(factor, 0.0)
        return [rate * factor for rate in self._from_groups("lr")]


class CosineAnnealingLR(LRScheduler):
    """코사인을 따라 eta_min까지 내려간다.

    The rate follows a cosine down to ``eta_min`` ≥ 0 in ``T_max`` > 0 epochs (and up again in as
    many): η_min + (η₀ − η_min)(1 + cos(π t / T_max)) / 2.

    Source:
        Loshchilov and Hutter 2017 (SGDR, without its restarts).
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
        settle(vars(self), number, "eta_min", least=0)

    def get_lr(self) -> list[float]:
        rates = self._from_groups("lr")
        if not self._step_count:
            return rates
        t, low = self.last_epoch, self.eta_min
        # From the bottom the ratio below would be 0 / 0.
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            pairs = zip(rates, self.base_lrs, strict=True)
            return [rate + (base - low) * rise for rate, base in pairs]
        now = 1 + math.cos(math.pi * t / self.T_max)
        factor = now / (1 + math.cos(math.pi * (t - 1) / self.T_max))
        return [factor * (rate - low) + low for rate in rates]
