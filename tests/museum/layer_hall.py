"""Hall 2 of the bug museum: layers, losses and graphs that are wrong in one place.

A layer is the book's: ``forward`` and ``backward`` on ndarrays. Each specimen inherits from the
right rule, or stands beside it, and differs from it in the line that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import tinygrad_kr as tg
from tinygrad_kr import Tensor
from tinygrad_kr.autograd import Function
from tinygrad_kr.datasets import toy
from tinygrad_kr.testing import numerical_gradient

Array = NDArray[Any]


class Layer(Protocol):
    def forward(self, x: Array) -> Any: ...
    def backward(self, dout: Any) -> Array: ...


def draws(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape)


def double(values: Any) -> Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def slope_at_zero(f: Callable[[Tensor], Tensor]) -> float:
    """Backward's derivative of ``f`` at 0."""
    c = double(0.0)
    f(c).backward()
    return c.grad.item()


def agrees(layer: Layer, x: Array, scale: float = 1.0) -> bool:
    """Whether ``backward`` gives the numerical gradient of ``scale`` · Σ c · layer(x), with weights
    c = 1, 2, 3 ... that tell the elements apart."""
    out = np.asarray(layer.forward(x))
    dout = scale * np.arange(1.0, out.size + 1).reshape(out.shape)
    numerical = numerical_gradient(lambda x: (dout * layer.forward(x)).sum(), x).gradient
    layer.forward(x)
    return np.allclose(layer.backward(dout.copy()), numerical, atol=1e-6)


def central(f: Callable[[], Any], x: Array, h: float = 1e-4) -> Array:
    """The book's gradient check: (f(x + h) − f(x − h)) / 2h, each element moved in place."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        ahead = f()
        x[i] = kept - h
        gradient[i] = (ahead - f()) / (2 * h)
        x[i] = kept
    return gradient


# The layers of a net


class Affine:
    def __init__(self, n: int, m: int, rng: np.random.Generator) -> None:
        self.W, self.b = math.sqrt(2 / n) * rng.standard_normal((n, m)), np.zeros(m)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


class Chain:
    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: Array) -> Any:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout: Any) -> Array:
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)
        return dout


def network(middle: Callable[[], Layer], depth: int = 4, seed: int = 0) -> Chain:
    """From 2 to 3, over ``depth`` hidden layers of 50 with a layer of ``middle`` after each."""
    rng, layers = np.random.default_rng(seed), list[Layer]()
    for k in range(depth):
        layers += [Affine(2 if k == 0 else 50, 50, rng), middle()]
    return Chain(*layers, Affine(50, 3, rng))


def learn(net: Chain, loss: type[SoftmaxWithLoss], steps: int = 100, lr: float = 0.1) -> Array:
    """The losses on three spirals, step by step, by SGD."""
    tg.manual_seed(0)
    points, labels = toy.spiral(100)
    x = points.numpy().astype(np.float64)
    last, losses = loss(labels.numpy()), []
    for _ in range(steps):
        losses.append(last.forward(net.forward(x)))
        net.backward(last.backward())
        for layer in net.layers:
            if isinstance(layer, Affine):
                layer.W -= lr * layer.dW
                layer.b -= lr * layer.db
    return np.array(losses)


# Batch normalisation: B1, B2, B3


def through_all_three(dout: Array, x_hat: Array, std: Array) -> Array:
    """dx by x itself, by μ and by σ²."""
    return (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0)) / std


def b2(dout: Array, x_hat: Array, std: Array) -> Array:
    return dout / std


class BatchNorm:
    """The book's batch normalisation with γ = 1, whose dx is ``rule(dout, x_hat, std)``."""

    def __init__(self, rule: Callable[[Array, Array, Array], Array], width: int = 1) -> None:
        self.rule, self.beta = rule, np.zeros(width)

    def forward(self, x: Array) -> Array:
        self.std = np.sqrt(x.var(0) + 1e-6)
        self.x_hat = (x - x.mean(0)) / self.std
        return self.x_hat + self.beta

    def backward(self, dout: Array) -> Array:
        self.dbeta = dout.sum(0)
        return self.rule(dout, self.x_hat, self.std)


def normal(x: Any, axes: Any) -> Any:
    """x̂ with one μ and σ² for each index that is not along ``axes``; of a Tensor too."""
    centred = x - x.mean(axes, keepdims=True)
    return centred / ((centred * centred).mean(axes, keepdims=True) + 1e-6) ** 0.5


