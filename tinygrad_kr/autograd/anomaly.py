"""detect_anomaly: nan이 역전파의 어디서 생겼는지 찾는다.

Find where a nan was born in the backward pass, and the line of the forward call that led there.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.autograd.node import Node, Tracing
from tinygrad_kr.errors import AnomalyError

_PACKAGE = str(Path(__file__).parents[1])


def users_line(trace: traceback.StackSummary) -> str:
    """사용자의 줄. The user's line: the innermost frame outside this package."""
    frame = next((f for f in reversed(trace) if not f.filename.startswith(_PACKAGE)), trace[-1])
    return f"{frame.filename}:{frame.lineno}: {frame.line}"


def check(node: Node, gradients: Iterable[Any]) -> None:
    """기울기에 nan이 있으면 오류.

    Refuse a nan among the gradients that ``node`` gave.

    Raises:
        AnomalyError: there is one; names the operation and the line of its forward call.
    """
    for i, g in enumerate(gradients):
        array = as_array(g)
        if isinstance(array, np.ndarray | np.generic) and np.isnan(array).any():
            where = users_line(node.trace) if node.trace else "?"
            raise AnomalyError(
                f"{node.name()}의 역전파가 {i}번째 입력의 기울기로 nan을 냈습니다. 순전파: {where}",
                f"Function '{node.name()}' returned nan values in its {i}th output. "
                f"Its forward call: {where}",
            )


class detect_anomaly:
    """이 안의 역전파에서 nan이 생기면 그 연산과 줄을 알려 준다.

    Inside, nodes remember the line that made them, and a backward function that returns a nan is an
    error. Slow; for looking for a fault.

    Raises:
        AnomalyError: from the backward pass, naming the operation and the forward line.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._on = check_nan

    def __enter__(self) -> None:
        self._before = Tracing.on
        Tracing.on = self._on

    def __exit__(self, *error: object) -> None:
        Tracing.on = self._before


class set_detect_anomaly(detect_anomaly):
    """detect_anomaly를 켜거나 끈다.

    Turn :class:`detect_anomaly` on or off: at once, or until the end of a ``with`` block.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(mode and check_nan)
        self._before = Tracing.on
        Tracing.on = self._on

    def __enter__(self) -> None:
        Tracing.on = self._on
