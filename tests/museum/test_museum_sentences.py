"""Sentences that are copied from notes to notes, and what is true instead (C1, C3, C4)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.museum.optimizer_hall import LAWS, RATES, RULES, Array, slope, turned, walk


@pytest.mark.parametrize("method", RULES)
def test_c1_only_sgd_and_its_kin_walk_the_same_in_every_direction(method: str) -> None:
    same = turned(RULES[method], RATES[method], LAWS[method])
    assert same == (method in ("SGD", "Momentum", "Nesterov"))


def test_c1_arrows_that_miss() -> None:
    x, y = np.meshgrid(np.linspace(-8, 8, 17), np.linspace(-4, 4, 9))
    places = np.stack([x, y], axis=-1).reshape(-1, 2)
    places = places[places.any(axis=1)]
    down = -np.stack([places[:, 0] / 10, 2 * places[:, 1]], axis=1)
    cosine = -(places * down).sum(axis=1)
    cosine /= np.linalg.norm(places, axis=1) * np.linalg.norm(down, axis=1)
    off = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    assert (len(off), (off > 10).sum(), (off < 1).sum()) == (152, 128, 24)
    assert not places[off < 1].all(axis=1).any()


def test_c3_adagrad_evens_out_the_steps_and_slows_the_steep_side() -> None:
    sgd, adagrad = (
        abs(np.diff(walk(RULES[name], RATES[name], 30), axis=0)) for name in ("SGD", "AdaGrad")
    )
    assert sgd[0] / RATES["SGD"] == pytest.approx([0.7, 4.0])
    assert adagrad[0] / RATES["AdaGrad"] == pytest.approx([1.0, 1.0])

    gradients = np.array([slope(w) for w in walk(RULES["AdaGrad"], 1.5, 29)])
    gentle, steep = (1.5 / np.sqrt((gradients**2).cumsum(axis=0))).T
    assert (gentle[0], steep[0]) == pytest.approx((2.143, 0.375), abs=1e-3)
    assert (gentle > 3 * steep).all()


def saddle(w: Array) -> Array:
    """The gradient of (x² − y²)/2."""
    return np.array([w[0], -w[1]])


def test_c4_adagrad_is_not_caught_at_a_saddle() -> None:
    def leaves(name: str, off: float) -> int:
        path = walk(RULES[name], 0.1, 300, np.array([-1.0, off]), saddle)
        return int(np.flatnonzero(abs(path[:, 1]) > 1)[0])

    assert [leaves("SGD", off) for off in (1e-3, 1e-6)] == [73, 145]
    assert [leaves("AdaGrad", off) for off in (1e-3, 1e-6)] == [17, 17]
    assert [leaves("RMSProp", off) for off in (1e-3, 1e-6)] == [1, 2]


def test_c4_adagrads_steps_die_out_and_rmsprops_do_not() -> None:
    def steps(name: str) -> Array:
        path = walk(RULES[name], 0.1, 1000, np.zeros(2), lambda w: np.ones(2))
        return -np.diff(path[:, 0])[[0, 99, 999]]

    assert steps("AdaGrad") == pytest.approx([0.1, 0.01, 0.00316], rel=1e-3)
    assert steps("RMSProp") == pytest.approx([1.0, 0.126, 0.1], rel=1e-2)
