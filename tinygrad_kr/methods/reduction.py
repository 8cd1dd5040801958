"""줄이기, 정렬, 선형 대수의 메서드.

The methods that reduce, scan, sort, put in proportion and multiply matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.ops import inplace
from tinygrad_kr.ops.dims import Dims, numpy_names
from tinygrad_kr.ops.reduction import sum_to_size
from tinygrad_kr.return_types import Selection

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class ReductionMethods(TensorBase):
    """줄이는 메서드. The methods that reduce, scan and sort."""

    __slots__ = ()

    # Sums

    @numpy_names
    def sum(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        return ops.sum(self, dim, keepdim, dtype=dtype)

    def sum_to_size(self, *size: Any) -> Tensor:
        return sum_to_size(self, *size)

    @numpy_names
    def mean(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        return ops.mean(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def prod(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        return ops.prod(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def var(
        self,
        dim: Dims | bool = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        return ops.var(self, dim, unbiased, keepdim, correction=correction)

    @numpy_names
    def std(
        self,
        dim: Dims | bool = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        return ops.std(self, dim, unbiased, keepdim, correction=correction)

    @numpy_names
    def norm(
        self, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None
    ) -> Tensor:
        return ops.norm(self, p, dim, keepdim, dtype)

    @numpy_names
    def logsumexp(self, dim: Dims, keepdim: bool = False) -> Tensor:
        return ops.logsumexp(self, dim, keepdim)

    @numpy_names
    def all(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return ops.all(self, dim, keepdim)

    @numpy_names
    def any(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return ops.any(self, dim, keepdim)

    @numpy_names
    def count_nonzero(self, dim: Dims = None) -> Tensor:
        return ops.count_nonzero(self, dim)

    # Extrema

    @overload
    def max(self) -> Tensor: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> Selection: ...
    @overload
    def max(self, dim: Tensor) -> Tensor: ...
    @numpy_names
    def max(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        return ops.max(self, dim, keepdim, other=other)  # type: ignore[call-overload]

    @overload
    def min(self) -> Tensor: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> Selection: ...
    @overload
    def min(self, dim: Tensor) -> Tensor: ...
    @numpy_names
    def min(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        return ops.min(self, dim, keepdim, other=other)  # type: ignore[call-overload]

    @overload
    def median(self) -> Tensor: ...
    @overload
    def median(self, dim: int, keepdim: bool = False) -> Selection: ...
    @numpy_names
    def median(self, dim: Any = None, keepdim: bool = False) -> Any:
        return ops.median(self, dim, keepdim)

    @numpy_names
    def amax(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return ops.amax(self, dim, keepdim)

    @numpy_names
    def amin(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return ops.amin(self, dim, keepdim)

    @numpy_names
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return ops.argmax(self, dim, keepdim)

    @numpy_names
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return ops.argmin(self, dim, keepdim)

    # Scans, sorting, softmax

    @numpy_names
    def cumsum(self, dim: int, *, dtype: Any = None) -> Tensor:
        return ops.cumsum(self, dim, dtype=dtype)

    @numpy_names
    def cumprod(self, dim: int, *, dtype: Any = None) -> Tensor:
        return ops.cumprod(self, dim, dtype=dtype)

    @numpy_names
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Selection:
        return ops.sort(self, dim, descending, stable)

    @numpy_names
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
        return ops.argsort(self, dim, descending, stable)

    @numpy_names
    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Selection:
        return ops.topk(self, k, dim, largest, sorted)

    @numpy_names
    def softmax(self, dim: int, *, dtype: Any = None) -> Tensor:
        return ops.softmax(self, dim, dtype=dtype)

    @numpy_names
    def log_softmax(self, dim: int, *, dtype: Any = None) -> Tensor:
        return ops.log_softmax(self, dim, dtype=dtype)

    def erf(self) -> Tensor:
        return ops.erf(self)

    def erf_(self) -> Tensor:
        return inplace.apply(self, ops.erf)

    # Linear algebra

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
        return ops.tensordot(self, other, dims)

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
