"""1, 2, 3차원의 공간을 다루는 함수들의 바탕.

What functions over one, two or three dimensions of space have in common.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from tinygrad_kr.errors import ShapeError
from tinygrad_kr.ops.shape import integers

P = ParamSpec("P")
R = TypeVar("R")
Ints = int | tuple[int, ...]


def each_dim(
    name: str, function: Callable[Concatenate[int, P], R]
) -> tuple[Callable[P, R], Callable[P, R], Callable[P, R]]:
    """``function`` of 1, 2 and 3 dimensions, each under a name of its own."""
    _, *rest = inspect.signature(function).parameters.values()

    def of(dims: int) -> Callable[P, R]:
        @wraps(function)
        def named(*args: P.args, **kwargs: P.kwargs) -> R:
            return function(dims, *args, **kwargs)

        named.__name__ = named.__qualname__ = f"{name}{dims}d"
        named.__signature__ = inspect.Signature(rest)  # type: ignore[attr-defined]
        return named

    return of(1), of(2), of(3)


def per_dim(name: str, value: Any, dims: int, least: int) -> tuple[int, ...]:
    """One integer, or one for each dimension, as a tuple of ``dims``."""
    given = integers(value)
    each = given * dims if len(given) == 1 else given
    if len(each) != dims or min(each) < least:
        raise ShapeError(
            f"{name}은(는) {least} 이상의 정수 하나나 {dims}개여야 합니다: {value!r}.",
            f"{name} must be one integer or {dims}, each at least {least}, not {value!r}.",
        )
    return each


def need_space(name: str, shape: tuple[int, ...], dims: int) -> None:
    """Refuse what is neither (N, C, *space) nor (C, *space), or empty but for its batch."""
    if len(shape) - dims not in (1, 2) or 0 in shape[-dims:]:
        sides = "".join(f", {side}" for side in "DHW"[-dims:])
        raise ShapeError(
            f"{name}의 입력은 비지 않은 (N, C{sides})나 (C{sides})이어야 합니다: 형상 {shape}.",
            f"{name} expects a non-empty input of shape (N, C{sides}) or (C{sides}), not {shape}.",
        )
