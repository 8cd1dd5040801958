"""The project's files as pages of the site.

The pages link to files beside ``docs/``, as GitHub wants it. Here such a link leads to a page that
shows the file; where its text is the name of a class or a function, to the line that defines it.
An experiment's page is that of the gallery.
"""

import html
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from sphinx import addnodes
from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
linked: set[str] = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tinygrad_kr/**/*.py")}


def page_of(file: str, docname: str, line: int = 0) -> str:
    linked.add(file)
    return "../" * docname.count("/") + f"source/{file}.html" + (f"#line-{line}" if line else "")


def line_of(name: str, source: str) -> int:
    found = re.search(rf"^ *(def|class) {name}\b|^{name}\b.* = ", source, re.MULTILINE)
    return source.count("\n", 0, found.start()) + 1 if found else 0


def link_to_pages(app: Sphinx, doctree: nodes.document) -> None:
    """Redirect the links to files, and to pages (``.md``, ``.rst``) that are not of the site."""
    docname = app.env.docname
    for node in list(doctree.findall(addnodes.download_reference)):
        file = Path(app.env.relfn2path(node["reftarget"], docname)[1]).resolve()
        if not file.is_relative_to(DOCS):
            redirect(node, file, docname)
    for node in list(doctree.findall(addnodes.pending_xref)):
        page = DOCS / node["reftarget"]
        if node.get("refdomain") == "doc" and not page.is_relative_to(DOCS):
            markdown = page.with_name(f"{page.name}.md")
            redirect(node, markdown if markdown.exists() else page.with_suffix(".rst"), docname)


def redirect(node: nodes.Element, file: Path, docname: str) -> None:
    name = file.relative_to(ROOT).as_posix()
    if name == "examples/GALLERY_HEADER.rst":
        uri = "../" * docname.count("/") + "gallery/index.html"
    elif name.startswith("examples/ch06_"):
        uri = "../" * docname.count("/") + f"gallery/{file.stem}.html"
    else:
        line = line_of(re.escape(node.astext()), file.read_text(encoding="utf-8"))
        uri = page_of(name, docname, line)
    link = nodes.reference("", "", refuri=uri, internal=True)
    link += node.children
    node.replace_self(link)


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """The page and the line of an object of the API; all pages of the API lie in ``api/``."""
    thing: Any = importlib.import_module(info["module"] or "tinygrad_kr")
    for part in info["fullname"].split("."):
        thing = getattr(thing, part, None)
    thing = inspect.unwrap(getattr(thing, "fget", thing))
    try:
        file = Path(inspect.getsourcefile(thing) or "")
        return page_of(
            file.relative_to(ROOT).as_posix(), "api/page", inspect.getsourcelines(thing)[1]
        )
    except (TypeError, ValueError, OSError):  # no class or function, or of another package
        return None


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    formatter = HtmlFormatter(lineanchors="line", wrapcode=True)
    for file in sorted(linked):
        text = (ROOT / file).read_text(encoding="utf-8")
        code = highlight(text, get_lexer_for_filename(file), formatter)
        body = f"<h1>{html.escape(file)}</h1>\n<div class='source-file'>{code}</div>"
        yield f"source/{file}", {"title": file, "body": body}, "page.html"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", link_to_pages, priority=400)  # before downloads are collected
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": False}
