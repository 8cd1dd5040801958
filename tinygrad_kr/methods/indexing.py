"""인덱싱의 메서드.

Indexing, gathering and iterating: the methods.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ArgumentError, IndexingError
from tinygrad_kr.ops import gathering as ops
from tinygrad_kr.ops import indexing, inplace
from tinygrad_kr.ops.comparison import eq
from tinygrad_kr.ops.dims import numpy_names
from tinygrad_kr.ops.joining import unbind

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class IndexingMethods(TensorBase):
    """인덱싱의 메서드. The methods of indexing."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Tensor:
        return indexing.index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        inplace.put(self, key, value)

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise IndexingError("0차원 텐서에는 길이가 없습니다.", "len() of a 0-d tensor.")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if self._array.ndim == 0:
            raise IndexingError(
                "0차원 텐서는 하나씩 꺼낼 수 없습니다. item()을 쓰세요.",
                "iteration over a 0-d tensor; use item().",
            )
        return iter(unbind(self))

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, TensorBase | bool | int | float | np.ndarray | np.generic):
            raise ArgumentError(
                f"텐서나 수가 들어 있는지만 물을 수 있습니다: {type(element).__name__}.",
                f"`in` takes a tensor or a number, not {type(element).__name__}.",
            )
        return bool(eq(self, element)._array.any())

    # Picking

    @numpy_names
    def gather(self, dim: int, index: Tensor) -> Tensor:
        return ops.gather(self, dim, index)

    @numpy_names
    def take_along_dim(self, indices: Tensor, dim: int | None = None) -> Tensor:
        return ops.take_along_dim(self, indices, dim)

    @numpy_names
    def index_select(self, dim: int, index: Tensor) -> Tensor:
        return ops.index_select(self, dim, index)

    def masked_select(self, mask: Tensor) -> Tensor:
        return ops.masked_select(self, mask)

    # Putting

    @numpy_names
    def scatter(
        self, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
        reduce: str | None = None,
    ) -> Tensor:  # fmt: skip
        return ops.scatter(self, dim, index, src, value=value, reduce=reduce)

    @numpy_names
    def scatter_(
        self, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
        reduce: str | None = None,
    ) -> Tensor:  # fmt: skip
        return inplace.apply(self, ops.scatter, dim, index, src, value=value, reduce=reduce)

    @numpy_names
    def scatter_add(self, dim: int, index: Tensor, src: Tensor) -> Tensor:
        return ops.scatter_add(self, dim, index, src)

    @numpy_names
    def scatter_add_(self, dim: int, index: Tensor, src: Tensor) -> Tensor:
        return inplace.apply(self, ops.scatter_add, dim, index, src)

    def masked_fill(self, mask: Tensor, value: Any) -> Tensor:
        return ops.masked_fill(self, mask, value)

    def masked_fill_(self, mask: Tensor, value: Any) -> Tensor:
        return inplace.apply(self, ops.masked_fill, mask, value)
