"""The networks in our package and in others', each as its users would write it.

One function a framework, which it imports itself: ``make(work, training)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .numpy_network import by_hand, products, rule
from .work import RATES, Array, Net, Work, initial

Make = Callable[[Work, bool], Net]


def ours(work: Work, training: bool = True) -> Net:
    import tinygrad_kr

    return the_pytorch_way(tinygrad_kr, work, training)


def torch(work: Work, training: bool = True) -> Net:
    import torch

    return the_pytorch_way(torch, work, training)


def torch_compile(work: Work, training: bool = True) -> Net:
    import torch

    return the_pytorch_way(torch, work, training, torch.compile)


def the_pytorch_way(
    torch: Any, work: Work, training: bool, compiled: Callable[[Any], Any] = lambda f: f
) -> Net:
    """Both packages are written to in the same words, so this is one script."""
    nn, optim = torch.nn, torch.optim
    net = sequential(nn, work)
    linears = [m for m in net if isinstance(m, nn.Linear)]
    with torch.no_grad():
        for layer, (weight, bias) in zip(linears, initial(work), strict=True):
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
    optimizer = optimizer_of(optim, work.rule, net.parameters())
    criterion = nn.CrossEntropyLoss()
    loss_of = compiled(lambda x, t: criterion(net(x), t))
    net.train(training)

    def train(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(x, t)
        loss.backward()
        optimizer.step()
        return loss

    def predict(x: Any) -> Any:
        with torch.no_grad():
            return net(x)

    def weights() -> list[Array]:
        return [layer.weight.detach().numpy().T for layer in linears]

    return Net(train, predict, torch.from_numpy, weights)


def sequential(nn: Any, work: Work) -> Any:
    layers: list[Any] = []
    for n, m in zip(work.sizes[:-2], work.sizes[1:], strict=False):
        layers.append(nn.Linear(n, m))
        if work.batch_norm:
            layers.append(nn.BatchNorm1d(m))
        layers.append(nn.ReLU())
        if work.dropout:
            layers.append(nn.Dropout(work.dropout))
    return nn.Sequential(*layers, nn.Linear(*work.sizes[-2:]))


def optimizer_of(optim: Any, name: str, params: Any, **options: Any) -> Any:
    rate = RATES[name]
    if name == "adam":
        return optim.Adam(params, lr=rate, **options)
    if name == "sgd":
        return optim.SGD(params, lr=rate, **options)
    if hasattr(optim, "Momentum"):
        return optim.Momentum(params, lr=rate, momentum=0.9)
    return optim.SGD(params, lr=rate, momentum=0.9, **options)


def jax(work: Work, training: bool = True) -> Net:
    from .jax_network import network

    return network(work)


def mygrad(work: Work, training: bool = True) -> Net:
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()
    layers = [[mg.tensor(weight), mg.tensor(bias)] for weight, bias in initial(work)]
    if work.batch_norm:
        for layer, n in zip(layers, work.sizes[1:-1], strict=False):
            layer += [mg.tensor(np.ones(n, np.float32)), mg.tensor(np.zeros(n, np.float32))]
    params = [p for layer in layers for p in layer]
    update = rule(work.rule, [p.data for p in params], RATES[work.rule])

    def forward(x: Any) -> Any:
        for i, (weight, bias, *scale_and_shift) in enumerate(layers):
            x = mg.matmul(x, weight) + bias
            if i == len(layers) - 1:
                break
            if scale_and_shift:
                scale, shift = scale_and_shift
                centred = x - x.mean(axis=0)
                var = (centred**2).mean(axis=0)
                x = centred / mg.sqrt(var + np.float32(1e-5)) * scale + shift
            x = relu(x)
            if work.dropout:
                alive = np.random.rand(*x.shape) >= work.dropout
                x = x * (alive / (1 - work.dropout)).astype(np.float32)
        return x

    def train(x: Array, t: Array) -> Any:
        loss = softmax_crossentropy(forward(x), t)
        loss.backward()
        update([p.grad for p in params])
        for p in params:
            p.null_grad()
        return loss

    return Net(train, forward, np.asarray)


def pydynet(work: Work, training: bool = True) -> Net:
    import pydynet
    import pydynet.nn as nn
    from pydynet.optim import SGD, Adam

    layers: list[Any] = []
    for i, (weight, bias) in enumerate(initial(work)):
        linear = nn.Linear(*weight.shape, dtype=np.float32)
        linear.weight.data[...] = weight
        linear.bias.data[...] = bias
        layers.append(linear)
        if i < len(work.sizes) - 2:
            if work.batch_norm:
                layers.append(nn.BatchNorm1d(weight.shape[1], dtype=np.float32))
            layers.append(nn.ReLU())
            if work.dropout:
                layers.append(nn.Dropout(work.dropout))
    net = nn.Sequential(*layers)
    net.train(training)
    rate = RATES[work.rule]
    optimizer = {
        "sgd": lambda: SGD(net.parameters(), rate, momentum=0, nesterov=False),
        "momentum": lambda: SGD(net.parameters(), rate, momentum=0.9, nesterov=False),
        "adam": lambda: Adam(net.parameters(), rate),
    }[work.rule]()
    criterion = nn.CrossEntropyLoss()

    def train(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Net(train, net, pydynet.Tensor)


def dezero(work: Work, training: bool = True) -> Net:
    # DeZero 0.0.13 asks for names that NumPy 2 removed; matplotlib must not meet them.

    np.int = int  # type: ignore[attr-defined]
    import dezero.functions as F
    from dezero import Model, layers, optimizers

    class Network(Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            for i, (weight, _) in enumerate(initial(work)):
                linear = layers.Linear(weight.shape[1], in_size=weight.shape[0])
                linear.W.data = weight
                setattr(self, f"linear{i}", linear)
                if work.batch_norm:
                    setattr(self, f"norm{i}", layers.BatchNorm())

        def forward(self, x: Any) -> Any:
            last = len(work.sizes) - 2
            for i in range(last):
                x = getattr(self, f"linear{i}")(x)
                if work.batch_norm:
                    x = getattr(self, f"norm{i}")(x)
                x = F.relu(x)
                if work.dropout:
                    x = F.dropout(x, work.dropout)
            return getattr(self, f"linear{last}")(x)

    net, rate = Network(), RATES[work.rule]
    optimizer = {
        "sgd": lambda: optimizers.SGD(rate),
        "momentum": lambda: optimizers.MomentumSGD(rate, 0.9),
        "adam": lambda: optimizers.Adam(rate),
    }[work.rule]().setup(net)

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
    "torch.compile": torch_compile,
    "jax": jax,
    "mygrad": mygrad,
    "pydynet": pydynet,
    "dezero": dezero,
    "numpy": by_hand,
    "products": products,
}
