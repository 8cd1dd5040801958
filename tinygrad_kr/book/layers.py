"""책의 5장부터 7장까지의 계층: forward와 backward, 배열을 받아 배열을 돌려준다.

The layers of chapters 5 to 7, with ``forward`` and ``backward`` on arrays. ``forward`` records the
package's own operation in a small graph, and ``backward`` walks it back; the networks of
:mod:`tinygrad_kr.book.multi_layer_net` record all of their layers in one.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygrad_kr.autograd import enable_grad, grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.book.functions import (
    cross_entropy_error,
    floating,
    identity_function,
    labels,
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
from tinygrad_kr.book.util import col2im, im2col
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import GradientError, ShapeError, TargetError, TinygradKrError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.layer import affine, normalize_batch, scaled
from tinygrad_kr.ops.shape import flatten
from tinygrad_kr.tensor import Tensor

# All that the book's module of this name offers to ``from common.layers import *``.
__all__ = [
    "Affine",
    "BatchNormalization",
    "Dropout",
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


def leaf(a: Array) -> Tensor:
    """기울기를 모으는 텐서: 배열을 함께 쓴다. A tensor on ``a`` itself that collects a gradient."""
    return wrap(a).requires_grad_()


def named(name: str, error: TinygradKrError) -> TinygradKrError:
    """어느 계층의 오류인지 밝힌다. The error with the name of the layer that it happened in."""
    return type(error)(f"{name}: {error.korean}", f"{name}: {error.english}")


class Layer:
    """계층의 바탕.

    The base of the layers: ``apply`` says in tensors what the layer does.
    """

    # The attributes that are parameters, each with that of its gradient.
    parameters: ClassVar[dict[str, str]] = {}
    _graph: tuple[Tensor, Tensor] | None = None
    _leaves: tuple[Tensor, ...] = ()

    def __init__(self) -> None:
        for gradient in self.parameters.values():
            setattr(self, gradient, None)

    def __getstate__(self) -> dict[str, Any]:
        # A copy of a layer has its arrays, and no graph.
        return {name: v for name, v in vars(self).items() if name not in ("_graph", "_leaves")}

    def apply(self, x: Tensor, train_flg: bool) -> Tensor:
        """텐서로 하는 순전파. The forward pass in tensors."""
        raise NotImplementedError

    def own(self, x: Tensor) -> tuple[Tensor, ...]:
        """매개변수의 텐서들: x의 자료형으로. The parameters as tensors that collect gradients."""
        arrays = [floating(getattr(self, name)) for name in self.parameters]
        self._leaves = tuple([leaf(a.astype(x.dtype, copy=False)) for a in arrays])
        return self._leaves

    def input(self, x: Any) -> Array:
        """입력의 배열: 매개변수와 같은 자료형으로. ``x`` as an array of the parameters' dtype."""
        a = floating(x)
        dtypes = [np.asarray(getattr(self, name)).dtype for name in self.parameters]
        return a.astype(np.result_type(a, *dtypes), copy=False)

    def forward(self, x: Any, train_flg: bool = True) -> Array:
        """순전파.

        The forward pass.
        """
        tensor = leaf(self.input(x))
        with enable_grad():
            try:
                y = self.apply(tensor, train_flg)
            except TinygradKrError as error:
                raise named(type(self).__name__, error) from None
        self._graph = tensor, y
        # The graph keeps the output, which the reader may write into.
        return y._array.copy()

    def backward(self, dout: Any) -> Array:
        """역전파: 매개변수의 기울기를 남기고 입력의 기울기를 돌려준다.

        The backward pass: the gradient of the input; those of the parameters become attributes.

        Raises:
            GradientError: there was no ``forward``.
            ShapeError: ``dout`` has not the shape of the output.
        """
        if self._graph is None:
            raise no_forward(self)
        x, y = self._graph
        g = floating(dout)
        if g.shape != y.shape:
            raise named(type(self).__name__, ShapeError(
                f"dout의 형상 {g.shape}이(가) 출력의 {y.shape}과(와) 다릅니다.",
                f"dout has shape {g.shape}, and the output {y.shape}.",
            ))  # fmt: skip
        dx, *own = grad(y, (x, *self._leaves), wrap(g), retain_graph=True)
        self.receive([t._array for t in own])
        return dx._array

    def receive_leaves(self) -> None:
        """신경망의 역전파 뒤에: 잎의 기울기를 옮긴다. After a network's backward pass."""
        self.receive([t._grad._array for t in self._leaves if t._grad is not None])
        self._leaves = ()

    def receive(self, gradients: list[Array]) -> None:
        """매개변수의 기울기를 남긴다. Keep the gradients of the parameters."""
        for name, g in zip(self.parameters.values(), gradients, strict=True):
            setattr(self, name, g)


