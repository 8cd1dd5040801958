"""기울기 모드: no_grad, enable_grad, set_grad_enabled, inference_mode. 스레드마다 따로다.

Grad mode, one a thread: whether operations are recorded. Each is a context manager and a decorator.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class _Mode(threading.local):
    recording = True
    inference = False


mode = _Mode()


def is_grad_enabled() -> bool:
    """지금 연산이 기록되는가.

    Whether operations are recorded on this thread.
    """
    return mode.recording


def is_inference_mode_enabled() -> bool:
    """inference_mode 안인가.

    Whether this thread is inside :class:`inference_mode`.
    """
    return mode.inference


class _Switch:
    """A context manager and decorator that sets the thread's mode and puts it back.

    The modes to come back to are a stack, so that one object can be entered again inside itself.
    """

    def __init__(self, recording: bool, inference: bool | None = None) -> None:
        self._recording = recording
        self._inference = inference
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((mode.recording, mode.inference))
        if self._inference is not None:
            mode.inference = self._inference
        mode.recording = self._recording and not mode.inference

    def __exit__(self, *error: object) -> None:
        mode.recording, mode.inference = self._before.pop()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            # A switch of its own for each call: threads do not share one.
            with _Switch(self._recording, self._inference):
                return function(*args, **kwargs)

        return wrapped


class _BareSwitch(_Switch):
    """A switch that decorates without parentheses too."""

    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_BareSwitch):
    """이 안의 연산은 기록되지 않는다.

    Operations inside are not recorded. ``with no_grad():`` or ``@no_grad()`` or ``@no_grad``.

    >>> import tinygrad_kr as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_BareSwitch):
    """이 안의 연산은 다시 기록된다.

    Operations inside are recorded again, except inside :class:`inference_mode`.
    """

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_Switch):
    """기록을 켜거나 끈다. 함수로 부르면 바로 적용된다.

    Turn recording on or off: at once when called as a function, until the end of the block as a
    context manager.
    """

    def __init__(self, recording: bool) -> None:
        super().__init__(bool(recording))
        self._called_in = (mode.recording, mode.inference)
        mode.recording = self._recording and not mode.inference

    def __enter__(self) -> None:
        self._before.append(self._called_in)
        mode.recording = self._recording and not mode.inference

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        mode.recording, mode.inference = self._called_in
        return super().__call__(function)


class inference_mode(_Switch):
    """추론만 한다: 이 안에서는 아무것도 기록되지 않는다.

    Nothing inside is recorded, ``enable_grad`` notwithstanding. Unlike PyTorch's, the tensors made
    inside are ordinary ones.
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode, mode)
