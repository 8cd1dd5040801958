"""계산 그래프의 그림: SVG와 Mermaid. matplotlib도 Graphviz도 필요 없다.

The computational graph of a Tensor as SVG and Mermaid; neither matplotlib nor Graphviz is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.node import Leaf, Node, Pick
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.errors import ArgumentError, GradientError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.io import atomic_write
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.registry import joined
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.viz.drawing import Box, mermaid, svg
from tinygrad_kr.viz.inputs import named

MOST = 400


@dataclass(frozen=True, repr=False)
class Graph:
    """계산 그래프의 그림.

    The drawing of a computational graph, shown as it is by a notebook.
    """

    boxes: list[Box]

    def svg(self) -> str:
        """SVG 문서. The drawing as an SVG document."""
        return svg(self.boxes)

    def mermaid(self) -> str:
        """Mermaid 문서. The graph in Mermaid's language, which GitHub draws in its pages."""
        return mermaid(self.boxes)

    def save(self, path: str | os.PathLike[str]) -> None:
        """.svg나 .mmd 파일로 저장한다.

        Save as ``.svg`` or ``.mmd`` (Mermaid); the old file stays whole if anything fails.

        Raises:
            ArgumentError: the name ends in something else, or is a folder's.
            DataNotFoundError: the folder does not exist.
        """
        writers = {".svg": self.svg, ".mmd": self.mermaid}
        suffix = Path(path).suffix.lower()
        if suffix not in writers:
            raise wrong_kind("path", os.fspath(path), ".svg나 .mmd 파일", "a .svg or .mmd file")
        with atomic_write(path) as file:
            file.write(f"{writers[suffix]()}\n".encode())

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<Graph of {len(self.boxes)} boxes>"


def graph(
    tensor: Any, *, model: Module | None = None, names: Mapping[str, Any] | None = None
) -> Graph:
    """텐서가 계산된 그래프. 값은 위에서 아래로 흐른다.

    The graph that ``tensor`` was computed by, drawn from the data at the top to ``tensor`` at the
    bottom. A box is an operation with the shape of its result, and the module whose parameters it
    takes; a round box is a leaf with its gradient; a dashed one a constant. A single value is
    shown itself. The graph knows constants and inner values only as far as it keeps them for the
    way back; ``retain_grad()`` or ``names`` makes an inner value, and its gradient, known.

    Args:
        tensor: the result of recorded operations, such as a loss.
        model: its parameters and modules lend their names.
        names: more tensors by their names, inner values too: ``{"x": x, "h": h}``.

    Raises:
        GradientError: the tensor hangs on no graph.
        ArgumentError: no tensor; more than 400 boxes, which nobody could read.

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor(3.0, requires_grad=True)
    >>> print(graph(w * w, names={"w": w}).mermaid())
    flowchart TD
      n0["mul<br/>9"]:::result
      n1(["w<br/>3<br/>grad None"]):::leaf
      n1 --> n0
      n1 --> n0
      classDef op fill:#e8f1f8,stroke:#0072b2,color:#000
      classDef leaf fill:#fdf0d5,stroke:#b36b00,color:#000
      classDef constant fill:#f3f3f3,stroke:#888,color:#000,stroke-dasharray:4 3
      classDef result fill:#d9f2e6,stroke:#007a56,color:#000,stroke-width:2px
    """
    if not isinstance(tensor, TensorBase):
        raise wrong_kind("tensor", tensor, "텐서", "a Tensor")
    if model is not None and not isinstance(model, Module):
        raise wrong_kind("model", model, "Module이나 None", "a Module or None")
    root = current_node(tensor)
    if root is None or isinstance(root, Leaf):
        raise GradientError(
            f"그래프가 없는 텐서입니다(형상 {tensor._array.shape}). requires_grad=True인 텐서에서 "
            "계산된 값을 주세요.",
            f"This tensor (shape {tensor._array.shape}) hangs on no graph; give a value computed "
            "from a tensor with requires_grad=True.",
        )
    nodes = _nodes(root)
    known = _Known(nodes, tensor, model, names)
    numbers = {node: i for i, node in enumerate(nodes)}
    boxes = [known.box(node) for node in nodes]
    constants: dict[int, int] = {}
    for node, box in zip(nodes, list(boxes), strict=True):
        for i, edge in enumerate(node.edges):
            if edge is not None:
                box.inputs.append(numbers[edge])
            elif (value := _kept(node, i)) is not None:
                if id(value) not in constants:
                    constants[id(value)] = len(boxes)
                    boxes.append(known.constant(value))
                box.inputs.append(constants[id(value)])
    _refuse_many(len(boxes))
    return Graph(boxes)


