"""드물게 쓰는 텐서 만들기.

Rarer ways of making tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import as_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError
from tinygrad_kr.ops.conversion import clone
from tinygrad_kr.ops.creation import as_shape, as_tensor, default_or, ends, finish
from tinygrad_kr.ops.pointwise import filling, in_dtype

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "asarray", "frombuffer", "logspace", "range", "scalar_tensor", "tril_indices", "triu_indices",
]  # fmt: skip


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:  # fmt: skip
    """텐서, 배열, 목록을 텐서로, 되도록 기억을 함께 쓰며.

    A tensor of what may become one: sharing its memory if that can be, always (``copy=False``) or
    never (``copy=True``); a leaf if ``requires_grad`` is said.

    Raises:
        ArgumentError: memory is to be shared and cannot be.
    """
    made = as_tensor(obj, dtype, device)
    given = as_array(obj)
    shares = isinstance(given, np.ndarray) and np.may_share_memory(as_array(made), given)
    if copy is False and not shares:
        raise ArgumentError(
            "copy=False인데 기억을 함께 쓸 수 없습니다.", "can't alias the data given: copy=False."
        )
    made = clone(made) if copy and shares else made
    return made if requires_grad is None else finish(as_array(made), requires_grad)


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """바이트열과 기억을 함께 쓰는 1차원 텐서.

    A 1-d tensor that shares the memory of a buffer: ``count`` elements from byte ``offset`` on.

    >>> frombuffer(b"\x01\x02", dtype=np.uint8)
    tensor([1, 2], dtype=torch.uint8)
    """
    try:
        array = np.frombuffer(buffer, as_dtype(dtype), count, offset)
        if not array.size:
            raise ValueError("no element is left")
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"버퍼를 그렇게 읽을 수 없습니다: {error}.", f"The buffer cannot be read so: {error}."
        ) from None
    return finish(array, requires_grad)


def range(
    start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """start부터 end까지, end도 넣어서. arange를 쓰세요.

    From ``start`` to ``end`` in steps, with ``end``, in the default dtype; ``arange`` is newer.
    """
    first, last, by = (0, start, step) if end is None else (start, end, step)
    if not by or not np.isfinite(first + last + by) or (last - first) * by < 0:
        raise ArgumentError(
            f"range({first}, {last}, {by}): 끝이 없거나, step이 0이거나 방향이 반대입니다.",
            f"range({first}, {last}, {by}): bounds must be finite and consistent with step sign.",
        )
    values = first + by * np.arange(int((last - first) / by) + 1)
    return finish(in_dtype(values, default_or(dtype), copy=False), requires_grad, device)


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """base**start부터 base**end까지 로그 눈금으로 고르게 steps개.

    ``steps`` values from base**start to base**end, evenly spaced on a logarithmic scale.
    """
    (count,) = as_shape((steps,))
    chosen = default_or(dtype)
    # PyTorch's single value is that of the start as it was given.
    first, last = ends(start, end, default_or(None) if count == 1 else chosen)
    with np.errstate(all="ignore"):
        values = np.logspace(first, last, count, base=base)
    return finish(in_dtype(values, chosen, copy=False), requires_grad, device)


def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """수 하나의 0차원 텐서(기본 자료형).

    A number as a 0-d tensor, in the default dtype unless another is asked for.
    """
    return finish(filling(as_array(s), default_or(dtype)), requires_grad, device)


def _triangle(row: int, col: int, offset: int, dtype: Any, device: Any, lower: bool) -> Tensor:
    rows, columns = as_shape((row, col))
    chosen = dtypes.int64 if dtype is None else as_dtype(dtype)
    if chosen.kind not in "iu":
        raise DTypeError(
            f"인덱스의 자료형은 정수여야 합니다: {chosen}.",
            f"Indices need an integer dtype, not {chosen}.",
        )
    inside = np.tri(rows, columns, offset if lower else offset - 1, dtype=bool)
    return finish(np.array(np.nonzero(inside == lower), chosen), device=device)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """아래 삼각의 인덱스, (2, n).

    The indices, (2, n), of the lower triangle of a (row, col) matrix, as of ``tril``.
    """
    return _triangle(row, col, offset, dtype, device, True)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """위 삼각의 인덱스, (2, n).

    The indices, (2, n), of the upper triangle of a (row, col) matrix, as of ``triu``.
    """
    return _triangle(row, col, offset, dtype, device, False)
