"""글꼴과 모양: 글꼴에 한글이 있으면 한글로, 없으면 영어로.

The look of the figures: Korean where a font has Hangul, English where none has, never boxes, and a
minus sign that every font can draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from tinygrad_kr.errors import MissingExtraError

# Looked for first, in this order; any other font with Hangul will do after them.
FAMILIAR = ("Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "NanumGothic", "Nanum Gothic",
            "NanumBarunGothic", "Noto Sans KR", "Noto Sans CJK KR", "Noto Sans CJK JP")  # fmt: skip
SYLLABLES = "가나힣학습률"


def need_matplotlib() -> None:
    """matplotlib이 없으면 무엇을 설치할지 말한다.

    Say what to install where matplotlib is missing.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            '그림에는 matplotlib이 필요합니다: pip install "tinygrad_kr[viz]".',
            'Figures need matplotlib: pip install "tinygrad_kr[viz]".',
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
    """그릴 수 있는 언어로.

    The words in the language that can be drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    need_matplotlib()
    return korean if hangul_font() else english


def _settings() -> dict[Any, Any]:
    need_matplotlib()
    return {
        "font.family": [name for name in ("DejaVu Sans", hangul_font()) if name],
        "axes.unicode_minus": False,
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.constrained_layout.use": True,
    }


@contextmanager
def style() -> Iterator[None]:
    """블록 안의 그림만 이 집의 모양으로.

    This house's look for the figures of a block; no global setting stays changed.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    settings = _settings()
    import matplotlib

    with matplotlib.rc_context(settings):
        yield


def use_style() -> None:
    """앞으로 그릴 모든 그림을 이 집의 모양으로.

    This house's look for every figure from here on, as a script wants it.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    settings = _settings()
    import matplotlib

    matplotlib.rcParams.update(settings)
