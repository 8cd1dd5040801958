"""원-핫 벡터의 범주 분포.

The categorical distribution of one-hot vectors.
"""

from __future__ import annotations

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.categorical import Categorical
from tinygrad_kr.distributions.distribution import Shape
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.order import argmax
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.tensor import Tensor


class OneHotCategorical(Categorical):
    """범주를 원-핫 벡터로 나타내는 범주 분포.

    :class:`Categorical`, whose categories are one-hot vectors (K,).
    """

    support = constraints.one_hot

    @staticmethod
    def _event_of(value: Tensor) -> tuple[int, ...]:
        return tuple(value.shape[-1:])

    def _vectors(self, index: Tensor) -> Tensor:
        return wrap(np.eye(self.param_shape[-1], dtype=self._param.dtype)[index._array])

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._vectors(argmax(self.probs, -1))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return self._vectors(super().sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return sum(where(value == 1, self.logits, 0.0), -1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(self._vectors(wrap(np.arange(self.param_shape[-1]))), expand)
