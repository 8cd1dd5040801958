"""Every rule again, written from its formula in float64 and as unlike the package as can be: a
moving average is the weighted sum of all that it has seen, a velocity the sum of all past pulls.
Each function takes the first parameter, the gradients in turn and the rule's own options, of which
``lr`` may be one rate a step, and returns the path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rates = float | Sequence[float]


def faded(history: Sequence[Array], share: float) -> Array:
    """The sum of the history, the i-th last entry weighed with shareⁱ."""
    return sum(share ** (len(history) - 1 - i) * h for i, h in enumerate(history))  # type: ignore


def average(history: Sequence[Array], share: float) -> Array:
    return (1 - share) * faded(history, share)


def paired(grads: Sequence[Array], lr: Rates) -> list[tuple[Array, float]]:
    """Each gradient with the rate of its step."""
    return list(zip(grads, np.broadcast_to(lr, len(grads)).tolist(), strict=True))


def downhill(w: Array, g: Array, weight_decay: float, maximize: bool) -> Array:
    return (-1 if maximize else 1) * g + weight_decay * w


def sgd(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> list[Array]:
    path: list[Array] = []
    seen: list[Array] = []
    for g, rate in paired(grads, lr):
        g = downhill(w, g, weight_decay, maximize)
        seen.append(g if not seen else (1 - dampening) * g)
        buffer = faded(seen, momentum)
        w = w - rate * (g + momentum * buffer if nesterov else buffer if momentum else g)
        path.append(w)
    return path


def momentum(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> list[Array]:
    path: list[Array] = []
    pulls = [np.zeros_like(w)]
    for g, rate in paired(grads, lr):
        old = faded(pulls, momentum)
        pulls.append(-rate * downhill(w, g, weight_decay, maximize))
        if nesterov:
            w = w + momentum**2 * old + (1 + momentum) * pulls[-1]
        else:
            w = w + momentum * old + pulls[-1]
        path.append(w)
    return path


def adagrad(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 0.01,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float | None = None,
    maximize: bool = False,
    convention: str = "torch",
) -> list[Array]:
    eps = {"torch": 1e-10, "book": 1e-7}[convention] if eps is None else eps
    path, squares = [], [np.full_like(w, initial_accumulator_value)]
    for t, (g, rate) in enumerate(paired(grads, lr)):
        g = downhill(w, g, weight_decay, maximize)
        squares.append(g**2)
        w = w - rate / (1 + t * lr_decay) * g / (np.sum(squares, axis=0) ** 0.5 + eps)
        path.append(w)
    return path


def rmsprop(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 0.01,
    alpha: float = 0.99,
    eps: float | None = None,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
    convention: str = "torch",
) -> list[Array]:
    eps = {"torch": 1e-8, "book": 1e-7}[convention] if eps is None else eps
    path, seen, scaled = [], [], []
    for g, rate in paired(grads, lr):
        seen.append(downhill(w, g, weight_decay, maximize))
        h = average([s**2 for s in seen], alpha)
        if centered:
            h = h - average(seen, alpha) ** 2
        scaled.append(seen[-1] / (h**0.5 + eps))
        w = w - rate * faded(scaled, momentum)
        path.append(w)
    return path


def adam(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float | None = None,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
    convention: str = "torch",
) -> list[Array]:
    eps = {"torch": 1e-8, "book": 1e-7}[convention] if eps is None else eps
    beta1, beta2 = betas
    path, seen, peaks = [], [], []
    for t, (g, rate) in enumerate(paired(grads, lr), start=1):
        if decoupled_weight_decay:
            seen.append(-g if maximize else g)
            w = w - rate * weight_decay * w
        else:
            seen.append(downhill(w, g, weight_decay, maximize))
        m = average(seen, beta1)
        peaks.append(average([s**2 for s in seen], beta2))
        v = np.max(peaks, axis=0) if amsgrad else peaks[-1]
        if convention == "book":
            book_rate = rate * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
            w = w - book_rate * m / (v**0.5 + eps)
        else:
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            w = w - rate * m_hat / (v_hat**0.5 + eps)
        path.append(w)
    return path


def adamw(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float | None = None,
    weight_decay: float = 0.01,
    amsgrad: bool = False,
    maximize: bool = False,
    convention: str = "torch",
) -> list[Array]:
    return adam(w, grads, lr, betas, eps, weight_decay, amsgrad, maximize, True, convention)
