"""텐서 만들기.

Making tensors: from data, of a constant, of a range, of random numbers.
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
from tinygrad_kr.dtypes import Array, DType, as_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError, GradientError, ShapeError
from tinygrad_kr.random import Generator, numpy_generator

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def finish(array: Array, requires_grad: bool = False, device: Any = None) -> Tensor:
    """배열을 새 잎으로.

    A new leaf around an array of its own.

    Raises:
        GradientError: a gradient is asked of an integer or bool tensor.
        DeviceError: ``device`` is not the CPU.
    """
    check_device(device)
    out = wrap(array)
    if requires_grad:
        require_grad(out)
    return out


def require_grad(t: TensorBase) -> None:
    """잎이 기울기를 모으게 한다.

    Make a leaf collect its gradient.

    Raises:
        GradientError: its dtype is not a floating one.
    """
    if t._array.dtype.kind != "f":
        raise GradientError(
            f"소수형 텐서만 기울기를 가질 수 있습니다. 이 텐서는 {t._array.dtype}입니다. float()로 "
            "바꾸어 주세요.",
            f"Only Tensors of floating point dtype can require gradients, and this one is "
            f"{t._array.dtype}; convert it with float().",
        )
    t._node = Leaf(t)


def _from_data(data: Any, dtype: Any) -> Array:
    """Data as an array of its own."""
    chosen = None if dtype is None else as_dtype(dtype)
    if isinstance(data, TensorBase):
        data = data._array
    elif isinstance(data, list | tuple):
        data = _plain(data)
    if isinstance(data, np.ndarray | np.generic):
        return np.array(data, dtype=as_dtype(data.dtype) if chosen is None else chosen)
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
        if (array.dtype.kind == "f" and not _holds_arrays(data)) or array.size == 0:
            chosen = dtypes.get_default_dtype()
        else:
            chosen = as_dtype(array.dtype)
    return array.astype(chosen, copy=False)


def _plain(data: Any) -> Any:
    """Nested sequences with the arrays of the tensors inside them."""
    if isinstance(data, TensorBase):
        return data._array
    return [_plain(d) for d in data] if isinstance(data, list | tuple) else data


def _holds_arrays(data: Any) -> bool:
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return isinstance(data, np.ndarray | np.generic)


def legacy_array(data: tuple[Any, ...]) -> Array:
    """Tensor(...)의 인자가 뜻하는 배열.

    What ``Tensor(...)`` means by its arguments: sizes of an uninitialised array, or data, in the
    default dtype.
    """
    if all(isinstance(n, int) and not isinstance(n, bool) for n in data):
        return np.empty(data if data else (0,), dtypes.get_default_dtype())
    return _from_data(data[0], dtypes.get_default_dtype())


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """자료를 복사하여 텐서를 만든다.

    A new leaf with a copy of ``data``: a number, nested lists, an ndarray or a tensor.

    Args:
        data: Python floats take the default dtype, ints int64; arrays keep theirs.
        dtype: the dtype to have instead.
        device: ``"cpu"`` or None.
        requires_grad: whether to collect a gradient.

    Raises:
        DTypeError: the data or ``dtype`` is of no supported dtype.
        ShapeError: ragged lists.

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
        chosen = as_dtype(data.dtype if dtype is None else dtype)
        return wrap(data.astype(chosen, copy=False))
    return wrap(_from_data(data, dtype))


