"""Hypothesis 전략: 형상, 텐서, 인덱스, 연산의 입력.

Hypothesis strategies for tensors and for the calls of operations. Values lie on a grid of
short binary fractions, exact in float32 too, and shrink to one number all over; shapes shrink to
the 0-d one. Needs the extra ``testing``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array, as_dtype, is_floating
from tinygrad_kr.errors import MissingExtraError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing.call import Call

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError:
    raise MissingExtraError(
        'Hypothesis 전략에는 hypothesis가 필요합니다. pip install "tinygrad_kr[testing]"',
        'The Hypothesis strategies need hypothesis: pip install "tinygrad_kr[testing]"',
    ) from None

Shape = tuple[int, ...]

_FINE = 256  # values of the grid
_SIMPLEST = 160  # where in the grid a zero byte falls: 0.5 between -2 and 2
_AWAY = 1 / 16  # how far a value is kept from one that it is to avoid
_MARKS = 32  # bytes that a tensor is made from
_RARE = 232  # bytes from here on make a side as small as it may be, 0 for one
_LAYOUTS = "CCFRS"  # C order, Fortran order, reversed, strided


@functools.cache
def _bytes(count: int) -> st.SearchStrategy[bytes]:
    """What shapes and values are made from: one choice to Hypothesis, however many there are, which
    shrinks to zeros."""
    return st.binary(min_size=count, max_size=count)


@functools.lru_cache(1000)
def shapes(
    min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3
) -> st.SearchStrategy[Shape]:
    """형상: 0차원과 크기 0인 것도.

    Shapes, the 0-d one and those with a side of 0 among them.

    >>> from hypothesis import find
    >>> from tinygrad_kr.testing import shapes
    >>> find(shapes(), lambda shape: len(shape) > 1)
    (1, 1)
    """
    make = functools.partial(_shape, min_dims, max_dims, min_side, max_side)
    return _bytes(max_dims + 1).map(make)


def _shape(min_dims: int, max_dims: int, min_side: int, max_side: int, marks: bytes) -> Shape:
    """A shape from bytes: one for how many sides, one for each."""
    least = max(min_side, 1)
    ndim = min_dims + marks[0] % (max_dims - min_dims + 1)
    return tuple(
        min_side if mark >= _RARE else least + mark % (max_side - least + 1)
        for mark in marks[1 : ndim + 1]
    )


@functools.lru_cache(1000)
def broadcastable(
    count: int = 2, *, max_dims: int = 3, max_side: int = 3
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """서로 브로드캐스트되는 형상들.

    ``count`` shapes that broadcast together, with sides of 0 and 1 and the 0-d shape among them.
    """
    make = functools.partial(_broadcastable, max_dims, max_side)
    return _bytes(max_dims + 1 + count).map(make)


def _broadcastable(max_dims: int, max_side: int, marks: bytes) -> tuple[Shape, ...]:
    """Shapes from bytes: those of the whole one, then one for what each makes of it."""
    whole = _shape(0, max_dims, 0, max_side, marks)
    return tuple(_narrowed(whole, mark) for mark in marks[max_dims + 1 :])


def _narrowed(whole: Shape, mark: int) -> Shape:
    """A quarter of them whole; of the others the bits of the mark say which sides become 1, and a
    quarter lose some in front."""
    if mark < 64:
        return whole
    missing = mark % (len(whole) + 1) if mark >= 192 else 0
    return tuple(1 if mark >> i & 1 else n for i, n in enumerate(whole) if i >= missing)


def tensors(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    *,
    dtype: Any = np.float64,
    low: float = -2.0,
    high: float = 2.0,
    avoid: Sequence[float] = (),
    distinct: bool = False,
    requires_grad: bool | None = None,
) -> st.SearchStrategy[Tensor]:
    """텐서: 유한한 값, 꺾이는 점을 피하고, 메모리 배치는 여러 가지.

    Leaf tensors of finite values, in C or Fortran order, strided or reversed. Those of more than 31
    elements repeat themselves, unless ``distinct``.

    Args:
        shape: a shape or a strategy of them; any of :func:`shapes` if None.
        dtype: the dtype, or a strategy of dtypes; integers are the values rounded down.
        low, high: values lie in [low, high).
        avoid: kinks, from which values keep 1/16 away.
        distinct: no two values are near each other, for ``max``, ``sort`` and their like.
        requires_grad: None means that floating tensors do.

    >>> from hypothesis import find
    >>> from tinygrad_kr.testing import tensors
    >>> find(tensors((2,), requires_grad=False), lambda t: t.sum() > 0)
    tensor([0.5000, 0.5000], dtype=torch.float64)
    """
    return _tensors(shape, dtype, low, high, tuple(avoid), distinct, requires_grad)


@functools.lru_cache(1000)
def _tensors(
    shape: Any, dtype: Any, low: float, high: float, avoid: tuple[float, ...], distinct: bool,
    requires_grad: bool | None,
) -> st.SearchStrategy[Tensor]:  # fmt: skip
    """Kept, for a strategy that is made anew in every draw of another costs more than it draws."""
    make = functools.partial(
        _tensor, low=low, high=high, avoid=avoid, distinct=distinct, requires_grad=requires_grad
    )
    sizes = shapes() if shape is None else _strategy(shape)
    return st.builds(make, sizes, _bytes(_MARKS), _strategy(dtype))


def _strategy(value: Any) -> st.SearchStrategy[Any]:
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


def _tensor(
    size: Shape, drawn: bytes, dtype: Any, *, low: float, high: float, avoid: Sequence[float],
    distinct: bool, requires_grad: bool | None,
) -> Tensor:  # fmt: skip
    """A tensor from bytes: one for the memory layout, one for each value."""
    of = as_dtype(dtype)
    marks = np.resize(np.frombuffer(drawn, np.uint8, offset=1), math.prod(size))
    values = _spread(marks, low, high) if distinct else _on_grid(marks, low, high)
    if of.kind != "f":
        values = np.floor(values)
    for kink in avoid:
        away = min(_AWAY, (high - low) / (4 * max(marks.size, 1))) if distinct else _AWAY
        near = np.abs(values - kink) < away
        values = np.where(near, kink + np.where(values < kink, -away, away), values)
    t = wrap(_laid_out(values.reshape(size).astype(of), _LAYOUTS[drawn[0] % len(_LAYOUTS)]))
    wanted = is_floating(of) if requires_grad is None else requires_grad
    return t.requires_grad_() if wanted else t


def _on_grid(marks: Array, low: float, high: float) -> Array:
    return low + (marks.astype(np.int64) + _SIMPLEST) % _FINE * ((high - low) / _FINE)


def _spread(marks: Array, low: float, high: float) -> Array:
    """As many values as marks, evenly apart, in the order of the marks."""
    ranks = marks.argsort(kind="stable").argsort(kind="stable")
    shift = (marks[:1].astype(np.int64) + _SIMPLEST) % _FINE / (2 * _FINE)
    return low + (ranks + shift) * ((high - low) / max(marks.size, 1))


def _laid_out(values: Array, layout: str) -> Array:
    """The same values on other strides."""
    if values.ndim == 0 or layout == "C":
        return values
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "R":
        return np.ascontiguousarray(values[::-1])[::-1]
    wide = np.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
    wide[..., ::2] = values
    return wide[..., ::2]


def indices(shape: Shape) -> st.SearchStrategy[Any]:
    """인덱스: 정수, 슬라이스, None, ..., 정수 배열, 마스크.

    Keys that a tensor of ``shape`` takes: integers, slices, ``None`` and ``...`` in tuples, integer
    arrays that broadcast together, a mask.
    """
    kinds: list[st.SearchStrategy[Any]] = [
        hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True),
        hnp.arrays(np.bool_, shape),
    ]
    if shape and 0 not in shape:
        kinds.append(hnp.integer_array_indices(shape))
    return st.one_of(kinds)


def op_inputs(
    count: int = 1,
    *,
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    low: float = -2.0,
    high: float = 2.0,
    avoid: Sequence[float] = (),
    distinct: bool = False,
    **statics: Any,
) -> st.SearchStrategy[Call]:
    """연산의 입력: 서로 브로드캐스트되는 텐서들과 키워드 인자.

    Calls of an operation: ``count`` float64 tensors that require grad and broadcast together, and
    keyword arguments.

    Args:
        count: how many tensors.
        shape: of all of them, or a strategy for it; if None, shapes that broadcast together.
        low, high, avoid, distinct: as for :func:`tensors`.
        statics: keyword arguments, constants or strategies of them.
    """
    options: Any = {"low": low, "high": high, "avoid": avoid, "distinct": distinct}

    def make(sizes: Sequence[Shape], drawn: bytes, keywords: dict[str, Any]) -> Call:
        marks = [drawn[i : i + _MARKS] for i in range(0, count * _MARKS, _MARKS)]
        tensors = [
            _tensor(size, own, np.float64, requires_grad=True, **options)
            for size, own in zip(sizes, marks, strict=True)
        ]
        return Call(tuple(tensors), keywords)

    def broadcast(drawn: bytes, keywords: dict[str, Any]) -> Call:
        return make(_broadcastable(3, 3, drawn[count * _MARKS :]), drawn, keywords)

    keywords = st.fixed_dictionaries({name: _strategy(v) for name, v in statics.items()})
    # One draw for all: Hypothesis varies an example piece by piece, and repeats the other pieces.
    if shape is None:
        return st.builds(broadcast, _bytes(count * _MARKS + 4 + count), keywords)
    sizes = _strategy(shape).map(lambda size: (size,) * count)
    return st.builds(make, sizes, _bytes(count * _MARKS), keywords)
