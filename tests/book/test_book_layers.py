"""The book's layers: values by formulas written anew, gradients by finite differences, refusals."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinygrad_kr.book import layers as book
from tinygrad_kr.errors import (
    DTypeError,
    GradientError,
    HyperparameterError,
    ShapeError,
    TargetError,
    TinygradKrError,
)

Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def seeded() -> None:
    np.random.seed(0)


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def slopes(f: Callable[[], float], a: Array) -> Array:
    """Central differences of ``f`` by the elements of ``a``."""
    out = np.empty_like(a)
    for i in np.ndindex(a.shape):
        kept = a[i]
        a[i] = kept + 1e-6
        high = f()
        a[i] = kept - 1e-6
        out[i] = (high - f()) / 2e-6
        a[i] = kept
    return out


def check(layer: Any, x: Array, *more: Any, owns: tuple[str, ...] = ()) -> None:
    """The gradients of a layer are those of Σ weight · output; dout is left alone, and a second
    walk finds the same."""
    weight = normal(*layer.forward(x, *more).shape, seed=9)
    given = weight.copy()
    dx = layer.backward(weight)
    assert (weight == given).all() and not np.shares_memory(dx, weight)
    assert (layer.backward(weight) == dx).all()
    found = [dx, *(getattr(layer, f"d{name}") for name in owns)]
    sources = [x, *(getattr(layer, name) for name in owns)]
    for g, a in zip(found, sources, strict=True):
        numerical = slopes(lambda: float((weight * layer.forward(x, *more)).sum()), a)
        np.testing.assert_allclose(g, numerical, rtol=1e-7, atol=1e-7)


def two_lines(error: Any, *said: str) -> None:
    korean, english = str(error.value).split("\n")
    assert any("가" <= c <= "힣" for c in korean) and english.strip()
    assert all(word in korean and word in english for word in said), str(error.value)


def test_relu() -> None:
    x = normal(4, 5)
    layer = book.Relu()
    assert (layer.forward(x) == np.where(x > 0, x, 0)).all()
    check(layer, x)
    assert book.Relu().forward(np.array([[-1, 2]])).tolist() == [[0.0, 2.0]]
    layer.forward(np.array([0.0, -0.0, 1.0]))
    assert layer.backward(np.ones(3)).tolist() == [0, 0, 1]


def test_relu_corrupts_no_neighbour() -> None:
    """R2: what it is handed, and what it hands out, are not its own to write into."""
    layer, dout = book.Relu(), np.ones(3)
    out = layer.forward(np.array([-1.0, 2.0, 3.0]))
    out += 5
    assert layer.backward(dout).tolist() == [0, 1, 1] and dout.tolist() == [1, 1, 1]


def test_sigmoid() -> None:
    x = normal(4, 5)
    np.testing.assert_allclose(book.Sigmoid().forward(x), 1 / (1 + np.exp(-x)), rtol=1e-14)
    check(book.Sigmoid(), x)
    assert book.Sigmoid().forward(np.array([-1e4, 1e4])).tolist() == [0, 1]


@pytest.mark.parametrize("shape", [(5, 6), (5, 2, 3), (5, 3, 1, 2), (1, 6), (0, 6)])
def test_affine(shape: tuple[int, ...]) -> None:
    x, W, b = normal(*shape), normal(6, 4, seed=1), normal(4, seed=2)
    layer = book.Affine(W, b)
    expected = np.einsum("ni,io->no", x.reshape(len(x), 6), W) + b
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12, atol=1e-12)
    assert layer.W is W and layer.b is b
    check(layer, x, owns=("W", "b"))
    assert layer.backward(np.ones((len(x), 4))).shape == shape


def test_affine_takes_the_pixels_of_mnist() -> None:
    """float32 and uint8 are computed in the float64 of W."""
    W, b = normal(6, 4), normal(4)
    x = np.arange(12, dtype=np.uint8).reshape(2, 6)
    for kind in (np.uint8, np.float32):
        layer = book.Affine(W, b)
        y = layer.forward(x.astype(kind))
        assert y.dtype == np.float64
        np.testing.assert_allclose(y, x.astype(float) @ W + b, rtol=1e-14)
        layer.backward(y)
        assert layer.dW is not None and layer.dW.dtype == np.float64
    W += 1  # in place: the layer sees it
    np.testing.assert_allclose(layer.forward(x), x.astype(float) @ W + b, rtol=1e-14)


def test_dropout() -> None:
    x = normal(40, 50)
    layer = book.Dropout(0.3)
    np.random.seed(7)
    y = layer.forward(x)
    np.random.seed(7)
    mask = np.random.rand(40, 50) > 0.3
    assert (layer.mask == mask).all() and (y == x * mask).all()
    dout = normal(40, 50, seed=1)
    assert (layer.backward(dout) == dout * mask).all()
    assert (layer.forward(x, train_flg=False) == x * 0.7).all()
    # O1: after an evaluation the mask of the training before it has no say.
    assert (layer.backward(dout) == dout * 0.7).all()
    assert not book.Dropout(1).forward(x).any() and book.Dropout().dropout_ratio == 0.5


def batch_norm(x: Array, gamma: Array, beta: Array) -> Array:
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *(1,) * (x.ndim - 2))
    mu = x.mean(axes, keepdims=True)
    var = ((x - mu) ** 2).mean(axes, keepdims=True)
    y: Array = gamma.reshape(shape) * (x - mu) / np.sqrt(var + 1e-6) + beta.reshape(shape)
    return y


@pytest.mark.parametrize("shape", [(8, 3), (2, 3), (4, 3, 2, 5)])
def test_batch_normalization(shape: tuple[int, ...]) -> None:
    """Of 4-D input per channel (B3); the paths through μ and σ² are in the gradient (B2)."""
    x, gamma, beta = normal(*shape), normal(3, seed=1), normal(3, seed=2)
    layer = book.BatchNormalization(gamma, beta)
    np.testing.assert_allclose(layer.forward(x), batch_norm(x, gamma, beta), rtol=0, atol=1e-12)
    check(layer, x, owns=("gamma", "beta"))
    check(layer, x, False, owns=("gamma", "beta"))


def test_running_averages_of_the_book() -> None:
    """They begin at 0, keep 0.9 of the old, and the variance is the biased one."""
    gamma, beta = normal(3, seed=1), normal(3, seed=2)
    layer = book.BatchNormalization(gamma, beta)
    mean, var = np.zeros(3), np.zeros(3)
    for seed in range(4):
        x = normal(5, 3, seed=seed) + 2
        layer.forward(x, train_flg=True)
        mean, var = 0.9 * mean + 0.1 * x.mean(0), 0.9 * var + 0.1 * x.var(0)
    assert layer.running_mean is not None and layer.running_var is not None
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-13)
    np.testing.assert_allclose(layer.running_var, var, rtol=1e-13)
    expected = gamma * (x - mean) / np.sqrt(var + 1e-6) + beta
    np.testing.assert_allclose(layer.forward(x, train_flg=False), expected, rtol=1e-11)
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-13)
    given = np.ones(3), np.full(3, 4.0)
    other = book.BatchNormalization(gamma, beta, 0.5, *given)
    other.forward(x)
    np.testing.assert_allclose(other.running_mean, 0.5 + 0.5 * x.mean(0), rtol=1e-13)
    assert given[0].tolist() == [1, 1, 1] and given[1].tolist() == [4, 4, 4]


def test_a_batch_of_one_is_normalised_to_beta() -> None:
    """As the book's own gradient check does, which therefore checks little (B1)."""
    gamma, beta = normal(3), normal(3, seed=1)
    layer = book.BatchNormalization(gamma, beta)
    assert (layer.forward(normal(1, 3)) == beta).all()
    assert not layer.backward(np.ones((1, 3))).any()
    assert layer.dgamma is not None and not layer.dgamma.any()


