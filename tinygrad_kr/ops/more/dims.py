"""드물게 쓰는 형상 바꾸기.

Rarer changes of shape: turns, diagonals, windows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.ops.conversion import clone
from tinygrad_kr.ops.dims import array_of, normal_dim, numpy_names
from tinygrad_kr.ops.indexing import add_at, numbered
from tinygrad_kr.ops.joining import along
from tinygrad_kr.ops.linalg import embed_diagonal
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.shape import (
    flip,
    infer_shape,
    integers,
    movedim,
    ravel,
    reshape,
    transpose,
)

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "adjoint",
    "as_strided",
    "diag_embed",
    "diagflat",
    "fliplr",
    "flipud",
    "moveaxis",
    "rot90",
    "swapdims",
    "unflatten",
    "unfold",
]

moveaxis = movedim
swapdims = transpose


def _of_least(name: str, input: Any, least: int) -> tuple[int, ...]:
    """The shape of a tensor of at least so many dimensions."""
    shape = array_of(input).shape
    if len(shape) < least:
        raise ShapeError(
            f"{name}에는 {least}차원 이상의 텐서가 와야 합니다: 형상 {shape}.",
            f"{name} expects a tensor of at least {least} dimensions, not of shape {shape}.",
        )
    return shape


def adjoint(input: Any) -> Tensor:
    """마지막 두 차원을 맞바꾼 뷰(실수이므로 전치와 같다).

    The last two dimensions swapped, as a view: of real numbers the transpose is the adjoint.
    """
    if array_of(input).ndim == 0:
        return input  # type: ignore[no-any-return]
    _of_least("adjoint", input, 2)
    return transpose(input, -2, -1)


def fliplr(input: Any) -> Tensor:
    """왼쪽과 오른쪽을 뒤집는다(차원 1).

    Reversed along dimension 1.
    """
    _of_least("fliplr", input, 2)
    return flip(input, 1)


def flipud(input: Any) -> Tensor:
    """위와 아래를 뒤집는다(차원 0).

    Reversed along dimension 0.
    """
    _of_least("flipud", input, 1)
    return flip(input, 0)


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """90도씩 k번, dims의 첫째에서 둘째 쪽으로 돌린다.

    Turned by 90 degrees ``k`` times, from the first towards the second of ``dims``; a copy.
    """
    ndim = len(_of_least("rot90", input, 2))
    plane = [normal_dim(d, ndim) for d in integers(dims)]
    if len({*plane}) != 2 or len(plane) != 2:
        raise ArgumentError(
            f"rot90에는 서로 다른 두 차원이 와야 합니다: {dims!r}.",
            f"rot90 expected two different dims, but got {dims!r}.",
        )
    if k % 2:
        return transpose(flip(input, plane[k % 4 == 1]), *plane)
    return flip(input, plane) if k % 4 else clone(input)


@numpy_names
def unflatten(input: Any, dim: int, sizes: Any) -> Tensor:
    """한 차원을 여럿으로 편다: flatten의 반대.

    One dimension as several, of which one size may be -1: the reverse of ``flatten``.
    """
    shape = _of_least("unflatten", input, 1)
    at = normal_dim(dim, len(shape))
    wanted = integers(sizes)
    if not wanted:
        raise ShapeError(
            "unflatten에는 크기가 있어야 합니다.", "unflatten: sizes must be non-empty."
        )
    return reshape(input, (*shape[:at], *infer_shape(shape[at], wanted), *shape[at + 1 :]))


# Diagonals


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """마지막 차원을 행렬의 대각선에 놓는다.

    Matrices, in two new dimensions, with the last dimension of ``input`` on a diagonal: the reverse
    of ``diagonal``.

    >>> import tinygrad_kr as tg
    >>> tg.diag_embed(tg.tensor([1, 2]), offset=1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    shape = array_of(input).shape
    first, second = (normal_dim(d, len(shape) + 1) for d in (dim1, dim2))
    if first == second:
        raise ArgumentError(
            f"diag_embed의 두 차원은 서로 달라야 합니다: {dim1}, {dim2}.",
            f"diagonal dimensions cannot be identical: {dim1}, {dim2}.",
        )
    whole = [*shape[:-1]]
    for at in sorted((first, second)):
        whole.insert(at, shape[-1] + abs(offset))
    return embed_diagonal(input, shape=tuple(whole), offset=offset, dim1=first, dim2=second)


def diagflat(input: Any, offset: int = 0) -> Tensor:
    """1차원으로 펴서 대각선에 놓은 행렬.

    The matrix with the elements of ``input`` on a diagonal.
    """
    return diag_embed(ravel(input), offset)


# Windows


def _strided(x: Array, shape: tuple[int, ...], strides: tuple[int, ...], first: int = 0) -> Array:
    """The memory of ``x``, from ``first`` bytes on, by other strides; of a copy if ``x`` is no part
    of a contiguous array. Where elements may share memory it cannot be written to."""
    owner = x if x.flags.c_contiguous else x.base
    if not isinstance(owner, np.ndarray) or not owner.flags.forc:
        owner = x = np.array(x, order="K")
    if not owner.flags.c_contiguous:
        owner = owner.T
    first += x.ctypes.data - owner.ctypes.data
    out: Array = np.ndarray(shape, x.dtype, owner, first, strides)
    reach = 0
    for stride, n in sorted((abs(s), n) for s, n in zip(strides, shape, strict=True) if n > 1):
        if stride <= reach or not x.flags.writeable:
            out.flags.writeable = False
        reach += stride * (n - 1)
    return out


def _unfold_forward(x: Array, *, dim: int, size: int, step: int) -> Array:
    shape, strides = [*x.shape, size], [*x.strides, x.strides[dim]]
    shape[dim] = (shape[dim] - size) // step + 1
    strides[dim] *= step
    return _strided(x, tuple(shape), tuple(strides))


def _fold(g: Array, *, shape: tuple[int, ...], dim: int, size: int, step: int) -> Array:
    out = np.zeros(shape, g.dtype)
    reach = step * (g.shape[dim] - 1) + 1
    for i in range(size):
        out[along(dim, slice(i, i + reach, step))] += g[..., i]
    return out


_unfold: Callable[..., Tensor] = Primitive(
    "unfold",
    _unfold_forward,
    view=True,
    x=lambda g, x_shape, dim, size, step: _folded(g, shape=x_shape, dim=dim, size=size, step=step),
)
_folded: Callable[..., Tensor] = Primitive(
    "fold_windows",
    _fold,
    g=lambda g, dim, size, step: _unfold(g, dim=dim, size=size, step=step),
)


def unfold(input: Any, dimension: int, size: int, step: int) -> Tensor:
    """한 차원을 훑는 창들(뷰): 창의 안쪽이 마지막 차원이 된다.

    The windows of ``size`` along a dimension, every ``step``, as a view, the inside of a window
    being the last dimension. Windows that overlap cannot be written to.

    >>> import tinygrad_kr as tg
    >>> tg.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    shape = array_of(input).shape
    at = normal_dim(dimension, len(shape))
    room = shape[at] if shape else 1
    if not 0 <= size <= room or step < 1:
        raise ArgumentError(
            f"unfold의 size는 0 ~ {room}, step은 1 이상이어야 합니다: {size}, {step}.",
            f"unfold: size must be within 0 and {room}, the size of the dimension, and step > 0, "
            f"not {size} and {step}.",
        )
    if not shape:
        return reshape(input, (1,))[:size]
    return _unfold(input, dim=at, size=size, step=step)


def _as_strided_forward(
    x: Array, *, shape: tuple[int, ...], strides: tuple[int, ...], first: int
) -> Array:
    x = np.ascontiguousarray(x)
    return _strided(x, shape, tuple(s * x.itemsize for s in strides), first * x.itemsize)


def _as_strided_back(
    g: Array, *, x_shape: tuple[int, ...], shape: tuple[int, ...], strides: tuple[int, ...],
    first: int,
) -> Array:  # fmt: skip
    out = np.zeros(x_shape, g.dtype)
    places = _as_strided_forward(numbered(x_shape), shape=shape, strides=strides, first=first)
    add_at(out, places, g)
    return out


_as_strided: Callable[..., Tensor] = Primitive(
    "as_strided",
    _as_strided_forward,
    view=True,
    x=lambda g, x_shape, shape, strides, first: _strided_back(
        g, x_shape=x_shape, shape=shape, strides=strides, first=first
    ),
)
_strided_back: Callable[..., Tensor] = Primitive(
    "as_strided_back",
    _as_strided_back,
    g=lambda g, shape, strides, first: _as_strided(g, shape=shape, strides=strides, first=first),
)


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """연속한 텐서의 기억을 다른 형상과 보폭(원소 단위)으로 본 뷰.

    A view of the memory of a contiguous tensor by another shape and other strides, counted in
    elements; ``storage_offset`` counts from its first element. Unlike PyTorch's it sees
    nothing outside of the tensor, and where elements overlap it cannot be written to.

    Raises:
        ShapeError: the tensor is not contiguous, or does not hold all of it.
    """
    x = array_of(input)
    shape, strides, first = integers(size), integers(stride), storage_offset or 0
    last = first + sum(s * (n - 1) for s, n in zip(strides, shape, strict=False))
    if (
        not x.flags.c_contiguous
        or len(shape) != len(strides)
        or min(*shape, *strides, first, 0) < 0
        or (0 not in shape and last >= x.size)
    ):
        raise ShapeError(
            f"형상 {x.shape}, 원소 {x.size}개인 텐서를 형상 {shape}, 보폭 {strides}, 시작 {first}"
            "(으)로 볼 수 없습니다. 연속한 텐서여야 합니다.",
            f"as_strided: shape {shape}, strides {strides} and offset {first} are out of bounds "
            f"for a contiguous tensor of {x.size} elements, shape {x.shape}.",
        )
    return _as_strided(input, shape=shape, strides=strides, first=first)
