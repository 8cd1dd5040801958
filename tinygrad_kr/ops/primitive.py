"""연산의 기록: 이름, 순전파, 입력마다 하나의 VJP.

The record of an operation: its name, its forward on ndarrays, one VJP for each input, and so what
must be kept for the way back.

A VJP's parameter names say what it needs: ``g`` the gradient of the output, ``y`` the output, an
input by its name, ``<input>_shape`` where the shape is enough, a static argument by its name. They
are read once, at import; a call keeps the union over the VJPs that it will need. A VJP is written
in operators and in functions of ``ops``, which take ndarrays and Tensors alike: on the plain
backward pass it runs on ndarrays, under ``create_graph`` on Tensors, and so differentiates itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from types import MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.autograd.base import TensorBase, to_ndarray, wrap
from tinygrad_kr.autograd.engine import walk
from tinygrad_kr.autograd.mode import mode
from tinygrad_kr.autograd.node import Bundle, Check, Node, Pick, through
from tinygrad_kr.autograd.view import View, current_node
from tinygrad_kr.dtypes import Array, is_floating
from tinygrad_kr.errors import ArgumentError

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

Vjp = Callable[..., Any]
Needs = tuple[bool, ...]

#: 이름 → 연산의 기록. Every record by name, for the tests and for readers.
registry: dict[str, Primitive] = {}


def _by_name(name: str) -> Primitive:
    return registry[name]


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _binder(vjp: Vjp, columns: Sequence[str]) -> Callable[[Any, Sequence[Any]], Any]:
    """``vjp`` as a function of ``g`` and a node's kept row: the signature is read here, once."""
    names = [p.name for p in _parameters(vjp)[1:]]
    where = [columns.index(n) for n in names]
    if not where:
        return lambda g, kept: vjp(g)
    if len(where) == 1:
        only = where[0]
        return lambda g, kept: vjp(g, kept[only])
    pick = itemgetter(*where)
    return lambda g, kept: vjp(g, *pick(kept))


class _Plan(NamedTuple):
    """What a call keeps, when a certain set of its inputs need a gradient."""

    y: bool  # whether the output is kept
    inputs: list[int]  # which inputs are
    shapes: list[int]  # the shapes of which inputs
    static: list[tuple[str, int]]  # which static arguments, and in which column


def operand(value: Any) -> Any:
    """연산의 입력이 될 수 있는 값인지 확인한다: 배열은 배열로, 수는 수로.

    What an operation computes with for an input that is no Tensor: an ndarray of a supported dtype
    or a Python number.

    Raises:
        ArgumentError: the value is neither.
    """
    if isinstance(value, np.ndarray):
        dtypes.as_dtype(value.dtype)
        return value
    if isinstance(value, np.generic):
        dtypes.as_dtype(value.dtype)
        return value.item()
    if isinstance(value, bool | int | float):
        return value
    raise ArgumentError(
        f"텐서나 수가 와야 할 자리에 {type(value).__name__}이(가) 왔습니다. tensor()로 바꾸어 "
        "주세요.",
        f"Expected a tensor or a number, not {type(value).__name__}; make it one with tensor().",
    )


