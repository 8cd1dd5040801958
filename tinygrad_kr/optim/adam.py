"""Adam과 AdamW: 모멘텀과 원소별 학습률.

Adam and AdamW.
"""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, pair, settle, settle_eps
from tinygrad_kr.optim.optimizer import Group, How, Optimizer, Params, State, descent, next_step


def adam_(
    param: Array,
    grad: Array,
    exp_avg: Array,
    exp_avg_sq: Array,
    max_exp_avg_sq: Array | None = None,
    *,
    step: int,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
    convention: str = "torch",
) -> None:
    """Adam 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`Adam` on arrays, in place; ``step`` counts from 1. With a
    ``max_exp_avg_sq`` it is AMSGrad.
    """
    if decoupled_weight_decay:
        param *= 1 - lr * weight_decay
        weight_decay = 0.0
    g = descent(param, grad, weight_decay, maximize)
    scratch = np.multiply(g, 1 - beta1, out=np.empty_like(param))
    exp_avg *= beta1
    exp_avg += scratch
    np.multiply(g, g, out=scratch)
    scratch *= 1 - beta2
    exp_avg_sq *= beta2
    exp_avg_sq += scratch
    if max_exp_avg_sq is not None:
        np.maximum(max_exp_avg_sq, exp_avg_sq, out=max_exp_avg_sq)
        exp_avg_sq = max_exp_avg_sq
    # √v̂ + ε is (√v + ε·c) / c with c = √(1 − β₂ᵗ); the book adds its ε to √v itself.
    correction = math.sqrt(1 - beta2**step)
    np.sqrt(exp_avg_sq, out=scratch)
    scratch += eps * correction if convention == "torch" else eps
    np.divide(exp_avg, scratch, out=scratch)
    scratch *= lr * correction / (1 - beta1**step)
    param -= scratch


class Adam(Optimizer):
    """Adam: 모멘텀과 원소별 학습률을 더한 것.

    Adam: momentum together with a step size for each element.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g ⊙ g, m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ),
    W ← W − η m̂ / (√v̂ + ε), with t from 1. ``amsgrad`` uses the largest v so far.
    The book adds ε to the uncorrected √v: W ← W − ηₜ m / (√v + ε), ηₜ = η √(1 − β₂ᵗ) / (1 − β₁ᵗ).

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        betas: (β₁, β₂), the shares of the old, from 0 and below 1.
        eps: ε ≥ 0; ``None`` means the convention's own.
        amsgrad: never let v shrink.
        decoupled_weight_decay: decay as :class:`AdamW` does.
        convention: "torch" (ε = 1e-8 beside √v̂) or "book" (ε = 1e-7 beside √v).

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.6; Kingma and Ba 2015; Reddi et al. 2018 (AMSGrad).

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([3.0, -0.2], requires_grad=True)
    >>> optimizer = tg.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 2.9000, -0.1000], requires_grad=True)
    """

    _rule = staticmethod(adam_)
    _not_for_rule = ("betas", "amsgrad")
    _slots = ("step", "exp_avg", "exp_avg_sq")
    _optional_slots = ("max_exp_avg_sq",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float | None = None,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        convention: str = "torch",
        **how: Unpack[How],
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
            convention=convention,
        )
        super().__init__(params, defaults, **how)

    def _check(self, group: Group) -> None:
        settle_eps(group, torch=1e-8, book=1e-7)
        settle(group, number, "lr", "weight_decay", least=0)
        settle(group, flag, "amsgrad", "maximize", "decoupled_weight_decay")
        settle(group, pair, "betas", least=0, below=1)

    def _keywords(self, group: Group) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {**super()._keywords(group), "beta1": beta1, "beta2": beta2}

    def _arrays(self, group: Group) -> dict[str, float]:
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
        return dict.fromkeys(names if group["amsgrad"] else names[:2], 0.0)

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        return next_step(state)


class AdamW(Adam):
    """AdamW: 가중치 감소를 기울기에서 떼어 낸 Adam.

    Adam whose weight decay is decoupled: W ← (1 − η λ) W first, and the gradient stays as it is.

    Args:
        weight_decay: λ ≥ 0; the others are those of :class:`Adam`.

    Source:
        Loshchilov and Hutter 2019.

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([3.0], requires_grad=True)
    >>> optimizer = tg.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([2.7500], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float | None = None,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        convention: str = "torch",
        **how: Unpack[How],
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
            convention=convention,
            **how,
        )

    def _check(self, group: Group) -> None:
        super()._check(group)
        group["decoupled_weight_decay"] = True
