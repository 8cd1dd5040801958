"""The networks written by hand in NumPy, no framework: every buffer is made once and used again.

What a framework on NumPy could reach at best, if it knew the network beforehand.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .work import RATES, Array, Net, Work, initial

Keep = Callable[[tuple[int, ...]], Array]
f32 = np.float32


def rule(name: str, params: list[Array], rate: float) -> Callable[[list[Array]], None]:
    """A function that updates ``params`` in place by their gradients."""
    first, second, scratch = ([np.zeros_like(p) for p in params] for _ in range(3))
    steps = 0

    def sgd(grads: list[Array]) -> None:
        for p, g, u in zip(params, grads, scratch, strict=True):
            np.multiply(g, f32(rate), out=u)
            p -= u

    def momentum(grads: list[Array]) -> None:
        for p, g, v, u in zip(params, grads, first, scratch, strict=True):
            v *= f32(0.9)
            np.multiply(g, f32(rate), out=u)
            v -= u
            p += v

    def adam(grads: list[Array]) -> None:
        nonlocal steps
        steps += 1
        root = (1 - 0.999**steps) ** 0.5
        for p, g, m, v, u in zip(params, grads, first, second, scratch, strict=True):
            m *= f32(0.9)
            np.multiply(g, f32(0.1), out=u)
            m += u
            v *= f32(0.999)
            np.multiply(g, g, out=u)
            u *= f32(0.001)
            v += u
            np.sqrt(v, out=u)
            u += f32(1e-8 * root)
            np.divide(m, u, out=u)
            u *= f32(rate * root / (1 - 0.9**steps))
            p -= u

    return {"sgd": sgd, "momentum": momentum, "adam": adam}[name]


class NumpyNetwork:
    """A network of ``work``; ``keep(shape)`` draws dropout's masks."""

    def __init__(self, work: Work, keep: Keep | None = None) -> None:
        rng = np.random.default_rng(2)
        self.work = work
        self.keep = keep or (lambda shape: rng.random(shape, dtype=f32) >= work.dropout)
        self.weights, self.biases = map(list, zip(*initial(work), strict=True))
        inner = work.sizes[1:-1] if work.batch_norm else ()
        self.scales = [np.ones(n, f32) for n in inner]
        self.shifts = [np.zeros(n, f32) for n in inner]
        self.means = [np.zeros(n, f32) for n in inner]
        self.variances = [np.ones(n, f32) for n in inner]
        self.params = [*self.weights, *self.biases, *self.scales, *self.shifts]
        self.grads = [np.empty_like(p) for p in self.params]
        ends = np.cumsum([len(self.weights), len(self.biases), len(inner)])
        self.dweights, self.dbiases, self.dscales, self.dshifts = (
            self.grads[a:b] for a, b in zip((0, *ends), (*ends, None), strict=True)
        )
        self.update = rule(work.rule, self.params, RATES[work.rule])
        shapes = [(work.batch, n) for n in work.sizes[1:]]
        self.outs, self.douts, self.normal = ([np.empty(s, f32) for s in shapes] for _ in range(3))
        self.alive = [np.empty(s, np.bool_) for s in shapes]
        self.invstds: list[Array] = [np.empty(0)] * len(shapes)
        self.rows = np.arange(work.batch)

    def train(self, x: Array, t: Array) -> float:
        loss, dy = self._loss(self._forward(x), t)
        self._backward(x, dy)
        self.update(self.grads)
        return loss

    def predict(self, x: Array) -> Array:
        return self._forward(x, training=False)

    def _forward(self, h: Array, training: bool = True) -> Array:
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            y = np.matmul(h, weight, out=self.outs[i])
            y += bias
            if i < last:
                if self.work.batch_norm:
                    (self._normalise if training else self._normalise_as_learnt)(i, y)
                np.maximum(y, 0, out=y)
                if training and self.work.dropout:
                    y *= self.keep(y.shape)
                    y *= f32(1 / (1 - self.work.dropout))
            h = y
        return h

    def _normalise(self, i: int, y: Array) -> None:
        count = len(y)
        mean = y.mean(axis=0)
        y -= mean
        variance = np.einsum("ij,ij->j", y, y)
        variance /= count
        self.invstds[i] = 1 / np.sqrt(variance + f32(1e-5))
        np.multiply(y, self.invstds[i], out=self.normal[i])
        np.multiply(self.normal[i], self.scales[i], out=y)
        y += self.shifts[i]
        self.means[i] += f32(0.1) * (mean - self.means[i])
        self.variances[i] += f32(0.1) * (variance * f32(count / (count - 1)) - self.variances[i])

    def _normalise_as_learnt(self, i: int, y: Array) -> None:
        scale = self.scales[i] / np.sqrt(self.variances[i] + f32(1e-5))
        y *= scale
        y += self.shifts[i] - self.means[i] * scale

    def _loss(self, y: Array, t: Array) -> tuple[float, Array]:
        """The mean cross-entropy, and its gradient, written over ``y``."""
        y -= y.max(axis=1, keepdims=True)
        chosen = y[self.rows, t]
        np.exp(y, out=y)
        total = y.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - chosen).mean())
        y /= total
        y[self.rows, t] -= 1
        y *= f32(1 / len(y))
        return loss, y

    def _backward(self, x: Array, dy: Array) -> None:
        for i in reversed(range(len(self.weights))):
            np.matmul((self.outs[i - 1] if i else x).T, dy, out=self.dweights[i])
            dy.sum(axis=0, out=self.dbiases[i])
            if i:
                dy = np.matmul(dy, self.weights[i].T, out=self.douts[i - 1])
                # What is 0 after ReLU and dropout was stopped by one of them.
                dy *= np.greater(self.outs[i - 1], 0, out=self.alive[i - 1])
                if self.work.dropout:
                    dy *= f32(1 / (1 - self.work.dropout))
                if self.work.batch_norm:
                    self._denormalise(i - 1, dy)

    def _denormalise(self, i: int, dy: Array) -> None:
        normal, count = self.normal[i], f32(len(dy))
        dy.sum(axis=0, out=self.dshifts[i])
        np.einsum("ij,ij->j", dy, normal, out=self.dscales[i])
        dy -= self.dshifts[i] / count
        normal *= self.dscales[i] / count
        dy -= normal
        dy *= self.scales[i] * self.invstds[i]


def by_hand(work: Work, training: bool = True, keep: Keep | None = None) -> Net:
    net = NumpyNetwork(work, keep)
    return Net(net.train, net.predict, np.asarray, lambda: net.weights)


def products(work: Work, training: bool = True) -> Net:
    """Only the matrix products of a step: the floor under everyone who uses this BLAS."""
    weights = [weight for weight, _ in initial(work)]
    grads = [np.empty_like(weight) for weight in weights]
    values, errors = ([np.ones((work.batch, n), f32) for n in work.sizes] for _ in range(2))

    def predict(x: Array) -> Array:
        values[0] = x
        for i, weight in enumerate(weights):
            np.matmul(values[i], weight, out=errors[i + 1])
        return errors[-1]

    def train(x: Array, t: Array) -> None:
        predict(x)
        for i, weight in enumerate(weights):
            np.matmul(values[i].T, errors[i + 1], out=grads[i])
            if i:
                np.matmul(errors[i + 1], weight.T, out=errors[i])

    return Net(train, predict, np.asarray)
