"""자료형: 기본형과 승격 규칙.

The dtypes, the default, and PyTorch's promotion rule. A dtype *is* a NumPy dtype object, one of
those below.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tinygrad_kr.errors import DTypeError

Array = NDArray[Any]
DType = np.dtype[Any]
Scalar = bool | int | float

float16: Final[DType] = np.dtype(np.float16)
float32: Final[DType] = np.dtype(np.float32)
float64: Final[DType] = np.dtype(np.float64)
int8: Final[DType] = np.dtype(np.int8)
int16: Final[DType] = np.dtype(np.int16)
int32: Final[DType] = np.dtype(np.int32)
int64: Final[DType] = np.dtype(np.int64)
uint8: Final[DType] = np.dtype(np.uint8)
bool_: Final[DType] = np.dtype(np.bool_)

half, float_, double = float16, float32, float64
short, int_, long = int16, int32, int64

SUPPORTED: Final = {
    d: d for d in (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)
}
# Where NumPy means another, or another on each system.
_NAMED: dict[Any, DType] = {"float": float32, "int": int32, "long": int64, int: int64}
#: PyTorch의 텐서 타입의 이름. The names of PyTorch's tensor types.
TENSOR_TYPES: Final = {
    float16: "HalfTensor", float32: "FloatTensor", float64: "DoubleTensor", int8: "CharTensor",
    int16: "ShortTensor", int32: "IntTensor", int64: "LongTensor", uint8: "ByteTensor",
    bool_: "BoolTensor",
}  # fmt: skip
_NAMED |= {f"torch.{name}": dtype for dtype, name in TENSOR_TYPES.items()}
_default: DType = float32


def get_default_dtype() -> DType:
    """소수의 기본 자료형(처음에는 float32).

    The dtype that Python floats and float results of integers take.
    """
    return _default


def set_default_dtype(dtype: Any) -> None:
    """소수의 기본 자료형을 바꾼다.

    Set the default floating dtype.
    """
    global _default
    chosen = as_dtype(dtype)
    if chosen.kind != "f":
        raise DTypeError(
            f"기본 자료형은 소수형이어야 합니다: {chosen}.",
            f"The default dtype must be a floating one, not {chosen}.",
        )
    _default = chosen


def as_dtype(dtype: Any) -> DType:
    """자료형을 뜻하는 값을 이 패키지의 자료형으로 바꾼다.

    What ``dtype`` names, as one of the supported dtypes: a dtype, a NumPy scalar type, a Python
    type (``float`` means the default dtype, ``int`` int64) or a name such as ``"float32"`` or
    ``"torch.FloatTensor"``.
    """
    if dtype is float:
        return _default
    if isinstance(dtype, type | str) and dtype in _NAMED:
        return _NAMED[dtype]
    try:
        found = SUPPORTED.get(np.dtype(dtype))
    except TypeError:
        found = None
    if found is None:
        names = ", ".join(str(d) for d in SUPPORTED)
        raise DTypeError(
            f"지원하지 않는 자료형입니다: {dtype!r}. 쓸 수 있는 것: {names}.",
            f"The dtype {dtype!r} is not supported; use one of {names}.",
        )
    return found


def is_floating(dtype: DType) -> bool:
    """소수형인가.

    Whether a dtype is floating, and so can carry a gradient.
    """
    return dtype.kind == "f"


#: A higher category cannot be held by a lower one.
CATEGORY: Final = {"b": 0, "i": 1, "u": 1, "f": 2}


def scalar_dtype(value: Scalar) -> DType:
    """파이썬 수의 자료형.

    The dtype of a Python number that stands alone.
    """
    if isinstance(value, bool):
        return bool_
    return int64 if isinstance(value, int) else _default


def _join(first: DType, second: DType) -> DType:
    """The dtype of two tensors of the same rank of dimensions."""
    if first == second:
        return first
    if CATEGORY[first.kind] == CATEGORY[second.kind]:
        return SUPPORTED[np.promote_types(first, second)]
    return max(first, second, key=lambda d: CATEGORY[d.kind])


def result_dtype(*operands: Any) -> DType:
    """PyTorch의 승격 규칙에 따른 결과의 자료형.

    PyTorch's rule: arrays with dimensions come before 0-d arrays, these before scalars; a lower
    rank changes the dtype only when its category (bool, int, float) is higher.
    """
    ranks: list[DType | None] = [None, None, None]
    for x in operands:
        if isinstance(x, np.ndarray):
            rank, dtype = (0 if x.ndim else 1), x.dtype
        else:
            rank, dtype = 2, scalar_dtype(x.item() if isinstance(x, np.generic) else x)
        held = ranks[rank]
        ranks[rank] = dtype if held is None else _join(held, dtype)
    result: DType | None = None
    for held in ranks:
        if held is None:
            continue
        if result is None or CATEGORY[held.kind] > CATEGORY[result.kind]:
            result = held
    return _default if result is None else result
