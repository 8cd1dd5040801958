"""Module: 매개변수와 버퍼와 아래 모듈을 가진 계층.

The module: a layer or a network that owns parameters, buffers and other modules.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tinygrad_kr.autograd.base import TensorBase, wrap
from tinygrad_kr.autograd.engine import clear_grad
from tinygrad_kr.autograd.function import Function
from tinygrad_kr.autograd.mode import is_grad_enabled
from tinygrad_kr.autograd.node import Leaf, RemovableHandle
from tinygrad_kr.device import check_device, device
from tinygrad_kr.dtypes import DType, as_dtype, float16, float32, float64
from tinygrad_kr.errors import ArgumentError, DTypeError, TinygradKrError
from tinygrad_kr.hyperparameters import flag
from tinygrad_kr.nn.registry import IncompatibleKeys, Registry, load, own_state

M = TypeVar("M", bound="Module")
Hooks = OrderedDict[int, Any]
Values = tuple[Any, ...]


class Module(Registry):
    """모든 계층과 신경망의 바탕.

    The base of layers and networks. A subclass calls ``super().__init__()``, assigns parameters and
    modules as attributes, and defines ``forward``.

    >>> from tinygrad_kr import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = nn.Linear(784, 10)
    ...
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> Net()
    Net(
      (fc): Linear(in_features=784, out_features=10, bias=True)
    )
    """

    training: bool
    _forward_hooks: Hooks
    _forward_pre_hooks: Hooks
    _backward_hooks: Hooks

    def __init__(self) -> None:
        super().__init__()
        self.__dict__.update(training=True, _forward_hooks=OrderedDict())
        self.__dict__.update(_forward_pre_hooks=OrderedDict(), _backward_hooks=OrderedDict())

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """순전파. What every subclass defines."""
        raise NotImplementedError(
            f"{type(self).__name__}에 forward를 정의하세요.\n"
            f'Module [{type(self).__name__}] is missing the required "forward" function.'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._forward_hooks or self._forward_pre_hooks or self._backward_hooks:
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def _blame(self, error: TinygradKrError) -> TinygradKrError:
        """``error`` again, saying that it is about this layer."""
        which = f"'{self._name}' {self!r}" if self._name else repr(self)
        return type(error)(f"계층 {which}: {error.korean}", f"Layer {which}: {error.english}")

    # Modes and conversion

    def train(self: M, mode: bool = True) -> M:
        """훈련 모드로. Put this module and all below it into training mode, or out of it."""
        self.training = flag("mode", mode)
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """추론 모드로. The same as ``train(False)``."""
        return self.train(False)

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """모든 모듈에 fn을 부른다. Call ``fn`` on all below, then on this."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """기울기를 모을지 정한다. Say whether the parameters collect gradients."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """기울기를 지운다. Clear the gradients: None, or zeros if asked."""
        for param in self.parameters():
            clear_grad(param, set_to_none)

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """자료형을 바꾼다. ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(tensor)``."""
        dtype = kwargs.get("dtype")
        check_device(kwargs.get("device"))
        for arg in args:
            if isinstance(arg, str | device):
                check_device(arg)
            elif arg is not None and not isinstance(arg, bool):
                dtype = arg._array.dtype if isinstance(arg, TensorBase) else arg
        return self if dtype is None else self.type(dtype)

    def type(self: M, dst_type: Any) -> M:
        """자료형을 바꾼다. Convert the floating parameters and buffers, the same objects still."""
        dtype = as_dtype(dst_type)
        if dtype.kind != "f":
            raise DTypeError(
                f"모듈의 자료형은 소수형이어야 합니다: {dtype}.",
                f"a module only takes floating dtypes, not {dtype}.",
            )
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.dtype.kind == "f" and tensor.dtype != dtype:
                _convert(tensor, dtype)
        return self

    def float(self: M) -> M:
        return self.type(float32)

    def double(self: M) -> M:
        return self.type(float64)

    def half(self: M) -> M:
        return self.type(float16)

    def cpu(self: M) -> M:
        return self

    def cuda(self: M, device: Any = None) -> M:
        check_device("cuda")
        return self

    # State

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """매개변수와 저장되는 버퍼.

        The parameters and persistent buffers by dotted names, detached (unless ``keep_vars``) but
        sharing memory.
        """
        out: OrderedDict[str, Any] = OrderedDict() if destination is None else destination
        for name, tensor in own_state(self):
            out[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=out, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return out

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> IncompatibleKeys:
        """state_dict의 값을 넣는다. 맞지 않으면 아무것도 바꾸지 않는다.

        Take the values of a state dict, in place, or nothing of it. Returns the missing and the
        unexpected names, which ``strict`` refuses.
        """
        return load(self, state_dict, strict)

    # Hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """순전파 앞에 부른다. Call ``hook(module, args)``, which may return other arguments."""
        return add_hook(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """순전파 뒤에 부른다. Call ``hook(module, args, output)``, which may return another."""
        return add_hook(self._forward_hooks, hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """역전파 뒤에 부른다. Call ``hook(module, grad_input, grad_output)``, likewise."""
        return add_hook(self._backward_hooks, hook)

    # Display

    def extra_repr(self) -> str:
        """repr의 괄호 안. What the repr shows of this module itself."""
        own = self._parameters.items()
        return ", ".join(f"{name}={tuple(p.shape)}" for name, p in own if p is not None)

    def __repr__(self) -> str:
        return layout(self, [(f"({n}): ", m) for n, m in self._modules.items()])


def layout(module: Module, rows: list[tuple[str, Any]]) -> str:
    """모듈의 repr. The repr of a module whose children are labelled like ``rows``."""
    extra = module.extra_repr()
    lines = extra.split("\n") if extra else []
    if not rows and len(lines) <= 1:
        return f"{type(module).__name__}({extra})"
    lines += [label + repr(child).replace("\n", "\n  ") for label, child in rows]
    return "\n  ".join([f"{type(module).__name__}(", *lines]) + "\n)"


def _convert(tensor: Any, dtype: DType) -> None:
    """Another dtype for a tensor that stays the same object, its gradient along with it."""
    tensor._array, tensor._version = tensor._array.astype(dtype), [0]
    if isinstance(tensor._node, Leaf):
        tensor._node.dtype = dtype
    if tensor._grad is not None:
        tensor._grad = wrap(tensor._grad._array.astype(dtype))


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
    """The identity on tensors; on the way back ``seen`` may change the gradients."""

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
                    f"역전파 훅이 입력 {len(grad_input)}개에 기울기 {len(changed)}개를 주었습니다.",
                    f"A backward hook gave {len(changed)} gradients for {len(grad_input)} inputs.",
                )
            grad_input = changed
        return grad_input
