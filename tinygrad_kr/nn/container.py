"""모듈의 그릇: Sequential, ModuleList, ModuleDict.

Containers of modules.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from typing import Any, TypeVar

from tinygrad_kr.errors import ArgumentError, IndexingError, ModuleError
from tinygrad_kr.nn.module import Module, layout
from tinygrad_kr.tensor import Tensor

L = TypeVar("L", bound="_Listed")


class _Listed(Module):
    """Modules in a row, named by their numbers or by names that were given."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __contains__(self, module: object) -> bool:
        return any(m is module for m in self._modules.values())

    def _key(self, index: Any) -> str:
        """The name of the module at ``index``."""
        names = list(self._modules)
        try:
            return names[operator.index(index)]
        except TypeError:
            raise ArgumentError(
                f"{self._get_name()}의 인덱스는 정수나 슬라이스입니다: {index!r}.",
                f"An index of {self._get_name()} is an integer or a slice, not {index!r}.",
            ) from None
        except IndexError:
            raise IndexingError(
                f"인덱스 {index}이(가) 범위를 벗어났습니다. 모듈은 {len(self)}개입니다.",
                f"index {index} is out of range; there are {len(self)} modules.",
            ) from None

    def _renumber(self, modules: Iterable[Module | None]) -> None:
        rows = list(modules)
        for module in rows:
            _check_module(module)
        self._modules.clear()
        for i, module in enumerate(rows):
            self.add_module(str(i), module)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._part(list(self._modules.items())[index])
        return self._modules[self._key(index)]

    def _part(self: L, rows: list[tuple[str, Any]]) -> L:
        return type(self)([m for _, m in rows])  # type: ignore[call-arg]

    def __setitem__(self, index: int, module: Module) -> None:
        _check_module(module)
        setattr(self, self._key(index), module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        gone = set(names[index]) if isinstance(index, slice) else {self._key(index)}
        rest = [(n, m) for n, m in self._modules.items() if n not in gone]
        if all(n.isdigit() for n in names):
            self._renumber(m for _, m in rest)
        else:
            for name in gone:
                del self._modules[name]

    def append(self: L, module: Module) -> L:
        """끝에 붙인다. Append a module; returns the container."""
        _check_module(module)
        self.add_module(str(len(self)), module)
        return self

    def extend(self: L, modules: Iterable[Module]) -> L:
        """끝에 여럿을 붙인다. Append several modules; returns the container."""
        if not isinstance(modules, Iterable) or isinstance(modules, str):
            raise ArgumentError(
                f"extend에는 모듈의 모음을 주세요: {type(modules).__name__}.",
                f"extend takes an iterable of modules, not {type(modules).__name__}.",
            )
        rows = list(modules)
        for module in rows:
            _check_module(module)
        for module in rows:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """index 앞에 끼운다. Insert a module before ``index``."""
        rows = list(self)
        rows.insert(operator.index(index), module)
        self._renumber(rows)
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


def _check_module(module: Any) -> None:
    if not isinstance(module, Module):
        raise ModuleError(
            f"모듈을 담는 그릇에 {type(module).__name__}을(를) 넣을 수 없습니다.",
            f"{type(module).__name__} is not a Module subclass.",
        )


class Sequential(_Listed):
    """모듈을 차례로 지난다.

    Modules applied one after the other: ``Sequential(a, b)`` or ``Sequential(OrderedDict(...))``.

    >>> from tinygrad_kr import nn
    >>> model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for module in args:
                _check_module(module)
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def _part(self, rows: list[tuple[str, Any]]) -> Sequential:
        return type(self)(OrderedDict(rows))

    def forward(self, input: Tensor) -> Tensor:
        """Each module in turn."""
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def __mul__(self, times: int) -> Sequential:
        return type(self)(*(list(self) * _positive(times)))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend(list(self) * (_positive(times) - 1))


def _positive(times: Any) -> int:
    count = operator.index(times)
    if count < 1:
        raise ArgumentError(
            f"Sequential에는 1 이상의 수를 곱할 수 있습니다: {count}.",
            f"A Sequential is repeated at least once, not {count} times.",
        )
    return count


class ModuleList(_Listed):
    """모듈의 리스트: 안의 매개변수가 등록된다.

    A list of modules whose parameters are registered; it has no ``forward``.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __repr__(self) -> str:
        rows: list[tuple[str, Any]] = []
        for _, group in groupby(enumerate(self), key=lambda item: repr(item[1])):
            run = list(group)
            (first, module), last = run[0], run[-1][0]
            if first == last:
                rows.append((f"({first}): ", module))
            else:
                rows.append((f"({first}-{last}): {len(run)} x ", module))
        return layout(self, rows)


class ModuleDict(Module):
    """모듈의 dict: 안의 매개변수가 등록된다.

    A dict of modules whose parameters are registered, in the order they came.
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[self._known(key)]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[self._known(key)]

    def _known(self, key: str) -> str:
        if key not in self._modules:
            raise ModuleError(
                f"ModuleDict에 {key!r}이(가) 없습니다. 있는 것: {', '.join(self._modules)}.",
                f"There is no {key!r} in this ModuleDict, which has: {', '.join(self._modules)}.",
            )
        return key

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> KeysView[str]:
        """이름들. The names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """모듈들. The modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """이름과 모듈. The names with their modules."""
        return self._modules.items()

    def clear(self) -> None:
        """모두 뺀다. Take everything out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """하나를 빼서 돌려준다. Take a module out and return it."""
        return self._modules.pop(self._known(key))

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """여럿을 넣는다. Put several modules in, from a mapping or from pairs."""
        pairs = list(modules.items() if isinstance(modules, Mapping) else modules)
        for pair in pairs:
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise ArgumentError(
                    f"ModuleDict에는 (이름, 모듈) 짝을 주세요: {pair!r}.",
                    f"A ModuleDict is updated with pairs (name, module), not {pair!r}.",
                )
            _check_module(pair[1])
        for name, module in pairs:
            self[name] = module
