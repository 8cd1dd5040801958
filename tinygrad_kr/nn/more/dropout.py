"""드롭아웃의 여러 꼴.

Dropout of whole channels, and dropout that keeps mean and variance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn.functional.more import dropout as functions
from tinygrad_kr.nn.layers import Plain
from tinygrad_kr.tensor import Tensor

__all__ = ["AlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


@dataclass(eq=False, repr=False)
class _Dropout(Plain):
    _function: ClassVar[Callable[..., Any]]

    p: float = 0.5
    inplace: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.p = number("p", self.p, least=0, most=1)

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.p, self.training, self.inplace)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(_Dropout):
    """드롭아웃: (N, C, L)이나 (C, L)의 채널을 통째로.

    Set each channel to 0 with probability ``p`` in training, and divide the rest by 1 − p.
    """

    _function = staticmethod(functions.dropout1d)


class Dropout2d(_Dropout):
    """드롭아웃: (N, C, H, W)의 채널을 통째로.

    As :class:`Dropout1d`, of images.

    Source:
        Tompson et al. 2015
    """

    _function = staticmethod(functions.dropout2d)


class Dropout3d(_Dropout):
    """드롭아웃: (N, C, D, H, W)나 (C, D, H, W)의 채널을 통째로.

    As :class:`Dropout1d`, of volumes.
    """

    _function = staticmethod(functions.dropout3d)


class AlphaDropout(_Dropout):
    """알파 드롭아웃: SELU 뒤에서 평균과 분산을 지킨다.

    Set each element to what SELU goes to at −∞ with probability ``p`` in training, then restore
    mean and variance.

    Source:
        Klambauer et al. 2017
    """

    _function = staticmethod(functions.alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """알파 드롭아웃: 채널을 통째로.

    As :class:`AlphaDropout`, whole channels of (N, C, *).
    """

    _function = staticmethod(functions.feature_alpha_dropout)