def _nodes(root: Node) -> list[Node]:
    """All nodes under ``root``, each before those that it gets values from."""
    found, waiting = {root}, [root]
    while waiting:
        fresh = {e for e in waiting.pop().edges if e is not None} - found
        found |= fresh
        waiting += fresh
    _refuse_many(len(found))
    return sorted(found, key=lambda node: (isinstance(node, Leaf), node.order))


def _refuse_many(count: int) -> None:
    if count > MOST:
        raise ArgumentError(
            f"그래프의 상자가 {count}개라 그려도 읽을 수 없습니다(최대 {MOST}개). 모델이나 입력을 "
            "줄이거나, 중간값의 그래프를 그리세요.",
            f"The graph has {count} boxes, which nobody could read (at most {MOST}); draw a "
            "smaller model, or the graph of an inner value.",
        )


def _kept(node: Node, i: int | None) -> Any:
    """Input ``i`` of a node, or its output for None, if the graph keeps it and it is unchanged."""
    stale = any(counter[0] != count for counter, count in node.checks)
    if node.kept is None or stale or not isinstance(node.op, Primitive):
        return None
    if i is None:
        value = node.kept[0]
    elif node.op.variadic:
        value = node.kept[1] and node.kept[1][i]
    else:
        value = node.kept[1 + i]
    return value if isinstance(value, np.ndarray | int | float) else None


class _Known:
    """What is known of the values of a graph: names, modules, tensors, single values."""

    def __init__(
        self, nodes: list[Node], tensor: Any, model: Module | None, names: Mapping[str, Any] | None
    ) -> None:
        self.root = nodes[0]
        self.names: dict[Node, str] = {}
        self.arrays: dict[int, str] = {}
        self.owners: dict[Node | None, str] = {}
        self.tensors: dict[Node, Any] = {}
        self.values: dict[Node, Any] = {}
        for name, value in {} if names is None else named("names", names).items():
            if not isinstance(value, TensorBase):
                raise wrong_kind(f"names[{name!r}]", value, "텐서", "a Tensor")
            self._learn(name, value)
        for path, module in () if model is None else model.named_modules():
            for name, value in (*module._parameters.items(), *module._buffers.items()):
                if value is not None:
                    self._learn(joined(path, name), value, f"{path} {type(module).__name__}")
        for node in nodes:
            for i, of in ((None, node), *enumerate(node.edges)):
                if of is not None and (value := _kept(node, i)) is not None:
                    self.values[of] = value
            alive = node.tensor() if isinstance(node, Leaf) else node.retain and node.retain()
            if alive is not None:
                self.tensors[node] = alive
        self.tensors[self.root] = tensor

    def _learn(self, name: str, tensor: Any, owner: str = "") -> None:
        self.arrays.setdefault(id(tensor._array), name)
        node = current_node(tensor)
        if node is not None:
            self.names.setdefault(node, name)
            self.tensors.setdefault(node, tensor)
            if owner:
                self.owners.setdefault(node, owner.strip())

    def box(self, node: Node) -> Box:
        tensor, is_leaf = self.tensors.get(node), isinstance(node, Leaf)
        lines = [self.names.get(node, "")]
        if not is_leaf:
            lines[:0] = [_operation(node)]
            lines.append(next((self.owners[e] for e in node.edges if e in self.owners), ""))
        if tensor is not None:
            lines.append(_shown(tensor._array))
        elif node.shape is not None:
            value = self.values.get(node)
            lines.append(str(node.shape) if node.shape or value is None else _shown(value))
        if tensor is not None and (is_leaf or tensor._grad is not None):
            lines.append(_gradient(tensor._grad))
        kind = "result" if node is self.root else "leaf" if is_leaf else "op"
        return Box(kind, [line for line in lines if line])

    def constant(self, value: Any) -> Box:
        array = np.asarray(value)
        whole = array if array.base is None or array.base.size != array.size else array.base
        name = self.arrays.get(id(value)) or self.arrays.get(id(whole), "")
        return Box("constant", [line for line in (name, _shown(array)) if line])


def _operation(node: Node) -> str:
    return f"{node.op.name}[{node.op.index}]" if isinstance(node.op, Pick) else node.op.name


def _shown(value: Any) -> str:
    """A single value, or the shape of several."""
    return f"{value.item():.5g}" if np.ndim(value) == 0 else str(value.shape)


def _gradient(grad: Any) -> str:
    if grad is None:
        return "grad None"
    if grad._array.ndim == 0:
        return f"grad {grad._array.item():.4g}"
    with np.errstate(all="ignore"):
        return f"‖grad‖ {np.linalg.norm(grad._array.astype(np.float64)):.4g}"
