"""What must hold of every rule whatever its formula, bit for bit."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optim_problems import RULES, Array, Groups, Race, Walk, frozen, problems

import tinygrad_kr as tg

few = settings(max_examples=max(settings().max_examples // 3, 5))
rules = pytest.mark.parametrize("name", RULES)


def each(groups: Groups, change: Callable[[Walk], Walk]) -> Groups:
    return [[change(walk) for walk in group] for group in groups]


def scaled(walk: Walk, factor: Any, **options: Any) -> Walk:
    """The walk with its gradients multiplied, and some options set."""
    grads = [None if g is None else g * factor for g in walk.grads]
    return replace(walk, grads=grads, options={**walk.options, **options})


def assert_equal(paths: list[Array], others: list[Array]) -> None:
    for path, other in zip(paths, others, strict=True):
        np.testing.assert_array_equal(path, other)


@pytest.mark.parametrize("name", ["AdaGrad", "RMSProp", "Adam", "AdamW"])
@few
@given(data=st.data())
def test_without_eps_the_scale_of_each_elements_gradient_is_nothing(
    name: str, data: st.DataObject
) -> None:
    groups = data.draw(problems(name))
    # A coupled decay and a first sum of squares have a scale of their own.
    bare: dict[str, Any] = {"AdaGrad": {"initial_accumulator_value": 0.0}}.get(name, {})
    bare |= {"eps": 0.0} | ({} if name == "AdamW" else {"weight_decay": 0.0})
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))

    def another_scale(walk: Walk) -> Walk:
        # Powers of two, so that nothing is rounded.
        return scaled(walk, 2.0 ** rng.integers(-20, 20, walk.first.shape), **bare)

    plain = Race(name, each(groups, lambda walk: scaled(walk, 1, **bare))).run()
    assert_equal(Race(name, each(groups, another_scale)).run(), plain)


@pytest.mark.parametrize("name", ["SGD", "Momentum"])
@few
@given(data=st.data(), factor=st.integers(-20, 20).map(lambda k: 2.0**k))
def test_the_scale_of_the_gradient_is_that_of_the_rate(
    name: str, data: st.DataObject, factor: float
) -> None:
    groups = data.draw(problems(name))

    def faster(walk: Walk) -> Walk:
        return replace(scaled(walk, 1, weight_decay=0.0), rates=[r * factor for r in walk.rates])

    larger = each(groups, lambda walk: scaled(walk, factor, weight_decay=0.0))
    assert_equal(Race(name, larger).run(), Race(name, each(groups, faster)).run())


@rules
@few
@given(data=st.data())
def test_the_order_of_groups_parameters_and_elements_is_nothing(
    name: str, data: st.DataObject
) -> None:
    groups = data.draw(problems(name))

    def turned(walk: Walk) -> Walk:
        grads = [None if g is None else np.flip(g) for g in walk.grads]
        return replace(walk, first=np.flip(walk.first), grads=grads)

    shuffled = [data.draw(st.permutations(group)) for group in data.draw(st.permutations(groups))]
    race = Race(name, groups)
    path_of = dict(zip(map(id, race.walks), race.run(), strict=True))
    expected = [path_of[id(walk)] for group in shuffled for walk in group]
    turned_back = [
        np.stack([np.flip(place) for place in path])
        for path in Race(name, each(shuffled, turned)).run()
    ]
    assert_equal(turned_back, expected)


@rules
@few
@given(data=st.data())
def test_a_group_of_n_is_n_groups_of_one(name: str, data: st.DataObject) -> None:
    groups = data.draw(problems(name))
    apart = [[walk] for group in groups for walk in group]
    assert_equal(Race(name, apart).run(), Race(name, groups).run())


@rules
@few
@given(data=st.data())
def test_to_maximize_is_to_minimize_the_negative(name: str, data: st.DataObject) -> None:
    groups = data.draw(problems(name))
    negated = each(groups, lambda walk: scaled(walk, -1, maximize=not walk.options["maximize"]))
    assert_equal(Race(name, negated).run(), Race(name, groups).run())


@rules
@few
@given(data=st.data())
def test_a_resumed_run_is_the_unbroken_one(name: str, data: st.DataObject) -> None:
    groups = data.draw(problems(name))
    total = len(groups[0][0].rates)
    half = data.draw(st.integers(0, total))
    unbroken = Race(name, groups)
    unbroken.run(range(half))
    middle = [p.detach().numpy().copy() for p in unbroken.params]
    saved = unbroken.optimizer.state_dict()
    file = io.BytesIO()
    tg.io.save(saved, file)
    file.seek(0)
    before = frozen(saved)
    rest = unbroken.run(range(half, total))

    for state in (saved, tg.io.load(file)):
        # The second optimizer has all its options from the state dict.
        second = Race(name, each(groups, lambda walk: replace(walk, options={})))
        for p, value in zip(second.params, middle, strict=True):
            p.detach().copy_(tg.from_numpy(value))
        second.optimizer.load_state_dict(state)
        assert frozen(second.optimizer.state_dict()) == before
        assert_equal(second.run(range(half, total)), rest)
        assert frozen(second.optimizer.state_dict()) == frozen(unbroken.optimizer.state_dict())
    assert frozen(saved) == before
