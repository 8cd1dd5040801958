"""RMSProp: 기울기 제곱의 지수이동평균으로 나눈다.

RMSProp: steps divided by an exponential moving average of the squared gradients.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, settle_eps
from tinygrad_kr.optim.optimizer import Optimizer, Params
from tinygrad_kr.optim.rule import descent
from tinygrad_kr.optim.state import Group, State, next_step, slot


def rmsprop_(
    param: Array,
    grad: Array,
    square_avg: Array,
    grad_avg: Array | None = None,
    momentum_buffer: Array | None = None,
    *,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    maximize: bool = False,
) -> None:
    """RMSProp 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`RMSProp` on arrays, in place: centred where there is a ``grad_avg``, with
    momentum where there is a ``momentum_buffer``.
    """
    g = descent(param, grad, weight_decay, maximize)
    scratch = np.multiply(g, g, out=np.empty_like(param))
    scratch *= 1 - alpha
    square_avg *= alpha
    square_avg += scratch
    if grad_avg is None:
        np.sqrt(square_avg, out=scratch)
    else:
        grad_avg *= alpha
        grad_avg += g * (1 - alpha)
        np.multiply(grad_avg, grad_avg, out=scratch)
        np.subtract(square_avg, scratch, out=scratch)
        # A steady gradient has no variance, and rounding may put it just below zero.
        np.maximum(scratch, 0, out=scratch)
        np.sqrt(scratch, out=scratch)
    scratch += eps
    np.divide(g, scratch, out=scratch)
    if momentum_buffer is not None:
        momentum_buffer *= momentum
        momentum_buffer += scratch
        np.multiply(momentum_buffer, lr, out=scratch)
    else:
        scratch *= lr
    param -= scratch


class RMSProp(Optimizer):
    """RMSProp: 먼 과거의 기울기를 조금씩 잊는 AdaGrad.

    RMSProp: AdaGrad that forgets old gradients little by little, so that its steps never die out.

    h ← ρ h + (1 − ρ) g ⊙ g, W ← W − η g / (√h + ε). ``centered`` takes the square of the mean
    gradient off h; with ``momentum``, b ← μ b + g / (√h + ε) and W ← W − η b.

    Args:
        params: 매개변수나 그룹. Parameters or groups.
        lr: 학습률 η ≥ 0. Learning rate.
        alpha: ρ, 옛것을 남기는 몫, 0 이상 1 이하. The share of the old, from 0 to 1.
        eps: ε ≥ 0; ``None``이면 관례의 값. ``None`` means the convention's own.
        weight_decay: 가중치 감소 λ ≥ 0. λW is added to the gradient.
        momentum: μ ≥ 0; 0이면 모멘텀을 쓰지 않는다. 0 means no momentum.
        centered: 분산의 추정값으로 나눈다. Divide by an estimate of the variance instead.
        maximize: 기울기를 따라 올라간다. Climb instead of descend.
        convention: "torch"(ε = 1e-8) 또는 "book"(ε = 1e-7).

    Raises:
        HyperparameterError: a value outside its range, NaN included.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.5; Hinton 2012, Coursera lecture 6e; Graves 2013
        (centred).

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> w = tg.tensor([3.0, -0.2], requires_grad=True)
    >>> optimizer = optim.RMSProp([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> [round(x, 4) for x in w.tolist()]
    [2.9, -0.1]
    """

    _slots: ClassVar[dict[str, bool] | None] = {
        "step": True,
        "square_avg": True,
        "momentum_buffer": False,
        "grad_avg": False,
    }

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float | None = None,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
        convention: str = "torch",
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "convention": convention,
            },
        )

    def _check(self, group: Group) -> None:
        settle_eps(group, torch=1e-8, book=1e-7)
        for name in ("lr", "eps", "weight_decay", "momentum"):
            group[name] = number(name, group[name], least=0)
        group["alpha"] = number("alpha", group["alpha"], least=0, most=1)
        for name in ("centered", "maximize"):
            group[name] = flag(name, group[name])

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        next_step(state)
        rmsprop_(
            param,
            grad,
            slot(state, "square_avg", param),
            slot(state, "grad_avg", param) if group["centered"] else None,
            slot(state, "momentum_buffer", param) if group["momentum"] else None,
            lr=group["lr"],
            alpha=group["alpha"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            maximize=group["maximize"],
        )


RMSprop = RMSProp
