"""How a formula is broken: from one function to the changes of its expressions and lines."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

Function = ast.Lambda | ast.FunctionDef


@dataclass(frozen=True)
class Change:
    """``node`` becomes ``text``; a test that never runs ``site`` cannot notice."""

    kind: str
    node: ast.expr | ast.stmt
    text: str
    site: ast.expr | ast.stmt
    within: ast.expr | ast.stmt | None = None  # what shows where a mere name or number stands

    @property
    def said(self) -> str:
        """What the change is, in short."""
        said = f"{_short(ast.unparse(self.node))} -> {_short(self.text)}"
        return said if self.within is None else f"{said} in {_short(ast.unparse(self.within))}"


#: One operator for another, and one comparison: across its boundary, then the other way round.
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
ORDERED = (ast.Div, ast.Pow, ast.MatMult)
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip

#: One function for its neighbour, by its last name.
NEIGHBOURS = {
    "add": "subtract", "subtract": "add", "multiply": "divide", "divide": "multiply",
    "maximum": "minimum", "minimum": "maximum", "sqrt": "square", "negative": "positive",
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "exp": "log", "log": "exp",
    "logical_and": "logical_or", "logical_or": "logical_and", "_tril": "_triu", "_triu": "_tril",
    "sum": "mean", "mean": "sum", "any": "all", "all": "any", "zeros": "ones", "max": "min",
    "_gather": "_scatter", "raw_gather": "raw_scatter",
}  # fmt: skip

#: Functions of which two arguments may be mistaken for each other, and which two.
SWAPPED = {
    "where": (1, 2), "_matmul": (0, 1), "matmul": (0, 1), "subtract": (0, 1), "divide": (0, 1),
    "slice": (0, 1), "transpose": (1, 2),
}  # fmt: skip

#: Functions that a mistaken hand forgets: what they are called with stands in their place.
FORGOTTEN = {
    "restored", "sum", "mean", "sum_to", "fit", "where", "abs", "sign", "exp", "log", "sqrt",
    "rsqrt", "sin", "cos", "sinh", "cosh", "sigmoid", "negative", "transpose", "reshape",
    "astype", "any", "expand", "sum_to_size", "_rows", "_matmul", "_inside", "_passed",
    "_power_slope", "_exponent_slope", "floor_divide", "logical_and", "logical_or", "getitem",
    "spread", "embed_diagonal", "_diagonal", "_scatter", "raw_scatter", "raw_scatter_add",
    "_gather", "raw_gather", "_pick", "_place", "_read", "_whole", "_tril", "_triu", "_flip",
    "_roll", "_permute", "_reshape", "_cumsum", "_cumsum_forward", "_scan", "_others", "_cut",
    "descent", "wide", "counted", "max",
}  # fmt: skip

#: Names of one kind, any of which a mistaken hand might write for another.
KINDS = (
    "y x g", "g y", "a b", "g a", "by g", "low high", "src g", "base value", "weight x",
    "centred invstd", "for_weight for_bias", "for_loss for_p", "p target total", "start end",
    "before after", "first through", "upto through", "dim1 dim2", "ta tb",
    "grad param", "g grad", "exp_avg exp_avg_sq", "velocity pull", "square_avg grad_avg",
    "max_exp_avg_sq exp_avg_sq", "beta1 beta2", "lr weight_decay", "eps lr", "alpha lr",
    "momentum lr", "dampening momentum", "lr_decay lr", "correction lr", "held found",
    "still size", "share size",
)  # fmt: skip

#: What a formula might have kept in place of the value that it needs.
KEPT = {"x": "y", "y": "x", "a": "by", "b": "ay"}

MODULES = ("np", "math", "heapq", "builtins")

SILENT = (ast.arguments, ast.Raise, ast.Assert, ast.JoinedStr, ast.withitem)
SILENT_KEYWORDS = ("strict", "copy", "order", "dtype")
SILENT_CALLS = ("isinstance", "empty_like", "slot")  # which ask only what an argument looks like


def changes(function: Function, formula: ast.expr | None, elementwise: bool) -> Iterator[Change]:
    """Every change of a function; of a formula also that it is missing, or keeps another value.

    A ``formula`` that is only the name of a ``function`` is broken as a whole alone: the function
    is broken in its own place.
    """
    body = function.body if isinstance(function, ast.Lambda) else function.body[-1]
    if formula is not None:
        yield Change("missing input", formula, "lambda g: None", body)
    if isinstance(formula, ast.Name):
        return
    if isinstance(function, ast.Lambda) and elementwise:
        yield from _kept(function)
    for result in _results(function):
        yield from _of_result(result)
    names = _names(function)
    for statement in [body] if isinstance(function, ast.Lambda) else function.body:
        for node, within in _spoken(statement):
            if isinstance(node, ast.stmt):
                yield from _of_statement(node)
            elif isinstance(node, ast.Name | ast.Constant):
                if not _is_filler(node, within):
                    yield from (replace(c, within=within) for c in _of_atom(node, names))
            else:
                yield from _of_expression(node)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 50 else f"{text[:36]} ... {text[-9:]}"


def _to(kind: str, node: ast.expr, new: ast.expr, site: ast.expr | None = None) -> Change:
    text = ast.unparse(new)
    if not isinstance(new, ast.Name | ast.Constant | ast.Call | ast.Tuple | ast.Lambda):
        text = f"({text})"
    return Change(kind, node, text, site or node)


def _spoken(
    node: ast.AST, within: ast.expr | ast.stmt | None = None
) -> Iterator[tuple[ast.expr | ast.stmt, ast.expr | ast.stmt | None]]:
    """The expressions and lines that compute, and what each stands in.

    What is said in annotations, docstrings and error messages does not.
    """
    if isinstance(node, SILENT) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        return
    if isinstance(node, ast.keyword) and node.arg in SILENT_KEYWORDS:
        return
    if isinstance(node, ast.Call) and _last_name(node.func) in SILENT_CALLS:
        return
    if isinstance(node, ast.UnaryOp) and isinstance(within, ast.Call) and _shapes(within):
        return
    if isinstance(node, ast.expr | ast.stmt):
        yield node, within
        if not isinstance(node, ast.Attribute):
            within = node
    if _is_counter(node):
        return
    for name, value in ast.iter_fields(node):
        # The number in shape[1] is the place of a name.
        if name == "annotation" or (name == "slice" and isinstance(value, ast.Constant)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _spoken(child, within)


def _shapes(node: ast.Call) -> bool:
    """``reshape(-1)``: to NumPy any negative number is the size to be worked out."""
    return _last_name(node.func) == "reshape"


def _is_counter(node: ast.AST) -> bool:
    """``version[0] += 1``: by how much it counts makes no difference."""
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript)


def _names(function: Function) -> set[str]:
    """What is known inside a function: its parameters and the names that it assigns."""
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and _is_store(n)}
    return stored | {a.arg for a in ast.walk(function) if isinstance(a, ast.arg)}


def called(function: Function) -> set[str]:
    """The names that a function takes from outside."""
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name)} - _names(function)


def _is_store(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


# What a function returns


def _results(function: Function) -> Iterator[ast.expr]:
    """The values returned, each of a tuple or a list of them alone."""
    if isinstance(function, ast.Lambda):
        returned: list[ast.expr] = [function.body]
    else:
        nodes = ast.walk(function)
        returned = [n.value for n in nodes if isinstance(n, ast.Return) and n.value is not None]
    while returned:
        value = returned.pop(0)
        if isinstance(value, ast.Tuple | ast.List):
            if not any(isinstance(e, ast.Starred) for e in value.elts):
                returned += value.elts
        elif isinstance(value, ast.ListComp):
            returned.append(value.elt)
        elif isinstance(value, ast.IfExp):
            returned += [value.body, value.orelse]
        elif not isinstance(value, ast.Constant | ast.Compare | ast.BoolOp):
            yield value


#: What is returned by calls of these has no sign, or is zero.
NO_NUMBER = ("tuple", "list", "all", "any", "isinstance", "zeros", "_flat")


def _of_result(value: ast.expr) -> Iterator[Change]:
    if isinstance(value, ast.Call) and _last_name(value.func) in NO_NUMBER:
        return
    yield _to("sign", value, ast.UnaryOp(ast.USub(), value))
    yield _to("factor", value, ast.BinOp(ast.Constant(2), ast.Mult(), value))


def _kept(function: ast.Lambda) -> Iterator[Change]:
    """The formula of an elementwise record with another kept value."""
    own = {a.arg for a in function.args.args}
    for name in sorted(own & KEPT.keys()):
        other = next((o for o in KEPT[name] if o not in own), None)
        if other is None or (name == "y" and own & {"a", "b"}):
            continue
        new = copy.deepcopy(function)
        for node in ast.walk(new):
            if isinstance(node, ast.arg) and node.arg == name:
                node.arg = other
            elif isinstance(node, ast.Name) and node.id == name:
                node.id = other
        yield _to("saved value", function, new, function.body)


# Lines


def _of_statement(node: ast.stmt) -> Iterator[Change]:
    stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    if stored or isinstance(node, ast.AugAssign | ast.Expr):
        yield Change("line", node, "pass", node)
    if isinstance(node, ast.AugAssign) and not _is_counter(node):
        if type(node.op) in OPERATORS:
            new = ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
            yield Change("operator", node, ast.unparse(new), node)
        yield _to("factor", node.value, ast.BinOp(ast.Constant(2), ast.Mult(), node.value))
    elif isinstance(node, ast.If) and isinstance(node.test, ast.Name | ast.Call | ast.Attribute):
        yield _to("condition", node.test, ast.UnaryOp(ast.Not(), node.test))


# Expressions


def _of_expression(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        kind = "sign" if isinstance(node.op, ast.USub) else "condition"
        yield _to(kind, node, node.operand)
    elif isinstance(node, ast.Compare):
        for op in COMPARISONS[type(node.ops[-1])]:
            new = ast.Compare(node.left, [*node.ops[:-1], op()], node.comparators)
            yield _to("condition", node, new)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield _to("condition", node, ast.BoolOp(other(), node.values))
    elif isinstance(node, ast.IfExp):
        yield _to("condition", node, node.body)
        yield _to("condition", node, node.orelse)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield _to("transpose", node, node.value)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)


def _of_atom(node: ast.Name | ast.Constant, names: set[str]) -> Iterator[Change]:
    if isinstance(node, ast.Constant):
        yield from (_to("constant", node, ast.Constant(n)) for n in _near(node.value))
    elif not _is_store(node):
        for kind in map(str.split, KINDS):
            if node.id in kind[:2]:
                other = next((o for o in (*kind[1:], kind[0]) if o in names - {node.id}), None)
                if other is not None:
                    yield _to("saved value", node, ast.Name(other))
                    return


def _is_filler(node: ast.AST, within: ast.AST | None) -> bool:
    """The 1.0 of ``where(bad, 1.0, x)``: what is computed from it is thrown away."""
    one = isinstance(node, ast.Constant) and node.value == 1.0 and isinstance(node.value, float)
    return one and isinstance(within, ast.Call) and _last_name(within.func) == "where"


def _of_operation(node: ast.BinOp) -> Iterator[Change]:
    sides = [node.left, node.right]
    if any(isinstance(s, ast.List | ast.Tuple | ast.JoinedStr) for s in sides):
        return
    if isinstance(node.op, ast.Add | ast.Sub | ast.Pow):
        new = ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        yield _to("operator", node, new)
    if isinstance(node.op, ast.Sub):
        sides[1] = ast.UnaryOp(ast.USub(), node.right)
    elif not isinstance(node.op, ast.Add | ast.Mult | ast.MatMult | ast.BitAnd):
        del sides[1]
    for side in sides:
        if not isinstance(side, ast.Constant):
            yield _to("drop", node, side)
    if isinstance(node.op, ORDERED):
        yield _to("swap", node, ast.BinOp(node.right, node.op, node.left))


def _near(value: object) -> Sequence[bool | int | float]:
    """The constants that might have been written for one."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (2, 0) if value == 1 else (value + 1,)
    if isinstance(value, float):
        return (value + 1,)
    return ()


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _of_call(node: ast.Call) -> Iterator[Change]:
    function, name, arguments = node.func, _last_name(node.func), node.args
    if any(isinstance(a, ast.Starred) for a in arguments):
        return
    if name in NEIGHBOURS:
        new_function = copy.deepcopy(function)
        if isinstance(new_function, ast.Name):
            new_function.id = NEIGHBOURS[name]
        elif isinstance(new_function, ast.Attribute):
            new_function.attr = NEIGHBOURS[name]
        yield _to("function", node, ast.Call(new_function, arguments, node.keywords))
    if name in SWAPPED and len(arguments) > SWAPPED[name][1]:
        i, j = SWAPPED[name]
        swapped = list(arguments)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield _to("swap", node, ast.Call(function, swapped, node.keywords))
    if name == "where":
        yield from (_to("forgotten call", node, branch) for branch in arguments[1:])
    elif name in FORGOTTEN:
        of_array = isinstance(function, ast.Attribute) and not (
            isinstance(function.value, ast.Name) and function.value.id in MODULES
        )
        if isinstance(function, ast.Attribute) and of_array:
            yield _to("forgotten call", node, function.value)
        elif arguments:
            yield _to("forgotten call", node, arguments[0])
