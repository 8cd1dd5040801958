"""활성화 함수의 계층.

Activation functions as layers: each is its settings and one function of
:mod:`tinygrad_kr.nn.functional`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.module import Module
from tinygrad_kr.tensor import Tensor


class _Activation(Module):
    """A layer without parameters, whose dataclass fields are its settings."""

    def __post_init__(self) -> None:
        super().__init__()

    def extra_repr(self) -> str:
        shown = ((f.name, getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        return ", ".join(f"{n}={v!r}" for n, v in shown if n != "inplace" or v)


@dataclass(eq=False, repr=False)
class ReLU(_Activation):
    """ReLU: 0보다 크면 그대로, 아니면 0.

    The rectified linear unit, max(x, 0); ``inplace`` writes over the input.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.1
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


@dataclass(eq=False, repr=False)
class LeakyReLU(_Activation):
    """Leaky ReLU: 음수에는 작은 기울기를 곱한다.

    x where x > 0, else ``negative_slope`` · x.
    """

    negative_slope: float = 0.01
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


@dataclass(eq=False, repr=False)
class ELU(_Activation):
    """ELU: 음수 쪽이 -alpha로 매끄럽게 잠긴다.

    x where x > 0, else ``alpha`` · (exp(x) − 1).
    """

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


@dataclass(eq=False, repr=False)
class SiLU(_Activation):
    """SiLU(스위시): x · sigmoid(x).

    The sigmoid linear unit (swish), x · sigmoid(x).
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


@dataclass(eq=False, repr=False)
class GELU(_Activation):
    """GELU: x에 정규 분포의 누적 확률을 곱한다.

    x · Φ(x), with Φ the normal distribution function; ``approximate="tanh"`` for the tanh form.
    """

    approximate: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("approximate", self.approximate, ("none", "tanh"))

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)


@dataclass(eq=False, repr=False)
class Sigmoid(_Activation):
    """시그모이드: 1 / (1 + exp(-x)).

    The sigmoid function, 1 / (1 + exp(−x)).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.2
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


@dataclass(eq=False, repr=False)
class Tanh(_Activation):
    """쌍곡탄젠트.

    The hyperbolic tangent, elementwise.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


@dataclass(eq=False, repr=False)
class Softplus(_Activation):
    """매끄러운 ReLU.

    log(1 + exp(beta x)) / beta; x itself where beta x > ``threshold``.
    """

    beta: float = 1.0
    threshold: float = 20.0

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


@dataclass(eq=False, repr=False)
class Softmax(_Activation):
    """소프트맥스: dim을 따라 합이 1인 확률. CrossEntropyLoss 앞에는 두지 않는다.

    Probabilities that sum to 1 along ``dim``. Not to be put before ``CrossEntropyLoss``, which
    takes logits.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.5
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


@dataclass(eq=False, repr=False)
class LogSoftmax(_Activation):
    """소프트맥스의 로그.

    log(softmax(x)) along ``dim``.
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)
