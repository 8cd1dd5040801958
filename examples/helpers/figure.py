"""그림: 글꼴에 한글이 있으면 한글로, 없으면 영어로.

Figures, labelled in Korean where a font has Hangul and in English where none has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.places import check_place
from tinygrad_kr.errors import ArgumentError, MissingExtraError
from tinygrad_kr.io import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Looked for first, in this order; any other font with Hangul will do after them.
FAMILIAR = ("Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "NanumGothic", "Nanum Gothic",
            "NanumBarunGothic", "Noto Sans KR", "Noto Sans CJK KR", "Noto Sans CJK JP")  # fmt: skip
SYLLABLES = "가나힣학습률"


def check_figure(path: Path) -> None:
    """그림을 그릴 수 있는지 미리 확인한다.

    Refuse what could not be drawn, before any time is spent.

    Raises:
        ArgumentError: ``path`` is no PNG in a folder that exists.
        MissingExtraError: matplotlib is not installed.
    """
    check_place(path)
    if path.suffix.lower() != ".png":
        raise ArgumentError(
            f"그림은 PNG입니다. 이름이 .png로 끝나야 합니다: {path}.",
            f"A figure is a PNG; its name must end in .png, not {path}.",
        )
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            '그림에는 matplotlib이 필요합니다: pip install "tinygrad_kr[examples]".',
            'Figures need matplotlib: pip install "tinygrad_kr[examples]".',
        ) from error


@cache
def hangul_font() -> str | None:
    """한글이 정말로 있는 글꼴의 이름.

    The name of a font that really has Hangul, None where there is none.
    """
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    rank = {name: i for i, name in enumerate(FAMILIAR)}
    for font in sorted(fontManager.ttflist, key=lambda f: (rank.get(f.name, len(rank)), f.name)):
        try:
            glyphs = FT2Font(font.fname).get_charmap()
        except (OSError, RuntimeError):
            continue
        found = {glyphs.get(ord(c)) for c in SYLLABLES}
        # A font of last resort draws one box for all of them.
        if None not in found and len(found) == len(SYLLABLES):
            return font.name
    return None


def say(korean: str, english: str) -> str:
    """그릴 수 있는 언어로. The words in the language that can be drawn."""
    return korean if hangul_font() else english


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """그림 한 장: 블록이 끝나면 PNG로 저장된다.

    A figure, saved as a PNG when the block ends. No window is opened and no global setting stays
    changed.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    families = [name for name in ("DejaVu Sans", hangul_font()) if name]
    style: dict[Any, Any] = {"font.family": families, "axes.unicode_minus": False, "font.size": 9}
    with matplotlib.rc_context(style):
        fig = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(fig)
        yield fig
        with atomic_write(path) as file:
            fig.savefig(file, format="png", dpi=110)


def smooth(values: list[float], width: int) -> tuple[Any, Any]:
    """이동평균과 그 가운데 자리.

    A moving average over ``width`` values, a tenth of them at most, and the middles of its windows.
    """
    width = min(width, -(-len(values) // 10))
    means = np.convolve(values, np.ones(width) / width, mode="valid")
    return np.arange(len(means)) + (width + 1) / 2, means