def softmax(x: Array) -> Array:
    e = np.exp(x)
    return e / e.sum(1, keepdims=True)


def test_softmax_with_loss() -> None:
    x, t = 3 * normal(4, 3), np.array([0, 2, 1, 1])
    y, hot = softmax(x), np.eye(3)[t]
    loss = -np.log(y[np.arange(4), t] + 1e-7).mean()
    for target in (t, hot, t.astype(np.uint8), hot.astype(int)):
        layer = book.SoftmaxWithLoss()
        assert layer.forward(x, target) == pytest.approx(loss, abs=1e-12)
        assert layer.loss == layer.forward(x, target)
        np.testing.assert_allclose(layer.y, y, rtol=1e-13)
        np.testing.assert_allclose(layer.backward(), (y - hot) / 4, rtol=0, atol=1e-14)
        # S2: a scaled loss has a scaled gradient.
        np.testing.assert_allclose(layer.backward(2.5), 2.5 * (y - hot) / 4, rtol=0, atol=1e-14)
    soft = softmax(normal(4, 3, seed=5))
    layer.forward(x, soft)
    np.testing.assert_allclose(layer.backward(), (y - soft) / 4, rtol=0, atol=1e-14)


def test_softmax_with_loss_of_a_single_sample() -> None:
    x = np.array([0.5, -1.0, 2.0])
    for target in (np.array([0.0, 0.0, 1.0]), np.array(2), 2, np.array([2])):
        layer = book.SoftmaxWithLoss()
        layer.forward(x, target)
        expected = softmax(x[None])[0] - [0, 0, 1]
        np.testing.assert_allclose(layer.backward(), expected, rtol=0, atol=1e-14)


