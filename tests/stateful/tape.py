"""The model: tensors of plain floats, and a tape that can be checked by eye.

Pure Python, and nothing of the package. A :class:`Tensor` is a shape over places of a
:class:`Memory`. A computation writes down, as it happens, how each element of its result changes
with each element of its inputs: numbers, the ``slopes`` of its :class:`Node`. The way back
multiplies and adds those numbers up, newest node first, and that is all there is to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

Shape = tuple[int, ...]
Index = tuple[int, ...]
Floats = list[float]
#: (element of the result, number of the input, element of that input, derivative)
Slope = tuple[int, int, int, float]

LARGEST = 8.0
_orders = itertools.count()


class Refused(Exception):
    """What the framework must refuse, with the ``kind`` of error."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class TooLarge(Exception):
    """A result that would make later comparisons of floats meaningless; nothing has happened."""


def indices(shape: Shape) -> Iterator[Index]:
    """Every index of a shape, in row-major order."""
    return itertools.product(*map(range, shape))


def element(index: Index, shape: Shape) -> int:
    """The number of an element, counted in row-major order; ``index`` may be of a broadcast."""
    number = 0
    for i, n in zip(index[len(index) - len(shape) :], shape, strict=True):
        number = number * n + (0 if n == 1 else i)
    return number


def broadcast(*shapes: Shape) -> Shape:
    """The shape that several broadcast to."""
    columns = itertools.zip_longest(*(reversed(s) for s in shapes), fillvalue=1)
    sizes = [set(column) - {1} for column in columns]
    if any(len(s) > 1 for s in sizes):
        raise Refused("shape")
    return tuple(s.pop() if s else 1 for s in reversed(sizes))


class Memory:
    """Cells that several tensors may share, and a count of the writes to them."""

    def __init__(self, cells: Floats) -> None:
        self.cells = cells
        self.version = 0


class Node:
    """How a value came about.

    ``kept`` are the memories that the way back reads, with the versions that they had; ``freed`` is
    whether the node let go of them: "no", "yes", or "perhaps" after a walk that failed somewhere.
    """

    def __init__(
        self,
        parents: Sequence[Node | None] = (),
        slopes: Sequence[Slope] = (),
        kept: Sequence[tuple[Memory, int] | None] = (),
    ) -> None:
        self.parents = parents
        self.slopes = slopes
        self.kept = kept
        self.freed = "no"
        self.order = next(_orders)
        self.hooks: dict[int, float] = {}
        self.tensor: Tensor | None = None

    @property
    def is_leaf(self) -> bool:
        return not self.parents

    @property
    def outdated(self) -> bool:
        """Whether a kept value has been written to since."""
        return any(k is not None and k[0].version != k[1] for k in self.kept)


class Tensor:
    """Places in a memory, in row-major order of a shape; ``node`` is None without a record.

    A view has a ``base``, of which it shows the elements ``at``. It has a node of its own, good for
    the version ``seen`` of the memory: when that has been written to, the view hangs on its base
    anew, unless it was made outside the record.
    """

    def __init__(self, memory: Memory, places: list[int], shape: Shape, node: Node | None) -> None:
        self.memory = memory
        self.places = places
        self.shape = shape
        self.base: Tensor | None = None
        self.at = list(range(len(places)))
        self.recorded = True
        self.seen = 0
        self.grad: Floats | None = None
        self.retains = False
        self._own(node)

    def _own(self, node: Node | None) -> None:
        self._node = node
        if node is not None:
            node.tensor = self

    @property
    def node(self) -> Node | None:
        base = self.base
        stale = base is not None and self.recorded and self.seen != self.memory.version
        if base is not None and stale and base.node is not None:
            self._own(Node([base.node], [(e, 0, at, 1.0) for e, at in enumerate(self.at)]))
            self.seen = self.memory.version
        return self._node

    @node.setter
    def node(self, node: Node) -> None:
        self._own(node)

    @property
    def values(self) -> Floats:
        return [self.memory.cells[p] for p in self.places]

    @property
    def requires_grad(self) -> bool:
        return self.node is not None

    @property
    def is_leaf(self) -> bool:
        return self.node is None or self.node.is_leaf

    def require_grad(self) -> None:
        if self.node is None:
            self.node = Node()

    def detach(self) -> Tensor:
        return Tensor(self.memory, self.places, self.shape, None)

    def add_grad(self, g: Floats) -> None:
        self.grad = g if self.grad is None else [a + b for a, b in zip(self.grad, g, strict=True)]


def leaf(values: Floats, shape: Shape) -> Tensor:
    """A tensor that the user made."""
    return Tensor(Memory(values), list(range(len(values))), shape, None)


