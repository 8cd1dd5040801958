"""변환: Compose, ToTensor, Normalize, Lambda."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import SUPPORTED, Array, get_default_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.utils.data.dataset import overrides

Transform = Callable[[Any], Any]


def apply_batch(transform: Transform, images: Any) -> Any:
    """변환을 여러 이미지에 한꺼번에 적용한다.

    Apply a transform to many images: by its ``batch`` form if it has one that is up to date (a
    subclass that overrides only ``__call__`` is not asked for what it inherits), else one by one.

    Args:
        images: 배열이나 텐서(첫 차원이 배치) 또는 목록. An array or a tensor, or a list of images.

    Returns:
        An array or a tensor if the results agree in kind, shape and dtype, else their list.

    >>> apply_batch(lambda x: x + 1, np.zeros((2, 1)))
    array([[1.],
           [1.]])
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


class Compose:
    """변환을 차례로 적용한다.

    Several transforms, one after the other. Over a batch each runs over all images before the next
    begins; random transforms so draw in another order than image by image.

    >>> Compose([lambda x: x + 1, lambda x: x * 2])(3)
    8
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        wrong = [type(t).__name__ for t in transforms if not callable(t)]
        if wrong:
            raise ArgumentError(
                f"변환은 부를 수 있어야 합니다. 그렇지 않은 것: {', '.join(wrong)}.",
                f"A transform must be callable; these are not: {', '.join(wrong)}.",
            )
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def batch(self, images: Any) -> Any:
        """여러 이미지에 한꺼번에.

        The same over many images.
        """
        for transform in self.transforms:
            images = apply_batch(transform, images)
        return images

    def __repr__(self) -> str:
        lines = "".join(f"\n    {transform}" for transform in self.transforms)
        return f"{type(self).__name__}({lines}\n)"


class ToTensor:
    """uint8 이미지를 [0, 1]의 소수 텐서로.

    Turn an image into a tensor, channels first: uint8 values 0–255 become the default dtype in
    [0, 1]; other dtypes keep their values. An image is an array, or anything NumPy reads as one
    (a PIL image).

    Shape:
        - Input: (H, W) or (H, W, C); a batch (N, H, W) or (N, H, W, C)
        - Output: (C, H, W), with C = 1 for (H, W); a batch (N, C, H, W)

    Raises:
        ArgumentError: not an image but, for instance, already a tensor.
        ShapeError: an array of another number of dimensions.
        DTypeError: a dtype that a tensor cannot have.

    >>> ToTensor()(np.array([[0, 51, 255]], dtype=np.uint8))
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """

    def __call__(self, image: Any) -> Tensor:
        array = self._read(image, dims=(2, 3))
        return wrap(self._convert(array[np.newaxis])[0])

    def batch(self, images: Any) -> Tensor:
        """여러 이미지에 한꺼번에.

        The same over many images.
        """
        return wrap(self._convert(self._read(images, dims=(3, 4))))

    def _read(self, image: Any, dims: tuple[int, int]) -> Array:
        if isinstance(image, Tensor) or not hasattr(image, "__array_interface__"):
            raise ArgumentError(
                f"ToTensor는 이미지(배열)를 받습니다. 받은 것: {type(image).__name__}.",
                f"ToTensor takes an image, an array or a PIL image, not a {type(image).__name__}.",
            )
        array = np.asarray(image)
        if array.ndim not in dims:
            raise ShapeError(
                f"이미지의 차원은 {dims[0]}개나 {dims[1]}개여야 합니다. 받은 형상: {array.shape}.",
                f"An image here has {dims[0]} or {dims[1]} dimensions, but the shape is "
                f"{array.shape}.",
            )
        if array.dtype not in SUPPORTED:
            raise DTypeError(
                f"자료형 {array.dtype}의 이미지는 텐서로 바꿀 수 없습니다.",
                f"An image of dtype {array.dtype} cannot become a tensor.",
            )
        return array

    def _convert(self, images: Array) -> Array:
        first = images[:, np.newaxis] if images.ndim == 3 else np.moveaxis(images, -1, 1)
        if images.dtype != np.uint8:
            return np.array(first, order="C")
        scaled: Array = np.divide(np.ascontiguousarray(first), get_default_dtype().type(255))
        return scaled

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Normalize:
    """채널마다 평균을 빼고 표준편차로 나눈다.

    Normalise each channel: (x − mean) / std.

    Shape:
        - Input: (..., C, H, W), floating
        - Output: the same

    Args:
        mean: 채널마다 하나, 또는 모두에 하나. One number a channel, or one for all.
        std: 같은 꼴, 0이 아닌 수. The same, not 0.

    Raises:
        HyperparameterError: a mean or std that is not finite, an std of 0, or differing lengths.
        ShapeError: fewer than three dimensions, or another number of channels.
        DTypeError: not a floating tensor.

    >>> Normalize(0.5, 0.25)(ToTensor()(np.array([[0, 255]], dtype=np.uint8)))
    tensor([[[-2.,  2.]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean, self.std = mean, std
        try:
            means, stds = (np.atleast_1d(np.array(v, dtype=np.float64)) for v in (mean, std))
            fits = means.ndim == stds.ndim == 1 and np.broadcast(means, stds).size > 0
            usable = bool(np.isfinite(means).all() and np.isfinite(stds).all())
        except (TypeError, ValueError):
            fits = usable = False
        if not fits or not usable or (stds.astype(np.float32) == 0).any():
            raise HyperparameterError(
                "mean과 std는 채널마다 하나인 유한한 수이고 std는 0이 아니어야 합니다: "
                f"mean={mean}, std={std}.",
                "mean and std must be finite, one number a channel, and std not 0: "
                f"mean={mean}, std={std}.",
            )
        self._means, self._stds = means[:, np.newaxis, np.newaxis], stds[:, np.newaxis, np.newaxis]

    def __call__(self, image: Tensor) -> Tensor:
        if not isinstance(image, Tensor):
            raise ArgumentError(
                f"Normalize는 텐서를 받습니다. 앞에 ToTensor()를 두세요: {type(image).__name__}.",
                f"Normalize takes a tensor, not {type(image).__name__}; put ToTensor() before it.",
            )
        if image.dtype.kind != "f":
            raise DTypeError(
                f"Normalize는 소수 텐서를 받습니다. 앞에 ToTensor()를 두세요: {image.dtype}.",
                f"Normalize takes a floating tensor, not {image.dtype}; put ToTensor() before it.",
            )
        channels = np.broadcast(self._means, self._stds).size
        if image.ndim < 3 or channels not in (1, image.shape[-3]):
            raise ShapeError(
                f"Normalize의 채널은 {channels}개인데 이미지의 형상은 {tuple(image.shape)}입니다. "
                "(..., C, H, W)여야 합니다.",
                f"Normalize has {channels} channel(s), but the image's shape is "
                f"{tuple(image.shape)}; it must be (..., C, H, W).",
            )
        means, stds = (wrap(a.astype(image.dtype)) for a in (self._means, self._stds))
        return (image - means) / stds

    batch = __call__

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class Lambda:
    """함수를 변환으로. 이미지마다 하나씩 적용한다.

    A function as a transform; it is applied image by image.

    >>> Lambda(lambda x: x + 1)(1)
    2
    """

    def __init__(self, lambd: Transform) -> None:
        if not callable(lambd):
            raise ArgumentError(
                f"Lambda에는 함수를 주어야 합니다: {type(lambd).__name__}.",
                f"Lambda takes a function, not a {type(lambd).__name__}.",
            )
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
