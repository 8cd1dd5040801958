"""The core's functions beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.parity.beside import Drawn, Sample, compare


def two(m: Drawn) -> Sample:
    shape = m.shape()
    return (m.array(shape), m.array(m.broadcastable(shape))), {}


SAMPLES: dict[str, Callable[[Drawn], Sample]] = {
    "logaddexp": two,
    "mul": two,
    "sum": lambda m: ((x := m.array(m.shape(1)), m.dim(x.ndim)), {"keepdim": m.chance()}),
}

WIDER = {"logaddexp": "of integers too"}


@pytest.mark.parametrize("name", SAMPLES)
def test_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(name, SAMPLES[name], record_property, wider=WIDER.get(name, ""))
