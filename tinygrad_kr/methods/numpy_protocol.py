"""NumPy의 규약: np.exp(t), np.concatenate([t, u]), ndarray @ t.

NumPy's protocols. A function of NumPy that has an operation becomes that operation, and gradients
flow; one that has none computes on plain arrays, unless a gradient would be lost without a word.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import TensorBase, as_array, to_ndarray, wrap
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.dtypes import SUPPORTED, get_default_dtype, result_dtype
from tinygrad_kr.errors import ArgumentError, ConversionError, DTypeError, ShapeError
from tinygrad_kr.methods.numpy_functions import (
    CONSTANT,
    FUNCTIONS,
    operand_of,
    reduction_of,
    scan_of,
)
from tinygrad_kr.ops import inplace
from tinygrad_kr.ops.pointwise import tensors_of

#: NumPy의 유니버설 함수 → 연산. A universal function of NumPy → its operation.
UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: ops.add,
    np.subtract: ops.sub,
    np.multiply: ops.mul,
    np.divide: ops.div,
    np.floor_divide: ops.floor_divide,
    np.remainder: ops.remainder,
    np.power: ops.pow,
    np.negative: ops.neg,
    np.positive: ops.clone,
    np.absolute: ops.abs,
    np.fabs: ops.abs,
    np.sign: ops.sign,
    np.square: ops.square,
    np.reciprocal: ops.reciprocal,
    np.exp: ops.exp,
    np.exp2: partial(ops.pow, 2.0),
    np.expm1: ops.expm1,
    np.log: ops.log,
    np.log1p: ops.log1p,
    np.log2: ops.log2,
    np.log10: ops.log10,
    np.logaddexp: ops.logaddexp,
    np.sqrt: ops.sqrt,
    np.sin: ops.sin,
    np.cos: ops.cos,
    np.tan: ops.tan,
    np.sinh: ops.sinh,
    np.cosh: ops.cosh,
    np.tanh: ops.tanh,
    np.arcsin: ops.asin,
    np.arccos: ops.acos,
    np.arctan: ops.atan,
    np.floor: ops.floor,
    np.ceil: ops.ceil,
    np.trunc: ops.trunc,
    np.rint: ops.round,
    np.maximum: ops.maximum,
    np.minimum: ops.minimum,
    np.equal: ops.eq,
    np.not_equal: ops.ne,
    np.less: ops.lt,
    np.less_equal: ops.le,
    np.greater: ops.gt,
    np.greater_equal: ops.ge,
    np.logical_and: ops.logical_and,
    np.logical_or: ops.logical_or,
    np.logical_xor: ops.logical_xor,
    np.logical_not: ops.logical_not,
    np.bitwise_and: ops.bitwise_and,
    np.bitwise_or: ops.bitwise_or,
    np.bitwise_xor: ops.bitwise_xor,
    np.invert: ops.bitwise_not,
    np.isnan: ops.isnan,
    np.isinf: ops.isinf,
    np.isfinite: ops.isfinite,
    np.matmul: ops.matmul,
    np.vecdot: lambda x1, x2: ops.sum(ops.mul(x1, x2), -1),
}

REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: FUNCTIONS[np.sum],
    np.multiply: FUNCTIONS[np.prod],
    np.maximum: reduction_of(ops.amax),
    np.minimum: reduction_of(ops.amin),
    np.logical_and: reduction_of(ops.all),
    np.logical_or: reduction_of(ops.any),
}
SCANS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: scan_of(ops.cumsum),
    np.multiply: scan_of(ops.cumprod),
}
TABLES = {"UFUNCS": UFUNCS, "REDUCTIONS": REDUCTIONS, "SCANS": SCANS, "FUNCTIONS": FUNCTIONS}


def _found(table: str, function: Any) -> Callable[..., Any] | None:
    """What stands for a function, by a table of this floor, or by the rarer one of that name."""
    own = TABLES[table].get(function)
    if own is None:
        own = getattr(import_module("tinygrad_kr.methods.more.numpy_functions"), table).get(
            function
        )
    return own


def _plain(value: Any) -> Any:
    """Arguments with the arrays of the tensors in them."""
    if isinstance(value, list | tuple):
        return type(value)(_plain(v) for v in value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return as_array(value)


def _refuse_gradients(name: str, values: Iterable[Any]) -> None:
    if any(current_node(t) is not None for t in tensors_of(*values)):
        raise ConversionError(
            f"{name}에는 미분할 수 있는 연산이 없어서 기울기가 끊어집니다. detach()를 먼저 "
            "부르세요.",
            f"{name} has no differentiable operation here, so a gradient would be lost; call "
            "detach() on the tensor first.",
        )


def _accepts(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return False
    return True


class NumpyMethods(TensorBase):
    """NumPy의 규약. NumPy's protocols."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(_is_stranger(type(x)) for x in inputs):
            return NotImplemented
        outs = kwargs.get("out") or (None,)
        target = outs[0]
        if len(outs) > 1 or not (target is None or isinstance(target, TensorBase)):
            return _on_arrays(ufunc, method, inputs, kwargs)
        kwargs.pop("out", None)
        result = _operation(ufunc, method, inputs, kwargs)
        if result is NotImplemented:
            result = _on_arrays(ufunc, method, inputs, kwargs)
        return result if target is None else inplace.copy(target, result)

    def __array_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Any, kwargs: dict[str, Any]
    ) -> Any:
        if any(_is_stranger(t) for t in types):
            return NotImplemented
        own = None if func in CONSTANT else _found("FUNCTIONS", func)
        given = {k: v for k, v in kwargs.items() if not (k == "out" and v is None)}
        if own is not None and _accepts(own, args, given):
            result = own(*args, **given)
            if result is not NotImplemented:
                return result
        if func not in CONSTANT:
            name = f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)
            _refuse_gradients(name, (args, kwargs))
        return func(*_plain(args), **_plain(kwargs))


