"""softmax, log_softmax, logsumexp: stable over the whole range of a dtype."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.ops.battery import check_parity
from tinygrad_kr import ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import DimError, DTypeError

inf = math.inf


def test_a_constant_added_to_all_changes_nothing() -> None:
    x = np.random.default_rng(0).uniform(-3, 3, (3, 4))
    for shift in (1e3, -1e3):
        for dim in (0, -1):
            moved = wrap(x + shift).softmax(axis=dim)._array
            np.testing.assert_allclose(moved, ops.softmax(x, dim), rtol=1e-9)
            moved = wrap(x + shift).log_softmax(axis=dim)._array
            np.testing.assert_allclose(moved, np.log(ops.softmax(x, dim)), rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_whole_range_is_pytorchs(dtype: str) -> None:
    top = float(np.finfo(dtype).max)
    rows = [
        [1, 2, 3], [0, 0, 0], [top, top, 0], [top, -top, 0], [-top, -top, -top],
        [-inf, 0, 1], [-inf, -inf, -inf], [inf, 0, 1], [math.nan, 0, 1], [-100, 0, 100],
    ]  # fmt: skip
    x = np.array(rows, dtype)
    gradient = dtype != "float16"
    for name in ("softmax", "log_softmax"):
        check_parity(lambda m, t, n=name: getattr(m, n)(t, 1), x, gradient=gradient)
        check_parity(lambda m, t, n=name: getattr(m, n)(t, 0), x[:5], gradient=gradient)
    check_parity(lambda m, t: m.logsumexp(t, 1), x, gradient=gradient)
    check_parity(lambda m, t: m.logsumexp(t, (0, 1), keepdim=True), x[:5], gradient=gradient)


def test_the_logarithm_lives_where_the_softmax_underflows() -> None:
    x = wrap(np.array([0.0, 2000.0]))
    assert ops.softmax(x, 0)._array.tolist() == [0, 1]
    assert ops.log_softmax(x, 0)._array.tolist() == [-2000, 0]
    assert ops.logsumexp(x, 0).item() == 2000


def test_dtypes_and_slips() -> None:
    whole = wrap(np.array([1, 2]))
    for f in (ops.softmax, ops.log_softmax):
        with pytest.raises(DTypeError):
            f(whole, 0)
        assert f(whole, 0, dtype=np.float64).dtype == np.float64
        with pytest.raises(DimError):
            f(wrap(np.ones(2)), 1)
    check_parity(lambda m, t: m.logsumexp(t, 0), np.array([1, 2]))


def test_half_precision_is_computed_in_single() -> None:
    x = np.random.default_rng(0).normal(size=(3, 2000)).astype(np.float16)
    y = ops.softmax(wrap(x), 1)._array
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.astype(np.float64).sum(1), 1, atol=2e-3)
