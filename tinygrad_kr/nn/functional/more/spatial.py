"""공간의 함수: 조각 모으기, 크기 바꾸기, 채널과 공간의 교환, 풀링의 나머지.

Functions of space: patches, resizing, channels for space, and what is left of pooling.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import IndexingError, ShapeError
from tinygrad_kr.nn.functional import pooling
from tinygrad_kr.nn.functional.convolution import margins_of, reach_of
from tinygrad_kr.nn.functional.spatial import Ints, each_dim, need_space, per_dim
from tinygrad_kr.ops.arithmetic import abs, sign
from tinygrad_kr.ops.convolution import Slide
from tinygrad_kr.ops.dims import array_of, array_of_kind
from tinygrad_kr.ops.exponential import relu
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.shape import integers, permute, reshape
from tinygrad_kr.tensor import Tensor

__all__ = [
    "channel_shuffle",
    "fold",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
]

# Patches


def _taps(how: Slide) -> Iterator[tuple[Any, Any]]:
    """Of each place in the kernel, the elements of the padded input that come under it."""
    for tap in itertools.product(*map(range, how.kernel)):
        each = zip(tap, how.dilation, how.stride, how.out, strict=True)
        yield tap, tuple(slice(t * d, t * d + s * (n - 1) + 1, s) for t, d, s, n in each)


def _columns(x: Array, *, how: Slide) -> Any:
    """(N, C, *size) as (N, C, *kernel, *out)."""
    padded: Any = np.zeros((*x.shape[:2], *how.padded), x.dtype)
    padded[..., *how.inside] = x
    y = np.empty((*x.shape[:2], *how.kernel, *how.out), x.dtype)
    for tap, under in _taps(how):
        y[:, :, *tap] = padded[(..., *under)]
    return y


def _added_up(columns: Array, *, how: Slide) -> Any:
    """(N, C, *kernel, *out) added up where they lie: (N, C, *size)."""
    padded: Any = np.zeros((*columns.shape[:2], *how.padded), columns.dtype)
    for tap, under in _taps(how):
        padded[..., *under] += columns[:, :, *tap]
    return padded[(..., *how.inside)]


_unfold: Callable[..., Tensor] = Primitive("im2col", _columns, x=lambda g, how: _fold(g, how=how))
_fold: Callable[..., Tensor] = Primitive(
    "col2im",
    lambda columns, *, how: quietly(lambda: _added_up(columns, how=how)),
    columns=lambda g, how: _unfold(g, how=how),
)


def _slide(name: str, size: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Slide:
    sizes, spread = per_dim("kernel_size", kernel, 2, 1), per_dim("dilation", dilation, 2, 1)
    steps = per_dim("stride", stride, 2, 1)
    reach = reach_of(sizes, spread)
    margins = margins_of(name, per_dim("padding", padding, 2, 0), steps, reach)
    each = zip(size, margins, reach, steps, strict=True)
    out = tuple((n + a + b - r) // s + 1 for n, (a, b), r, s in each)
    if min(out) < 1:
        raise ShapeError(
            f"{name}: 커널이 덮는 크기 {reach}이(가) 패딩을 더한 공간 {size}보다 큽니다.",
            f"{name}: the kernel, {reach}, is larger than the space {size} with its padding.",
        )
    return Slide(tuple(size), out, sizes, steps, margins, spread, 1)


def unfold(
    input: Tensor, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0, stride: Ints = 1
) -> Tensor:
    """조각 모으기(im2col): 커널이 지나는 자리마다 그 아래의 값을 한 열로.

    What lies under a sliding kernel, a column for each of its places.

    Shape:
        (N, C, H, W) or (C, H, W) gives (N, C · kernel, places).

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.4.3 (im2col)
    """
    need_space("unfold", array_of(input).shape, 2)
    how = _slide("unfold", input.shape[-2:], kernel_size, dilation, padding, stride)
    lead, channels = input.shape[:-3], input.shape[-3] * math.prod(how.kernel)
    y = _unfold(reshape(input, (math.prod(lead), *input.shape[-3:])), how=how)
    return reshape(y, (*lead, channels, math.prod(how.out)))


def fold(
    input: Tensor, output_size: Ints, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0,
    stride: Ints = 1,
) -> Tensor:  # fmt: skip
    """조각 더하기(col2im): 열들을 제자리에 더한다.

    The columns of :func:`unfold` added up where they came from: its derivative.

    Shape:
        (N, C · kernel, places) or (C · kernel, places) gives (N, C, *output_size).
    """
    shape = array_of(input).shape
    size = per_dim("output_size", output_size, 2, 1)
    how = _slide("fold", size, kernel_size, dilation, padding, stride)
    taps, places = math.prod(how.kernel), math.prod(how.out)
    if len(shape) not in (2, 3) or shape[-1] != places or shape[-2] % taps or not shape[-2]:
        raise ShapeError(
            f"fold: 입력은 (N, C · {taps}, {places})이어야 합니다: 형상 {shape}.",
            f"fold: expected an input of shape (N, C * {taps}, {places}), not {shape}.",
        )
    lead, channels = shape[:-2], shape[-2] // taps
    columns = reshape(input, (math.prod(lead), channels, *how.kernel, *how.out))
    return reshape(_fold(columns, how=how), (*lead, channels, *size))


# Channels for space


def _factor(name: str, value: int, shape: tuple[int, ...], least: int, fits: bool) -> None:
    if value < 1 or len(shape) < least or not fits:
        raise ShapeError(
            f"{name}: 형상 {shape}은(는) {value}(으)로 나눌 수 없습니다.",
            f"{name}: shape {shape} of at least {least} dimensions is to be divisible by {value}.",
        )


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """채널을 공간으로: (*, C r², H, W)를 (*, C, H r, W r)로.

    Channels become space: each r² of them an r × r square.

    Source:
        Shi et al. 2016
    """
    shape, (r,) = array_of(input).shape, integers(upscale_factor)
    _factor("pixel_shuffle", r, shape, 3, r > 0 and shape[-3:][0] % (r * r) == 0)
    *lead, c, h, w = shape
    k = len(lead)
    parts = reshape(input, (*lead, c // r**2, r, r, h, w))
    turned = permute(parts, (*range(k + 1), k + 3, k + 1, k + 4, k + 2))
    return reshape(turned, (*lead, c // r**2, h * r, w * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """공간을 채널로: pixel_shuffle의 반대.

    Space becomes channels; the inverse of :func:`pixel_shuffle`.
    """
    shape, (r,) = array_of(input).shape, integers(downscale_factor)
    fits = r > 0 and shape[-1:] + shape[-2:-1] and not any(n % r for n in shape[-2:])
    _factor("pixel_unshuffle", r, shape, 3, bool(fits))
    *lead, c, h, w = shape
    k = len(lead)
    parts = reshape(input, (*lead, c, h // r, r, w // r, r))
    turned = permute(parts, (*range(k + 1), k + 2, k + 4, k + 1, k + 3))
    return reshape(turned, (*lead, c * r**2, h // r, w // r))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """채널 섞기: 그룹마다 하나씩 번갈아.

    The channels of (N, C, *), one of each group in turn.

    Source:
        Zhang et al. 2018
    """
    shape, (g,) = array_of(input).shape, integers(groups)
    _factor("channel_shuffle", g, shape, 3, g > 0 and shape[1:2] != () and shape[1] % g == 0)
    n, c, *space = shape
    parts = reshape(input, (n, g, c // g, *space))
    return reshape(permute(parts, (0, 2, 1, *range(3, parts.ndim))), shape)


# Pooling


def _lp_pool(
    dims: int,
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """p-노름 풀링: 창마다 (Σ x^p)^(1/p).

    The p-th root of the sum of the p-th powers of each window.

    Shape:
        (N, C, *size) or (C, *size); the result has the windows for the size.
    """
    means = getattr(pooling, f"avg_pool{dims}d")(
        input**norm_type, kernel_size, stride, 0, ceil_mode
    )
    count = math.prod(per_dim("kernel_size", kernel_size, dims, 1))
    return (sign(means) * relu(abs(means)) * count) ** (1 / norm_type)


lp_pool1d, lp_pool2d, lp_pool3d = each_dim("lp_pool", _lp_pool)


def _max_unpool(
    dims: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    output_size: Any = None,
) -> Tensor:
    """최대 풀링의 부분 역: 최댓값을 제자리에, 나머지는 0.

    The maxima where ``max_pool(return_indices=True)`` found them, zeros elsewhere.

    Args:
        output_size: the size of the space, where several fit; (N, C, *size) is taken too.
    """
    name, x = f"max_unpool{dims}d", array_of(input)
    need_space(name, x.shape, dims)
    kernel = per_dim("kernel_size", kernel_size, dims, 1)
    steps = kernel if stride is None else per_dim("stride", stride, dims, 1)
    margins = per_dim("padding", padding, dims, 0)
    each = zip(x.shape[-dims:], steps, kernel, margins, strict=True)
    usual = size = tuple((n - 1) * s + k - 2 * p for n, s, k, p in each)
    if output_size is not None:
        given = integers(output_size)
        size = given[2:] if len(given) == dims + 2 else given
    wrong = len(size) != dims or min(size) < 1
    if wrong or any(not -s < n - m < s for n, m, s in zip(size, usual, steps, strict=True)):
        raise ShapeError(
            f"{name}: output_size {size}은(는) {usual}에서 stride {steps} 안에 있어야 합니다.",
            f"{name}: output_size {size} must be within stride {steps} of {usual}.",
        )
    at = array_of_kind("iu", name, indices)
    if at.shape != x.shape:
        raise ShapeError(
            f"{name}: indices의 형상 {at.shape}은(는) 입력의 {x.shape}과 같아야 합니다.",
            f"{name}: Expected shape of indices to be that of the input, {x.shape}, not "
            f"{at.shape}.",
        )
    whole = math.prod(size)
    if at.size and not 0 <= at.min() <= at.max() < whole:
        raise IndexingError(
            f"{name}: 인덱스가 0 ... {whole - 1}을(를) 벗어났습니다.",
            f"{name}: found an invalid max index, outside 0 ... {whole - 1}.",
        )
    lead = math.prod(x.shape[:-dims])
    rows = np.arange(lead)[:, None]
    flat = reshape(input, (lead, math.prod(x.shape[-dims:])))
    y = _placed(flat, shape=(lead, whole), index=(rows, at.reshape(flat.shape)))
    return reshape(y, (*x.shape[:-dims], *size))


def _placed_forward(x: Array, *, shape: tuple[int, ...], index: Any) -> Array:
    y = np.zeros(shape, x.dtype)
    y[index] = x
    return y


_placed: Callable[..., Tensor] = Primitive(
    "max_unpool", _placed_forward, x=lambda g, index: getitem(g, index=index)
)

max_unpool1d, max_unpool2d, max_unpool3d = each_dim("max_unpool", _max_unpool)
