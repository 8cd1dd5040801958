"""The fused ops: what they keep, what may change after them, the ends of their range, masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import InplaceError
from tinygrad_kr.nn import Linear
from tinygrad_kr.nn import functional as F
from tinygrad_kr.ops import fused

Array = np.ndarray[Any, Any]


def seeded(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


# Linear


def test_linear_computes_no_gradient_that_nobody_needs() -> None:
    x, w = wrap(seeded(0, 4, 3)), wrap(seeded(1, 2, 3)).requires_grad_()
    y = F.linear(x, w)
    x.add_(1)
    with pytest.raises(InplaceError):
        y.sum().backward()
    x = wrap(seeded(0, 4, 3)).requires_grad_()
    w = wrap(seeded(1, 2, 3))
    y = F.linear(x, w)
    y.add_(1)
    with pytest.raises(InplaceError):
        w.mul_(2)
        y.sum().backward()


def test_the_weights_gradient_is_adopted_without_a_copy() -> None:
    w = wrap(seeded(1, 2, 3)).requires_grad_()
    F.linear(wrap(seeded(0, 4, 3)), w).sum().backward()
    assert w.grad is not None
    assert w.grad._array.flags.c_contiguous and w.grad._array.flags.owndata


def test_linear_of_any_number_of_dimensions() -> None:
    w, b = wrap(seeded(1, 2, 3)).requires_grad_(), wrap(seeded(2, 2)).requires_grad_()
    for shape in ((3,), (4, 3), (0, 3), (2, 4, 3), (2, 0, 3)):
        x = wrap(seeded(0, *shape)).requires_grad_()
        y = F.linear(x, w, b)
        np.testing.assert_allclose(y.detach().numpy(), x._array @ w._array.T + b._array)
        g = seeded(3, *shape[:-1], 2)
        dx, dw, db = grad(y, (x, w, b), wrap(g))
        np.testing.assert_allclose(dx.numpy(), g @ w._array)
        np.testing.assert_allclose(dw.numpy(), g.reshape(-1, 2).T @ x._array.reshape(-1, 3))
        np.testing.assert_allclose(db.numpy(), g.reshape(-1, 2).sum(0), atol=1e-12)


def test_a_computed_weight_may_take_the_place_of_a_parameter() -> None:
    layer = Linear(3, 2)
    direction = layer.weight.detach().clone().requires_grad_()
    del layer.weight
    layer.weight = 2 * direction  # type: ignore[assignment]
    x = wrap(seeded(0, 4, 3).astype(np.float32))
    y = layer(x)
    y.sum().backward()
    assert direction.grad is not None
    np.testing.assert_allclose(direction.grad.numpy(), 2 * np.tile(x._array.sum(0), (2, 1)), 1e-5)


# Batch normalisation


def test_what_batch_norm_gives_may_be_changed_in_place() -> None:
    x = wrap(seeded(0, 4, 3)).requires_grad_()
    y = F.batch_norm(x, None, None, training=True)
    y.relu_()
    y.sum().backward()
    with pytest.raises(InplaceError):
        h = x * 1
        y = F.batch_norm(h, None, None, training=True)
        h.add_(1)
        y.sum().backward()


def test_batch_norm_of_half_precision_stays_half() -> None:
    x = wrap(np.array([[1.0], [3.0]], np.float16)).requires_grad_()
    y, mu, var = fused.batch_norm(x, None, None, np.float64(0.0))
    assert y.dtype == mu.dtype == np.float16
    assert y.tolist() == [[-1], [1]] and mu.tolist() == [2] and var.tolist() == [1]


def test_batch_norm_of_half_precision_sums_beyond_its_range() -> None:
    x = wrap(np.array([[999.0], [1001.0]] * 50, np.float16)).requires_grad_()
    y, mu, _ = fused.batch_norm(x, None, None, 0.0)
    assert mu.tolist() == [1000] and y.tolist() == [[-1], [1]] * 50


def test_the_bias_may_be_changed_after_a_batch_norm() -> None:
    x, weight = wrap(seeded(0, 4, 3)).requires_grad_(), wrap(seeded(1, 3)).requires_grad_()
    leaf = wrap(seeded(2, 3)).requires_grad_()
    for create_graph in (False, True):
        bias = leaf * 1
        y = F.batch_norm(x, None, None, weight, bias, training=True)
        bias.relu_()
        (g,) = grad(y.sum(), leaf, create_graph=create_graph)
        np.testing.assert_allclose(g.detach().numpy(), [4, 4, 4])
    scale = weight * 1
    y = F.batch_norm(x, None, None, scale, leaf, training=True)
    scale.mul_(2)
    with pytest.raises(InplaceError):
        y.sum().backward()


# Layer normalisation


def test_layer_norm_of_one_feature_is_its_bias() -> None:
    x, bias = wrap(seeded(0, 4, 1)).requires_grad_(), wrap(seeded(1, 1)).requires_grad_()
    y = F.layer_norm(x, (1,), None, bias)
    assert y.tolist() == [bias.tolist()] * 4
    dx, db = grad(y.sum(), (x, bias))
    assert dx.tolist() == [[0]] * 4 and db.tolist() == [4]


def test_layer_norm_of_no_features_has_no_elements() -> None:
    x = wrap(np.ones((2, 0))).requires_grad_()
    y = F.layer_norm(x, (0,))
    (dx,) = grad(y.sum(), x)
    assert y.shape == dx.shape == (2, 0)


# Cross-entropy


def test_the_logits_may_be_changed_after_a_cross_entropy() -> None:
    x = wrap(seeded(0, 4, 3)).requires_grad_()
    logits = x * 1
    t = np.array([0, 1, 2, 0])
    loss = F.cross_entropy(logits, wrap(t))
    expected = np.exp(logits.detach().numpy())
    expected = (expected / expected.sum(1, keepdims=True) - np.eye(3)[t]) / 4
    logits.zero_()
    t[:] = 0
    loss.backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), expected)


def test_cross_entropy_over_the_whole_range() -> None:
    x = wrap(np.array([[1e4, -1e4, 0.0], [-np.inf, 3.0, 2.0]], np.float32)).requires_grad_()
    loss = F.cross_entropy(x, wrap(np.array([0, 1])), reduction="none")
    np.testing.assert_allclose(loss.detach().numpy(), [0, np.log1p(np.exp(-1))], rtol=1e-6)
    loss.sum().backward()
    assert x.grad is not None and np.isfinite(x.grad.numpy()).all()
    nan = F.cross_entropy(wrap(np.array([[np.nan, 0.0]])), wrap(np.array([1])))
    assert np.isnan(nan.item())


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int64])
def test_labels_of_any_integer_dtype_find_their_places(dtype: Any) -> None:
    x, labels = wrap(seeded(0, 100, 90)).requires_grad_(), np.arange(100) % 90
    expected = F.cross_entropy(x, wrap(labels))
    (wanted,) = grad(expected, x)
    loss = F.cross_entropy(x, wrap(labels.astype(dtype)))
    (found,) = grad(loss, x)
    assert loss.item() == expected.item() and found.equal(wanted)


def test_the_loss_of_nothing_in_no_classes_is_nan() -> None:
    for smoothing in (0.0, 0.1):
        x = wrap(np.zeros((0, 0))).requires_grad_()
        loss = F.cross_entropy(x, wrap(np.zeros(0, int)), label_smoothing=smoothing)
        loss.backward()
        assert np.isnan(loss.item()) and x.grad is not None and x.grad.shape == (0, 0)


def test_a_label_without_weight_costs_nothing_even_at_minus_infinity() -> None:
    x = wrap(np.array([[-np.inf, 0.0, 1.0], [1.0, 2.0, 0.0]])).requires_grad_()
    weight = wrap(np.array([0.0, 1.0, 1.0]))
    for smoothing in (0.0, 0.1):
        loss = F.cross_entropy(x, wrap(np.array([0, 1])), weight, label_smoothing=smoothing)
        (g,) = grad(loss, x, retain_graph=True)
        assert np.isfinite(loss.item()) and np.isfinite(g.numpy()).all()
        (again,) = grad(loss, x, retain_graph=True, create_graph=True)
        np.testing.assert_allclose(again.detach().numpy(), g.detach().numpy(), atol=1e-12)
        alone = F.cross_entropy(x, wrap(np.array([-100, 1])), weight, label_smoothing=smoothing)
        assert smoothing or alone.item() == loss.item()


# Dropout


@pytest.mark.parametrize("p", [0.5, 0.3, 1e-3, 0.999, 2**-16, 1 - 2**-17])
def test_a_mask_drops_as_often_as_it_should(p: float) -> None:
    rng = np.random.default_rng(0)
    count = 400_001
    kept = fused.keep_mask((count,), p, rng)
    assert kept.shape == (count,) and kept.dtype == np.bool_
    spread = np.sqrt(count * p * (1 - p))
    assert abs((~kept).sum() - count * p) < 4 * spread + 1


def test_a_mask_is_exact_below_the_resolution_of_its_bits() -> None:
    rng = np.random.default_rng(0)
    dropped = sum((~fused.keep_mask((1 << 20,), 1e-6, rng)).sum() for _ in range(20))
    assert abs(dropped - 20.97) < 4 * np.sqrt(20.97)


def test_the_masks_of_no_and_of_all() -> None:
    rng = np.random.default_rng(0)
    assert fused.keep_mask((2, 3), 0.0, rng).all()
    assert not fused.keep_mask((2, 3), 1.0, rng).any()
    assert fused.keep_mask((0, 3), 0.5, rng).shape == (0, 3)
