"""DataLoader: 데이터셋을 미니배치로 돌려준다.

DataLoader: a dataset, mini-batch by mini-batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.random import Generator
from tinygrad_kr.utils.data.collate import default_collate, default_convert
from tinygrad_kr.utils.data.dataset import take_batch, take_samples
from tinygrad_kr.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """데이터셋을 미니배치로 돌려준다.

    A dataset, mini-batch by mini-batch, as PyTorch's. With ``shuffle=True`` each epoch is a fresh
    permutation, drawn from ``generator`` when the epoch begins: the same seed gives the same
    batches, and a generator put back into the state it had before an epoch gives that epoch again.

    모든 일은 부른 프로세스 안에서 합니다. Everything happens in the calling process; the arguments
    for worker processes and pinned memory (``num_workers``, ``pin_memory``, ``timeout``,
    ``worker_init_fn``, ``multiprocessing_context``, ``prefetch_factor``, ``persistent_workers``,
    ``pin_memory_device``, ``in_order``) are taken so that scripts run, and change nothing: a batch
    of a :class:`TensorDataset` or of our image datasets is taken in one indexing, which is faster
    than handing it from one process to another.

    Args:
        dataset: ``__getitem__``과 ``__len__``이 있는 것. Anything with these two.
        batch_size: 미니배치의 크기. None이면 샘플을 하나씩. The batch size; None for no batches.
        shuffle: 에폭마다 섞을지. Whether to reshuffle at every epoch.
        sampler: 번호를 주는 것. An iterable of indices, instead of ``shuffle``.
        batch_sampler: 번호의 목록을 주는 것. An iterable of lists of indices, instead of
            ``batch_size``, ``shuffle``, ``sampler`` and ``drop_last``.
        collate_fn: 샘플의 목록을 배치로 모으는 함수. What turns a list of samples into a batch.
        drop_last: 남는 짧은 배치를 버릴지. Whether a last, shorter batch is left out.
        generator: 섞을 때 쓰는 난수 생성기. By default the package's own.

    Raises:
        ArgumentError: arguments that exclude each other, a batch size or number of workers out of
            range, a dataset without a length.

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
        if isinstance(num_workers, bool) or not isinstance(num_workers, int) or num_workers < 0:
            raise ArgumentError(
                f"num_workers는 0 이상의 정수여야 합니다: {num_workers!r}.",
                f"num_workers must be an integer not below 0, not {num_workers!r}.",
            )
        if not (shuffle is None or isinstance(shuffle, bool | np.bool_)):
            raise ArgumentError(
                f"shuffle은 True나 False여야 합니다: {shuffle!r}.",
                f"shuffle must be True or False, not {shuffle!r}.",
            )
        if not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
            raise ArgumentError(
                f"데이터셋 {type(dataset).__name__}에 __getitem__과 __len__이 있어야 합니다.",
                f"The dataset {type(dataset).__name__} needs __getitem__ and __len__.",
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
