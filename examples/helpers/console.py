"""화면과 자판: 진행 막대, Ctrl-C, 인코딩.

The terminal: a progress bar, Ctrl-C that waits for a step to end, output that never fails.
"""

from __future__ import annotations

import functools
import io
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Any

from tinygrad_kr.errors import TinygradKrError


def polite(main: Callable[[Sequence[str] | None], int]) -> Callable[..., int]:
    """잘못은 두 줄로 말하고 2로 끝낸다. 한글을 못 쓰는 화면에서도 멈추지 않는다.

    A ``main`` that answers a user's slip with its message and exit code 2, and writes question
    marks, no error, where Hangul cannot be encoded.
    """

    @functools.wraps(main)
    def wrapped(argv: Sequence[str] | None = None) -> int:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return main(argv)
        except TinygradKrError as error:
            print(error, file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("멈추었습니다. Stopped.", file=sys.stderr)
            return 130

    return wrapped


class _NoBar:
    """What stands in for a tqdm bar where tqdm is missing."""

    def update(self) -> None:
        pass

    def set_postfix(self, **shown: Any) -> None:
        pass


def progress(label: str, total: int, done: int) -> AbstractContextManager[Any]:
    """진행 막대. tqdm이 없거나 화면이 아니면 보이지 않는다.

    A progress bar, by tqdm; none where tqdm is missing or the output is no terminal.
    """
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext(_NoBar())
    bar: AbstractContextManager[Any] = tqdm(
        desc=label, total=total, initial=done, leave=False, disable=None
    )
    return bar


class Interruption:
    """Ctrl-C를 기억해 두었다가 한 걸음이 끝난 뒤에 멈추게 한다.

    Remembers Ctrl-C (``asked``), so that the loop stops between two steps and never in the middle
    of an update; a second Ctrl-C stops at once.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Interruption:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
