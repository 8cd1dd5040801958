"""The figure of a search, and the example that hands its objective to Optuna."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tinygrad_kr as tg
from tinygrad_kr import tune
from tinygrad_kr.errors import ArgumentError

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def viz() -> Iterator[Any]:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield importlib.import_module("tinygrad_kr.viz")
    pyplot.close("all")


def objective(params: dict[str, Any], seed: int) -> float:
    if params["hidden"] == 3:
        raise ValueError("three")
    return params["lr"] * params["hidden"]


SPACE = {
    "lr": tune.LogUniform(1e-6, 1e-2),
    "hidden": tune.Integer(1, 3),
    "act": tune.Choice("relu", None),
    "decay": tune.Uniform(-1, 1),
}


def test_each_axes_shows_all_trials_where_they_are(viz: Any) -> None:
    search = tune.RandomSearch(objective, SPACE)
    made = [search.run(20)]
    search.narrow(0.5)
    made.append(search.run(10))
    figure = viz.trials(search)
    axes = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_xlabel() for ax in axes] == list(SPACE)
    assert [ax.get_xscale() for ax in axes] == ["log", "linear", "linear", "linear"]
    assert [label.get_text() for label in axes[2].get_xticklabels()] == ["relu", "None"]
    for ax, name in zip(axes, SPACE, strict=True):
        rounds = [points.get_offsets() for points in ax.collections]
        for trials, points in zip(made, rounds, strict=True):
            done = [t for t in trials if t.done]
            x = [t.params[name] if name != "act" else int(t.params[name] is None) for t in done]
            assert points.tolist() == [[a, t.score] for a, t in zip(x, done, strict=True)]
        crosses = ax.lines[0].get_xdata()
        assert len(crosses) == sum(not t.done for t in search.trials) > 0
        assert ax.get_xlim()[0] < min(crosses) <= max(crosses) < ax.get_xlim()[1]
    texts = axes[2].get_legend().get_texts()
    assert [t.get_text() for t in texts] == [
        viz.say("1회차", "round 1"),
        viz.say("2회차", "round 2"),
        viz.say("실패", "failed"),
    ]


def test_it_draws_where_it_is_told(viz: Any) -> None:
    search = tune.RandomSearch(lambda params, seed: 1.0, {"lr": SPACE["lr"]})
    search.run(1)
    figure = importlib.import_module("matplotlib.figure").Figure()
    assert viz.trials(search, fig=figure) is figure and len(figure.axes) == 1


def test_a_search_of_failures_alone_can_be_drawn(viz: Any) -> None:
    search = tune.RandomSearch(lambda params, seed: float("nan"), SPACE)
    search.run(3)
    assert len(viz.trials(search).axes[0].lines[0].get_xdata()) == 3


@pytest.mark.parametrize(
    "search",
    [None, [1.0], tune.RandomSearch(objective, SPACE)],
    ids=("None", "list", "not run"),
)
def test_what_is_no_search_or_has_not_run_is_refused(viz: Any, search: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        viz.trials(search)
    korean, english = str(caught.value).splitlines()
    assert any("가" <= c <= "힣" for c in korean) and english.isascii()


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    state = tg.get_rng_state()
    yield importlib.import_module("optuna_search")
    tg.set_rng_state(state)


def test_the_objective_is_one_for_both(example: Any) -> None:
    """What it learns depends on its arguments alone; a stand-in for Optuna gets every range."""
    search = tune.RandomSearch(example.objective, example.SPACE)
    (first,) = search.run(1)
    assert example.objective(first.params, 0) == first.score
    asked: list[Any] = []

    class FakeTrial:
        def suggest_float(self, name: str, low: float, high: float, log: bool = False) -> float:
            asked.append((name, low, high, log))
            return first.params[name]

        def suggest_int(self, name: str, low: int, high: int) -> int:
            asked.append((name, low, high))
            return first.params[name]

        def suggest_categorical(self, name: str, options: tuple[Any, ...]) -> Any:
            asked.append((name, options))
            return first.params[name]

    assert example.suggest(FakeTrial()) == first.params
    assert asked == [
        ("lr", 1e-5, 1.0, True),
        ("momentum", 0.0, 0.99, False),
        ("hidden", 2, 64),
        ("act", ("ReLU", "Tanh", "Sigmoid")),
    ]


def test_without_optuna_it_says_what_to_install(
    example: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert example.main([]) == 2
    korean, english = capsys.readouterr().err.splitlines()
    assert "Optuna가 필요합니다" in korean and "pip install optuna" in english


def test_optuna_searches_in_two_processes(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    for total in (4, 8):  # the second run goes on with the study of the first
        command = [sys.executable, EXAMPLES / "optuna_search.py", "--trials", "2"]
        run = subprocess.run(
            [*command, "--journal", tmp_path / "a.log"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        assert f"Optuna({total}번, trials)" in run.stdout.decode("utf-8")
