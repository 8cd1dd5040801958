"""The book's optimisers: each held to its own formula, and everything that they refuse."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tinygrad_kr.book.optimizer import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    HyperparameterError,
    InplaceError,
    MissingKeyError,
    ShapeError,
    TinygradKrError,
)

# The formulas, each for one number and written anew: the change of the number, gradient by gradient


def sgd(lr: float) -> Iterator[float]:
    step = 0.0
    while True:
        step = -lr * (yield step)


def momentum(lr: float, alpha: float = 0.9) -> Iterator[float]:
    v = 0.0
    while True:
        v = alpha * v - lr * (yield v)


def nesterov(lr: float, alpha: float = 0.9) -> Iterator[float]:
    """As published: the step that looks ahead of the velocity before it."""
    v = step = 0.0
    while True:
        g = yield step
        step = alpha * alpha * v - (1 + alpha) * lr * g
        v = alpha * v - lr * g


def adagrad(lr: float) -> Iterator[float]:
    h = step = 0.0
    while True:
        g = yield step
        h += g**2
        step = -lr * g / (math.sqrt(h) + 1e-7)


def rmsprop(lr: float, rho: float = 0.99) -> Iterator[float]:
    h = step = 0.0
    while True:
        g = yield step
        h = rho * h + (1 - rho) * g**2
        step = -lr * g / (math.sqrt(h) + 1e-7)


def adam(lr: float, beta1: float = 0.9, beta2: float = 0.999) -> Iterator[float]:
    m = v = step = 0.0
    t = 0
    while True:
        g = yield step
        t += 1
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        step = -rate * m / (math.sqrt(v) + 1e-7)


RULES = {
    "SGD": (SGD, sgd, {"lr": 0.95}),
    "Momentum": (Momentum, momentum, {"lr": 0.1}),
    "Momentum .5": (lambda lr: Momentum(lr, 0.5), lambda lr: momentum(lr, 0.5), {"lr": 0.2}),
    "Nesterov": (Nesterov, nesterov, {"lr": 0.1}),
    "AdaGrad": (AdaGrad, adagrad, {"lr": 1.5}),
    "RMSprop": (RMSprop, rmsprop, {"lr": 0.1}),
    "RMSprop .9": (lambda lr: RMSprop(lr, 0.9), lambda lr: rmsprop(lr, 0.9), {"lr": 0.1}),
    "Adam": (Adam, adam, {"lr": 0.3}),
    "Adam .8 .99": (lambda lr: Adam(lr, 0.8, 0.99), lambda lr: adam(lr, 0.8, 0.99), {"lr": 0.3}),
}
STEPS = 30


def slope(x: Any, y: Any) -> tuple[Any, Any]:
    """Of f(x, y) = x²/20 + y²."""
    return x / 10, 2 * y


def expected(rule: Any, lr: float) -> np.ndarray[Any, Any]:
    walkers = rule(lr), rule(lr)
    for walker in walkers:
        next(walker)
    path = [(-7.0, 2.0)]
    for _ in range(STEPS):
        moves = [w.send(g) for w, g in zip(walkers, slope(*path[-1]), strict=True)]
        path.append((path[-1][0] + moves[0], path[-1][1] + moves[1]))
    return np.array(path)


def walked(optimizer: Any, params: dict[str, Any]) -> np.ndarray[Any, Any]:
    path = [(float(params["x"]), float(params["y"]))]
    for _ in range(STEPS):
        optimizer.update(params, dict(zip("xy", slope(params["x"], params["y"]), strict=True)))
        path.append((float(params["x"]), float(params["y"])))
    return np.array(path)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_walks_by_its_own_formula(name: str) -> None:
    make, rule, settings = RULES[name]
    path = expected(rule, **settings)
    assert np.abs(np.diff(path, axis=0)).min(0).all()
    floats: dict[str, Any] = {"x": -7.0, "y": 2.0}
    np.testing.assert_allclose(walked(make(**settings), floats), path, rtol=0, atol=1e-12)
    assert type(floats["x"]) is float
    arrays = {"x": np.array(-7.0), "y": np.array(2.0)}
    held = list(arrays.values())
    np.testing.assert_allclose(walked(make(**settings), arrays), path, rtol=0, atol=1e-12)
    assert all(a is b for a, b in zip(held, arrays.values(), strict=True))


@pytest.mark.parametrize("name", RULES)
def test_a_dict_of_many_arrays_changes_in_place(name: str) -> None:
    """Matrices small and large, a view, and float32: every element by its own formula."""
    make, rule, settings = RULES[name]
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((6, 5))
    shapes = {"W1": (70, 80), "b1": (80,), "W2": (4, 3), "b2": (3,)}
    params = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
    params |= {"view": wide[::2, 1:], "half": rng.standard_normal(4).astype(np.float32)}
    before = {key: a.copy() for key, a in params.items()}
    held = dict(params)
    optimizer = make(**settings)
    grads = [{k: rng.standard_normal(a.shape) for k, a in params.items()} for _ in range(3)]
    for g in grads:
        given = {k: a.copy() for k, a in g.items()}
        optimizer.update(params, given | {"more": np.ones(1)})
        assert all((given[k] == g[k]).all() for k in g)
    for key, a in params.items():
        assert a is held[key]
        for i in list(np.ndindex(a.shape))[:: max(1, a.size // 7)]:
            walker, value = rule(**settings), before[key][i].item()
            next(walker)
            for g in grads:
                value += walker.send(g[key][i].item())
            assert a[i] == pytest.approx(value, abs=1e-12 if a.dtype == np.float64 else 1e-5)
    assert wide[1, 1] == np.random.default_rng(0).standard_normal((6, 5))[1, 1]


def test_the_path_of_sgd_has_a_closed_form() -> None:
    k = np.arange(STEPS + 1)
    closed = np.stack([-7 * 0.905**k, 2 * (-0.9) ** k], axis=1)
    path = walked(SGD(lr=0.95), {"x": -7.0, "y": 2.0})
    np.testing.assert_allclose(path, closed, rtol=0, atol=1e-12)


def test_defaults_and_state() -> None:
    for optimizer, values in (
        (SGD(), {"lr": 0.01}), (Momentum(), {"lr": 0.01, "momentum": 0.9, "v": None}),
        (Nesterov(), {"lr": 0.01, "momentum": 0.9, "v": None}),
        (AdaGrad(), {"lr": 0.01, "h": None}),
        (RMSprop(), {"lr": 0.01, "decay_rate": 0.99, "h": None}),
        (Adam(), {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "iter": 0, "m": None, "v": None}),
    ):  # fmt: skip
        assert {name: getattr(optimizer, name) for name in values} == values
    m, h, a = Momentum(0.5), AdaGrad(), Adam()
    for optimizer in (m, h, a):
        optimizer.update({"W": np.ones(2), "x": 1.0}, {"W": np.array([1.0, -2.0]), "x": 3.0})
    assert m.v is not None and m.v["W"].tolist() == [-0.5, 1.0] and m.v["x"] == -1.5
    assert h.h is not None and h.h["W"].tolist() == [1, 4] and h.h["x"] == 9
    assert a.m is not None and a.v is not None and a.iter == 1
    np.testing.assert_allclose(a.m["W"], [0.1, -0.2])
    np.testing.assert_allclose(a.v["W"], [0.001, 0.004])


def test_state_stays_with_its_key() -> None:
    """In another order, with another array in its place, and with a key that comes later."""
    optimizer = Momentum(lr=1.0, momentum=0.5)
    optimizer.update({"a": np.zeros(1), "b": np.zeros(1)}, {"a": np.ones(1), "b": -np.ones(1)})
    params = {"c": np.zeros(2), "b": np.zeros(1), "a": np.zeros(1)}
    optimizer.update(params, {key: np.zeros_like(a) for key, a in params.items()})
    assert params["a"].tolist() == [-0.5] and params["b"].tolist() == [0.5]
    assert params["c"].tolist() == [0, 0]


def test_one_optimizer_for_two_networks() -> None:
    """As the book's batch-norm experiment has it."""
    optimizer = SGD(lr=0.5)
    for size in (2, 3, 2):
        params = {"W": np.ones(size)}
        optimizer.update(params, {"W": np.ones(size)})
        assert params["W"].tolist() == [0.5] * size
    stateful = Momentum()
    stateful.update({"W": np.ones(2)}, {"W": np.ones(2)})
    refused(stateful, {"W": np.ones(3)}, {"W": np.ones(3)}, ShapeError, "[2]", "(3,)")


