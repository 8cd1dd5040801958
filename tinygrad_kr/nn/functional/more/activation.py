"""활성화 함수: 드물게 쓰는 것들, 그리고 제자리(in-place) 꼴.

Activations beyond the core's, and the in-place forms. ``inplace=True`` writes over the input. At a
kink each has PyTorch's gradient, which is 0 where the function begins to be flat.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array, wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DivisionError,
    DTypeError,
    HyperparameterError,
    ShapeError,
)
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn.functional.layer import (
    applied,
    elu,
    exponential_unit,
    leaky_relu,
    relu,
    softmax,
)
from tinygrad_kr.ops.arithmetic import abs, sign
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.creation import zeros_like
from tinygrad_kr.ops.dims import array_of, normal_dim, numpy_names
from tinygrad_kr.ops.exponential import logaddexp, sigmoid, softplus, tanh
from tinygrad_kr.ops.gathering import scatter
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.inplace import apply, in_place
from tinygrad_kr.ops.order import max
from tinygrad_kr.ops.pointwise import filling, in_dtype
from tinygrad_kr.ops.reduction import need_floating
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.random import numpy_generator
from tinygrad_kr.tensor import Tensor

__all__ = [
    "celu", "celu_", "elu_", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish",
    "hardtanh", "hardtanh_", "leaky_relu_", "logsigmoid", "mish", "prelu", "relu6", "relu_",
    "rrelu", "rrelu_", "selu", "selu_", "softmin", "softshrink", "softsign", "tanhshrink",
    "threshold", "threshold_",
]  # fmt: skip

# Exponential


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """CELU: 도함수까지 이어진 ELU.

    x where x > 0, else ``alpha`` · (exp(x / ``alpha``) − 1).
    """
    if alpha == 0:
        raise DivisionError("CELU의 alpha는 0이 아니어야 합니다.", "alpha cannot be 0 for CELU.")
    return exponential_unit("celu", input, alpha, inplace, slope=1 / alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """SELU: 평균 0, 분산 1을 유지하도록 늘린 ELU.

    1.0507 · x where x > 0, else 1.7581 · (exp(x) − 1), which keep the mean 0 and the variance 1.

    Source:
        Klambauer et al. 2017
    """
    return exponential_unit("selu", input, 1.6732632423543772, inplace, scale=1.0507009873554805)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Mish: 입력에 tanh(softplus(x))를 곱한다.

    The input times the tanh of its softplus, x · tanh(log(1 + exp(x))).
    """
    return applied("mish", lambda x: x * tanh(softplus(x)), input, inplace)


def logsigmoid(input: Tensor) -> Tensor:
    """시그모이드의 로그.

    log(1 / (1 + exp(−x))), without overflow.
    """
    return -logaddexp(-need_floating("logsigmoid", input), 0.0)


