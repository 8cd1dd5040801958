"""텐서의 뼈대: 배열, 버전, 그래프의 변.

The slotted base of a tensor, all that the engine needs to know of one, and the one slot that
``tensor.py`` fills at import so that everything below it can make Tensors. This is the only knot
between the floors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array

if TYPE_CHECKING:
    from tinygrad_kr.autograd.node import Node
    from tinygrad_kr.autograd.view import View
    from tinygrad_kr.tensor import Tensor


class TensorBase:
    """배열 하나와 그것이 어디서 왔는지.

    An array and where it came from.

    ``_array`` is always an ndarray, 0-d too. ``_version`` is a one-element list, the count of
    writes, shared by a base, its views and its ``detach()``. ``_node`` is None where no gradient
    is needed, a :class:`Leaf`, or the node that made the value. ``_view`` says of a view how it
    hangs on its base.
    """

    __slots__ = ("__weakref__", "_array", "_grad", "_node", "_version", "_view")

    _array: Array
    _version: list[int]
    _node: Node | None
    _grad: Tensor | None
    _view: View | None


_new = object.__new__
_tensor_type: type[Any] = TensorBase


def fill_tensor_slot(cls: type[Any]) -> None:
    """tensor.py가 Tensor를 알린다.

    Tell the floors below which class a result is; ``tensor.py`` calls this once.
    """
    global _tensor_type
    _tensor_type = cls


def wrap(array: Array, node: Node | None = None, version: list[int] | None = None) -> Tensor:
    """배열을 텐서로 싼다(복사하지 않는다).

    A Tensor around ``array``, which it shares.
    """
    t: Any = _new(_tensor_type)
    t._array = array
    t._version = [0] if version is None else version
    t._node = node
    t._grad = None
    t._view = None
    return t  # type: ignore[no-any-return]


def as_array(value: Any) -> Any:
    """텐서라면 그 배열을, 아니면 그대로.

    The array of a tensor; anything else as it is.
    """
    return value._array if isinstance(value, TensorBase) else value


def to_ndarray(value: Any) -> Array:
    """NumPy 연산의 결과를 언제나 ndarray로.

    What a NumPy function returned, as an ndarray: a ufunc gives a scalar for 0-d arrays.
    """
    return value if type(value) is np.ndarray else np.asarray(value)
