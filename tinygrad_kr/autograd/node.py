"""계산 그래프의 노드.

The nodes of the graph. A :class:`Node` remembers which operation made a value, what that operation
needs for the way back, and the nodes its inputs came by; a :class:`Leaf` is where a gradient ends.
"""

from __future__ import annotations

import itertools
import traceback
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tinygrad_kr.dtypes import DType

if TYPE_CHECKING:
    from tinygrad_kr.autograd.base import TensorBase

Check = tuple[list[int], int]
Hook = Callable[[Any], Any]

# Newer nodes have smaller numbers: the engine's heap hands out the newest first.
_orders = itertools.count(-1, -1)


class Operation(Protocol):
    """노드가 부르는 연산: 이름과 뒤로 가는 길.

    What a node asks of the operation that made it: a name, and the way back.
    """

    @property
    def name(self) -> str: ...

    def pull(
        self, node: Node, g: Any, edges: Sequence[Node | None], create_graph: bool
    ) -> Sequence[Any]:
        """One gradient for each edge that is not None: ndarrays, Tensors if ``create_graph``."""
        ...


class Tracing:
    """노드가 자기를 만든 줄을 기억하는가.

    Whether nodes remember the line that made them; ``detect_anomaly`` turns it on.
    """

    on = False


class Node:
    """값 하나를 만든 연산.

    The operation that made a value.

    ``kept`` is what the way back needs, None once it is freed; ``checks`` pairs the version
    counters of the kept values with the counts they had; ``shape`` and ``dtype`` are those of the
    value, and so of its gradient.
    """

    __slots__ = (
        "__weakref__",
        "checks",
        "dtype",
        "edges",
        "hooks",
        "kept",
        "op",
        "order",
        "retain",
        "shape",
        "trace",
    )

    def __init__(
        self,
        op: Operation,
        edges: Sequence[Node | None],
        kept: Any,
        checks: Sequence[Check],
        shape: tuple[int, ...],
        dtype: DType,
    ) -> None:
        self.op = op
        self.edges = edges
        self.kept = kept
        self.checks = checks
        self.shape = shape
        self.dtype = dtype
        self.order = next(_orders)
        self.hooks: dict[int, Hook] | None = None
        self.retain: weakref.ref[TensorBase] | None = None
        self.trace: traceback.StackSummary | None = None
        if Tracing.on:
            self.trace = traceback.extract_stack()

    def name(self) -> str:
        """PyTorch식 이름(MulBackward0).

        The name, as PyTorch spells it.
        """
        return "".join(w[:1].upper() + w[1:] for w in self.op.name.split("_")) + "Backward0"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """입력들이 온 노드.

        The nodes that the inputs came by, each with an output number, as in PyTorch.
        """
        return tuple((e, 0) for e in self.edges)

    def __repr__(self) -> str:
        sources = ", ".join("-" if e is None else e.name() for e in self.edges)
        made = f" {tuple(self.shape)} {self.dtype}" if self.shape is not None else ""
        return f"<{self.name()}{made}" + (f" from {sources}>" if sources else ">")


class Leaf(Node):
    """기울기가 쌓이는 곳.

    Where a gradient ends: adds to the ``.grad`` of its tensor, which it refers to weakly.
    """

    __slots__ = ("tensor",)

    def __init__(self, tensor: TensorBase) -> None:
        super().__init__(_THROUGH, (), (), (), tensor._array.shape, tensor._array.dtype)
        self.tensor = weakref.ref(tensor)

    def name(self) -> str:
        return "AccumulateGrad"


class Bundle:
    """출력이 여럿인 연산의 기울기.

    The gradient of a value that is a tuple, such as the outputs of ``unbind``: a gradient for each,
    None where none came. It adds like a gradient, so the engine need not know it.
    """

    __slots__ = ("parts",)
    shape = dtype = None

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts = parts

    def __add__(self, other: Bundle) -> Bundle:
        return Bundle(
            tuple(
                b if a is None else a if b is None else a + b
                for a, b in zip(self.parts, other.parts, strict=True)
            )
        )


class Pick:
    """출력이 여럿인 연산의 출력 하나.

    The operation of taking one output of a node that has several.
    """

    __slots__ = ("count", "index", "name")

    def __init__(self, name: str, index: int, count: int) -> None:
        self.name = name
        self.index = index
        self.count = count

    def pull(
        self, node: Node, g: Any, edges: Sequence[Node | None], create_graph: bool
    ) -> Sequence[Any]:
        parts: list[Any] = [None] * self.count
        parts[self.index] = g
        return (Bundle(tuple(parts)),)


class Through:
    """값을 그대로 지나게 한다.

    The operation of passing a value on: a node of it marks a place in the graph.
    """

    name = "through"

    def pull(
        self, node: Node, g: Any, edges: Sequence[Node | None], create_graph: bool
    ) -> Sequence[Any]:
        return (g,)


def through(edge: Node | None, shape: tuple[int, ...], dtype: DType) -> Node | None:
    """변 위에 놓은 표시 노드(변이 없으면 None).

    A node of its own above ``edge``, None above None: a place to stop a walk at, without hooks.
    """
    return None if edge is None else Node(_THROUGH, (edge,), (), (), shape, dtype)


_THROUGH = Through()


class RemovableHandle:
    """register_hook이 돌려주는 손잡이.

    What ``register_hook`` returns; ``remove()`` takes the hook off again.
    """

    _ids = itertools.count()

    def __init__(self, hooks: dict[int, Any]) -> None:
        self.id = next(self._ids)
        self._hooks = hooks

    def remove(self) -> None:
        """훅을 뗀다.

        Take the hook off.
        """
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