def per_channel(x: Any) -> Any:
    return normal(x, (0, 2, 3))


def b3(x: Any) -> Any:
    return normal(x.reshape(len(x), -1), 0).reshape(x.shape)


# ReLU: R1, R2


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        return np.where(self.mask, 0, x)

    def backward(self, dout: Array) -> Array:
        return np.where(self.mask, 0, dout)


class R1(Function):
    """What a kink may not hide: a ReLU that hands back twice the gradient at 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * (x > 0) + 2 * g * (x == 0)


class R2(Relu):
    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


class Skip:
    """x + layer(x): two branches are handed one gradient."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def forward(self, x: Array) -> Array:
        return x + self.layer.forward(x)

    def backward(self, dout: Array) -> Array:
        return dout + self.layer.backward(dout)


# Softmax, sigmoid and the loss: S1, S2


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x: Array) -> Array:
    e = np.exp(-abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def s1_softmax(x: Array) -> Array:
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


def s1_sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


class SoftmaxWithLoss:
    softmax = staticmethod(softmax)

    def __init__(self, t: Array) -> None:
        self.t = t

    def forward(self, x: Array) -> Any:
        self.y = self.softmax(x)
        return -np.log(self.y[np.arange(len(x)), self.t]).mean()

    def backward(self, dout: Any = 1.0) -> Array:
        return dout * (self.y - np.eye(self.y.shape[1])[self.t]) / len(self.t)


class S1(SoftmaxWithLoss):
    softmax = staticmethod(s1_softmax)


class S2(SoftmaxWithLoss):
    def backward(self, dout: Any = 1.0) -> Array:
        return (self.y - np.eye(self.y.shape[1])[self.t]) / len(self.t)


# Dropout: O1


class Dropout:
    def __init__(self, ratio: float = 0.5) -> None:
        self.ratio, self.training, self.rng = ratio, True, np.random.default_rng(0)

    def forward(self, x: Array) -> Array:
        if self.training:
            self.mask: Any = self.rng.random(x.shape) > self.ratio
        else:
            self.mask = 1 - self.ratio
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class O1(Dropout):
    def forward(self, x: Array) -> Array:
        if self.training:
            self.mask = self.rng.random(x.shape) > self.ratio
            return x * self.mask
        return x * (1 - self.ratio)


# Graphs: G1, G2


class FairMax(Function):
    """The largest element; those that share the first place share the gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.amax()
        ctx.winners = (x == y).to(x.dtype)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * ctx.winners / ctx.winners.sum()


class G1(FairMax):
    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * ctx.winners


class G2:
    """A number that remembers its factors: the smallest of autograds."""

    def __init__(self, value: float, *factors: G2) -> None:
        self.value, self.factors, self.grad = value, factors, 0.0

    def __mul__(self, other: G2) -> G2:
        return type(self)(self.value * other.value, self, other)

    def order(self) -> list[G2]:
        """The nodes of the graph, each after all that were made of it."""
        found: list[G2] = []

        def visit(node: G2) -> None:
            if node not in found:
                for factor in node.factors:
                    visit(factor)
                found.append(node)

        visit(self)
        return found[::-1]

    def backward(self) -> None:
        self.grad = 1.0
        for node in self.order():
            if node.factors:
                a, b = node.factors
                a.grad += node.grad * b.value
                b.grad += node.grad * a.value


class Fresh(G2):
    """Only the leaves keep what they had; an inner node begins every pass at 0."""

    def backward(self) -> None:
        for node in self.order():
            if node.factors:
                node.grad = 0.0
        super().backward()


# A sentence: C2


def sigmoid_layers(std: float) -> tuple[list[Array], list[Array]]:
    """The activations of five sigmoid layers of 100, and the gradients by them.

    1,000 normal inputs, weights of this standard deviation; a standard normal gradient from above.
    """
    rng = np.random.default_rng(0)
    layers = [tg.tensor(rng.standard_normal((1000, 100)), requires_grad=True)]
    for _ in range(5):
        layers.append(tg.sigmoid(layers[-1] @ tg.tensor(std * rng.standard_normal((100, 100)))))
        layers[-1].retain_grad()
    layers[-1].backward(tg.tensor(rng.standard_normal((1000, 100))))
    return [a.detach().numpy() for a in layers[1:]], [a.grad.numpy() for a in layers[1:]]
