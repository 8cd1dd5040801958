"""Hall 1: every wrong rule is caught by its checks and by no other, and ours pass them all."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tests.museum import optimizer_hall as hall
from tests.museum.optimizer_hall import EXHIBITS, LAWS, RATES, RULES, START, f, slope, walk
from tinygrad_kr import nn, optim
from tinygrad_kr.errors import GradientError

METHODS = pytest.mark.parametrize("method", RULES)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Exhibits may overflow and divide by zero: that is what they are here for."""
    with np.errstate(all="ignore"):
        yield


# The rules


@METHODS
@pytest.mark.parametrize("check", hall.CHECKS)
def test_our_rules_pass(method: str, check: hall.Check) -> None:
    assert check(RULES[method], RATES[method], LAWS[method])


@pytest.mark.parametrize("name", EXHIBITS)
@pytest.mark.parametrize("check", hall.CHECKS)
def test_a_check_catches_what_it_should_and_misses_the_rest(name: str, check: hall.Check) -> None:
    wrong = EXHIBITS[name].wrong
    method = EXHIBITS[name].method
    passed = check(wrong, RATES[method], LAWS[method])
    assert passed == (check not in EXHIBITS[name].caught_by)


def ends(name: str, steps: int = 30) -> tuple[float, float]:
    """f after so many steps by the wrong rule, and by ours."""
    method = EXHIBITS[name].method
    rules = (EXHIBITS[name].wrong, RULES[method])
    wrong, right = (float(f(walk(rule, RATES[method], steps)[-1])) for rule in rules)
    return wrong, right


def first_steps(rule: hall.Rule, lr: float, g: float, steps: int = 30) -> Any:
    """The lengths of the steps under a steady gradient, in units of lr."""
    return -np.diff(walk(rule, lr, steps, np.zeros(2), lambda w: np.full(2, g))[:, 0]) / lr


def test_a1_turns_to_nan_where_a_gradient_is_negative_and_is_silent_elsewhere() -> None:
    path = walk(hall.a1, 1.5)
    assert np.isnan(path[1, 0]) and np.isfinite(path[1, 1])
    other_side = walk(hall.a1, 1.5, start=np.array([7.0, 2.0]))
    assert f(other_side[-1]) == pytest.approx(0.1186, abs=1e-4)
    assert np.isfinite(other_side).all()
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        walk(hall.a1, 1.5, steps=1)


def test_a2_ends_nearer_to_the_minimum_than_the_right_rule() -> None:
    wrong, right = (np.linalg.norm(walk(r, 1.5)[-1]) for r in (hall.a2, RULES["AdaGrad"]))
    assert wrong == pytest.approx(5.07e-8, rel=1e-2)
    assert right == pytest.approx(0.120, abs=1e-3)
    assert ends("A2") == pytest.approx((2.57e-15, 7.22e-4), rel=1e-2)


def test_a2_never_finds_a_minimum_that_is_not_at_zero() -> None:
    by = np.array([3.0, -1.0])
    path = walk(hall.a2, 1.5, 3000, START + by, lambda w: slope(w - by))
    assert np.linalg.norm(path[[30, 3000]] - by, axis=1) == pytest.approx([2.84, 3.13], abs=5e-3)
    right = walk(RULES["AdaGrad"], 1.5, 30, START + by, lambda w: slope(w - by))
    assert f(right[-1] - by) == pytest.approx(7.22e-4, rel=1e-2)


def test_a3_converges_and_knows_the_size_of_the_gradient() -> None:
    assert ends("A3") == pytest.approx((0.0084, 0.0007), abs=1e-4)
    np.testing.assert_allclose(first_steps(hall.a3, 1.5, 1.0), np.arange(1, 31) ** -0.5)
    assert first_steps(hall.a3, 1.5, 1e-6, 1) == pytest.approx(1e-6)
    assert first_steps(RULES["AdaGrad"], 1.5, 1e-6, 1) == pytest.approx(1, rel=1e-3)


def test_m2_is_the_right_rule_at_a_tenth_of_the_rate() -> None:
    np.testing.assert_allclose(walk(hall.m2, 1.0), walk(RULES["Momentum"], 0.1), atol=1e-12)
    ratio = first_steps(RULES["Momentum"], 0.1, 1.0) / first_steps(hall.m2, 0.1, 1.0)
    np.testing.assert_allclose(ratio, 10)
    assert ends("M2") == pytest.approx((1.688, 0.048), abs=1e-3)


