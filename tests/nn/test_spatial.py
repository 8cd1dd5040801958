"""Convolution and pooling: what they keep, what they compute and for whom, where things lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinygrad_kr import nn
from tinygrad_kr.autograd import grad, no_grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import DTypeError, InplaceError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.ops import convolution, pooling

Array = np.ndarray[Any, Any]


def seeded(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape)


def test_a_gradient_that_nobody_needs_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("transposed", "_by_weight"):
        op = getattr(convolution, name)
        forward = op.forward
        monkeypatch.setattr(
            op, "forward",
            lambda *a, n=name, f=forward, **k: (asked.append(n), f(*a, **k))[1],
        )  # fmt: skip
    image, w = wrap(seeded(2, 1, 5, 5)), wrap(seeded(3, 1, 2, 2)).requires_grad_()
    F.conv2d(image, w).sum().backward()
    assert asked == ["_by_weight"]
    F.conv2d(image.requires_grad_(), w.detach()).sum().backward()
    assert asked == ["_by_weight", "transposed"]


def test_what_may_change_in_place_after_a_convolution() -> None:
    x, w = wrap(seeded(1, 1, 3, 3)).requires_grad_(), wrap(seeded(1, 1, 2, 2)).requires_grad_()
    F.conv2d(x, w).relu_().sum().backward()
    fixed = wrap(seeded(1, 1, 3, 3))
    y = F.conv2d(fixed, w).sum()
    fixed.add_(1)
    with pytest.raises(InplaceError):
        y.backward()


def test_a_maximum_keeps_neither_its_input_nor_its_output() -> None:
    x = wrap(seeded(1, 1, 4, 4)).requires_grad_()
    h = x * 1
    y = F.max_pool2d(h, 2)
    h.mul_(0)
    y.mul_(2)
    (g,) = grad(y.sum(), x)
    found = F.max_pool2d(x, 2, return_indices=True)[1].numpy().reshape(-1)
    assert sorted(np.flatnonzero(g.numpy() == 2)) == sorted(found)
    assert g.sum().item() == 8


def test_where_a_maximum_stood_is_found_only_for_a_gradient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coded: list[bool] = []
    maxima = pooling._maxima
    monkeypatch.setattr(pooling, "_maxima", lambda x, w, c: (coded.append(c), maxima(x, w, c))[1])
    x = wrap(seeded(1, 1, 4, 4))
    F.max_pool2d(x, 2)
    with no_grad():
        F.max_pool2d(x.requires_grad_(), 2)
    assert not any(coded)
    F.max_pool2d(x, 2)
    assert coded[-2:] == [True, True]


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_gradient_that_is_not_finite_goes_to_the_maximum_alone(bad: float) -> None:
    x = wrap(np.arange(8.0).reshape(1, 1, 8)).requires_grad_()
    (g,) = grad(F.max_pool1d(x, 3, 2), x, wrap(np.array([[[1.0, bad, 1.0]]])))
    np.testing.assert_array_equal(g.numpy(), [[[0, 0, 1, 0, bad, 0, 1, 0]]])


def test_results_lie_in_order_so_that_view_works() -> None:
    x = wrap(seeded(20, 2, 9, 9).astype(np.float32)).requires_grad_()
    y = F.conv2d(x, wrap(seeded(3, 2, 3, 3).astype(np.float32)).requires_grad_())
    assert F.max_pool2d(y, 2).view(20, -1).shape == (20, 27)
    y.view(-1).sum().backward()
    assert x.grad is not None and x.grad._array.flags.c_contiguous


def test_many_samples_are_as_many_times_one() -> None:
    """The columns are made for a few at a time."""
    x, w, b = seeded(50, 3, 20, 20), seeded(4, 3, 5, 5), seeded(4)
    assert convolution._BLOCK < 50 * 75 * 256
    leaves = [wrap(a).requires_grad_() for a in (x, w, b)]
    y = F.conv2d(*leaves)
    one = np.stack([F.conv2d(*map(wrap, (a, w, b))).numpy() for a in x])
    np.testing.assert_allclose(y.detach().numpy(), one)
    weights = seeded(*y.shape)
    dx, dw, db = grad(y, leaves, wrap(weights))
    parts = []
    for a, g in zip(x, weights, strict=True):
        own = [wrap(v).requires_grad_() for v in (a, w, b)]
        parts.append([t.numpy() for t in grad(F.conv2d(*own), own, wrap(g))])
    np.testing.assert_allclose(dx.numpy(), np.stack([p[0] for p in parts]))
    np.testing.assert_allclose(dw.numpy(), sum(p[1] for p in parts))
    np.testing.assert_allclose(db.numpy(), sum(p[2] for p in parts))


def test_a_layer_says_that_it_is_meant() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3))
    with pytest.raises(ShapeError, match=r"Layer '0' Conv2d.*to have 1 channels, but got 3"):
        net(wrap(np.zeros((1, 3, 5, 5), np.float32)))
    with pytest.raises(DTypeError, match="Layer '0' Conv2d"):
        net(wrap(np.zeros((1, 1, 5, 5))))


@pytest.mark.parametrize(
    ("args", "options"),
    [((3, 4, 3), {"groups": 2}), ((2, 2, 0), {}), ((2, 2, 3), {"padding": "big"}),
     ((2, 2, 3, 2), {"padding": "same"}), ((2, 2, (3, 3, 3)), {}), ((2, 2, 3, 0), {})],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_at_once(args: Any, options: Any) -> None:
    with pytest.raises(ShapeError):
        nn.Conv2d(*args, **options)
