"""매개변수가 없는 계층: 활성화 함수, Dropout, Flatten, Identity.

Layers without parameters: each is its settings and one function.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.layer import masked, scaled
from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops.shape import flatten
from tinygrad_kr.tensor import Tensor


class _Plain(Module):
    """A layer without parameters, whose dataclass fields are its settings."""

    def __post_init__(self) -> None:
        super().__init__()

    def extra_repr(self) -> str:
        shown = ((f.name, getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        return ", ".join(f"{n}={v!r}" for n, v in shown if n != "inplace" or v)


@dataclass(eq=False, repr=False)
class ReLU(_Plain):
    """ReLU: 0보다 크면 그대로, 아니면 0.

    The rectified linear unit, max(x, 0); ``inplace`` writes over the input.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.1
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


@dataclass(eq=False, repr=False)
class LeakyReLU(_Plain):
    """Leaky ReLU: 음수에는 작은 기울기를 곱한다.

    x where x > 0, else ``negative_slope`` · x.
    """

    negative_slope: float = 0.01
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


@dataclass(eq=False, repr=False)
class ELU(_Plain):
    """ELU: 음수 쪽이 -alpha로 매끄럽게 잠긴다.

    x where x > 0, else ``alpha`` · (exp(x) − 1).
    """

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


@dataclass(eq=False, repr=False)
class SiLU(_Plain):
    """SiLU(스위시): x · sigmoid(x).

    The sigmoid linear unit (swish), x · sigmoid(x).
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


@dataclass(eq=False, repr=False)
class GELU(_Plain):
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
class Sigmoid(_Plain):
    """시그모이드: 1 / (1 + exp(-x)).

    The sigmoid function, 1 / (1 + exp(−x)).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.2
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


@dataclass(eq=False, repr=False)
class Tanh(_Plain):
    """쌍곡탄젠트.

    The hyperbolic tangent, elementwise.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


@dataclass(eq=False, repr=False)
class Softplus(_Plain):
    """매끄러운 ReLU.

    log(1 + exp(beta x)) / beta; x itself where beta x > ``threshold``.
    """

    beta: float = 1.0
    threshold: float = 20.0

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


@dataclass(eq=False, repr=False)
class Softmax(_Plain):
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
class LogSoftmax(_Plain):
    """소프트맥스의 로그.

    log(softmax(x)) along ``dim``.
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


@dataclass(eq=False, repr=False)
class Dropout(_Plain):
    """드롭아웃: 훈련 중에 원소를 무작위로 0으로 만든다.

    Set elements to 0 at random in training, each with probability ``p``.

    Args:
        p: the probability of a zero, 0 ... 1.
        inplace: write over the input.
        convention: "torch" scales by 1/(1 − p) in training (inverted dropout), "book" by 1 − p in
            evaluation.

    Source:
        Srivastava et al. 2014; 「밑바닥부터 시작하는 딥러닝」 6.4.3

    >>> from tinygrad_kr import nn, ops
    >>> nn.Dropout(0.5, convention="book").eval()(ops.ones(2))
    tensor([0.5000, 0.5000])
    """

    p: float = 0.5
    inplace: bool = False
    convention: str = field(default="torch", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.p = number("p", self.p, least=0, most=1)
        choice("convention", self.convention, ("torch", "book"))

    def forward(self, input: Tensor) -> Tensor:
        if self.convention == "torch":
            return F.dropout(input, self.p, self.training, self.inplace)
        if self.training:
            return masked(input, self.p, 1.0, self.inplace)
        return scaled(input, 1 - self.p, self.inplace)

    def extra_repr(self) -> str:
        book = "" if self.convention == "torch" else f", convention={self.convention!r}"
        return f"p={self.p}, inplace={self.inplace}{book}"


@dataclass(eq=False, repr=False)
class Flatten(_Plain):
    """차원들을 하나로 편다(배치 차원은 그대로).

    Run the dimensions from ``start_dim`` to ``end_dim`` together; the batch stays.

    >>> from tinygrad_kr import nn, ops
    >>> nn.Flatten()(ops.zeros(8, 1, 28, 28)).shape
    (8, 784)
    """

    start_dim: int = 1
    end_dim: int = -1

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)


class Identity(Module):
    """아무것도 하지 않는다. 어떤 인자든 받는다.

    Gives its input back; takes any arguments and has no use for them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input
