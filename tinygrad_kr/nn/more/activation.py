"""활성화 계층: 드물게 쓰는 것들.

Activation layers beyond the core's: each its settings and one function of :mod:`functional`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.init import constant_
from tinygrad_kr.nn.layers import Plain
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.tensor import Tensor

__all__ = [
    "CELU", "GLU", "SELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LogSigmoid",
    "Mish", "PReLU", "RReLU", "ReLU6", "Softmax2d", "Softmin", "Softshrink", "Softsign",
    "Tanhshrink", "Threshold",
]  # fmt: skip


@dataclass(eq=False, repr=False)
class _Activation(Plain):
    """A layer that is one function of its input and its settings."""

    function: ClassVar[Callable[..., Tensor]]

    def forward(self, input: Tensor) -> Tensor:
        settings = (getattr(self, f.name) for f in fields(self))
        return type(self).function(input, *settings)


@dataclass(eq=False, repr=False)
class CELU(_Activation):
    """CELU: 도함수까지 이어진 ELU.

    x where x > 0, else ``alpha`` · (exp(x / ``alpha``) − 1).
    """

    function = F.celu
    alpha: float = 1.0
    inplace: bool = False


@dataclass(eq=False, repr=False)
class SELU(_Activation):
    """SELU: 평균 0, 분산 1을 유지하도록 늘린 ELU.

    1.0507 · x where x > 0, else 1.7581 · (exp(x) − 1).
    """

    function = F.selu
    inplace: bool = False


@dataclass(eq=False, repr=False)
class Mish(_Activation):
    """Mish: 입력에 tanh(softplus(x))를 곱한다.

    The input times the tanh of its softplus, x · tanh(log(1 + exp(x))).
    """

    function = F.mish
    inplace: bool = False


class LogSigmoid(_Activation):
    """시그모이드의 로그.

    The logarithm of the sigmoid, log(1 / (1 + exp(−x))).
    """

    function = F.logsigmoid


class Softsign(_Activation):
    """소프트사인: x / (1 + |x|).

    A sigmoid with slow tails, x / (1 + |x|).
    """

    function = F.softsign


class Tanhshrink(_Activation):
    """tanh를 뺀 나머지: x − tanh(x).

    What the tanh takes away from its input.
    """

    function = F.tanhshrink


@dataclass(eq=False, repr=False)
class GLU(_Activation):
    """GLU: 반쪽 a에 다른 반쪽의 시그모이드를 곱한다.

    a · sigmoid(b), a and b being the halves of the input along ``dim``.
    """

    function = F.glu
    dim: int = -1


@dataclass(eq=False, repr=False)
class Hardtanh(_Activation):
    """[min_val, max_val] 안으로 자른다.

    The input held within ``min_val`` and ``max_val``, where its gradient is 0.
    """

    function = F.hardtanh
    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.max_val > self.min_val:
            raise ArgumentError(
                f"max_val={self.max_val}은(는) min_val={self.min_val}보다 커야 합니다.",
                f"max_val={self.max_val} must be greater than min_val={self.min_val}.",
            )


@dataclass(eq=False, repr=False)
class ReLU6(_Activation):
    """6에서 멈추는 ReLU.

    ReLU that ends at 6: min(max(x, 0), 6).
    """

    function = F.relu6
    inplace: bool = False


@dataclass(eq=False, repr=False)
class Threshold(_Activation):
    """문턱보다 크면 그대로, 아니면 value.

    x where x > ``threshold``, else ``value``.
    """

    function = F.threshold
    threshold: float
    value: float
    inplace: bool = False


@dataclass(eq=False, repr=False)
class Hardsigmoid(_Activation):
    """꺾인 시그모이드.

    The sigmoid in three straight pieces, min(max(x + 3, 0), 6) / 6.
    """

    function = F.hardsigmoid
    inplace: bool = False

    def extra_repr(self) -> str:
        return ""


@dataclass(eq=False, repr=False)
class Hardswish(_Activation):
    """꺾인 스위시: x · hardsigmoid(x).

    The swish of straight pieces, x · min(max(x + 3, 0), 6) / 6.
    """

    function = F.hardswish
    inplace: bool = False

    def extra_repr(self) -> str:
        return ""


@dataclass(eq=False, repr=False)
class Hardshrink(_Activation):
    """|x|가 lambd 이하면 0, 아니면 그대로.

    0 where |x| <= ``lambd``, else x.
    """

    function = F.hardshrink
    lambd: float = 0.5

    def extra_repr(self) -> str:
        return str(self.lambd)


@dataclass(eq=False, repr=False)
class Softshrink(_Activation):
    """0을 향해 lambd만큼 줄인다.

    The input moved towards 0 by ``lambd``: sign(x) · max(|x| − ``lambd``, 0).
    """

    function = F.softshrink
    lambd: float = 0.5

    def extra_repr(self) -> str:
        return str(self.lambd)


@dataclass(eq=False, repr=False)
class Softmin(_Activation):
    """softmax(−x): 작은 값일수록 큰 확률.

    softmax(−x) along ``dim``.
    """

    function = F.softmin
    dim: int | None = None


@dataclass(eq=False, repr=False)
class Softmax2d(Plain):
    """자리마다 채널에 걸친 소프트맥스.

    Softmax over the channels of each place, (N, C, H, W) or (C, H, W).
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ShapeError(
                f"Softmax2d의 입력은 3차원이나 4차원입니다: 형상 {input.shape}.",
                f"Softmax2d: expected input to be 3D or 4D, got shape {input.shape}.",
            )
        return F.softmax(input, -3)


@dataclass(eq=False, repr=False)
class RReLU(Plain):
    """RReLU: 훈련 중에는 음수 쪽의 기울기를 원소마다 뽑는다.

    Leaky ReLU whose slopes are drawn from U(``lower``, ``upper``) in training, else their middle.
    """

    lower: float = 1 / 8
    upper: float = 1 / 3
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class PReLU(Module):
    """PReLU: 음수 쪽의 기울기를 배운다.

    x where x > 0, else ``weight`` · x.

    Args:
        num_parameters: one weight for all, or as many as there are channels (dimension 1).
        init: their initial value.

    Source:
        He et al. 2015
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = integer("num_parameters", num_parameters, least=0)
        self.init = init
        self.weight = Parameter(empty(self.num_parameters, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """weight를 초깃값으로. Set the weights to their initial value."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
