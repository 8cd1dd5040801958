"""드물게 쓰는 쓰기와 흩뿌리기: 바꾼 것을 새 텐서로.

Rarer ways of writing into a tensor, as a new one: by indices, masks and views.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.autograd.view import Step
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from tinygrad_kr.ops.arithmetic import add, mul
from tinygrad_kr.ops.conversion import cast, clone
from tinygrad_kr.ops.dims import array_of, array_of_kind, normal_dim, numpy_names
from tinygrad_kr.ops.gathering import check_range
from tinygrad_kr.ops.indexing import getitem, numbered, parse, refused, spread
from tinygrad_kr.ops.inplace import write
from tinygrad_kr.ops.joining import along
from tinygrad_kr.ops.linalg import diagonal
from tinygrad_kr.ops.more.picking import flat_places, in_dim, select
from tinygrad_kr.ops.pointwise import filling
from tinygrad_kr.ops.shape import common_shape, expand, ravel, reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "diagonal_scatter",
    "fill",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "masked_scatter",
    "put",
    "select_scatter",
    "slice_scatter",
]


def _alike(name: str, input: Any, source: Any) -> None:
    """Refuse a source of another dtype."""
    own, other = array_of(input).dtype, array_of(source).dtype
    if own != other:
        raise DTypeError(
            f"{name}: 두 텐서의 자료형이 같아야 합니다: {own}, {other}.",
            f"{name}(): self and source are expected to have the same dtype, not {own} and "
            f"{other}.",
        )


def in_shape(x: Any, shape: tuple[int, ...]) -> Tensor:
    """그 형상으로 된 사본. 이미 그 형상이면 그대로.

    ``x`` in that shape: itself if it has it, as an in-place form asks, else a copy.
    """
    if array_of(x).shape == shape:
        return x  # type: ignore[no-any-return]
    return reshape(clone(x), shape)


def _number(name: str, input: Any, value: Any) -> Any:
    """A number or a 0-d tensor, in the dtype of ``input``."""
    dtype = array_of(input).dtype
    if np.ndim(as_array(value)):
        raise ShapeError(
            f"{name}의 value는 수나 0차원 텐서여야 합니다: 형상 {as_array(value).shape}.",
            f"{name} only supports a 0-dimensional value, not shape {as_array(value).shape}.",
        )
    return cast(value, dtype) if isinstance(value, TensorBase) else filling(value, dtype)


# Into a view


def _into(name: str, input: Any, src: Any, step: Step) -> Tensor:
    room, given = step(array_of(input)).shape, array_of(src).shape
    if room != given:
        raise ShapeError(
            f"{name}: src의 형상 {given}이(가) 쓸 자리의 형상 {room}과(와) 다릅니다.",
            f"{name}: expected src to have a size equal to the slice of self, {room}, not {given}.",
        )
    source = cast(src, array_of(input).dtype)
    return write(input, source, steps=(step,), index=...)  # type: ignore[no-any-return]


@numpy_names
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Tensor:
    """select가 고르는 곳에 src를 쓴 것.

    ``input`` with ``src`` in the place of ``select(input, dim, index)``.
    """
    return _into("select_scatter", input, src, partial(select, dim=dim, index=index))


@numpy_names
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Tensor:  # fmt: skip
    """한 차원의 슬라이스에 src를 쓴 것.

    ``input`` with ``src`` in the place of ``input[start:end:step]`` along ``dim``.
    """
    at, _ = in_dim("slice_scatter", input, dim, IndexingError)
    if step < 1:
        raise ArgumentError(
            f"slice_scatter의 step은 1 이상이어야 합니다: {step}.",
            f"slice_scatter: slice step must be positive, not {step}.",
        )
    part = along(at, slice(start, end, step))
    return _into("slice_scatter", input, src, partial(getitem, index=part))


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """대각선에 src를 쓴 것.

    ``input`` with ``src`` in the place of ``diagonal(input, offset, dim1, dim2)``.
    """
    step = partial(diagonal, offset=offset, dim1=dim1, dim2=dim2)
    return _into("diagonal_scatter", input, src, step)


def fill(input: Any, value: Any) -> Tensor:
    """value로 가득 채운 것.

    ``input`` with ``value``, a number or a 0-d tensor, everywhere.
    """
    number = _number("fill", input, value)
    return write(input, number, steps=(), index=...)  # type: ignore[no-any-return]


def fill_diagonal(input: Any, fill_value: Any, wrap: bool = False) -> Tensor:
    """``input`` with a number on its main diagonal, which with ``wrap`` begins anew below it."""
    shape = array_of(input).shape
    if len(shape) < 2 or (len(shape) > 2 and len({*shape}) > 1):
        raise ShapeError(
            f"fill_diagonal_에는 행렬이나, 모든 차원의 크기가 같은 텐서가 와야 합니다: {shape}.",
            "fill_diagonal_: all dimensions of input must be of equal length, and at least two, "
            f"not {shape}.",
        )
    number = _number("fill_diagonal_", input, fill_value)
    step = int(np.cumprod((1, *shape[:0:-1])).sum())
    end = None if wrap or len(shape) > 2 else shape[1] ** 2
    flat = write(ravel(input), number, steps=(), index=(slice(None, end, step),))
    return reshape(flat, shape)


# Along a dimension


def checked_slices(
    name: str, input: Any, dim: int, index: Any, source: Any
) -> tuple[Any, int, Array, Any]:
    """input, 앞에서 센 dim, index, source. 서로 맞지 않으면 거절한다.

    Input, ``dim`` counted from the front, index and source, scalars as vectors of one element;
    refuses what does not fit.
    """
    _alike(name, input, source)
    i, at = array_of_kind("iu", name, index), normal_dim(dim, array_of(input).ndim)
    x, s = (in_shape(a, array_of(a).shape or (1,)) for a in (input, source))
    rows = as_array(x).shape
    if i.ndim > 1 or as_array(s).shape != (*rows[:at], i.size, *rows[at + 1 :]):
        raise IndexingError(
            f"{name}: 형상 {rows}의 차원 {at}에 쓸 인덱스 {i.shape}와 source "
            f"{as_array(s).shape}의 형상이 맞지 않습니다.",
            f"{name}(): an index of shape {i.shape} and a source of shape {as_array(s).shape} do "
            f"not fit dimension {at} of shape {rows}.",
        )
    check_range(name, i, at, rows[at])
    return x, at, np.array(i, np.intp, ndmin=1), s


@numpy_names
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """index가 가리키는 조각들에 source의 조각들을 더한 것.

    ``input`` with ``alpha`` times the slices of ``source`` added to those along ``dim`` that a 1-d
    ``index`` names; what it names twice is added to twice.
    """
    x, at, i, s = checked_slices("index_add", input, dim, index, source)
    dtype = as_array(x).dtype
    scaled = s if alpha == 1 else mul(s, filling(alpha, dtype))
    added = spread(scaled, shape=as_array(x).shape, index=along(at, i)[:-1])
    return in_shape(add(x, added), array_of(input).shape)


@numpy_names
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """index가 가리키는 조각들을 source의 조각들로 바꾼 것.

    ``input`` with the slices of ``source`` in the place of those along ``dim`` that a 1-d ``index``
    names.
    """
    x, at, i, s = checked_slices("index_copy", input, dim, index, source)
    out = write(x, s, steps=(), index=along(at, i)[:-1])
    return in_shape(out, array_of(input).shape)


@numpy_names
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """index가 가리키는 조각들을 value로 채운 것.

    ``input`` with ``value``, a number or a 0-d tensor, in the slices along ``dim`` that ``index``
    names, from either end.
    """
    shape, i = array_of(input).shape, array_of_kind("iu", "index_fill", index)
    at, number = normal_dim(dim, len(shape)), _number("index_fill", input, value)
    x = in_shape(input, shape or (1,))
    n = as_array(x).shape[at]
    if i.ndim > 1:
        raise ShapeError(
            f"index_fill의 인덱스는 1차원이어야 합니다: 형상 {i.shape}.",
            f"index_fill: Index has to be a vector or a scalar, not of shape {i.shape}.",
        )
    places = np.unique(np.where(i < 0, i + n, i))  # each is filled once
    check_range("index_fill", places, at, n)
    return in_shape(write(x, number, steps=(), index=along(at, places)[:-1]), shape)


# By indices and masks of all dimensions


def _placed(name: str, x: Any, values: Any, index: Any, accumulate: bool) -> Tensor:
    """``values``, which broadcast there, written or added at an advanced index."""
    shape = array_of(x).shape
    try:
        room = numbered(shape)[index].shape
    except IndexError:
        raise refused(shape, index) from None
    if common_shape(name, room, array_of(values).shape) != room:
        raise ShapeError(
            f"{name}: 형상 {array_of(values).shape}인 값을 인덱스가 고른 형상 {room}에 넣을 수 "
            "없습니다.",
            f"{name}: shape mismatch: values of shape {array_of(values).shape} cannot be broadcast "
            f"to the indexing result of shape {room}.",
        )
    wide = expand(values, room)
    if accumulate:
        return add(x, spread(wide, shape=shape, index=index))
    return write(x, wide, steps=(), index=index)  # type: ignore[no-any-return]


def index_put(input: Any, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Tensor:
    """input[indices]를 values로 바꾼(또는 더한) 것.

    ``input`` with ``values``, broadcast, in the places that a tuple of index tensors and masks
    names; with ``accumulate`` they are added, repeated places too.

    >>> import tinygrad_kr as tg
    >>> tg.index_put(tg.zeros(3), (tg.tensor([1, 1]),), tg.ones(2), accumulate=True)
    tensor([0., 2., 0.])
    """
    if array_of(values).size == 1:
        values = cast(values, array_of(input).dtype)
    _alike("index_put", input, values)
    _, index = parse(array_of(input).shape, tuple(np.array(array_of(i), ndmin=1) for i in indices))
    if index is None:
        raise ArgumentError("index_put에는 인덱스가 있어야 합니다.", "index_put needs an index.")
    return _placed("index_put", input, values, index, accumulate)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """1차원으로 폈을 때의 인덱스에 source의 값을 쓴(또는 더한) 것.

    ``input`` with the elements of ``source`` written, or added, at an index of the flat tensor.
    """
    _alike("put", input, source)
    places, given = flat_places("put", input, index), array_of(source).size
    if places.size != given:
        raise IndexingError(
            f"put: 인덱스 {places.size}개와 source의 원소 {given}개의 수가 다릅니다.",
            f"put(): expected source and index to have the same number of elements, but got "
            f"{given} and {places.size}.",
        )
    out = _placed("put", ravel(input), ravel(source), (ravel(places),), accumulate)
    return reshape(out, array_of(input).shape)


def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """마스크가 참인 곳에 source의 원소를 차례로 쓴 것.

    ``input`` with the elements of ``source``, in order, where ``mask`` holds; the two first are
    broadcast.

    >>> import tinygrad_kr as tg
    >>> tg.masked_scatter(tg.zeros(3), tg.tensor([True, False, True]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([1., 0., 2.])
    """
    _alike("masked_scatter", input, source)
    m = array_of_kind("b", "masked_scatter", mask)
    shape = common_shape("masked_scatter", array_of(input).shape, m.shape)
    wide = np.array(np.broadcast_to(m, shape))
    count, given = int(wide.sum()), array_of(source).size
    if given < count:
        raise ShapeError(
            f"masked_scatter: 참인 곳은 {count}개인데 source의 원소는 {given}개입니다.",
            f"masked_scatter: number of elements of source, {given}, < number of ones in mask, "
            f"{count}.",
        )
    values = getitem(ravel(source), index=(slice(count),))
    out = write(expand(input, shape), values, steps=(), index=(wide,))
    return out  # type: ignore[no-any-return]
