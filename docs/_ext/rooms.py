"""Which names a file of the package gives to its room, as the API reference shows them."""

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import tinygrad_kr


class Family(NamedTuple):
    """The names of a file, and the module under which users find them."""

    name: str
    names: list[str]

    def objects(self) -> dict[str, Any]:
        room = importlib.import_module(self.name)
        return {name: getattr(room, name) for name in self.names}


@cache
def imports(package: str) -> dict[str, list[str]]:
    """What a module shows, or the ``__init__`` of a package, by the module that it comes from."""
    path = Path(tinygrad_kr.__file__).parent.joinpath(*package.split(".")[1:])
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
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
        top = imports("tinygrad_kr.more").get(path) == ["*"]
        room, names = "tinygrad_kr" if top else path, listed(path)
    return Family("tinygrad_kr" if room == "tinygrad_kr.ops" else room, names)


def listed(path: str) -> list[str]:
    """The ``__all__`` of a module, or the public names that it defines."""
    module = importlib.import_module(path)
    own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == path]
    names: list[str] = getattr(module, "__all__", [name for name in own if name[0] != "_"])
    return names