def test_settings_may_change_on_the_way() -> None:
    params = {"x": 1.0}
    optimizer = SGD(lr=0.5)
    optimizer.update(params, {"x": 1.0})
    optimizer.lr *= 0.5
    optimizer.update(params, {"x": 1.0})
    assert params["x"] == 0.25
    optimizer.lr = math.nan
    for _ in range(2):
        refused(optimizer, params, {"x": 1.0}, HyperparameterError, "nan")
    optimizer.lr = 0.25
    optimizer.update(params, {"x": 1.0})
    assert params["x"] == 0.0
    a = Adam()
    a.beta2 = 1.0
    refused(a, params, {"x": 1.0}, HyperparameterError, "beta2")


def test_tied_arrays_are_updated_once_for_each_key() -> None:
    shared = np.zeros(3)
    optimizer = Momentum(lr=1.0)
    optimizer.update(dict.fromkeys("abcd", shared), dict.fromkeys("abcd", np.ones(3)))
    assert shared.tolist() == [-4, -4, -4]


def test_nan_and_infinity_pass_without_a_warning() -> None:
    for make, _, settings in RULES.values():
        params = {"W": np.array([1.0, 1.0, 1.0])}
        make(**settings).update(params, {"W": np.array([np.nan, np.inf, 1.0])})
        assert np.isnan(params["W"][0]) and np.isfinite(params["W"][2])


