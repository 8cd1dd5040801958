"""How far a process grows when it trains a network, beyond what importing the framework took."""

from __future__ import annotations

import importlib
import resource
import sys
from functools import partial
from pathlib import Path

from .benchmark import Benchmark, Run
from .peers import MAKERS, Make
from .work import WORKS, Work, batches

UNIT = 1 if sys.platform == "darwin" else 1024
MODULES = {"ours": ["tinygrad_kr"], "torch": ["torch"], "jax": ["jax", "optax"], "numpy": []}


def peak() -> float:
    """The most bytes that the process has had in memory, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e6


def resident() -> float:
    """The bytes that it has now, in MB; where that cannot be asked, its peak."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return peak()
    return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6


def growth(name: str, make: Make, work: Work | None, run: Run) -> float:
    for module in MODULES[name]:
        importlib.import_module(module)
    if work is None:
        return resident()
    work = work.tiny() if run.tiny else work
    data = batches(work)
    before = resident()
    net = make(work, True)
    for x, t in data:
        net.train(net.put(x), net.put(t))
    return max(peak() - before, 0.0)


CASES = {"import": None, **WORKS}
SUBJECTS = {name: partial(growth, name, MAKERS[name]) for name in MODULES}
BENCHMARK = Benchmark("network", "MB", CASES, SUBJECTS)
