"""Leaf files: names that are found when first asked for, and nothing of theirs before."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_kr
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import MissingNameError
from tinygrad_kr.methods.more import MoreMethods
from tinygrad_kr.methods.rare import NAMES

PACKAGE = Path(tinygrad_kr.__file__).parent


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_the_core_never_imports_a_leaf() -> None:
    """Training a network opens none of them."""
    code = """
import sys
import tinygrad_kr as torch
from tinygrad_kr import nn, optim
net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2))
optimizer = optim.Adam(net.parameters())
nn.functional.cross_entropy(net(torch.randn(5, 3)), torch.tensor([0, 1, 0, 1, 1])).backward()
optimizer.step()
print(*(name for name in sys.modules if ".more" in name), sep="\\n")
"""
    assert run(code).split() == []


def is_leaf(path: Path) -> bool:
    return "more" in path.relative_to(PACKAGE).with_suffix("").parts


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=str(p.relative_to(PACKAGE))) for p in sorted(PACKAGE.rglob("*.py"))
     if not is_leaf(p)],
)  # fmt: skip
def test_only_leaves_and_type_checkers_see_leaves(path: Path) -> None:
    def imports(node: ast.AST) -> list[str]:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return [name for child in node.orelse for name in imports(child)]
        if isinstance(node, ast.ImportFrom):
            return [f"{node.module}.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        return [name for child in ast.iter_child_nodes(node) for name in imports(child)]

    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [name for name in imports(tree) if "more" in name.split(".")] == []


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=str(p.relative_to(PACKAGE))) for p in sorted(PACKAGE.rglob("*.py"))],
)
def test_a_name_with_an_underscore_is_of_its_file_only(path: Path) -> None:
    """Nobody imports such a name, nor takes it as the attribute of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    meant: dict[str, str] = {}  # by the names that imports bind
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            lead = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            meant |= {a.asname or a.name: lead + a.name for a in node.names}
    taken = [*meant.values()]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node.value).partition(".")
            owner = f"{meant.get(first, first)}.{rest}".rstrip(".")
            taken += [f"{owner}.{node.attr}"] * is_module(owner)
    own = re.compile(r"\._[^_]\w*$")
    assert [name for name in taken if own.search(name)] == []


def test_the_rarer_methods_are_all_listed() -> None:
    assert sorted(NAMES) == sorted(set(dir(MoreMethods)) - set(dir(TensorBase)))
    for name in NAMES:
        assert getattr(tinygrad_kr.Tensor, name) is getattr(MoreMethods, name)


def test_no_read_of_a_tensor_goes_through_python() -> None:
    """A ``__getattr__`` would make every read of a slot several times as slow."""
    for kind in (tinygrad_kr.Tensor, nn.Parameter):
        assert kind.__getattribute__ is object.__getattribute__
        assert not hasattr(kind, "__getattr__")


def test_a_name_that_is_nowhere_is_refused_in_both_languages() -> None:
    for owner in (tinygrad_kr, nn):
        with pytest.raises(MissingNameError, match=r"nonsense이\(가\) 없습니다[\s\S]*has no"):
            owner.nonsense  # noqa: B018
        assert not hasattr(owner, "nonsense")


def test_a_leaf_file_is_no_name() -> None:
    assert not hasattr(tinygrad_kr, "scattering") and not hasattr(nn, "recurrent")


def test_a_submodule_is_found_without_importing_it() -> None:
    assert run("import tinygrad_kr; print(tinygrad_kr.book.install.__name__)") == "install\n"


def test_a_star_brings_the_leaves_too() -> None:
    shown = run("from tinygrad_kr.nn import *; print(*sorted(globals()))").split()
    assert {"Linear", *nn.__all__} <= set(shown)
