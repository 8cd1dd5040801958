"""배치 정규화 계층.

The batch normalisation layer.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import int64
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import choice, integer, number
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional.layer import normalize_batch
from tinygrad_kr.nn.linear import new_parameter
from tinygrad_kr.nn.module import Module
from tinygrad_kr.tensor import Tensor


class BatchNorm1d(Module):
    """배치 정규화: 채널마다 배치의 평균을 0, 분산을 1로 만든 뒤 늘이고 옮긴다.

    Batch normalisation, (x − μ) / √(σ² + ε) · weight + bias for each channel: μ and σ² of the batch
    in training, their running averages in evaluation.

    Args:
        num_features: 채널의 수 C. The number of channels.
        eps: ε; 기본값(``...``)은 관례의 것. The convention's own by default.
        momentum: 이동 평균의 비율; None이면 모든 배치의 평균. The rate of the running averages;
            None makes them averages of all batches.
        affine: weight(γ)와 bias(β)를 둘지. Whether to have weight and bias.
        track_running_stats: 이동 평균을 둘지. Whether to keep running averages; without, the
            batch's own statistics serve in evaluation too.
        device: "cpu" 또는 None. "cpu" or None.
        dtype: 매개변수의 자료형. The dtype of the parameters.
        bias: affine일 때 bias를 둘지. Whether an affine layer has a bias.
        convention: "torch": ε = 1e-5, momentum = 0.1은 새 값의 비율, 이동 분산은 불편 분산이며
            1에서 시작한다. "book": ε = 1e-6, momentum = 0.9는 옛 값의 비율, 이동 분산은 편향
            분산이며 0에서 시작한다. "torch": ε = 1e-5, momentum = 0.1 is the share of the new, the
            running variance is the unbiased one and starts at 1; "book": ε = 1e-6, momentum = 0.9
            is the share of the old, the running variance is the biased one and starts at 0.

    Shape:
        (N, C) or (N, C, L), the result alike.

    Raises:
        ShapeError: a batch of one value a channel in training; the message names the layer.
        HyperparameterError: ``eps`` < 0, or ``momentum`` outside [0, 1].

    Source:
        Ioffe and Szegedy 2015; 「밑바닥부터 시작하는 딥러닝」 6.3

    >>> from tinygrad_kr import nn, ops
    >>> y = nn.BatchNorm1d(3)(ops.randn(8, 3))
    >>> bool(y.mean(0).abs().max() < 1e-6)
    True
    """

    def __init__(
        self,
        num_features: int,
        eps: float | EllipsisType = ...,
        momentum: float | EllipsisType | None = ...,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
        convention: str = "torch",
    ) -> None:
        super().__init__()
        self.convention = choice("convention", convention, ("torch", "book"))
        own_eps, own_momentum = (1e-6, 0.9) if convention == "book" else (1e-5, 0.1)
        self.num_features = integer("num_features", num_features, least=0)
        self.eps = own_eps if eps is ... else number("eps", eps, least=0)
        self.momentum: float | None = own_momentum
        if momentum is not ...:
            self.momentum = (
                None if momentum is None else number("momentum", momentum, least=0, most=1)
            )
        self.affine = affine
        self.track_running_stats = track_running_stats
        shape = (self.num_features,)
        weight = new_parameter(shape, device, dtype)
        self.register_parameter("weight", weight if affine else None)
        self.register_parameter(
            "bias", new_parameter(shape, device, dtype) if affine and bias else None
        )
        for name, made in (
            ("running_mean", wrap(np.zeros(shape, weight.dtype))),
            ("running_var", wrap(np.zeros(shape, weight.dtype))),
            ("num_batches_tracked", wrap(np.zeros((), int64))),
        ):
            self.register_buffer(name, made if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """이동 평균을 처음으로 되돌린다. Put the running averages back to where they start."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.constant_(self.running_var, 1 if self.convention == "torch" else 0)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """weight는 1, bias는 0으로. Set weight to 1, bias to 0, the averages to their start."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise; in training, move the running averages."""
        tracking = self.training and self.running_mean is not None
        share = 0.0
        if tracking:
            if self.momentum is None:
                share = 1 / (self.num_batches_tracked.item() + 1)
            else:
                share = self.momentum if self.convention == "torch" else 1 - self.momentum
        try:
            if input.ndim not in (2, 3):
                raise ShapeError(
                    f"입력은 (N, C)나 (N, C, L)이어야 합니다: {input.shape}.",
                    f"expected 2D or 3D input, got {input.ndim}D input of shape {input.shape}.",
                )
            out = normalize_batch(
                input,
                self.running_mean if tracking or not self.training else None,
                self.running_var if tracking or not self.training else None,
                self.weight,
                self.bias,
                self.training or self.running_mean is None,
                share,
                self.eps,
                unbiased=self.convention == "torch",
            )
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        if tracking:
            self.num_batches_tracked._array += 1
            self.num_batches_tracked._version[0] += 1
        return out

    def extra_repr(self) -> str:
        book = "" if self.convention == "torch" else f", convention={self.convention!r}"
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}{book}"
        )
