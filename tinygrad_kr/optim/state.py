"""규칙들이 함께 쓰는 것: 상태와 내려갈 방향.

What the update rules share: a parameter's state and the direction down. A rule is a pure function
of arrays that writes into the parameter and its state and never into the gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array

Group = dict[str, Any]
State = dict[str, Any]


def slot(state: State, name: str, like: Array, value: float = 0.0) -> Array:
    """상태 배열 하나. 없으면 만든다.

    The array of ``state[name]``, made like the parameter and filled with ``value`` at first need.
    """
    if name not in state:
        state[name] = wrap(np.full_like(like, value))
    array: Array = state[name]._array
    return array


def next_step(state: State) -> int:
    """갱신 횟수를 하나 늘리고 돌려준다.

    Count a step in ``state`` and return its number; the first is 1.
    """
    state["step"] = step = int(state.get("step", 0)) + 1
    return step


def descent(param: Array, grad: Array, weight_decay: float, maximize: bool) -> Array:
    """내려갈 방향의 기울기: 부호를 맞추고 가중치 감소 λW를 더한다.

    The gradient to walk down: turned round to climb (``maximize``), with λW of the weight decay
    added. It may be ``grad`` itself, so it is not to be written to.

    Source: 「밑바닥부터 시작하는 딥러닝」 6.4.2 (weight decay).
    """
    if not weight_decay:
        return np.negative(grad, out=np.empty_like(grad)) if maximize else grad
    g = np.multiply(param, weight_decay, out=np.empty_like(param))
    return np.subtract(g, grad, out=g) if maximize else np.add(g, grad, out=g)
