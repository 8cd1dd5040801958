"""균등 분포.

The uniform distribution.
"""

from __future__ import annotations

import math
from typing import Any

from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.constraints import Constraint
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.distributions.utils import broadcast_all
from tinygrad_kr.ops.comparison import clamp, where
from tinygrad_kr.ops.creation import zeros_like
from tinygrad_kr.ops.exponential import log
from tinygrad_kr.ops.sampling import rand
from tinygrad_kr.tensor import Tensor


class Uniform(Distribution):
    """[low, high)의 균등 분포.

    The uniform distribution on [low, high).
    """

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, (), validate_args)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        return {
            "low": constraints.less_than(self.high),
            "high": constraints.greater_than(self.low),
        }

    @property
    def support(self) -> Constraint:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Tensor:
        return math.nan * self.high

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.low.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        inside = (self.low <= value) & (value < self.high)
        return where(inside, zeros_like(self.low), -math.inf) - log(self.high - self.low)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return clamp((value - self.low) / (self.high - self.low), 0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        return log(self.high - self.low)
