"""글꼴과 모양: 글꼴에 한글이 있으면 한글로, 없으면 영어로.

The look of the figures: Korean where a font has Hangul, English where none has, never boxes, a
minus sign that every font can draw, and colours that the colour-blind can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from tinygrad_kr.errors import MissingExtraError
from tinygrad_kr.hyperparameters import wrong_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Looked for first, in this order; any other font with Hangul will do after them.
FAMILIAR = ("Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "NanumGothic", "Nanum Gothic",
            "NanumBarunGothic", "Noto Sans KR", "Noto Sans CJK KR", "Noto Sans CJK JP")  # fmt: skip
SYLLABLES = "가나힣학습률"
# Those of Okabe and Ito, without the yellow, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", ":")


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
    from cycler import cycler

    return {
        "font.family": [name for name in ("DejaVu Sans", hangul_font()) if name],
        "axes.unicode_minus": False,
        "axes.prop_cycle": cycler(linestyle=LINES) * cycler(color=COLOURS),
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


@contextmanager
def canvas(ax: Axes | None, width: float = 6.4, height: float = 4.0) -> Iterator[Axes]:
    """그릴 자리: 받은 축, 없으면 새 그림의 축. 블록 안의 글자는 이 집의 글꼴이다.

    The axes to draw on: the caller's, or those of a new figure of ``width`` by ``height`` inches.
    The texts of the block get this house's fonts, on axes of any look.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ArgumentError: ``ax`` is no Axes.
    """
    with style():
        from matplotlib import rcParams
        from matplotlib.axes import Axes

        if ax is not None and not isinstance(ax, Axes):
            raise wrong_kind("ax", ax, "Axes 하나", "one matplotlib Axes")
        axes = sheet(None, width, height).add_subplot() if ax is None else ax
        yield axes
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            if not text.get_text().isascii():
                text.set_fontfamily(rcParams["font.family"])


def sheet(fig: Figure | SubFigure | None, width: float, height: float) -> Figure | SubFigure:
    """받은 그림, 없으면 새 그림.

    The caller's figure or subfigure, or a new one of ``width`` by ``height`` inches, through pyplot
    so that a script shows it.

    Raises:
        ArgumentError: ``fig`` is neither.
    """
    from matplotlib import pyplot
    from matplotlib.figure import Figure, SubFigure

    if fig is None:
        return pyplot.figure(figsize=(width, height))
    if not isinstance(fig, Figure | SubFigure):
        raise wrong_kind("fig", fig, "Figure나 SubFigure 하나", "a matplotlib Figure or SubFigure")
    return fig


def legend(ax: Axes) -> None:
    """범례를 그림 옆에. 자리를 마련해 줄 배치가 없으면 데이터를 피해 안에.

    The legend beside the axes, where it covers nothing; inside, clear of the lines, in a figure
    that has no layout to make room for it.
    """
    if ax.figure.figure.get_layout_engine() is None:
        ax.legend(loc="best")
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False)
