"""The page "Names of torch": every public name of PyTorch, and what became of it here.

``docs/torch-names.txt`` records PyTorch's names, ``docs/torch-names.toml`` says what differs, how,
and what is absent, why. All else is looked up in the package when the page is built.
``python docs/_ext/torch_names.py`` counts; ``--record`` writes the record anew, with PyTorch.
"""

import fnmatch
import importlib
import re
import sys
import textwrap
import tomllib
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

PACKAGE = "tinygrad_kr"
DOCS = Path(__file__).resolve().parents[1]
RECORD = DOCS / "torch-names.txt"
JUDGEMENTS = DOCS / "torch-names.toml"
ROOMS = [
    "torch",
    "torch.Tensor",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.nn.utils.rnn",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.optim.swa_utils",
    "torch.utils.data",
    "torch.autograd",
    "torch.autograd.functional",
    "torch.autograd.profiler",
    "torch.func",
    "torch.linalg",
    "torch.special",
    "torch.distributions",
    "torch.random",
    "torch.testing",
]

TEXTS = {
    "ko": {
        "head": ["", "이름", "같음", "다름", "없음"],
        "sum": "이름 {}개 가운데 **{}개가 같고, {}개가 다르고, {}개가 없습니다.**",
        "all": "모두",
        "why": ["없는 까닭", "이름"],
        "same": "같음",
        "differs": ["다름", "어떻게"],
        "absent": ["없음", "까닭"],
    },
    "en": {
        "head": ["", "names", "the same", "differ", "absent"],
        "sum": "Of {} names, **{} are the same, {} differ, {} are absent.**",
        "all": "all",
        "why": ["why absent", "names"],
        "same": "The same",
        "differs": ["Differs", "how"],
        "absent": ["Absent", "why"],
    },
}


class Judgement(NamedTuple):
    """Of names, by patterns: that they differ, or are absent, and a word on it in each language."""

    kind: str
    names: tuple[str, ...]
    ko: str
    en: str


