"""샘플러: 어떤 차례로 샘플을 꺼낼지 정한다.

Samplers: the order in which samples are taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Generic, TypeVar

import numpy as np

from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import flag, integer
from tinygrad_kr.random import Generator, numpy_generator

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

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """무작위 차례.

    A random order, drawn whole when the iteration begins: a generator put back into its earlier
    state gives the same order again.

    Args:
        replacement: draw with replacement, as the book's mini-batches do.
        num_samples: how many to draw; by default the dataset's length.
        generator: by default the package's own.

    Raises:
        HyperparameterError: nothing is to be drawn.

    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
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
        """에폭마다 뽑는 수.

        How many indices an epoch has.
        """
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        draw, n, wanted = numpy_generator(self.generator), len(self.data_source), self.num_samples
        if self.replacement:
            order = draw.integers(n, size=wanted)
        else:
            rounds = -(-wanted // n)
            order = np.concatenate([draw.permutation(n) for _ in range(rounds)])[:wanted]
        return iter(order.tolist())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """주어진 번호들을 무작위 차례로.

    The given indices in random order, each once.

    >>> sorted(SubsetRandomSampler([2, 5]))
    [2, 5]
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
