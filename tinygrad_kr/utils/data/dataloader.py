"""DataLoader와 샘플러.

The loader, and samplers: the order in which samples are taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import flag, integer, number
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.utils.data.dataset import (
    IterableDataset,
    default_collate,
    default_convert,
    take_batch,
    take_samples,
)

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """샘플러의 바탕 클래스.

    The base of samplers: an iterable of indices, or of lists of them.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """처음부터 차례대로.

    The indices in order.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def _order(self) -> range:
        return range(len(self.data_source))

    def __iter__(self) -> Iterator[int]:
        return iter(self._order())

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """무작위 차례.

    A random order of ``num_samples`` indices (by default all), drawn whole when the iteration
    begins; with ``replacement`` as the book's mini-batches.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = flag("replacement", replacement)
        self.generator = generator
        self._num_samples = num_samples
        integer("num_samples", self.num_samples, least=1)

    @property
    def num_samples(self) -> int:
        """에폭마다 뽑는 수. How many indices an epoch has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def _order(self) -> Array:
        draw, n, wanted = numpy_generator(self.generator), len(self.data_source), self.num_samples
        if self.replacement:
            return draw.integers(n, size=wanted)
        rounds = -(-wanted // n)
        return np.concatenate([draw.permutation(n) for _ in range(rounds)])[:wanted]

    def __iter__(self) -> Iterator[int]:
        return iter(self._order().tolist())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """주어진 번호들을 무작위 차례로.

    The given indices in random order, each once.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = numpy_generator(self.generator).permutation(len(self.indices)).tolist()
        return iter([self.indices[i] for i in order])

    def __len__(self) -> int:
        return len(self.indices)


class BatchSampler(Sampler[list[int]]):
    """다른 샘플러의 번호를 미니배치로 묶는다.

    The indices of another sampler in lists; ``drop_last`` leaves out a last, shorter one.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size = integer("batch_size", batch_size, least=1)
        self.drop_last = flag("drop_last", drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        if not isinstance(self.sampler, Sized):
            raise ArgumentError(
                "샘플러에 길이가 없습니다. __len__을 정의해 주세요.",
                "The sampler has no length; give it __len__.",
            )
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (rest > 0 and not self.drop_last)


def _batches(batch_sampler: Any) -> Iterator[Any]:
    """The batches of indices; of our own samplers, who know the whole order, as slices of it."""
    sampler: Any = batch_sampler.sampler if type(batch_sampler) is BatchSampler else None
    if type(sampler) not in (SequentialSampler, RandomSampler):
        yield from batch_sampler
        return
    order, size = sampler._order(), batch_sampler.batch_size
    rest = len(order) % size if batch_sampler.drop_last else 0
    for start in range(0, len(order) - rest, size):
        yield order[start : start + size]


class DataLoader:
    """데이터셋을 미니배치로 돌려준다.

    A dataset, mini-batch by mini-batch. Each epoch of ``shuffle=True`` is a fresh permutation,
    drawn when it begins. PyTorch's arguments about memory are taken so that scripts run, and change
    nothing.

    Workers are threads: they need no copy of the data and no ``__main__`` guard, and help where
    samples are read or worked on by what lets other threads run, as files and NumPy do. The batches
    and their order are those of ``num_workers=0``; each worker draws from a stream of its own.

    Args:
        dataset: anything with ``__getitem__`` and ``__len__``, or an :class:`IterableDataset`.
        batch_size: None for single samples.
        sampler: an iterable of indices, instead of ``shuffle``.
        batch_sampler: an iterable of lists of indices, instead of all these and ``drop_last``.
        collate_fn: turns a list of samples into a batch.
        drop_last: whether a last, shorter batch is left out.
        num_workers: how many threads load; 0 means none.
        timeout: the seconds to wait for a batch of a worker; 0 means for ever.
        worker_init_fn: called with each worker's number in that worker, first of all.
        prefetch_factor: how many batches ahead each worker loads, 2 by default.
        persistent_workers: keep the workers from one epoch to the next.

    Raises:
        ArgumentError, HyperparameterError: arguments out of range, or that exclude each other.

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr.utils.data import TensorDataset
    >>> for (x,) in DataLoader(TensorDataset(tg.arange(5)), batch_size=2):
    ...     print(x)
    tensor([0, 1])
    tensor([2, 3])
    tensor([4])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: Any = "",
        in_order: Any = True,
    ) -> None:
        integer("num_workers", num_workers, least=0)
        shuffle = shuffle is not None and flag("shuffle", shuffle)
        flag("persistent_workers", persistent_workers)
        number("timeout", timeout, least=0)
        for name, given in (
            ("prefetch_factor", prefetch_factor is not None),
            ("persistent_workers", persistent_workers),
        ):
            if given and not num_workers:
                raise ArgumentError(
                    f"{name}은(는) num_workers가 0보다 클 때만 쓸 수 있습니다.",
                    f"{name} needs num_workers > 0.",
                )
        iterable = isinstance(dataset, IterableDataset)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            _refuse("IterableDataset", "shuffle, sampler, batch_sampler")
        if not (iterable or (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"))):
            raise ArgumentError(
                f"{type(dataset).__name__}에 __getitem__과 __len__이 있어야 합니다.",
                f"A {type(dataset).__name__} needs __getitem__ and __len__ to be a dataset.",
            )
        if sampler is not None and shuffle:
            _refuse("sampler", "shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                _refuse("batch_sampler", "batch_size, shuffle, sampler, drop_last")
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            _refuse("batch_size=None", "drop_last")
        if shuffle:
            sampler = RandomSampler(dataset, generator=generator)
        elif sampler is None:
            sampler = itertools.repeat(None) if iterable else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        if num_workers:
            integer("prefetch_factor", self.prefetch_factor, least=1)
        self.persistent_workers = persistent_workers
        self.worker_init_fn = worker_init_fn
        self.timeout = timeout
        self.pin_memory = pin_memory
        self._workers: Any = None
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.generator = generator

    def __iter__(self) -> Iterator[Any]:
        if not self.num_workers:
            yield from map(self._fetcher(self.dataset), self._asked())
            return
        from tinygrad_kr.utils.data.workers import Workers

        workers = self._workers or Workers(self)
        if self.persistent_workers:
            self._workers = workers
        yield from workers.load(self._asked())

    def _asked(self) -> Iterator[Any]:
        """What each batch is made of, as the samplers say."""
        return iter(self.sampler) if self.batch_sampler is None else _batches(self.batch_sampler)

    def _fetcher(self, dataset: Any) -> Callable[[Any], Any]:
        """The function that makes a batch of what is asked for; StopIteration when all is gone."""
        collate, batched = self.collate_fn, self.batch_sampler is not None
        if isinstance(dataset, IterableDataset):
            samples = iter(dataset)

            def further(asked: Any) -> Any:
                if not batched:
                    return collate(next(samples))
                batch = list(itertools.islice(samples, len(asked)))
                if len(batch) < (len(asked) if self.drop_last else 1):
                    raise StopIteration
                return collate(batch)

            return further
        if not batched:
            return lambda index: collate(dataset[index])
        if collate is default_collate:
            return partial(take_batch, dataset)
        return lambda indices: collate(take_samples(dataset, indices))

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            full, rest = divmod(len(self.dataset), self.batch_size or 1)  # type: ignore[arg-type]
            return full + (rest > 0 and not self.drop_last)
        chosen: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(chosen)


def _refuse(one: str, other: str) -> None:
    raise ArgumentError(
        f"{one}와(과) {other}는(은) 함께 쓸 수 없습니다.",
        f"{one} is mutually exclusive with {other}.",
    )
