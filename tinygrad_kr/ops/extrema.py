"""가장 큰 값, 가장 작은 값, 가운데 값.

The largest, the smallest and the middle. A nan is the answer wherever there is one. Over a named
dimension the gradient goes to the element chosen; ``amax``, ``amin`` and the forms without a
dimension share it evenly among equals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DimError, ShapeError
from tinygrad_kr.ops.comparison import isnan, logical_and, logical_or, maximum, minimum, where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import Dims, array_of, normal_dim, normal_dims, numpy_names
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import counted, mean, restored, sum
from tinygrad_kr.ops.sorting import Selection, select

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _shared(g: Any, x: Any, y: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """The gradient in equal parts to the elements that are the answer."""
    found = restored(y, dims, keepdim)
    held = logical_or(x == found, logical_and(isnan(x), isnan(found)))
    count = cast(sum(held, dims or None, True), x.dtype)
    return where(held, restored(g, dims, keepdim) / count, 0.0)


_amax: Callable[..., Tensor] = Primitive(
    "amax",
    lambda x, *, dims, keepdim: np.maximum.reduce(x, axis=dims, keepdims=keepdim),
    x=_shared,
)
_amin: Callable[..., Tensor] = Primitive(
    "amin",
    lambda x, *, dims, keepdim: np.minimum.reduce(x, axis=dims, keepdims=keepdim),
    x=_shared,
)


def _need_elements(name: str, input: Any, dim: Any) -> tuple[int, ...]:
    """The dimensions to reduce; over no elements there is no answer."""
    shape = array_of(input).shape
    dims = normal_dims(dim, len(shape))
    if counted(shape, dims) == 0:
        raise (ShapeError if dim is None else DimError)(
            f"{name}: 원소가 없어 답이 없습니다: 형상 {shape}, 차원 {dims}.",
            f"{name}(): Expected reduction dim to have non-zero size: shape {shape}, dim {dims}.",
        )
    return dims


@numpy_names
def amax(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """최댓값(같은 값들은 기울기를 나눈다).

    The maximum over ``dim``; equal maxima share the gradient.

    Raises:
        ShapeError, DimError: there are no elements to choose from, here and below.
    """
    return _amax(input, dims=_need_elements("amax", input, dim), keepdim=keepdim)


@numpy_names
def amin(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """최솟값(같은 값들은 기울기를 나눈다).

    The minimum over ``dim``; equal minima share the gradient.
    """
    return _amin(input, dims=_need_elements("amin", input, dim), keepdim=keepdim)


# Indices


def _arg(name: str, choose: Any) -> Callable[..., Tensor]:
    op = Primitive(name, lambda x, *, dim, keepdim: choose(x, axis=dim, keepdims=keepdim))

    def index(input: Any, dim: int | None, keepdim: bool) -> Tensor:
        _need_elements(name, input, dim)
        dim = None if dim is None else normal_dim(dim, input.ndim)
        return op(input, dim=dim, keepdim=keepdim)  # type: ignore[no-any-return]

    return index


_argmax, _argmin = _arg("argmax", np.argmax), _arg("argmin", np.argmin)


@numpy_names
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """최댓값의 인덱스(같으면 첫째).

    The index of the maximum along ``dim``, the first of equals; of the flattened tensor if ``dim``
    is None.
    """
    return _argmax(input, dim, keepdim)


@numpy_names
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """최솟값의 인덱스(같으면 첫째).

    The index of the minimum; see :func:`argmax`.
    """
    return _argmin(input, dim, keepdim)


# max, min and median, each in several forms


def _chosen(choose: Any, name: str, input: Any, dim: Any, keepdim: bool) -> Selection:
    """What ``choose`` picks along ``dim``, an index function such as ``np.argmax``."""
    dim = normal_dim(dim, array_of(input).ndim)
    _need_elements(name, input, dim)
    index = np.asarray(choose(as_array(input), axis=dim, keepdims=True))
    return select(input, index, dim, keepdim)


@overload
def max(input: Any) -> Tensor: ...
@overload
def max(input: Any, dim: int, keepdim: bool = False) -> Selection: ...
@overload
def max(input: Any, dim: Tensor) -> Tensor: ...
@numpy_names
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """최댓값.

    ``max(x)`` is the largest element; ``max(x, dim)`` the named tuple ``(values, indices)`` of the
    largest along a dimension, the first of equals; ``max(x, other)`` is :func:`maximum`.

    >>> import tinygrad_kr as tg
    >>> values, indices = tg.max(tg.tensor([[1.0, 3.0], [4.0, 2.0]]), dim=1)
    >>> indices
    tensor([1, 0])
    """
    if other is not None or isinstance(dim, TensorBase | np.ndarray):
        return maximum(input, dim if other is None else other)
    if dim is None:
        return _amax(input, dims=_need_elements("max", input, None), keepdim=keepdim)
    return _chosen(np.argmax, "max", input, dim, keepdim)


@overload
def min(input: Any) -> Tensor: ...
@overload
def min(input: Any, dim: int, keepdim: bool = False) -> Selection: ...
@overload
def min(input: Any, dim: Tensor) -> Tensor: ...
@numpy_names
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """최솟값.

    The smallest, in the three forms of :func:`max`.
    """
    if other is not None or isinstance(dim, TensorBase | np.ndarray):
        return minimum(input, dim if other is None else other)
    if dim is None:
        return _amin(input, dims=_need_elements("min", input, None), keepdim=keepdim)
    return _chosen(np.argmin, "min", input, dim, keepdim)


def _argmedian(x: Array, *, axis: int, keepdims: bool) -> Array:
    """The index of the lower median along ``axis``, or of the first nan, kept of size 1."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    middle = (x.shape[axis] - 1) // 2
    index = np.take(np.argsort(x, axis=axis, kind="stable"), [middle], axis)
    nan = np.isnan(x)
    return np.where(nan.any(axis, keepdims=True), nan.argmax(axis, keepdims=True), index)


def _median_forward(x: Array, *, dims: tuple[int, ...], keepdim: bool) -> Any:
    line = x.reshape(-1)
    return line[_argmedian(line, axis=0, keepdims=True)[0]]


_median: Callable[..., Tensor] = Primitive("median", _median_forward, x=_shared)


@overload
def median(input: Any) -> Tensor: ...
@overload
def median(input: Any, dim: int, keepdim: bool = False) -> Selection: ...
@numpy_names
def median(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """중앙값(짝수 개면 둘 가운데 작은 쪽).

    The median, the lower one of an even number of elements; ``median(x, dim)`` is the named tuple
    ``(values, indices)``.
    """
    if dim is not None:
        return _chosen(_argmedian, "median", input, dim, keepdim)
    if 0 in array_of(input).shape:
        return mean(input)  # nan
    return _median(input, dims=normal_dims(None, input.ndim), keepdim=False)
