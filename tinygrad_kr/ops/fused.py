"""한 번에 하는 연산: 완전연결, 배치 정규화, 교차 엔트로피, 드롭아웃.

The fused operations that layers train on, in as few passes over the arrays as NumPy allows. Where
a backward is for arrays alone, ``create_graph`` differentiates a *reference* of simple ops.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.dtypes import Array, float32
from tinygrad_kr.ops.exponential import rsqrt
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.norms import log_softmax
from tinygrad_kr.ops.primitive import Needs, Primitive
from tinygrad_kr.ops.reduction import mean, sum
from tinygrad_kr.ops.shape import reshape


def _product(x: Array, weight: Array, bias: Array | None) -> Array:
    y: Array = x @ weight
    if bias is not None:
        y += bias
    return y


_ones = lru_cache(maxsize=16)(np.ones)
_arange = lru_cache(maxsize=16)(np.arange)


def row_sum(x: Any) -> Any:
    """행렬의 행을 모두 더한 것.

    The sum of the rows of a matrix: as a product it takes half the time of ``sum(0)``.
    """
    return _ones(x.shape[0], x.dtype) @ x


_linear = Primitive(
    "linear",
    lambda x, weight, bias: quietly(_product, x, weight.T, bias),
    x=lambda g, weight: g @ weight,
    weight=lambda g, x: g.T @ x,
    bias=row_sum,
)
AFFINE = Primitive(
    "affine",
    lambda x, weight, bias: quietly(_product, x, weight, bias),
    x=lambda g, weight: g @ weight.T,
    weight=lambda g, x: x.T @ g,
    bias=row_sum,
)


def linear(x: Any, weight: Any, bias: Any) -> Any:
    """x @ weight.T + bias의 행마다의 곱. The affine map of the last dimension of ``x``."""
    return _linear(x, weight, bias) if x.ndim == 2 else _by_rows(_linear, x, weight, bias)


def affine(x: Any, weight: Any, bias: Any) -> Any:
    """x @ weight + bias: 책의 꼴. :func:`linear` as the book writes it, of an (in, out) weight."""
    return AFFINE(x, weight, bias) if x.ndim == 2 else _by_rows(AFFINE, x, weight, bias)


def _by_rows(op: Primitive, x: Any, weight: Any, bias: Any) -> Any:
    y = op(reshape(x, (math.prod(x.shape[:-1]), x.shape[-1])), weight, bias)
    return reshape(y, (*x.shape[:-1], y.shape[-1]))


def channels(x: Any) -> tuple[int, ...]:
    """채널마다의 값 (C,)가 x에 브로드캐스트되는 형상. How values a channel broadcast to ``x``."""
    return (x.shape[1], *(1,) * (x.ndim - 2))


def _others(x: Any) -> tuple[int, ...]:
    """All dimensions but the channels'."""
    return (0, *range(2, x.ndim))


def _channel_sum(x: Array) -> Array:
    """The sum of each channel, in float32 at least."""
    if x.ndim == 2 and x.dtype.itemsize >= 4:
        return row_sum(x)  # type: ignore[no-any-return]
    dtype = np.promote_types(x.dtype, float32)
    return np.add.reduce(x, axis=_others(x), dtype=dtype)  # type: ignore[no-any-return]


def _statistics(a: Array, eps: float) -> tuple[Array, Array, Array, Array, Array]:
    """Of a batch: x − μ, μ, the biased σ² and 1 / √(σ² + ε), and an array to write into."""
    shape, count = channels(a), a.size // max(a.shape[1], 1)
    mu = (_channel_sum(a) / count).astype(a.dtype, copy=False)
    centred = a - mu.reshape(shape)
    scratch = centred * centred
    var = _channel_sum(scratch) / count
    invstd = (1 / np.sqrt(var + eps)).astype(a.dtype, copy=False)
    return centred, mu, var, invstd, scratch


def _batch_norm_forward(
    x: Array, weight: Array | None, bias: Array | None, *,
    centred: Array, invstd: Array, eps: float, out: Array,
) -> Array:  # fmt: skip
    shape = channels(x)
    scale = invstd if weight is None else invstd * weight
    np.multiply(centred, scale.reshape(shape), out=out)
    if bias is not None:
        out += bias.reshape(shape)
    return out


def _batch_norm_vjp(
    needs: Needs, g: Array, weight: Array | None, centred: Array, invstd: Array
) -> tuple[Array | None, Array, Array]:
    shape, count = channels(g), g.size // max(g.shape[1], 1)
    dx = g * centred
    for_weight = _channel_sum(dx) * invstd
    for_bias = _channel_sum(g)
    if not needs[0]:
        return None, for_weight, for_bias
    # scale · (g − mean(g) − x̂ · mean(g · x̂)): the paths through μ and σ² are the two means.
    np.multiply(centred, (for_weight * invstd / -count).reshape(shape), out=dx)
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
    if bias is not None:
        # No derivative depends on its value, so it may be changed in place: a version of its own.
        bias = wrap(bias._array, current_node(bias))
    with np.errstate(all="ignore"):
        centred, mu, var, invstd, scratch = _statistics(x._array, eps)
        y = _batch_norm(x, weight, bias, centred=centred, invstd=invstd, eps=eps, out=scratch)
    return y, mu, var


def _row_mean(x: Array) -> Array:
    """The mean of each row of a matrix, as a column; as a product, for speed."""
    mean: Array = x @ _ones(x.shape[1], x.dtype)[:, None]
    mean /= x.shape[1]
    return mean


