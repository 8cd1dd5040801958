"""잇기와 나누기.

Joining tensors, taking them apart, and laying copies side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array, result_dtype
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError
from tinygrad_kr.ops.dims import normal_dim, numpy_names
from tinygrad_kr.ops.elementwise import cast
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Needs, Primitive, operand
from tinygrad_kr.ops.shape import _reshape, integers

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def along(dim: int, part: Any) -> tuple[Any, ...]:
    """차원 dim에서만 고르는 인덱스.

    The index that takes ``part`` of dimension ``dim`` and all of the others, as a view.
    """
    return (*(slice(None),) * dim, part, ...)


def _cat_vjp(
    needs: Needs, g: Any, tensors_shape: tuple[tuple[int, ...], ...], dim: int
) -> list[Any]:
    pulled, start = [], 0
    for shape, need in zip(tensors_shape, needs, strict=True):
        end = start + shape[dim]
        pulled.append(getitem(g, index=along(dim, slice(start, end))) if need else None)
        start = end
    return pulled


_cat: Callable[..., Tensor] = Primitive(
    "cat", lambda *tensors, dim: np.concatenate(tensors, dim), vjp=_cat_vjp
)
_stack: Callable[..., Tensor] = Primitive(
    "stack",
    lambda *tensors, dim: np.stack(tensors, dim),
    vjp=lambda needs, g, dim: [
        getitem(g, index=along(dim, i)) if need else None for i, need in enumerate(needs)
    ],
)


def _together(name: str, tensors: Sequence[Any]) -> list[Any]:
    """The tensors in the dtype that they promote to; refuses an empty list."""
    try:
        held = list(tensors)
    except TypeError:
        held = []
    if not held:
        raise ArgumentError(
            f"{name}에는 텐서가 하나 이상 든 목록이 와야 합니다.",
            f"{name}() expects a non-empty list of tensors.",
        )
    arrays = [operand(as_array(x)) for x in held]
    for i, a in enumerate(arrays):
        if not isinstance(a, np.ndarray):
            raise ArgumentError(
                f"{name}의 {i}번째 값이 텐서가 아닙니다: {type(a).__name__}.",
                f"{name}() expects tensors; number {i} is {type(a).__name__}.",
            )
    dtype = result_dtype(*arrays)
    return [cast(x, dtype) for x in held] if any(a.dtype != dtype for a in arrays) else held


@numpy_names
def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """있는 차원을 따라 잇는다.

    Tensors joined along a dimension that they have; dtypes are promoted. Empty 1-d tensors are
    passed over, as PyTorch does.

    Raises:
        ArgumentError: no tensors.
        ShapeError: a 0-d tensor, or sizes that differ elsewhere than along ``dim``.

    >>> import tinygrad_kr as tg
    >>> tg.cat([tg.tensor([1, 2]), tg.tensor([3])])
    tensor([1, 2, 3])
    """
    held = _together("cat", tensors)
    for i, x in enumerate(held):
        if as_array(x).ndim == 0:
            raise ShapeError(
                f"0차원 텐서({i}번째)는 이을 수 없습니다. stack()을 쓰세요.",
                f"zero-dimensional tensor (at position {i}) cannot be concatenated; use stack().",
            )
    if any(as_array(x).ndim > 1 for x in held):
        held = [x for x in held if as_array(x).shape != (0,)]
    shapes = [as_array(x).shape for x in held]
    first = shapes[0]
    at = normal_dim(dim, len(first))
    for shape in shapes:
        if len(shape) != len(first) or (
            (*shape[:at], *shape[at + 1 :]) != (*first[:at], *first[at + 1 :])
        ):
            raise ShapeError(
                f"형상 {first}과(와) {shape}은(는) 차원 {at}을(를) 따라 이을 수 없습니다. 다른 "
                "차원의 크기는 같아야 합니다.",
                f"Sizes of tensors must match except in dimension {at}: {first} and {shape}.",
            )
    return _cat(*held, dim=at)


concat = concatenate = cat


@numpy_names
def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """새 차원을 따라 쌓는다.

    Tensors of one shape joined along a new dimension.

    Raises:
        ArgumentError: no tensors.
        ShapeError: the shapes differ.
    """
    held = _together("stack", tensors)
    shapes = [as_array(x).shape for x in held]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ShapeError(
                f"stack의 텐서는 형상이 모두 같아야 합니다: 0번째 {shapes[0]}, {i}번째 {shape}.",
                f"stack expects each tensor to be equal size, but got {shapes[0]} at entry 0 and "
                f"{shape} at entry {i}.",
            )
    return _stack(*held, dim=normal_dim(dim, len(shapes[0]) + 1))


# Taking apart


def _split_forward(x: Array, *, bounds: tuple[int, ...], dim: int) -> tuple[Array, ...]:
    return tuple(x[along(dim, slice(a, b))] for a, b in pairwise(bounds))


def _split_vjp(
    needs: Needs, g: tuple[Any, ...], x_shape: tuple[int, ...], bounds: tuple[int, ...], dim: int
) -> tuple[Any]:
    dtype = next(p.dtype for p in g if p is not None)
    parts = []
    for part, (a, b) in zip(g, pairwise(bounds), strict=True):
        shape = (*x_shape[:dim], b - a, *x_shape[dim + 1 :])
        parts.append(np.zeros(shape, dtype) if part is None else part)
    return (_cat(*parts, dim=dim),)


def _unbind_vjp(
    needs: Needs, g: tuple[Any, ...], x_shape: tuple[int, ...], dim: int
) -> tuple[Any]:
    dtype = next(p.dtype for p in g if p is not None)
    zero = np.zeros((*x_shape[:dim], *x_shape[dim + 1 :]), dtype)
    return (_stack(*(zero if p is None else p for p in g), dim=dim),)


_split: Callable[..., tuple[Tensor, ...]] = Primitive(
    "split", _split_forward, view=True, several=True, vjp=_split_vjp
)
_unbind: Callable[..., tuple[Tensor, ...]] = Primitive(
    "unbind",
    lambda x, *, dim: tuple(x[along(dim, i)] for i in range(x.shape[dim])),
    view=True,
    several=True,
    vjp=_unbind_vjp,
)


def _has_dims(name: str, input: Any) -> None:
    if as_array(input).ndim == 0:
        raise DimError(
            f"0차원 텐서는 나눌 수 없습니다({name}).",
            f"{name} expects at least a 1-dimensional tensor.",
        )


@numpy_names
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """조각들로 나눈다(뷰).

    Views of the pieces along ``dim``: of one size, the last perhaps smaller, or of the sizes given.

    Raises:
        ShapeError: the sizes do not add up, or one is negative.
        DimError: ``dim`` is out of range.

    >>> import tinygrad_kr as tg
    >>> tg.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    _has_dims("split", input)
    array = as_array(input)
    at = normal_dim(dim, array.ndim)
    n = array.shape[at]
    sizes = integers(split_size_or_sections)
    if not isinstance(split_size_or_sections, Sequence):
        size = sizes[0]
        if size < 0 or (size == 0 and n > 0):
            raise ShapeError(
                f"크기 {n}인 차원을 {size}씩 나눌 수 없습니다.",
                f"A dimension of size {n} cannot be split into pieces of {size}.",
            )
        bounds = (*range(0, n, size or 1), n) if n else (0, 0)
    else:
        if sum(sizes) != n or min(sizes, default=0) < 0:
            raise ShapeError(
                f"split의 크기 {sizes}의 합이 차원 {at}의 크기 {n}이(가) 아닙니다.",
                f"split sizes {sizes} must be non-negative and sum to {n}, the size of dimension "
                f"{at}.",
            )
        bounds = (0, *np.cumsum(sizes).tolist())
    return _split(input, bounds=bounds, dim=at)


