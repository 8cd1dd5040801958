"""6장의 실험들이 함께 쓰는 것: 세 가지 크기, 그림이 놓일 자리.

What the experiments of chapter 6 share: three sizes to run at, and a place for their figures.

An experiment is a script that also is a page of the docs, so it has no ``main``: it begins with
:func:`begin`, draws with pyplot, and hands each figure to :meth:`Experiment.finish`.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from typing import TypeVar

import matplotlib.pyplot as plt

import tinygrad_kr as torch
from helpers.options import Parser
from helpers.places import RUNS
from tinygrad_kr.io import atomic_write
from tinygrad_kr.viz import use_style

T = TypeVar("T")


@dataclass(frozen=True)
class Experiment:
    """실험 한 번.

    One run of an experiment, at one of three sizes.
    """

    size: str
    _start: float = field(default_factory=time.perf_counter, repr=False)

    def pick(self, *, quick: T, default: T, full: T | None = None) -> T:
        """이 크기에 맞는 값. ``full``이 없으면 ``default``.

        The value for this size; where there is no ``full``, the default has the book's size.
        """
        if self.size == "quick":
            return quick
        return full if self.size == "full" and full is not None else default

    def finish(self, name: str) -> None:
        """지금의 그림을 ``examples/runs/NAME.png``에 저장하고, 창이 있으면 보인다.

        Save the current figure there, say so, and show it where there is a window to show it in.
        """
        RUNS.mkdir(exist_ok=True)
        path = RUNS / f"{name}.png"
        with atomic_write(path) as file:
            plt.gcf().savefig(file, format="png", dpi=110)
        seconds = time.perf_counter() - self._start
        print(f"그림(figure): {path.relative_to(RUNS.parents[1])}  {seconds:.1f}초(s)")
        if plt.get_backend().lower() != "agg":
            plt.show()


def begin(seed: int = 0) -> Experiment:
    """명령줄을 읽고, 씨앗을 심고, 그림의 모양을 정한다.

    Read the command line (``--quick``, ``--full``), plant the seed, and set the look of figures.
    """
    parser = Parser(description="6장의 실험. An experiment of chapter 6.", allow_abbrev=False)
    sizes = parser.add_mutually_exclusive_group()
    for size, text in (
        ("quick", "8초 안에 끝나는 작은 크기. Small: at most 8 s."),
        ("full", "책의 크기. The book's size."),
    ):
        sizes.add_argument(f"--{size}", dest="size", action="store_const", const=size, help=text)
    args: argparse.Namespace = parser.parse_args()
    torch.manual_seed(seed)
    use_style()
    return Experiment(args.size or "default")
