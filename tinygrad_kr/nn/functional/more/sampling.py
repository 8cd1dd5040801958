"""격자에서 뽑기: 공간의 아무 자리에서나 값을 읽는다.

Sampling by a grid: values read at any place of space.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.nn.functional.more.interpolation import cubic_weights
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.creation import from_numpy
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.linalg import matmul
from tinygrad_kr.ops.shape import integers, movedim, reshape, transpose
from tinygrad_kr.tensor import Tensor

__all__ = ["affine_grid", "grid_sample"]


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """아핀 변환으로 격자를 만든다.

    The grid of an affine map, for :func:`grid_sample`: (N, *space, D) of ``theta`` (N, D, D + 1)
    and ``size`` (N, C, *space), D = 2 or 3. A coordinate runs from -1 to 1 between the middles of
    the corner cells with ``align_corners``, between their outer edges without.

    >>> from tinygrad_kr import ops
    >>> affine_grid(ops.tensor([[[1.0, 0, 0], [0, 1, 0]]]), (1, 1, 1, 2))
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    shape, whole = array_of(theta).shape, integers(size)
    dims = len(whole) - 2
    if array_of(theta).dtype.kind != "f":
        raise DTypeError(
            f"theta는 소수형이어야 합니다: {theta.dtype}.",
            f"Expected theta to have floating point type, but got {theta.dtype}.",
        )
    if dims not in (2, 3) or shape != (whole[0], dims, dims + 1) or min(whole) < 1:
        raise ShapeError(
            f"theta는 (N, D, D + 1), size는 (N, C, *공간)이고 D는 2나 3입니다: {shape}, {whole}.",
            f"Expected a batch of affine matrices of shape NxDx(D+1) for size NxCx*space, D 2 or "
            f"3; got {shape} and {whole}.",
        )
    sides = []
    for n in whole[2:]:
        ends = 0.0 if n == 1 else 1.0 if align_corners else (n - 1) / n
        sides.append(np.linspace(-ends, ends, n))
    places = [*reversed(np.meshgrid(*sides, indexing="ij")), np.ones(whole[2:])]
    base = np.stack(places, -1).reshape(1, -1, dims + 1).astype(theta.dtype)
    grid = matmul(from_numpy(base), transpose(theta, 1, 2))
    return reshape(grid, (whole[0], *whole[2:], dims))


def _bounced(x: Any, low: float, high: float) -> Any:
    """Places thrown back into a range at its ends."""
    span = high - low
    if span == 0:
        return x * 0.0
    far = x - low
    far = where(far < 0, -far, far)
    times = np.floor(as_array(far) / span)
    rest = far - times * span
    return where(times % 2 == 0, rest, span - rest) + low


def _inside(x: Any, size: int, padding: str, corners: bool) -> Any:
    """Places brought into 0 to size - 1, as the padding has it."""
    if padding == "zeros":
        return x
    if padding == "reflection":
        x = _bounced(x, 0.0, size - 1.0) if corners else _bounced(x, -0.5, size - 0.5)
    return where(x > 0, where(x < size - 1, x, size - 1.0), 0.0)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """격자가 가리키는 자리의 값.

    The values of ``input`` at the places of ``grid``, between which is interpolated.

    Shape:
        (N, C, *space), (N, *out, D) → (N, C, *out) of D = 2 or 3 dimensions of space. The last
        dimension of the grid tells the place from -1 to 1, the last dimension of space first.

    Args:
        mode: "bilinear" (of three dimensions, too), "nearest", or "bicubic" (of two).
        padding_mode: what lies outside: "zeros", the value at the "border", or a "reflection".
        align_corners: whether -1 and 1 are the middles of the corner cells, else their edges.
    """
    choice("mode", mode, ("bilinear", "nearest", "bicubic"))
    choice("padding_mode", padding_mode, ("zeros", "border", "reflection"))
    shape, places = array_of(input).shape, array_of(grid).shape
    dims, corners = len(shape) - 2, bool(align_corners)
    if (
        dims not in (2, 3)
        or len(places) != dims + 2
        or (places[0], places[-1]) != (shape[0], dims)
        or 0 in shape[2:]
        or (mode == "bicubic" and dims == 3)
    ):
        raise ShapeError(
            f"grid_sample의 입력은 (N, C, *공간), 격자는 (N, *출력, D)이고 D는 2나 3입니다"
            f"(bicubic은 2): {shape}, {places}.",
            f"grid_sampler(): expected an input NxCx*space and a grid Nx*outxD, D 2 or 3 (for "
            f"bicubic 2) and space not empty, got {shape} and {places}.",
        )
    if input.dtype != grid.dtype or input.dtype.kind != "f":
        raise ArgumentError(
            f"입력과 격자는 같은 소수형이어야 합니다: {input.dtype}, {grid.dtype}.",
            f"grid_sampler(): expected input and grid to have the same floating dtype, got "
            f"{input.dtype} and {grid.dtype}.",
        )
    near: list[list[tuple[Array, Any]]] = []  # for each dimension: cells, and their weights
    for d, n in enumerate(shape[2:]):
        x = getitem(grid, index=(..., dims - 1 - d)) + 1
        x = x * ((n - 1) / 2) if corners else x * (n / 2) - 0.5
        if mode != "bicubic":
            x = _inside(x, n, padding_mode, corners)
        low = (np.round if mode == "nearest" else np.floor)(as_array(x))
        if mode == "nearest":
            near.append([(low, 1.0)])
        elif mode == "bilinear":
            near.append([(low, low + 1 - x), (low + 1, x - low)])
        else:
            cells = [_inside(low - 1 + i, n, padding_mode, corners) for i in range(4)]
            near.append(list(zip(map(as_array, cells), cubic_weights(x - low), strict=True)))
    count = math.prod(shape[2:])
    rows = reshape(movedim(input, 1, -1), (shape[0] * count, shape[1]))
    first = np.arange(shape[0]).reshape(-1, *(1,) * dims) * count
    y: Any = 0.0
    for corner in itertools.product(*near):
        at, there, weight = np.zeros((), np.intp), np.ones((), bool), 1.0
        for (cell, w), n in zip(corner, shape[2:], strict=True):
            there = there & (cell >= 0) & (cell < n)
            at = at * n + np.clip(np.nan_to_num(cell), 0, n - 1).astype(np.intp)
            weight = weight * w
        value = where(there[..., None], getitem(rows, index=(first + at,)), 0.0)
        y = y + (value * weight[..., None] if mode != "nearest" else value)  # type: ignore[index]
    sampled: Tensor = movedim(y, -1, 1)
    return sampled
