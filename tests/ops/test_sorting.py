"""sort, argsort, topk: values, indices, ties, nan, and where the gradient goes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.ops.battery import check_parity
from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DimError, TinygradKrError

nan, inf = math.nan, math.inf
DTYPES = ["bool", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_equal_values_keep_their_order(dim: int, descending: bool) -> None:
    draws = np.random.default_rng(0).integers(0, 2, (4, 7))
    order = {"dim": dim, "descending": descending, "stable": True}
    for dtype in DTYPES:
        x = draws.astype(dtype)
        check_parity(lambda m, t: m.sort(t, **order), x)
        check_parity(lambda m, t: m.argsort(t, **order), x)


@pytest.mark.parametrize("descending", [False, True])
def test_nan_counts_as_the_largest(descending: bool) -> None:
    x = np.array([[1.0, nan, -inf, inf, nan, 0.0]])
    check_parity(lambda m, t: m.sort(t, 1, descending), x)
    check_parity(lambda m, t: m.topk(t, 3, 1, descending).values, x, gradient=False)


def test_forms_and_numpys_names() -> None:
    x = wrap(np.array([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]]))
    values, indices = x.sort(axis=0, descending=True)
    assert values._array.tolist() == [[4, 6, 5], [3, 1, 2]]
    assert indices._array.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert x.argsort()._array.tolist() == [[1, 2, 0], [0, 2, 1]]
    assert x.topk(2).values._array.tolist() == [[3, 2], [6, 5]]
    assert x.topk(1, axis=0, largest=False).indices._array.tolist() == [[0, 0, 0]]
    assert ops.sort(np.array([2.0, 1.0])).values.tolist() == [1, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda x: x.sort(2), DimError),
        (lambda x: x.argsort(-3), DimError),
        (lambda x: x.topk(4), ArgumentError),
        (lambda x: x.topk(-1), ArgumentError),
        (lambda x: x.topk(1.5), ArgumentError),
    ],
)
def test_slips_are_named_in_two_languages(attempt: Any, error: type[TinygradKrError]) -> None:
    with pytest.raises(error) as caught:
        attempt(wrap(np.ones((2, 3))))
    assert caught.value.korean and caught.value.english
