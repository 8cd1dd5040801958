"""수치 미분: 책의 4.3과 4.4.

The numerical gradients of sections 4.3 and 4.4. Unlike :func:`tinygrad_kr.testing
.numerical_gradient` they change ``x`` itself, and put it back: the book's functions look at the
array that they were made with, not at their argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, InplaceError, ShapeError
from tinygrad_kr.hyperparameters import wrong_kind

__all__ = ["np", "numerical_gradient", "numerical_gradient_2d"]

#: 책의 h. The book's step.
H: Final = 1e-4


def numerical_gradient(f: Callable[[Any], Any], x: Array) -> Array:
    """x에서 f의 기울기: (f(x + h) - f(x - h)) / 2h를 원소마다.

    The gradient of ``f`` at ``x`` by central differences, h = 1e-4. ``x`` is changed in place while
    ``f`` is called, and afterwards is what it was, also if ``f`` raises.

    Args:
        f: takes x and gives a number.
        x: an array of floats.

    Raises:
        DTypeError: integers, to which no h can be added.
        ShapeError: ``f`` gives no single number.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.4

    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([3.0, 4.0])).round(6)
    array([6., 8.])
    """
    _check(x)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        before = x[i]
        try:
            x[i] = float(before) + H
            ahead = f(x)
            x[i] = float(before) - H
            behind = f(x)
        finally:
            x[i] = before
        grad[i] = (_number(ahead) - _number(behind)) / (2 * H)
    return grad


def numerical_gradient_2d(f: Callable[[Any], Any], X: Array) -> Array:
    """행마다의 수치 기울기: f는 한 행을 받는다.

    The gradient of ``f`` at each row of ``X``, or at ``X`` itself where it is a single row.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.4
    """
    _check(X)
    if X.ndim < 2:
        return numerical_gradient(f, X)
    grad = np.zeros_like(X)
    for row, out in zip(X, grad, strict=True):
        out[...] = numerical_gradient(f, row)
    return grad


def _check(x: Any) -> None:
    """Refuse what cannot be moved by h in place."""
    if not isinstance(x, np.ndarray):
        raise wrong_kind(
            "x", x, "소수형 배열(np.array([3.0, 4.0]))", "an array of floats (np.array([3.0, 4.0]))"
        )
    if x.dtype.kind != "f":
        raise DTypeError(
            f"수치 미분에는 소수형 배열이 필요합니다: {x.dtype}에는 0.0001을 더할 수 없습니다. "
            "astype(float)로 바꾸세요.",
            f"A numerical gradient needs an array of floats: 0.0001 cannot be added to {x.dtype}; "
            "use astype(float).",
        )
    if not x.flags.writeable:
        raise InplaceError(
            f"읽기 전용 배열(형상 {x.shape})은 움직일 수 없습니다. copy()해서 주세요.",
            f"A read-only array (shape {x.shape}) cannot be moved; copy() it.",
        )


def _number(value: Any) -> float:
    if isinstance(value, float):
        return value
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise ShapeError(
            f"f는 수 하나를 돌려주어야 합니다: 형상 {array.shape}, 자료형 {array.dtype}.",
            f"f must give a single number, not shape {array.shape} of dtype {array.dtype}.",
        )
    return float(array.item())
