"""매개변수의 그릇(ParameterList, ParameterDict)과 DataParallel.

Containers of parameters; and one of a module, for scripts that spread it over devices.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, TypeVar

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import IndexingError, ModuleError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter

__all__ = ["DataParallel", "ParameterDict", "ParameterList"]

L = TypeVar("L", bound="ParameterList")


class _Held(Module):
    """Values under names, as attributes: tensors become parameters, other values stay."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []

    def _hold(self, name: str, value: Any) -> None:
        if isinstance(value, TensorBase) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, name, value)
        if name not in self._names:
            self._names.append(name)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        rows = [f"    ({name}): {_shown(getattr(self, name))}" for name in self._names]
        return "\n".join([f"{type(self).__name__}(", *rows, ")"])


def _shown(value: Any) -> str:
    if not isinstance(value, TensorBase):
        return f"Object of type: {type(value).__name__}"
    sizes = "x".join(map(str, value._array.shape))
    return f"Parameter containing: [{value._array.dtype} of size {sizes}]"


class ParameterList(_Held):
    """매개변수의 리스트.

    A list of parameters that are registered, named by their numbers.

    >>> from tinygrad_kr import nn, ops
    >>> weights = nn.ParameterList([ops.zeros(2, 3), ops.zeros(3)])
    >>> [name for name, _ in weights.named_parameters()]
    ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(() if values is None else values)

    def _key(self, index: Any) -> str:
        try:
            return self._names[operator.index(index)]
        except TypeError:
            raise wrong_kind("index", index, "정수나 슬라이스", "an integer or a slice") from None
        except IndexError:
            raise IndexingError(
                f"인덱스 {index}이(가) 벗어났습니다. 매개변수는 {len(self)}개입니다.",
                f"index {index} is out of range; there are {len(self)} parameters.",
            ) from None

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(getattr(self, name) for name in self._names[index])
        return getattr(self, self._key(index))

    def __setitem__(self, index: int, value: Any) -> None:
        self._hold(self._key(index), value)

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, name) for name in self._names)

    def append(self: L, value: Any) -> L:
        """끝에 붙인다. Append a parameter; returns the list."""
        self._hold(str(len(self)), value)
        return self

    def extend(self: L, values: Iterable[Any]) -> L:
        """끝에 여럿을 붙인다. Append several parameters; returns the list."""
        if not isinstance(values, Iterable) or isinstance(values, TensorBase):
            raise wrong_kind("values", values, "매개변수의 모음", "an iterable of parameters")
        for value in values:
            self.append(value)
        return self

    __iadd__ = extend


class ParameterDict(_Held, MutableMapping[str, Any]):
    """매개변수의 dict.

    A dict of parameters that are registered.
    """

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update({} if parameters is None else parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._names:
            raise ModuleError(
                f"ParameterDict에 {key!r}이(가) 없습니다: {self._names}.",
                f"ParameterDict has no {key!r}, but {self._names}.",
            )
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._hold(key, value)

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)
        self._names.remove(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


class DataParallel(Module):
    """장치가 하나뿐이므로 모듈을 그대로 부른다.

    A module called as it is, for there is one device; its names begin with ``module.``, as those of
    a ``state_dict`` that was saved from many devices do.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
