"""No layer, no loss and no function of nn.functional is without a proof."""

from __future__ import annotations

from tests.proofs import functional, layers
from tinygrad_kr import nn
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import OpRecord

NO_DERIVATIVE = {"one_hot": "gives integers"}
NO_FORWARD = {
    "Module": "what layers inherit from",
    "ModuleDict": "holds modules, calls none",
    "ModuleList": "holds modules, calls none",
    "Parameter": "a tensor",
}


def proven(records: list[OpRecord]) -> set[str]:
    return {record.name.split(".")[1] for record in records}


def test_every_function_is_proven() -> None:
    found = proven(functional.RECORDS)
    assert found.isdisjoint(NO_DERIVATIVE)
    assert found | NO_DERIVATIVE.keys() == set(F.__all__)


def test_every_layer_and_loss_is_proven() -> None:
    found = proven(layers.RECORDS)
    assert found.isdisjoint(NO_FORWARD)
    classes = {name for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    assert found | NO_FORWARD.keys() == classes
