"""NumPy의 유니버설 함수 → 우리의 연산.

Which operation stands for a universal function of NumPy, its ``reduce`` and its ``accumulate``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinygrad_kr import ops
from tinygrad_kr.methods.numpy_functions import FUNCTIONS, reduction_of, scan_of


def _vecdot(x1: Any, x2: Any) -> Any:
    return ops.sum(ops.mul(x1, x2), -1)


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
    np.vecdot: _vecdot,
}

#: ufunc.reduce와 ufunc.accumulate → 연산. What stands for ``reduce`` and ``accumulate``.
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
