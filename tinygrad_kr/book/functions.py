"""책의 3장과 4장의 함수: 배열을 받아 배열을 돌려준다.

The functions of chapters 3 and 4, arrays in and arrays out, on the package's own operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, ShapeError, TargetError
from tinygrad_kr.nn.functional.loss import BOOK_EPSILON
from tinygrad_kr.ops import exponential
from tinygrad_kr.ops.exponential import log
from tinygrad_kr.ops.primitive import registry

# ``np`` too: the book's scripts take it from ``from common.functions import *``.
__all__ = [
    "cross_entropy_error",
    "identity_function",
    "mean_squared_error",
    "np",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "softmax_loss",
    "step_function",
]


def floating(x: Any) -> Array:
    """소수형 배열로: 정수와 bool은 float64가 된다. ``x`` as an array of floats."""
    a = np.asarray(x)
    if a.dtype.kind == "f":
        return a
    if a.dtype.kind in "iub":
        return a.astype(np.float64)
    raise DTypeError(
        f"실수의 배열이어야 합니다: {type(x).__name__}, 자료형 {a.dtype}.",
        f"Expected an array of real numbers, not {type(x).__name__} of dtype {a.dtype}.",
    )


def identity_function(x: Any) -> Any:
    """항등 함수: 회귀의 출력층.

    The identity: ``x`` itself.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.5.1
    """
    return x


def step_function(x: Any) -> Array:
    """계단 함수: 0보다 크면 1, 아니면 0.

    1 where x > 0, else 0, as integers.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.2.2

    >>> step_function(np.array([-1.0, 0.0, 2.0]))
    array([0, 0, 1])
    """
    return np.array(np.greater(x, 0), dtype=int)


def sigmoid(x: Any) -> Any:
    """시그모이드: 1 / (1 + exp(-x)).

    The sigmoid, without overflow.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.2.4
    """
    return exponential.sigmoid.forward(floating(x))


def sigmoid_grad(x: Any) -> Any:
    """시그모이드의 미분: (1 - y) y.

    The sigmoid's derivative at x.
    """
    y = sigmoid(x)
    return (1.0 - y) * y


def relu(x: Any) -> Any:
    """ReLU: 0보다 크면 그대로, 아니면 0.

    The rectified linear unit, max(x, 0).

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.2.7
    """
    return exponential.relu.forward(np.asarray(x))


def relu_grad(x: Any) -> Array:
    """ReLU의 미분: 0 이상에서 1(0에서는 꺾이므로 약속이다).

    1 where x ≥ 0, else 0; at the kink the book's function says 1, and its layer ``Relu`` 0.
    """
    a = np.asarray(x)
    return np.asarray(a >= 0).astype(a.dtype)


def softmax(x: Any) -> Array:
    """소프트맥스: 행마다 합이 1인 확률.

    exp(x) / Σ exp(x) along the last dimension, without overflow.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.5

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    a = floating(x)
    return registry["softmax"].forward(a, dims=(-1,) if a.ndim else ())  # type: ignore[no-any-return]


def mean_squared_error(y: Any, t: Any) -> Any:
    """오차제곱합의 반: ½ Σ (y - t)².

    Half the sum of the squared errors (the book's name says mean).

    Raises:
        ShapeError: the two differ in shape.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.1

    >>> float(mean_squared_error(np.array([1.0, 2.0]), np.array([0.0, 0.0])))
    2.5
    """
    y, t = floating(y), floating(t)
    if y.shape != t.shape:
        raise ShapeError(
            f"출력의 형상 {y.shape}과(와) 정답의 형상 {t.shape}이(가) 다릅니다.",
            f"The output has shape {y.shape} and the target {t.shape}.",
        )
    error = y - t
    return 0.5 * np.add.reduce(error * error, axis=None)


def in_rows(y: Any) -> Array:
    """(N, C)로: 하나짜리 (C,)는 한 행이 된다. As (N, C); a single sample is a row."""
    a = floating(y)
    if a.ndim == 1:
        a = a[None]
    if a.ndim != 2:
        raise ShapeError(
            f"출력은 (C,)나 (N, C)이어야 합니다: {a.shape}.",
            f"The output must be (C,) or (N, C), not {a.shape}.",
        )
    return a


def one_hot(shape: tuple[int, ...], t: Any) -> Array | None:
    """원-핫 정답이면 (N, C)로, 레이블이면 None. Targets of ``shape``, None if they are labels."""
    a = np.asarray(t)
    if a.shape == shape:
        return a
    return a.reshape(shape) if shape[1] > 1 and a.size == shape[0] * shape[1] else None


def labels(shape: tuple[int, ...], t: Any) -> Array:
    """정답의 레이블 (N,): 원-핫이면 가장 큰 곳. Labels; of one-hot targets where they are greatest.

    Raises:
        ShapeError, DTypeError, TargetError: they do not fit an output of ``shape``.
    """
    given = np.asarray(t)
    hot = one_hot(shape, given)
    if hot is not None:
        return hot.argmax(axis=1)  # type: ignore[no-any-return]
    if given.size != shape[0]:
        raise ShapeError(
            f"출력은 {shape}인데 정답은 {given.shape}입니다. 레이블은 ({shape[0]},), 원-핫은 "
            f"{shape}이어야 합니다.",
            f"The output is {shape}, the target {given.shape}; labels must be ({shape[0]},), "
            f"one-hot targets {shape}.",
        )
    if given.dtype.kind not in "iu":
        raise DTypeError(
            f"레이블은 정수여야 합니다: {given.dtype}. astype(int)로 바꾸세요.",
            f"Labels must be integers, not {given.dtype}; use astype(int).",
        )
    # Without its sign a negative number is a huge one.
    whole = given.view(f"u{given.itemsize}")
    if whole.size and np.maximum.reduce(whole, axis=None) >= shape[1]:
        raise TargetError(
            f"레이블은 0 ... {shape[1] - 1}이어야 합니다: {given.min()} ... {given.max()}.",
            f"Labels must be 0 ... {shape[1] - 1}, not {given.min()} ... {given.max()}.",
        )
    return given.reshape(-1)


def cross_entropy_error(y: Any, t: Any) -> Any:
    """교차 엔트로피 오차: 확률 y와 정답 t의 -Σ log(y + 1e-7) / N.

    The cross-entropy of probabilities, averaged over the samples.

    Shape:
        y (N, C) or (C,); t labels (N,) or one-hot, in the shape of y.

    Raises:
        ShapeError, DTypeError, TargetError: the targets do not fit.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.4

    >>> y = np.array([[0.1, 0.9], [0.8, 0.2]])
    >>> float(cross_entropy_error(y, np.array([1, 0]))).__round__(6)
    0.164252
    """
    rows = in_rows(y)
    return mean_loss(rows, labels(rows.shape, t))


def mean_loss(rows: Array, right: Array) -> Any:
    """확률 (N, C)와 레이블 (N,)의 손실. The loss of probabilities and labels that fit them."""
    picked = rows[np.arange(len(rows)), right]
    picked += BOOK_EPSILON
    return np.add.reduce(log.forward(picked)) / -len(rows)


def softmax_loss(X: Any, t: Any) -> Any:
    """소프트맥스와 교차 엔트로피 오차를 한 번에.

    The cross-entropy of ``softmax(X)``.
    """
    return cross_entropy_error(softmax(X), t)
