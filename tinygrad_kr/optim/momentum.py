"""책의 모멘텀.

Momentum as the book writes it: the learning rate is inside the velocity.
"""

from __future__ import annotations

from typing import ClassVar

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number
from tinygrad_kr.optim.optimizer import Optimizer, Params
from tinygrad_kr.optim.rule import descent
from tinygrad_kr.optim.state import Group, State, slot


def momentum_(
    param: Array,
    grad: Array,
    velocity: Array,
    *,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> None:
    """모멘텀 한 걸음: ``param``과 ``velocity``를 제자리에서 바꾼다.

    One step of :class:`Momentum` on arrays, in place.
    """
    pull = descent(param, grad, weight_decay, maximize) * lr
    velocity *= momentum
    velocity -= pull
    if nesterov:
        param += velocity * momentum
        param -= pull
    else:
        param += velocity


class Momentum(Optimizer):
    """모멘텀: 그릇 바닥을 구르는 공.

    Momentum as the book writes it, a ball that rolls in a bowl: v ← α v − η g, W ← W + v, with
    v = 0 at first. While η stays constant it walks as ``SGD(momentum=α)``; when η changes, the
    velocity here keeps the old steps as long as they were.

    With ``nesterov``, W ← W + α v − η g (v already updated), which is Nesterov's
    W ← W + α² v − (1 + α) η g in terms of the old v.

    Args:
        params: 매개변수나 그룹. Parameters or groups.
        lr: 학습률 η ≥ 0. Learning rate.
        momentum: α ≥ 0, 마찰의 구실. What friction leaves of the velocity.
        weight_decay: 가중치 감소 λ ≥ 0. λW is added to the gradient.
        nesterov: 네스테로프 모멘텀. Nesterov's momentum.
        maximize: 기울기를 따라 올라간다. Climb instead of descend.

    Raises:
        HyperparameterError: a value outside its range, NaN included.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.4; Bengio et al. 2012 (Nesterov's form).

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.Momentum([w], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> round(w.item(), 4)
    0.46
    """

    _slots: ClassVar[dict[str, bool] | None] = {"velocity": True}

    def __init__(
        self,
        params: Params,
        lr: float = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _check(self, group: Group) -> None:
        for name in ("lr", "momentum", "weight_decay"):
            group[name] = number(name, group[name], least=0)
        for name in ("nesterov", "maximize"):
            group[name] = flag(name, group[name])

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        momentum_(
            param,
            grad,
            slot(state, "velocity", param),
            lr=group["lr"],
            momentum=group["momentum"],
            weight_decay=group["weight_decay"],
            nesterov=group["nesterov"],
            maximize=group["maximize"],
        )
