"""하이퍼파라미터 검사: 종류와 범위.

What a hyperparameter may be. Each function returns the value as a plain Python one (so that a
float32 array stays float32) or refuses it; nothing is altered before all of them have passed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_kr.errors import ArgumentError, HyperparameterError

_CONVENTIONS: Final = ("torch", "book")


def number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """유한한 실수 하나.

    ``value`` as a float, finite and inside the bounds given.

    Raises:
        ArgumentError: it is no real number (a bool or a string, say).
        HyperparameterError: it is NaN, infinite or outside the bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ArgumentError(
            f"{name}에는 실수를 주세요: {value!r}({type(value).__name__})은 쓸 수 없습니다.",
            f"{name} is a real number, not {value!r} ({type(value).__name__}).",
        )
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if (
        math.isfinite(result)
        and (least is None or result >= least)
        and (above is None or result > above)
        and (most is None or result <= most)
        and (below is None or result < below)
    ):
        return result
    korean, english = ["유한한 수"], ["finite"]
    for bound, ko, en in (
        (least, "이상", "at least"),
        (above, "초과", "above"),
        (most, "이하", "at most"),
        (below, "미만", "below"),
    ):
        if bound is not None:
            korean.append(f"{bound:g} {ko}")
            english.append(f"{en} {bound:g}")
    raise HyperparameterError(
        f"{name}={value!r}: 조건에 맞지 않습니다({', '.join(korean)}).",
        f"{name}={value!r} is out of range; it must be {', '.join(english)}.",
    )


def integer(name: str, value: Any, *, least: int) -> int:
    """``least`` 이상의 정수 하나.

    ``value`` as an int, at least ``least``.

    Raises:
        ArgumentError: it is no integer.
        HyperparameterError: it is smaller than ``least``.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(
            f"{name}에는 정수를 주세요: {value!r}({type(value).__name__})은 쓸 수 없습니다.",
            f"{name} is an integer, not {value!r} ({type(value).__name__}).",
        )
    if value < least:
        raise HyperparameterError(
            f"{name}={value!r}: {least} 이상이어야 합니다.",
            f"{name}={value!r} is out of range; it must be at least {least}.",
        )
    return int(value)


def flag(name: str, value: Any) -> bool:
    """참이나 거짓.

    ``value`` as a bool.

    Raises:
        ArgumentError: it is neither True nor False.
    """
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(
            f"{name}에는 True나 False를 주세요: {value!r}.",
            f"{name} is True or False, not {value!r}.",
        )
    return bool(value)


def choice(name: str, value: Any, options: Sequence[str]) -> str:
    """이름 가운데 하나.

    ``value``, which must be one of the names in ``options``.

    Raises:
        ArgumentError: it is none of them.
    """
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ArgumentError(
            f"{name}={value!r}: 다음 가운데 하나를 주세요: {listed}.",
            f"{name}={value!r} is unknown; use one of {listed}.",
        )
    return value


def settle_eps(group: dict[str, Any], *, torch: float, book: float) -> None:
    """관례를 확인하고, eps가 None이면 관례의 값을 넣는다.

    Check the ``convention`` of a group and give its ``eps`` the convention's value where it is
    None.

    Raises:
        ArgumentError: an unknown convention.
    """
    convention = choice("convention", group["convention"], _CONVENTIONS)
    if group["eps"] is None:
        group["eps"] = book if convention == "book" else torch


def per_group(name: str, value: Any, count: int) -> list[Any]:
    """그룹마다 하나씩: 값 하나는 되풀이한다.

    One value for each of ``count`` parameter groups; a single one is repeated.

    Raises:
        ArgumentError: a list or tuple of another length.
    """
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ArgumentError(
            f"{name}의 개수가 매개변수 그룹의 수와 다릅니다: {len(value)}개, 그룹은 {count}개.",
            f"{name} has {len(value)} values for {count} parameter groups; give one a group.",
        )
    return list(value)
