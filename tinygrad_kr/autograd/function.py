"""사용자가 만드는 연산: autograd.Function.

User-defined operations: a static ``forward`` and a static ``backward`` of one's own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, wrap
from tinygrad_kr.autograd.mode import mode, no_grad
from tinygrad_kr.autograd.node import Bundle, Node, Pick
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.errors import ArgumentError, GradientError, ShapeError

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

# A saved tensor as array, edge and version, without the Tensor, and of an output its number in
# place of the edge: an output that its own node keeps alive would never die by reference count.
_Saved = tuple[Any, Node | int | None, list[int]]


class FunctionCtx:
    """forward에서 backward로 건너가는 것을 담는다.

    What ``forward`` leaves for ``backward``; attributes of one's own may be set on it.
    """

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._saved: Sequence[Any] = ()
        self._constant: tuple[Any, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """역전파에 필요한 텐서(입력, 출력, 중간값)를 간직한다. 버전이 확인된다.

        Keep tensors (inputs, outputs, inner values, None) for ``backward``; a change in place
        between the two is noticed.
        """
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """간직한 텐서들.

        The tensors kept by :meth:`save_for_backward`.
        """
        return tuple(self._saved)

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """전진 모드를 위한 것이라 아무 일도 하지 않는다.

        Nothing: it is for the forward mode, of which there is none.
        """

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """이 출력들에는 기울기가 흐르지 않는다.

        No gradient flows to these outputs.
        """
        self._constant = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """쓰이지 않은 출력의 기울기를 0(True) 또는 None(False)으로 받는다.

        Whether ``backward`` gets zeros (the default) or None for an output that was not used.
        """
        self._materialize = value


class FunctionCall:
    """사용자가 정의한 연산을 한 번 부른 것.

    One call of a user's Function, as the operation of a node.
    """

    __slots__ = ("cls", "ctx", "name", "outputs")

    def __init__(self, cls: type[Function], ctx: FunctionCtx) -> None:
        self.cls = cls
        self.ctx = ctx
        self.name = cls.__name__
        self.outputs: list[tuple[tuple[int, ...], Any]] = []

    def pull(
        self, node: Node, g: Any, edges: Sequence[Node | None], create_graph: bool
    ) -> Sequence[Any]:
        parts = g.parts if isinstance(g, Bundle) else (g,)
        gs = []
        for part, (shape, dtype) in zip(parts, self.outputs, strict=True):
            if part is None and self.ctx._materialize and dtype is not None:
                part = np.zeros(shape, dtype)
            gs.append(part if part is None or isinstance(part, TensorBase) else wrap(part))
        ctx = self.ctx
        ctx._saved = [None if s is None else self._unpack(s, node) for s in node.kept]
        try:
            result = self.cls.backward(ctx, *gs)
        finally:
            ctx._saved = ()
        results = list(result) if isinstance(result, tuple | list) else [result]
        while len(results) > len(edges) and results[-1] is None:
            results.pop()
        if len(results) != len(edges):
            raise GradientError(
                f"{self.name}.backward는 입력마다 하나씩 {len(edges)}개를 돌려주어야 하는데 "
                f"{len(results)}개를 돌려주었습니다.",
                f"{self.name}.backward returned {len(results)} gradients; expected "
                f"{len(edges)}, one for each argument of forward (None where there is none).",
            )
        return [
            None if e is None else self._checked(i, r, e, create_graph)
            for i, (e, r) in enumerate(zip(edges, results, strict=True))
        ]

    def edge_of(self, node: Node, i: int) -> Node:
        """The edge that output ``i`` of ``node`` hangs on."""
        if len(self.outputs) == 1:
            return node
        return Node(Pick(self.name, i, len(self.outputs)), (node,), (), (), *self.outputs[i])

    def _unpack(self, saved: _Saved, node: Node) -> Any:
        array, edge, version = saved
        return wrap(array, self.edge_of(node, edge) if isinstance(edge, int) else edge, version)

    def _checked(self, i: int, r: Any, edge: Node, create_graph: bool) -> Any:
        if r is None:
            return None
        if not isinstance(r, TensorBase):
            raise GradientError(
                f"{self.name}.backward의 {i}번째 값은 텐서나 None이어야 합니다: "
                f"{type(r).__name__}.",
                f"{self.name}.backward must return tensors or None; value {i} is "
                f"{type(r).__name__}.",
            )
        try:
            fits = edge.shape is None or (
                np.broadcast_shapes(r._array.shape, edge.shape) in (r._array.shape, edge.shape)
            )
        except ValueError:
            fits = False
        if not fits:
            raise ShapeError(
                f"{self.name}.backward의 {i}번째 기울기 형상 {r._array.shape}이(가) 입력의 형상 "
                f"{edge.shape}에 맞지 않습니다.",
                f"{self.name}.backward returned gradient {i} of shape {r._array.shape}, which does "
                f"not fit its input of shape {edge.shape}.",
            )
        # The array may be the user's own or one that he kept: never adopted as a leaf's gradient.
        return r if create_graph else r._array.view()


class Function:
    """사용자가 정의하는 미분 가능한 연산.

    A differentiable operation of one's own: subclass it, write the two static methods, call
    ``apply``.

    >>> import tinygrad_kr as tg
    >>> class Cube(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    _has_setup: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        cls._has_setup = cls.setup_context is not Function.setup_context

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """순전파. The forward pass: ``forward(ctx, *args)``."""
        raise NotImplementedError("forward를 정의하세요. Define forward.")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """ctx 없이 쓴 forward의 뒤에 불린다. Called after a ``forward`` written without ``ctx``."""

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """역전파. The backward pass: a gradient for each argument of ``forward``."""
        raise NotImplementedError("backward를 정의하세요. Define backward.")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """연산을 적용한다.

        Apply the operation; what it returns is recorded if an input needs a gradient.
        """
        return cls._applied(*args)

    @classmethod
    def _applied(cls, *args: Any) -> Any:
        """What :meth:`apply` does, for those who watch it: ``f = MyFunction.apply`` is bound."""
        edges = [current_node(a) if isinstance(a, TensorBase) else None for a in args]
        recorded = mode.recording and any(e is not None for e in edges)
        ctx = FunctionCtx()
        ctx.needs_input_grad = tuple(recorded and e is not None for e in edges)
        with no_grad():
            if cls._has_setup:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args)
        outputs = output if isinstance(output, tuple) else (output,)
        if not any(isinstance(o, TensorBase) for o in outputs):
            raise ArgumentError(
                f"{cls.__name__}.forward는 텐서나 텐서의 튜플을 돌려주어야 합니다.",
                f"{cls.__name__}.forward must return a tensor or a tuple with one.",
            )
        wrapped = cls._record(ctx, edges, outputs) if recorded else outputs
        return tuple(wrapped) if isinstance(output, tuple) else wrapped[0]

    @classmethod
    def _record(
        cls, ctx: FunctionCtx, edges: list[Node | None], outputs: tuple[Any, ...]
    ) -> list[Any]:
        call = FunctionCall(cls, ctx)
        kept = tuple(_pack(t, outputs) for t in ctx._to_save)
        checks = tuple((t._version, t._version[0]) for t in ctx._to_save if t is not None)
        constant, ctx._constant, ctx._to_save = ctx._constant, (), ()
        live = [
            isinstance(o, TensorBase)
            and o._array.dtype.kind == "f"
            and all(o is not c for c in constant)
            for o in outputs
        ]
        call.outputs = [
            (o._array.shape, o._array.dtype) if isinstance(o, TensorBase) else ((), None)
            for o in outputs
        ]
        shape, dtype = call.outputs[0] if len(outputs) == 1 else (Bundle.shape, Bundle.dtype)
        node = Node(call, edges, kept, checks, shape, dtype)  # type: ignore[arg-type]
        wrapped: list[Any] = []
        for i, (o, flows) in enumerate(zip(outputs, live, strict=True)):
            if not flows:
                wrapped.append(o)
                continue
            wrapped.append(wrap(o._array, call.edge_of(node, i), o._version))
        return wrapped


def _pack(t: Any, outputs: tuple[Any, ...]) -> _Saved | None:
    if t is None:
        return None
    if not isinstance(t, TensorBase):
        raise ArgumentError(
            f"save_for_backward에는 텐서만 줄 수 있습니다: {type(t).__name__}.",
            f"save_for_backward takes tensors only, not {type(t).__name__}.",
        )
    number = next((i for i, o in enumerate(outputs) if o is t), None)
    return t._array, current_node(t) if number is None else number, t._version


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """한 번만 미분할 수 있는 backward: 두 번째 미분은 오류가 된다.

    A decorator for a ``backward`` that cannot itself be differentiated: asking for it is an error.

    Raises:
        GradientError: when called with ``create_graph=True``.
    """

    @functools.wraps(backward)
    def wrapped(ctx: Any, *grads: Any) -> Any:
        if mode.recording:
            raise GradientError(
                "이 연산은 한 번만 미분할 수 있습니다(once_differentiable).",
                "This function can be differentiated once only (once_differentiable).",
            )
        return backward(ctx, *grads)

    return wrapped
