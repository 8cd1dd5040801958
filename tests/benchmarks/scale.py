"""How the cost of a step grows with the batch, the width, the depth and the graph."""

from __future__ import annotations

from functools import partial
from typing import Any

from . import networks, overhead, peers
from .benchmark import Benchmark, Run
from .work import Work

SIZES = {
    "batch": (16, 64, 256, 1024, 4096),
    "width": (64, 256, 1024, 4096),
    "depth": (1, 4, 16, 64, 256),
    "nodes": (10**3, 10**4, 10**5, 10**6),
}


def work(axis: str, size: int) -> Work:
    if axis == "batch":
        return Work((784, 256, 256, 10), size)
    if axis == "width":
        return Work((784, size, size, 10), 128)
    return Work((784, *(100,) * size, 10), 128)


def cost(make: Any, chain: Any, case: tuple[str, int], run: Run) -> float:
    """Microseconds a step; of a graph of scalars, microseconds a node."""
    axis, size = case
    if axis == "nodes":
        return overhead.operation(chain, size, run)
    return networks.step(make, work(axis, size), run)


CASES = {f"{axis} {size:,}": (axis, size) for axis, sizes in SIZES.items() for size in sizes}
SUBJECTS = {
    "ours": partial(cost, peers.ours, overhead.ours),
    "torch": partial(cost, peers.torch, overhead.torch),
}
BENCHMARK = Benchmark("size", "µs", CASES, SUBJECTS)
