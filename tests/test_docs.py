"""The pages of docs/ are true: their Python runs, their links hold, both languages agree, and the
site's search finds Korean."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.test_package import PUBLIC, public_objects
from tinygrad_kr import autograd
from tinygrad_kr.errors import GradcheckError
from tinygrad_kr.ops.primitive import registry

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md"))
sys.path.append(str(DOCS / "_ext"))
rooms: Any = importlib.import_module("rooms")
sys.path.remove(str(DOCS / "_ext"))
# One language each: the two doors, and what only readers of the book need.
ALONE = {"book-map.ko.md", "english.md", "glossary.ko.md", "index.md"}
BOTH = [page for page in PAGES if not page.endswith(".ko.md") and page not in ALONE]


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def _records_stay_as_they_are(book_is_forgotten: None) -> Iterator[None]:
    """A page may show how to add an operation; the package is not to keep it."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


@pytest.mark.parametrize("page", PAGES)
def test_python_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page is one script; a line that ends in ``# -> text`` prints that text."""
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(page))
    exec(compile(code, page, "exec"), {"__name__": "__main__"})
    promised = re.findall(r"# -> (.*)$", code, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == promised


def test_every_page_is_in_korean() -> None:
    assert {page.replace(".md", ".ko.md") for page in BOTH} == {
        page for page in PAGES if page.endswith(".ko.md") and page not in ALONE
    }


@pytest.mark.parametrize("page", BOTH)
def test_the_two_languages_hold_the_same(page: str) -> None:
    def bare(name: str) -> list[str]:
        return [re.sub(r"\s*# (?!->).*$", "", code, flags=re.MULTILINE) for code in blocks(name)]

    korean = page.replace(".md", ".ko.md")
    assert bare(page) == bare(korean)
    links = [sorted(re.findall(r"\]\((\.\.[^)]+)\)", text_of(name))) for name in (page, korean)]
    assert links[0] == links[1]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_what_they_name(page: str) -> None:
    r"""[`name`](file) means that the file is there and defines the name."""
    for text, target in re.findall(r"\[([^\]]+)\]\(([^)#:]+)\)", text_of(page)):
        file = DOCS / target
        assert file.exists(), target
        name = re.fullmatch(r"`(\w+)`", text)
        if name is not None:
            defined = rf"^ *(def|class) {name[1]}\b|^{name[1]}\b.* = "
            source = file.read_text(encoding="utf-8")
            assert re.search(defined, source, re.MULTILINE), (text, target)


def documented(page: Path) -> Iterator[Any]:
    """What a page of the reference has an entry for."""
    room = "tinygrad_kr"
    for directive, name, options in re.findall(
        r"^\.\. ([\w:]+):: (\S+)\n((?:   :.*\n)*)", page.read_text("utf-8"), re.MULTILINE
    ):
        if directive in ("currentmodule", "py:module", "automodule"):
            room = name
        if directive == "family":
            yield from rooms.family(name).objects().values()
        elif directive in ("autoclass", "autofunction"):
            yield getattr(importlib.import_module(room), name)
        elif directive == "automodule" and ":members:" in options:
            yield from public_objects(importlib.import_module(name)).values()


def test_the_reference_names_all_that_is_public() -> None:
    pages = (DOCS / "api").glob("*.rst")
    entries = {id(thing) for page in pages for thing in documented(page)}
    apart = {GradcheckError, autograd.Variable}  # on pages of their own
    for module in PUBLIC:
        for name, thing in public_objects(importlib.import_module(module)).items():
            if not inspect.ismodule(thing) and thing not in apart:
                assert id(thing) in entries, f"{module}.{name}"


def test_every_experiment_has_its_place_in_the_gallery_and_on_the_map() -> None:
    order = (DOCS / "_ext" / "experiments.py").read_text(encoding="utf-8")
    places = "\n".join(text_of(page) for page in ("book-map.ko.md", "index.md"))
    for script in (ROOT / "examples").glob("ch06_*.py"):
        assert re.search(rf"\b{script.stem.removeprefix('ch06_')}\b", order), script.name
        assert f"../examples/{script.name}" in places, script.name


def search_index(source: Path, site: Path, *extensions: str) -> Any:
    """What the search of a site built from ``source`` looks into."""
    pytest.importorskip("sphinx")
    listed = ",".join(("korean_search", *extensions))
    settings = (f"extensions={listed}", "language=ko", "html_search_language=ko")
    options = [option for setting in settings for option in ("-D", setting)]
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-qC", *options, str(source), str(site)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(DOCS / "_ext"), str(ROOT)])},
        check=True,
    )
    found = (site / "searchindex.js").read_text(encoding="utf-8")
    return json.loads(found.removeprefix("Search.setIndex(").removesuffix(")"))


def test_the_search_finds_words_under_their_particles(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.rst").write_text(
        "제목\n====\n\n기울기를 따라 매개변수를 갱신합니다.\n", "utf-8"
    )
    terms = search_index(source, tmp_path / "site")["terms"]
    assert {"기울기", "기울", "매개변수", "변수", "갱신", "갱신합니다"} <= set(terms)
    assert "따매" not in terms


def test_the_search_leads_to_every_operation(tmp_path: Path) -> None:
    extensions = ("sphinx.ext.autodoc", "sphinx.ext.napoleon", "docstrings", "operations")
    index = search_index(DOCS / "api", tmp_path, *extensions)
    pages = {
        f"{module}.{entry[4]}": index["docnames"][entry[0]]
        for module, entries in index["objects"].items()
        for entry in entries
    }
    expected = {
        "hypot": "ops",
        "scatter_reduce": "ops",
        "Tensor.hypot": "tensor",
        "nn.LSTM": "nn",
        "nn.functional.cosine_similarity": "functional",
        "linalg.svd": "linalg",
        "optim.LBFGS": "optim",
        "func.vmap": "func",
        "distributions.Normal": "distributions",
    }
    assert {name: pages.get(f"tinygrad_kr.{name}") for name in expected} == expected
