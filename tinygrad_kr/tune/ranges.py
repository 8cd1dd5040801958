"""범위: 하이퍼파라미터가 놓일 수 있는 곳.

Ranges: where a hyperparameter may lie. A range turns a uniform number u of [0, 1) into a value.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tinygrad_kr.errors import HyperparameterError
from tinygrad_kr.hyperparameters import integer, number, wrong_kind

Value = str | int | float | bool | None


class Range(ABC):
    """하이퍼파라미터 하나의 범위.

    Where one hyperparameter may lie.

    Attributes:
        log: whether figures show it on a logarithmic axis.
    """

    log: ClassVar[bool] = False

    @abstractmethod
    def at(self, u: float) -> Value:
        """0과 1 사이의 수가 가리키는 값. The value that ``u`` in [0, 1) stands for."""

    @abstractmethod
    def narrow(self, values: Sequence[Any]) -> Range:
        """값들이 차지하는 범위. The part of this range that ``values``, drawn from it, span."""


@dataclass(frozen=True)
class _Interval(Range):
    """From ``low`` to ``high``."""

    low: float
    high: float

    def __post_init__(self) -> None:
        low = number("low", self.low)
        self._settle(low, number("high", self.high, above=low))

    def _settle(self, low: float, high: float) -> None:
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def narrow(self, values: Sequence[Any]) -> Range:
        low, high = min(values), max(values)
        return type(self)(low, high) if low < high else Choice(low)


class Uniform(_Interval):
    """low와 high 사이의 실수. 어디나 고르게.

    A real number, uniform in [low, high].

    >>> Uniform(0, 10).at(0.25)
    2.5
    """

    def at(self, u: float) -> float:
        return min(max((1 - u) * self.low + u * self.high, self.low), self.high)


class LogUniform(_Interval):
    """low와 high 사이의 양수. 로그 눈금에서 고르게.

    A positive number whose logarithm is uniform: 10^U(−6, −2) is ``LogUniform(1e-6, 1e-2)``.

    >>> round(LogUniform(1e-6, 1e-2).at(0.25), 12)
    1e-05
    """

    log = True

    def __post_init__(self) -> None:
        number("low", self.low, above=0)
        super().__post_init__()

    def at(self, u: float) -> float:
        power = (1 - u) * math.log(self.low) + u * math.log(self.high)
        return min(max(math.exp(power), self.low), self.high)


@dataclass(frozen=True)
class Integer(_Interval):
    """low부터 high까지의 정수. 양끝을 포함한다.

    An integer, each from low to high equally likely, both included.

    >>> [Integer(50, 200).at(u) for u in (0, 0.5, 0.999)]
    [50, 125, 200]
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        low = integer("low", self.low, least=-(2**53))
        number("high", self.high, most=2**53)
        self._settle(low, integer("high", self.high, least=low + 1))

    def at(self, u: float) -> int:
        return self.low + int(u * (self.high - self.low + 1))


@dataclass(frozen=True, init=False, repr=False)
class Choice(Range):
    """주어진 값 가운데 하나.

    One of the given values: strings, numbers, booleans or None, each equally likely.

    >>> Choice("relu", "tanh").at(0.7)
    'tanh'
    """

    options: tuple[Value, ...]

    def __init__(self, *options: Value) -> None:
        for option in options:
            if type(option) not in (str, int, float, bool, type(None)):
                raise wrong_kind(
                    "Choice",
                    option,
                    "문자열, 수, True, False, None(다른 것은 이름을 주고 objective에서 고르세요)",
                    "given strings, numbers, booleans or None (name other things, and look the "
                    "name up in the objective)",
                )
            if isinstance(option, float):
                number("Choice", option)
        if not options or len(set(options)) < len(options):
            raise HyperparameterError(
                f"Choice에는 서로 다른 값을 하나 이상 주세요. 받은 값: {list(options)}.",
                f"Choice needs one or more values, all different, not {list(options)}.",
            )
        object.__setattr__(self, "options", options)

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.options))})"

    def at(self, u: float) -> Value:
        return self.options[int(u * len(self.options))]

    def narrow(self, values: Sequence[Any]) -> Range:
        return Choice(*(option for option in self.options if option in values))


def checked(space: Any) -> dict[str, Range]:
    """이름마다 범위 하나. ``space``, if it names a range or more."""
    if not isinstance(space, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Range) for name, value in space.items()
    ):
        raise wrong_kind(
            "space",
            space,
            '{"lr": LogUniform(1e-6, 1e-2)}처럼 이름과 범위의 사전',
            'ranges by name, such as {"lr": LogUniform(1e-6, 1e-2)}',
        )
    if not space:
        raise HyperparameterError(
            "space={}: 하이퍼파라미터가 하나도 없습니다. 범위를 하나 이상 주세요.",
            "space={} has no hyperparameter; give one range or more.",
        )
    return dict(space)
