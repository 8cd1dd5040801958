"""No layer, no loss and no function of nn.functional is without a proof."""

from __future__ import annotations

from tests.proofs import activations_more, functional, layers, losses_more, spatial
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


def proven(kind: str) -> set[str]:
    """The functions (F) or the layers and losses (nn) that have a record."""
    files = functional, layers, spatial, activations_more, losses_more
    records: list[OpRecord] = [record for file in files for record in file.RECORDS]
    names = [record.name.split(".") for record in records]
    return {name[1] for name in names if name[0] == kind}


def test_every_function_is_proven() -> None:
    found = proven("F")
    assert found.isdisjoint(NO_DERIVATIVE)
    assert found | NO_DERIVATIVE.keys() == set(F.__all__)


def test_every_layer_and_loss_is_proven() -> None:
    found = proven("nn")
    assert found.isdisjoint(NO_FORWARD)
    classes = {name for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    assert found | NO_FORWARD.keys() == classes
