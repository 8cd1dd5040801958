"""텐서 만들기.

Making tensors: from data, of a constant, of a range. Everywhere ``dtype`` is the dtype to have in
place of the usual one, ``device`` ``"cpu"`` or None, and ``requires_grad`` asks for a gradient;
``memory_format`` is taken for compatibility.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.autograd.node import Leaf
from tinygrad_kr.device import check_device
from tinygrad_kr.dtypes import Array, DType, as_dtype, result_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError, GradientError, ShapeError
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.pointwise import filling, in_dtype

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def finish(array: Array, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A new leaf around an array of its own."""
    check_device(device)
    out = wrap(array)
    if requires_grad:
        require_grad(out)
    return out


def require_grad(t: TensorBase) -> None:
    """Make a leaf collect its gradient; refuses one that is not floating."""
    dtype = t._array.dtype
    if dtype.kind != "f":
        raise GradientError(
            f"소수형 텐서만 기울기를 가질 수 있습니다: {dtype}. float()로 바꾸어 주세요.",
            f"Only Tensors of floating point dtype can require gradients, and this one is {dtype}; "
            "convert it with float().",
        )
    t._node = Leaf(t)


def _from_data(data: Any, dtype: Any) -> Array:
    """Data as an array of its own."""
    chosen = None if dtype is None else as_dtype(dtype)
    data = _plain(data)
    if isinstance(data, np.ndarray | np.generic):
        return in_dtype(data, as_dtype(data.dtype) if chosen is None else chosen)
    try:
        array = np.array(data)
    except ValueError as error:
        raise ShapeError(
            f"길이가 고르지 않은 목록은 텐서가 될 수 없습니다: {error}",
            f"A ragged list cannot become a tensor: {error}",
        ) from None
    if array.dtype.kind not in "biufc":
        raise DTypeError(
            f"수가 아닌 것은 텐서가 될 수 없습니다: {type(data).__name__}.",
            f"Only numbers can become a tensor, not {type(data).__name__} of {array.dtype}.",
        )
    if chosen is None:
        plain = array.dtype.kind == "f" and not _holds_arrays(data)
        chosen = default_or(None) if plain or array.size == 0 else as_dtype(array.dtype)
    if chosen.kind in "iu" and array.size:
        _check_range(array, chosen)
    return in_dtype(array, chosen, copy=False)


def _check_range(array: Array, dtype: DType) -> None:
    """Refuse numbers that an integer dtype does not hold; negative ones wrap in uint8."""
    low, high, most = array.min(), array.max(), np.iinfo(dtype).max
    if not (-most - 1 <= low and high <= most):
        raise DTypeError(
            f"{dtype}에 담을 수 없는 수가 있습니다: {low} ~ {high}.",
            f"value cannot be converted to type {dtype} without overflow: {low} to {high}.",
        )


def _plain(data: Any) -> Any:
    """Nested sequences with the arrays of the tensors inside them."""
    return [_plain(d) for d in data] if isinstance(data, list | tuple) else as_array(data)


def _holds_arrays(data: Any) -> bool:
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return isinstance(data, np.ndarray | np.generic)


def legacy_array(data: tuple[Any, ...], dtype: Any = None) -> Array:
    """What ``Tensor(...)`` means by its arguments: sizes, or data, in the default dtype."""
    if all(isinstance(n, int) and not isinstance(n, bool) for n in data):
        return np.empty(data if data else (0,), default_or(dtype))
    return _from_data(data[0], default_or(dtype))


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """자료를 복사하여 텐서를 만든다.

    A new leaf with a copy of ``data``: a number, nested lists, an ndarray or a tensor. Python
    floats take the default dtype, ints int64; arrays keep theirs.

    Raises:
        DTypeError, ShapeError: no numbers, or ragged lists.

    >>> tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return finish(_from_data(data, dtype), requires_grad, device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """텐서가 아니면 텐서로, 되도록 복사하지 않고.

    ``data`` as a tensor: itself if it is one of that dtype, sharing an ndarray's memory.
    """
    check_device(device)
    if isinstance(data, TensorBase):
        t: Any = data
        return t if dtype is None else t.to(dtype)  # type: ignore[no-any-return]
    if isinstance(data, np.ndarray):
        return wrap(in_dtype(data, as_dtype(data.dtype if dtype is None else dtype), copy=False))
    return wrap(_from_data(data, dtype))


def from_numpy(ndarray: Array) -> Tensor:
    """NumPy 배열과 기억을 함께 쓰는 텐서.

    A tensor that shares the memory of ``ndarray``.
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentError(
            f"from_numpy에는 np.ndarray가 와야 합니다: {type(ndarray).__name__}.",
            f"expected np.ndarray (got {type(ndarray).__name__}).",
        )
    as_dtype(ndarray.dtype)
    return wrap(np.asarray(ndarray))


def as_shape(size: Sequence[Any], named: Any = None) -> tuple[int, ...]:
    """The shape that ``zeros(2, 3)``, ``zeros((2, 3))`` and ``zeros(size=(2, 3))`` all mean."""
    if named is not None:
        size = (*size, named)
    if len(size) == 1 and isinstance(size[0], Sequence | np.ndarray):
        size = tuple(size[0])
    try:
        shape = tuple(int(n.__index__()) for n in size)
    except AttributeError:
        raise ArgumentError(
            f"형상은 정수여야 합니다: {tuple(size)}.",
            f"A shape is made of integers: {tuple(size)}.",
        ) from None
    if any(n < 0 for n in shape):
        raise ShapeError(
            f"형상에 음수가 있습니다: {shape}.",
            f"Trying to create a tensor of negative size: {shape}.",
        )
    return shape