@cache
def recorded() -> dict[str, list[str]]:
    """PyTorch's names by room."""
    _, *parts = re.split(r"^\[(.+)\]$", RECORD.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {room: names.split() for room, names in zip(parts[::2], parts[1::2], strict=True)}


@cache
def judgements() -> list[Judgement]:
    told = tomllib.loads(JUDGEMENTS.read_text(encoding="utf-8"))
    return [
        Judgement(kind, tuple(one["names"].split()), one["ko"], one["en"])
        for kind in ("differs", "absent")
        for one in told[kind]
    ]


def find(name: str) -> Any:
    """What bears the name of PyTorch's here; a LookupError if nothing does."""
    thing: Any = importlib.import_module(PACKAGE)
    with warnings.catch_warnings(action="ignore"):  # of old names
        for part in name.split(".")[1:]:
            try:
                thing = getattr(thing, part)
            except AttributeError:
                raise LookupError(name) from None
    return thing


@cache
def is_here(name: str) -> bool:
    try:
        find(name)
    except LookupError:
        return False
    return True


def meant(pattern: str) -> list[str]:
    """The recorded names that ROOM.NAME means."""
    in_room, by_name = pattern.rpartition(".")[::2]
    return [
        f"{room}.{name}"
        for room, names in recorded().items()
        if fnmatch.fnmatchcase(room, in_room)
        for name in fnmatch.filter(names, by_name)
    ]


@cache
def judged() -> dict[str, Judgement]:
    """What is said of a name that is not the same."""
    said: dict[str, Judgement] = {}
    for judgement in judgements():
        for name in chain.from_iterable(map(meant, judgement.names)):
            if is_here(name) == (judgement.kind == "differs"):
                said.setdefault(name, judgement)
    return said


class Room(NamedTuple):
    name: str
    same: list[str]
    told: dict[Judgement, list[str]]

    def counts(self) -> list[int]:
        kinds = [kind for kind, names in self.told.items() for _ in names]
        differ = sum(judgement.kind == "differs" for judgement in kinds)
        return [len(self.same) + len(kinds), len(self.same), differ, len(kinds) - differ]


@cache
def rooms() -> list[Room]:
    found = []
    for room, names in recorded().items():
        same, told = [], {}
        for name in names:
            judgement = judged().get(f"{room}.{name}")
            if judgement is not None:
                told.setdefault(judgement, []).append(name)
            elif is_here(f"{room}.{name}"):
                same.append(name)
            else:
                raise LookupError(f"{room}.{name} is not here; {JUDGEMENTS.name} is to say why")
        found.append(Room(room, same, told))
    return found


# The page


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def numbers(counts: list[int]) -> list[str]:
    return [f"{count:,}" for count in counts]


def linked(room: str, names: list[str]) -> str:
    here = PACKAGE + room.removeprefix("torch")
    return " ".join(f"{{py:obj}}`{name} <{here}.{name}>`" for name in names)


def tables(language: str) -> str:
    """All that is generated of the page, as Markdown."""
    texts: dict[str, Any] = TEXTS[language]
    sums = [sum(numbers) for numbers in zip(*(room.counts() for room in rooms()), strict=True)]
    by_room = [
        [f"[{room.name}](#{room.name.replace('.', '').lower()})", *numbers(room.counts())]
        for room in rooms()
    ]
    why: dict[Judgement, int] = {}
    for room in rooms():
        for judgement, names in room.told.items():
            if judgement.kind == "absent":
                why[judgement] = why.get(judgement, 0) + len(names)
    reasons = sorted(why, key=lambda judgement: -why[judgement])
    parts = [
        texts["sum"].format(*numbers(sums)) + "\n",
        table(texts["head"], [*by_room, [texts["all"], *numbers(sums)]]),
        table(texts["why"], [[getattr(one, language), f"{why[one]:,}"] for one in reasons]),
        *(section(room, language) for room in rooms()),
    ]
    return "\n".join(parts)


def section(room: Room, language: str) -> str:
    texts: dict[str, Any] = TEXTS[language]
    parts = [f"## {room.name}\n", texts["sum"].format(*numbers(room.counts())) + "\n"]
    if room.same:
        parts.append(f"**{texts['same']}** {linked(room.name, room.same)}\n")
    for kind in ("differs", "absent"):
        rows = [
            [
                linked(room.name, names)
                if kind == "differs"
                else " ".join(f"`{name}`" for name in names),
                getattr(judgement, language),
            ]
            for judgement, names in room.told.items()
            if judgement.kind == kind
        ]
        if rows:
            parts.append(table(texts[kind], rows))
    return "\n".join(parts)


# The record


def names_of(room: str) -> Iterator[str]:
    """The public names of a room of PyTorch: its ``__all__`` and modules, or what it defines."""
    torch = importlib.import_module("torch")
    thing = torch.Tensor if room == "torch.Tensor" else importlib.import_module(room)
    listed = None if room == "torch" else getattr(thing, "__all__", None)
    for name in dir(thing):
        value = getattr(thing, name, None)
        if isinstance(value, ModuleType):
            public = value.__name__ == f"{room}.{name}"
        elif listed is not None:
            public = name in listed
        elif isinstance(value, type | FunctionType):
            public = (value.__module__ or "").startswith("torch")
        else:
            public = not isinstance(value, str | dict) and name not in ("Optional", "TYPE_CHECKING")
        if public and not name.startswith("_"):
            yield name


def record() -> str:
    import torch

    parts = [f"# The public names of PyTorch {torch.__version__.partition('+')[0]}, by room."]
    for room in ROOMS:
        names = textwrap.fill(" ".join(names_of(room)), 100, break_on_hyphens=False)
        parts += [f"\n[{room}]", names]
    return "\n".join(parts) + "\n"


def fill_in(app: Any, docname: str, source: list[str]) -> None:
    if docname in ("torch-names", "torch-names.ko"):
        language = "ko" if docname.endswith(".ko") else "en"
        source[0] = source[0].replace("<!-- names -->", tables(language))


def entries(env: Any) -> dict[int, str]:
    """The entries of the API, by what they describe."""
    found = {}
    for name in env.domains.python_domain.objects:
        try:
            found[id(find("torch" + name.removeprefix(PACKAGE)))] = name
        except LookupError:
            continue
    return found


def find_by_identity(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """An object of two names has its entry under the other; data have none."""
    try:
        thing = find("torch" + node["reftarget"].removeprefix(PACKAGE))
    except LookupError:
        return None
    entry = entries(env).get(id(thing))
    if entry is not None:
        return env.domains.python_domain.resolve_xref(
            env, node["refdoc"], app.builder, "obj", entry, node, contnode
        )
    ours = getattr(thing, "__module__", None) or type(thing).__module__
    named = node["refdoc"].startswith("torch-names")
    return contnode if named and not (callable(thing) and ours.startswith(PACKAGE)) else None


def add_the_filter(app: Any, pagename: str, template: str, context: Any, doctree: Any) -> None:
    if pagename.startswith("torch-names"):
        app.add_js_file("torch-names.js")


def setup(app: Any) -> dict[str, Any]:
    app.connect("source-read", fill_in)
    app.connect("missing-reference", find_by_identity, priority=900)
    app.connect("html-page-context", add_the_filter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        RECORD.write_text(record(), encoding="utf-8")
    for one in rooms():
        print(f"{one.name:28}", *(f"{count:5}" for count in one.counts()))
