"""What the experiments with networks share; the experiments assert their own claims."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tinygrad_kr as tg
from tinygrad_kr import nn, optim

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    state = tg.get_rng_state()
    tg.manual_seed(0)
    yield importlib.import_module("helpers.networks")
    tg.set_rng_state(state)


@pytest.mark.parametrize(
    ("init", "spreads"),
    [
        ("he", (0.1, 0.2)),
        ("xavier", (0.1 / 2**0.5, 0.2 / 2**0.5)),
        (0.01, (0.01, 0.01)),
        (0, (0, 0)),
    ],
)
def test_the_weights_have_the_spread_and_the_biases_are_0(
    networks: Any, init: Any, spreads: tuple[float, float]
) -> None:
    model = networks.mlp([200, 50, 400], init=init)
    first, last = (layer for layer in model if isinstance(layer, nn.Linear))
    for layer, spread in zip((first, last), spreads, strict=True):
        assert float(layer.weight.std()) == pytest.approx(spread, rel=0.05)
        assert not layer.bias.any()


def test_the_layers_are_the_books_and_none_follows_the_last(networks: Any) -> None:
    kinds = [
        type(layer).__name__
        for layer in networks.mlp([4, 3, 3, 2], activation="tanh", batch_norm=True, dropout=0.5)
    ]
    assert kinds == [*["Linear", "BatchNorm1d", "Tanh", "Dropout"] * 2, "Linear"]
    assert [type(layer).__name__ for layer in networks.mlp([4, 3, 2])] == [
        "Linear",
        "ReLU",
        "Linear",
    ]
    assert [type(layer).__name__ for layer in networks.mlp([4, 4, 4, 4])][-3:] == [
        "Linear",
        "ReLU",
        "Linear",
    ]


def test_the_convention_reaches_the_layers(networks: Any) -> None:
    _, norm, _, dropout, _ = networks.mlp(
        [4, 3, 2], batch_norm=True, dropout=0.5, convention="book"
    )
    assert (norm.eps, dropout.convention) == (1e-6, "book")


def test_an_epoch_takes_each_image_once_and_the_next_in_another_order(networks: Any) -> None:
    x = tg.arange(10.0)[:, None]
    taken = [xs.flatten().tolist() for xs, _ in networks.batches(x, x[:, 0], 5, steps=4)]
    epochs = [taken[0] + taken[1], taken[2] + taken[3]]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0] != epochs[1]
    assert [len(xs) for xs, _ in networks.batches(x, x[:, 0], 4)] == [4, 4]
    assert all((xs[:, 0] == ts).all() for xs, ts in networks.batches(x, x[:, 0], 3))


def test_mnist_is_flat_and_lies_from_0_to_1(networks: Any) -> None:
    x, t, x_test, t_test = networks.mnist(20, None)
    assert (x.shape, t.shape, x_test.shape, t_test.shape) == (
        (20, 784),
        (20,),
        (10_000, 784),
        (10_000,),
    )
    assert (x.dtype, t.dtype) == (tg.float32, tg.int64)
    assert (float(x.min()), float(x.max())) == (0, 1)
    assert t.tolist()[:5] == [5, 0, 4, 1, 9]


def test_fitting_lowers_the_loss_and_accuracy_is_the_share_of_right_answers(networks: Any) -> None:
    x = tg.randn(60, 8)
    t = (x[:, 0] > 0).long()
    model = networks.mlp([8, 16, 2], batch_norm=True, dropout=0.1)
    before = networks.accuracy(model, x, t)
    losses = networks.fit(
        model, optim.SGD(model.parameters(), lr=0.5), networks.batches(x, t, 20, 60)
    )
    assert model.training and len(losses) == 60
    assert losses[-1] < losses[0] / 2
    assert networks.accuracy(model, x, t) > 0.95 > before
    assert not model.training
    with tg.no_grad():
        right = model(x).argmax(dim=1).tolist()
    wrong = tg.tensor([1 - answer for answer in right[:15]] + right[15:])
    assert networks.accuracy(model, x, wrong) == 0.75
