"""The docstrings of the package as reST: a bar or a star in a formula is itself, a bare name of
ours is a link."""

import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

CODE = r"^ *>>>.*?(?=\n *\n|\Z)|``.+?``|:\w+:`.+?`"
BETWEEN_CODE = re.compile(f"({CODE})", re.MULTILINE | re.DOTALL)
BETWEEN_MARKED = re.compile(rf"({CODE}|\*\*\S.*?\*\*)", re.MULTILINE | re.DOTALL)


def formulas(text: str) -> str:
    """|x − t| and (N, *) mean what they say."""
    parts = BETWEEN_CODE.split(text)
    parts[::2] = [re.sub(r"[|*]", r"\\\g<0>", part) for part in parts[::2]]
    return "".join(parts)


def particles(text: str) -> str:
    """A Korean particle may follow ``code`` at once."""
    parts = BETWEEN_MARKED.split(text)
    parts[2::2] = [re.sub(r"^(?=\w)", r"\\ ", part) for part in parts[2::2]]
    return "".join(parts)


def mend(text: str) -> str:
    """A docstring as reST."""
    return particles(formulas(text))


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = mend("\n".join(lines)).split("\n")


def find_by_last_name(
    app: Sphinx, env: Any, node: pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """A name without its module, where only one object of the package bears it."""
    if node.get("refdomain") != "py":
        return None
    domain = env.domains.python_domain
    target = "".join(node["reftarget"].split())  # it may go over two lines
    names = [name for name in domain.objects if f".{name}".endswith(f".{target}")]
    if len(names) != 1:
        return None
    node["reftarget"] = names[0]
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], names[0], node, contnode
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", process, priority=400)  # before napoleon
    app.connect("missing-reference", find_by_last_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
