"""책의 도구: 곡선 다듬기, 섞기, im2col.

The book's tools: smoothing a curve, shuffling, im2col.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import integer

__all__ = ["col2im", "conv_output_size", "im2col", "np", "shuffle_dataset", "smooth_curve"]

_WINDOW = 11


def smooth_curve(x: Any) -> Array:
    """손실의 곡선을 매끄럽게 한다.

    A curve smoothed by a Kaiser window of 11 (β = 2), its ends mirrored, as long as ``x``.

    Raises:
        ArgumentError: fewer than 11 values.

    >>> smooth_curve([3.0] * 12).round(6).tolist() == [3.0] * 12
    True
    """
    a = np.asarray(x, np.float64)
    if a.ndim != 1 or a.size < _WINDOW:
        raise ArgumentError(
            f"값이 {_WINDOW}개 이상인 1차원이어야 합니다: 형상 {a.shape}.",
            f"Expected one dimension of at least {_WINDOW} values, not shape {a.shape}.",
        )
    reach = _WINDOW - 1
    # The start is mirrored at its first value, the end between its last and the next.
    mirrored = np.concatenate([a[reach:0:-1], a, a[: -reach - 1 : -1]])
    window = np.kaiser(_WINDOW, 2)
    smoothed = np.convolve(window / window.sum(), mirrored, mode="valid")
    return smoothed[_WINDOW // 2 : -(_WINDOW // 2)]


def shuffle_dataset(x: Array, t: Array) -> tuple[Array, Array]:
    """데이터와 정답을 같은 순서로 뒤섞는다.

    Data and targets in one random order, drawn from ``np.random``.

    Raises:
        ShapeError: not as many targets as data.
    """
    x, t = np.asarray(x), np.asarray(t)
    if not x.ndim or x.shape[:1] != t.shape[:1]:
        raise ShapeError(
            f"데이터 {x.shape}와 정답 {t.shape}의 수가 다릅니다.",
            f"The data, {x.shape}, and the targets, {t.shape}, differ in number.",
        )
    order = np.random.permutation(x.shape[0])
    return x[order], t[order]


def conv_output_size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> float:
    """합성곱의 출력 크기: (입력 + 2 패딩 - 필터) / 스트라이드 + 1.

    The size of a convolution's output; no whole number where the strides do not come out even.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.2.4

    >>> conv_output_size(28, 5, stride=1, pad=2)
    28.0
    """
    return (input_size + 2 * pad - filter_size) / integer("stride", stride, least=1) + 1


def im2col(input_data: Array, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> Array:
    """이미지를 행렬로: 필터가 닿는 자리마다 한 행.

    Images (N, C, H, W) as a matrix with a row for each place of the filter, (N · out_h · out_w,
    C · filter_h · filter_w).

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.4.3

    >>> im2col(np.arange(9.0).reshape(1, 1, 3, 3), 2, 2).shape
    (4, 4)
    """
    a = np.asarray(input_data)
    count, channels, out_h, out_w = _places(a.shape, filter_h, filter_w, stride, pad)
    padded = np.pad(a, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = sliding_window_view(padded, (filter_h, filter_w), axis=(2, 3))
    rows = windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    return rows.reshape(count * out_h * out_w, channels * filter_h * filter_w)


def col2im(
    col: Array,
    input_shape: tuple[int, ...],
    filter_h: int,
    filter_w: int,
    stride: int = 1,
    pad: int = 0,
) -> Array:
    """im2col의 반대: 겹치는 자리는 더한다.

    The matrix back as images of ``input_shape``; what overlaps is added up.
    """
    count, channels, out_h, out_w = _places(tuple(input_shape), filter_h, filter_w, stride, pad)
    height, width = input_shape[2:]
    a = np.asarray(col)
    shape = count, out_h, out_w, channels, filter_h, filter_w
    if a.shape != (count * out_h * out_w, channels * filter_h * filter_w):
        raise ShapeError(
            f"행렬의 형상 {a.shape}이(가) {shape}에 맞지 않습니다.",
            f"A matrix of shape {a.shape} does not fit {shape}.",
        )
    windows = a.reshape(shape).transpose(0, 3, 4, 5, 1, 2)
    images = np.zeros((count, channels, height + 2 * pad, width + 2 * pad), a.dtype)
    for y in range(filter_h):
        for x in range(filter_w):
            rows = slice(y, y + stride * out_h, stride)
            columns = slice(x, x + stride * out_w, stride)
            images[:, :, rows, columns] += windows[:, :, y, x]
    return images[:, :, pad : pad + height, pad : pad + width]


def _places(
    shape: tuple[int, ...], filter_h: int, filter_w: int, stride: int, pad: int
) -> tuple[int, int, int, int]:
    """The numbers of images, of channels, and of places of the filter down and across."""
    for name, value, least in (
        ("filter_h", filter_h, 1), ("filter_w", filter_w, 1), ("stride", stride, 1), ("pad", pad, 0)
    ):  # fmt: skip
        integer(name, value, least=least)
    if len(shape) != 4:
        raise ShapeError(
            f"이미지는 (N, C, H, W)이어야 합니다: {shape}.",
            f"Images must be (N, C, H, W), not {shape}.",
        )
    count, channels, height, width = shape
    down, across = height + 2 * pad - filter_h, width + 2 * pad - filter_w
    if min(down, across) < 0:
        raise ShapeError(
            f"필터 {filter_h}×{filter_w}이(가) 패딩 {pad}을(를) 더한 이미지 {height}×{width}보다 "
            "큽니다.",
            f"A filter of {filter_h}×{filter_w} is larger than images of {height}×{width} with "
            f"padding {pad}.",
        )
    return count, channels, down // stride + 1, across // stride + 1
