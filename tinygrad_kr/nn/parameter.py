"""매개변수: 모듈이 학습하는 텐서.

Parameters: the tensors that a module learns.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.ops.creation import as_tensor, empty, require_grad
from tinygrad_kr.tensor import Tensor


class Parameter(Tensor):
    """모듈에 속성으로 넣으면 그 매개변수로 등록되는 텐서.

    A tensor that a module registers as its own when it is assigned as an attribute. It shares the
    memory of ``data``.

    >>> from tinygrad_kr import ops
    >>> Parameter(ops.zeros(2)).requires_grad
    True
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        given: Any = empty(0) if data is None else as_tensor(data)
        out = object.__new__(cls)
        out._array, out._version = given._array, given._version
        out._node = out._grad = out._view = None
        if requires_grad:
            require_grad(out)
        return out

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = _rebuild(type(self), self._array.copy(), self.requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (type(self), self._array, self.requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def _rebuild(cls: type[Parameter], array: Array, requires_grad: bool) -> Any:
    return cls(wrap(array), requires_grad)
