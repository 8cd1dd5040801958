"""The pages of docs/ are true: their Python runs, their links hold, both languages agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinygrad_kr.ops.primitive import registry

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md"))
BOTH = [page for page in PAGES if not page.endswith(".ko.md")]


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def _records_stay_as_they_are() -> Iterator[None]:
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
