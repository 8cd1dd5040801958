"""선형 대수의 메서드와 @.

The methods of linear algebra, and the ``@`` operator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.ops import contraction, inplace
from tinygrad_kr.ops import linalg as ops

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class LinalgMethods(TensorBase):
    """선형 대수의 메서드. The methods of linear algebra."""

    __slots__ = ()

    def __matmul__(self, other: Any) -> Tensor:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul(other, self)

    def __imatmul__(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.matmul, other)

    def matmul(self, other: Any) -> Tensor:
        return ops.matmul(self, other)

    def mm(self, mat2: Any) -> Tensor:
        return ops.mm(self, mat2)

    def bmm(self, mat2: Any) -> Tensor:
        return ops.bmm(self, mat2)

    def mv(self, vec: Any) -> Tensor:
        return ops.mv(self, vec)

    def dot(self, tensor: Any) -> Tensor:
        return ops.dot(self, tensor)

    def outer(self, vec2: Any) -> Tensor:
        return ops.outer(self, vec2)

    def tensordot(self, other: Any, dims: Any = 2) -> Tensor:
        return contraction.tensordot(self, other, dims)

    def trace(self) -> Tensor:
        return ops.trace(self)

    def diag(self, diagonal: int = 0) -> Tensor:
        return ops.diag(self, diagonal)

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        return ops.diagonal(self, offset, dim1, dim2)

    def tril(self, diagonal: int = 0) -> Tensor:
        return ops.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Tensor:
        return ops.triu(self, diagonal)

    def tril_(self, diagonal: int = 0) -> Tensor:
        return inplace.apply(self, ops.tril, diagonal=diagonal)

    def triu_(self, diagonal: int = 0) -> Tensor:
        return inplace.apply(self, ops.triu, diagonal=diagonal)
