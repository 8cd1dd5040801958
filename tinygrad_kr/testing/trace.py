"""어느 연산이 틀렸는가: 함수가 부른 연산을 차례로 따로 검사한다.

Which operation is to blame: the calls that a function makes are noted, to be checked one by one in
the order they were made.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tinygrad_kr.autograd.anomaly import users_line
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.function import Function
from tinygrad_kr.ops.pointwise import Binary, Unary
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing.call import Call, tensors_in


@dataclass(frozen=True)
class Step:
    """One recorded call of an operation, with its inputs as they were."""

    name: str
    op: Callable[..., Any]
    call: Call
    line: str


_NOTING = threading.RLock()  # the classes are everyone's: one at a time may watch them


def _copied(t: Tensor) -> Tensor:
    return wrap(t._array.copy(order="K")).requires_grad_(t.requires_grad)


@contextmanager
def watching(note: Callable[[str, Callable[..., Any], Call], Any]) -> Iterator[None]:
    """While the block runs, ``note(name, op, call)`` stands for every call of an operation that
    this thread makes, ``call.of(op)``."""
    own = threading.get_ident()

    def noted(name: str, op: Callable[..., Any], call: Call) -> Any:
        return note(name, op, call) if threading.get_ident() == own else call.of(op)

    def watched(plain: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(self: Primitive, *args: Any, **kwargs: Any) -> Any:
            return noted(self.name, lambda *a, **k: plain(self, *a, **k), Call(args, kwargs))

        return __call__

    def apply(cls: type[Function], *args: Any) -> Any:
        return noted(cls.__name__, lambda *a: plain_apply(cls, *a), Call(args, {}))

    kinds = (Primitive, Unary, Binary)
    with _NOTING:
        plain_calls = [kind.__call__ for kind in kinds]
        plain_apply = Function.__dict__["_applied"].__func__
        try:
            for kind, plain in zip(kinds, plain_calls, strict=True):
                kind.__call__ = watched(plain)  # type: ignore[method-assign]
            Function._applied = classmethod(apply)  # type: ignore[assignment]
            yield
        finally:
            for kind, plain in zip(kinds, plain_calls, strict=True):
                kind.__call__ = plain  # type: ignore[assignment, method-assign]
            Function._applied = classmethod(plain_apply)  # type: ignore[assignment, method-assign]


@contextmanager
def noting() -> Iterator[list[Step]]:
    """The calls of operations that record a node, made by this thread while the block runs."""
    steps: list[Step] = []

    def note(name: str, op: Callable[..., Any], call: Call) -> Any:
        before = call.map(_copied)
        result = call.of(op)
        if any(t.requires_grad for t in tensors_in(result)):
            steps.append(Step(name, op, before, users_line(traceback.extract_stack())))
        return result

    with watching(note):
        yield steps


def steps_of(f: Callable[..., Any], call: Call) -> list[Step]:
    """The calls of operations that ``f`` makes, in order."""
    with noting() as steps:
        call.map(_copied).of(f)
    return steps
