"""What a benchmark is: cases, and subjects that are measured on each of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Run(NamedTuple):
    """One round of measuring: its number is the seed; a tiny one is for the tests."""

    seed: int = 0
    tiny: bool = False
    data: Path | None = None


Measure = Callable[[Any, Run], float]


@dataclass(frozen=True)
class Benchmark:
    """Subjects (ours, its peers) measured on cases. Less is better in every unit.

    Args:
        title: what the table says above its first column.
        unit: of the numbers.
        cases: the cases by name, each in the form that the subjects take.
        subjects: a function by name, that measures one case and imports what it needs itself.
        floors: the subjects that are no peers, but what a peer could reach at best.
        shares: a case → the case that it is shown as a share of.
    """

    title: str
    unit: str
    cases: Mapping[str, Any]
    subjects: Mapping[str, Measure]
    floors: tuple[str, ...] = ("numpy", "products", "objects")
    shares: Mapping[str, str] = field(default_factory=dict)


def clock(call: Callable[[], Any], run: Run, seconds: float = 0.5) -> float:
    """Microseconds a call once it is warm: the median of five stretches that fill ``seconds``."""
    few = 1 if run.tiny else 5
    _calls(call, few)
    once = _calls(call, few)
    count = 1 if run.tiny else max(1, round(seconds / 5 / once))
    return statistics.median(_calls(call, count) for _ in range(few)) * 1e6


def _calls(call: Callable[[], Any], count: int) -> float:
    """Seconds a call."""
    result = None
    start = time.perf_counter()
    for _ in range(count):
        result = call()
    # JAX answers before it has computed.
    if hasattr(result, "block_until_ready"):
        result.block_until_ready()
    return (time.perf_counter() - start) / count
