"""No layer, no loss and no function of nn.functional is without a proof."""

from __future__ import annotations

from tests.proofs.test_proofs import RECORDS
from tinygrad_kr import nn
from tinygrad_kr.nn import functional as F

NO_DERIVATIVE = {"one_hot": "gives integers"}
LAZY = [name for name in nn.__all__ if name.startswith("Lazy")]
NO_FORWARD = {
    **dict.fromkeys(LAZY, "becomes another layer before it computes"),
    "DataParallel": "calls the module that it holds",
    "Module": "what layers inherit from",
    "ModuleDict": "holds modules, calls none",
    "ModuleList": "holds modules, calls none",
    "Parameter": "a tensor",
    "ParameterDict": "holds parameters, calls none",
    "ParameterList": "holds parameters, calls none",
    "RNNBase": "what RNN, LSTM and GRU inherit from",
    "RNNCellBase": "what their cells inherit from",
}


def proven(kind: str) -> set[str]:
    """The functions (F) or the layers and losses (nn) that have a record."""
    names = [record.name.split(".") for record in RECORDS]
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
