"""The experiments of sections 6.4 and 6.5: the quickest is run, and what they share is tested."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import nn, optim

pytestmark = pytest.mark.usefixtures("runs")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_decoupled_decay_holds_what_it_claims(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], runs: Path
) -> None:
    path = str(EXAMPLES / "ch06_decoupled_decay.py")
    monkeypatch.setattr(sys, "argv", [path, "--quick"])
    runpy.run_path(path)
    assert "ch06_decoupled_decay.png" in capsys.readouterr().out
    assert (runs / "ch06_decoupled_decay.png").read_bytes()[:4] == b"\x89PNG"


def test_a_model_is_measured_as_it_evaluates() -> None:
    """Two right of three, and the loss of the scores by hand; dropout does not stir."""
    from helpers.small_data import measure

    model = nn.Sequential(nn.Dropout(0.5))
    scores = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]])
    right, loss = measure(model, tg.tensor(scores), tg.tensor([0, 1, 1]))
    assert right == pytest.approx(2 / 3)
    by_hand = np.log(np.exp(scores).sum(1)) - scores[[0, 1, 2], [0, 1, 1]]
    assert loss == pytest.approx(by_hand.mean())


def test_the_curves_of_a_run() -> None:
    """Two steps an epoch on the first pair of the data; the second pair is only measured."""
    from helpers.small_data import learn, measure

    model = nn.Linear(2, 3)
    data = tg.randn(200, 2), tg.randint(3, (200,)), tg.randn(50, 2), tg.randint(3, (50,))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    curves = learn(model, optimizer, data, epochs=8, every=3)
    assert curves.epoch.tolist() == [0, 3, 6]
    assert optimizer.state[model.weight]["step"] == 16
    frozen = learn(model, optim.SGD(model.parameters(), lr=0.0), data, epochs=1)
    assert (frozen.train[0], frozen.train_loss[0]) == measure(model, *data[:2])
    assert (frozen.test[0], frozen.test_loss[0]) == measure(model, *data[2:])
    assert curves.gap == curves.train[-1] - curves.test[-1]
