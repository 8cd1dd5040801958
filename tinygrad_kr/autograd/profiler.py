"""어느 연산이 몇 번 불려 얼마나 걸렸는가.

Which operations were called how often, and how long they took, on the way forward and back. A leaf
file by the names of ``torch.autograd.profiler``; times are in microseconds.

>>> import tinygrad_kr as tg
>>> from tinygrad_kr.autograd import profiler
>>> with profiler.profile() as prof:
...     y = tg.ones(3).exp().sum()
>>> [(e.key, e.count) for e in prof.key_averages()]
[('exp', 1), ('sum', 1)]
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ContextDecorator, ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import perf_counter
from typing import Any

from tinygrad_kr.autograd import function
from tinygrad_kr.errors import MissingNameError
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.testing.call import Call
from tinygrad_kr.testing.trace import watching

__all__ = ["EventList", "FunctionEvent", "profile", "record_function"]


@dataclass
class FunctionEvent:
    """연산 한 번, 또는 같은 이름의 여러 번의 합.

    One call of an operation, or several of one name added up.
    """

    key: str
    cpu_time_total: float
    self_cpu_time_total: float
    input_shapes: list[list[int]]
    start: float
    count: int = 1

    # There is no other device, and memory is not measured.
    device_time = device_time_total = self_device_time_total = 0.0
    cuda_time = cuda_time_total = self_cuda_time_total = 0.0
    cpu_memory_usage = self_cpu_memory_usage = 0
    cuda_memory_usage = self_cuda_memory_usage = 0
    device_memory_usage = self_device_memory_usage = 0

    @property
    def name(self) -> str:
        return self.key

    @property
    def cpu_time(self) -> float:
        """한 번의 평균. The mean of one call."""
        return self.cpu_time_total / self.count


def _shown(us: float) -> str:
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if us >= size:
            return f"{us / size:.3f}{unit}"
    return f"{us:.3f}us"


class EventList(list[FunctionEvent]):
    """일어난 일의 목록.

    A list of events, which can be added up by name and shown as a table.
    """

    @property
    def self_cpu_time_total(self) -> float:
        """모두 더한 시간. The time of all of them."""
        return sum(e.self_cpu_time_total for e in self)

    def key_averages(self, group_by_input_shape: bool = False, **options: Any) -> EventList:
        """이름마다(형상마다) 더한 것.

        The events of one name added up, and of one name and shapes if ``group_by_input_shape``
        (which want ``record_shapes=True``).
        """
        found: dict[Any, FunctionEvent] = {}
        for e in self:
            shapes = e.input_shapes if group_by_input_shape else []
            at = found.setdefault(
                (e.key, repr(shapes)), FunctionEvent(e.key, 0.0, 0.0, shapes, e.start, 0)
            )
            at.cpu_time_total += e.cpu_time_total
            at.self_cpu_time_total += e.self_cpu_time_total
            at.count += e.count
        return EventList(found.values())

    def total_average(self) -> FunctionEvent:
        """모두 더한 것. All events added up."""
        start = min((e.start for e in self), default=0.0)
        total = sum(e.cpu_time_total for e in self)
        return FunctionEvent(
            "Total", total, self.self_cpu_time_total, [], start, sum(e.count for e in self)
        )

    def table(
        self, sort_by: str | None = None, row_limit: int = 100, max_name_column_width: int = 55,
        **options: Any,
    ) -> str:  # fmt: skip
        """표로.

        A table, the largest ``sort_by`` (``"cpu_time_total"``, ``"self_cpu_time_total"``,
        ``"cpu_time"``, ``"count"``) first.

        Raises:
            MissingNameError: ``sort_by`` is nothing that an event has.
        """
        events = list(self)
        if sort_by is not None:
            if not hasattr(FunctionEvent, sort_by) and sort_by not in vars(self.total_average()):
                raise MissingNameError(
                    f"{sort_by!r}로는 정렬할 수 없습니다.", f"An event has no {sort_by!r}."
                )
            events.sort(key=lambda e: getattr(e, sort_by), reverse=True)
        whole = self.self_cpu_time_total or 1.0
        shapes = any(e.input_shapes for e in events)
        head = ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg",
                "# of Calls", *["Input Shapes"] * shapes]  # fmt: skip
        rows = [head] + [
            [e.key[:max_name_column_width], f"{100 * e.self_cpu_time_total / whole:.2f}%",
             _shown(e.self_cpu_time_total), f"{100 * e.cpu_time_total / whole:.2f}%",
             _shown(e.cpu_time_total), _shown(e.cpu_time), str(e.count),
             *[str(e.input_shapes)] * shapes]
            for e in events[: len(events) if row_limit < 0 else row_limit]
        ]  # fmt: skip
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        rule = ["-" * width for width in widths]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in [rule, rows[0], rule, *rows[1:], rule]
        ]
        return "\n".join([*lines, f"Self CPU time total: {_shown(self.self_cpu_time_total)}", ""])

    __str__ = table

    def export_chrome_trace(self, path: str) -> None:
        """크롬의 ``chrome://tracing``이 읽는 파일로.

        Write a file that ``chrome://tracing`` and Perfetto show.
        """
        first = min((e.start for e in self), default=0.0)
        events = [
            {"name": e.key, "ph": "X", "ts": (e.start - first) * 1e6, "dur": e.cpu_time_total,
             "pid": 0, "tid": 0, "args": {"Input Dims": e.input_shapes}}
            for e in self
        ]  # fmt: skip
        Path(path).write_text(json.dumps({"traceEvents": events}), encoding="utf-8")


class ProfilerAction(Enum):
    """일정의 한 걸음에 할 일.

    What to do in one step of a schedule.
    """

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


class _Running(threading.local):
    def __init__(self) -> None:
        self.profiles: list[profile] = []


_running = _Running()


class profile:
    """이 안에서 불린 연산을 세고 잰다.

    Count and time the operations that this thread calls inside, on the way forward and back. The
    same object as ``profiler.profile``.

    Args:
        enabled: if not, nothing is recorded.
        schedule: which steps to record; see ``profiler.schedule`` and :meth:`step`. All if None.
        on_trace_ready: called with the profile when steps to be saved, or the block, end.
        record_shapes: keep the shapes of the inputs.
        options: PyTorch's other ones are taken, and change nothing.
    """

    def __init__(
        self, enabled: bool = True, *, schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None, record_shapes: bool = False,
        **options: Any,
    ) -> None:  # fmt: skip
        self.enabled = enabled
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self.on_trace_ready = on_trace_ready
        self.record_shapes = record_shapes
        self.step_num = 0
        self.function_events = EventList()
        self._inside: list[float] = []  # of each event that is open, the time of those inside it
        self._stack = ExitStack()

    @property
    def current_action(self) -> ProfilerAction:
        """지금 걸음에 할 일. What the schedule says of this step."""
        return self.schedule(self.step_num)

    def start(self) -> None:
        """재기 시작한다. Begin."""
        self.__enter__()

    def stop(self) -> None:
        """끝낸다. End."""
        self.__exit__()

    def step(self) -> None:
        """일정의 다음 걸음으로. Go to the next step of the schedule."""
        before = self.current_action
        self.step_num += 1
        if before is ProfilerAction.RECORD_AND_SAVE:
            self._save()
            self.function_events = EventList()

    def _save(self) -> None:
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def __enter__(self) -> profile:
        if self.enabled:
            self._stack.enter_context(watching(self._note))
            for kind in (Primitive, function.FunctionCall):
                self._stack.enter_context(self._watch_backward(kind))
            _running.profiles.append(self)
            self._stack.callback(_running.profiles.remove, self)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        if self.enabled and self.current_action in _RECORDING:
            self._save()

    @contextmanager
    def timing(self, name: str, inputs: Iterable[Any] = ()) -> Iterator[None]:
        """이 안의 시간을 한 사건으로. One event: what happens inside."""
        if self.current_action not in _RECORDING:
            yield
            return
        shapes = [list(x.shape) for x in inputs if hasattr(x, "shape")]
        self._inside.append(0.0)
        event = FunctionEvent(name, 0.0, 0.0, shapes if self.record_shapes else [], perf_counter())
        self.function_events.append(event)
        try:
            yield
        finally:
            event.cpu_time_total = (perf_counter() - event.start) * 1e6
            event.self_cpu_time_total = event.cpu_time_total - self._inside.pop()
            if self._inside:
                self._inside[-1] += event.cpu_time_total

    def _note(self, name: str, op: Callable[..., Any], call: Call) -> Any:
        with self.timing(name, call.args):
            return call.of(op)

    @contextmanager
    def _watch_backward(self, kind: Any) -> Iterator[None]:
        plain = kind.pull

        def pull(op: Any, node: Any, g: Any, edges: Any, create_graph: bool) -> Any:
            with self.timing(node.name(), (g,)):
                return plain(op, node, g, edges, create_graph)

        kind.pull = pull
        try:
            yield
        finally:
            kind.pull = plain

    def events(self) -> EventList:
        """일어난 순서대로의 사건들. The events in the order they began."""
        return self.function_events

    def key_averages(self, group_by_input_shape: bool = False, **options: Any) -> EventList:
        """이름마다 더한 것. See :meth:`EventList.key_averages`."""
        return self.function_events.key_averages(group_by_input_shape)

    def total_average(self) -> FunctionEvent:
        return self.function_events.total_average()

    @property
    def self_cpu_time_total(self) -> float:
        return self.function_events.self_cpu_time_total

    def table(self, *args: Any, **kwargs: Any) -> str:
        return self.function_events.table(*args, **kwargs)

    __str__ = table

    def export_chrome_trace(self, path: str) -> None:
        self.function_events.export_chrome_trace(path)


class record_function(ContextDecorator):
    """이름을 붙인 구역을 사건으로 남긴다.

    Make an event of a block, or of a function that it decorates, in the profiles around it.

    >>> from tinygrad_kr.autograd import profiler
    >>> with profiler.profile() as prof, profiler.record_function("loading"):
    ...     pass
    >>> prof.events()[0].name
    'loading'
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self._stacks: list[ExitStack] = []

    def __enter__(self) -> record_function:
        self._stacks.append(ExitStack())
        for running in _running.profiles:
            self._stacks[-1].enter_context(running.timing(self.name))
        return self

    def __exit__(self, *error: object) -> None:
        self._stacks.pop().close()
