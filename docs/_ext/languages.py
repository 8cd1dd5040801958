"""The two languages of the site: a page NAME.md is in English where there is a NAME.ko.md."""

from typing import Any

from sphinx.application import Sphinx


def say_the_language(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if pagename == "english" or f"{pagename}.ko" in app.env.found_docs:
        context["language"] = "en"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", say_the_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
