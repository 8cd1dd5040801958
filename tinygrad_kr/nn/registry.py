"""모듈의 장부: 매개변수, 버퍼, 아래 모듈을 등록하고 찾는다.

The books of a module: which parameters, buffers and modules it owns, under which names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import SUPPORTED, Array
from tinygrad_kr.errors import ModuleError, StateDictError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_kr.nn.module import Module


class Registry:
    """이름으로 등록된 매개변수, 버퍼, 모듈.

    Parameters, buffers and modules, set and found as attributes.
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
        """매개변수를 등록한다. Register a parameter; None keeps its name."""
        self._put("_parameters", name, param, True)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """버퍼를 등록한다. Register a buffer: state that is not learnt; saved if ``persistent``."""
        self._put("_buffers", name, tensor, True)
        (set.discard if persistent else set.add)(self._non_persistent_buffers_set, name)

    def add_module(self, name: str, module: Module | None) -> None:
        """아래 모듈을 등록한다. Register a child module."""
        self._put("_modules", name, module, True)

    def _put(self, store: str, name: str, value: Any, new: bool = False) -> None:
        """Enter ``value`` into a store, if it is of its kind, or None; check a ``new`` name."""
        if new and (not isinstance(name, str) or not name or "." in name):
            raise ModuleError(
                f"이름은 점이 없는 문자열이어야 합니다: {name!r}.",
                f"A name is a non-empty string without a dot, not {name!r}.",
            )
        if new and hasattr(self, name) and name not in self.__dict__.get(store, ()):
            raise ModuleError(
                f"{name!r}이라는 속성이 이미 있습니다.", f"attribute {name!r} already exists."
            )
        kind = _KINDS[store]
        if store not in self.__dict__:
            raise ModuleError(
                "super().__init__()을 먼저 부르세요.",
                f"cannot assign {store[1:-1]} before Module.__init__() call; call "
                "super().__init__() first.",
            )
        if value is not None and not isinstance(value, kind):
            given, wanted = type(value).__name__, "Module" if kind is Registry else kind.__name__
            raise ModuleError(
                f"{name!r} 자리에는 {wanted}이나 None만 넣을 수 있습니다: {given}.",
                f"cannot assign '{given}' object to {name!r} ({wanted} or None required).",
            )
        if kind is Parameter and value is not None and not value.is_leaf:
            raise ModuleError(
                f"매개변수 {name!r}은(는) 계산의 결과가 아니어야 합니다. detach()를 쓰세요.",
                f"Cannot assign non-leaf Tensor to parameter {name!r}; use detach().",
            )
        self.__dict__[store][name] = value
        if isinstance(value, Registry):
            value.__dict__["_name"] = name

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        for store in ("_parameters", "_modules"):
            if isinstance(value, _KINDS[store]):
                if new := name not in own.get(store, ()):
                    self._release(name)
                return self._put(store, name, value, new)
        for store in _KINDS:
            if name in own.get(store, ()):
                return self._put(store, name, value)
        super().__setattr__(name, value)

    def _release(self, name: str) -> None:
        """Forget what ``name`` means now."""
        for book in (self.__dict__, *(self.__dict__.get(store, {}) for store in _KINDS)):
            book.pop(name, None)
        self.__dict__.get("_non_persistent_buffers_set", set()).discard(name)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        try:  # written out, as each read of a weight comes by here
            if (
                name in (book := own["_parameters"])
                or name in (book := own["_buffers"])
                or name in (book := own["_modules"])
            ):
                return book[name]
            hint = ""
        except KeyError:
            hint = " super().__init__()?"
        kind = type(self).__name__
        raise ModuleError(
            f"{kind}에 {name!r}이라는 속성이 없습니다.{hint}",
            f"{kind!r} object has no attribute {name!r}.{hint}",
        )

    def __delattr__(self, name: str) -> None:
        if any(name in self.__dict__.get(store, ()) for store in _KINDS):
            self._release(name)
        else:
            super().__delattr__(name)

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._parameters, *self._buffers, *self._modules]

    # Traversal

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """자신과 아래의 모든 모듈. This module and all below, with dotted names."""
        memo = set() if memo is None else memo
        own: Any = self
        if own in memo:
            return
        if remove_duplicate:
            memo.add(own)
        yield prefix, own
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, joined(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """바로 아래의 모듈. The modules right below, with their names, each once."""
        first: dict[Module, str] = {}
        for name, module in self._modules.items():
            if module is not None:
                first.setdefault(module, name)
        return ((name, module) for module, name in first.items())

    def children(self) -> Iterator[Module]:
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """이름과 매개변수. The parameters by name, of this module alone unless ``recurse``."""
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """매개변수. The parameters, as an optimiser wants them."""
        return (param for _, param in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _members(
        self, store: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        found = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        seen: set[int] = set()
        for path, module in found:
            for name, tensor in module.__dict__[store].items():
                if tensor is None or id(tensor) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(tensor))
                yield joined(path, name), tensor

    def get_submodule(self, target: str) -> Module:
        """점으로 이은 이름의 모듈. The module of a dotted name; this one for ``""``."""
        module: Any = self
        for name in target.split(".") if target else ():
            module = module._get("_modules", name)
        return module  # type: ignore[no-any-return]

    def get_parameter(self, target: str) -> Parameter:
        return self._get("_parameters", target)  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        return self._get("_buffers", target)  # type: ignore[no-any-return]

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


def joined(path: str, name: str) -> str:
    """점으로 이은 이름. A dotted name."""
    return f"{path}.{name}" if path else name


_KINDS: Final[dict[str, type[Any]]] = {
    "_parameters": Parameter,
    "_buffers": TensorBase,
    "_modules": Registry,
}


class IncompatibleKeys(NamedTuple):
    """짝이 없는 이름들. The names that ``load_state_dict`` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def own_state(module: Module) -> Iterator[tuple[str, Any]]:
    """모듈이 저장하는 것. What a module saves, without its children's."""
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None and name not in module._non_persistent_buffers_set:
            yield name, tensor


def load(module: Module, state: Any, strict: bool) -> IncompatibleKeys:
    """모두 확인한 다음에 넣는다. Put a state into a module; a refusal changes nothing."""
    if not isinstance(state, Mapping):
        raise wrong_kind("state_dict", state, "이름과 텐서의 사전", "dict-like, names to tensors")
    places = {
        joined(prefix, name): target
        for prefix, owner in module.named_modules(remove_duplicate=False)
        for name, target in own_state(owner)
    }
    missing = [key for key in places if key not in state]
    unexpected = [str(key) for key in state if key not in places]
    problems: list[tuple[str, str]] = []
    if strict:
        problems += [(f"없는 이름: {key}", f"missing key: {key}") for key in missing]
        problems += [(f"남는 이름: {key}", f"unexpected key: {key}") for key in unexpected]
    found = {key: target for key, target in places.items() if key in state}
    for key, target in found.items():
        problems += _misfits(key, state[key], target._array)
    if problems:
        kind = type(module).__name__
        korean, english = map("; ".join, zip(*problems, strict=True))
        raise StateDictError(
            f"{kind}에 state_dict를 넣을 수 없습니다. {korean}.",
            f"Error(s) in loading state_dict for {kind}: {english}.",
        )
    for key, target in found.items():
        with np.errstate(all="ignore"):
            np.copyto(target._array, as_array(state[key]), casting="unsafe")
        target._version[0] += 1
    return IncompatibleKeys(missing, unexpected)


def _misfits(key: str, value: Any, target: Array) -> Iterator[tuple[str, str]]:
    """What is wrong with a value for its place, in two languages."""
    if not isinstance(value, TensorBase | np.ndarray):
        kind = type(value).__name__
        yield f"{key}은(는) 텐서가 아니라 {kind}", f"{key} is no tensor but {kind}"
        return
    array = as_array(value)
    if array.dtype not in SUPPORTED:
        yield f"{key}의 자료형 {array.dtype}", f"{key} has the dtype {array.dtype}"
    if array.shape != target.shape:
        yield (
            f"{key}의 형상은 {array.shape}인데 모듈의 것은 {target.shape}",
            f"size mismatch for {key}: {array.shape} given, {target.shape} in the module",
        )
    if not target.flags.writeable:
        yield f"{key}은(는) 읽기 전용", f"{key} is on a read-only array"
