"""역전파: 새 노드부터 거꾸로 걷는다.

The reverse pass. It walks the nodes newest first (a heap of their numbers, no recursion), asks each
operation for the gradients of its inputs, and hands what reaches a leaf to the leaf. What is
common to all operations is here and nowhere else: undoing a broadcast, restoring the dtype,
skipping what nobody needs, adding up without aliasing, hooks, version checks.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from tinygrad_kr.autograd import anomaly
from tinygrad_kr.autograd.base import TensorBase, to_ndarray, wrap
from tinygrad_kr.autograd.mode import mode
from tinygrad_kr.autograd.node import Leaf, Node
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.dtypes import Array, DType
from tinygrad_kr.errors import GradientError, InplaceError, ShapeError


def sum_to(g: Array, shape: tuple[int, ...]) -> Array:
    """브로드캐스트를 되돌린다: 늘어난 축을 더한다.

    Undo a broadcast: the sum of ``g`` over the axes that broadcasting from ``shape`` made or grew.
    """
    lead = g.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i]))
    summed = np.sum(g, axis=axes, dtype=g.dtype)
    return summed if summed.shape == shape else summed.reshape(shape)


def fit(g: Any, shape: tuple[int, ...], dtype: DType) -> Any:
    """기울기를 그 값의 형상과 자료형으로.

    A gradient in the shape and dtype of the value that it belongs to.
    """
    if isinstance(g, TensorBase):
        t: Any = g
        if t.shape != shape:
            t = t.expand(shape) if _broadcasts(t.shape, shape) else t.sum_to_size(shape)
        return t if t.dtype == dtype else t.to(dtype)
    if g.shape != shape:
        g = np.broadcast_to(g, shape) if _broadcasts(g.shape, shape) else sum_to(g, shape)
    return g if g.dtype == dtype else g.astype(dtype)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a gradient of ``shape`` stands for one of ``to``: an op may give it unexpanded."""
    return len(shape) <= len(to) and all(
        n in (1, m) for n, m in zip(reversed(shape), reversed(to), strict=False)
    )


def _refuse(node: Node, counter: list[int] | None = None, count: int = 0) -> NoReturn:
    """Say that what a node kept is freed, or (``counter``) was changed in place."""
    if counter is None:
        raise GradientError(
            f"{node.name()}의 계산 그래프는 이미 지나가며 지워졌습니다. 두 번 역전파하려면 "
            "첫 번째에 retain_graph=True를 주세요.",
            f"Trying to backward through the graph a second time: {node.name()} has freed what it "
            "kept. Give retain_graph=True to the first backward.",
        )
    raise InplaceError(
        f"역전파에 필요한 값이 제자리(in-place)에서 바뀌었습니다: {node.name()}이(가) "
        f"간직한 값의 버전은 {count}이었는데 지금은 {counter[0]}입니다. 바꾸기 전에 "
        "clone() 하세요.",
        f"A value needed for the gradient was modified by an inplace operation: "
        f"{node.name()} kept it at version {count}, it is at version {counter[0]} now. "
        "clone() it before changing it.",
    )


