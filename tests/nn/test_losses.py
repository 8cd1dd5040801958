"""The losses: conventions, the ends of their range, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from battery import check_op

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


def two_lines(error: Any) -> str:
    korean, english = str(error.value).split("\n", 1)
    assert any("가" <= c <= "힣" for c in korean) and english.strip()
    return str(error.value)


# Regression


def test_smooth_l1_is_smooth_where_the_error_is_0() -> None:
    check_op(lambda x: F.smooth_l1_loss(x, wrap(np.zeros(2)), beta=0.5), np.zeros(2))


def test_a_target_of_another_shape_is_warned_of() -> None:
    for loss in (F.mse_loss, F.l1_loss, F.smooth_l1_loss):
        with pytest.warns(UserWarning, match="(?s)브로드캐스트.*target size"):
            loss(ops.zeros(3, 1), ops.zeros(3))
    with pytest.warns(UserWarning), pytest.raises(ShapeError):
        F.mse_loss(ops.zeros(3), ops.zeros(2))


# Binary classification


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


def test_binary_cross_entropy_by_its_target_at_the_ends_of_the_range() -> None:
    x, t = wrap(np.array([0.0, 1.0, 0.5])), wrap(np.array([0.0, 1.0, 1.0])).requires_grad_()
    F.binary_cross_entropy(x, t, reduction="sum").backward()
    assert t.grad is not None and t.grad.tolist() == [math.inf, -math.inf, 0]


def test_binary_losses_refuse() -> None:
    x = ops.full((3, 1), 0.5)
    for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        with pytest.raises(ValueError) as error:
            loss(x, ops.zeros(3))
        assert "[3]" in two_lines(error)
        with pytest.raises(DTypeError):
            loss(x.long(), x.long())
        with pytest.raises(ArgumentError):
            loss(x, x, reduction="avg")
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(TargetError) as error:
            F.binary_cross_entropy(ops.full((1,), bad), ops.zeros(1))
        two_lines(error)


# Classification


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


@pytest.mark.parametrize("index", [0, 2])
def test_probabilities_have_no_label_to_ignore(index: int) -> None:
    with pytest.raises(ArgumentError, match=f"ignore_index={index}") as error:
        F.cross_entropy(ops.zeros(2, 3), ops.full((2, 3), 1 / 3), ignore_index=index)
    two_lines(error)


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


def test_the_losses_of_the_book() -> None:
    x, t = ops.tensor([[1.0, 2.0], [3.0, 5.0]]), ops.zeros(2, 2)
    book = nn.MSELoss(convention="book")
    assert book.reduction == "sum" and book(x, t).item() == (1 + 4 + 9 + 25) / 2
    assert nn.MSELoss(reduction="mean", convention="book")(x, t).item() == 39 / 8
    assert nn.MSELoss().reduction == "mean" and nn.MSELoss()(x, t).item() == 39 / 4
    # A probability of 0 costs −log(1e-7), and no more.
    sure = wrap(np.array([[0.0, 1000.0]]))
    loss = nn.CrossEntropyLoss(convention="book")
    assert loss(sure, ops.tensor([0])).item() == pytest.approx(-math.log(1e-7), rel=1e-15)
    assert nn.CrossEntropyLoss()(sure, ops.tensor([0])).item() == 1000
    hot = wrap(np.array([[1.0, 0.0]]))
    assert loss(sure, hot).item() == loss(sure, ops.tensor([0])).item()
    for bad in ({"convention": "paper"}, {"convention": "book", "label_smoothing": 0.1}):
        with pytest.raises(ArgumentError) as error:
            nn.CrossEntropyLoss(**bad)
        two_lines(error)
    with pytest.raises(ArgumentError):
        nn.MSELoss(convention="paper")


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
