"""하이퍼파라미터 검사: 종류와 범위.

What a hyperparameter may be: each check returns a plain Python value (so that a float32 array
stays float32) or refuses it, before anything is altered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.errors import ArgumentError, HyperparameterError


def wrong_kind(name: str, value: Any, korean: str, english: str) -> ArgumentError:
    """종류가 틀린 인자의 오류. ``korean`` and ``english`` say what the argument must be."""
    shown = f"{' '.join(repr(value).split()):.60} ({type(value).__name__})"
    return ArgumentError(
        f"{name}에는 {korean}를 주세요. 받은 값: {shown}.",
        f"{name} must be {english}, not {shown}.",
    )


def number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """유한한 실수 하나. A finite float inside the bounds given."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise wrong_kind(name, value, "실수", "a real number")
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
    bounds = [
        (bound, korean, english)
        for bound, korean, english in (
            (least, "이상", "at least"),
            (above, "초과", "above"),
            (most, "이하", "at most"),
            (below, "미만", "below"),
        )
        if bound is not None
    ]
    korean = ", ".join(["유한한 수", *(f"{bound:g} {word}" for bound, word, _ in bounds)])
    english = ", ".join(["finite", *(f"{word} {bound:g}" for bound, _, word in bounds)])
    raise HyperparameterError(
        f"{name}={value!r}: 조건에 맞지 않습니다({korean}).",
        f"{name}={value!r} is out of range; it must be {english}.",
    )


def integer(name: str, value: Any, *, least: int) -> int:
    """정수 하나. An int, at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise wrong_kind(name, value, "정수", "an integer")
    number(name, value, least=least)
    return int(value)


def pair(name: str, value: Any, **bounds: float) -> tuple[float, float]:
    """두 실수. A pair of floats, both inside the bounds."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise wrong_kind(name, value, "두 실수", "a pair of numbers")
    first, second = (number(name, one, **bounds) for one in value)
    return first, second


def flag(name: str, value: Any) -> bool:
    """참이나 거짓. A bool."""
    if not isinstance(value, bool | np.bool_):
        raise wrong_kind(name, value, "True나 False", "True or False")
    return bool(value)


def choice(name: str, value: Any, options: Sequence[str]) -> str:
    """이름 가운데 하나. One of ``options``."""
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(map(repr, options))
        raise wrong_kind(name, value, f"{listed} 중 하나", f"one of {listed}")
    return value


def settle(values: dict[str, Any], check: Callable[..., Any], *names: str, **bounds: Any) -> None:
    """이름마다 검사한다. Put each of the named ``values`` through ``check``, in place."""
    for name in names:
        values[name] = check(name, values[name], **bounds)


def settle_eps(group: dict[str, Any], *, torch: float, book: float) -> None:
    """관례와 eps를 검사한다. Where ``eps`` is None, it becomes the convention's own."""
    convention = choice("convention", group["convention"], ("torch", "book"))
    if group["eps"] is None:
        group["eps"] = book if convention == "book" else torch
    settle(group, number, "eps", least=0)


def per_group(name: str, value: Any, count: int) -> list[Any]:
    """그룹마다 값 하나. One value for each of ``count`` groups; a single one is repeated."""
    values = list(value) if isinstance(value, list | tuple) else [value] * count
    if len(values) != count:
        raise ArgumentError(
            f"{name}: 값은 {len(values)}개, 매개변수 그룹은 {count}개입니다.",
            f"{name} has {len(values)} values for {count} parameter groups; give one a group.",
        )
    return values
