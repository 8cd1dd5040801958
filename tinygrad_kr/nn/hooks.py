"""모듈의 훅: 순전파의 앞과 뒤, 역전파의 뒤.

The hooks of a module: before its forward, after it, and when its backward is done.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.function import Function
from tinygrad_kr.autograd.mode import is_grad_enabled
from tinygrad_kr.autograd.node import RemovableHandle
from tinygrad_kr.errors import ArgumentError

if TYPE_CHECKING:
    from tinygrad_kr.nn.module import Module

Hooks = OrderedDict[int, Any]
Values = tuple[Any, ...]


def add_hook(hooks: Hooks, hook: Callable[..., Any]) -> RemovableHandle:
    """훅을 끝에 단다. Put a hook at the end of ``hooks``."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def call_with_hooks(module: Module, args: Values, kwargs: dict[str, Any]) -> Any:
    """훅이 달린 모듈을 부른다. Call a module that has hooks."""
    for hook in tuple(module._forward_pre_hooks.values()):
        changed = hook(module, args)
        args = args if changed is None else _as_tuple(changed)
    watch = _Watch(module, args) if module._backward_hooks and is_grad_enabled() else None
    if watch is not None:
        args = _marked(args, watch.call)
    result = module.forward(*args, **kwargs)
    for hook in tuple(module._forward_hooks.values()):
        changed = hook(module, args, result)
        result = result if changed is None else changed
    if watch is None:
        return result
    marked = _marked(_as_tuple(result), watch.came_out)
    return marked if isinstance(result, tuple) else marked[0]


def _as_tuple(value: Any) -> Values:
    return value if isinstance(value, tuple) else (value,)


def _tracked(value: Any) -> bool:
    return isinstance(value, TensorBase) and bool(value.requires_grad)  # type: ignore[attr-defined]


class _Mark(Function):
    """The identity on tensors; on the way back it lets ``seen`` look at, and change, gradients."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[[Values], Values], *tensors: Any) -> Any:
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return None, *ctx.seen(grads)


def _marked(values: Values, seen: Callable[[Values], Values]) -> Values:
    """``values`` with those that need a gradient passed through one mark."""
    where = [i for i, v in enumerate(values) if _tracked(v)]
    if not where:
        return values

    def spread(grads: Values) -> Values:
        given = dict(zip(where, grads, strict=True))
        changed = seen(tuple(given.get(i) for i in range(len(values))))
        return tuple(changed[i] for i in where)

    passed = dict(zip(where, _Mark.apply(spread, *(values[i] for i in where)), strict=True))
    return tuple(passed.get(i, v) for i, v in enumerate(values))


class _Watch:
    """One call of a module with backward hooks, between the marks of its inputs and outputs."""

    def __init__(self, module: Module, args: Values) -> None:
        self.module = module
        self.grad_output: Values = ()
        # Where no input needs a gradient, the hooks are called when those of the outputs are there.
        self.without = None if any(map(_tracked, args)) else (None,) * len(args)

    def came_out(self, grads: Values) -> Values:
        self.grad_output = grads
        if self.without is not None:
            self.call(self.without)
        return grads

    def call(self, grad_input: Values) -> Values:
        grad_output, self.grad_output = self.grad_output, ()
        for hook in tuple(self.module._backward_hooks.values()):
            changed = hook(self.module, grad_input, grad_output)
            if changed is None:
                continue
            changed = _as_tuple(changed)
            if len(changed) != len(grad_input):
                raise ArgumentError(
                    f"역전파 훅이 돌려준 기울기는 {len(changed)}개, 입력은 {len(grad_input)}개"
                    "입니다.",
                    f"A backward hook returned {len(changed)} gradients for {len(grad_input)} "
                    "inputs.",
                )
            grad_input = changed
        return grad_input
