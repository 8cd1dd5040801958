"""가중치의 초깃값.

Initial values of weights: each function fills a tensor in place, outside the graph, and returns it.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.leaves import missing
from tinygrad_kr.ops import inplace
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def constant_(tensor: Tensor, val: Any) -> Tensor:
    """한 값으로 채운다.

    Fill with ``val``.
    """
    with no_grad():
        return inplace.fill(tensor, val)


def _fill_drawn(tensor: Tensor, values: Array) -> Tensor:
    need_floating("init", tensor)
    return constant_(tensor, wrap(np.asarray(values, dtype=tensor.dtype)))


def zeros_(tensor: Tensor) -> Tensor:
    """0으로 채운다.

    Fill with 0, which as weights keeps the hidden units alike (6.2.1).
    """
    return constant_(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """1로 채운다.

    Fill with 1.
    """
    return constant_(tensor, 1)


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """[a, b)의 고른 난수로 채운다.

    Fill with uniform draws from [``a``, ``b``).
    """
    low, high = number("a", a), number("b", b, least=a)
    return _fill_drawn(tensor, numpy_generator(generator).uniform(low, high, tensor.shape))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """정규 분포의 난수로 채운다.

    Fill with normal draws.
    """
    centre, spread = number("mean", mean), number("std", std, least=0)
    return _fill_drawn(tensor, numpy_generator(generator).normal(centre, spread, tensor.shape))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """[a, b]에서 자른 정규 분포의 난수로 채운다.

    Fill with normal draws, those outside [``a``, ``b``] drawn again.
    """
    centre, spread = number("mean", mean), number("std", std, above=0)
    low, high = number("a", a) - centre, number("b", b, above=a) - centre
    drawn = _truncated(low / spread, high / spread, tensor.shape, numpy_generator(generator))
    return _fill_drawn(tensor, np.clip(centre + spread * drawn, a, b))


def _truncated(low: float, high: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Standard normal numbers in [low, high], by rejection from a uniform proposal.

    It ends 9 from the peak of the density, or 40 / peak in a tail: a draw in 40 or so is taken.
    """
    peak = min(max(low, 0.0), high)
    reach = min(9.0, 40 / abs(peak)) if peak else 9.0
    low, high = max(low, peak - reach), min(high, peak + reach)
    out = np.empty(math.prod(shape))
    missing = np.arange(out.size)
    while missing.size:
        proposed = rng.uniform(low, high, missing.size)
        taken = rng.random(missing.size) < np.exp((peak * peak - proposed * proposed) / 2)
        out[missing[taken]] = proposed[taken]
        missing = missing[~taken]
    return out.reshape(shape)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """활성화 함수에 알맞은 배율.

    The gain of weights before a nonlinearity; ``param`` is the slope of ``"leaky_relu"`` (0.01).

    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else number("negative_slope", param)
        return math.sqrt(2 / (1 + slope * slope))
    gains = {"relu": math.sqrt(2), "tanh": 5 / 3, "selu": 3 / 4, "sigmoid": 1.0,
             "linear": 1.0}  # fmt: skip
    gains |= {f"conv{kind}{d}d": 1.0 for kind in ("", "_transpose") for d in (1, 2, 3)}
    return gains[choice("nonlinearity", nonlinearity, (*gains, "leaky_relu"))]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """The inputs and outputs of a neuron whose weights are (out, in, *receptive field)."""
    if tensor.ndim < 2:
        raise ShapeError(
            f"가중치는 2차원 이상이어야 합니다: 형상 {tensor.shape}.",
            f"the weights must have at least 2 dimensions, not shape {tensor.shape}.",
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _xavier_std(tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = _fans(tensor)
    return number("gain", gain) * math.sqrt(2 / max(fan_in + fan_out, 1))


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Xavier(Glorot) 초깃값, 고른 분포.

    Xavier's initial values from U(−r, r), r = gain · √(6 / (fan_in + fan_out)).

    Source:
        Glorot and Bengio 2010; 「밑바닥부터 시작하는 딥러닝」 6.2.2 (there 1/√fan_in)
    """
    bound = math.sqrt(3) * abs(_xavier_std(tensor, gain))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Xavier(Glorot) 초깃값, 정규 분포.

    Xavier's initial values from N(0, σ²), σ = gain · √(2 / (fan_in + fan_out)).
    """
    return normal_(tensor, 0.0, abs(_xavier_std(tensor, gain)), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan_in, fan_out = _fans(tensor)
    fan = fan_in if choice("mode", mode, ("fan_in", "fan_out")) == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """He(Kaiming) 초깃값, 고른 분포.

    He's initial values from U(−r, r), r = gain · √(3 / fan).

    Args:
        a: the slope of "leaky_relu".
        mode: "fan_in" keeps the spread going forward, "fan_out" going back.

    Source:
        He et al. 2015; 「밑바닥부터 시작하는 딥러닝」 6.2.3
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """He(Kaiming) 초깃값, 정규 분포.

    He's initial values from N(0, σ²), σ = gain / √fan; see :func:`kaiming_uniform_`.
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """직교 행렬로 채운다.

    Fill with a random orthogonal matrix times ``gain``, dimensions after the first run together.

    Source:
        Saxe et al. 2013
    """
    _fans(tensor)
    scale = number("gain", gain)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = numpy_generator(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    # The signs of R's diagonal make the distribution uniform.
    q *= np.sign(np.diag(r))
    q = q if rows >= columns else q.T
    return _fill_drawn(tensor, scale * q.reshape(tensor.shape))


def __getattr__(name: str) -> Any:
    """밑줄이 없는 옛 이름. The old names, without the last underscore."""
    if f"{name}_" not in __all__:
        raise missing(__name__, name)
    warnings.warn(f"nn.init.{name} → nn.init.{name}_", FutureWarning, stacklevel=2)
    return globals()[f"{name}_"]
