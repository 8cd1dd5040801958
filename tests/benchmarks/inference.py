"""Scores for a batch of 1 and of 1,000: evaluation mode, no graph."""

from __future__ import annotations

from functools import partial

from .benchmark import Benchmark, Run, clock
from .peers import MAKERS, Make
from .work import WORKS, Work, batches


def answer(make: Make, work: Work, run: Run) -> float:
    work = work.tiny() if run.tiny else work
    net = make(work, False)
    x = net.put(batches(work, count=1)[0][0])
    return clock(lambda: net.predict(x), run)


CASES = {
    f"{name} × {size:,}": work._replace(batch=size)
    for name, work in WORKS.items()
    for size in (1, 1000)
}
SUBJECTS = {
    name: partial(answer, MAKERS[name]) for name in ("ours", "torch", "jax", "numpy", "products")
}
BENCHMARK = Benchmark("network × batch", "µs a batch", CASES, SUBJECTS)
