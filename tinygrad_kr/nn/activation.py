"""활성화 함수의 계층.

Activation functions as layers; see :mod:`tinygrad_kr.nn.functional`.
"""

from __future__ import annotations

from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.module import Module
from tinygrad_kr.tensor import Tensor


def _listed(parts: str, inplace: bool) -> str:
    return ", ".join(p for p in (parts, "inplace=True" if inplace else "") if p)


class ReLU(Module):
    """ReLU: 0보다 크면 그대로, 아니면 0.

    The rectified linear unit, max(x, 0); ``inplace`` writes over the input.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.1
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """max(x, 0)."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return _listed("", self.inplace)


class LeakyReLU(Module):
    """Leaky ReLU: 음수에는 작은 기울기를 곱한다.

    x where x > 0, else ``negative_slope`` · x.
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x or negative_slope · x."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return _listed(f"negative_slope={self.negative_slope}", self.inplace)


class ELU(Module):
    """ELU: 음수 쪽이 -alpha로 매끄럽게 잠긴다.

    x where x > 0, else ``alpha`` · (exp(x) − 1).
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x or alpha · (exp(x) − 1)."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return _listed(f"alpha={self.alpha}", self.inplace)


class SiLU(Module):
    """SiLU(스위시): x · sigmoid(x).

    The sigmoid linear unit (swish), x · sigmoid(x).
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x · sigmoid(x)."""
        return F.silu(input, self.inplace)

    def extra_repr(self) -> str:
        return _listed("", self.inplace)


class GELU(Module):
    """GELU: x에 정규 분포의 누적 확률을 곱한다.

    x · Φ(x), with Φ the normal distribution function; ``approximate="tanh"`` for the tanh form.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = choice("approximate", approximate, ("none", "tanh"))

    def forward(self, input: Tensor) -> Tensor:
        """x · Φ(x)."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Sigmoid(Module):
    """시그모이드: 1 / (1 + exp(-x)).

    The sigmoid function, 1 / (1 + exp(−x)).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.2
    """

    def forward(self, input: Tensor) -> Tensor:
        """1 / (1 + exp(−x))."""
        return F.sigmoid(input)


class Tanh(Module):
    """쌍곡탄젠트.

    The hyperbolic tangent, elementwise.
    """

    def forward(self, input: Tensor) -> Tensor:
        """tanh(x)."""
        return F.tanh(input)


class Softplus(Module):
    """매끄러운 ReLU.

    log(1 + exp(beta x)) / beta; x itself where beta x > ``threshold``.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """log(1 + exp(beta x)) / beta."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softmax(Module):
    """소프트맥스: dim을 따라 합이 1인 확률. CrossEntropyLoss 앞에는 두지 않는다.

    Probabilities that sum to 1 along ``dim``. Not to be put before ``CrossEntropyLoss``, which
    takes logits.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.5
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """softmax(x) along dim."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """소프트맥스의 로그.

    log(softmax(x)) along ``dim``.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """log(softmax(x)) along dim."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
