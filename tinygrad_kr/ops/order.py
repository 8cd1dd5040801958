"""순서: 최대, 최소, 중앙값, 정렬.

Order: the largest, the smallest, the middle, sorting. A nan counts as the largest value, and is the
answer wherever there is one; equal values keep their order, always. The gradient of what is chosen
along a named dimension goes to the element chosen; ``amax``, ``amin`` and the forms without a
dimension share it evenly among equals.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError
from tinygrad_kr.ops.comparison import isnan, logical_and, logical_or, maximum, minimum
from tinygrad_kr.ops.conversion import cast, clone
from tinygrad_kr.ops.dims import Dims, array_of, normal_dim, normal_dims, numpy_names
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import counted, mean, restored, sum
from tinygrad_kr.return_types import Selection

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _pick_forward(x: Array, *, index: Array, dim: int, keepdim: bool) -> Any:
    y = np.take_along_axis(x, index, dim)
    return y if keepdim else y.reshape(x.shape[:dim] + x.shape[dim + 1 :])


def _place_forward(g: Array, *, shape: Any, index: Array, dim: int, keepdim: bool) -> Any:
    out = np.zeros(shape, g.dtype)
    np.put_along_axis(out, index, g if keepdim else np.expand_dims(g, dim), dim)
    return out


# An index here never names an element twice, so what goes back is placed, not added.
_pick: Callable[..., Tensor] = Primitive(
    "pick",
    _pick_forward,
    x=lambda g, x_shape, index, dim, keepdim: _place(
        g, shape=x_shape, index=index, dim=dim, keepdim=keepdim
    ),
)
_place: Callable[..., Tensor] = Primitive(
    "place",
    _place_forward,
    g=lambda g, index, dim, keepdim: _pick(g, index=index, dim=dim, keepdim=keepdim),
)


def select(
    kind: type[Selection], input: Any, index: Array, dim: int, keepdim: bool = True
) -> Selection:
    """The values of ``input`` at ``index`` along ``dim``, and the index itself.

    If not ``keepdim``, both lose that dimension, in which they have size 1.
    """
    if input.ndim == 0:
        return kind(clone(input), index_like(input, index.reshape(())))
    values = _pick(input, index=index, dim=dim, keepdim=keepdim)
    return kind(values, index_like(input, index.reshape(values.shape)))


def index_like(input: Any, index: Array) -> Any:
    """Indices as a tensor where the input is one."""
    return wrap(index) if isinstance(input, TensorBase) else index


def _order(x: Array, dim: int, descending: bool) -> Any:
    """The indices that sort ``x``, stable in either direction."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    # Backwards twice: equal values keep their order, and nan comes first.
    order = np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)
    return x.shape[dim] - 1 - order


@numpy_names
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Selection:
    """정렬한다.

    The values sorted along ``dim``, and the indices that sort them, as a named tuple.

    Args:
        descending: the largest first.
        stable: equal values keep their order; here they do so in any case.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return select(return_types.sort, input, _order(as_array(input), dim, descending), dim)


@numpy_names
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """정렬하는 인덱스.

    The indices that sort along ``dim``; see :func:`sort`.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return index_like(input, _order(as_array(input), dim, descending))  # type: ignore[no-any-return]


