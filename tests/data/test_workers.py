"""Workers of a loader: the same batches whoever makes them; and the rarer datasets and samplers."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr.errors import ArgumentError, TinygradKrError, WorkerTimeoutError
from tinygrad_kr.random import Generator
from tinygrad_kr.utils.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    StackDataset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    get_worker_info,
)

few = settings(max_examples=max(settings().max_examples // 5, 5))
sizes = st.integers(1, 12)


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


class Squares(Dataset[Any]):
    def __init__(self, n: int, slow: float = 0.0) -> None:
        self.n, self.slow = n, slow

    def __getitem__(self, index: int) -> tuple[int, int]:
        if index % 3 == 0:
            time.sleep(self.slow)
        return index, index**2

    def __len__(self) -> int:
        return self.n


class Counting(IterableDataset[int]):
    """From ``start`` to ``end``; each worker every ``num_workers``-th."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def __iter__(self) -> Iterator[int]:
        info = get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return iter(range(self.start + first, self.end, step))


def listed(loader: DataLoader) -> list[Any]:
    return [[part.tolist() for part in batch] for batch in loader]


def values(loader: DataLoader) -> list[int]:
    return [i for batch in loader for i in np.atleast_1d(batch).tolist()]


@few
@given(sizes, sizes, st.booleans(), st.booleans(), st.integers(1, 4), st.booleans())
def test_workers_change_nothing(
    n: int, size: int, shuffle: bool, drop_last: bool, workers: int, persistent: bool
) -> None:
    alone, helped = (
        DataLoader(Squares(n), size, shuffle, drop_last=drop_last, generator=seeded(n), **more)
        for more in ({}, {"num_workers": workers, "persistent_workers": persistent})
    )
    assert [listed(alone) for _ in range(3)] == [listed(helped) for _ in range(3)]
    assert helped.generator is not None and alone.generator is not None
    if shuffle:
        assert (helped.generator.get_state() == alone.generator.get_state()).all()


def test_order_is_kept_where_a_worker_is_slow() -> None:
    loader = DataLoader(Squares(12, slow=0.01), 1, num_workers=3)
    assert [i for (i,), _ in listed(loader)] == list(range(12))


def test_no_thread_is_left_and_none_where_none_is_asked_for() -> None:
    before = threading.active_count()
    list(DataLoader(Squares(4)))
    assert threading.active_count() == before
    for stop in (None, 2):
        for i, _ in enumerate(DataLoader(Squares(50), num_workers=3)):
            assert threading.active_count() == before + 3
            if i == stop:
                break
    assert threading.active_count() == before
    kept = DataLoader(Squares(4), num_workers=2, persistent_workers=True)
    threads = [set(threading.enumerate()) for _ in range(2) if list(kept)]
    assert threads[0] == threads[1] and len(threads[0]) == before + 2


def test_an_error_comes_as_it_was_and_where_it_belongs() -> None:
    class Broken(Squares):
        def __getitem__(self, index: int) -> Any:
            if index == 5:
                raise KeyError("five")
            return super().__getitem__(index)

    seen = []
    with pytest.raises(KeyError, match="five") as error:
        for index, _ in DataLoader(Broken(9), num_workers=2):
            seen.append(index.item())
    assert seen == [0, 1, 2, 3, 4]
    assert "in DataLoader worker 1" in error.value.__notes__[0]
    assert error.traceback[-1].name == "__getitem__"


def test_a_worker_that_is_late() -> None:
    release = threading.Event()

    class Stuck(Squares):
        def __getitem__(self, index: int) -> Any:
            release.wait(10)
            return index

    start = time.perf_counter()
    with pytest.raises(WorkerTimeoutError, match="timed out") as error:
        list(DataLoader(Stuck(3), num_workers=1, timeout=0.05))
    assert isinstance(error.value, RuntimeError) and time.perf_counter() - start < 5
    release.set()

    class Late(Squares):
        def __getitem__(self, index: int) -> Any:
            raise TimeoutError("the dataset's own")

    with pytest.raises(TimeoutError, match="own"):
        list(DataLoader(Late(3), num_workers=1, timeout=5))


