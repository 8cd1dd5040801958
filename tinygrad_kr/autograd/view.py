"""뷰와 제자리(in-place) 변경의 장부.

How a view hangs on its base, and what an in-place change does to the graph. A write through a view
is one node on the *base*; the views' own nodes are made again from the base when next asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.mode import enable_grad
from tinygrad_kr.autograd.node import Node

Step = Callable[[Any], Any]


class View:
    """뷰가 바탕 텐서에 매달린 방식.

    ``steps`` lead from ``base`` to the view, on Tensors and ndarrays alike; ``seen`` is the version
    at which the view's node was true; ``recorded`` is False for a view made under ``no_grad``,
    through which no differentiable write may go.
    """

    __slots__ = ("base", "recorded", "seen", "steps")

    def __init__(
        self, base: TensorBase, steps: tuple[Step, ...], seen: int, recorded: bool
    ) -> None:
        self.base = base
        self.steps = steps
        self.seen = seen
        self.recorded = recorded


def follow(steps: tuple[Step, ...], value: Any) -> Any:
    """steps를 차례로 적용한다.

    Apply ``steps`` in turn.
    """
    for step in steps:
        value = step(value)
    return value


def current_node(t: TensorBase) -> Node | None:
    """텐서의 지금 노드: 바탕이 바뀐 뷰라면 새로 만든다.

    The node of a tensor as of now: a view whose base was written to gets a new one from the base.
    """
    view = t._view
    if view is None or view.seen == t._version[0]:
        return t._node
    if view.recorded and view.base._node is not None:
        with enable_grad():
            t._node = follow(view.steps, view.base)._node
    view.seen = t._version[0]
    return t._node
