"""Transforms of functions by what must hold of them: mathematics, nesting, what is left behind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import func, nn
from tinygrad_kr.autograd import functional as af
from tinygrad_kr.errors import ArgumentError, GradientError, ShapeError, StateDictError
from tinygrad_kr.func import grad, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap
from tinygrad_kr.func.tree import leaves_of, structure, tree_map

RNG = np.random.default_rng(0)


def doubles(*shape: int, **options: Any) -> tg.Tensor:
    return tg.tensor(RNG.standard_normal(shape), **options)


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a.detach().numpy(), np.asarray(b), 1e-10, 1e-12)


def test_every_derivative_of_sine() -> None:
    f, x = tg.sin, tg.tensor(0.7, dtype=tg.float64)
    for expected in (math.cos, lambda v: -math.sin(v), lambda v: -math.cos(v), math.sin):
        f = grad(f)
        close(f(x), expected(0.7))


def test_the_two_jacobians_and_their_products_agree() -> None:
    w, x, v, u = doubles(3, 2), doubles(2), doubles(2), doubles(3)

    def f(x: tg.Tensor) -> tg.Tensor:
        return tg.tanh(w @ x)

    j = jacrev(f)(x)
    close(jacfwd(f)(x), j)
    close(jvp(f, (x,), (v,))[1], j @ v)
    close(linearize(f, x)[1](v), j @ v)
    close(vjp(f, x)[1](u)[0], u @ j)
    close(j, (1 - np.tanh(w.numpy() @ x.numpy()) ** 2)[:, None] * w.numpy())


@pytest.mark.parametrize("first", [jacrev, jacfwd])
@pytest.mark.parametrize("second", [jacrev, jacfwd])
def test_jacobians_of_jacobians(first: Any, second: Any) -> None:
    x = doubles(2)
    found = second(first(lambda x: tg.stack([x[0] ** 2 * x[1], x[1] ** 3])))(x)
    a, b = x.tolist()
    close(found, [[[2 * b, 2 * a], [2 * a, 0]], [[0, 0], [0, 6 * b]]])


def test_an_inner_variable_is_not_the_outer_one() -> None:
    """d/dx (x · d/dy (x + y)) is 1, though both derivatives are of a sum with x in it."""
    one = grad(lambda x: x * grad(lambda y: x + y)(tg.tensor(1.0)))(tg.tensor(2.0))
    assert one.item() == 1
    mixed = grad(lambda x: grad(lambda y: x**2 * y**2)(x))(tg.tensor(3.0, dtype=tg.float64))
    close(mixed, 54)  # of 2 x² y at y = x, which is 2 x³


def test_gradients_reach_what_a_function_closes_over() -> None:
    w, x = doubles(3, requires_grad=True), doubles(3)
    for slope in (
        grad(lambda x: (w * x**2).sum())(x),
        jacrev(lambda x: (w * x**2).sum())(x),
        jacfwd(lambda x: (w * x**2).sum())(x),
        jvp(lambda x: w * x**2, (x,), (tg.ones(3, dtype=tg.float64),))[1],
        vjp(lambda x: w * x**2, x)[1](tg.ones(3, dtype=tg.float64))[0],
    ):
        (back,) = tg.autograd.grad(slope.sum(), w)
        close(back, 2 * x.numpy())


def test_nothing_is_left_behind() -> None:
    w, x = doubles(2, requires_grad=True), doubles(2)
    assert not grad(lambda x: (x**2).sum() + w.sum())(x).requires_grad
    assert not any(t.requires_grad for t in vjp(lambda x: x * 2, x)[:1])
    with tg.no_grad():
        slope = grad(lambda x: (w * x**2).sum())(w)
        assert not slope.requires_grad and not tg.is_grad_enabled()
        assert not vjp(lambda x: w * x, x)[0].requires_grad
    with tg.inference_mode():
        close(grad(lambda x: (x**2).sum())(x), 2 * x.numpy())
    grad(lambda x: (w * x**2).sum())(x)
    assert w.grad is None and x.grad is None and not x.requires_grad


def test_a_gradient_goes_on_to_the_argument() -> None:
    x = doubles(2, requires_grad=True)
    hessian(lambda x: (x**3).sum())(x * 2).sum().backward()
    assert x.grad is not None
    close(x.grad, [12.0, 12.0])


def test_trees_in_and_out() -> None:
    given = {"a": doubles(2), "b": [doubles(), (doubles(1),)]}
    found = grad(lambda d: (d["a"] * d["b"][0]).sum() + d["b"][1][0].sum() ** 2)(given)
    assert structure(found) == structure(given)
    close(found["b"][1][0], 2 * given["b"][1][0].numpy())
    assert leaves_of(tree_map(lambda a, b: a - b, given, given))[0].abs().sum() == 0
    blocks = jacfwd(lambda d: {"out": d["a"] * d["b"][0]})(given)
    assert [t.shape for t in leaves_of(blocks)] == [(2, 2), (2,), (2, 1)]


def test_jacobians_of_nothing() -> None:
    for transform in (jacrev, jacfwd):
        assert transform(lambda x: x * 2)(doubles(0)).shape == (0, 0)
        assert transform(lambda x: x.reshape(0, 3))(doubles(3, 0)).shape == (0, 3, 3, 0)


def test_a_hessian_through_a_network() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    state = {k: v.detach() for k, v in net.named_parameters()}
    x = doubles(4, 2)

    def loss(state: Any) -> tg.Tensor:
        return func.functional_call(net, state, x).square().mean()

    whole = hessian(loss)(state)
    block = whole["0.weight"]["2.bias"].numpy()
    step = 1e-5
    high, low = (
        grad(loss)({**state, "2.bias": state["2.bias"] + s})["0.weight"].numpy()
        for s in (step, -step)
    )
    np.testing.assert_allclose(block[..., 0], (high - low) / (2 * step), 1e-5, 1e-8)
    assert net[0].weight.grad is None and all(isinstance(p, nn.Parameter) for p in net.parameters())


def test_models_in_a_stack() -> None:
    nets = [nn.Linear(2, 1) for _ in range(3)]
    params, buffers = func.stack_module_state(nets)
    x = tg.ones(4, 2)
    together = vmap(lambda p, b: func.functional_call(nets[0], (p, b), x))(params, buffers)
    for net, y in zip(nets, together, strict=True):
        np.testing.assert_allclose(y.detach().numpy(), net(x).detach().numpy(), 1e-6)
    together.sum().backward()
    assert params["weight"].grad is not None and params["weight"].grad.shape == (3, 1, 2)


def test_tied_weights_are_replaced_together() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    new = {"0.weight": 2 * tg.eye(2)}
    assert func.functional_call(net, new, tg.ones(2)).tolist() == [4, 4]
    one = func.functional_call(net, new, tg.ones(2), tie_weights=False)
    assert one.tolist() == net[1](2 * tg.ones(2)).tolist()


def test_a_failing_module_gets_its_weights_back() -> None:
    net = nn.Linear(2, 2)
    before = net.weight
    with pytest.raises(ShapeError):
        func.functional_call(net, {"weight": tg.ones(2, 3)}, tg.ones(2))
    assert net.weight is before
    with pytest.raises(StateDictError):
        func.functional_call(net, {"nobody": before}, tg.ones(2), strict=True)
    with pytest.raises(ArgumentError):
        func.functional_call(net, ({"weight": before}, {"weight": before}), tg.ones(2))


class TestVmap:
    def test_nested(self) -> None:
        x, y = doubles(3, 2), doubles(4, 2)
        outer = vmap(vmap(tg.dot, in_dims=(None, 0)), in_dims=(0, None))(x, y)
        close(outer, x.numpy() @ y.numpy().T)

    def test_gradients_of_each_sample(self) -> None:
        w, xs = doubles(2), doubles(5, 2)
        each = vmap(grad(lambda w, x: (w @ x) ** 2), in_dims=(None, 0))(w, xs)
        close(each, 2 * (xs.numpy() @ w.numpy())[:, None] * xs.numpy())

    def test_an_empty_batch(self) -> None:
        assert vmap(lambda x: x.sum(), out_dims=0)(tg.ones(0, 3)).shape == (0,)
        assert vmap(lambda x: tg.outer(x, x), out_dims=2)(tg.ones(0, 3)).shape == (3, 3, 0)

    def test_randomness(self) -> None:
        ones = tg.ones(3)
        same = vmap(lambda x: x * tg.rand(2), randomness="same")(ones)
        other = vmap(lambda x: x * tg.rand(2), randomness="different")(ones)
        assert len(set(map(tuple, same.tolist()))) == 1 < len(set(map(tuple, other.tolist())))
        with pytest.raises(GradientError, match="randomness"):
            vmap(lambda x: x * tg.rand(2))(ones)

    def test_what_is_the_same_in_every_call(self) -> None:
        x = tg.ones(3, 2)
        assert vmap(lambda a: tg.zeros(2), out_dims=None)(x).shape == (2,)
        with pytest.raises(ArgumentError, match="out_dim"):
            vmap(lambda a: a, out_dims=None)(tg.eye(2))

    def test_what_cannot_be_mapped(self) -> None:
        x = tg.ones(3, 2)
        for call in (
            lambda: vmap(lambda: x)(),
            lambda: vmap(lambda a: a, in_dims=None)(x),
            lambda: vmap(lambda a: a, in_dims=2)(x),
            lambda: vmap(lambda a, b: a)(x, tg.ones(2)),
            lambda: vmap(lambda a, b: a)(x, 1.0),
            lambda: vmap(lambda a: 1.0)(x),
            lambda: vmap(lambda a: a, out_dims=(0, 0))(x),
            lambda: vmap(lambda a: a, randomness="perhaps"),
        ):
            with pytest.raises(ArgumentError, match=r"[가-힣][\s\S]*\n[\s\S]*[a-z]"):
                call()


class TestFunctional:
    def test_a_hessian_and_its_products(self) -> None:
        x, y, v = doubles(3), doubles(3), doubles(3)

        def f(x: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
            return (x**3 * tg.exp(y)).sum()

        (xx, xy), (yx, _) = af.hessian(f, (x, y))
        close(xx, np.diag(6 * x.numpy() * np.exp(y.numpy())))
        close(yx, xy.numpy().T)
        value, (product, other) = af.hvp(f, (x, y), (v, tg.zeros(3, dtype=tg.float64)))
        close(value, f(x, y).numpy())
        close(product, xx.numpy() @ v.numpy())
        close(other, yx.numpy() @ v.numpy())
        assert af.vhp(f, (x, y), (v, v))[1][0].shape == (3,)

    def test_create_graph(self) -> None:
        x = doubles(2, requires_grad=True)
        assert not af.jacobian(lambda x: x**3, x).requires_grad
        for strategy in ("reverse-mode", "forward-mode"):
            j = af.jacobian(lambda x: x**3, x, create_graph=True, strategy=strategy)
            close(tg.autograd.grad(j.sum(), x)[0], 6 * x.detach().numpy())

    def test_strict(self) -> None:
        x, y = doubles(2), doubles(2)
        with pytest.raises(GradientError, match="strict"):
            af.jacobian(lambda x, y: x * 2, (x, y), strict=True)
        with pytest.raises(GradientError, match="strict"):
            af.hessian(lambda x: x.sum(), x, strict=True)
        with pytest.raises(GradientError, match="single element"):
            af.hessian(lambda x: x, x)
