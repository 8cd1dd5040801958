"""베르누이 분포.

The Bernoulli distribution.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.distributions.utils import (
    broadcast_all,
    either,
    lazy,
    logits_to_probs,
    probs_to_logits,
)
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.exponential import softplus
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.size import Size
from tinygrad_kr.tensor import Tensor


class Chances(Distribution):
    """확률이나 로짓 하나가 매개변수인 분포.

    A distribution whose parameter is a probability, by that or by its logit.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}  # noqa: RUF012

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        name, value = either(probs, logits)
        (self.__dict__[name],) = (given,) = broadcast_all(value)
        super().__init__(given.shape, (), validate_args)

    @lazy
    def logits(self) -> Tensor:
        """로그 오즈.

        The log-odds.
        """
        return probs_to_logits(self.probs, is_binary=True)

    @lazy
    def probs(self) -> Tensor:
        """확률.

        The probability.
        """
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Size:
        """매개변수의 형상.

        The shape of the parameter.
        """
        return self.batch_shape

    def _surprise(self, value: Tensor) -> Tensor:
        """-value log p - (1 - value) log(1 - p), by the logits."""
        return softplus(-self.logits) + (1 - value) * self.logits


class Bernoulli(Chances):
    """확률 probs로 1, 아니면 0.

    1 with probability ``probs``, otherwise 0.

    >>> import tinygrad_kr as tg
    >>> Bernoulli(tg.tensor([0.25, 0.5])).log_prob(tg.tensor([1.0, 0.0]))
    tensor([-1.3863, -0.6931])
    """

    support = constraints.boolean
    has_enumerate_support = True

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        p = self.probs.detach()
        return where(p == 0.5, math.nan, (p > 0.5).to(p.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        p = self.probs._array
        drawn = numpy_generator().random(self._extended_shape(sample_shape)) < p
        return wrap(np.asarray(drawn, p.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -self._surprise(value)

    def entropy(self) -> Tensor:
        return self._surprise(self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(wrap(np.arange(2, dtype=self.probs.dtype)), expand)
