"""기하 분포.

The geometric distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.bernoulli import Chances
from tinygrad_kr.distributions.distribution import Shape
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.creation import zeros_like
from tinygrad_kr.ops.exponential import log, log1p
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.tensor import Tensor


class Geometric(Chances):
    """확률 probs인 일이 처음 일어날 때까지 실패한 횟수.

    How often what has probability ``probs`` fails before it first happens.
    """

    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)
        if self._validate_args:
            self._validate("parameter probs", self.probs, constraints.positive)

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        p = np.broadcast_to(self.probs._array, self._extended_shape(sample_shape))
        return wrap(np.asarray(numpy_generator().geometric(p) - 1, p.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        p = where((self.probs == 1) & (value == 0), 0.0, self.probs)
        return value * log1p(-p) + log(self.probs)

    def entropy(self) -> Tensor:
        return self._surprise(self.probs) / self.probs
