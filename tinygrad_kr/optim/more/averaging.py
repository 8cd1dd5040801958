"""지나온 곳의 평균을 함께 남기는 규칙: ASGD.

A rule that also keeps the average of where it has been.
"""

from __future__ import annotations

from typing import Any, Unpack

from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag, number, settle
from tinygrad_kr.optim.optimizer import Group, How, Optimizer, Params, State, descent, next_step

__all__ = ["ASGD"]


def asgd_(
    param: Array,
    grad: Array,
    ax: Array,
    *,
    eta: float,
    mu: float = 1.0,
    lambd: float = 1e-4,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """ASGD 한 걸음: ``param``과 평균 ``ax``를 제자리에서 바꾼다.

    One step of :class:`ASGD` on arrays, in place, at the rate ``eta``; the average ``ax`` takes the
    share ``mu`` of the new place.
    """
    g = descent(param, grad, weight_decay, maximize)
    step = eta * g
    param *= 1 - lambd * eta
    param -= step
    if mu == 1:
        ax[...] = param
    else:
        ax += mu * (param - ax)


class ASGD(Optimizer):
    """평균을 남기는 확률적 경사 하강법.

    Averaged stochastic gradient descent: the average is in ``state[param]["ax"]``.

    W ← (1 − λη) W − η g, a ← a + μ (W − a); then η = η₀ / (1 + λ η₀ t)^α and
    μ = 1 / max(1, t − t₀).

    Args:
        params, lr, weight_decay, maximize: as in :class:`SGD`.
        lambd: λ ≥ 0, the decay.
        alpha: α, how fast the rate falls.
        t0: t₀, the step from which on places are averaged.

    Source:
        Polyak and Juditsky 1992; Bottou 2012.
    """

    _rule = staticmethod(asgd_)
    _not_for_rule = ("lr", "alpha", "t0")
    _slots = ("step", "eta", "mu", "ax")
    _numbers = ("eta", "mu")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        defaults = dict(lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "maximize": maximize}, **how)

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "lambd", "weight_decay", least=0)
        settle(group, number, "alpha", "t0")
        settle(group, flag, "maximize")

    def _arrays(self, group: Group) -> dict[str, float]:
        return {"ax": 0.0}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        told = {"eta": state.get("eta", group["lr"]), "mu": state.get("mu", 1.0)}
        step, lr = next_step(state)["step"], group["lr"]
        state["eta"] = lr / (1 + group["lambd"] * lr * step) ** group["alpha"]
        state["mu"] = 1 / max(1, step - group["t0"])
        return told
