"""비교, 논리, 고르기.

Comparison and logic, whose results are bool tensors that carry no gradient; and choosing by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array, to_ndarray, wrap
from tinygrad_kr.dtypes import Array, uint8
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.conversion import alike
from tinygrad_kr.ops.dims import array_of, array_of_kind
from tinygrad_kr.ops.pointwise import Binary, Unary, into, refused
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

eq = Binary("eq", np.equal, "같은가. Whether a and b are equal.", quiet=True)
ne = Binary("ne", np.not_equal, "다른가. Whether a and b differ.", quiet=True)
lt = Binary("lt", np.less, "작은가. Whether a is less than b.", quiet=True)
le = Binary("le", np.less_equal, "작거나 같은가. Whether a is at most b.", quiet=True)
gt = Binary("gt", np.greater, "큰가. Whether a is greater than b.", quiet=True)
ge = Binary("ge", np.greater_equal, "크거나 같은가. Whether a is at least b.", quiet=True)
logical_and = Binary("logical_and", np.logical_and, "그리고. Logical and.", quiet=True)
logical_or = Binary("logical_or", np.logical_or, "또는. Logical or.", quiet=True)
logical_xor = Binary("logical_xor", np.logical_xor, "둘 중 하나만. Exclusive or.", quiet=True)
logical_not = Unary("logical_not", np.logical_not, "아님. Logical not.")
bitwise_and = Binary("bitwise_and", np.bitwise_and, "비트 그리고. Bitwise and.")
bitwise_or = Binary("bitwise_or", np.bitwise_or, "비트 또는. Bitwise or.")
bitwise_xor = Binary("bitwise_xor", np.bitwise_xor, "비트 배타적 또는. Bitwise exclusive or.")
bitwise_left_shift = Binary(
    "bitwise_left_shift", np.left_shift, "비트를 왼쪽으로. Bits shifted to the left, a << b."
)
bitwise_right_shift = Binary(
    "bitwise_right_shift", np.right_shift, "비트를 오른쪽으로. Bits shifted to the right, a >> b."
)
bitwise_not = Unary("bitwise_not", np.bitwise_not, "비트 아님. Bitwise not.")
isnan = Unary("isnan", np.isnan, "nan인가. Whether not a number.")
isinf = Unary("isinf", np.isinf, "무한대인가. Whether infinite.")
isfinite = Unary("isfinite", np.isfinite, "유한한가. Whether finite.")


def isclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """거의 같은가.

    Whether |input - other| <= atol + rtol * |other|.
    """
    if not (rtol >= 0 and atol >= 0):
        raise ArgumentError(
            f"isclose의 rtol과 atol은 0 이상이어야 합니다: {rtol}, {atol}.",
            f"isclose: rtol and atol must be at least 0, but got {rtol} and {atol}.",
        )
    a, b = as_array(input), as_array(other)
    try:
        close = np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)
    except ValueError as error:
        raise refused("isclose", error, a, b) from None
    return wrap(to_ndarray(close))


def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """모두 거의 같은가.

    Whether all elements are close.
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Any, other: Any) -> bool:
    """형상과 모든 원소가 같은가.

    Whether two tensors have the same shape and the same elements.
    """
    return np.array_equal(as_array(input), as_array(other))


# Choosing

_where = Primitive(
    "where",
    lambda condition, a, b: np.where(condition, a, b),  # of bools, or bytes as PyTorch has it
    a=lambda g, condition: where(condition, g, 0.0),
    b=lambda g, condition: where(condition, 0.0, g),
)


@overload
def where(condition: Any) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Any, input: Any, other: Any, *, out: Tensor | None = None) -> Tensor: ...
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """조건이 참인 곳은 input, 아니면 other. 조건만 주면 참인 곳의 인덱스.

    ``input`` where ``condition`` holds, else ``other``; with the condition alone, the indices where
    it holds, a tensor for each dimension.

    Raises:
        DTypeError: the condition is not of bools.
    """
    if out is not None:
        return into(out, where, condition, input, other)
    if input is None and other is None:
        return tuple(wrap(i) for i in np.nonzero(np.atleast_1d(as_array(condition))))
    if not any(isinstance(v, TensorBase) for v in (condition, input, other)):
        return to_ndarray(np.where(condition, input, other))
    if array_of(condition).dtype != uint8:
        array_of_kind("b", "where", condition)
    a, b = alike(input, other)
    try:
        return _where(condition, a, b)
    except ValueError as error:
        raise refused("where", error, as_array(condition), as_array(a), as_array(b)) from None


def _clamp_forward(x: Array, low: Any, high: Any) -> Any:
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _inside(x: Any, low: Any, high: Any) -> Any:
    """Where a clamped value moves with x: the bounds themselves included."""
    if high is None:
        return x >= low
    return x <= high if low is None else logical_and(x >= low, x <= high)


_clamp: Callable[..., Tensor] = Primitive(
    "clamp",
    _clamp_forward,
    x=lambda g, x, low, high: where(_inside(x, low, high), g, 0.0),
    low=lambda g, x, low, high: where(
        x < low if high is None else logical_and(x < low, low < high), g, 0.0
    ),
    high=lambda g, x, low, high: where(
        x > high if low is None else logical_or(x > high, low > high), g, 0.0
    ),
)


def clamp(input: Any, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Tensor:
    """[min, max] 안으로 자른다.

    ``input`` held within ``min`` and ``max``, numbers or tensors, either of them None. The
    gradient is 1 at the bounds themselves.

    Raises:
        ArgumentError: both bounds are None.
    """
    if out is not None:
        return into(out, clamp, input, min, max)  # type: ignore[no-any-return]
    if min is None and max is None:
        raise ArgumentError("clamp에는 min이나 max가 있어야 합니다.", "clamp needs a min or a max.")
    x, *bounds = alike(input, *(v for v in (min, max) if v is not None))
    low = None if min is None else bounds[0]
    high = None if max is None else bounds[-1]
    try:
        return _clamp(x, low, high)
    except ValueError as error:
        raise refused("clamp", error, *map(as_array, (x, *bounds))) from None


clip = clamp

maximum = Binary(
    "maximum",
    np.maximum,
    "둘 가운데 큰 값. The larger of two; equal ones share the gradient.",
    quiet=True,
    a=lambda g, a, b: where(a < b, 0.0, where(a == b, g / 2, g)),
    b=lambda g, a, b: where(b < a, 0.0, where(a == b, g / 2, g)),
)
minimum = Binary(
    "minimum",
    np.minimum,
    "둘 가운데 작은 값. The smaller of two; equal ones share the gradient.",
    quiet=True,
    a=lambda g, a, b: where(a > b, 0.0, where(a == b, g / 2, g)),
    b=lambda g, a, b: where(b > a, 0.0, where(a == b, g / 2, g)),
)
