"""A training step: forward, loss, backward, update, on data that is in memory."""

from __future__ import annotations

from functools import partial
from itertools import cycle

from .benchmark import Benchmark, Run, clock
from .peers import MAKERS, Make
from .work import WORKS, Work, batches


def step(make: Make, work: Work, run: Run) -> float:
    work = work.tiny() if run.tiny else work
    net = make(work, True)
    data = cycle([(net.put(x), net.put(t)) for x, t in batches(work)])
    return clock(lambda: net.train(*next(data)), run)


BENCHMARK = Benchmark(
    "network", "µs a step", WORKS, {name: partial(step, make) for name, make in MAKERS.items()}
)
