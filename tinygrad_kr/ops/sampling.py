"""난수 텐서 만들기.

Making tensors of random numbers, from the generator given or from the default one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.dtypes import as_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError
from tinygrad_kr.ops.creation import as_shape, default_or, finish, like
from tinygrad_kr.random import Generator, numpy_generator

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _random(
    draw: Any, shape: tuple[int, ...], dtype: Any, requires_grad: bool, device: Any
) -> Tensor:
    """Random floats: drawn in float32 where that is enough, in float64 otherwise."""
    chosen = default_or(dtype)
    if chosen.kind != "f":
        raise DTypeError(
            f"난수의 자료형은 소수형이어야 합니다: {chosen}. 정수는 randint를 쓰세요.",
            f"Random floats need a floating dtype, not {chosen}; randint makes integers.",
        )
    drawn_in = dtypes.float64 if chosen == dtypes.float64 else dtypes.float32
    values = np.asarray(draw(shape, dtype=drawn_in)).astype(chosen, copy=False)
    if chosen == dtypes.float16 and draw.__name__ == "random":
        # Rounding to float16 must not reach the 1 that is excluded.
        np.minimum(values, np.nextafter(np.float16(1), np.float16(0)), out=values)
    return finish(values, requires_grad, device)


def rand(
    *sizes: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """[0, 1)의 고른 난수.

    Uniform random numbers in [0, 1).
    """
    shape = as_shape(sizes, size)
    return _random(numpy_generator(generator).random, shape, dtype, requires_grad, device)


def randn(
    *sizes: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """표준 정규 분포의 난수.

    Random numbers from the standard normal distribution.
    """
    shape = as_shape(sizes, size)
    return _random(numpy_generator(generator).standard_normal, shape, dtype, requires_grad, device)


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """같은 형상의 고른 난수.

    Uniform random numbers in the shape and dtype of ``input``.
    """
    shape, chosen = like(input, dtype)
    return rand(
        shape, generator=generator, dtype=chosen, device=device, requires_grad=requires_grad
    )


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """같은 형상의 표준 정규 난수.

    Standard normal numbers in the shape and dtype of ``input``.
    """
    shape, chosen = like(input, dtype)
    return randn(
        shape, generator=generator, dtype=chosen, device=device, requires_grad=requires_grad
    )


def randint(
    low: Any = None, high: Any = None, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """[low, high)의 정수 난수. randint(high, size)로도 쓴다.

    Random integers in [low, high); ``randint(high, size)`` starts at 0.
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    low = 0 if low is None else low
    if size is None or high is None or high <= low:
        raise ArgumentError(
            f"randint의 범위 [{low}, {high})가 비었거나 size가 없습니다.",
            f"randint needs a size and a range with low < high, not [{low}, {high}).",
        )
    chosen = dtypes.int64 if dtype is None else as_dtype(dtype)
    values = numpy_generator(generator).integers(low, high, as_shape((size,)))
    return finish(values.astype(chosen), requires_grad, device)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None
) -> Tensor:
    """0부터 n - 1까지를 섞은 것.

    A random permutation of 0 ... n - 1.
    """
    (count,) = as_shape((n,))
    values = numpy_generator(generator).permutation(count)
    return finish(values.astype(dtypes.int64 if dtype is None else as_dtype(dtype)), device=device)
