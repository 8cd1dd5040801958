"""The layers: values, states, conventions, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_kr import nn, ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    HyperparameterError,
    ShapeError,
    TargetError,
)
from tinygrad_kr.nn import functional as F
from tinygrad_kr.random import manual_seed

Array = np.ndarray[Any, Any]
NAN = math.nan


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def two_lines(error: Any) -> str:
    korean, english = str(error.value).split("\n", 1)
    assert any("가" <= c <= "힣" for c in korean) and english.strip()
    return str(error.value)


# Linear


def test_linear_names_the_layer_fed_the_wrong_width() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(5, 2))
    with pytest.raises(ShapeError) as error:
        net(ops.zeros(7, 4))
    message = two_lines(error)
    assert message.count("'2' Linear(in_features=5, out_features=2, bias=True)") == 2
    assert "width 3" in message and "(7, 3)" in message and "expected 5" in message
    with pytest.raises(RuntimeError, match=r"width - \(shape \(\)\)"):
        nn.Linear(2, 2)(ops.zeros(()))


def test_linear_names_the_layer_fed_the_wrong_dtype() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1 = nn.Linear(4, 3)

    for given_, hint in ((ops.zeros(2, 4).long(), "input.float()"),
                         (ops.zeros(2, 4).double(), "input.to(float32)")):  # fmt: skip
        with pytest.raises(DTypeError) as error:
            Net().fc1(given_)
        message = two_lines(error)
        assert "'fc1' Linear" in message and hint in message and str(given_.dtype) in message


def test_linear_passes_nan_on_and_takes_arrays() -> None:
    layer = nn.Linear(2, 2)
    y = layer(wrap(np.array([[np.nan, 1], [np.inf, 1]], np.float32))).detach().numpy()
    assert np.isnan(y[0]).all() and not np.isfinite(y[1]).any()
    assert layer(np.ones((3, 2), np.float32)).requires_grad


def test_linear_starts_as_pytorch_does() -> None:
    manual_seed(0)
    layer = nn.Linear(100, 400)
    for p in layer.parameters():
        a = p.detach().numpy()
        assert abs(a).max() <= 0.1 and abs(a.std() - 0.1 / math.sqrt(3)) < 0.01 and a.size
    manual_seed(0)
    assert nn.Linear(100, 400).weight.tolist() == layer.weight.tolist()
    assert nn.Linear(3, 2, bias=False).bias is None
    assert nn.Linear(3, 2, dtype=np.float64).weight.dtype == np.float64
    assert nn.Linear(0, 2)(ops.zeros(3, 0)).shape == (3, 2)
    for bad in (-1, 2.5, "3"):
        with pytest.raises((HyperparameterError, ArgumentError)):
            nn.Linear(bad, 2)  # type: ignore[arg-type]


def test_linear_of_the_book() -> None:
    manual_seed(0)
    layer = nn.Linear(200, 400, convention="book")
    weight, bias = (p.detach().numpy() for p in layer.parameters())
    assert weight.shape == (200, 400) and bias.shape == (400,) and not bias.any()
    # He's normal numbers: of 80,000 the spread is known to 1 %, and nearly 5 % lie beyond 2σ.
    assert abs(weight.std() / 0.1 - 1) < 0.01 and abs((abs(weight) > 0.2).mean() - 0.0455) < 0.005
    x = normal(3, 200).astype(np.float32)
    np.testing.assert_allclose(layer(wrap(x)).detach().numpy(), x @ weight, rtol=1e-4, atol=1e-5)
    before = weight.copy()
    layer.reset_parameters()
    assert (layer.weight.detach().numpy() != before).any()
    assert nn.Linear(3, 2, bias=False, convention="book").bias is None
    book = nn.Linear(3, 2, convention="book")
    assert repr(book) == "Linear(in_features=3, out_features=2, bias=True, convention='book')"
    with pytest.raises(ShapeError) as error:
        book(ops.zeros(4, 2))
    assert "width 2" in two_lines(error) and "expected 3" in two_lines(error)
    with pytest.raises(ArgumentError):
        nn.Linear(3, 2, convention="keras")


# BatchNorm1d


@given(st.booleans(), st.sampled_from(["torch", "book"]), st.sampled_from([None, 0.3, ...]))
@settings(max_examples=20)
def test_running_statistics(deep: bool, convention: str, momentum: Any) -> None:
    bn = nn.BatchNorm1d(3, momentum=momentum, convention=convention).double()
    book = convention == "book"
    mean, var = np.zeros(3), np.zeros(3) if book else np.ones(3)
    for i in range(1, 4):
        x = normal(4, 3, 2, seed=i) if deep else normal(4, 3, seed=i)
        bn(wrap(x))
        axes = (0, 2) if deep else 0
        new = {None: 1 / i, 0.3: 0.7 if book else 0.3, ...: 0.1}[momentum]
        mean = (1 - new) * mean + new * x.mean(axes)
        var = (1 - new) * var + new * x.var(axes, ddof=0 if book else 1)
    assert bn.num_batches_tracked.item() == 3
    np.testing.assert_allclose(bn.running_mean.numpy(), mean)
    np.testing.assert_allclose(bn.running_var.numpy(), var)
    bn.eval()
    x = normal(2, 3)
    expected = (x - mean) / np.sqrt(var + (1e-6 if book else 1e-5))
    np.testing.assert_allclose(bn(wrap(x)).detach().numpy(), expected, rtol=1e-6)
    assert bn.num_batches_tracked.item() == 3
    bn.reset_parameters()
    assert bn.num_batches_tracked.item() == 0
    assert bn.running_var.tolist() == [0.0 if book else 1.0] * 3


def test_batch_norm_without_running_statistics() -> None:
    bn = nn.BatchNorm1d(3, affine=False, track_running_stats=False).double()
    x = normal(4, 3)
    before = bn(wrap(x)).numpy()
    np.testing.assert_array_equal(bn.eval()(wrap(x)).numpy(), before)
    assert list(bn.state_dict()) == [] and list(bn.parameters()) == []
    with pytest.raises(ShapeError):
        bn(wrap(x[:1]))
    half = nn.BatchNorm1d(3, bias=False)
    assert half.bias is None and half.weight is not None and half(ops.ones(2, 3)).shape == (2, 3)


def test_a_batch_of_one_is_refused_before_anything_changes() -> None:
    net = nn.Sequential(nn.BatchNorm1d(3))
    before = {k: v.numpy().copy() for k, v in net.state_dict().items()}
    for x in (ops.ones(1, 3), ops.ones(1, 3, 1)):
        with pytest.raises(ValueError) as error:
            net(x)
        message = two_lines(error)
        assert "'0' BatchNorm1d(3" in message
        assert "Expected more than 1 value per channel when training" in message
    for k, v in net.state_dict().items():
        assert np.array_equal(v.numpy(), before[k])
    assert net(ops.ones(1, 3, 2)).shape == (1, 3, 2)
    assert net.eval()(ops.ones(1, 3)).shape == (1, 3)


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (ops.ones(2, 4), ShapeError),
        (ops.ones(3), ShapeError),
        (ops.ones(2, 3, 4, 5), ShapeError),
        (ops.ones(2, 3).long(), DTypeError),
        (ops.ones(2, 3).double(), DTypeError),
    ],
)
def test_batch_norm_refuses(x: Any, error: Any) -> None:
    for mode in (True, False):
        bn = nn.BatchNorm1d(3).train(mode)
        with pytest.raises(error) as raised:
            bn(x)
        assert "BatchNorm1d(3" in two_lines(raised)
        assert bn.num_batches_tracked.item() == 0


def test_batch_norm_settings() -> None:
    for bad in ({"eps": NAN}, {"eps": -1}, {"momentum": NAN}, {"momentum": 1.5}, {"momentum": -0.1},
                {"convention": "paper"}):  # fmt: skip
        with pytest.raises(ValueError) as error:
            nn.BatchNorm1d(3, **bad)  # type: ignore[arg-type]
        two_lines(error)
    assert "convention='book'" in repr(nn.BatchNorm1d(3, convention="book"))
    empty = nn.BatchNorm1d(3)
    assert empty(ops.zeros(0, 3)).shape == (0, 3)
    assert empty.running_mean.tolist() == [0, 0, 0] and empty.num_batches_tracked.item() == 1


def test_batch_norm_of_large_values() -> None:
    x = (normal(64, 2) + 1e4).astype(np.float32)
    y = nn.BatchNorm1d(2)(wrap(x)).detach().numpy()
    assert abs(y.mean(0)).max() < 1e-2 and abs(y.std(0) - 1).max() < 1e-2


# Dropout


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_dropout_in_both_conventions(p: float) -> None:
    manual_seed(0)
    x = ops.ones(1000, 10).requires_grad_()
    layer = nn.Dropout(p)
    y = layer(x)
    kept = y.detach().numpy() != 0
    if p < 1:
        np.testing.assert_allclose(y.detach().numpy()[kept], 1 / (1 - p), rtol=1e-6)
    assert abs(kept.mean() - (1 - p)) < 0.02
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())
    assert layer.eval()(x) is x

    manual_seed(0)
    book = nn.Dropout(p, convention="book")
    y = book(x)
    np.testing.assert_array_equal(y.detach().numpy(), kept.astype(np.float32))
    np.testing.assert_allclose(book.eval()(x).detach().numpy(), 1 - p)


def test_dropout_draws_anew_and_by_the_seed() -> None:
    layer, x = nn.Dropout(), ops.ones(100)
    manual_seed(1)
    first, second = layer(x).tolist(), layer(x).tolist()
    assert first != second
    manual_seed(1)
    assert layer(x).tolist() == first


def test_dropout_in_place_and_refusals() -> None:
    for convention in ("torch", "book"):
        x = ops.ones(50)
        layer = nn.Dropout(0.5, inplace=True, convention=convention)
        assert layer(x) is x and x.numpy().min() == 0
        layer.eval()(x)
    for p in (-0.1, 1.1, NAN, math.inf):
        for call in (lambda p: nn.Dropout(p), lambda p: F.dropout(ops.ones(1), p)):
            with pytest.raises(ValueError) as error:
                call(p)
            two_lines(error)
    with pytest.raises(DTypeError):
        F.dropout(ops.ones(3).long())
    with pytest.raises(ArgumentError):
        nn.Dropout(convention="keras")
    assert np.isnan(F.dropout(wrap(np.array([NAN])), 1.0).item())


# Activations


def test_activations_at_the_ends_of_the_range() -> None:
    for layer in (nn.ELU(), nn.Softplus(), nn.Sigmoid(), nn.Tanh(), nn.GELU(), nn.LeakyReLU(),
                  nn.SiLU(), nn.GELU("tanh")):  # fmt: skip
        x = wrap(np.array([-800.0, 800.0], np.float32)).requires_grad_()
        y = layer(x)
        y.sum().backward()
        assert np.isfinite(y.detach().numpy()).all(), layer
        assert x.grad is not None and np.isfinite(x.grad.numpy()).all(), layer
        assert np.isnan(layer(wrap(np.array([NAN]))).item())


@pytest.mark.parametrize("layer", [nn.ReLU(True), nn.LeakyReLU(0.1, True), nn.ELU(1.0, True),
                                   nn.SiLU(True)], ids=repr)  # fmt: skip
def test_activations_in_place(layer: Any) -> None:
    x = wrap(normal(5)).requires_grad_()
    h = x * 1
    y = layer(h)
    assert y is h
    y.sum().backward()
    first = x.grad
    layer.inplace = False
    x.grad = None
    layer(x * 1).sum().backward()
    assert first is not None and x.grad is not None
    np.testing.assert_allclose(first.numpy(), x.grad.numpy())


def test_softmax_without_a_dimension_warns() -> None:
    with pytest.warns(UserWarning, match="dim=1"):
        assert nn.Softmax()(ops.zeros(2, 2)).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert F.softmax(ops.zeros(2), axis=0).tolist() == [0.5, 0.5]  # type: ignore[call-arg]
    with pytest.raises(ArgumentError):
        nn.GELU("fast")
    with pytest.raises(ArgumentError):
        F.gelu(ops.zeros(1), approximate="fast")


# The rest


def test_flatten_and_identity() -> None:
    assert nn.Flatten()(ops.zeros(2, 3, 4)).shape == (2, 12)
    assert nn.Flatten(0, 1)(ops.zeros(2, 3, 4)).shape == (6, 4)
    x = ops.zeros(2)
    assert nn.Identity(54, whatever=True)(x) is x


def test_one_hot() -> None:
    y = F.one_hot(ops.tensor([[0, 2], [1, 1]]))
    assert y.shape == (2, 2, 3) and y.dtype == np.int64
    assert F.one_hot(ops.tensor([0, 2]), 4).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert F.one_hot(ops.tensor(1), 2).tolist() == [0, 1]
    for labels, count in (([0, -1], -1), ([0, 5], 3), ([], -1)):
        with pytest.raises(TargetError) as error:
            F.one_hot(ops.tensor(labels, dtype=np.int64), count)
        two_lines(error)
    with pytest.raises(DTypeError):
        F.one_hot(ops.zeros(2))
