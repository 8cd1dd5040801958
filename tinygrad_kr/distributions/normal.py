"""정규 분포.

The normal distribution.
"""

from __future__ import annotations

import math
from typing import Any

from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.distribution import LOG_2PI, Distribution, Shape
from tinygrad_kr.distributions.utils import broadcast_all
from tinygrad_kr.ops.exponential import log
from tinygrad_kr.ops.sampling import randn
from tinygrad_kr.special import ndtr, ndtri
from tinygrad_kr.tensor import Tensor


class Normal(Distribution):
    """정규 분포 N(loc, scale²).

    The normal distribution.

    >>> import tinygrad_kr as tg
    >>> Normal(0.0, 1.0).log_prob(tg.tensor([0.0, 1.0]))
    tensor([-0.9189, -1.4189])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        drawn = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + drawn * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -(((value - self.loc) / self.scale) ** 2) / 2 - log(self.scale) - LOG_2PI / 2

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return ndtr((value - self.loc) / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * ndtri(value)

    def entropy(self) -> Tensor:
        return (1 + math.log(2 * math.pi)) / 2 + log(self.scale)
