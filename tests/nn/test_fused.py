"""The fused ops are the functions that they claim to be: fused = reference, at every order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from battery import arrays, check_op
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_kr import ops
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import InplaceError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.ops import fused
from tinygrad_kr.random import manual_seed

Array = np.ndarray[Any, Any]
side = st.integers(0, 3)


def seeded(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def agree(f: Any, reference: Any, *values: Array) -> None:
    """Value, first and second derivatives of ``f`` and of ``reference``."""
    found = []
    for function in (f, reference):
        leaves = [wrap(v.copy()).requires_grad_() for v in values]
        y = function(*leaves)
        rng = np.random.default_rng(0)
        (seed := wrap(rng.standard_normal(y.shape))).requires_grad_()
        first = grad(y, leaves, seed, create_graph=True, materialize_grads=True)
        toward = [wrap(rng.standard_normal(g.shape)) for g in first]
        live = [(g, t) for g, t in zip(first, toward, strict=True) if g.requires_grad]
        second: Any = ()
        if live:
            second = grad([g for g, _ in live], [*leaves, seed], [t for _, t in live],
                          materialize_grads=True)  # fmt: skip
        found.append([y, *first, *second])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-8, atol=1e-10)


# Linear


@given(st.data(), side, side, st.booleans())
@settings(max_examples=40)
def test_linear(data: st.DataObject, wide: int, out: int, with_bias: bool) -> None:
    lead = data.draw(st.sampled_from([(), (1,), (3,), (0,), (2, 3), (2, 0), (2, 1, 2)]))
    x, w = data.draw(arrays((*lead, wide))), data.draw(arrays((out, wide)))
    values = (x, w, data.draw(arrays((out,)))) if with_bias else (x, w)
    check_op(lambda x, w, b=None: F.linear(x, w, b), *values)
    expected = x @ w.T + (values[2] if with_bias else 0)
    np.testing.assert_allclose(F.linear(*(wrap(v) for v in values)).numpy(), expected, atol=1e-12)


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


# Batch normalisation


@given(st.data(), st.sampled_from(["none", "weight", "bias", "both"]))
@settings(max_examples=40)
def test_batch_norm(data: st.DataObject, affine: str) -> None:
    shape = data.draw(st.sampled_from([(2, 1), (4, 3), (3, 2, 1), (1, 2, 3), (2, 2, 3)]))
    x = data.draw(arrays(shape, apart=True))
    values = [x]
    if affine != "none":
        values.append(data.draw(arrays((shape[1],))))
    if affine == "both":
        values.append(data.draw(arrays((shape[1],))))

    def place(given: tuple[Any, ...]) -> tuple[Any, Any]:
        weight = given[0] if affine in ("weight", "both") else None
        return weight, given[-1] if affine in ("bias", "both") else None

    def f(x: Any, *rest: Any) -> Any:
        return F.batch_norm(x, None, None, *place(rest), training=True, eps=1e-2)

    def reference(x: Any, *rest: Any) -> Any:
        return fused._batch_norm_reference(x, *place(rest), eps=1e-2)

    check_op(f, *values, rtol=1e-5, atol=1e-6)
    agree(f, reference, *values)
    y = f(*(wrap(v) for v in values)).numpy()
    axes = (0, *range(2, x.ndim))
    weight, bias = (0 if v is None else v for v in place(tuple(values[1:])))
    column = (shape[1], *(1,) * (x.ndim - 2))
    expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-2)
    expected = expected * np.reshape(weight, column) if affine in ("weight", "both") else expected
    expected = expected + (np.reshape(bias, column) if affine in ("bias", "both") else 0)
    np.testing.assert_allclose(y, expected, atol=1e-12)


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


# Cross-entropy


@st.composite
def classified(draw: st.DrawFn) -> tuple[Array, Array, dict[str, Any]]:
    """Logits, labels and options."""
    classes = draw(st.integers(1, 4))
    lead, trail = draw(st.sampled_from([((), ()), ((3,), ()), ((1,), ()), ((2,), (2,))]))
    x = draw(arrays((*lead, classes, *trail)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    t = rng.integers(0, classes, (*lead, *trail))
    options: dict[str, Any] = {
        "reduction": draw(st.sampled_from(["mean", "sum", "none"])),
        "label_smoothing": draw(st.sampled_from([0.0, 0.3, 1.0])),
    }
    if draw(st.booleans()):
        options["weight"] = wrap(rng.uniform(0.5, 2, classes))
    if draw(st.booleans()) and t.size > 1:
        t.flat[0] = options["ignore_index"] = draw(st.sampled_from([-100, -1, 7]))
    return x, t, options


def composed(x: Any, t: Array, **options: Any) -> Any:
    """Cross-entropy from log_softmax and a one-hot product, written anew."""
    axis = 0 if x.ndim == 1 else 1
    classes = x.shape[axis]
    keep = t != options.get("ignore_index", -100)
    weight = options["weight"].numpy() if "weight" in options else np.ones(classes)
    hot = np.moveaxis(np.eye(classes)[np.where(keep, t, 0)], -1, axis)
    share = options["label_smoothing"]
    column = weight.reshape(classes, *(1,) * (x.ndim - axis - 1))
    q = (hot * (1 - share) + share / classes) * column * np.expand_dims(keep, axis)
    losses = -(ops.log_softmax(x, axis) * wrap(q)).sum(axis)
    if options["reduction"] == "none":
        return losses
    total = (weight[np.where(keep, t, 0)] * keep).sum()
    return losses.sum() / (total if options["reduction"] == "mean" else 1)


@given(classified())
@settings(max_examples=60)
def test_cross_entropy(drawn: tuple[Array, Array, dict[str, Any]]) -> None:
    x, t, options = drawn
    target = wrap(np.asarray(t))
    check_op(lambda x: F.cross_entropy(x, target, **options), x)
    agree(lambda x: F.cross_entropy(x, target, **options), lambda x: composed(x, t, **options), x)


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


@given(arrays((2, 3)))
@settings(max_examples=10)
def test_dropout_is_differentiable(x: Array) -> None:
    def f(x: Any) -> Any:
        manual_seed(3)
        return F.dropout(x, 0.4)

    check_op(f, x)
