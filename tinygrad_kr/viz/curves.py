"""학습 곡선: 씨앗마다의 평균과 표준편차의 띠.

Learning curves: the mean over seeds, and the band of their standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.viz.inputs import finite, named, numbers
from tinygrad_kr.viz.style import canvas, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def curves(
    runs: Mapping[str, Any],
    ax: Axes | None = None,
    *,
    x: Any = None,
    smooth: int = 1,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> Axes:
    """학습 곡선. 씨앗이 여럿이면 평균선과 ±표준편차 띠를 그린다.

    Learning curves: a line each; of several seeds their mean, in a band of ± one (unbiased)
    standard deviation. A nan is a gap, as is an average over one. A run that diverges to inf leaves
    the figure rather than flatten the others: it may at most double the height that the runs
    without gaps take.

    Args:
        runs: each run's values by its name: (steps,) or (seeds, steps).
        x: where the values stand, (steps,), the same for all; 1, 2, 3 ... without it.
        smooth: the width of a moving average, drawn at the middle of its windows.
        xlabel, ylabel: the names of the axes.

    Raises:
        ArgumentError: no runs, no finite number, or ``smooth`` longer than a run.
        ShapeError: a run of other dimensions, or of another length than ``x``.

    >>> axes = curves({"SGD": [[3.0, 2.0, 1.0], [5.0, 4.0, 3.0]]})
    >>> axes.lines[0].get_ydata()
    array([4., 3., 2.])
    """
    width = integer("smooth", smooth, least=1)
    where = None if x is None else finite(numbers("x", x, 1))
    if where is not None and np.isnan(where).any():
        raise ArgumentError("x에 nan이나 inf가 있습니다.", "x holds nan or inf.")
    drawn = {name: _average(name, run, where, width) for name, run in named("runs", runs).items()}
    if all(np.isnan(mean).all() for _, mean, _ in drawn.values()):
        raise ArgumentError(
            f"그릴 값이 없습니다. 모두 nan이나 inf입니다: {', '.join(drawn)}.",
            f"There is nothing to draw: all is nan or inf in {', '.join(drawn)}.",
        )
    with canvas(ax) as axes:
        for name, (place, mean, spread) in drawn.items():
            (line,) = axes.plot(place, mean, label=name, linewidth=1.4)
            gap = np.isnan(np.pad(mean, 1, constant_values=np.nan))
            alone = ~gap[1:-1] & gap[:-2] & gap[2:]  # between two gaps: no line, so a dot
            if alone.any():
                axes.plot(place[alone], mean[alone], ".", color=line.get_color())
            if spread.any():
                axes.fill_between(place, mean - spread, mean + spread, color=line.get_color(),
                                  alpha=0.18, linewidth=0)  # fmt: skip
        _hold_back([np.stack([mean - std, mean + std]) for _, mean, std in drawn.values()], axes)
        axes.grid(alpha=0.3)
        if xlabel is not None:
            axes.set_xlabel(xlabel)
        if ylabel is not None:
            axes.set_ylabel(ylabel)
        legend(axes)
    return axes


def _average(name: str, run: Any, x: Array | None, width: int) -> tuple[Array, Array, Array]:
    """Where the averages stand, their mean and spread over the seeds; nan where one diverged."""
    seeds = np.atleast_2d(finite(numbers(name, run, 1, 2)))
    steps = seeds.shape[1]
    if x is not None and len(x) != steps:
        raise ShapeError(
            f"x는 {len(x)}개인데 {name}의 값은 {steps}개입니다.",
            f"x has {len(x)} values, but {name} has {steps}.",
        )
    if width > steps:
        raise ArgumentError(
            f"smooth={width}이(가) {name}의 길이 {steps}보다 깁니다.",
            f"smooth={width} is longer than {name}, which has {steps} values.",
        )
    place = np.arange(1.0, steps + 1) if x is None else x
    window = np.ones(width) / width
    place, *averages = (np.convolve(v, window, mode="valid") for v in (place, *seeds))
    spread = np.std(averages, axis=0, ddof=1) if len(averages) > 1 else np.zeros(len(place))
    return place, np.mean(averages, axis=0), spread


def _hold_back(bands: list[Array], axes: Axes) -> None:
    """Keep runs with gaps from stretching the axis beyond twice what whole runs take."""
    whole = [band for band in bands if not np.isnan(band).any()]
    if not whole:
        return
    low, high = (float(end(np.concatenate(whole, axis=1))) for end in (np.min, np.max))
    least, most = (float(end(np.concatenate(bands, axis=1))) for end in (np.nanmin, np.nanmax))
    room = high - low or 1.0
    if least < low - room or most > high + room:
        low, high = max(least, low - room), min(most, high + room)
        axes.set_ylim(low - 0.05 * (high - low), high)
