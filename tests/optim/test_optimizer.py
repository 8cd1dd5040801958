"""Groups, state, state dicts, and everything that an optimizer refuses."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from optim_problems import frozen

import tinygrad_kr as tg
from tinygrad_kr import optim
from tinygrad_kr.errors import (
    ArgumentError,
    HyperparameterError,
    InplaceError,
    StateDictError,
    TinygradKrError,
)

MAKERS: dict[str, Callable[..., optim.Optimizer]] = {
    "SGD": lambda p, **o: optim.SGD(p, **{"lr": 0.1, "momentum": 0.9, "nesterov": True, **o}),
    "Momentum": optim.Momentum,
    "AdaGrad": optim.AdaGrad,
    "RMSProp": lambda p, **o: optim.RMSProp(p, **{"centered": True, "momentum": 0.5, **o}),
    "Adam": lambda p, **o: optim.Adam(p, **{"amsgrad": True, "weight_decay": 0.1, **o}),
    "AdamW": lambda p, **o: optim.AdamW(p, **{"convention": "book", **o}),
    "Adadelta": optim.Adadelta,
    "Adamax": optim.Adamax,
    "NAdam": optim.NAdam,
    "RAdam": optim.RAdam,
    "ASGD": optim.ASGD,
    "Rprop": lambda p, weight_decay=0.0, **o: optim.Rprop(p, **o),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def parameters() -> list[tg.Tensor]:
    rng = np.random.default_rng(0)
    shapes: list[tuple[int, ...]] = [(3, 2), (2,), ()]
    return [tg.tensor(rng.normal(size=s), dtype=tg.float32, requires_grad=True) for s in shapes]


def run(optimizer: optim.Optimizer, params: list[tg.Tensor], steps: range) -> None:
    for i in steps:
        rng = np.random.default_rng(i)
        for p in params:
            p.grad = tg.tensor(rng.normal(size=tuple(p.shape)), dtype=p.dtype)
        optimizer.step()


def whole(optimizer: optim.Optimizer) -> Any:
    """All there is to know of an optimizer and its parameters."""
    groups = [{**g, "params": [id(p) for p in g["params"]]} for g in optimizer.param_groups]
    params = [frozen(p) for g in optimizer.param_groups for p in g["params"]]
    state = {id(p): frozen(s) for p, s in optimizer.state.items()}
    return frozen((groups, params, state, optimizer.defaults))


def two_lines(error: pytest.ExceptionInfo[TinygradKrError]) -> None:
    korean, english = str(error.value).split("\n")
    assert any("가" <= c <= "힣" for c in korean) and english.isprintable()
    assert not any("가" <= c <= "힣" for c in english)


# State dicts


@every
def test_deepcopy_and_pickle_go_on_as_the_original(make: Callable[..., optim.Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    run(optimizer, params, range(3))
    twins = [copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))]
    run(optimizer, params, range(3, 6))
    for twin in twins:
        own = twin.param_groups[0]["params"]
        assert own[0] is not params[0]
        run(twin, own, range(3, 6))
        assert frozen(own) == frozen(params)
        assert frozen(twin.state_dict()) == frozen(optimizer.state_dict())


def test_the_format_is_pytorchs() -> None:
    a, b, c = parameters()
    optimizer = optim.Adam([{"params": [a, b]}, {"params": c, "lr": 0.5}])
    run(optimizer, [a, c], range(2))
    state = optimizer.state_dict()
    assert set(state) == {"state", "param_groups"}
    assert list(state["state"]) == [0, 2]
    assert list(state["state"][2]) == ["step", "exp_avg", "exp_avg_sq"]
    assert [g["params"] for g in state["param_groups"]] == [[0, 1], [2]]
    assert [g["lr"] for g in state["param_groups"]] == [1e-3, 0.5]


def test_a_state_dict_is_a_copy_both_ways() -> None:
    params = parameters()
    optimizer = optim.Momentum(params)
    run(optimizer, params, range(2))
    saved = optimizer.state_dict()
    before = frozen(saved)
    optimizer.load_state_dict(saved)
    run(optimizer, params, range(3))
    assert frozen(saved) == before


def test_state_takes_the_dtype_of_its_parameter() -> None:
    params = parameters()
    optimizer = optim.Adam(params)
    run(optimizer, params, range(1))
    saved = optimizer.state_dict()
    for state in saved["state"].values():
        state["step"] = np.array(3.0, dtype=np.float32)
        state["exp_avg"] = state["exp_avg"].detach().numpy().astype(np.float64)
    optimizer.load_state_dict(saved)
    assert optimizer.state[params[0]]["exp_avg"].dtype == tg.float32
    assert optimizer.state[params[0]]["step"] == 3


def test_a_group_of_pytorchs_own_is_understood() -> None:
    params = parameters()
    optimizer = optim.AdamW(params, convention="book")
    saved = optimizer.state_dict()
    group = saved["param_groups"][0]
    for name in ("convention", "maximize"):
        del group[name]
    group.update(foreach=None, fused=None, decoupled_weight_decay=False, eps=1e-8)
    optimizer.load_state_dict(saved)
    loaded = optimizer.param_groups[0]
    assert loaded["convention"] == "torch" and loaded["eps"] == 1e-8
    assert loaded["decoupled_weight_decay"] is optimizer.defaults["decoupled_weight_decay"] is True


def spoilt() -> Iterator[tuple[str, Callable[[dict[str, Any]], Any]]]:
    def put(*path: Any) -> Callable[[dict[str, Any]], Any]:
        *keys, last, value = path

        def change(d: dict[str, Any]) -> None:
            for key in keys:
                d = d[key]
            d[last] = value

        return change

    yield "no dict", lambda d: [1]
    yield "no groups", lambda d: d.pop("param_groups") and None
    yield "no state", lambda d: d.pop("state") and None
    yield "one group too many", lambda d: d["param_groups"].append(d["param_groups"][0])
    yield "too few parameters", put("param_groups", 0, "params", [0, 1])
    yield "an index twice", put("param_groups", 0, "params", [0, 1, 1])
    yield "an unhashable index", put("param_groups", 0, "params", [0, 1, []])
    yield "no lr", lambda d: d["param_groups"][0].pop("lr") and None
    yield "bad lr", put("param_groups", 0, "lr", math.nan)
    yield "bad betas", put("param_groups", 0, "betas", (0.9, 1.0))
    yield "bad convention", put("param_groups", 0, "convention", "books")
    yield "a state of nobody", put("state", 9, {})
    yield "a state that is no dict", put("state", 0, 3)
    yield "another rule's state", put("state", 0, {"velocity": np.zeros((3, 2))})
    yield "half a state", lambda d: d["state"][2].pop("exp_avg") and None
    yield "another shape", put("state", 2, "exp_avg", np.zeros(1))
    yield "integers", put("state", 2, "exp_avg", np.array(1))
    yield "words", put("state", 2, "exp_avg", "word")
    yield "half a step", put("state", 2, "step", 1.5)
    yield "a negative step", put("state", 2, "step", -1)
    yield "a NaN step", put("state", 2, "step", math.nan)
    yield "two steps", put("state", 2, "step", np.array([1, 2]))
    yield "a ragged step", put("state", 2, "step", [1, [2]])


@pytest.mark.parametrize("spoil", [s for _, s in spoilt()], ids=[n for n, _ in spoilt()])
def test_a_state_dict_that_does_not_fit_changes_nothing(spoil: Callable[[Any], Any]) -> None:
    params = parameters()
    optimizer = optim.Adam(params, amsgrad=True)
    run(optimizer, params, range(2))
    bad = optimizer.state_dict()
    run(optimizer, params, range(2, 4))
    replaced = spoil(bad)
    before = whole(optimizer)
    with pytest.raises(TinygradKrError) as error:
        optimizer.load_state_dict(bad if replaced is None or replaced is bad else replaced)
    two_lines(error)
    assert isinstance(error.value, StateDictError | HyperparameterError | ArgumentError)
    assert whole(optimizer) == before


# Hyperparameters

CLASSES = (
    optim.SGD,
    optim.Momentum,
    optim.AdaGrad,
    optim.RMSProp,
    optim.Adam,
    optim.AdamW,
    optim.Adadelta,
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.ASGD,
    optim.Rprop,
)
OUT_OF_RANGE: dict[str, tuple[Any, ...]] = {
    "lr": (-1, math.nan, math.inf, 10**400),
    "weight_decay": (-0.1, math.nan),
    "momentum": (-0.5, math.nan),
    "dampening": (math.nan, math.inf),
    "lr_decay": (-1.0, math.nan),
    "initial_accumulator_value": (-1.0, math.nan),
    "eps": (-1e-9, math.nan),
    "alpha": (-0.1, 1.1, math.nan),
    "betas": ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, math.nan)),
    "rho": (-0.1, 1.1, math.nan),
    "momentum_decay": (-1.0, math.inf),
    "lambd": (-1.0, math.nan),
    "t0": (math.nan,),
    "etas": ((0.0, 1.2), (0.5, 1.0), (1.0, 1.2), (0.5, math.nan)),
    "step_sizes": ((-1e-6, 1.0), (0.0, math.inf)),
}
WRONG_KIND: dict[str, tuple[Any, ...]] = {
    "lr": (True, "0.1", None, [0.1], 1j),
    "weight_decay": (False, "0"),
    "momentum": (True, "0.9"),
    "dampening": (None,),
    "alpha": ("0.9", True),
    "eps": ("small", True),
    "betas": (0.9, (0.9,), (0.9, 0.9, 0.9), ("0.9", 0.9), (True, 0.9), None, "ab"),
    "amsgrad": (1, "yes", None),
    "maximize": (0, "no"),
    "nesterov": (1,),
    "centered": ("x",),
    "decoupled_weight_decay": (1, None),
    "t0": ("1",),
    "etas": (0.5, (0.5,), None),
    "step_sizes": ("ab", 1.0),
    "convention": ("pytorch", None, 3),
}


# Told by the class itself, and without a range.
OTHERWISE = {("decoupled_weight_decay", optim.AdamW), ("alpha", optim.ASGD)}


def bad_values() -> Iterator[Any]:
    for make in CLASSES:
        accepted = make(parameters()).defaults
        for table, kind in ((OUT_OF_RANGE, HyperparameterError), (WRONG_KIND, ArgumentError)):
            for name, values in table.items():
                told = name in accepted and (name, make) not in OTHERWISE
                for value in values if told else ():
                    yield pytest.param(make, name, value, kind, id=f"{make.__name__}-{name}")


@pytest.mark.parametrize(("make", "name", "value", "kind"), list(bad_values()))
def test_bad_hyperparameters_are_refused_everywhere(
    make: Callable[..., optim.Optimizer], name: str, value: Any, kind: type[TinygradKrError]
) -> None:
    params = parameters()
    with pytest.raises(kind, match=name) as error:
        make(params, **{name: value})
    two_lines(error)

    optimizer = make(params)
    run(optimizer, params, range(2))
    before = whole(optimizer)
    with pytest.raises(kind):
        optimizer.add_param_group({"params": parameters(), name: value})
    assert whole(optimizer) == before

    optimizer.add_param_group({"params": parameters()})
    optimizer.param_groups[1][name] = value
    run_before = [frozen(p) for p in params]
    with pytest.raises(kind):
        run(optimizer, params, range(2, 3))
    assert [frozen(p) for p in params] == run_before


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_needs_a_momentum_without_dampening(options: dict[str, Any]) -> None:
    with pytest.raises(HyperparameterError, match="nesterov"):
        optim.SGD(parameters(), nesterov=True, **options)


def test_integers_and_numpy_numbers_are_taken_as_floats() -> None:
    group = optim.Adam(parameters(), lr=1, betas=[0, np.float32(0.5)]).param_groups[0]  # type: ignore[arg-type]
    assert group["lr"] == 1.0 and type(group["lr"]) is float
    assert group["betas"] == (0.0, 0.5) and type(group["betas"][1]) is float


@every
def test_how_pytorch_is_to_compute_changes_nothing(make: Callable[..., optim.Optimizer]) -> None:
    plain, told = parameters(), parameters()
    run(make(plain), plain, range(3))
    run(
        make(told, foreach=True, fused=False, capturable=True, differentiable=False), told, range(3)
    )
    assert [frozen(p) for p in told] == [frozen(p) for p in plain]
    with pytest.raises(ArgumentError, match="differentiable") as error:
        make(parameters(), differentiable=True)
    two_lines(error)
    with pytest.raises(TypeError, match="nonsense"):
        make(parameters(), nonsense=True)


# Parameters and groups


def test_parameters_come_in_many_ways() -> None:
    a, b, c = parameters()
    for params in ([a, b, c], (a, b, c), iter([a, b, c]), {"x": a, "y": b, "z": c}.values()):
        held = optim.SGD(params).param_groups[0]["params"]
        assert [id(p) for p in held] == [id(a), id(b), id(c)]
    groups = optim.SGD([{"params": a}, {"params": (p for p in (b, c)), "lr": 5}]).param_groups
    assert [len(g["params"]) for g in groups] == [1, 2] and groups[1]["lr"] == 5.0


def test_what_is_no_ordered_set_of_leaves_is_refused() -> None:
    a, b, _ = parameters()
    named = [("a", a)]
    cases: list[Any] = [
        [],
        iter(()),
        a,
        {a, b},
        frozenset({a}),
        {"params": [a]},
        "ab",
        None,
        3,
        ["a"],
        [1.0],
        [np.zeros(3)],
        [a * 2],
        [a, a],
        [{"params": [a]}, {"params": [b, a]}],
        [{"params": {a, b}}],
        [{"params": [a]}, b],
        [a, {"params": [b]}],
        [{"lr": 0.1}],
        [("a", a), b],
        [("a", a, 1)],
        [{"params": named}, {"params": [b]}],
    ]
    for params in cases:
        with pytest.raises(ArgumentError) as error:
            optim.SGD(params)
        two_lines(error)


def test_a_refused_group_leaves_the_optimizer_alone() -> None:
    a, b, c = parameters()
    optimizer = optim.Adam([a, b])
    run(optimizer, [a, b], range(1))
    before = whole(optimizer)
    groups: list[Any] = [
        {"params": [c, a]},
        {"params": [c, c]},
        {"params": [c * 1]},
        {"params": [("c", c)]},
        {"params": {c}},
        {"lr": 1},
        [c],
    ]
    for group in groups:
        with pytest.raises(ArgumentError):
            optimizer.add_param_group(group)
        assert whole(optimizer) == before
    given = {"params": c}
    optimizer.add_param_group(given)
    assert given == {"params": c} and len(optimizer.param_groups) == 2


# Steps


@every
def test_a_parameter_without_gradient_is_passed_over(make: Callable[..., optim.Optimizer]) -> None:
    params = parameters()
    optimizer = make(params, weight_decay=0.5)
    run(optimizer, params, range(2))
    still = params[0]
    before, state = frozen(still), frozen(optimizer.state[still])
    optimizer.zero_grad()
    run(optimizer, params[1:], range(2, 4))
    assert frozen(still) == before and frozen(optimizer.state[still]) == state


def test_a_step_counts_one_write_and_keeps_the_array() -> None:
    params = parameters()
    arrays, versions = [p._array for p in params], [p._version[0] for p in params]
    run(optim.Adam(params), params, range(3))
    assert all(p._array is a for p, a in zip(params, arrays, strict=True))
    assert [p._version[0] for p in params] == [v + 3 for v in versions]


def test_a_step_leaves_the_gradient_alone() -> None:
    for make in MAKERS.values():
        params = parameters()
        optimizer = make(params, weight_decay=0.1, maximize=True)
        run(optimizer, params, range(1))
        kept = frozen([p.grad for p in params])
        optimizer.step()
        assert frozen([p.grad for p in params]) == kept


def test_read_only_arrays_are_refused_before_anything_is_changed() -> None:
    params = parameters()
    optimizer = optim.Adam(params)
    run(optimizer, params, range(1))
    params[1]._array.flags.writeable = False
    before = whole(optimizer)
    with pytest.raises(InplaceError) as error:
        optimizer.step()
    two_lines(error)
    assert whole(optimizer) == before


def test_the_closure_is_called_with_gradients_on_and_its_loss_returned() -> None:
    from tinygrad_kr.autograd.mode import is_grad_enabled, no_grad

    p = tg.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.25)

    def closure() -> tg.Tensor:
        assert is_grad_enabled()
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert p.item() == 1.0
    assert optimizer.step() is None
    with pytest.raises(ArgumentError):
        optimizer.step(3)  # type: ignore[arg-type]


def test_zero_grad() -> None:
    params = parameters()
    optimizer = optim.SGD(params)
    run(optimizer, params[:2], range(1))
    grads = [p.grad for p in params[:2]]
    optimizer.zero_grad(set_to_none=False)
    assert params[2].grad is None
    assert all(p.grad is g for p, g in zip(params[:2], grads, strict=True))
    assert all(not p.grad.detach().numpy().any() for p in params[:2] if p.grad is not None)
    optimizer.zero_grad()
    assert all(p.grad is None for p in params)


@pytest.mark.parametrize(
    ("make", "change", "name", "value"),
    [
        (optim.SGD, {"momentum": 0.9, "dampening": 0.5}, "momentum_buffer", 0.9 + 0.5),
        (optim.RMSProp, {"alpha": 0.9, "centered": True}, "grad_avg", 0.9 * 0.1 + 0.1),
        (optim.RMSProp, {"alpha": 1.0, "momentum": 0.5}, "momentum_buffer", 1.5 / 97.51**0.5),
        (optim.Adam, {"amsgrad": True}, "max_exp_avg_sq", 0.999 * 4.9 * 1.999 + 0.001),
    ],
)
def test_what_is_turned_on_in_mid_run_begins_there(
    make: Callable[..., optim.Optimizer], change: dict[str, Any], name: str, value: float
) -> None:
    p = tg.tensor(1.0, dtype=tg.float64, requires_grad=True)
    optimizer = make([p])
    for g in (70.0, 70.0, 1.0, 1.0):
        if g == 1.0:
            optimizer.param_groups[0].update(change)
        p.grad = tg.tensor(g, dtype=tg.float64)
        optimizer.step()
    assert optimizer.state[p][name].item() == pytest.approx(value, rel=1e-8)


def test_a_rule_of_the_users_own() -> None:
    class Sign(optim.Optimizer):
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["seen"] = self.state[p].get("seen", 0) + 1
                    p._array -= group["lr"] * np.sign(p.grad._array)

    params = parameters()
    optimizer = Sign(params, {"lr": 0.5})
    before = params[1].tolist()
    run(optimizer, params, range(1))
    assert np.allclose(np.abs(np.array(params[1].tolist()) - before), 0.5)
    again = Sign(params, {"lr": 0.1})
    again.load_state_dict(optimizer.state_dict())
    assert again.state[params[0]] == {"seen": 1} and again.param_groups[0]["lr"] == 0.5


def test_repr_names_the_options() -> None:
    a, b, _ = parameters()
    text = repr(optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}]))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0.0\n    lr: 0.001\n")
    assert "Parameter Group 1" in text and "    lr: 0.5\n" in text and text.endswith("\n)")
