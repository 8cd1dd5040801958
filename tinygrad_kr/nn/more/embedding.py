"""임베딩 계층.

Layers of embeddings: a learnt vector for each number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import choice, integer
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.tensor import Tensor

__all__ = ["Embedding", "EmbeddingBag"]

E = TypeVar("E", bound="_Embeddings")


class _Embeddings(Module):
    """The table and what both kinds say of it."""

    def _settle(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None, sparse: bool,
        weight: Tensor | None, freeze: bool, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        rows = self.num_embeddings = integer("num_embeddings", num_embeddings, least=0)
        self.embedding_dim = integer("embedding_dim", embedding_dim, least=0)
        if sparse:
            raise ArgumentError(
                "희소(sparse) 기울기는 없습니다. sparse=False로 두세요.",
                "there are no sparse gradients; leave sparse=False.",
            )
        if padding_idx is not None and not -rows <= padding_idx < rows:
            raise ArgumentError(
                f"padding_idx={padding_idx}이(가) num_embeddings={rows}을(를) 벗어났습니다.",
                f"Padding_idx must be within num_embeddings={rows}, not {padding_idx}.",
            )
        negative = padding_idx is not None and padding_idx < 0
        self.padding_idx = padding_idx + rows if negative else padding_idx  # type: ignore[operator]
        self.sparse = sparse
        if weight is not None and weight.shape != (rows, embedding_dim):
            raise ShapeError(
                f"weight의 형상이 {weight.shape}인데 {(rows, embedding_dim)}이어야 합니다.",
                f"Shape of weight, {weight.shape}, does not match num_embeddings and "
                f"embedding_dim, {(rows, embedding_dim)}.",
            )
        table = empty(rows, embedding_dim, dtype=dtype, device=device) if weight is None else weight
        self.weight = Parameter(table, requires_grad=not freeze)
        if weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """N(0, 1)에서 다시 뽑는다. Draw anew; the row of ``padding_idx`` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls: Callable[..., E], embeddings: Tensor, freeze: bool = True, *args: Any, **kwargs: Any
    ) -> E:
        """학습된 표로 만든다. Make one of a table; the other settings are the constructor's."""
        if embeddings.ndim != 2:
            raise ShapeError(
                f"임베딩의 표는 2차원이어야 합니다: 형상 {embeddings.shape}.",
                f"Embeddings parameter is expected to be 2-dimensional, not {embeddings.shape}.",
            )
        made = cls(*embeddings.shape, *args, _weight=embeddings, **kwargs)
        made.weight.requires_grad_(not freeze)
        return made

    def extra_repr(self) -> str:
        own = self.__dict__
        shown = [f"{self.num_embeddings}, {self.embedding_dim}"]
        usual = {"max_norm": None, "norm_type": 2, "scale_grad_by_freq": False}
        shown += [f"{n}={own[n]}" for n, value in usual.items() if own[n] != value]
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        if "mode" in own:
            return ", ".join([*shown, f"mode={own['mode']!r}", *padding])
        return ", ".join([shown[0], *padding, *shown[1:]])


class Embedding(_Embeddings):
    """임베딩: 번호마다 학습하는 벡터 하나.

    A row of ``weight`` for each number, drawn from N(0, 1).

    Args:
        padding_idx: the row that is 0 at first and gets no gradient.
        max_norm, norm_type: rows that are asked for and longer are shortened to this norm, in
            place.
        scale_grad_by_freq: divide the gradient of a row by how often it was asked for.
        sparse: there are no sparse gradients here; refused.

    Shape:
        (*) of integers gives (*, embedding_dim); ``weight`` is (num_embeddings, embedding_dim).

    >>> from tinygrad_kr import nn, ops
    >>> nn.Embedding(10, 3)(ops.creation.tensor([[1, 2], [4, 1]])).shape
    torch.Size([2, 2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self._settle(
            num_embeddings, embedding_dim, padding_idx, sparse, _weight, _freeze, device, dtype
        )

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq,
        )  # fmt: skip


class EmbeddingBag(_Embeddings):
    """임베딩의 주머니: 번호들이 가리키는 행들의 합, 평균, 최댓값.

    The sum, mean or maximum (``mode``) of the rows that each bag of numbers names; see
    :class:`Embedding` and :func:`~tinygrad_kr.nn.functional.embedding_bag`.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = choice("mode", mode, ("sum", "mean", "max"))
        self.include_last_offset = include_last_offset
        self._settle(
            num_embeddings, embedding_dim, padding_idx, sparse, _weight, False, device, dtype
        )

    def forward(
        self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, False, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip
