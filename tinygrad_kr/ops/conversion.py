"""다른 꼴로: 자료형, 복사, 다른 라이브러리의 배열.

Other forms of a tensor: another dtype, a copy, another library's array; and what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.device import check_device
from tinygrad_kr.dtypes import DType, as_dtype, result_dtype
from tinygrad_kr.errors import ConversionError
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.pointwise import Unary, in_dtype
from tinygrad_kr.ops.primitive import Primitive, operand

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

clone = Unary("clone", np.copy, "복사본. A copy, through which gradients flow.", x=lambda g: g)
_in_c_order = Unary("contiguous", lambda x: np.array(x, order="C"), x=lambda g: g)
_cast = Primitive("to", lambda x, *, dtype: in_dtype(x, dtype), x=lambda g: g)


def cast(input: Any, dtype: DType) -> Tensor:
    """``input``, a tensor or an array, in ``dtype``; itself where it has that dtype already."""
    return input if input.dtype == dtype else _cast(input, dtype=dtype)  # type: ignore[no-any-return]


def alike(*values: Any) -> list[Any]:
    """Values in the dtype that they promote to: tensors by recorded casts, numbers as arrays."""
    # What went through NumPy's arithmetic as a 0-d array comes as a scalar: still a tensor here.
    values = tuple(np.asarray(v) if isinstance(v, np.generic) else v for v in values)
    dtype = result_dtype(*(operand(as_array(v)) for v in values))
    return [cast(v, dtype) if hasattr(v, "dtype") else in_dtype(v, dtype) for v in values]


def contiguous(input: Tensor) -> Tensor:
    """``input`` with its elements in order in memory; itself if they are already."""
    return input if as_array(input).flags.c_contiguous else _in_c_order(input)


def is_tensor(obj: object) -> TypeGuard[Tensor]:
    """텐서인가.

    Whether ``obj`` is a Tensor.
    """
    return isinstance(obj, TensorBase)


def is_floating_point(input: Tensor) -> bool:
    """소수형 텐서인가.

    Whether the dtype is a floating one.
    """
    return array_of(input).dtype.kind == "f"


def numel(input: Tensor) -> int:
    """원소의 수.

    The number of elements.
    """
    return int(array_of(input).size)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """DLPack으로 다른 라이브러리의 배열과 기억을 함께 쓴다.

    A tensor that shares the memory of another library's CPU array by DLPack, or has its own with
    ``copy``.

    Raises:
        ConversionError: the object does not speak DLPack, or will not share.
    """
    check_device(device)
    try:
        array = np.from_dlpack(ext_tensor)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ConversionError(
            f"DLPack으로 받을 수 없습니다({type(ext_tensor).__name__}): {error}",
            f"Cannot take {type(ext_tensor).__name__} by DLPack: {error}",
        ) from error
    as_dtype(array.dtype)
    return wrap(array.copy() if copy else array)
