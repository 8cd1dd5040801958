"""크기 바꾸기.

Resizing: along each dimension of space, each value of the result is a weighted sum of a few
neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array, float16, float32, float64
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.nn.functional import pooling
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.ops.shape import integers
from tinygrad_kr.tensor import Tensor

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

Taps = list[tuple[Array, Array]]  # where the neighbours lie, and their weights


def _nearest(size: int, out: int, scale: float | None, exact: bool) -> Any:
    # As PyTorch reckons, in float32.
    step = np.float32(1 / scale if scale else size / out)
    if not exact and out in (size, 2 * size):
        return np.arange(out) // (out // size)
    at = (np.arange(out, dtype=np.float32) + np.float32(0.5 if exact else 0)) * step
    return np.minimum(np.floor(at).astype(np.intp), size - 1)


def _places(size: int, out: int, scale: float | None, corners: bool, dtype: Any) -> Any:
    """Where in the input the values of the result lie."""
    number = np.arange(out, dtype=dtype)
    if corners:
        return number * dtype((size - 1) / (out - 1) if out > 1 else 0)
    return (number + dtype(0.5)) * dtype(1 / scale if scale else size / out) - dtype(0.5)


def _linear(at: Array, size: int) -> Taps:
    if at.size == size:  # as it is, whatever the scale was
        whole = np.arange(size)
        return [(whole, np.ones_like(at)), (whole, np.zeros_like(at))]
    at = np.maximum(at, 0)
    low = np.minimum(at.astype(np.intp), size - 1)
    part = np.clip(at - low.astype(at.dtype), 0, 1)
    return [(low, 1 - part), (np.minimum(low + 1, size - 1), part)]


def cubic_weights(t: Any) -> list[Any]:
    """The weights of the four neighbours of a place, ``t`` behind the second."""
    a = -0.75

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _cubic(at: Array, size: int) -> Taps:
    low = np.floor(at)
    first = low.astype(np.intp) - 1
    weights = cubic_weights(at - low)
    return [(np.clip(first + i, 0, size - 1), w) for i, w in enumerate(weights)]


def _weighed(x: Array, *, taps: Taps, dim: int) -> Array:
    rest = (-1, *(1,) * (x.ndim - dim - 1))
    parts = [x.take(at, dim) * w.reshape(rest) for at, w in taps]
    return sum(parts[1:], parts[0])


def _spread(g: Array, *, taps: Taps, dim: int, size: int) -> Array:
    weights = np.zeros((g.shape[dim], size), g.dtype)  # a product with them beats adding up
    rows = np.arange(len(weights))
    for at, w in taps:
        weights[rows, at] += w
    return np.ascontiguousarray(np.swapaxes(np.swapaxes(g, dim, -1) @ weights, dim, -1))


# The sums along one dimension, and their transpose.
_weigh: Callable[..., Tensor] = Primitive(
    "interpolate",
    _weighed,
    x=lambda g, x_shape, taps, dim: _give(g, taps=taps, dim=dim, size=x_shape[dim]),
)
_give: Callable[..., Tensor] = Primitive(
    "interpolate_back", _spread, g=lambda g, taps, dim: _weigh(g, taps=taps, dim=dim)
)

_MODES: dict[str, tuple[int, Callable[[Array, int], Taps]]] = {
    "linear": (1, _linear),
    "bilinear": (2, _linear),
    "trilinear": (3, _linear),
    "bicubic": (2, _cubic),
}


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """크기를 바꾼다.

    The space of ``input`` made larger or smaller.

    Args:
        size, scale_factor: one of them: the new size, or by how much it grows; a number, or one for
            each dimension.
        mode: "nearest" or "nearest-exact" neighbour (of which the second is rounded rightly),
            "linear", "bilinear", "trilinear" (of one, two, three dimensions), "bicubic", or "area",
            the mean of what falls together.
        align_corners: whether the first and last values stay where they are, else the edges do.
        recompute_scale_factor: work out the scale again from the size, which is a whole number.
        antialias: not here; refused.

    Shape:
        (N, C, *space) of one to three dimensions of space.

    >>> from tinygrad_kr import ops
    >>> interpolate(ops.creation.tensor([[[0.0, 2.0]]]), scale_factor=2, mode="linear")
    tensor([[[0.0000, 0.5000, 1.5000, 2.0000]]])
    """
    choice("mode", mode, ("nearest", "nearest-exact", "area", *_MODES))
    shape = array_of(input).shape
    dims = len(shape) - 2
    wanted, _ = _MODES.get(mode, (dims, None))
    if not 1 <= dims <= 3 or dims != wanted:
        raise ShapeError(
            f"interpolate의 입력은 (N, C, *공간)이고 mode={mode!r}이면 공간은 {wanted}차원입니다: "
            f"형상 {shape}.",
            f"Input Error: mode={mode!r} needs (N, C, *space) with {wanted} dimensions of space, "
            f"got shape {shape}.",
        )
    if antialias or (align_corners is not None and mode not in _MODES):
        raise ArgumentError(
            "antialias는 없고, align_corners는 linear, bilinear, bicubic, trilinear에만 있습니다.",
            "antialias is not there, and align_corners option can only be set with the "
            "interpolating modes: linear | bilinear | bicubic | trilinear.",
        )
    if (size is None) == (scale_factor is None) or (size is not None and recompute_scale_factor):
        raise ArgumentError(
            "size와 scale_factor 가운데 하나만 주세요. recompute_scale_factor는 scale_factor에만 "
            "씁니다.",
            "give one of size and scale_factor; recompute_scale_factor goes with the second.",
        )
    given = size if size is not None else scale_factor
    each = list(given) if isinstance(given, tuple | list) else [given] * dims
    if len(each) != dims:
        raise ShapeError(
            f"공간이 {dims}차원인데 {len(each)}개를 받았습니다: {given!r}.",
            f"Input and output must have the same number of spatial dimensions, {dims}, but got "
            f"{given!r}.",
        )
    scales: list[float | None] = [None] * dims
    if size is not None:
        out = integers(each)
    else:
        factors = [number("scale_factor", s) for s in each]
        out = tuple(int(n * s) for n, s in zip(shape[2:], factors, strict=True))
        if not recompute_scale_factor and mode != "area":
            scales = [s if s > 0 else None for s in factors]
    if mode == "area":
        y: Tensor = getattr(pooling, f"adaptive_avg_pool{dims}d")(input, out)
        return y
    if min(out) < 1 or 0 in shape[1:]:
        raise ShapeError(
            f"interpolate: 입력과 출력의 크기는 1 이상이어야 합니다: {shape}, {out}.",
            f"Input and output sizes should be greater than 0, but got {shape} and {out}.",
        )
    resized: Tensor = _resized(input, out, scales, mode, bool(align_corners))
    return resized


def _resized(
    input: Any, out: tuple[int, ...], scales: list[float | None], mode: str, corners: bool
) -> Any:
    """Each dimension of space by itself."""
    dims = len(out)
    if mode not in _MODES:
        for d in range(dims):
            at = _nearest(input.shape[d + 2], out[d], scales[d], mode == "nearest-exact")
            input = getitem(input, index=(*(slice(None),) * (d + 2), at))
        return input
    half = need_floating("interpolate", input).dtype == float16
    x = cast(input, float32) if half else input
    dtype = np.float64 if x.dtype == float64 else np.float32
    for d in reversed(range(dims)):
        n = x.shape[d + 2]
        taps = _MODES[mode][1](_places(n, out[d], scales[d], corners, dtype), n)
        x = _weigh(x, taps=taps, dim=d + 2)
    return cast(x, float16) if half else x


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """크기를 바꾼다: interpolate의 옛 이름.

    The older name of :func:`interpolate`.
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """가까운 이웃으로 크기를 바꾼다.

    :func:`interpolate` by the nearest neighbour.
    """
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """모서리를 맞추어 선형으로 크기를 바꾼다.

    :func:`interpolate`, bilinear, with the corners aligned.
    """
    return interpolate(input, size, scale_factor, "bilinear", True)