def from_numpy(ndarray: Array) -> Tensor:
    """NumPy 배열과 기억을 함께 쓰는 텐서.

    A tensor that shares the memory of ``ndarray``.

    Raises:
        ArgumentError: not an ndarray.
        DTypeError: an array of no supported dtype.
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentError(
            f"from_numpy에는 np.ndarray가 와야 합니다: {type(ndarray).__name__}.",
            f"expected np.ndarray (got {type(ndarray).__name__}).",
        )
    as_dtype(ndarray.dtype)
    return wrap(np.asarray(ndarray))


def as_shape(size: Sequence[Any]) -> tuple[int, ...]:
    """zeros(2, 3)과 zeros((2, 3)) 둘 다의 형상.

    The shape that ``zeros(2, 3)`` and ``zeros((2, 3))`` both mean.

    Raises:
        ShapeError: a size is negative or not an integer.
    """
    if len(size) == 1 and isinstance(size[0], Sequence | np.ndarray):
        size = tuple(size[0])
    try:
        shape = tuple(int(n.__index__()) for n in size)
    except AttributeError:
        raise ShapeError(
            f"형상은 정수여야 합니다: {tuple(size)}.",
            f"A shape is made of integers: {tuple(size)}.",
        ) from None
    if any(n < 0 for n in shape):
        raise ShapeError(
            f"형상에 음수가 있습니다: {shape}.",
            f"Trying to create a tensor of negative size: {shape}.",
        )
    return shape


def _floating(dtype: Any) -> DType:
    return dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """0으로 찬 텐서.

    A tensor of zeros.
    """
    return finish(np.zeros(as_shape(size), _floating(dtype)), requires_grad, device)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """1로 찬 텐서.

    A tensor of ones.
    """
    return finish(np.ones(as_shape(size), _floating(dtype)), requires_grad, device)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """초기화하지 않은 텐서.

    A tensor whose values are whatever the memory held.
    """
    return finish(np.empty(as_shape(size), _floating(dtype)), requires_grad, device)


def full(
    size: Sequence[int], fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """한 값으로 찬 텐서.

    A tensor full of ``fill_value``, whose dtype it takes.
    """
    chosen = dtypes.scalar_dtype(fill_value) if dtype is None else as_dtype(dtype)
    return finish(np.full(as_shape((size,)), fill_value, chosen), requires_grad, device)


def _like(input: Any, dtype: Any) -> tuple[tuple[int, ...], DType]:
    array = as_array(input)
    return array.shape, array.dtype if dtype is None else as_dtype(dtype)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """같은 형상의 0.

    Zeros in the shape and dtype of ``input``.
    """
    return finish(np.zeros(*_like(input, dtype)), requires_grad, device)


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """같은 형상의 1.

    Ones in the shape and dtype of ``input``.
    """
    return finish(np.ones(*_like(input, dtype)), requires_grad, device)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """같은 형상의 초기화하지 않은 텐서.

    An uninitialised tensor in the shape and dtype of ``input``.
    """
    return finish(np.empty(*_like(input, dtype)), requires_grad, device)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """같은 형상으로, 한 값으로 찬 텐서.

    ``fill_value`` in the shape and dtype of ``input``.
    """
    shape, chosen = _like(input, dtype)
    return finish(np.full(shape, fill_value, chosen), requires_grad, device)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """대각선이 1인 행렬.

    A matrix, (n, m), with ones on its diagonal.
    """
    rows, columns = as_shape((n, n if m is None else m))
    return finish(np.eye(rows, columns, dtype=_floating(dtype)), requires_grad, device)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """start부터 end 앞까지 step씩.

    From ``start`` (0 if only an end is given) up to ``end``, without it, in steps; int64 if all
    are integers.

    Raises:
        ArgumentError: a step of 0, NaN, or one that leads away from ``end``.
    """
    if end is None:
        start, end = 0, start
    numbers = [as_array(v).item() if isinstance(v, TensorBase) else v for v in (start, end, step)]
    first, last, by = numbers
    if by == 0 or math.isnan(first + last + by) or (last - first) * by < 0:
        raise ArgumentError(
            f"arange({first}, {last}, {by}): step이 0이거나 방향이 반대입니다.",
            f"arange({first}, {last}, {by}): step must be nonzero and lead from start to end.",
        )
    if dtype is None:
        whole = all(isinstance(v, int | np.integer) for v in numbers)
        chosen = dtypes.int64 if whole else dtypes.get_default_dtype()
    else:
        chosen = as_dtype(dtype)
    return finish(np.arange(first, last, by).astype(chosen), requires_grad, device)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """start부터 end까지 고르게 steps개.

    ``steps`` evenly spaced values from ``start`` to ``end``, both included.
    """
    (count,) = as_shape((steps,))
    values = np.linspace(as_array(start), as_array(end), count)
    return finish(values.astype(_floating(dtype)), requires_grad, device)


def _random(draw: Any, size: Sequence[Any], dtype: Any, requires_grad: bool, device: Any) -> Tensor:
    """Random floats: drawn in float32 where that is enough, in float64 otherwise."""
    chosen = _floating(dtype)
    if chosen.kind != "f":
        raise DTypeError(
            f"난수는 소수형이어야 합니다: {chosen}. 정수는 randint로 만드세요.",
            f"Random floats need a floating dtype, not {chosen}; randint makes integers.",
        )
    drawn_in = dtypes.float64 if chosen == dtypes.float64 else dtypes.float32
    values = draw(as_shape(size), dtype=drawn_in)
    return finish(np.asarray(values).astype(chosen, copy=False), requires_grad, device)


def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """[0, 1)의 고른 난수.

    Uniform random numbers in [0, 1).
    """
    return _random(numpy_generator(generator).random, size, dtype, requires_grad, device)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """표준 정규 분포의 난수.

    Random numbers from the standard normal distribution.
    """
    return _random(numpy_generator(generator).standard_normal, size, dtype, requires_grad, device)


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """같은 형상의 고른 난수.

    Uniform random numbers in the shape and dtype of ``input``.
    """
    shape, chosen = _like(input, dtype)
    return rand(
        shape, generator=generator, dtype=chosen, device=device, requires_grad=requires_grad
    )


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """같은 형상의 표준 정규 난수.

    Standard normal numbers in the shape and dtype of ``input``.
    """
    shape, chosen = _like(input, dtype)
    return randn(
        shape, generator=generator, dtype=chosen, device=device, requires_grad=requires_grad
    )


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """[low, high)의 정수 난수. randint(high, size)로도 쓴다.

    Random integers in [low, high); ``randint(high, size)`` starts at 0.

    Raises:
        ArgumentError: the range is empty or no size is given.
    """
    if size is None:
        low, high, size = 0, low, high
    if size is None or high <= low:
        raise ArgumentError(
            f"randint의 범위 [{low}, {high})가 비었거나 size가 없습니다.",
            f"randint needs a size and a range with low < high, not [{low}, {high}).",
        )
    chosen = dtypes.int64 if dtype is None else as_dtype(dtype)
    values = numpy_generator(generator).integers(low, high, as_shape((size,)))
    return finish(values.astype(chosen), requires_grad, device)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None
) -> Tensor:
    """0부터 n - 1까지를 섞은 것.

    A random permutation of 0 ... n - 1.
    """
    (count,) = as_shape((n,))
    values = numpy_generator(generator).permutation(count)
    return finish(values.astype(dtypes.int64 if dtype is None else as_dtype(dtype)), device=device)
