"""데이터셋: 번호로 샘플을 꺼내는 것.

Datasets: what gives a sample for an index.

A loader asks a dataset for its samples in one of three ways, the first that the dataset has:

``__getbatch__(indices)``
    이 패키지의 것: 이미 모은 배치 하나. Our own: the batch itself, already collated, taken in one
    indexing. It must equal ``default_collate`` of the samples, and is used where that is the
    loader's ``collate_fn``.
``__getitems__(indices)``
    PyTorch의 것: 샘플의 목록. PyTorch's: a list of samples, which the loader collates.
``__getitem__(index)``
    샘플 하나씩. One sample at a time.

A subclass that overrides only ``__getitem__`` is asked for samples one by one: what it inherits for
whole batches would not know of the change.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, IndexingError, ShapeError
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.utils.data.collate import default_collate

T_co = TypeVar("T_co", covariant=True)


def overrides(instance: object, method: str, *, over: Sequence[str]) -> bool:
    """method가 over의 것들보다 늦게(또는 함께) 정의되었는가.

    Whether the class of ``instance`` has ``method``, defined in the same class as the methods named
    in ``over`` or in a more derived one. If not, ``method`` is missing or out of date.
    """
    for cls in type(instance).__mro__:
        if method in vars(cls):
            return vars(cls)[method] is not None
        if any(name in vars(cls) for name in over):
            return False
    return False


def index_array(indices: Any, length: int) -> Array:
    """번호의 목록을 정수 배열로.

    Indices (or one) into ``length`` samples as an integer array.

    Raises:
        IndexingError: they are not integers, or out of range.

    >>> index_array([2, -1], 3)
    array([ 2, -1])
    """
    array = np.asarray(indices)
    if array.size and array.dtype.kind not in "iu":
        raise IndexingError(
            f"샘플의 번호는 정수여야 합니다. 만난 자료형: {array.dtype}.",
            f"The indices of samples must be integers, but they are {array.dtype}.",
        )
    outside = array[(array < -length) | (array >= length)]
    if outside.size:
        raise IndexingError(
            f"번호 {outside[0]}이(가) 범위를 벗어났습니다. 샘플은 {length}개입니다.",
            f"The index {outside[0]} is out of range; there are {length} samples.",
        )
    return array.astype(np.int64, copy=False)


def take_samples(dataset: Any, indices: Sequence[int]) -> list[Any]:
    """샘플의 목록을 꺼낸다.

    The samples at ``indices`` as a list, by ``__getitems__`` where the dataset has it.
    """
    if overrides(dataset, "__getitems__", over=["__getitem__"]):
        return list(dataset.__getitems__(indices))
    return [dataset[i] for i in indices]


def take_batch(dataset: Any, indices: Sequence[int]) -> Any:
    """모은 배치를 꺼낸다.

    The samples at ``indices`` as ``default_collate`` puts them together, by ``__getbatch__`` where
    the dataset has it.
    """
    if overrides(dataset, "__getbatch__", over=["__getitems__", "__getitem__"]):
        return dataset.__getbatch__(indices)
    return default_collate(take_samples(dataset, indices))


class Dataset(Generic[T_co]):
    """데이터셋의 바탕 클래스. ``__getitem__``과 ``__len__``을 정의해 쓴다.

    The base of datasets: define ``__getitem__`` and ``__len__``. Any object that has these two
    serves a loader as well.

    >>> class Squares(Dataset[int]):
    ...     def __getitem__(self, index: int) -> int:
    ...         return index * index
    ...     def __len__(self) -> int:
    ...         return 10
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """첫 차원의 길이가 같은 텐서들의 데이터셋.

    Tensors of one length; a sample is a tuple of their rows. A batch is taken in one indexing a
    tensor.

    Args:
        tensors: 첫 차원의 길이가 같은 텐서들. Tensors that agree in their first dimension.

    Raises:
        ArgumentError: no tensor is given, or something else than a tensor.
        ShapeError: the lengths differ, or a tensor has no dimension.

    >>> import tinygrad_kr as tg
    >>> TensorDataset(tg.arange(3), tg.arange(3) * 10)[1]
    (tensor(1), tensor(10))
    """

    def __init__(self, *tensors: Tensor) -> None:
        wrong = [type(t).__name__ for t in tensors if not isinstance(t, Tensor)]
        if wrong or not tensors:
            met = ", ".join(wrong) or "()"
            raise ArgumentError(
                f"TensorDataset에는 텐서를 하나 이상 주어야 합니다. 받은 것: {met}. "
                "배열은 torch처럼 from_numpy()나 tensor()로 바꿔 주세요.",
                f"TensorDataset takes one tensor or more, but got {met}; turn arrays into tensors "
                "by from_numpy() or tensor().",
            )
        shapes = [tuple(t.shape) for t in tensors]
        if any(shape[:1] != shapes[0][:1] or not shape for shape in shapes):
            raise ShapeError(
                f"텐서들의 첫 차원의 길이가 같아야 합니다. 받은 형상: {shapes}.",
                f"Size mismatch between tensors: the first dimensions of {shapes} must be equal.",
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Tensor, ...]]:
        return list(zip(*self.__getbatch__(indices), strict=True))

    def __getbatch__(self, indices: Sequence[int]) -> list[Tensor]:
        rows = index_array(indices, len(self))
        return [tensor[rows] for tensor in self.tensors]

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset[T_co]):
    """데이터셋의 일부.

    The samples of a dataset at some indices.

    >>> Subset("abcd", [3, 0])[1]
    'a'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            chosen: T_co = self.dataset[[self.indices[i] for i in index]]
            return chosen
        sample: T_co = self.dataset[self.indices[index]]
        return sample

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        return take_samples(self.dataset, [self.indices[i] for i in indices])

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        return take_batch(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[Any]]:
    """데이터셋을 무작위로 나눈다(예: 훈련·검증·시험 6:2:2).

    Split a dataset at random into parts that do not overlap.

    Args:
        dataset: 길이가 있는 데이터셋. A dataset with a length.
        lengths: 길이들, 또는 합이 1인 비율들. Lengths, or fractions that sum to 1: each is rounded
            down, and what is left goes to the parts in turn, one each.
        generator: 난수 생성기. By default the package's own.

    Raises:
        ArgumentError: a length is negative, not a number, or the lengths do not sum to the
            dataset's.

    >>> [len(part) for part in random_split(range(11), [0.6, 0.2, 0.2])]
    [7, 2, 2]
    """
    n = len(dataset)
    if not all(
        isinstance(length, int | float | np.integer | np.floating) and 0 <= length < math.inf
        for length in lengths
    ):
        raise ArgumentError(
            f"길이는 0 이상의 수여야 합니다: {list(lengths)}.",
            f"The lengths must be numbers not below 0, but are {list(lengths)}.",
        )
    as_fractions = math.isclose(sum(lengths), 1)
    if as_fractions:
        sizes = [math.floor(n * fraction) for fraction in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
        if 0 in sizes:
            warnings.warn(
                f"빈 부분이 생깁니다 / a part is empty: {sizes}", UserWarning, stacklevel=2
            )
    else:
        sizes = [int(length) for length in lengths]
    if sum(sizes) != n or not (as_fractions or sizes == list(lengths)):
        raise ArgumentError(
            f"길이의 합이 데이터셋의 길이 {n}이어야 합니다(또는 비율의 합이 1): {list(lengths)}.",
            f"The lengths must sum to the dataset's length {n} (or fractions to 1), but are "
            f"{list(lengths)}.",
        )
    order = numpy_generator(generator).permutation(n).tolist()
    ends = np.cumsum(sizes).tolist()
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
