"""Korean where it can be drawn, English elsewhere; the caller's axes and settings respected."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib import font_manager, pyplot

import tinygrad_kr as tg
from tinygrad_kr import nn, viz
from tinygrad_kr.errors import ArgumentError, MissingExtraError

style = importlib.import_module("tinygrad_kr.viz.style")
RUNS = {"SGD": [3.0, 2.0, 1.0]}


def two_languages(error: Exception) -> bool:
    korean, english = str(error).split("\n")
    return any("가" <= c <= "힣" for c in korean) and english.replace("…", "").isascii()


needs_hangul = pytest.mark.skipif(viz.hangul_font() is None, reason="no font with Hangul")


@needs_hangul
def test_korean_on_axes_of_another_look() -> None:
    """pyplot's own axes know no Hangul; the labels that are drawn on them do all the same."""
    _, ax = pyplot.subplots()
    viz.curves({"확률적 경사 하강법": [2.0, 1.0]}, ax, xlabel="갱신 횟수", ylabel="손실")
    assert viz.hangul_font() in ax.xaxis.label.get_fontfamily()
    _, ax = pyplot.subplots()
    viz.confusion_matrix([0, 1], [1, 1], ax, labels=["고양이", "개"])
    assert ax.get_xlabel() == "대답"


def test_english_without_a_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "hangul_font", lambda: None)
    ax = viz.confusion_matrix([0, 1], [1, 1])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("answer", "label")
    own = [f for f in font_manager.fontManager.ttflist if "mpl-data" in f.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    fig = viz.activation_histograms(nn.Linear(3, 2), tg.ones(4, 3))
    assert fig.get_supxlabel() == "activation"
    assert all(text.get_text().isascii() for ax in fig.axes for text in ax.findobj(pyplot.Text))


def test_the_minus_sign_is_drawn() -> None:
    for scale in ("linear", "symlog"):
        with viz.style():
            ax = viz.curves({"a": [-30.0, -1e-3, 4.0]})
            ax.set_yscale(scale)
            ax.figure.canvas.draw()
            assert any("-" in label.get_text() for label in ax.get_yticklabels())


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_the_legend_covers_no_data(layout: str | None) -> None:
    fig, ax = pyplot.subplots(layout=layout)
    viz.curves({"falls": np.linspace(1, 0, 50), "stays low": np.full(50, 0.02)}, ax)
    fig.canvas.draw()
    box = ax.get_legend().get_window_extent()
    inside = [
        box.contains(*p) for line in ax.lines for p in ax.transData.transform(line.get_xydata())
    ]
    assert len(inside) == 100 and not any(inside)
    assert fig.bbox.contains(box.x0, box.y0) and fig.bbox.contains(box.x1, box.y1)


def test_the_colours_differ_then_the_lines() -> None:
    ax = viz.curves({str(i): [i, i] for i in range(10)})
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 10 and len({color for color, _ in looks}) == len(style.COLOURS)


def test_a_given_figure_is_drawn_on() -> None:
    _, ax = pyplot.subplots()
    assert viz.curves(RUNS, ax) is ax
    assert viz.contour(lambda x, y: x + y, ax, xlim=(0, 1), ylim=(0, 1)) is ax
    fig = pyplot.figure()
    part = fig.subfigures(1, 2)[1]
    assert viz.activation_histograms(nn.ReLU(), tg.ones(2, 2), fig=part) is part
    assert viz.misses(np.ones((1, 2, 2)), [0], [[0.0, 1.0]], fig=fig) is fig
    assert pyplot.get_fignums() == [1, 2]


@pytest.mark.parametrize("ax", [np.array([1]), "ax", 3])
def test_what_is_no_axes_is_refused(ax: Any) -> None:
    with pytest.raises(ArgumentError, match="Axes") as caught:
        viz.curves(RUNS, ax)
    assert two_languages(caught.value)
    with pytest.raises(ArgumentError, match="Figure"):
        viz.misses(np.ones((1, 2, 2)), [0], [[0.0, 1.0]], fig=ax)
    assert pyplot.get_fignums() == []


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = nn.Linear(2, 1)(tg.ones(1, 2)).sum()
    calls = [
        lambda: viz.say("가", "a"),
        viz.use_style,
        lambda: viz.curves(RUNS),
        lambda: viz.paths({"SGD": [[0.0, 1.0]]}),
        lambda: viz.contour(lambda x, y: x, xlim=(0, 1), ylim=(0, 1)),
        lambda: viz.gradient_field(lambda x, y: x, xlim=(0, 1), ylim=(0, 1)),
        lambda: viz.activation_histograms(nn.ReLU(), tg.ones(1)),
        lambda: viz.gradient_histograms(nn.ReLU(), loss),
        lambda: viz.confusion_matrix([0], [0]),
        lambda: viz.misses(np.ones((1, 2, 2)), [0], [[0.0, 1.0]]),
    ]
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for call in calls:
        with pytest.raises(MissingExtraError, match="tinygrad_kr\\[viz\\]") as caught:
            call()
        assert two_languages(caught.value)
    assert "cross_entropy" not in viz.graph(loss).svg()
