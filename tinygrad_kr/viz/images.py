"""이미지 묶음을 바둑판으로 이어 파일로.

Images side by side in one, and as a file, with the names of ``torchvision.utils``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.viz.style import need_matplotlib

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Tensor | Sequence[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """이미지들을 한 줄에 ``nrow``개씩 늘어놓은 한 장.

    The images in rows of ``nrow`` as one; a single image is only given its colours.

    Args:
        tensor: (N, C, H, W), (C, H, W), (H, W), or a list of images of one size.
        padding: pixels of ``pad_value`` around each.
        normalize: bring the values to [0, 1] by their least and largest (or by ``value_range``),
            of all images or, with ``scale_each``, of each.

    Shape:
        - Output: (3, rows · (H + padding) + padding, columns · (W + padding) + padding)

    Raises:
        ShapeError: another shape.

    >>> make_grid([Tensor(1, 4, 4) for _ in range(6)], nrow=3, padding=1).shape
    torch.Size([3, 11, 16])
    """
    images = np.stack([as_array(t) for t in tensor]) if isinstance(tensor, list | tuple) else (
        as_array(tensor)
    )  # fmt: skip
    if images.ndim not in (2, 3, 4):
        raise ShapeError(
            f"(N, C, H, W), (C, H, W), (H, W)여야 합니다: {images.shape}.",
            f"(N, C, H, W), (C, H, W) or (H, W) is needed, not {images.shape}.",
        )
    images = images[(np.newaxis,) * (4 - images.ndim)]
    if images.shape[1] == 1:
        images = np.repeat(images, 3, axis=1)
    if normalize:
        each = images if scale_each else [images]
        images = np.stack([_unit(part, value_range) for part in each]).reshape(images.shape)
    count, channels, height, width = images.shape
    if count == 1:
        return wrap(np.array(images[0]))
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    high, wide = height + padding, width + padding
    grid = np.full(
        (channels, rows * high + padding, columns * wide + padding), pad_value, images.dtype
    )
    for i, image in enumerate(images):
        top, left = i // columns * high + padding, i % columns * wide + padding
        grid[:, top : top + height, left : left + width] = image
    return wrap(grid)


def _unit(values: Array, ends: tuple[float, float] | None) -> Array:
    low, high = ends or (values.min(), values.max())
    scaled: Array = (values.clip(low, high) - low) / max(high - low, 1e-5)
    return scaled


def save_image(
    tensor: Tensor | Sequence[Tensor],
    fp: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    **kwargs: Any,
) -> None:
    """값이 [0, 1]인 이미지들을 한 장으로 이어 파일에 쓴다.

    Write images of values in [0, 1] as one, by :func:`make_grid`, which takes ``kwargs``.

    Args:
        fp: a path, whose ending says the format, or a binary file with ``format``.

    Raises:
        MissingExtraError: matplotlib (and Pillow, which it brings) is not installed.
    """
    need_matplotlib()
    from PIL import Image

    grid = as_array(make_grid(tensor, **kwargs))
    pixels = (grid * 255 + 0.5).clip(0, 255).astype(np.uint8)
    Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(fp, format=format)
