"""연산을 한 번 부르는 일: 인자와 키워드, 그 안의 텐서.

One call of an operation: its arguments, and the Tensors among them, inside lists and tuples too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.tensor import Tensor


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The Tensors of a value: itself, or those in its tuples, lists and dicts, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from tensors_in(part)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


def with_tensors(value: Any, make: Callable[[Tensor], Any]) -> Any:
    """The same value with ``make(t)`` for each Tensor ``t`` in it."""
    if isinstance(value, Tensor):
        return make(value)
    if isinstance(value, tuple | list):
        parts = [with_tensors(part, make) for part in value]
        if hasattr(value, "_fields"):
            return type(value)(*parts)
        return tuple(parts) if isinstance(value, tuple) else parts
    if isinstance(value, dict):
        return {key: with_tensors(part, make) for key, part in value.items()}
    return value


def unchanged(array: Array, before: Array) -> bool:
    """Whether an array still is what it was, nan for nan."""
    return np.array_equal(array, before, equal_nan=array.dtype.kind == "f")


@dataclass(frozen=True, repr=False)
class Call:
    """연산을 부를 인자와 키워드.

    The arguments and keywords of one call of an operation.

    >>> from tinygrad_kr.testing import call
    >>> call(2.0, 3).of(pow)
    8.0
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __repr__(self) -> str:
        keywords = [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"call({', '.join([*map(repr, self.args), *keywords])})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis shows of a failing call: not the bytes that it was drawn from."""
        printer.text(repr(self))

    def of(self, op: Callable[..., Any]) -> Any:
        """``op`` 를 이 인자로 부른다.

        What ``op`` gives for this call.
        """
        return op(*self.args, **self.kwargs)

    def tensors(self) -> list[Tensor]:
        """The Tensors among the arguments, in order."""
        return [*tensors_in(self.args), *tensors_in(self.kwargs)]

    def map(self, make: Callable[[Tensor], Any]) -> Call:
        """The call with ``make(t)`` in the place of each Tensor ``t``."""
        return Call(with_tensors(self.args, make), with_tensors(self.kwargs, make))

    def wanted(self) -> list[Tensor]:
        """The Tensors that a derivative is asked for: those that require grad."""
        return [t for t in self.tensors() if t.requires_grad]

    def at(self, arrays: list[Array], leaves: bool = False) -> Call:
        """The call with new arrays in the place of the :meth:`wanted` Tensors, which are constants
        there, or leaves that require grad."""
        rest = iter(arrays)

        def make(t: Tensor) -> Tensor:
            if not t.requires_grad:
                return wrap(t._array)
            moved = wrap(next(rest))
            return moved.requires_grad_() if leaves else moved

        return self.map(make)


def call(*args: Any, **kwargs: Any) -> Call:
    """연산을 부를 인자와 키워드를 적는다.

    Write down one call of an operation: ``call(x, dim=0)``.
    """
    return Call(args, kwargs)
