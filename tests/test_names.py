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


@pytest.mark.parametrize("judgement", names.judgements(), ids=lambda one: one.en[:40])
def test_a_judgement_is_of_names_that_it_fits(judgement: Any) -> None:
    """Nothing said to be absent is here, and what is said to differ is."""
    for pattern in judgement.names:
        meant = [name for name in ALL if names.matches(name, pattern)]
        here = HERE.intersection(meant)
        assert meant, pattern
        if judgement.kind == "absent":
            assert not here, pattern
        else:
            assert here and ("*" in pattern or len(here) == len(meant)), pattern


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


def arguments(thing: Any) -> list[str] | None:
    """The names of the arguments; None of what Python cannot tell, or takes any."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters):
        return None
    apart = ("self", "device", "dtype", "generator")
    return [one.name for one in parameters if one.name not in apart and one.name[0] != "_"]


def test_what_is_the_same_is_of_the_same_kind_and_takes_the_same_arguments() -> None:
    """PyTorch's functions in C++ do not tell their arguments; calls in tests/parity do."""
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
                if taken[: len(expected)] != expected:
                    wrong.append((room.name, name, expected, taken))
    print(f"arguments of {compared} names compared")
    assert wrong == []
