"""드물게 쓰는 고르기.

Rarer ways of picking from a tensor.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, IndexingError, ShapeError
from tinygrad_kr.ops.conversion import clone
from tinygrad_kr.ops.dims import array_of, array_of_kind, normal_dim, numpy_names
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.joining import along
from tinygrad_kr.ops.shape import integers, ravel

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = ["narrow", "narrow_copy", "select", "take", "unravel_index"]


def flat_places(name: str, input: Any, index: Any) -> Array:
    """An index into the flat tensor, from either end; refuses what is not there."""
    size, places = array_of(input).size, array_of_kind("iu", name, index)
    outside = places[(places < -size) | (places >= size)]
    if outside.size:
        raise IndexingError(
            f"{name}: 인덱스 {outside[0]}은(는) 원소 {size}개의 범위를 벗어났습니다.",
            f"{name}(): index {outside[0]} is out of range for a tensor of {size} elements.",
        )
    return np.array(places, np.intp)


def take(input: Any, index: Any) -> Tensor:
    """1차원으로 폈을 때의 인덱스로 고른다.

    The elements at an index of the flat tensor, in the shape of ``index``.
    """
    return getitem(ravel(input), index=(flat_places("take", input, index),))


def in_dim(name: str, input: Any, dim: int, error: type[Exception]) -> tuple[int, int]:
    """The dimension counted from the front, and its size; refuses a 0-d tensor."""
    shape = array_of(input).shape
    if not shape:
        raise error(
            f"{name}은(는) 0차원 텐서에는 쓸 수 없습니다.",
            f"{name}() cannot be applied to a 0-dim tensor.",
        )
    at = normal_dim(dim, len(shape))
    return at, shape[at]


@numpy_names
def select(input: Any, dim: int, index: int) -> Tensor:
    """한 차원에서 하나를 고른 뷰: 그 차원은 없어진다.

    A view of the slice at ``index`` along ``dim``, without that dimension.
    """
    at, n = in_dim("select", input, dim, IndexingError)
    place = operator.index(as_array(index))
    if not -n <= place < n:
        raise IndexingError(
            f"select: 인덱스 {place}은(는) 차원 {at}의 크기 {n}을(를) 벗어났습니다.",
            f"select(): index {place} is out of range for dimension {at} of size {n}.",
        )
    return getitem(input, index=along(at, place))


@numpy_names
def narrow(input: Any, dim: int, start: Any, length: int) -> Tensor:
    """한 차원에서 start부터 length개를 고른 뷰.

    A view of ``length`` slices along ``dim`` from ``start``, a number or a 0-d tensor.
    """
    at, n = in_dim("narrow", input, dim, ShapeError)
    first = as_array(start)
    if isinstance(first, np.ndarray) and (first.ndim or first.dtype.kind not in "iu"):
        raise ArgumentError(
            f"narrow의 start는 정수여야 합니다: {first.dtype} {first.shape}.",
            f"narrow: start must be an integer or a 0-dim integral tensor, not {first.dtype} of "
            f"shape {first.shape}.",
        )
    begin = operator.index(first)
    if not -n <= begin <= n:
        raise IndexingError(
            f"narrow의 start {begin}이(가) [{-n}, {n}]을(를) 벗어났습니다.",
            f"narrow: start out of range: {begin} is not in [{-n}, {n}].",
        )
    begin += n if begin < 0 else 0
    if not 0 <= length <= n - begin:
        raise ShapeError(
            f"narrow: 크기 {n}인 차원 {at}의 {begin}부터 {length}개는 없습니다.",
            f"narrow: start ({begin}) + length ({length}) exceeds dimension size ({n}), or the "
            "length is negative.",
        )
    return getitem(input, index=along(at, slice(begin, begin + length)))


def narrow_copy(input: Any, dim: int, start: int, length: int) -> Tensor:
    """narrow의 복사본.

    A copy of what :func:`narrow` gives.
    """
    return clone(narrow(input, dim, start, length))


def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """1차원으로 폈을 때의 인덱스를 차원마다의 인덱스로.

    Indices of a flat tensor as indices of a tensor of that shape, one for each dimension.
    """
    places, sizes = array_of_kind("iu", "unravel_index", indices), integers(shape)
    try:
        return tuple(wrap(np.asarray(i, np.int64)) for i in np.unravel_index(places, sizes))
    except ValueError:
        raise ArgumentError(
            f"unravel_index: 형상 {sizes}에 없는 인덱스가 있습니다.",
            f"unravel_index: an index is out of bounds for shape {sizes}.",
        ) from None
