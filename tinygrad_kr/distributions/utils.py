"""분포들이 함께 쓰는 것: 매개변수 맞추기, 확률과 로짓.

What distributions share: parameters of one shape and dtype, probabilities and their logits.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.autograd.mode import enable_grad
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.comparison import clamp
from tinygrad_kr.ops.creation import tensor
from tinygrad_kr.ops.exponential import log, log1p, sigmoid
from tinygrad_kr.ops.norms import logsumexp, softmax
from tinygrad_kr.ops.shape import common_shape, expand
from tinygrad_kr.tensor import Tensor


class lazy(cached_property[Tensor]):
    """처음 물을 때 계산하여 두는 속성, 기록을 켜고.

    An attribute that is computed when it is first asked for, and recorded even if that is in
    ``no_grad``: another time it is wanted with its gradient.
    """

    def __get__(self, instance: Any, owner: Any = None) -> Tensor:  # type: ignore[override]
        with enable_grad():
            found: Tensor = super().__get__(instance, owner)
            return found


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """수와 텐서를 한 형상의 텐서로.

    Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor, or the
    default one.
    """
    for v in values:
        if not isinstance(v, TensorBase | int | float | np.number):
            raise ArgumentError(
                f"분포의 매개변수는 수나 텐서여야 합니다: {type(v).__name__}.",
                f"Input arguments must all be numbers or Tensors, not {type(v).__name__}.",
            )
    given = [v for v in values if isinstance(v, TensorBase)]
    dtype = given[0]._array.dtype if given else None
    if dtype is not None and dtype.kind != "f":
        dtype = None
    made: list[Any] = [
        v if isinstance(v, TensorBase) else tensor(float(v), dtype=dtype) for v in values
    ]
    shape = common_shape("broadcast_all", *(v.shape for v in made))
    return tuple(v if v.shape == shape else expand(v, shape) for v in made)


def clamp_probs(probs: Any) -> Tensor:
    """0과 1에서 조금 떨어지게 한 확률.

    Probabilities held a rounding error away from 0 and 1.
    """
    eps = float(np.finfo(as_array(probs).dtype).eps)
    return clamp(probs, eps, 1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Tensor:
    """확률의 로그, 둘 가운데 하나라면 로그 오즈.

    The logarithms of probabilities, their log-odds if ``is_binary``.
    """
    p = clamp_probs(probs)
    return log(p) - log1p(-p) if is_binary else log(p)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Tensor:
    """로짓의 확률.

    The probabilities of logits.
    """
    return sigmoid(logits) if is_binary else softmax(logits, -1)


def normalized(probs: Any, logits: Any) -> tuple[str, Tensor]:
    """확률이나 로짓 가운데 주어진 것과 그 이름, 더하여 1이 되게.

    Which of ``probs`` and ``logits`` was given, for categories, and that made to add up to 1.
    """
    name, value = either(probs, logits)
    if as_array(value).ndim < 1:
        raise ArgumentError(
            f"{name}은(는) 1차원 이상이어야 합니다.",
            f"`{name}` parameter must be at least one-dimensional.",
        )
    if name == "probs":
        return name, value / value.sum(-1, keepdim=True)
    return name, value - logsumexp(value, -1, keepdim=True)


def either(probs: Any, logits: Any) -> tuple[str, Any]:
    """주어진 하나와 그 이름.

    The one of the two that was given, and its name.
    """
    if (probs is None) == (logits is None):
        raise ArgumentError(
            "probs와 logits 가운데 꼭 하나를 주세요.",
            "Either `probs` or `logits` must be specified, but not both.",
        )
    return ("probs", probs) if logits is None else ("logits", logits)
