"""모듈의 장부: 매개변수, 버퍼, 아래 모듈을 등록하고 찾는다.

The books of a module: which parameters, buffers and modules it owns, under which names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ModuleError
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_kr.nn.module import Module

_STORES: Final = ("_parameters", "_buffers", "_modules")


class Registry:
    """이름으로 등록된 매개변수, 버퍼, 모듈.

    Parameters, buffers and modules registered by name: assigned as attributes, found as attributes,
    walked through in the order they came.
    """

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    # What the last parent to take this module calls it, for the messages of errors.
    _name: str

    def __init__(self) -> None:
        self.__dict__.update(_parameters={}, _buffers={}, _modules={}, _name="")
        self.__dict__["_non_persistent_buffers_set"] = set()

    # Registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """매개변수를 등록한다.

        Register a parameter under ``name``; None keeps the name free of one.

        Raises:
            ModuleError: the name is no good or taken, or ``param`` is no Parameter.
        """
        self._check_name("_parameters", name)
        if param is not None and not isinstance(param, Parameter):
            raise ModuleError(
                f"매개변수 {name!r}에는 Parameter나 None만 넣을 수 있습니다: "
                f"{type(param).__name__}.",
                f"cannot assign '{type(param).__name__}' object to parameter {name!r} "
                "(nn.Parameter or None required).",
            )
        if param is not None and not param.is_leaf:
            raise ModuleError(
                f"매개변수 {name!r}에 계산의 결과를 넣을 수 없습니다. 잎이어야 합니다.",
                f"Cannot assign non-leaf Tensor to parameter {name!r}.",
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """버퍼(학습하지 않는 상태)를 등록한다.

        Register a buffer, state that is not learnt; the state dict leaves out one that is not
        ``persistent``.

        Raises:
            ModuleError: the name is no good or taken, or ``tensor`` is no Tensor.
        """
        self._check_name("_buffers", name)
        _check_buffer(name, tensor)
        self._buffers[name] = tensor
        self._non_persistent_buffers_set.discard(name)
        if not persistent:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """아래 모듈을 등록한다.

        Register a child module under ``name``.

        Raises:
            ModuleError: the name is no good or taken, or ``module`` is no Module.
        """
        if module is not None and not isinstance(module, Registry):
            raise ModuleError(
                f"{type(module).__name__}은(는) Module이 아닙니다.",
                f"{type(module).__name__} is not a Module subclass.",
            )
        self._check_name("_modules", name)
        self._modules[name] = module
        if module is not None:
            module.__dict__["_name"] = name

    register_module = add_module

    def _check_name(self, store: str, name: str) -> None:
        if store not in self.__dict__:
            raise _too_early("Module")
        if not isinstance(name, str) or not name or "." in name:
            raise ModuleError(
                f"이름은 점이 없는, 비어 있지 않은 문자열이어야 합니다: {name!r}.",
                f"A name is a string, not empty and without a dot, not {name!r}.",
            )
        if hasattr(self, name) and name not in self.__dict__[store]:
            raise ModuleError(
                f"{name!r}이라는 속성이 이미 있습니다.", f"attribute {name!r} already exists."
            )

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        for store, kind, what in _KINDS:
            if isinstance(value, kind):
                if store not in own:
                    raise _too_early(what)
                self._release(name, but=store)
                if kind is Parameter:
                    self.register_parameter(name, value)
                else:
                    self.add_module(name, value)
                return
            if name in own.get(store, ()):
                if value is not None:
                    raise ModuleError(
                        f"{name!r} 자리에는 {what}이나 None만 넣을 수 있습니다: "
                        f"{type(value).__name__}.",
                        f"cannot assign '{type(value).__name__}' as {name!r} "
                        f"({what} or None expected).",
                    )
                own[store][name] = None
                return
        if name in own.get("_buffers", ()):
            _check_buffer(name, value)
            own["_buffers"][name] = value
        else:
            super().__setattr__(name, value)

    def _release(self, name: str, but: str = "") -> None:
        """Forget what ``name`` means now, except in the store ``but``."""
        own = self.__dict__
        own.pop(name, None)
        for store in _STORES:
            if store != but:
                own[store].pop(name, None)
        if but != "_buffers":
            own["_non_persistent_buffers_set"].discard(name)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for store in _STORES:
            if store in own and name in own[store]:
                return own[store][name]
        kind = type(self).__name__
        hint = ("", "")
        if name in (*_STORES, "_forward_hooks", "training"):
            hint = (" super().__init__()을 불렀나요?", " Did you call super().__init__()?")
        raise ModuleError(
            f"{kind}에 {name!r}이라는 속성이 없습니다.{hint[0]}",
            f"{kind!r} object has no attribute {name!r}.{hint[1]}",
        )

    def __delattr__(self, name: str) -> None:
        if any(name in self.__dict__.get(store, ()) for store in _STORES):
            self._release(name)
        else:
            super().__delattr__(name)

    def __dir__(self) -> Iterable[str]:
        own = (n for store in _STORES for n in self.__dict__.get(store, ()))
        return sorted({*super().__dir__(), *own})

    # Traversal

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """자신과 아래의 모든 모듈을 이름과 함께.

        This module and all below it, each with its dotted name; a shared one once only, unless
        ``remove_duplicate`` is False.
        """
        memo = set() if memo is None else memo
        own: Any = self
        if own in memo:
            return
        if remove_duplicate:
            memo.add(own)
        yield prefix, own
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, below, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """자신과 아래의 모든 모듈. This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """바로 아래의 모듈을 이름과 함께. The modules right below, with their names."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """바로 아래의 모듈. The modules right below this one."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """매개변수를 이름과 함께.

        The parameters with their dotted names, of this module alone unless ``recurse``.
        """
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """매개변수: 옵티마이저에 줄 것. The parameters, as an optimiser wants them."""
        return (param for _, param in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """버퍼를 이름과 함께. The buffers with their dotted names."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """버퍼. The buffers."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _members(
        self, store: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        found = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        seen: set[int] = set()
        for path, module in found:
            for name, tensor in module.__dict__[store].items():
                if tensor is None or id(tensor) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(tensor))
                yield (f"{path}.{name}" if path else name), tensor

    def get_submodule(self, target: str) -> Module:
        """점으로 이은 이름의 모듈.

        The module of a dotted name; this one for ``""``.

        Raises:
            ModuleError: there is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            found = module._modules.get(name)
            if found is None:
                kind = type(module).__name__
                raise ModuleError(
                    f"{kind}에 {name!r}이라는 모듈이 없습니다({target!r}).",
                    f"{kind} has no module {name!r} (of {target!r}).",
                )
            module = found
        return module  # type: ignore[no-any-return]

    def get_parameter(self, target: str) -> Parameter:
        """점으로 이은 이름의 매개변수.

        The parameter of a dotted name.

        Raises:
            ModuleError: there is none.
        """
        found: Parameter = self._get("_parameters", target)
        return found

    def get_buffer(self, target: str) -> Tensor:
        """점으로 이은 이름의 버퍼.

        The buffer of a dotted name.

        Raises:
            ModuleError: there is none.
        """
        found: Tensor = self._get("_buffers", target)
        return found

    def _get(self, store: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module.__dict__[store].get(name)
        if found is None:
            kind = type(module).__name__
            raise ModuleError(
                f"{kind}의 {store[1:]}에 {name!r}이(가) 없습니다.",
                f"{kind} has no {name!r} among its {store[1:]}.",
            )
        return found


def _too_early(what: str) -> ModuleError:
    return ModuleError(
        f"Module.__init__()이 불리기 전에는 {what}을(를) 넣을 수 없습니다. "
        "super().__init__()을 먼저 부르세요.",
        f"cannot assign {what.lower()} before Module.__init__() call; call super().__init__() "
        "first.",
    )


def _check_buffer(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, TensorBase):
        raise ModuleError(
            f"버퍼 {name!r}에는 텐서나 None만 넣을 수 있습니다: {type(value).__name__}.",
            f"cannot assign '{type(value).__name__}' object to buffer {name!r} "
            "(Tensor or None required).",
        )


_KINDS: Final[tuple[tuple[str, type[Any], str], ...]] = (
    ("_parameters", Parameter, "Parameter"),
    ("_modules", Registry, "Module"),
)
