"""An LSTM that reads images row by row, its last state classified: in everyone's own words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .numpy_network import rule
from .peers import Make, optimizer_of
from .work import RATES, Array, Net

f32 = np.float32


class Sequences(NamedTuple):
    """Batches of sequences, and the hidden size of the one layer that reads them."""

    steps: int = 28
    width: int = 28
    hidden: int = 128
    batch: int = 64
    classes: int = 10
    rule: str = "sgd"

    def tiny(self) -> Sequences:
        """The same, small enough for a test."""
        return self._replace(steps=3, width=4, hidden=5, batch=6)


def batches(work: Sequences, count: int = 8) -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    x = rng.random((count, work.batch, work.steps, work.width), dtype=f32)
    return list(zip(x, rng.integers(0, work.classes, (count, work.batch)), strict=True))


def initial(work: Sequences) -> list[Array]:
    """Of the input, the state (their rows the gates i, f, g, o), and the head, (in, out)."""
    rng, gates = np.random.default_rng(1), 4 * work.hidden
    shapes = (gates, work.width), (gates, work.hidden), (work.hidden, work.classes)
    return [work.hidden**-0.5 * rng.standard_normal(shape, dtype=f32) for shape in shapes]


def ours(work: Sequences, training: bool = True) -> Net:
    import tinygrad_kr

    return the_pytorch_way(tinygrad_kr, work)


def torch(work: Sequences, training: bool = True) -> Net:
    import torch

    return the_pytorch_way(torch, work)


def the_pytorch_way(torch: Any, work: Sequences) -> Net:
    nn = torch.nn
    lstm = nn.LSTM(work.width, work.hidden, batch_first=True)
    head = nn.Linear(work.hidden, work.classes)
    params = [*lstm.parameters(), *head.parameters()]
    w, u, v = initial(work)
    with torch.no_grad():
        for param, value in zip(params, (w, u, 0, 0, v.T.copy(), 0), strict=True):
            param.copy_(torch.from_numpy(value)) if isinstance(value, np.ndarray) else param.zero_()
    optimizer = optimizer_of(torch.optim, work.rule, params)
    criterion = nn.CrossEntropyLoss()

    def predict(x: Any) -> Any:
        output, _ = lstm(x)
        return head(output[:, -1])

    def train(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(predict(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Net(train, predict, torch.from_numpy)


def jax(work: Sequences, training: bool = True) -> Net:
    import jax
    import jax.numpy as jnp

    from .jax_network import trained

    w, u, v = map(jnp.asarray, initial(work))
    params = w.T, u.T, jnp.zeros(len(w)), v, jnp.zeros(work.classes)

    def scores(params: Any, x: Any) -> Any:
        w, u, b, v, shift = params

        def step(carry: Any, z: Any) -> Any:
            h, c = carry
            i, f, g, o = jnp.split(z + h @ u, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zero = jnp.zeros((len(x), work.hidden))
        (h, _), _ = jax.lax.scan(step, (zero, zero), jnp.swapaxes(x @ w + b, 0, 1))
        return h @ v + shift

    return trained(scores, params, work.rule)


def pydynet(work: Sequences, training: bool = True) -> Net:
    import pydynet
    import pydynet.nn as nn
    from pydynet.optim import SGD

    cell = nn.LSTMCell(work.width, work.hidden, dtype=f32)
    head = nn.Linear(work.hidden, work.classes, dtype=f32)
    w, u, v = initial(work)
    for param, value in ((cell.Wx, w), (cell.Wh, u)):
        i, f, g, o = np.split(value.T, 4, axis=1)
        param.data[...] = np.concatenate([f, i, o, g], axis=1)
    cell.bias.data[...] = head.bias.data[...] = 0
    head.weight.data[...] = v
    net = nn.Sequential(cell, head)
    optimizer = SGD(net.parameters(), RATES[work.rule], momentum=0, nesterov=False)
    criterion = nn.CrossEntropyLoss()

    def predict(x: Any) -> Any:
        zeros = np.zeros((len(x.data), work.hidden), f32)
        h, c = pydynet.Tensor(zeros), pydynet.Tensor(zeros.copy())
        for t in range(work.steps):
            h, c = cell(x[:, t], (h, c))
        return head(h)

    def train(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(predict(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Net(train, predict, pydynet.Tensor)


def dezero(work: Sequences, training: bool = True) -> Net:
    np.int = int  # type: ignore[attr-defined]
    import dezero.functions as F
    from dezero import Model, layers, optimizers

    class Network(Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = layers.LSTM(work.hidden, work.width)
            self.head = layers.Linear(work.classes, in_size=work.hidden)
            w, u, v = initial(work)
            for side, value in (("x2", w), ("h2", u)):
                for gate, part in zip("ifuo", np.split(value, 4), strict=True):
                    getattr(self.lstm, f"{side}{gate}").W.data = part.T.copy()
            self.head.W.data = v

        def forward(self, x: Any) -> Any:
            self.lstm.reset_state()
            for t in range(work.steps):
                h = self.lstm(x[:, t])
            return self.head(h)

    net = Network()
    optimizer = optimizers.SGD(RATES[work.rule]).setup(net)

    def train(x: Array, t: Array) -> Any:
        loss = F.softmax_cross_entropy(net(x), t)
        net.cleargrads()
        loss.backward()
        optimizer.update()
        return loss

    return Net(train, net, np.asarray)


def by_hand(work: Sequences, training: bool = True) -> Net:
    """No framework: every buffer is made once and used again; two biases, as PyTorch has them."""
    w, u, v = initial(work)
    steps, size, hidden = work.steps, work.batch, work.hidden
    params = [w, u, np.zeros(len(w), f32), np.zeros(len(w), f32), v, np.zeros(work.classes, f32)]
    grads = [np.empty_like(p) for p in params]
    update = rule(work.rule, params, RATES[work.rule])
    gates, slopes = np.empty((2, steps, size, 4, hidden), f32)
    hs, cs, tanhs = np.zeros((3, steps + 1, size, hidden), f32)
    inner, dh, dc = (np.empty((size, n), f32) for n in (4 * hidden, hidden, hidden))
    half = np.array([[0.5], [0.5], [1.0], [0.5]], f32)  # σ(a) = ½ tanh(½ a) + ½
    rows = np.arange(size)

    def predict(x: Array) -> Array:
        inputs = np.ascontiguousarray(x.swapaxes(0, 1)).reshape(-1, work.width)
        np.matmul(inputs, w.T, out=gates.reshape(-1, len(w)))
        gates.reshape(-1, len(w))[...] += params[2] + params[3]
        for t in range(steps):
            a = gates[t]
            a += np.matmul(hs[t], u.T, out=inner).reshape(a.shape)
            a *= half
            np.tanh(a, out=a)
            a *= half
            a += 1 - half
            np.multiply(a[:, 1], cs[t], out=cs[t + 1])
            cs[t + 1] += a[:, 0] * a[:, 2]
            np.multiply(a[:, 3], np.tanh(cs[t + 1], out=tanhs[t]), out=hs[t + 1])
        return hs[steps] @ v + params[5]

    def train(x: Array, t: Array) -> float:
        y = predict(x)
        y -= y.max(axis=1, keepdims=True)
        chosen = y[rows, t]
        np.exp(y, out=y)
        total = y.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - chosen).mean())
        y /= total
        y[rows, t] -= 1
        y *= f32(1 / size)
        np.matmul(hs[steps].T, y, out=grads[4])
        y.sum(axis=0, out=grads[5])
        np.matmul(y, v.T, out=dh)
        dc[...] = 0
        for k in reversed(range(steps)):
            (i, f, g, o), d, th = gates[k].swapaxes(0, 1), slopes[k], tanhs[k]
            np.subtract(1, gates[k], out=d)
            d *= gates[k]
            d[:, 2] = i * (1 - g * g)
            dc[...] += dh * o * (1 - th * th)
            d[:, 0] *= g
            d[:, 1] *= cs[k]
            d[:, :3] *= dc[:, None]
            d[:, 3] *= th * dh
            dc[...] *= f
            np.matmul(d.reshape(size, -1), u, out=dh)
        flat = slopes.reshape(-1, len(w))
        np.matmul(flat.T, x.swapaxes(0, 1).reshape(-1, work.width), out=grads[0])
        np.matmul(flat.T, hs[:-1].reshape(-1, hidden), out=grads[1])
        grads[2][...] = grads[3][...] = flat.sum(axis=0)
        update(grads)
        return loss

    return Net(train, predict, np.asarray)


def products(work: Sequences, training: bool = True) -> Net:
    """Only the matrix products of a step."""
    w, u, _ = initial(work)
    many = np.ones((work.steps * work.batch, len(w)), f32)
    inputs, states = (np.ones((len(many), n), f32) for n in (work.width, work.hidden))
    some, state = many[: work.batch].copy(), states[: work.batch].copy()
    gw, gu = np.empty_like(w), np.empty_like(u)

    def predict(x: Array) -> Array:
        np.matmul(inputs, w.T, out=many)
        for _ in range(work.steps):
            np.matmul(state, u.T, out=some)
        return some

    def train(x: Array, t: Array) -> None:
        predict(x)
        for _ in range(work.steps):
            np.matmul(some, u, out=state)
        state.fill(1)
        np.matmul(many.T, inputs, out=gw)
        np.matmul(many.T, states, out=gu)

    return Net(train, predict, np.asarray)


MAKERS: dict[str, Make] = {
    "ours": ours,
    "torch": torch,
    "jax": jax,
    "pydynet": pydynet,
    "dezero": dezero,
    "numpy": by_hand,
    "products": products,
}  # type: ignore[dict-item]
