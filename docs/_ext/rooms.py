"""Which names a file of the package gives to its room, as the API reference shows them."""

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import tinygrad_kr


class Family(NamedTuple):
    """The names of a file, and the module under which users find them."""

    room: str
    names: list[str]

    def objects(self) -> dict[str, Any]:
        room = importlib.import_module(self.room)
        return {name: getattr(room, name) for name in self.names}


@cache
def imports(package: str) -> dict[str, list[str]]:
    """What the ``__init__`` of a package shows, by the module that it comes from."""
    file = Path(tinygrad_kr.__file__).parent.joinpath(*package.split(".")[1:], "__init__.py")
    found: dict[str, list[str]] = {}
    if file.exists():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                shown = [alias.asname or alias.name for alias in node.names]
                found.setdefault(node.module, []).extend(n for n in shown if n[0] != "_")
    return found


def family(file: str) -> Family:
    """The family of ``ops.reduction``, ``nn.more.loss`` or, a room by itself, ``special``."""
    path = f"tinygrad_kr.{file}"
    parent = path.rpartition(".")[0]
    if "more" in file.split("."):
        room, names = path.partition(".more")[0], listed(path)
    elif path in imports(parent):
        room, names = parent, imports(parent)[path]
    else:
        room, names = path, listed(path)
    return Family("tinygrad_kr" if room == "tinygrad_kr.ops" else room, names)


def listed(path: str) -> list[str]:
    module = importlib.import_module(path)
    names: list[str] = getattr(module, "__all__", [])
    return names
