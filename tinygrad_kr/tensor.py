"""Tensor: 배열, 그 기울기, 그래프 위의 자리.

The tensor. Its operators and methods come from one mixin class an op family (``methods``); here
are the data, the flags, and the gradient.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.backward import backward
from tinygrad_kr.autograd.base import fill_tensor_slot, wrap
from tinygrad_kr.autograd.node import Leaf, Node, RemovableHandle
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.errors import GradientError, ShapeError
from tinygrad_kr.methods.arithmetic import ArithmeticMethods
from tinygrad_kr.methods.conversion import ConversionMethods
from tinygrad_kr.methods.inplace import InplaceMethods
from tinygrad_kr.methods.numpy_protocol import NumpyMethods
from tinygrad_kr.methods.rare import RareMethods
from tinygrad_kr.methods.reduction import ReductionMethods
from tinygrad_kr.methods.shape import ShapeMethods
from tinygrad_kr.ops.creation import legacy_array, require_grad
from tinygrad_kr.size import Size

if TYPE_CHECKING:
    from tinygrad_kr.methods.more import MoreMethods
else:
    MoreMethods = RareMethods


class Tensor(
    ArithmeticMethods,
    InplaceMethods,
    ShapeMethods,
    ReductionMethods,
    ConversionMethods,
    NumpyMethods,
    MoreMethods,
):
    """다차원 배열과, 그 값이 어떻게 계산되었는지.

    A multi-dimensional array that remembers how it was computed.

    Made by :func:`tensor`, :func:`zeros` and their like; ``Tensor(data)`` is ``tensor(data)`` in
    the default dtype.
    """

    def __new__(cls, *data: Any) -> Any:
        out = object.__new__(cls)
        out._array, out._version, out._node = legacy_array(data), [0], None
        out._grad = out._view = None
        return out

    # The graph

    @property
    def requires_grad(self) -> bool:
        """기울기가 필요한가.

        Whether a gradient flows to this tensor.
        """
        return current_node(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """기울기를 모을지 정한다.

        Say whether this leaf collects its gradient; returns the tensor.

        Raises:
            GradientError: the dtype is not floating, or the tensor is no leaf.
        """
        node = current_node(self)
        if not self.is_leaf:
            if not requires_grad:
                raise GradientError(
                    "requires_grad는 잎에서만 끌 수 있습니다. detach()를 쓰세요.",
                    "you can only change requires_grad flags of leaf variables; use detach().",
                )
        elif not requires_grad:
            self._node = None
        elif node is None:
            require_grad(self)
        return self

    @property
    def is_leaf(self) -> bool:
        """사용자가 만든 텐서인가(연산의 결과가 아닌가).

        Whether the user made this tensor, rather than a recorded operation.
        """
        node = current_node(self)
        return node is None or isinstance(node, Leaf)

    @property
    def grad_fn(self) -> Node | None:
        """이 값을 만든 노드(잎이면 None).

        The node that made this value, None for a leaf.
        """
        node = current_node(self)
        return None if isinstance(node, Leaf) else node

    @property
    def grad(self) -> Tensor | None:
        """쌓인 기울기.

        The gradient collected so far, or None.
        """
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise GradientError(
                    f".grad에는 텐서나 None만 넣을 수 있습니다: {type(value).__name__}.",
                    f".grad must be a Tensor or None, not {type(value).__name__}.",
                )
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ShapeError(
                    f".grad의 형상·자료형 {value.shape} {value.dtype}이(가) 텐서의 {self.shape} "
                    f"{self.dtype}과(와) 다릅니다.",
                    f"assigned grad has shape {value.shape} and dtype {value.dtype}, the tensor "
                    f"{self.shape} and {self.dtype}.",
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """역전파: 잎들의 .grad에 기울기를 더한다.

        Add the gradient of this tensor to the ``.grad`` of the leaves that it was computed from.
        See :func:`tinygrad_kr.autograd.backward`.

        >>> import tinygrad_kr as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """기울기가 계산될 때 부를 함수를 단다.

        Call ``hook(grad)`` when this tensor's gradient is computed; a tensor that it returns takes
        the gradient's place.

        Raises:
            GradientError: the tensor does not require grad.
        """
        node = self._needed_node()
        if node.hooks is None:
            node.hooks = {}
        handle = RemovableHandle(node.hooks)
        node.hooks[handle.id] = hook
        return handle

    def retain_grad(self) -> None:
        """중간값의 .grad도 남긴다.

        Keep ``.grad`` for this tensor although it is no leaf.

        Raises:
            GradientError: the tensor does not require grad.
        """
        node = self._needed_node()
        if not isinstance(node, Leaf):
            node.retain = weakref.ref(self)

    @property
    def retains_grad(self) -> bool:
        """retain_grad()가 불렸는가.

        Whether :meth:`retain_grad` was called on this inner value.
        """
        node = current_node(self)
        return node is not None and node.retain is not None

    def _needed_node(self) -> Node:
        node = current_node(self)
        if node is None:
            raise GradientError(
                f"기울기가 필요 없는 텐서입니다(형상 {self.shape}).",
                f"this tensor (shape {self.shape}) does not require grad.",
            )
        return node

    def detach(self) -> Tensor:
        """그래프에서 떼어 낸 텐서. 기억과 버전을 함께 쓴다.

        The same memory outside the graph; it shares the version counter, so a change through it is
        noticed.
        """
        return wrap(self._array, None, self._version)

    def detach_(self) -> Tensor:
        """이 텐서를 그래프에서 뗀다.

        Take this tensor itself out of the graph.
        """
        self._node = None
        return self

    @property
    def data(self) -> Tensor:
        """그래프 밖의 같은 값. 여기에 쓰면 버전이 오르지 않는다.

        The same memory outside the graph, with a version counter of its own.
        """
        return wrap(self._array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.dtype != self.dtype:
            raise ShapeError(
                f".data의 자료형은 바꿀 수 없습니다: {value.dtype} → {self.dtype}.",
                f".data cannot change the dtype from {self.dtype} to {value.dtype}.",
            )
        self._array = value._array
        if isinstance(self._node, Leaf):
            self._node.shape = value._array.shape

    # The data

    @property
    def shape(self) -> Size:
        """형상.

        The shape.
        """
        return Size(self._array.shape)

    @property
    def ndim(self) -> int:
        """차원의 수.

        The number of dimensions.
        """
        return self._array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """자료형.

        The dtype.
        """
        return self._array.dtype


fill_tensor_slot(Tensor)
