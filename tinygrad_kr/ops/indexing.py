"""인덱싱: 읽기와 쓰기.

Indexing. A key is read once into two NumPy indices, as PyTorch means it: a *basic* one (integers,
slices, ``None``, ``...``), which gives a view, and an *advanced* one (integer arrays and masks),
which picks from that view. NumPy alone would count an integer among the arrays in deciding where
their dimensions go.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import IndexingError
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

Index = Any
_ALL = slice(None)


def _repeats(index: Index) -> bool:
    """Whether an index could pick one element twice: only integer arrays can."""
    return any(isinstance(p, np.ndarray) and p.dtype != np.bool_ for p in index)


def numbered(shape: tuple[int, ...]) -> Array:
    """An array of the flat position of each of its elements."""
    return np.arange(math.prod(shape)).reshape(shape)


def add_at(out: Array, positions: Array, g: Array) -> None:
    """Add ``g`` to the flat ``positions`` of a contiguous array, repeated ones too."""
    np.add.at(out.reshape(-1), positions.reshape(-1), g.reshape(-1))


def _spread(g: Array, *, shape: tuple[int, ...], index: Index) -> Array:
    out = np.zeros(shape, g.dtype)
    if not _repeats(index):
        out[index] = g
        return out
    # np.add.at is fast with flat positions only; those of a row of the last dimensions are in line.
    lead = sum(p.ndim if _is_mask(p) else 1 for p in index)
    row = math.prod(shape[lead:])
    rows = numbered(shape[:lead])[index]
    add_at(out, rows if row == 1 else rows[..., None] * row + np.arange(row), g)
    return out


# Reading by an index in NumPy's meaning, and a zero array with ``g`` added at one.
getitem: Callable[..., Tensor] = Primitive(
    "index",
    lambda x, *, index: x[index],
    view=True,
    x=lambda g, x_shape, index: spread(g, shape=x_shape, index=index),
)
spread: Callable[..., Tensor] = Primitive(
    "spread", _spread, g=lambda g, index: getitem(g, index=index)
)


# Reading a key


def parse(shape: tuple[int, ...], key: Any) -> tuple[Index, Index]:
    """A key as the basic index to apply first, and the advanced one to apply to that view.

    Either is None where there is nothing to do. Arrays in them are ours: a key that changes later
    changes nothing.
    """
    kind = type(key)
    if kind is int:
        _check_int(key, 0, shape)
        return (key, ...), None
    if kind is not tuple:
        key = (key,)
    items = [p if _is_plain(p) else _item(p) for p in key]
    used = sum(p.ndim if _is_mask(p) else p is not None and p is not ... for p in items
               if type(p) is not bool)  # fmt: skip
    if used > len(shape):
        raise IndexingError(
            f"인덱스가 너무 많습니다: 형상 {shape}인 텐서에 {used}개.",
            f"too many indices for tensor of dimension {len(shape)} (shape {shape}): {used}.",
        )
    basic: list[Any] = []
    advanced: list[Any] = []
    rest, dim = len(shape) - used, 0
    for p in items:
        if p is ...:
            if ... not in _objects(basic):
                basic.append(...)
                advanced += [_ALL] * rest
                dim += rest
        elif isinstance(p, np.ndarray):
            width = _check_mask(p, dim, shape) if _is_mask(p) else 1
            basic += [_ALL] * width
            advanced.append(p)
            dim += width
        elif p is None or type(p) is bool:
            basic.append(None)
            advanced.append(_ALL if p is None else np.zeros(int(p), np.intp))
        else:
            if isinstance(p, slice):
                advanced.append(_ALL)
            else:
                _check_int(p, dim, shape)
            basic.append(p)
            dim += 1
    chosen = tuple(advanced) if any(isinstance(p, np.ndarray) for p in advanced) else None
    if chosen is not None and all(p is ... or (type(p) is slice and p == _ALL) for p in basic):
        return None, chosen
    return (*basic, ...) if ... not in _objects(basic) else tuple(basic), chosen


def _is_plain(p: Any) -> bool:
    """Whether a part of a key is as NumPy takes it."""
    if type(p) is slice:
        return all(v is None or type(v) is int for v in (p.start, p.stop, p.step))
    return p is None or p is ... or type(p) is int or type(p) is bool


def _objects(items: list[Any]) -> list[Any]:
    """Without the arrays, which ``in`` would compare."""
    return [p for p in items if p is ... or p is None]


def _is_mask(p: Any) -> bool:
    return isinstance(p, np.ndarray) and p.dtype == np.bool_


def _item(p: Any) -> Any:
    """A part of a key as an int, a bool, a slice of ints, or an integer or bool array of ours."""
    if isinstance(p, slice):
        try:
            parts = [None if v is None else operator.index(v) for v in (p.start, p.stop, p.step)]
        except TypeError:
            raise IndexingError(
                f"슬라이스에는 정수나 None만 쓸 수 있습니다: {p!r}.",
                f"slice indices must be integers or None: {p!r}.",
            ) from None
        return slice(*parts)
    if isinstance(p, TensorBase):
        array: Array = np.array(p._array)
    elif isinstance(p, np.ndarray | np.generic):
        array = np.array(p)
    elif isinstance(p, list | tuple | range):
        array = _from_list(p)
    elif hasattr(p, "__index__"):
        return operator.index(p)
    else:
        raise _no_index(type(p).__name__)
    if array.dtype == np.uint8 and not isinstance(p, np.generic):
        array = array.astype(np.bool_)
    if array.dtype.kind not in "iub":
        raise _no_index(f"{type(p).__name__}({array.dtype})")
    if array.ndim == 0:
        return array.item()
    return array if array.dtype == np.bool_ else array.astype(np.intp, copy=False)


def _from_list(p: Any) -> Array:
    try:
        array = np.array(_arrays(p))
    except ValueError:
        raise _no_index("a ragged list") from None
    return array.astype(np.intp) if array.size == 0 else array


def _arrays(p: Any) -> Any:
    if isinstance(p, TensorBase):
        return p._array
    return [_arrays(q) for q in p] if isinstance(p, list | tuple) else p


def _no_index(what: str) -> IndexingError:
    return IndexingError(
        f"인덱스가 될 수 없습니다: {what}. 정수, 슬라이스, None, ..., 텐서만 됩니다.",
        "only integers, slices, ellipsis, None and integer or bool tensors are valid indices, not "
        f"{what}.",
    )


# What NumPy would say less clearly


def _check_int(p: int, dim: int, shape: tuple[int, ...]) -> None:
    if not shape:
        raise IndexingError(
            "0차원 텐서는 정수로 인덱싱할 수 없습니다. item()을 쓰세요.",
            "invalid index of a 0-dim tensor; use item() to get its number.",
        )
    if not -shape[dim] <= p < shape[dim]:
        raise _out_of_range(p, dim, shape)


def _out_of_range(p: int, dim: int, shape: tuple[int, ...]) -> IndexingError:
    n = shape[dim]
    return IndexingError(
        f"인덱스 {p}이(가) 차원 {dim}의 범위를 벗어났습니다. 크기는 {n}입니다(형상 {shape}).",
        f"index {p} is out of bounds for dimension {dim} with size {n} (shape {shape}).",
    )


def _check_mask(p: Array, dim: int, shape: tuple[int, ...]) -> int:
    part = shape[dim : dim + p.ndim]
    if p.shape != part:
        raise IndexingError(
            f"마스크의 형상 {p.shape}이(가) 텐서의 차원 {dim}부터의 형상 {part}과 다릅니다.",
            f"The shape of the mask {p.shape} does not match {part}, the shape of the indexed "
            f"tensor from dimension {dim}.",
        )
    return p.ndim


# Reading


def index(input: Any, key: Any) -> Tensor:
    """``input[key]``: a view for integers, slices, ``None``, ``...``, else a copy."""
    basic, advanced = parse(input._array.shape, key)
    if basic is not None:
        input = getitem(input, index=basic)
    return input if advanced is None else pick(input, advanced)


def pick(input: Any, advanced: Index) -> Tensor:
    """Read by an advanced index, the second of :func:`parse`."""
    try:
        return getitem(input, index=advanced)
    except IndexError:
        raise refused(input._array.shape, advanced) from None


def refused(shape: tuple[int, ...], advanced: Index) -> IndexingError:
    """The error for an advanced index that NumPy would not take."""
    dim, shapes = 0, []
    for p in advanced:
        if _is_mask(p):
            shapes.append((int(p.sum()),))
            dim += p.ndim
            continue
        if isinstance(p, np.ndarray):
            shapes.append(p.shape)
            outside = p[(p < -shape[dim]) | (p >= shape[dim])]
            if outside.size:
                return _out_of_range(int(outside[0]), dim, shape)
        dim += 1
    listed = ", ".join(str(s) for s in shapes)
    return IndexingError(
        f"인덱스 배열들의 형상을 브로드캐스트할 수 없습니다: {listed}.",
        f"indexing tensors could not be broadcast together with shapes {listed}.",
    )
