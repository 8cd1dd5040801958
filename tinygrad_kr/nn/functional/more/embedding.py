"""임베딩: 번호마다 벡터 하나.

Embeddings: a vector for each number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array, int32, int64
from tinygrad_kr.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.indexing import getitem, spread
from tinygrad_kr.ops.order import max as _max
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.tensor import Tensor

__all__ = ["embedding", "embedding_bag"]

#: The rows of a matrix; of the gradient each has its ``share``.
_rows: Callable[..., Tensor] = Primitive(
    "embedding",
    lambda weight, *, index, share: weight.take(index, axis=0),
    weight=lambda g, weight_shape, index, share: spread(
        g if share is None else g * share.astype(g.dtype), shape=weight_shape, index=(index,)
    ),
)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """임베딩: 번호가 가리키는 행들.

    The rows of ``weight`` that the numbers in ``input`` name.

    Args:
        padding_idx: the row that gets no gradient.
        max_norm, norm_type: rows that are asked for and longer are first shortened to this norm,
            in place.
        scale_grad_by_freq: divide the gradient of a row by how often it was asked for.
        sparse: there are no sparse gradients here; refused.

    Shape:
        input (*), weight (V, D); the result is (*, D).

    >>> from tinygrad_kr import ops
    >>> embedding(ops.creation.tensor([2, 0]), ops.creation.eye(3))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    index, padding = _checked("embedding", input, weight, padding_idx, sparse)
    if max_norm is not None:
        _shorten(weight, index, max_norm, norm_type)
    return _rows(weight, index=index, share=_share(index, padding, scale_grad_by_freq))


def _checked(
    name: str, input: Any, weight: Any, padding_idx: int | None, sparse: bool
) -> tuple[Array, int]:
    """The indices, and the row of ``padding_idx``: −1 if there is none."""
    index, shape = array_of(input), array_of(weight).shape
    if sparse:
        raise ArgumentError(
            f"{name}: 희소(sparse) 기울기는 없습니다. sparse=False로 두세요.",
            f"{name}: there are no sparse gradients; leave sparse=False.",
        )
    if len(shape) != 2:
        raise ShapeError(
            f"{name}의 weight는 2차원이어야 합니다: 형상 {shape}.",
            f"{name}: 'weight' must be 2-D, not of shape {shape}.",
        )
    if index.dtype not in (int32, int64):
        raise DTypeError(
            f"{name}의 번호는 int64나 int32여야 합니다: {index.dtype}. long()으로 바꾸세요.",
            f"{name}: expected indices of int64 or int32, not {index.dtype}; use long().",
        )
    rows, padding = shape[0], -1 if padding_idx is None else padding_idx
    if not -rows <= padding < rows and padding_idx is not None:
        raise ArgumentError(
            f"{name}: padding_idx={padding_idx}이(가) 행의 수 {rows}을(를) 벗어났습니다.",
            f"{name}: padding_idx={padding_idx} must be within num_embeddings={rows}.",
        )
    outside = index[(index < 0) | (index >= rows)]
    if outside.size:
        raise IndexingError(
            f"{name}: 번호 {outside[0]}이(가) 0 ... {rows - 1}을(를) 벗어났습니다.",
            f"{name}: index {outside[0]} is out of range in self, 0 ... {rows - 1}.",
        )
    return index, padding + rows if padding < 0 and padding_idx is not None else padding


def _share(index: Array, padding: int, by_frequency: bool) -> Array | None:
    """Of each row that is asked for, its share of the gradient; None where it is all of it."""
    if padding < 0 and not by_frequency:
        return None
    share: Array = (index != padding).astype(np.float64)[..., None]
    if by_frequency and index.size:
        share /= np.bincount(index.reshape(-1))[index][..., None]
    return share


