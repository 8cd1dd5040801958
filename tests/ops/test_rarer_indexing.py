"""The rarer ways of drawing, and what overlapping windows refuse: contracts without a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.errors import ArgumentError, DTypeError, InplaceError, ShapeError
from tinygrad_kr.tensor import Tensor

GENERATOR = tg.Generator().manual_seed(6)
MANY = 4000


def near(found: Tensor, expected: Any, spread: float) -> None:
    """The mean over the first dimension, within five of its standard errors."""
    error = np.abs(found.double().mean(0).numpy() - expected)
    assert (error < 5 * spread / np.sqrt(MANY)).all(), error


def test_draws_have_their_means() -> None:
    p = tg.tensor([0.0, 0.25, 1.0]).expand(MANY, 3)
    near(tg.bernoulli(p, generator=GENERATOR), [0, 0.25, 1], 0.5)
    near(p.bernoulli(0.5, generator=GENERATOR), [0.5] * 3, 0.5)
    near(tg.normal(4 * p, 2 * p, generator=GENERATOR), [0, 1, 4], 2)
    near(tg.normal(1.0, 2.0, (MANY,), generator=GENERATOR), 1, 2)
    near(tg.poisson(4 * p, GENERATOR), [0, 1, 4], 2)
    near(tg.randint_like(p, 2, 5, generator=GENERATOR), [3] * 3, 1)
    near(tg.empty(MANY).exponential_(2.0, generator=GENERATOR), 0.5, 0.5)
    near(tg.empty(MANY).geometric_(0.5, generator=GENERATOR), 2, 1.5)
    near(tg.empty(MANY).log_normal_(0.0, 1.0, generator=GENERATOR).log(), 0, 1)
    near(tg.empty(MANY).long().random_(3, 6, generator=GENERATOR), 4, 1)
    near(tg.empty(MANY).double().random_(generator=GENERATOR) / 2**53, 0.5, 0.3)
    near(tg.empty(MANY).bool().random_(generator=GENERATOR), 0.5, 0.5)
    assert tg.normal(p.double(), 1.0).dtype == tg.float64


@pytest.mark.parametrize("replacement", [True, False])
def test_multinomial_draws_in_proportion(replacement: bool) -> None:
    weights = tg.tensor([1.0, 0.0, 3.0, 4.0]).expand(MANY, 4)
    drawn = tg.multinomial(weights, 2, replacement, generator=GENERATOR)
    assert (drawn.shape, drawn.dtype) == ((MANY, 2), tg.int64)
    for i, share in enumerate([1 / 8, 0, 3 / 8, 4 / 8]):
        near(drawn[:, 0] == i, share, 0.5)
    # The second: as the first with replacement, else of what the first left.
    near(drawn[:, 1] == 0, 1 / 8 if replacement else 3 / 8 * 1 / 5 + 4 / 8 * 1 / 4, 0.5)
    assert bool((drawn[:, 0] != drawn[:, 1]).all()) != replacement


X = tg.ones(2, 3)
REFUSED: list[tuple[type[Exception], Callable[[], Any]]] = [
    (ArgumentError, lambda: tg.bernoulli(2 * X)),
    (DTypeError, lambda: tg.bernoulli(X.long())),
    (ArgumentError, lambda: tg.normal(X, -X)),
    (ArgumentError, lambda: tg.normal(0.0, 1.0)),
    (ArgumentError, lambda: tg.poisson(-X)),
    (ArgumentError, lambda: tg.multinomial(X, 4)),
    (ArgumentError, lambda: tg.multinomial(X, 0)),
    (ArgumentError, lambda: tg.multinomial(X[0, 0], 1)),
    (ArgumentError, lambda: tg.multinomial(X[:, :0], 1)),
    (ArgumentError, lambda: tg.multinomial(0 * X, 1)),
    (ArgumentError, lambda: tg.multinomial(X / 0, 1)),
    (ArgumentError, lambda: X.clone().random_(3, 3)),
    (ArgumentError, lambda: tg.unravel_index(tg.tensor([6]), (2, 3))),
    (DTypeError, lambda: tg.tril_indices(2, 2, dtype=tg.float32)),
    (ShapeError, lambda: tg.triu_indices(-1, 2)),
]


@pytest.mark.parametrize(("error", "draw"), REFUSED)
def test_refusals(error: type[Exception], draw: Callable[[], Any]) -> None:
    with pytest.raises(error):
        draw()


def test_windows_share_memory_and_refuse_writing_where_they_overlap() -> None:
    base = tg.arange(6.0)
    apart, over = base.unfold(0, 2, 2), base.unfold(0, 2, 1)
    apart[0, 1] = 10
    assert base[1] == over[1, 0] == 10
    with pytest.raises(InplaceError):
        over[0, 0] = 1
    with pytest.raises(InplaceError):
        base.as_strided((2, 2), (1, 1)).zero_()


def test_a_write_through_a_window_reaches_the_graph() -> None:
    x = tg.arange(4.0).requires_grad_()
    y = x * 1
    y.unfold(0, 2, 2)[1].mul_(3)
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1, 3, 3]


def test_windows_of_what_is_turned_are_views() -> None:
    x = tg.arange(12.0).reshape(3, 4)
    x[1:].T.unfold(0, 2, 2).zero_()
    assert x.sum() == 6


@pytest.mark.parametrize(
    ("reduce", "at", "from_", "by_x", "by_src"),
    [
        # A lone 0 has the product of the others; two of one place have nothing.
        ("prod", [2, 5, 0], [0, 3, 4, 0], [0, 40, 0], [6, 0, 50, 0]),
        ("prod", [2, 5, 0], [0, 0, 0, 7], [0, 0, 700], [0, 0, 50, 0]),
        ("prod", [0, 1, 0], [2, 3, 0, 7], [6, 0, 700], [0, 0, 10, 0]),
        ("amax", [1, 2, 9], [1, 1, 3, 4], [1 / 3, 0, 100], [1 / 3, 1 / 3, 10, 0]),
        ("amin", [1, 2, 9], [1, 0, 3, 9], [0, 10, 50], [0, 1, 0, 50]),
    ],
)
def test_gradients_of_scattered_zeros_and_ties(
    reduce: str, at: list[float], from_: list[float], by_x: list[float], by_src: list[float]
) -> None:
    x, src = (tg.tensor(v, dtype=tg.float64, requires_grad=True) for v in ([*at, 4], from_))
    y = tg.scatter_reduce(x, 0, tg.tensor([0, 0, 1, 2]), src, reduce)
    y.backward(tg.tensor([1.0, 10.0, 100.0, 0.0], dtype=tg.float64))
    assert x.grad.tolist() == [*by_x, 0] and src.grad.tolist() == by_src
