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
Gradients = tuple[Any, ...]


def add_hook(hooks: Hooks, hook: Any, prepend: bool) -> RemovableHandle:
    """훅을 끝에(prepend라면 앞에) 단다.

    Put a hook at the end of ``hooks``, or at their front.
    """
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """훅이 달린 모듈을 부른다.

    Call a module that has hooks.
    """
    for pre_hook, with_kwargs in tuple(module._forward_pre_hooks.values()):
        if with_kwargs:
            changed = pre_hook(module, args, kwargs)
            if changed is not None:
                args, kwargs = _pair(changed)
        else:
            changed = pre_hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    watch = _Watch(module) if module._backward_hooks and is_grad_enabled() else None
    if watch is not None:
        args = watch.enter(args)
    result = module.forward(*args, **kwargs)
    for hook, with_kwargs in tuple(module._forward_hooks.values()):
        changed = (
            hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
        )
        if changed is not None:
            result = changed
    return result if watch is None else watch.leave(result)


def _pair(changed: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    match changed:
        case (tuple() as args, dict() as kwargs):
            return args, kwargs
    raise ArgumentError(
        "with_kwargs=True인 순전파 전 훅은 None이나 (args, kwargs)를 돌려주어야 합니다.",
        "A forward pre-hook with kwargs returns None or a tuple (args, kwargs).",
    )


class _Mark(Function):
    """The identity on tensors; on the way back it lets ``seen`` look at, and change, gradients."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[[Gradients], Gradients], *tensors: Any) -> Any:
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return None, *ctx.seen(grads)


class _Watch:
    """One call of a module with backward hooks: marks around its inputs and its outputs."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.input_count = 0
        self.waiting = False
        self.grad_output: Gradients = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.input_count = len(args)
        self.waiting = any(isinstance(a, TensorBase) and _needs_grad(a) for a in args)
        return _marked(args, self._came_in)

    def leave(self, result: Any) -> Any:
        if isinstance(result, TensorBase):
            return _marked((result,), self._came_out)[0]
        if isinstance(result, tuple):
            return _marked(result, self._came_out)
        return result

    def _came_out(self, grads: Gradients) -> Gradients:
        self.grad_output = grads
        if not self.waiting:
            self._call((None,) * self.input_count)
        return grads

    def _came_in(self, grads: Gradients) -> Gradients:
        return self._call(grads)

    def _call(self, grad_input: Gradients) -> Gradients:
        grad_output, self.grad_output = self.grad_output, ()
        for hook in tuple(self.module._backward_hooks.values()):
            changed = hook(self.module, grad_input, grad_output)
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != len(grad_input):
                raise ArgumentError(
                    f"역전파 훅이 기울기 {len(changed)}개를 돌려주었습니다. 입력은 "
                    f"{len(grad_input)}개입니다.",
                    f"A backward hook returned {len(changed)} gradients for "
                    f"{len(grad_input)} inputs.",
                )
            grad_input = changed
        return grad_input


def _needs_grad(tensor: Any) -> bool:
    return bool(tensor.requires_grad)


def _marked(values: tuple[Any, ...], seen: Callable[[Gradients], Gradients]) -> tuple[Any, ...]:
    """``values`` with their tensors passed through one mark."""
    where = [i for i, v in enumerate(values) if isinstance(v, TensorBase) and _needs_grad(v)]
    if not where:
        return values

    count = len(values)

    def spread(grads: Gradients) -> Gradients:
        full: list[Any] = [None] * count
        for i, g in zip(where, grads, strict=True):
            full[i] = g
        seen_grads = seen(tuple(full))
        return tuple(seen_grads[i] for i in where)

    passed = list(values)
    for i, t in zip(where, _Mark.apply(spread, *(values[i] for i in where)), strict=True):
        passed[i] = t
    return tuple(passed)
