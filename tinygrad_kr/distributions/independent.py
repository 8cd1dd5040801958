"""묶음의 일부를 한 사건으로 보는 분포.

A batch of distributions as one of rows.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.constraints import Constraint
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.tensor import Tensor


class Independent(Distribution):
    """마지막 몇 묶음 차원을 사건의 차원으로 본 분포.

    ``base_distribution`` with its last batch dimensions taken for dimensions of the event, whose
    elements are independent: their ``log_prob`` and ``entropy`` are added up.

    Args:
        base_distribution: a batch of distributions.
        reinterpreted_batch_ndims: how many dimensions of it.
    """

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        n, batch = reinterpreted_batch_ndims, base_distribution._batch_shape
        if not 0 <= n <= len(batch):
            raise ArgumentError(
                f"reinterpreted_batch_ndims는 {len(batch)} 이하여야 합니다: {n}.",
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), "
                f"{n} vs {len(batch)}.",
            )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = n
        self._event_dims = tuple(range(-n, 0))
        cut = len(batch) - n
        event = (*batch[cut:], *base_distribution._event_shape)
        super().__init__(batch[:cut], event, validate_args)

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Independent:
        n = self.reinterpreted_batch_ndims
        within = self._event_shape[:n]
        return Independent(self.base_dist.expand((*batch_shape, *within)), n, self._validate_args)

    @property
    def has_rsample(self) -> bool:
        return bool(self.base_dist.has_rsample)

    @property
    def has_enumerate_support(self) -> bool:
        return not self._event_dims and bool(self.base_dist.has_enumerate_support)

    @property
    def support(self) -> Constraint:
        base = self.base_dist.support
        return constraints.independent(base, len(self._event_dims)) if self._event_dims else base

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def over_events(self, each: Tensor) -> Tensor:
        """사건의 차원에서 더한다.

        The sum over the dimensions that have become the event's.
        """
        return sum(each, self._event_dims) if self._event_dims else each

    def log_prob(self, value: Tensor) -> Tensor:
        return self.over_events(self.base_dist.log_prob(value))

    def entropy(self) -> Tensor:
        return self.over_events(self.base_dist.entropy())

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self._event_dims:
            self._undefined("enumerate_support")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
