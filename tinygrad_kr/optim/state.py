"""매개변수 하나의 상태와 state_dict의 조각들.

The state of one parameter, and the pieces of a state dict, which are checked here as they are read.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import StateDictError
from tinygrad_kr.tensor import Tensor

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
    """갱신 횟수를 하나 늘리고 돌려준다(1부터).

    Count a step in ``state`` and return its number; the first is 1.
    """
    state["step"] = step = int(state.get("step", 0)) + 1
    return step


def parts(state_dict: Any) -> tuple[list[Group], dict[Hashable, Any]]:
    """The groups and states of a state dict, whose outer form is checked here."""
    groups = state_dict.get("param_groups") if isinstance(state_dict, dict) else None
    states = state_dict.get("state") if isinstance(state_dict, dict) else None
    if (
        not isinstance(groups, list)
        or not isinstance(states, dict)
        or not all(isinstance(g, dict) and isinstance(g.get("params"), list) for g in groups)
        or not all(isinstance(i, Hashable) for g in groups for i in g["params"])
    ):
        raise StateDictError(
            "옵티마이저의 state_dict가 아닙니다. {'state': ..., 'param_groups': ...}가 필요합니다.",
            "This is no optimizer state dict; {'state': ..., 'param_groups': ...} is needed.",
        )
    return groups, states


def _array_of(name: str, value: Any) -> Array:
    try:
        return value._array if isinstance(value, Tensor) else np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise StateDictError(
            f"상태 {name}을(를) 배열로 읽을 수 없습니다: {type(value).__name__}.",
            f"The state {name} cannot be read as an array: {type(value).__name__}.",
        ) from error


def state_tensor(name: str, value: Any, p: Tensor) -> Tensor:
    array = _array_of(name, value)
    if array.dtype.kind != "f" or array.shape != p._array.shape:
        raise StateDictError(
            f"상태 {name}이(가) 매개변수와 맞지 않습니다: {array.dtype} {array.shape}, "
            f"매개변수는 {p.dtype} {tuple(p.shape)}.",
            f"The state {name} ({array.dtype}, shape {array.shape}) does not fit its parameter "
            f"({p.dtype}, shape {tuple(p.shape)}).",
        )
    own = np.empty_like(p._array)
    with np.errstate(all="ignore"):
        own[...] = array
    return wrap(own)


def step_count(value: Any) -> int:
    """A step count: an int, or PyTorch's tensor of one number."""
    array = _array_of("step", value)
    if array.size == 1 and array.dtype.kind in "iuf" and np.isfinite(array).all():
        step = array.item()
        if step >= 0 and step == int(step):
            return int(step)
    raise StateDictError(
        f"step은 0 이상의 정수여야 합니다: {value!r}.",
        f"step is an integer from 0, not {value!r}.",
    )
