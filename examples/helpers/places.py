"""예제가 쓰는 파일들의 자리.

Where the examples write their files.
"""

from __future__ import annotations

from pathlib import Path

from tinygrad_kr.errors import ArgumentError

RUNS = Path(__file__).resolve().parents[1] / "runs"


def check_place(path: Path) -> None:
    """쓸 수 있는 자리인지 미리 확인한다.

    Refuse a place that no file could be written to, before any time is spent.

    Raises:
        ArgumentError: the folder is missing, or ``path`` is a folder itself.
    """
    if path.parent == RUNS:
        RUNS.mkdir(exist_ok=True)
    if path.is_dir() or not path.parent.is_dir():
        raise ArgumentError(
            f"파일을 쓸 수 없는 자리입니다: {path}. 있는 폴더 안의 파일 이름을 주세요.",
            f"No file can be written at {path}; name a file in a folder that exists.",
        )
