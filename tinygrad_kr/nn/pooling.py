"""풀링 계층.

Pooling layers over one, two and three dimensions of space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.spatial import Ints, per_dim
from tinygrad_kr.nn.layers import Plain
from tinygrad_kr.tensor import Tensor


class _Pool(Plain):
    """A function of windows, and the settings that it takes in their order."""

    _function: ClassVar[Callable[..., Any]]
    _shown: ClassVar[tuple[str, ...]] = ()

    def forward(self, input: Tensor) -> Any:
        settings = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return self._function(input, **settings)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)


@dataclass(eq=False, repr=False)
class _Sliding(_Pool):
    """Windows a stride apart, their own size if nothing is said."""

    kernel_size: Ints
    stride: Ints | None = None
    padding: Ints = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride is None:
            self.stride = self.kernel_size


@dataclass(eq=False, repr=False)
class _MaxPool(_Sliding):
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    dilation: Ints = 1
    return_indices: bool = False
    ceil_mode: bool = False


class MaxPool1d(_MaxPool):
    """1차원 최대 풀링.

    The maximum of each window of (N, C, L); see :class:`MaxPool2d`.
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """2차원 최대 풀링: 창마다 가장 큰 값.

    The maximum of each window, as :func:`~tinygrad_kr.nn.functional.max_pool2d` explains.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.3

    >>> from tinygrad_kr import nn, ops
    >>> nn.MaxPool2d(2)(ops.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    _function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """3차원 최대 풀링.

    The maximum of each window of (N, C, D, H, W); see :class:`MaxPool2d`.
    """

    _function = staticmethod(F.max_pool3d)


@dataclass(eq=False, repr=False)
class _AvgPool(_Sliding):
    _shown = ("kernel_size", "stride", "padding")

    ceil_mode: bool = False
    count_include_pad: bool = True


@dataclass(eq=False, repr=False)
class AvgPool1d(_AvgPool):
    """1차원 평균 풀링.

    The mean of each window of (N, C, L); see :class:`AvgPool2d`.
    """

    _function = staticmethod(F.avg_pool1d)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self._shown:
            setattr(self, name, per_dim(name, getattr(self, name), 1, int(name != "padding")))


@dataclass(eq=False, repr=False)
class AvgPool2d(_AvgPool):
    """2차원 평균 풀링: 창마다의 평균.

    The mean of each window, as :func:`~tinygrad_kr.nn.functional.avg_pool2d` explains.

    >>> from tinygrad_kr import nn, ops
    >>> nn.AvgPool2d(2)(ops.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """

    _function = staticmethod(F.avg_pool2d)

    divisor_override: int | None = None


@dataclass(eq=False, repr=False)
class AvgPool3d(AvgPool2d):
    """3차원 평균 풀링.

    The mean of each window of (N, C, D, H, W); see :class:`AvgPool2d`.
    """

    _function = staticmethod(F.avg_pool3d)


@dataclass(eq=False, repr=False)
class _Adaptive(_Pool):
    _shown = ("output_size",)

    output_size: Any


class AdaptiveAvgPool1d(_Adaptive):
    """1차원 적응 평균 풀링.

    The means of windows that make the size of (N, C, L) ``output_size``.
    """

    _function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_Adaptive):
    """2차원 적응 평균 풀링: 출력의 크기를 정하면 창이 거기에 맞춘다.

    The means of windows that make the size ``output_size``, an integer or one for each dimension,
    of which None keeps the size.

    >>> from tinygrad_kr import nn, ops
    >>> nn.AdaptiveAvgPool2d(1)(ops.ones(8, 3, 7, 5)).shape
    torch.Size([8, 3, 1, 1])
    """

    _function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_Adaptive):
    """3차원 적응 평균 풀링.

    The means of windows that make the size of (N, C, D, H, W) ``output_size``.
    """

    _function = staticmethod(F.adaptive_avg_pool3d)


@dataclass(eq=False, repr=False)
class _AdaptiveMax(_Adaptive):
    return_indices: bool = False


class AdaptiveMaxPool1d(_AdaptiveMax):
    """1차원 적응 최대 풀링.

    The maxima of windows that make the size of (N, C, L) ``output_size``.
    """

    _function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMax):
    """2차원 적응 최대 풀링.

    The maxima of windows that make the size ``output_size``; see :class:`AdaptiveAvgPool2d`.
    """

    _function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMax):
    """3차원 적응 최대 풀링.

    The maxima of windows that make the size of (N, C, D, H, W) ``output_size``.
    """

    _function = staticmethod(F.adaptive_max_pool3d)
