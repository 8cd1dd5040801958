"""AdaGrad: 원소마다 학습률을 줄여 간다.

AdaGrad: a learning rate that decays for each element on its own.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, settle_eps
from tinygrad_kr.optim.optimizer import Optimizer, Params
from tinygrad_kr.optim.rule import descent
from tinygrad_kr.optim.state import Group, State, next_step, slot


def adagrad_(
    param: Array,
    grad: Array,
    square_sum: Array,
    *,
    step: int,
    lr: float,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> None:
    """AdaGrad 한 걸음: ``param``과 ``square_sum``을 제자리에서 바꾼다.

    One step of :class:`AdaGrad` on arrays, in place; ``step`` counts from 1.
    """
    g = descent(param, grad, weight_decay, maximize)
    scratch = np.multiply(g, g, out=np.empty_like(param))
    square_sum += scratch
    np.sqrt(square_sum, out=scratch)
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
        params: 매개변수나 그룹. Parameters or groups.
        lr: 학습률 η ≥ 0. Learning rate.
        lr_decay: 학습률 감소 ≥ 0. How fast η itself decays.
        weight_decay: 가중치 감소 λ ≥ 0. λW is added to the gradient.
        initial_accumulator_value: h의 첫 값 ≥ 0. What h starts from.
        eps: ε ≥ 0; ``None``이면 관례의 값. ``None`` means the convention's own.
        maximize: 기울기를 따라 올라간다. Climb instead of descend.
        convention: "torch"(ε = 1e-10) 또는 "book"(ε = 1e-7).

    Raises:
        HyperparameterError: a value outside its range, NaN included.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.5; Duchi et al. 2011.

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import optim
    >>> w = tg.tensor([3.0, -0.2], requires_grad=True)
    >>> optimizer = optim.AdaGrad([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> [round(x, 4) for x in w.tolist()]
    [2.5, 0.3]
    """

    _slots: ClassVar[dict[str, bool] | None] = {"step": True, "sum": True}

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
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "maximize": maximize,
                "convention": convention,
            },
        )

    def _check(self, group: Group) -> None:
        settle_eps(group, torch=1e-10, book=1e-7)
        for name in ("lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value"):
            group[name] = number(name, group[name], least=0)
        group["maximize"] = flag("maximize", group["maximize"])

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        adagrad_(
            param,
            grad,
            step=next_step(state),
            square_sum=slot(state, "sum", param, group["initial_accumulator_value"]),
            lr=group["lr"],
            lr_decay=group["lr_decay"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
        )


Adagrad = AdaGrad
