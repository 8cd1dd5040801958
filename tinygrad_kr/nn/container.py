"""모듈의 그릇: Sequential, ModuleList, ModuleDict.

Containers of modules.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from itertools import groupby
from typing import Any, TypeVar

from tinygrad_kr.errors import IndexingError, ModuleError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.nn.module import Module, layout
from tinygrad_kr.tensor import Tensor

L = TypeVar("L", bound="_Listed")


class _Listed(Module):
    """Modules in a row, named by their numbers or as they were given."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __contains__(self, module: object) -> bool:
        return any(m is module for m in self._modules.values())

    def _key(self, index: Any) -> str:
        """The name of the module at ``index``."""
        try:
            return list(self._modules)[operator.index(index)]
        except TypeError:
            raise wrong_kind("index", index, "정수나 슬라이스", "an integer or a slice") from None
        except IndexError:
            raise IndexingError(
                f"인덱스 {index}이(가) 벗어났습니다. 모듈은 {len(self)}개입니다.",
                f"index {index} is out of range; there are {len(self)} modules.",
            ) from None

    def _refill(self, rows: Iterable[tuple[str, Any]]) -> None:
        """Hold these instead, numbered anew unless they have names."""
        rows = list(rows)
        numbered = all(name.isdigit() for name, _ in rows)
        self._modules.clear()
        for i, (name, module) in enumerate(rows):
            self.add_module(str(i) if numbered else name, module)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            part = type(self)()
            part._refill(list(self._modules.items())[index])
            return part
        return self._modules[self._key(index)]

    def __setitem__(self, index: int, module: Module) -> None:
        (module,) = _checked([module])
        self._modules[self._key(index)] = module

    def __delitem__(self, index: Any) -> None:
        gone = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        self._refill((n, m) for n, m in self._modules.items() if n not in gone)

    def append(self: L, module: Module) -> L:
        """끝에 붙인다. Append a module; returns the container."""
        return self.extend([module])

    def extend(self: L, modules: Iterable[Module]) -> L:
        """끝에 여럿을 붙인다. Append several modules; returns the container."""
        for i, module in enumerate(_checked(modules), start=len(self)):
            self.add_module(str(i), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """index 앞에 끼운다. Insert a module before ``index``."""
        rows = list(self)
        rows.insert(index, *_checked([module]))
        self._refill(("0", m) for m in rows)
        return self

    def pop(self, index: int = -1) -> Any:
        """하나를 빼서 돌려준다. Take a module out and return it."""
        module = self[index]
        del self[index]
        return module

    def __iadd__(self: L, other: Iterable[Module]) -> L:
        return self.extend(other)

    def __add__(self: L, other: Iterable[Module]) -> L:
        return type(self)().extend([*self, *other])


def _checked(modules: Any) -> list[Module]:
    """A list of modules, each of which is one."""
    if not isinstance(modules, Iterable):
        raise wrong_kind("modules", modules, "모듈의 모음", "an iterable of modules")
    rows = list(modules)
    for module in rows:
        if not isinstance(module, Module):
            raise ModuleError(
                f"{type(module).__name__}은(는) 모듈이 아닙니다.",
                f"{type(module).__name__} is not a Module subclass.",
            )
    return rows


class Sequential(_Listed):
    """모듈을 차례로 지난다.

    Modules applied one after the other: ``Sequential(a, b)`` or ``Sequential(OrderedDict(...))``.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)

    def forward(self, input: Tensor) -> Tensor:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input


class ModuleList(_Listed):
    """모듈의 리스트.

    A list of modules whose parameters are registered.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __repr__(self) -> str:
        rows: list[tuple[str, Any]] = []
        for _, group in groupby(enumerate(self), key=lambda item: repr(item[1])):
            (first, module), *more = group
            label = f"({first}-{more[-1][0]}): {len(more) + 1} x " if more else f"({first}): "
            rows.append((label, module))
        return layout(self, rows)


class ModuleDict(Module, MutableMapping[str, Any]):
    """모듈의 dict.

    A dict of modules whose parameters are registered.
    """

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self._modules:
            raise ModuleError(
                f"ModuleDict에 {key!r}이(가) 없습니다: {list(self._modules)}.",
                f"ModuleDict has no {key!r}, but {list(self._modules)}.",
            )
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self._get("_modules", key)
        del self._modules[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def update(self, modules: Any) -> None:  # type: ignore[override]
        """여럿을 넣는다. Put several modules in, from a mapping or from pairs."""
        try:
            given = dict(modules)
        except (TypeError, ValueError):
            raise wrong_kind(
                "modules", modules, "(이름, 모듈) 짝", "pairs (name, module)"
            ) from None
        _checked(given.values())
        for name, module in given.items():
            self[name] = module