@numpy_names
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Selection:
    """가장 큰(또는 작은) k개.

    The ``k`` largest values along ``dim``, and their indices, as a named tuple.

    Args:
        largest: False for the smallest.
        sorted: in order; here they are so in any case.

    Raises:
        ArgumentError: ``k`` is not an integer between 0 and the size.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    size = input.shape[dim] if input.ndim else 1
    if not hasattr(k, "__index__") or not 0 <= operator.index(k) <= size:
        raise ArgumentError(
            f"topk의 k={k}이(가) 차원 {dim}의 크기 {size}을(를) 벗어났습니다.",
            f"selected index k out of range: {k}, dimension {dim} has size {size}.",
        )
    order = _order(as_array(input), dim, largest)
    order = order if input.ndim == 0 else np.take(order, range(k), dim)
    return select(return_types.topk, input, order, dim)


# Extremes


def _shared(g: Any, x: Any, y: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """The gradient in equal parts to the elements that are equal to the answer; nan is none."""
    held = cast(x == restored(y, dims, keepdim), x.dtype)
    return held * (restored(g, dims, keepdim) / sum(held, dims or None, True))


def shared_by_all(g: Any, x: Any, y: Any) -> Any:
    """The same of the whole; if the answer is nan, to every nan."""
    held = cast(logical_or(x == y, logical_and(isnan(x), isnan(y))), x.dtype)
    return held * (g / sum(held))


def _extreme(name: str, ufunc: Any, *, x: Any) -> Callable[..., Tensor]:
    return Primitive(
        name, lambda x, *, dims, keepdim: ufunc.reduce(x, axis=dims, keepdims=keepdim), x=x
    )


_amax, _amin = _extreme("amax", np.maximum, x=_shared), _extreme("amin", np.minimum, x=_shared)
_max = _extreme("max", np.maximum, x=shared_by_all)
_min = _extreme("min", np.minimum, x=shared_by_all)


def need_elements(name: str, input: Any, dim: Any) -> tuple[int, ...]:
    """The dimensions to reduce; over no elements there is no answer."""
    shape = array_of(input).shape
    dims = normal_dims(dim, len(shape))
    if counted(shape, dims) == 0:
        raise DimError(
            f"{name}: 원소가 없어 답이 없습니다: 형상 {shape}, 차원 {dims}.",
            f"{name}(): Expected reduction dim to have non-zero size: shape {shape}, dim {dims}.",
        )
    return dims


@numpy_names
def amax(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """최댓값(같은 값들은 기울기를 나눈다).

    The maximum over ``dim``; equal maxima share the gradient.

    Raises:
        DimError: there are no elements to choose from, here and below.
    """
    return _amax(input, dims=need_elements("amax", input, dim), keepdim=keepdim)


@numpy_names
def amin(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """최솟값(같은 값들은 기울기를 나눈다).

    The minimum over ``dim``; equal minima share the gradient.
    """
    return _amin(input, dims=need_elements("amin", input, dim), keepdim=keepdim)


# Indices


def _arg(name: str, choose: Any) -> Callable[..., Tensor]:
    op = Primitive(name, lambda x, *, dim, keepdim: choose(x, axis=dim, keepdims=keepdim))

    def index(input: Any, dim: int | None, keepdim: bool) -> Tensor:
        need_elements(name, input, dim)
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


def chosen(choose: Any, name: str, input: Any, dim: Any, keepdim: bool) -> Selection:
    """What ``choose`` picks along ``dim``, an index function such as ``np.argmax``."""
    dim = normal_dim(dim, array_of(input).ndim)
    need_elements(name, input, dim)
    index = np.asarray(choose(as_array(input), axis=dim, keepdims=True))
    return select(getattr(return_types, name), input, index, dim, keepdim)


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
        return _max(input, dims=need_elements("max", input, None), keepdim=keepdim)
    return chosen(np.argmax, "max", input, dim, keepdim)


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
        return _min(input, dims=need_elements("min", input, None), keepdim=keepdim)
    return chosen(np.argmin, "min", input, dim, keepdim)


def argmedian(x: Array, *, axis: int, keepdims: bool) -> Array:
    """The index of the lower median along ``axis``, or of the first nan, kept of size 1."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    middle = (x.shape[axis] - 1) // 2
    index = np.take(np.argsort(x, axis=axis, kind="stable"), [middle], axis)
    nan = np.isnan(x)
    return np.where(nan.any(axis, keepdims=True), nan.argmax(axis, keepdims=True), index)


def _median_forward(x: Array) -> Any:
    line = x.reshape(-1)
    return line[argmedian(line, axis=0, keepdims=True)[0]]


_median: Callable[..., Tensor] = Primitive("median", _median_forward, x=shared_by_all)


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
        return chosen(argmedian, "median", input, dim, keepdim)
    if 0 in array_of(input).shape:
        return mean(input)  # nan
    return _median(input)
