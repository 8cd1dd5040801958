"""기울기를 증명하는 도구: 수치 미분, gradcheck, Hypothesis 전략, 연산 하나의 시험 전체.

What proves a gradient: numerical derivatives, ``gradcheck`` and ``gradgradcheck``, Hypothesis
strategies, and a factory that makes a whole battery of tests of one operation. The strategies and
the factory need the extra ``testing``; the rest needs NumPy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_kr.errors import GradcheckError
from tinygrad_kr.testing.battery import OpRecord, battery
from tinygrad_kr.testing.call import Call, call
from tinygrad_kr.testing.close import assert_close
from tinygrad_kr.testing.gradcheck import gradcheck, gradgradcheck
from tinygrad_kr.testing.numerical import NumericalGradient, numerical_gradient

if TYPE_CHECKING:
    from tinygrad_kr.testing.strategies import (
        broadcastable,
        indices,
        op_inputs,
        shapes,
        tensors,
    )

__all__ = [
    "Call",
    "GradcheckError",
    "NumericalGradient",
    "OpRecord",
    "assert_close",
    "battery",
    "broadcastable",
    "call",
    "gradcheck",
    "gradgradcheck",
    "indices",
    "numerical_gradient",
    "op_inputs",
    "shapes",
    "tensors",
]


def __getattr__(name: str) -> Any:
    """The strategies, when they are asked for: Hypothesis is an extra."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tinygrad_kr.testing import strategies

    return getattr(strategies, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
