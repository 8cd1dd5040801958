"""공간의 계층: 조각 모으기, 크기 바꾸기, 채널과 공간의 교환, 풀링의 나머지.

Layers of space: patches, resizing, channels for space, and what is left of pooling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.spatial import Ints, per_dim
from tinygrad_kr.nn.layers import Plain
from tinygrad_kr.ops.dims import normal_dim
from tinygrad_kr.ops.shape import integers, reshape
from tinygrad_kr.tensor import Tensor

__all__ = [
    "ChannelShuffle",
    "Fold",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "PixelShuffle",
    "PixelUnshuffle",
    "Unflatten",
    "Unfold",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


@dataclass(eq=False, repr=False)
class Unfold(Plain):
    """조각 모으기(im2col): 커널이 지나는 자리마다 그 아래의 값을 한 열로.

    What lies under a sliding kernel, a column for each of its places.

    >>> from tinygrad_kr import nn, ops
    >>> nn.Unfold((2, 3))(ops.zeros(2, 5, 3, 4)).shape
    torch.Size([2, 30, 4])
    """

    kernel_size: Ints
    dilation: Ints = 1
    padding: Ints = 0
    stride: Ints = 1

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


@dataclass(eq=False, repr=False)
class Fold(Plain):
    """조각 더하기(col2im): 열들을 제자리에 더한다.

    The columns of :class:`Unfold` added up where they came from.
    """

    output_size: Ints
    kernel_size: Ints
    dilation: Ints = 1
    padding: Ints = 0
    stride: Ints = 1

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )


@dataclass(eq=False, repr=False)
class PixelShuffle(Plain):
    """채널을 공간으로: (*, C r², H, W)를 (*, C, H r, W r)로.

    Channels become space: each r² of them an r × r square.
    """

    upscale_factor: int

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)


@dataclass(eq=False, repr=False)
class PixelUnshuffle(Plain):
    """공간을 채널로: PixelShuffle의 반대.

    Space becomes channels; the inverse of :class:`PixelShuffle`.
    """

    downscale_factor: int

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)


@dataclass(eq=False, repr=False)
class ChannelShuffle(Plain):
    """채널 섞기: 그룹마다 하나씩 번갈아.

    The channels of (N, C, *), one of each group in turn.
    """

    groups: int

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)


@dataclass(eq=False, repr=False)
class Unflatten(Plain):
    """차원 하나를 여럿으로 나눈다: Flatten의 반대.

    One dimension as several, of which one size may be -1.

    >>> from tinygrad_kr import nn, ops
    >>> nn.Unflatten(1, (2, -1))(ops.zeros(3, 8)).shape
    torch.Size([3, 2, 4])
    """

    dim: int
    unflattened_size: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self.unflattened_size = integers(self.unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        at = normal_dim(self.dim, input.ndim)
        part = reshape(input, (*input.shape[:at], *self.unflattened_size, *input.shape[at + 1 :]))
        return part


# Resizing


@dataclass(eq=False, repr=False)
class Upsample(Plain):
    """크기를 바꾼다.

    The space made larger or smaller, as :func:`~tinygrad_kr.nn.functional.interpolate` explains.
    """

    size: Any = None
    scale_factor: Any = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.scale_factor, tuple | list):
            self.scale_factor = tuple(float(s) for s in self.scale_factor)
        elif self.scale_factor:
            self.scale_factor = float(self.scale_factor)

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """그림의 크기를 바꾼다: 가장 가까운 값으로.

    :class:`Upsample` by the nearest neighbour.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """그림의 크기를 바꾼다: 이웃의 값을 섞어서, 모서리는 그대로.

    :class:`Upsample` by the bilinear mean, the corners kept.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


# Pooling


@dataclass(eq=False, repr=False)
class _LPPool(Plain):
    _dims: ClassVar[int]

    norm_type: float
    kernel_size: Ints
    stride: Ints | None = None
    ceil_mode: bool = False

    def forward(self, input: Tensor) -> Tensor:
        pool = getattr(F, f"lp_pool{self._dims}d")
        y: Tensor = pool(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return y


class LPPool1d(_LPPool):
    """1차원 p-노름 풀링.

    The p-th root of the sum of the p-th powers of each window of (N, C, L).
    """

    _dims = 1


class LPPool2d(_LPPool):
    """2차원 p-노름 풀링.

    As :class:`LPPool1d`, of (N, C, H, W).
    """

    _dims = 2


class LPPool3d(_LPPool):
    """3차원 p-노름 풀링.

    As :class:`LPPool1d`, of (N, C, D, H, W).
    """

    _dims = 3


@dataclass(eq=False, repr=False)
class _MaxUnpool(Plain):
    _dims: ClassVar[int]

    kernel_size: Ints
    stride: Ints | None = None
    padding: Ints = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stride = self.kernel_size if self.stride is None else self.stride
        for name in ("kernel_size", "stride", "padding"):
            least = int(name != "padding")
            setattr(self, name, per_dim(name, getattr(self, name), self._dims, least))

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        unpool = getattr(F, f"max_unpool{self._dims}d")
        y: Tensor = unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)
        return y


class MaxUnpool1d(_MaxUnpool):
    """1차원 최대 풀링의 부분 역: 최댓값을 제자리에, 나머지는 0.

    The maxima where ``MaxPool1d(return_indices=True)`` found them, zeros elsewhere.
    """

    _dims = 1


class MaxUnpool2d(_MaxUnpool):
    """2차원 최대 풀링의 부분 역: 최댓값을 제자리에, 나머지는 0.

    The maxima where ``MaxPool2d(return_indices=True)`` found them, zeros elsewhere.
    """

    _dims = 2


class MaxUnpool3d(_MaxUnpool):
    """3차원 최대 풀링의 부분 역: 최댓값을 제자리에, 나머지는 0.

    The maxima where ``MaxPool3d(return_indices=True)`` found them, zeros elsewhere.
    """

    _dims = 3
