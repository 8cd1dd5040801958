"""Contour lines, arrows and paths stand where the formulas say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.contour import QuadContourSet
from matplotlib.quiver import Quiver

import tinygrad_kr as tg
from tinygrad_kr import viz
from tinygrad_kr.errors import ArgumentError, ConversionError, HyperparameterError, ShapeError

WINDOW: dict[str, Any] = {"xlim": (-10, 10), "ylim": (-5, 5)}


def bowl(x: Any, y: Any) -> Any:
    return x**2 / 20 + y**2


def lines_of(ax: Any) -> QuadContourSet:
    found = [c for c in ax.collections if isinstance(c, QuadContourSet) and not c.filled]
    assert len(found) == 1
    return found[0]


def arrows_of(ax: Any) -> Quiver:
    (arrows,) = [c for c in ax.collections if isinstance(c, Quiver)]
    return arrows


def test_contour_lines_lie_at_their_heights() -> None:
    ax = viz.contour(bowl, **WINDOW)
    lines = lines_of(ax)
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        assert len(path.vertices) > 10
        # A line between two grid points is straight, f is not.
        assert bowl(*path.vertices.T) == pytest.approx(level, abs=0.01)
    # In a parabola the lines are evenly spaced: their roots are.
    assert np.ptp(np.diff(np.sqrt(lines.levels))) < 1e-12
    assert ax.get_xlim() == (-10, 10) and ax.get_ylim() == (-5, 5)


def test_levels_as_asked() -> None:
    assert len(lines_of(viz.contour(bowl, levels=5, **WINDOW)).levels) == 5
    assert list(lines_of(viz.contour(bowl, levels=[4, 1, 9], **WINDOW)).levels) == [1, 4, 9]
    assert list(lines_of(viz.contour(bowl, levels=[4], **WINDOW)).levels) == [4]


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: tg.exp(x) * y,
        lambda x, y: x.exp() * y,
        lambda x, y: (x.exp() * y).detach(),
        lambda x, y: np.exp(x) * y,
    ],
)
def test_functions_of_every_kind(f: Any) -> None:
    ax = viz.contour(f, xlim=(0, 1), ylim=(1, 2))
    viz.gradient_field(f, ax, xlim=(0, 1), ylim=(1, 2))
    path = lines_of(ax).get_paths()[3].vertices
    assert np.exp(path[:, 0]) * path[:, 1] == pytest.approx(lines_of(ax).levels[3], abs=1e-3)


def test_a_function_that_writes_into_its_input_harms_nothing() -> None:
    def careless(x: Any, y: Any) -> Any:
        x **= 2
        x /= 20
        x += y**2
        return x

    ax = viz.contour(careless, **WINDOW)
    viz.gradient_field(careless, ax, **WINDOW)
    path = lines_of(ax).get_paths()[-1].vertices
    assert bowl(*path.T) == pytest.approx(lines_of(ax).levels[-1], abs=0.01)
    arrows = arrows_of(ax)
    assert np.allclose(arrows.U, -arrows.XY[:, 0] / 10) and np.allclose(
        arrows.V, -2 * arrows.XY[:, 1]
    )


def test_flat_land_has_no_lines() -> None:
    for flat in (lambda x, y: 3.0, lambda x, y: 0 * x):
        ax = viz.contour(flat, **WINDOW)
        viz.gradient_field(flat, ax, **WINDOW)
        assert not [c for c in ax.collections if isinstance(c, QuadContourSet)]
        assert not arrows_of(ax).U.any() and not arrows_of(ax).V.any()


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-2, 2))
def test_arrows_point_down_the_gradient(a: float, b: float, c: float) -> None:
    """-∇f of a x²/2 + b y²/2 + c x y in every cell; the longest arrow is as long as its cell."""
    ax = viz.gradient_field(
        lambda x, y: a * x**2 / 2 + b * y**2 / 2 + c * x * y, xlim=(-4, 4), ylim=(-1, 3), n=(8, 4)
    )
    arrows = arrows_of(ax)
    x, y = arrows.XY.T
    assert np.allclose(arrows.U, -(a * x + c * y), atol=1e-6)
    assert np.allclose(arrows.V, -(b * y + c * x), atol=1e-6)
    drawn = np.stack([arrows.U, arrows.V]) / arrows.scale
    assert np.hypot(*drawn).max() == pytest.approx(1)
    assert (x.min(), x.max(), y.min(), y.max()) == (-3.5, 3.5, -0.5, 2.5)
    pyplot.close("all")


def test_holes_in_the_land_stay_empty() -> None:
    ax = viz.contour(lambda x, y: np.log(x) + y, xlim=(-1, 1), ylim=(0, 1))
    viz.gradient_field(lambda x, y: np.log(x) + y, ax, xlim=(-1, 1), ylim=(0, 1), n=(4, 2))
    assert min(path.vertices[:, 0].min() for path in lines_of(ax).get_paths()) > 0
    assert arrows_of(ax).Umask.reshape(2, 4).tolist() == [[True, True, False, False]] * 2


def test_paths_are_drawn_point_by_point() -> None:
    k = np.arange(31)
    sgd = np.stack([-7 * 0.905**k, 2 * (-0.9) ** k], axis=1)
    ax = viz.paths({"SGD": sgd, "Adam": sgd[:5] / 2}, bowl, minimum=(0, 0), **WINDOW)
    one, two, starts, star = ax.lines
    assert np.array_equal(one.get_xydata(), sgd) and one.get_marker() == "o"
    assert np.array_equal(two.get_xydata(), sgd[:5] / 2) and two.get_marker() != "o"
    assert {tuple(p) for p in starts.get_xydata()} == {(-7.0, 2.0), (-3.5, 1.0)}
    assert star.get_xydata().tolist() == [[0, 0]]
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["SGD", "Adam"]
    assert len(lines_of(ax).levels) == 12


def test_a_path_that_leaves_is_cut_off() -> None:
    path = [[-7, 2], [5, 1e300], [np.inf, 0], [np.nan, 1], [1, 1], [1e305, -1e305]]
    ax = viz.paths({"SGD": path}, bowl, **WINDOW)
    assert ax.get_xlim() == (-10, 10) and ax.get_ylim() == (-5, 5)


def test_without_a_window_all_is_in_it() -> None:
    ax = viz.paths(
        {"a": tg.tensor([[1.0, 1.0], [3.0, 1.0]]), "b": [[0, 1], [np.inf, 9]]}, minimum=(2, 1)
    )
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert -0.5 < left < 0 and 3 < right < 3.5 and bottom < 1 < top


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.paths({}), ArgumentError),
        (lambda: viz.paths([[0, 1]]), ArgumentError),  # type: ignore[arg-type]
        (lambda: viz.paths({"SGD": []}), ShapeError),
        (lambda: viz.paths({"SGD": [1.0, 2.0]}), ShapeError),
        (lambda: viz.paths({"SGD": [[1.0, 2.0, 3.0]]}), ShapeError),
        (lambda: viz.paths({"SGD": [[1.0, 2.0], [3.0]]}), ArgumentError),
        (lambda: viz.paths({"SGD": "path"}), ArgumentError),
        (lambda: viz.paths({"SGD": [[np.nan, 1.0], [0.0, 1.0]]}), ArgumentError),
        (lambda: viz.paths({"SGD": [[0.0, 1.0]]}, minimum=(np.inf, 0)), ArgumentError),
        (lambda: viz.contour(bowl, xlim=(1, 1), ylim=(0, 1)), ArgumentError),
        (lambda: viz.contour(bowl, xlim=(0, np.nan), ylim=(0, 1)), HyperparameterError),
        (lambda: viz.contour(bowl, xlim=3, ylim=(0, 1)), ArgumentError),  # type: ignore[arg-type]
        (lambda: viz.contour(bowl, levels=0, **WINDOW), HyperparameterError),
        (lambda: viz.contour(bowl, levels="many", **WINDOW), ArgumentError),
        (lambda: viz.contour(bowl, levels=[1, np.nan], **WINDOW), ArgumentError),
        (lambda: viz.contour(lambda x, y: x if x > 0 else y, **WINDOW), ConversionError),
        (lambda: viz.contour(lambda x, y: x * np.nan, **WINDOW), ArgumentError),
        (lambda: viz.contour(lambda x, y: x[0], **WINDOW), ShapeError),
        (lambda: viz.contour(lambda x, y: None, **WINDOW), ArgumentError),
        (lambda: viz.gradient_field(bowl, n=(1, 3), **WINDOW), HyperparameterError),
        (lambda: viz.gradient_field(bowl, n=5, **WINDOW), ArgumentError),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_bad_input_is_refused_and_nothing_opened(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert len(str(caught.value).split("\n")) == 2
    assert pyplot.get_fignums() == []
