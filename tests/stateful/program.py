"""Half of a random program: values, views and in-place changes, each done in the package and in
the model of :mod:`tape`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

import tinygrad_kr as tg
from tests.stateful import tape as model
from tests.stateful.tape import Floats, Refused, Shape, Tape, TooLarge
from tests.stateful.tape_ops import (
    ALWAYS,
    BINARY,
    KEYS,
    PICKS,
    UNARY,
    VIEWS,
    Selection,
    matmul,
    pointwise,
    reduce,
)
from tinygrad_kr import errors

ERRORS = {
    "shape": errors.ShapeError,
    "inplace": errors.InplaceError,
    "gradient": errors.GradientError,
}
SHAPES: list[Shape] = [(3,), (), (2,), (2, 1), (1, 3), (2, 3), (2, 2)]
NUMBERS = [0.5, 2.0, -1.0, -0.25, 0.0]

LIKELY = st.sampled_from([True, True, True, False])
places = st.integers(0, 2)
names = st.sampled_from


@dataclass(frozen=True, eq=False)
class Pair:
    """A tensor of the package and what it must be like."""

    ours: tg.Tensor
    model: model.Tensor


def both_of(operand: Pair | float) -> tuple[Any, Any]:
    """The package's and the model's form of a tensor or a number."""
    return (operand.ours, operand.model) if isinstance(operand, Pair) else (operand, operand)


def some(seed: int, shape: Shape) -> Floats:
    """Quarters between -2 and 2."""
    return [((7 * seed + 5 * k) % 17 - 8) / 4 for k in range(math.prod(shape))]


def floats(t: tg.Tensor) -> Floats:
    values: Floats = t.detach().numpy().ravel().tolist()
    return values


def made(values: Floats, shape: Shape) -> tg.Tensor:
    return tg.tensor(np.array(values).reshape(shape))


def assert_near(t: tg.Tensor | None, expected: Floats | None, what: str, scale: float = 1) -> None:
    assert (t is None) == (expected is None), what
    if t is not None and expected is not None:
        got = floats(t)
        near = (math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9 * scale)
                for a, b in zip(got, expected, strict=True))  # fmt: skip
        assert all(near), f"{what}: {got}, not {expected}"


class Steps(RuleBasedStateMachine):
    """The tensors of a program, and what is done to their values."""

    #: What the user made, and what was computed.
    leaves = Bundle("leaves")
    inner = Bundle("inner")
    hooks = Bundle("hooks")
    tensors = st.one_of(inner, inner, leaves)
    written = st.one_of(inner, inner, inner, leaves)

    def __init__(self) -> None:
        super().__init__()
        self.tape = Tape()
        self.alive: list[Pair] = []
        self.calls: list[tuple[int, tg.Tensor]] = []
        self.shown: list[tuple[tg.Tensor, Floats]] = []
        self.numbers = self.computed = 0
        self.scale = 1.0

    # What steps are made of

    def both(
        self, record: bool, ours: Callable[[], Any], model: Callable[[], model.Tensor | None]
    ) -> Any:
        """Do a step in the model, and in the package if it is not too large; the new pair."""
        self.tape.recording = record
        with tg.set_grad_enabled(record):
            try:
                expected = model()
            except TooLarge:
                return multiple()
            except Refused as refusal:
                with pytest.raises(ERRORS[refusal.kind]):
                    ours()
                return multiple()
            got = ours()
        if expected is None:
            return multiple()
        self.computed += 1
        return self.add(got, expected)

    def add(self, ours: tg.Tensor, model: model.Tensor) -> Pair:
        pair = Pair(ours, model)
        self.alive.append(pair)
        return pair

    # Values

    @initialize(target=leaves, shapes=st.lists(names(SHAPES), min_size=2, max_size=2))
    def start(self, shapes: list[Shape]) -> Any:
        return multiple(*(self.leaf(shape, n, True) for n, shape in enumerate(shapes)))

    @initialize(target=inner, shape=names(SHAPES), op=names(sorted(UNARY)))
    def begin(self, shape: Shape, op: str) -> Any:
        return self.unary(self.leaf(shape, 5, True), [op], True)

    @rule(target=leaves, shape=names(SHAPES), seed=st.integers(0, 16), requires_grad=st.booleans())
    def leaf(self, shape: Shape, seed: int, requires_grad: bool) -> Pair:
        values = some(seed, shape)
        pair = self.add(made(values, shape), model.leaf(values, shape))
        if requires_grad:
            pair.ours.requires_grad_()
            pair.model.require_grad()
        return pair

    @rule(
        target=inner, x=tensors, ops=st.lists(names(sorted(UNARY)), min_size=1, max_size=3),
        record=LIKELY,
    )  # fmt: skip
    def unary(self, x: Pair, ops: list[str], record: bool) -> Any:
        return self.both(
            record,
            lambda: functools.reduce(lambda t, op: getattr(tg, op)(t), ops, x.ours),
            lambda: functools.reduce(
                lambda t, op: pointwise(self.tape, UNARY[op], t), ops, x.model
            ),
        )

    @rule(
        target=inner, a=tensors, b=tensors | names(NUMBERS), op=names(sorted(BINARY)),
        swap=st.booleans(), record=LIKELY,
    )  # fmt: skip
    def binary(self, a: Pair, b: Pair | float, op: str, swap: bool, record: bool) -> Any:
        value, its = both_of(b)
        order = -1 if swap else 1
        return self.both(
            record,
            lambda: getattr(tg, op)(*(a.ours, value)[::order]),
            lambda: pointwise(self.tape, BINARY[op], *(a.model, its)[::order]),
        )

    @rule(
        target=inner, x=tensors, dim=st.none() | places,
        keepdim=st.booleans(), op=names(["sum", "mean"]),
    )  # fmt: skip
    def reduce(self, x: Pair, dim: int | None, keepdim: bool, op: str) -> Any:
        rank = len(x.model.shape)
        d = None if dim is None or not rank else dim % rank
        return self.both(
            True,
            lambda: getattr(tg, op)(x.ours, d, keepdim),
            lambda: reduce(self.tape, x.model, d, keepdim, op == "mean"),
        )

    @rule(target=inner, a=tensors, b=tensors, record=LIKELY)
    def matmul(self, a: Pair, b: Pair, record: bool) -> Any:
        if not all(1 <= len(x.model.shape) <= 2 for x in (a, b)):
            return multiple()
        return self.both(
            record, lambda: a.ours @ b.ours, lambda: matmul(self.tape, a.model, b.model)
        )

    # Views

    def selected(self, x: Pair, name: str, d: int, k: int) -> Selection:
        """A view of ``x`` of that name, if its shape has dimensions."""
        shape = x.model.shape
        if name in ALWAYS or not shape:
            return ALWAYS[name if name in ALWAYS else "whole"](shape)
        d %= len(shape)
        return (VIEWS | PICKS)[name](shape, d, k % shape[d])

    @rule(
        target=inner, x=tensors, name=names([*VIEWS, *ALWAYS]), d=places, k=places,
        record=LIKELY,
    )  # fmt: skip
    def view(self, x: Pair, name: str, d: int, k: int, record: bool) -> Any:
        chosen = self.selected(x, name, d, k)
        if len(chosen.picks) > 12:
            return multiple()
        return self.both(
            record,
            lambda: chosen.of(x.ours),
            lambda: self.tape.view(x.model, chosen.shape, chosen.picks),
        )

    @rule(target=inner, x=tensors, column=st.booleans(), record=LIKELY)
    def reshape(self, x: Pair, column: bool, record: bool) -> Any:
        """A view or a copy, as the layout in memory has it; which of them is seen, not modelled."""
        shape = (len(x.model.places), 1)[: 1 + column]
        with tg.set_grad_enabled(record):
            out = x.ours.reshape(shape)
        self.tape.recording = record
        shared = np.shares_memory(out.detach().numpy(), x.ours.detach().numpy())
        take = self.tape.view if shared else self.tape.gather
        self.computed += 1
        return self.add(out, take(x.model, shape, range(len(x.model.places))))

    @rule(target=inner, x=tensors, rows=st.lists(places, min_size=1, max_size=3))
    def rows(self, x: Pair, rows: list[int]) -> Any:
        """An integer list as a key: a copy, with places taken twice."""
        shape = x.model.shape
        if not shape:
            return multiple()
        rows = [r % shape[0] for r in rows]
        width = math.prod(shape[1:])
        picks = [r * width + i for r in rows for i in range(width)]
        return self.both(
            True,
            lambda: x.ours[rows],
            lambda: self.tape.gather(x.model, (len(rows), *shape[1:]), picks),
        )

    @rule(target=leaves, x=tensors)
    def detach(self, x: Pair) -> Pair:
        return self.add(x.ours.detach(), x.model.detach())

    # In-place changes

    def change(self, op: str, x: Any, other: Any = 0.0) -> None:
        """An in-place operation in the model: its new value first, then the write."""
        self.tape.check_writable(x, other if isinstance(other, model.Tensor) else None)
        table = UNARY if op in UNARY else BINARY
        new = pointwise(self.tape, table[op], x, other, over=x)
        if new.shape != x.shape:
            raise Refused("shape")
        self.tape.write(x, new)

    @rule(x=written, op=names(["neg", "square", "sin", "tanh", "relu"]), record=LIKELY)
    def unary_(self, x: Pair, op: str, record: bool) -> None:
        self.both(record, getattr(x.ours, op + "_"), lambda: self.change(op, x.model))

    @rule(
        x=written, other=tensors | names(NUMBERS), op=names(sorted(BINARY)), record=LIKELY
    )  # fmt: skip
    def binary_(self, x: Pair, other: Pair | float, op: str, record: bool) -> None:
        value, its = both_of(other)
        self.both(
            record,
            lambda: getattr(x.ours, op + "_")(value),
            lambda: self.change(op, x.model, its),
        )

    @rule(x=written, source=tensors | names(NUMBERS), record=LIKELY)
    def copy_(self, x: Pair, source: Pair | float, record: bool) -> None:
        """``copy_`` of a tensor, ``fill_`` of a number."""
        value, its = both_of(source)
        self.both(
            record,
            lambda: (x.ours.copy_ if isinstance(source, Pair) else x.ours.fill_)(value),
            lambda: self.tape.write(x.model, its),
        )

    @rule(
        x=written, source=tensors | names(NUMBERS),
        name=names([*PICKS, *KEYS, *PICKS, "whole"]), d=places, k=places, record=LIKELY,
    )  # fmt: skip
    def set_item(
        self, x: Pair, source: Pair | float, name: str, d: int, k: int, record: bool
    ) -> None:
        """``x[key] = source``."""
        chosen = self.selected(x, name, d, k)
        value, its = both_of(source)

        def assign() -> None:
            place = self.tape.view(x.model, chosen.shape, chosen.picks)
            if not isinstance(its, model.Tensor):
                self.tape.write(place, its)
                return
            shape = its.shape
            while shape and shape[0] == 1:  # leading ones do not count
                shape = shape[1:]
            self.tape.write(place, self.tape.view(its, shape, range(len(its.places))))

        if (
            isinstance(its, model.Tensor)
            and its.memory is x.model.memory
            and its.places == [x.model.places[p] for p in chosen.picks]
        ):
            return  # a place onto itself: nothing to write, and whether it counts is open
        self.both(record, lambda: x.ours.__setitem__(chosen.key, value), assign)

    @rule(
        x=written, other=tensors | names(NUMBERS), op=names(sorted(BINARY)),
        name=names([*KEYS, "whole"]), d=places, k=places, record=LIKELY,
    )  # fmt: skip
    def augment_item(
        self, x: Pair, other: Pair | float, op: str, name: str, d: int, k: int, record: bool
    ) -> None:
        """``x[key] += other`` and its like: one write."""
        chosen = self.selected(x, name, d, k)
        value, its = both_of(other)

        def ours() -> Any:
            place = x.ours[chosen.key]
            x.ours[chosen.key] = getattr(place, f"__i{op}__")(value)

        self.both(
            record,
            ours,
            lambda: self.change(op, self.tape.view(x.model, chosen.shape, chosen.picks), its),
        )

    @invariant()
    def agrees(self) -> None:
        for p in self.alive:
            ours, its = p.ours, p.model
            assert ours.shape == its.shape
            assert_near(ours, its.values, "values")
            assert_near(ours.grad, its.grad, ".grad", self.scale)
        for g, seen in self.shown:
            assert_near(g, seen, "what a hook saw", self.scale)
