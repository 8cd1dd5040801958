"""어느 연산의 VJP가 틀렸는가: 함수가 부른 연산을 차례로 따로 검사한다.

Which operation is to blame: the calls that a function makes are noted, and each is checked by
itself, in the order they were made.
"""

from __future__ import annotations

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


def _copied(t: Tensor) -> Tensor:
    return wrap(t._array.copy(order="K")).requires_grad_(t.requires_grad)


@contextmanager
def noting() -> Iterator[list[Step]]:
    """The calls of operations that record a node, while the block runs."""
    steps: list[Step] = []

    def note(name: str, op: Callable[..., Any], call: Call) -> Any:
        before = call.map(_copied)
        result = call.of(op)
        if any(t.requires_grad for t in tensors_in(result)):
            steps.append(Step(name, op, before, users_line(traceback.extract_stack())))
        return result

    def watched(plain: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(self: Primitive, *args: Any, **kwargs: Any) -> Any:
            return note(self.name, lambda *a, **k: plain(self, *a, **k), Call(args, kwargs))

        return __call__

    def apply(cls: type[Function], *args: Any) -> Any:
        return note(cls.__name__, lambda *a: plain_apply(cls, *a), Call(args, {}))

    plain_calls = [(kind, kind.__call__) for kind in (Primitive, Unary, Binary)]
    plain_apply = Function.__dict__["apply"].__func__
    try:
        for kind, plain in plain_calls:
            kind.__call__ = watched(plain)  # type: ignore[method-assign]
        Function.apply = classmethod(apply)  # type: ignore[assignment]
        yield steps
    finally:
        for kind, plain in plain_calls:
            kind.__call__ = plain  # type: ignore[method-assign]
        Function.apply = classmethod(plain_apply)  # type: ignore[assignment, method-assign]


def first_wrong(
    f: Callable[..., Any], call: Call, is_wrong: Callable[[Callable[..., Any], Call], bool]
) -> Step | None:
    """The first call of an operation in ``f`` that is wrong by itself."""
    with noting() as steps:
        call.at([t._array.copy(order="K") for t in call.wanted()], leaves=True).of(f)
    return next((s for s in steps if is_wrong(s.op, s.call)), None)
