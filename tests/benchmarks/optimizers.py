"""A step of an update rule alone, on four parameters of the same size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .benchmark import Benchmark, Run, clock
from .numpy_network import rule
from .peers import optimizer_of
from .work import RATES, Array


def the_pytorch_way(torch: Any, name: str, arrays: list[Array], **options: Any) -> Any:
    params = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    for p, a in zip(params, arrays, strict=True):
        p.grad = torch.from_numpy(a)
    return optimizer_of(torch.optim, name, params, **options).step


def ours(name: str, arrays: list[Array]) -> Any:
    import tinygrad_kr

    return the_pytorch_way(tinygrad_kr, name, arrays)


def torch(name: str, arrays: list[Array]) -> Any:
    import torch

    return the_pytorch_way(torch, name, arrays)


def torch_fused(name: str, arrays: list[Array]) -> Any:
    import torch

    return the_pytorch_way(torch, name, arrays, fused=True)


def by_hand(name: str, arrays: list[Array]) -> Any:
    return partial(rule(name, [a.copy() for a in arrays], RATES[name]), arrays)


def update(prepare: Callable[[str, list[Array]], Any], case: tuple[str, int], run: Run) -> float:
    name, count = case
    rng = np.random.default_rng(0)
    shape = (4, 25) if run.tiny else (4, count // 4)
    return clock(prepare(name, list(rng.random(shape, dtype=np.float32))), run)


CASES = {
    f"{name} {count:,}": (name, count)
    for name in ("sgd", "momentum", "adam")
    for count in (10**4, 10**6, 6 * 10**6)
}
SUBJECTS = {
    name: partial(update, prepare)
    for name, prepare in (
        ("ours", ours),
        ("torch", torch),
        ("torch fused", torch_fused),
        ("numpy", by_hand),
    )
}
BENCHMARK = Benchmark("rule, parameters", "µs a step", CASES, SUBJECTS)
