"""원소마다 다른 학습률: AdaGrad와 RMSProp.

A rate for each element: AdaGrad, and RMSProp, which forgets.
"""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, settle, settle_eps
from tinygrad_kr.optim.optimizer import Group, How, Optimizer, Params, State, descent, next_step


def adagrad_(
    param: Array,
    grad: Array,
    sum: Array,
    *,
    step: int,
    lr: float,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> None:
    """AdaGrad 한 걸음: ``param``과 ``sum``을 제자리에서 바꾼다.

    One step of :class:`AdaGrad` on arrays, in place; ``step`` counts from 1.
    """
    g = descent(param, grad, weight_decay, maximize)
    scratch = np.multiply(g, g, out=np.empty_like(param))
    sum += scratch
    np.sqrt(sum, out=scratch)
    scratch += eps
    np.divide(g, scratch, out=scratch)
    scratch *= lr / (1 + (step - 1) * lr_decay)
    param -= scratch


class AdaGrad(Optimizer):
    """AdaGrad: 많이 움직인 원소일수록 학습률을 낮춘다.

    AdaGrad: the more an element has moved, the smaller its steps become (and in the end they die
    out; RMSProp's do not).

    h ← h + g ⊙ g, W ← W − ηₜ g / (√h + ε) with ηₜ = η / (1 + (t − 1) · lr_decay).

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        lr_decay: ≥ 0, how fast η itself decays.
        initial_accumulator_value: ≥ 0, what h starts from.
        eps: ε ≥ 0; ``None`` means the convention's own.
        convention: "torch" (ε = 1e-10) or "book" (ε = 1e-7).

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.5; Duchi et al. 2011.

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([3.0, -0.2], requires_grad=True)
    >>> optimizer = tg.optim.AdaGrad([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([2.5000, 0.3000], requires_grad=True)
    """

    _rule = staticmethod(adagrad_)
    _not_for_rule = ("initial_accumulator_value", "convention")
    _slots = ("step", "sum")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float | None = None,
        *,
        maximize: bool = False,
        convention: str = "torch",
        **how: Unpack[How],
    ) -> None:
        defaults = dict(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
            maximize=maximize,
            convention=convention,
        )
        super().__init__(params, defaults, **how)

    def _check(self, group: Group) -> None:
        settle_eps(group, torch=1e-10, book=1e-7)
        settle(group, number, "lr", "lr_decay", "weight_decay", least=0)
        settle(group, number, "initial_accumulator_value", least=0)
        settle(group, flag, "maximize")

    def _arrays(self, group: Group) -> dict[str, float]:
        return {"sum": group["initial_accumulator_value"]}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        return next_step(state)


Adagrad = AdaGrad


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
        params, lr, momentum, weight_decay, maximize: as in :class:`SGD`.
        alpha: ρ, the share of the old, from 0 to 1.
        eps: ε ≥ 0; ``None`` means the convention's own.
        centered: divide by an estimate of the variance instead.
        convention: "torch" (ε = 1e-8) or "book" (ε = 1e-7).

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.5; Hinton 2012, Coursera lecture 6e; Graves 2013
        (centred).

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([3.0, -0.2], requires_grad=True)
    >>> optimizer = tg.optim.RMSProp([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 2.9000, -0.1000], requires_grad=True)
    """

    _rule = staticmethod(rmsprop_)
    _not_for_rule = ("centered", "convention")
    _slots = ("step", "square_avg")
    _optional_slots = ("momentum_buffer", "grad_avg")

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
        **how: Unpack[How],
    ) -> None:
        defaults = dict(
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
            convention=convention,
        )
        super().__init__(params, defaults, **how)

    def _check(self, group: Group) -> None:
        settle_eps(group, torch=1e-8, book=1e-7)
        settle(group, number, "lr", "weight_decay", "momentum", least=0)
        settle(group, number, "alpha", least=0, most=1)
        settle(group, flag, "centered", "maximize")

    def _arrays(self, group: Group) -> dict[str, float]:
        wanted = {"square_avg": True, "grad_avg": group["centered"]}
        wanted["momentum_buffer"] = group["momentum"]
        return {name: 0.0 for name, is_wanted in wanted.items() if is_wanted}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        next_step(state)
        return {}


RMSprop = RMSProp
