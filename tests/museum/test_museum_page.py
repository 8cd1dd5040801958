"""The page shows hall 1's exhibits as they stand here."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from tests.museum import optimizer_hall as hall

PAGE = Path(__file__).resolve().parents[2] / "docs" / "museum.md"


class Bare(ast.NodeTransformer):
    """Takes the annotations off functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def definitions(code: str) -> dict[str, str]:
    """The functions and classes of a script, each as its bare code."""
    return {
        node.name: ast.unparse(Bare().visit(node))
        for node in ast.parse(code).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def test_the_page_shows_the_exhibits_as_they_are() -> None:
    code = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    shown, held = definitions("\n".join(code)), definitions(inspect.getsource(hall))
    specimens = {name for name in held if re.match(r"[adnmpAM]\d", name)}
    checks = {check.__name__ for check in (*hall.CHECKS, hall.turned)}
    assert len(specimens) == 18
    assert specimens | checks <= shown.keys()
    for name in held.keys() & shown.keys():
        assert shown[name] == held[name], name