def no_forward(layer: Any) -> GradientError:
    name = type(layer).__name__
    return GradientError(
        f"{name}: backward()보다 forward()를 먼저 부르세요.",
        f"{name}: call forward() before backward().",
    )


class Relu(Layer):
    """ReLU 계층: 0보다 크면 그대로, 아니면 0.

    max(x, 0); the gradient at 0 is 0, and the ``dout`` that it is given stays as it is.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.1

    >>> layer = Relu()
    >>> layer.forward(np.array([-1.0, 2.0])), layer.backward(np.array([5.0, 5.0]))
    (array([0., 2.]), array([0., 5.]))
    """

    def apply(self, x: Tensor, train_flg: bool) -> Tensor:
        return F.relu(x)


class Sigmoid(Layer):
    """시그모이드 계층.

    1 / (1 + exp(-x)).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.2
    """

    def apply(self, x: Tensor, train_flg: bool) -> Tensor:
        return F.sigmoid(x)


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

    def apply(self, x: Tensor, train_flg: bool) -> Tensor:
        return affine(flatten(x, 1) if x.ndim > 2 else x, *self.own(x))


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

    def apply(self, x: Tensor, train_flg: bool) -> Tensor:
        if not train_flg:
            return scaled(x, 1.0 - self.dropout_ratio, False)
        self.mask = np.random.rand(*x.shape) > self.dropout_ratio
        return scaled(x, self.mask.astype(x.dtype), False)


class BatchNormalization(Layer):
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

    def apply(self, x: Tensor, train_flg: bool) -> Tensor:
        gamma, beta = self.own(x)
        mean, var = (
            wrap(np.zeros(x.shape[1:2], x.dtype) if a is None else a.astype(x.dtype, copy=False))
            for a in (self.running_mean, self.running_var)
        )
        share = 1 - self.momentum
        y = normalize_batch(x, mean, var, gamma, beta, train_flg, share, 1e-6, unbiased=False)
        self.running_mean, self.running_var = mean._array, var._array
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
        self.t: Array | None = None
        self._x: Array | None = None

    def forward(self, x: Any, t: Any) -> Any:
        """손실을 구한다.

        The loss of the scores ``x``, (N, C), and the targets ``t``, labels or one-hot.
        """
        a = floating(x)
        y = softmax(a)
        self.loss = cross_entropy_error(y, t)
        self.y, self.t, self._x = y, np.asarray(t), a.copy()
        return self.loss

    def backward(self, dout: Any = 1) -> Array:
        """(y - t) / N에 dout을 곱해 돌려준다.

        The gradient by the scores, times the number ``dout``.
        """
        if self._x is None or self.t is None:
            raise no_forward(self)
        g = floating(dout)
        if g.ndim:
            raise ShapeError(
                f"SoftmaxWithLoss: dout은 수 하나여야 합니다: 형상 {g.shape}.",
                f"SoftmaxWithLoss: dout must be a number, not of shape {g.shape}.",
            )
        x = leaf(self._x)
        with enable_grad():
            loss = self.exact(x if x.ndim == 2 else x.reshape(1, -1), self.t)
        (dx,) = grad(loss, x, wrap(g.astype(x.dtype)))
        return dx._array

    @staticmethod
    def exact(x: Tensor, t: Any) -> Tensor:
        """1e-7이 없는 손실. The loss without its 1e-7, as a tensor."""
        hot = one_hot(x.shape, np.asarray(t))
        if hot is None or np.array_equal(hot, _corners(hot)):
            return F.cross_entropy(x, wrap(labels(x.shape, t)))
        sums = floating(hot).sum(1)
        if not np.allclose(sums, 1):
            raise TargetError(
                f"정답의 행마다 합이 1이어야 합니다: {sums.min()} ... {sums.max()}.",
                f"Each row of the targets must sum to 1, not to {sums.min()} ... {sums.max()}.",
            )
        return F.cross_entropy(x, wrap(floating(hot).astype(x.dtype, copy=False)))


def _corners(hot: Array) -> Array:
    """One-hot rows with the 1 where ``hot`` is greatest."""
    rows = np.zeros(hot.shape, hot.dtype)
    rows[np.arange(len(hot)), hot.argmax(1)] = 1
    return rows
