"""Atomic writing: the old file or the new one, and nothing beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tinygrad_kr.errors import ArgumentError, DataNotFoundError
from tinygrad_kr.io import atomic_write


def test_it_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "이름.bin"
    for content in (b"one", b"two"):
        with atomic_write(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["이름.bin"]


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_failure_leaves_what_was_there(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "a"
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert (path.read_bytes() if path.exists() else None) == before
    assert len(os.listdir(tmp_path)) == (before is not None)


def test_a_failing_rename_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no"), atomic_write(tmp_path / "a") as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links, file modes")
def test_a_link_is_followed_and_the_mode_is_the_usual_one(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "plain")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "plain").read_bytes() == b"new"
    (tmp_path / "usual").touch()
    assert (tmp_path / "plain").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_bad_paths(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="does not exist"), atomic_write(tmp_path / "a/b"):
        pass
    with pytest.raises(ArgumentError, match="folder"), atomic_write(tmp_path):
        pass
