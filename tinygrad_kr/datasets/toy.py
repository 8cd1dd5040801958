"""장난감 데이터.

Toy data for examples.
"""

from __future__ import annotations

import math

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import get_default_dtype
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.utils.data.sampler import check_positive


def spiral(
    n_per_class: int = 100,
    classes: int = 3,
    noise: float = 0.2,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """서로 감긴 나선들. 직선으로는 나눌 수 없다.

    Points on arms that wind around each other, one arm a class: no straight line parts them.

    Shape:
        - Output: (n_per_class · classes, 2), and labels (n_per_class · classes,) int64

    Args:
        n_per_class: 클래스마다 점의 수. Points a class.
        classes: 클래스의 수. The number of arms.
        noise: 각도에 더하는 잡음의 표준편차(라디안). Standard deviation of the angle, in radians.
        generator: 난수 생성기. By default the package's own.

    Raises:
        ArgumentError: a number that is not positive, or a noise that is negative or not finite.

    >>> x, t = spiral(50, 2)
    >>> tuple(x.shape), tuple(t.shape)
    ((100, 2), (100,))
    """
    n, arms = check_positive("n_per_class", n_per_class), check_positive("classes", classes)
    if not 0 <= noise < math.inf:
        raise ArgumentError(
            f"noise는 0 이상의 유한한 수여야 합니다: {noise}.",
            f"noise must be finite and not negative, not {noise}.",
        )
    labels = np.repeat(np.arange(arms), n)
    radius = np.tile(np.arange(1, n + 1) / n, arms)
    shake = noise * numpy_generator(generator).standard_normal(n * arms)
    angle = 4 * radius + 2 * math.pi / arms * labels + shake
    points = radius[:, np.newaxis] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return wrap(points.astype(get_default_dtype())), wrap(labels)
