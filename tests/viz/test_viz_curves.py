"""Learning curves: the mean, the band, the gaps, and runs that diverge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot

import tinygrad_kr as tg
from tinygrad_kr import viz
from tinygrad_kr.errors import ArgumentError, HyperparameterError, ShapeError


def data(line: Any) -> Any:
    return np.asarray(line.get_xydata())


def test_one_seed_is_a_line_without_a_band() -> None:
    ax = viz.curves({"SGD": tg.tensor([3.0, 2.0, 1.0])}, xlabel="step", ylabel="loss")
    assert data(ax.lines[0]).tolist() == [[1, 3], [2, 2], [3, 1]]
    assert len(ax.collections) == 0 and (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")


@given(st.integers(2, 5), st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_mean_and_band_over_seeds(seeds: int, steps: int, width: int, seed: int) -> None:
    """Against the definitions, window by window; statistics is no relative of NumPy's."""
    from statistics import mean, stdev

    width = min(width, steps)
    runs = np.random.default_rng(seed).normal(size=(seeds, steps))
    x = np.linspace(0, 1, steps)
    ax = viz.curves({"SGD": runs}, x=x, smooth=width)
    windows = range(steps - width + 1)
    averages = [[mean(run[i : i + width]) for run in runs.tolist()] for i in windows]
    place, line = data(ax.lines[0]).T
    assert place == pytest.approx([mean(x[i : i + width].tolist()) for i in windows])
    assert line == pytest.approx([mean(values) for values in averages])
    (band,) = ax.collections
    corners = {(round(a, 9), round(b, 9)) for a, b in band.get_paths()[0].vertices}
    for where, values in zip(place, averages, strict=True):
        for edge in (mean(values) - stdev(values), mean(values) + stdev(values)):
            assert (round(where, 9), round(edge, 9)) in corners
    pyplot.close("all")


def test_nan_is_a_gap_and_a_lone_value_a_dot() -> None:
    ax = viz.curves({"a": [np.nan, 1.0, np.nan, 2.0, 3.0, np.nan, 4.0]})
    line, dots = ax.lines
    assert np.isnan(line.get_ydata()).tolist() == [True, False, True, False, False, True, False]
    assert data(dots).tolist() == [[2, 1], [7, 4]] and dots.get_marker() == "."
    assert dots.get_color() == line.get_color()


def test_a_seed_with_nan_makes_the_mean_a_gap() -> None:
    ax = viz.curves({"a": [[1.0, 2.0, 3.0], [1.0, np.nan, 3.0]]})
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, True, False]


@pytest.mark.parametrize("end", [np.inf, np.nan, 1e300])
def test_a_run_that_diverges_does_not_flatten_the_others(end: float) -> None:
    ax = viz.curves({"fine": [2.0, 1.5, 1.0], "lost": [2.0, 1e20, end], "worse": [-1e99, 1.0, end]})
    bottom, top = ax.get_ylim()
    assert -0.2 < bottom <= 0 and top == 3
    ax.set_yscale("log")
    assert ax.get_ylim()[1] == 3


def test_gaps_alone_do_not_cut_anything_off() -> None:
    ax = viz.curves({"fine": [2.0, 1.0], "gaps": [2.9, np.nan]})
    assert ax.get_ylim()[1] > 2.9
    ax = viz.curves({"only": [1.0, 1e9, np.inf]})
    assert ax.get_ylim()[1] > 1e9


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.curves({}), ArgumentError),
        (lambda: viz.curves([1.0, 2.0]), ArgumentError),  # type: ignore[arg-type]
        (lambda: viz.curves({"a": []}), ShapeError),
        (lambda: viz.curves({"a": 3.0}), ShapeError),
        (lambda: viz.curves({"a": np.ones((2, 2, 2))}), ShapeError),
        (lambda: viz.curves({"a": [[1.0, 2.0], [1.0]]}), ArgumentError),
        (lambda: viz.curves({"a": ["x"]}), ArgumentError),
        (lambda: viz.curves({"a": [np.nan, np.inf]}), ArgumentError),
        (lambda: viz.curves({"a": [1.0, 2.0]}, x=[1.0]), ShapeError),
        (lambda: viz.curves({"a": [1.0, 2.0]}, x=[1.0, np.inf]), ArgumentError),
        (lambda: viz.curves({"a": [1.0, 2.0]}, smooth=3), ArgumentError),
        (lambda: viz.curves({"a": [1.0, 2.0]}, smooth=0), HyperparameterError),
        (lambda: viz.curves({"a": [1.0, 2.0]}, smooth=1.5), ArgumentError),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_bad_input_is_refused_and_nothing_opened(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert len(str(caught.value).split("\n")) == 2
    assert pyplot.get_fignums() == []
