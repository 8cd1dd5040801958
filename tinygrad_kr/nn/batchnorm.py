"""배치 정규화 계층.

The batch normalisation layer.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

from tinygrad_kr.dtypes import int64
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import choice, integer, number
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional.layer import normalize_batch
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.tensor import Tensor


class BatchNorm1d(Module):
    """배치 정규화: 채널마다 배치의 평균을 0, 분산을 1로 만든 뒤 늘이고 옮긴다.

    Batch normalisation, (x − μ) / √(σ² + ε) · weight + bias for each channel: μ and σ² of the batch
    in training, their running averages in evaluation.

    Args:
        num_features: the number of channels C.
        eps, momentum: as the convention has them, unless given; a momentum of None averages over
            all batches.
        affine: whether there are a weight (γ) and a ``bias`` (β).
        track_running_stats: without, the batch's own statistics serve in evaluation too.
        convention: "torch": ε = 1e-5, momentum = 0.1 is the share of the new, the running variance
            is the unbiased one and starts at 1; "book": ε = 1e-6, momentum = 0.9 is the share of
            the old, the running variance is the biased one and starts at 0.

    Shape:
        (N, C) or (N, C, L), the result alike.

    Raises:
        ShapeError: a batch of one value a channel in training; the message names the layer.

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
        book = convention == "book"
        self.num_features = integer("num_features", num_features, least=0)
        self.eps = number("eps", (1e-6 if book else 1e-5) if eps is ... else eps, least=0)
        momentum = (0.9 if book else 0.1) if momentum is ... else momentum
        self.momentum = None if momentum is None else number("momentum", momentum, least=0, most=1)
        self.affine = affine
        self.track_running_stats = track_running_stats

        def new() -> Tensor:
            return empty(self.num_features, dtype=dtype, device=device)

        self.register_parameter("weight", Parameter(new()) if affine else None)
        self.register_parameter("bias", Parameter(new()) if affine and bias else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", new() if tracked else None)
        self.register_buffer("running_var", new() if tracked else None)
        self.register_buffer("num_batches_tracked", empty((), dtype=int64) if tracked else None)
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
        mean, var, batches = self.running_mean, self.running_var, self.num_batches_tracked
        torch = self.convention == "torch"
        if self.momentum is not None:
            share = self.momentum if torch else 1 - self.momentum
        else:
            share = 1 / (batches.item() + 1) if mean is not None else 0.0
        training = self.training or mean is None
        try:
            if input.ndim not in (2, 3):
                raise ShapeError(
                    f"입력은 (N, C)나 (N, C, L)이어야 합니다: {input.shape}.",
                    f"expected 2D or 3D input, got {input.ndim}D input of shape {input.shape}.",
                )
            out = normalize_batch(
                input, mean, var, self.weight, self.bias, training, share, self.eps, unbiased=torch
            )
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        if training and mean is not None:
            batches._array += 1
            batches._version[0] += 1
        return out

    def extra_repr(self) -> str:
        book = "" if self.convention == "torch" else f", convention={self.convention!r}"
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}{book}"
        )
