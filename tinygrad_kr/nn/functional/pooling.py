"""풀링의 함수.

Pooling over one, two and three dimensions of space.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import float16, float32
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.nn.functional.spatial import Ints, each_dim, need_space, per_dim
from tinygrad_kr.ops import pooling as ops
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.tensor import Tensor


def _windows(
    name: str, dims: int, input: Any, kernel: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool,
) -> list[ops.Windows]:  # fmt: skip
    """The windows of each dimension of space."""
    shape = array_of(input).shape
    need_space(name, shape, dims)
    sizes = per_dim("kernel_size", kernel, dims, 1)
    steps = sizes if stride is None or stride in ((), []) else per_dim("stride", stride, dims, 1)
    margins = per_dim("padding", padding, dims, 0)
    spread = per_dim("dilation", dilation, dims, 1)
    found = []
    for dim, k, s, p, d in zip(range(-dims, 0), sizes, steps, margins, spread, strict=True):
        n = shape[dim]
        count = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1  # none begins in the margin after the input
        if count < 1 or p > k // 2:
            raise ShapeError(
                f"{name}: 창이 입력보다 크거나 padding이 창의 절반보다 큽니다: 크기 {n}, "
                f"kernel_size={k}, padding={p}, dilation={d}.",
                f"{name}: the output size is too small, or pad should be at most half of the "
                f"kernel size: size {n}, kernel_size={k}, padding={p}, dilation={d}.",
            )
        found.append(ops.regular(dim + len(shape), n, count, k, s, p, d))
    return found


def _max_pool(
    dims: int,
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """최대 풀링: 창마다 가장 큰 값.

    The maximum of each window; the gradient goes to the first of equals.

    Args:
        kernel_size: the size of a window: an integer, or one for each dimension, as below.
        stride: from window to window, ``kernel_size`` if None.
        padding: how far windows reach over the edges, where nothing counts; at most half of one.
        dilation: from element to element in a window.
        ceil_mode: whether a window may run over the end.
        return_indices: give a tuple, the maxima and where they stood in the flattened space.

    Shape:
        (N, C, *size) or (C, *size); the result has the windows for the size.

    Raises:
        ShapeError: what does not fit together.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.3
    """
    name = f"max_pool{dims}d"
    windows = _windows(name, dims, input, kernel_size, stride, padding, dilation, ceil_mode)
    return _maxima(name, input, windows, return_indices)


def _maxima(name: str, input: Any, windows: Sequence[ops.Windows], return_indices: bool) -> Any:
    if input.dtype.kind == "b":
        raise DTypeError(
            f"{name}에는 bool 텐서를 줄 수 없습니다. float()으로 바꾸어 주세요.",
            f"{name} is not implemented for bool tensors; convert with float().",
        )
    y, indices = ops.max_pool(input, windows, return_indices)
    return (y, wrap(indices)) if indices is not None else y


def _means(input: Any, windows: Sequence[ops.Windows], counts: Any) -> Tensor:
    """The sums of the windows by their counts; half precision by way of float32."""
    half = input.dtype == float16
    y = ops.sum_pool(cast(input, float32) if half else input, windows)
    y = y / (counts if isinstance(counts, int) else counts.astype(y.dtype))
    return cast(y, float16) if half else y


def _avg_pool(
    dims: int,
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """평균 풀링: 창마다의 평균.

    The mean of each window.

    Args:
        kernel_size, stride, padding, ceil_mode: as of ``max_pool``; the margins are zeros.
        count_include_pad: whether the zeros of the margins count.
        divisor_override: divides the sums in place of the number of elements.

    Shape:
        (N, C, *size) or (C, *size); the result has the windows for the size.

    Raises:
        ShapeError, DTypeError: what does not fit together; ``input`` is not floating.
    """
    name = f"avg_pool{dims}d"
    windows = _windows(name, dims, input, kernel_size, stride, padding, 1, ceil_mode)
    need_floating(name, input)
    if divisor_override is not None:
        if operator.index(divisor_override) == 0:
            raise ShapeError(
                f"{name}: divisor_override는 0이 아니어야 합니다.",
                f"{name}: divisor_override must be not zero.",
            )
        return _means(input, windows, divisor_override)
    around = per_dim("padding", padding, dims, 0) if count_include_pad else (0,) * dims
    counts = [w.counts(p) for w, p in zip(windows, around, strict=True)]
    return _means(input, windows, reduce(np.multiply.outer, counts))


def _adaptive(name: str, dims: int, input: Any, output_size: Any) -> list[ops.Windows]:
    shape = array_of(input).shape
    need_space(name, shape, dims)
    given = output_size if isinstance(output_size, tuple | list) else (output_size,) * dims
    wanted = [n if m is None else m for n, m in zip(shape[-dims:], given, strict=False)]
    counts = per_dim("output_size", wanted if len(given) == dims else given, dims, 0)
    lead = len(shape) - dims
    return [
        ops.adaptive(lead + i, n, m)
        for i, (n, m) in enumerate(zip(shape[lead:], counts, strict=True))
    ]


def _adaptive_avg_pool(dims: int, input: Tensor, output_size: Any) -> Tensor:
    """적응 평균 풀링: 출력의 크기를 정하면 창이 거기에 맞춘다.

    The means of as many windows as the output is to have, which cover the input evenly: window i of
    m goes from ⌊i n / m⌋ to ⌈(i + 1) n / m⌉.

    Args:
        output_size: an integer, or one for each dimension; None keeps the size.

    Shape:
        (N, C, *size) or (C, *size); the result is of ``output_size``.

    Raises:
        ShapeError, DTypeError: what does not fit together; ``input`` is not floating.
    """
    name = f"adaptive_avg_pool{dims}d"
    windows = _adaptive(name, dims, input, output_size)
    need_floating(name, input)
    return _means(input, windows, reduce(np.multiply.outer, [w.counts() for w in windows]))


def _adaptive_max_pool(
    dims: int, input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """적응 최대 풀링: 출력의 크기를 정하면 창이 거기에 맞춘다.

    The maxima of the windows of ``adaptive_avg_pool``; with ``return_indices`` a tuple of them and
    of where they stood in the flattened space.

    """
    name = f"adaptive_max_pool{dims}d"
    windows = _adaptive(name, dims, input, output_size)
    return _maxima(name, need_floating(name, input), windows, return_indices)


max_pool1d, max_pool2d, max_pool3d = each_dim("max_pool", _max_pool)
avg_pool1d, avg_pool2d, avg_pool3d = each_dim("avg_pool", _avg_pool)
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = each_dim(
    "adaptive_avg_pool", _adaptive_avg_pool
)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = each_dim(
    "adaptive_max_pool", _adaptive_max_pool
)
