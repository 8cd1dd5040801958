"""DataLoader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import flag, integer
from tinygrad_kr.random import Generator
from tinygrad_kr.utils.data.collate import default_collate, default_convert
from tinygrad_kr.utils.data.dataset import take_batch, take_samples
from tinygrad_kr.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """데이터셋을 미니배치로 돌려준다.

    A dataset, mini-batch by mini-batch, as PyTorch's. Each epoch of ``shuffle=True`` is a fresh
    permutation, drawn from ``generator`` when the epoch begins. Everything happens in the calling
    process: the arguments about workers and pinned memory are taken so that scripts run, and
    change nothing.

    Args:
        dataset: anything with ``__getitem__`` and ``__len__``.
        batch_size: None for single samples.
        shuffle: whether to reshuffle at every epoch.
        sampler: an iterable of indices, instead of ``shuffle``.
        batch_sampler: an iterable of lists of indices, instead of all these and ``drop_last``.
        collate_fn: turns a list of samples into a batch.
        drop_last: whether a last, shorter batch is left out.
        generator: by default the package's own.

    Raises:
        ArgumentError: arguments that exclude each other, a dataset without a length.
        HyperparameterError: a batch size or a number of workers out of range.

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
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        integer("num_workers", num_workers, least=0)
        shuffle = shuffle is not None and flag("shuffle", shuffle)
        if not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
            raise ArgumentError(
                f"{type(dataset).__name__}에 __getitem__과 __len__이 있어야 합니다.",
                f"A {type(dataset).__name__} has no __getitem__ and __len__; a dataset needs them.",
            )
        if sampler is not None and shuffle:
            _refuse("sampler", "shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                _refuse("batch_sampler", "batch_size, shuffle, sampler, drop_last")
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            _refuse("batch_size=None", "drop_last")
        if sampler is None:
            sampler = (
                RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.generator = generator

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            for index in self.sampler:
                yield self.collate_fn(self.dataset[index])
        elif self.collate_fn is default_collate:
            for indices in self.batch_sampler:
                yield take_batch(self.dataset, indices)
        else:
            for indices in self.batch_sampler:
                yield self.collate_fn(take_samples(self.dataset, indices))

    def __len__(self) -> int:
        chosen: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(chosen)


def _refuse(one: str, other: str) -> None:
    raise ArgumentError(
        f"{one}와(과) {other}는(은) 함께 쓸 수 없습니다.",
        f"{one} is mutually exclusive with {other}.",
    )
