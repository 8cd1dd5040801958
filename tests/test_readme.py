"""Every Python block of the two READMEs runs, and the two say the same things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.en.md")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(name), re.MULTILINE | re.DOTALL)


# The English ones are the same code, as a test below sees.
SNIPPETS = [pytest.param(code, id=f"{i}") for i, code in enumerate(blocks(READMES[0], "python"), 1)]


@pytest.mark.usefixtures("book_is_forgotten")
@pytest.mark.parametrize("code", SNIPPETS)
def test_python_block_runs(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that ends in ``# -> text`` prints that text."""
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README", "exec"), {"__name__": "__main__"})
    promised = re.findall(r"# -> (.*)$", code, re.MULTILINE)
    assert promised
    assert capsys.readouterr().out.splitlines() == promised


def test_the_two_languages_hold_the_same_code() -> None:
    def bare(name: str) -> list[str]:
        return [
            re.sub(r"\s*# (?!->).*$", "", code, flags=re.MULTILINE)
            for code in blocks(name, "python") + blocks(name, "sh") + blocks(name, "bat")
        ]

    assert bare("README.md") == bare("README.en.md")


@pytest.mark.parametrize("name", READMES)
def test_every_local_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text_of(name))
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (ROOT / link).exists()] == []
