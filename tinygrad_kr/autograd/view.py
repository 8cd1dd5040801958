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

    How a view hangs on ``base``: ``step`` leads to it from the view that it was made of, ``over``,
    or from the base if that is None; on Tensors and ndarrays alike. ``seen`` is the version at
    which the view's node was true; ``recorded`` is False for a view made under ``no_grad``,
    through which no differentiable write may go.
    """

    __slots__ = ("base", "over", "recorded", "seen", "step")

    def __init__(
        self, base: TensorBase, over: View | None, step: Step, seen: int, recorded: bool
    ) -> None:
        self.base = base
        self.over = over
        self.step = step
        self.seen = seen
        self.recorded = recorded

    @property
    def steps(self) -> tuple[Step, ...]:
        """바탕에서 뷰까지의 걸음.

        The steps from the base to the view.
        """
        steps = []
        view: View | None = self
        while view is not None:
            steps.append(view.step)
            view = view.over
        return tuple(reversed(steps))


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
            node: Node = follow(view.steps, view.base)._node
        replace_node(t, node)
        view.seen = t._version[0]
    return t._node


def replace_node(t: TensorBase, node: Node) -> None:
    """텐서의 값이 바뀌었다: 노드도 바뀌고, retain_grad()는 따라온다.

    Give ``t`` the node of its new value, which ``retain_grad`` follows.
    """
    if t._node is not None and t._node.retain is not None:
        node.retain, t._node.retain = t._node.retain, None
    t._node = node
