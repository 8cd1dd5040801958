"""한 번에 하는 연산: 완전연결, 배치 정규화, 교차 엔트로피, 드롭아웃.

The fused operations that layers train on, in as few passes over the arrays as NumPy allows. Where
a backward is for arrays alone, ``create_graph`` differentiates a *reference* of simple ops.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.dtypes import Array, float32
from tinygrad_kr.ops.exponential import rsqrt
from tinygrad_kr.ops.primitive import Needs, Primitive
from tinygrad_kr.ops.reduction import mean, sum
from tinygrad_kr.ops.shape import reshape, transpose


def _linear_forward(x: Array, weight: Array, bias: Array | None) -> Array:
    with np.errstate(all="ignore"):
        y = _matmul(x, weight.T)
        if bias is not None:
            y += bias
    return y  # type: ignore[no-any-return]


def _rows(x: Any) -> Any:
    """``x`` as a matrix: every dimension but the last run together."""
    return x if x.ndim == 2 else reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _matmul(x: Any, matrix: Any) -> Any:
    y = _rows(x) @ matrix
    return y if x.ndim == 2 else reshape(y, (*x.shape[:-1], matrix.shape[1]))


#: x @ weight.T + bias. The weight's gradient comes in the weight's own layout.
linear = Primitive(
    "linear",
    _linear_forward,
    x=lambda g, weight: _matmul(g, weight),
    weight=lambda g, x: transpose(_rows(g), 0, 1) @ _rows(x),
    bias=lambda g: g,
)


def channels(x: Any) -> tuple[int, ...]:
    """채널마다의 값 (C,)가 x에 브로드캐스트되는 형상. How values a channel broadcast to ``x``."""
    return (x.shape[1], *(1,) * (x.ndim - 2))


def _others(x: Any) -> tuple[int, ...]:
    """All dimensions but the channels'."""
    return (0, *range(2, x.ndim))


def _dot_channels(a: Array, b: Array) -> Array:
    """The sum of a * b for each channel, without the product in memory."""
    dims = list(range(a.ndim))
    found: Array = np.einsum(a, dims, b, dims, [1])
    return found


def _batch_norm_forward(
    x: Array, weight: Array | None, bias: Array | None, *, centred: Array, invstd: Array, eps: float
) -> Array:
    shape = channels(x)
    y = centred * (invstd if weight is None else invstd * weight).reshape(shape)
    if bias is not None:
        y += bias.reshape(shape)
    return y


def _batch_norm_vjp(
    needs: Needs, g: Array, weight: Array | None, centred: Array, invstd: Array
) -> tuple[Array | None, Array, Array]:
    shape, count = channels(g), g.size // max(g.shape[1], 1)
    for_weight = _dot_channels(g, centred) * invstd
    for_bias = g.sum(axis=_others(g))
    if not needs[0]:
        return None, for_weight, for_bias
    # scale · (g − mean(g) − x̂ · mean(g · x̂)): the paths through μ and σ² are the two means.
    dx = centred * (for_weight * invstd / -count).reshape(shape)
    dx += g
    dx -= (for_bias / count).reshape(shape)
    dx *= (invstd if weight is None else invstd * weight).reshape(shape)
    return dx, for_weight, for_bias


def _batch_norm_reference(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    shape = channels(x)
    centred = x - mean(x, _others(x), keepdim=True)
    y = centred * rsqrt(mean(centred * centred, _others(x), keepdim=True) + eps)
    if weight is not None:
        y = y * reshape(weight, shape)
    return y if bias is None else y + reshape(bias, shape)


_batch_norm = Primitive(
    "batch_norm", _batch_norm_forward, vjp=_batch_norm_vjp, reference=_batch_norm_reference
)


def batch_norm(x: Any, weight: Any, bias: Any, eps: float) -> tuple[Any, Array, Array]:
    """배치의 통계로 정규화한다. 평균과 (편향된) 분산도 돌려준다.

    Normalise each channel; returns the result, the means and the biased variances, (C,) arrays.
    """
    a = x._array
    shape, count = channels(a), a.size // max(a.shape[1], 1)
    if bias is not None:
        # No derivative depends on its value, so it may be changed in place: a version of its own.
        bias = wrap(bias._array, current_node(bias))
    with np.errstate(all="ignore"):
        total = np.add.reduce(a, axis=_others(a), dtype=np.promote_types(a.dtype, float32))
        mu = (total / count).astype(a.dtype, copy=False)
        centred = a - mu.reshape(shape)
        var = _dot_channels(centred, centred) / count
        invstd = (1 / np.sqrt(var + eps)).astype(a.dtype, copy=False)
        y = _batch_norm(x, weight, bias, centred=centred, invstd=invstd, eps=eps)
    return y, mu, var


def _cross_entropy_forward(
    x: Array, *, target: Array, total: Array, reduce: bool
) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        shifted = x - x.max(axis=1, keepdims=True, initial=-np.inf)
        p = np.exp(shifted)
        norm = p.sum(axis=1, keepdims=True)
        shifted -= np.log(norm)
        p /= norm
        # A class without weight costs nothing, though its logit were −∞.
        shifted *= target
        np.copyto(shifted, 0, where=target == 0)
        return np.asarray(-shifted.sum(axis=None if reduce else 1)), p


def _cross_entropy_vjp(
    needs: Needs, g: Any, y: Any, target: Array, total: Array, reduce: bool
) -> tuple[Any]:
    (for_loss, for_p), p = g, y[1]
    dx: Any = None
    if for_loss is not None:
        column = for_loss if reduce else reshape(for_loss, (for_loss.shape[0], 1))
        dx = (p * total - target) * column
    if for_p is not None:
        through = p * (for_p - sum(for_p * p, 1, keepdim=True))
        dx = through if dx is None else dx + through
    return (dx,)


_cross_entropy = Primitive(
    "cross_entropy", _cross_entropy_forward, several=True, vjp=_cross_entropy_vjp
)


def cross_entropy(x: Any, target: Array, reduce: bool) -> Any:
    """−Σ target · log_softmax(x): x는 (N, C), target은 상수 (N, C).

    Summed if ``reduce``, else one a row. It keeps the softmax, a second output that nobody sees.
    """
    total = target.sum(axis=1, keepdims=True)
    loss = _cross_entropy(x, target=target, total=total, reduce=reduce)[0]
    # No derivative depends on its value, so ``loss /= 4`` is allowed: a version of its own.
    loss._version = [0]
    return loss


def keep_mask(shape: tuple[int, ...], p: float, rng: np.random.Generator) -> Array:
    """원소마다 확률 p로 False인 마스크.

    Exactly: 8 random bits an element decide all but the one case in 256 that lies across ``p``.
    """
    count = math.prod(shape)
    bits = rng.bit_generator.random_raw((count + 7) // 8).view(np.uint8)[:count]
    whole, rest = divmod(p * 256, 1)
    if whole >= 256:
        return np.zeros(shape, np.bool_)
    kept = bits >= np.uint8(whole)
    if rest:
        undecided = np.flatnonzero(bits == np.uint8(whole))
        kept[undecided] = rng.random(undecided.size) >= rest
    return kept.reshape(shape)
