"""가중치를 다른 매개변수의 함수로.

Weights that are functions of other parameters: a parametrization is a module that is called
whenever the weight is read.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.nn.container import ModuleDict, ModuleList
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.tensor import Tensor

__all__ = [
    "ParametrizationList", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "type_before_parametrizations",
]  # fmt: skip


class ParametrizationList(ModuleList):
    """매개변수 ``original``과, 그것을 차례로 지나게 하는 모듈들.

    The parameter ``original`` (``original0``, ``original1`` ... where the first module takes
    several), and the modules that it goes through.
    """

    def __init__(self, modules: Any, original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        with no_grad():
            made = self._inverse(original)
        self.is_tensor = isinstance(made, TensorBase)
        if self.is_tensor:
            if made is not original:
                original.data = made
            self._own("original", original, original)
        else:
            self.ntensors = len(made)
            for i, part in enumerate(made):
                self._own(f"original{i}", part, original)
        if not unsafe:
            with no_grad():
                found = self()
            if found.shape != original.shape or found.dtype != original.dtype:
                raise ShapeError(
                    f"매개변수화는 형상과 자료형을 지켜야 합니다: {tuple(original.shape)} "
                    f"{original.dtype} → {tuple(found.shape)} {found.dtype}. 아니면 unsafe=True.",
                    "Registering a parametrization may not change the shape or the dtype of the "
                    f"tensor: {tuple(original.shape)} {original.dtype} → {tuple(found.shape)} "
                    f"{found.dtype}; otherwise say unsafe=True.",
                )

    def _own(self, name: str, value: Any, original: Tensor) -> None:
        """Register a part as what the original was, a parameter or a buffer."""
        if not isinstance(original, Parameter):
            self.register_buffer(name, value)
        elif isinstance(value, Parameter):
            self.register_parameter(name, value)
        else:
            self.register_parameter(name, Parameter(value.detach(), original.requires_grad))

    def _inverse(self, value: Any) -> Any:
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                value = module.right_inverse(value)
        return value

    def _originals(self) -> list[Any]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """가중치가 value가 되도록 original을 바꾼다.

        Change the originals in place so that the weight becomes ``value``.
        """
        for module in self:
            if not hasattr(module, "right_inverse"):
                name = type(module).__name__
                raise ArgumentError(
                    f"{name}에 right_inverse가 없어서 값을 넣을 수 없습니다.",
                    f"parametrization {name} does not implement right_inverse.",
                )
        with no_grad():
            made = self._inverse(value)
            parts = [made] if self.is_tensor else made
            for part, new in zip(self._originals(), parts, strict=True):
                part.data = new.detach()

    def extra_repr(self) -> str:
        return ""

    def forward(self) -> Any:
        first, *rest = self
        x = first(*self._originals())
        for module in rest:
            x = module(x)
        return x


def _attribute(name: str) -> property:
    def read(module: Any) -> Any:
        return module.parametrizations[name]()

    def write(module: Any, value: Tensor) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(read, write)


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """가중치를 읽을 때마다 parametrization을 지나게 한다.

    Let a parameter or a buffer go through ``parametrization`` whenever it is read. It is kept as
    ``module.parametrizations.<tensor_name>.original``; a method ``right_inverse`` says what to keep
    for a value that is given, a tuple of tensors perhaps. A second parametrization follows the
    first. The class of the module becomes ``Parametrized...``.

    Raises:
        ShapeError: the shape or the dtype changes, and that is not called ``unsafe``.
        ArgumentError: there is no such tensor.

    >>> from tinygrad_kr import nn, ops
    >>> class Positive(nn.Module):
    ...     def forward(self, x):
    ...         return ops.exp(x)
    >>> layer = register_parametrization(nn.Linear(2, 1, bias=False), "weight", Positive())
    >>> list(layer.state_dict()), bool((layer.weight > 0).all())
    (['parametrizations.weight.original'], True)
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        made = module.parametrizations[tensor_name]
        with no_grad():
            before = made()
            after = before if unsafe else parametrization(before)
        if after.shape != before.shape or after.dtype != before.dtype:
            raise ShapeError(
                f"매개변수화는 형상을 지켜야 합니다: {tuple(before.shape)} → {tuple(after.shape)}.",
                "Registering a parametrization may not change the shape or the dtype of the "
                f"tensor: {tuple(before.shape)} → {tuple(after.shape)}.",
            )
        made.append(parametrization)
        return module
    own = module._parameters.get(tensor_name, module._buffers.get(tensor_name))
    if own is None:
        kind = type(module).__name__
        raise ArgumentError(
            f"{kind}에 {tensor_name!r}이라는 매개변수나 버퍼가 없습니다.",
            f"Module {kind!r} does not have a parameter or a buffer with name {tensor_name!r}.",
        )
    made = ParametrizationList([parametrization], own, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        plain = type(module)
        module.__class__ = type(f"Parametrized{plain.__name__}", (plain,), {})
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _attribute(tensor_name))
    module.parametrizations[tensor_name] = made
    return module


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """매개변수화를 걷어 낸다.

    Take the parametrizations of a tensor off; it stays as it is now, or with
    ``leave_parametrized=False`` it becomes the original again.
    """
    if not is_parametrized(module, tensor_name):
        kind = type(module).__name__
        raise ArgumentError(
            f"{kind}의 {tensor_name!r}은(는) 매개변수화되지 않았습니다.",
            f"Module {kind} does not have a parametrization on {tensor_name}.",
        )
    made = module.parametrizations[tensor_name]
    if not (made.is_tensor or leave_parametrized):
        raise ArgumentError(
            "원래의 텐서가 여럿이면 leave_parametrized=False로 되돌릴 수 없습니다.",
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors.",
        )
    original = made._originals()[0]
    if leave_parametrized:
        with no_grad():
            value = made().detach()
        if made.is_tensor:
            original.data = value
        else:
            original = Parameter(value) if isinstance(original, Parameter) else value
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    own = isinstance(original, Parameter)
    (module.register_parameter if own else module.register_buffer)(tensor_name, original)
    if not module.parametrizations:
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """매개변수화된 것이 있는가.

    Whether anything in the module, or the tensor of that name, is parametrized.
    """
    made = module._modules.get("parametrizations")
    if not isinstance(made, ModuleDict):
        return False
    return len(made) > 0 if tensor_name is None else tensor_name in made


def type_before_parametrizations(module: Module) -> type[Module]:
    """매개변수화되기 전의 클래스.

    The class of the module without its parametrizations.
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)
