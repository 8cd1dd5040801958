"""state_dict: 모듈의 상태를 이름과 텐서로.

State dicts: the state of a module as tensors by name, out and back in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import SUPPORTED, Array
from tinygrad_kr.errors import StateDictError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.nn.registry import joined

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


def own_state(module: Module) -> Iterator[tuple[str, Any]]:
    """모듈 자신의 매개변수와 저장되는 버퍼. What a module saves, without its children's."""
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None and name not in module._non_persistent_buffers_set:
            yield name, tensor


def load(module: Module, state: Any, strict: bool) -> IncompatibleKeys:
    """상태를 모듈에 넣는다: 모두 확인한 다음에야 바꾼다.

    Put a state into a module, after all of it has been checked: a refusal changes nothing.
    """
    if not isinstance(state, Mapping):
        raise wrong_kind("state_dict", state, "이름과 텐서의 사전", "dict-like, names to tensors")
    places = {
        joined(prefix, name): target
        for prefix, owner in module.named_modules(remove_duplicate=False)
        for name, target in own_state(owner)
    }
    missing = [key for key in places if key not in state]
    unexpected = [str(key) for key in state if key not in places]
    problems: list[tuple[str, str]] = []
    if strict:
        problems += [(f"없는 이름: {key}", f"missing key: {key}") for key in missing]
        problems += [(f"남는 이름: {key}", f"unexpected key: {key}") for key in unexpected]
    found = {key: target for key, target in places.items() if key in state}
    for key, target in found.items():
        problems += _misfits(key, state[key], target._array)
    if problems:
        kind = type(module).__name__
        korean, english = map("; ".join, zip(*problems, strict=True))
        raise StateDictError(
            f"{kind}에 state_dict를 넣을 수 없습니다. {korean}.",
            f"Error(s) in loading state_dict for {kind}: {english}.",
        )
    for key, target in found.items():
        with np.errstate(all="ignore"):
            np.copyto(target._array, as_array(state[key]), casting="unsafe")
        target._version[0] += 1
    return IncompatibleKeys(missing, unexpected)


def _misfits(key: str, value: Any, target: Array) -> Iterator[tuple[str, str]]:
    """What is wrong with a value for its place, in two languages."""
    if not isinstance(value, TensorBase | np.ndarray):
        kind = type(value).__name__
        yield f"{key}은(는) 텐서가 아니라 {kind}", f"{key} is no tensor but {kind}"
        return
    array = as_array(value)
    if array.dtype not in SUPPORTED:
        yield f"{key}의 자료형 {array.dtype}", f"{key} has the dtype {array.dtype}"
    if array.shape != target.shape:
        yield (
            f"{key}의 형상은 {array.shape}인데 모듈의 것은 {target.shape}",
            f"size mismatch for {key}: {array.shape} given, {target.shape} in the module",
        )
    if not target.flags.writeable:
        yield f"{key}은(는) 읽기 전용", f"{key} is on a read-only array"