def until(rule: hall.Rule, lr: float, limit: float) -> int:
    """The step from which f stays below the limit."""
    path = walk(rule, lr, 400)
    return int(np.flatnonzero(f(path.T) >= limit)[-1]) + 1


def test_m2_takes_fewer_than_ten_times_the_steps_where_the_ball_swings() -> None:
    assert until(hall.m2, 0.1, 0.01) == 257
    assert until(RULES["Momentum"], 0.1, 0.01) == 56


def test_m3_climbs() -> None:
    assert ends("M3")[0] == pytest.approx(6.5e10, rel=0.01)


def test_n1_is_silent_and_looks_two_steps_ahead() -> None:
    wrong, right = ends("N1")
    assert wrong == pytest.approx(0.0139, abs=1e-4) and right == pytest.approx(0.0238, abs=1e-4)
    momentum = first_steps(RULES["Momentum"], 0.1, 1.0)
    np.testing.assert_allclose(first_steps(RULES["Nesterov"], 0.1, 1.0)[:-1], momentum[1:])
    np.testing.assert_allclose(first_steps(hall.n1, 0.1, 1.0)[:-2], momentum[2:])


def test_n1_diverges_at_a_rate_that_the_right_rule_stands() -> None:
    wrong, right = (f(walk(r, 0.5, 200)[-1]) for r in (hall.n1, RULES["Nesterov"]))
    assert wrong > 1e50 and right < 1e-12


def test_nesterov_takes_the_gradient_where_the_ball_will_be() -> None:
    w, v = START, np.zeros(2)
    path = [w]
    for _ in range(30):
        v = 0.9 * v - 0.1 * slope(w + 0.9 * v)
        w = w + v
        path.append(w + 0.9 * v)
    np.testing.assert_allclose(walk(RULES["Nesterov"], 0.1), path)
    assert not np.allclose(walk(hall.n1, 0.1), path)


def test_d1_divides_by_zero() -> None:
    s = SimpleNamespace(lr=0.3, m=0.0, v=0.0, t=0)
    with pytest.raises(ZeroDivisionError):
        hall.d1(s, -7.0, -0.7)
    assert np.isnan(walk(hall.d1, 0.3, 1)[-1]).all()
    averages = np.array([-0.07, 0.4]) / (1 - 0.9**0)
    assert averages.tolist() == [-math.inf, math.inf]
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        walk(hall.d1, 0.3, steps=1)


def test_d2_begins_with_a_third_of_a_step() -> None:
    steps = first_steps(hall.d2, 0.3, 1.0, 1000)
    assert steps[0] == pytest.approx(0.316, abs=5e-4)
    assert steps[9] == pytest.approx(0.153, abs=5e-4)
    assert steps[-1] == pytest.approx(0.795, abs=5e-4)
    assert ends("D2") == pytest.approx((1.858, 0.102), abs=1e-3)


def test_d3_begins_well_and_freezes() -> None:
    steps = first_steps(hall.d3, 0.3, 1.0, 100)
    assert steps[0] == pytest.approx(1)
    assert steps[1:4] == pytest.approx([0.316, 0.0744, 0.0150], rel=1e-2)
    assert steps.sum() == pytest.approx(1.41, abs=0.01)
    path = walk(hall.d3, 0.3, 1000)
    assert f(path[-1]) == pytest.approx(4.654, abs=1e-3)
    np.testing.assert_allclose(path[10], path[-1], atol=1e-6)


@METHODS
def test_a_rate_is_a_setting_that_a_step_leaves_alone(method: str) -> None:
    s = SimpleNamespace(lr=0.3, m=0.0, v=0.0, t=0)
    hall.d3(s, START, slope(START))
    assert s.lr != 0.3

    optimizer = hall.MAKERS[method]([w := tg.tensor([1.0], requires_grad=True)], lr=0.3)
    w.grad = tg.tensor([1.0])
    optimizer.step()
    assert optimizer.param_groups[0]["lr"] == 0.3


def test_d4_shrinks_tiny_steps_a_hundredfold() -> None:
    right, wrong = (first_steps(r, 0.3, 1e-6, 1)[0] for r in (RULES["Adam"], hall.d4))
    assert right == pytest.approx(0.990, abs=1e-3)
    assert wrong == pytest.approx(0.010, abs=1e-4)
    assert right / wrong == pytest.approx(99, abs=0.1)
    assert first_steps(hall.d4, 0.3, 1.0, 1) == pytest.approx(1)
    np.testing.assert_allclose(walk(hall.d4, 0.3), walk(RULES["Adam"], 0.3), atol=1e-8)


