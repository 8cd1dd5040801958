"""샘플들을 배치 하나로 모은다.

Putting samples together into one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import SUPPORTED, Array
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.tensor import Tensor

_STRINGS = (str, bytes)
_NUMBERS = (np.ndarray, np.generic, int, float)
_KINDS: tuple[tuple[type, ...], ...] = (_STRINGS, (Tensor,), _NUMBERS, (Mapping,), (Sequence,))


def default_collate(batch: Sequence[Any]) -> Any:
    """샘플의 목록을 배치로 모은다.

    Put a list of samples together, as PyTorch's ``default_collate`` does: tensors, arrays and
    numbers become one tensor with a new first dimension (Python floats a float64 one); strings stay
    as they are; tuples, lists and mappings are put together element by element.

    Args:
        batch: 샘플의 목록(하나 이상). The samples, at least one, all of one kind.

    Raises:
        ShapeError: the samples differ in shape or length.
        ArgumentError: an empty batch, differing keys, or a kind that cannot be put together.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    if len(batch) == 0:
        raise ArgumentError("빈 배치는 모을 수 없습니다.", "An empty batch cannot be collated.")
    first = batch[0]
    kind = next((kind for kind in _KINDS if isinstance(first, kind)), None)
    if kind is None:
        raise ArgumentError(
            f"{type(first).__name__} 샘플은 배치로 모을 수 없습니다. collate_fn을 주거나 텐서, "
            "배열, 수, 문자열, 튜플, 사전을 쓰세요.",
            f"Samples of type {type(first).__name__} cannot be collated; pass a collate_fn, or use "
            "tensors, arrays, numbers, strings, tuples or dicts.",
        )
    if not all(isinstance(sample, kind) for sample in batch):
        met = ", ".join(sorted({type(sample).__name__ for sample in batch}))
        raise ArgumentError(
            f"한 배치에 서로 다른 종류의 샘플이 있습니다: {met}.",
            f"The samples of one batch are of different kinds: {met}.",
        )
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
                "샘플마다 키가 다릅니다. 모든 샘플의 키가 같아야 합니다.",
                "The samples have different keys; every sample needs the same ones.",
            )
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    _check_equal(len(sample) for sample in batch)
    columns = [default_collate(column) for column in zip(*batch, strict=True)]
    return type(first)(*columns) if hasattr(first, "_fields") else columns


def default_convert(sample: Any) -> Any:
    """배열을 텐서로 바꾸고 나머지는 그대로 둔다.

    Turn the arrays inside a sample into tensors and leave the rest as it is: what a loader without
    batches (``batch_size=None``) does to each sample.

    >>> default_convert((np.zeros(2, np.float32), "a"))
    [tensor([0., 0.]), 'a']
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
        listed = ", ".join(str(size) for size in met[:4])
        raise ShapeError(
            f"한 배치의 샘플은 크기가 같아야 합니다. 만난 크기: {listed}. 크기를 맞추거나 "
            "collate_fn을 주세요.",
            f"The samples of a batch must be of equal size, but these were met: {listed}. Make "
            "them equal, or pass a collate_fn.",
        )


def _from_numbers(batch: Sequence[Any]) -> Tensor:
    _check_equal(np.shape(sample) for sample in batch)
    array: Array = np.stack(batch) if isinstance(batch[0], np.ndarray) else np.array(batch)
    if array.dtype not in SUPPORTED:
        raise DTypeError(
            f"자료형 {array.dtype}의 샘플은 배치로 모을 수 없습니다.",
            f"Samples of dtype {array.dtype} cannot be collated.",
        )
    return wrap(array)
