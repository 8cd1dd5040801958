"""샘플들을 배치 하나로 모은다.

Putting samples together into one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import SUPPORTED, Array, as_dtype
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.tensor import Tensor

_STRINGS = (str, bytes)
_NUMBERS = (np.ndarray, np.generic, int, float)
_KINDS: tuple[tuple[type, ...], ...] = (_STRINGS, (Tensor,), _NUMBERS, (Mapping,), (Sequence,))


def default_collate(batch: Sequence[Any]) -> Any:
    """샘플의 목록을 배치로 모은다.

    Put a list of samples of one kind together, as PyTorch does: tensors, arrays and numbers become
    one tensor (Python floats a float64 one); strings stay as they are; tuples, lists and mappings
    are put together element by element.

    Raises:
        ShapeError: the samples differ in shape or length.
        ArgumentError: an empty batch, differing kinds or keys, a kind that cannot be put together.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    kind = next((kind for kind in _KINDS if len(batch) and isinstance(batch[0], kind)), None)
    if kind is None or not all(isinstance(sample, kind) for sample in batch):
        met = ", ".join(sorted({type(sample).__name__ for sample in batch}))
        raise ArgumentError(
            f"[{met}] 샘플은 배치로 모을 수 없습니다. 한 종류의 텐서, 배열, 수, 문자열, 튜플, "
            "사전을 쓰거나 collate_fn을 주세요.",
            f"Samples of [{met}] cannot be collated; use tensors, arrays, numbers, strings, tuples "
            "or dicts, of one kind, or pass a collate_fn.",
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
        raise ShapeError(
            f"샘플의 크기가 같아야 합니다: {met[:4]}. 아니면 collate_fn을 주세요.",
            f"The samples must be of equal size, not {met[:4]}; or pass a collate_fn.",
        )


def _from_numbers(batch: Sequence[Any]) -> Tensor:
    _check_equal(np.shape(sample) for sample in batch)
    array: Array = np.stack(batch) if isinstance(batch[0], np.ndarray) else np.array(batch)
    as_dtype(array.dtype)
    return wrap(array)
