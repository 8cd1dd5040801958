"""What PyTorch has at its top level as well: functions of nn, methods that change a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

import tinygrad_kr as tg
from tests.parity.beside import beside
from tinygrad_kr import more
from tinygrad_kr.nn import functional as F

RNG = np.random.default_rng(0)


def a(*shape: int) -> Any:
    return RNG.uniform(0.1, 0.9, shape)


CALLS: dict[str, tuple[Any, ...]] = {
    "adaptive_avg_pool1d": (a(1, 2, 5), 2),
    "alpha_dropout": (a(3), 0.3, False), "avg_pool1d": (a(1, 2, 5), 2, 1),
    "batch_norm": (a(4, 2), a(2), a(2), None, None, True, 0.1, 1e-5, False),
    "bilinear": (a(3, 2), a(3, 4), a(5, 2, 4), a(5)), "celu": (a(3) - 0.5, 0.7),
    "channel_shuffle": (a(1, 4, 2, 2), 2),
    "conv1d": (a(1, 2, 5), a(3, 2, 2), a(3), 2),
    "conv2d": (a(1, 2, 4, 4), a(2, 1, 2, 2), None, 1, 1, 1, 2),
    "conv3d": (a(1, 1, 3, 3, 3), a(1, 1, 2, 2, 2)),
    "conv_transpose1d": (a(1, 2, 3), a(2, 1, 2)),
    "conv_transpose2d": (a(1, 2, 3, 3), a(2, 1, 2, 2), None, 2),
    "conv_transpose3d": (a(1, 1, 2, 2, 2), a(1, 1, 2, 2, 2)),
    "cosine_similarity": (a(2, 3), a(2, 3), 0), "dropout": (a(3), 0.5, False),
    "embedding": (a(4, 2), np.array([[1, 3, 1]]), 1),
    "feature_alpha_dropout": (a(2, 3), 0.5, False), "group_norm": (a(2, 4, 3), 2, a(4), a(4)),
    "hardshrink": (a(4), 0.3), "layer_norm": (a(2, 3), [3], a(3)),
    "max_pool1d": (a(1, 2, 5), 2, 1), "max_pool2d": (a(1, 1, 4, 4), 2),
    "max_pool3d": (a(1, 2, 2, 2), 2),
    "pairwise_distance": (a(2, 3), a(2, 3), 1), "pdist": (a(4, 2),),
    "pixel_shuffle": (a(1, 4, 2, 2), 2),
    "pixel_unshuffle": (a(1, 1, 4, 4), 2), "prelu": (a(2, 3) - 0.5, a(3)),
    "rms_norm": (a(2, 3), [3]),
    "rrelu": (a(3) - 0.5,), "selu": (a(3) - 0.5,), "threshold": (a(4), 0.5, 7.0),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_functions_of_nn(name: str) -> None:
    assert beside(getattr(tg, name), getattr(torch, name), (CALLS[name], {})).taken


SECOND = {
    "addmv_": (a(3, 2), a(2)), "clamp_": (0.3, 0.6), "clamp_max_": (0.5,), "clamp_min_": (0.5,),
    "clip_": (0.3,), "fill_": (2.0,), "index_put_": ((np.array([0, 2]),), a(2)), "ldexp_": (a(3),),
    "xlogy_": (a(3),), "gcd_": (np.array([4, 6, 9]),), "lcm_": (np.array([4, 6, 9]),),
    "threshold_": (0.5, 7.0),
}  # fmt: skip
CHANGING = sorted(n for n in vars(more) if n.endswith("_") and not n.startswith("_"))


@pytest.mark.parametrize("name", CHANGING)
def test_methods_that_are_functions(name: str) -> None:
    """The tensor itself, changed."""
    whole = name in ("gcd_", "lcm_")
    x = np.array([2, 3, 6]) if whole else a(3) + (1 if name in ("acosh_", "arccosh_") else 0)

    def changed(lib: Any) -> Any:
        def change(t: Any, *rest: Any) -> Any:
            own = t.clone()
            assert getattr(lib, name)(own, *rest) is own
            return own

        return change

    assert beside(changed(tg), changed(torch), ((x, *SECOND.get(name, ())), {}), order=1).taken


def test_they_are_taken_without_copies() -> None:
    assert tg.conv2d is F.conv2d
    assert tg.layer_norm is F.layer_norm
    x = tg.ones(2, requires_grad=True) * 2
    assert not tg.detach(x).requires_grad