def _is_stranger(kind: type) -> bool:
    """Whether a class has a say of its own in NumPy's protocols."""
    known = issubclass(kind, TensorBase | np.ndarray | np.generic)
    return not known and hasattr(kind, "__array_ufunc__")


def _operation(ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """The operation that stands for a ufunc and its method; NotImplemented if there is none."""
    if method == "__call__":
        own = None if kwargs else _found("UFUNCS", ufunc)
        return own(*map(operand_of, inputs)) if own else NotImplemented
    table = {"reduce": "REDUCTIONS", "accumulate": "SCANS"}.get(method)
    own = _found(table, ufunc) if table else None
    given = {"axis": 0, **kwargs}
    if own is None or not _accepts(own, inputs, given):
        return NotImplemented
    return own(*inputs, **given)


def _on_arrays(ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """The ufunc on plain arrays, where no gradient is lost."""
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    _refuse_gradients(name + ("(out=ndarray)" if "out" in kwargs else ""), (inputs, kwargs))
    if method == "at" and isinstance(inputs[0], TensorBase):
        raise ArgumentError(
            f"{name}(으)로 텐서를 바꿀 수 없습니다. t[index] += value를 쓰세요.",
            f"{name} cannot write into a tensor; use t[index] += value.",
        )
    arrays = [x.item() if isinstance(x, np.generic) else _plain(x) for x in inputs]
    try:
        with np.errstate(all="ignore"):
            result = getattr(ufunc, method)(*arrays, **_plain(kwargs))
    except TypeError as error:
        raise DTypeError(
            f"{name}을(를) 이 자료형으로 계산할 수 없습니다: {error}",
            f"{name} cannot compute with these dtypes: {error}",
        ) from None
    except ValueError as error:
        shapes = ", ".join(str(np.shape(a)) for a in arrays)
        raise ShapeError(
            f"{name}: 형상 {shapes}이(가) 맞지 않습니다: {error}",
            f"{name}: shapes {shapes} do not fit: {error}",
        ) from None
    if result is None or "out" in kwargs:
        return result
    results = [_settled(r, arrays, kwargs) for r in (result if ufunc.nout > 1 else [result])]
    return tuple(results) if ufunc.nout > 1 else results[0]


def _settled(result: Any, operands: list[Any], kwargs: dict[str, Any]) -> Any:
    """A result as a Tensor in the dtype that our promotion gives, not NumPy's."""
    array = to_ndarray(result)
    if kwargs.get("dtype") is None and array.dtype.kind in "fiu":
        numbers = [x for x in operands if isinstance(x, np.ndarray | bool | int | float)]
        dtype = result_dtype(*numbers)
        if array.dtype.kind == "f":
            array = array.astype(dtype if dtype.kind == "f" else get_default_dtype(), copy=False)
        elif dtype.kind in "iu":
            array = array.astype(dtype, copy=False)
    return wrap(array) if array.dtype in SUPPORTED else array
