"""기록: 시도가 끝날 때마다 한 줄.

Trials and their record, a file of JSON lines: a header that says which search it is, then a line a
trial, on the disk before the next trial begins.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinygrad_kr.errors import ArgumentError, FileFormatError
from tinygrad_kr.io import atomic_write

STATES = ("done", "diverged", "raised")


@dataclass(frozen=True)
class Trial:
    """한 번의 시도: 무엇으로 재어 몇 점을 얻었는가.

    One trial: the hyperparameters, and what came of them.

    Attributes:
        round, number: the round it belongs to and its place there, both from 1.
        scores: one for each seed, None for one that is nan or infinite; those after it are missing.
        seconds: of all its seeds together.
        state: ``done``, ``diverged`` (a score was nan or infinite) or ``raised`` (an exception).
        message: what went wrong, empty where nothing did.
    """

    round: int
    number: int
    params: dict[str, Any]
    scores: list[float | None]
    seconds: float
    state: str = "done"
    message: str = ""

    @property
    def done(self) -> bool:
        """끝까지 갔는가. Whether it neither diverged nor raised."""
        return self.state == "done"

    @property
    def score(self) -> float:
        """씨앗들에 걸친 평균 점수. The mean over the seeds; nan where the trial failed."""
        if not self.done:
            return math.nan
        return sum(score / len(self.scores) for score in self.scores if score is not None)


class Record:
    """탐색 하나의 기록. 두 시도 사이에는 파일을 닫아 둔다.

    The record of one search: ``header`` is what makes it another than that one. Between two trials
    the file is closed; that it has grown by another hand is seen by its length.

    Raises:
        FileFormatError: the file is something else, another search's record, or damaged.
    """

    def __init__(self, path: str | os.PathLike[str], header: dict[str, Any]) -> None:
        self._path = Path(path)
        try:
            first = _line(header)
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"settings는 JSON으로 쓸 수 있는 값이어야 합니다: {error}.",
                f"The settings must be values that JSON can hold: {error}.",
            ) from error
        if not self._path.is_file():
            with atomic_write(self._path) as file:
                file.write(first)
        content = self._path.read_bytes()
        # What follows the last newline was cut short by a kill, and is written over.
        *lines, torn = content.split(b"\n")
        self._end, self._size = len(content) - len(torn), len(content)
        self._check_header(lines[0] if lines else b"", json.loads(first))
        trials = (self._read(line, i, header["seeds"]) for i, line in enumerate(lines[1:], 2))
        self._known = {(trial.round, trial.number): trial for trial in trials}

    def find(self, round_: int, number: int, params: dict[str, Any]) -> Trial | None:
        """이미 해 본 시도. The trial with these hyperparameters, if it was made already."""
        trial = self._known.get((round_, number))
        if trial is not None and not _same(trial.params, params):
            raise FileFormatError(
                f"{self._path}에는 {round_}회차 {number}번 시도가 {trial.params}인데 이 탐색에서는 "
                f"{params}입니다. 앞 회차의 run()과 narrow()를 기록과 같게 하거나 다른 파일을 "
                "주세요.",
                f"In {self._path} trial {number} of round {round_} is {trial.params}, in this "
                f"search {params}; run() and narrow() as the record did, or name another file.",
            )
        return trial

    def append(self, trial: Trial) -> None:
        """시도 하나를 디스크에 쓴다. Put a trial on the disk."""
        with self._path.open("r+b") as file:
            if file.seek(0, os.SEEK_END) != self._size:
                raise FileFormatError(
                    f"{self._path}을(를) 다른 프로그램이 바꾸었습니다. 기록 하나에는 탐색 하나만 "
                    "돌리세요. 이 탐색을 다시 만들면 이어서 할 수 있습니다.",
                    f"{self._path} was changed by another program; run one search on a record, "
                    "and make this one anew to go on.",
                )
            file.truncate(self._end)
            file.seek(self._end)
            file.write(_line(asdict(trial)))
            file.flush()
            os.fsync(file.fileno())
            self._end = self._size = file.tell()

    def _check_header(self, line: bytes, ours: dict[str, Any]) -> None:
        try:
            theirs = json.loads(line)
        except ValueError:
            theirs = None
        if not isinstance(theirs, dict) or theirs.get("format") != ours["format"]:
            raise FileFormatError(
                f"탐색의 기록이 아닙니다: {self._path}. 그대로 두었으니 다른 이름을 주세요.",
                f"{self._path} is no record of a search; it was left alone, so name another file.",
            )
        differ = [key for key in ours if theirs.get(key) != ours[key]]
        if differ:
            there, here = ({key: it.get(key) for key in differ} for it in (theirs, ours))
            raise FileFormatError(
                f"다른 탐색의 기록입니다: {self._path}. 기록은 {there}, 이 탐색은 {here}. 그대로 "
                "두었으니 설정을 맞추거나 다른 이름을 주세요.",
                f"{self._path} is the record of another search, of {there}, where this one has "
                f"{here}; it was left alone: settle on one, or name another file.",
            )

    def _read(self, line: bytes, place: int, seeds: int) -> Trial:
        try:
            match json.loads(line):
                case {
                    "round": int(),
                    "number": int(),
                    "params": dict(),
                    "scores": list() as scores,
                    "seconds": float(),
                    "state": str() as state,
                    "message": str(),
                } as fields if len(fields) == 7 and state in STATES:
                    finite = [isinstance(s, float) and math.isfinite(s) for s in scores]
                    if state != "done" or finite == [True] * seeds:
                        return Trial(**fields)
        except ValueError:
            pass
        raise FileFormatError(
            f"{self._path}의 {place}째 줄이 깨졌습니다: {line[:60]!r}. 그 줄을 지우면 그 시도를 "
            "다시 합니다.",
            f"Line {place} of {self._path} is damaged: {line[:60]!r}; without that line its trial "
            "is made again.",
        )


def _line(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Equal but for the last digits, in which the logarithms of two machines may differ."""
    return a.keys() == b.keys() and all(
        x == y or (isinstance(x, float) and isinstance(y, float) and math.isclose(x, y))
        for x, y in ((a[name], b[name]) for name in a)
    )
