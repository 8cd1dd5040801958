"""줄이기와 정렬의 메서드.

The methods that reduce, scan, sort and put in proportion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.ops import extrema, inplace, reduction, scan, sorting
from tinygrad_kr.ops.dims import Dims, numpy_names
from tinygrad_kr.ops.exponential import erf
from tinygrad_kr.ops.softmax import log_softmax, logsumexp, softmax
from tinygrad_kr.ops.sorting import Selection
from tinygrad_kr.ops.vector_norm import norm

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class ReductionMethods(TensorBase):
    """줄이는 메서드. The methods that reduce, scan and sort."""

    __slots__ = ()

    # Sums

    @numpy_names
    def sum(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        return reduction.sum(self, dim, keepdim, dtype=dtype)

    def sum_to_size(self, *size: Any) -> Tensor:
        return reduction.sum_to_size(self, *size)

    @numpy_names
    def mean(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        return reduction.mean(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def prod(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        return scan.prod(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def var(
        self,
        dim: Dims | bool = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        return reduction.var(self, dim, unbiased, keepdim, correction=correction)

    @numpy_names
    def std(
        self,
        dim: Dims | bool = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        return reduction.std(self, dim, unbiased, keepdim, correction=correction)

    @numpy_names
    def norm(
        self, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None
    ) -> Tensor:
        return norm(self, p, dim, keepdim, dtype)

    @numpy_names
    def logsumexp(self, dim: Dims, keepdim: bool = False) -> Tensor:
        return logsumexp(self, dim, keepdim)

    @numpy_names
    def all(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return reduction.all(self, dim, keepdim)

    @numpy_names
    def any(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return reduction.any(self, dim, keepdim)

    @numpy_names
    def count_nonzero(self, dim: Dims = None) -> Tensor:
        return reduction.count_nonzero(self, dim)

    # Extrema

    @overload
    def max(self) -> Tensor: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> Selection: ...
    @overload
    def max(self, dim: Tensor) -> Tensor: ...
    @numpy_names
    def max(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        return extrema.max(self, dim, keepdim, other=other)  # type: ignore[call-overload]

    @overload
    def min(self) -> Tensor: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> Selection: ...
    @overload
    def min(self, dim: Tensor) -> Tensor: ...
    @numpy_names
    def min(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        return extrema.min(self, dim, keepdim, other=other)  # type: ignore[call-overload]

    @overload
    def median(self) -> Tensor: ...
    @overload
    def median(self, dim: int, keepdim: bool = False) -> Selection: ...
    @numpy_names
    def median(self, dim: Any = None, keepdim: bool = False) -> Any:
        return extrema.median(self, dim, keepdim)

    @numpy_names
    def amax(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return extrema.amax(self, dim, keepdim)

    @numpy_names
    def amin(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return extrema.amin(self, dim, keepdim)

    @numpy_names
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return extrema.argmax(self, dim, keepdim)

    @numpy_names
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return extrema.argmin(self, dim, keepdim)

    # Scans, sorting, softmax

    @numpy_names
    def cumsum(self, dim: int, *, dtype: Any = None) -> Tensor:
        return scan.cumsum(self, dim, dtype=dtype)

    @numpy_names
    def cumprod(self, dim: int, *, dtype: Any = None) -> Tensor:
        return scan.cumprod(self, dim, dtype=dtype)

    @numpy_names
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Selection:
        return sorting.sort(self, dim, descending, stable)

    @numpy_names
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
        return sorting.argsort(self, dim, descending, stable)

    @numpy_names
    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Selection:
        return sorting.topk(self, k, dim, largest, sorted)

    @numpy_names
    def softmax(self, dim: int, *, dtype: Any = None) -> Tensor:
        return softmax(self, dim, dtype=dtype)

    @numpy_names
    def log_softmax(self, dim: int, *, dtype: Any = None) -> Tensor:
        return log_softmax(self, dim, dtype=dtype)

    def erf(self) -> Tensor:
        return erf(self)

    def erf_(self) -> Tensor:
        return inplace.apply(self, erf)
