"""확률 분포의 바탕.

What every distribution is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, TypeVar

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.distributions.constraints import Constraint
from tinygrad_kr.errors import ArgumentError, UndefinedError
from tinygrad_kr.ops.exponential import exp, sqrt
from tinygrad_kr.ops.shape import expand
from tinygrad_kr.size import Size
from tinygrad_kr.tensor import Tensor

D = TypeVar("D", bound="Distribution")
Shape = Sequence[int]


class Distribution:
    """확률 분포.

    A probability distribution, or a batch of them: ``batch_shape`` says how many, ``event_shape``
    what one draw looks like. Subclasses keep their parameters as attributes by the names of
    ``arg_constraints``.

    Args:
        batch_shape: of the parameters.
        event_shape: of one draw.
        validate_args: whether parameters and values are checked; by default they are.
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    arg_constraints: Any = {}  # noqa: RUF012
    _validate_default: ClassVar[bool] = __debug__
    _batch_shape: tuple[int, ...]
    _event_shape: tuple[int, ...]

    def __init__(
        self, batch_shape: Shape = (), event_shape: Shape = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape, self._event_shape = tuple(batch_shape), tuple(event_shape)
        self._validate_args = self._validate_default if validate_args is None else validate_args
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                if name in self.__dict__:  # one of probs and logits is found when it is asked for
                    self._validate(name, self.__dict__[name], constraint)

    def _validate(self, what: str, value: Any, constraint: Constraint) -> None:
        valid = constraint.check(value)
        if not valid._array.all():
            shape = tuple(value.shape)
            raise ArgumentError(
                f"{self}의 {what}(형상 {shape})이(가) 조건 {constraint}을(를) 어깁니다: "
                f"{value.detach()}.",
                f"Expected {what} (Tensor of shape {shape}) of distribution {self} to satisfy the "
                f"constraint {constraint}, but found invalid values: {value.detach()}.",
            )

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """검사를 할지 정한다.

        Say whether distributions check their arguments where they are not told.
        """
        Distribution._validate_default = bool(value)

    @property
    def batch_shape(self) -> Size:
        """매개변수의 형상.

        The shape of the batch of distributions.
        """
        return Size(self._batch_shape)

    @property
    def event_shape(self) -> Size:
        """한 번 뽑은 것의 형상.

        The shape of one draw, without the batch.
        """
        return Size(self._event_shape)

    def expand(self: D, batch_shape: Shape, _instance: Any = None) -> D:
        """묶음을 늘린 분포.

        The distribution with its batch broadcast to ``batch_shape``.
        """
        shape = tuple(batch_shape)
        new = object.__new__(type(self))
        new._batch_shape, new._event_shape = shape, self._event_shape
        new._validate_args = self._validate_args
        for name, constraint in self.arg_constraints.items():
            if name in self.__dict__:
                value = self.__dict__[name]
                own = value.shape[value.ndim - constraint.event_dim :]
                new.__dict__[name] = expand(value, (*shape, *own))
        return new

    def _undefined(self, what: str) -> NoReturn:
        kind = type(self).__name__
        raise UndefinedError(f"{kind}에는 {what}이(가) 없습니다.", f"{kind} has no {what}.")

    @property
    def support(self) -> Constraint:
        """값이 지키는 조건.

        What its values satisfy.
        """
        self._undefined("support")

    @property
    def mean(self) -> Tensor:
        """평균.

        The mean.
        """
        self._undefined("mean")

    @property
    def mode(self) -> Tensor:
        """최빈값.

        The most probable value.
        """
        self._undefined("mode")

    @property
    def variance(self) -> Tensor:
        """분산.

        The variance.
        """
        self._undefined("variance")

    @property
    def stddev(self) -> Tensor:
        """표준 편차.

        The standard deviation.
        """
        return sqrt(self.variance)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """뽑는다. 기울기는 흐르지 않는다.

        Draw ``(*sample_shape, *batch_shape, *event_shape)`` values, without a gradient.
        """
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """매개변수의 미분 가능한 함수로 뽑는다.

        Draw as :meth:`sample`, by a differentiable function of the parameters.
        """
        self._undefined("rsample")

    def sample_n(self, n: int) -> Tensor:
        """n번 뽑는다.

        ``sample((n,))``.
        """
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """확률(밀도)의 로그.

        The logarithm of the density or the probability of ``value``.
        """
        self._undefined("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """누적 분포 함수.

        The probability of at most ``value``.
        """
        self._undefined("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """분위수.

        The value below which this share of the draws lies: the inverse of :meth:`cdf`.
        """
        self._undefined("icdf")

    def entropy(self) -> Tensor:
        """엔트로피.

        The entropy, in nats.
        """
        self._undefined("entropy")

    def perplexity(self) -> Tensor:
        """엔트로피의 지수.

        The exponential of the entropy.
        """
        return exp(self.entropy())

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """가질 수 있는 값들을 첫 차원에.

        All values, along a new first dimension; over the batch too if ``expand``.
        """
        self._undefined("enumerate_support")

    def _enumerated(self, values: Tensor, expanded: bool) -> Tensor:
        """``values``, one a row, beside the batch."""
        event = values.shape[1:]
        batch = self._batch_shape
        ones = values.reshape(len(values), *[1] * len(batch), *event)
        return expand(ones, (len(values), *batch, *event)) if expanded else ones

    def _extended_shape(self, sample_shape: Shape = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Any) -> None:
        if not self._validate_args:
            return
        if not isinstance(value, TensorBase):
            raise ArgumentError(
                f"값은 텐서여야 합니다: {type(value).__name__}.",
                f"The value argument to log_prob must be a Tensor, not {type(value).__name__}.",
            )
        shape, own = value._array.shape, self._extended_shape()
        event = len(self._event_shape)
        fits = all(m in (1, n) or n == 1 for m, n in zip(shape[::-1], own[::-1], strict=False))
        if shape[len(shape) - event :] != self._event_shape or not fits:
            raise ArgumentError(
                f"값의 형상 {shape}이(가) 분포의 형상 {tuple(own)}에 맞지 않습니다.",
                f"Value of shape {shape} is not broadcastable with batch_shape+event_shape "
                f"{tuple(own)}.",
            )
        self._validate("value argument", value, self.support)

    def __repr__(self) -> str:
        shown = (
            f"{name}: {v.item() if as_array(v).size == 1 else v.shape}"
            for name in self.arg_constraints
            if (v := self.__dict__.get(name)) is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"


LOG_2PI = math.log(2 * math.pi)