def _reaching(roots: Iterable[Node], targets: Iterable[Node]) -> set[Node]:
    """The nodes below ``roots`` from which a target can be reached, targets included."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and edge not in seen:
                seen.add(edge)
                stack.append(edge)
    wanted = set(targets)
    useful: set[Node] = set()
    for node in sorted(seen, key=_age, reverse=True):
        if node in wanted or any(e in useful for e in node.edges):
            useful.add(node)
    return useful


def _age(node: Node) -> tuple[bool, int]:
    return isinstance(node, Leaf), node.order


def walk(
    roots: Sequence[tuple[Node, Any]],
    retain_graph: bool,
    create_graph: bool,
    targets: Sequence[Node] | None = None,
) -> dict[Node, Any]:
    """그래프를 거꾸로 걸어 잎(또는 targets)의 기울기를 모은다.

    Walk the graph back from ``roots``, pairs of a node and the gradient of its value. Returns the
    gradients of the leaves reached, or of ``targets`` and of nothing else if they are given; each
    array among them is owned, writable, contiguous and aliased by nothing. Nothing is added to a
    leaf's ``.grad`` here, and to that of an inner value that retains it only at the end, so a walk
    that fails leaves every ``.grad`` as it was.
    """
    useful = None if targets is None else _reaching((n for n, _ in roots), targets)
    captured = set(targets or ())
    found: dict[Node, Any] = {}
    retained: list[tuple[Node, Any]] = []
    pending: dict[Node, Any] = {}
    heap: list[tuple[int, Node]] = []

    for node, g in roots:
        if useful is not None and node not in useful:
            continue
        g = fit(g, node.shape, node.dtype)
        if isinstance(node, Leaf):
            found[node] = _owned(found[node] + g if node in found else g)
        elif node in pending:
            pending[node] = pending[node] + g
        else:
            pending[node] = g
            heapq.heappush(heap, (node.order, node))

    push, pop = heapq.heappush, heapq.heappop
    before, mode.recording = mode.recording, create_graph and not mode.inference
    try:
        with np.errstate(all="ignore"):
            while heap:
                node = pop(heap)[1]
                g = pending.pop(node)
                if node.hooks:
                    g = _show(node, g)
                if node.retain is not None:
                    retained.append((node, g))
                if node in captured:
                    found[node] = _owned(g)
                edges = node.edges
                if useful is not None:
                    edges = [e if e in useful else None for e in edges]
                    if not any(edges):
                        continue
                if node.checks:
                    if node.kept is None:
                        _refuse(node)
                    for counter, count in node.checks:
                        if counter[0] != count:
                            _refuse(node, counter, count)
                pulled = node.op.pull(node, g, edges, create_graph)
                if node.checks and not retain_graph:
                    node.kept = None
                if node.trace is not None:
                    anomaly.check(node, pulled)
                for edge, r in zip(edges, pulled, strict=True):
                    if edge is None or r is None:
                        continue
                    if create_graph and type(r) is np.ndarray:
                        r = wrap(r)
                    if r.shape != edge.shape or r.dtype is not edge.dtype:
                        r = fit(r, edge.shape, edge.dtype)
                    if isinstance(edge, Leaf):
                        if edge in found:
                            # NumPy adds 0-d arrays up to a scalar.
                            total = found[edge] + r
                            found[edge] = total if create_graph else to_ndarray(total)
                        else:
                            found[edge] = r if r is not g and _is_owned(r) else _owned(r)
                    elif edge in pending:
                        pending[edge] = pending[edge] + r
                    else:
                        pending[edge] = r
                        push(heap, (edge.order, edge))
            for leaf in found:
                if leaf.hooks and isinstance(leaf, Leaf):
                    found[leaf] = _owned(_show(leaf, found[leaf]))
            for node, g in retained:
                inner = node.retain() if node.retain is not None else None
                if inner is not None and current_node(inner) is node:
                    add_grad(inner, _owned(g))
    finally:
        mode.recording = before
    return found


def _is_owned(g: Any) -> bool:
    return type(g) is np.ndarray and g.base is None and g.flags.c_contiguous and g.flags.writeable


def _owned(g: Any) -> Any:
    """A copy in C order: of an array always, of a Tensor with a graph as an op."""
    if isinstance(g, TensorBase):
        t: Any = g
        return t.clone()
    return np.array(g, order="C")


def _show(node: Node, g: Any) -> Any:
    """Let hooks see, and replace, the gradient of a node's value."""
    tensor: Any = g if isinstance(g, TensorBase) else wrap(np.asarray(g))
    for hook in tuple((node.hooks or {}).values()):
        new = hook(tensor)
        if new is None:
            continue
        if not isinstance(new, TensorBase) or new._array.shape != node.shape:
            raise ShapeError(
                f"기울기 훅은 None이나 형상 {node.shape}의 텐서를 돌려주어야 합니다: {_what(new)}.",
                f"A gradient hook returns None or a tensor of shape {node.shape}, "
                f"not {_what(new)}.",
            )
        tensor = fit(new, node.shape, node.dtype)
    return tensor if isinstance(g, TensorBase) else tensor._array


def _what(value: Any) -> str:
    if isinstance(value, TensorBase):
        return f"shape {value._array.shape}"
    return type(value).__name__


def add_grad(tensor: Any, g: Any) -> None:
    """.grad에 더한다: 처음이면 그 배열이 .grad가 된다.

    Add ``g`` to a tensor's ``.grad``; the first one becomes it. In place where no graph is made
    (the array is the user's by then, and accumulating is what he asked for).
    """
    held = tensor._grad
    if isinstance(g, TensorBase):
        tensor._grad = g if held is None else held + g
    elif held is None:
        tensor._grad = wrap(g)
    elif held._node is None and held._array.flags.writeable:
        held._array += g
        held._version[0] += 1
    else:
        tensor._grad = wrap(held._array + g)


def clear_grad(tensor: Any, set_to_none: bool) -> None:
    """.grad를 지운다: None으로, 아니면 0으로.

    Clear a tensor's ``.grad``: None, or zeros without a graph in the tensor that is there.
    """
    held = tensor._grad
    if set_to_none or held is None:
        tensor._grad = None
        return
    held._node = None
    held._array.fill(0)
    held._version[0] += 1
