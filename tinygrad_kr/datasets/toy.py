"""장난감 데이터.

Toy data for examples.
"""

from __future__ import annotations

import math

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import get_default_dtype
from tinygrad_kr.hyperparameters import integer, number
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.tensor import Tensor


def spiral(
    n_per_class: int = 100,
    classes: int = 3,
    noise: float = 0.2,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """서로 감긴 나선들. 직선으로는 나눌 수 없다.

    Points on arms that wind around each other, one arm a class: no straight line parts them.

    Shape:
        - Output: (n_per_class · classes, 2), and int64 labels (n_per_class · classes,)

    Args:
        noise: standard deviation of the angle, in radians.

    >>> x, t = spiral(50, 2)
    >>> tuple(x.shape), tuple(t.shape)
    ((100, 2), (100,))
    """
    n = integer("n_per_class", n_per_class, least=1)
    arms = integer("classes", classes, least=1)
    noise = number("noise", noise, least=0)
    labels = np.repeat(np.arange(arms), n)
    radius = np.tile(np.arange(1, n + 1) / n, arms)
    shake = noise * numpy_generator(generator).standard_normal(n * arms)
    angle = 4 * radius + 2 * math.pi / arms * labels + shake
    points = radius[:, np.newaxis] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return wrap(points.astype(get_default_dtype())), wrap(labels)
