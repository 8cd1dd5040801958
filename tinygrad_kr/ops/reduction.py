"""줄이기: 합, 평균, 분산, 모두와 하나라도.

Reductions. ``dim`` is one dimension, several, or None for all; with ``keepdim`` they stay, of size
1; a ``dtype`` is what is converted to first. Half precision is summed in float32, integers in
int64.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.engine import sum_to
from tinygrad_kr.dtypes import Array, as_dtype, bool_, float16, float32, int64, uint8
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.ops.comparison import ne, where
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.creation import as_shape
from tinygrad_kr.ops.dims import Dims, array_of, array_of_kind, normal_dims, numpy_names
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def restored(g: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """``g`` with the reduced dimensions put back, of size 1; leading ones come by broadcasting."""
    if keepdim or dims == tuple(range(len(dims))):
        return g
    index: list[Any] = [slice(None)] * (g.ndim + len(dims))
    for d in dims:
        index[d] = None
    return getitem(g, index=tuple(index))


def counted(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """The number of elements that a reduction over ``dims`` puts together."""
    return math.prod(shape[d] for d in dims)


def wide(x: Array) -> Any:
    """The dtype to accumulate ``x`` in, None for its own."""
    if x.dtype.kind != "f":
        return int64
    return float32 if x.dtype == float16 else None


def accumulate(
    ufunc: Any, x: Array, dims: tuple[int, ...], keepdim: bool, divisor: float | None = None
) -> Any:
    """``x`` reduced by ``ufunc`` in a wide enough dtype, then divided, without warnings."""
    with np.errstate(all="ignore"):
        y = ufunc.reduce(x, axis=dims, dtype=wide(x), keepdims=keepdim)
        if divisor is not None:
            y = y / divisor
        return y.astype(float16) if x.dtype == float16 else y


def computed_in(dtype: Any, op: Callable[..., Tensor], input: Any, **static: Any) -> Tensor:
    """``op`` of ``input`` with both in ``dtype``; as they are if it is None."""
    if dtype is None:
        return op(input, **static)
    chosen = as_dtype(dtype)
    return cast(op(cast(input, chosen), **static), chosen)


def widened(op: Callable[..., Tensor], input: Any, **static: Any) -> Tensor:
    """``op`` of ``input``, computed in float32 where that is half precision."""
    if input.dtype != float16:
        return op(input, **static)
    return cast(op(cast(input, float32), **static), float16)


def need_floating(name: str, input: Any, dtype: Any = None) -> Any:
    """``input``, in ``dtype`` if one is given; refused where it is not floating."""
    if dtype is not None:
        input = cast(input, as_dtype(dtype))
    array_of_kind("f", name, input)
    return input


# Sums

_sum: Callable[..., Tensor] = Primitive(
    "sum", lambda x, *, dims, keepdim: accumulate(np.add, x, dims, keepdim), x=restored
)


@numpy_names
def sum(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """합.

    The sum over ``dim``; of integers and bools in int64.

    >>> import tinygrad_kr as tg
    >>> tg.sum(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    dims = normal_dims(dim, array_of(input).ndim)
    return computed_in(dtype, _sum, input, dims=dims, keepdim=keepdim)


_sum_to_size: Callable[..., Tensor] = Primitive(
    "sum_to_size", lambda x, *, shape: sum_to(x, shape), x=lambda g: g
)


def sum_to_size(input: Any, *size: Any) -> Tensor:
    """Sum so that the shape becomes ``size``, from which it could have been broadcast."""
    array = array_of(input)
    shape, own = as_shape(size), array.shape
    lead = len(own) - len(shape)
    if lead < 0 or builtins.any(n not in (1, m) for n, m in zip(shape, own[lead:], strict=True)):
        raise ShapeError(
            f"형상 {own}을(를) 더해서 {shape}(으)로 만들 수 없습니다.",
            f"A tensor of shape {own} cannot be summed to {shape}: sizes must be equal or 1.",
        )
    if array.dtype.kind in "biu" and (shape != own or not shape):
        input = cast(input, int64)
    return _sum_to_size(input, shape=shape)


_mean: Callable[..., Tensor] = Primitive(
    "mean",
    lambda x, *, dims, keepdim: accumulate(np.add, x, dims, keepdim, counted(x.shape, dims)),
    x=lambda g, x_shape, dims, keepdim: restored(g / counted(x_shape, dims), dims, keepdim),
)


@numpy_names
def mean(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """평균.

    The mean over ``dim``; nan over no elements. Integers are refused (:class:`DTypeError`).
    """
    input = need_floating("mean", input, dtype)
    return _mean(input, dims=normal_dims(dim, input.ndim), keepdim=keepdim)


# Variance: two passes, the second over the deviations


def _var_forward(x: Array, *, dims: tuple[int, ...], keepdim: bool, correction: float) -> Any:
    center = accumulate(np.add, x, dims, True, counted(x.shape, dims))
    with np.errstate(all="ignore"):
        deviation = np.asarray(x - center)
        np.multiply(deviation, deviation, out=deviation)
    return accumulate(np.add, deviation, dims, keepdim, _freedom(x.shape, dims, correction))


def _freedom(shape: tuple[int, ...], dims: tuple[int, ...], correction: float) -> float:
    return max(counted(shape, dims) - correction, 0.0)


def _var_slope(g: Any, x: Any, dims: tuple[int, ...], keepdim: bool, correction: float) -> Any:
    freedom = _freedom(x.shape, dims, correction)
    scale = 2.0 / freedom if freedom else math.inf
    return restored(g * scale, dims, keepdim) * (x - mean(x, dims or None, True))


_var: Callable[..., Tensor] = Primitive("var", _var_forward, x=_var_slope)
_std: Callable[..., Tensor] = Primitive(
    "std",
    lambda x, *, dims, keepdim, correction: np.sqrt(
        _var_forward(x, dims=dims, keepdim=keepdim, correction=correction)
    ),
    # The gradient where nothing varies is 0, as in PyTorch.
    x=lambda g, y, x, dims, keepdim, correction: _var_slope(
        where(y == 0, 0.0, g / where(y == 0, 1.0, 2 * y)), x, dims, keepdim, correction
    ),
)


def _spread(
    op: Callable[..., Tensor], input: Any, dim: Any, unbiased: bool, keepdim: bool,
    correction: float | None,
) -> Tensor:  # fmt: skip
    """``_var`` or ``_std``, with PyTorch's two ways of naming the divisor."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    input = need_floating("var, std", input)
    if correction is None:
        correction = int(unbiased)
    if not isinstance(correction, int | float):
        raise ArgumentError(
            f"correction은 수여야 합니다: {correction!r}.",
            f"correction is a number, not {correction!r}.",
        )
    dims = normal_dims(dim, input.ndim)
    return widened(op, input, dims=dims, keepdim=keepdim, correction=correction)


@numpy_names
def var(
    input: Any, dim: Dims | bool = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """분산.

    The variance over ``dim``: Σ(x − mean)² / (n − correction), where ``unbiased`` says whether the
    correction is 1 or 0; a bool in place of ``dim`` is that.

    >>> import tinygrad_kr as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0, 4.0]), unbiased=False)
    tensor(1.2500)
    """
    return _spread(_var, input, dim, unbiased, keepdim, correction)


@numpy_names
def std(
    input: Any, dim: Dims | bool = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """표준편차.

    The standard deviation over ``dim``, the root of :func:`var`; its gradient is 0 where nothing
    varies.
    """
    return _spread(_std, input, dim, unbiased, keepdim, correction)


@numpy_names
def var_mean(
    input: Any, dim: Dims | bool = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """분산과 평균.

    The variance and the mean over ``dim``; see :func:`var`.
    """
    spread = _spread(_var, input, dim, unbiased, keepdim, correction)
    return spread, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@numpy_names
def std_mean(
    input: Any, dim: Dims | bool = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """표준편차와 평균.

    The standard deviation and the mean over ``dim``; see :func:`std`.
    """
    spread = _spread(_std, input, dim, unbiased, keepdim, correction)
    return spread, mean(input, None if isinstance(dim, bool) else dim, keepdim)


# Truth: of uint8 in uint8, as in PyTorch, of all else in bool


def _truth(name: str, ufunc: Any) -> Callable[[Any, Dims, bool], Tensor]:
    op = Primitive(name, lambda x, *, dims, keepdim: ufunc.reduce(x, axis=dims, keepdims=keepdim))

    def found(input: Any, dim: Dims, keepdim: bool) -> Tensor:
        array = array_of(input)
        dims = () if dim in ((), []) else normal_dims(dim, array.ndim)  # of no dims: elementwise
        truth = op(input, dims=dims, keepdim=keepdim)
        return cast(truth, uint8 if array.dtype == uint8 else bool_)

    return found


_all = _truth("all", np.logical_and)
_any = _truth("any", np.logical_or)


@numpy_names
def all(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """모두 참인가.

    Whether all elements over ``dim`` are nonzero.
    """
    return _all(input, dim, keepdim)


@numpy_names
def any(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """하나라도 참인가.

    Whether any element over ``dim`` is nonzero.
    """
    return _any(input, dim, keepdim)


@numpy_names
def count_nonzero(input: Any, dim: Dims = None) -> Tensor:
    """0이 아닌 원소의 수.

    The number of nonzero elements over ``dim``.
    """
    return sum(ne(input, 0), dim)
