"""라플라스 분포.

The Laplace distribution.
"""

from __future__ import annotations

import math
from typing import Any

from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.distributions.utils import broadcast_all
from tinygrad_kr.ops.arithmetic import abs, sign
from tinygrad_kr.ops.exponential import expm1, log, log1p
from tinygrad_kr.ops.sampling import rand
from tinygrad_kr.tensor import Tensor


class Laplace(Distribution):
    """라플라스 분포: 밀도가 exp(-|x - loc| / scale) / (2 scale)이다.

    The Laplace distribution, of density exp(-|x - loc| / scale) / (2 scale).
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
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -log(2 * self.scale) - abs(value - self.loc) / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        off = value - self.loc
        return 0.5 - 0.5 * sign(off) * expm1(-abs(off) / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        off = value - 0.5
        return self.loc - self.scale * sign(off) * log1p(-2 * abs(off))

    def entropy(self) -> Tensor:
        return 1 + log(2 * self.scale)
