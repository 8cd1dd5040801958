"""What the tests of the experiments share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tinygrad_kr as tg

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A place of its own for what experiments write, and every global setting put back."""
    matplotlib = pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from helpers import experiment, places

    place = tmp_path / "examples" / "runs"
    place.mkdir(parents=True)
    for module in (experiment, places):
        monkeypatch.setattr(module, "RUNS", place)
    state, backend = tg.get_rng_state(), matplotlib.get_backend()
    matplotlib.use("agg")
    with matplotlib.rc_context():
        yield place
    matplotlib.pyplot.close("all")
    matplotlib.use(backend)
    tg.set_rng_state(state)
