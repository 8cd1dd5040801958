"""두 벡터의 닮음과 거리, 그리고 쌍선형.

How alike two vectors are, how far apart, and the map that is linear in each of two.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.dtypes import result_dtype
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.nn.functional.layer import same_dtype
from tinygrad_kr.ops.comparison import clamp
from tinygrad_kr.ops.contraction import einsum
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of, numpy_names
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.norms import norm
from tinygrad_kr.ops.reduction import need_floating, sum
from tinygrad_kr.ops.shape import common_shape, expand
from tinygrad_kr.tensor import Tensor

__all__ = ["bilinear", "cosine_similarity", "pairwise_distance", "pdist"]


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """쌍선형: 두 입력 각각에 선형.

    y[o] = Σ x1[i] · weight[o, i, j] · x2[j] + bias[o] of the last dimensions.

    Shape:
        (*, in1) and (*, in2), weight (out, in1, in2), bias (out,); the result is (*, out).
    """
    a, b, w = array_of(input1), array_of(input2), array_of(weight)
    fits = w.ndim == 3 and a.shape[:-1] == b.shape[:-1] and a.ndim * b.ndim > 0
    if not fits or (a.shape[-1], b.shape[-1]) != w.shape[1:]:
        raise ShapeError(
            f"bilinear: 형상 {a.shape}, {b.shape}인 입력이 가중치 {w.shape}에 맞지 않습니다.",
            f"bilinear(): inputs of shapes {a.shape}, {b.shape} do not fit the weight {w.shape}.",
        )
    if bias is not None and bias.shape != w.shape[:1]:
        raise ShapeError(
            f"편향의 형상이 {bias.shape}인데 {w.shape[:1]}이어야 합니다.",
            f"the bias has shape {bias.shape}, expected {w.shape[:1]}.",
        )
    for x in (a, b, w if bias is None else array_of(bias)):
        same_dtype(x, w, "fiu")
    y: Tensor = einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


@numpy_names
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """코사인 유사도: 두 벡터 사이 각의 코사인.

    Σ x1 x2 / (max(‖x1‖, ε) · max(‖x2‖, ε)) along ``dim``; the two are broadcast.

    >>> from tinygrad_kr import ops
    >>> cosine_similarity(ops.creation.tensor([1.0, 0.0]), ops.creation.tensor([1.0, 1.0]), dim=0)
    tensor(0.7071)
    """
    dtype = result_dtype(array_of(x1), array_of(x2))
    shape = common_shape("cosine_similarity", array_of(x1).shape, array_of(x2).shape)

    def directed(x: Any) -> Any:
        x = need_floating("cosine_similarity", expand(cast(x, dtype), shape))
        length = norm(x, 2, dim, keepdim=True)
        return x / (length + clamp(eps - length.detach(), min=0))  # as if nothing held it

    return sum(directed(x1) * directed(x2), dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """두 벡터의 거리.

    The p-norm of x1 − x2 + ε over the last dimension.
    """
    return norm(x1 - x2 + eps, p, -1, keepdim)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """행들 사이의 모든 거리.

    The p-norms of the differences of all pairs of rows, (0, 1), (0, 2), ..., (1, 2), ...

    Shape:
        (N, M) gives (N (N − 1) / 2,).
    """
    x = array_of(input)
    if x.ndim != 2 or p < 0:
        raise ShapeError(
            f"pdist에는 행렬과 0 이상의 p가 와야 합니다: 형상 {x.shape}, p={p}.",
            f"pdist only supports 2D tensors and non-negative p, got shape {x.shape}, p={p}.",
        )
    first, second = np.triu_indices(x.shape[0], 1)
    return norm(getitem(input, index=(first,)) - getitem(input, index=(second,)), float(p), 1)
