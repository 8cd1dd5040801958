"""Rarer ways of making tensors beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

import tinygrad_kr as tg
from tests.parity.beside import Drawn, Sample, compare
from tinygrad_kr.errors import ArgumentError


def ranged(m: Drawn) -> Sample:
    numbers = [m.of(0, 1, -2, 5, 0.5, -1.5), m.of(4, 3, -3, 0, 2.25, 7.5)]
    step = m.of(1, 2, -1, 0.5, 0.3, -0.25, *[0] * m.chance(0.2))
    options = {"dtype": np.dtype(m.of("float64", "int64", "float32"))} if m.chance(0.3) else {}
    if options.get("dtype") == np.int64:  # PyTorch divides by a step that is 0 when rounded
        numbers, step = [int(n) for n in numbers], int(step) or 1
    return (*numbers, step), options


def vander(m: Drawn) -> Sample:
    # A column of ones alone needs a gradient here, of zeros; in PyTorch it needs none.
    x = m.array((m.of(2, 3, 4),) if m.chance(0.95) else (2, 2))
    if x.dtype == bool:
        x = x.astype("int64")
    options = {"N": m.of(2, 3, 5)} if m.chance() else {}
    return (x,), {**options, "increasing": m.chance()}


def buffered(m: Drawn) -> Sample:
    dtype = m.of("uint8", "int32", "float32", "int16", "bool")
    data = bytearray(m.integers((m.of(4, 8, 16),), "uint8", 0, 2).tobytes())
    options = {"count": m.of(-1, 1, 2, 9)} if m.chance(0.4) else {}
    return (data,), {"dtype": np.dtype(dtype), "offset": m.of(0, 0, 4, 1), **options}


SAMPLERS = {"range": ranged, "vander": vander, "frombuffer": buffered}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SAMPLERS)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(name, SAMPLERS[name], record_property)


def test_asarray() -> None:
    a = np.arange(3.0)
    for lib in (tg, torch):
        shared, own = lib.asarray(a), lib.asarray(a, copy=True)
        assert np.shares_memory(shared.numpy(), a)
        assert not np.shares_memory(own.numpy(), a)
        assert lib.asarray([1, 2.5]).dtype == lib.float32
        assert lib.asarray(2).shape == ()
        t = lib.ones(2, requires_grad=True)
        assert lib.asarray(t) is t
        assert (2 * t).requires_grad and not lib.asarray(2 * t, requires_grad=False).requires_grad
        assert lib.asarray(t, copy=True).grad_fn is not None
        assert lib.asarray(t).data_ptr() == t.data_ptr()
        assert lib.asarray(a, dtype=lib.float32, requires_grad=True).requires_grad
        for data, dtype in ((a, lib.float32), ([1.0], None)):
            with pytest.raises(ValueError):
                lib.asarray(data, dtype=dtype, copy=False)


def test_cauchy() -> None:
    tg.manual_seed(0)
    x = tg.empty(4001).cauchy_(2.0, 3.0).numpy()
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
    np.testing.assert_allclose([low, middle, high], [-1, 2, 5], atol=0.4)
    with pytest.raises(ArgumentError):
        tg.asarray([1], copy=False)
