"""The losses: formulas in float64, derivatives, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from battery import arrays, check_op
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

Array = np.ndarray[Any, Any]
reductions = st.sampled_from(["mean", "sum", "none"])
some_shapes = st.sampled_from([(), (3,), (2, 3), (0,), (2, 1, 2)])


def reduced(losses: Array, reduction: str) -> Array:
    if reduction == "none":
        return losses
    with np.errstate(invalid="ignore"):
        return losses.sum() / (losses.size if reduction == "mean" else 1)


def check(f: Any, reduction: str, *values: Array) -> None:
    """``check_op``, but for the mean of nothing, which is nan."""
    if values[0].size or reduction != "mean":
        check_op(f, *values, rtol=1e-5, atol=1e-6)


def two_lines(error: Any) -> str:
    korean, english = str(error.value).split("\n", 1)
    assert any("가" <= c <= "힣" for c in korean) and english.strip()
    return str(error.value)


# Regression


@given(st.data(), some_shapes, reductions)
@settings(max_examples=30)
def test_regression_losses(data: st.DataObject, shape: tuple[int, ...], reduction: str) -> None:
    x = data.draw(arrays(shape, apart=True))
    t = x + 3 * np.sign(data.draw(arrays(shape))) * (0.05 + abs(data.draw(arrays(shape))))
    t = np.where(abs(abs(x - t) - 0.7) < 1e-3, t + 0.1, t)
    e = x - t
    size = abs(e)
    huber = np.where(size < 0.7, e * e / 1.4, size - 0.35)
    for loss, expected in (
        (nn.MSELoss(reduction=reduction), e * e),
        (nn.L1Loss(reduction=reduction), size),
        (nn.SmoothL1Loss(reduction=reduction, beta=0.7), huber),
        (nn.SmoothL1Loss(reduction=reduction, beta=0.0), size),
    ):
        check(loss, reduction, x, t)
        y = loss(wrap(np.array(x)), wrap(np.array(t))).numpy()
        np.testing.assert_allclose(y, reduced(expected, reduction), rtol=1e-9, atol=1e-12)


def test_smooth_l1_is_smooth_where_the_error_is_0() -> None:
    check_op(lambda x: F.smooth_l1_loss(x, wrap(np.zeros(2)), beta=0.5), np.zeros(2))


def test_a_target_of_another_shape_is_warned_of() -> None:
    for loss in (F.mse_loss, F.l1_loss, F.smooth_l1_loss):
        with pytest.warns(UserWarning, match="(?s)브로드캐스트.*target size"):
            loss(ops.zeros(3, 1), ops.zeros(3))
    with pytest.warns(UserWarning), pytest.raises(ShapeError):
        F.mse_loss(ops.zeros(3), ops.zeros(2))


# Binary classification


@given(st.data(), some_shapes, reductions, st.booleans())
@settings(max_examples=30)
def test_binary_losses(
    data: st.DataObject, shape: tuple[int, ...], reduction: str, weighted: bool
) -> None:
    x = data.draw(arrays(shape, low=-3, high=3))
    t = data.draw(arrays(shape, low=0.1, high=0.9))
    weight = wrap(np.array(data.draw(arrays(shape, low=0.5)))) if weighted else None
    positive = wrap(np.array(1.7)) if weighted else None
    w, p = (1, 1) if weight is None or positive is None else (weight.numpy(), 1.7)
    s = 1 / (1 + np.exp(-x))
    bce = nn.BCELoss(weight, reduction=reduction)
    check(bce, reduction, np.asarray(s), t)
    logits = nn.BCEWithLogitsLoss(weight, reduction=reduction, pos_weight=positive)
    check(logits, reduction, x, t)
    for loss, given_, factor in ((bce, s, 1), (logits, x, p)):
        expected = -w * (factor * t * np.log(s) + (1 - t) * np.log(1 - s))
        y = loss(wrap(np.asarray(given_)), wrap(np.asarray(t))).numpy()
        np.testing.assert_allclose(y, reduced(expected, reduction), rtol=1e-9)


def test_binary_losses_at_the_ends_of_the_range() -> None:
    x = wrap(np.array([0.0, 1.0, 0.0, 1.0])).requires_grad_()
    t = wrap(np.array([0.0, 1.0, 1.0, 0.0]))
    y = F.binary_cross_entropy(x, t, reduction="none")
    assert y.tolist() == [0, 0, 100, 100]
    y.sum().backward()
    assert x.grad is not None and np.isfinite(x.grad.numpy()).all()
    z = wrap(np.array([-1e4, 1e4, -1e4, 1e4, 50, -50], np.float32)).requires_grad_()
    t = wrap(np.array([0, 1, 1, 0, 1, 0], np.float32))
    y = F.binary_cross_entropy_with_logits(z, t, reduction="none")
    tiny = math.exp(-50)
    np.testing.assert_allclose(y.detach().numpy(), [0, 0, 1e4, 1e4, tiny, tiny], rtol=1e-5)
    y.sum().backward()
    assert z.grad is not None
    np.testing.assert_allclose(z.grad.numpy(), [0, 0, -1, 1, -tiny, tiny], rtol=1e-5)


def test_binary_losses_refuse() -> None:
    x = ops.full((3, 1), 0.5)
    for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        with pytest.raises(ValueError) as error:
            loss(x, ops.zeros(3))
        assert "(3,)" in two_lines(error)
        with pytest.raises(DTypeError):
            loss(x.long(), x.long())
        with pytest.raises(ArgumentError):
            loss(x, x, reduction="avg")
    for bad in (-0.1, 1.1):
        with pytest.raises(TargetError) as error:
            F.binary_cross_entropy(ops.full((1,), bad), ops.zeros(1))
        two_lines(error)
    nan = ops.full((1,), math.nan)
    assert np.isnan(F.binary_cross_entropy(nan, ops.zeros(1)).item())


# Classification

places = st.sampled_from([((), ()), ((3,), ()), ((2,), (2,)), ((2,), (1, 2)), ((0,), ())])


@given(st.data(), places, reductions, st.booleans(), st.booleans())
@settings(max_examples=40)
def test_nll_loss(
    data: st.DataObject, place: Any, reduction: str, weighted: bool, ignoring: bool
) -> None:
    lead, trail = place
    x = data.draw(arrays((*lead, 3, *trail)))
    t = np.random.default_rng(1).integers(0, 3, (*lead, *trail))
    if ignoring and t.size > 1:
        t.flat[-1] = -1
    weight = wrap(np.array([0.5, 1, 2])) if weighted else None
    loss = nn.NLLLoss(weight, ignore_index=-1, reduction=reduction)
    check(lambda x: loss(x, wrap(np.asarray(t))), reduction, x)
    w = np.array([0.5, 1, 2]) if weighted else np.ones(3)
    axis = 0 if x.ndim == 1 else 1
    scale = np.where(t == -1, 0, w[t])
    picked = np.take_along_axis(x, np.expand_dims(np.where(t == -1, 0, t), axis), axis)
    losses = -picked.squeeze(axis) * scale
    with np.errstate(invalid="ignore"):
        expected = losses.sum() / scale.sum() if reduction == "mean" else reduced(losses, reduction)
    np.testing.assert_allclose(loss(wrap(x), wrap(np.asarray(t))).numpy(), expected)


@given(st.data(), places, reductions, st.booleans(), st.sampled_from([0.0, 0.2]))
@settings(max_examples=40)
def test_cross_entropy_with_probabilities(
    data: st.DataObject, place: Any, reduction: str, weighted: bool, smoothing: float
) -> None:
    lead, trail = place
    shape = (*lead, 3, *trail)
    x, t = data.draw(arrays(shape)), data.draw(arrays(shape, low=0.1, high=1))
    weight = wrap(np.array([0.5, 1, 2])) if weighted else None
    loss = nn.CrossEntropyLoss(weight, reduction=reduction, label_smoothing=smoothing)
    check(loss, reduction, x, t)
    axis = 0 if x.ndim == 1 else 1
    w = (np.array([0.5, 1, 2]) if weighted else np.ones(3)).reshape(3, *(1,) * len(trail))
    log_p = x - np.log(np.exp(x).sum(axis, keepdims=True))
    losses = -(w * (t * (1 - smoothing) + smoothing / 3) * log_p).sum(axis)
    np.testing.assert_allclose(loss(wrap(x), wrap(t)).numpy(), reduced(losses, reduction),
                               rtol=1e-9)  # fmt: skip


def test_one_hot_and_labels_agree() -> None:
    x, t = ops.randn(5, 4), ops.tensor([0, 3, 1, 1, 2])
    a = F.cross_entropy(x, t).item()
    assert abs(a - F.cross_entropy(x, F.one_hot(t, 4).float()).item()) < 1e-6
    assert abs(a - F.nll_loss(F.log_softmax(x, 1), t).item()) < 1e-6
    for kind in (np.uint8, np.int8, np.int32):
        assert F.cross_entropy(x, wrap(t.numpy().astype(kind))).item() == a


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_nothing_but_ignored_labels(loss: Any) -> None:
    t = ops.full((2,), -100)
    x = ops.zeros(2, 3).requires_grad_()
    y = loss(x, t)
    y.backward()
    assert np.isnan(y.item())
    if loss is F.cross_entropy:
        assert x.grad is not None and not x.grad.numpy().any()
    assert loss(x, t, reduction="sum").item() == 0
    assert loss(x, t, reduction="none").tolist() == [0, 0]
    assert np.isnan(loss(ops.zeros(0, 3), ops.zeros(0).long()).item())


def test_ignored_places_get_no_gradient() -> None:
    x = wrap(np.array([[1.0, 2], [-np.inf, 3], [0, 0]])).requires_grad_()
    F.cross_entropy(x, ops.tensor([1, 9, 0]), ignore_index=9).backward()
    assert x.grad is not None and x.grad.numpy()[1].tolist() == [0, 0]
    assert np.isfinite(x.grad.numpy()).all()
    F.cross_entropy(x, ops.tensor([1, 0, 0]), ignore_index=0).backward()


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_classification_refuses(loss: Any) -> None:
    x = ops.zeros(2, 3)
    for labels, bad, where in (([0, 3], 3, "(1,)"), ([-1, 0], -1, "(0,)"), ([-100, 7], 7, "(1,)")):
        with pytest.raises(IndexError) as error:
            loss(x, ops.tensor(labels))
        message = two_lines(error)
        assert f"Target {bad} (at {where})" in message and "3 classes" in message
    for target, kind in (
        (ops.tensor([0, 1, 2]), ShapeError),
        (ops.tensor([[0, 1]]), ShapeError),
        (ops.tensor([0.0, 1.0]), DTypeError),
        (ops.tensor([True, False]), DTypeError),
        (ops.zeros(2, 3).long(), DTypeError if loss is F.cross_entropy else ShapeError),
    ):
        with pytest.raises(kind) as error:
            loss(x, target)
        two_lines(error)
    with pytest.raises(ShapeError):
        loss(x, ops.tensor([0, 1]), ops.ones(4))
    with pytest.raises(ShapeError):
        loss(ops.zeros(()), ops.tensor(0))
    with pytest.raises(DTypeError):
        loss(x.long(), ops.tensor([0, 1]))
    with pytest.raises(ArgumentError):
        loss(x, ops.tensor([0, 1]), reduction="avg")


def test_settings_are_refused() -> None:
    for make in (nn.MSELoss, nn.CrossEntropyLoss, nn.BCELoss, nn.NLLLoss):
        with pytest.raises(ValueError) as error:
            make(reduction="average")
        two_lines(error)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(HyperparameterError):
            nn.CrossEntropyLoss(label_smoothing=bad)
        with pytest.raises(HyperparameterError):
            nn.SmoothL1Loss(beta=-abs(bad))


def test_weights_are_buffers() -> None:
    loss = nn.CrossEntropyLoss(ops.ones(3))
    assert list(loss.state_dict()) == ["weight"] and list(nn.MSELoss().state_dict()) == []
    assert loss.double().weight.dtype == np.float64


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_logits_and_loss_may_change_in_place_after_a_cross_entropy(reduction: str) -> None:
    def slope(divide: Any) -> Any:
        x = ops.tensor([[1.0, 2.0], [3.0, 1.0]], requires_grad=True)
        logits = x * 1
        loss = F.cross_entropy(logits, ops.tensor([0, 1]), reduction=reduction)
        logits.zero_()
        divide(loss).sum().backward()
        assert x.grad is not None
        return x.grad.numpy()

    np.testing.assert_allclose(slope(lambda loss: loss.div_(4)), slope(lambda loss: loss / 4))
