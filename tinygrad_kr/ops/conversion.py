"""텐서인지, 어떤 텐서인지, 다른 꼴로.

Questions about tensors, and other forms of one: contiguous, from another library's array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.dtypes import as_dtype
from tinygrad_kr.errors import ConversionError
from tinygrad_kr.ops.pointwise import Unary

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

_in_c_order = Unary(
    "contiguous",
    lambda x: np.array(x, order="C"),
    x=lambda g: g,
    doc="C 순서의 복사본. A copy in C order, through which gradients flow.",
)


def contiguous(input: Tensor) -> Tensor:
    """원소가 기억에 차례로 놓인 텐서(이미 그렇다면 그대로).

    ``input`` with its elements in order in memory; itself if they are already.
    """
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
    return input.dtype.kind == "f"


def numel(input: Tensor) -> int:
    """원소의 수.

    The number of elements.
    """
    return int(as_array(input).size)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """DLPack으로 다른 라이브러리의 배열과 기억을 함께 쓴다.

    A tensor that shares the memory of another library's CPU array, by DLPack.

    Raises:
        ConversionError: the object does not speak DLPack, or will not share.
        DTypeError: its dtype is not supported.
    """
    try:
        array = np.from_dlpack(ext_tensor)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ConversionError(
            f"DLPack으로 받을 수 없습니다({type(ext_tensor).__name__}): {error}",
            f"Cannot take {type(ext_tensor).__name__} by DLPack: {error}",
        ) from error
    as_dtype(array.dtype)
    return wrap(array)
