"""흩뿌리며 모아 줄이기.

Scattering with a reduction: what is sent to one place becomes its sum, product, mean or extremum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import Array, DType
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.arithmetic import div
from tinygrad_kr.ops.comparison import eq, where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of, numpy_names
from tinygrad_kr.ops.gathering import (
    checked_index,
    checked_source,
    places_along,
    raw_gather,
    raw_scatter,
    raw_scatter_add,
)
from tinygrad_kr.ops.more.scattering import checked_slices, in_shape
from tinygrad_kr.ops.primitive import Needs, Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = ["index_reduce", "scatter_reduce"]


def _reduce_forward(x: Array, src: Array, *, index: Array, dim: int, ufunc: np.ufunc) -> Array:
    out = np.array(x, order="C")
    places = places_along(x.shape, index, dim)
    ufunc.at(out.reshape(-1), places.reshape(-1), src.reshape(-1))
    return out


def _reduce_vjp(
    needs: Needs, g: Any, x: Any, src: Any, y: Any, index: Array, dim: int, ufunc: np.ufunc
) -> tuple[Any, Any]:
    def there(values: Any) -> Any:
        return raw_gather(values, index, dim=dim)

    def flags(condition: Any) -> Any:
        return cast(condition, g.dtype)

    if ufunc is not np.multiply:
        # A maximum shares its gradient among those that reach it.
        first, others = flags(eq(x, y)), flags(eq(src, there(y)))
        share = g / raw_scatter_add(first, index, others, dim=dim)
        return first * share, others * there(share)
    # The product of the others is y / v; of a 0 the product with 1 in its place, where it is alone.
    first = where(eq(x, 0), 1.0, x)
    of_x = g * _scatter_reduce(first, src, index=index, dim=dim, ufunc=ufunc) / first
    zero = eq(src, 0)
    count = there(raw_scatter_add(np.zeros(x.shape, g.dtype), index, flags(zero), dim=dim))
    alone = as_array(zero) & (as_array(count) == 1)
    ones = _scatter_reduce(x, where(alone, 1.0, src), index=index, dim=dim, ufunc=ufunc)
    of_src = where(alone, there(g * ones), there(g * y) / where(zero, 1.0, src))
    return of_x, of_src


_scatter_reduce: Callable[..., Tensor] = Primitive(
    "scatter_reduce", _reduce_forward, vjp=_reduce_vjp
)


def _neutral(reduce: str, dtype: DType) -> Array:
    """What a reduction begins with where it has no value of its own."""
    if reduce in ("amax", "amin"):
        low, high = {"f": (-np.inf, np.inf), "b": (0, 1)}.get(dtype.kind) or (
            np.iinfo(dtype).min, np.iinfo(dtype).max,
        )  # fmt: skip
        return np.array(low if reduce == "amax" else high, dtype)
    return np.array(reduce == "prod", dtype)


_UFUNCS = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


def _reduced(x: Any, at: int, i: Any, src: Any, reduce: str, include_self: bool) -> Tensor:
    shape, dtype = as_array(x).shape, as_array(x).dtype
    if not include_self:
        x = raw_scatter(x, i, _neutral(reduce, dtype), dim=at)
    if reduce in _UFUNCS:
        index = np.array(as_array(i))
        return _scatter_reduce(x, src, index=index, dim=at, ufunc=_UFUNCS[reduce])
    total = raw_scatter_add(x, i, src, dim=at)
    if reduce == "sum":
        return total
    index = as_array(i)
    count: Any = np.ones(shape, dtype)
    if not include_self:
        count = raw_scatter(count, index, np.array(0, dtype), dim=at)
    count = raw_scatter_add(count, index, np.ones(index.shape, dtype), dim=at)
    return div(total, count, rounding_mode=None if dtype.kind == "f" else "floor")


def _check_reduce(name: str, reduce: Any, known: Sequence[str], dtype: DType) -> None:
    if reduce not in known or (reduce == "mean" and dtype.kind == "b"):
        raise ArgumentError(
            f"{name}의 reduce는 {', '.join(known)} 가운데 하나여야 합니다: {reduce!r}({dtype}).",
            f"{name}: reduce must be one of {', '.join(known)}, not {reduce!r} (of {dtype}).",
        )


@numpy_names
def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Tensor:
    """index가 가리키는 자리마다 src의 값들을 모아 줄인 것.

    The values of ``src`` that ``index`` sends along ``dim`` to one place, as :func:`scatter_add`
    has it, reduced: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``. What stands in
    ``input`` takes part unless ``include_self`` is False; places that nothing is sent to keep it.
    Several maxima share the gradient.

    >>> import tinygrad_kr as tg
    >>> x, index = tg.zeros(3), tg.tensor([0, 0, 2])
    >>> tg.scatter_reduce(x, 0, index, tg.tensor([1.0, 3.0, -1.0]), "amax")
    tensor([3., 0., 0.])
    """
    known = ("sum", "prod", "mean", "amax", "amin")
    _check_reduce("scatter_reduce", reduce, known, array_of(input).dtype)
    at, x, i = checked_index("scatter_reduce", input, dim, index)
    array_of(src)
    values = checked_source("scatter_reduce", x, i, src)
    x = in_shape(input, as_array(x).shape)
    return in_shape(_reduced(x, at, i, values, reduce, include_self), array_of(input).shape)


@numpy_names
def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Tensor:
    """index가 가리키는 조각마다 source의 조각들을 모아 줄인 것.

    As :func:`index_add` with another reduction: ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``;
    ``include_self`` as of :func:`scatter_reduce`.
    """
    _check_reduce("index_reduce", reduce, ("mean", *_UFUNCS), array_of(input).dtype)
    x, at, i, s = checked_slices("index_reduce", input, dim, index, source)
    shape = as_array(s).shape
    lined = i.reshape(tuple(-1 if d == at else 1 for d in range(len(shape))))
    wide = np.array(np.broadcast_to(lined, shape))
    return in_shape(_reduced(x, at, wide, s, reduce, include_self), array_of(input).shape)
