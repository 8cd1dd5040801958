"""지수 분포.

The exponential distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.distributions.utils import broadcast_all
from tinygrad_kr.ops.creation import zeros_like
from tinygrad_kr.ops.exponential import exp, log, log1p
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.tensor import Tensor


class Exponential(Distribution):
    """지수 분포: 밀도가 rate · exp(-rate · x)이다.

    The exponential distribution, of density rate · exp(-rate · x).
    """

    arg_constraints = {"rate": constraints.positive}  # noqa: RUF012
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return 1 / self.rate

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        return self.rate**-2

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        drawn = numpy_generator().standard_exponential(self._extended_shape(sample_shape))
        return wrap(np.asarray(drawn, self.rate.dtype)) / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return log(self.rate) - self.rate * value

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 1 - exp(-self.rate * value)

    def icdf(self, value: Tensor) -> Tensor:
        return -log1p(-value) / self.rate

    def entropy(self) -> Tensor:
        return 1 - log(self.rate)
