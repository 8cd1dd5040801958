"""6장의 곡면 f(x, y) = x²/20 + y²와, 그 위를 걷는 옵티마이저들.

The surface of chapter 6, and the optimisers that walk on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

import tinygrad_kr as torch
from tinygrad_kr import Tensor, optim
from tinygrad_kr.dtypes import Array

Make = Callable[[list[Tensor]], optim.Optimizer]

START: Final = (-7.0, 2.0)

# The rates of 6.1.7, where each rule walks well; those of Nesterov are Momentum's.
WALKERS: Final[dict[str, Make]] = {
    "SGD": lambda params: optim.SGD(params, lr=0.95),
    "Momentum": lambda params: optim.Momentum(params, lr=0.1),
    "Nesterov": lambda params: optim.Momentum(params, lr=0.1, nesterov=True),
    "AdaGrad": lambda params: optim.AdaGrad(params, lr=1.5),
    "RMSProp": lambda params: optim.RMSProp(params, lr=0.1),
    "Adam": lambda params: optim.Adam(params, lr=0.3),
}
COLORS: Final = dict(zip(WALKERS, ("C1", "C0", "C5", "C2", "C4", "C3"), strict=True))


def f(x: Any, y: Any) -> Any:
    """책의 곡면. 텐서에도 배열에도 쓴다. The book's surface, on tensors and on arrays."""
    return x**2 / 20 + y**2


def walk(
    make: Make,
    steps: int,
    start: Sequence[float] = START,
    surface: Callable[..., Any] = f,
) -> Array:
    """옵티마이저가 곡면을 따라 내려간 자취.

    The path of an optimiser down a surface, in float64.

    Shape: (steps + 1, len(start)), the start included.
    """
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make([point])
    path = [point.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        surface(*point).backward()
        optimizer.step()
        path.append(point.tolist())
    return np.array(path)


def gradient(x: Array, y: Array, surface: Callable[..., Any] = f) -> tuple[Array, Array]:
    """격자 위 모든 점의 기울기를 역전파 한 번으로.

    The gradient at every point of a grid, in one backward pass.
    """
    grid = [torch.tensor(a, requires_grad=True) for a in (x, y)]
    surface(*grid).sum().backward()
    dx, dy = (a.grad.numpy() for a in grid if a.grad is not None)
    return dx, dy
