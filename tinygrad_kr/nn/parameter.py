"""매개변수: 모듈이 학습하는 텐서.

Parameters: the tensors that a module learns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array, get_default_dtype
from tinygrad_kr.ops.creation import as_tensor, require_grad
from tinygrad_kr.tensor import Tensor


class Parameter(Tensor):
    """모듈에 속성으로 넣으면 그 매개변수로 등록되는 텐서.

    A tensor that a module registers as its own when it is assigned as an attribute. It shares the
    memory of ``data``.

    Args:
        data: 값(텐서). The values, a tensor.
        requires_grad: 기울기를 모을지. Whether to collect a gradient.

    Raises:
        GradientError: a gradient is asked of an integer tensor.

    >>> from tinygrad_kr import ops
    >>> Parameter(ops.zeros(2)).requires_grad
    True
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        given: Any = wrap(np.empty(0, get_default_dtype())) if data is None else as_tensor(data)
        out = object.__new__(cls)
        out._array, out._version, out._node = given._array, given._version, None
        out._grad = out._view = None
        if requires_grad:
            require_grad(out)
        return out

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(wrap(self._array.copy()), self.requires_grad)
        copied: Parameter = memo[id(self)]
        return copied

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (type(self), self._array, self.requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def _rebuild(cls: type[Parameter], array: Array, requires_grad: bool) -> Parameter:
    out: Parameter = cls(wrap(array), requires_grad)
    return out
