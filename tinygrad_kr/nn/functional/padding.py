"""패딩: 둘레에 값을 덧붙인다.

Padding: values around an input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.errors import ShapeError
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.indexing import getitem, spread
from tinygrad_kr.ops.pointwise import filling
from tinygrad_kr.ops.shape import integers
from tinygrad_kr.tensor import Tensor

Margins = list[tuple[int, int]]
# What NumPy calls them, and how many elements at least are left over from a margin.
_MODES = {"reflect": ("reflect", 1), "replicate": ("edge", None), "circular": ("wrap", 0)}


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """둘레에 값을 덧붙인다.

    ``input`` with margins around it; negative ones cut off.

    Args:
        pad: how many elements come before and after the last dimension, before and after the one
            before it, and so on.
        mode: "constant" puts ``value`` (0) there; "reflect" the input mirrored at its edge,
            "replicate" the edge, "circular" the other end, over space alone.

    Raises:
        ShapeError: margins that the input does not give.

    >>> from tinygrad_kr import ops
    >>> pad(ops.arange(3.0), (1, 2), value=9)
    tensor([9., 0., 1., 2., 9., 9.])
    """
    choice("mode", mode, ("constant", *_MODES))
    shape, around = array_of(input).shape, integers(pad)
    pairs = list(zip(around[::2], around[1::2], strict=False))[::-1]
    lead = len(shape) - len(pairs)
    margins = [(0, 0)] * lead + pairs
    sizes = tuple(n + a + b for n, (a, b) in zip(shape, margins, strict=False))
    if len(around) % 2 or lead < (mode != "constant") or min(sizes, default=0) < 0:
        raise ShapeError(
            f"형상 {shape}인 입력에 pad={around}을(를) 덧붙일 수 없습니다: 뒤쪽 차원부터 앞뒤 한 "
            "쌍씩 적어 주세요.",
            f"pad={around} does not fit an input of shape {shape}: give a pair for each dimension, "
            "the last one first.",
        )
    grown = [(max(a, 0), max(b, 0)) for a, b in margins]
    if mode in ("reflect", "replicate"):  # of what is cut off too
        return _taken(input, margins, mode)
    if min(around, default=0) < 0:
        each = zip(shape, margins, strict=True)
        kept = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in each)
        input = getitem(input, index=kept)
    if mode != "constant":
        return _taken(input, grown, mode)
    inside = tuple(slice(a, a + n) for n, (a, _) in zip(input.shape, grown, strict=True))
    y = spread(input, shape=sizes, index=inside)
    if not value:
        return y
    filler = filling(value, input.dtype)
    return where(spread(np.ones(input.shape, np.bool_), shape=sizes, index=inside), y, filler)


def _taken(x: Any, margins: Margins, mode: str) -> Tensor:
    """The input's own values in the margins."""
    how, left = _MODES[mode]
    for dim, margin in enumerate(margins):
        if not any(margin):
            continue
        n = x.shape[dim]
        if n < 1 or (left is not None and max(margin) > n - left):
            raise ShapeError(
                f"pad {margin}이(가) 차원 {dim}의 크기 {n}에 비해 너무 큽니다: mode={mode!r}.",
                f"Padding size {margin} is too large for dimension {dim} of size {n}: "
                f"mode={mode!r}.",
            )
        before, after = margin
        grown = (max(before, 0), max(after, 0))
        places = np.pad(np.arange(n), grown, how)  # type: ignore[call-overload]
        places = places[max(-before, 0) : len(places) - max(-after, 0)]
        x = getitem(x, index=(*(slice(None),) * dim, places))
    return x  # type: ignore[no-any-return]
