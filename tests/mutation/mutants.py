"""What is broken: the mutants of the backward formulas, of the engine's sums and of the rules.

A mutant is one small change to one expression or line of the package's source, as a mistaken hand
would make it. Nothing here runs or imports the package: sources are read as text.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .changes import Function, called, changes

ROOT = Path(__file__).parents[2]
PACKAGE = "tinygrad_kr"

#: Where the records of operations are.
ROOMS = ("ops", "ops/more", "linalg", "special", "nn/functional", "nn/functional/more")

#: The calls that make a record of an operation, and what they are told beside formulas.
RECORDS = {"Primitive", "Unary", "Binary", "_real", "_pair", "_extreme"}
NO_FORMULA = {"view", "several", "doc", "floating", "quiet"}

#: Functions that no record names: what gradients flow through, what is saved for the way back, and
#: every update rule and schedule.
NAMED = {
    "autograd.engine": "sum_to fit _broadcasts walk add_grad",
    "ops.indexing": "_spread add_at",
    "ops.order": "_place_forward",
    "ops.linalg": "_embed_forward",
    "ops.gathering": "_scatter_add_forward",
    "ops.exponential": "_gate",
    "ops.fused": "linear batch_norm cross_entropy",
    "nn.functional.loss": "cross_entropy _shares",
    "optim.blocks": "Plan.run Pack.* _part",
    "optim.optimizer": "Optimizer.step Optimizer._together slot next_step descent",
    "optim.sgd": "sgd_ momentum_ SGD._arrays SGD._turn Momentum._arrays",
    "optim.adagrad": "adagrad_ rmsprop_ AdaGrad._arrays *._turn RMSProp._arrays",
    "optim.adam": "adam_ Adam._keywords Adam._arrays Adam._turn",
    "optim.lr_scheduler.schedules": "*.get_lr",
    "optim.lr_scheduler.policies": "ReduceLROnPlateau._is_better",
}


@dataclass(frozen=True)
class Mutant:
    """One change: the characters ``start`` to ``end`` of a module become ``text``."""

    id: str
    kind: str
    module: str
    line: int
    start: int
    end: int
    text: str
    site: tuple[int, int]  # what a test must run to meet it, in characters
    subjects: frozenset[str]  # the records or rules that it belongs to

    @property
    def path(self) -> Path:
        return ROOT / (self.module.replace(".", "/") + ".py")

    @property
    def source(self) -> str:
        """The whole source of the module, broken."""
        whole = self.path.read_text(encoding="utf-8")
        return whole[: self.start] + self.text + whole[self.end :]

    @property
    def diff(self) -> str:
        """The lines before and after."""
        whole = self.path.read_text(encoding="utf-8")
        first, last = whole.rfind("\n", 0, self.start) + 1, whole.find("\n", self.end)
        old = whole[first:last]
        new = whole[first : self.start] + self.text + whole[self.end : last]
        sides = (("-", old), ("+", new))
        return "\n".join(textwrap.indent(textwrap.dedent(s), f"    {mark} ") for mark, s in sides)


class Module:
    """The source of one module, its functions, and where its names come from."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.tree = ast.parse(text)
        self.functions: dict[str, ast.FunctionDef] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.ClassDef):
                methods = [m for m in node.body if isinstance(m, ast.FunctionDef)]
                self.functions |= {f"{node.name}.{m.name}": m for m in methods}
            elif isinstance(node, ast.ImportFrom) and node.module:
                self.imports |= {a.asname or a.name: (node.module, a.name) for a in node.names}

    @cached_property
    def _lines(self) -> list[tuple[int, bytes]]:
        """Where each line starts, in characters, and the line itself, whose columns are bytes."""
        lines, at = [], 0
        for line in self.text.splitlines(keepends=True):
            lines.append((at, line.encode()))
            at += len(line)
        return lines

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The characters of the source that ``node`` was read from."""
        ends = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        start, end = (
            self._lines[line - 1][0] + len(self._lines[line - 1][1][:column].decode())
            for line, column in ends
        )
        return start, end


def read(name: str) -> Module:
    path = ROOT / (name.replace(".", "/") + ".py")
    return Module(name, path.read_text(encoding="utf-8"))


# Which functions are broken


@dataclass
class Target:
    """A function whose body is to be broken."""

    module: Module
    label: str
    node: Function
    subjects: set[str] = field(default_factory=set)
    formula: ast.expr | None = None  # where a record names it, the keyword's value
    elementwise: bool = False

    @property
    def parts(self) -> Sequence[ast.expr | ast.stmt]:
        """The whole formula, or the lines of the function."""
        if self.formula is not None:
            return [self.formula]
        assert isinstance(self.node, ast.FunctionDef)
        return self.node.body


def targets() -> list[Target]:
    """Every backward formula, the helpers that it calls, and what ``NAMED`` names."""
    modules: dict[str, Module] = {}
    public = {(f"{PACKAGE}.ops.conversion", "cast")}  # no helpers, but operations themselves
    for room in ROOMS:
        for path in sorted((ROOT / PACKAGE).glob(f"{room}.py")) or sorted(
            (ROOT / PACKAGE / room).glob("*.py")
        ):
            module = read(".".join(path.relative_to(ROOT).with_suffix("").parts))
            if path.stem == "__init__":
                public |= set(module.imports.values())
            else:
                modules[module.name] = module
    found: dict[tuple[str, str], Target] = {}

    def add(module: Module, label: str, node: Function, subjects: set[str]) -> Target:
        target = found.setdefault((module.name, label), Target(module, label, node))
        if not subjects <= target.subjects:
            target.subjects |= subjects
            for name in sorted(called(node)):
                follow(module, name, subjects)
        return target

    def follow(module: Module, name: str, subjects: set[str]) -> None:
        if name in module.functions and (module.name, name) not in public:
            add(module, name, module.functions[name], subjects)
        elif name in module.imports and module.imports[name] not in public:
            home, original = module.imports[name]
            if home in modules:
                follow(modules[home], original, subjects)

    for module in modules.values():
        for kind, record, call in _records(module.tree):
            for keyword in call.keywords:
                if keyword.arg is None or keyword.arg in NO_FORMULA:
                    continue
                label = f"{record}.{keyword.arg}"
                if isinstance(keyword.value, ast.Lambda):
                    target = add(module, label, keyword.value, {record})
                    target.formula, target.elementwise = keyword.value, kind != "Primitive"
                elif isinstance(keyword.value, ast.Name):
                    name = keyword.value.id
                    follow(module, name, {record})
                    # The function is a target by its own name; here only its place can be broken.
                    home, own = module.imports.get(name, (module.name, name))
                    function = modules[home].functions[own]
                    found[module.name, label] = Target(
                        module, label, function, {record}, keyword.value
                    )
    for name, functions in NAMED.items():
        name = f"{PACKAGE}.{name}"
        module = modules.get(name) or read(name)
        for wanted in functions.split():
            for label, node in module.functions.items():
                if label == wanted or (wanted[0] == "*" and label.endswith(wanted[1:])):
                    subject = label.split(".")[0].strip("_")
                    found.setdefault((name, label), Target(module, label, node, {subject}))
    return list(found.values())


def _records(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """The records that a module makes: of which kind, by what name, and the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            name = node.args[0]
            if node.func.id in RECORDS and isinstance(name, ast.Constant):
                yield node.func.id, str(name.value), node


