"""The mutation tool: what it breaks, and that a broken formula does not live."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tinygrad_kr.ops.primitive import registry

from .changes import changes
from .equivalent import EQUIVALENT
from .mutants import Mutant, mutants, read, targets
from .run import face, watched


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return list(mutants())


def said(source: str, kind: str | None = None) -> set[str]:
    """The changes of a formula, each as ``kind: old -> new``."""
    (statement,) = ast.parse(source).body
    if isinstance(statement, ast.FunctionDef):
        found = changes(statement, None, False)
    else:
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Lambda)
        found = changes(statement.value, statement.value, True)
    return {f"{c.kind}: {c.said}" for c in found if kind in (None, c.kind)}


def test_a_formula_is_broken_in_every_way() -> None:
    assert said("lambda g, a, b: -g * (a / b)") == {
        "missing input: lambda g, a, b: -g * (a / b) -> lambda g: None",
        "saved value: lambda g, a, b: -g * (a / b) -> lambda g, y, b: -g * (y / b)",
        "saved value: lambda g, a, b: -g * (a / b) -> lambda g, a, y: -g * (a / y)",
        "sign: -g * (a / b) -> (-(-g * (a / b)))",
        "factor: -g * (a / b) -> (2 * (-g * (a / b)))",
        "drop: -g * (a / b) -> (-g)",
        "drop: -g * (a / b) -> (a / b)",
        "sign: -g -> g",
        "saved value: g -> a in -g",
        "drop: a / b -> a",
        "swap: a / b -> (b / a)",
        "saved value: a -> b in a / b",
        "saved value: b -> a in a / b",
    }


def test_an_update_rule_loses_lines_and_counts_wrongly() -> None:
    rule = "def rule_(p, g, t, b):\n p *= 1 - b**t\n p -= g"
    lines = {"line: p *= 1 - b ** t -> pass", "line: p -= g -> pass"}
    assert said(rule, "line") == lines
    assert said(rule, "constant") == {f"constant: 1 -> {n} in 1 - b ** t" for n in (0, 2)}
    assert "operator: p -= g -> p += g" in said(rule)
    assert "drop: b ** t -> b" in said(rule)


def test_a_broadcast_is_forgotten_and_a_boundary_moved() -> None:
    assert "forgotten call: restored(g, dims) -> g" in said("lambda g, dims: restored(g, dims)")
    choice = said("lambda g, x: where(x > 0, g, 0.0)")
    assert {
        "condition: x > 0 -> (x >= 0)",
        "condition: x > 0 -> (x <= 0)",
        "swap: where(x > 0, g, 0.0) -> where(x > 0, 0.0, g)",
        "forgotten call: where(x > 0, g, 0.0) -> g",
    } <= choice


def test_words_are_left_alone() -> None:
    talk = 'def f(x: int = 1):\n "Text 1."\n if isinstance(x, str):\n  raise ValueError(1, "2")'
    assert said(talk) == {"condition: isinstance(x, str) -> (not isinstance(x, str))"}


def test_every_formula_of_the_registry_is_broken(made: list[Mutant]) -> None:
    missing = {m.id.split(":")[1] for m in made if m.kind == "missing input"}
    formulas = {f"{name}.{x}" for name, op in registry.items() for x in op.vjps}
    formulas |= {f"{name}.vjp" for name, op in registry.items() if op.shared is not None}
    assert formulas <= missing


def test_ids_are_stable_and_unique(made: list[Mutant]) -> None:
    assert len(made) >= 300
    assert max(Counter(m.id for m in made).values()) == 1
    again = [m.id for m in mutants(targets()[:30])]
    assert again == [m.id for m in made[: len(again)]]
    assert EQUIVALENT.keys() <= {m.id for m in made}


def test_each_mutant_differs_and_compiles(made: list[Mutant]) -> None:
    for mutant in made[::97]:
        module = read(mutant.module)
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(module.tree)
        assert mutant.text in mutant.diff


def test_watching_changes_nothing_but_notes() -> None:
    hits: set[tuple[str, int, int]] = set()
    module = read("tinygrad_kr.optim.optimizer")
    function = module.functions["next_step"]
    tree = watched(module.name, {module.span(function.body[-1])})
    space: dict[str, object] = {"__hit__": hits.add}
    tree.body = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "next_step"]
    function.returns, tree.body[0].args.args[0].annotation = None, None  # type: ignore[attr-defined]
    tree.body[0].returns = None  # type: ignore[attr-defined]
    exec(compile(tree, "watched", "exec"), space)
    assert space["next_step"]({"step": 3}) == {"step": 4}  # type: ignore[operator]
    assert hits == {(module.name, *module.span(function.body[-1]))}


def test_a_step_uphill_is_killed(made: list[Mutant]) -> None:
    test = "tests/optim/test_optim_rules.py::test_sgd_has_a_closed_form_on_the_quadratic"
    (mutant,) = (m for m in made if m.id.startswith("sgd:sgd_:operator: param -= g * lr"))
    verdict = face(mutant, [test])
    assert (verdict.outcome, verdict.by) == ("killed", test)
