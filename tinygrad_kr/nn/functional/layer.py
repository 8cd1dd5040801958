"""계층과 활성화의 함수.

The functions of layers and activations; ``inplace=True`` writes the result over the input.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array, int64
from tinygrad_kr.errors import DTypeError, ShapeError, TargetError
from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.ops import exponential, fused
from tinygrad_kr.ops import inplace as in_place
from tinygrad_kr.ops.arithmetic import mul
from tinygrad_kr.ops.comparison import clamp, where
from tinygrad_kr.ops.dims import numpy_names
from tinygrad_kr.ops.exponential import erf, expm1, rsqrt, sigmoid, tanh
from tinygrad_kr.ops.norms import log_softmax as _log_softmax
from tinygrad_kr.ops.norms import norm
from tinygrad_kr.ops.norms import softmax as _softmax
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """완전연결: x @ weight.T + bias.

    The affine map of the last dimension.

    Shape:
        input (*, in), weight (out, in), bias (out,); the result is (*, out).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.1 (with W = weight.T)
    """
    check_linear(as_array(input), as_array(weight).T, as_array(bias))
    out: Tensor = fused.linear(input, weight, bias)
    return out


def affine(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight + bias: 책의 꼴. :func:`linear` with the book's weight, (in, out)."""
    check_linear(as_array(input), as_array(weight), as_array(bias))
    out: Tensor = fused.affine(input, weight, bias)
    return out


def check_linear(x: Array, w: Array, b: Array | None) -> None:
    """weight (in, out)에 맞지 않으면 거절한다. Refuse what does not fit a weight (in, out)."""
    if w.ndim != 2 or x.shape[-1:] != w.shape[:1]:
        width, expected = (*x.shape, "-")[-1 - (x.ndim > 0)], w.shape[0]
        raise ShapeError(
            f"입력의 폭이 {width}(형상 {x.shape})인데 {expected}이어야 합니다.",
            f"the input has width {width} (shape {x.shape}), expected {expected}.",
        )
    same_dtype(x, w, "fiu")
    if b is not None:
        same_dtype(x, b, "fiu")
        if b.shape != w.shape[1:]:
            raise ShapeError(
                f"편향의 형상이 {b.shape}인데 {w.shape[1:]}이어야 합니다.",
                f"the bias has shape {b.shape}, expected {w.shape[1:]}.",
            )


def same_dtype(x: Any, own: Any, kinds: str = "f") -> None:
    """매개변수와 자료형이 다르면 거절한다. Refuse another dtype than the parameters'."""
    if x.dtype == own.dtype and x.dtype.kind in kinds:
        return
    how = f"input.to({own.dtype})" if x.dtype.kind == "f" else "input.float()"
    raise DTypeError(
        f"입력의 자료형은 {x.dtype}인데 매개변수는 {own.dtype}입니다. {how}로 바꾸세요.",
        f"the input is of dtype {x.dtype}, the parameters of {own.dtype}; convert with {how}.",
    )


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """배치 정규화.

    (x − μ) / √(σ² + ε) · weight + bias for each channel, with the running μ and σ²; in training
    with the batch's, towards which the running ones move by the share ``momentum``.

    Shape:
        input (N, C) or (N, C, *); everything else (C,).

    Source:
        Ioffe and Szegedy 2015; 「밑바닥부터 시작하는 딥러닝」 6.3
    """
    return normalize_batch(
        input, running_mean, running_var, weight, bias, training, momentum, eps, unbiased=True
    )


