"""형상: 같은 값을 다른 모양으로.

Shape: the same values, laid out otherwise. All but ``flip`` and ``roll`` give views where memory
allows it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError, ShapeError
from tinygrad_kr.ops.dims import Dims, array_of, normal_dim, normal_dims, numpy_names
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _expand_forward(x: Array, *, shape: tuple[int, ...]) -> Array:
    y = np.broadcast_to(x, shape)
    # NumPy hands it out read-only; what may not be written to is refused by its strides.
    y.flags.writeable = x.flags.writeable
    return y


_reshape: Callable[..., Tensor] = Primitive(
    "reshape",
    lambda x, *, shape: x.reshape(shape),
    view=True,
    x=lambda g, x_shape: _reshape(g, shape=x_shape),
)
_permute: Callable[..., Tensor] = Primitive(
    "permute",
    lambda x, *, dims: x.transpose(dims),
    view=True,
    x=lambda g, dims: _permute(g, dims=_inverse(dims)),
)
_expand: Callable[..., Tensor] = Primitive("expand", _expand_forward, view=True, x=lambda g: g)
_flip: Callable[..., Tensor] = Primitive(
    "flip", lambda x, *, dims: np.flip(x, dims).copy(), x=lambda g, dims: _flip(g, dims=dims)
)
_roll: Callable[..., Tensor] = Primitive(
    "roll",
    lambda x, *, shifts, dims: np.roll(x, shifts, dims),
    x=lambda g, shifts, dims: _roll(g, shifts=tuple(-s for s in shifts), dims=dims),
)


def _inverse(dims: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


def integers(values: Any) -> tuple[int, ...]:
    """One integer or several as a tuple."""
    try:
        if isinstance(values, Iterable) and np.ndim(as_array(values)) > 0:
            return tuple(operator.index(n) for n in values)
        return (operator.index(values),)
    except TypeError:
        raise ArgumentError(
            f"정수나 정수들이 와야 합니다: {values!r}.", f"Expected integers, not {values!r}."
        ) from None


def _listed(dims: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions named, where naming none means none."""
    return normal_dims(dims, ndim) if integers(dims) else ()


# Reshaping


