"""값이 지켜야 할 조건들.

What values must satisfy: the parameters of a distribution, and what it can give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.tensor import Tensor

__all__ = [
    "Constraint",
    "boolean",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "less_than",
    "lower_cholesky",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "real",
    "real_vector",
    "simplex",
    "unit_interval",
]


@dataclass(frozen=True, repr=False)
class Constraint:
    """값이 지켜야 할 조건 하나.

    A condition on values.

    Args:
        name: how it is shown.
        holds: of an array, where it holds.
        is_discrete: whether its values are whole numbers.
        event_dim: how many of the last dimensions are one value.
    """

    name: str
    holds: Callable[[Array], Any]
    is_discrete: bool = False
    event_dim: int = 0

    def check(self, value: Any) -> Tensor:
        """값마다 조건이 지켜지는지.

        For each value, whether it holds.
        """
        with np.errstate(all="ignore"):
            return wrap(np.asarray(self.holds(as_array(value))))

    def __repr__(self) -> str:
        return self.name


def _whole(x: Array) -> Any:
    return x % 1 == 0


real = Constraint("Real()", lambda x: x == x)
boolean = Constraint("Boolean()", lambda x: (x == 0) | (x == 1), True)


def greater_than(lower_bound: Any) -> Constraint:
    """하한보다 큰.

    Above a bound.
    """
    low = as_array(lower_bound)
    return Constraint(f"GreaterThan(lower_bound={low})", lambda x: x > low)


def greater_than_eq(lower_bound: Any) -> Constraint:
    """하한 이상.

    At least a bound.
    """
    low = as_array(lower_bound)
    return Constraint(f"GreaterThanEq(lower_bound={low})", lambda x: x >= low)


def less_than(upper_bound: Any) -> Constraint:
    """상한보다 작은.

    Below a bound.
    """
    high = as_array(upper_bound)
    return Constraint(f"LessThan(upper_bound={high})", lambda x: x < high)


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """두 끝을 넣은 구간.

    An interval with its ends.
    """
    low, high = as_array(lower_bound), as_array(upper_bound)
    name = f"Interval(lower_bound={low}, upper_bound={high})"
    return Constraint(name, lambda x: (x >= low) & (x <= high))


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """아래 끝만 넣은 구간.

    An interval without its upper end.
    """
    low, high = as_array(lower_bound), as_array(upper_bound)
    name = f"HalfOpenInterval(lower_bound={low}, upper_bound={high})"
    return Constraint(name, lambda x: (x >= low) & (x < high))


def integer_interval(lower_bound: int, upper_bound: int) -> Constraint:
    """두 끝을 넣은 정수들.

    Whole numbers from one to another.
    """
    name = f"IntegerInterval(lower_bound={lower_bound}, upper_bound={upper_bound})"
    return Constraint(
        name, lambda x: _whole(x) & (x >= lower_bound) & (x <= upper_bound), is_discrete=True
    )


def _integers_from(low: int) -> Constraint:
    name = f"IntegerGreaterThan(lower_bound={low})"
    return Constraint(name, lambda x: _whole(x) & (x >= low), True)


positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
nonnegative_integer = _integers_from(0)
positive_integer = _integers_from(1)


def independent(base_constraint: Constraint, reinterpreted_batch_ndims: int) -> Constraint:
    """마지막 몇 차원을 한 값으로 보는 조건.

    A constraint for whole rows: it holds where it holds for every element of the last dimensions.
    """
    n = reinterpreted_batch_ndims
    return Constraint(
        f"IndependentConstraint({base_constraint}, {n})",
        lambda x: np.all(base_constraint.holds(x), axis=tuple(range(-n, 0))),
        base_constraint.is_discrete,
        base_constraint.event_dim + n,
    )


def _is_one_hot(x: Array) -> Any:
    return ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1)


def _is_lower(x: Array) -> Any:
    square = (np.tril(x) == x).all((-2, -1))
    return square & (np.diagonal(x, axis1=-2, axis2=-1) > 0).all(-1)


def _is_definite(x: Array) -> Any:
    other = np.swapaxes(x, -2, -1)
    symmetric = np.asarray(np.isclose(x, other, atol=1e-6).all((-2, -1)))
    checked = np.where(symmetric[..., None, None], x, -np.eye(x.shape[-1]))
    return symmetric & (np.linalg.eigvalsh(checked) > 0).all(-1)


real_vector = independent(real, 1)
simplex = Constraint(
    "Simplex()", lambda x: (x >= 0).all(-1) & (abs(x.sum(-1) - 1) < 1e-6), event_dim=1
)
one_hot = Constraint("OneHot()", _is_one_hot, is_discrete=True, event_dim=1)
lower_cholesky = Constraint("LowerCholesky()", _is_lower, event_dim=2)
positive_definite = Constraint("PositiveDefinite()", _is_definite, event_dim=2)
