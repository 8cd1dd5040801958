"""노름.

The p-norm of the elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.arithmetic import abs, sign
from tinygrad_kr.ops.comparison import ne, where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import Dims, normal_dims, numpy_names
from tinygrad_kr.ops.extrema import amax, amin
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import accumulate, need_floating, restored, sum, widened

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _norm2_forward(x: Array, *, dims: tuple[int, ...], keepdim: bool) -> Any:
    with np.errstate(all="ignore"):
        return np.sqrt(accumulate(np.add, x * x, dims, keepdim))


def _norm_forward(x: Array, *, p: float, dims: tuple[int, ...], keepdim: bool) -> Any:
    with np.errstate(all="ignore"):
        return accumulate(np.add, np.abs(x) ** p, dims, keepdim) ** (1 / p)


def _norm_slope(g: Any, x: Any, y: Any, p: float, dims: tuple[int, ...], keepdim: bool) -> Any:
    """g · sign(x) · (|x| / y)^(p - 1), 0 where x or y is 0."""
    size = abs(x)
    still = y == 0
    share = where(size == 0, 1.0, size) / restored(where(still, 1.0, y), dims, keepdim)
    return restored(where(still, 0.0, g), dims, keepdim) * sign(x) * share ** (p - 1)


_norm2: Callable[..., Tensor] = Primitive(
    "norm",
    _norm2_forward,
    x=lambda g, x, y, dims, keepdim: x * restored(g / where(y == 0, 1.0, y), dims, keepdim),
)
_norm: Callable[..., Tensor] = Primitive("p_norm", _norm_forward, x=_norm_slope)


@numpy_names
def norm(
    input: Any, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """노름.

    (Σ |x|^p)^(1/p) over ``dim``. The gradient at 0 is 0.

    Args:
        p: ``"fro"`` means 2, ``inf`` the largest |x|, ``-inf`` the smallest, 0 the number of
            nonzero elements.

    Raises:
        ArgumentError: ``p`` is no such number.
        DTypeError: the dtype is not floating.

    >>> import tinygrad_kr as tg
    >>> tg.norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    input = need_floating("norm", input, dtype)
    power = 2.0 if p == "fro" else p
    if not isinstance(power, int | float) or math.isnan(power):
        raise ArgumentError(
            f"norm의 p는 수이거나 'fro'여야 합니다: {p!r}.",
            f"norm: p is a number or 'fro', not {p!r}.",
        )
    dims = normal_dims(dim, input.ndim)
    if power == math.inf:
        return amax(abs(input), dims or None, keepdim)
    if power == -math.inf:
        return amin(abs(input), dims or None, keepdim)
    if power == 0:
        return cast(sum(ne(input, 0), dims or None, keepdim), input.dtype)
    if power == 2:
        return widened(_norm2, input, dims=dims, keepdim=keepdim)
    return widened(_norm, input, p=power, dims=dims, keepdim=keepdim)
