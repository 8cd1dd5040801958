"""The pages of docs/ are true: their Python runs, their links hold, both languages agree, and the
site's search finds Korean."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinygrad_kr import ops
from tinygrad_kr.ops.primitive import registry

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md"))
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


@pytest.mark.parametrize(
    ("page", "module"),
    [
        ("optim", "optim"),
        ("lr_scheduler", "optim.lr_scheduler"),
        ("data", "utils.data"),
        ("testing", "testing"),
        ("tune", "tune"),
        ("viz", "viz"),
    ],
)
def test_the_reference_names_all_that_is_public(page: str, module: str) -> None:
    """The other pages take all that a module has."""
    room = importlib.import_module(f"tinygrad_kr.{module}")
    public = [name for name in getattr(room, "__all__", vars(room)) if not name.startswith("_")]
    shown = (DOCS / "api" / f"{page}.rst").read_text(encoding="utf-8")
    twins = {"Adagrad", "RMSprop", "GradcheckError"}  # other spellings; a page of its own
    for name in set(public) - twins:
        if callable(getattr(room, name)):
            assert re.search(rf"\b{name}\b", shown), name


def test_the_reference_holds_every_family_of_operations() -> None:
    source = Path(ops.__file__).read_text(encoding="utf-8")
    families = set(re.findall(r"^from tinygrad_kr\.ops\.(\w+) import", source, re.MULTILINE))
    page = (DOCS / "api" / "ops.rst").read_text(encoding="utf-8")
    assert families == set(re.findall(r"operations:: (\w+)", page))


def test_every_experiment_has_its_place_in_the_gallery_and_on_the_map() -> None:
    order = (DOCS / "_ext" / "experiments.py").read_text(encoding="utf-8")
    places = "\n".join(text_of(page) for page in ("book-map.ko.md", "index.md"))
    for script in (ROOT / "examples").glob("ch06_*.py"):
        assert re.search(rf"\b{script.stem.removeprefix('ch06_')}\b", order), script.name
        assert f"../examples/{script.name}" in places, script.name


def test_the_search_finds_words_under_their_particles(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    (source / "index.rst").write_text(
        "제목\n====\n\n기울기를 따라 매개변수를 갱신합니다.\n", "utf-8"
    )
    settings = ("extensions=korean_search", "language=ko", "html_search_language=ko")
    options = [option for setting in settings for option in ("-D", setting)]
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-qWC", *options, str(source), str(site)],
        env={**os.environ, "PYTHONPATH": str(DOCS / "_ext")},
        check=True,
    )
    found = (site / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(found.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert {"기울기", "기울", "매개변수", "변수", "갱신", "갱신합니다"} <= set(terms)
    assert "따매" not in terms
