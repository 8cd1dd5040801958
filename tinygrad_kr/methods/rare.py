"""드물게 쓰는 메서드를 처음 불릴 때 찾는다.

Finding the rarer methods of a tensor, whose mixins lie in ``methods.more``, when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.leaves import missing


def _rarer() -> type[Any]:
    found: type[Any] = import_module("tinygrad_kr.methods.more").MoreMethods
    return found


class RareMethods(TensorBase):
    """드물게 쓰는 메서드를 찾아 준다. Finds the rarer methods of a tensor."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(type(self), name).__get__(self, type(self))

    def __dir__(self) -> list[str]:
        return dir(type(self))


class TensorType(type):
    """텐서 클래스의 클래스: 드물게 쓰는 메서드는 클래스에서도 찾을 수 있다.

    The class of the tensor's class, for ``Tensor.hypot``.
    """

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or not hasattr(_rarer(), name):
            raise missing(cls.__name__, name)
        return getattr(_rarer(), name)

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__(), *dir(_rarer())})
