"""차원 번호와 그 이름.

The numbers of dimensions, and NumPy's names for them: ``axis`` is taken wherever ``dim`` is,
``keepdims`` wherever ``keepdim`` is. A dimension that is not there is a :class:`DimError`.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DimError, DTypeError

P = ParamSpec("P")
R = TypeVar("R")

Dims = int | Iterable[int] | None


def array_of(input: Any) -> Array:
    """The array of a tensor, or an array itself; anything else is refused."""
    if isinstance(input, TensorBase):
        return input._array
    if isinstance(input, np.ndarray | np.generic):
        return input  # type: ignore[return-value]
    kind = type(input).__name__
    raise ArgumentError(
        f"텐서가 와야 할 자리에 {kind}이(가) 왔습니다. tensor()로 바꾸어 주세요.",
        f"Expected a tensor, not {kind}; make it one with tensor().",
    )


_KINDS = {"f": ("소수형", "floating"), "iu": ("정수", "integer"), "b": ("bool", "boolean")}


def array_of_kind(kinds: str, name: str, input: Any) -> Array:
    """As :func:`array_of`, of the dtypes ``"f"``, ``"iu"`` or ``"b"`` alone."""
    array = array_of(input)
    if array.dtype.kind not in kinds:
        korean, english = _KINDS[kinds]
        raise DTypeError(
            f"{name}에는 {korean} 텐서가 와야 합니다: {array.dtype}. to()로 바꾸어 주세요.",
            f"{name} expects a tensor of {english} dtype, not {array.dtype}; convert it with to().",
        )
    return array


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function with ``dim`` (or ``dims``) take ``axis``, and ``keepdims`` for ``keepdim``."""
    own = inspect.signature(function).parameters
    names = {"axis": "dim" if "dim" in own else "dims", "keepdims": "keepdim"}

    @wraps(function)
    def named(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs:
            for theirs, ours in names.items():
                if theirs in kwargs and ours in own:
                    if ours in kwargs:
                        raise ArgumentError(
                            f"{ours}과(와) {theirs}은(는) 같은 인자입니다. 하나만 주세요.",
                            f"{ours} and {theirs} are one argument; give only one of them.",
                        )
                    kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return named


def normal_dim(dim: Any, ndim: int) -> int:
    """A dimension counted from the front. A 0-d tensor has dimension 0 by courtesy."""
    try:
        number = operator.index(dim)
    except TypeError:
        raise ArgumentError(
            f"차원 번호는 정수여야 합니다: {dim!r}.", f"A dimension is an integer, not {dim!r}."
        ) from None
    size = max(ndim, 1)
    if not -size <= number < size:
        raise DimError(
            f"차원 {number}이(가) {ndim}차원 텐서의 범위 [{-size}, {size - 1}]을(를) 벗어났습니다.",
            f"Dimension out of range: {number} is not in [{-size}, {size - 1}] for a tensor of "
            f"{ndim} dimensions.",
        )
    return number + size if number < 0 else number


def normal_dims(dims: Dims, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front. None and an empty sequence mean all; 0-d has none."""
    if dims is None:
        return tuple(range(ndim))
    given: Iterable[Any] = dims if isinstance(dims, Iterable) else (dims,)
    numbers = tuple(normal_dim(d, ndim) for d in given)
    if len(set(numbers)) < len(numbers):
        raise DimError(
            f"같은 차원이 두 번 나왔습니다: {dims!r}.",
            f"A dimension appears multiple times in the list of dims: {dims!r}.",
        )
    return () if ndim == 0 else numbers or tuple(range(ndim))
