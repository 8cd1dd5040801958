"""The book's networks: their losses and gradients against formulas, with every option."""

from __future__ import annotations

import copy
import itertools
import pickle
from typing import Any

import numpy as np
import pytest

from tests.book.book_references import Reference
from tinygrad_kr.book.multi_layer_net import MultiLayerNet
from tinygrad_kr.book.multi_layer_net_extend import MultiLayerNetExtend
from tinygrad_kr.errors import ArgumentError, HyperparameterError, ShapeError, TargetError

Array = np.ndarray[Any, Any]
SIZES = [7, 6, 5, 4]
BATCH = 8


def data(seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((BATCH, SIZES[0])), rng.integers(0, SIZES[-1], BATCH)


OPTIONS: list[dict[str, Any]] = [
    {
        "activation": activation, "weight_init_std": std, "weight_decay_lambda": decay,
        "use_dropout": dropout, "dropout_ration": 0.4, "use_batchnorm": norm,
    }
    for activation, std, decay, dropout, norm in itertools.product(
        ("relu", "sigmoid"), ("he", "xavier", 0.5), (0, 0.1), (False, True), (False, True)
    )
]  # fmt: skip


def built(options: dict[str, Any], seed: int = 1) -> tuple[Any, Reference, int]:
    """A network, its formulas with the masks it will draw, and the seed to draw them with."""
    np.random.seed(seed)
    net = MultiLayerNetExtend(SIZES[0], SIZES[1:-1], SIZES[-1], **options)
    rng = np.random.default_rng(seed)
    for key, a in net.params.items():
        if key[0] != "W":
            a += 0.3 * rng.standard_normal(a.shape)
    masks = None
    if options["use_dropout"]:
        np.random.seed(seed)
        masks = [np.random.rand(BATCH, size) > options["dropout_ration"] for size in SIZES[1:-1]]
    hidden = len(SIZES) - 2
    reference = Reference(
        net.params, hidden, options["activation"], options["weight_decay_lambda"], masks,
        options["use_batchnorm"],
    )  # fmt: skip
    return net, reference, seed


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_loss_and_gradients_are_the_formulas(options: dict[str, Any]) -> None:
    net, reference, seed = built(options)
    x, t = data()
    for target in (t, np.eye(SIZES[-1])[t]):
        np.random.seed(seed)
        assert net.loss(x, target, train_flg=True) == pytest.approx(reference.loss(x, t), abs=1e-10)
        np.random.seed(seed)
        found = net.gradient(x, target)
        expected = reference.gradients(x, t)
        assert found.keys() == expected.keys() == net.params.keys()
        for key, g in found.items():
            np.testing.assert_allclose(g, expected[key], rtol=0, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_gradients_are_the_numerical_ones_of_the_exact_loss(options: dict[str, Any]) -> None:
    """The loss without its 1e-7, with one frozen mask; where a step of ±h takes an activation
    across its kink, there is no derivative to compare with."""
    net, reference, seed = built(options)
    x, t = data()
    np.random.seed(seed)
    found = net.gradient(x, t)
    h, compared = 1e-5, 0
    for key, a in net.params.items():
        for i in np.ndindex(a.shape):
            kept, losses, sides = a[i], [], []
            for step in (h, -h):
                a[i] = kept + step
                losses.append(reference.loss(x, t, epsilon=0.0))
                sides.append([p > 0 for p in reference.preactivations])
            a[i] = kept
            kinked = options["activation"] == "relu"
            if kinked and any((p != q).any() for p, q in zip(*sides, strict=True)):
                continue
            compared += 1
            assert found[key][i] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-7)
    assert compared > 0.9 * sum(a.size for a in net.params.values())


def test_evaluation_uses_the_running_averages_and_no_mask() -> None:
    options = OPTIONS[-1]
    net, reference, _ = built(options)
    mean, var = [np.zeros(n) for n in SIZES[1:-1]], [np.zeros(n) for n in SIZES[1:-1]]
    for seed in range(3):
        x, t = data(seed)
        np.random.seed(seed)
        reference.masks = [np.random.rand(BATCH, n) > 0.4 for n in SIZES[1:-1]]
        np.random.seed(seed)
        net.gradient(x, t)
        reference.scores(x)
        p = reference.params
        for i, (into, *_) in enumerate(reference.trail):
            a = into @ p[f"W{i + 1}"] + p[f"b{i + 1}"]
            mean[i], var[i] = 0.9 * mean[i] + 0.1 * a.mean(0), 0.9 * var[i] + 0.1 * a.var(0)
    x, t = data(5)
    y = x
    for i in range(2):
        a = y @ p[f"W{i + 1}"] + p[f"b{i + 1}"]
        a = p[f"gamma{i + 1}"] * (a - mean[i]) / np.sqrt(var[i] + 1e-6) + p[f"beta{i + 1}"]
        y = 0.6 / (1 + np.exp(-a))
    y = y @ p["W3"] + p["b3"]
    np.testing.assert_allclose(net.predict(x), y, rtol=0, atol=1e-10)
    assert net.accuracy(x, t) == np.mean(y.argmax(1) == t)
    assert net.accuracy(x, np.eye(4)[t]) == net.accuracy(x, t)
    e = np.exp(y)
    exact = -np.log((e / e.sum(1, keepdims=True))[range(BATCH), t] + 1e-7).mean()
    exact += 0.05 * sum((p[f"W{i}"] ** 2).sum() for i in (1, 2, 3))
    assert net.loss(x, t) == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_multi_layer_net(activation: str) -> None:
    np.random.seed(3)
    net = MultiLayerNet(SIZES[0], SIZES[1:-1], SIZES[-1], activation, 0.5, 0.1)
    reference = Reference(net.params, 2, activation, 0.1, None, False)
    x, t = data()
    np.testing.assert_allclose(net.predict(x), reference.scores(x), rtol=0, atol=1e-12)
    assert net.loss(x, t) == pytest.approx(reference.loss(x, t), abs=1e-10)
    expected = reference.gradients(x, t)
    for key, g in net.gradient(x, t).items():
        np.testing.assert_allclose(g, expected[key], rtol=0, atol=1e-10)
    for key, g in net.numerical_gradient(x, t).items():
        np.testing.assert_allclose(g, expected[key], rtol=0, atol=1e-5)
    many = np.tile(x, (300, 1))  # more than one block
    assert net.accuracy(many, np.tile(t, 300)) == net.accuracy(x, t)


def test_numerical_gradient_with_batch_norm() -> None:
    net, reference, _ = built(OPTIONS[-3] | {"use_dropout": False, "use_batchnorm": True})
    x, t = data()
    reference.masks, reference.batch_norm = None, True
    expected = reference.gradients(x, t)
    before = {key: a.copy() for key, a in net.params.items()}
    found = net.numerical_gradient(x, t)
    assert found.keys() == expected.keys()
    for key, g in found.items():
        np.testing.assert_allclose(g, expected[key], rtol=0, atol=1e-5)
        assert (net.params[key] == before[key]).all()


def test_the_weights_are_those_of_the_book() -> None:
    """Drawn in the order of the layers from np.random, from N(0, 1) times the spread."""
    for kind in (MultiLayerNet, MultiLayerNetExtend):
        for std, scale in (
            ("relu", lambda n: np.sqrt(2.0 / n)), ("He", lambda n: np.sqrt(2.0 / n)),
            ("sigmoid", lambda n: np.sqrt(1.0 / n)), ("Xavier", lambda n: np.sqrt(1.0 / n)),
            (0.01, lambda n: 0.01), (np.float64(2), lambda n: 2),
        ):  # fmt: skip
            np.random.seed(5)
            net = kind(4, [3, 2], 5, weight_init_std=std)
            np.random.seed(5)
            for i, (fan_in, out) in enumerate(((4, 3), (3, 2), (2, 5)), start=1):
                drawn = scale(fan_in) * np.random.randn(fan_in, out)
                assert (net.params[f"W{i}"] == drawn).all()
                assert not net.params[f"b{i}"].any() and net.params[f"b{i}"].shape == (out,)


def test_names_are_the_books() -> None:
    net = MultiLayerNetExtend(4, [3, 2], 5, use_dropout=True, use_batchnorm=True)
    names = "W1 b1 W2 b2 W3 b3 gamma1 beta1 gamma2 beta2"
    assert list(net.params) == names.split()
    kinds = "Affine{0} BatchNorm{0} Activation_function{0} Dropout{0}"
    assert list(net.layers) == [*kinds.format(1).split(), *kinds.format(2).split(), "Affine3"]
    assert net.layers["Affine1"].W is net.params["W1"]  # type: ignore[attr-defined]
    grads = net.gradient(np.ones((3, 4)), np.zeros(3, int))
    assert list(grads) == ["W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"]
    assert net.layers["Affine2"].dW is grads["W2"]  # type: ignore[attr-defined]
    assert net.last_layer.loss > 0


def test_float32_data_is_computed_in_float64() -> None:
    net, reference, _ = built(OPTIONS[0])
    x, t = data()
    x32 = x.astype(np.float32)
    expected = reference.gradients(x32.astype(np.float64), t)
    for key, g in net.gradient(x32, t).items():
        np.testing.assert_allclose(g, expected[key], rtol=0, atol=1e-10)


def test_rebound_parameters_are_refused() -> None:
    """P2: the layer would keep the old array, and the loss would not move."""
    net = MultiLayerNet(4, [3], 2)
    x, t = np.ones((2, 4)), np.array([0, 1])
    net.params["W2"] = net.params["W2"] - 0.1
    for attempt in (lambda: net.gradient(x, t), lambda: net.loss(x, t), lambda: net.predict(x)):
        with pytest.raises(ArgumentError) as error:
            attempt()
        assert "'W2'" in str(error.value) and len(str(error.value).split("\n")) == 2
    net.layers["Affine2"].W = net.params["W2"]  # type: ignore[attr-defined]
    net.gradient(x, t)
    del net.params["b1"]
    with pytest.raises(ArgumentError):
        net.predict(x)


def test_networks_can_be_copied() -> None:
    net, _, seed = built(OPTIONS[-1])
    x, t = data()
    net.gradient(x, t)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.random.seed(seed)
        expected = net.gradient(x, t)
        np.random.seed(seed)
        for key, g in other.gradient(x, t).items():
            assert (g == expected[key]).all()
        other.params["W1"][...] = 0
        assert net.params["W1"].any()


def test_networks_refuse() -> None:
    good: dict[str, Any] = {"input_size": 4, "hidden_size_list": [3], "output_size": 2}
    for bad, kind in (
        ({"input_size": 0}, HyperparameterError), ({"input_size": 4.0}, ArgumentError),
        ({"hidden_size_list": [3, -1]}, HyperparameterError),
        ({"hidden_size_list": 3}, ArgumentError), ({"output_size": None}, ArgumentError),
        ({"activation": "tanh"}, ArgumentError), ({"weight_init_std": "normal"}, ArgumentError),
        ({"weight_init_std": float("nan")}, HyperparameterError),
        ({"weight_init_std": -1.0}, HyperparameterError),
        ({"weight_decay_lambda": float("nan")}, HyperparameterError),
        ({"weight_decay_lambda": -0.1}, HyperparameterError),
    ):  # fmt: skip
        for make in (MultiLayerNet, MultiLayerNetExtend):
            with pytest.raises(kind) as error:
                make(**{**good, **bad})
            assert len(str(error.value).split("\n")) == 2
    for bad in ({"dropout_ration": 1.5}, {"use_dropout": 1}, {"use_batchnorm": "yes"}):
        with pytest.raises((HyperparameterError, ArgumentError)):
            MultiLayerNetExtend(**good, **bad)  # type: ignore[arg-type]
    net = MultiLayerNetExtend(4, [3], 2)
    with pytest.raises(ShapeError) as shape:
        net.gradient(np.ones((5, 3)), np.zeros(5, int))
    assert "Affine1" in str(shape.value)
    with pytest.raises(TargetError):
        net.loss(np.ones((5, 4)), np.full(5, 2))
    with pytest.raises(ShapeError):
        net.accuracy(np.ones((5, 4)), np.zeros(4, int))
    with pytest.raises(ArgumentError):
        net.accuracy(np.ones((0, 4)), np.zeros(0, int))
