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


def adadelta(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> list[Array]:
    path, squares, moves = [], [], [np.zeros_like(w)]
    for g, rate in paired(grads, lr):
        g = downhill(w, g, weight_decay, maximize)
        squares.append(g**2)
        sizes = [((average(s, rho) + eps) ** 0.5) for s in (moves, squares)]
        moves.append((sizes[0] / sizes[1] * g) ** 2)
        w = w - rate * sizes[0] / sizes[1] * g
        path.append(w)
    return path


def adamax(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> list[Array]:
    path, seen = [], []
    for t, (g, rate) in enumerate(paired(grads, lr), start=1):
        seen.append(downhill(w, g, weight_decay, maximize))
        sizes = [betas[1] ** (t - 1 - i) * (abs(s) + eps) for i, s in enumerate(seen)]
        m_hat = average(seen, betas[0]) / (1 - betas[0] ** t)
        w = w - rate * m_hat / np.max(sizes, axis=0)
        path.append(w)
    return path


def decayed(
    w: Array, g: Array, rate: float, weight_decay: float, maximize: bool, decoupled: bool
) -> tuple[Array, Array]:
    """The parameter after a decoupled decay, and the gradient to walk down."""
    if decoupled:
        return w - rate * weight_decay * w, -g if maximize else g
    return w, downhill(w, g, weight_decay, maximize)


def nadam(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> list[Array]:
    path, seen = [], []
    mus = betas[0] * (1 - 0.96 ** (np.arange(1, len(grads) + 2) * momentum_decay) / 2)
    for t, (g, rate) in enumerate(paired(grads, lr), start=1):
        w, g = decayed(w, g, rate, weight_decay, maximize, decoupled_weight_decay)
        seen.append(g)
        m, v = average(seen, betas[0]), average([s**2 for s in seen], betas[1])
        m_hat = (1 - mus[t - 1]) * g / (1 - mus[:t].prod())
        m_hat = m_hat + mus[t] * m / (1 - mus[: t + 1].prod())
        w = w - rate * m_hat / ((v / (1 - betas[1] ** t)) ** 0.5 + eps)
        path.append(w)
    return path


def radam(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> list[Array]:
    path, seen = [], []
    longest = (1 + betas[1]) / (1 - betas[1])
    for t, (g, rate) in enumerate(paired(grads, lr), start=1):
        w, g = decayed(w, g, rate, weight_decay, maximize, decoupled_weight_decay)
        seen.append(g)
        m_hat, v = average(seen, betas[0]) / (1 - betas[0] ** t), [s**2 for s in seen]
        length = longest - 2 * t / (betas[1] ** -t - 1) if betas[1] else longest
        if length > 5:
            # The variance of a step of this length, as a share of that of the longest.
            share = (length - 4) * (length - 2) / length / ((longest - 4) * (longest - 2) / longest)
            # Here eps stands beside the root of v that is not yet corrected.
            size = (average(v, betas[1]) ** 0.5 + eps) / (1 - betas[1] ** t) ** 0.5
            m_hat = share**0.5 * m_hat / size
        w = w - rate * m_hat
        path.append(w)
    return path


def asgd(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1e-2,
    lambd: float = 1e-4,
    alpha: float = 0.75,
    t0: float = 1e6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> list[Array]:
    # A step goes at the rate that the one before it left.
    path: list[Array] = []
    steps = paired(grads, lr)
    for t, (g, _) in enumerate(steps):
        last = steps[max(t - 1, 0)][1]
        eta = last / (1 + lambd * last * t) ** alpha
        w = w - eta * (lambd * w + downhill(w, g, weight_decay, maximize))
        path.append(w)
    return path


def rprop(
    w: Array,
    grads: Sequence[Array],
    lr: Rates = 1e-2,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50.0),
    maximize: bool = False,
) -> list[Array]:
    def alone(places: list[float], gs: list[float]) -> list[float]:
        size, before = np.broadcast_to(lr, len(gs))[0] if gs else 0.0, 0.0
        for g in gs:
            sign = np.sign(-g if maximize else g)
            if sign * before:
                size *= etas[1] if sign == before else etas[0]
            size = min(max(size, step_sizes[0]), step_sizes[1])
            before = 0.0 if sign == -before else sign
            places.append(places[-1] - before * size)
        return places[1:]

    each = [
        alone([place], [float(g.reshape(-1)[i]) for g in grads])
        for i, place in enumerate(w.reshape(-1).tolist())
    ]
    return [np.array([path[t] for path in each]).reshape(w.shape) for t in range(len(grads))]
