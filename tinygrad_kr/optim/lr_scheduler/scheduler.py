"""스케줄의 바탕.

The base of the schedules.
"""

from __future__ import annotations

import copy
from typing import Any

from tinygrad_kr.errors import ArgumentError, StateDictError
from tinygrad_kr.hyperparameters import integer, number
from tinygrad_kr.optim.optimizer import Optimizer


class LRScheduler:
    """학습률 스케줄의 바탕.

    The base class of the schedules. A schedule implements :meth:`get_lr` from ``last_epoch``,
    ``base_lrs`` and, where it can be chained with others, from the groups' present ``lr``.

    Args:
        optimizer: 학습률을 바꿀 옵티마이저. The optimizer whose groups' ``lr`` it sets.
        last_epoch: 마지막으로 마친 에폭, -1은 처음. The epoch to go on from, -1 at the start.

    Raises:
        ArgumentError: no optimizer, or arguments of the wrong kind.
        HyperparameterError: a value outside its range, NaN included.
        StateDictError: ``last_epoch`` is not -1 and a group lacks its ``initial_lr``.
    """

    _unsaved = frozenset({"optimizer"})
    base_lrs: list[float]
    _last_lr: list[float]
    _step_count: int

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                f"옵티마이저를 주세요: {type(optimizer).__name__}.",
                f"A scheduler needs an optimizer, not {type(optimizer).__name__}.",
            )
        self.optimizer = optimizer
        self.last_epoch = integer("last_epoch", last_epoch, least=-1)
        self._check()
        before = [dict(group) for group in optimizer.param_groups]
        try:
            self._begin()
        except BaseException:
            for group, old in zip(optimizer.param_groups, before, strict=True):
                group.clear()
                group.update(old)
            raise

    def _check(self) -> None:
        """Refuse what is wrong among the attributes; leave plain Python values in them."""
        if "base_lrs" in self.__dict__:
            self.last_epoch = integer("last_epoch", self.last_epoch, least=0)
            self._step_count = integer("_step_count", self._step_count, least=0)
            self.base_lrs = self._rates("base_lrs", self.base_lrs)
            self._last_lr = self._rates("_last_lr", self._last_lr)

    def _begin(self) -> None:
        """Note the groups' initial rates and set those of the first epoch."""
        if self.last_epoch == -1:
            for group in self.optimizer.param_groups:
                group.setdefault("initial_lr", group["lr"])
        self.base_lrs = self._rates("initial_lr", self._from_groups("initial_lr"))
        self._last_lr = self._from_groups("lr")
        self._step_count = 0
        self.step()

    def _from_groups(self, name: str) -> list[float]:
        """The value called ``name`` of each group."""
        for i, group in enumerate(self.optimizer.param_groups):
            if name not in group:
                raise StateDictError(
                    f"{i}번 매개변수 그룹에 {name!r}이(가) 없습니다. 이어서 하려면 "
                    "옵티마이저의 state_dict를 먼저 불러오세요.",
                    f"Parameter group {i} has no {name!r}; to resume, load the optimizer's "
                    "state dict first.",
                )
        return [group[name] for group in self.optimizer.param_groups]

    def _rates(self, name: str, values: Any) -> list[float]:
        """``values`` as one finite number for each group."""
        count = len(self.optimizer.param_groups)
        if not isinstance(values, list | tuple) or len(values) != count:
            raise ArgumentError(
                f"{name}에는 매개변수 그룹마다 하나씩 {count}개의 수가 필요합니다: {values!r}.",
                f"{name} holds one number for each of {count} parameter groups, not {values!r}.",
            )
        return [number(name, value) for value in values]

    @property
    def _is_initial(self) -> bool:
        return self._step_count == 0

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
        self._step_count += 1
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = rates

    def state_dict(self) -> dict[str, Any]:
        """옵티마이저를 뺀 모든 것을 dict로.

        Everything but the optimizer, as a dict of its own.
        """
        return {k: copy.deepcopy(v) for k, v in self.__dict__.items() if k not in self._unsaved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다.

        Go back to a :meth:`state_dict`. The groups' rates are the optimizer's to load.

        Raises:
            StateDictError: names are missing or unknown; nothing has been changed.
            HyperparameterError: a value outside its range; nothing has been changed.
        """
        mine = set(self.__dict__) - self._unsaved
        names = set(state_dict) if isinstance(state_dict, dict) else set()
        # PyTorch's own private names say nothing here.
        odd = (mine - names) | {n for n in names - mine if not str(n).startswith("_")}
        if odd:
            listed = ", ".join(sorted(map(str, odd)))
            raise StateDictError(
                f"{type(self).__name__}의 state_dict가 아닙니다. 맞지 않는 이름: {listed}.",
                f"This is no state dict of {type(self).__name__}; missing or unknown: {listed}.",
            )
        loaded = copy.copy(self)
        loaded.__dict__.update({name: copy.deepcopy(state_dict[name]) for name in mine})
        loaded._check()
        self.__dict__.update(loaded.__dict__)