def test_softmax_with_loss_stays_finite() -> None:
    layer = book.SoftmaxWithLoss()
    assert layer.forward(np.array([[1e4, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-7))
    assert layer.backward().tolist() == [[1, -1]]


def test_layers_refuse_and_name_themselves() -> None:
    W, b, x = np.ones((3, 2)), np.ones(2), np.ones((4, 3))
    refusals: list[tuple[Callable[[], Any], type[TinygradKrError], str]] = [
        (lambda: book.Affine(W, b).forward(np.ones((4, 2))), ShapeError, "Affine"),
        (lambda: book.Affine(W, np.ones(3)).forward(x), ShapeError, "(3,)"),
        (lambda: book.Affine(W, b).forward(np.array([["a"]])), DTypeError, ""),
        (lambda: book.Affine(W, b).backward(x), GradientError, "Affine"),
        (lambda: book.Relu().backward(x), GradientError, "Relu"),
        (lambda: book.SoftmaxWithLoss().backward(), GradientError, "SoftmaxWithLoss"),
        (lambda: book.BatchNormalization(b, b).forward(x), ShapeError, "BatchNormalization"),
        (lambda: book.BatchNormalization(b, b, momentum=1.5), HyperparameterError, "momentum"),
        (lambda: book.Dropout(-0.1), HyperparameterError, "dropout_ratio"),
        (lambda: book.Dropout(float("nan")), HyperparameterError, "dropout_ratio"),
        (lambda: book.SoftmaxWithLoss().forward(x, np.array([0, 1, 2, 3])), TargetError, "3"),
        (lambda: book.SoftmaxWithLoss().forward(x, np.array([0, 1, -1, 0])), TargetError, "2"),
        (lambda: book.SoftmaxWithLoss().forward(x, np.zeros(4)), DTypeError, "float64"),
        (lambda: book.SoftmaxWithLoss().forward(x, np.zeros(3, int)), ShapeError, "(4, 3)"),
        (lambda: book.SoftmaxWithLoss().forward(np.ones((2, 2, 2)), x), ShapeError, "(2, 2, 2)"),
    ]
    for attempt, kind, said in refusals:
        with pytest.raises(kind) as error:
            attempt()
        two_lines(error, said)
    layer = book.Affine(W, b)
    layer.forward(x)
    for dout in (np.ones((4, 3)), np.ones(2), 1.0):
        with pytest.raises(ShapeError) as error:
            layer.backward(dout)
        two_lines(error, "Affine", "(4, 2)")
    loss = book.SoftmaxWithLoss()
    loss.forward(x, np.zeros(4, int))
    with pytest.raises(ShapeError) as error:
        loss.backward(x)
    two_lines(error, "(4, 3)")


def test_a_refused_forward_leaves_the_averages() -> None:
    layer = book.BatchNormalization(np.ones(3), np.zeros(3))
    layer.forward(normal(5, 3))
    assert layer.running_mean is not None
    before = layer.running_mean.copy()
    with pytest.raises(ShapeError):
        layer.forward(normal(5, 4))
    assert (layer.running_mean == before).all()


def test_layers_can_be_copied() -> None:
    x = normal(4, 3)
    for layer in (
        book.Affine(normal(3, 3), normal(3)), book.Relu(), book.Sigmoid(), book.Dropout(),
        book.BatchNormalization(np.ones(3), np.zeros(3)),
    ):  # fmt: skip
        layer.forward(x, False)
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert (other.forward(x, False) == layer.forward(x, False)).all()


def test_a_run_that_overflows_warns_of_nothing() -> None:
    far = np.array([[np.inf, -np.inf, np.nan, 1e308]] * 3)
    for layer_ in (
        book.Relu(), book.Sigmoid(), book.Dropout(), book.BatchNormalization(far[0], far[0]),
        book.Affine(np.full((4, 2), -1e308), np.ones(2)),
    ):  # fmt: skip
        layer_.backward(layer_.forward(far))
    book.SoftmaxWithLoss().forward(far, np.zeros(3, int))
    layer = book.Affine(np.full((2, 2), 1e200), np.zeros(2))
    y = layer.forward(np.full((1, 2), 1e200))
    assert np.isinf(y).all()
    layer.backward(np.full((1, 2), np.nan))
    assert layer.dW is not None and np.isnan(layer.dW).all()


def convolved(x: Array, W: Array, b: Array, stride: int, pad: int) -> Array:
    """Window by window."""
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    height, width = W.shape[2:]
    down = range(0, padded.shape[2] - height + 1, stride)
    across = range(0, padded.shape[3] - width + 1, stride)
    y = np.empty((len(x), len(W), len(down), len(across)))
    for i, top in enumerate(down):
        for j, left in enumerate(across):
            window = padded[:, :, top : top + height, left : left + width]
            y[:, :, i, j] = np.einsum("nchw,fchw->nf", window, W) + b
    return y


@pytest.mark.parametrize("stride,pad", [(1, 0), (1, 1), (2, 0), (2, 2), (3, 1)])
def test_convolution(stride: int, pad: int) -> None:
    x, W, b = normal(2, 3, 6, 5), normal(4, 3, 3, 2, seed=1), normal(4, seed=2)
    layer = book.Convolution(W, b, stride, pad)
    expected = convolved(x, W, b, stride, pad)
    np.testing.assert_allclose(layer.forward(x), expected, rtol=0, atol=1e-12)
    check(layer, x, owns=("W", "b"))


@pytest.mark.parametrize("size,stride", [((2, 2), 2), ((3, 2), 1), ((2, 3), 3)])
def test_pooling(size: tuple[int, int], stride: int) -> None:
    x = normal(2, 3, 6, 7)
    layer = book.Pooling(*size, stride=stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    expected = windows[:, :, ::stride, ::stride].max((4, 5))
    assert (layer.forward(x) == expected).all()
    check(layer, x)


def test_pooling_gives_its_gradient_to_one_of_equals() -> None:
    """G1."""
    layer = book.Pooling(2, 2)
    layer.forward(np.zeros((1, 1, 2, 2)))
    assert layer.backward(np.ones((1, 1, 1, 1))).tolist() == [[[[1, 0], [0, 0]]]]
    assert book.Pooling(2, 2).stride == 2


def test_convolution_and_pooling_refuse() -> None:
    W, b, x = np.ones((2, 3, 2, 2)), np.ones(2), np.ones((1, 3, 4, 4))
    for attempt, kind in (
        (lambda: book.Convolution(W, b).forward(x[:, :2]), ShapeError),
        (lambda: book.Convolution(W, np.ones(3)).forward(x), ShapeError),
        (lambda: book.Convolution(W, b).forward(x[..., :1]), ShapeError),
        (lambda: book.Convolution(W, b, stride=0), HyperparameterError),
        (lambda: book.Convolution(W, b, pad=-1), HyperparameterError),
        (lambda: book.Pooling(5, 5).forward(x), ShapeError),
        (lambda: book.Pooling(0, 2), HyperparameterError),
    ):
        with pytest.raises(kind) as error:
            attempt()
        two_lines(error)
