"""정규화의 함수: 표본 하나 안에서.

Normalisation within a sample: over its features, groups of channels, or its space.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import float16, float32
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.nn.functional.layer import normalize_batch, same_dtype
from tinygrad_kr.nn.functional.spatial import per_dim
from tinygrad_kr.ops import fused, pooling
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.exponential import rsqrt
from tinygrad_kr.ops.joining import tile
from tinygrad_kr.ops.reduction import mean, need_floating
from tinygrad_kr.ops.shape import integers, reshape
from tinygrad_kr.tensor import Tensor

__all__ = ["group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def _stretched(y: Any, weight: Any, bias: Any, shape: tuple[int, ...] | None = None) -> Tensor:
    """y · weight + bias, in ``shape`` if one is given."""
    for name, own in (("weight", weight), ("bias", bias)):
        if own is not None and shape is not None:
            if own.shape != shape[:1]:
                raise ShapeError(
                    f"{name}의 형상이 {own.shape}인데 {shape[:1]}이어야 합니다.",
                    f"the {name} has shape {own.shape}, expected {shape[:1]}.",
                )
            own = reshape(own, shape)
        if own is not None:
            same_dtype(as_array(y), own)
            y = y * own if name == "weight" else y + own
    return y  # type: ignore[no-any-return]


def _features(input: Any, normalized_shape: Any, *own: Any) -> tuple[int, ...]:
    """The last dimensions, all of which are normalised together."""
    shape, x = integers(normalized_shape), array_of(input)
    given = {x.shape[-len(shape) :], *(p.shape for p in own if p is not None)}
    if not shape or x.ndim < len(shape) or given != {shape}:
        raise ShapeError(
            f"normalized_shape={shape}이면 입력과 매개변수의 마지막 차원이 그래야 합니다: 형상 "
            f"{x.shape}, {given}.",
            f"Given normalized_shape={shape}, expected an input of shape (*, {shape}) and "
            f"parameters like it, not {x.shape} and {given}.",
        )
    same_dtype(x, x)
    return shape


def _standardized(input: Any, rows: int, eps: float) -> Any:
    """(x − μ) / √(σ² + ε) of each of so many rows: as a batch of one they are its channels."""
    x = reshape(input, (1, rows, input.numel() // max(rows, 1)))
    return reshape(fused.batch_norm(x, None, None, eps)[0], input.shape)


def layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """계층 정규화: 표본마다 마지막 차원들의 평균을 0, 분산을 1로.

    (x − μ) / √(σ² + ε) · weight + bias, with μ and σ² of the last dimensions of each sample.

    Source:
        Ba et al. 2016

    >>> from tinygrad_kr import ops
    >>> layer_norm(ops.creation.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    shape = _features(input, normalized_shape, weight, bias)
    rows, half = math.prod(input.shape[: input.ndim - len(shape)]), input.dtype == float16
    sizes = (rows, math.prod(shape)), (math.prod(shape),), (math.prod(shape),)
    parts: list[Any] = []
    for p, size in zip((input, weight, bias), sizes, strict=True):
        if p is not None:
            same_dtype(array_of(input), p)
        flat = p if p is None or p.shape == size else reshape(p, size)
        parts.append(cast(flat, float32) if half and flat is not None else flat)
    x, scale, shift = parts
    y: Tensor = fused.layer_norm(x, scale, shift, eps)
    y = cast(y, float16) if half else y
    return y if y.shape == input.shape else reshape(y, input.shape)


def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """제곱평균제곱근으로 나눈다.

    x / √(mean(x²) + ε) · weight over the last dimensions; without ``eps`` the machine's.

    Source:
        Zhang and Sennrich 2019
    """
    shape = _features(input, normalized_shape, weight)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    half = input.dtype == float16
    x: Any = cast(input, float32) if half else input
    dims = tuple(range(-len(shape), 0))
    y = x * rsqrt(mean(x * x, dims, keepdim=True) + eps)
    return _stretched(cast(y, float16) if half else y, weight, None)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """그룹 정규화: 표본마다 채널의 묶음을 정규화한다.

    (x − μ) / √(σ² + ε) · weight + bias, with μ and σ² of each of ``num_groups`` groups of channels
    of a sample.

    Shape:
        input (N, C, *); weight and bias (C,).

    Source:
        Wu and He 2018
    """
    x = array_of(input)
    (groups,) = per_dim("num_groups", num_groups, 1, 1)
    if x.ndim < 2 or x.shape[1] % groups:
        raise ShapeError(
            f"입력은 (N, C, *)이고 C는 num_groups={groups}의 배수여야 합니다: 형상 {x.shape}.",
            f"Expected an input (N, C, *) with C divisible by num_groups={groups}, not of shape "
            f"{x.shape}.",
        )
    if x.size == groups:
        raise _too_few(x.shape)
    same_dtype(x, x)
    shape = (x.shape[1], *(1,) * (x.ndim - 2))
    return _stretched(_standardized(input, x.shape[0] * groups, eps), weight, bias, shape)


def _too_few(shape: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"훈련 중에는 정규화할 값이 둘 이상이어야 합니다: 형상 {shape}.",
        f"Expected more than 1 value to normalise when training, got input size {shape}.",
    )


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """인스턴스 정규화: 표본마다, 채널마다 공간을 정규화한다.

    (x − μ) / √(σ² + ε) · weight + bias, with μ and σ² of each channel of each sample, or running
    ones.

    Shape:
        input (N, C, *); everything else (C,).

    Source:
        Ulyanov et al. 2016
    """
    x = array_of(input)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ShapeError(
                "use_input_stats=False이면 running_mean과 running_var가 있어야 합니다.",
                "Expected running_mean and running_var to be defined when use_input_stats is "
                "false.",
            )
        return normalize_batch(
            input, running_mean, running_var, weight, bias, False, momentum, eps, unbiased=True
        )
    if x.ndim < 2 or math.prod(x.shape[2:]) == 1:
        raise _too_few(x.shape)
    # The channels of all samples are those of a batch of one.
    count, channels, *space = x.shape
    whole = reshape(input, (1, count * channels, *space))
    running = running_mean, running_var
    scale, shift = (None if p is None else tile(p, (count,)) for p in (weight, bias))
    mu, var = tiled = [None if p is None else tile(p.detach(), (count,)) for p in running]
    y = normalize_batch(whole, mu, var, scale, shift, True, momentum, eps, True, of_one=True)
    for p, each in zip(running, tiled, strict=True):
        if count and p is not None and each is not None:
            p._array[...] = each._array.reshape(count, channels).mean(0)
            p._version[0] += 1
    return reshape(y, x.shape)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """국소 응답 정규화: 이웃한 채널의 제곱으로 나눈다.

    x / (k + alpha · mean(x²))^beta, the mean over ``size`` channels around each.

    Shape:
        (N, C, *) with at least one dimension of space.

    Source:
        Krizhevsky et al. 2012
    """
    x = array_of(input)
    if x.ndim < 3:
        raise ShapeError(
            f"입력은 3차원 이상이어야 합니다: 형상 {x.shape}.",
            f"Expected 3D or higher dimensionality input, not shape {x.shape}.",
        )
    if not x.size:
        return input
    need_floating("local_response_norm", input)
    (wide,) = per_dim("size", size, 1, 1)
    channels = x.shape[1]
    around = pooling.regular(1, channels, channels, wide, 1, wide // 2, 1)
    total: Tensor = pooling.sum_pool(input * input, [around])
    return input / (total * (alpha / wide) + k) ** beta
