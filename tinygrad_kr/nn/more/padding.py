"""패딩 계층.

Layers of padding: values around one, two or three dimensions of space.
"""

from __future__ import annotations

from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.spatial import Ints
from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops.shape import integers
from tinygrad_kr.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    _dims: int
    _mode: str

    def __init__(self, padding: Ints) -> None:
        super().__init__()
        given = integers(padding)
        self.padding = given * (2 * self._dims) if len(given) == 1 else given

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Ints, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Ints) -> None:
        super().__init__(padding, 0.0)

    extra_repr = _Pad.extra_repr


class ConstantPad1d(_ConstantPad):
    """1차원 공간의 앞뒤에 한 값을 덧붙인다.

    ``value`` around (N, C, L) or (C, L).
    """

    _dims = 1


class ConstantPad2d(_ConstantPad):
    """2차원 공간의 앞뒤에 한 값을 덧붙인다.

    ``value`` around (N, C, H, W) or (C, H, W).
    """

    _dims = 2


class ConstantPad3d(_ConstantPad):
    """3차원 공간의 앞뒤에 한 값을 덧붙인다.

    ``value`` around (N, C, D, H, W) or (C, D, H, W).
    """

    _dims = 3


class ZeroPad1d(_ZeroPad):
    """1차원 공간의 앞뒤에 0을 덧붙인다.

    Zeros around (N, C, L) or (C, L).
    """

    _dims = 1


class ZeroPad2d(_ZeroPad):
    """2차원 공간의 앞뒤에 0을 덧붙인다.

    Zeros around (N, C, H, W) or (C, H, W).
    """

    _dims = 2


class ZeroPad3d(_ZeroPad):
    """3차원 공간의 앞뒤에 0을 덧붙인다.

    Zeros around (N, C, D, H, W) or (C, D, H, W).
    """

    _dims = 3


class ReflectionPad1d(_Pad):
    """1차원 공간의 앞뒤에 거울에 비친 값을 덧붙인다.

    The input mirrored at the edges of (N, C, L) or (C, L).
    """

    _dims = 1
    _mode = "reflect"


class ReflectionPad2d(_Pad):
    """2차원 공간의 앞뒤에 거울에 비친 값을 덧붙인다.

    The input mirrored at the edges of (N, C, H, W) or (C, H, W).
    """

    _dims = 2
    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """3차원 공간의 앞뒤에 거울에 비친 값을 덧붙인다.

    The input mirrored at the edges of (N, C, D, H, W) or (C, D, H, W).
    """

    _dims = 3
    _mode = "reflect"


class ReplicationPad1d(_Pad):
    """1차원 공간의 앞뒤에 가장자리의 값을 덧붙인다.

    The edge repeated around (N, C, L) or (C, L).
    """

    _dims = 1
    _mode = "replicate"


class ReplicationPad2d(_Pad):
    """2차원 공간의 앞뒤에 가장자리의 값을 덧붙인다.

    The edge repeated around (N, C, H, W) or (C, H, W).
    """

    _dims = 2
    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """3차원 공간의 앞뒤에 가장자리의 값을 덧붙인다.

    The edge repeated around (N, C, D, H, W) or (C, D, H, W).
    """

    _dims = 3
    _mode = "replicate"


class CircularPad1d(_Pad):
    """1차원 공간의 앞뒤에 반대쪽 끝의 값을 덧붙인다.

    The other end around (N, C, L) or (C, L).
    """

    _dims = 1
    _mode = "circular"


class CircularPad2d(_Pad):
    """2차원 공간의 앞뒤에 반대쪽 끝의 값을 덧붙인다.

    The other end around (N, C, H, W) or (C, H, W).
    """

    _dims = 2
    _mode = "circular"


class CircularPad3d(_Pad):
    """3차원 공간의 앞뒤에 반대쪽 끝의 값을 덧붙인다.

    The other end around (N, C, D, H, W) or (C, D, H, W).
    """

    _dims = 3
    _mode = "circular"
