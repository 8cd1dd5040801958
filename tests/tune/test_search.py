"""The search: what it draws, what it thinks best, how it takes failures and slips."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import tune
from tinygrad_kr.errors import ArgumentError, HyperparameterError, TinygradKrError

SPACE = {
    "lr": tune.LogUniform(1e-6, 1e-2),
    "momentum": tune.Uniform(0, 1),
    "hidden": tune.Integer(50, 200),
    "act": tune.Choice("relu", "tanh"),
}


def peak(params: dict[str, Any], seed: int) -> float:
    """Highest at lr 1e-3, momentum .9."""
    return -abs(math.log10(params["lr"]) + 3) - abs(params["momentum"] - 0.9)


def is_bilingual(error: TinygradKrError) -> bool:
    korean, english = str(error).splitlines()
    return any("가" <= c <= "힣" for c in korean) and not any("가" <= c <= "힣" for c in english)


@given(st.integers(0, 2**70), st.integers(1, 6), st.integers(1, 6))
def test_a_trial_depends_on_seed_round_and_number_alone(seed: int, first: int, then: int) -> None:
    at_once, in_parts = (tune.RandomSearch(peak, SPACE, seed=seed) for _ in range(2))
    at_once.run(first + then)
    in_parts.run(first)
    np.random.default_rng(0).random()
    in_parts.run(then)
    backwards = tune.RandomSearch(peak, dict(reversed(SPACE.items())), seed=seed)
    backwards.run(first + then)
    drawn = [t.params for t in at_once.trials]
    assert drawn == [t.params for t in in_parts.trials] == [t.params for t in backwards.trials]
    assert [t.number for t in in_parts.trials] == list(range(1, first + then + 1))


def test_other_seeds_rounds_and_numbers_draw_otherwise() -> None:
    draws = set()
    for seed in (0, 1):
        search = tune.RandomSearch(peak, SPACE, seed=seed)
        for _ in range(2):
            ends: Any = search.space["momentum"]
            drawn = np.array([t.params["momentum"] for t in search.run(20)])
            draws |= set(((drawn - ends.low) / (ends.high - ends.low)).round(6).tolist())
            search.narrow(1.0)
    assert len(draws) == 80


def test_numpys_global_state_and_the_default_generator_are_left_alone() -> None:
    before, ours = np.random.get_state()[1].tolist(), tg.get_rng_state()  # type: ignore[index]
    search = tune.RandomSearch(peak, SPACE)
    search.run(5)
    search.narrow()
    search.run(5)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]
    assert (tg.get_rng_state() == ours).all()


@given(st.integers(0, 1000), st.integers(2, 30), st.floats(0, 1, exclude_min=True), st.booleans())
def test_a_narrowed_round_spans_the_best_and_stays_inside(
    seed: int, trials: int, best: float, maximize: bool
) -> None:
    search = tune.RandomSearch(peak, SPACE, seed=seed, maximize=maximize)
    made = search.run(trials)
    narrowed = search.narrow(best)
    kept = sorted(made, key=lambda t: -t.score if maximize else t.score)
    kept = kept[: max(2, round(best * trials))]
    for name in ("lr", "momentum"):
        values = [t.params[name] for t in kept]
        ends: Any = narrowed[name]
        assert (ends.low, ends.high) == (min(values), max(values))
    assert narrowed["act"] in [tune.Choice(*o) for o in (("relu",), ("tanh",), ("relu", "tanh"))]
    for trial in search.run(5):
        ends = narrowed["lr"]
        assert ends.low <= trial.params["lr"] <= ends.high
        assert 50 <= trial.params["hidden"] <= 200 and type(trial.params["hidden"]) is int
        assert trial.round == 2
    assert search.narrow(best) == search.space == search.spaces[2]


def test_four_steps_find_the_peak() -> None:
    search = tune.RandomSearch(peak, SPACE)
    medians = []
    for _ in range(4):
        medians.append(np.median([t.score for t in search.run(30)]))
        search.narrow()
    assert medians == sorted(medians)
    assert search.best.score == max(t.score for t in search.trials) > -0.1
    assert search.best.params["lr"] == pytest.approx(1e-3, rel=0.2)


def test_the_objective_gets_its_seeds_and_a_dict_of_its_own() -> None:
    met: list[int] = []

    def objective(params: dict[str, Any], seed: int) -> float:
        met.append(seed)
        params.clear()
        return float(seed)

    search = tune.RandomSearch(objective, SPACE, seeds=3, seed=7)
    first, second = search.run(2)
    assert met == [7, 8, 9] * 2
    assert first.scores == second.scores == [7.0, 8.0, 9.0] and first.score == 8
    assert set(first.params) == set(SPACE)
    assert "8.0000 ± 1.0000" in search.table()


def test_any_real_number_is_a_score() -> None:
    answers: list[Any] = [1, np.float32(0.5), tg.tensor(0.25), np.array(2)]
    search = tune.RandomSearch(lambda params, seed: answers.pop(), SPACE)
    assert [t.score for t in search.run(4)] == [2.0, 0.25, 0.5, 1.0]


@pytest.mark.parametrize("answer", [None, "good", 1j, [1.0, 2.0], 10**400])
def test_an_objective_without_a_score_is_a_slip_not_a_trial(answer: Any) -> None:
    search = tune.RandomSearch(lambda params, seed: answer, SPACE)
    with pytest.raises(ArgumentError) as caught:
        search.run(1)
    assert is_bilingual(caught.value) and search.trials == []


def troubled(params: dict[str, Any], seed: int) -> float:
    """Raises above momentum .8, diverges above .6."""
    if params["momentum"] > 0.8:
        raise FloatingPointError("터졌다\nburst | here")
    return math.nan if params["momentum"] > 0.6 else params["momentum"]


@pytest.mark.parametrize("maximize", [True, False])
def test_failures_are_recorded_and_ranked_last(maximize: bool) -> None:
    search = tune.RandomSearch(troubled, SPACE, maximize=maximize)
    search.run(40)
    states = [t.state for t in search.ranked]
    assert states.count("done") > 10 and states.count("diverged") > 2 < states.count("raised")
    assert "done" not in states[states.count("done") :]
    scores = [t.score for t in search.ranked if t.done]
    assert scores == sorted(scores, reverse=maximize) and search.best.score == scores[0]
    for trial in search.trials:
        if trial.state == "raised":
            assert trial.message == "FloatingPointError: 터졌다 burst | here"
            assert trial.scores == [] and math.isnan(trial.score)
        if trial.state == "diverged":
            assert trial.message == "nan" and trial.scores == [None]
    ends: Any = search.narrow(0.5)["momentum"]
    half = scores[: round(len(scores) / 2)]
    assert (ends.low, ends.high) == (min(half), max(half))


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_infinity_is_no_score_either(score: float) -> None:
    search = tune.RandomSearch(lambda params, seed: score, SPACE)
    (trial,) = search.run(1)
    assert trial.state == "diverged" and trial.message == str(score)


def test_the_first_seed_that_fails_ends_its_trial() -> None:
    search = tune.RandomSearch(lambda params, seed: 1 / (1 - seed), SPACE, seeds=3)
    (trial,) = search.run(1)
    assert trial.state == "raised" and trial.scores == [1.0] and math.isnan(trial.score)


def test_ctrl_c_passes_through_and_keeps_what_was_done() -> None:
    def objective(params: dict[str, Any], seed: int) -> float:
        if len(search.trials) == 2:
            raise KeyboardInterrupt
        return 1.0

    search = tune.RandomSearch(objective, SPACE)
    with pytest.raises(KeyboardInterrupt):
        search.run(5)
    assert len(search.trials) == 2


@pytest.mark.parametrize("ask", [lambda s: s.best, lambda s: s.narrow()], ids=["best", "narrow"])
def test_where_nothing_ended_well_it_is_said(ask: Callable[[Any], Any]) -> None:
    search = tune.RandomSearch(lambda params, seed: {}["lr "], SPACE)
    with pytest.raises(HyperparameterError) as caught:
        ask(search)
    assert is_bilingual(caught.value)
    search.run(3)
    with pytest.raises(HyperparameterError, match="KeyError: 'lr '") as caught:
        ask(search)
    assert is_bilingual(caught.value) and len(search.spaces) == 1


def test_one_good_trial_is_a_best_but_no_range() -> None:
    search = tune.RandomSearch(peak, SPACE)
    search.run(1)
    assert search.best is search.trials[0]
    with pytest.raises(HyperparameterError):
        search.narrow()
    search.run(1)
    search.narrow(0.01)
    with pytest.raises(HyperparameterError):  # the new round has no trial yet
        search.narrow()


@pytest.mark.parametrize(
    "slip",
    [
        {"objective": "accuracy"},
        {"space": {}},
        {"space": None},
        {"space": {"lr": (1e-6, 1e-2)}},
        {"space": {1: tune.Uniform(0, 1)}},
        {"maximize": 1},
        {"seeds": 0},
        {"seeds": 1.5},
        {"seed": -1},
        {"seed": True},
    ],
    ids=str,
)
def test_what_cannot_be_searched_is_refused(slip: dict[str, Any], tmp_path: Any) -> None:
    given = {"objective": peak, "space": SPACE, "record": tmp_path / "a.jsonl"} | slip
    with pytest.raises((ArgumentError, HyperparameterError)) as caught:
        tune.RandomSearch(**given)
    assert is_bilingual(caught.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["run", "narrow", "table"])
@pytest.mark.parametrize("value", [0, -1, math.nan, "3", None, True])
def test_counts_and_fractions_are_checked_before_anything_happens(name: str, value: Any) -> None:
    search = tune.RandomSearch(peak, SPACE)
    search.run(3)
    with pytest.raises((ArgumentError, HyperparameterError)) as caught:
        getattr(search, name)(value)
    assert is_bilingual(caught.value)
    assert len(search.trials) == 3 and len(search.spaces) == 1


def test_the_table_is_markdown() -> None:
    space = {"a|b": tune.Choice("x|y"), "lr": tune.LogUniform(1e-6, 1e-2)}
    search = tune.RandomSearch(lambda params, seed: params["lr"], space)
    search.run(4)
    search.narrow()
    search.run(1)
    heads, rule, *rows = search.table(best=3).splitlines()
    assert r"| a\|b | lr |" in heads and rule == "|" + " ---: |" * 8 and len(rows) == 3
    assert len(search.table().splitlines()) == 7
    cells = rows[0].strip("| ").split(" | ")
    best = search.best
    assert cells[:5] == ["1", str(best.round), str(best.number), r"x\|y", f"{best.score:.4g}"]
    assert cells[5] == f"{best.score:.4f}" and cells[7] == "done"
