"""책의 계층들의 바탕: 무엇을 받고, 어떻게 거절하는가.

What the book's layers have in common: what they take, and how they refuse.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygrad_kr.autograd import enable_grad, grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.book.functions import floating
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import GradientError, ShapeError, TinygradKrError
from tinygrad_kr.tensor import Tensor


def named(name: str, error: TinygradKrError) -> TinygradKrError:
    """어느 계층의 오류인지 밝힌다. The error with the name of the layer that it happened in."""
    return type(error)(f"{name}: {error.korean}", f"{name}: {error.english}")


class Layer:
    """계층의 바탕.

    The base of the layers: what is common to them is how they refuse.
    """

    #: 매개변수의 이름 → 기울기의 이름. The parameters, each with the attribute of its gradient.
    parameters: ClassVar[dict[str, str]] = {}
    _output: tuple[int, ...] | None = None
    _room: Array | None = None

    def __init__(self) -> None:
        for gradient in self.parameters.values():
            setattr(self, gradient, None)

    def forward(self, x: Any, train_flg: bool = True) -> Array:
        """순전파.

        The forward pass.
        """
        try:
            y = self._forward(self._input(x), train_flg)
        except TinygradKrError as error:
            raise named(type(self).__name__, error) from None
        self._output = y.shape
        return y

    def backward(self, dout: Any) -> Array:
        """역전파: 매개변수의 기울기를 남기고 입력의 기울기를 돌려준다.

        The backward pass: gives the gradient of the input and leaves ``dout`` as it is; those of
        the parameters become attributes.

        Raises:
            GradientError: there was no ``forward``.
            ShapeError: ``dout`` has not the shape of the output.
        """
        dx: Array = quietly(self._backward, self._upstream(dout))
        return dx

    def _forward(self, x: Array, train_flg: bool) -> Array:
        raise NotImplementedError

    def _backward(self, g: Array) -> Array:
        raise NotImplementedError

    def _input(self, x: Any) -> Array:
        """``x`` as an array of floats, of the parameters' dtype or a wider one."""
        a = floating(x)
        dtype = a.dtype
        for name in self.parameters:
            own = getattr(self, name).dtype
            if own is not dtype:
                dtype = np.promote_types(dtype, own)
        if dtype is a.dtype:
            return a
        # Into the same array every time: a new one costs as much as the copying.
        room = self._room
        if room is None or room.shape != a.shape or room.dtype != dtype:
            room = self._room = np.empty(a.shape, dtype)
        room[...] = a
        return room

    def _upstream(self, dout: Any) -> Array:
        g, name = floating(dout), type(self).__name__
        if self._output is None:
            raise GradientError(
                f"{name}: backward()보다 forward()를 먼저 부르세요.",
                f"{name}: call forward() before backward().",
            )
        if g.shape != self._output:
            raise ShapeError(
                f"{name}: dout의 형상 {g.shape}이(가) 출력의 {self._output}과(와) 다릅니다.",
                f"{name}: dout has shape {g.shape}, and the output {self._output}.",
            )
        return g

    def __getstate__(self) -> dict[str, Any]:
        # A copy has the arrays and no graph: it must go forward before it goes back.
        return {k: v for k, v in vars(self).items() if k not in ("_graph", "_output", "_room")}


class Recorded(Layer):
    """계산을 작은 그래프에 기록하고, backward가 그것을 걷는 계층.

    A layer whose function is recorded in a small graph, which backward walks.
    """

    _graph: tuple[Tensor, list[Tensor]]

    def _forward(self, x: Array, train_flg: bool) -> Array:
        own = [floating(getattr(self, name)) for name in self.parameters]
        inputs = [wrap(a.astype(x.dtype, copy=False)).requires_grad_() for a in (x, *own)]
        with enable_grad():
            y = self._recorded(train_flg, *inputs)
        self._graph = y, inputs
        return y._array

    def _recorded(self, train_flg: bool, x: Tensor, *own: Tensor) -> Tensor:
        raise NotImplementedError

    def _backward(self, g: Array) -> Array:
        y, inputs = self._graph
        dx, *own = grad(y, inputs, wrap(g), retain_graph=True)
        for name, t in zip(self.parameters.values(), own, strict=True):
            setattr(self, name, t._array)
        return dx._array
