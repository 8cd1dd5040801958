"""The rarer reductions: where gradients go at ties and edges, what counting finds, refusals."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.errors import (
    ArgumentError,
    DimError,
    DTypeError,
    InplaceError,
    ShapeError,
    TinygradKrError,
)

T = tg.tensor


@pytest.mark.parametrize(
    ("f", "values", "expected"),
    [
        (lambda x: tg.nansum(x), [1, nan], [1, 0]),
        (lambda x: tg.nanmean(x), [nan, nan], [nan, nan]),
        (lambda x: tg.nanmedian(x), [1, 1, nan], [0.5, 0.5, 0]),
        (lambda x: tg.nanmedian(x), [nan, nan], [0.5, 0.5]),
        (lambda x: tg.nanmedian(x, 0).values, [1, 1, 2], [0, 1, 0]),
        (lambda x: tg.aminmax(x).max, [2, 1, 2], [0.5, 0, 0.5]),
        (lambda x: tg.mode(x).values, [3, 1, 3], [0, 0, 1]),
        (lambda x: tg.cummax(x, 0).values.sum(), [2, 2, 1], [1, 2, 0]),
        (lambda x: tg.quantile(x, 0.25), [0, 1, 9], [0.5, 0.5, 0]),
        (lambda x: tg.quantile(x, 0.25), [0, nan, 9], [0, 1, 0]),
        (lambda x: tg.nanquantile(x, 0.5), [nan, 1, 9], [0, 0.5, 0.5]),
        (lambda x: tg.logcumsumexp(x, 0)[-1], [-inf, 0, 0], [nan, 0.5, 0.5]),
        (lambda x: tg.cdist(x[None], x[None].detach()), [3, 4], [0, 0]),
        (lambda x: tg.cdist(x[:, None], T([[1.0]]), 1).sum(), [1, 3], [0, 1]),
        (lambda x: tg.cdist(x[:, None], T([[1.0]]), 0).sum(), [1, 3], [0, 0]),
        (lambda x: tg.cdist(x[None], x[None].detach(), compute_mode="use_mm_for_euclid_dist"),
         [3, 4], [0, 0]),
        (lambda x: tg.cdist(x[None], T([[0.0, 0.0]]), compute_mode="use_mm_for_euclid_dist"),
         [0, 1], [0, 1]),
        (lambda x: tg.unique(x).sum(), [2, 1, 2], [1, 1, 0]),
    ],
)  # fmt: skip
def test_conventions(f: Any, values: list[float], expected: list[float]) -> None:
    """Where a gradient goes at ties, at nan and at zeros."""
    x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(f(x).sum(), x)
    np.testing.assert_allclose(g.numpy(), expected)


def test_the_second_derivative_of_the_distance_of_equal_rows_is_0() -> None:
    x, v = T([[3.0, 4.0]], requires_grad=True), T([[1.0]], requires_grad=True)
    y = tg.cdist(x, x.detach(), compute_mode="use_mm_for_euclid_dist")
    (slope,) = tg.autograd.grad(y, x, v, create_graph=True)
    by_x, by_v = tg.autograd.grad(slope.sum(), (x, v))
    assert by_x.tolist() == [[0, 0]] and by_v.tolist() == [[0]]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: tg.bincount(T([1, 1, 3]), T([0.5, 1.0, 2.0])), [0, 1.5, 0, 2]),
        (lambda: tg.histc(T([0.0, 1.0, 2.0, 9.0]), 2, 0, 2), [1, 2]),
        (lambda: tg.histc(T([1.0, 1.0]), 2), [0, 2]),
        (lambda: tg.histogram(T([0.0, 1.0, 2.0]), T([0.0, 1.0, 2.0])).hist, [1, 2]),
        (lambda: tg.histogram(T([0.0, 4.0]), 2, density=True).hist, [0.25, 0.25]),
        (lambda: tg.histogram(T([3.0]), 2).bin_edges, [2.5, 3, 3.5]),
        (lambda: tg.unique(T([[2, 1], [1, 2], [2, 1]]), dim=0), [[1, 2], [2, 1]]),
        (lambda: tg.unique(T([[1, 3], [1, 2]]), dim=0), [[1, 2], [1, 3]]),
        (lambda: tg.unique(T([3, 1, 3]), return_inverse=True)[1], [1, 0, 1]),
        (lambda: tg.unique_consecutive(T([1, 1, 2, 1])), [1, 2, 1]),
        (lambda: tg.unique_consecutive(T([1, 1, 2]), return_counts=True)[1], [2, 1]),
        (lambda: tg.nonzero(T([0, 5, 7]), as_tuple=True)[0], [1, 2]),
        (lambda: tg.argwhere(T([[0, 5], [7, 0]])), [[0, 1], [1, 0]]),
        (lambda: tg.searchsorted(T([[1, 3], [0, 5]]), T([[3, 4], [5, 0]])), [[1, 2], [1, 0]]),
        (lambda: tg.searchsorted(T([3, 1]), T([2, 3]), sorter=T([1, 0]), right=True), [1, 2]),
        (lambda: tg.bucketize(T([0, 1, 2]), T([1, 2])), [0, 0, 1]),
        (lambda: tg.isin(T([1, 2]), 2, invert=True), [True, False]),
        (lambda: tg.diff(T([True, False, False])), [True, False]),
        (lambda: tg.mode(T([2, 1, 1, 2])).indices, 2),
        (lambda: tg.all(T([[1, 0]]), ()), [[True, False]]),
        (lambda: tg.norm(T([0.0, nan, 3.0]), 0), 2),
    ],
)
def test_what_is_found(found: Callable[[], Any], expected: Any) -> None:
    np.testing.assert_array_equal(found().numpy(), expected)


def test_in_place_and_into() -> None:
    x = T([[1.0, 2.0], [3.0, 4.0]])
    assert x.cumsum_(0) is x and x.tolist() == [[1, 2], [4, 6]]
    assert x.cumprod_(1).tolist() == [[1, 2], [4, 24]]
    assert tg.norm(x.renorm_(1, 0, 2.0), 1, 1).tolist() == pytest.approx([2, 2])
    values, indices = tg.empty(0), tg.empty(0, dtype=tg.int64)
    tg.cummax(T([1.0, 3.0, 2.0]), 0, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([1, 3, 3], [0, 1, 1])
    with pytest.raises(InplaceError):
        T([1.0], requires_grad=True).cumsum_(0)


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda x: tg.bincount(x), DTypeError),
        (lambda x: tg.bincount(T([-1])), ArgumentError),
        (lambda x: tg.bincount(T([1]), x), ShapeError),
        (lambda x: tg.histc(x, 0), ArgumentError),
        (lambda x: tg.histc(x, 2, 1, 0), ArgumentError),
        (lambda x: tg.histc(x * inf), ArgumentError),
        (lambda x: tg.histogram(x, T([1.0])), ArgumentError),
        (lambda x: tg.histogram(x, 0), ArgumentError),
        (lambda x: tg.histogram(x, 2, weight=T([1.0])), ShapeError),
        (lambda x: tg.unique(x[:, :0], dim=0), DimError),
        (lambda x: tg.searchsorted(x, T([1.0])), ShapeError),
        (lambda x: tg.searchsorted(T([1.0]), x, side="up"), ArgumentError),
        (lambda x: tg.bucketize(x, x), ShapeError),
        (lambda x: tg.nanmean(x > 1), DTypeError),
        (lambda x: tg.norm(x[:0], -1), DimError),
        (lambda x: x[:, :0].argmax(), IndexError),
        (lambda x: x.topk(5), RuntimeError),
        (lambda x: x.sum((0, 0)), RuntimeError),
    ],
)
def test_slips_are_named_in_two_languages(attempt: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        attempt(tg.ones(2, 3))
    assert isinstance(caught.value, TinygradKrError)
    assert any("가" <= c <= "힣" for c in caught.value.korean) and caught.value.english.isascii()
