"""User-defined operations."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import errors
from tinygrad_kr.autograd import Function, once_differentiable


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


class Exp(Function):
    @staticmethod
    def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
        y = tg.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
        (y,) = ctx.saved_tensors
        return g * y


class SumAndProduct(Function):
    @staticmethod
    def forward(ctx: Any, a: tg.Tensor, b: tg.Tensor, scale: float) -> tuple[tg.Tensor, tg.Tensor]:
        ctx.scale = scale
        product = a * b * scale
        ctx.save_for_backward(a, b, product)
        return a + b, product

    @staticmethod
    def backward(ctx: Any, gs: tg.Tensor, gp: tg.Tensor) -> tuple[Any, ...]:
        a, b, product = ctx.saved_tensors
        np.testing.assert_allclose(product.detach().numpy(), (a * b * ctx.scale).detach().numpy())
        ga = gs + gp * b * ctx.scale if ctx.needs_input_grad[0] else None
        gb = gs + gp * a * ctx.scale if ctx.needs_input_grad[1] else None
        return ga, gb, None


def leaf(value: object) -> tg.Tensor:
    return tg.tensor(value, dtype=tg.float64, requires_grad=True)


def test_first_and_higher_derivatives() -> None:
    x = leaf([2.0, 3.0])
    y = Cube.apply(x)
    (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x, create_graph=True)
    (k,) = tg.autograd.grad(h.sum(), x)
    np.testing.assert_allclose(g.detach().numpy(), [12.0, 27.0])
    np.testing.assert_allclose(h.detach().numpy(), [12.0, 18.0])
    np.testing.assert_allclose(k.numpy(), [6.0, 6.0])


def test_a_saved_output_is_differentiable_and_makes_no_cycle() -> None:
    x = leaf(1.0)
    y = Exp.apply(x)
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    (h,) = tg.autograd.grad(g, x)
    np.testing.assert_allclose(h.item(), np.e)
    gc.disable()
    try:
        y = Exp.apply(x)
        dead = weakref.ref(y)
        del y
        assert dead() is None
    finally:
        gc.enable()


def test_several_outputs_and_arguments() -> None:
    a, b = leaf(2.0), leaf(5.0)
    s, p = SumAndProduct.apply(a, b, 10.0)
    assert (s.item(), p.item()) == (7.0, 100.0)
    ga, gb = tg.autograd.grad(s * p, (a, b), create_graph=True)
    # d/da (a + b)(10ab) = 10ab + (a + b) 10b
    assert (ga.item(), gb.item()) == (100.0 + 350.0, 100.0 + 140.0)
    (gab,) = tg.autograd.grad(ga, b)
    # d²/dadb = 10a + 10b + 10(a + b) = 20(a + b)
    assert gab.item() == pytest.approx(140.0)


def test_an_output_that_was_saved_and_used_gets_both_gradients() -> None:
    class ExpAndTwice(Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tuple[tg.Tensor, tg.Tensor]:
            y = tg.exp(x)
            ctx.save_for_backward(y)
            return y, x * 2

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor, h: tg.Tensor) -> tg.Tensor:
            return g * ctx.saved_tensors[0] + h * 2

    x = leaf(1.0)
    y, _ = ExpAndTwice.apply(x)
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    (h,) = tg.autograd.grad(g + y, x)
    assert h.item() == pytest.approx(2 * np.e)


def test_an_unused_output_gets_zeros() -> None:
    a, b = leaf(2.0), leaf(5.0)
    s, _ = SumAndProduct.apply(a, b, 10.0)
    s.backward()
    assert a.grad is not None and a.grad.item() == 1.0


def test_needs_input_grad() -> None:
    a, b = leaf(2.0), tg.tensor(5.0, dtype=tg.float64)
    _, p = SumAndProduct.apply(a, b, 10.0)
    p.backward()
    assert a.grad is not None and a.grad.item() == 50.0
    assert b.grad is None


def test_nothing_is_recorded_without_need() -> None:
    assert not Cube.apply(tg.tensor(2.0)).requires_grad
    with tg.no_grad():
        assert not Cube.apply(leaf(2.0)).requires_grad


def test_an_in_place_change_of_a_saved_tensor_is_noticed() -> None:
    x = leaf([2.0])
    y = x * 1
    z = Cube.apply(y)
    y.add_(1)
    with pytest.raises(errors.InplaceError, match="Cube"):
        z.backward()


def test_setup_context_style() -> None:
    class Square(Function):
        @staticmethod
        def forward(x: tg.Tensor) -> tg.Tensor:
            return x * x

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.save_for_backward(inputs[0])

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
            return g * 2 * ctx.saved_tensors[0]

    x = leaf(3.0)
    Square.apply(x).backward()
    assert x.grad is not None and x.grad.item() == 6.0


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (lambda g: (g, g), errors.GradientError),
        (lambda g: 3.0, errors.GradientError),
        (lambda g: tg.ones(7), errors.ShapeError),
    ],
)
def test_a_wrong_backward_is_refused(result: Any, error: type[Exception]) -> None:
    class Wrong(Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor) -> Any:
            return result(g)

    x = leaf([1.0, 2.0])
    with pytest.raises(error, match="Wrong"):
        Wrong.apply(x).sum().backward()
    assert x.grad is None


def test_a_backward_may_return_a_kept_array_without_lending_it() -> None:
    class Given(Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor, slope: tg.Tensor) -> tg.Tensor:
            ctx.save_for_backward(slope)
            return x * slope

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor) -> Any:
            return ctx.saved_tensors[0], None

    x, slope = leaf([1.0, 2.0]), tg.tensor([3.0, 4.0], dtype=tg.float64)
    Given.apply(x, slope).sum().backward()
    assert x.grad is not None
    assert not np.shares_memory(x.grad.numpy(), slope.numpy())


def test_once_differentiable() -> None:
    class Once(Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
            return g * 2

    x = leaf(1.0)
    Once.apply(x).backward()
    assert x.grad is not None and x.grad.item() == 2.0
    with pytest.raises(errors.GradientError, match="once"):
        tg.autograd.grad(Once.apply(x), x, create_graph=True)


def test_mark_non_differentiable() -> None:
    class Split(Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tuple[tg.Tensor, tg.Tensor]:
            sign = tg.sign(x)
            ctx.mark_non_differentiable(sign)
            return tg.abs(x), sign

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor, unused: tg.Tensor) -> tg.Tensor:
            return g * 7

    x = leaf([-1.0, 2.0])
    size, sign = Split.apply(x)
    assert size.requires_grad and not sign.requires_grad
    size.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [7.0, 7.0]
