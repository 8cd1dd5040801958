"""Clipping, by the norm of all gradients together and by value, against its formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from optim_problems import laid_out

import tinygrad_kr as tg
from tinygrad_kr.errors import GradientError
from tinygrad_kr.nn.utils import clip_grad_norm_, clip_grad_value_

Array = NDArray[Any]


@st.composite
def gradients(draw: st.DrawFn) -> tuple[list[tg.Tensor], list[Array | None]]:
    """Parameters, and a copy of the gradient of each that has one."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    shapes = st.sampled_from([(3,), (), (2, 3), (0, 2), None])
    params, values = [], []
    for shape in draw(st.lists(shapes, max_size=4)):
        p = tg.zeros(shape or (), dtype=tg.float64, requires_grad=True)
        value = None if shape is None else rng.normal(size=shape) * 10.0 ** rng.integers(-3, 3)
        if value is not None:
            layout = draw(st.sampled_from(["dense", "transposed", "strided"]))
            p.grad = tg.from_numpy(laid_out(value, layout))
        params.append(p)
        values.append(value)
    return params, values


def assert_gradients(params: list[tg.Tensor], expected: list[Array | None]) -> None:
    for p, e in zip(params, expected, strict=True):
        if e is None:
            assert p.grad is None
        else:
            assert p.grad is not None
            np.testing.assert_allclose(p.grad.numpy(), e, rtol=1e-12)


def changes(params: list[tg.Tensor]) -> list[int]:
    """How often each gradient was written to."""
    return [p.grad._version[0] for p in params if p.grad is not None]


@given(
    drawn=gradients(),
    bound=st.sampled_from([0.0, 0.01, 1.0, 30.0, math.inf]),
    order=st.sampled_from([0.5, 1.0, 2.0, 3.0, math.inf]),
)
def test_the_norm_is_that_of_one_long_vector(
    drawn: tuple[list[tg.Tensor], list[Array | None]], bound: float, order: float
) -> None:
    params, values = drawn
    sizes = [abs(x) for v in values if v is not None for x in v.reshape(-1).tolist()]
    if order == math.inf:
        norm = max(sizes, default=0.0)
    else:
        norm = math.fsum(x**order for x in sizes) ** (1 / order)
    held = [p.grad for p in params]
    total = clip_grad_norm_(iter(params), bound, order)
    assert total.shape == () and not total.requires_grad
    assert total.item() == pytest.approx(norm, rel=1e-12 if total.dtype == tg.float64 else 0)
    factor = min(1.0, bound / (norm + 1e-6))
    assert_gradients(params, [None if v is None else v * factor for v in values])
    assert all(p.grad is g for p, g in zip(params, held, strict=True))
    assert set(changes(params)) <= {int(factor < 1)}


@given(drawn=gradients(), bound=st.sampled_from([0.0, 0.01, 1.0, math.inf]))
def test_a_value_is_held_within_the_bound(
    drawn: tuple[list[tg.Tensor], list[Array | None]], bound: float
) -> None:
    params, values = drawn
    held = [p.grad for p in params]
    clip_grad_value_(iter(params), bound)
    assert_gradients(
        params, [v if v is None else np.sign(v) * np.minimum(abs(v), bound) for v in values]
    )
    assert all(p.grad is g for p, g in zip(params, held, strict=True))
    assert set(changes(params)) <= {1}


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_a_norm_that_is_not_finite(odd: float) -> None:
    p = tg.zeros(2, dtype=tg.float64, requires_grad=True)
    p.grad = tg.tensor([odd, 1.0], dtype=tg.float64)
    with pytest.raises(GradientError):
        clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.tolist()[1] == 1.0
    # As in PyTorch, an infinite norm leaves nothing of the finite elements, a NaN one nothing else.
    assert clip_grad_norm_(p, 1.0).item() == pytest.approx(odd, nan_ok=True)
    np.testing.assert_array_equal(p.grad.numpy(), [math.nan, 0.0 if odd == math.inf else math.nan])
