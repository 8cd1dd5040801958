"""The record: a search stopped anywhere goes on as if nothing had happened."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_kr import tune
from tinygrad_kr.errors import ArgumentError, FileFormatError, TinygradKrError

SPACE = {
    "lr": tune.LogUniform(1e-6, 1e-2),
    "decay": tune.Uniform(0, 1),
    "hidden": tune.Integer(5, 9),
    "act": tune.Choice("relu", None, 2.5),
}


def objective(params: dict[str, Any], seed: int) -> float:
    if params["decay"] > 0.8:
        raise ValueError("너무\n크다 \udc80")
    if params["decay"] > 0.6:
        return math.inf
    return math.log10(params["lr"]) + params["decay"] + seed


def search(path: Any, **changes: Any) -> tune.RandomSearch:
    return tune.RandomSearch(**{"objective": objective, "space": SPACE, "record": path} | changes)


def two_rounds(path: Any, **changes: Any) -> tune.RandomSearch:
    it = search(path, **changes)
    it.run(12)
    it.narrow(0.4)
    it.run(8)
    return it


def outcome(it: tune.RandomSearch) -> list[tuple[Any, ...]]:
    """All of the trials but their seconds."""
    return [(t.round, t.number, t.params, t.scores, t.state, t.message) for t in it.trials]


def is_bilingual(error: TinygradKrError) -> bool:
    korean, english = str(error).splitlines()
    return any("가" <= c <= "힣" for c in korean) and not any("가" <= c <= "힣" for c in english)


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[tuple[Any, ...]]]:
    """A record, and the trials in it."""
    path = tmp_path_factory.mktemp("whole") / "a.jsonl"
    it = two_rounds(path, seeds=2)
    assert {t.state for t in it.trials} == {"done", "diverged", "raised"}
    return path.read_bytes(), outcome(it)


def test_every_line_is_json_and_reads_as_it_was_written(whole: Any) -> None:
    content, trials = whole
    head, *lines = (json.loads(line, parse_constant=refuse) for line in content.splitlines())
    assert head["space"]["lr"] == "LogUniform(low=1e-06, high=0.01)" and head["seeds"] == 2
    assert [tuple(v for k, v in line.items() if k != "seconds") for line in lines] == trials


@given(cut=st.floats(0, 1))
def test_cut_at_any_byte_it_goes_on(
    whole: Any, tmp_path_factory: pytest.TempPathFactory, cut: float
) -> None:
    content, trials = whole
    path = tmp_path_factory.mktemp("cut") / "a.jsonl"
    start = content.index(b"\n") + 1
    path.write_bytes(content[: start + round(cut * (len(content) - start))])
    kept = path.read_bytes().count(b"\n")
    made = 0

    def counted(params: dict[str, Any], seed: int) -> float:
        nonlocal made
        made += 1
        return objective(params, seed)

    counted.__name__ = "objective"
    assert outcome(two_rounds(path, seeds=2, objective=counted)) == trials
    assert path.read_bytes().count(b"\n") == 21
    assert made == sum(2 if t[4] == "done" else 1 for t in trials[kept - 1 :])
    assert outcome(two_rounds(path, seeds=2)) == trials


SCRIPT = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import test_record
left = int(sys.argv[3])
def objective(params, seed):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return test_record.objective(params, seed)
test_record.two_rounds(sys.argv[2], objective=objective)
"""


def test_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    """``kill -9`` in the first trial, in the middle of either round and between them."""
    path = tmp_path / "a.jsonl"
    here, lines = str(Path(__file__).parent), 1
    for trials in (0, 5, 7, 3):
        command = [sys.executable, "-c", SCRIPT, here, str(path), str(trials)]
        assert subprocess.run(command).returncode != 0
        lines += trials
        assert path.read_bytes().count(b"\n") == lines
    assert subprocess.run([*command[:-1], "99"]).returncode == 0
    killed = path.read_bytes()
    expected = outcome(two_rounds(tmp_path / "unbroken.jsonl"))
    assert outcome(two_rounds(path)) == expected and path.read_bytes() == killed


