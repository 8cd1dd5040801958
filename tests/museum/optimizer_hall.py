"""Hall 1 of the bug museum: update rules that are wrong in one place, and checks that may notice.

A rule is a function of its memory ``s``, the parameter ``w`` and the gradient ``g``, and returns
the new parameter. Everything here that a page of docs/ shows too is shown there as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tinygrad_kr as tg
from tinygrad_kr import optim

Array = NDArray[Any]
Rule = Callable[[SimpleNamespace, Any, Any], Any]
Law = Callable[[Array, float], Any]
Check = Callable[[Rule, float, Law], bool]
Dict = dict[str, Array]

START = np.array([-7.0, 2.0])


def f(w: Array) -> Any:
    return w[0] ** 2 / 20 + w[1] ** 2


def slope(w: Array) -> Array:
    return np.array([w[0] / 10, 2 * w[1]])


def walk(
    rule: Rule,
    lr: float,
    steps: int = 30,
    start: Array = START,
    grad: Callable[[Array], Array] = slope,
) -> Array:
    s = SimpleNamespace(lr=lr, h=0.0, m=0.0, v=0.0, t=0)
    path = [start]
    for _ in range(steps):
        path.append(rule(s, path[-1], grad(path[-1])))
    return np.array(path)


def ours(make: Callable[..., optim.Optimizer]) -> Rule:
    def rule(s: SimpleNamespace, w: Array, g: Array) -> Array:
        if s.t == 0:
            s.w = tg.tensor(w, requires_grad=True)
            s.optimizer = make([s.w], lr=s.lr)
        s.t += 1
        s.w.grad = tg.tensor(g)
        s.optimizer.step()
        return s.w.detach().numpy().copy()

    return rule


# The checks: True is a pass. ``law(t, g)`` is step t, in units of lr, under a steady gradient g.


def moves(rule: Rule, lr: float, law: Law) -> bool:
    return not np.array_equal(walk(rule, lr, steps=1)[-1], START)


def not_worse(rule: Rule, lr: float, law: Law) -> bool:
    return not f(walk(rule, lr)[-1]) > f(START)


def falls(rule: Rule, lr: float, law: Law) -> bool:
    return bool(f(walk(rule, lr)[-1]) < f(START))


def mirrored(rule: Rule, lr: float, law: Law) -> bool:
    return np.allclose(walk(rule, lr, start=-START), -walk(rule, lr))


def shifted(rule: Rule, lr: float, law: Law) -> bool:
    by = np.array([3.0, -1.0])
    path = walk(rule, lr, start=START + by, grad=lambda w: slope(w - by))
    return np.allclose(path, walk(rule, lr) + by)


def steady(rule: Rule, lr: float, law: Law, g: float = 1.0) -> bool:
    path = walk(rule, lr, start=np.zeros(2), grad=lambda w: np.full(2, g))
    expected = lr * law(np.arange(1, 31), g)
    return np.allclose(-np.diff(path[:, 0]), expected, rtol=1e-6, atol=0)


def faint(rule: Rule, lr: float, law: Law) -> bool:
    return steady(rule, lr, law, g=1e-6)


def turned(rule: Rule, lr: float, law: Law) -> bool:
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    path = walk(rule, lr, start=turn @ START, grad=lambda w: turn @ slope(turn.T @ w))
    return np.allclose(path, walk(rule, lr) @ turn.T)


CHECKS: tuple[Check, ...] = (moves, not_worse, falls, mirrored, shifted, steady, faint)

LAWS: dict[str, Law] = {
    "SGD": lambda t, g: g,
    "AdaGrad": lambda t, g: g / (g * np.sqrt(t) + 1e-10),
    "RMSProp": lambda t, g: g / (g * np.sqrt(1 - 0.99**t) + 1e-8),
    "Momentum": lambda t, g: g * (1 - 0.9**t) / (1 - 0.9),
    "Nesterov": lambda t, g: g * (1 - 0.9 ** (t + 1)) / (1 - 0.9),
    "Adam": lambda t, g: g / (g + 1e-8),
}
RATES = {"SGD": 0.95, "AdaGrad": 1.5, "RMSProp": 0.1, "Momentum": 0.1, "Nesterov": 0.1, "Adam": 0.3}
MAKERS: dict[str, Callable[..., optim.Optimizer]] = {
    "SGD": optim.SGD,
    "AdaGrad": optim.AdaGrad,
    "RMSProp": optim.RMSProp,
    "Momentum": optim.Momentum,
    "Nesterov": partial(optim.Momentum, nesterov=True),
    "Adam": optim.Adam,
}
RULES = {name: ours(make) for name, make in MAKERS.items()}


# The room of AdaGrad


def a1(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.h = s.h + g + g
    return w - s.lr * g / (np.sqrt(s.h) + 1e-10)


def a2(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.h = s.h + g * g
    return -s.lr * g / (np.sqrt(s.h) + 1e-10)


def a3(s: SimpleNamespace, w: Array, g: Array) -> Array:
    w = w - s.lr * g / (np.sqrt(s.h + 1) + 1e-10)
    s.h = s.h + g * g
    return w


class A4:
    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        self.h: Dict = {}

    def update(self, params: Dict, grads: Dict) -> None:
        for key in params:
            self.h[key] += grads[key] * grads[key]
            params[key] -= self.lr * grads[key] / (np.sqrt(self.h[key]) + 1e-7)


# The room of momentum


class M1:
    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        self.v: Dict = {}

    def updare(self, params: Dict, grads: Dict) -> None:
        for key in params:
            self.v[key] = 0.9 * self.v.get(key, 0.0) - self.lr * grads[key]
            params[key] += self.v[key]


class Plain:
    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def update(self, params: Dict, grads: Dict) -> None:
        for key in params:
            params[key] -= self.lr * grads[key]


class Heir(M1, Plain):
    pass


def m2(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.v = 0.9 * s.v + (1 - 0.9) * (-s.lr * g)
    return w + s.v


def m3(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.v = 0.9 * s.v + s.lr * g
    return w + s.v


def n1(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.v = 0.9 * s.v - s.lr * g
    return w + 0.9 * 0.9 * s.v - (1 + 0.9) * s.lr * g


# The room of Adam


def d1(s: SimpleNamespace, w: Any, g: Any) -> Any:
    s.m = 0.9 * s.m + 0.1 * g
    s.v = 0.999 * s.v + 0.001 * g * g
    m, v = s.m / (1 - 0.9**s.t), s.v / (1 - 0.999**s.t)
    s.t += 1
    return w - s.lr * m / (np.sqrt(v) + 1e-8)


def d2(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.t += 1
    s.m = 0.9 * s.m + 0.1 * g
    s.v = 0.999 * s.v + 0.001 * g * g
    m, v = s.m / (1 - 0.9**s.t), s.v / (1 - 0.999**s.t)
    lr = s.lr * np.sqrt(1 - 0.999**s.t) / (1 - 0.9**s.t)
    return w - lr * m / (np.sqrt(v) + 1e-8)


def d3(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.t += 1
    s.m = 0.9 * s.m + 0.1 * g
    s.v = 0.999 * s.v + 0.001 * g * g
    s.lr = s.lr * np.sqrt(1 - 0.999**s.t) / (1 - 0.9**s.t)
    return w - s.lr * s.m / (np.sqrt(s.v) + 1e-8)


def d4(s: SimpleNamespace, w: Array, g: Array) -> Array:
    s.t += 1
    s.m = 0.9 * s.m + 0.1 * g
    s.v = 0.999 * s.v + 0.001 * g * g
    m, v = s.m / (1 - 0.9**s.t), s.v / (1 - 0.999**s.t)
    return w - s.lr * m / np.sqrt(v + 1e-8)


def d5(rule: Rule, lr: float, steps: int) -> Array:
    s = SimpleNamespace(lr=lr, h=0.0, m=0.0, v=0.0, t=0)
    x = START
    weight = x
    for _ in range(steps):
        weight = rule(s, weight, slope(x))
    return weight


# The room of parameters and dicts


def p1_none(params: Dict, grads: Dict, lr: float = 0.01) -> None:
    for key in None:  # type: ignore[attr-defined]
        params[key] -= lr * grads[key]


def p1_comma(params: Dict, grads: Dict, lr: float = 0.01) -> None:
    for key, value in params, items():  # type: ignore  # noqa: F821
        value -= lr * grads[key]


def p1_param(params: Dict, grads: Dict, lr: float = 0.01) -> None:
    for key in params:
        param[key] -= lr * grads[key]  # type: ignore  # noqa: F821


def p1_gradss(params: Dict, grads: Dict, lr: float = 0.01) -> None:
    for key in params:
        params[key] -= lr * gradss[key]  # type: ignore  # noqa: F821


class Bowl:
    def __init__(self, W: Array) -> None:
        self.W = W

    def loss(self) -> Any:
        return f(self.W)


def p2(params: Dict, grads: Dict, lr: float = 0.01) -> None:
    for key in params:
        params[key] = params[key] - lr * grads[key]


def central(f: Callable[[Array], Any], x: Array, h: float = 1e-4) -> Array:
    grad = np.zeros(x.shape)
    for i in range(x.size):
        ends = []
        for step in (h, -h):
            moved = x.copy()
            moved[i] += step
            ends.append(f(moved))
        grad[i] = (ends[0] - ends[1]) / (2 * h)
    return grad


def error_of(call: Callable[..., Any], *args: Any) -> str | None:
    try:
        call(*args)
    except Exception as error:
        return type(error).__name__
    return None


@dataclass(frozen=True)
class Exhibit:
    """A wrong rule, the method it is meant for, and exactly those checks that catch it."""

    wrong: Rule
    method: str
    caught_by: frozenset[Check]


def exhibit(wrong: Rule, method: str, *caught_by: Check) -> Exhibit:
    return Exhibit(wrong, method, frozenset(caught_by))


EXHIBITS = {
    "A1": exhibit(a1, "AdaGrad", falls, mirrored, shifted, steady, faint),
    "A2": exhibit(a2, "AdaGrad", shifted, steady, faint),
    "A3": exhibit(a3, "AdaGrad", faint),
    "M2": exhibit(m2, "Momentum", steady, faint),
    "M3": exhibit(m3, "Momentum", not_worse, falls, steady, faint),
    "N1": exhibit(n1, "Nesterov", steady, faint),
    "D1": exhibit(d1, "Adam", falls, mirrored, shifted, steady, faint),
    "D2": exhibit(d2, "Adam", steady, faint),
    "D3": exhibit(d3, "Adam", steady, faint),
    "D4": exhibit(d4, "Adam", faint),
}
