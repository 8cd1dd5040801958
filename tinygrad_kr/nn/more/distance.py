"""두 벡터의 닮음과 거리, 그리고 쌍선형.

Layers of how alike two vectors are, how far apart, and of the map that is linear in each of two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.layers import Plain
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.tensor import Tensor

__all__ = ["Bilinear", "CosineSimilarity", "PairwiseDistance"]


class Bilinear(Module):
    """쌍선형 계층: 두 입력 각각에 선형.

    y[o] = Σ x1[i] · weight[o, i, j] · x2[j] + bias[o]; drawn from U(−1/√in1, 1/√in1).

    Shape:
        (*, in1_features) and (*, in2_features) give (*, out_features).
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = integer("in1_features", in1_features, least=1)
        self.in2_features = integer("in2_features", in2_features, least=0)
        self.out_features = integer("out_features", out_features, least=0)
        new = partial(empty, dtype=dtype, device=device)
        self.weight = Parameter(new(out_features, in1_features, in2_features))
        self.register_parameter("bias", Parameter(new(out_features)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """초깃값을 다시 뽑는다. Draw the initial values anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for param in self.parameters():
            init.uniform_(param, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        try:
            return F.bilinear(input1, input2, self.weight, self.bias)
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class _Quiet(Plain):
    """Its representation says nothing of its settings."""

    def extra_repr(self) -> str:
        return ""


@dataclass(eq=False, repr=False)
class CosineSimilarity(_Quiet):
    """코사인 유사도: 두 벡터 사이 각의 코사인.

    Σ x1 x2 / (max(‖x1‖, ε) · max(‖x2‖, ε)) along ``dim``.
    """

    dim: int = 1
    eps: float = 1e-8

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


@dataclass(eq=False, repr=False)
class PairwiseDistance(_Quiet):
    """두 벡터의 거리.

    The p-norm of x1 − x2 + ε over the last dimension.
    """

    p: float = 2.0
    eps: float = 1e-6
    keepdim: bool = False

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)
