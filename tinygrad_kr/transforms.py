"""이미지를 텐서로 바꾸고 정규화(normalization)한다.

Turning images into tensors and normalising them, with torchvision's names.

A transform may have a second form, ``batch(images)``, that takes many images at once and gives what
calling it on each would give; :func:`apply_batch` uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import as_dtype, get_default_dtype
from tinygrad_kr.errors import DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.utils.data.dataset import overrides

__all__ = ["Compose", "Lambda", "Normalize", "ToTensor", "apply_batch"]

Transform = Callable[[Any], Any]


def apply_batch(transform: Transform, images: Any) -> Any:
    """변환을 여러 이미지에 한꺼번에 적용한다.

    Apply a transform to many images, by its ``batch`` form where it has one (a subclass that
    overrides only ``__call__`` has none), else one by one: an array or a tensor if the results
    agree in kind, shape and dtype, else a list.
    """
    stacked = isinstance(images, np.ndarray | Tensor)
    if stacked and overrides(transform, "batch", over=["__call__"]):
        return transform.batch(images)  # type: ignore[attr-defined]
    results = [transform(image) for image in images]
    alike = {(type(r), getattr(r, "shape", None), getattr(r, "dtype", None)) for r in results}
    if len(alike) == 1:
        if isinstance(results[0], Tensor):
            return stack(results)
        if isinstance(results[0], np.ndarray):
            return np.stack(results)
    return results


def _callable(name: str, transform: Transform) -> Transform:
    if not callable(transform):
        raise wrong_kind(name, transform, "함수", "callable")
    return transform


class Compose:
    """변환을 차례로 적용한다.

    Several transforms, one after the other; over a batch each takes all images before the next.

    >>> Compose([lambda x: x + 1, lambda x: x * 2])(3)
    8
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = [_callable(f"transforms[{i}]", t) for i, t in enumerate(transforms)]

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def batch(self, images: Any) -> Any:
        for transform in self.transforms:
            images = apply_batch(transform, images)
        return images

    def __repr__(self) -> str:
        lines = "".join(f"\n    {transform}" for transform in self.transforms)
        return f"{type(self).__name__}({lines}\n)"


class ToTensor:
    """uint8 이미지를 [0, 1]의 소수 텐서로.

    Turn an image (an array or a PIL image) into a tensor, channels first: uint8 values 0–255 become
    the default dtype in [0, 1]; other dtypes keep their values.

    Shape:
        - Input: (H, W) or (H, W, C); a batch (N, H, W) or (N, H, W, C)
        - Output: (C, H, W), with C = 1 for (H, W); a batch (N, C, H, W)

    >>> ToTensor()(np.array([[0, 51, 255]], dtype=np.uint8))
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """

    def __call__(self, image: Any) -> Tensor:
        return self._convert(image, dims=2)

    def batch(self, images: Any) -> Tensor:
        return self._convert(images, dims=3)

    def _convert(self, image: Any, dims: int) -> Tensor:
        if isinstance(image, Tensor) or not hasattr(image, "__array_interface__"):
            raise wrong_kind(
                "image", image, "ToTensor가 바꿀 배열이나 PIL 이미지", "an array for ToTensor"
            )
        array = np.asarray(image)
        as_dtype(array.dtype)
        if array.ndim not in (dims, dims + 1):
            raise ShapeError(
                f"{dims}차원이나 {dims + 1}차원이어야 합니다: {array.shape}.",
                f"{dims} or {dims + 1} dimensions are needed, not {array.shape}.",
            )
        last = array[..., np.newaxis] if array.ndim == dims else array
        first = np.array(np.moveaxis(last, -1, -3), order="C")
        return wrap(first / get_default_dtype().type(255) if array.dtype == np.uint8 else first)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Normalize:
    """채널마다 평균을 빼고 표준편차로 나눈다.

    Normalise each channel of a floating (..., C, H, W): (x − mean) / std, with one number a
    channel, or one for all.

    >>> Normalize(0.5, 0.25)(ToTensor()(np.array([[0, 255]], dtype=np.uint8)))
    tensor([[[-2.,  2.]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean, self.std = mean, std
        try:
            rows = (np.atleast_1d(np.array(v, dtype=np.float64)) for v in (mean, std))
            both = np.stack(np.broadcast_arrays(*rows))
        except (TypeError, ValueError):
            both = np.zeros(0)
        # A smaller std is 0 in float32.
        fits = both.ndim == 2 and both.size > 0 and (abs(both[1]) > 1e-37).all()
        if not fits or not np.isfinite(both).all():
            raise HyperparameterError(
                f"mean={mean}, std={std}: 채널마다 하나씩 유한한 수여야 하고 std는 0이 아니어야 "
                "합니다.",
                f"mean={mean}, std={std}: they must be finite, one a channel, and std not 0.",
            )
        self._both = both[:, :, np.newaxis, np.newaxis]

    def __call__(self, image: Tensor) -> Tensor:
        if not isinstance(image, Tensor):
            raise wrong_kind("image", image, "(ToTensor()가 만든) 텐서", "a tensor (of ToTensor())")
        if image.dtype.kind != "f":
            raise DTypeError(
                f"소수 텐서를 주세요. ToTensor()를 앞에 두면 됩니다: {image.dtype}.",
                f"A floating tensor is needed, not {image.dtype}; put ToTensor() before Normalize.",
            )
        channels = self._both.shape[1]
        if image.ndim < 3 or channels not in (1, image.shape[-3]):
            raise ShapeError(
                f"Normalize의 채널은 {channels}개인데 이미지의 형상은 {tuple(image.shape)}입니다.",
                f"Normalize has {channels} channel(s), but the image's shape is "
                f"{tuple(image.shape)}; it must be (..., C, H, W).",
            )
        mean, std = (wrap(a) for a in self._both.astype(image.dtype))
        return (image - mean) / std

    batch = __call__

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class Lambda:
    """함수를 변환으로. 이미지마다 하나씩 적용한다.

    A function as a transform; it is applied image by image.
    """

    def __init__(self, lambd: Transform) -> None:
        self.lambd = _callable("lambd", lambd)

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
