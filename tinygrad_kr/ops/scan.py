"""누적합, 누적곱, 곱.

Running sums and products, and the product. Their gradients are right where elements are 0, one or
many, to every order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array, float16
from tinygrad_kr.ops.dims import Dims, array_of, normal_dim, normal_dims, numpy_names
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.joining import along, cat
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import accumulate, computed_in, restored, sum, wide

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _scan(ufunc: Any, x: Array, dim: int) -> Any:
    if x.ndim == 0:
        return x.astype(wide(x) if x.dtype.kind != "f" else x.dtype)
    with np.errstate(all="ignore"):
        y = ufunc.accumulate(x, axis=dim, dtype=wide(x))
        return y.astype(float16) if x.dtype == float16 else y


def _cumsum_forward(x: Array, *, dim: int, backwards: bool) -> Any:
    if not backwards or x.ndim == 0:
        return _scan(np.add, x, dim)
    flip = along(dim, slice(None, None, -1))
    return _scan(np.add, x[flip], dim)[flip]


_cumsum: Callable[..., Tensor] = Primitive(
    "cumsum",
    _cumsum_forward,
    x=lambda g, dim, backwards: _cumsum(g, dim=dim, backwards=not backwards),
)


@numpy_names
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """누적합.

    The running sum along ``dim``; of integers and bools in int64.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return computed_in(dtype, _cumsum, input, dim=dim, backwards=False)


# Products. Dividing the product by an element fails at 0; what follows never divides by one.


def _others(x: Array, dims: tuple[int, ...]) -> Array:
    """For each element the product of all the others over ``dims``: of those before it and those
    after it."""
    last = tuple(range(x.ndim - len(dims), x.ndim))
    moved = np.moveaxis(x, dims, last)
    line = moved.reshape(*moved.shape[: last[0]], -1)
    before, after = np.ones_like(line), np.ones_like(line)
    np.multiply.accumulate(line[..., :-1], axis=-1, out=before[..., 1:])
    np.multiply.accumulate(line[..., :0:-1], axis=-1, out=after[..., -2::-1])
    before *= after
    return np.moveaxis(before.reshape(moved.shape), last, dims)


def _prod_slope(needs: Any, g: Any, x: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    others = _others(x, dims) if dims and x.size else np.ones_like(x)
    return (restored(g, dims, keepdim) * others,)


def _cut(x: Any, dim: int, start: int, stop: int) -> Any:
    return getitem(x, index=along(dim, slice(start, stop)))


def _prod_tree(x: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """The product by multiplications alone, halves with halves."""
    for d in dims:
        odd = None
        n = x.shape[d]
        if n == 0:
            x = sum(x, d, True) + 1
        while n > 1:
            if n % 2:
                last = _cut(x, d, n - 1, n)
                odd = last if odd is None else odd * last
            n //= 2
            x = _cut(x, d, 0, n) * _cut(x, d, n, 2 * n)
        x = x if odd is None else x * odd
    if keepdim:
        return x
    return getitem(x, index=tuple(0 if d in dims else slice(None) for d in range(x.ndim)))


_prod: Callable[..., Tensor] = Primitive(
    "prod",
    lambda x, *, dims, keepdim: accumulate(np.multiply, x, dims, keepdim),
    vjp=_prod_slope,
    reference=_prod_tree,
)


@numpy_names
def prod(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """곱.

    The product over ``dim``; of integers and bools in int64.

    >>> import tinygrad_kr as tg
    >>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> tg.prod(x).backward()
    >>> x.grad
    tensor([0., 6., 0.])
    """
    dims = normal_dims(dim, array_of(input).ndim)
    return computed_in(dtype, _prod, input, dims=dims, keepdim=keepdim)


def _cumprod_slope(needs: Any, g: Any, x: Any, y: Any, dim: int) -> Any:
    """Σ over j ≥ k of g_j · Π of x_i, i ≤ j, i ≠ k. Up to the first 0 that is a sum of g·y divided
    by x_k; at that 0 the same with a 1 in its place; behind it every product holds the 0."""
    if x.ndim == 0:
        return (g,)
    zeros = np.cumsum(x == 0, axis=dim)
    upto = _cumsum_forward(g * y, dim=dim, backwards=True) / x
    if not zeros.any():
        return (upto,)
    first = (zeros == 1) & (x == 0)
    through = _scan(np.multiply, np.where(first, 1, x), dim)
    through = _cumsum_forward(g * through, dim=dim, backwards=True)
    return (np.where(first, through, np.where(x == 0, 0, upto)),)


def _cumprod_doubling(x: Any, dim: int) -> Any:
    """The running product by multiplications alone, each step twice as far."""
    if x.ndim == 0:
        return x
    step, n = 1, x.shape[dim]
    while step < n:
        ahead = _cut(x, dim, step, n) * _cut(x, dim, 0, n - step)
        x = cat((_cut(x, dim, 0, step), ahead), dim)
        step *= 2
    return x


_cumprod: Callable[..., Tensor] = Primitive(
    "cumprod",
    lambda x, *, dim: _scan(np.multiply, x, dim),
    vjp=_cumprod_slope,
    reference=_cumprod_doubling,
)


@numpy_names
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """누적곱.

    The running product along ``dim``; of integers and bools in int64.
    """
    dim = normal_dim(dim, array_of(input).ndim)
    return computed_in(dtype, _cumprod, input, dim=dim)
