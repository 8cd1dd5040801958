"""The smaller examples assert their own claims; here they are run."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import tinygrad_kr as tg

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(autouse=True)
def _beside_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))


@pytest.mark.parametrize("name", ["xor_by_hand", "line", "polynomial"])
def test_it_holds_what_it_claims(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    state = tg.get_rng_state()
    importlib.import_module(name).main()
    first = capsys.readouterr().out
    tg.manual_seed(99)
    importlib.import_module(name).main()
    assert capsys.readouterr().out == first != ""
    tg.set_rng_state(state)


def test_the_spiral_and_its_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "spiral.png"
    assert importlib.import_module("spiral").main(["--plot", str(picture)]) == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_the_spiral_names_the_missing_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert importlib.import_module("spiral").main(["--plot", str(tmp_path / "a.png")]) == 2
    assert "tinygrad_kr[viz]" in capsys.readouterr().err