class Tape:
    """What computes; ``recording`` is grad mode."""

    recording = True

    def compute(
        self,
        shape: Shape,
        values: Floats,
        inputs: Sequence[Tensor | float],
        slopes: Sequence[Slope],
        reads: Sequence[str] = (),
        over: Tensor | None = None,
    ) -> Tensor:
        """A new tensor. ``reads``: which values the derivative by each input is made of, "a" and
        "b" the inputs, "y" the result; of ``over``, which is about to change, it reads a copy."""
        if any(abs(v) > LARGEST for v in values):
            raise TooLarge
        out = leaf(values, shape)
        parents = [x.node if isinstance(x, Tensor) else None for x in inputs]
        if self.recording and any(parents):
            named = dict(zip("ab", inputs, strict=False), y=out)
            letters = {c for p, read in zip(parents, reads, strict=False) if p for c in read}
            kept = [
                None if x is over else (x.memory, x.memory.version)
                for x in (named[c] for c in letters)
                if isinstance(x, Tensor)
            ]
            out.node = Node(parents, slopes, kept)
        return out

    def gather(self, x: Tensor, shape: Shape, picks: Sequence[int]) -> Tensor:
        """Elements of ``x`` by number, copied."""
        slopes = [(e, 0, p, 1.0) for e, p in enumerate(picks)]
        return self.compute(shape, [x.values[p] for p in picks], [x], slopes)

    def view(self, x: Tensor, shape: Shape, picks: Sequence[int]) -> Tensor:
        """Elements of ``x`` by number, in the same memory."""
        node = None
        if self.recording and x.node is not None:
            node = Node([x.node], [(e, 0, p, 1.0) for e, p in enumerate(picks)])
        out = Tensor(x.memory, [x.places[p] for p in picks], shape, node)
        out.base = x if x.base is None else x.base
        out.at = [x.at[p] for p in picks]
        out.recorded = self.recording and x.recorded
        out.seen = x.memory.version
        return out

    def check_writable(self, x: Tensor, source: Tensor | None) -> None:
        """Refuse an in-place change that overlaps itself or that a leaf could not follow."""
        base = x if x.base is None else x.base
        if len(set(x.places)) < len(x.places):
            raise Refused("inplace")
        if not self.recording:
            return
        if any(t.node is not None and t.node.is_leaf for t in (x, base)):
            raise Refused("inplace")
        live = [t for t in (x, base, source) if t is not None and t.node is not None]
        if not x.recorded and live:
            raise Refused("inplace")

    def write(self, x: Tensor, source: Tensor | float) -> None:
        """Write a tensor or a number, broadcast, over ``x``: a new value of its whole base."""
        shown = source if isinstance(source, Tensor) else None
        self.check_writable(x, shown)
        if shown is not None and broadcast(shown.shape, x.shape) != x.shape:
            raise Refused("shape")
        new: list[float] = []
        slopes: list[Slope] = []
        for index, at in zip(indices(x.shape), x.at, strict=True):
            if isinstance(source, Tensor):
                e = element(index, source.shape)
                slopes.append((at, 1, e, 1.0))
                new.append(source.values[e])
            else:
                new.append(source)
        base = x if x.base is None else x.base
        past, origin = base.node, None if shown is None else shown.node
        if self.recording and (past or origin or x.node):
            if origin is None:
                slopes = []
            elif x.base is None:
                past = None  # nothing of the old value is left
            if past is not None:
                kept = set(range(len(base.places))) - set(x.at)
                slopes += [(e, 0, e, 1.0) for e in kept]
            base.node = Node([past, origin], slopes)
        for place, value in zip(x.places, new, strict=True):
            x.memory.cells[place] = value
        x.memory.version += 1


class Walk:
    """One walk back, worked out without changing anything; :meth:`commit` makes it happen.

    ``must`` and ``may`` are the kinds of error that the framework has to, or can, stop with.
    """

    def __init__(
        self, roots: Sequence[tuple[Node, Floats]], targets: Sequence[Node | None] | None = None
    ) -> None:
        self.found: dict[Node, Floats] = {}
        self.calls: list[tuple[int, Floats]] = []
        self.retained: list[tuple[Tensor, Floats]] = []
        self.ran: list[Node] = []
        self.largest = 1.0
        pending: dict[Node, Floats] = {}
        for node, g in roots:
            self._add(pending, node, g)
        useful = _useful([n for n, _ in roots], targets)
        for node in sorted(useful, key=lambda n: n.order, reverse=True):
            if node not in pending:
                continue
            g = pending[node]
            for hook, factor in node.hooks.items():
                self.calls.append((hook, g))
                g = [v * factor for v in g]
            t = node.tensor
            if t is not None and t.retains and t.node is node:
                self.retained.append((t, g))
            if node.is_leaf if targets is None else node in targets:
                self.found[node] = g
            forward = [p if p in useful else None for p in node.parents]
            if not any(forward):
                continue
            self.ran.append(node)
            for parent, part in zip(forward, self._parts(node, g), strict=True):
                if parent is not None:
                    self._add(pending, parent, part)
        self.must = {"gradient" for n in self.ran if n.freed == "yes"}
        self.may = {"gradient" for n in self.ran if n.freed == "perhaps"}
        self.may |= {"inplace" for n in self.ran if n.outdated}

    def _add(self, pending: dict[Node, Floats], node: Node, g: Floats) -> None:
        before = pending.get(node)
        pending[node] = g if before is None else [a + b for a, b in zip(before, g, strict=True)]
        self.largest = max(self.largest, *map(abs, pending[node]))

    @staticmethod
    def _parts(node: Node, g: Floats) -> list[Floats]:
        """The gradient that a node hands to each of its parents."""
        sizes = [0 if p is None or p.tensor is None else len(p.tensor.places) for p in node.parents]
        parts = [[0.0] * n for n in sizes]
        for e, number, at, slope in node.slopes:
            if node.parents[number] is not None:
                parts[number][at] += g[e] * slope
        return parts

    def commit(self, retain_graph: bool, failed: bool = False) -> None:
        """Let go of what the nodes kept, and hand out the gradients of inner values."""
        for node in self.ran:
            if node.kept and not retain_graph and node.freed != "yes":
                node.freed = "perhaps" if failed else "yes"
            elif not failed:
                node.freed = "no"
        if not failed:
            for tensor, g in self.retained:
                tensor.add_grad(g)


def _useful(roots: Sequence[Node], targets: Sequence[Node | None] | None) -> set[Node]:
    """The nodes under ``roots`` that lead to a target, or all of them."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [p for p in node.parents if p is not None]
    if targets is None:
        return seen
    useful: set[Node] = set()
    for node in sorted(seen, key=lambda n: n.order):
        if node in targets or any(p in useful for p in node.parents):
            useful.add(node)
    return useful
