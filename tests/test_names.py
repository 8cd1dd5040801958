"""The page "Names of torch" tells what is there, and PyTorch's names are PyTorch's."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXTENSIONS = Path(__file__).resolve().parents[1] / "docs" / "_ext"
sys.path.append(str(EXTENSIONS))
names: Any = importlib.import_module("torch_names")
sys.path.remove(str(EXTENSIONS))

ALL = [f"{room}.{name}" for room, found in names.recorded().items() for name in found]
HERE = {name for name in ALL if names.is_here(name)}


def test_every_name_of_pytorch_is_here_or_has_a_reason() -> None:
    """Also: the page counts each of them once."""
    assert sum(room.counts()[0] for room in names.rooms()) == len(ALL)
    assert sum(sum(room.counts()[1:3]) for room in names.rooms()) == len(HERE)


def test_what_is_said_fits_the_names_it_is_said_of() -> None:
    """Nothing said to be absent is here; what is said to differ is, and how is said once."""
    said: dict[str, list[str]] = {}
    for judgement in names.judgements():
        for pattern in judgement.names:
            meant = names.meant(pattern)
            here = HERE.intersection(meant)
            assert meant, pattern
            if judgement.kind == "absent":
                assert not here, pattern
            else:
                assert here and ("*" in pattern or len(here) == len(meant)), pattern
                for name in here:
                    said.setdefault(name, []).append(pattern)
    assert {name: patterns for name, patterns in said.items() if len(patterns) > 1} == {}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_tables_hold_every_name_once(language: str) -> None:
    page = names.tables(language)
    for room in names.rooms():
        part = page.split(f"\n## {room.name}\n")[1].split("\n## ")[0]
        shown = [word.split(" <")[0] for word in part.split("`")[1::2]]
        assert sorted(shown) == sorted(names.recorded()[room.name])


def test_the_record_is_of_the_pytorch_it_names() -> None:
    torch = pytest.importorskip("torch")
    if torch.__version__.partition("+")[0] not in names.RECORD.read_text("utf-8").split("\n")[0]:
        pytest.skip("another PyTorch than the recorded one")
    code = "import torch_names as names; print(names.record(), end='')"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=EXTENSIONS,
    )
    assert run.stdout == names.RECORD.read_text("utf-8")


def arguments(thing: Any) -> tuple[list[str], set[str]] | None:
    """The names of the arguments in order, and by keyword only; None of what takes any, or of what
    Python cannot tell: PyTorch's functions in C++, which tests/parity calls."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters):
        return None
    apart = ("self", "input", "device", "dtype", "d", "generator", "out", "orig_func")
    named = [one for one in parameters if one.name not in apart and one.name[0] != "_"]
    ordered = [one.name for one in named if one.kind is not one.KEYWORD_ONLY]
    return ordered, {one.name for one in named} - set(ordered)


def test_what_is_the_same_is_of_the_same_kind_and_takes_the_same_arguments() -> None:
    torch = pytest.importorskip("torch")
    importlib.import_module("torch.optim.swa_utils")

    def kind(thing: Any) -> type:
        return next(one for one in (ModuleType, type, object) if isinstance(thing, one))

    compared, wrong = 0, []
    for room in names.rooms():
        owner: Any = torch.Tensor if room.name == "torch.Tensor" else None
        owner = owner or importlib.import_module(room.name)
        for name in room.same:
            theirs, ours = getattr(owner, name), names.find(f"{room.name}.{name}")
            expected, taken = arguments(theirs), arguments(ours)
            if kind(theirs) is not kind(ours):
                wrong.append((room.name, name, kind(theirs), kind(ours)))
            elif callable(ours) and expected is not None and taken is not None:
                compared += 1
                in_order = taken[0][: len(expected[0])] == expected[0]
                if not in_order or not expected[1] <= {*taken[0], *taken[1]}:
                    wrong.append((room.name, name, expected, taken))
    print(f"arguments of {compared} names compared")
    assert wrong == []
