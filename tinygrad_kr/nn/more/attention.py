"""여러 머리의 주의.

Multi-head attention.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tinygrad_kr.errors import DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional.more.attention import multi_head_attention_forward
from tinygrad_kr.nn.layers import Linear
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.shape import transpose
from tinygrad_kr.tensor import Tensor

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """완전연결 계층: PyTorch가 여기서 부르는 이름.

    :class:`~tinygrad_kr.nn.Linear` by the name that PyTorch shows here.
    """


class MultiheadAttention(Module):
    """여러 머리의 주의(multi-head attention).

    Query, key and value are mapped and cut into ``num_heads``; each head attends on its own, and
    what they find is joined and mapped. Gives the result and, unless ``need_weights`` is False, the
    weights, their mean over the heads if ``average_attn_weights``.

    Args:
        dropout: of the weights, in training.
        add_bias_kv: one more key and value, which are learnt.
        add_zero_attn: one more key and value, of zeros.
        kdim, vdim: the widths of key and value, if not ``embed_dim``.

    Shape:
        query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim), with ``batch_first`` N
        before L and S; or all without N. ``key_padding_mask`` (N, S) and ``attn_mask`` (L, S) or
        (N · heads, L, S): True where a key is *not* looked at, or numbers to add to the scores.

    Source:
        Vaswani et al. 2017

    >>> from tinygrad_kr import nn, ops
    >>> x = ops.zeros(8, 5, 6)
    >>> y, weights = nn.MultiheadAttention(6, 2, batch_first=True)(x, x, x)
    >>> y.shape, weights.shape
    (torch.Size([8, 5, 6]), torch.Size([8, 5, 5]))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.embed_dim = integer("embed_dim", embed_dim, least=1)
        self.num_heads = integer("num_heads", num_heads, least=1)
        self.head_dim, rest = divmod(embed_dim, num_heads)
        if rest:
            raise HyperparameterError(
                f"embed_dim={embed_dim}은(는) num_heads={num_heads}로 나누어져야 합니다.",
                f"embed_dim={embed_dim} must be divisible by num_heads={num_heads}.",
            )
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        new = partial(empty, dtype=dtype, device=device)
        one = self._qkv_same_embed_dim
        widths = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        for name, width in widths.items():
            weight = None if one else Parameter(new(embed_dim, width))
            self.register_parameter(f"{name}_proj_weight", weight)
        weight = Parameter(new(3 * embed_dim, embed_dim)) if one else None
        self.register_parameter("in_proj_weight", weight)
        self.register_parameter("in_proj_bias", Parameter(new(3 * embed_dim)) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, Parameter(new(1, 1, embed_dim)) if add_bias_kv else None)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name, param in self.named_parameters(recurse=False):
            if name.endswith("weight"):
                init.xavier_uniform_(param)
            elif name == "in_proj_bias":
                init.zeros_(param)
            else:
                init.xavier_normal_(param)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        swapped = self.batch_first and query.ndim == 3
        if swapped:
            query, key, value = (transpose(t, 0, 1) for t in (query, key, value))
        try:
            out, weights = multi_head_attention_forward(
                query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
                self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
                self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask,
                need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight,
                self.k_proj_weight, self.v_proj_weight, average_attn_weights=average_attn_weights,
                is_causal=is_causal,
            )  # fmt: skip
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        return transpose(out, 0, 1) if swapped else out, weights

    def extra_repr(self) -> str:
        return ""
