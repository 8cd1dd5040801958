"""연산을 세고 재기: torch.profiler의 이름으로.

Counting and timing operations by the names of ``torch.profiler``; ``profile`` is that of
:mod:`tinygrad_kr.autograd.profiler`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from tinygrad_kr.autograd.profiler import ProfilerAction, profile, record_function
from tinygrad_kr.hyperparameters import integer

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerActivity(Enum):
    """무엇을 재는가: CPU뿐이고, 나머지는 이름만 있다.

    What to profile: the CPU; the others are names alone.
    """

    CPU = 0
    XPU = 1
    CUDA = 2


def supported_activities() -> set[ProfilerActivity]:
    """잴 수 있는 것: CPU.

    What can be profiled: the CPU.
    """
    return {ProfilerActivity.CPU}


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0
) -> Callable[[int], ProfilerAction]:
    """걸음마다 할 일: 기다리고, 데우고, 재기를 되풀이한다.

    What ``profile(schedule=...)`` does in each step: nothing in ``skip_first`` steps, then cycles
    of ``wait`` and ``warmup`` steps, in which nothing is recorded, and ``active`` ones, whose last
    is when ``on_trace_ready`` is called; ``repeat`` cycles, or without end if that is 0.
    """
    active = integer("active", active, least=1)
    wait, warmup = integer("wait", wait, least=0), integer("warmup", warmup, least=0)

    def action(step: int) -> ProfilerAction:
        cycle, at = divmod(step - skip_first, wait + warmup + active)
        if step < skip_first or (repeat and cycle >= repeat) or at < wait:
            return ProfilerAction.NONE
        if at < wait + warmup:
            return ProfilerAction.WARMUP
        last = at == wait + warmup + active - 1
        return ProfilerAction.RECORD_AND_SAVE if last else ProfilerAction.RECORD

    return action


def tensorboard_trace_handler(
    dir_name: str, worker_name: str = "worker"
) -> Callable[[profile], None]:
    """``on_trace_ready``에 줄 함수: 폴더에 파일을 하나씩 쓴다.

    For ``on_trace_ready``: write each trace to a file in the folder.
    """

    def handler(prof: profile) -> None:
        Path(dir_name).mkdir(parents=True, exist_ok=True)
        name = f"{worker_name}.{time.time_ns()}.pt.trace.json"
        prof.export_chrome_trace(str(Path(dir_name) / name))

    return handler
