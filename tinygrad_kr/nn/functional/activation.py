"""활성화 함수.

Activation functions. Each is a few ops; ``inplace=True`` writes the result over the input.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops import exponential
from tinygrad_kr.ops import inplace as in_place
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.dims import numpy_names
from tinygrad_kr.ops.exponential import erf, expm1, logaddexp, sigmoid, tanh
from tinygrad_kr.ops.norms import log_softmax as _log_softmax
from tinygrad_kr.ops.norms import softmax as _softmax
from tinygrad_kr.tensor import Tensor


def _applied(op: Callable[..., Any], input: Tensor, inplace: bool) -> Tensor:
    out: Tensor = in_place.apply(input, op) if inplace else op(input)
    return out


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """ReLU: 0보다 크면 그대로, 아니면 0.

    max(x, 0), elementwise; the gradient at 0 is 0.
    """
    return _applied(exponential.relu, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Leaky ReLU: 음수 쪽에도 작은 기울기를 둔다.

    x where x > 0, else ``negative_slope`` · x.
    """
    return _applied(lambda x: where(x > 0, x, x * negative_slope), input, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """ELU: 음수 쪽이 -alpha로 매끄럽게 잠긴다.

    x where x > 0, else ``alpha`` · (exp(x) − 1).
    """
    # The branch not taken must stay finite, or its gradient would be 0 · ∞.
    return _applied(lambda x: where(x > 0, x, alpha * expm1(where(x > 0, 0.0, x))), input, inplace)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """SiLU(스위시): x · sigmoid(x).

    x · sigmoid(x), also called swish.
    """
    return _applied(lambda x: x * sigmoid(x), input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """GELU: x · Φ(x), Φ는 표준 정규 분포의 누적 분포 함수.

    x · Φ(x), with Φ the normal distribution function; ``approximate="tanh"`` takes the tanh form.

    Source:
        Hendrycks and Gimpel 2016
    """
    if choice("approximate", approximate, ("none", "tanh")) == "none":
        return 0.5 * input * (1 + erf(input * math.sqrt(0.5)))
    inner = math.sqrt(2 / math.pi) * (input + 0.044715 * (input * input * input))
    return 0.5 * input * (1 + tanh(inner))


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(x))를 넘침 없이.

    log(sigmoid(x)), without overflow.
    """
    return -logaddexp(-input, 0.0)


@numpy_names
def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """소프트맥스: dim을 따라 합이 1인 확률.

    exp(x) / Σ exp(x) along ``dim``, without overflow.
    """
    return _softmax(input, _chosen(input, dim), dtype=dtype)


@numpy_names
def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """소프트맥스의 로그를 정확하게.

    log(softmax(x)) along ``dim``, accurate where softmax would be 0.
    """
    return _log_softmax(input, _chosen(input, dim), dtype=dtype)


def _chosen(input: Tensor, dim: int | None) -> int:
    """PyTorch's old rule for a ``dim`` that was not given."""
    if dim is not None:
        return dim
    chosen = 0 if input.ndim in (0, 1, 3) else 1
    warnings.warn(
        f"softmax의 dim을 적어 주세요: dim={chosen}(으)로 정했습니다.\n"
        f"Implicit dimension choice for softmax has been deprecated; say dim={chosen}.",
        stacklevel=5,
    )
    return chosen
