"""The main job: reproducible, interruptible at any step, and polite about slips."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tinygrad_kr as tg
from tinygrad_kr import optim

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# 300 images in batches of 64: five steps an epoch, the last one short.
SMALL = ["--limit", "300", "--batch-size", "64", "--epochs", "2"]


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.chdir(tmp_path)
    state = tg.get_rng_state()
    yield importlib.import_module("mnist")
    tg.set_rng_state(state)


def run(mnist: Any, capsys: pytest.CaptureFixture[str], *flags: str, code: int = 0) -> str:
    """What the script says, its exit code being ``code``."""
    capsys.readouterr()
    try:
        assert mnist.main([*SMALL, *flags]) == code
    except SystemExit as exit_:
        assert exit_.code == code
    said = capsys.readouterr()
    return said.out + said.err


def weights(said: str) -> str:
    """The fingerprint of the weights in the last line."""
    found = re.search(r"가중치\(weights\) ([0-9a-f]{12})", said)
    assert found, said
    return found[1]


def interrupt_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Press Ctrl-C in the middle of the optimiser's ``step``-th step, between two parameters."""
    plain, count = optim.Adam._update, [0]

    def update(self: Any, *args: Any) -> None:
        plain(self, *args)
        count[0] += 1
        if count[0] == 10 * (step - 1) + 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(optim.Adam, "_update", update)


def is_bilingual(said: str) -> bool:
    return bool(re.search("[가-힣]", said)) and bool(re.search("[a-z]{3,} [a-z]+", said))


def test_the_same_seed_gives_the_same_weights(
    mnist: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, other = (run(mnist, capsys, "--seed", s) for s in ("3", "3", "4"))
    assert weights(first) == weights(second) != weights(other)
    assert first.count("시험 정확도(test accuracy)") == 3


@pytest.mark.parametrize("flags", [["--model", "mlp"], ["--optimizer", "momentum"]])
def test_flags_change_the_result(
    mnist: Any, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    assert weights(run(mnist, capsys, *flags)) != weights(run(mnist, capsys))


@pytest.mark.parametrize("step", [1, 3, 5, 6, 9])
def test_an_interrupted_run_goes_on_bit_for_bit(
    mnist: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """In mid-epoch, at an epoch's last step and at its first."""
    whole = run(mnist, capsys)
    with monkeypatch.context() as patch:
        interrupt_at(patch, step)
        said = run(mnist, capsys, "--save", "a.npz", code=130)
    assert '--resume "a.npz"' in said and is_bilingual(said)
    assert [p.name for p in Path().iterdir()] == ["a.npz"]
    assert tg.load("a.npz")["step"] == step % 5
    tg.manual_seed(99)
    assert weights(run(mnist, capsys, "--resume", "a.npz")) == weights(whole)


def test_without_save_an_interrupted_run_is_kept_in_a_new_file(
    mnist: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    helper = importlib.import_module("helpers.checkpoint")
    monkeypatch.setattr(helper, "RUNS", tmp_path / "runs")
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        said = run(mnist, capsys, code=130)
    (kept,) = (tmp_path / "runs").iterdir()
    assert f'--resume "{kept}"' in said
    assert weights(run(mnist, capsys, "--resume", str(kept))) == weights(run(mnist, capsys))


def test_a_run_killed_between_epochs_goes_on_from_the_last_whole_checkpoint(
    mnist: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(mnist, capsys)
    checkpoint = importlib.import_module("helpers.checkpoint")
    plain = checkpoint.Run.end_epoch

    def end_epoch(self: Any, accuracy: float) -> None:
        if self.epoch == 1:
            raise MemoryError
        plain(self, accuracy)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.Run, "end_epoch", end_epoch)
        with pytest.raises(MemoryError):
            run(mnist, capsys, "--save", "a.npz")
    assert weights(run(mnist, capsys, "--resume", "a.npz")) == weights(whole)
    assert weights(run(mnist, capsys, "--resume", "a.npz")) == weights(whole)  # done already


def test_a_second_ctrl_c_stops_at_once(mnist: Any) -> None:
    console = importlib.import_module("helpers.console")
    with pytest.raises(KeyboardInterrupt), console.Interruption() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "flags",
    [
        ["--lr", "-1"],
        ["--lr", "nan"],
        ["--limit", "0"],
        ["--epochs", "two"],
        ["--batch-size", "1"],
        ["--model", "cnn"],
        ["--data", "nowhere"],
        ["--resume", "nowhere.npz"],
        ["--resume", "notes.txt"],
        ["--resume", "other.npz"],
        ["--save", "notes.txt"],
        ["--save", "nowhere/a.npz"],
        ["--plot", "."],
        ["--plot", "notes.txt"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_a_slip_is_answered_in_two_languages_and_destroys_nothing(
    mnist: Any, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    Path("notes.txt").write_text("precious", encoding="utf-8")
    tg.save({"weight": tg.ones(2)}, "other.npz")
    before = {p.name: p.read_bytes() for p in Path().iterdir()}
    said = run(mnist, capsys, *flags, code=2)
    assert is_bilingual(said), said
    assert {p.name: p.read_bytes() for p in Path().iterdir()} == before


def test_a_checkpoint_of_another_model_is_refused(
    mnist: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(mnist, capsys, "--save", "a.npz")
    before = Path("a.npz").read_bytes()
    said = run(mnist, capsys, "--resume", "a.npz", "--model", "mlp", code=2)
    assert "model=bn" in said and "--model mlp" in said and is_bilingual(said)
    assert Path("a.npz").read_bytes() == before


def test_it_works_without_tqdm(
    mnist: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bar = run(mnist, capsys)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert weights(run(mnist, capsys)) == weights(with_bar)


def test_the_figure(mnist: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        run(mnist, capsys, "--plot", "a.png")
    assert Path("a.png").read_bytes()[:4] == b"\x89PNG"


def test_a_font_of_last_resort_has_no_hangul(mnist: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """matplotlib's own fonts: the one that claims every character draws boxes."""
    manager = pytest.importorskip("matplotlib.font_manager")
    style = importlib.import_module("tinygrad_kr.viz.style")
    own = [f for f in manager.fontManager.ttflist if "mpl-data" in f.fname]
    monkeypatch.setattr(manager.fontManager, "ttflist", own)
    assert own and style.hangul_font.__wrapped__() is None


def test_without_matplotlib_the_extra_is_named(
    mnist: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    said = run(mnist, capsys, "--plot", "a.png", code=2)
    assert 'pip install "tinygrad_kr[viz]"' in said and is_bilingual(said)


def test_help_speaks_two_languages(tmp_path: Path) -> None:
    """As a process of its own, from another folder, into a pipe that knows no Hangul."""
    said = subprocess.run(
        [sys.executable, str(EXAMPLES / "mnist.py"), "--help"],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=True,
    ).stdout.decode("ascii")
    for flag in ("epochs", "batch-size", "lr", "optimizer", "model", "seed", "data", "save",
                 "resume", "plot", "limit"):  # fmt: skip
        assert f"--{flag}" in said
