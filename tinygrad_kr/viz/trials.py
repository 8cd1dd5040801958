"""하이퍼파라미터 탐색의 시도들.

The trials of a search for hyperparameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.viz.style import legend, need_matplotlib, say, sheet, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from tinygrad_kr.tune import RandomSearch, Range, Trial

COLUMNS = 3


def trials(search: RandomSearch, *, fig: Figure | SubFigure | None = None) -> Figure | SubFigure:
    """하이퍼파라미터마다, 그 값에서 얻은 점수.

    The score over each hyperparameter, a colour for each round, on a logarithmic axis where the
    range is one. A trial that diverged or raised has no score: a cross at the foot of the axes.

    Args:
        search: a :class:`tinygrad_kr.tune.RandomSearch` that has run.
        fig: a figure or subfigure to draw in.

    Raises:
        ArgumentError: ``search`` is something else, or has made no trial yet.

    >>> from tinygrad_kr import tune
    >>> search = tune.RandomSearch(lambda p, seed: p["lr"], {"lr": tune.LogUniform(1e-6, 1e-2)})
    >>> _ = search.run(10)
    >>> fig = trials(search)
    >>> fig.axes[0].get_xscale(), len(fig.axes[0].collections[0].get_offsets())
    ('log', 10)
    """
    need_matplotlib()
    if not (hasattr(search, "trials") and hasattr(search, "spaces")):
        raise wrong_kind("search", search, "tune.RandomSearch 하나", "a tune.RandomSearch")
    if not search.trials:
        raise ArgumentError(
            "아직 시도가 없습니다. 먼저 search.run()을 부르세요.",
            "There are no trials yet; call search.run() first.",
        )
    space = search.spaces[0]
    columns = min(len(space), COLUMNS)
    rows = -(-len(space) // columns)
    with style():
        drawn = sheet(fig, 3.4 * columns + 1, 3 * rows)
        cells = list(drawn.subplots(rows, columns, squeeze=False, sharey=True).flat)
        for cell in cells[len(space) :]:
            cell.set_axis_off()
        for i, (cell, (name, range_)) in enumerate(zip(cells, space.items(), strict=False)):
            _scatter(cell, search.trials, name, range_)
            if i % columns == 0:
                cell.set_ylabel(say("점수", "score"))
        legend(cells[columns - 1])
    return drawn


def _scatter(ax: Axes, made: list[Trial], name: str, range_: Range) -> None:
    options = getattr(range_, "options", None)

    def place(chosen: list[Trial]) -> list[Any]:
        values = [t.params[name] for t in chosen]
        return values if options is None else [options.index(value) for value in values]

    for round_ in range(1, 1 + max(t.round for t in made)):
        done = [t for t in made if t.done and t.round == round_]
        label = say(f"{round_}회차", f"round {round_}")
        ax.scatter(place(done), [t.score for t in done], s=18, alpha=0.75, linewidths=0,
                   color=f"C{round_ - 1}", label=label)  # fmt: skip
    failed = [t for t in made if not t.done]
    if failed:
        # Not a scatter: its blended coordinates would not count for the limits of the axis.
        ax.plot(place(failed), [0.02] * len(failed), "x", color="0.4", markersize=4,
                transform=ax.get_xaxis_transform(), label=say("실패", "failed"))  # fmt: skip
    if range_.log:
        ax.set_xscale("log")
    if options is not None:
        ax.set_xticks(range(len(options)), [str(option) for option in options])
        ax.set_xlim(-0.5, len(options) - 0.5)
    ax.set_xlabel(name)
    ax.grid(alpha=0.3)
