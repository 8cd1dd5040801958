"""풀링 계층.

Pooling layers over one, two and three dimensions of space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.spatial import Ints
from tinygrad_kr.nn.layers import Plain
from tinygrad_kr.tensor import Tensor


@dataclass(eq=False, repr=False)
class _Pool(Plain):
    """A window, and from window to window its own size if nothing is said."""

    _function: ClassVar[Callable[..., Any]]
    _shown: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding")

    kernel_size: Ints
    stride: Ints | None = None
    padding: Ints = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride is None:
            self.stride = self.kernel_size

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)


@dataclass(eq=False, repr=False)
class _MaxPool(_Pool):
    _shown = (*_Pool._shown, "dilation", "ceil_mode")

    dilation: Ints = 1
    return_indices: bool = False
    ceil_mode: bool = False

    def forward(self, input: Tensor) -> Any:
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


class MaxPool1d(_MaxPool):
    """1차원 최대 풀링.

    The maximum of each window of (N, C, L); see :class:`MaxPool2d`.
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """2차원 최대 풀링: 창마다 가장 큰 값.

    The maximum of each window, as :func:`~tinygrad_kr.nn.functional.max_pool2d`.

    Args:
        stride: from window to window, ``kernel_size`` if None.

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
