"""확률적 경사 하강법(SGD).

Stochastic gradient descent, with PyTorch's momentum.
"""

from __future__ import annotations

from typing import ClassVar

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import HyperparameterError
from tinygrad_kr.hyperparameters import flag, number
from tinygrad_kr.optim.optimizer import Optimizer, Params
from tinygrad_kr.optim.rule import descent
from tinygrad_kr.optim.state import Group, State, slot


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
            momentum_buffer += g * (1 - dampening)
        g = g + momentum_buffer * momentum if nesterov else momentum_buffer
    param -= g * lr


class SGD(Optimizer):
    """확률적 경사 하강법(stochastic gradient descent).

    Stochastic gradient descent, with momentum as PyTorch defines it (the learning rate outside the
    buffer; :class:`Momentum` is the book's).

    W ← W − η g; with momentum: b ← μ b + (1 − τ) g, W ← W − η b, or W ← W − η (g + μ b) with
    ``nesterov``. On the first step b is g.

    Args:
        params: 매개변수나 그룹. Parameters or groups.
        lr: 학습률 η ≥ 0. Learning rate.
        momentum: μ ≥ 0; 0이면 모멘텀을 쓰지 않는다. 0 means no momentum.
        dampening: τ. The share of the gradient kept out of the buffer.
        weight_decay: 가중치 감소 λ ≥ 0. λW is added to the gradient.
        nesterov: 네스테로프 모멘텀. Needs a momentum and no dampening.
        maximize: 기울기를 따라 올라간다. Climb instead of descend.

    Raises:
        HyperparameterError: a value outside its range, NaN included.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.2; Sutskever et al. 2013 (Nesterov).

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> [round(x, 4) for x in w.tolist()]
    [0.8, -1.6]
    """

    _slots: ClassVar[dict[str, bool] | None] = {"momentum_buffer": False}

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
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _check(self, group: Group) -> None:
        for name in ("lr", "momentum", "weight_decay"):
            group[name] = number(name, group[name], least=0)
        group["dampening"] = number("dampening", group["dampening"])
        for name in ("nesterov", "maximize"):
            group[name] = flag(name, group[name])
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            momentum, dampening = group["momentum"], group["dampening"]
            raise HyperparameterError(
                "nesterov에는 0보다 큰 momentum과 0인 dampening이 필요합니다: "
                f"momentum={momentum}, dampening={dampening}.",
                "nesterov needs a momentum above 0 and a dampening of 0, not "
                f"momentum={momentum}, dampening={dampening}.",
            )

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        first = "momentum_buffer" not in state
        sgd_(
            param,
            grad,
            slot(state, "momentum_buffer", param) if group["momentum"] else None,
            lr=group["lr"],
            momentum=group["momentum"],
            dampening=group["dampening"],
            weight_decay=group["weight_decay"],
            nesterov=group["nesterov"],
            maximize=group["maximize"],
            first=first,
        )
