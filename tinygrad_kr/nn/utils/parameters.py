"""기울기 자르기, 매개변수를 한 벡터로.

Clipping gradients, and parameters as one vector.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import get_default_dtype
from tinygrad_kr.errors import ArgumentError, GradientError, ShapeError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.ops.joining import cat
from tinygrad_kr.ops.shape import flatten
from tinygrad_kr.tensor import Tensor


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    params = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in params if p.grad is not None]


def _bound(name: str, value: float, **limits: float) -> float:
    return math.inf if value == math.inf else number(name, value, **limits)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """모든 기울기를 한 벡터로 보아 길이를 max_norm 이하로 줄인다.

    Scale the gradients down, in place, so that their norm is at most ``max_norm`` (inf only
    measures); returns the norm that they had. ``foreach`` is taken for compatibility.
    """
    bound, grads = _bound("max_norm", max_norm, least=0), _gradients(parameters)
    total = _total(grads, norm_type, error_if_nonfinite)
    _shorten(grads, bound, total)
    return _as_tensor(total, grads)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """모든 텐서를 한 벡터로 보았을 때의 길이.

    The norm of all the tensors as one vector; ``foreach`` is taken for compatibility.
    """
    listed: list[Any] = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    return _as_tensor(_total(listed, norm_type, error_if_nonfinite), listed)


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Any,
    foreach: bool | None = None,
) -> None:
    """길이가 total_norm인 기울기들을 max_norm 이하로 줄인다.

    Scale gradients of the norm ``total_norm`` down, as :func:`clip_grad_norm_` does;
    ``foreach`` is taken for compatibility.
    """
    bound = _bound("max_norm", max_norm, least=0)
    _shorten(_gradients(parameters), bound, float(total_norm))


def _total(tensors: list[Any], norm_type: float, error_if_nonfinite: bool) -> float:
    p = _bound("norm_type", norm_type, above=0)
    with np.errstate(all="ignore"):
        total = _length(np.array([_length(t._array, p) for t in tensors]), p)
    if error_if_nonfinite and not math.isfinite(total):
        raise GradientError(
            f"기울기의 길이가 {total}이어서 자를 수 없습니다.",
            f"gradients with the norm {total} cannot be clipped.",
        )
    return total


def _shorten(grads: list[Any], bound: float, total: float) -> None:
    with np.errstate(all="ignore"):
        factor = bound / (total + 1e-6)
        if not factor >= 1:
            for g in grads:
                g._array *= factor
                g._version[0] += 1


def _as_tensor(total: float, like: list[Any]) -> Tensor:
    return wrap(np.asarray(total, like[0].dtype if like else get_default_dtype()))


def _length(array: Any, p: float) -> float:
    flat = array.reshape(-1)
    if p != 2:
        flat = flat.astype(np.float64)
    return float(np.linalg.norm(flat, p)) if flat.size else 0.0


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """기울기의 원소를 [-clip_value, clip_value]로 자른다.

    Hold the gradients within ±``clip_value``, in place; ``foreach`` is taken for compatibility.
    """
    bound = _bound("clip_value", clip_value, least=0)
    for g in _gradients(parameters):
        np.clip(g._array, -bound, bound, out=g._array)
        g._version[0] += 1


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """매개변수들을 펴서 한 벡터로 잇는다.

    The parameters joined into one vector, through which gradients flow.
    """
    parts = [flatten(p) for p in parameters]
    if not parts:
        raise ArgumentError("매개변수가 하나도 없습니다.", "There are no parameters.")
    return cat(parts)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """벡터의 값을 매개변수들에 나누어 넣는다.

    Copy the values of a vector into the parameters, in place.
    """
    params = list(parameters)
    ends = np.cumsum([0, *(p._array.size for p in params)])
    if vec.shape != (ends[-1],):
        raise ShapeError(
            f"벡터의 형상은 ({ends[-1]},)이어야 합니다: {vec.shape}.",
            f"the vector must have shape ({ends[-1]},), not {vec.shape}.",
        )
    for p, values in zip(params, np.split(vec._array.copy(), ends[1:-1]), strict=True):
        p._array[...] = values.reshape(p.shape)
        p._version[0] += 1
