"""정렬: sort, argsort, topk.

Sorting. nan counts as the largest value, and equal values keep their order, always. Values are
gathered through the indices, and that is where their gradient goes back.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.conversion import clone
from tinygrad_kr.ops.dims import array_of, normal_dim, numpy_names
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class Selection(NamedTuple):
    """값과 그 인덱스.

    Values chosen along a dimension, and the indices where they stood.
    """

    values: Tensor
    indices: Tensor


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


def select(input: Any, index: Array, dim: int, keepdim: bool = True) -> Selection:
    """The values of ``input`` at ``index`` along ``dim``, and the index itself.

    If not ``keepdim``, both lose that dimension, in which they have size 1.
    """
    if input.ndim == 0:
        return Selection(clone(input), _tensor_like(input, index.reshape(())))
    values = _pick(input, index=index, dim=dim, keepdim=keepdim)
    return Selection(values, _tensor_like(input, index.reshape(values.shape)))


def _tensor_like(input: Any, index: Array) -> Any:
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

    >>> import tinygrad_kr as tg
    >>> tg.sort(tg.tensor([3.0, 1.0, 2.0])).values
    tensor([1., 2., 3.])
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return select(input, _order(as_array(input), dim, descending), dim)


@numpy_names
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """정렬하는 인덱스.

    The indices that sort along ``dim``; see :func:`sort`.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return _tensor_like(input, _order(as_array(input), dim, descending))  # type: ignore[no-any-return]


@numpy_names
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Selection:
    """가장 큰(또는 작은) k개.

    The ``k`` largest values along ``dim``, and their indices, as a named tuple.

    Args:
        largest: False for the smallest.
        sorted: in order; here they are so in any case.

    Raises:
        ArgumentError: ``k`` is no integer, negative, or larger than the dimension.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    size = input.shape[dim] if input.ndim else 1
    if not hasattr(k, "__index__") or not 0 <= operator.index(k) <= size:
        raise ArgumentError(
            f"topk의 k={k}이(가) 범위를 벗어났습니다. 차원 {dim}의 크기는 {size}입니다.",
            f"selected index k out of range: {k}, dimension {dim} has size {size}.",
        )
    order = _order(as_array(input), dim, largest)
    return select(input, order if input.ndim == 0 else np.take(order, range(k), dim), dim)
