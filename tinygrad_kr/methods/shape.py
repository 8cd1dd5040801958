"""형상과 인덱싱의 메서드.

The methods that reshape, take apart, and index.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ArgumentError, IndexingError, ShapeError
from tinygrad_kr.ops import indexing, inplace
from tinygrad_kr.ops.dims import Dims, numpy_names

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _sizes(given: tuple[Any, ...], named: Any = None) -> Any:
    """``f(2, 3)``, ``f((2, 3))`` and ``f(size=(2, 3))`` alike."""
    if named is not None:
        return named
    return given[0] if len(given) == 1 else given


class ShapeMethods(TensorBase):
    """형상을 바꾸는 메서드. The methods that change a shape."""

    __slots__ = ()

    def reshape(self, *sizes: Any, shape: Any = None) -> Tensor:
        return ops.reshape(self, _sizes(sizes, shape))

    def view(self, *sizes: Any, size: Any = None) -> Tensor:
        return ops.view(self, _sizes(sizes, size))

    def reshape_as(self, other: Tensor) -> Tensor:
        return ops.reshape(self, other.shape)

    def view_as(self, other: Tensor) -> Tensor:
        return ops.view(self, other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        return ops.flatten(self, start_dim, end_dim)

    def ravel(self) -> Tensor:
        return ops.ravel(self)

    @numpy_names
    def squeeze(self, dim: Any = None) -> Tensor:
        return ops.squeeze(self, dim)

    @numpy_names
    def unsqueeze(self, dim: int) -> Tensor:
        return ops.unsqueeze(self, dim)

    def permute(self, *sizes: Any, dims: Any = None) -> Tensor:
        return ops.permute(self, _sizes(sizes, dims))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        return ops.transpose(self, dim0, dim1)

    def swapaxes(self, axis0: int, axis1: int) -> Tensor:
        return ops.transpose(self, axis0, axis1)

    def movedim(self, source: Any, destination: Any) -> Tensor:
        return ops.movedim(self, source, destination)

    def t(self) -> Tensor:
        return ops.t(self)

    @property
    def T(self) -> Tensor:
        """차원의 순서를 뒤집은 뷰(2차원이 아니면 경고한다).

        The view with its dimensions reversed; meant for matrices, it warns elsewhere.
        """
        ndim = self._array.ndim
        if ndim != 2:
            warnings.warn(
                f"{ndim}차원 텐서의 .T는 권하지 않습니다. .mT나 permute()를 쓰세요.\n"
                f"The use of .T on a tensor of {ndim} dimensions is deprecated; use .mT or "
                "permute().",
                stacklevel=2,
            )
        return ops.permute(self, tuple(range(ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """마지막 두 차원을 맞바꾼 뷰.

        The view with its last two dimensions swapped: a batch of transposed matrices.
        """
        if self._array.ndim < 2:
            raise ShapeError(
                f".mT는 행렬에만 쓸 수 있습니다: 형상 {self._array.shape}.",
                f".mT is only supported on matrices, not on shape {self._array.shape}.",
            )
        return ops.transpose(self, -2, -1)

    def expand(self, *sizes: Any, size: Any = None) -> Tensor:
        return ops.expand(self, _sizes(sizes, size))

    def expand_as(self, other: Tensor) -> Tensor:
        return ops.expand(self, other.shape)

    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        return ops.expand(self, _sizes(sizes, size))

    def flip(self, *sizes: Any, dims: Any = None, axis: Any = None) -> Tensor:
        return ops.flip(self, _sizes(sizes, dims if axis is None else axis))

    @numpy_names
    def roll(self, shifts: Any, dims: Dims = None) -> Tensor:
        return ops.roll(self, shifts, dims)

    # Taking apart and repeating

    @numpy_names
    def split(self, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
        return ops.split(self, split_size, dim)

    @numpy_names
    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        return ops.chunk(self, chunks, dim)

    @numpy_names
    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        return ops.unbind(self, dim)

    def repeat(self, *sizes: Any, repeats: Any = None) -> Tensor:
        return ops.repeat(self, _sizes(sizes, repeats))

    def tile(self, *sizes: Any, dims: Any = None) -> Tensor:
        return ops.tile(self, _sizes(sizes, dims))

    # Indexing

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
        return iter(self.unbind())

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, TensorBase | bool | int | float | np.ndarray | np.generic):
            raise ArgumentError(
                f"텐서나 수가 들어 있는지만 물을 수 있습니다: {type(element).__name__}.",
                f"`in` takes a tensor or a number, not {type(element).__name__}.",
            )
        return bool(ops.eq(self, element)._array.any())

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
