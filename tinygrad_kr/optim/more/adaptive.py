"""원소마다 걸음이 다른 규칙: Adadelta, Adamax, NAdam, RAdam.

Rules with a step size for each element, of Adam's family.
"""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, pair, settle
from tinygrad_kr.optim.optimizer import Group, How, Optimizer, Params, State, descent, next_step

__all__ = ["Adadelta", "Adamax", "NAdam", "RAdam"]


def _move(average: Array, value: Array, share: float) -> None:
    """Let ``share`` of a moving average stay."""
    average *= share
    average += (1 - share) * value


def adadelta_(
    param: Array,
    grad: Array,
    square_avg: Array,
    acc_delta: Array,
    *,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Adadelta 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`Adadelta` on arrays, in place.
    """
    g = descent(param, grad, weight_decay, maximize)
    _move(square_avg, g * g, rho)
    delta = np.sqrt(acc_delta + eps) / np.sqrt(square_avg + eps) * g
    _move(acc_delta, delta * delta, rho)
    param -= lr * delta


class Adadelta(Optimizer):
    """Adadelta: 지난 걸음의 크기로 걸음을 정하는 RMSProp.

    Adadelta: RMSProp whose step has the size of the past steps, and so the parameter's units.

    h ← ρ h + (1 − ρ) g ⊙ g, Δ = √(u + ε) / √(h + ε) ⊙ g, u ← ρ u + (1 − ρ) Δ ⊙ Δ, W ← W − η Δ.

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        rho: ρ, the share of the old, from 0 to 1.
        eps: ε ≥ 0.

    Source:
        Zeiler 2012.
    """

    _rule = staticmethod(adadelta_)
    _slots = ("step", "square_avg", "acc_delta")

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        defaults = dict(lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)
        super().__init__(params, defaults, **how)

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "eps", "weight_decay", least=0)
        settle(group, number, "rho", least=0, most=1)
        settle(group, flag, "maximize")

    def _arrays(self, group: Group) -> dict[str, float]:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        next_step(state)
        return {}


class _Moments(Optimizer):
    """What the rules with two ``betas`` have in common."""

    _not_for_rule: tuple[str, ...] = ("betas",)
    _slots: tuple[str, ...] = ("step", "exp_avg", "exp_avg_sq")

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "eps", "weight_decay", least=0)
        settle(group, pair, "betas", least=0, below=1)
        settle(group, flag, *({"maximize", "decoupled_weight_decay"} & group.keys()))

    def _keywords(self, group: Group) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {**super()._keywords(group), "beta1": beta1, "beta2": beta2}

    def _arrays(self, group: Group) -> dict[str, float]:
        return {name: 0.0 for name in self._slots if name.startswith("exp_")}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        return next_step(state)


def adamax_(
    param: Array,
    grad: Array,
    exp_avg: Array,
    exp_inf: Array,
    *,
    step: int,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Adamax 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`Adamax` on arrays, in place; ``step`` counts from 1.
    """
    g = descent(param, grad, weight_decay, maximize)
    _move(exp_avg, g, beta1)
    exp_inf *= beta2
    np.maximum(exp_inf, np.abs(g) + eps, out=exp_inf)
    param -= lr / (1 - beta1**step) * (exp_avg / exp_inf)


class Adamax(_Moments):
    """Adamax: 제곱의 평균 대신 크기의 최댓값을 쓰는 Adam.

    Adamax: Adam by the largest size of the gradient instead of the mean of its square.

    m ← β₁ m + (1 − β₁) g, u ← max(β₂ u, |g| + ε), W ← W − η m / ((1 − β₁ᵗ) u).

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        betas: (β₁, β₂), the shares of the old, from 0 and below 1.
        eps: ε ≥ 0.

    Source:
        Kingma and Ba 2015, section 7.1.
    """

    _rule = staticmethod(adamax_)
    _slots = ("step", "exp_avg", "exp_inf")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "maximize": maximize}, **how)