def _shorten(weight: Any, index: Array, max_norm: float, norm_type: float) -> None:
    """Rows longer than ``max_norm`` to that length, outside the graph."""
    rows = np.unique(index)
    part = weight._array[rows]
    length = quietly(lambda: np.linalg.norm(part, norm_type, 1, keepdims=True))
    by = np.where(length > max_norm, max_norm / (length + 1e-7), 1)
    weight._array[rows] = part * by.astype(part.dtype)
    weight._version[0] += 1


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """임베딩의 주머니: 번호들이 가리키는 행들의 합, 평균, 최댓값.

    The sum, mean or maximum of the rows that each bag of numbers names; 0 of an empty bag.

    Args:
        offsets: of a 1-d input: where each bag begins, and where the last one ends if
            ``include_last_offset``; the bags of a 2-d input are its rows.
        per_sample_weights: what each row of a sum is multiplied by.
        padding_idx: the number that does not count.

    Shape:
        input (L) or (B, L), weight (V, D); the result is (B, D).
    """
    choice("mode", mode, ("sum", "mean", "max"))
    if mode == "max" and scale_grad_by_freq:
        raise ArgumentError(
            "mode='max'에서는 scale_grad_by_freq를 쓸 수 없습니다.",
            "max mode does not support scaling the gradient by the frequency.",
        )
    name = "embedding_bag"
    index, padding = _checked(name, input, weight, padding_idx, sparse)
    starts = _starts(index, offsets, include_last_offset)
    weights = per_sample_weights
    if weights is not None and (mode != "sum" or weights.shape != index.shape):
        raise ShapeError(
            f"per_sample_weights는 mode='sum'에서만, 입력의 형상 {index.shape}으로 줍니다: "
            f"mode={mode!r}, 형상 {weights.shape}.",
            f"embedding_bag: per_sample_weights needs mode='sum' and the input's shape "
            f"{index.shape}; got mode={mode!r}, shape {weights.shape}.",
        )
    flat = index.reshape(-1)
    if max_norm is not None:
        _shorten(weight, flat, max_norm, norm_type)
    bag = np.searchsorted(starts, np.arange(flat.size), side="right") - 1
    counted = flat != padding
    rows = _rows(weight, index=flat, share=_share(flat, padding, scale_grad_by_freq))
    dtype, counts = rows.dtype, np.bincount(bag[counted], minlength=starts.size)
    if mode == "max":
        return _maxima(rows, bag[counted], np.flatnonzero(counted), counts)
    each: Any = counted.astype(dtype)[:, None]
    if weights is not None:
        each = reshape(weights, (-1, 1)) * each
    total = spread(rows * each, shape=(starts.size, rows.shape[1]), index=(bag,))
    if mode == "sum":
        return total
    return total / np.maximum(counts, 1).astype(dtype)[:, None]


def _starts(index: Array, offsets: Any, include_last: bool) -> Any:
    """Where the bags begin in the flat input."""
    if index.ndim == 2 and offsets is None:
        return np.arange(index.shape[0]) * index.shape[1]
    given: Any = None if offsets is None else array_of(offsets)
    if index.ndim != 1 or given is None or given.ndim != 1:
        raise ShapeError(
            f"입력이 1차원이면 1차원 offsets를 주고, 2차원이면 주지 마세요: 형상 {index.shape}.",
            "embedding_bag: give 1-D offsets with a 1-D input, and none with a 2-D one, of shape "
            f"{index.shape}.",
        )
    if given[:1].any() or given[-1:].max(initial=0) > index.size:
        raise ShapeError(
            f"offsets는 0에서 시작하고 입력의 길이 {index.size}을(를) 넘지 않아야 합니다: {given}.",
            f"embedding_bag: offsets must begin with 0 and not pass the input's length "
            f"{index.size}, got {given}.",
        )
    return given[:-1] if include_last else given


def _maxima(rows: Any, bag: Array, places: Array, counts: Array) -> Tensor:
    """The maxima of the bags: their rows side by side, gaps filled with the first."""
    if not places.size:
        none = getitem(rows, index=(places,))
        return spread(none, shape=(counts.size, rows.shape[1]), index=(places,))
    first = np.cumsum(counts) - counts
    wide = np.arange(counts.max())
    at = places[np.minimum(first[:, None] + np.where(wide < counts[:, None], wide, 0),
                           places.size - 1)]  # fmt: skip
    y = _max(getitem(rows, index=(at,)), 1)[0]
    return where(counts[:, None] > 0, y, 0.0)
