"""Sampling by a grid beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Drawn, Sample, compare


def sampled(m: Drawn) -> Sample:
    dims = m.of(2, 2, 3)
    batch, sides = m.of(1, 2), [m.of(1, 2, 3, 5) for _ in range(dims)]
    out = [m.of(1, 2, 3) for _ in range(dims)]
    wrong = m.chance(0.1)
    x = m.floats((batch, m.of(1, 2), *sides[: dims - (wrong and m.chance())]))
    grid = m.rng.uniform(-1, 1, (batch + (wrong and m.chance()), *out, dims)) * m.of(0.9, 1.4, 4)
    dtype = m.of("float64", "float64", "float32")
    options: dict[str, Any] = {"align_corners": m.chance()}
    if m.chance(0.9):
        modes = (
            ("bilinear", "nearest", "bicubic") if dims == 2 or wrong else ("bilinear", "nearest")
        )
        options["mode"] = m.of(*modes)
    if m.chance(0.9):
        options["padding_mode"] = m.of("zeros", "border", "reflection", *["ones"] * wrong)
    other = "float32" if wrong and m.chance(0.3) else dtype
    return (x.astype(other), grid.astype(dtype)), options


def affine(m: Drawn) -> Sample:
    dims = m.of(2, 3)
    batch = m.of(1, 2)
    wrong = m.chance(0.1)
    theta = m.floats((batch + wrong, dims, dims + 1), m.of("float64", "float32"))
    size = (batch, 2, *(m.of(1, 2, 3, 4, *[0] * wrong) for _ in range(dims)))
    return (np.round(theta) if m.chance(0.1) else theta, size), {"align_corners": m.chance()}


SAMPLERS = {"nn.functional.grid_sample": sampled, "nn.functional.affine_grid": affine}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SAMPLERS)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(name, SAMPLERS[name], record_property)
