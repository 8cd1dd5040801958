"""기울기의 부호만 보는 규칙: Rprop.

A rule that looks at the sign of the gradient alone.
"""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import HyperparameterError
from tinygrad_kr.hyperparameters import flag, number, pair, settle
from tinygrad_kr.optim.optimizer import Group, How, Optimizer, Params, State, descent, next_step

__all__ = ["Rprop"]


def rprop_(
    param: Array,
    grad: Array,
    prev: Array,
    step_size: Array,
    *,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50.0),
    maximize: bool = False,
) -> None:
    """Rprop 한 걸음: ``param``과 상태 배열을 제자리에서 바꾼다.

    One step of :class:`Rprop` on arrays, in place.
    """
    g = descent(param, grad, 0.0, maximize)
    agreement = g * prev
    step_size *= np.where(agreement > 0, etas[1], np.where(agreement < 0, etas[0], 1))
    np.clip(step_size, *step_sizes, out=step_size)
    prev[...] = np.where(agreement < 0, 0, g)
    param -= np.sign(prev) * step_size


class Rprop(Optimizer):
    """Rprop: 부호가 그대로면 걸음을 키우고 바뀌면 줄인다.

    Resilient propagation, for gradients of the whole data: an element's step grows while the sign
    of its gradient stays, and shrinks when it turns, whatever the gradient's size.

    Args:
        params, maximize: as in :class:`SGD`.
        lr: the first step's size ≥ 0.
        etas: (η⁻, η⁺), the factors by which a step shrinks (from 0 to 1) and grows (> 1).
        step_sizes: the smallest and the largest step.

    Source:
        Riedmiller and Braun 1993.
    """

    _rule = staticmethod(rprop_)
    _not_for_rule = ("lr",)
    _slots = ("step", "prev", "step_size")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        super().__init__(
            params, dict(lr=lr, etas=etas, step_sizes=step_sizes, maximize=maximize), **how
        )

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", least=0)
        settle(group, pair, "etas", above=0)
        settle(group, pair, "step_sizes", least=0)
        settle(group, flag, "maximize")
        etas = group["etas"]
        if not etas[0] < 1 < etas[1]:
            raise HyperparameterError(
                f"etas의 첫째는 1보다 작고 둘째는 커야 합니다: {etas}.",
                f"etas must be one number below 1 and one above it, not {etas}.",
            )

    def _arrays(self, group: Group) -> dict[str, float]:
        return {"prev": 0.0, "step_size": group["lr"]}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        next_step(state)
        return {}
