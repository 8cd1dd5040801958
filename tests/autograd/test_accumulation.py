"""Where gradients come together, in roots and in ``.grad``; and what a walk passes by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.autograd.base import wrap


def leaf(value: object) -> tg.Tensor:
    return tg.tensor(value, dtype=tg.float64, requires_grad=True)


def values(t: tg.Tensor | None) -> Any:
    assert t is not None
    return t.detach().numpy().tolist()


# The roots of a walk


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_root_given_twice_counts_twice(create_graph: bool) -> None:
    x = leaf([1.0, 2.0])
    weights = [tg.tensor([1.0, 10.0], dtype=tg.float64), tg.tensor([3.0, 5.0], dtype=tg.float64)]
    tg.autograd.backward([x, x], weights, create_graph=create_graph)
    assert values(x.grad) == [4.0, 15.0]
    y = x * 2
    (g,) = tg.autograd.grad([y, y], x, weights, create_graph=create_graph)
    assert values(g) == [8.0, 30.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_walk_starts_in_the_dtype_of_its_roots(create_graph: bool) -> None:
    x = tg.tensor([1.0, 2.0], dtype=tg.float32, requires_grad=True)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.dtype))
    weights = [tg.tensor([1.0, 10.0], dtype=tg.float64)] * 2
    tg.autograd.backward([x, y], weights, create_graph=create_graph)
    assert x.grad is not None and x.grad.dtype == tg.float32 and seen == [tg.float32]
    assert values(x.grad) == [3.0, 30.0]


def test_a_leaf_is_a_root_and_below_one() -> None:
    x = leaf(3.0)
    tg.autograd.backward([x, x * x, x])
    assert values(x.grad) == 8.0


# Into .grad


def test_a_0d_leaf_reached_twice_gets_an_array() -> None:
    x = leaf(2.0)
    (x * 2 + x * 3).backward()
    assert x.grad is not None and type(x.grad._array) is np.ndarray
    assert values(x.grad) == 5.0


def test_add_grad_goes_on_in_the_same_tensor_and_array() -> None:
    x = leaf([1.0, 2.0])
    (x * 3).sum().backward()
    held = x.grad
    assert held is not None
    array, version = held._array, held._version[0]
    (x * 4).sum().backward()
    assert x.grad is held and held._array is array and held._version[0] == version + 1
    assert values(held) == [7.0, 7.0]


def test_add_grad_with_a_graph_keeps_both() -> None:
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    first = x.grad
    (x**4).backward(create_graph=True)
    assert values(first) == 12.0 and values(x.grad) == 44.0
    assert x.grad is not None
    assert values(tg.autograd.grad(x.grad, x)[0]) == 60.0


def test_add_grad_to_one_with_a_graph_leaves_it_as_it_was() -> None:
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    first = x.grad
    (x * 5).backward()
    assert values(first) == 12.0 and values(x.grad) == 17.0


def test_add_grad_to_a_read_only_array_makes_another() -> None:
    x, frozen = leaf([1.0, 2.0]), np.array([10.0, 20.0])
    frozen.flags.writeable = False
    x.grad = wrap(frozen)
    (x * 3).sum().backward()
    assert values(x.grad) == [13.0, 23.0] and frozen.tolist() == [10.0, 20.0]


def test_a_walk_in_which_a_hook_replaces_a_value_that_retains() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    y.retain_grad()
    x.register_hook(lambda g: (y.mul_(2), None)[1])
    (y * 3).sum().backward(create_graph=True)
    assert values(x.grad) == [3.0, 3.0] and y.retains_grad


# Past what leads to no input


def walked(way: str, y: tg.Tensor, x: tg.Tensor) -> Any:
    if way == "grad":
        return values(tg.autograd.grad(y, x)[0])
    y.backward(inputs=[x])
    return values(x.grad)


@pytest.mark.parametrize("way", ["grad", "backward"])
def test_a_walk_passes_by_what_leads_to_no_input(way: str) -> None:
    """No hook there is called, and a kept value that was changed there is no error."""
    x, other = leaf(2.0), leaf(3.0)
    inner = other * 1
    beside = inner * inner
    for t in (other, beside):
        t.register_hook(lambda g: pytest.fail("walked"))
    inner.mul_(5)
    assert walked(way, x * x + beside, x) == 4.0
    assert other.grad is None


@pytest.mark.parametrize("way", ["grad", "backward"])
def test_a_walk_ends_at_its_inputs(way: str) -> None:
    x = leaf(2.0)
    x.register_hook(lambda g: pytest.fail("walked"))
    below = x * 1
    y = below * below
    below.mul_(5)
    assert walked(way, y * y, y) == 8.0
    assert x.grad is None
