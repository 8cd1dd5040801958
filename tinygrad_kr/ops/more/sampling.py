"""드물게 쓰는 난수.

Rarer random numbers, from the generator given or from the default one. No gradient flows through
a draw.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.creation import as_shape, default_or, finish, like
from tinygrad_kr.ops.dims import array_of_kind
from tinygrad_kr.ops.sampling import randint, randn
from tinygrad_kr.random import Generator, numpy_generator

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = ["bernoulli", "multinomial", "normal", "poisson", "randint_like"]


def randint_like(
    input: Tensor, low: Any, high: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """같은 형상의 정수 난수.

    Random integers in [low, high), or [0, low), in the shape and dtype of ``input``.
    """
    shape, chosen = like(input, dtype)
    low, high = (0, low) if high is None else (low, high)
    return randint(
        low, high, shape, generator=generator, dtype=chosen, device=device,
        requires_grad=requires_grad,
    )  # fmt: skip


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """정규 분포의 난수: 평균과 표준 편차는 수나 텐서.

    Normal random numbers, mean and standard deviation of each from two tensors, or from a tensor
    and a number; of two numbers, so many as ``size`` says.

    Raises:
        ArgumentError: a negative standard deviation, or two numbers without a size.
    """
    arrays = [a for a in map(as_array, (mean, std)) if isinstance(a, np.ndarray)]
    deviation = as_array(std)
    if np.less(deviation, 0).any() or (not arrays and size is None):
        raise ArgumentError(
            "normal의 std는 음수일 수 없고, 평균과 표준 편차가 수이면 size가 있어야 합니다.",
            "normal expects std >= 0, and a size where mean and std are numbers.",
        )
    shape = np.broadcast_shapes(*(a.shape for a in arrays)) if arrays else as_shape((size,))
    chosen = arrays[0].dtype if arrays else default_or(dtype)
    drawn = randn(shape, generator=generator, dtype=chosen)._array
    values = np.asarray(as_array(mean) + deviation * drawn, chosen)
    return finish(values, requires_grad, device)


def _chances(name: str, input: Any) -> Array:
    """Probabilities, in an array of floats; refuses what is none."""
    p = array_of_kind("f", name, input)
    if not ((p >= 0) & (p <= 1)).all():
        raise ArgumentError(
            f"{name}의 확률은 0과 1 사이여야 합니다.", f"{name} expects 0 <= p <= 1."
        )
    return p


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """확률이 input인 0과 1.

    Ones with the probability that ``input`` says, zeros otherwise; or all with probability ``p``.
    """
    shape, dtype = like(input, None)
    chance = _chances("bernoulli", as_array(input) if p is None else np.array(float(p)))
    return wrap(np.asarray(numpy_generator(generator).random(shape) < chance, dtype))


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """평균이 input인 푸아송 분포의 난수.

    Poisson random numbers with the rates ``input``.
    """
    rates = array_of_kind("f", "poisson", input)
    if not (rates >= 0).all():
        raise ArgumentError("poisson의 비율은 음수일 수 없습니다.", "poisson expects rates >= 0.")
    return wrap(np.asarray(numpy_generator(generator).poisson(rates), rates.dtype))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """가중치에 비례하여 뽑은 인덱스.

    Indices drawn from each row with probabilities in proportion to its weights, which need not sum
    to one.

    Args:
        input: the weights, (n,) or (rows, n).
        num_samples: how many to draw from a row, of distinct indices unless ``replacement``.

    Raises:
        ArgumentError: weights that are negative, not finite or all zero, or too few of them.
    """
    weights = array_of_kind("f", "multinomial", input)
    rows = np.asarray(weights, np.float64).reshape(
        math.prod(weights.shape[:-1]), -1 if weights.size else 0
    )
    n = rows.shape[1]
    sums = rows.sum(-1, keepdims=True)
    if (
        not 1 <= weights.ndim <= 2
        or num_samples < 1
        or (not replacement and num_samples > n)
        or not (np.isfinite(rows) & (rows >= 0)).all()
        or not (sums > 0).all()
    ):
        raise ArgumentError(
            f"multinomial: 형상 {weights.shape}의 가중치에서 {num_samples}개를 뽑을 수 없습니다. "
            "가중치는 유한하고 음수가 아니어야 하며, 모두 0일 수 없습니다.",
            f"multinomial cannot sample {num_samples} from weights of shape {weights.shape}: they "
            "must be finite, not negative and not all zero, and enough where nothing is replaced.",
        )
    draw = numpy_generator(generator)
    if replacement:
        bounds = np.cumsum(rows, -1) / sums
        drawn = draw.random((len(rows), num_samples, 1))
        picked = (drawn >= bounds[:, None, :-1]).sum(-1)
    else:
        # The earliest of waiting times with these rates: what is drawn first, second, ...
        with np.errstate(divide="ignore"):
            times = draw.standard_exponential(rows.shape) / rows
        picked = np.argsort(times, -1)[:, :num_samples]
    return wrap(np.asarray(picked, np.int64).reshape(*weights.shape[:-1], num_samples))
