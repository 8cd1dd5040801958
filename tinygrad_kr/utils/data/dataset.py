"""데이터셋: 번호로 샘플을 꺼내는 것.

Datasets: what gives a sample for an index.

A loader asks for samples in the first of three ways that a dataset has:

- ``__getbatch__(indices)``, our own: what ``default_collate`` would make of the samples, in one
  indexing; the indices are a list, or a range or an array of our samplers;
- ``__getitems__(indices)``, PyTorch's: a list of samples, for a list of indices;
- ``__getitem__(index)``. A subclass that overrides only this is asked for one sample at a time.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import SUPPORTED, Array, as_dtype
from tinygrad_kr.errors import ArgumentError, IndexingError, ShapeError
from tinygrad_kr.hyperparameters import number, wrong_kind
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.tensor import Tensor

T_co = TypeVar("T_co", covariant=True)


def overrides(instance: object, method: str, *, over: Sequence[str]) -> bool:
    """Whether it has ``method``, and no subclass made that out of date by a method of ``over``."""
    for cls in type(instance).__mro__:
        if method in vars(cls):
            return vars(cls)[method] is not None
        if any(name in vars(cls) for name in over):
            return False
    return False


def index_array(indices: Any, length: int) -> Array:
    """A list of indices into ``length`` samples as an integer array."""
    array = np.asarray(indices)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise IndexingError(
            f"샘플의 번호는 정수여야 합니다: {indices!r}.",
            f"The index of a sample must be an integer: {indices!r}.",
        )
    outside = array[(array < -length) | (array >= length)]
    if outside.size:
        raise IndexingError(
            f"샘플은 {length}개인데 번호가 {outside[0]}입니다.",
            f"The index {outside[0]} is out of range; there are {length} samples.",
        )
    return array.astype(np.int64, copy=False)


def index_list(indices: Any) -> list[Any]:
    """What a sampler gave for a batch as the list that the users' own code is handed."""
    return indices.tolist() if isinstance(indices, np.ndarray) else list(indices)


def take_samples(dataset: Any, indices: Any) -> list[Any]:
    """The samples at ``indices``, by ``__getitems__`` where the dataset has it."""
    indices = index_list(indices)
    if overrides(dataset, "__getitems__", over=["__getitem__"]):
        return list(dataset.__getitems__(indices))
    return [dataset[i] for i in indices]


def take_batch(dataset: Any, indices: Any) -> Any:
    """The samples at ``indices`` put together, by ``__getbatch__`` where the dataset has it."""
    if overrides(dataset, "__getbatch__", over=["__getitems__", "__getitem__"]):
        return dataset.__getbatch__(indices)
    return default_collate(take_samples(dataset, indices))


class Dataset(Generic[T_co]):
    """데이터셋의 바탕 클래스. ``__getitem__``과 ``__len__``을 정의해 쓴다.

    The base of datasets: define ``__getitem__`` and ``__len__``. A loader takes any object that has
    these two.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError

    def __add__(self, other: Any) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """순서대로만 읽는 데이터셋. ``__iter__``를 정의해 쓴다.

    A dataset that is only gone through: define ``__iter__``. With workers each goes through a
    copy of its own, and :func:`get_worker_info` tells it which part is its.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError

    def __add__(self, other: Any) -> Dataset[Any]:
        return ChainDataset([self, other])


