"""드롭아웃 계층.

The dropout layer.
"""

from __future__ import annotations

from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.nn.functional import dropout
from tinygrad_kr.nn.functional.layer import masked
from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops import inplace as in_place
from tinygrad_kr.ops.elementwise import mul
from tinygrad_kr.tensor import Tensor


class Dropout(Module):
    """드롭아웃: 훈련 중에 원소를 무작위로 0으로 만든다.

    Set elements to 0 at random in training, each with probability ``p``.

    Args:
        p: 0으로 만들 확률, 0 이상 1 이하. The probability of a zero.
        inplace: 입력에 바로 쓸지. Whether to write over the input.
        convention: "torch": 훈련 중에 1/(1 − p)를 곱한다(역 드롭아웃). "book": 훈련 중에는 그대로
            두고 평가할 때 1 − p를 곱한다. "torch" scales by 1/(1 − p) in training (inverted
            dropout), "book" by 1 − p in evaluation.

    Raises:
        HyperparameterError: ``p`` is not within [0, 1], NaN included.

    Source:
        Srivastava et al. 2014; 「밑바닥부터 시작하는 딥러닝」 6.4.3

    >>> from tinygrad_kr import nn, ops
    >>> nn.Dropout(0.5, convention="book").eval()(ops.ones(2))
    tensor([0.5000, 0.5000])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, convention: str = "torch") -> None:
        super().__init__()
        self.p = number("p", p, least=0, most=1)
        self.inplace = inplace
        self.convention = choice("convention", convention, ("torch", "book"))

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training; evaluate as the convention has it."""
        if self.convention == "torch":
            return dropout(input, self.p, self.training, self.inplace)
        if self.training:
            return masked(input, self.p, 1.0, self.inplace)
        kept = 1 - self.p
        out: Tensor = in_place.apply(input, mul, kept) if self.inplace else mul(input, kept)
        return out

    def extra_repr(self) -> str:
        book = "" if self.convention == "torch" else f", convention={self.convention!r}"
        return f"p={self.p}, inplace={self.inplace}{book}"
