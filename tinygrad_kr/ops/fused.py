"""한 번에 하는 연산: 완전연결, 배치 정규화, 교차 엔트로피, 드롭아웃.

The fused operations that layers train on: several simple ops in one record, in as few passes over
the arrays as NumPy allows. What such a record computes is said again, in simple ops, by the
property test that holds it to them; where its backward is written for arrays alone, a *reference*
says it here, and ``create_graph`` differentiates that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array, float32
from tinygrad_kr.ops.elementwise import rsqrt
from tinygrad_kr.ops.primitive import Needs, Primitive
from tinygrad_kr.ops.reduction import mean, sum
from tinygrad_kr.ops.shape import reshape, transpose

# Linear


def _linear_forward(x: Array, weight: Array, bias: Array | None) -> Array:
    y: Array
    with np.errstate(all="ignore"):
        if x.ndim == 2:
            y = np.matmul(x, weight.T)
        else:
            rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
            y = np.matmul(rows, weight.T).reshape(*x.shape[:-1], weight.shape[0])
        if bias is not None:
            y += bias
    return y


def _rows(x: Any) -> Any:
    """``x`` as a matrix: every dimension but the last run together."""
    return x if x.ndim == 2 else reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _like_input(rows: Any, g: Any, weight: Any) -> Any:
    return rows if g.ndim == 2 else reshape(rows, (*g.shape[:-1], weight.shape[1]))


#: x @ weight.T + bias; weight는 (out, in). The weight's gradient comes in the weight's own layout.
linear = Primitive(
    "linear",
    _linear_forward,
    x=lambda g, weight: _like_input(_rows(g) @ weight, g, weight),
    weight=lambda g, x: transpose(_rows(g), 0, 1) @ _rows(x),
    bias=lambda g: g,
)


# Batch normalisation


def channels(x: Any) -> tuple[int, ...]:
    """채널마다의 값 (C,)가 x에 브로드캐스트되는 형상.

    The shape in which values for each channel, dimension 1 of ``x``, broadcast to it.
    """
    return (x.shape[1], *(1,) * (x.ndim - 2))


def _others(x: Any) -> tuple[int, ...]:
    """All dimensions but the channels'."""
    return (0, *range(2, x.ndim))


def _dot_channels(a: Array, b: Array) -> Array:
    """The sum of a * b over every dimension but the channels', without the product in memory."""
    if a.ndim == 2:
        found: Array = np.einsum("nc,nc->c", a, b)
        return found
    flat = (*a.shape[:2], math.prod(a.shape[2:]))
    found = np.einsum("ncl,ncl->c", a.reshape(flat), b.reshape(flat))
    return found


def _batch_norm_forward(
    x: Array, weight: Array | None, bias: Array | None, *,
    centred: Array, mu: Array, invstd: Array, eps: float,
) -> Array:  # fmt: skip
    shape = channels(x)
    scale = invstd if weight is None else invstd * weight
    with np.errstate(all="ignore"):
        centred *= scale.reshape(shape)
        if bias is not None:
            centred += bias.reshape(shape)
    return centred


def _batch_norm_vjp(
    needs: Needs, g: Array, x: Array, weight: Array | None, mu: Array, invstd: Array
) -> tuple[Array | None, Array | None, Array | None]:
    shape, count = channels(x), x.size // max(x.shape[1], 1)
    dx = x - mu.reshape(shape)
    for_weight = _dot_channels(g, dx) * invstd
    for_bias = g.sum(axis=_others(g))
    if needs[0]:
        # scale · (g − mean(g) − x̂ · mean(g · x̂)): the paths through μ and σ² are the two means.
        dx *= (for_weight * invstd / -count).reshape(shape)
        dx += g
        dx -= (for_bias / count).astype(g.dtype).reshape(shape)
        dx *= (invstd if weight is None else invstd * weight).reshape(shape)
    return (
        dx if needs[0] else None,
        for_weight if needs[1] else None,
        for_bias if needs[2] else None,
    )


def _batch_norm_reference(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    shape = channels(x)
    centred = x - mean(x, _others(x), keepdim=True)
    y = centred * rsqrt(mean(centred * centred, _others(x), keepdim=True) + eps)
    if weight is not None:
        y = y * reshape(weight, shape)
    return y if bias is None else y + reshape(bias, shape)


_batch_norm = Primitive(
    "batch_norm",
    _batch_norm_forward,
    vjp=_batch_norm_vjp,
    reference=_batch_norm_reference,
)


def batch_norm(x: Any, weight: Any, bias: Any, eps: float) -> tuple[Any, Array, Array]:
    """배치의 통계로 정규화한다. 평균과 (편향된) 분산도 돌려준다.

    Normalise each channel (dimension 1) by the statistics of this batch, which are computed once:
    returns the result, the means and the biased variances, the latter two as arrays of shape (C,).
    """
    a = x._array
    shape, count = channels(a), a.size // max(a.shape[1], 1)
    with np.errstate(all="ignore"):
        total = np.add.reduce(a, axis=_others(a), dtype=np.promote_types(a.dtype, float32))
        mu = (total / count).astype(a.dtype, copy=False)
        centred = a - mu.reshape(shape)
        var = _dot_channels(centred, centred) / count
        invstd = (1 / np.sqrt(var + eps)).astype(a.dtype, copy=False)
    y = _batch_norm(x, weight, bias, centred=centred, mu=mu, invstd=invstd, eps=eps)
    return y, mu, var


# Softmax and cross-entropy


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
        dx = (p * total - target) * (for_loss if reduce else _column(for_loss))
    if for_p is not None:
        through = p * (for_p - sum(for_p * p, 1, keepdim=True))
        dx = through if dx is None else dx + through
    return (dx,)


def _column(g: Any) -> Any:
    return reshape(g, (g.shape[0], 1))


_cross_entropy = Primitive(
    "cross_entropy", _cross_entropy_forward, several=True, vjp=_cross_entropy_vjp
)


def cross_entropy(x: Any, target: Array, reduce: bool) -> Any:
    """−Σ target · log_softmax(x): x는 (N, C), target은 상수 (N, C).

    The cross-entropy of the rows of ``x`` with constant, weighted targets in one go: summed if
    ``reduce``, else one a row. It keeps the softmax (a second output that nobody else sees), not
    the logits, and is differentiable any number of times.
    """
    total = target.sum(axis=1, keepdims=True)
    return _cross_entropy(x, target=target, total=total, reduce=reduce)[0]


# Dropout


def keep_mask(shape: tuple[int, ...], p: float, rng: np.random.Generator) -> Array:
    """원소마다 확률 p로 False인 마스크.

    A mask that is False with probability ``p``, exactly: 16 random bits an element decide all
    but the one case in 65,536 that lies across ``p``; that one asks for more.
    """
    count = math.prod(shape)
    bits = rng.bit_generator.random_raw((count + 3) // 4).view(np.uint16)[:count]
    whole, rest = divmod(p * 65536, 1)
    if whole >= 65536:
        return np.zeros(shape, np.bool_)
    kept = bits >= np.uint16(whole)
    if rest:
        undecided = np.flatnonzero(bits == np.uint16(whole))
        kept[undecided] = rng.random(undecided.size) >= rest
    return kept.reshape(shape)
