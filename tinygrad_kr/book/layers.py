"""책의 5장부터 7장까지의 계층: forward와 backward, 배열을 받아 배열을 돌려준다.

The layers of chapters 5 to 7. Their arithmetic is that of the package's operations: ``forward`` is
an operation's forward and ``backward`` its derivatives, with no graph between them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.book.functions import (
    cross_entropy_error,
    floating,
    identity_function,
    in_rows,
    labels,
    mean_loss,
    mean_squared_error,
    one_hot,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    softmax,
    softmax_loss,
    step_function,
)
from tinygrad_kr.book.layer import Layer, Recorded
from tinygrad_kr.book.util import col2im, im2col
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import GradientError, ShapeError
from tinygrad_kr.hyperparameters import integer, number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.layer import check_linear, normalize_batch
from tinygrad_kr.ops import exponential, fused
from tinygrad_kr.tensor import Tensor

# All that the book's module of this name offers to ``from common.layers import *``.
__all__ = [
    "Affine",
    "BatchNormalization",
    "Convolution",
    "Dropout",
    "Pooling",
    "Relu",
    "Sigmoid",
    "SoftmaxWithLoss",
    "col2im",
    "cross_entropy_error",
    "identity_function",
    "im2col",
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


class Relu(Layer):
    """ReLU 계층: 0보다 크면 그대로, 아니면 0.

    max(x, 0); the gradient at 0 is 0.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.1

    >>> layer = Relu()
    >>> layer.forward(np.array([-1.0, 2.0])), layer.backward(np.array([5.0, 5.0]))
    (array([0., 2.]), array([0., 5.]))
    """

    def _forward(self, x: Array, train_flg: bool) -> Array:
        y: Array = exponential.relu.forward(x)
        self._passed = y != 0
        return y

    def _backward(self, g: Array) -> Array:
        return exponential.relu.vjps["x"](g, y=self._passed)  # type: ignore[no-any-return]


class Sigmoid(Layer):
    """시그모이드 계층.

    The sigmoid, 1 / (1 + exp(-x)).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.2
    """

    def _forward(self, x: Array, train_flg: bool) -> Array:
        y: Array = exponential.sigmoid.forward(x)
        self.out = y
        return y

    def _backward(self, g: Array) -> Array:
        return exponential.sigmoid.vjps["x"](g, y=self.out)  # type: ignore[no-any-return]


class Affine(Layer):
    """Affine 계층: x @ W + b.

    The affine map; an input of more dimensions is flattened after the first. After ``backward``
    the gradients are ``dW`` and ``db``.

    Args:
        W: (in, out); the array itself is used, so an update in place reaches the layer.
        b: (out,).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.2

    >>> layer = Affine(np.eye(2), np.zeros(2))
    >>> y, dx = layer.forward(np.ones((3, 2))), layer.backward(np.ones((3, 2)))
    >>> layer.db
    array([3., 3.])
    """

    parameters: ClassVar = {"W": "dW", "b": "db"}
    dW: Array | None
    db: Array | None

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__()
        self.W, self.b = W, b

    def _forward(self, x: Array, train_flg: bool) -> Array:
        self.original_x_shape = x.shape
        self.x = x.reshape(x.shape[0], -1) if x.ndim > 2 else x
        check_linear(self.x, self.W, self.b)
        return fused.AFFINE.forward(self.x, self.W, self.b)  # type: ignore[no-any-return]

    def _backward(self, g: Array) -> Array:
        self.learn(g)
        dx: Array = fused.AFFINE.vjps["x"](g, weight=self.W)
        return dx.reshape(self.original_x_shape)

    def learn(self, g: Array) -> None:
        """W와 b의 기울기만 구한다. The gradients of W and b alone, which is all that a network
        needs of its first layer."""
        self.dW = fused.AFFINE.vjps["weight"](g, x=self.x)
        self.db = fused.AFFINE.vjps["bias"](g)


class Dropout(Layer):
    """드롭아웃: 훈련 중에 뉴런을 지우고, 평가할 때는 출력에 (1 - 비율)을 곱한다.

    The book's dropout: in training elements are zeroed, in evaluation all are times (1 - ratio).
    ``backward`` passes what the last ``forward`` let through. The mask is drawn from ``np.random``.

    Args:
        dropout_ratio: the share of zeros, 0 ... 1.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.4.3
    """

    def __init__(self, dropout_ratio: float = 0.5) -> None:
        super().__init__()
        self.dropout_ratio = number("dropout_ratio", dropout_ratio, least=0, most=1)
        self.mask: Array | None = None

    def _forward(self, x: Array, train_flg: bool) -> Array:
        self._by = np.array(1.0 - self.dropout_ratio, x.dtype)
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.dropout_ratio
            self._by = self.mask.astype(x.dtype)
        y: Array = quietly(np.multiply, x, self._by)
        return y

    def _backward(self, g: Array) -> Array:
        dx: Array = g * self._by
        return dx


class BatchNormalization(Recorded):
    """배치 정규화.

    γ (x − μ) / √(σ² + 1e-6) + β for each column, or for each channel of 4-D input; in evaluation
    with the running averages. After ``backward`` the gradients are ``dgamma`` and ``dbeta``.

    Args:
        gamma, beta: γ and β, (C,).
        momentum: the share of the old in the running averages, 0 ... 1.
        running_mean, running_var: where they start from, (C,); None is 0.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.3
    """

    parameters: ClassVar = {"gamma": "dgamma", "beta": "dbeta"}
    dgamma: Array | None
    dbeta: Array | None

    def __init__(
        self,
        gamma: Array,
        beta: Array,
        momentum: float = 0.9,
        running_mean: Array | None = None,
        running_var: Array | None = None,
    ) -> None:
        super().__init__()
        self.gamma, self.beta = gamma, beta
        self.momentum = number("momentum", momentum, least=0, most=1)
        self.running_mean, self.running_var = (
            None if a is None else floating(a).copy() for a in (running_mean, running_var)
        )

    def _recorded(self, train_flg: bool, x: Tensor, *own: Tensor) -> Tensor:
        mean, var = (
            wrap(np.zeros(x.shape[1:2], x.dtype) if a is None else a.astype(x.dtype, copy=False))
            for a in (self.running_mean, self.running_var)
        )
        gamma, beta = own
        share = 1 - self.momentum
        y = normalize_batch(
            x, mean, var, gamma, beta, train_flg, share, 1e-6, unbiased=False, of_one=True
        )
        self.running_mean, self.running_var = mean._array, var._array
        return y


class Convolution(Recorded):
    """합성곱 계층.

    The convolution of images (N, C, H, W). After ``backward`` the gradients are ``dW`` and ``db``.

    Args:
        W: (filters, C, filter_h, filter_w).
        b: (filters,).
        stride, pad: as in :func:`tinygrad_kr.nn.functional.conv2d`.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.4.3
    """

    parameters: ClassVar = {"W": "dW", "b": "db"}
    dW: Array | None
    db: Array | None

    def __init__(self, W: Array, b: Array, stride: int = 1, pad: int = 0) -> None:
        super().__init__()
        self.W, self.b = W, b
        self.stride = integer("stride", stride, least=1)
        self.pad = integer("pad", pad, least=0)

    def _recorded(self, train_flg: bool, x: Tensor, *own: Tensor) -> Tensor:
        weight, bias = own
        return F.conv2d(x, weight, bias, self.stride, self.pad)


class Pooling(Recorded):
    """최대 풀링 계층.

    The greatest value of each window of images (N, C, H, W); the gradient goes to the first of
    equals, and none of a margin.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.4.4
    """

    def __init__(self, pool_h: int, pool_w: int, stride: int = 2, pad: int = 0) -> None:
        super().__init__()
        self.pool_h = integer("pool_h", pool_h, least=1)
        self.pool_w = integer("pool_w", pool_w, least=1)
        self.stride = integer("stride", stride, least=1)
        self.pad = integer("pad", pad, least=0)

    def _recorded(self, train_flg: bool, x: Tensor, *own: Tensor) -> Tensor:
        y: Tensor = F.max_pool2d(x, (self.pool_h, self.pool_w), self.stride, self.pad)
        return y


class SoftmaxWithLoss:
    """소프트맥스와 교차 엔트로피 오차.

    Softmax and the cross-entropy. The loss is the book's, −Σ log(y + 1e-7) / N, and the gradient
    by definition (y − t) / N, times ``dout``: that of the loss without its 1e-7.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.3

    >>> layer = SoftmaxWithLoss()
    >>> loss = layer.forward(np.zeros((1, 2)), np.array([0]))
    >>> layer.backward()
    array([[-0.5,  0.5]])
    """

    def __init__(self) -> None:
        self.loss: Any = None
        self.y: Array | None = None
        self.t: Any = None

    def forward(self, x: Any, t: Any) -> Any:
        """손실을 구한다.

        The loss of the scores ``x``, (N, C), and the targets ``t``, labels or one-hot.
        """
        y = softmax(x)
        rows = in_rows(y)
        right = labels(rows.shape, t)
        self.loss = mean_loss(rows, right)
        self.y, self.t, self._right = y, t, right
        return self.loss

    def backward(self, dout: Any = 1) -> Array:
        """(y - t) / N에 dout을 곱해 돌려준다.

        The gradient by the scores, times the number ``dout``.
        """
        if self.y is None:
            raise GradientError(
                "SoftmaxWithLoss: backward()보다 forward()를 먼저 부르세요.",
                "SoftmaxWithLoss: call forward() before backward().",
            )
        if np.ndim(dout):
            raise ShapeError(
                f"SoftmaxWithLoss: dout은 수 하나여야 합니다: 형상 {np.shape(dout)}.",
                f"SoftmaxWithLoss: dout must be a number, not of shape {np.shape(dout)}.",
            )
        y = in_rows(self.y)
        hot = one_hot(y.shape, self.t)
        if hot is None:
            dx = y.copy()
            dx[np.arange(len(y)), self._right] -= 1
        else:
            dx = y - hot
        dx *= dout / len(y)
        return dx.reshape(self.y.shape)
