"""노름, 소프트맥스, 지수의 합의 로그.

Norms, and exponentials put in proportion. Of those the largest is taken off first, so nothing
overflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.dtypes import Array, as_dtype, get_default_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError
from tinygrad_kr.ops.arithmetic import abs, sign
from tinygrad_kr.ops.comparison import maximum, ne, where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import Dims, array_of, normal_dims, numpy_names
from tinygrad_kr.ops.exponential import exp
from tinygrad_kr.ops.order import need_elements
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.ops.reduction import accumulate, need_floating, restored, sum, widened

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _norm2_forward(x: Array, *, dims: tuple[int, ...], keepdim: bool) -> Any:
    with np.errstate(all="ignore"):
        return np.sqrt(accumulate(np.add, x * x, dims, keepdim))


def _norm_forward(x: Array, *, p: float, dims: tuple[int, ...], keepdim: bool) -> Any:
    with np.errstate(all="ignore"):
        return accumulate(np.add, np.abs(x) ** p, dims, keepdim) ** (1 / p)


def _norm_slope(g: Any, x: Any, y: Any, p: float, dims: tuple[int, ...], keepdim: bool) -> Any:
    """g · sign(x) · (|x| / y)^(p - 1), 0 where x or y is 0."""
    size = abs(x)
    still = y == 0
    share = where(size == 0, 1.0, size) / restored(where(still, 1.0, y), dims, keepdim)
    return restored(where(still, 0.0, g), dims, keepdim) * sign(x) * share ** (p - 1)


_norm2: Callable[..., Tensor] = Primitive(
    "norm",
    _norm2_forward,
    x=lambda g, x, y, dims, keepdim: (
        x * restored(where(y == 0, g * 0.0, g / where(y == 0, 1.0, y)), dims, keepdim)
    ),
)
_norm: Callable[..., Tensor] = Primitive("p_norm", _norm_forward, x=_norm_slope)


def _edge_forward(x: Array, *, p: float, dims: tuple[int, ...], keepdim: bool) -> Any:
    ufunc: np.ufunc = np.maximum if p > 0 else np.minimum
    return ufunc.reduce(np.abs(x), dims, keepdims=keepdim)


def _edge_slope(g: Any, x: Any, y: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """sign(x) · g, in equal parts to the elements of that size; nan is of none."""
    held = cast(abs(x) == restored(y, dims, keepdim), x.dtype)
    count = maximum(sum(held, dims or None, True), 1)
    return sign(x) * held * (restored(g, dims, keepdim) / count)


_edge: Callable[..., Tensor] = Primitive("inf_norm", _edge_forward, x=_edge_slope)


def widened_to(dtype: Any, name: str, input: Any) -> Any:
    """``input``, which must be floating, in ``dtype``, which must not be narrower."""
    need_floating(name, input)
    if dtype is not None and not np.can_cast(input.dtype, as_dtype(dtype)):
        raise DTypeError(
            f"{name}의 dtype은 입력의 자료형 {input.dtype}보다 좁을 수 없습니다: {dtype}.",
            f"{name}: the dtype of the input, {input.dtype}, must be convertible without "
            f"narrowing to {dtype}.",
        )
    return input if dtype is None else cast(input, as_dtype(dtype))


@numpy_names
def norm(
    input: Any, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False,
    dtype: Any = None,
) -> Tensor:  # fmt: skip
    """노름.

    (Σ |x|^p)^(1/p) over ``dim``. The gradients at 0, of both orders, are 0.

    Args:
        p: ``"fro"`` and None mean 2, ``inf`` the largest |x|, ``-inf`` the smallest, 0 the number
            of nonzero elements.

    Raises:
        ArgumentError: ``p`` is no such number.
        DTypeError: the dtype is not floating, or ``dtype`` is narrower.
    """
    input = widened_to(dtype, "norm", input)
    power = 2.0 if p in ("fro", None) else p
    if not isinstance(power, int | float) or math.isnan(power):
        raise ArgumentError(
            f"norm의 p는 수이거나 'fro'여야 합니다: {p!r}.",
            f"norm: p is a number or 'fro', not {p!r}.",
        )
    least = power < 0 or power == math.inf
    dims = need_elements("norm", input, dim) if least else normal_dims(dim, input.ndim)
    if math.isinf(power):
        return _edge(input, p=power, dims=dims, keepdim=keepdim)
    if power == 0:
        return sum(where(ne(input, 0), 1.0, sign(input)), dims or None, keepdim)
    if power == 1:
        return sum(abs(input), dims or None, keepdim)
    if power == 2:
        return widened(_norm2, input, dims=dims, keepdim=keepdim)
    return widened(_norm, input, p=power, dims=dims, keepdim=keepdim)


# Softmax


def _top(x: Array, dims: tuple[int, ...]) -> Any:
    return np.maximum.reduce(x, axis=dims, keepdims=True, initial=-np.inf)


def _softmax_forward(x: Array, *, dims: tuple[int, ...]) -> Any:
    with np.errstate(all="ignore"):
        e = np.asarray(x - _top(x, dims))
        np.exp(e, out=e)
        e /= np.add.reduce(e, axis=dims, keepdims=True)
    return e


def _softmax_slope(g: Any, y: Any, dims: tuple[int, ...]) -> Any:
    gy = g * y
    return gy - y * sum(gy, dims or None, True)


def _log_softmax_forward(x: Array, *, dims: tuple[int, ...]) -> Any:
    with np.errstate(all="ignore"):
        z = np.asarray(x - _top(x, dims))
        z -= np.log(np.add.reduce(np.exp(z), axis=dims, keepdims=True))
    return z


_softmax: Callable[..., Tensor] = Primitive("softmax", _softmax_forward, x=_softmax_slope)
_log_softmax: Callable[..., Tensor] = Primitive(
    "log_softmax",
    _log_softmax_forward,
    x=lambda g, y, dims: g - exp(y) * sum(g, dims or None, True),
)


def _proportion(op: Callable[..., Tensor], name: str, input: Any, dim: int, dtype: Any) -> Tensor:
    dims = normal_dims(dim, array_of(input).ndim)
    return widened(op, need_floating(name, input, dtype), dims=dims)


@numpy_names
def softmax(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """소프트맥스.

    exp(x) / Σ exp(x) along ``dim``, without overflow.

    Raises:
        DTypeError: the dtype is not floating.

    Source: 「밑바닥부터 시작하는 딥러닝」 3.5.

    >>> import tinygrad_kr as tg
    >>> tg.softmax(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return _proportion(_softmax, "softmax", input, dim, dtype)


@numpy_names
def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """소프트맥스의 로그.

    x − log Σ exp(x) along ``dim``: the logarithm of :func:`softmax`, finite where that underflows.
    """
    return _proportion(_log_softmax, "log_softmax", input, dim, dtype)


def _logsumexp_forward(x: Array, *, dims: tuple[int, ...], keepdim: bool) -> Any:
    with np.errstate(all="ignore"):
        top = _top(x, dims)
        # An infinite maximum is left in place: inf - inf would be nan.
        top = np.where(np.isfinite(top), top, 0).astype(x.dtype, copy=False)
        y = np.log(np.add.reduce(np.exp(x - top), axis=dims, keepdims=True)) + top
    return y if keepdim else np.squeeze(y, dims)


_logsumexp: Callable[..., Tensor] = Primitive(
    "logsumexp",
    _logsumexp_forward,
    x=lambda g, x, y, dims, keepdim: (
        restored(g, dims, keepdim) * exp(x - restored(y, dims, keepdim))
    ),
)


@numpy_names
def logsumexp(input: Any, dim: Dims, keepdim: bool = False) -> Tensor:
    """지수의 합의 로그.

    log Σ exp(x) over ``dim``, without overflow; −inf where there is nothing to add.
    """
    if array_of(input).dtype.kind != "f":
        input = cast(input, get_default_dtype())
    return widened(_logsumexp, input, dims=normal_dims(dim, input.ndim), keepdim=keepdim)