def infer_shape(size: int, shape: Any) -> tuple[int, ...]:
    """-1을 알아낸 형상.

    A shape for ``size`` elements, its -1 worked out.
    """
    wanted = integers(shape)
    unknown = wanted.count(-1)
    known = math.prod(n for n in wanted if n != -1)
    if unknown == 1 and known > 0 and size % known == 0:
        return tuple(size // known if n == -1 else n for n in wanted)
    if unknown == 0 and known == size and min(wanted, default=0) >= 0:
        return wanted
    raise ShapeError(
        f"원소 {size}개를 형상 {wanted}(으)로 바꿀 수 없습니다. -1은 한 번만 쓸 수 있습니다.",
        f"shape {wanted} is invalid for input of size {size}; only one dimension can be -1.",
    )


def reshape(input: Any, shape: Any) -> Tensor:
    """형상을 바꾼다(될 수 있으면 뷰).

    The same elements in another shape, of which one size may be -1, to be worked out: a view where
    strides allow it, else a copy.

    Raises:
        ShapeError: the numbers of elements differ.
    """
    return _reshape(input, shape=infer_shape(array_of(input).size, shape))


def view(input: Any, shape: Any) -> Tensor:
    """형상을 바꾼 뷰(복사해야 하면 거절한다).

    ``reshape`` that never copies.

    Raises:
        ShapeError: the numbers of elements differ, or only a copy could have that shape.
    """
    out = reshape(input, shape)
    if out._view is None:
        array = as_array(input)
        raise ShapeError(
            f"형상 {array.shape}, 보폭 {array.strides}인 텐서를 복사 없이 {out.shape}(으)로 볼 수 "
            "없습니다. reshape()을 쓰세요.",
            f"view size {out.shape} is not compatible with the input's shape {array.shape} "
            f"and strides {array.strides}; use reshape() instead.",
        )
    return out


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """start_dim부터 end_dim까지를 한 차원으로 편다.

    The dimensions from ``start_dim`` to ``end_dim``, both included, as one; ``input`` itself if
    that is what they are.
    """
    shape = array_of(input).shape
    start, end = normal_dim(start_dim, len(shape)), normal_dim(end_dim, len(shape))
    if end < start:
        raise DimError(
            f"flatten의 start_dim {start_dim}이(가) end_dim {end_dim}보다 뒤에 있습니다.",
            f"flatten: start_dim {start_dim} cannot come after end_dim {end_dim}.",
        )
    if shape and start == end:
        return input  # type: ignore[no-any-return]
    middle = math.prod(shape[start : end + 1])
    return _reshape(input, shape=(*shape[:start], middle, *shape[end + 1 :]))


def ravel(input: Any) -> Tensor:
    """1차원으로 편다.

    All elements in one dimension.
    """
    return _reshape(input, shape=(array_of(input).size,))


@numpy_names
def squeeze(input: Any, dim: Any = None) -> Tensor:
    """크기가 1인 차원을 없앤다.

    Without the dimensions of size 1: all of them, or those among ``dim``, an int or a tuple.
    """
    shape = array_of(input).shape
    dims = range(len(shape)) if dim is None else _listed(dim, len(shape))
    kept = tuple(n for i, n in enumerate(shape) if n != 1 or i not in dims)
    return _reshape(input, shape=kept)


@numpy_names
def unsqueeze(input: Any, dim: int) -> Tensor:
    """크기가 1인 차원을 넣는다.

    With a new dimension of size 1 at ``dim``.
    """
    shape = array_of(input).shape
    at = normal_dim(dim, len(shape) + 1)
    return _reshape(input, shape=(*shape[:at], 1, *shape[at:]))


# Permuting


def permute(input: Any, dims: Any) -> Tensor:
    """차원의 순서를 바꾼다.

    The dimensions in another order, as a view: dimension i of the result is ``dims[i]``.
    """
    ndim = array_of(input).ndim
    order = _listed(dims, ndim)
    if len(order) != ndim:
        raise DimError(
            f"permute에는 차원 {ndim}개를 모두 주어야 합니다: {dims!r}.",
            f"permute needs all {ndim} dimensions of the tensor, not {dims!r}.",
        )
    return _permute(input, dims=order)


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """두 차원을 맞바꾼다.

    Two dimensions swapped, as a view.
    """
    ndim = array_of(input).ndim
    a, b = normal_dim(dim0, ndim), normal_dim(dim1, ndim)
    order = list(range(ndim))
    if order:
        order[a], order[b] = b, a
    return _permute(input, dims=tuple(order))


swapaxes = transpose


def t(input: Any) -> Tensor:
    """행렬의 전치. 0차원과 1차원은 그대로.

    The transpose of a matrix; a vector or a scalar as it is.

    Raises:
        ShapeError: more than two dimensions.
    """
    ndim = array_of(input).ndim
    if ndim > 2:
        raise ShapeError(
            f"t()는 2차원까지만 됩니다: {ndim}차원. transpose()를 쓰세요.",
            f"t() expects a tensor with at most 2 dimensions, not {ndim}; use transpose().",
        )
    return _permute(input, dims=tuple(range(ndim))[::-1])


def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """차원을 다른 자리로 옮긴다.

    The dimension or dimensions ``source`` moved to ``destination``, the rest in their order.
    """
    ndim = array_of(input).ndim
    old, new = _listed(source, ndim), _listed(destination, ndim)
    if len(integers(source)) != len(integers(destination)):
        raise DimError(
            f"movedim의 차원 수가 다릅니다: {source!r} → {destination!r}.",
            f"movedim needs as many destinations as sources: {source!r} to {destination!r}.",
        )
    order = [d for d in range(ndim) if d not in old]
    for to, d in sorted(zip(new, old, strict=True)):
        order.insert(to, d)
    return _permute(input, dims=tuple(order))


# Broadcasting


def common_shape(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """형상들을 브로드캐스트한 형상.

    The shape that shapes broadcast to; ``name`` is whose they are, for the error.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(str(s) for s in shapes)
        raise ShapeError(
            f"{name}: 형상 {listed}은(는) 브로드캐스트할 수 없습니다.",
            f"{name}(): shapes {listed} cannot be broadcast together.",
        ) from None


def expand(input: Any, size: Any) -> Tensor:
    """크기가 1인 차원을 복사 없이 늘린다.

    Broadcast to ``size`` without a copy; -1 keeps a dimension as it is.

    Raises:
        ShapeError: a dimension that is not 1 would change, or there are too few sizes.

    >>> import tinygrad_kr as tg
    >>> tg.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    shape = array_of(input).shape
    wanted = integers(size)
    lead = len(wanted) - len(shape)
    pairs = list(zip(wanted[max(lead, 0) :], shape, strict=False))
    target = (*wanted[: max(lead, 0)], *(n if w == -1 else w for w, n in pairs))
    if lead < 0 or min(target, default=0) < 0 or any(n not in (1, w) and w != -1 for w, n in pairs):
        raise ShapeError(
            f"형상 {shape}을(를) {wanted}(으)로 늘릴 수 없습니다. 크기가 1인 차원만 늘어납니다.",
            f"Shape {shape} cannot be expanded to {wanted}: only dimensions of size 1 grow.",
        )
    return _expand(input, shape=target)


def broadcast_to(input: Any, shape: Any) -> Tensor:
    """형상을 브로드캐스트한다: expand와 같다.

    Broadcast to ``shape``, as :func:`expand`.
    """
    return expand(input, shape)


# Reversing and rolling


@numpy_names
def flip(input: Any, dims: Any) -> Tensor:
    """차원을 뒤집는다(복사).

    Reversed along ``dims``, as a copy.
    """
    return _flip(input, dims=_listed(dims, array_of(input).ndim))


@numpy_names
def roll(input: Any, shifts: Any, dims: Dims = None) -> Tensor:
    """원소를 돌려 민다: 끝을 넘으면 처음으로.

    Shifted along ``dims``, what passes the end coming back at the start; with no dims, as if flat.

    Raises:
        ArgumentError: not one shift for each dimension.
    """
    shape = array_of(input).shape
    by = integers(shifts)
    along = () if dims is None else integers(dims)
    if len(by) != max(len(along), 1):
        raise ArgumentError(
            f"roll에는 차원마다 밀 칸이 하나씩 있어야 합니다: shifts {shifts!r}, dims {dims!r}.",
            f"roll needs one shift for each dimension: shifts {shifts!r}, dims {dims!r}.",
        )
    named = tuple(normal_dim(d, len(shape)) for d in along)
    if along and not shape:
        raise DimError(
            "0차원 텐서에는 굴릴 차원이 없습니다.",
            f"Dimension specified as {along[0]} but tensor has no dimensions.",
        )
    if dims is None or not shape:
        return reshape(_roll(ravel(input), shifts=by[:1], dims=(0,)), shape)
    return _roll(input, shifts=by, dims=named)
