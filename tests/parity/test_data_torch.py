"""Datasets, samplers and loaders beside PyTorch's: batches, lengths and refusals. The generators
differ, and so what they draw; how often and of what they draw is the same."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from tinygrad_kr.utils import data as ours

theirs = pytest.importorskip("torch.utils.data")
from tests.parity.beside import Drawn  # noqa: E402

SAMPLES = 300 if settings().max_examples >= 1000 else 60
REFUSALS = (ValueError, TypeError, RuntimeError, AssertionError, IndexError)


def plain(value: Any) -> Any:
    """Batches of either as nested lists, with the kinds of what is in them."""
    if hasattr(value, "dtype"):
        return str(value.dtype).removeprefix("torch."), list(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(item) for item in value]
    return value


def answer(ask: Callable[[Any], Any], lib: Any) -> Any:
    """What it comes to, or the refusal."""
    try:
        return plain(ask(lib))
    except REFUSALS as refusal:
        return refusal


def compare(name: str, draw: Callable[[Drawn], Callable[[Any], Any]], record: Any) -> None:
    """``draw`` makes what is asked of a module; both answer the same, or refuse."""
    m, taken, refused = Drawn(zlib.crc32(name.encode())), 0, 0
    for _ in range(SAMPLES):
        ask = draw(m)
        found, expected = answer(ask, ours), answer(ask, theirs)
        if isinstance(expected, Exception):
            # For an index that is too far below, a ConcatDataset of PyTorch's has a ValueError.
            assert isinstance(found, type(expected) | IndexError), (found, expected)
            refused += 1
        else:
            assert found == expected
            taken += 1
    assert taken
    record("parity", (name, (taken, refused, 0, 0)))


def counting(lib: Any, n: int, known: bool) -> Any:
    class Counting(lib.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[Any]:
            info = lib.get_worker_info()
            first, step = (info.id, info.num_workers) if info else (0, 1)
            return iter([(i, f"{i}") for i in range(first, n, step)])

    class Known(Counting):
        def __len__(self) -> int:
            return n

    return (Known if known else Counting)()


def source(m: Drawn, kinds: list[str]) -> Callable[[Any], Any]:
    """A dataset of any kind, as a function of the module."""
    kind, n = m.of(*kinds), m.of(0, 1, 5, 8)
    if kind == "iterable":
        known = m.chance()
        return lambda lib: counting(lib, n, known)
    if kind == "list":
        return lambda lib: [{"a": (i, 0.5 * i), "b": str(i), "c": np.ones(2)} for i in range(n)]
    if kind == "concat":
        parts = [range(m.of(0, 1, 4)) for _ in range(m.of(1, 2, 3))]
        return lambda lib: lib.ConcatDataset(parts)
    if kind == "subset":
        return lambda lib: lib.Subset(range(9), [8, 2, 5])
    named = m.chance()
    return lambda lib: (
        lib.StackDataset(x=range(n), y=["v"] * n) if named else lib.StackDataset(range(n), range(n))
    )


def loader_arguments(m: Drawn) -> dict[str, Any]:
    arguments = {"batch_size": m.of(1, 2, 3, 3, None), "drop_last": m.of(False, False, True)}
    for name, values in {
        "shuffle": (None, False, True),
        "sampler": ([0], [3, 1, 0, 2]),
        "batch_sampler": ([[0], [2, 1]],),
        "collate_fn": (list, len),
        "timeout": (0, -1),
        "prefetch_factor": (2, 0),
        "persistent_workers": (False, True),
        "pin_memory": (False,),
        "generator": (None,),
        "in_order": (True,),
    }.items():
        if m.chance(0.12):
            arguments[name] = m.of(*values)
    return arguments


def test_loaders(record_property: Any) -> None:
    def draw(m: Drawn) -> Callable[[Any], Any]:
        make = source(m, ["iterable", "list", "concat", "subset", "stack"])
        arguments = loader_arguments(m)
        if arguments.get("shuffle"):
            # A fresh order: of one sample each they are the same batches.
            arguments["batch_size"] = 1

        def ask(lib: Any) -> Any:
            batches = list(lib.DataLoader(make(lib), **arguments))
            return sorted(map(repr, map(plain, batches))) if arguments.get("shuffle") else batches

        return ask

    compare("DataLoader", draw, record_property)


def test_lengths(record_property: Any) -> None:
    def draw(m: Drawn) -> Callable[[Any], Any]:
        make, arguments = source(m, ["iterable", "list", "concat"]), loader_arguments(m)
        return lambda lib: len(lib.DataLoader(make(lib), **arguments))

    compare("len(DataLoader)", draw, record_property)


@pytest.mark.filterwarnings("ignore")
def test_workers_are_pytorchs(record_property: Any) -> None:
    """Of a few, for PyTorch starts processes."""
    taken = 0
    for kind, n, size, workers in (
        ("list", 7, 2, 2),
        ("iterable", 7, 2, 2),
        ("iterable", 11, 2, 3),
        ("iterable", 5, None, 3),
    ):

        def ask(lib: Any, kind: str = kind, n: int = n, size: Any = size, w: int = workers) -> Any:
            dataset = counting(lib, n, False) if kind == "iterable" else list(range(n))
            more = {"multiprocessing_context": "fork"} if lib is theirs else {}
            return list(lib.DataLoader(dataset, size, num_workers=w, **more))

        assert plain(ask(ours)) == plain(ask(theirs))
        taken += 1
    record_property("parity", ("DataLoader(num_workers)", (taken, 0, 0, 0)))


def test_samplers_draw_as_often_and_of_the_same(record_property: Any) -> None:
    def draw(m: Drawn) -> Callable[[Any], Any]:
        kind, n = m.of("random", "subset", "weighted", "batch"), m.of(1, 4, 7)
        count, replacement = m.of(None, 1, 4, 9, 0, 2.5), m.of(False, True, True, 3)
        weights = m.of([0.5] * n, [0.0, 1.0, 2.0, 0.0], [[1.0]])
        size, drop_last = m.of(1, 2, 3, 0, 1.5), m.of(False, True, 1)

        def ask(lib: Any) -> Any:
            if kind == "random":
                sampler = lib.RandomSampler(range(n), replacement, count)
            elif kind == "subset":
                sampler = lib.SubsetRandomSampler(list(range(n, 2 * n)))
            elif kind == "weighted":
                sampler = lib.WeightedRandomSampler(weights, count, replacement)
            else:
                sampler = lib.BatchSampler(lib.SequentialSampler(range(n)), size, drop_last)
            drawn = list(sampler)
            if kind == "batch":
                return len(sampler), drawn
            pairs = Counter(drawn)
            distinct = sorted(pairs.values()) if kind != "weighted" and not replacement else None
            inside = set(drawn) <= (set(range(n, 2 * n)) if kind == "subset" else set(range(9)))
            heavy = all(np.ravel(weights)[i] > 0 for i in drawn) if kind == "weighted" else True
            return len(sampler), len(drawn), distinct, inside, heavy

        return ask

    compare("samplers", draw, record_property)


def test_joined_datasets_are_indexed_as_pytorchs(record_property: Any) -> None:
    def draw(m: Drawn) -> Callable[[Any], Any]:
        make, i = source(m, ["concat", "stack", "subset"]), m.of(0, 1, 3, -1, -3, 20, -20)
        return lambda lib: (len(make(lib)), make(lib)[i])

    compare("datasets", draw, record_property)
