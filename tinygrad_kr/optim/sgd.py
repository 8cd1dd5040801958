"""확률적 경사 하강법과 책의 모멘텀.

Stochastic gradient descent, and momentum as the book writes it.
"""

from __future__ import annotations

from typing import Any, Unpack

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import HyperparameterError
from tinygrad_kr.hyperparameters import flag, number, settle
from tinygrad_kr.optim.optimizer import Group, How, Optimizer, Params, State, descent


def sgd_(
    param: Array,
    grad: Array,
    momentum_buffer: Array | None = None,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
    first: bool = False,
) -> None:
    """SGD 한 걸음: ``param``과 ``momentum_buffer``를 제자리에서 바꾼다.

    One step of :class:`SGD` on arrays, in place. On the ``first`` step the buffer takes the
    gradient whole, whatever it held.
    """
    g = descent(param, grad, weight_decay, maximize)
    if momentum_buffer is not None:
        if first:
            momentum_buffer[...] = g
        else:
            momentum_buffer *= momentum
            momentum_buffer += g * (1 - dampening) if dampening else g
        g = g + momentum_buffer * momentum if nesterov else momentum_buffer
    param -= g * lr


class SGD(Optimizer):
    """확률적 경사 하강법(stochastic gradient descent).

    Stochastic gradient descent, with momentum as PyTorch defines it (the learning rate outside the
    buffer; :class:`Momentum` is the book's).

    W ← W − η g; with momentum: b ← μ b + (1 − τ) g, W ← W − η b, or W ← W − η (g + μ b) with
    ``nesterov``. On the first step b is g.

    Args:
        params: parameters or groups.
        lr: learning rate η ≥ 0.
        momentum: μ ≥ 0; 0 means no momentum.
        dampening: τ, the share of the gradient kept out of the buffer.
        weight_decay: λ ≥ 0; λW is added to the gradient.
        nesterov: needs a momentum and no dampening.
        maximize: climb instead of descend.

    Raises:
        HyperparameterError: a value outside its range, NaN included.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.2; Sutskever et al. 2013 (Nesterov).

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.8000, -1.6000], requires_grad=True)
    """

    _rule = staticmethod(sgd_)
    _slots = ()
    _optional_slots = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        defaults = dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "nesterov": nesterov, "maximize": maximize}, **how)

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "momentum", "weight_decay", least=0)
        settle(group, number, "dampening")
        settle(group, flag, "nesterov", "maximize")
        momentum, dampening = group["momentum"], group["dampening"]
        if group["nesterov"] and (momentum == 0 or dampening != 0):
            raise HyperparameterError(
                "nesterov에는 0보다 큰 momentum과 0인 dampening이 필요합니다: "
                f"{momentum=}, {dampening=}.",
                "nesterov needs a momentum above 0 and a dampening of 0, not "
                f"{momentum=}, {dampening=}.",
            )

    def _arrays(self, group: Group) -> dict[str, float]:
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        return {"first": "momentum_buffer" not in state}


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

    _rule = staticmethod(momentum_)
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
        **how: Unpack[How],
    ) -> None:
        defaults = dict(lr=lr, momentum=momentum, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "nesterov": nesterov, "maximize": maximize}, **how)

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "momentum", "weight_decay", least=0)
        settle(group, flag, "nesterov", "maximize")

    def _arrays(self, group: Group) -> dict[str, float]:
        return {"velocity": 0.0}
