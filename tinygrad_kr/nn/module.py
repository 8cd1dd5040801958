"""Module: 매개변수와 버퍼와 아래 모듈을 가진 계층.

The module: a layer, or a whole network, that owns parameters, buffers and other modules.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tinygrad_kr.autograd.base import TensorBase, wrap
from tinygrad_kr.autograd.node import Leaf, RemovableHandle
from tinygrad_kr.device import check_device, device
from tinygrad_kr.dtypes import DType, as_dtype, float16, float32, float64
from tinygrad_kr.errors import DTypeError, TinygradKrError
from tinygrad_kr.hyperparameters import flag
from tinygrad_kr.nn import state_dict as states
from tinygrad_kr.nn.hooks import Hooks, add_hook, call_with_hooks
from tinygrad_kr.nn.registry import Registry

M = TypeVar("M", bound="Module")


class Module(Registry):
    """모든 계층과 신경망의 바탕.

    The base of layers and networks. A subclass calls ``super().__init__()``, assigns its parameters
    and modules as attributes, and defines ``forward``; calling the module calls that.

    >>> from tinygrad_kr import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc1 = nn.Linear(784, 50)
    ...         self.fc2 = nn.Linear(50, 10)
    ...
    ...     def forward(self, x):
    ...         return self.fc2(self.fc1(x).relu())
    >>> Net()
    Net(
      (fc1): Linear(in_features=784, out_features=50, bias=True)
      (fc2): Linear(in_features=50, out_features=10, bias=True)
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
        """순전파. The forward pass, which every subclass defines."""
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
        """아래의 모든 모듈에, 끝으로 자신에 fn을 부른다. Call ``fn`` on all below, then on this."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """매개변수가 기울기를 모을지 정한다. Say whether the parameters collect gradients."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """매개변수의 기울기를 지운다. Clear the gradients: None, or zeros if asked."""
        for param in self.parameters():
            if set_to_none or param.grad is None:
                param.grad = None
                continue
            param.grad = param.grad.detach()
            param.grad._array.fill(0)
            param.grad._version[0] += 1

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """자료형을 바꾼다(장치는 CPU뿐이다).

        Convert the floating parameters and buffers, which stay the same objects: ``to(dtype)``,
        ``to(device)``, ``to(device, dtype)``, ``to(tensor)``.
        """
        dtype = kwargs.get("dtype")
        check_device(kwargs.get("device"))
        for arg in args:
            if isinstance(arg, str | device):
                check_device(arg)
            elif arg is not None and not isinstance(arg, bool):
                dtype = arg._array.dtype if isinstance(arg, TensorBase) else arg
        return self if dtype is None else self.type(dtype)

    def type(self: M, dst_type: Any) -> M:
        """소수형 매개변수와 버퍼의 자료형을 바꾼다. Convert the floating parameters and buffers."""
        dtype = as_dtype(dst_type)
        if dtype.kind != "f":
            raise DTypeError(
                f"모듈은 소수형으로만 바꿀 수 있습니다: {dtype}.",
                f"nn.Module.to only accepts floating point dtypes, not {dtype}.",
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
        """매개변수와 저장되는 버퍼를 이름과 함께.

        The parameters and persistent buffers by their dotted names, detached (unless ``keep_vars``)
        but sharing memory.
        """
        out: OrderedDict[str, Any] = OrderedDict() if destination is None else destination
        for name, tensor in states.own_state(self):
            out[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=out, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return out

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> states.IncompatibleKeys:
        """state_dict의 값을 넣는다. 맞지 않으면 아무것도 바꾸지 않고 거절한다.

        Take the values of a state dict, in place. Returns the missing and the unexpected names,
        which ``strict`` refuses; nothing has changed then.
        """
        return states.load(self, state_dict, strict)

    # Hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """순전파 앞에 부른다. Call ``hook(module, args)``, which may return other arguments."""
        return add_hook(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """순전파 뒤에 부른다. Call ``hook(module, args, output)``, which may return another."""
        return add_hook(self._forward_hooks, hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """역전파 뒤에 부른다.

        Call ``hook(module, grad_input, grad_output)`` when the gradients of the positional inputs
        are there; it may return others.
        """
        return add_hook(self._backward_hooks, hook)

    # Display

    def extra_repr(self) -> str:
        """repr의 괄호 안. What the repr shows of this module itself: the shapes it owns."""
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
