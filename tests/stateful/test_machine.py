"""Random programs, held to a tape that can be checked by eye.

Every tensor of a program exists twice, in the package and in the model of :mod:`tape`. Each step is
done to both; they must give the same values, flags, gradients and hook calls, and refuse the same
steps. Where the package may save itself the trouble of an error (or, by keeping a copy, give the
right gradient where PyTorch gives none), the model says "may"; a wrong number is never allowed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import consumes, multiple, precondition, rule

import tinygrad_kr as tg
from tests.stateful import tape as model
from tests.stateful.program import ERRORS, Pair, Steps, assert_near, floats, made, names, some
from tests.stateful.tape import LARGEST, Walk
from tinygrad_kr import errors

leaves, inner, hooks = Steps.leaves, Steps.inner, Steps.hooks
tensors, written = Steps.tensors, Steps.written


class Programs(Steps):
    """The flags, hooks and gradients of a program."""

    # Flags and hooks

    @rule(x=leaves)
    def requires_grad_(self, x: Pair) -> None:
        x.ours.requires_grad_()
        x.model.require_grad()

    @rule(x=written)
    def retain_grad(self, x: Pair) -> None:
        if not x.model.requires_grad:
            with pytest.raises(errors.GradientError):
                x.ours.retain_grad()
            return
        x.ours.retain_grad()
        x.model.retains = not x.model.is_leaf

    @rule(target=hooks, x=written, factor=names([None, 2.0, -1.0]))
    def register_hook(self, x: Pair, factor: float | None) -> Any:
        """A hook that notes what it sees, and hands on a multiple of it."""
        node = x.model.node
        if node is None:
            with pytest.raises(errors.GradientError):
                x.ours.register_hook(print)
            return multiple()
        self.numbers += 1
        number = self.numbers

        def hook(g: tg.Tensor) -> tg.Tensor | None:
            self.calls.append((number, g))
            return None if factor is None else g * factor

        node.hooks[number] = 1.0 if factor is None else factor
        return x.ours.register_hook(hook), node, number

    @rule(hook=consumes(hooks))
    def remove_hook(self, hook: Any) -> None:
        handle, node, number = hook
        handle.remove()
        del node.hooks[number]

    # Gradients

    def walk(
        self, walk: Walk | None, retain_graph: bool, seeds: list[tg.Tensor], run: Callable[[], Any]
    ) -> Any:
        """Run a walk that the model has worked out (None: one that must be refused at once); what
        it returned, None if it stopped with an error that it had to, or could, stop with."""
        self.calls.clear()
        before = [p.ours.grad for p in self.alive]
        starts = [floats(g) for g in seeds]
        try:
            result = run()
        except (errors.GradientError, errors.InplaceError) as error:
            kinds = {"gradient"} if walk is None else walk.must | walk.may
            assert any(isinstance(error, ERRORS[k]) for k in kinds), "an error without a reason"
            if walk is not None:
                walk.commit(retain_graph, failed=True)
            assert all(p.ours.grad is g for p, g in zip(self.alive, before, strict=True))
            return None
        assert walk is not None and not walk.must, f"no {walk and walk.must} error"
        walk.commit(retain_graph)
        self.scale = max(self.scale, walk.largest)
        assert sorted(n for n, _ in self.calls) == sorted(n for n, _ in walk.calls), "hook calls"
        expected = dict(walk.calls)
        self.shown += [(g, expected[n]) for n, g in self.calls]
        assert [floats(g) for g in seeds] == starts, "the walk wrote into the user's gradient"
        for g in seeds:
            if not self.calls:
                g.fill_(math.nan)  # none but a hook has seen it
        return () if result is None else result

    @rule(
        root=written, seed=st.integers(0, 16), scalar=names([False, False, False, True]),
        retain_graph=st.lists(st.booleans(), min_size=1, max_size=3),
        inputs=st.none() | st.none() | st.lists(tensors, min_size=1, max_size=3),
    )  # fmt: skip
    def backward(
        self, root: Pair, seed: int, scalar: bool, retain_graph: list[bool],
        inputs: list[Pair] | None,
    ) -> None:  # fmt: skip
        """``backward``, perhaps twice."""
        for retain in retain_graph:
            self.one_backward(root, seed, scalar, retain, inputs)

    def one_backward(
        self, root: Pair, seed: int, scalar: bool, retain_graph: bool, inputs: list[Pair] | None
    ) -> None:
        shape = root.model.shape
        start = [1.0] * len(root.model.places) if scalar else some(seed, shape)
        gradient = None if scalar else made(start, shape)
        node = root.model.node
        targets = None if inputs is None else [x.model.node for x in inputs]
        refused = None in (targets or ()) or (scalar and len(start) > 1)
        walk = None if node is None or refused else Walk([(node, start)], targets)
        seeds = [] if gradient is None else [gradient]
        done = self.walk(
            walk,
            retain_graph,
            seeds,
            lambda: root.ours.backward(
                gradient, retain_graph, inputs=None if inputs is None else [x.ours for x in inputs]
            ),
        )
        if walk is None or done is None:
            return
        for node, g in walk.found.items():
            tensor = node.tensor
            retained = any(t is tensor for t, _ in walk.retained)
            if tensor is not None and not retained:
                tensor.add_grad(g)

    @rule(
        target=leaves,
        outputs=st.lists(tensors, min_size=1, max_size=2),
        inputs=st.lists(tensors, min_size=1, max_size=3, unique_by=id),
        seed=st.integers(0, 16), retain_graph=st.booleans(), create_graph=names([False, True]),
        unused=names(["none", "zeros", "error"]),
    )  # fmt: skip
    def grad(
        self, outputs: list[Pair], inputs: list[Pair], seed: int, retain_graph: bool,
        create_graph: bool, unused: str,
    ) -> Any:  # fmt: skip
        """``autograd.grad``; what it returns takes part in the program from then on."""
        roots = [(y.model.node, some(seed, y.model.shape)) for y in outputs]
        targets = [x.model.node for x in inputs]
        live = [(n, g) for n, g in roots if n is not None]
        refused = len(live) < len(roots) or None in targets
        walk = None if refused else Walk(live, targets)
        retain_graph = retain_graph or create_graph
        seeds = [made(some(seed, y.model.shape), y.model.shape) for y in outputs]

        def run() -> Any:
            try:
                return tg.autograd.grad(
                    [y.ours for y in outputs],
                    [x.ours for x in inputs],
                    seeds,
                    retain_graph,
                    create_graph,
                    allow_unused=unused == "none" or None,
                    materialize_grads=unused == "zeros",
                )
            except errors.GradientError as error:
                if "to not have been used" in str(error):
                    return "unused"
                raise

        got = self.walk(walk, retain_graph, seeds, run)
        if walk is None or got is None:
            return multiple()
        expected = [walk.found.get(n) for n in targets if n is not None]
        assert (got == "unused") == (unused == "error" and None in expected)
        if got == "unused":
            return multiple()
        pairs = []
        for x, g, e in zip(inputs, got, expected, strict=True):
            if e is None and unused == "zeros":
                e = [0.0] * len(x.model.places)
            assert_near(g, e, "a gradient", self.scale)
            if e is not None and max(map(abs, e)) <= LARGEST:
                pairs.append(self.add(g.detach(), model.leaf(e[:], x.model.shape)))
        return multiple(*pairs)

    @rule(x=tensors, seed=st.integers(0, 16))
    def examine(self, x: Pair, seed: int) -> None:
        """Flags, which are asked for now and then only, for asking gives a view its new node; and
        the gradients of every tensor by every other, one at a time and all at once."""
        for p in self.alive:
            assert p.ours.requires_grad == p.model.requires_grad
            assert p.ours.is_leaf == p.model.is_leaf
        live = [p for p in self.alive if p.model.requires_grad]
        for roots in ([x] if x in live else [], live):
            self.differentiate(roots, live, seed)

    def teardown(self) -> None:
        """At the end of a program that went well, everything by everything once more."""
        if sys.exc_info()[0] is None:
            for seed, p in enumerate(self.alive):
                self.examine(p, seed)

    def differentiate(self, outputs: list[Pair], inputs: list[Pair], seed: int) -> None:
        """Tensors that all have a record, by one another."""
        nodes = [n for x in inputs if (n := x.model.node) is not None]
        roots = [n for y in outputs if (n := y.model.node) is not None]
        starts = [some(seed + n, y.model.shape) for n, y in enumerate(outputs)]
        seeds = [made(g, y.model.shape) for y, g in zip(outputs, starts, strict=True)]
        walk = Walk(list(zip(roots, starts, strict=True)), nodes)
        got = self.walk(
            walk,
            True,
            seeds,
            lambda: tg.autograd.grad(
                [y.ours for y in outputs],
                [x.ours for x in inputs],
                seeds,
                True,
                allow_unused=True,
            ),
        )
        for node, g in zip(nodes, got or (), strict=got is not None):
            assert_near(g, walk.found.get(node), "a gradient", self.scale)

    # Gradients of one's own

    @rule(x=tensors, how=names(["none", "zero", "halve"]))
    def change_grad(self, x: Pair, how: str) -> None:
        grad = x.ours.grad
        if grad is None or x.model.grad is None or how == "none":
            x.ours.grad = x.model.grad = None
            return
        with tg.no_grad():
            grad.mul_(0.5 if how == "halve" else 0.0)
        x.model.grad = [v * (0.5 if how == "halve" else 0.0) for v in x.model.grad]

    @precondition(lambda self: self.computed > 6)
    @rule(x=consumes(inner))
    def forget(self, x: Pair) -> None:
        """A tensor that goes: what hangs on it goes on."""
        self.alive = [p for p in self.alive if p is not x]
        self.computed -= 1


EXAMPLES = settings().max_examples
TestPrograms = Programs.TestCase
TestPrograms.settings = settings(max_examples=EXAMPLES, stateful_step_count=200)
