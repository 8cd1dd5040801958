"""수치 미분: 중앙 차분, Richardson 외삽, 그리고 그 오차.

Numerical derivatives that say how far they can be trusted. A function along a line is sampled at
steps that shrink by about four; differences are extrapolated to step 0 (Richardson), and what the
estimates disagree by is the error. Where the wide steps disagree, a kink or a border of the domain
is near and the steps shrink on; where the slopes of the two sides stay apart to the end, the point
itself is a kink, and both slopes are given.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import number

#: 크기가 1 이하인 원소의 가장 큰 걸음. The widest step, for an element of magnitude 1 or less.
STEP = 2.0**-8
_SHRINK = 3.9  # no whole number: a period of f that fits one step does not fit the next
_WIDE, _ALL = 3, 13  # samples at first, and where a kink is near
_ULP = float(np.finfo(np.float64).eps)


class Slope(NamedTuple):
    """The derivatives of several outputs along a line.

    Where ``kink`` is true there is none: ``left`` and ``right`` are the one-sided derivatives
    (infinite where they grow without bound, nan outside the domain and beyond a jump), ``value``
    their mean. All are nan where there is neither, and nothing can be said.
    """

    value: Array
    error: Array
    left: Array
    right: Array
    kink: Array


class NumericalGradient(NamedTuple):
    """수치 기울기와 그 오차.

    A numerical gradient and, element by element, how far it may be wrong. At a kink ``gradient`` is
    the mean of the two one-sided derivatives and ``error`` half their distance.
    """

    gradient: Array
    error: Array


def _extrapolated(rough: Sequence[Array], powers: Sequence[int]) -> tuple[Array, Array]:
    """Three estimates at shrinking steps, whose errors are of these powers of h, at step 0; and
    how much the last extrapolation changed."""
    first, second = (_SHRINK**p for p in powers)
    near = [(first * b - a) / (first - 1) for a, b in itertools.pairwise(rough)]
    best = (second * near[1] - near[0]) / (second - 1)
    return best, np.maximum(np.abs(best - near[0]), np.abs(best - near[1]))


def slope(f: Callable[[float], Array], step: float = STEP, wanted: float = 1e-8) -> Slope:
    """The derivatives at 0 of ``f``, which takes a number and gives a 1-D array.

    Args:
        f: what to differentiate, defined at 0 and on one side of it at least.
        step: the widest step.
        wanted: the error, relative to max(1, derivative), at which to stop looking closer.
    """
    with np.errstate(all="ignore"):
        return _slope(f, step, wanted)


def _slope(f: Callable[[float], Array], step: float, wanted: float) -> Slope:
    steps = [step * _SHRINK**-k for k in range(_ALL)]
    middle = f(0.0)
    ahead = [f(h) for h in steps[:_WIDE]]
    behind = [f(-h) for h in steps[:_WIDE]]
    around = [np.where(np.isfinite(v), np.abs(v), 0.0) for v in (middle, ahead[-1], behind[-1])]
    most = np.maximum.reduce(around)

    def noise(k: int, value: Array) -> Array:
        """What the rounding of ``f`` and of x + h makes of a slope of this value."""
        rounded: Array = _ULP * (8 * most + 2 * np.abs(value)) / steps[k]
        return rounded

    def central(k: int) -> tuple[Array, Array]:
        """The derivative from the samples k to k + 2, and what it may be wrong by; the distance
        of the two sides' slopes is a part of that."""
        window = list(zip(ahead[k : k + 3], behind[k : k + 3], steps[k : k + 3], strict=True))
        value, spread = _extrapolated([(p - m) / (2 * h) for p, m, h in window], (2, 4))
        apart, _ = _extrapolated([(p - 2 * middle + m) / h for p, m, h in window], (1, 3))
        error = spread + np.abs(apart) + noise(k + 2, value)
        return value, np.where(np.isnan(error), np.inf, error)

    value, error = central(0)
    if (error <= wanted * np.maximum(1.0, np.abs(value))).all():
        return Slope(value, error, value, value, np.zeros(value.shape, np.bool_))
    ahead += [f(h) for h in steps[_WIDE:]]
    behind += [f(-h) for h in steps[_WIDE:]]
    value, error = _surest(central(k) for k in range(_ALL - 2))
    right, off_right = _one_sided(
        [(p - middle) / h for p, h in zip(ahead, steps, strict=True)], noise
    )
    left, off_left = _one_sided(
        [(middle - m) / h for m, h in zip(behind, steps, strict=True)], noise
    )
    gap = np.where(np.isfinite(left) & np.isfinite(right), np.abs(right - left), np.inf)
    # Two slopes that are each sure of themselves are a kink; two that are not are a noisy function.
    kink = ~(error <= 1e3 * wanted * np.maximum(1.0, np.abs(value)))
    kink &= ~(np.isnan(left) & np.isnan(right)) & (off_left + off_right <= 0.25 * gap)
    alone = np.isnan(left) & np.isnan(right) & np.isfinite(middle)
    value, error = np.where(alone, np.nan, value), np.where(alone, np.nan, error)
    sides = np.stack([left, right])
    mean = np.where(np.isnan(sides), 0.0, sides).sum(0) / (~np.isnan(sides)).sum(0)
    return Slope(
        np.where(kink, mean, value),
        np.where(kink, gap / 2, error),
        np.where(kink, left, value),
        np.where(kink, right, value),
        kink,
    )


