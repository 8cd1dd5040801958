"""드물게 쓰는 잇기와 나누기.

Rarer ways of joining tensors, taking them apart, and laying them out against each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.ops.conversion import alike
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.dims import array_of, array_of_kind, normal_dim, numpy_names
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.joining import along, cat, chunk, raw_repeat, split, stack
from tinygrad_kr.ops.shape import common_shape, expand, integers, ravel, reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "repeat_interleave",
    "row_stack",
    "split_with_sizes",
    "tensor_split",
    "unsafe_chunk",
    "unsafe_split",
    "vsplit",
    "vstack",
]


def _listed(tensors: tuple[Any, ...]) -> tuple[Any, ...]:
    """``f(a, b)`` and ``f([a, b])`` alike."""
    return tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], Sequence) else tensors


# With dimensions to spare


def _at_least(ndim: int, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) != 1 or isinstance(tensors[0], Sequence):
        return tuple(_at_least(ndim, (t,)) for t in _listed(tensors))
    shape = array_of(tensors[0]).shape
    lead = (1,) * (min(ndim, 2) - len(shape))
    missing = ndim - len(lead) - len(shape)
    return (
        reshape(tensors[0], (*lead, *shape, *(1,) * missing)) if ndim > len(shape) else (tensors[0])
    )


def atleast_1d(*tensors: Any) -> Any:
    """적어도 1차원으로.

    A tensor, or each of several, with at least one dimension.
    """
    return _at_least(1, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """적어도 2차원으로: 벡터는 행이 된다.

    A tensor, or each of several, with at least two dimensions: a vector is a row.
    """
    return _at_least(2, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """적어도 3차원으로: 벡터 (n,)은 (1, n, 1), 행렬 (m, n)은 (m, n, 1).

    A tensor, or each of several, with at least three dimensions: (1, n, 1) or (m, n, 1).
    """
    return _at_least(3, tensors)


# Joining


def hstack(tensors: Sequence[Any]) -> Tensor:
    """옆으로 잇는다: 벡터는 차원 0, 그 밖은 차원 1을 따라.

    Joined along dimension 1; vectors along their only one.
    """
    held = atleast_1d([*tensors])
    return cat(held, 1 if held and as_array(held[0]).ndim > 1 else 0)


def vstack(tensors: Sequence[Any]) -> Tensor:
    """아래로 잇는다: 벡터는 행으로 본다.

    Joined along dimension 0, vectors being rows.
    """
    return cat(atleast_2d([*tensors]))


row_stack = vstack


def dstack(tensors: Sequence[Any]) -> Tensor:
    """깊이(차원 2)로 잇는다.

    Joined along dimension 2.
    """
    return cat(atleast_3d([*tensors]), 2)


def column_stack(tensors: Sequence[Any]) -> Tensor:
    """벡터를 열로 보고 옆으로 잇는다.

    Joined along dimension 1, vectors being columns.
    """
    shaped = [(t, array_of(t)) for t in tensors]
    return hstack([reshape(t, (a.size, 1)) if a.ndim < 2 else t for t, a in shaped])


def block_diag(*tensors: Any) -> Tensor:
    """행렬들을 대각선에 늘어놓은 행렬.

    The matrix with these matrices along its diagonal and zeros elsewhere; a vector is a row.

    >>> import tinygrad_kr as tg
    >>> tg.block_diag(tg.tensor([[1, 2]]), tg.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    if not tensors:
        return empty((1, 0))
    blocks = [atleast_2d(t) for t in alike(*(t for t in tensors if array_of(t) is not None))]
    shapes = [as_array(b).shape for b in blocks]
    if any(len(shape) > 2 for shape in shapes):
        raise ShapeError(
            f"block_diag에는 2차원까지만 올 수 있습니다: {shapes}.",
            f"block_diag: Input tensors must have 2 or fewer dimensions, not {shapes}.",
        )
    width, left = sum(n for _, n in shapes), 0
    rows = []
    for block, (m, n) in zip(blocks, shapes, strict=True):
        dtype = as_array(block).dtype
        sides = np.zeros((m, left), dtype), block, np.zeros((m, width - left - n), dtype)
        rows.append(cat(sides, 1))
        left += n
    return cat(rows)


# Against each other


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """형상들을 브로드캐스트한 형상.

    The shape that shapes broadcast to.
    """
    sizes = [integers(shape) for shape in shapes]
    if any(n < 0 for size in sizes for n in size):
        raise ArgumentError(
            f"형상에 음수가 있습니다: {sizes}.",
            f"Attempting to broadcast a dimension with negative length: {sizes}.",
        )
    return common_shape("broadcast_shapes", *sizes)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """텐서들을 같은 형상으로 브로드캐스트한 뷰들.

    Views of the tensors, expanded to the shape that they broadcast to.
    """
    given = _listed(tensors)
    shape = common_shape("broadcast_tensors", *(array_of(t).shape for t in given))
    return tuple(expand(t, shape) for t in given)


def _vectors(name: str, tensors: Sequence[Any], least: int) -> None:
    """Refuse what is no list of vectors of one dtype, or scalars where ``least`` is 0."""
    arrays = [array_of(t) for t in tensors]
    if not arrays or any(not least <= a.ndim <= 1 for a in arrays):
        shapes = [a.shape for a in arrays]
        raise ShapeError(
            f"{name}에는 1차원 텐서가 하나 이상 와야 합니다: 형상 {shapes}.",
            f"{name} expects one or more 1-d tensors, not shapes {shapes}.",
        )
    if len({a.dtype for a in arrays}) > 1:
        dtypes = ", ".join(str(a.dtype) for a in arrays)
        raise DTypeError(
            f"{name}의 텐서는 자료형이 모두 같아야 합니다: {dtypes}.",
            f"{name} expects all tensors to have the same dtype, not {dtypes}.",
        )


def meshgrid(*tensors: Any, indexing: Literal["ij", "xy"] | None = None) -> tuple[Tensor, ...]:
    """벡터들로 격자의 좌표를 만든다(뷰).

    The coordinates of a grid: each vector expanded along a dimension of its own. With
    ``indexing="xy"`` the first two dimensions are swapped, as of an image.

    >>> import tinygrad_kr as tg
    >>> tg.meshgrid(tg.tensor([1, 2]), tg.tensor([3, 4, 5]), indexing="ij")[0]
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    given = _listed(tensors)
    _vectors("meshgrid", given, 0)
    if indexing not in (None, "ij", "xy"):
        raise ArgumentError(
            f'meshgrid의 indexing은 "ij"나 "xy"입니다: {indexing!r}.',
            f'meshgrid: indexing must be one of "xy" or "ij", not {indexing!r}.',
        )
    count = len(given)
    places = [*range(count)]
    if indexing == "xy" and count > 1:
        places[:2] = 1, 0
    shape = tuple(as_array(given[p]).size for p in places)
    return tuple(
        expand(reshape(t, tuple(shape[p] if i == p else 1 for i in range(count))), shape)
        for t, p in zip(given, places, strict=True)
    )


def cartesian_prod(*tensors: Any) -> Tensor:
    """벡터들의 곱집합: 한 행에 하나씩.

    The Cartesian product of vectors, a row for each of its tuples; a single vector as it is.
    """
    _vectors("cartesian_prod", tensors, 1)
    if len(tensors) == 1:
        return tensors[0]  # type: ignore[no-any-return]
    return stack([ravel(grid) for grid in meshgrid(*tensors)], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Tensor:
    """벡터의 원소 r개의 조합: 한 행에 하나씩.

    The combinations of ``r`` elements of a vector, in order, a row for each.

    >>> import tinygrad_kr as tg
    >>> tg.combinations(tg.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    _vectors("combinations", [input], 1)
    if r < 0:
        raise ArgumentError(
            f"combinations의 r은 0 이상이어야 합니다: {r}.",
            f"combinations expects a non-negative number, but got {r}.",
        )
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    if r == 0:
        return empty(0, dtype=array_of(input).dtype)
    chosen = np.array([*choose(range(len(array_of(input))), r)], np.intp)
    return getitem(input, index=(chosen.reshape(-1, r),))


# Repeating


@numpy_names
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """원소마다 그 자리에서 되풀이한다.

    Each element, or each slice along ``dim``, repeated in place: ``repeats`` times, a number or a
    tensor of numbers; with no dim of the flat tensor. Given ``repeats`` alone, the indices of what
    is repeated. ``output_size`` is checked.

    >>> import tinygrad_kr as tg
    >>> tg.repeat_interleave(tg.tensor([7, 8]), tg.tensor([1, 2]))
    tensor([7, 8, 8])
    """
    if repeats is None:
        counts = array_of_kind("iu", "repeat_interleave", input)
        places = wrap(np.arange(counts.size, dtype=counts.dtype))
        return repeat_interleave(places, input, 0, output_size=output_size)
    if dim is None:
        return repeat_interleave(ravel(input), repeats, 0, output_size=output_size)
    shape = array_of(input).shape or (1,)
    at = normal_dim(dim, len(shape))
    counts = np.asarray(as_array(repeats))
    total = int(counts.sum()) * (shape[at] if counts.size == 1 else 1)
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or counts.size not in (1, shape[at]):
        raise ShapeError(
            f"repeats는 정수거나, 차원 {at}의 크기 {shape[at]}만큼의 정수여야 합니다: "
            f"{counts.dtype} {counts.shape}.",
            f"repeats must be an integer, or have the same size as input along dim {at}, "
            f"{shape[at]}, not {counts.dtype} of shape {counts.shape}.",
        )
    if counts.min(initial=0) < 0 or (output_size not in (None, total) and counts.size):
        raise ShapeError(
            f"repeats는 음수일 수 없고, 그 합은 output_size({output_size})와 같아야 합니다: "
            f"{total}.",
            f"repeats can not be negative, and output_size ({output_size}) must be their sum, "
            f"{total}.",
        )
    if counts.ndim:
        picked = np.repeat(np.arange(shape[at]), counts)
        return getitem(reshape(input, shape), index=along(at, picked)[:-1])
    wide = (*shape[: at + 1], int(counts), *shape[at + 1 :])
    thin = reshape(input, (*shape[: at + 1], 1, *shape[at + 1 :]))
    return raw_repeat(thin, grid=wide, shape=(*shape[:at], total, *shape[at + 1 :]))


# Taking apart


@numpy_names
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """고른 조각들로, 또는 주어진 자리에서 나눈다(뷰).

    Views of the pieces along ``dim``: so many, the first ones larger by one where it does not come
    out even; or, given indices, those between them.
    """
    shape = array_of(input).shape
    if not shape:
        raise ShapeError(
            "0차원 텐서는 나눌 수 없습니다(tensor_split).",
            "tensor_split expected at least a 1-dimensional tensor.",
        )
    at = normal_dim(dim, len(shape))
    array = as_array(indices_or_sections)
    if isinstance(array, np.ndarray):
        array_of_kind("iu", "tensor_split", array)
    places = integers(array)
    if np.ndim(array) == 0:
        (sections,) = places
        if sections < 1:
            raise ArgumentError(
                f"조각의 수는 1 이상이어야 합니다: {sections}.",
                f"number of sections must be larger than 0, got {sections}.",
            )
        small, more = divmod(shape[at], sections)
        places = tuple(i * small + min(i, more) for i in range(1, sections))
    bounds = itertools.pairwise((None, *places, None))
    return tuple(getitem(input, index=along(at, slice(a or 0, b))) for a, b in bounds)


def _sections(name: str, input: Any, how: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    shape = array_of(input).shape
    if len(shape) < least:
        raise ShapeError(
            f"{name}에는 {least}차원 이상의 텐서가 와야 합니다: 형상 {shape}.",
            f"{name} requires a tensor with at least {least} dimensions, not of shape {shape}.",
        )
    if not isinstance(how, Sequence) and (how < 1 or shape[dim] % how):
        raise ShapeError(
            f"{name}: 크기 {shape[dim]}인 차원 {dim}은(는) {how}개로 고르게 나뉘지 않습니다.",
            f"{name}: the size of dimension {dim}, {shape[dim]}, is not divisible by {how}.",
        )
    return tensor_split(input, how, dim)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """옆으로 나눈다: 벡터는 차원 0, 그 밖은 차원 1을 따라.

    Taken apart along dimension 1, a vector along its only one, as by :func:`tensor_split`.
    """
    return _sections("hsplit", input, indices_or_sections, int(array_of(input).ndim > 1), 1)


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """위아래로(차원 0을 따라) 나눈다.

    Taken apart along dimension 0.
    """
    return _sections("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """깊이로(차원 2를 따라) 나눈다.

    Taken apart along dimension 2.
    """
    return _sections("dsplit", input, indices_or_sections, 2, 3)


def split_with_sizes(input: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """주어진 크기들로 나눈다(뷰).

    Views of the pieces along ``dim``, of the sizes given.
    """
    return split(input, [*split_sizes], dim)


unsafe_split, unsafe_chunk = split, chunk
