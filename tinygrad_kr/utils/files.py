"""파일을 안전하게 쓴다.

Writing a file so that a crash leaves the old one whole: write beside it, then rename.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tinygrad_kr.errors import ArgumentError, DataNotFoundError


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """블록이 끝까지 성공해야 파일이 바뀐다.

    A binary file that replaces ``path`` (or what it links to) when the ``with`` block ends well.

    Raises:
        DataNotFoundError: the folder does not exist.
        ArgumentError: ``path`` is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise ArgumentError(
            f"파일이 아니라 폴더입니다: {target}.", f"{target} is a folder; name a file in it."
        )
    if not target.parent.is_dir():
        raise DataNotFoundError(
            f"폴더가 없습니다: {target.parent}. 먼저 만들어 주세요.",
            f"The folder {target.parent} does not exist; create it first.",
        )
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