def test_what_workers_draw_does_not_depend_on_who_is_first() -> None:
    class Noisy(Squares):
        def __getitem__(self, index: int) -> Any:
            time.sleep(0.001 * (index % 2))
            return tg.rand(()).item()

    def epochs(**more: Any) -> list[Any]:
        tg.manual_seed(3)
        loader = DataLoader(Noisy(8), 2, num_workers=2, **more)
        return [[batch.tolist() for batch in loader] for _ in range(2)]

    first = epochs()
    assert first == epochs() and first[0] != first[1]
    tg.manual_seed(4)
    before = tg.get_rng_state()
    seeds: list[int] = []
    list(
        DataLoader(
            Noisy(4), num_workers=2, worker_init_fn=lambda i: seeds.append(tg.initial_seed())
        )
    )
    assert seeds[1] == seeds[0] + 1
    assert (tg.get_rng_state() != before).any() and tg.initial_seed() == 4
    tg.manual_seed(4)
    list(DataLoader(Noisy(4), num_workers=2, worker_init_fn=lambda i: tg.manual_seed(i)))
    assert tg.initial_seed() == 4


def test_a_script_without_a_main_guard_may_ask_for_workers() -> None:
    script = """
import tinygrad_kr as torch
from tinygrad_kr.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(6))
print([x.tolist() for (x,) in DataLoader(data, batch_size=4, num_workers=2, pin_memory=True)])
for batch in DataLoader(data, num_workers=2):
    break
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20
    )
    assert done.stdout == "[[0, 1, 2, 3], [4, 5]]\n" and done.stderr == ""


def test_worker_info() -> None:
    assert get_worker_info() is None
    seen = {}

    def begin(i: int) -> None:
        info = get_worker_info()
        assert info is not None and info.id == i and info.seed == tg.initial_seed()
        info.dataset.start = i  # a copy of the worker's own
        seen[i] = info

    dataset = Counting(0, 4)
    assert sorted(values(DataLoader(dataset, num_workers=3, worker_init_fn=begin))) == [0, 2, 3]
    assert [info.num_workers for info in seen.values()] == [3] * 3 and dataset.start == 0
    assert get_worker_info() is None


@few
@given(st.integers(0, 20), st.none() | sizes, st.booleans(), st.integers(0, 4))
def test_iterable_datasets(n: int, size: int | None, drop_last: bool, workers: int) -> None:
    drop_last = drop_last and size is not None
    loader = DataLoader(Counting(0, n), size, drop_last=drop_last, num_workers=workers)
    for _ in range(2):
        batches = [np.atleast_1d(batch).tolist() for batch in loader]
        parts = [range(n)[i :: max(workers, 1)] for i in range(max(workers, 1))]
        step = size or 1
        cut = [[list(p[i : i + step]) for i in range(0, len(p), step)] for p in parts]
        whole = [[b for b in part if len(b) == step or not drop_last] for part in cut]
        assert sorted(batches) == sorted(b for part in whole for b in part)
        # In turn, as long as all of them have batches.
        turns = [part[i] for i in range(min(map(len, whole))) for part in whole]
        assert batches[: len(turns)] == turns


def test_the_length_of_an_iterable_dataset() -> None:
    class Known(Counting):
        def __len__(self) -> int:
            return self.end - self.start

    lengths = [len(DataLoader(Known(0, 7), 3, drop_last=d)) for d in (False, True)]
    assert lengths == [3, 2] and len(DataLoader(Known(0, 7), None)) == 7
    with pytest.raises(TypeError):
        len(DataLoader(Counting(0, 7)))


@pytest.mark.parametrize(
    "bad",
    [
        {"prefetch_factor": 2},
        {"persistent_workers": True},
        {"num_workers": 1, "prefetch_factor": 0},
        {"num_workers": 1, "timeout": -1},
        {"num_workers": 1, "persistent_workers": 1},
        {"dataset": Counting(0, 3), "shuffle": True},
        {"dataset": Counting(0, 3), "sampler": [0]},
        {"dataset": Counting(0, 3), "batch_sampler": [[0]]},
    ],
)
def test_bad_arguments_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(TinygradKrError) as error:
        DataLoader(**{"dataset": Squares(3), **bad})
    assert isinstance(error.value, ValueError)


# ---- datasets and samplers


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_datasets_joined(lengths: list[int]) -> None:
    ends = np.cumsum([0, *lengths]).tolist()
    parts = [range(a, b) for a, b in pairwise(ends)]
    joined: ConcatDataset[int] = ConcatDataset(parts)
    n = ends[-1]
    assert len(joined) == n and joined.cumulative_sizes == ends[1:]
    assert [joined[i] for i in range(-n, n)] == [*range(n), *range(n)]
    for outside in (n, -n - 1):
        with pytest.raises(IndexError):
            joined[outside]


def test_plus_joins() -> None:
    both = TensorDataset(tg.arange(2)) + TensorDataset(tg.arange(3))
    assert isinstance(both, ConcatDataset)
    assert [x.tolist() for (x,) in DataLoader(both, 5)] == [[0, 1, 0, 1, 2]]
    chained = Counting(0, 2) + Counting(5, 7)
    assert isinstance(chained, ChainDataset) and values(DataLoader(chained, 3)) == [0, 1, 5, 6]
    for bad in ([], [Counting(0, 1)]):
        with pytest.raises(ArgumentError):
            ConcatDataset(bad)
    with pytest.raises(ArgumentError):
        list(ChainDataset([Counting(0, 1), Squares(2)]))


def test_datasets_side_by_side() -> None:
    named = StackDataset(x=Squares(4), y="abcd")
    assert named[2] == {"x": (2, 4), "y": "c"} and len(named) == 4
    (batch,) = DataLoader(named, 4)
    assert batch["x"][1].tolist() == [0, 1, 4, 9] and batch["y"] == ["a", "b", "c", "d"]
    assert StackDataset(range(3), "abc")[1] == (1, "b")
    for args, kwargs in (((), {}), (([1],), {"x": [1]}), (([1], [1, 2]), {})):
        with pytest.raises(TinygradKrError) as error:
            StackDataset(*args, **kwargs)
        assert isinstance(error.value, ValueError)


def test_weighted_sampling() -> None:
    weights = [1.0, 0.0, 3.0, 4.0]
    drawn = Counter(WeightedRandomSampler(weights, 20_000, generator=seeded(0)))
    assert drawn[1] == 0
    for i, weight in enumerate(weights):
        assert drawn[i] / 20_000 == pytest.approx(weight / 8, abs=0.02)
    once = WeightedRandomSampler(tg.tensor(weights), 3, replacement=False, generator=seeded(0))
    orders = [list(once) for _ in range(50)]
    assert all(sorted(order) == [0, 2, 3] for order in orders) and len(once) == 3
    assert Counter(order[0] for order in orders)[0] < 25
    assert list(WeightedRandomSampler(weights, 4, replacement=False))[-1] == 1
    for bad in (
        {"weights": weights, "num_samples": 0},
        {"weights": weights, "num_samples": 5, "replacement": False},
        {"weights": weights, "num_samples": 1, "replacement": 1},
        {"weights": [[1.0]], "num_samples": 1},
        {"weights": [-1.0, 2.0], "num_samples": 1},
        {"weights": [0.0], "num_samples": 1},
        {"weights": [float("nan")], "num_samples": 1},
    ):
        with pytest.raises(TinygradKrError):
            WeightedRandomSampler(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sampler",
    [
        lambda g: RandomSampler(range(9), generator=g),
        lambda g: SubsetRandomSampler([7, 5, 3], generator=g),
        lambda g: WeightedRandomSampler([1.0] * 9, 9, generator=g),
    ],
)
def test_samplers_draw_as_they_do_without_workers(sampler: Any) -> None:
    def epochs(workers: int) -> list[Any]:
        g = seeded(2)
        loader = DataLoader(Squares(9), 2, sampler=sampler(g), generator=g, num_workers=workers)
        return [listed(loader) for _ in range(3)]

    assert epochs(0) == epochs(2)
