"""Counts, shades and the order of the misses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot

import tinygrad_kr as tg
from tinygrad_kr import viz
from tinygrad_kr.errors import ArgumentError, HyperparameterError, ShapeError, TargetError


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_counts_and_shades(pairs: list[tuple[int, int]]) -> None:
    t, y = zip(*pairs, strict=True)
    ax = viz.confusion_matrix(list(t), tg.tensor(y), labels=list("ABCDE"))
    shown = {(int(a.get_position()[1]), int(a.get_position()[0])): a.get_text() for a in ax.texts}
    assert shown == {pair: str(pairs.count(pair)) for pair in set(pairs)}
    shades = ax.images[0].get_array()
    for row, column in np.ndindex(5, 5):
        share = pairs.count((row, column)) / max(t.count(row), 1)
        assert shades[row, column] == pytest.approx(share)
    assert [label.get_text() for label in ax.get_yticklabels()] == list("ABCDE")
    pyplot.close("all")


def test_scores_answer_by_their_largest() -> None:
    scores = tg.tensor([[0.1, 2.0, 0.3], [5.0, 1.0, -1.0]], requires_grad=True)
    ax = viz.confusion_matrix(tg.tensor([1, 1]), scores)
    assert {a.get_position() for a in ax.texts} == {(1, 1), (0, 1)}
    assert ax.images[0].get_array().shape == (3, 3)


def test_of_many_classes_the_colours_alone() -> None:
    ax = viz.confusion_matrix(np.arange(30), np.arange(30))
    assert len(ax.texts) == 0 and (np.diag(ax.images[0].get_array()) == 1).all()


def titles(fig: Any) -> list[str]:
    return [title for ax in fig.axes if (title := ax.get_title())]


def test_the_worst_miss_comes_first() -> None:
    images = np.arange(5 * 16.0).reshape(5, 1, 4, 4)
    t = [0, 1, 2, 0, 1]
    scores = [[3, 1, 0], [2, 1, 0], [9, 1, 0], [0, 1, 4], [1, 5, 0]]  # right, wrong ×3, right
    fig = viz.misses(images, t, scores, n=2)
    assert titles(fig) == ["2 → 0", "0 → 2"]
    assert np.array_equal(fig.axes[0].images[0].get_array(), images[2, 0])
    named = viz.misses(images, t, scores, labels=["cat", "dog", "cow"])
    assert titles(named) == ["cow → cat", "cat → cow", "dog → cat"]
    assert np.array_equal(named.axes[2].images[0].get_array(), images[1, 0])


def test_no_miss_is_said() -> None:
    fig = viz.misses(np.ones((1, 4)), [1], [[0.0, 1.0]])
    assert titles(fig) == [] and not any(ax.images for ax in fig.axes)
    assert fig.get_suptitle() != viz.misses(np.ones((1, 4)), [0], [[0.0, 1.0]]).get_suptitle()


@pytest.mark.parametrize("shape", [(2, 9), (2, 3, 3), (2, 1, 3, 3), (2, 3, 3, 3)])
def test_images_of_every_shape(shape: tuple[int, ...]) -> None:
    images = tg.randn(*shape)
    fig = viz.misses(images, [0, 0], [[0.0, 1.0], [0.0, 2.0]])
    shown = np.asarray(fig.axes[0].images[0].get_array())
    wanted = images.numpy()[1]
    if shape == (2, 3, 3, 3):
        assert shown.min() >= 0 and shown.max() <= 1
        shown = np.moveaxis(shown, -1, 0)
        assert np.corrcoef(shown.ravel(), wanted.ravel())[0, 1] == pytest.approx(1)
    else:
        assert np.array_equal(shown, wanted.reshape(3, 3))


SQUARE = np.ones((2, 2, 2))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.confusion_matrix([], []), ShapeError),
        (lambda: viz.confusion_matrix([0, 1], [0]), ShapeError),
        (lambda: viz.confusion_matrix([0.0, 1.0], [0, 1]), ArgumentError),
        (lambda: viz.confusion_matrix([0, -1], [0, 1]), TargetError),
        (lambda: viz.confusion_matrix([0, 3], [[0.0, 1.0], [0.0, 1.0]]), TargetError),
        (lambda: viz.confusion_matrix([0, 1], [[np.nan, 1.0], [0.0, 1.0]]), ArgumentError),
        (lambda: viz.confusion_matrix([0, 1], [0, 1], labels=["a"]), TargetError),
        (lambda: viz.confusion_matrix([0, 1], np.eye(2), labels=["a"]), ShapeError),
        (lambda: viz.misses(SQUARE, [0], [[1.0, 0.0]]), ShapeError),
        (lambda: viz.misses(SQUARE, [0, 1], [[1.0, 0.0]]), ShapeError),
        (lambda: viz.misses(SQUARE, [0, 2], np.eye(2)), TargetError),
        (lambda: viz.misses(SQUARE, [0, 1], np.full((2, 2), np.nan)), ArgumentError),
        (lambda: viz.misses(SQUARE, [0, 1], np.eye(2), n=0), HyperparameterError),
        (lambda: viz.misses(np.ones((2, 7)), [0, 1], np.eye(2)), ShapeError),
        (lambda: viz.misses(np.ones((2, 2, 4, 4)), [0, 1], np.eye(2)), ShapeError),
        (lambda: viz.confusion_matrix([0, 1], [[0.2], [0.7]]), ShapeError),
        (lambda: viz.misses("image", [0, 1], np.eye(2)), ArgumentError),
    ],
)
def test_bad_input_is_refused_and_nothing_opened(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert len(str(caught.value).split("\n")) == 2
    assert pyplot.get_fignums() == []
