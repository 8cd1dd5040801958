"""두 값이 가까운가.

Whether two values are close, as ``torch.testing.assert_close`` asks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.errors import ArgumentError, MismatchError

#: rtol, atol. By the dtype; exact for all others.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
) -> None:
    """두 값이 가까운지 확인한다.

    |actual − expected| ≤ atol + rtol · |expected| for each element, and the same shapes and dtypes;
    of tensors, ndarrays and numbers, in sequences and mappings too.

    Args:
        rtol, atol: both or none; by default by the dtype: (1e-3, 1e-5) for float16, (1.3e-6, 1e-5)
            for float32, (1e-7, 1e-7) for float64, 0 for the rest; of two dtypes the larger.

    Raises:
        MismatchError: (an AssertionError) they are not; it says where and by how much.
        ArgumentError: one tolerance without the other.

    >>> assert_close([1.0, 2.0], [1.0, 2.0 + 1e-9])
    """
    if (rtol is None) != (atol is None):
        raise ArgumentError(
            "rtol과 atol은 둘 다 주거나 둘 다 주지 않습니다.",
            "rtol and atol must both be specified or both be unspecified.",
        )
    _compare(actual, expected, "", rtol, atol, equal_nan, check_dtype)


def _compare(
    actual: Any, expected: Any, at: str, rtol: float | None, atol: float | None, equal_nan: bool,
    check_dtype: bool,
) -> None:  # fmt: skip
    keys: Any = None
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        keys = [*expected]
        same = actual.keys() == expected.keys()
    elif _listed(expected) and _listed(actual):
        keys = range(len(expected))
        same = len(actual) == len(expected)
    if keys is not None:
        if not same:
            raise _mismatch(at, f"{actual!r}", f"{expected!r}")
        for key in keys:
            where = f"{at}[{key!r}]"
            _compare(actual[key], expected[key], where, rtol, atol, equal_nan, check_dtype)
        return
    a, b = np.asarray(as_array(actual)), np.asarray(as_array(expected))
    if a.shape != b.shape:
        raise _mismatch(at, f"shape {a.shape}", f"shape {b.shape}")
    if check_dtype and a.dtype != b.dtype:
        raise _mismatch(at, f"dtype {a.dtype}", f"dtype {b.dtype}")
    by_dtype = max(_TOLERANCES.get(x.dtype.name, (0.0, 0.0)) for x in (a, b))
    relative, absolute = by_dtype if rtol is None or atol is None else (rtol, atol)
    wide = np.float64 if "f" in a.dtype.kind + b.dtype.kind else np.int64
    near = np.isclose(a.astype(wide), b.astype(wide), relative, absolute, equal_nan)
    if not near.all():
        worst = tuple(int(i) for i in np.argwhere(~near)[0])
        share = f"{(~near).sum()} / {near.size}"
        raise _mismatch(f"{at}{[*worst]}", f"{a[worst]}", f"{b[worst]}", f" ({share})")


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _mismatch(at: str, actual: str, expected: str, share: str = "") -> MismatchError:
    return MismatchError(
        f"가깝지 않습니다: {at or '값'}이(가) {actual}인데 {expected}이어야 합니다{share}.",
        f"Not close: {at or 'the value'} is {actual}, expected {expected}{share}.",
    )
