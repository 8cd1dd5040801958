"""Hall 2, losses, dropout, graphs: what catches each slip, what misses it, and that ours pass."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tests.museum import layer_hall as hall
from tests.museum.layer_hall import Chain, agrees, double, draws, learn, network, slope_at_zero
from tinygrad_kr import Tensor, nn
from tinygrad_kr.errors import GradcheckError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import gradcheck, numerical_gradient

# Softmax, sigmoid and the loss


@pytest.mark.parametrize("softmax", [hall.softmax, lambda x: F.softmax(tg.tensor(x), 1).numpy()])
def test_s1_a_shift_changes_nothing(softmax: Any) -> None:
    x = draws(2, 3)
    for shift in (-1000.0, 700.0, 1000.0, 1e6):
        np.testing.assert_allclose(softmax(x + shift), softmax(x), atol=1e-9)


def test_s1_is_caught_by_a_shift() -> None:
    x = draws(2, 3)
    np.testing.assert_allclose(hall.s1_softmax(x + 700), hall.softmax(x))
    with pytest.warns(RuntimeWarning) as said:
        assert np.isnan(hall.s1_softmax(x + 1000)).all()
    assert "overflow" in str(said[0].message)
    with pytest.warns(RuntimeWarning, match="invalid"):
        assert np.isnan(hall.s1_softmax(x - 1000)).all()
    with np.errstate(over="raise"):
        for dtype, last in ((np.float32, 88), (np.float64, 709)):
            assert hall.s1_softmax(np.array([last], dtype)) == 1
            with pytest.raises(FloatingPointError):
                hall.s1_softmax(np.array([last + 1], dtype))


def test_s1_sigmoid_warns_and_is_right() -> None:
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert hall.s1_sigmoid(np.array([-1000.0])) == 0
    x = np.linspace(-30, 30, 7)
    np.testing.assert_allclose(hall.s1_sigmoid(x), hall.sigmoid(x))


def test_s1_is_missed_by_a_gradient_check_and_by_the_loss() -> None:
    labels = np.array([0, 2])
    assert agrees(hall.S1(labels), draws(2, 3))
    wrong, right = (learn(network(hall.Relu), loss) for loss in (hall.S1, hall.SoftmaxWithLoss))
    np.testing.assert_allclose(wrong, right, rtol=1e-9)


@pytest.mark.parametrize("dtype", [tg.float16, tg.float32, tg.float64])
def test_s1_ours_is_silent_and_finite_over_the_whole_range(dtype: Any) -> None:
    top = float(np.finfo(dtype).max)
    x = tg.tensor([[top, 0.0, -top], [-top, -top, -top]], dtype=dtype, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shares, halves = F.softmax(x, 1), F.sigmoid(x)
        loss = F.cross_entropy(x / 4, tg.tensor([0, 1]))
        (shares.sum() + halves.sum() + loss).backward()
    assert shares[0].tolist() == [1, 0, 0] and halves[0].tolist() == [1, 0.5, 0]
    assert np.isfinite(loss.item()) and np.isfinite(x.grad.numpy()).all()


def test_s2_is_right_until_the_loss_is_scaled() -> None:
    x, labels = draws(2, 3), np.array([0, 2])
    for loss, right in ((hall.SoftmaxWithLoss, True), (hall.S2, False)):
        assert agrees(loss(labels), x)
        assert agrees(loss(labels), x, scale=10) == right
        layer = loss(labels)
        layer.forward(x)
        ratio = layer.backward(10.0) / layer.backward(1.0)
        assert ratio == pytest.approx(np.full((2, 3), 10 if right else 1))


def test_s2_is_missed_by_the_loss() -> None:
    curves = [learn(network(hall.Relu), loss) for loss in (hall.SoftmaxWithLoss, hall.S2)]
    np.testing.assert_array_equal(*curves)
    assert curves[0][-1] < 0.2 < 1 < curves[0][0]


@pytest.mark.parametrize("scale", [-1.0, 0.0, 10.0])
def test_s2_ours_hears_what_comes_from_above(scale: float) -> None:
    labels = tg.tensor([0, 2])
    for loss in (F.cross_entropy, nn.CrossEntropyLoss()):
        assert gradcheck(lambda x, loss=loss: scale * loss(x, labels), double(draws(2, 3)))


# Dropout


def test_o1_is_caught_by_a_gradient_in_evaluation() -> None:
    x = np.arange(1.0, 7.0)
    for make, right in ((hall.Dropout, True), (hall.O1, False)):
        layer = make()
        layer.forward(x)
        layer.training = False
        assert agrees(layer, x) == right
        assert layer.forward(x) == pytest.approx(x / 2)
        expected = [0.5] * 6 if right else [1, 0, 0, 0, 1, 1]
        assert layer.backward(np.ones(6)).tolist() == expected


def test_o1_is_missed_by_training() -> None:
    for make in (hall.Dropout, hall.O1):
        layer = make()
        y = layer.forward(np.ones(6))
        assert layer.backward(np.ones(6)).tolist() == y.tolist()
    curves = [
        learn(network(lambda make=make: Chain(hall.Relu(), make(0.2)), depth=2),
              hall.SoftmaxWithLoss)
        for make in (hall.Dropout, hall.O1)
    ]  # fmt: skip
    np.testing.assert_array_equal(*curves)
    assert curves[0][-1] < 0.75 < 1.1 < curves[0][0]


@pytest.mark.parametrize(("convention", "expected"), [("book", 0.5), ("torch", 1.0)])
def test_o1_ours_forgets_the_mask(convention: str, expected: float) -> None:
    layer = nn.Dropout(0.5, convention=convention)
    x = double(np.ones(6))
    layer(x).sum().backward()
    x.grad = None
    layer.eval()
    layer(x).sum().backward()
    assert x.grad.tolist() == [expected] * 6
    assert gradcheck(layer, x)


# Graphs

TIED = [3.0, 1.0, 3.0]
MAXIMA = [tg.amax, tg.max, lambda x: x.max(0)[0], hall.FairMax.apply]


def test_g1_is_caught_by_moving_all_elements_together() -> None:
    tied = tg.tensor(TIED, dtype=tg.float64)
    assert slope_at_zero(lambda c: hall.G1.apply(tied + c)) == 2
    with pytest.raises(GradcheckError, match="ratio 2"):
        gradcheck(lambda c: hall.G1.apply(tied + c), double(0.0))


def test_g1_is_caught_by_gradcheck_at_a_tie() -> None:
    with pytest.raises(GradcheckError, match="moved alike"):
        gradcheck(hall.G1.apply, double([3.0, 1.0, 3.0]))


def test_g1_is_missed_element_by_element() -> None:
    """Away from a tie it is right; at one each 1 lies between the slopes of its two sides."""
    assert gradcheck(hall.G1.apply, double([3.0, 1.0, 2.0]))
    x = double(TIED)
    hall.G1.apply(x).backward()
    value, error = numerical_gradient(lambda x: hall.G1.apply(x), x.detach())
    assert x.grad.tolist() == [1, 0, 1] and value.round(9).tolist() == [0.5, 0, 0.5]
    assert (np.abs(x.grad.numpy() - value) <= error + 1e-9).all()


@pytest.mark.parametrize("largest", MAXIMA)
def test_g1_ours_shares_or_chooses(largest: Any) -> None:
    tied = tg.tensor(TIED, dtype=tg.float64)
    assert slope_at_zero(lambda c: largest(tied + c)) == 1
    assert gradcheck(lambda c: largest(tied + c), double(0.0))
    assert gradcheck(largest, double(TIED))


def gradients(passes: int, make: Any, clear: bool) -> list[float]:
    """What x has after each of several backward passes through z = (x²)² at 2."""
    x = make(2.0)
    y = x * x
    z, found = y * y, []
    for _ in range(passes):
        if clear:
            x.grad = None if isinstance(x, Tensor) else 0.0
        z.backward(retain_graph=True) if isinstance(z, Tensor) else z.backward()
        found.append(float(x.grad))
    return found


def test_g2_is_right_once_and_wrong_twice() -> None:
    assert gradients(3, hall.G2, clear=False) == [32, 96, 192]
    assert gradients(3, hall.G2, clear=True) == [32, 64, 96]


def test_g2_is_missed_where_every_step_makes_a_new_graph() -> None:
    walks = []
    for make in (hall.G2, hall.Fresh):
        x = make(2.0)
        for _ in range(20):
            x.grad, y = 0.0, x * x
            (y * y).backward()
            x.value -= 0.01 * x.grad
        walks.append(x.value)
    assert walks[0] == walks[1] < 1


@pytest.mark.parametrize("make", [hall.Fresh, double])
def test_g2_ours_begins_every_pass_anew(make: Any) -> None:
    assert gradients(3, make, clear=False) == [32, 64, 96]
    assert gradients(3, make, clear=True) == [32, 32, 32]


# A sentence


def test_c2_activations_lie_near_a_half_and_gradients_do_not() -> None:
    activations, slopes = hall.sigmoid_layers(0.01)
    assert all(np.mean(np.abs(a - 0.5) < 0.1) > 0.99 for a in activations)
    spreads = [g.std() for g in slopes]
    assert spreads == pytest.approx([3.9e-7, 1.55e-5, 6.2e-4, 0.025, 1.0], rel=0.02)
    assert all(abs(g.mean()) < 0.01 for g in slopes)
    assert not any((np.abs(g - 0.5) < 0.1).any() for g in slopes[:4])
