"""계층의 함수: 완전연결, 배치 정규화, 드롭아웃, 원-핫, 정규화.

The functions of layers: linear, batch normalisation, dropout, one-hot, normalisation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import int64
from tinygrad_kr.errors import DTypeError, ShapeError, TargetError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.ops import fused
from tinygrad_kr.ops import inplace as in_place
from tinygrad_kr.ops.arithmetic import mul
from tinygrad_kr.ops.comparison import clamp
from tinygrad_kr.ops.dims import numpy_names
from tinygrad_kr.ops.exponential import rsqrt
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.ops.norms import norm
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """완전연결: x @ weight.T + bias.

    The affine map x @ weight.T + bias.

    Shape:
        input (*, in), weight (out, in), bias (out,); the result is (*, out).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.1 (with W = weight.T)
    """
    x, w, b = as_array(input), as_array(weight), as_array(bias)
    if x.ndim == 0 or w.ndim != 2 or x.shape[-1] != w.shape[1]:
        width, expected = (*x.shape, "-")[-1 - (x.ndim > 0)], w.shape[-1]
        raise ShapeError(
            f"입력의 폭이 {width}(형상 {x.shape})인데 {expected}이어야 합니다.",
            f"the input has width {width} (shape {x.shape}), expected {expected}.",
        )
    _same_dtype(x, w)
    if b is not None:
        _same_dtype(x, b)
        if b.shape != w.shape[:1]:
            raise ShapeError(
                f"편향의 형상이 {b.shape}인데 {w.shape[:1]}이어야 합니다.",
                f"the bias has shape {b.shape}, expected {w.shape[:1]}.",
            )
    out: Tensor = fused.linear(input, weight, bias)
    return out


def _same_dtype(x: Any, own: Any) -> None:
    """Refuse an input that is not of the parameters' dtype."""
    if x.dtype == own.dtype and x.dtype.kind == "f":
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

    Batch normalisation over every dimension but the second: (x − μ) / √(σ² + ε) · weight + bias.
    In training μ and σ² are those of the batch, and the running ones move by the share ``momentum``
    towards them (towards the unbiased variance); otherwise the running ones are used.

    Shape:
        input (N, C) or (N, C, *); everything else (C,).

    Raises:
        ShapeError: a batch of one value a channel in training, or sizes other than C.

    Source:
        Ioffe and Szegedy 2015; 「밑바닥부터 시작하는 딥러닝」 6.3
    """
    return normalize_batch(
        input, running_mean, running_var, weight, bias, training, momentum, eps, unbiased=True
    )


def normalize_batch(
    input: Tensor, running_mean: Any, running_var: Any, weight: Any, bias: Any,
    training: bool, share: float, eps: float, unbiased: bool,
) -> Tensor:  # fmt: skip
    """batch_norm과 같다. :func:`batch_norm`, with a running variance that may be a biased one."""
    x = input._array
    if x.ndim < 2:
        raise ShapeError(
            f"배치 정규화의 입력은 (N, C)나 (N, C, *)이어야 합니다: {x.shape}.",
            f"the input of batch normalisation is (N, C) or (N, C, *), not {x.shape}.",
        )
    _same_dtype(x, x)
    for own in (running_mean, running_var, weight, bias):
        if own is None:
            continue
        if own._array.shape != x.shape[1:2]:
            raise ShapeError(
                f"입력의 채널은 {x.shape[1]}개(형상 {x.shape})인데 계층의 형상은 {own.shape}"
                "입니다.",
                f"the input has {x.shape[1]} channels (shape {x.shape}), but the layer has shape "
                f"{own.shape}.",
            )
        _same_dtype(x, own._array)
    if not training:
        scale = rsqrt(running_var + eps)
        if weight is not None:
            scale = scale * weight
        shift = -running_mean * scale if bias is None else bias - running_mean * scale
        shape = fused.channels(input)
        return input * reshape(scale, shape) + reshape(shift, shape)
    count = x.size // max(x.shape[1], 1)
    if count == 1:
        raise ShapeError(
            f"훈련 중에는 채널마다 값이 둘 이상 있어야 합니다: 입력의 형상 {x.shape}. 배치를 "
            "키우거나(DataLoader의 drop_last=True) eval()을 부르세요.",
            f"Expected more than 1 value per channel when training, got input size {x.shape}; use "
            "larger batches (drop_last=True in the DataLoader), or call eval().",
        )
    y, mean, var = fused.batch_norm(input, weight, bias, eps)
    if unbiased and count:
        var = var * (count / (count - 1))
    for running, value in ((running_mean, mean), (running_var, var)):
        if running is not None and count:
            running._array[...] = (1 - share) * running._array + share * value
            running._version[0] += 1
    return y  # type: ignore[no-any-return]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """드롭아웃: 훈련 중에 원소를 확률 p로 0으로 만든다(역 드롭아웃).

    Set each element to 0 with probability ``p`` and divide the rest by 1 − p, in training; the
    input itself otherwise.

    Source:
        Srivastava et al. 2014; 「밑바닥부터 시작하는 딥러닝」 6.4.3 (there without the division)
    """
    number("p", p, least=0, most=1)
    if not training or p == 0:
        return input
    return masked(input, p, 1 / (1 - p) if p < 1 else 0.0, inplace)


def masked(input: Tensor, p: float, scale: float, inplace: bool) -> Tensor:
    """확률 p로 0, 아니면 scale을 곱한다. 0 with probability ``p``, else times ``scale``."""
    need_floating("dropout", input)
    kept = fused.keep_mask(input.shape, p, numpy_generator())
    return scaled(input, np.multiply(kept, scale, dtype=input.dtype), inplace)


def scaled(input: Tensor, by: Any, inplace: bool) -> Tensor:
    """input에 by를 곱한다. ``input`` times ``by``, perhaps in place."""
    return in_place.apply(input, mul, by) if inplace else mul(input, by)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """레이블을 원-핫으로.

    Labels as one-hot vectors of int64 along a new last dimension; with ``num_classes=-1`` there
    are as many classes as the largest label needs.

    >>> from tinygrad_kr import ops
    >>> one_hot(ops.creation.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = as_array(tensor)
    if labels.dtype.kind not in "iu":
        raise DTypeError(
            f"레이블은 정수여야 합니다: {labels.dtype}. long()으로 바꾸세요.",
            f"one_hot is only applicable to integer labels, not {labels.dtype}; use long().",
        )
    count = int(labels.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    bad = labels[(labels < 0) | (labels >= count)]
    if bad.size or count < 1:
        raise TargetError(
            f"레이블 {bad[:1]}이(가) 클래스 {count}개(0 ... {count - 1})에 맞지 않습니다.",
            f"Class values must be within 0 ... {count - 1} ({count} classes); there is {bad[:1]}.",
        )
    return wrap((labels[..., None] == np.arange(count)).astype(int64))


@numpy_names
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """dim을 따라 길이(p-노름)를 1로 만든다.

    ``input`` divided by its p-norm along ``dim``, which is held at least ``eps``.
    """
    return input / clamp(norm(input, p, dim, keepdim=True), min=eps)
