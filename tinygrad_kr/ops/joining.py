"""잇기와 나누기.

Joining tensors, taking them apart, and laying copies side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError
from tinygrad_kr.ops.conversion import alike
from tinygrad_kr.ops.dims import array_of, normal_dim, numpy_names
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Needs, Primitive
from tinygrad_kr.ops.shape import integers, reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def along(dim: int, part: Any) -> tuple[Any, ...]:
    """The index that takes ``part`` of dimension ``dim`` and all of the others, as a view."""
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
    first = array_of(held[0]).dtype
    return held if all(array_of(x).dtype == first for x in held) else alike(*held)


@numpy_names
def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """있는 차원을 따라 잇는다.

    Tensors joined along a dimension that they have; dtypes are promoted. Empty 1-d tensors are
    passed over, as PyTorch does.

    Raises:
        ShapeError: a 0-d tensor, or sizes that differ elsewhere than along ``dim``.
    """
    held = _together("cat", tensors)
    if any(as_array(x).ndim > 1 for x in held):
        held = [x for x in held if as_array(x).shape != (0,)]
    shapes = [as_array(x).shape for x in held]
    at = normal_dim(dim, len(shapes[0]))
    if () in shapes or len({(len(s), s[:at], s[at + 1 :]) for s in shapes}) > 1:
        listed = ", ".join(map(str, shapes))
        raise ShapeError(
            f"형상 {listed}은(는) 차원 {at}을(를) 따라 이을 수 없습니다. 다른 차원의 크기는 "
            "같아야 합니다. 0차원 텐서에는 stack()을 쓰세요.",
            f"Sizes of tensors must match except in dimension {at}: {listed}; a zero-dimensional "
            "tensor cannot be concatenated, use stack().",
        )
    return _cat(*held, dim=at)


concat = concatenate = cat


@numpy_names
def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """새 차원을 따라 쌓는다.

    Tensors of one shape joined along a new dimension.
    """
    held = _together("stack", tensors)
    shapes = [as_array(x).shape for x in held]
    if len({*shapes}) > 1:
        listed = ", ".join(map(str, shapes))
        raise ShapeError(
            f"stack의 텐서는 형상이 모두 같아야 합니다: {listed}.",
            f"stack expects each tensor to be equal size, not {listed}.",
        )
    return _stack(*held, dim=normal_dim(dim, len(shapes[0]) + 1))


# Taking apart


def _split_forward(x: Array, *, bounds: tuple[int, ...], dim: int) -> tuple[Array, ...]:
    return tuple(x[along(dim, slice(a, b))] for a, b in pairwise(bounds))


def _whole(g: tuple[Any, ...], shapes: Any) -> list[Any]:
    """The parts of a gradient, zeros where there is none."""
    dtype = next(p.dtype for p in g if p is not None)
    return [np.zeros(n, dtype) if p is None else p for p, n in zip(g, shapes, strict=True)]


def _split_vjp(needs: Needs, g: Any, x_shape: Any, bounds: tuple[int, ...], dim: int) -> tuple[Any]:
    shapes = [(*x_shape[:dim], b - a, *x_shape[dim + 1 :]) for a, b in pairwise(bounds)]
    return (_cat(*_whole(g, shapes), dim=dim),)


def _unbind_vjp(needs: Needs, g: Any, x_shape: Any, dim: int) -> tuple[Any]:
    shapes = [(*x_shape[:dim], *x_shape[dim + 1 :])] * len(g)
    return (_stack(*_whole(g, shapes), dim=dim),)


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


def _place(name: str, input: Any, dim: int) -> tuple[int, int]:
    """The dimension to take apart, counted from the front, and its size."""
    shape = array_of(input).shape
    if not shape:
        raise DimError(
            f"0차원 텐서는 나눌 수 없습니다({name}).",
            f"{name} expects at least a 1-dimensional tensor.",
        )
    at = normal_dim(dim, len(shape))
    return at, shape[at]


@numpy_names
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """조각들로 나눈다(뷰).

    Views of the pieces along ``dim``: of one size, the last perhaps smaller, or of the sizes given.

    Raises:
        ShapeError: the sizes do not add up, or one is negative.

    >>> import tinygrad_kr as tg
    >>> tg.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    at, n = _place("split", input, dim)
    sizes = integers(split_size_or_sections)
    if isinstance(split_size_or_sections, Sequence):
        fits = sum(sizes) == n
        bounds = (0, *np.cumsum(sizes).tolist())
    else:
        fits = sizes[0] > 0 or n == 0
        bounds = (*range(0, n, max(sizes[0], 1)), n) if n else (0, 0)
    if not fits or min(sizes, default=0) < 0:
        raise ShapeError(
            f"크기 {n}인 차원 {at}을(를) {split_size_or_sections}(으)로 나눌 수 없습니다.",
            f"Dimension {at} of size {n} cannot be split by {split_size_or_sections}: sizes must "
            "be non-negative and sum to it.",
        )
    return _split(input, bounds=bounds, dim=at)


@numpy_names
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """chunks개쯤으로 고르게 나눈다(뷰).

    Views of at most ``chunks`` equal pieces along ``dim``, the last perhaps smaller.
    """
    _, n = _place("chunk", input, dim)
    (count,) = integers(chunks)
    if count < 1:
        raise ArgumentError(
            f"chunks는 1 이상이어야 합니다: {chunks}.",
            f"chunk expects `chunks` to be greater than 0, got: {chunks}.",
        )
    return split(input, -(-n // count) if n else (0,) * count, dim)


@numpy_names
def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """차원을 없애며 낱낱으로 나눈다(뷰).

    Views of the slices along ``dim``, which they no longer have.
    """
    return _unbind(input, dim=_place("unbind", input, dim)[0])


# Copies side by side

raw_repeat: Callable[..., Tensor] = Primitive(
    "repeat",
    lambda x, *, grid, shape: np.array(np.broadcast_to(x, grid), order="C").reshape(shape),
    x=lambda g, grid: reshape(g, grid),
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
    shape = array_of(input).shape
    times = integers(repeats)
    if len(times) < len(shape) or min(times, default=0) < 0:
        raise ShapeError(
            f"형상 {shape}인 텐서를 {times}번 되풀이할 수 없습니다.",
            f"A tensor of shape {shape} cannot be repeated {times} times: one non-negative number "
            "for each dimension.",
        )
    sizes = (*(1,) * (len(times) - len(shape)), *shape)
    # Beside each dimension a new one of size 1, to be broadcast; the engine sums it up again.
    thin = tuple(n for size in sizes for n in (1, size))
    grid = tuple(n for time, size in zip(times, sizes, strict=True) for n in (time, size))
    whole = tuple(time * size for time, size in zip(times, sizes, strict=True))
    return raw_repeat(reshape(input, thin), grid=grid, shape=whole)


def tile(input: Any, dims: Any) -> Tensor:
    """repeat과 같되, 모자란 수는 1로 본다.

    As :func:`repeat`, numbers missing in front being 1: ``numpy.tile``.
    """
    times = integers(dims)
    return repeat(input, (*(1,) * (array_of(input).ndim - len(times)), *times))
