"""The layers and their functions beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.parity.beside import Drawn
from tests.parity.modules import ModuleSample, compare_initial, compare_module


def linear(m: Drawn) -> ModuleSample:
    ins, outs = m.of(0, 1, 2, 3), m.of(0, 1, 2, 3)
    x = m.floats((*m.shape(0, 2), ins if m.chance(0.9) else 4), m.of("float64", "float32"))
    return {"in_features": ins, "out_features": outs, "bias": m.chance()}, (x,)


MODULES: dict[str, Callable[[Drawn], ModuleSample]] = {"Linear": linear}


@pytest.mark.parametrize("name", MODULES)
def test_module_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare_module(name, MODULES[name], record_property)


@pytest.mark.parametrize(("name", "options"), [("Linear", {"in_features": 40, "out_features": 30})])
def test_initial_values(name: str, options: dict[str, Any]) -> None:
    compare_initial(name, **options)
