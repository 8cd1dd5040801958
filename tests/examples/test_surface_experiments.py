"""The experiments on the book's surface assert their own claims; here the quick ones are run."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg

pytestmark = pytest.mark.usefixtures("runs")
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
START = np.array([-7.0, 2.0])


def run(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    path = str(EXAMPLES / f"{name}.py")
    monkeypatch.setattr(sys, "argv", [path, "--quick"])
    return runpy.run_path(path)


@pytest.mark.parametrize("name", ["optimizer_paths", "gradient_field", "adam_details"])
def test_it_holds_what_it_claims(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], runs: Path
) -> None:
    run(f"ch06_{name}", monkeypatch)
    assert f"ch06_{name}.png" in capsys.readouterr().out
    assert (runs / f"ch06_{name}.png").read_bytes()[:4] == b"\x89PNG"


def test_the_batch_sizes_and_their_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    tg.manual_seed(3)
    losses = run("ch06_batch_sizes", monkeypatch)["losses"]
    assert {size: len(of) for size, of in losses.items()} == {1: 1601, 20: 81, 200: 9}
    tg.manual_seed(4)
    again = run("ch06_batch_sizes", monkeypatch)["losses"]
    assert all(np.array_equal(losses[size], again[size]) for size in losses)


def test_the_race_needs_nothing_but_its_page(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    paths = run("ch06_optimizer_race", monkeypatch)["paths"]
    page = (runs / "ch06_optimizer_race.html").read_text(encoding="utf-8")
    assert len(page) < 100_000
    assert set(re.findall(r"https?://[^\"']+", page)) == {"http://www.w3.org/2000/svg"}
    assert all(f'"name": "{name}"' in page for name in paths)
    assert (runs / "ch06_optimizer_race.gif").read_bytes()[:6] == b"GIF89a"


def test_the_race_of_the_readme() -> None:
    image = pytest.importorskip("PIL.Image")
    path = ROOT / "docs" / "images" / "race.gif"
    assert path.stat().st_size < 500_000
    with image.open(path) as gif:
        assert gif.size[0] == 700 and gif.info["loop"] == 0
        pauses = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            pauses.append(gif.info["duration"])
    assert len(pauses) == 61 and 5_000 <= sum(pauses) <= 8_000


def formula(name: str, steps: int) -> Any:
    """The rules of section 6.1 as plain sums, at the rates of its figure."""
    w, m, h = START, np.zeros(2), np.zeros(2)
    path = [w]
    for t in range(1, steps + 1):
        g = w * [0.1, 2]
        if name == "SGD":
            w = w - 0.95 * g
        elif name in ("Momentum", "Nesterov"):
            m = 0.9 * m - 0.1 * g
            w = w + m if name == "Momentum" else w + 0.9 * m - 0.1 * g
        elif name == "AdaGrad":
            h = h + g * g
            w = w - 1.5 * g / (np.sqrt(h) + 1e-10)
        elif name == "RMSProp":
            h = 0.99 * h + 0.01 * g * g
            w = w - 0.1 * g / (np.sqrt(h) + 1e-8)
        else:
            m, h = 0.9 * m + 0.1 * g, 0.999 * h + 0.001 * g * g
            w = w - 0.3 * (m / (1 - 0.9**t)) / (np.sqrt(h / (1 - 0.999**t)) + 1e-8)
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize("name", ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam"])
def test_a_walk_is_its_formula(name: str) -> None:
    from helpers.surface import WALKERS, walk

    np.testing.assert_allclose(walk(WALKERS[name], 30), formula(name, 30), rtol=0, atol=1e-12)


def test_the_gradient_of_a_whole_grid() -> None:
    from helpers.surface import gradient

    x, y = np.meshgrid(np.linspace(-10, 10, 7), np.linspace(-5, 5, 5))
    dx, dy = gradient(x, y)
    np.testing.assert_allclose(dx, x / 10, rtol=0, atol=1e-15)
    np.testing.assert_allclose(dy, 2 * y, rtol=0, atol=1e-15)