def nadam_(
    param: Array,
    grad: Array,
    exp_avg: Array,
    exp_avg_sq: Array,
    *,
    step: int,
    mu: float,
    mu_next: float,
    mu_product: float,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> None:
    """NAdam 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`NAdam` on arrays, in place; ``step`` counts from 1, ``mu`` and ``mu_next``
    are its momentum and the next one's, ``mu_product`` that of all to this one.
    """
    if decoupled_weight_decay:
        param *= 1 - lr * weight_decay
        weight_decay = 0.0
    g = descent(param, grad, weight_decay, maximize)
    _move(exp_avg, g, beta1)
    _move(exp_avg_sq, g * g, beta2)
    ahead = (1 - mu) / (1 - mu_product) * g + mu_next / (1 - mu_product * mu_next) * exp_avg
    param -= lr * ahead / (np.sqrt(exp_avg_sq / (1 - beta2**step)) + eps)


class NAdam(_Moments):
    """NAdam: 네스테로프 모멘텀을 쓰는 Adam.

    NAdam: Adam with Nesterov's momentum, which itself grows to β₁.

    μₜ = β₁ (1 − 0.96^(tψ) / 2), m̂ = (1 − μₜ) g / (1 − Πμ) + μₜ₊₁ m / (1 − μₜ₊₁ Πμ), the product to
    t, W ← W − η m̂ / (√v̂ + ε), with Adam's m and v̂.

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        betas: (β₁, β₂), the shares of the old, from 0 and below 1.
        eps: ε ≥ 0.
        momentum_decay: ψ ≥ 0.
        decoupled_weight_decay: decay as :class:`AdamW` does.

    Source:
        Dozat 2016.
    """

    _rule = staticmethod(nadam_)
    _not_for_rule = ("betas", "momentum_decay")
    _slots = ("step", "mu_product", "exp_avg", "exp_avg_sq")
    _numbers = ("mu_product",)

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
        super().__init__(params, defaults, **how)

    def _check(self, group: Group) -> None:
        super()._check(group)
        settle(group, number, "momentum_decay", least=0)

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        told = next_step(state)
        mu, mu_next = (
            group["betas"][0] * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
            for t in (told["step"], told["step"] + 1)
        )
        product = state["mu_product"] = state.get("mu_product", 1.0) * mu
        return {**told, "mu": mu, "mu_next": mu_next, "mu_product": product}


def radam_(
    param: Array,
    grad: Array,
    exp_avg: Array,
    exp_avg_sq: Array,
    *,
    step: int,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> None:
    """RAdam 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`RAdam` on arrays, in place; ``step`` counts from 1.
    """
    if decoupled_weight_decay:
        param *= 1 - lr * weight_decay
        weight_decay = 0.0
    g = descent(param, grad, weight_decay, maximize)
    _move(exp_avg, g, beta1)
    _move(exp_avg_sq, g * g, beta2)
    forgotten, rate = beta2**step, lr / (1 - beta1**step)
    most = 2 / (1 - beta2) - 1
    seen = most - 2 * step * forgotten / (1 - forgotten)
    if seen <= 5:
        param -= rate * exp_avg
        return
    r = (seen - 4) * (seen - 2) * most / ((most - 4) * (most - 2) * seen)
    param -= rate * math.sqrt(r * (1 - forgotten)) * (exp_avg / (np.sqrt(exp_avg_sq) + eps))


class RAdam(_Moments):
    """RAdam: 본 것이 적은 처음에는 원소별 학습률을 믿지 않는 Adam.

    RAdam: Adam that does not trust its step sizes while they rest on few gradients.

    ρ∞ = 2 / (1 − β₂) − 1, ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ). While ρ ≤ 5, W ← W − η m̂; then
    W ← W − η r √(1 − β₂ᵗ) m̂ / (√v + ε), r² = (ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ).

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        betas: (β₁, β₂), the shares of the old, from 0 and below 1.
        eps: ε ≥ 0.
        decoupled_weight_decay: decay as :class:`AdamW` does.

    Source:
        Liu et al. 2020.
    """

    _rule = staticmethod(radam_)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
        super().__init__(params, defaults, **how)
