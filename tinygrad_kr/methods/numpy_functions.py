"""NumPy의 함수 → 우리의 연산.

Which operation stands for a function of NumPy; for the rarer ones ``methods.more`` has another
table. The functions here have NumPy's signatures and
defaults where those are not PyTorch's; one that returns NotImplemented has no operation for the
arguments it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import TensorBase, as_array
from tinygrad_kr.dtypes import bool_, get_default_dtype
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import normal_dim

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def tensor_of(x: Any) -> Any:
    """A tensor of what NumPy takes for an array; a tensor itself."""
    if isinstance(x, TensorBase):
        return x
    return ops.as_tensor(x) if isinstance(x, np.ndarray) else ops.tensor(x)


def operand_of(x: Any) -> Any:
    """An operand for elementwise operations, in which a number stays one."""
    return ops.tensor(x) if isinstance(x, list | tuple) else x


def floating(a: Any) -> Any:
    """A tensor of a floating dtype."""
    x = tensor_of(a)
    return x if x.dtype.kind == "f" else cast(x, get_default_dtype())


# Reductions


def reduction_of(op: Callable[..., Tensor]) -> Callable[..., Any]:
    """A reduction with NumPy's arguments."""

    def reduced(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return op(tensor_of(a), axis, keepdims)

    return reduced


def _sum_of(op: Callable[..., Tensor], convert: Callable[[Any], Any]) -> Callable[..., Any]:
    def reduced(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
        return op(convert(a), axis, keepdims, dtype=dtype)

    return reduced


def _spread_of(op: Callable[..., Tensor]) -> Callable[..., Any]:
    def reduced(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        return op(floating(a), axis, correction=ddof, keepdim=keepdims)

    return reduced


def along(a: Any, axis: Any) -> tuple[Any, int]:
    """A tensor and a dimension of it; flat if no axis is given."""
    x = tensor_of(a)
    return (ops.ravel(x), 0) if axis is None else (x, normal_dim(axis, x.ndim))


def scan_of(op: Callable[..., Tensor]) -> Callable[..., Any]:
    """A scan with NumPy's arguments."""

    def scanned(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        return op(*along(a, axis), dtype=dtype)

    return scanned


# Shapes


def _transpose(a: Any, axes: Any = None) -> Any:
    x = tensor_of(a)
    return ops.permute(x, tuple(reversed(range(x.ndim))) if axes is None else axes)


def _reshape(a: Any, /, shape: Any) -> Any:
    return ops.reshape(tensor_of(a), (shape,) if isinstance(shape, int) else shape)


def _expand_dims(a: Any, axis: Any) -> Any:
    x = tensor_of(a)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = x.ndim + len(axes)
    for dim in sorted(normal_dim(n, ndim) for n in axes):
        x = ops.unsqueeze(x, dim)
    return x


def _flip(m: Any, axis: Any = None) -> Any:
    x = tensor_of(m)
    axes = tuple(range(x.ndim)) if axis is None else axis
    return ops.flip(x, (axes,) if isinstance(axes, int) else axes)


def _at_least(ndim: int) -> Callable[..., Any]:
    def raised(*arys: Any) -> Any:
        tensors = [tensor_of(a) for a in arys]
        found = [ops.reshape(x, (*(1,) * (ndim - x.ndim), *x.shape)) for x in tensors]
        return found[0] if len(found) == 1 else tuple(found)

    return raised


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    x, dim = along(a, axis)
    rows = np.repeat(np.arange(x.shape[dim]), as_array(repeats))
    return ops.index_select(x, dim, ops.from_numpy(rows))


# Joining and taking


def _concatenate(arrays: Iterable[Any], /, axis: int | None = 0) -> Any:
    tensors = [tensor_of(a) for a in arrays]
    return ops.cat([ops.ravel(x) for x in tensors] if axis is None else tensors, axis or 0)


def _stack(arrays: Iterable[Any], axis: int = 0) -> Any:
    return ops.stack([tensor_of(a) for a in arrays], axis)


def _vstack(tup: Iterable[Any]) -> Any:
    return ops.cat([_at_least(2)(a) for a in tup])


def _hstack(tup: Iterable[Any]) -> Any:
    tensors = [_at_least(1)(a) for a in tup]
    return ops.cat(tensors, 0 if tensors[0].ndim == 1 else 1)


def _column_stack(tup: Iterable[Any]) -> Any:
    tensors = [tensor_of(a) for a in tup]
    return ops.cat([x if x.ndim > 1 else ops.reshape(x, (-1, 1)) for x in tensors], 1)


def _splitter(split: Callable[..., Any]) -> Callable[..., Any]:
    def pieces(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
        x = tensor_of(ary)
        where = as_array(indices_or_sections)
        n = x.shape[normal_dim(axis, x.ndim)]
        try:
            sizes = [len(part) for part in split(np.arange(n), where)]
        except ValueError as error:
            raise ShapeError(
                f"크기 {n}인 차원을 {where}(으)로 똑같이 나눌 수 없습니다.",
                f"A dimension of size {n} cannot be split by {where}: {error}.",
            ) from None
        return list(ops.split(x, sizes, axis)) if sum(sizes) == n else NotImplemented

    return pieces


def _take(a: Any, indices: Any, axis: int | None = None) -> Any:
    x, dim = along(a, axis)
    return x[(*(slice(None),) * dim, tensor_of(indices))]


def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return ops.take_along_dim(tensor_of(arr), tensor_of(indices), axis)


def _where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    mask = tensor_of(condition)
    if mask.dtype != bool_:
        mask = ops.ne(mask, 0)
    return ops.where(mask, operand_of(x), operand_of(y))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low = operand_of(min if a_min is None else a_min)
    high = operand_of(max if a_max is None else a_max)
    return ops.clone(a) if low is None and high is None else ops.clamp(tensor_of(a), low, high)


def _sort(a: Any, axis: int | None = -1) -> Any:
    return ops.sort(*along(a, axis))[0]


def _argsort(a: Any, axis: int | None = -1) -> Any:
    return ops.argsort(*along(a, axis))


# Linear algebra


def _dot(a: Any, b: Any) -> Any:
    x, z = tensor_of(a), tensor_of(b)
    return ops.matmul(x, z) if x.ndim and 0 < z.ndim <= 2 else _products(x, z, -2)


def _inner(a: Any, b: Any, /) -> Any:
    return _products(tensor_of(a), tensor_of(b), -1)


def _products(x: Any, z: Any, dim: int) -> Any:
    """The sum of products over the last dimension of ``x`` and another of ``z``."""
    if x.ndim == 0 or z.ndim == 0:
        return ops.mul(x, z)
    return ops.tensordot(x, z, ([-1], [dim]))


def _vdot(a: Any, b: Any, /) -> Any:
    return ops.dot(ops.ravel(tensor_of(a)), ops.ravel(tensor_of(b)))


def _outer(a: Any, b: Any) -> Any:
    return ops.outer(ops.ravel(tensor_of(a)), ops.ravel(tensor_of(b)))


def _einsum(subscripts: Any, /, *operands: Any, optimize: Any = False) -> Any:
    if not isinstance(subscripts, str):
        return NotImplemented
    return ops.einsum(subscripts, *(tensor_of(x) for x in operands))


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.diagonal(tensor_of(a), offset, axis1, axis2)


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.sum(_diagonal(a, offset, axis1, axis2), -1)


def _triangle(op: Callable[..., Tensor]) -> Callable[..., Any]:
    return lambda m, k=0: op(tensor_of(m), k)


# Questions


def _size(a: Any, axis: int | None = None) -> Any:
    return as_array(a).size if axis is None else as_array(a).shape[axis]


#: NumPy의 함수 → 연산. A function of NumPy → what stands for it.
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum_of(ops.sum, tensor_of),
    np.prod: _sum_of(ops.prod, tensor_of),
    np.mean: _sum_of(ops.mean, floating),
    np.std: _spread_of(ops.std),
    np.var: _spread_of(ops.var),
    np.max: reduction_of(ops.amax),
    np.amax: reduction_of(ops.amax),
    np.min: reduction_of(ops.amin),
    np.amin: reduction_of(ops.amin),
    np.argmax: reduction_of(ops.argmax),
    np.argmin: reduction_of(ops.argmin),
    np.all: reduction_of(ops.all),
    np.any: reduction_of(ops.any),
    np.cumsum: scan_of(ops.cumsum),
    np.cumprod: scan_of(ops.cumprod),
    np.transpose: _transpose,
    np.matrix_transpose: lambda x: ops.transpose(tensor_of(x), -1, -2),
    np.swapaxes: lambda a, axis1, axis2: ops.transpose(tensor_of(a), axis1, axis2),
    np.moveaxis: lambda a, source, destination: ops.movedim(tensor_of(a), source, destination),
    np.reshape: _reshape,
    np.ravel: lambda a: ops.ravel(tensor_of(a)),
    np.squeeze: lambda a, axis=None: ops.squeeze(tensor_of(a), axis),
    np.expand_dims: _expand_dims,
    np.broadcast_to: lambda array, shape: ops.broadcast_to(tensor_of(array), shape),
    np.flip: _flip,
    np.flipud: lambda m: _flip(m, 0),
    np.fliplr: lambda m: _flip(m, 1),
    np.roll: lambda a, shift, axis=None: ops.roll(tensor_of(a), shift, axis),
    np.tile: lambda A, reps: ops.tile(tensor_of(A), (reps,) if isinstance(reps, int) else reps),
    np.repeat: _repeat,
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.vstack: _vstack,
    np.hstack: _hstack,
    np.column_stack: _column_stack,
    np.split: _splitter(np.split),
    np.array_split: _splitter(np.array_split),
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.where: _where,
    np.clip: _clip,
    np.sort: _sort,
    np.argsort: _argsort,
    np.round: lambda a, decimals=0: ops.round(tensor_of(a), decimals=decimals),
    np.around: lambda a, decimals=0: ops.round(tensor_of(a), decimals=decimals),
    np.copy: ops.clone,
    np.dot: _dot,
    np.inner: _inner,
    np.vdot: _vdot,
    np.outer: _outer,
    np.einsum: _einsum,
    np.tensordot: lambda a, b, axes=2: ops.tensordot(tensor_of(a), tensor_of(b), axes),
    np.diag: lambda v, k=0: ops.diag(tensor_of(v), k),
    np.diagonal: _diagonal,
    np.trace: _trace,
    np.tril: _triangle(ops.tril),
    np.triu: _triangle(ops.triu),
    np.zeros_like: lambda a, dtype=None: ops.zeros_like(a, dtype=dtype),
    np.ones_like: lambda a, dtype=None: ops.ones_like(a, dtype=dtype),
    np.empty_like: lambda prototype, dtype=None: ops.empty_like(prototype, dtype=dtype),
    np.full_like: lambda a, fill_value, dtype=None: ops.full_like(a, fill_value, dtype=dtype),
    np.shape: lambda a: as_array(a).shape,
    np.ndim: lambda a: as_array(a).ndim,
    np.size: _size,
}

#: 결과에 기울기가 없는 함수. Functions whose results carry no gradient: they compute on arrays.
CONSTANT = {
    np.allclose,
    np.argpartition,
    np.argwhere,
    np.array2string,
    np.array_equal,
    np.array_equiv,
    np.array_repr,
    np.array_str,
    np.can_cast,
    np.count_nonzero,
    np.digitize,
    np.flatnonzero,
    np.isclose,
    np.iscomplexobj,
    np.isrealobj,
    np.linalg.matrix_rank,
    np.may_share_memory,
    np.nonzero,
    np.result_type,
    np.searchsorted,
    np.shares_memory,
}
