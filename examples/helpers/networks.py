"""6장의 신경망: 784-[100]×n-10, 그 데이터와 학습.

The network of chapter 6, its data and its training: what the experiments with MNIST share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import tinygrad_kr as torch
from tinygrad_kr import Tensor, nn, optim
from tinygrad_kr.datasets import MNIST
from tinygrad_kr.nn import functional as F

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


def weight_std(init: str | float, n: int) -> float:
    """입력이 n개인 뉴런의 가중치의 표준편차.

    The standard deviation of the weights of a neuron with ``n`` inputs: "he" √(2/n), "xavier" 1/√n
    (the book's), or a number as it is.

    Source: 「밑바닥부터 시작하는 딥러닝」 6.2.2, 6.2.3
    """
    if isinstance(init, str):
        return math.sqrt({"he": 2, "xavier": 1}[init] / n)
    return init


def linear(n_in: int, n_out: int, init: str | float) -> nn.Linear:
    """초깃값을 고른 Linear. 편향은 0이다.

    A Linear whose weights are drawn as :func:`weight_std` says and whose biases are 0.
    """
    layer = nn.Linear(n_in, n_out)
    nn.init.normal_(layer.weight, std=weight_std(init, n_in))
    nn.init.zeros_(layer.bias)
    return layer


def mlp(
    sizes: Sequence[int],
    activation: str = "relu",
    init: str | float = "he",
    batch_norm: bool = False,
    dropout: float = 0.0,
    convention: str = "torch",
) -> nn.Sequential:
    """책의 MultiLayerNetExtend를 PyTorch 방식으로.

    The book's network, ``mlp([784, 100, 10])`` with one hidden layer of 100: each hidden layer is
    Linear, batch normalisation if asked for, activation, dropout if asked for. ``convention`` is
    that of the last two: "torch" or "book".
    """
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes[:-1]):
        layers.append(linear(n_in, n_out, init))
        if batch_norm:
            layers.append(nn.BatchNorm1d(n_out, convention=convention))
        layers.append(ACTIVATIONS[activation]())
        if dropout:
            layers.append(nn.Dropout(dropout, convention=convention))
    return nn.Sequential(*layers, linear(sizes[-2], sizes[-1], init))


def mnist(train: int | None, test: int | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """책의 load_mnist처럼: 0에서 1까지의 값 784개와 레이블.

    The first images, all where None: ``x, t, x_test, t_test``, float32 (N, 784) from 0 to 1 and
    int64 (N,), as the book's ``load_mnist``.
    """
    parts: list[Tensor] = []
    for is_train, count in ((True, train), (False, test)):
        digits = MNIST(Path(__file__).parents[1] / "data", train=is_train)
        parts += [digits.data[:count].flatten(1).float() / 255, digits.targets[:count]]
    x, t, x_test, t_test = parts
    return x, t, x_test, t_test


def batches(
    x: Tensor, t: Tensor, size: int, steps: int | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """섞어서 나눈 미니배치: 한 에폭, 또는 steps개.

    Mini-batches of one epoch, or ``steps`` of them: reshuffled every epoch, each image once in it;
    a last one that would be shorter is left out.
    """
    per_epoch = len(x) // size
    for step in range(per_epoch if steps is None else steps):
        start = step % per_epoch * size
        if start == 0:
            order = torch.randperm(len(x))
        rows = order[start : start + size]
        yield x[rows], t[rows]


def fit(
    model: nn.Module, optimizer: optim.Optimizer, data: Iterable[tuple[Tensor, Tensor]]
) -> list[float]:
    """미니배치마다 한 걸음씩 배운다. 손실을 돌려준다.

    One step for each mini-batch; the losses.
    """
    model.train()
    losses = []
    for x, t in data:
        loss = F.cross_entropy(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, t: Tensor) -> float:
    """맞힌 비율, 0에서 1까지.

    The share of right answers, from 0 to 1, in evaluation mode.
    """
    model.eval()
    return int((model(x).argmax(dim=1) == t).sum()) / len(t)
