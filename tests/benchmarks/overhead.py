"""What an operation costs when there is nothing to compute: y = y * 1.0001, forward and back.

The garbage collector is left as it is, and letting the graph go is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from .benchmark import Benchmark, Run

Chain = Callable[[int], Any]


def chained(one: Any, count: int) -> Any:
    y = one
    for _ in range(count):
        y = y * 1.0001
    return y


def the_pytorch_way(torch: Any, count: int) -> float:
    x = torch.tensor(1.0, requires_grad=True)
    chained(x, count).backward()
    return float(x.grad)


def ours() -> Chain:
    import tinygrad_kr

    return partial(the_pytorch_way, tinygrad_kr)


def torch() -> Chain:
    import torch

    return partial(the_pytorch_way, torch)


def autograd() -> Chain:
    from autograd import grad

    return lambda count: grad(chained)(1.0, count)


def mygrad() -> Chain:
    import mygrad as mg

    def chain(count: int) -> float:
        x = mg.tensor(1.0)
        chained(x, count).backward()
        return float(x.grad)

    return chain


class Bare:
    """A number that records what was done to it, and does nothing else."""

    __slots__ = ("back", "grad", "value", "way")

    def __init__(self, value: float, way: float = 0.0, back: Bare | None = None) -> None:
        self.value, self.way, self.back, self.grad = value, way, back, 0.0

    def __mul__(self, by: float) -> Bare:
        return Bare(self.value * by, by, self)


def objects() -> Chain:
    """The floor: what Python itself takes for an object an operation."""

    def chain(count: int) -> float:
        x = y = Bare(1.0)
        for _ in range(count):
            y = y * 1.0001
        y.grad = 1.0
        while y.back is not None:
            y.back.grad += y.grad * y.way
            y = y.back
        return x.grad

    return chain


def operation(prepare: Callable[[], Chain], count: int, run: Run) -> float:
    """Microseconds an operation in a graph of ``count`` of them."""
    chain, count = prepare(), min(count, 50) if run.tiny else count
    chain(min(count, 1000))
    times = 1 if run.tiny else max(1, 10**5 // count)
    start = time.perf_counter()
    for _ in range(times):
        chain(count)
    return (time.perf_counter() - start) / (times * count) * 1e6


SUBJECTS = {
    prepare.__name__: partial(operation, prepare)
    for prepare in (ours, torch, autograd, mygrad, objects)
}
BENCHMARK = Benchmark("chain", "µs an op", {"100,000": 10**5}, SUBJECTS)
