"""Initial values, and the utilities of parameters and gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DTypeError, GradientError, ShapeError
from tinygrad_kr.nn import Linear, Parameter, init, utils
from tinygrad_kr.random import Generator

NAN = math.nan


def filled(fill: Any, *args: Any, shape: tuple[int, ...] = (200, 100), **kwargs: Any) -> Any:
    p = Parameter(ops.full(shape, 7.0))
    out = fill(p, *args, generator=Generator().manual_seed(0), **kwargs)
    assert out is p and p.is_leaf and p.requires_grad and p._version[0] > 0
    again = fill(ops.zeros(shape), *args, generator=Generator().manual_seed(0), **kwargs)
    assert np.array_equal(p.detach().numpy(), again.numpy())
    return p.detach().numpy()


def test_constants() -> None:
    p = Parameter(ops.ones(3))
    assert init.zeros_(p).tolist() == [0] * 3 and init.ones_(p).tolist() == [1] * 3
    assert init.constant_(p, 2.5).tolist() == [2.5] * 3 and p.is_leaf
    assert init.ones_(ops.zeros(2).long()).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("fill", "args", "bound"),
    [
        (init.uniform_, (-0.5, 0.5), 0.5),
        (init.xavier_uniform_, (), math.sqrt(6 / 300)),
        (init.xavier_uniform_, (2.0,), 2 * math.sqrt(6 / 300)),
        (init.kaiming_uniform_, (), math.sqrt(6 / 100)),
        (init.kaiming_uniform_, (0, "fan_out", "relu"), math.sqrt(6 / 200)),
        (init.kaiming_uniform_, (math.sqrt(5),), math.sqrt(1 / 100)),
        (init.kaiming_uniform_, (0, "fan_in", "tanh"), 5 / 3 * math.sqrt(3 / 100)),
    ],
)
def test_uniform_kinds(fill: Any, args: Any, bound: float) -> None:
    a = filled(fill, *args)
    assert abs(a).max() <= bound * (1 + 1e-6) and abs(abs(a).max() - bound) < 0.01 * bound
    assert abs(a.mean()) < 0.02 * bound and abs(a.std() - bound / math.sqrt(3)) < 0.01 * bound


@pytest.mark.parametrize(
    ("fill", "args", "mean", "std"),
    [
        (init.normal_, (2.0, 0.5), 2.0, 0.5),
        (init.xavier_normal_, (), 0.0, math.sqrt(2 / 300)),
        (init.kaiming_normal_, (0, "fan_out", "relu"), 0.0, math.sqrt(2 / 200)),
        (init.kaiming_normal_, (), 0.0, math.sqrt(2 / 100)),
        (init.trunc_normal_, (0.0, 1.0, -9.0, 9.0), 0.0, 1.0),
        (init.trunc_normal_, (1.0, 2.0, -3.0, 5.0), 1.0, 2 * 0.8796),
    ],
)
def test_normal_kinds(fill: Any, args: Any, mean: float, std: float) -> None:
    a = filled(fill, *args)
    assert abs(a.mean() - mean) < 0.03 * std and abs(a.std() - std) < 0.02 * std
    inner = (abs(a - mean) < std / 2).mean()
    assert abs(inner - 0.383) < 0.02 if "trunc" not in fill.__name__ else inner < 0.4


@pytest.mark.parametrize(
    ("a", "b"), [(-2, 2), (5, 6), (5, 1e9), (-1e9, -30), (-1e-6, 1e-6), (0, 1e9), (-0.1, 50)]
)
def test_trunc_normal_wherever_the_bounds_are(a: float, b: float) -> None:
    x = init.trunc_normal_(ops.zeros(20000).double(), 0.0, 1.0, a, b).numpy()
    assert x.min() >= a and x.max() <= b
    tail = min(abs(a), abs(b)) if a * b > 0 else 0
    if tail >= 5 and b - a > 2:
        assert abs(abs(x).mean() - tail - 1 / tail) < 0.1 / tail


def test_fans_of_kernels_and_gains() -> None:
    a = filled(init.kaiming_uniform_, shape=(64, 3, 5, 5))
    assert abs(a).max() <= math.sqrt(6 / 75)
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / 1.04)
    assert init.calculate_gain("conv2d") == init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("selu") == 0.75


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (1, 1)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    a = init.orthogonal_(ops.zeros(shape).double(), gain=2.0).numpy().reshape(shape[0], -1)
    product = a @ a.T if a.shape[0] <= a.shape[1] else a.T @ a
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


@pytest.mark.parametrize(
    "fill",
    [
        lambda t: init.uniform_(t, 1.0, 0.0),
        lambda t: init.uniform_(t, NAN),
        lambda t: init.uniform_(t, 0.0, math.inf),
        lambda t: init.normal_(t, 0.0, -1.0),
        lambda t: init.normal_(t, NAN),
        lambda t: init.trunc_normal_(t, std=0.0),
        lambda t: init.trunc_normal_(t, a=2.0, b=2.0),
        lambda t: init.trunc_normal_(t, a=NAN),
        lambda t: init.xavier_uniform_(t, NAN),
        lambda t: init.kaiming_normal_(t, mode="fan"),
        lambda t: init.kaiming_normal_(t, nonlinearity="swish"),
        lambda t: init.kaiming_normal_(t, NAN),
        lambda t: init.orthogonal_(t, NAN),
        lambda t: init.uniform_(t.long()),
        lambda t: init.xavier_normal_(t[0]),
        lambda t: init.orthogonal_(t[0]),
    ],
)
def test_bad_ranges_are_refused(fill: Any) -> None:
    t = ops.ones(2, 2)
    with pytest.raises((ValueError, DTypeError, ShapeError)) as error:
        fill(t)
    assert "\n" in str(error.value)
    assert t.tolist() == [[1, 1], [1, 1]]


def test_sizes_of_0() -> None:
    for fill in (init.xavier_uniform_, init.kaiming_normal_, init.trunc_normal_, init.orthogonal_):
        assert fill(ops.zeros(0, 3)).shape == (0, 3)


# Utilities


def with_gradients(*gradients: Any) -> list[Parameter]:
    params = []
    for g in gradients:
        p = Parameter(wrap(np.zeros(np.shape(g), np.float32)))
        p.grad = wrap(np.asarray(g, np.float32))
        params.append(p)
    return params


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
def test_clip_grad_norm(p: float) -> None:
    values = [np.array([3.0, -4.0]), np.array([[12.0]])]
    flat = np.array([3.0, -4.0, 12.0])
    norm = np.linalg.norm(flat, p)
    params = [*with_gradients(*values), Parameter(ops.zeros(2))]
    before = [q.grad for q in params]
    total = utils.clip_grad_norm_(params, 2.0, norm_type=p)
    assert abs(total.item() - norm) < 1e-5 and total.shape == ()
    scaled = np.concatenate([q.grad.numpy().reshape(-1) for q in params if q.grad is not None])
    np.testing.assert_allclose(scaled, flat * 2 / norm, rtol=1e-5)
    assert [q.grad for q in params] == before or all(
        a is b.grad for a, b in zip(before, params, strict=True)
    )
    assert params[2].grad is None
    utils.clip_grad_norm_(params, 1e9)
    np.testing.assert_allclose(params[1].grad.numpy(), 12 * 2 / norm, rtol=1e-5)  # type: ignore[union-attr]


def test_clip_grad_norm_of_what_is_not_finite() -> None:
    (p,) = with_gradients([np.nan, 1.0])
    with pytest.raises(GradientError):
        utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad is not None and p.grad.tolist()[1] == 1
    assert np.isnan(utils.clip_grad_norm_(p, 1.0).item()) and np.isnan(p.grad.numpy()).all()
    assert utils.clip_grad_norm_([], 1.0).item() == 0
    for bad in ((-1.0,), (NAN,), (1.0, 0.0), (1.0, NAN)):
        with pytest.raises(ValueError):
            utils.clip_grad_norm_(p, *bad)
    assert utils.clip_grad_norm_(with_gradients([3.0, 4.0]), math.inf).item() == 5


def test_clip_grad_value() -> None:
    (p,) = with_gradients([-3.0, 0.5, np.nan, np.inf])
    utils.clip_grad_value_(p, 1.0)
    assert p.grad is not None
    np.testing.assert_array_equal(p.grad.numpy(), [-1, 0.5, np.nan, 1])
    for bad in (-1.0, NAN):
        with pytest.raises(ValueError):
            utils.clip_grad_value_([p], bad)


def test_parameters_to_vector_and_back() -> None:
    layer = Linear(3, 2)
    vector = utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (8,) and vector.requires_grad
    vector.sum().backward()
    assert layer.weight.grad is not None and layer.weight.grad.tolist() == [[1] * 3] * 2
    utils.vector_to_parameters(ops.arange(8.0), layer.parameters())
    assert layer.weight.tolist() == [[0, 1, 2], [3, 4, 5]] and layer.bias.tolist() == [6, 7]
    utils.vector_to_parameters(utils.parameters_to_vector(layer.parameters()), layer.parameters())
    with pytest.raises(ShapeError):
        utils.vector_to_parameters(ops.zeros(9), layer.parameters())
    assert layer.bias.tolist() == [6, 7]
    with pytest.raises(ArgumentError):
        utils.parameters_to_vector([])
