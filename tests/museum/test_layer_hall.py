"""Hall 2, layers: what catches each slip, what misses it, and that ours pass every check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tests.museum import layer_hall as hall
from tests.museum.layer_hall import (
    Array,
    Chain,
    agrees,
    central,
    double,
    draws,
    learn,
    network,
    slope_at_zero,
)
from tinygrad_kr import Tensor, nn
from tinygrad_kr.errors import GradcheckError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import gradcheck, numerical_gradient

# Batch normalisation


def no_gradient(dout: Array, x_hat: Array, std: Array) -> Array:
    return 0 * dout


def far_too_much(dout: Array, x_hat: Array, std: Array) -> Array:
    return 1000 * dout


def against(dout: Array, x_hat: Array, std: Array) -> Array:
    return -dout / std


WRONG_RULES = pytest.mark.parametrize("rule", [hall.b2, no_gradient, far_too_much, against])


def normalised(rule: Any, width: int = 3) -> Chain:
    return Chain(hall.BatchNorm(rule, width), hall.Relu())


@WRONG_RULES
def test_b1_any_dx_passes_with_a_batch_of_one_and_none_with_eight(rule: Any) -> None:
    assert agrees(normalised(rule), draws(1, 3))
    assert not agrees(normalised(rule), draws(8, 3))


def test_b1_the_right_dx_passes_with_both() -> None:
    assert agrees(normalised(hall.through_all_three), draws(1, 3))
    assert agrees(normalised(hall.through_all_three), draws(8, 3))


def beta_check(n: int) -> list[tuple[Array, Array]]:
    """β's gradients, backward's and the central differences', of two normalised layers."""
    rng = np.random.default_rng(0)
    first, last = (hall.BatchNorm(hall.through_all_three, 5) for _ in range(2))
    net = Chain(
        hall.Affine(4, 5, rng), first, hall.Relu(), hall.Affine(5, 5, rng), last, hall.Relu(),
        hall.Affine(5, 3, rng), hall.SoftmaxWithLoss(np.arange(n) % 3),
    )  # fmt: skip
    x = draws(n, 4)
    pairs = []
    for norm in (first, last):
        numerical = central(lambda: net.forward(x), norm.beta)
        net.forward(x)
        net.backward(1.0)
        pairs.append((norm.dbeta, numerical))
    return pairs


def test_b1_the_last_beta_fails_with_a_batch_of_one_although_it_is_right() -> None:
    (first, first_numerical), (last, last_numerical) = beta_check(1)
    assert not first.any() and not first_numerical.any()
    assert not last.any()
    assert np.abs(last_numerical).min() > 0.1
    for right, numerical in beta_check(8):
        np.testing.assert_allclose(right, numerical, atol=1e-7)
        assert np.abs(right).max() > 0.01


@pytest.mark.parametrize("convention", ["torch", "book"])
def test_b1_ours_refuses_a_batch_of_one(convention: str) -> None:
    with pytest.raises(ShapeError):
        nn.BatchNorm1d(3, convention=convention)(tg.tensor(draws(1, 3), dtype=tg.float32))


def test_b2_is_caught_by_a_sum_without_any_numerical_gradient() -> None:
    """Moving every example by the same amount changes nothing, so dx sums to 0 over the batch."""
    x, dout = draws(8, 3), np.arange(24.0).reshape(8, 3)
    for rule, caught in ((hall.b2, True), (hall.through_all_three, False)):
        layer = hall.BatchNorm(rule, 3)
        layer.forward(x)
        assert (np.abs(layer.backward(dout).sum(0)).max() > 1) == caught


@pytest.mark.parametrize(("seed", "ends"), [(0, (0.033, 0.233)), (1, (0.045, 0.292))])
def test_b2_learns_but_worse(seed: int, ends: tuple[float, float]) -> None:
    right, wrong = (
        learn(network(lambda rule=rule: normalised(rule, 50), seed=seed), hall.SoftmaxWithLoss)
        for rule in (hall.through_all_three, hall.b2)
    )
    assert right[0] == wrong[0] == pytest.approx(1.2, abs=0.06)
    assert (right[-1], wrong[-1]) == pytest.approx(ends, rel=0.1)
    if seed == 1:
        assert wrong.min() == pytest.approx(0.213, rel=0.1)


def test_b2_ours_goes_through_all_three() -> None:
    x, weight, bias = double(draws(8, 3)), double([1.0, 2.0, 0.5]), double([0.0, 0.1, 0.2])

    def layer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return F.batch_norm(x, None, None, weight, bias, training=True)

    assert gradcheck(layer, (x, weight, bias))
    assert gradcheck(lambda *inputs: F.relu(layer(*inputs)), (x, weight, bias))
    layer(x, weight, bias).backward(tg.tensor(np.arange(24.0).reshape(8, 3)))
    np.testing.assert_allclose(x.grad.sum(0).numpy(), 0, atol=1e-12)


def pushed(layer: Callable[[Tensor], Tensor], images: Array) -> float:
    """How much the other images of a batch change when the first one is moved aside."""
    moved = images.copy()
    moved[0] = np.roll(moved[0], 1, axis=-1)
    return float((layer(tg.tensor(images)) - layer(tg.tensor(moved)))[1:].abs().max())


IMAGES = draws(8, 2, 4, 4) + 3 * np.arange(4)[:, None]


def test_b3_lets_one_image_change_the_others() -> None:
    assert pushed(hall.b3, IMAGES) > 0.5
    assert pushed(hall.per_channel, IMAGES) < 1e-12