# From changes to mutants


def mutants(found: Iterable[Target] | None = None) -> Iterator[Mutant]:
    """All mutants of the package, always in the same order and with the same ids."""
    numbers: Counter[str] = Counter()
    for target in targets() if found is None else found:
        module = target.module
        spans = [(part, *module.span(part)) for part in target.parts]
        seen = {(start, _meaning(module.text[start:end], part)) for part, start, end in spans}
        for change in changes(target.node, target.formula, target.elementwise):
            a, b = module.span(change.node)
            part, start, end = next(s for s in spans if s[1] <= a and b <= s[2])
            meaning = _meaning(module.text[start:a] + change.text + module.text[b:end], part)
            if meaning is None or (start, meaning) in seen:
                continue
            seen.add((start, meaning))
            id = f"{module.name.rpartition('.')[2]}:{target.label}:{change.kind}: {change.said}"
            numbers[id] += 1
            yield Mutant(
                id=id if numbers[id] == 1 else f"{id} #{numbers[id]}",
                kind=change.kind,
                module=module.name,
                line=change.node.lineno,
                start=a,
                end=b,
                text=change.text,
                site=module.span(change.site),
                subjects=frozenset(target.subjects),
            )


def _meaning(text: str, part: ast.expr | ast.stmt) -> str | None:
    """What code says, apart from how it is written; None where it says nothing."""
    if isinstance(part, ast.stmt):
        text = textwrap.dedent(" " * part.col_offset + text)
    else:
        text = f"({text})"
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None