def _surest(estimates: Iterable[tuple[Array, Array]]) -> tuple[Array, Array]:
    """The estimate with the least error; more error where another that is sure contradicts it, as
    they do where float32 or a table makes a staircase of the function."""
    values, errors = (np.stack(list(part)) for part in zip(*estimates, strict=True))
    errors = np.where(np.isnan(values), np.inf, errors)
    surest = np.expand_dims(errors.argmin(0), 0)
    value, error = (np.take_along_axis(part, surest, 0)[0] for part in (values, errors))
    contradiction = np.where(np.isinf(errors), 0.0, np.abs(values - value) - 4 * (errors + error))
    return value, np.maximum(error, contradiction.max(0))


def _one_sided(rough: Sequence[Array], noise: Callable[[int, Array], Array]) -> tuple[Array, Array]:
    """The limit of the slopes of one side, and what it may be wrong by: infinite if they go on
    growing, nan, with nothing to be wrong by, outside the domain and beyond a jump."""

    def limit(k: int) -> tuple[Array, Array]:
        value, spread = _extrapolated(rough[k : k + 3], (1, 2))
        return value, spread + noise(k + 2, value)

    best, error = _surest(limit(k) for k in range(len(rough) - 2))
    # What has a limit slows down as the steps shrink; what does not grows without bound.
    late, early = rough[-2] - rough[-3], rough[-5] - rough[-6]
    growing = (np.abs(late) >= 0.5 * np.abs(early)) & (
        np.abs(late) > 100 * noise(len(rough) - 2, late)
    )
    growing &= np.sign(late) == np.sign(early)
    best = np.where(growing, np.copysign(np.inf, late), best)
    # A jump of the value: its slopes are as large as the steps are small.
    jump = growing & (np.abs(rough[-1] / rough[-4] - _SHRINK**3) < 1e-3 * _SHRINK**3)
    best = np.where(jump, np.nan, best)
    return best, np.where(growing | np.isnan(rough[-1]), 0.0, error)


def scale_of(x: Array) -> Array:
    """The step of each element is in proportion to it, and to 1 where it is smaller."""
    return np.maximum(np.abs(x), 1.0)


def need_float64(a: Array, what: str) -> None:
    """수치 미분은 float64로만 한다.

    Refuse what a numerical derivative cannot be taken of.

    Raises:
        DTypeError: ``a`` is not float64.
    """
    if a.dtype != np.float64:
        raise DTypeError(
            f"수치 미분에는 float64가 필요합니다: {what}의 자료형은 {a.dtype}입니다. double()로 "
            "바꾸어 주세요.",
            f"A numerical derivative needs float64, and {what} is {a.dtype}; use double().",
        )


def numerical_gradient(f: Callable[[Any], Any], x: Any, *, eps: float = STEP) -> NumericalGradient:
    """함수 f의 x에서의 수치 기울기와 그 오차.

    The numerical gradient of a number ``f(x)``, and how far it may be wrong: central differences
    (f(x + h) − f(x − h)) / 2h at three steps or more, extrapolated to h = 0. ``x`` is not changed.

    Shape:
        ``gradient`` and ``error`` have the shape of ``x``.

    Args:
        f: takes what ``x`` is, an ndarray or a Tensor, and gives a number.
        x: float64.
        eps: the widest step, relative to max(1, abs(x)); greater than 0.

    Raises:
        DTypeError: ``x`` is not float64; an integer has no h.
        ShapeError: ``f`` gives no single number.
        HyperparameterError: ``eps`` is not above 0.

    Source: 「밑바닥부터 시작하는 딥러닝」 4.3; C. J. F. Ridders, "Accurate computation of F'(x) and
        F'(x) F''(x)", Advances in Engineering Software, 1982.

    >>> import numpy as np
    >>> from tinygrad_kr.testing import numerical_gradient
    >>> found = numerical_gradient(lambda x: (x**3).sum(), np.array([1.0, 2.0]))
    >>> found.gradient.round(6)
    array([ 3., 12.])
    >>> bool((found.error < 1e-9).all())
    True
    """
    step = number("eps", eps, above=0)
    array = np.asarray(as_array(x))
    need_float64(array, "x")
    scales = scale_of(array)
    gradient, error = np.empty(array.shape), np.empty(array.shape)
    for i in np.ndindex(array.shape):

        def along(t: float, i: tuple[int, ...] = i) -> Array:
            moved = array.copy(order="K")
            moved[i] += t * scales[i]
            return _number(f(wrap(moved) if isinstance(x, TensorBase) else moved))

        found = slope(along, step)
        gradient[i] = found.value[0] / scales[i]
        error[i] = found.error[0] / scales[i]
    return NumericalGradient(gradient, error)


def _number(value: Any) -> Array:
    array = np.asarray(as_array(value), np.float64)
    if array.size != 1:
        raise ShapeError(
            f"수 하나를 내는 함수여야 합니다: 형상 {array.shape}.",
            f"The function must give a single number, not shape {array.shape}.",
        )
    return array.reshape(1)