def _layer_norm_forward(
    x: Array, weight: Array | None, bias: Array | None, *,
    centred: Array, invstd: Array, eps: float, out: Array,
) -> Array:  # fmt: skip
    np.multiply(centred, invstd, out=out)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out


def _layer_norm_vjp(
    needs: Needs, g: Array, weight: Array | None, centred: Array, invstd: Array
) -> tuple[Array | None, Array | None, Array]:
    normal, for_bias = centred * invstd, row_sum(g)
    product = g * normal
    for_weight = row_sum(product)
    if not needs[0]:
        return None, for_weight, for_bias
    if weight is None:
        dx = g.copy()
    else:
        dx = g * weight
        np.multiply(dx, normal, out=product)
    # (g − mean(g) − x̂ · mean(g · x̂)) / σ: the paths through μ and σ² are the two means.
    normal *= _row_mean(product)
    dx -= _row_mean(dx)
    dx -= normal
    dx *= invstd
    return dx, for_weight, for_bias


def _layer_norm_reference(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    centred = x - mean(x, 1, keepdim=True)
    y = centred * rsqrt(mean(centred * centred, 1, keepdim=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


_layer_norm = Primitive(
    "layer_norm", _layer_norm_forward, vjp=_layer_norm_vjp, reference=_layer_norm_reference
)


def layer_norm(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    """행마다 정규화한다. Normalise each row of a matrix, then stretch and shift its columns."""
    if bias is not None:
        bias = wrap(bias._array, current_node(bias))  # as of batch_norm
    with np.errstate(all="ignore"):
        a = x._array
        centred = a - _row_mean(a)
        scratch = centred * centred
        invstd = 1 / np.sqrt(_row_mean(scratch) + eps)
        return _layer_norm(x, weight, bias, centred=centred, invstd=invstd, eps=eps, out=scratch)


def _label_losses(
    x: Array, at: Array, share: Any, rest: Array | None, reduce: bool
) -> tuple[Any, Array, Array, Array]:
    """The losses and, of x: z = x − max(x), exp(z), Σ exp(z), the classes first, (C, N).

    So the sums over the classes are sums of whole rows.
    """
    z = np.array(x.T, order="C")
    z -= np.maximum.reduce(z, axis=0, initial=-np.inf)
    e = np.exp(z)
    norm = row_sum(e)
    lognorm = np.log(norm)
    losses = lognorm - z.take(at)
    losses *= share
    # A class without weight costs nothing, though its logit were −∞.
    if isinstance(share, np.ndarray):
        losses[share == 0] = 0
    if rest is not None:
        others = (lognorm - z) * rest
        np.copyto(others, 0, where=rest == 0)
        losses += np.add.reduce(others, axis=0)
    return (np.add.reduce(losses) if reduce else losses), z, e, norm


def _cross_entropy_vjp(
    needs: Needs, g: Array, e: Array, norm: Array, at: Array, share: Any, rest: Array | None
) -> tuple[Array]:
    by = share * g
    if rest is None:
        dx = e * (by / norm)
    else:
        dx = e * ((by + np.add.reduce(np.broadcast_to(rest, e.shape), axis=0) * g) / norm)
        dx -= rest * g
    dx.reshape(-1)[at] -= by
    return (dx.T,)


def _cross_entropy_reference(
    x: Any, at: Array, share: Any, rest: Array | None, reduce: bool
) -> Any:
    z = log_softmax(x, 1).T
    losses = getitem(reshape(z, (-1,)), index=(at,)) * -share
    if rest is not None:
        losses = losses - sum(z * rest, 0)
    return sum(losses) if reduce else losses


_cross_entropy = Primitive(
    "cross_entropy",
    lambda x, *, value, e, norm, at, share, rest, reduce: value,
    vjp=_cross_entropy_vjp,
    reference=_cross_entropy_reference,
)


def cross_entropy(x: Any, labels: Array, share: Any, rest: Array | None, reduce: bool) -> Any:
    """레이블의 교차 엔트로피: x는 (N, C), labels는 (N,).

    −share · log_softmax(x)[label] − Σ rest · log_softmax(x) for each row, summed if ``reduce``;
    ``share`` is a number or (N,), ``rest`` None, (C, 1) or (C, N).
    """
    count = labels.size
    at = labels.astype(np.intp, copy=False) * count  # the labels' places in (C, N)
    at += _arange(count)
    value, z, e, norm = quietly(_label_losses, x._array, at, share, rest, reduce)
    # The loss is the same function of x − max(x) as of x: that stands in for x, which may so be
    # changed in place.
    x = wrap(z.T, current_node(x))
    return _cross_entropy(
        x, value=value, e=e, norm=norm, at=at, share=share, rest=rest, reduce=reduce
    )


def keep_mask(shape: tuple[int, ...], p: float, rng: np.random.Generator) -> Array:
    """원소마다 확률 p로 False인 마스크.

    Exactly: a random bit an element for p = 1/2; else 8, which decide all but the one case in 256
    that lies across ``p``.
    """
    count = math.prod(shape)
    raw = rng.bit_generator.random_raw
    if p == 0.5:
        coins = np.unpackbits(raw((count + 63) // 64).view(np.uint8), count=count)
        return coins.view(np.bool_).reshape(shape)
    bits = raw((count + 7) // 8).view(np.uint8)[:count]
    whole, rest = divmod(p * 256, 1)
    if whole >= 256:
        return np.zeros(shape, np.bool_)
    kept = bits >= np.uint8(whole)
    if rest:
        undecided = np.flatnonzero(bits == np.uint8(whole))
        kept[undecided] = rng.random(undecided.size) >= rest
    return kept.reshape(shape)
