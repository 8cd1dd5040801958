"""가중치의 평균: SWA와 지수이동평균(EMA).

Averages of weights: stochastic weight averaging, and exponential moving averages.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.dtypes import int64
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import choice, integer, number, settle
from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops.creation import zeros
from tinygrad_kr.optim.lr_scheduler.schedules import LRScheduler
from tinygrad_kr.optim.optimizer import Optimizer
from tinygrad_kr.tensor import Tensor

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Tensor, Tensor, Any], Tensor]
Averages = Callable[[list[Tensor], list[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """지수이동평균 함수: d · 평균 + (1 − d) · 지금.

    The exponential moving average, of which ``decay`` d (from 0 to 1) stays.
    """
    share = number("decay", decay, least=0, most=1)
    return lambda averaged, current, count: share * averaged + (1 - share) * current


def get_swa_avg_fn() -> Average:
    """지금까지의 평균 함수.

    The mean of all so far, of which ``count`` are in the average.
    """
    return lambda averaged, current, count: averaged + (current - averaged) / (count + 1)


def _together(average: Average) -> Averages:
    def update(averaged: list[Tensor], current: list[Tensor], count: Any) -> None:
        with no_grad():
            for mean, new in zip(averaged, current, strict=True):
                mean.copy_(average(mean, new, count))

    return update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """텐서 목록의 지수이동평균 함수.

    What :func:`get_ema_avg_fn` gives, for lists of tensors, in place.
    """
    return _together(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Averages:
    """텐서 목록의 평균 함수.

    What :func:`get_swa_avg_fn` gives, for lists of tensors, in place.
    """
    return _together(get_swa_avg_fn())


class AveragedModel(Module):
    """모델의 가중치 평균을 지니는 모델.

    A copy of a model that holds the average of its weights; calling it calls the copy.

    Args:
        model: what is averaged; :meth:`update_parameters` takes it as it is now.
        avg_fn: of (averaged, current, number averaged) the new average; by default the mean.
        multi_avg_fn: the same in place of lists of tensors of one dtype, instead of ``avg_fn``.
        use_buffers: average the buffers too, not only copy them.

    Source:
        Izmailov et al. 2018.

    >>> from tinygrad_kr import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> ema = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))
    >>> for value in (1.0, 3.0):
    ...     _ = nn.init.constant_(model.weight, value)
    ...     ema.update_parameters(model)
    >>> ema.module.weight.item()
    2.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError(
                "avg_fn과 multi_avg_fn은 함께 쓸 수 없습니다.",
                "avg_fn and multi_avg_fn are mutually exclusive.",
            )
        self.module = copy.deepcopy(model).to(device) if device else copy.deepcopy(model)
        self.register_buffer("n_averaged", zeros((), dtype=int64))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def _values(self, model: Module) -> list[Tensor]:
        buffers: Iterable[Tensor] = model.buffers() if self.use_buffers else ()
        return [t.detach() for t in chain(model.parameters(), buffers)]

    def update_parameters(self, model: Module) -> None:
        """지금의 가중치를 평균에 더한다. Take the model's weights into the average."""
        averaged, current = self._values(self.module), self._values(model)
        if not self.n_averaged.item():
            for mean, new in zip(averaged, current, strict=True):
                mean.copy_(new)
        else:
            update = self.multi_avg_fn or _together(self.avg_fn or get_swa_avg_fn())
            for dtype in dict.fromkeys(mean.dtype for mean in averaged):
                pairs = zip(averaged, current, strict=True)
                means, news = zip(*(pair for pair in pairs if pair[0].dtype == dtype), strict=True)
                update(list(means), list(news), self.n_averaged)
        if not self.use_buffers:
            for mean, new in zip(self.module.buffers(), model.buffers(), strict=True):
                mean.detach().copy_(new.detach())
        self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """배치 정규화의 이동 통계를 loader의 데이터로 다시 잰다.

    Measure the running statistics of a model's batch normalisations anew, over all the batches of
    ``loader`` (of a tuple or list the first part), as an averaged model needs it.
    """
    layers: list[Any] = [m for m in model.modules() if "num_batches_tracked" in m._buffers]
    if not layers:
        return
    was_training, momenta = model.training, [layer.momentum for layer in layers]
    model.train()
    try:
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None
        with no_grad():
            for batch in loader:
                input = batch[0] if isinstance(batch, list | tuple) else batch
                model(input.to(device) if device else input)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """학습률을 swa_lr로 옮긴다.

    The rate goes to ``swa_lr`` in ``anneal_epochs`` and stays there, for averaging.

    Args:
        swa_lr: ≥ 0, one or one a group.
        anneal_epochs: ≥ 0.
        anneal_strategy: "cos" or "linear".
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        self.swa_lr: Any = swa_lr
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        super()._check()
        settle(vars(self), self._rates, "swa_lr", least=0)
        settle(vars(self), integer, "anneal_epochs", least=0)
        settle(vars(self), choice, "anneal_strategy", options=("cos", "linear"))

    def _begin(self) -> None:
        for group, rate in zip(self.optimizer.param_groups, self.swa_lr, strict=True):
            group["swa_lr"] = rate
        super()._begin()

    def _share(self, step: int) -> float:
        """How much of ``swa_lr`` there is after a step."""
        part = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return part if self.anneal_strategy == "linear" else (1 - math.cos(math.pi * part)) / 2

    def get_lr(self) -> list[float]:
        step = self._step_count if self.anneal_epochs else max(1, self._step_count)
        before, now = self._share(step - 1), self._share(step)
        pairs = list(zip(self._from_groups("lr"), self._from_groups("swa_lr"), strict=True))
        # What the rate would be, were there nothing of swa_lr in it.
        bare = [goal if before == 1 else (lr - before * goal) / (1 - before) for lr, goal in pairs]
        return [goal * now + lr * (1 - now) for (_, goal), lr in zip(pairs, bare, strict=True)]