def test_ctrl_c_keeps_the_record(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    expected = outcome(two_rounds(tmp_path / "unbroken.jsonl"))
    left = 5

    def interrupted(params: dict[str, Any], seed: int) -> float:
        nonlocal left
        left -= 1
        if left == 0:
            signal.raise_signal(signal.SIGINT)
        return objective(params, seed)

    interrupted.__name__ = "objective"
    it = search(path, objective=interrupted)
    with pytest.raises(KeyboardInterrupt):
        it.run(12)
    assert len(it.trials) == 4 and path.read_bytes().count(b"\n") == 5
    it.run(8)  # in the same session
    it.narrow(0.4)
    it.run(8)
    assert outcome(it) == expected == outcome(two_rounds(path))


def test_a_trial_is_on_the_disk_before_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    met: list[tuple[str, int]] = []

    def note(what: str) -> float:
        met.append((what, path.read_bytes().count(b"\n")))
        return 0.0

    it = search(path, objective=lambda params, seed: note("tried"))
    monkeypatch.setattr(os, "fsync", lambda file: note("synced"))
    it.run(3)
    assert met == [(w, n + (w == "synced")) for n in (1, 2, 3) for w in ("tried", "synced")]


def test_nothing_of_a_torn_line_is_left(tmp_path: Path, whole: Any) -> None:
    """Not of one longer than its successor either, as a power cut may leave it."""
    path = tmp_path / "a.jsonl"
    content, trials = whole
    path.write_bytes(content[: content.index(b"\n") + 1] + b"\0" * 5000)
    assert outcome(two_rounds(path, seeds=2)) == trials == outcome(two_rounds(path, seeds=2))
    assert b"\0" not in path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"seeds": 2},
        {"maximize": False},
        {"settings": {"epochs": 2}},
        {"objective": lambda params, seed: 0.0},
        {"space": SPACE | {"lr": tune.LogUniform(1e-6, 1e-3)}},
        {"space": {"lr": SPACE["lr"]}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_searchs_record_is_refused_and_left_alone(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "a.jsonl"
    search(path, settings={"epochs": 1}).run(2)
    before = path.read_bytes()
    with pytest.raises(FileFormatError) as caught:
        search(path, **{"settings": {"epochs": 1}} | change)
    assert is_bilingual(caught.value) and next(iter(change)) in str(caught.value)
    assert path.read_bytes() == before


def test_the_order_of_the_space_and_tuples_in_settings_make_no_other_search(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    first = search(path, settings={"sizes": (1, 2)}).run(3)
    again = search(path, settings={"sizes": [1, 2]}, space=dict(reversed(SPACE.items())))
    assert again.run(3) == first


def test_another_narrowing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    two_rounds(path)
    before = path.read_bytes()
    other = search(path)
    other.run(12)
    other.narrow(0.9)
    with pytest.raises(FileFormatError, match="2회차 1번") as caught:
        other.run(1)
    assert is_bilingual(caught.value) and path.read_bytes() == before


def test_the_last_digit_of_another_machine_makes_no_other_search(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    (trial,) = search(path).run(1)
    rate = trial.params["lr"]
    near, far = math.nextafter(rate, 1), rate * 1.001
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace(repr(rate), repr(near)), encoding="utf-8")
    assert search(path).run(1)[0].params["lr"] == near
    path.write_text(content.replace(repr(rate), repr(far)), encoding="utf-8")
    with pytest.raises(FileFormatError):
        search(path).run(1)


@pytest.mark.parametrize(
    "content",
    [b"", b"precious", b"precious\n", b"[1]\n", b'{"format": 3}\n', b"\xff\xfe\n", b"\n\n"],
)
def test_a_file_that_is_no_record_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="is no record of a search") as caught:
        search(path)
    assert is_bilingual(caught.value) and path.read_bytes() == content


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        assert old in line
        return line.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: "",
        lambda line: line[:30],
        lambda line: line + line,
        lambda line: "\0" * len(line),
        lambda line: f"[{line}]",
        swap('"round": 1', '"round": "1"'),
        swap('"number": 1', '"nummer": 1'),
        swap('"number": 1', '"number": 1, "more": 1'),
        swap('"scores": [', '"scores": [null, '),
        swap('"scores": [', '"scores": [NaN, '),
        swap('"scores": [', '"scores": ["", '),
        swap('"scores": [', '"scores": [1.0, '),
        swap('"done"', '"won"'),
        swap('"params": {', '"params": {"x": 1, '),
        swap('"lr": ', '"lr": 1'),
        swap('"lr": ', '"lr": null, "x": '),
        lambda line: re.sub('"lr": [^,]+', '"lr": "fast"', line),
    ],
)
def test_a_damaged_line_is_named_and_left_alone(
    tmp_path: Path, damage: Callable[[str], str]
) -> None:
    path = tmp_path / "a.jsonl"
    first, *_ = search(path).run(3)
    assert first.state == "done"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = damage(lines[1])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(FileFormatError) as caught:
        search(path).run(1)
    assert is_bilingual(caught.value) and path.read_bytes() == before


def test_a_line_that_was_taken_out_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    made = search(path).run(3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    it = search(path)
    it.run(3)
    assert [t.scores for t in it.trials] == [t.scores for t in made]
    assert path.read_bytes().count(b"\n") == 4


def test_two_searches_on_one_record_are_one_too_many(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    one, two = search(path), search(path)
    one.run(2)
    before = path.read_bytes()
    with pytest.raises(FileFormatError) as caught:
        two.run(1)
    assert is_bilingual(caught.value) and path.read_bytes() == before and two.trials == []
    one.run(1)
    assert search(path).run(3) == one.trials


@pytest.mark.parametrize(
    "settings", [object(), {"x": math.nan}, {"x": {1}}], ids=("object", "nan", "set")
)
def test_settings_must_be_json(tmp_path: Path, settings: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        search(tmp_path / "a.jsonl", settings=settings)
    assert is_bilingual(caught.value) and not list(tmp_path.iterdir())


def test_a_record_needs_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "a.jsonl"):
        with pytest.raises(TinygradKrError) as caught:
            search(path)
        assert is_bilingual(caught.value)
    monkeypatch.chdir(tmp_path)
    search("a.jsonl").run(1)
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
