"""드롭아웃의 여러 꼴: 채널째로, 또는 평균과 분산을 지키며.

Dropout of whole channels, and dropout that keeps mean and variance.
"""

from __future__ import annotations

import math
from typing import Any

from tinygrad_kr.errors import ShapeError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn.functional.layer import masked
from tinygrad_kr.ops import fused
from tinygrad_kr.ops import inplace as in_place
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.tensor import Tensor

__all__ = ["alpha_dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

_LOW = -1.7580993408473766  # what SELU goes to at −∞


def _channels(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, lead: int
) -> Tensor:
    """What the first ``lead`` dimensions number to 0 with probability ``p``."""
    number("p", p, least=0, most=1)
    shape = array_of(input).shape
    if len(shape) < lead:
        raise ShapeError(
            f"{name}의 입력은 {lead}차원 이상이어야 합니다: 형상 {shape}.",
            f"{name} requires at least {lead} dimensions in the input, not shape {shape}.",
        )
    if not training or p == 0 or 0 in shape:
        return input
    scale = 1 / (1 - p) if p < 1 else 0.0
    return masked(input, p, scale, inplace, (*shape[:lead], *(1,) * (len(shape) - lead)))


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """드롭아웃: (N, C, L)이나 (C, L)의 채널을 통째로.

    In training set each channel to 0 with probability ``p`` and divide the rest by 1 − p.
    """
    ndim = array_of(input).ndim
    if ndim not in (2, 3):
        raise ShapeError(
            f"dropout1d의 입력은 2차원이나 3차원이어야 합니다: {ndim}차원.",
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input.",
        )
    return _channels("dropout1d", input, p, training, inplace, ndim - 1)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """드롭아웃: (N, C, H, W)의 채널을 통째로.

    As :func:`dropout1d`, of images; any input is taken for (N, C, *), as in PyTorch.
    """
    return _channels("dropout2d", input, p, training, inplace, 2)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """드롭아웃: (N, C, D, H, W)나 (C, D, H, W)의 채널을 통째로.

    As :func:`dropout1d`, of volumes; any input but one of 5 dimensions is taken for (C, *), as in
    PyTorch.
    """
    lead = 2 if array_of(input).ndim == 5 else 1
    return _channels("dropout3d", input, p, training, inplace, lead)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """알파 드롭아웃: SELU 뒤에서 평균과 분산을 지킨다.

    In training set each element to α', what SELU goes to at −∞, with probability ``p``; then an
    affine map restores mean 0 and variance 1.

    Source:
        Klambauer et al. 2017
    """
    return _to_low(input, p, training, inplace, input.shape)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """알파 드롭아웃: 채널을 통째로.

    As :func:`alpha_dropout`, whole channels of (N, C, *).
    """
    shape = array_of(input).shape
    if training and p and len(shape) < 2:
        raise ShapeError(
            f"입력은 (N, C, *)이어야 합니다: 형상 {shape}.",
            f"Feature dropout requires at least 2 dimensions in the input, not shape {shape}.",
        )
    return _to_low(input, p, training, inplace, (*shape[:2], *(1,) * (len(shape) - 2)))


def _to_low(
    input: Tensor, p: float, training: bool, inplace: bool, shape: tuple[int, ...]
) -> Tensor:
    """Dropout to α' with a mask of this shape."""
    number("p", p, least=0, most=1)
    if not training or p == 0 or not math.prod(shape):
        return input
    dtype = need_floating("alpha_dropout", input).dtype
    mask = fused.keep_mask(shape, p, numpy_generator()).astype(dtype)
    scale = 1 / math.sqrt((1 - p) * (1 + p * _LOW**2)) if p < 1 else 0.0
    by, shift = mask * dtype.type(scale), (1 - p - mask) * dtype.type(scale * -_LOW)

    def map(x: Any) -> Any:
        return x * by - shift

    return in_place.apply(input, map) if inplace else map(input)
