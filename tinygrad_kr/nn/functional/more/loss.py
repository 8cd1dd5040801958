"""손실 함수: 드물게 쓰는 것들.

Loss functions beyond the core's. Each takes ``reduction``: "mean", "sum", or "none" for the losses
of the elements; ``size_average`` and ``reduce`` are PyTorch's old words for it.
"""

from __future__ import annotations

import builtins
import math

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.dtypes import result_dtype
from tinygrad_kr.errors import (
    ArgumentError,
    ShapeError,
)
from tinygrad_kr.nn.functional.targets import (
    check_reduction,
    chosen_reduction,
    reduced,
    same_ndim,
    same_shape,
    warn_of_broadcast,
)
from tinygrad_kr.ops.arithmetic import abs
from tinygrad_kr.ops.comparison import clamp, logical_not, where
from tinygrad_kr.ops.conversion import cast, clone
from tinygrad_kr.ops.creation import full_like
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.exponential import exp, log, logaddexp, sqrt
from tinygrad_kr.ops.inplace import apply
from tinygrad_kr.ops.reduction import need_floating, sum
from tinygrad_kr.ops.shape import unsqueeze
from tinygrad_kr.tensor import Tensor

__all__ = [
    "cosine_embedding_loss", "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div",
    "margin_ranking_loss", "poisson_nll_loss", "soft_margin_loss",
]  # fmt: skip

# Regression


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """후버 손실: delta보다 작은 오차는 제곱으로, 큰 것은 직선으로.

    ½ e² where |e| < ``delta``, else ``delta`` (|e| − ½ ``delta``); each times ``weight``.
    """
    if delta <= 0:
        raise ArgumentError(
            f"delta={delta}은(는) 0보다 커야 합니다.",
            f"huber_loss does not support non-positive values for delta: {delta}.",
        )
    if weight is not None:
        weight = same_shape(weight, input.shape)
    warn_of_broadcast(input, target)
    error = need_floating("huber_loss", input) - target
    size = abs(error)
    near = logical_not(size >= delta)  # nan too, for its gradient is nan
    short = where(near, error, 0.0)
    losses = where(near, 0.5 * short * short, delta * where(near, 0.0, size - 0.5 * delta))
    losses = cast(losses, input.dtype)
    if weight is not None:
        losses = losses * weight
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """푸아송 분포의 음의 로그 가능도.

    exp(x) − t x, or x − t log(x + ``eps``) without ``log_input``; ``full`` adds Stirling's
    approximation of log t! where t > 1: t log t − t + ½ log(2π t).
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        losses = losses + where(target <= 1, 0.0, stirling)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """정규 분포의 음의 로그 가능도.

    ½ (log v + (x − t)² / v), v being ``var``, at least ``eps``; ``full`` adds ½ log 2π. The
    gradient of ``var`` is that without the bound.

    Args:
        var: in the shape of the input, or of size 1 or without a dimension in its last.
    """
    check_reduction(reduction)
    values = np.asarray(var) if isinstance(var, int | float) else array_of(var)
    if (values < 0).any():
        raise ArgumentError("var에 음수가 있습니다.", f"var has negative entries: {values.min()}.")
    shape = input.shape
    if isinstance(var, int | float):
        var = full_like(input, var, dtype=result_dtype(as_array(input), float(var)))
    elif values.shape != shape:
        differing = [b for a, b in zip(shape, values.shape, strict=False) if a != b]
        if values.shape == shape[:-1]:
            var = unsqueeze(var, -1)
        elif values.ndim != len(shape) or builtins.sum(differing) != 1:
            raise ShapeError(
                f"var의 형상 {values.shape}이(가) 입력의 {shape}에 맞지 않습니다.",
                f"var is of incorrect size {values.shape} for an input of shape {shape}.",
            )
    var = clone(var)
    with no_grad():
        apply(var, clamp, min=eps)
    error = input - target
    losses = 0.5 * (log(var) + error * error / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """쿨백-라이블러 발산: 로그 확률에서 목표 분포까지.

    t (log t − x), x being log-probabilities, 0 where t is 0; exp(t) (t − x) with ``log_target``.

    Args:
        reduction: also "batchmean", the sum divided by the size of the first dimension, which is
            the divergence as it is defined.
    """
    batch = reduction == "batchmean"
    reduction = chosen_reduction("sum" if batch else reduction, size_average, reduce)
    need_floating("kl_div", input)
    need_floating("kl_div", target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        losses = where(target == 0, 0.0, target * log(target)) - target * input
    whole = reduced(losses, reduction)
    return whole / input.shape[0] if batch and input.ndim else whole


# Labels of 1 and −1


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """부드러운 여유 손실: 레이블은 1이나 −1.

    log(1 + exp(−t x)), without overflow.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    losses = logaddexp(-target * need_floating("soft_margin_loss", input), 0.0)
    return reduced(cast(same_shape(losses, input.shape), input.dtype), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """순위 손실: target이 1이면 첫째가, −1이면 둘째가 margin만큼 커야 한다.

    The hinge of a difference, max(0, −t (x₁ − x₂) + ``margin``).
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    same_ndim("margin_ranking_loss", input1, input2, target)
    return reduced(clamp(-target * (input1 - input2) + float(margin), min=0), reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """거리의 손실: 레이블이 1이면 가깝게, −1이면 margin보다 멀게.

    x where t = 1, max(0, ``margin`` − x) where t = −1, else their sum.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    far = where(target == 1, 0.0, clamp(margin - input, min=0))
    return reduced(far + where(target == -1, 0.0, input), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """각도의 손실: 레이블이 1이면 같은 쪽을, −1이면 다른 쪽을 보게.

    1 − cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) − ``margin``) where t = −1, else 0.

    Shape:
        inputs (N, D) and target (N,), or (D,) and ().
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    dims = target.ndim + 1
    if dims > 2 or input1.ndim != dims or input2.ndim != dims:
        raise ShapeError(
            f"정답이 (N,)이면 입력은 (N, D), ()이면 (D,)입니다: {target.shape}, {input1.shape}, "
            f"{input2.shape}.",
            f"1D target tensor expects 2D input tensors, 0D ones 1D, but found {target.shape}, "
            f"{input1.shape} and {input2.shape}.",
        )
    squares = [sum(x * x, -1) + 1e-12 for x in (input1, input2)]
    cosine = sum(input1 * input2, -1) / sqrt(squares[0] * squares[1])
    near, far = 1 - cosine, clamp(cosine - margin, min=0)
    return reduced(where(target == 1, near, 0.0) + where(target == -1, far, 0.0), reduction)