def softsign(input: Tensor) -> Tensor:
    """소프트사인: x / (1 + |x|).

    A sigmoid with slow tails, x / (1 + |x|).
    """
    return input / (abs(input) + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """tanh를 뺀 나머지: x − tanh(x).

    What the tanh takes away from its input.
    """
    return input - tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """GLU: 반쪽 a에 다른 반쪽의 시그모이드를 곱한다.

    a · sigmoid(b), a and b being the halves of ``input`` along ``dim``.

    Raises:
        ShapeError: an odd size.
    """
    x = array_of(input)
    if not x.ndim:
        raise ShapeError("glu에 스칼라를 줄 수 없습니다.", "glu does not support scalars.")
    axis = normal_dim(dim, x.ndim)
    half, odd = divmod(x.shape[axis], 2)
    if odd:
        raise ShapeError(
            f"glu: 차원 {axis}의 크기는 짝수여야 합니다: 형상 {x.shape}.",
            f"Halving dimension must be even, but dimension {axis} is of shape {x.shape}.",
        )
    need_floating("glu", input)
    lead = (slice(None),) * axis
    a, b = (getitem(input, index=(*lead, s)) for s in (slice(half), slice(half, None)))
    return a * sigmoid(b)


# Piecewise linear


def _limits(name: str, input: Tensor, *values: float) -> Any:
    """Numbers in the dtype of ``input``, which is of numbers, and signed where they are."""
    dtype = array_of(input).dtype
    if dtype.kind == "b" or (dtype.kind == "u" and any(v < 0 for v in values)):
        raise DTypeError(
            f"{name}은(는) {dtype} 텐서와 한계 {values}에 쓸 수 없습니다.",
            f"cannot do {name} on a tensor of {dtype} with the limits {values}.",
        )
    return (filling(value, dtype) for value in values)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """[min_val, max_val] 안으로 자른다. 끝에서의 기울기는 0.

    ``input`` held within ``min_val`` and ``max_val``; the gradient at these is 0.
    """
    if min_val > max_val:
        raise ArgumentError(
            f"min_val={min_val}이(가) max_val={max_val}보다 큽니다.",
            f"min_val={min_val} cannot be greater than max_val={max_val}.",
        )
    low, high = _limits("hardtanh", input, min_val, max_val)

    def op(x: Any) -> Any:
        a = as_array(x)
        return where((a <= low) | (a >= high), np.clip(a, low, high), x)

    return apply(input, op) if inplace else op(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """6에서 멈추는 ReLU.

    ReLU that ends at 6: min(max(x, 0), 6).
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """문턱보다 크면 그대로, 아니면 value.

    x where x > ``threshold``, else ``value``.
    """
    limit, other = _limits("threshold", input, threshold, value)

    def op(x: Any) -> Any:
        return where(as_array(x) <= limit, other, x)

    return apply(input, op) if inplace else op(input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """꺾인 시그모이드.

    The sigmoid in three straight pieces, min(max(x + 3, 0), 6) / 6.
    """

    def op(x: Any) -> Any:
        a = as_array(x)
        return where((a > -3) & (a < 3), x / 6 + 0.5, np.clip(a, -3, 3) / 6 + 0.5)

    return applied("hardsigmoid", op, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """꺾인 스위시: x · hardsigmoid(x).

    The swish of straight pieces, x · min(max(x + 3, 0), 6) / 6.
    """
    return applied("hardswish", lambda x: x * hardsigmoid(x), input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """|x|가 lambd 이하면 0, 아니면 그대로.

    0 where |x| <= ``lambd``, else x.
    """
    x = need_floating("hardshrink", input)
    return where((x >= -lambd) & (x <= lambd), 0.0, x)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """0을 향해 lambd만큼 줄인다.

    The input moved towards 0 by ``lambd``: sign(x) · max(|x| − ``lambd``, 0).
    """
    x = need_floating("softshrink", input)
    number("lambd", lambd, least=0)
    return where(abs(as_array(x)) <= lambd, 0.0, x - lambd * sign(as_array(x)))


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """PReLU: 음수 쪽의 기울기를 배운다.

    x where x > 0, else ``weight`` · x; one weight, or one for each channel (dimension 1).

    Raises:
        ShapeError, DTypeError: a weight that does not fit.
    """
    x, w = array_of(need_floating("prelu", input)), array_of(weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or (w.size != 1 and (not x.ndim or w.size != channels)):
        raise ShapeError(
            f"prelu: weight의 형상은 (1,)이나 ({channels},)이어야 합니다: {w.shape}, 입력은 "
            f"{x.shape}.",
            f"prelu: the weight must have shape (1,) or ({channels},), not {w.shape}, for an input "
            f"of shape {x.shape}.",
        )
    if x.dtype != w.dtype:
        raise DTypeError(
            f"prelu: 입력의 자료형은 {x.dtype}인데 weight는 {w.dtype}입니다.",
            f"prelu: type promoting is not supported: got {x.dtype} and {w.dtype}.",
        )
    slope = reshape(weight, (-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else (1,) * x.ndim)
    positive = x > 0
    return where(positive, input, slope * where(positive, 0.0, input))


# Random


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
    inplace: bool = False,
) -> Tensor:  # fmt: skip
    """RReLU: 훈련 중에는 음수 쪽의 기울기를 원소마다 뽑는다.

    Leaky ReLU whose slopes are drawn from U(``lower``, ``upper``) in training, else their middle.
    """
    lower, upper = number("lower", lower), number("upper", upper)
    if lower > upper:
        raise HyperparameterError(
            f"lower={lower}은(는) upper={upper} 이하여야 합니다.",
            f"Lower bound should be less than or equal to the upper bound: {lower}, {upper}.",
        )
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)

    def op(x: Any) -> Any:
        drawn = numpy_generator().uniform(lower, upper, x.shape)
        return where(as_array(x) <= 0, x * wrap(in_dtype(drawn, x.dtype)), x)

    return applied("rrelu", op, input, inplace)


@numpy_names
def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """검벨-소프트맥스: 범주를 미분할 수 있게 뽑는다.

    Differentiable draws of categories: softmax((x + noise) / ``tau``), the noise Gumbel's.

    Args:
        hard: make them one-hot, with the gradient of the soft ones.
        eps: does nothing.

    Source:
        Jang et al. 2017
    """
    x = array_of(need_floating("gumbel_softmax", logits))
    if eps != 1e-10:
        warnings.warn(
            "eps는 아무 일도 하지 않습니다.\nThe eps parameter is deprecated and has no effect.",
            stacklevel=2,
        )
    noise = in_dtype(numpy_generator().gumbel(size=x.shape), x.dtype)
    soft = softmax((logits + wrap(noise)) / tau, dim)
    if not hard:
        return soft
    first = max(soft, dim, keepdim=True).indices
    hot = scatter(zeros_like(soft), dim, first, 1.0)
    return hot - wrap(as_array(soft)) + soft


@numpy_names
def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """softmax(−x): 작은 값일수록 큰 확률.

    softmax(−x) along ``dim``.
    """
    return softmax(-input, dim, dtype=dtype)


relu_ = in_place(relu)
elu_, celu_, selu_ = in_place(elu), in_place(celu), in_place(selu)
leaky_relu_, rrelu_ = in_place(leaky_relu), in_place(rrelu)
hardtanh_, threshold_ = in_place(hardtanh), in_place(threshold)
