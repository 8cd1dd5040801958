"""기울기 자르기.

Clipping gradients.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import get_default_dtype
from tinygrad_kr.errors import GradientError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.tensor import Tensor


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    params = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in params if p.grad is not None]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """모든 기울기를 한 벡터로 보아 그 길이가 max_norm을 넘지 않게 줄인다.

    Scale the gradients down, in place, so that their norm, taken over all of them together, is at
    most ``max_norm``. Returns the norm that they had.

    Args:
        parameters: 텐서 또는 텐서들. A tensor, or several.
        max_norm: 길이의 한계, 0 이상(inf도 된다). The bound, at least 0; inf only measures.
        norm_type: p-노름의 p, inf도 된다. The p of the norm, or inf.
        error_if_nonfinite: 길이가 nan이나 inf이면 오류를 낸다. Refuse a norm that is nan or inf.

    Raises:
        HyperparameterError: ``max_norm`` < 0 or NaN, ``norm_type`` ≤ 0 or NaN.
        GradientError: the norm is not finite, if asked; nothing has been changed.
    """
    bound = math.inf if max_norm == math.inf else number("max_norm", max_norm, least=0)
    p = math.inf if norm_type == math.inf else number("norm_type", norm_type, above=0)
    grads = _gradients(parameters)
    dtype = grads[0].dtype if grads else get_default_dtype()
    with np.errstate(all="ignore"):
        lengths = [_length(g._array, p) for g in grads]
        total = _length(np.array(lengths, np.float64), p) if lengths else 0.0
        if error_if_nonfinite and not math.isfinite(total):
            raise GradientError(
                f"기울기의 길이가 {total}이어서 자를 수 없습니다.",
                f"The total norm of the gradients is {total}, so they cannot be clipped.",
            )
        factor = bound / (total + 1e-6)
        if not factor >= 1:
            for g in grads:
                g._array *= factor
                g._version[0] += 1
    return wrap(np.asarray(total, dtype))


def _length(array: Any, p: float) -> float:
    if not array.size:
        return 0.0
    flat = array.reshape(-1)
    return float(np.linalg.norm(flat.astype(np.float64) if p != 2 else flat, p))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """기울기의 모든 원소를 [-clip_value, clip_value] 안으로 자른다.

    Hold every element of the gradients within ±``clip_value``, in place.

    Raises:
        HyperparameterError: ``clip_value`` < 0 or NaN.
    """
    bound = math.inf if clip_value == math.inf else number("clip_value", clip_value, least=0)
    for g in _gradients(parameters):
        np.clip(g._array, -bound, bound, out=g._array)
        g._version[0] += 1
