"""주의(attention): 질의마다 값들의 가중 평균.

Attention: for each query a weighted mean of values, all of it composed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.nn.functional.layer import dropout, linear, softmax
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.joining import cat, chunk
from tinygrad_kr.ops.linalg import matmul
from tinygrad_kr.ops.reduction import mean
from tinygrad_kr.ops.shape import expand, permute, reshape, squeeze, transpose, unsqueeze
from tinygrad_kr.tensor import Tensor

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """주의: softmax(q kᵀ · scale + mask) v.

    softmax(q kᵀ · scale + mask) v, with 1/√E for ``scale`` if not given. A query that may look at
    nothing gets zeros. ``dropout_p`` drops weights, always: give 0 in evaluation.

    Args:
        attn_mask: added to the scores; of bools, whether a query may look at a key.
        is_causal: a query looks at no later key.
        enable_gqa: each head of ``key`` and ``value`` serves as many of ``query`` as it takes.

    Shape:
        query (*, L, E), key (*, S, E), value (*, S, V), attn_mask broadcast to (*, L, S); the
        result is (*, L, V).

    Source:
        Vaswani et al. 2017
    """
    _same_dtype(query, key, value)
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise ShapeError(
            f"query, key, value는 2차원 이상이어야 합니다: {query.shape}, {key.shape}, "
            f"{value.shape}.",
            f"query, key and value must be at least 2D, not {query.shape}, {key.shape}, "
            f"{value.shape}.",
        )
    if enable_gqa:
        key, value = (_repeated(t, query.shape[-3]) for t in (key, value))
    mask = None if attn_mask is None else _mask(attn_mask, query, taken=True)
    if is_causal:
        if mask is not None:
            raise ShapeError(
                "is_causal=True와 attn_mask는 함께 줄 수 없습니다.",
                "Explicit attn_mask should not be set when is_causal=True.",
            )
        mask = wrap(causal(query.shape[-2], key.shape[-2], query.dtype))
    out: Tensor = _attend(query, key, value, mask, dropout_p, scale)[0]
    return out


def causal(queries: int, keys: int, dtype: Any) -> Array:
    """뒤를 보지 못하게 하는 마스크. What is added where no query looks at a later key."""
    return np.triu(np.full((queries, keys), -np.inf, dtype), 1)


def _same_dtype(*tensors: Any) -> None:
    kinds = [str(t.dtype) for t in tensors]
    if len({*kinds}) > 1 or tensors[0].dtype.kind != "f":
        raise DTypeError(
            f"query, key, value의 자료형은 한 소수형이어야 합니다: {', '.join(kinds)}.",
            f"Expected query, key, and value to have the same floating dtype: {', '.join(kinds)}.",
        )


def _mask(mask: Any, query: Any, taken: bool) -> Any:
    """What is added to the scores; a mask of bools says what is ``taken``, or what is not."""
    if mask.dtype == np.bool_:
        kept = as_array(mask) == taken
        return wrap(np.where(kept, 0.0, -np.inf).astype(query.dtype))
    if mask.dtype.kind != "f" or (taken and mask.dtype != query.dtype):
        raise DTypeError(
            f"마스크의 자료형은 bool이나 {query.dtype}이어야 합니다: {mask.dtype}.",
            f"Expected attn_mask dtype to be bool or {query.dtype}, not {mask.dtype}.",
        )
    return mask


def _repeated(x: Any, heads: int) -> Any:
    """Each head in a row as often as it takes to be as many as ``heads``."""
    have = x.shape[-3]
    if not have or heads % have:
        raise ShapeError(
            f"query의 머리 수 {heads}은(는) key와 value의 {have}(으)로 나누어져야 합니다.",
            f"Number of heads in key and value ({have}) must divide that in query ({heads}).",
        )
    index = (slice(None),) * (x.ndim - 3) + (np.repeat(np.arange(have), heads // have),)
    return x if heads == have else getitem(x, index=index)


def _attend(
    q: Any, k: Any, v: Any, mask: Any, p: float, scale: float | None = None, safe: bool = True
) -> tuple[Any, Any]:
    """The weighted means and the weights: nan where a query may look at nothing, if ``safe`` 0."""
    scale = 1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else scale
    scores = matmul(q * scale, transpose(k, -2, -1))
    if mask is not None:
        scores = scores + mask
    nothing = np.isneginf(as_array(scores)).all(-1, keepdims=True)
    if safe and nothing.any():
        weights = softmax(where(wrap(nothing), 0.0, scores), -1)
        weights = where(wrap(nothing), 0.0, weights)
    else:
        weights = softmax(scores, -1)
    weights = dropout(weights, p)
    return matmul(weights, v), weights


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """여러 머리의 주의: :class:`~tinygrad_kr.nn.MultiheadAttention` 의 식.

    The function of :class:`~tinygrad_kr.nn.MultiheadAttention`: query, key and value are mapped and
    cut into ``num_heads``, each attends on its own, and what they find is joined and mapped.

    Shape:
        query (L, N, E) or (L, E), key and value (S, N, ·) or (S, ·).
    """
    alone = query.ndim == 2
    q, k, v = (unsqueeze(t, 1) if alone else t for t in (query, key, value))
    _check_shapes(q, k, v, embed_dim_to_check, num_heads)
    if is_causal and attn_mask is None:
        raise ShapeError(
            "is_causal은 attn_mask에 대한 귀띔입니다: attn_mask도 주세요.",
            "Need attn_mask if specifying the is_causal hint.",
        )
    length, batch, _ = q.shape
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = wrap(causal(length, k.shape[0], q.dtype))
    mask = _merged(q, k.shape[0], num_heads, attn_mask, key_padding_mask, alone)
    weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    if not use_separate_proj_weight:
        weights = chunk(in_proj_weight, 3)  # type: ignore[assignment]
    biases = (None,) * 3 if in_proj_bias is None else chunk(in_proj_bias, 3)
    q, k, v = (linear(t, w, b) for t, w, b in zip((q, k, v), weights, biases, strict=True))  # type: ignore[arg-type]
    if bias_k is not None and bias_v is not None:
        k, v = (cat((t, expand(b, (1, batch, -1)))) for t, b in ((k, bias_k), (v, bias_v)))
    q, k, v = (_heads(t, num_heads) for t in (q, k, v))
    k, v = (_static(t, s, q) for t, s in ((k, static_k), (v, static_v)))
    if add_zero_attn:
        k, v = (cat((t, wrap(np.zeros((*t.shape[:2], 1, t.shape[3]), t.dtype))), 2) for t in (k, v))
    if mask is not None and k.shape[2] > mask.shape[3]:
        more = np.zeros((*mask.shape[:3], k.shape[2] - mask.shape[3]), mask.dtype)
        mask = cat((mask, wrap(more)), 3)
    out, found = _attend(q, k, v, mask, dropout_p if training else 0.0, safe=not need_weights)
    out = reshape(permute(out, (2, 0, 1, 3)), (length, batch, embed_dim_to_check))
    out = linear(out, out_proj_weight, out_proj_bias)
    shown = (mean(found, 1) if average_attn_weights else found) if need_weights else None
    if alone:
        return squeeze(out, 1), None if shown is None else squeeze(shown, 0)
    return out, shown


def _check_shapes(q: Any, k: Any, v: Any, width: int, heads: int) -> None:
    if (
        {q.ndim, k.ndim, v.ndim} != {3}
        or k.shape[:2] != v.shape[:2]
        or q.shape[1] != k.shape[1]
        or q.shape[2] != width
        or width % heads
    ):
        raise ShapeError(
            f"query {q.shape}, key {k.shape}, value {v.shape}은(는) 폭 {width}, 머리 {heads}개의 "
            "주의에 맞지 않습니다.",
            f"query {q.shape}, key {k.shape} and value {v.shape} do not fit an attention of "
            f"embed_dim {width} and {heads} heads.",
        )


def _heads(x: Any, count: int) -> Any:
    """(length, batch, width) as (batch, heads, length, width / heads)."""
    length, batch, width = x.shape
    return permute(reshape(x, (length, batch, count, width // count)), (1, 2, 0, 3))


def _static(x: Any, given: Any, q: Any) -> Any:
    """What was given as (batch · heads, S, width / heads), in the place of ``x``."""
    return x if given is None else reshape(given, (*q.shape[:2], *given.shape[1:]))


def _merged(
    q: Any, keys: int, heads: int, attn_mask: Any, key_padding_mask: Any, alone: bool
) -> Any:
    """Both masks in one, (batch or 1, heads or 1, L, S), or None."""
    length, batch, _ = q.shape
    mask = None
    if attn_mask is not None:
        mask = _mask(attn_mask, q, taken=False)
        shapes = {2: (length, keys), 3: (batch * heads, length, keys)}
        if mask.shape != shapes.get(mask.ndim):
            raise ShapeError(
                f"attn_mask의 형상은 {shapes[2]}나 {shapes[3]}이어야 합니다: {mask.shape}.",
                f"The shape of attn_mask is {mask.shape}, but should be {shapes[2]} or "
                f"{shapes[3]}.",
            )
        mask = reshape(mask, (1, 1, *shapes[2]) if mask.ndim == 2 else (batch, heads, *shapes[2]))
    if key_padding_mask is not None:
        padding = _mask(key_padding_mask, q, taken=False)
        if padding.shape != ((keys,) if alone else (batch, keys)):
            raise ShapeError(
                f"key_padding_mask의 형상은 {(batch, keys)}이어야 합니다: {padding.shape}.",
                f"The shape of key_padding_mask is {padding.shape}, but should be {(batch, keys)}.",
            )
        padding = reshape(padding, (batch, 1, 1, keys))
        mask = padding if mask is None else mask + padding
    return mask
