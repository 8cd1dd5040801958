"""함수의 땅: 등고선, 기울기, 그 위를 걷는 옵티마이저의 경로.

The land that a function of two variables makes: contour lines, the gradient, and the paths of
optimisers on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import integer, wrong_kind
from tinygrad_kr.viz.inputs import limits, named, numbers
from tinygrad_kr.viz.style import canvas, legend, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Surface = Callable[[Any, Any], Any]
Limits = tuple[float, float]

GRID = 201
LEVELS = 12
MARKERS = "o^sDvPX"


def contour(
    f: Surface,
    ax: Axes | None = None,
    *,
    xlim: Limits,
    ylim: Limits,
    levels: int | Sequence[float] | None = None,
) -> Axes:
    """f(x, y)의 등고선. 밝을수록 낮다.

    The contour lines of f(x, y); the lighter, the lower.

    Args:
        f: takes two arrays of x and y and gives the array of heights; operators, NumPy's functions
            and a Tensor's methods will do.
        xlim, ylim: the window, (low, high).
        levels: the heights of the lines, or how many (12). A number of them stands at squares,
            low + (high - low) (k / n)², so that a parabola's lines are evenly spaced.

    Raises:
        ArgumentError: ``f`` takes no arrays or has no finite height here; a bad window.
        ShapeError: ``f`` gives another shape than it was given.

    >>> contour(lambda x, y: x**2 / 20 + y**2, xlim=(-10, 10), ylim=(-5, 5)).get_xlabel()
    'x'
    """
    x, y = _grid(limits("xlim", xlim), limits("ylim", ylim), GRID, GRID)
    z = _heights(f, x, y)
    heights = _levels(levels, z)
    with canvas(ax) as axes:
        if len(heights) > 1:
            axes.contourf(x, y, z, heights, cmap="Greys", alpha=0.22, extend="both", zorder=0)
        if len(heights):
            axes.contour(x, y, z, heights, colors="0.55", linewidths=0.6, linestyles="solid",
                         zorder=1)  # fmt: skip
        _frame(axes, xlim, ylim)
    return axes


def gradient_field(
    f: Surface,
    ax: Axes | None = None,
    *,
    xlim: Limits,
    ylim: Limits,
    n: tuple[int, int] = (17, 9),
) -> Axes:
    """내려가는 방향 -∇f의 화살표. 가장 긴 것이 한 칸이다.

    Arrows of -∇f, the way down that SGD takes, from the middle of each cell of a grid, the longest
    as long as a cell. The gradient is a central difference, so any ``f`` will do.

    Args:
        f: as for :func:`contour`.
        xlim, ylim: the window, (low, high).
        n: how many arrows across and up.

    Source: section 6.1.3.

    >>> axes = gradient_field(lambda x, y: x**2 / 20 + y**2, xlim=(-10, 10), ylim=(-5, 5))
    >>> len(axes.collections[0].U)
    153
    """
    if not isinstance(n, tuple | list) or len(n) != 2:
        raise wrong_kind("n", n, "(가로 개수, 세로 개수)", "(across, up)")
    across, up = (integer("n", count, least=2) for count in n)
    windows = limits("xlim", xlim), limits("ylim", ylim)
    cells = [(high - low) / count for (low, high), count in zip(windows, n, strict=True)]
    inner = [(low + c / 2, high - c / 2) for (low, high), c in zip(windows, cells, strict=True)]
    x, y = _grid(inner[0], inner[1], across, up)
    hx, hy = (1e-5 * cell for cell in cells)
    with np.errstate(all="ignore"):
        u = (_heights(f, x - hx, y) - _heights(f, x + hx, y)) / (2 * hx)
        v = (_heights(f, x, y - hy) - _heights(f, x, y + hy)) / (2 * hy)
        longest = np.max(np.ma.hypot(u / cells[0], v / cells[1]))
    with canvas(ax) as axes:
        axes.quiver(x, y, u, v, angles="xy", scale_units="xy", scale=longest or 1, width=0.003,
                    color="0.25", zorder=2)  # fmt: skip
        _frame(axes, *windows)
    return axes


def paths(
    paths: Mapping[str, Any],
    f: Surface | None = None,
    ax: Axes | None = None,
    *,
    xlim: Limits | None = None,
    ylim: Limits | None = None,
    minimum: tuple[float, float] | None = None,
) -> Axes:
    """옵티마이저들의 경로를 f의 등고선 위에.

    The paths of optimisers, on the contour lines of ``f`` where it is given.

    Args:
        paths: the points of each by its name, the start first: (steps + 1, 2). A point with nan or
            inf breaks the line.
        f: as for :func:`contour`.
        xlim, ylim: the window, (low, high); a path that leaves it is cut off there. Without them
            the window holds all points.
        minimum: the point to mark by a star.

    Source: section 6.1.

    >>> k = np.arange(31)
    >>> sgd = np.stack([-7 * 0.905**k, 2 * (-0.9) ** k], axis=1)
    >>> axes = paths({"SGD": sgd}, lambda x, y: x**2 / 20 + y**2, minimum=(0, 0))
    >>> [line.get_label() for line in axes.lines][:1]
    ['SGD']
    """
    points = {name: _points(name, path) for name, path in named("paths", paths).items()}
    star = None if minimum is None else _points("minimum", [minimum])
    marked = [*points.values()] if star is None else [*points.values(), star]
    everything = np.concatenate(marked)
    everything = everything[np.isfinite(everything).all(axis=1)]
    windows = [
        limits(name, given) if given is not None else _around(everything[:, i])
        for i, (name, given) in enumerate((("xlim", xlim), ("ylim", ylim)))
    ]
    with canvas(ax) as axes:
        if f is not None:
            contour(f, axes, xlim=windows[0], ylim=windows[1])
        for (name, path), marker in zip(points.items(), cycle(MARKERS), strict=False):
            axes.plot(*path.T, label=name, marker=marker, markersize=3.5, linewidth=1.2, zorder=3)
        starts = np.unique([path[0] for path in points.values()], axis=0)
        axes.plot(*starts.T, "s", color="black", fillstyle="none", markersize=9,
                  label=say("시작", "start"), zorder=4)  # fmt: skip
        if star is not None:
            axes.plot(*star.T, "*", color="black", markersize=11,
                      label=say("최소점", "minimum"), zorder=4)  # fmt: skip
        _frame(axes, *windows)
        legend(axes)
    return axes


def _frame(axes: Axes, xlim: Limits, ylim: Limits) -> None:
    axes.set(xlim=xlim, ylim=ylim, xlabel="x", ylabel="y")


def _grid(xlim: Limits, ylim: Limits, across: int, up: int) -> tuple[Array, Array]:
    x, y = np.meshgrid(np.linspace(*xlim, across), np.linspace(*ylim, up))
    return x, y


def _heights(f: Surface, x: Array, y: Array) -> Any:
    """f at the points, with what is not finite masked."""
    with np.errstate(all="ignore"):
        try:
            z = f(x.copy(), y.copy())
        except (AttributeError, TypeError, ValueError):  # written in a Tensor's own methods
            z = f(wrap(x.copy()), wrap(y.copy()))
    z = numbers("f(x, y)", z)
    if z.shape not in ((), x.shape):
        raise ShapeError(
            f"f(x, y)의 형상은 x, y와 같은 {x.shape}이어야 합니다. 받은 형상: {z.shape}.",
            f"f(x, y) must have the shape of x and y, {x.shape}, not {z.shape}.",
        )
    z = np.ma.masked_invalid(np.broadcast_to(z, x.shape).astype(np.float64))
    if z.mask.all():
        raise ArgumentError(
            "f(x, y)가 이 창에서 모두 nan이나 inf입니다. xlim과 ylim을 확인하세요.",
            "f(x, y) is nan or inf all over this window; look at xlim and ylim.",
        )
    return z


def _levels(levels: int | Sequence[float] | None, z: Any) -> Array:
    """The heights of the lines; none where the land is flat."""
    if levels is not None and not isinstance(levels, int | np.integer):
        heights = np.unique(numbers("levels", levels, 1))
        if not np.isfinite(heights).all():
            raise ArgumentError(
                f"levels는 유한해야 합니다: {levels}.", f"levels must be finite, not {levels}."
            )
        return heights
    count = LEVELS if levels is None else integer("levels", levels, least=1)
    low, high = float(z.min()), float(z.max())
    steps = (np.arange(1, count + 1) / (count + 1)) ** 2
    return np.unique(low * (1 - steps) + high * steps) if low < high else np.array([])


def _points(name: str, path: Any) -> Array:
    array = numbers(name, path, 2).astype(np.float64)
    if array.shape[1] != 2:
        raise ShapeError(
            f"{name}의 형상은 (점의 수, 2)이어야 합니다: {array.shape}.",
            f"{name} must have the shape (points, 2), not {array.shape}.",
        )
    if not np.isfinite(array[0]).all():
        raise ArgumentError(
            f"{name}의 첫 점이 유한하지 않습니다: {array[0]}.",
            f"{name} must begin at a finite point, not {array[0]}.",
        )
    return array


def _around(values: Array) -> Limits:
    """A window with a margin around all values."""
    low, high = float(values.min()), float(values.max())
    margin = 0.08 * (high - low) or 1.0
    return low - margin, high + margin