def test_an_optimizer_can_be_copied() -> None:
    optimizer, params = Adam(), {"W": np.ones(2), "x": 1.0}
    optimizer.update(params, {"W": np.ones(2), "x": 1.0})
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        ours = copy.deepcopy(params)
        other.update(ours, {"W": np.ones(2), "x": 1.0})
        assert other.iter == 2 and optimizer.iter == 1
    optimizer.update(params, {"W": np.ones(2), "x": 1.0})
    assert ours["W"].tolist() == params["W"].tolist() and ours["x"] == params["x"]


# What is refused


def refused(
    optimizer: Any, params: Any, grads: Any, kind: type[TinygradKrError], *said: str
) -> None:
    before = copy.deepcopy(params)
    state = copy.deepcopy((optimizer._states, optimizer._count))
    with pytest.raises(kind) as error:
        optimizer.update(params, grads)
    korean, english = str(error.value).split("\n")
    assert any("가" <= c <= "힣" for c in korean) and english.strip()
    assert all(word in korean + english for word in said), str(error.value)
    assert repr(params) == repr(before)
    assert repr(state) == repr((optimizer._states, optimizer._count))


ONE = np.ones(2)
READ_ONLY = np.ones(2)
READ_ONLY.flags.writeable = False
BAD: list[tuple[Any, Any, Any, str]] = [
    ({"W": ONE, "b": np.ones(2, int)}, {"W": ONE, "b": ONE}, DTypeError, "'b'"),
    ({"W": ONE, "b": 3}, {"W": ONE, "b": 1.0}, DTypeError, "3.0"),
    ({"W": ONE, "b": True}, {"W": ONE, "b": 1.0}, DTypeError, "bool"),
    ({"W": ONE, "b": ONE + 0j}, {"W": ONE, "b": ONE}, DTypeError, "complex"),
    ({"W": ONE, "b": [1.0]}, {"W": ONE, "b": ONE}, ArgumentError, "list"),
    ({"W": ONE, "b": None}, {"W": ONE, "b": ONE}, ArgumentError, "None"),
    ({"W": ONE, "b": READ_ONLY}, {"W": ONE, "b": ONE}, InplaceError, "'b'"),
    ({"W": ONE, "b": ONE}, {"W": ONE}, MissingKeyError, "'b'"),
    ({"W": ONE, "b": ONE}, {"W": ONE, "b": np.ones(3)}, ShapeError, "(3,)"),
    ({"W": ONE, "b": ONE}, {"W": ONE, "b": np.ones((1, 2))}, ShapeError, "(1, 2)"),
    ({"W": ONE, "b": ONE}, {"W": ONE, "b": 1.0}, ShapeError, "()"),
    ({"W": ONE, "b": 1.0}, {"W": ONE, "b": ONE}, ShapeError, "(2,)"),
    ({"W": ONE, "b": ONE}, {"W": ONE, "b": np.ones(2, int)}, DTypeError, "int64"),
    ({"W": ONE, "b": ONE}, {"W": ONE, "b": None}, ArgumentError, "None"),
    ([ONE], {"W": ONE}, ArgumentError, "params"),
    ({"W": ONE}, [ONE], ArgumentError, "grads"),
]  # fmt: skip


@pytest.mark.parametrize("make", [SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam])
def test_bad_input_is_refused_and_changes_nothing(make: Any) -> None:
    for params, grads, kind, said in BAD:
        fresh, used = make(), make()
        used.update({"W": np.ones(2)}, {"W": np.ones(2)})
        for optimizer in (fresh, used):
            refused(optimizer, params, grads, kind, said)


def test_an_integer_gradient_of_a_number_is_a_number() -> None:
    params = {"x": 1.0}
    SGD(0.5).update(params, {"x": 1})
    assert params["x"] == 0.5


def test_bad_hyperparameters_are_refused() -> None:
    for make, name, bad in (
        (SGD, "lr", -1.0), (SGD, "lr", math.nan), (SGD, "lr", math.inf), (SGD, "lr", "0.1"),
        (Momentum, "momentum", -0.1), (Nesterov, "momentum", math.nan), (AdaGrad, "lr", None),
        (RMSprop, "decay_rate", 1.5), (RMSprop, "decay_rate", math.nan), (Adam, "beta1", 1.0),
        (Adam, "beta2", math.nan), (Adam, "lr", np.ones(2)),
    ):  # fmt: skip
        with pytest.raises((HyperparameterError, ArgumentError)) as error:
            make(**{name: bad})
        korean, english = str(error.value).split("\n")
        assert name in korean and name in english