def normalize_batch(
    input: Tensor, running_mean: Any, running_var: Any, weight: Any, bias: Any,
    training: bool, share: float, eps: float, unbiased: bool, of_one: bool = False,
) -> Tensor:  # fmt: skip
    """batch_norm과 같다. :func:`batch_norm`, perhaps with a biased running variance, and perhaps
    ``of_one`` value a channel, which becomes 0 before the bias."""
    x = input._array
    if x.ndim < 2:
        raise ShapeError(
            f"입력은 (N, C)나 (N, C, *)이어야 합니다: {x.shape}.",
            f"the input must be (N, C) or (N, C, *), not {x.shape}.",
        )
    count = x.size // max(x.shape[1], 1)
    if training and count == 1 and not of_one:
        raise ShapeError(
            f"훈련 중에는 채널마다 값이 둘 이상이어야 합니다: 형상 {x.shape}. drop_last=True로 "
            "작은 배치를 빼거나 eval()을 부르세요.",
            f"Expected more than 1 value per channel when training, got shape {x.shape}; use "
            "drop_last=True in the DataLoader, or call eval().",
        )
    same_dtype(x, x)
    for own in (running_mean, running_var, weight, bias):
        if own is None:
            continue
        if own._array.shape != x.shape[1:2]:
            raise ShapeError(
                f"입력의 채널은 {x.shape[1]}개(형상 {x.shape})인데 {own.shape}이어야 합니다.",
                f"the input has {x.shape[1]} channels (shape {x.shape}), expected {own.shape}.",
            )
        same_dtype(x, own._array)
    if not training:
        scale = rsqrt(running_var + eps)
        if weight is not None:
            scale = scale * weight
        shift = -running_mean * scale if bias is None else bias - running_mean * scale
        shape = fused.channels(input)
        return input * reshape(scale, shape) + reshape(shift, shape)
    y, mean, var = fused.batch_norm(input, weight, bias, eps)
    if unbiased and count:
        var = var * (count / (count - 1))
    for running, value in ((running_mean, mean), (running_var, var)):
        if running is not None and count:
            running._array *= 1 - share
            running._array += share * value
            running._version[0] += 1
    return y  # type: ignore[no-any-return]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """드롭아웃: 훈련 중에 원소를 확률 p로 0으로 만든다.

    In training set each element to 0 with probability ``p`` and divide the rest by 1 − p.

    Source:
        Srivastava et al. 2014; 「밑바닥부터 시작하는 딥러닝」 6.4.3 (there without the division)
    """
    number("p", p, least=0, most=1)
    if not training or p == 0:
        return input
    return masked(input, p, 1 / (1 - p) if p < 1 else 0.0, inplace)


def masked(
    input: Tensor, p: float, scale: float, inplace: bool, shape: tuple[int, ...] | None = None
) -> Tensor:
    """확률 p로 0, 아니면 scale을 곱한다. 0 with probability ``p``, else times ``scale``; one draw
    for each element, or of a mask of that ``shape``."""
    need_floating("dropout", input)
    drawn = fused.keep_mask(input.shape if shape is None else shape, p, numpy_generator())
    mask = drawn.astype(input.dtype)
    mask *= scale
    return scaled(input, mask, inplace)


def scaled(input: Tensor, by: Any, inplace: bool) -> Tensor:
    """input에 by를 곱한다. ``input`` times ``by``, perhaps in place."""
    return in_place.apply(input, mul, by) if inplace else mul(input, by)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """레이블을 원-핫으로.

    One-hot vectors of int64 along a new last dimension; -1 takes as many classes as needed.

    >>> from tinygrad_kr import ops
    >>> one_hot(ops.creation.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = as_array(tensor)
    if labels.dtype.kind not in "iu":
        raise DTypeError(
            f"레이블은 정수여야 합니다: {labels.dtype}. long()으로 바꾸세요.",
            f"Class labels must be integers, not {labels.dtype}; use long().",
        )
    count = int(labels.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    bad = labels[(labels < 0) | (labels >= count)]
    if bad.size or count < 1:
        raise TargetError(
            f"클래스가 {count}개면 레이블은 0 ... {count - 1}입니다: {bad[:1]}.",
            f"Class values of {count} classes are 0 ... {count - 1}, not {bad[:1]}.",
        )
    return wrap((labels[..., None] == np.arange(count)).astype(int64))


@numpy_names
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """dim을 따라 길이(p-노름)를 1로 만든다.

    ``input`` divided by its p-norm along ``dim``, held at least ``eps``.
    """
    return input / clamp(norm(input, p, dim, keepdim=True), min=eps)


def applied(name: str, op: Callable[..., Any], input: Tensor, inplace: bool) -> Tensor:
    """소수형 텐서의 op(input). ``op(input)`` of a floating tensor, perhaps in place."""
    need_floating(name, input)
    out: Tensor = in_place.apply(input, op) if inplace else op(input)
    return out


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """ReLU: 0보다 크면 그대로, 아니면 0.

    max(x, 0), elementwise; the gradient at 0 is 0.
    """
    return in_place.apply(input, exponential.relu) if inplace else exponential.relu(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Leaky ReLU: 음수 쪽에도 작은 기울기를 둔다.

    x where x > 0, else ``negative_slope`` · x.
    """
    op = lambda x: where(x > 0, x, x * negative_slope)  # noqa: E731
    return applied("leaky_relu", op, input, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """ELU: 음수 쪽이 -alpha로 매끄럽게 잠긴다.

    x where x > 0, else ``alpha`` · (exp(x) − 1).
    """
    return exponential_unit("elu", input, alpha, inplace)


def exponential_unit(
    name: str, input: Tensor, alpha: float, inplace: bool, scale: float = 1.0, slope: float = 1.0
) -> Tensor:
    """ELU와 그 친척들. ``scale`` · x where x >= 0, else scale · alpha · (exp(slope · x) − 1).

    At 0 the gradient is the left one, and constant.
    """
    left = scale * alpha * slope

    def op(x: Any) -> Any:
        low = x < 0
        right: Any = scale
        if left != scale:
            right = np.where(as_array(x) == 0, left, scale).astype(x.dtype)
        # The branch not taken must stay finite, or its gradient would be 0 · ∞.
        return where(low, scale * alpha * expm1(where(low, x, 0.0) * slope), x * right)

    return applied(name, op, input, inplace)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """SiLU(스위시): x · sigmoid(x).

    x · sigmoid(x), also called swish.
    """
    return applied("silu", lambda x: x * sigmoid(x), input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """GELU: x · Φ(x), Φ는 표준 정규 분포의 누적 분포 함수.

    x · Φ(x), with Φ the normal distribution function, or its ``approximate="tanh"`` form.

    Source:
        Hendrycks and Gimpel 2016
    """
    need_floating("gelu", input)
    if choice("approximate", approximate, ("none", "tanh")) == "none":
        return 0.5 * input * (1 + erf(input * math.sqrt(0.5)))
    inner = math.sqrt(2 / math.pi) * (input + 0.044715 * (input * input * input))
    return 0.5 * input * (1 + tanh(inner))


@numpy_names
def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """소프트맥스: dim을 따라 합이 1인 확률.

    exp(x) / Σ exp(x) along ``dim``.
    """
    return _softmax(input, _chosen(input, dim), dtype=dtype)


@numpy_names
def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """소프트맥스의 로그.

    log(softmax(x)) along ``dim``, without underflow.
    """
    return _log_softmax(input, _chosen(input, dim), dtype=dtype)


def _chosen(input: Tensor, dim: int | None) -> int:
    """PyTorch's old rule without a ``dim``."""
    if dim is not None:
        return dim
    chosen = 0 if input.ndim in (0, 1, 3) else 1
    warnings.warn(
        f"softmax의 dim을 적으세요: dim={chosen}로 정했습니다.\n"
        f"Implicit dimension choice for softmax is deprecated; say dim={chosen}.",
        stacklevel=5,
    )
    return chosen
