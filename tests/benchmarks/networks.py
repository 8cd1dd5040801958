"""A training step: forward, loss, backward, update, on data that is in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle
from typing import Any, NamedTuple

from . import lenet, lstm
from .benchmark import Benchmark, Run, clock
from .peers import MAKERS, Make
from .work import WORKS, batches


class Network(NamedTuple):
    """What is trained, who trains it, and on what."""

    work: Any
    makers: Mapping[str, Make] = MAKERS
    batches: Callable[[Any], list[tuple[Any, Any]]] = batches


def step(make: Make, work: Any, run: Run, batches: Callable[[Any], Any] = batches) -> float:
    work = work.tiny() if run.tiny else work
    net = make(work, True)
    data = cycle([(net.put(x), net.put(t)) for x, t in batches(work)])
    return clock(lambda: net.train(*next(data)), run)


def train(who: str, network: Network, run: Run) -> float:
    if who not in network.makers:
        raise LookupError(f"{who} has no such network")
    return step(network.makers[who], network.work, run, network.batches)


CASES = {name: Network(work) for name, work in WORKS.items()}
CASES["lenet"] = Network(lenet.Images(), lenet.MAKERS, lenet.batches)
CASES["lstm"] = Network(lstm.Sequences(), lstm.MAKERS, lstm.batches)
BENCHMARK = Benchmark(
    "network", "µs a step", CASES, {name: partial(train, name) for name in MAKERS}
)
