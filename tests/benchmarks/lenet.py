"""LeNet on images of 28 × 28: two convolutions with pooling, three fully connected layers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .numpy_network import rule
from .peers import Make, optimizer_of
from .work import RATES, Array, Net

f32 = np.float32


class Images(NamedTuple):
    """Batches of images, and by what rule."""

    batch: int = 64
    classes: int = 10
    rule: str = "sgd"

    def tiny(self) -> Images:
        """The same, small enough for a test."""
        return self._replace(batch=3)


def batches(work: Images, count: int = 8) -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    x = rng.random((count, work.batch, 1, 28, 28), dtype=f32)
    return list(zip(x, rng.integers(0, work.classes, (count, work.batch)), strict=True))


def initial(work: Images) -> list[Array]:
    """Kernels (out, in, 5, 5) and matrices (out, in), in PyTorch's layout."""
    rng = np.random.default_rng(1)
    shapes = (6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (work.classes, 84)
    draws = [rng.standard_normal(shape, dtype=f32) for shape in shapes]
    return [w * f32((2 / w[0].size) ** 0.5) for w in draws]


def ours(work: Images, training: bool = True) -> Net:
    import tinygrad_kr

    return the_pytorch_way(tinygrad_kr, work)


def torch(work: Images, training: bool = True) -> Net:
    import torch

    return the_pytorch_way(torch, work)


def the_pytorch_way(torch: Any, work: Images) -> Net:
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, work.classes),
    )  # fmt: skip
    layers = [m for m in net if hasattr(m, "weight")]
    with torch.no_grad():
        for layer, weight in zip(layers, initial(work), strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.zero_()
    optimizer = optimizer_of(torch.optim, work.rule, net.parameters())
    criterion = nn.CrossEntropyLoss()

    def train(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Net(train, net, torch.from_numpy)


def jax(work: Images, training: bool = True) -> Net:
    import jax
    import jax.numpy as jnp

    from .jax_network import trained

    weights = [jnp.asarray(w) for w in initial(work)]
    params = [(w, jnp.zeros(len(w))) for w in weights]

    def scores(params: Any, x: Any) -> Any:
        for (w, b), margin in zip(params[:2], (2, 0), strict=True):
            x = jax.lax.conv_general_dilated(x, w, (1, 1), [(margin, margin)] * 2)
            x = jax.nn.relu(x + b[:, None, None])
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        x = x.reshape(len(x), -1)
        for w, b in params[2:-1]:
            x = jax.nn.relu(x @ w.T + b)
        return x @ params[-1][0].T + params[-1][1]

    return trained(scores, params, work.rule)


def mygrad(work: Images, training: bool = True) -> Net:
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()
    weights = [mg.tensor(w) for w in initial(work)]
    shapes = [(len(w), 1, 1) if w.ndim == 4 else (len(w),) for w in weights]
    biases = [mg.tensor(np.zeros(shape, f32)) for shape in shapes]
    params = [*weights, *biases]
    update = rule(work.rule, [p.data for p in params], RATES[work.rule])

    def predict(x: Any) -> Any:
        for w, b, margin in zip(weights[:2], biases, (2, 0), strict=False):
            x = max_pool(relu(conv_nd(x, w, stride=1, padding=margin) + b), (2, 2), 2)
        x = x.reshape(len(x), -1)
        for w, b in zip(weights[2:-1], biases[2:-1], strict=True):
            x = relu(mg.matmul(x, w.T) + b)
        return mg.matmul(x, weights[-1].T) + biases[-1]

    def train(x: Array, t: Array) -> Any:
        loss = softmax_crossentropy(predict(x), t)
        loss.backward()
        update([p.grad for p in params])
        for p in params:
            p.null_grad()
        return loss

    return Net(train, predict, np.asarray)


def pydynet(work: Images, training: bool = True) -> Net:
    import pydynet
    import pydynet.nn as nn
    from pydynet.optim import SGD

    class Flat(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.reshape(len(x.data), -1)

    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, dtype=f32), nn.ReLU(), nn.MaxPool2d(2, 2, 0),
        nn.Conv2d(6, 16, 5, dtype=f32), nn.ReLU(), nn.MaxPool2d(2, 2, 0), Flat(),
        nn.Linear(400, 120, dtype=f32), nn.ReLU(), nn.Linear(120, 84, dtype=f32), nn.ReLU(),
        nn.Linear(84, work.classes, dtype=f32),
    )  # fmt: skip
    params = list(net.parameters())
    for i, value in enumerate(initial(work)):
        weight, bias = sorted(params[2 * i : 2 * i + 2], key=lambda p: -p.data.size)
        weight.data[...] = value if value.ndim == 4 else value.T
        bias.data[...] = 0
    optimizer = SGD(params, RATES[work.rule], momentum=0, nesterov=False)
    criterion = nn.CrossEntropyLoss()

    def train(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Net(train, net, pydynet.Tensor)


def dezero(work: Images, training: bool = True) -> Net:
    np.int = int  # type: ignore[attr-defined]
    import dezero.functions as F
    from dezero import Model, layers, optimizers

    class Network(Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = layers.Conv2d(6, 5, pad=2, in_channels=1)
            self.conv2 = layers.Conv2d(16, 5, in_channels=6)
            self.linear1 = layers.Linear(120, in_size=400)
            self.linear2 = layers.Linear(84, in_size=120)
            self.linear3 = layers.Linear(work.classes, in_size=84)
            ends = self.conv1, self.conv2, self.linear1, self.linear2, self.linear3
            for layer, value in zip(ends, initial(work), strict=True):
                layer.W.data = value if value.ndim == 4 else value.T.copy()

        def forward(self, x: Any) -> Any:
            for layer in (self.conv1, self.conv2):
                x = F.pooling(F.relu(layer(x)), 2, 2)
            x = F.reshape(x, (x.shape[0], -1))
            return self.linear3(F.relu(self.linear2(F.relu(self.linear1(x)))))

    net = Network()
    optimizer = optimizers.SGD(RATES[work.rule]).setup(net)

    def train(x: Array, t: Array) -> Any:
        loss = F.softmax_cross_entropy(net(x), t)
        net.cleargrads()
        loss.backward()
        optimizer.update()
        return loss

    return Net(train, net, np.asarray)


MAKERS: dict[str, Make] = {
    "ours": ours,
    "torch": torch,
    "jax": jax,
    "mygrad": mygrad,
    "pydynet": pydynet,
    "dezero": dezero,
}  # type: ignore[dict-item]