def default_or(dtype: Any) -> DType:
    """The dtype that was asked for, the default one if none was."""
    return dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)


def zeros(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """0으로 찬 텐서.

    A tensor of zeros.
    """
    return finish(np.zeros(as_shape(sizes, size), default_or(dtype)), requires_grad, device)


def ones(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """1로 찬 텐서.

    A tensor of ones.
    """
    return finish(np.ones(as_shape(sizes, size), default_or(dtype)), requires_grad, device)


def empty(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """초기화하지 않은 텐서.

    A tensor whose values are whatever the memory held.
    """
    return finish(np.empty(as_shape(sizes, size), default_or(dtype)), requires_grad, device)


def full(
    size: Sequence[int], fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """한 값으로 찬 텐서.

    A tensor full of ``fill_value``, whose dtype it takes.
    """
    fill = as_array(fill_value)
    chosen = result_dtype(fill) if dtype is None else as_dtype(dtype)
    return finish(_filled(as_shape((size,)), fill, chosen), requires_grad, device)


def _filled(shape: tuple[int, ...], value: Any, dtype: DType) -> Array:
    with np.errstate(over="ignore"):
        return np.full(shape, filling(value, dtype), dtype)


def like(input: Any, dtype: Any) -> tuple[tuple[int, ...], DType]:
    """The shape of ``input``, and its dtype if none is asked for."""
    array = array_of(input)
    return array.shape, array.dtype if dtype is None else as_dtype(dtype)


def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """같은 형상의 0.

    Zeros in the shape and dtype of ``input``.
    """
    return finish(np.zeros(*like(input, dtype)), requires_grad, device)


def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """같은 형상의 1.

    Ones in the shape and dtype of ``input``.
    """
    return finish(np.ones(*like(input, dtype)), requires_grad, device)


def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """같은 형상의 초기화하지 않은 텐서.

    An uninitialised tensor in the shape and dtype of ``input``.
    """
    return finish(np.empty(*like(input, dtype)), requires_grad, device)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """같은 형상으로, 한 값으로 찬 텐서.

    ``fill_value`` in the shape and dtype of ``input``.
    """
    shape, chosen = like(input, dtype)
    return finish(_filled(shape, as_array(fill_value), chosen), requires_grad, device)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """대각선이 1인 행렬.

    A matrix, (n, m), with ones on its diagonal.
    """
    rows, columns = as_shape((n, n if m is None else m))
    return finish(np.eye(rows, columns, dtype=default_or(dtype)), requires_grad, device)


def arange(
    start: Any = None, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """start부터 end 앞까지 step씩.

    From ``start`` (0 if only an end is given) up to ``end``, without it, in steps; int64 if all
    are integers.

    Raises:
        ArgumentError: a bound is not finite, or the step is 0 or leads away from ``end``.
    """
    if end is None:
        start, end = None, start
    given = (0 if start is None else start, math.nan if end is None else end, step)
    numbers: list[Any] = [
        v.item() if isinstance(v, TensorBase) else v  # type: ignore[attr-defined]
        for v in given
    ]
    if dtype is None:
        whole = all(isinstance(v, int | np.integer) for v in numbers)
        chosen = dtypes.int64 if whole else dtypes.get_default_dtype()
    else:
        chosen = as_dtype(dtype)
    first, last, by = numbers
    away = (last - first) * by < 0
    if chosen.kind in "iu" and all(map(math.isfinite, numbers)):
        first, last, by = map(int, numbers)
    if by == 0 or not math.isfinite(first + last + by) or away:
        raise ArgumentError(
            f"arange({first}, {last}, {by}): 끝이 없거나, step이 0이거나 방향이 반대입니다.",
            f"arange({first}, {last}, {by}): bounds must be finite, step nonzero and towards end.",
        )
    return finish(in_dtype(np.arange(first, last, by), chosen, copy=False), requires_grad, device)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """start부터 end까지 고르게 steps개.

    ``steps`` evenly spaced values from ``start`` to ``end``, both included.
    """
    (count,) = as_shape((steps,))
    chosen = default_or(dtype)
    first, last = ends(start, end, chosen)
    with np.errstate(all="ignore"):
        values = np.linspace(first, last, count)
    return finish(in_dtype(values, chosen, copy=False), requires_grad, device)


def ends(start: Any, end: Any, dtype: DType) -> tuple[Any, Any]:
    """The ends of a range of numbers, whole ones for an integer dtype."""
    first, last = as_array(start), as_array(end)
    if np.ndim(first) or np.ndim(last):
        raise ArgumentError(
            f"범위의 두 끝은 수이거나 0차원 텐서여야 합니다: {start!r}, {end!r}.",
            f"The ends of a range must be numbers or 0-dimensional tensors: {start!r}, {end!r}.",
        )
    return (int(first), int(last)) if dtype.kind in "iu" else (first, last)