class ConcatDataset(Dataset[T_co]):
    """데이터셋을 이어 붙인다. ``a + b``와 같다.

    Datasets one after the other; ``a + b`` makes one.

    >>> ConcatDataset(["ab", "cde"])[-2]
    'd'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets or any(isinstance(d, IterableDataset) for d in self.datasets):
            raise wrong_kind(
                "datasets",
                self.datasets,
                "번호로 꺼내는 데이터셋의 리스트",
                "a list of datasets that can be indexed",
            )
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __getitem__(self, index: Any) -> T_co:
        index = index_array([index], len(self)).item() % len(self)
        which = bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        sample: T_co = self.datasets[which][index - before]
        return sample

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T_co]):
    """순서대로만 읽는 데이터셋을 이어 붙인다.

    Datasets that are gone through, one after the other; ``a + b`` makes one.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[T_co]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise wrong_kind("datasets", dataset, "IterableDataset", "of IterableDatasets")
            yield from dataset

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """첫 차원의 길이가 같은 텐서들의 데이터셋.

    Tensors of one length; a sample is a tuple of their rows.

    >>> import tinygrad_kr as tg
    >>> TensorDataset(tg.arange(3), tg.arange(3) * 10)[1]
    (tensor(1), tensor(10))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors or not all(isinstance(t, Tensor) for t in tensors):
            raise wrong_kind(
                "TensorDataset",
                tensors,
                "하나 이상의 텐서(배열은 from_numpy()로)",
                "given tensors (from_numpy() makes one of an array)",
            )
        shapes = [tuple(t.shape) for t in tensors]
        if any(shape[:1] != shapes[0][:1] or not shape for shape in shapes):
            raise ShapeError(
                f"첫 차원의 길이가 같아야 합니다: {shapes}.",
                f"The first dimensions must be equal: {shapes}.",
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Tensor, ...]]:
        return list(zip(*self.__getbatch__(indices), strict=True))

    def __getbatch__(self, indices: Any) -> list[Tensor]:
        rows = indices if _is_checked(indices, len(self)) else index_array(indices, len(self))
        try:
            return [_take(tensor, rows) for tensor in self.tensors]
        except IndexError:
            index_array(rows, len(self))
            raise

    def __len__(self) -> int:
        return len(self.tensors[0])


def _is_checked(indices: Any, length: int) -> bool:
    """Whether nothing is left to ask of ``indices`` that NumPy does not ask in taking them."""
    if type(indices) is range:
        return indices.step == 1 and 0 <= indices.start <= indices.stop <= length
    return type(indices) is np.ndarray and indices.dtype == np.int64 and indices.ndim == 1


def _take(tensor: Tensor, rows: Any) -> Tensor:
    """A copy of the rows, by the quickest way that NumPy has where there is no graph to record."""
    array = tensor._array
    if tensor.requires_grad:
        return tensor[rows]
    if type(rows) is range:
        return wrap(array[rows.start : rows.stop].copy())
    # take() would first copy the whole of an array that is not contiguous.
    return wrap(array.take(rows, 0) if array.flags.c_contiguous else array[rows])


class Subset(Dataset[T_co]):
    """데이터셋의 일부.

    The samples of a dataset at some indices.

    >>> Subset("abcd", [3, 0])[1]
    'a'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def _inner(self, indices: Any) -> list[int]:
        return [self.indices[i] for i in index_list(indices)]

    def __getitem__(self, index: Any) -> T_co:
        inner = self._inner(index) if isinstance(index, list) else self.indices[index]
        sample: T_co = self.dataset[inner]
        return sample

    def __getitems__(self, indices: Any) -> list[T_co]:
        return take_samples(self.dataset, self._inner(indices))

    def __getbatch__(self, indices: Any) -> Any:
        return take_batch(self.dataset, self._inner(indices))

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[Any]]:
    """데이터셋을 무작위로 나눈다(예: 훈련·검증·시험 6:2:2).

    Split a dataset at random into parts that do not overlap.

    Args:
        lengths: or fractions that sum to 1: each length is rounded down, and what is left goes to
            the parts in turn, one each.

    >>> [len(part) for part in random_split(range(11), [0.6, 0.2, 0.2])]
    [7, 2, 2]
    """
    n = len(dataset)
    parts = [number(f"lengths[{i}]", length, least=0) for i, length in enumerate(lengths)]
    as_fractions = math.isclose(sum(parts), 1)
    sizes = [math.floor(n * part if as_fractions else part) for part in parts]
    if as_fractions:
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
        if 0 in sizes:
            warnings.warn(
                f"빈 부분이 생깁니다 / a part is empty: {sizes}", UserWarning, stacklevel=2
            )
    elif sizes != parts or sum(sizes) != n:
        raise ArgumentError(
            f"길이의 합은 {n}(비율이면 1)이어야 합니다: {list(lengths)}.",
            f"The lengths must sum to {n} (or fractions to 1): {list(lengths)}.",
        )
    order = numpy_generator(generator).permutation(n).tolist()
    ends = np.cumsum(sizes).tolist()
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


_STRINGS = (str, bytes)
_NUMBERS = (np.ndarray, np.generic, int, float)
_KINDS: tuple[tuple[type, ...], ...] = (_STRINGS, (Tensor,), _NUMBERS, (Mapping,), (Sequence,))


def default_collate(batch: Sequence[Any]) -> Any:
    """샘플의 목록을 배치로 모은다.

    Put a list of samples of one kind and shape together: tensors, arrays and numbers become one
    tensor (Python floats a float64 one), strings stay, and tuples, lists and mappings are put
    together element by element.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    kind = next((kind for kind in _KINDS if len(batch) and isinstance(batch[0], kind)), None)
    if kind is None or not all(isinstance(sample, kind) for sample in batch):
        met = ", ".join(sorted({type(sample).__name__ for sample in batch}))
        raise ArgumentError(
            f"[{met}] 샘플은 배치로 모을 수 없습니다. collate_fn을 주세요.",
            f"Samples of [{met}] cannot be collated; pass a collate_fn.",
        )
    first = batch[0]
    if kind is _STRINGS:
        return batch
    if isinstance(first, Tensor):
        _check_equal(sample.shape for sample in batch)
        return stack(list(batch))
    if kind is _NUMBERS:
        return _from_numbers(batch)
    if isinstance(first, Mapping):
        if any(sample.keys() != first.keys() for sample in batch):
            raise ArgumentError(
                f"샘플마다 키가 다릅니다: {list(first)} 등.",
                f"The samples have different keys, {list(first)} and others.",
            )
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    _check_equal(len(sample) for sample in batch)
    columns = [default_collate(column) for column in zip(*batch, strict=True)]
    return type(first)(*columns) if hasattr(first, "_fields") else columns


def default_convert(sample: Any) -> Any:
    """배열을 텐서로 바꾸고 나머지는 그대로 둔다.

    Turn the arrays inside a sample into tensors: what a loader with ``batch_size=None`` does.
    """
    if isinstance(sample, np.ndarray | np.generic) and sample.dtype in SUPPORTED:
        return wrap(np.array(sample))
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, Sequence) and not isinstance(sample, str | bytes):
        items = [default_convert(value) for value in sample]
        return type(sample)(*items) if hasattr(sample, "_fields") else items
    return sample


def _check_equal(sizes: Iterable[Any]) -> None:
    met = sorted(set(sizes))
    if len(met) > 1:
        raise ShapeError(
            f"샘플의 크기가 다릅니다: {met[:4]}. collate_fn을 주세요.",
            f"The samples differ in size: {met[:4]}; pass a collate_fn.",
        )


def _from_numbers(batch: Sequence[Any]) -> Tensor:
    _check_equal(np.shape(sample) for sample in batch)
    array: Array = np.stack(batch) if isinstance(batch[0], np.ndarray) else np.array(batch)
    as_dtype(array.dtype)
    return wrap(array)
