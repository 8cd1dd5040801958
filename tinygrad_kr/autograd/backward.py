"""backward()와 grad(): 역전파를 시작하고 결과를 나눠 준다.

``backward`` and ``grad``: they check what was asked, start the walk, and hand out what it found.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, wrap
from tinygrad_kr.autograd.engine import add_grad, walk
from tinygrad_kr.autograd.node import Leaf, Node
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.errors import ArgumentError, GradientError, ShapeError

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

_accumulating = threading.Lock()


def _roots(
    outputs: Sequence[Any], gradients: Sequence[Any], create_graph: bool
) -> list[tuple[Node, Any]]:
    """Each output's node with the gradient to start from; refuses what cannot be started."""
    if len(outputs) != len(gradients):
        raise GradientError(
            f"출력은 {len(outputs)}개인데 기울기는 {len(gradients)}개입니다.",
            f"There are {len(outputs)} outputs but {len(gradients)} gradients.",
        )
    pairs = []
    for t, g in zip(outputs, gradients, strict=True):
        node = current_node(t)
        if node is None:
            raise GradientError(
                f"기울기가 필요 없는 텐서입니다(형상 {t._array.shape}, grad_fn 없음). "
                "requires_grad=True인 텐서에서 계산된 값에서 부르세요.",
                f"This tensor (shape {t._array.shape}) does not require grad and does not have a "
                "grad_fn; call it on a value computed from a tensor with requires_grad=True.",
            )
        array = t._array
        if g is None:
            if array.size != 1:
                raise GradientError(
                    f"기울기는 스칼라 출력에서만 저절로 시작됩니다. 이 텐서의 형상은 "
                    f"{array.shape}입니다. sum()이나 mean()을 취하거나 gradient=를 주세요.",
                    f"grad can be implicitly created only for scalar outputs, and this one has "
                    f"shape {array.shape}; take its sum() or mean(), or give gradient=.",
                )
            seed: Any = np.ones(array.shape, array.dtype)
            if create_graph:
                seed = wrap(seed)
        else:
            seed = g if isinstance(g, TensorBase) else wrap(np.asarray(g))
            if seed._array.shape != array.shape:
                raise ShapeError(
                    f"기울기의 형상 {seed._array.shape}이(가) 출력의 형상 {array.shape}과(와) "
                    "다릅니다.",
                    f"The gradient has shape {seed._array.shape}, the output {array.shape}.",
                )
            if seed._array.dtype.kind != "f":
                raise GradientError(
                    f"기울기는 소수형이어야 합니다: {seed._array.dtype}.",
                    f"A gradient must be of a floating dtype, not {seed._array.dtype}.",
                )
            if not create_graph:
                seed = seed._array
        pairs.append((node, seed))
    return pairs


def _start(
    outputs: Any,
    gradients: Any,
    create_graph: bool,
) -> list[tuple[Node, Any]]:
    outputs = (outputs,) if isinstance(outputs, TensorBase) else tuple(outputs)
    if gradients is None:
        gradients = (None,) * len(outputs)
    elif isinstance(gradients, TensorBase | np.ndarray):
        gradients = (gradients,)
    return _roots(outputs, tuple(gradients), create_graph)


def _target_nodes(inputs: Sequence[Any]) -> list[Node]:
    nodes = []
    for i, t in enumerate(inputs):
        if not isinstance(t, TensorBase):
            raise ArgumentError(
                f"{i}번째 입력이 텐서가 아닙니다: {type(t).__name__}.",
                f"Input {i} is not a tensor but {type(t).__name__}.",
            )
        node = current_node(t)
        if node is None:
            raise GradientError(
                f"{i}번째 입력(형상 {t._array.shape})은 requires_grad가 False입니다.",
                f"One of the differentiated tensors does not require grad: input {i}, of shape "
                f"{t._array.shape}.",
            )
        nodes.append(node)
    return nodes


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """출력의 기울기를 잎들의 .grad에 더한다.

    Add the gradients of ``tensors`` to the ``.grad`` of the leaves, or of ``inputs`` alone. If the
    walk raises, no ``.grad`` has changed.

    Args:
        tensors: the outputs, one or several.
        grad_tensors: a gradient for each; None means 1 for an output of one element.
        retain_graph: keep the graph for another walk (default: ``create_graph``).
        create_graph: record the walk itself, for higher derivatives.
        inputs: where to put gradients; None means every leaf.

    Raises:
        GradientError: no gradient is needed, the output is no scalar, or the graph is freed.
        InplaceError: a kept value was changed in place.
        ShapeError: a gradient's shape is not its output's.
    """
    targets: tuple[Any, ...] | None = None
    if inputs is not None:
        targets = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
        if not targets:
            raise GradientError(
                "inputs가 비어 있습니다. 잎 모두를 뜻한다면 None을 주세요.",
                "inputs is empty; None means every leaf.",
            )
    nodes = None if targets is None else _target_nodes(targets)
    roots = _start(tensors, grad_tensors, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    found = walk(roots, keep, create_graph, nodes)
    with _accumulating:
        if targets is None or nodes is None:
            for leaf, g in found.items():
                tensor = leaf.tensor() if isinstance(leaf, Leaf) else None
                if tensor is not None:
                    add_grad(tensor, g)
            return
        for tensor, node in dict(zip(targets, nodes, strict=True)).items():
            if node in found and node.retain is None:
                add_grad(tensor, found[node])


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """입력들에 대한 기울기를 돌려준다(.grad는 건드리지 않는다).

    The gradients of ``outputs`` with respect to ``inputs``, touching no ``.grad``.

    Args:
        outputs: one tensor or several; their gradients are added up.
        inputs: what to differentiate by; leaves or inner values.
        grad_outputs: a gradient for each output; None means 1 for an output of one element.
        retain_graph: keep the graph for another walk (default: ``create_graph``).
        create_graph: record the walk itself, for higher derivatives.
        allow_unused: give None for an input that the outputs do not depend on, instead of raising.
        materialize_grads: give zeros for such an input.

    Raises:
        GradientError: as for :func:`backward`, or an input is unused.

    >>> import tinygrad_kr as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (g,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> tg.autograd.grad(g, x)
    (tensor(18.),)
    """
    wanted: tuple[Any, ...] = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    if materialize_grads and allow_unused is False:
        raise ArgumentError(
            "materialize_grads=True와 allow_unused=False는 함께 쓸 수 없습니다.",
            "materialize_grads=True and allow_unused=False contradict each other.",
        )
    nodes = _target_nodes(wanted)
    roots = _start(outputs, grad_outputs, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    found = walk(roots, keep, create_graph, nodes)
    results: list[Any] = []
    used: set[Node] = set()
    for i, (tensor, node) in enumerate(zip(wanted, nodes, strict=True)):
        g = found.get(node)
        if g is not None:
            again = node in used
            results.append(g if isinstance(g, TensorBase) else wrap(g.copy() if again else g))
            used.add(node)
        elif materialize_grads:
            results.append(wrap(np.zeros(tensor._array.shape, tensor._array.dtype)))
        elif allow_unused:
            results.append(None)
        else:
            raise GradientError(
                f"{i}번째 입력은 계산 그래프에서 쓰이지 않았습니다. 그래도 좋다면 "
                "allow_unused=True를 주세요.",
                f"One of the differentiated tensors appears to not have been used in the graph: "
                f"input {i}. Set allow_unused=True if this is the desired behavior.",
            )
    return tuple(results)
