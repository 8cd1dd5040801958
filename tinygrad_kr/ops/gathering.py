"""모으기와 흩뿌리기: 인덱스 텐서와 마스크로.

Gathering and scattering along a dimension by a tensor of indices, and by masks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of, array_of_kind, normal_dim, numpy_names
from tinygrad_kr.ops.indexing import add_at, getitem, numbered
from tinygrad_kr.ops.joining import along
from tinygrad_kr.ops.pointwise import filling
from tinygrad_kr.ops.primitive import Primitive, operand
from tinygrad_kr.ops.shape import common_shape, expand, ravel, reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _gather_forward(x: Array, index: Array, *, dim: int) -> Array:
    within = tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(index.shape))
    return np.take_along_axis(x[within], index, dim)


def places_along(shape: tuple[int, ...], index: Array, dim: int) -> Array:
    """index가 dim을 따라 가리키는 자리들: 1차원으로 폈을 때의 번호로.

    The places that ``index`` names along ``dim``, as numbers of the flat array.
    """
    return _gather_forward(numbered(shape), index, dim=dim)


def _scatter_forward(x: Array, index: Array, src: Any, *, dim: int) -> Array:
    out = np.array(x, order="C")
    out.reshape(-1)[places_along(x.shape, index, dim)] = src
    return out


def _scatter_add_forward(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    out = np.array(x, order="C")
    add_at(out, places_along(x.shape, index, dim), src)
    return out


# In all three, src has the shape of index.
raw_gather: Callable[..., Tensor] = Primitive(
    "gather",
    _gather_forward,
    x=lambda g, index, x_shape, dim: raw_scatter_add(np.zeros(x_shape, g.dtype), index, g, dim=dim),
)
raw_scatter: Callable[..., Tensor] = Primitive(
    "scatter",
    _scatter_forward,
    x=lambda g, index, dim: raw_scatter(g, index, np.zeros((), g.dtype), dim=dim),
    src=lambda g, index, dim: raw_gather(g, index, dim=dim),
)
raw_scatter_add: Callable[..., Tensor] = Primitive(
    "scatter_add",
    _scatter_add_forward,
    x=lambda g: g,
    src=lambda g, index, dim: raw_gather(g, index, dim=dim),
)


def checked_index(name: str, input: Any, dim: int, index: Any) -> tuple[int, Any, Any]:
    """앞에서 센 dim, input, index. 서로 맞지 않으면 거절한다.

    ``dim`` counted from the front, input and index, a 0-d tensor as one of one element; refuses
    what does not fit.
    """
    x, i = array_of(input), array_of_kind("iu", name, index)
    at = normal_dim(dim, x.ndim)
    if max(x.ndim, 1) == max(i.ndim, 1):
        if x.ndim == 0 or i.ndim == 0:
            input, index = reshape(input, x.shape or 1), reshape(index, i.shape or 1)
            x, i = as_array(input), as_array(index)
        sizes = enumerate(zip(i.shape, x.shape, strict=True))
        if i.size == 0 or all(m <= n or d == at for d, (m, n) in sizes):
            check_range(name, i, at, x.shape[at])
            return at, input, index
    raise ShapeError(
        f"{name}: 인덱스의 형상 {i.shape}은(는) 텐서의 형상 {x.shape}과 차원 수가 같고, 차원 {at} "
        "밖에서는 더 클 수 없습니다.",
        f"{name}(): expected index {i.shape} to have the same number of dimensions as the tensor "
        f"{x.shape} and be no larger apart from dimension {at}.",
    )


def check_range(name: str, index: Array, dim: int, size: int) -> None:
    """크기를 벗어난 인덱스를 거절한다.

    Refuse an index beyond the size of its dimension.
    """
    outside = index[(index < 0) | (index >= size)]
    if outside.size:
        raise IndexingError(
            f"{name}: 인덱스 {outside[0]}이(가) 차원 {dim}의 크기 {size}을(를) 벗어났습니다.",
            f"{name}(): index {outside[0]} is out of bounds for dimension {dim} with size {size}.",
        )


@numpy_names
def gather(input: Any, dim: int, index: Any) -> Tensor:
    """dim을 따라 index가 가리키는 값을 모은다.

    Values picked along ``dim``: in two dimensions ``out[i, j] = input[index[i, j], j]`` for
    dim 0, ``input[i, index[i, j]]`` for dim 1. Negative indices are out of range.

    Shape:
        index: as many dimensions as ``input``, no larger in the others than ``dim``.

    Raises:
        ShapeError, IndexingError, DTypeError: the index does not fit, here and below.

    >>> import tinygrad_kr as tg
    >>> tg.gather(tg.tensor([[1, 2], [3, 4]]), 1, tg.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    at, x, i = checked_index("gather", input, dim, index)
    out = raw_gather(x, i, dim=at)
    return out if i is index else reshape(out, as_array(index).shape)


@numpy_names
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """dim을 따라 고른다: gather이되 다른 차원은 브로드캐스트한다.

    Values picked along ``dim`` as by :func:`gather`, the other dimensions being broadcast; with no
    dim, from the flat tensor. What ``argsort`` and ``argmax(keepdim=True)`` return fits.
    """
    if dim is None:
        return take_along_dim(ravel(input), ravel(indices), 0)
    x, i = array_of(input), array_of(indices)
    at = normal_dim(dim, x.ndim)
    if x.ndim != i.ndim:
        raise ShapeError(
            f"take_along_dim의 두 텐서는 차원 수가 같아야 합니다: 형상 {x.shape}, {i.shape}.",
            "take_along_dim(): input and indices should have the same number of dimensions: "
            f"{x.shape}, {i.shape}.",
        )
    if x.ndim == 0:
        return take_along_dim(input, indices)
    n, length = x.shape[at], i.shape[at]
    others = [(*a.shape[:at], 1, *a.shape[at + 1 :]) for a in (x, i)]
    common = common_shape("take_along_dim", *others)
    wide = expand(indices, (*common[:at], length, *common[at + 1 :]))
    source = expand(input, (*common[:at], n, *common[at + 1 :]))
    return gather(source, at, where(wide < 0, wide + n, wide))


@numpy_names
def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """dim에서 index가 가리키는 조각들을 모은다.

    The slices of ``input`` along ``dim`` that a 1-d ``index`` names, as a copy.
    """
    x, i = array_of(input), array_of_kind("iu", "index_select", index)
    at = normal_dim(dim, x.ndim)
    if i.ndim > 1:
        raise ShapeError(
            f"index_select의 인덱스는 1차원이어야 합니다: 형상 {i.shape}.",
            f"index_select(): Index is supposed to be a vector, not of shape {i.shape}.",
        )
    if x.ndim == 0:
        return reshape(gather(input, 0, index), ())
    check_range("index_select", i, at, x.shape[at])
    return getitem(input, index=along(at, np.array(i, np.intp, ndmin=1))[:-1])


# Scattering


def checked_source(name: str, input: Any, index: Any, src: Any) -> Any:
    """index가 가리키는 자리마다 하나인 src의 값들, 또는 수 하나.

    ``src`` cut to the shape of ``index``, or a number in the dtype of ``input``.
    """
    dtype = as_array(input).dtype
    array = operand(as_array(src))
    if not isinstance(array, np.ndarray):
        return filling(array, dtype)
    if array.dtype != dtype:
        raise DTypeError(
            f"{name}: src의 자료형 {array.dtype}이(가) 텐서의 {dtype}과(와) 다릅니다.",
            f"{name}(): expected src of dtype {dtype}, not {array.dtype}; convert it with to().",
        )
    if array.ndim == 0:
        array, src = array.reshape(1), reshape(src, 1)
    i = as_array(index)
    if array.ndim != i.ndim or any(m > n for m, n in zip(i.shape, array.shape, strict=True)):
        raise ShapeError(
            f"{name}: 인덱스의 형상 {i.shape}은(는) src의 형상 {array.shape}보다 클 수 없습니다.",
            f"{name}(): expected index {i.shape} to be no larger than src {array.shape}.",
        )
    if array.shape == i.shape:
        return src
    return getitem(src, index=tuple(slice(n) for n in i.shape))


@numpy_names
def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """index가 가리키는 자리에 src의 값을 쓴 것.

    ``input`` with values of ``src``, a tensor of at least the shape of ``index`` or a number (also
    spelled ``value``), written along ``dim``: ``out[index[i, j], j] = src[i, j]`` for dim 0. Where
    an index comes twice, one of the values is written; ``reduce="add"`` adds them instead.
    """
    if (src is None) == (value is None) or reduce not in (None, "add"):
        raise ArgumentError(
            f"scatter에는 src나 value가 있어야 하고, reduce는 None이나 'add'입니다: {reduce!r}.",
            f"scatter() takes one of src and value; reduce is None or 'add', not {reduce!r}.",
        )
    at, x, i = checked_index("scatter", input, dim, index)
    values = checked_source("scatter", input, i, value if src is None else src)
    if reduce == "add":
        if as_array(values).ndim == 0:
            values = np.broadcast_to(values, as_array(i).shape)
        out = raw_scatter_add(x, i, values, dim=at)
    else:
        out = raw_scatter(x, i, values, dim=at)
    return out if x is input else reshape(out, as_array(input).shape)


@numpy_names
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """index가 가리키는 자리에 src의 값을 더한 것.

    ``input`` with values of ``src`` added along ``dim``; the reverse of :func:`gather`.
    """
    return scatter(input, dim, index, src, reduce="add")


# Masks


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """마스크가 참인 곳을 value로 채운 것.

    ``input`` with ``value``, a number or a 0-d tensor, where ``mask`` holds; they are broadcast.

    >>> import tinygrad_kr as tg
    >>> x = tg.tensor([1.0, 2.0, 3.0])
    >>> x.masked_fill(x > 1, 0)
    tensor([1., 0., 0.])
    """
    x, m = array_of(input), array_of_kind("b", "masked_fill", mask)
    number = operand(as_array(value))
    if np.ndim(number) > 0:
        raise ShapeError(
            f"masked_fill의 value는 수나 0차원 텐서여야 합니다: 형상 {number.shape}.",
            f"masked_fill only supports a 0-dimensional value tensor, not shape {number.shape}.",
        )
    common_shape("masked_fill", x.shape, m.shape)
    filled = cast(value, x.dtype) if isinstance(value, TensorBase) else filling(number, x.dtype)
    return where(mask, filled, input)


def masked_select(input: Any, mask: Any) -> Tensor:
    """마스크가 참인 원소들을 1차원으로.

    The elements where ``mask`` holds, in one dimension; they are broadcast.
    """
    m = array_of_kind("b", "masked_select", mask)
    shape = common_shape("masked_select", array_of(input).shape, m.shape)
    return getitem(expand(input, shape), index=(np.array(np.broadcast_to(m, shape)),))
