"""정규화 계층.

Layers of normalisation: over the batch, or within a sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional.more import normalization as functions
from tinygrad_kr.nn.layers import BatchNorm, Plain
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.shape import integers, squeeze, unsqueeze
from tinygrad_kr.tensor import Tensor

__all__ = [
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


class BatchNorm2d(BatchNorm):
    """배치 정규화: 그림의 채널마다.

    As :class:`~tinygrad_kr.nn.BatchNorm1d`, of (N, C, H, W).
    """

    _ndims = (4,)


class BatchNorm3d(BatchNorm):
    """배치 정규화: 부피의 채널마다.

    As :class:`~tinygrad_kr.nn.BatchNorm1d`, of (N, C, D, H, W).
    """

    _ndims = (5,)


class _InstanceNorm(BatchNorm):
    """The state of a batch normalisation, but each sample by itself."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        try:
            self._check(input)
            own_stats = self.training or not self.track_running_stats
            x = input if input.ndim == self._ndims[-1] else unsqueeze(input, 0)
            if x.shape[1] != self.num_features and self.affine:
                raise ShapeError(
                    f"입력의 채널은 {x.shape[1]}개(형상 {input.shape})가 아니라 "
                    f"{self.num_features}개여야 합니다.",
                    f"expected input's channels to match num_features={self.num_features}, but "
                    f"got {x.shape[1]} (shape {input.shape}).",
                )
            y = functions.instance_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, own_stats,
                self.momentum or 0.0, self.eps,
            )  # fmt: skip
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        return y if x is input else squeeze(y, 0)


class InstanceNorm1d(_InstanceNorm):
    """인스턴스 정규화: (N, C, L)이나 (C, L)의 L을.

    (x − μ) / √(σ² + ε) · weight + bias, with μ and σ² of each channel of each sample; PyTorch's
    defaults have neither weight and bias (``affine``) nor running statistics.
    """

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """인스턴스 정규화: (N, C, H, W)나 (C, H, W)의 공간을.

    As :class:`InstanceNorm1d`, of images.
    """

    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """인스턴스 정규화: (N, C, D, H, W)나 (C, D, H, W)의 공간을.

    As :class:`InstanceNorm1d`, of volumes.
    """

    _ndims = (4, 5)


class _Stretching(Module):
    """Its weight and bias, of a shape, begin as 1 and 0."""

    def _own(self, shape: Iterable[int], device: Any, dtype: Any, **wanted: bool) -> None:
        new = partial(empty, *shape, dtype=dtype, device=device)
        for name, own in wanted.items():
            self.register_parameter(name, Parameter(new()) if own else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """weight는 1, bias는 0으로."""
        for name, param in self._parameters.items():
            if param is not None:
                init.constant_(param, int(name == "weight"))


class LayerNorm(_Stretching):
    """계층 정규화: 표본마다 마지막 차원들의 평균을 0, 분산을 1로.

    (x − μ) / √(σ² + ε) · weight + bias over the dimensions of ``normalized_shape``, the last ones.

    Source:
        Ba et al. 2016

    >>> from tinygrad_kr import nn, ops
    >>> nn.LayerNorm(3)(ops.creation.tensor([0.0, 2.0, 4.0])).detach()
    tensor([-1.2247,  0.0000,  1.2247])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = integers(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        own = {"weight": elementwise_affine, "bias": elementwise_affine and bias}
        self._own(self.normalized_shape, device, dtype, **own)

    def forward(self, input: Tensor) -> Tensor:
        return functions.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Stretching):
    """제곱평균제곱근으로 나눈다.

    x / √(mean(x²) + ε) · weight over the dimensions of ``normalized_shape``, the last ones.

    Source:
        Zhang and Sennrich 2019
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = integers(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._own(self.normalized_shape, device, dtype, weight=elementwise_affine)

    def forward(self, input: Tensor) -> Tensor:
        return functions.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        own = f"eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{self.normalized_shape}, {own}"


class GroupNorm(_Stretching):
    """그룹 정규화: 표본마다 채널의 묶음을 정규화한다.

    (x − μ) / √(σ² + ε) · weight + bias over each of ``num_groups`` groups of channels.

    Shape:
        (N, C, *), the result alike.

    Source:
        Wu and He 2018
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_groups = integer("num_groups", num_groups, least=1)
        self.num_channels = integer("num_channels", num_channels, least=0)
        if self.num_channels % self.num_groups:
            raise ShapeError(
                f"num_channels={num_channels}은(는) num_groups={num_groups}의 배수여야 합니다.",
                f"num_channels={num_channels} must be divisible by num_groups={num_groups}.",
            )
        self.eps, self.affine = eps, affine
        self._own((self.num_channels,), device, dtype, weight=affine, bias=affine and bias)

    def forward(self, input: Tensor) -> Tensor:
        return functions.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


@dataclass(eq=False, repr=False)
class LocalResponseNorm(Plain):
    """국소 응답 정규화: 이웃한 채널의 제곱으로 나눈다.

    x / (k + alpha · mean(x²))^beta, the mean over ``size`` channels around each.
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
