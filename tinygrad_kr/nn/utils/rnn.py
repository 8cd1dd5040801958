"""길이가 다른 열: 채우기와 묶기.

Sequences of several lengths: padded, into one tensor with a value where they have ended; or packed,
one step of all that still go on after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import HyperparameterError, ShapeError
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.indexing import getitem, spread
from tinygrad_kr.ops.joining import cat
from tinygrad_kr.ops.shape import transpose
from tinygrad_kr.tensor import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Packed):
    """묶은 열들: 걸음마다 이어지는 열들의 값.

    Packed sequences: the values of the first steps, the longest sequence's first, then of the
    second steps, and so on; ``batch_sizes[t]`` sequences have a step t. ``sorted_indices`` say
    which sequence stands where, ``unsorted_indices`` the way back. The functions here make them.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Any = None,
        sorted_indices: Any = None,
        unsorted_indices: Any = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """자료형을 바꾼다. The same with the data converted."""
        return PackedSequence(self.data.to(*args, **kwargs), *self[1:])

    def float(self) -> PackedSequence:
        """float32로. The data in float32."""
        return PackedSequence(self.data.float(), *self[1:])

    def double(self) -> PackedSequence:
        """float64로. The data in float64."""
        return PackedSequence(self.data.double(), *self[1:])

    def cpu(self) -> PackedSequence:
        """그대로: 장치는 CPU뿐이다. Itself: there is only the CPU."""
        return self


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """순열의 역.

    The permutation that undoes this one; None of None.
    """
    return None if permutation is None else wrap(np.argsort(permutation._array))


def _going(lengths: Array, steps: int) -> Array:
    """Whether a sequence still goes on: (batch, steps)."""
    return np.arange(steps) < lengths[:, None]


def _padded(data: Any, places: Array, value: float) -> Any:
    """The rows of ``data`` at the true places, in order, the value elsewhere."""
    full = spread(data, shape=(*places.shape, *data.shape[1:]), index=(places,))
    places = places.reshape(*places.shape, *(1,) * (data.ndim - 1))
    return where(wrap(places), full, wrap(np.asarray(value, data.dtype)))


def pad_sequence(
    sequences: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """길이가 다른 열들을 채워 한 텐서로.

    Sequences (length, *) as one tensor (longest, batch, *), or batch first, with
    ``padding_value`` where they have ended, or before they begin if ``padding_side`` is "left".

    >>> import tinygrad_kr as tg
    >>> pad_sequence([tg.tensor([1, 2]), tg.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    parts: list[Any] = list(sequences) if isinstance(sequences, Iterable) else []
    if not parts or any(p.ndim == 0 for p in parts):
        raise ShapeError(
            "pad_sequence에는 1차원 이상의 텐서가 하나 이상 와야 합니다.",
            "pad_sequence expects a non-empty iterable of sequences, tensors of 1 dimension up.",
        )
    choice("padding_side", padding_side, ("left", "right"))
    lengths = np.array([len(p) for p in parts])
    places = _going(lengths, lengths.max())
    if padding_side == "left":
        places = places[:, ::-1]
    out = _padded(cat(parts), places, padding_value)
    return out if batch_first else transpose(out, 0, 1)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """채운 열들을 묶는다.

    A padded tensor (longest, batch, *), or batch first, packed. Sequences that do not come longest
    first are sorted if ``enforce_sorted`` is False.

    >>> import tinygrad_kr as tg
    >>> padded = tg.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    >>> pack_padded_sequence(padded, [2, 1, 3], batch_first=True, enforce_sorted=False)
    PackedSequence(data=tensor([4, 1, 3, 5, 2, 6]), batch_sizes=tensor([3, 2, 1]),
    sorted_indices=tensor([2, 0, 1]), unsorted_indices=tensor([1, 2, 0]))
    """
    steps_first = transpose(input, 0, 1) if batch_first else input
    steps, batch = steps_first.shape[:2]
    counts = np.asarray(as_array(lengths)).astype(np.int64)
    if counts.shape != (batch,) or not input._array.size:
        raise ShapeError(
            f"빈 텐서는 묶을 수 없고, lengths에는 열 {batch}개의 길이가 와야 합니다: 텐서의 형상 "
            f"{input.shape}, lengths의 형상 {counts.shape}.",
            "Cannot pack empty tensors, and `len(lengths)` must be equal to batch_size: tensor of "
            f"shape {input.shape}, lengths of shape {counts.shape}.",
        )
    order = None
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
        steps_first = getitem(steps_first, index=(slice(None), order))
    if counts.min() < 1 or counts.max() > steps or (np.diff(counts) > 0).any():
        raise ShapeError(
            f"길이는 1 ... {steps}이고 긴 것부터 와야 합니다: {counts}. "
            "enforce_sorted=False가 차례를 바꿉니다.",
            f"Lengths are 1 ... {steps} and must be sorted in decreasing order, not {counts}; "
            "enforce_sorted=False sorts them.",
        )
    places = _going(counts, counts[0]).T
    data = getitem(getitem(steps_first, index=(slice(counts[0]),)), index=(places,))
    return PackedSequence(data, wrap(places.sum(1)), None if order is None else wrap(order))


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """묶은 열들을 채워 한 텐서로: 길이도 돌려준다.

    What was packed, padded again, in its old order, and the lengths; ``total_length`` steps long
    if it is given.
    """
    sizes = sequence.batch_sizes._array
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise HyperparameterError(
            f"total_length={steps}: 가장 긴 열은 {len(sizes)}입니다.",
            f"total_length={steps} is less than the length of the longest sequence, {len(sizes)}.",
        )
    places = np.zeros((steps, sizes[0]), np.bool_)
    places[: len(sizes)] = _going(sizes, sizes[0])
    out, lengths = _padded(sequence.data, places, padding_value), places.sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices._array
        out, lengths = getitem(out, index=(slice(None), order)), lengths[order]
    return transpose(out, 0, 1) if batch_first else out, wrap(lengths)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """채운 텐서를 길이가 다른 열들로.

    The sequences in a padded tensor, each as long as ``lengths`` says.
    """
    rows = padded_sequences if batch_first else transpose(padded_sequences, 0, 1)
    return [row[: int(n)] for row, n in zip(rows, lengths, strict=True)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """길이가 다른 열들을 묶는다.

    Sequences (length, *) packed; see :func:`pack_padded_sequence`.
    """
    parts = list(sequences)
    return pack_padded_sequence(
        pad_sequence(parts), [len(p) for p in parts], enforce_sorted=enforce_sorted
    )


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """묶은 열들을 낱낱으로.

    The sequences that were packed.
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), True)
