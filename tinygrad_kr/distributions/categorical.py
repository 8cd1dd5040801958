"""범주 분포.

The categorical distribution.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.constraints import Constraint
from tinygrad_kr.distributions.distribution import Distribution, Shape
from tinygrad_kr.distributions.utils import (
    lazy,
    logits_to_probs,
    normalized,
    probs_to_logits,
)
from tinygrad_kr.ops.comparison import clamp
from tinygrad_kr.ops.creation import arange, full_like
from tinygrad_kr.ops.gathering import gather
from tinygrad_kr.ops.order import argmax
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import common_shape, squeeze, unsqueeze
from tinygrad_kr.ops.shape import expand as expanded
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.size import Size
from tinygrad_kr.tensor import Tensor


class Categorical(Distribution):
    """0부터 K - 1까지의 범주.

    One of the categories 0 ... K - 1.

    Args:
        probs: (..., K), not negative; made to add up to 1.
        logits: in place of them, logarithms, of any sum.

    >>> import tinygrad_kr as tg
    >>> Categorical(tg.tensor([1.0, 3.0])).log_prob(tg.tensor([0, 1])).exp()
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}  # noqa: RUF012
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        name, value = normalized(probs, logits)
        self.__dict__[name] = value
        super().__init__(value.shape[:-1], self._event_of(value), validate_args)

    @staticmethod
    def _event_of(value: Tensor) -> tuple[int, ...]:
        return ()

    @lazy
    def logits(self) -> Tensor:
        """확률의 로그.

        The logarithms of the probabilities.
        """
        return probs_to_logits(self.probs)

    @lazy
    def probs(self) -> Tensor:
        """확률.

        The probabilities.
        """
        return logits_to_probs(self.logits)

    @property
    def _param(self) -> Tensor:
        given: Tensor = self.__dict__["probs" if "probs" in self.__dict__ else "logits"]
        return given

    @property
    def param_shape(self) -> Size:
        """매개변수의 형상.

        The shape of the parameter.
        """
        return self._param.shape

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.param_shape[-1] - 1)

    @property
    def mean(self) -> Tensor:
        return full_like(self._param[..., 0].detach(), math.nan)

    @property
    def variance(self) -> Tensor:
        return self.mean

    @property
    def mode(self) -> Tensor:
        return argmax(self.probs, -1)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        up_to = np.cumsum(self.probs._array, -1, np.float64)
        shape = (*sample_shape, *self._batch_shape)
        drawn = numpy_generator().random((*shape, 1)) * up_to[..., -1:]
        return wrap(np.asarray((up_to <= drawn).sum(-1)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        index = unsqueeze(value, -1).long()
        shape = common_shape("Categorical.log_prob", index.shape[:-1], self.logits.shape[:-1])
        logits = expanded(self.logits, (*shape, self.param_shape[-1]))
        return squeeze(gather(logits, -1, expanded(index, (*shape, 1))), -1)

    def entropy(self) -> Tensor:
        least = float(np.finfo(self._param.dtype).min)
        return -sum(clamp(self.logits, least) * self.probs, -1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(self.param_shape[-1]), expand)
