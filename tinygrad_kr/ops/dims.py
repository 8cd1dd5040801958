"""차원 번호와 그 이름.

The numbers of dimensions, and NumPy's names for them: ``axis`` is taken wherever ``dim`` is,
``keepdims`` wherever ``keepdim`` is.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tinygrad_kr.errors import ArgumentError, DimError

P = ParamSpec("P")
R = TypeVar("R")

Dims = int | Iterable[int] | None


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """NumPy의 이름(axis, keepdims)도 받게 한다.

    Let a function with ``dim`` (or ``dims``) and perhaps ``keepdim`` take ``axis`` and ``keepdims``
    as keywords in their place.

    Raises:
        ArgumentError: the wrapped function was given both names of one argument.
    """
    own = inspect.signature(function).parameters
    names = {"axis": "dim" if "dim" in own else "dims"}
    if "keepdim" in own:
        names["keepdims"] = "keepdim"

    @wraps(function)
    def named(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs:
            for theirs, ours in names.items():
                if theirs in kwargs:
                    if ours in kwargs:
                        raise ArgumentError(
                            f"{ours}과(와) {theirs}은(는) 같은 인자입니다. 하나만 주세요.",
                            f"{ours} and {theirs} are one argument; give only one of them.",
                        )
                    kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return named


def normal_dim(dim: Any, ndim: int) -> int:
    """차원 번호 하나를 0 이상의 수로.

    One dimension number counted from the front. A 0-d tensor has dimension 0 by courtesy, as in
    PyTorch.

    Raises:
        DimError: there is no such dimension.
        ArgumentError: ``dim`` is no integer.
    """
    try:
        number = operator.index(dim)
    except TypeError:
        raise ArgumentError(
            f"차원 번호는 정수여야 합니다: {dim!r}.",
            f"A dimension is an integer, not {dim!r}.",
        ) from None
    size = max(ndim, 1)
    if not -size <= number < size:
        raise DimError(
            f"차원 {number}이(가) 범위를 벗어났습니다. {ndim}차원 텐서의 차원은 "
            f"{-size}부터 {size - 1}까지입니다.",
            f"Dimension out of range: {number} is not in [{-size}, {size - 1}] for a tensor of "
            f"{ndim} dimensions.",
        )
    return number + size if number < 0 else number


def normal_dims(dims: Dims, ndim: int) -> tuple[int, ...]:
    """차원 번호들을 0 이상의 수들로. None과 ()은 모든 차원.

    Dimension numbers counted from the front, as NumPy's ``axis`` takes them; None and an empty
    sequence mean all of them. Those of a 0-d tensor are none.

    Raises:
        DimError: one is out of range or named twice.
        ArgumentError: one is no integer.
    """
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