@numpy_names
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """chunks개쯤으로 고르게 나눈다(뷰).

    Views of at most ``chunks`` equal pieces along ``dim``, the last perhaps smaller.

    Raises:
        ArgumentError: ``chunks`` is not positive.
    """
    _has_dims("chunk", input)
    (count,) = integers(chunks)
    if count < 1:
        raise ArgumentError(
            f"chunks는 1 이상이어야 합니다: {chunks}.",
            f"chunk expects `chunks` to be greater than 0, got: {chunks}.",
        )
    array = as_array(input)
    n = array.shape[normal_dim(dim, array.ndim)]
    if n == 0:
        return split(input, (0,) * count, dim)
    return split(input, -(-n // count), dim)


@numpy_names
def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """차원을 없애며 낱낱으로 나눈다(뷰).

    Views of the slices along ``dim``, which they no longer have.

    Raises:
        DimError: a 0-d tensor, or ``dim`` is out of range.
    """
    _has_dims("unbind", input)
    return _unbind(input, dim=normal_dim(dim, as_array(input).ndim))


# Copies side by side

_repeat: Callable[..., Tensor] = Primitive(
    "repeat",
    lambda x, *, grid, shape: np.array(np.broadcast_to(x, grid), order="C").reshape(shape),
    x=lambda g, grid: _reshape(g, shape=grid),
)


def repeat(input: Any, repeats: Any) -> Tensor:
    """차원마다 여러 번 되풀이한다(복사).

    Copies of the whole tensor laid side by side, ``repeats[i]`` times along dimension i.

    Raises:
        ShapeError: fewer repeats than dimensions, or a negative one.

    >>> import tinygrad_kr as tg
    >>> tg.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    shape = as_array(input).shape
    times = integers(repeats)
    if len(times) < len(shape) or min(times, default=0) < 0:
        raise ShapeError(
            f"형상 {shape}인 텐서를 {times}번 되풀이할 수 없습니다. 차원마다 0 이상의 "
            "수가 하나씩 있어야 합니다.",
            f"A tensor of shape {shape} cannot be repeated {times} times: one non-negative number "
            "for each dimension.",
        )
    sizes = (*(1,) * (len(times) - len(shape)), *shape)
    # Beside each dimension a new one of size 1, to be broadcast; the engine sums it up again.
    thin = tuple(n for size in sizes for n in (1, size))
    grid = tuple(n for time, size in zip(times, sizes, strict=True) for n in (time, size))
    whole = tuple(time * size for time, size in zip(times, sizes, strict=True))
    return _repeat(_reshape(input, shape=thin), grid=grid, shape=whole)


def tile(input: Any, dims: Any) -> Tensor:
    """repeat과 같되, 모자란 수는 1로 본다.

    As :func:`repeat`, numbers missing in front being 1: ``numpy.tile``.
    """
    times = integers(dims)
    return repeat(input, (*(1,) * (as_array(input).ndim - len(times)), *times))