def test_d5_passes_the_minimum_without_seeing_it() -> None:
    adam = RULES["Adam"]
    assert hall.d5(adam, 0.3, 1) == pytest.approx(walk(adam, 0.3, 1)[-1])
    by_step = [float(f(hall.d5(adam, 0.3, n))) for n in (0, 7, 10, 15, 30, 100)]
    assert by_step == pytest.approx([6.45, 1.21, 1.80, 6.56, 49.2, 810.45], abs=0.01)
    assert f(walk(adam, 0.3, 100)[-1]) < 1e-4


# Names and dicts


def one_parameter() -> tuple[hall.Dict, hall.Dict]:
    return {"W": START.copy()}, {"W": slope(START)}


@pytest.mark.parametrize(
    ("make", "call", "error"),
    [(hall.A4, "update", "KeyError"), (hall.M1, "update", "AttributeError")],
)
def test_a_class_that_can_be_made_but_not_used(make: Any, call: str, error: str) -> None:
    rule = make(lr=0.1)
    assert hall.error_of(lambda: getattr(rule, call)(*one_parameter())) == error
    plain = hall.Plain(lr=0.1)
    assert hall.error_of(plain.update, *one_parameter()) is None


def test_a_misspelt_method_is_silent_where_one_is_inherited() -> None:
    walked = []
    for make in (hall.Heir, hall.Plain):
        params, grads = one_parameter()
        optimizer = make(lr=0.1)
        for _ in range(3):
            optimizer.update(params, grads)
        walked.append(params["W"])
    np.testing.assert_array_equal(*walked)
    momentum = START - 0.1 * (1 + 1.9 + 2.71) * slope(START)
    assert not np.allclose(walked[0], momentum)


def test_a_rule_of_ours_with_a_misspelt_update_says_so() -> None:
    class Misspelt(optim.Optimizer):
        def _updare(self, *args: Any) -> None: ...

    w = tg.tensor([1.0], requires_grad=True)
    w.grad = tg.tensor([1.0])
    with pytest.raises(NotImplementedError):
        Misspelt([w], {"lr": 0.1}).step()


@pytest.mark.parametrize(
    ("specimen", "error"),
    [
        (hall.p1_none, "TypeError"),
        (hall.p1_comma, "NameError"),
        (hall.p1_param, "NameError"),
        (hall.p1_gradss, "NameError"),
    ],
)
def test_p1_compiles_and_runs_only_over_nothing(specimen: Any, error: str) -> None:
    compile(inspect.getsource(specimen), "p1", "exec")
    assert hall.error_of(specimen, *one_parameter()) == error
    if specimen in (hall.p1_param, hall.p1_gradss):
        assert hall.error_of(specimen, {}, {}) is None


def test_p2_moves_the_dict_and_not_the_layer() -> None:
    params, grads = one_parameter()
    bowl = hall.Bowl(params["W"])
    hall.p2(params, grads, lr=0.1)
    assert f(params["W"]) < f(START)
    assert bowl.loss() == f(START) and bowl.W is not params["W"]

    params, grads = one_parameter()
    bowl = hall.Bowl(params["W"])
    hall.Plain(lr=0.1).update(params, grads)
    assert bowl.loss() == f(params["W"]) < f(START)


@METHODS
def test_our_rules_move_the_array_that_the_layer_holds(method: str) -> None:
    layer = nn.Linear(2, 1, bias=False)
    memory = layer.weight.detach().numpy()
    x = tg.tensor([[1.0, 2.0]])
    optimizer = hall.MAKERS[method]([layer.weight], lr=0.01)
    before = layer(x).item()
    layer(x).sum().backward()
    optimizer.step()
    assert layer(x).item() < before
    assert np.shares_memory(layer.weight.detach().numpy(), memory)


def test_p3_integers_cut_the_step_off() -> None:
    whole, real = np.array([-7, 2]), START
    with pytest.raises(TypeError, match="Cannot cast ufunc 'subtract'"):
        whole -= 0.1 * slope(real)
    wrong, right = hall.central(f, whole), hall.central(f, real)
    np.testing.assert_allclose(wrong, [-3250, 15000])
    np.testing.assert_allclose(right, slope(real))
    np.testing.assert_allclose(wrong / right, [4643, 3750], rtol=1e-3)
    cosine = wrong @ right / (np.linalg.norm(wrong) * np.linalg.norm(right))
    assert cosine == pytest.approx(0.9992, abs=1e-4)


def test_ours_refuses_the_gradient_of_integers() -> None:
    with pytest.raises(GradientError):
        tg.tensor([-7, 2], requires_grad=True)
