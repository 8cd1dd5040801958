"""책의 다층 신경망: 6장의 실험들이 쓴다.

The fully connected network of chapter 6.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, cast

import numpy as np

from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.book.functions import labels
from tinygrad_kr.book.gradient import numerical_gradient
from tinygrad_kr.book.layer import Layer, named
from tinygrad_kr.book.layers import Affine, Relu, Sigmoid, SoftmaxWithLoss
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, TinygradKrError
from tinygrad_kr.hyperparameters import choice, integer, number, wrong_kind
from tinygrad_kr.optim.optimizer import descent

__all__ = ["MultiLayerNet", "np", "numerical_gradient"]

#: 한 번에 평가하는 데이터의 수. As many samples are evaluated at a time.
BLOCK: Final = 1024


class Network:
    """신경망의 바탕: 한 줄로 선 계층들.

    The base of the networks, layers in a row. The arrays of ``params`` are those of the layers.
    """

    def __init__(self, sizes: Sequence[int], weight_init_std: Any, weight_decay_lambda: Any):
        self.weight_decay_lambda = number("weight_decay_lambda", weight_decay_lambda, least=0)
        self.params: dict[str, Array] = {}
        self.layers: OrderedDict[str, Layer] = OrderedDict()
        self.last_layer = SoftmaxWithLoss()
        # Where each parameter is used: the layer, and its name there.
        self._places: dict[str, tuple[Layer, str]] = {}
        for i, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
            scale = _scale(weight_init_std, fan_in)
            self.params[f"W{i}"] = scale * np.random.randn(fan_in, fan_out)
            self.params[f"b{i}"] = np.zeros(fan_out)

    def _affine(self, i: int) -> None:
        self._add(f"Affine{i}", Affine(self.params[f"W{i}"], self.params[f"b{i}"]), i)

    def _add(self, name: str, layer: Layer, i: int) -> None:
        self.layers[name] = layer
        for own in layer.parameters:
            self._places[f"{own}{i}"] = layer, own

    def _predict(self, x: Any, train: bool) -> Array:
        for key, (layer, own) in self._places.items():
            if self.params.get(key) is not getattr(layer, own):
                raise ArgumentError(
                    f"params[{key!r}]과(와) 계층의 {own}이(가) 서로 다른 배열입니다. 새 값은 "
                    f"params[{key!r}][...] = 값 으로 제자리에 쓰세요.",
                    f"params[{key!r}] and the {own} of its layer are different arrays; write new "
                    f"values in place, params[{key!r}][...] = values.",
                )
        for name, layer in self.layers.items():
            try:
                x = layer.forward(x, train)
            except TinygradKrError as error:
                raise named(name, error) from None
        return x  # type: ignore[no-any-return]

    def _loss(self, x: Any, t: Any, train: bool) -> Any:
        loss = self.last_layer.forward(self._predict(x, train), t)
        if not self.weight_decay_lambda:
            return loss
        squares = sum(np.vdot(w, w) for _, w in self._weights())
        return loss + 0.5 * self.weight_decay_lambda * squares

    def _weights(self) -> Iterator[tuple[str, Array]]:
        return ((key, a) for key, a in self.params.items() if key.startswith("W"))

    def gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """오차역전파법으로 구한 기울기: params와 같은 이름의 사전.

        The gradients by backpropagation, by the names of ``params``; those of the weights with λW.

        Source:
            「밑바닥부터 시작하는 딥러닝」 5.7.2, 6.4.2
        """
        self.last_layer.forward(self._predict(x, True), t)
        dout = self.last_layer.backward()
        first, *rest = self.layers.values()
        for layer in reversed(rest):
            dout = layer.backward(dout)
        # Nobody asks for the gradient of the data, which would take as long as that of W1.
        quietly(cast(Affine, first).learn, dout)
        grads = {}
        for key, (layer, own) in self._places.items():
            grads[key] = getattr(layer, layer.parameters[own])
        if self.weight_decay_lambda:
            for key, w in self._weights():
                grads[key] = descent(w, grads[key], self.weight_decay_lambda, False)
        return grads

    def numerical_gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """수치 미분으로 구한 기울기: 느리다.

        The gradients of the loss in training by central differences, which is slow.
        """
        x = np.asarray(x, np.float64)

        def loss(_: Any) -> Any:
            return self._loss(x, t, True)

        return {key: numerical_gradient(loss, self.params[key]) for key in self._places}

    def accuracy(self, x: Any, t: Any) -> float:
        """정확도: 맞힌 비율.

        The share of right answers; ``t`` are labels or one-hot.
        """
        x = np.asarray(x)
        scores = [self._predict(x[i : i + BLOCK], False) for i in range(0, len(x), BLOCK)]
        if not scores:
            raise ArgumentError("데이터가 하나도 없습니다.", "There are no samples.")
        y = np.concatenate(scores)
        return float(np.mean(y.argmax(1) == labels(y.shape, t)))


class MultiLayerNet(Network):
    """완전연결 다층 신경망.

    A fully connected network for classification. Weights are drawn from ``np.random``.

    Args:
        input_size, output_size: the numbers of inputs and classes.
        hidden_size_list: the neurons of each hidden layer.
        activation: "relu" or "sigmoid".
        weight_init_std: the spread of the weights; "relu" or "he" is √(2/n), "sigmoid" or "xavier"
            √(1/n), of n inputs.
        weight_decay_lambda: λ ≥ 0; ½λ Σ W² is added to the loss.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.7

    >>> net = MultiLayerNet(4, [3], 2)
    >>> sorted(net.gradient(np.ones((5, 4)), np.zeros(5, int)))
    ['W1', 'W2', 'b1', 'b2']
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: str | float = "relu",
        weight_decay_lambda: float = 0,
    ) -> None:
        sizes = sizes_of(input_size, hidden_size_list, output_size)
        activated = activation_of(activation)
        super().__init__(sizes, weight_init_std, weight_decay_lambda)
        for i in range(1, len(sizes) - 1):
            self._affine(i)
            self._add(f"Activation_function{i}", activated(), i)
        self._affine(len(sizes) - 1)

    def predict(self, x: Any) -> Array:
        """점수(소프트맥스 전의 출력).

        The scores, before the softmax.
        """
        return self._predict(x, False)

    def loss(self, x: Any, t: Any) -> Any:
        """손실.

        The loss on inputs and targets, with the weights' decay.
        """
        return self._loss(x, t, False)


def sizes_of(input_size: Any, hidden_size_list: Any, output_size: Any) -> list[int]:
    """층마다의 크기. The sizes of all layers, the input's first."""
    if not isinstance(hidden_size_list, list | tuple):
        raise wrong_kind(
            "hidden_size_list", hidden_size_list, "정수의 리스트", "a list of integers"
        )
    named = {"input_size": input_size}
    named |= {f"hidden_size_list[{i}]": size for i, size in enumerate(hidden_size_list)}
    named["output_size"] = output_size
    return [integer(name, size, least=1) for name, size in named.items()]


def activation_of(name: str) -> type[Layer]:
    """활성화 계층. The layer of an activation function."""
    return {"relu": Relu, "sigmoid": Sigmoid}[choice("activation", name, ("relu", "sigmoid"))]


def _scale(std: Any, fan_in: int) -> Any:
    """The spread of the weights of a layer."""
    if not isinstance(std, str):
        return number("weight_init_std", std, least=0)
    name = choice("weight_init_std", std.lower(), ("relu", "he", "sigmoid", "xavier"))
    return np.sqrt((2.0 if name in ("relu", "he") else 1.0) / fan_in)
