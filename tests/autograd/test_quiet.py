"""NumPy without its warnings, and the caller's settings untouched."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.autograd.quiet import quietly


def overflow() -> float:
    return float(np.multiply(np.float32(3e38), np.float32(10)))


def test_it_warns_of_nothing_and_leaves_the_callers_state_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert quietly(overflow) == np.inf
        with pytest.raises(RuntimeWarning):
            overflow()
    with np.errstate(all="raise"):
        assert quietly(overflow) == np.inf
        assert (tg.tensor(3e38) * 10).item() == np.inf
        assert np.geterr()["over"] == "raise"
        with pytest.raises(FloatingPointError):
            overflow()


def test_it_is_entered_inside_itself_and_on_two_threads_at_once() -> None:
    assert quietly(quietly, quietly, overflow) == np.inf
    meet, found = threading.Barrier(2), []

    def both() -> None:
        quietly(meet.wait, 10)
        found.append(quietly(overflow))

    threads = [threading.Thread(target=both) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [np.inf, np.inf]


def test_what_it_raises_comes_through() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        quietly(np.add, np.zeros(2), np.zeros(3))