class Primitive:
    """미분 가능한 연산 하나.

    One differentiable operation on ndarrays and Tensors.

    Args:
        name: the name of the record, as ``grad_fn`` shows it.
        forward: the function on ndarrays; its positional parameters name the inputs, its
            keyword-only ones the static arguments. Returns an ndarray, or a tuple of them if
            ``several``.
        view: whether the result may share memory with the first input.
        several: whether there are several outputs; a VJP's ``g`` is then a tuple, None where
            unused.
        vjp: one function for all inputs, ``vjp(needs, ...)``, that returns a tuple, where inputs
            share work; in place of ``vjps``.
        reference: of a fused op, the same function composed of simple ops: what ``create_graph``
            differentiates.
        vjps: for each input that has one, its VJP by the input's name.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *,
        view: bool = False,
        several: bool = False,
        vjp: Vjp | None = None,
        reference: Callable[..., Any] | None = None,
        doc: str = "",
        **vjps: Vjp,
    ) -> None:
        self.name = name
        self.forward = forward
        self.view = view
        self.several = several
        self.reference = reference
        self.__name__ = name
        self.__doc__ = doc.replace(". ", ".\n\n", 1)
        parameters = _parameters(forward)
        self.static = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.inputs = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        self.variadic = bool(parameters) and parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
        shapes = [f"{n}_shape" for n in self.inputs]
        self.columns = ["y", *self.inputs, *shapes, *self.static]
        assert "y" not in self.inputs, "y is the output"
        self.vjps = vjps
        self.shared = vjp
        if vjp is None:
            self._calls = [
                _binder(vjps[n], self.columns) if n in vjps else None for n in self.inputs
            ]
        else:
            names = [p.name for p in _parameters(vjp)[2:]]
            self._shared_where = [self.columns.index(n) for n in names]
        # By the inputs that need a gradient: the sum of 2 ** i over their numbers; any number of
        # inputs share the first bit.
        self._plans: dict[int, _Plan] = {}
        self._next_bit = 0 if self.variadic else 1
        registry[name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Primitive], tuple[str]]:
        return _by_name, (self.name,)

    def __get__(self, tensor: Any, owner: Any = None) -> Any:
        """In the body of a class a record is a method, as a function is."""
        return self if tensor is None else MethodType(self, tensor)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.__call__)

    def _plan(self, needs: int) -> _Plan:
        """What a call keeps, when these of its inputs need a gradient."""
        if self.shared is not None:
            asked = {p.name for p in _parameters(self.shared)[2:]}
        else:
            running = [n for i, n in enumerate(self.inputs) if n in self.vjps and needs >> i & 1]
            asked = {p.name for n in running for p in _parameters(self.vjps[n])[1:]}
        if self.reference is not None:
            asked |= {p.name for p in _parameters(self.reference)} & set(self.columns)
        plan = self._plans[needs] = _Plan(
            y="y" in asked,
            inputs=[i for i, n in enumerate(self.inputs) if n in asked],
            shapes=[i for i, n in enumerate(self.inputs) if f"{n}_shape" in asked],
            static=[(n, self.columns.index(n)) for n in self.static if n in asked],
        )
        return plan

    def __call__(self, *inputs: Any, **static: Any) -> Any:
        tensors = False
        needs, bit = 0, 1
        arrays: list[Any] = []
        edges: list[Node | None] = []
        for x in inputs:
            edge = None
            if isinstance(x, TensorBase):
                tensors = True
                edge = x._node if x._view is None else current_node(x)
                if edge is not None:
                    needs |= bit
                x = x._array
            arrays.append(x)
            edges.append(edge)
            bit <<= self._next_bit
        y = self.forward(*arrays, **static)
        if not tensors:
            return y if self.several else to_ndarray(y)
        if not mode.recording:
            needs = 0
        if self.several:
            return self._several(inputs, arrays, y, static, edges, needs)
        if type(y) is not np.ndarray:
            y = np.asarray(y)
        out = wrap(y)
        if needs and y.dtype.kind == "f":
            row, checks = self._keep(y, inputs, arrays, static, needs)
            if row[0] is not None:
                checks.append((out._version, 0))
            out._node = Node(self, edges, row, checks, y.shape, y.dtype)
        if self.view:
            self._follow_base(out, inputs[0], static)
        return out

    def _keep(
        self, y: Any, inputs: Sequence[Any], arrays: Sequence[Any], static: dict[str, Any],
        needs: int,
    ) -> tuple[list[Any], list[Check]]:  # fmt: skip
        """The kept row of a call, and the version checks of the inputs in it."""
        plan = self._plans.get(needs) or self._plan(needs)
        row: list[Any] = [None] * len(self.columns)
        held: Sequence[int] = plan.inputs
        if plan.y:
            row[0] = y
        if self.variadic:
            if held:
                row[1] = tuple(arrays)
                held = range(len(inputs))
            if plan.shapes:
                row[2] = tuple([np.shape(a) for a in arrays])
        else:
            for i in held:
                row[1 + i] = arrays[i]
            for i in plan.shapes:
                row[1 + len(self.inputs) + i] = np.shape(arrays[i])
        for name, column in plan.static:
            row[column] = static[name]
        checks = []
        for i in held:
            x = inputs[i]
            if isinstance(x, TensorBase):
                checks.append((x._version, x._version[0]))
            elif isinstance(x, np.ndarray):
                checks.append(([0], 0))
        return row, checks

    def _several(
        self, inputs: Sequence[Any], arrays: Sequence[Any], ys: Sequence[Array],
        static: dict[str, Any], edges: Sequence[Node | None], needs: int,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """The outputs as tensors, recorded if a gradient is needed."""
        outs = tuple([wrap(y) for y in ys])
        if needs:
            row, checks = self._keep(ys, inputs, arrays, static, needs)
            if row[0] is not None:
                checks += [(o._version, 0) for o in outs]
            node = Node(self, edges, row, checks, Bundle.shape, Bundle.dtype)  # type: ignore[arg-type]
            for i, out in enumerate(outs):
                if is_floating(out._array.dtype):
                    out._node = self._pick(node, i, len(outs), out._array)
        if self.view:
            for i, out in enumerate(outs):
                self._follow_base(out, inputs[0], static, i)
        return outs

    def _pick(self, node: Node, i: int, count: int, y: Array) -> Node:
        return Node(Pick(self.name, i, count), (node,), (), (), y.shape, y.dtype)

    def _follow_base(
        self, out: Tensor, x: TensorBase, static: dict[str, Any], number: int | None = None
    ) -> None:
        """Make ``out`` a view of ``x`` if it shares its memory."""
        owner = out._array.base
        if owner is None or not (owner is x._array or owner is x._array.base):
            return
        step: Callable[[Any], Any] = partial(self, **static)
        if number is not None:
            step = partial(_nth, step, number)
        over = x._view
        recorded = mode.recording and (over is None or over.recorded)
        out._version = x._version
        out._view = View(x if over is None else over.base, over, step, x._version[0], recorded)

    def pull(
        self, node: Node, g: Any, edges: Sequence[Node | None], create_graph: bool
    ) -> Sequence[Any]:
        """입력들의 기울기. The gradients of the inputs, as the engine asks for them."""
        if create_graph and self.reference is not None:
            return self._pull_reference(node, g, edges)
        kept = self._tensors(node) if create_graph else node.kept
        if self.several:
            g = g.parts
        if self.shared is None:
            return [
                None if e is None or call is None else call(g, kept)
                for e, call in zip(edges, self._calls, strict=True)
            ]
        needs = tuple([e is not None for e in edges])
        pulled: Sequence[Any] = self.shared(needs, g, *[kept[i] for i in self._shared_where])
        return pulled

    def _tensors(self, node: Node) -> list[Any]:
        """The kept row as Tensors on the edges they came by, the output on its own node.

        They share the version counters of what they were kept from, which stand in ``checks`` in
        the order of the row, the output last.
        """
        row = list(node.kept)
        counters = iter([counter for counter, _ in node.checks])
        if self.variadic:
            if row[1] is not None:
                pairs = zip(row[1], node.edges, strict=True)
                row[1] = tuple(wrap(a, e, next(counters)) for a, e in pairs)
            return row
        for i, edge in enumerate(node.edges, start=1):
            if isinstance(row[i], np.ndarray):
                row[i] = wrap(row[i], edge, next(counters))
        if self.several and row[0] is not None:
            ys = row[0]
            picks = [self._pick(node, i, len(ys), y) for i, y in enumerate(ys)]
            row[0] = tuple(wrap(y, p, next(counters)) for y, p in zip(ys, picks, strict=True))
        elif row[0] is not None:
            row[0] = wrap(row[0], node, next(counters))
        return row

    def _pull_reference(self, node: Node, g: Any, edges: Sequence[Node | None]) -> Sequence[Any]:
        """Differentiate the reference in place of the fused op: what ``create_graph`` records.

        Its inputs hang on nodes of their own, where the inner walk stops.
        """
        assert self.reference is not None
        marks = [None if e is None else through(e, e.shape, e.dtype) for e in edges]
        row = dict(zip(self.columns, self._tensors(node), strict=True))
        for name, mark in zip(self.inputs, marks, strict=True):
            if mark is not None:
                row[name]._node = mark
        y = self.reference(**{p.name: row[p.name] for p in _parameters(self.reference)})
        ends = zip(y, g.parts, strict=True) if self.several else [(y, g)]
        roots = [(end._node, part) for end, part in ends if part is not None]
        found = walk(roots, True, True, [m for m in marks if m is not None])
        return [None if m is None else found.get(m) for m in marks]


def check_of(x: Any) -> Check:
    """값의 버전 확인표. The version counter of a kept value, and what it counts now."""
    return (x._version, x._version[0]) if isinstance(x, TensorBase) else ([0], 0)


def _nth(step: Callable[[Any], Any], number: int, value: Any) -> Any:
    return step(value)[number]
