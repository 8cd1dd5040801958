"""로그 정규 분포.

The log-normal distribution.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.distributions.normal import Normal
from tinygrad_kr.distributions.utils import broadcast_all
from tinygrad_kr.ops.exponential import exp, expm1, log
from tinygrad_kr.tensor import Tensor


class LogNormal(Distribution):
    """로그가 N(loc, scale²)를 따르는 분포.

    The distribution of what has a normal logarithm.
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def base_dist(self) -> Normal:
        """로그의 분포.

        The distribution of the logarithm.
        """
        return Normal(self.loc, self.scale, self._validate_args)

    @property
    def mean(self) -> Tensor:
        return exp(self.loc + self.scale**2 / 2)

    @property
    def mode(self) -> Tensor:
        return exp(self.loc - self.scale**2)

    @property
    def variance(self) -> Tensor:
        square = self.scale**2
        return expm1(square) * exp(2 * self.loc + square)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return exp(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        x = log(value)
        return self.base_dist.log_prob(x) - x

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return self.base_dist.cdf(log(value))

    def icdf(self, value: Tensor) -> Tensor:
        return exp(self.base_dist.icdf(value))

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc
