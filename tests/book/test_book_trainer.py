"""The trainer and the data: the book's draws, lists and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_kr.book import mnist, optimizer
from tinygrad_kr.book.multi_layer_net import MultiLayerNet
from tinygrad_kr.book.multi_layer_net_extend import MultiLayerNetExtend
from tinygrad_kr.book.trainer import Trainer
from tinygrad_kr.errors import (
    ArgumentError,
    DataNotFoundError,
    HyperparameterError,
    ShapeError,
)

rng = np.random.default_rng(0)
X, T = rng.standard_normal((30, 5)), rng.integers(0, 3, 30)
X_TEST, T_TEST = rng.standard_normal((12, 5)), rng.integers(0, 3, 12)


def trainer(net: Any, **more: Any) -> Trainer:
    options: dict[str, Any] = {"epochs": 4, "mini_batch_size": 10, **more}
    return Trainer(net, X, T, X_TEST, T_TEST, **options)


def test_training_step_by_step(capsys: Any) -> None:
    """The same seed, and the steps written out: the same losses, accuracies and weights."""
    np.random.seed(3)
    net = MultiLayerNetExtend(5, [4], 3, use_dropout=True)
    t = trainer(net, optimizer="AdaGrad", optimizer_param={"lr": 0.1},
                evaluate_sample_num_per_epoch=7)  # fmt: skip
    t.train()
    lines = capsys.readouterr().out.splitlines()
    np.random.seed(3)
    other = MultiLayerNetExtend(5, [4], 3, use_dropout=True)
    rule, losses, train, test, said = optimizer.AdaGrad(0.1), [], [], [], []
    for i in range(12):
        chosen = np.random.choice(30, 10)
        x, labels = X[chosen], T[chosen]
        rule.update(other.params, other.gradient(x, labels))
        losses.append(other.loss(x, labels))
        said.append(f"train loss:{losses[-1]}")
        if i % 3 == 0:
            train.append(other.accuracy(X[:7], T[:7]))
            test.append(other.accuracy(X_TEST[:7], T_TEST[:7]))
            said.append(f"=== epoch:{i // 3 + 1}, train acc:{train[-1]}, test acc:{test[-1]} ===")
    said += ["=============== Final Test Accuracy ==============="]
    said += [f"test acc:{other.accuracy(X_TEST, T_TEST)}"]
    assert t.train_loss_list == losses and len(losses) == 12
    assert t.train_acc_list == train and t.test_acc_list == test and len(train) == 4
    assert lines == said
    assert all((a == other.params[key]).all() for key, a in net.params.items())


def test_the_names_of_the_optimizers() -> None:
    net = MultiLayerNet(5, [4], 3)
    for name, kind in (
        ("SGD", optimizer.SGD), ("momentum", optimizer.Momentum), ("Nesterov", optimizer.Nesterov),
        ("AdaGrad", optimizer.AdaGrad), ("RMSprop", optimizer.RMSprop),
        ("rmsprpo", optimizer.RMSprop), ("ADAM", optimizer.Adam),
    ):  # fmt: skip
        assert type(trainer(net, optimizer=name).optimizer) is kind
    assert trainer(net).optimizer.lr == 0.01
    assert type(Trainer(net, X, T, X_TEST, T_TEST).optimizer) is optimizer.SGD


def test_a_silent_trainer(capsys: Any) -> None:
    t = trainer(MultiLayerNet(5, [4], 3), verbose=False, epochs=1)
    t.train()
    assert capsys.readouterr().out == "" and len(t.train_loss_list) == 3


def test_the_trainer_refuses() -> None:
    net = MultiLayerNet(5, [4], 3)
    for bad, kind in (
        ({"optimizer": "sgdd"}, ArgumentError), ({"optimizer": None}, ArgumentError),
        ({"optimizer_param": {"rate": 0.1}}, ArgumentError),
        ({"optimizer_param": {"lr": float("nan")}}, HyperparameterError),
        ({"epochs": 0}, HyperparameterError), ({"mini_batch_size": 2.5}, ArgumentError),
        ({"evaluate_sample_num_per_epoch": 0}, HyperparameterError),
    ):  # fmt: skip
        with pytest.raises(kind) as error:
            trainer(net, **bad)
        assert len(str(error.value).split("\n")) == 2
    with pytest.raises(ShapeError):
        Trainer(net, X, T[:9], X_TEST, T_TEST)
    with pytest.raises(ShapeError):
        Trainer(net, X, T, X_TEST[:0], T_TEST[:0])


def test_mnist_as_the_book_gives_it() -> None:
    (x, t), (x_test, t_test) = mnist.load_mnist()
    assert x.shape == (60000, 784) and x.dtype == np.float32 and t.shape == (60000,)
    assert x_test.shape == (10000, 784) and t.dtype == t_test.dtype == np.uint8
    assert x.min() == 0 and x.max() == 1 and t[:5].tolist() == [5, 0, 4, 1, 9]
    (raw, hot), (small, _) = mnist.load_mnist(normalize=False, flatten=False, one_hot_label=True)
    assert raw.shape == (60000, 1, 28, 28) and raw.dtype == np.uint8
    assert (raw[:9].reshape(9, -1).astype(np.float32) / 255 == x[:9]).all()
    assert hot.shape == (60000, 10) and hot.dtype == np.float64
    assert (hot.argmax(1) == t).all() and (hot.sum(1) == 1).all()
    small[...] = 0  # what was handed out belongs to the reader
    assert mnist.load_mnist(normalize=False)[1][0].any()


def test_mnist_is_looked_for_before_it_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tinygrad_kr.datasets.download as network

    asked = []

    def offline(url: str) -> Any:
        asked.append(url)
        raise OSError("offline")

    monkeypatch.setattr(network, "open_url", offline)
    repository = mnist.folders()[0]
    mnist._split.cache_clear()
    monkeypatch.setattr(mnist, "folders", lambda: [tmp_path, repository, tmp_path / "far"])
    assert mnist.load_mnist()[0][0].shape == (60000, 784) and not asked
    mnist._split.cache_clear()
    monkeypatch.setattr(mnist, "folders", lambda: [tmp_path, tmp_path / "far"])
    with pytest.raises(DataNotFoundError) as error:
        mnist.load_mnist()
    assert asked and str(tmp_path / "far") in str(error.value)
    mnist._split.cache_clear()
