"""state_dict: 모듈의 상태를 이름과 텐서로.

State dicts: the state of a module as tensors by name, out and back in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.autograd.node import Leaf
from tinygrad_kr.dtypes import SUPPORTED
from tinygrad_kr.errors import ArgumentError, InplaceError, StateDictError

if TYPE_CHECKING:
    from tinygrad_kr.nn.module import Module


class IncompatibleKeys(NamedTuple):
    """load_state_dict가 짝을 찾지 못한 이름들.

    The names that ``load_state_dict`` could not match.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def own_state(module: Module) -> dict[str, Any]:
    """모듈 자신의 매개변수와 저장되는 버퍼.

    The parameters and persistent buffers of a module itself, without its children's.
    """
    buffers = module._buffers.items()
    kept = {n: b for n, b in buffers if n not in module._non_persistent_buffers_set}
    return {n: t for n, t in (*module._parameters.items(), *kept.items()) if t is not None}


def collect(
    module: Module, destination: OrderedDict[str, Any], prefix: str, keep_vars: bool
) -> OrderedDict[str, Any]:
    """모듈의 상태를 destination에 모은다.

    Gather the state of a module in ``destination``.
    """
    for name, tensor in own_state(module).items():
        destination[prefix + name] = tensor if keep_vars else tensor.detach()
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            child.state_dict(destination=destination, prefix=below, keep_vars=keep_vars)
    return destination


def load(module: Module, state: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """상태를 모듈에 넣는다: 모두 확인한 다음에야 바꾼다.

    Put a state into a module, after all of it has been checked: a refusal changes nothing.
    """
    if not isinstance(state, Mapping):
        raise ArgumentError(
            f"state_dict는 이름과 텐서의 사전이어야 합니다: {type(state).__name__}.",
            f"Expected state_dict to be dict-like, not {type(state).__name__}.",
        )
    places = [
        (f"{prefix}.{name}" if prefix else name, owner, name, target)
        for prefix, owner in module.named_modules(remove_duplicate=False)
        for name, target in own_state(owner).items()
    ]
    names = {key for key, *_ in places}
    missing = [key for key, *_ in places if key not in state]
    unexpected = [str(key) for key in state if key not in names]
    problems: list[tuple[str, str]] = []
    if strict:
        problems += [(f"없는 이름: {key}", f"missing key: {key}") for key in missing]
        problems += [(f"남는 이름: {key}", f"unexpected key: {key}") for key in unexpected]
    for key, _, _, target in places:
        if key in state:
            problems += _misfits(key, state[key], target, assign)
    if problems:
        kind = type(module).__name__
        raise StateDictError(
            f"{kind}에 state_dict를 넣을 수 없습니다. " + "; ".join(p[0] for p in problems) + ".",
            f"Error(s) in loading state_dict for {kind}: "
            + "; ".join(p[1] for p in problems) + ".",
        )  # fmt: skip
    if not assign:
        _refuse_read_only(places, state)
    for key, owner, name, target in places:
        if key in state:
            if assign:
                _assign(owner, name, target, state[key])
            else:
                _copy(target, as_array(state[key]))
    return IncompatibleKeys(missing, unexpected)


def _misfits(key: str, value: Any, target: Any, assign: bool) -> list[tuple[str, str]]:
    if not isinstance(value, TensorBase if assign else TensorBase | np.ndarray):
        kind = type(value).__name__
        return [(f"{key}은(는) 텐서가 아니라 {kind}", f"{key} is no tensor but {kind}")]
    array, wanted = as_array(value), target._array.shape
    if array.dtype not in SUPPORTED:
        return [(f"{key}의 자료형 {array.dtype}", f"{key} has the dtype {array.dtype}")]
    if array.shape != wanted:
        return [
            (
                f"{key}의 형상은 {array.shape}인데 모듈의 것은 {wanted}",
                f"size mismatch for {key}: {array.shape} in the state dict, {wanted} in the module",
            )
        ]
    return []


def _refuse_read_only(places: list[tuple[str, Any, str, Any]], state: Mapping[str, Any]) -> None:
    for key, _, _, target in places:
        if key in state and not target._array.flags.writeable:
            raise InplaceError(
                f"{key}은(는) 읽기 전용 배열이어서 바꿀 수 없습니다. 복사해서 쓰세요.",
                f"{key} is on a read-only array; copy it first.",
            )


def _copy(target: Any, source: Any) -> None:
    with np.errstate(all="ignore"):
        np.copyto(target._array, source, casting="unsafe")
    target._version[0] += 1


def _assign(owner: Module, name: str, target: Any, value: Any) -> None:
    """Put the tensor itself in the place of the module's, which it resembles in kind."""
    if name in owner._buffers:
        owner._buffers[name] = value
    elif type(value) is type(target):
        owner._parameters[name] = value
    else:
        owner._parameters[name] = type(target)(value, isinstance(target._node, Leaf))
