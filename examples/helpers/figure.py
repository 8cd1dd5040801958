"""그림 한 장을 PNG로.

A figure, checked for before the work and saved as a PNG after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.places import check_place
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.io import atomic_write
from tinygrad_kr.viz.style import need_matplotlib, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    need_matplotlib()


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """그림 한 장: 블록이 끝나면 PNG로 저장된다.

    A figure, saved as a PNG when the block ends. No window is opened and no global setting stays
    changed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style():
        fig = Figure(figsize=(width, height))
        FigureCanvasAgg(fig)
        yield fig
        with atomic_write(path) as file:
            fig.savefig(file, format="png", dpi=110)
