"""``.. operations:: FAMILY``: the reference of the operations of one file of tinygrad_kr/ops.

Many operations are records, not functions, so autodoc would take them for data.
"""

import ast
import inspect
from pathlib import Path
from typing import Any

from docstrings import mend
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from tinygrad_kr import ops


def families() -> dict[str, list[str]]:
    """The names that ops/__init__.py shows, by the file they come from."""
    tree = ast.parse(Path(ops.__file__).read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            family = found.setdefault(node.module.rpartition(".")[2], [])
            family += [alias.asname or alias.name for alias in node.names]
    return found


FAMILIES = families()
FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}


def signature_of(operation: Any) -> str:
    bare = inspect.signature(operation)
    empty = inspect.Parameter.empty
    parameters = [p.replace(annotation=empty) for p in bare.parameters.values()]
    return str(bare.replace(parameters=parameters, return_annotation=empty))


class Operations(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines: list[str] = []
        for name in FAMILIES[self.arguments[0]]:
            operation = getattr(ops, name)
            if not callable(operation) or isinstance(operation, type):
                continue
            text = GoogleDocstring(mend(inspect.getdoc(operation) or ""), self.config)
            lines += [
                f".. py:function:: {name}{signature_of(operation)}",
                "   :module: tinygrad_kr",
            ]
            lines += ["", *("   " + line for line in text.lines()), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def borrow_from_the_operation(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """A method that only names its operation says what the operation says."""
    method = name.rpartition(".")[2]
    if name.startswith("tinygrad_kr.Tensor.") and not any(lines) and method in FAMILY_OF:
        first = (inspect.getdoc(getattr(ops, method)) or "").split("\n")[0]
        lines[:] = [f"{first} :func:`tinygrad_kr.{method}`", ""]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("operations", Operations)
    app.connect("autodoc-process-docstring", borrow_from_the_operation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
