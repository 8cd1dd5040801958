"""트랜스포머: 인코더와 디코더, 그 층.

The transformer: an encoder and a decoder, and their layers.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import as_dtype, get_default_dtype
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.container import ModuleList
from tinygrad_kr.nn.functional.more.attention import causal
from tinygrad_kr.nn.layers import Dropout, Linear
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.more.attention import MultiheadAttention
from tinygrad_kr.nn.more.normalization import LayerNorm
from tinygrad_kr.tensor import Tensor

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Mask = Tensor | None


class _Layer(Module):
    """Blocks of attention and one of two linear maps, each with a way past it and a norm."""

    _attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        own = {"bias": bias, "device": device, "dtype": dtype}
        blocks = range(1, len(self._attentions) + 2)
        for name in self._attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **own)
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **own)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **own)
        self.norm_first = norm_first
        for k in blocks:
            self.add_module(f"norm{k}", LayerNorm(d_model, layer_norm_eps, **own))
        for k in blocks:
            self.add_module(f"dropout{k}", Dropout(dropout))
        named = isinstance(activation, str)
        self.activation: Callable[[Any], Any] = (
            getattr(F, choice("activation", activation, ("relu", "gelu"))) if named else activation  # type: ignore[assignment]
        )

    def _block(self, number: int, x: Any, of: Callable[[Any], Any]) -> Any:
        """x plus a block of it, normed before the block or after the sum."""
        norm, drop = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        return x + drop(of(norm(x))) if self.norm_first else norm(x + drop(of(x)))

    def _attend(
        self, name: str, x: Any, memory: Any, mask: Mask, padding: Mask, is_causal: bool
    ) -> Any:
        attention = getattr(self, name)
        return attention(x, memory, memory, padding, False, mask, is_causal=is_causal)[0]

    def _feed(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """트랜스포머 인코더의 한 층: 자기 주의, 완전연결 둘.

    Self-attention, then two linear maps with an activation between them; each is added to what
    came in, and the sum normed, or with ``norm_first`` what goes in.

    Shape:
        (S, N, d_model), with ``batch_first`` (N, S, d_model), or (S, d_model); the result alike.
        Masks as of :class:`~tinygrad_kr.nn.MultiheadAttention`.

    Source:
        Vaswani et al. 2017

    >>> from tinygrad_kr import nn, ops
    >>> nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)(ops.zeros(4, 5, 6)).shape
    torch.Size([4, 5, 6])
    """

    _attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Mask = None,
        src_key_padding_mask: Mask = None,
        is_causal: bool = False,
    ) -> Any:
        def look(x: Any) -> Any:
            return self._attend("self_attn", x, x, src_mask, src_key_padding_mask, is_causal)

        return self._block(2, self._block(1, src, look), self._feed)


class TransformerDecoderLayer(_Layer):
    """트랜스포머 디코더의 한 층: 자기 주의, 인코더에 대한 주의, 완전연결 둘.

    Self-attention, attention to what the encoder found (``memory``), then two linear maps; see
    :class:`TransformerEncoderLayer`.
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Mask = None,
        memory_mask: Mask = None,
        tgt_key_padding_mask: Mask = None,
        memory_key_padding_mask: Mask = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        def look(x: Any) -> Any:
            return self._attend("self_attn", x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def look_back(x: Any) -> Any:
            return self._attend(
                "multihead_attn", x, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            )

        x = self._block(2, self._block(1, tgt, look), look_back)
        return self._block(3, x, self._feed)


class _Stack(Module):
    """Copies of a layer one after another, and perhaps a norm at the end."""

    norm: Module | None

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.layers = ModuleList([deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def _through(self, x: Any, *args: Any) -> Any:
        for layer in self.layers:
            x = layer(x, *args)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """트랜스포머 인코더: 층의 사본들.

    ``num_layers`` copies of a layer, which begin with the same weights.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Mask = None,
        src_key_padding_mask: Mask = None,
        is_causal: bool | None = None,
    ) -> Any:
        return self._through(src, mask, src_key_padding_mask, bool(is_causal))


class TransformerDecoder(_Stack):
    """트랜스포머 디코더: 층의 사본들.

    ``num_layers`` copies of a layer, which begin with the same weights.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Mask = None,
        memory_mask: Mask = None,
        tgt_key_padding_mask: Mask = None,
        memory_key_padding_mask: Mask = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        return self._through(
            tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
            bool(tgt_is_causal), memory_is_causal,
        )  # fmt: skip


class Transformer(Module):
    """트랜스포머: 인코더와 디코더.

    The decoder's answer to ``tgt``, in view of what the encoder found in ``src``.

    Shape:
        src (S, N, d_model), tgt (T, N, d_model), with ``batch_first`` N first, or both without N;
        the result as ``tgt``.

    Source:
        Vaswani et al. 2017
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        settings = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                    batch_first, norm_first, bias, device, dtype)  # fmt: skip
        norm = partial(LayerNorm, d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*settings), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*settings), num_decoder_layers, norm()
        )
        for param in self.parameters():
            if param.ndim > 1:
                init.xavier_uniform_(param)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Mask = None,
        tgt_mask: Mask = None,
        memory_mask: Mask = None,
        src_key_padding_mask: Mask = None,
        tgt_key_padding_mask: Mask = None,
        memory_key_padding_mask: Mask = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        at = 0 if self.batch_first else 1
        batches = [t.shape[at] for t in (src, tgt) if t.ndim == 3]
        if len({*batches}) > 1 or {src.shape[-1], tgt.shape[-1]} != {self.d_model}:
            raise ShapeError(
                f"src {src.shape}와 tgt {tgt.shape}의 배치는 같고 폭은 {self.d_model}이어야 "
                "합니다.",
                f"the batch number of src {src.shape} and tgt {tgt.shape} must be equal, and the "
                f"feature number equal to d_model {self.d_model}.",
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
            tgt_is_causal, memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """뒤를 보지 못하게 하는 마스크: 대각선 위는 -inf, 나머지는 0.

        0 on and below the diagonal, −∞ above it.

        >>> Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        return wrap(causal(sz, sz, get_default_dtype() if dtype is None else as_dtype(dtype)))