def test_b3_wipes_out_what_all_images_share() -> None:
    """The rows grow brighter downwards in all of them."""
    rows = [layer(IMAGES).mean((0, 1, 3)) for layer in (hall.per_channel, hall.b3)]
    assert rows[0] == pytest.approx([-1.3, -0.4, 0.5, 1.2], abs=0.1)
    np.testing.assert_allclose(rows[1], 0, atol=1e-12)
    alone = IMAGES[:1]
    assert not hall.b3(alone).any() and hall.per_channel(alone).any()


def test_b3_is_missed_by_mean_and_variance_and_by_a_gradient_check() -> None:
    for layer in (hall.b3, hall.per_channel):
        y = layer(IMAGES)
        np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
        np.testing.assert_allclose(y.var((0, 2, 3)), 1, atol=1e-5)
        assert gradcheck(layer, double(draws(3, 2, 2, 2)))


@pytest.mark.parametrize("flat", [False, True])
def test_b3_ours_is_per_channel(flat: bool) -> None:
    images = IMAGES.reshape(8, 2, 16) if flat else IMAGES
    layer = nn.BatchNorm1d(2, dtype=tg.float64) if flat else None

    def ours(x: Tensor) -> Tensor:
        return layer(x) if layer else F.batch_norm(x, None, None, training=True)

    assert pushed(ours, images) < 1e-12
    expected = hall.per_channel(IMAGES).reshape(images.shape)
    np.testing.assert_allclose(ours(tg.tensor(images)).detach().numpy(), expected, atol=1e-4)


# ReLU


def test_r1_central_differences_say_a_half_at_the_kink_however_small_h() -> None:
    relu, x = hall.Relu(), np.zeros(1)
    for h in (1e-2, 1e-4, 1e-6):
        assert central(lambda: relu.forward(x).sum(), x, h) == pytest.approx(0.5)
    relu.forward(x)
    assert relu.backward(np.ones(1)) == 0
    assert not agrees(relu, np.array([-1.0, 0.0, 2.0]))


def test_r1_zero_lies_between_the_two_sides() -> None:
    x, relu = np.array([-1.0, 0.0, 2.0]), hall.Relu()
    value, error = numerical_gradient(lambda x: relu.forward(x).sum(), x)
    assert (value[1], error[1]) == pytest.approx((0.5, 0.5))
    relu.forward(x)
    assert (np.abs(relu.backward(np.ones(3)) - value) <= error + 1e-9).all()


def test_r1_a_real_bug_at_the_kink_lies_outside_and_is_missed_away_from_it() -> None:
    assert gradcheck(hall.R1.apply, double([-1.0, 0.5, 2.0]))
    with pytest.raises(GradcheckError, match="kink"):
        gradcheck(hall.R1.apply, double([-1.0, 0.0, 2.0]))


@pytest.mark.parametrize("relu", [F.relu, nn.ReLU(), tg.relu])
def test_r1_ours_lies_between_the_two_sides(relu: Any) -> None:
    assert gradcheck(relu, double([-1.0, 0.0, 2.0]))
    assert slope_at_zero(relu) == 0


def test_r2_passes_alone_and_corrupts_its_neighbour() -> None:
    x = np.array([-2.0, 3.0])
    assert agrees(hall.R2(), x)
    for relu, right in ((hall.Relu(), True), (hall.R2(), False)):
        layer, dout = hall.Skip(relu), np.ones(2)
        assert agrees(layer, x) == right
        layer.forward(x)
        assert layer.backward(dout).tolist() == ([1, 2] if right else [0, 2])
        assert dout.tolist() == ([1, 1] if right else [0, 1])


def test_r2_is_caught_by_an_array_that_may_not_be_written() -> None:
    dout = np.ones(2)
    dout.flags.writeable = False
    for relu in (hall.Relu(), hall.R2()):
        relu.forward(np.array([-2.0, 3.0]))
        if isinstance(relu, hall.R2):
            with pytest.raises(ValueError, match="read-only"):
                relu.backward(dout)
        else:
            assert relu.backward(dout).tolist() == [0, 1]


def test_r2_is_caught_by_gradcheck_which_brings_a_neighbour() -> None:
    class R2(hall.R1):
        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            g[x <= 0] = 0
            return g

    with pytest.raises(GradcheckError, match="neighbours"):
        gradcheck(R2.apply, double([-2.0, 3.0]))


def test_r2_is_missed_by_the_loss_without_a_neighbour() -> None:
    curves = [learn(network(relu), hall.SoftmaxWithLoss) for relu in (hall.Relu, hall.R2)]
    np.testing.assert_array_equal(*curves)


@pytest.mark.parametrize("seed", range(8))
def test_r2_is_missed_by_the_loss_with_one(seed: int) -> None:
    """The wrong net even ends lower."""
    right, wrong = (
        learn(network(lambda r=r: hall.Skip(r()), 2, seed), hall.SoftmaxWithLoss, steps=50)
        for r in (hall.Relu, hall.R2)
    )
    assert right[0] == wrong[0] > 1.5
    assert wrong[-1] < right[-1] < 0.55


def test_r2_ours_writes_into_nothing_that_it_was_handed() -> None:
    for inplace in (False, True):
        x, g = double([-2.0, 3.0]), tg.tensor([1.0, 1.0], dtype=tg.float64)
        (F.relu(x * 1, inplace) + x).backward(g)
        assert x.grad.tolist() == [1, 2]
        F.relu(x * 1, inplace).backward(g)
        assert g.tolist() == [1, 1]
    assert gradcheck(lambda x: x + F.relu(x), double([-2.0, 3.0]))
