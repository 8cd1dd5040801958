"""함수의 한 호출과 그 안의 그래프.

One call of a function and the graph inside it: what all transforms that differentiate share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_kr.autograd.backward import grad
from tinygrad_kr.autograd.base import TensorBase, wrap
from tinygrad_kr.autograd.mode import inference_mode, is_grad_enabled
from tinygrad_kr.autograd.node import Leaf, through
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.func.tree import leaves_of, tree_map
from tinygrad_kr.ops.creation import require_grad, zeros_like
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.tensor import Tensor

Pulled = list[Tensor | None]


def recorded() -> Any:
    """그래프를 남기는 구역, 밖의 모드와 상관없이.

    A block in which operations are recorded, whatever the modes outside of it are.
    """
    return inference_mode(False)


def marked(t: Any) -> Tensor:
    """t의 값, 그러나 자기 노드 위에.

    The value of ``t`` on a node of its own, where a walk can stop. Gradients go on from there to
    ``t`` itself if it has a node.
    """
    if not isinstance(t, TensorBase):
        raise ArgumentError(
            f"미분할 인자는 텐서여야 합니다: {type(t).__name__}.",
            f"Thing passed to transform API must be Tensor, got {type(t).__name__}.",
        )
    if t._array.dtype.kind != "f":
        raise ArgumentError(
            f"소수형 텐서로만 미분할 수 있습니다: {t._array.dtype}.",
            f"Expected an input of a floating dtype to differentiate by, not {t._array.dtype}.",
        )
    edge = through(current_node(t), t._array.shape, t._array.dtype)
    own = wrap(t._array, edge, t._version)
    if edge is None:
        require_grad(own)
    return own


class Trace:
    """f를 자기 노드 위의 입력으로 한 번 부른 것.

    A call of ``f``: its ``result``, the tensors in it, ``outs``, and the inputs ``ins`` among
    ``args`` that it may be differentiated by, as often as asked.

    Args:
        f: the function; with ``has_aux`` it returns the result and something beside it.
        args: trees of what it is called with.
        argnums: which of them to differentiate by; all by default.
    """

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any] | None = None,
        argnums: Sequence[int] | None = None, has_aux: bool = False,
    ) -> None:  # fmt: skip
        given = list(args)
        chosen = range(len(given)) if argnums is None else argnums
        with recorded():
            for i in chosen:
                given[i] = tree_map(marked, given[i])
            self.ins: list[Tensor] = leaves_of([given[i] for i in chosen])
            self.result, self.aux = f(*given, **(kwargs or {})), None
        if has_aux:
            if not (isinstance(self.result, tuple) and len(self.result) == 2):
                raise ArgumentError(
                    "has_aux=True이면 함수는 튜플 (출력, 나머지)를 돌려주어야 합니다.",
                    "output of function f should be a tuple: (output, aux) if has_aux is True.",
                )
            self.result, self.aux = self.result
        self.outs: list[Tensor] = leaves_of(self.result)
        for out in self.outs:
            if not isinstance(out, TensorBase):
                raise ArgumentError(
                    f"함수는 텐서만 돌려주어야 합니다: {type(out).__name__}.",
                    f"Expected f to return only tensors, got unsupported type "
                    f"{type(out).__name__}.",
                )
        self._own = {t._node for t in self.ins}

    def need_floating(self) -> None:
        """출력이 모두 소수형인지 확인한다.

        Refuse outputs that have no gradient.
        """
        for out in self.outs:
            if out.dtype.kind != "f":
                raise ArgumentError(
                    f"역방향으로 미분할 출력은 소수형이어야 합니다: {out.dtype}.",
                    f"All outputs of f must be floating-point Tensors, got one of {out.dtype}.",
                )

    def leads_out(self, t: Any) -> bool:
        """t의 그래프가 이 호출의 입력이 아닌 잎에 이르는가.

        Whether the graph of ``t`` leads to a leaf that is no input of this call, and so ``t`` goes
        on being differentiable when the call is over.
        """
        node = current_node(t) if isinstance(t, TensorBase) else None
        stack_ = [] if node is None else [node]
        seen = set(stack_)
        while stack_:
            node = stack_.pop()
            if isinstance(node, Leaf) and node not in self._own:
                return True
            new = [e for e in node.edges if e is not None and e not in seen]
            seen.update(new)
            stack_ += new
        return False

    def released(self, tree: Any) -> Any:
        """호출이 끝난 뒤의 값: 밖으로 이어지지 않는 그래프는 뗀다.

        The values when the call is over: without a graph where that leads nowhere else, or where
        nothing is to be recorded outside.
        """

        def release(t: Any) -> Any:
            inner = isinstance(t, TensorBase) and t._node is not None
            if inner and not (is_grad_enabled() and self.leads_out(t)):
                return t.detach()
            return t

        return tree_map(release, tree)

    @cached_property
    def _deep(self) -> bool:
        return any(map(self.leads_out, self.outs))

    def deep(self, *more: Any) -> bool:
        """기울기도 밖에서 미분되는가.

        Whether gradients are to be differentiable outside, for what ``f`` closes over or ``more``.
        """
        return is_grad_enabled() and (self._deep or any(map(self.leads_out, more)))

    def pull(self, cotangents: Sequence[Any]) -> Pulled:
        """출력의 기울기에서 입력의 기울기로.

        The gradients of the inputs from those of the outputs, None for an input that was not used.
        """
        return pull(self.outs, self.ins, cotangents, self.deep(*cotangents))

    @cached_property
    def turned(self) -> tuple[list[Tensor], Pulled]:
        """변수 v와 v에서 당겨 온 입력의 기울기: v의 선형 함수이다.

        Variables v of the shapes of the outputs, and the gradients of the inputs pulled from them,
        which are linear in v: their derivatives by v are forward derivatives.
        """
        with recorded():
            vs = [zeros_like(o) for o in self.outs]
            for v in vs:
                if v.dtype.kind == "f":
                    require_grad(v)
            return vs, pull(self.outs, self.ins, vs, True)

    def push(self, tangents: Sequence[Any]) -> Pulled:
        """입력의 접선에서 출력의 접선으로, 역방향 미분을 두 번 하여.

        The tangents of the outputs from those of the inputs, by the double VJP; None for an output
        that does not depend on them.
        """
        vs, gs = self.turned
        return pull(gs, vs, tangents, self.deep(*tangents))

    def jacobian(self, forward: bool = False) -> list[list[Tensor]]:
        """출력마다, 입력마다의 야코비 행렬. forward이면 열마다, 아니면 행마다 구한다.

        The Jacobian of each output by each input, in one walk a row or (``forward``) a column.
        """
        if not forward:
            return jacobian(self.outs, self.ins, self.deep())
        vs, gs = self.turned
        full = [zeros_like(x) if g is None else g for g, x in zip(gs, self.ins, strict=True)]
        columns = jacobian(full, vs, self.deep())
        return [
            [_swapped(columns[i][o], x.ndim) for i, x in enumerate(self.ins)]
            for o in range(len(vs))
        ]


def _swapped(t: Tensor, ndim: int) -> Tensor:
    """The first ``ndim`` dimensions at the end."""
    return t.permute(*range(ndim, t.ndim), *range(ndim))


def pull(outs: Iterable[Any], ins: Sequence[Any], gs: Iterable[Any], create_graph: bool) -> Pulled:
    """입력마다의 기울기, 쓰이지 않은 입력은 None.

    The gradient of each input from those of the outputs (None: of none), None for one that was not
    used. The graph stays.
    """
    live = [(o, g) for o, g in zip(outs, gs, strict=True)
            if g is not None and o is not None and o.requires_grad]  # fmt: skip
    wanted = [t for t in ins if t.requires_grad]
    found: Any = [None] * len(wanted)
    if live and wanted:
        tops, seeds = zip(*live, strict=True)
        for o, g in live:
            if o.shape != g.shape:
                raise ShapeError(
                    f"기울기의 형상 {g.shape}이(가) 값의 형상 {o.shape}과(와) 다릅니다.",
                    f"Mismatch in shape: a gradient has shape {g.shape}, its value {o.shape}.",
                )
        with recorded():
            found = grad(tops, wanted, seeds, True, create_graph, allow_unused=True)
    each = iter(found)
    return [next(each) if t.requires_grad else None for t in ins]


def jacobian(outs: Sequence[Any], ins: Sequence[Any], create_graph: bool) -> list[list[Tensor]]:
    """출력마다, 입력마다의 야코비 행렬, 한 번에 한 행씩.

    The Jacobian of each output by each input, shaped like both, one row a walk.
    """
    found = []
    for o in outs:
        rows = []
        for i in range(o.numel()):
            unit = np.zeros(o.shape, o.dtype)
            unit.reshape(-1)[i] = 1
            rows.append(filled(pull([o], ins, [wrap(unit)], create_graph), ins))
        found.append([_stacked([r[k] for r in rows], o, x) for k, x in enumerate(ins)])
    return found


def _stacked(rows: list[Any], o: Any, x: Any) -> Tensor:
    with recorded():
        whole = stack(rows) if rows else wrap(np.zeros((0, *x.shape), x.dtype))
        return reshape(whole, (*o.shape, *x.shape))


def filled(found: Pulled, like: Sequence[Any]) -> list[Tensor]:
    """없는 것은 0으로.

    With zeros for what is None.
    """
    return [zeros_like(x) if g is None else g for g, x in zip(found, like, strict=True)]
