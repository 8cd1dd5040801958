"""줄이기: 합, 평균, 분산, 모두와 하나라도.

Reductions: sums and what is made of them. ``dim`` is one dimension, several, or None for all. Half
precision is summed in float32, integers in int64.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.engine import sum_to
from tinygrad_kr.dtypes import Array, as_dtype, bool_, float16, float32, int64, uint8
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.ops.creation import as_shape
from tinygrad_kr.ops.dims import Dims, normal_dims, numpy_names
from tinygrad_kr.ops.elementwise import cast, ne, where
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.primitive import Primitive

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def restored(g: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """줄여서 사라진 차원을 크기 1로 되살린다.

    ``g`` with the dimensions that a reduction took away put back, of size 1; leading ones come back
    by broadcasting.
    """
    if keepdim or dims == tuple(range(len(dims))):
        return g
    index: list[Any] = [slice(None)] * (g.ndim + len(dims))
    for d in dims:
        index[d] = None
    return getitem(g, index=tuple(index))


def counted(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """줄이는 차원들의 원소 수.

    The number of elements that a reduction over ``dims`` puts together.
    """
    return math.prod(shape[d] for d in dims)


def wide(x: Array) -> Any:
    """더할 때의 자료형(None이면 x의 것).

    The dtype to accumulate ``x`` in, None for its own.
    """
    if x.dtype.kind != "f":
        return int64
    return float32 if x.dtype == float16 else None


def accumulate(
    ufunc: Any, x: Array, dims: tuple[int, ...], keepdim: bool, divisor: float | None = None
) -> Any:
    """ufunc으로 줄인다. 넘침 경고는 없다.

    ``x`` reduced by ``ufunc`` in a wide enough dtype, then divided by ``divisor``, all without
    NumPy's warnings.
    """
    with np.errstate(all="ignore"):
        y = ufunc.reduce(x, axis=dims, dtype=wide(x), keepdims=keepdim)
        if divisor is not None:
            y = y / divisor
        return y.astype(float16) if x.dtype == float16 else y


def need_floating(name: str, input: Any) -> None:
    """소수형이 아니면 거절한다.

    Refuse an input that is not floating.

    Raises:
        DTypeError: it is not.
    """
    if input.dtype.kind != "f":
        raise DTypeError(
            f"{name}은(는) 소수형에만 쓸 수 있습니다: {input.dtype}. float()로 바꾸거나 dtype=을 "
            "주세요.",
            f"{name}: the input must be floating, not {input.dtype}; convert with float() or give "
            "dtype=.",
        )


# Sums

_sum: Callable[..., Tensor] = Primitive(
    "sum",
    lambda x, *, dims, keepdim: accumulate(np.add, x, dims, keepdim),
    x=restored,
)


@numpy_names
def sum(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """합.

    The sum over ``dim``; of integers and bools in int64.

    Args:
        dim: one dimension or several; None means all.
        keepdim: keep the summed dimensions, of size 1.
        dtype: the dtype to convert to before summing.

    Raises:
        DimError: there is no such dimension.

    >>> import tinygrad_kr as tg
    >>> tg.sum(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    if dtype is not None:
        chosen = as_dtype(dtype)
        return cast(sum(cast(input, chosen), dim, keepdim), chosen)  # type: ignore[no-any-return]
    return _sum(input, dims=normal_dims(dim, input.ndim), keepdim=keepdim)


_sum_to_size: Callable[..., Tensor] = Primitive(
    "sum_to_size", lambda x, *, shape: sum_to(x, shape), x=lambda g: g
)


def sum_to_size(input: Any, *size: Any) -> Tensor:
    """브로드캐스트를 되돌려 size가 되도록 더한다.

    Sum so that the shape becomes ``size``, from which it could have been broadcast.

    Raises:
        ShapeError: ``size`` does not broadcast to the shape of ``input``.
    """
    shape = as_shape(size)
    own = tuple(input.shape)
    lead = len(own) - len(shape)
    if lead < 0 or builtins.any(n not in (1, m) for n, m in zip(shape, own[lead:], strict=True)):
        raise ShapeError(
            f"형상 {own}을(를) 더해서 {shape}(으)로 만들 수 없습니다. 크기는 같거나 1이어야 "
            "합니다.",
            f"A tensor of shape {own} cannot be summed to {shape}: sizes must be equal or 1.",
        )
    return _sum_to_size(input, shape=shape)


_mean: Callable[..., Tensor] = Primitive(
    "mean",
    lambda x, *, dims, keepdim: accumulate(np.add, x, dims, keepdim, counted(x.shape, dims)),
    x=lambda g, x_shape, dims, keepdim: restored(g / counted(x_shape, dims), dims, keepdim),
)


@numpy_names
def mean(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """평균.

    The mean over ``dim``; nan over no elements.

    Args:
        dim: one dimension or several; None means all.
        keepdim: keep the reduced dimensions, of size 1.
        dtype: the dtype to convert to first.

    Raises:
        DTypeError: the dtype is not floating.
    """
    if dtype is not None:
        input = cast(input, as_dtype(dtype))
    need_floating("mean", input)
    return _mean(input, dims=normal_dims(dim, input.ndim), keepdim=keepdim)


# Variance: two passes, the second over the deviations


def _var_forward(x: Array, *, dims: tuple[int, ...], keepdim: bool, correction: float) -> Any:
    center = accumulate(np.add, x, dims, True, counted(x.shape, dims))
    with np.errstate(all="ignore"):
        deviation = np.asarray(x - center)
        np.multiply(deviation, deviation, out=deviation)
    return accumulate(np.add, deviation, dims, keepdim, _freedom(x.shape, dims, correction))


def _freedom(shape: tuple[int, ...], dims: tuple[int, ...], correction: float) -> float:
    freedom = counted(shape, dims) - correction
    return freedom if freedom > 0 else 0.0


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
    need_floating("var, std", input)
    if correction is None:
        correction = 1 if unbiased else 0
    if not isinstance(correction, int | float):
        raise ArgumentError(
            f"correction은 수여야 합니다: {correction!r}.",
            f"correction is a number, not {correction!r}.",
        )
    dims = normal_dims(dim, input.ndim)
    if input.dtype == float16:
        input = cast(input, float32)
        return cast(op(input, dims=dims, keepdim=keepdim, correction=correction), float16)  # type: ignore[no-any-return]
    return op(input, dims=dims, keepdim=keepdim, correction=correction)


@numpy_names
def var(
    input: Any,
    dim: Dims | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """분산.

    The variance over ``dim``: Σ(x − mean)² / (n − correction). The gradient is 2(x − mean) /
    (n − correction).

    Args:
        dim: one dimension or several; None means all. A bool here is ``unbiased``, as in PyTorch.
        unbiased: True means a correction of 1, False of 0.
        keepdim: keep the reduced dimensions, of size 1.
        correction: what is taken from n, instead of ``unbiased``.

    Raises:
        DTypeError: the dtype is not floating.

    >>> import tinygrad_kr as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0, 4.0]), unbiased=False)
    tensor(1.2500)
    """
    return _spread(_var, input, dim, unbiased, keepdim, correction)


@numpy_names
def std(
    input: Any,
    dim: Dims | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """표준편차.

    The standard deviation over ``dim``, the root of :func:`var`; its gradient is 0 where nothing
    varies.

    Args:
        dim: one dimension or several; None means all. A bool here is ``unbiased``, as in PyTorch.
        unbiased: True means a correction of 1, False of 0.
        keepdim: keep the reduced dimensions, of size 1.
        correction: what is taken from n, instead of ``unbiased``.

    Raises:
        DTypeError: the dtype is not floating.
    """
    return _spread(_std, input, dim, unbiased, keepdim, correction)


@numpy_names
def var_mean(
    input: Any, dim: Dims = None, keepdim: bool = False, *, correction: float = 1
) -> tuple[Tensor, Tensor]:
    """분산과 평균.

    The variance and the mean over ``dim``; see :func:`var`.
    """
    return var(input, dim, True, keepdim, correction=correction), mean(input, dim, keepdim)


@numpy_names
def std_mean(
    input: Any, dim: Dims = None, keepdim: bool = False, *, correction: float = 1
) -> tuple[Tensor, Tensor]:
    """표준편차와 평균.

    The standard deviation and the mean over ``dim``; see :func:`std`.
    """
    return std(input, dim, True, keepdim, correction=correction), mean(input, dim, keepdim)


# Truth: of uint8 in uint8, as in PyTorch, of all else in bool

_all: Callable[..., Tensor] = Primitive(
    "all",
    lambda x, *, dims, keepdim: np.logical_and.reduce(x, axis=dims, keepdims=keepdim),
)
_any: Callable[..., Tensor] = Primitive(
    "any",
    lambda x, *, dims, keepdim: np.logical_or.reduce(x, axis=dims, keepdims=keepdim),
)


def _truth(op: Callable[..., Tensor], input: Any, dim: Dims, keepdim: bool) -> Tensor:
    found = op(input, dims=normal_dims(dim, input.ndim), keepdim=keepdim)
    return cast(found, uint8 if input.dtype == uint8 else bool_)  # type: ignore[no-any-return]


@numpy_names
def all(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """모두 참인가.

    Whether all elements over ``dim`` are nonzero.
    """
    return _truth(_all, input, dim, keepdim)


@numpy_names
def any(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """하나라도 참인가.

    Whether any element over ``dim`` is nonzero.
    """
    return _truth(_any, input, dim, keepdim)


@numpy_names
def count_nonzero(input: Any, dim: Dims = None) -> Tensor:
    """0이 아닌 원소의 수.

    The number of nonzero elements over ``dim``.
    """
    return sum(ne(input, 0), dim)
