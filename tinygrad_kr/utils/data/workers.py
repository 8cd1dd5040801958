"""DataLoader의 작업자: 미리 배치를 만드는 스레드.

The workers of a loader: threads that make batches ahead of time.
"""

from __future__ import annotations

import copy
import itertools
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tinygrad_kr.errors import WorkerTimeoutError
from tinygrad_kr.random import default_generator, numpy_generator

_GONE = object()
_thread = threading.local()


@dataclass(frozen=True)
class WorkerInfo:
    """작업자가 자신에 대해 아는 것: 번호, 모두 몇인지, 씨앗, 자신의 데이터셋.

    What a worker knows of itself: its number, of how many, its seed, and its copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


def get_worker_info() -> WorkerInfo | None:
    """이 스레드가 어느 작업자인지. 작업자가 아니면 None.

    Which of a loader's workers this is; None outside of them.
    """
    return getattr(_thread, "info", None)


class Workers:
    """한 DataLoader의 작업자들.

    A loader's workers. Each has a shallow copy of the dataset and a random stream of its own, and
    takes every ``num_workers``-th batch, so that nothing depends on who is faster.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        draw = numpy_generator(loader.generator)
        # A sampler that draws moves the stream on; where it does, it is to draw as without workers.
        draw = copy.deepcopy(draw) if hasattr(loader.sampler, "generator") else draw
        seed = int(draw.integers(2**62))
        self._threads = [ThreadPoolExecutor(1) for _ in range(loader.num_workers)]
        for i, thread in enumerate(self._threads):
            thread.submit(self._begin, i, seed + i).result()

    def _begin(self, i: int, seed: int) -> None:
        loader = self._loader
        _thread.info = WorkerInfo(i, loader.num_workers, seed, copy.copy(loader.dataset))
        default_generator.seed_thread(seed)
        if loader.worker_init_fn is not None:
            loader.worker_init_fn(i)

    def _open(self) -> None:
        _thread.fetch = self._loader._fetcher(_thread.info.dataset)

    @staticmethod
    def _make(asked: Any) -> Any:
        try:
            return _thread.fetch(asked)
        except StopIteration:
            return _GONE
        except Exception as error:
            i = _thread.info.id
            error.add_note(f"DataLoader의 작업자 {i}에서 / in DataLoader worker {i}")
            raise

    def load(self, asked: Iterator[Any]) -> Iterator[Any]:
        """배치를 차례로 돌려준다. The batches in the order in which they are asked for."""
        opened = [thread.submit(self._open) for thread in self._threads]
        waiting: deque[tuple[int, Future[Any]]] = deque()
        live, turns = set(range(len(opened))), itertools.cycle(range(len(opened)))
        stuck = False

        def send() -> None:
            for wanted in itertools.islice(asked, 1 if live else 0):
                worker = next(i for i in turns if i in live)
                waiting.append((worker, self._threads[worker].submit(self._make, wanted)))

        try:
            for future in opened:
                future.result()
            for _ in range(self._loader.prefetch_factor * len(opened)):
                send()
            while waiting:
                worker, future = waiting.popleft()
                try:
                    batch = future.result(self._loader.timeout or None)
                except TimeoutError:
                    stuck = not future.done()
                    if not stuck:
                        raise
                    raise self._late() from None
                if worker not in live:
                    continue
                if batch is _GONE:
                    live.discard(worker)
                send()
                if batch is not _GONE:
                    yield batch
        finally:
            for _, future in waiting:
                future.cancel()
            if stuck or not self._loader.persistent_workers:
                self._loader._workers = None
                for thread in self._threads:
                    thread.shutdown(wait=not stuck)

    def _late(self) -> WorkerTimeoutError:
        seconds = self._loader.timeout
        return WorkerTimeoutError(
            f"작업자가 {seconds}초 안에 배치를 만들지 못했습니다. timeout을 늘리세요.",
            f"DataLoader timed out after {seconds} seconds; raise its timeout.",
        )
