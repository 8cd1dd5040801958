"""책의 모멘텀.

Momentum as the book writes it.
"""

from __future__ import annotations

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, settle
from tinygrad_kr.optim.optimizer import Optimizer, Params
from tinygrad_kr.optim.state import Group, State, descent, slot


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

    With ``nesterov``, W ← W + α v − η g (v already updated).

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        momentum: α ≥ 0, what friction leaves of the velocity.
        nesterov: Nesterov's momentum.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.4; Bengio et al. 2012 (Nesterov's form).

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.Momentum([w], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([0.4600], requires_grad=True)
    """

    _slots = ("velocity",)

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
        defaults = dict(lr=lr, momentum=momentum, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "nesterov": nesterov, "maximize": maximize})

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "momentum", "weight_decay", least=0)
        settle(group, flag, "nesterov", "maximize")

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        momentum_(param, grad, slot(state, "velocity", param), **self._options(group))
