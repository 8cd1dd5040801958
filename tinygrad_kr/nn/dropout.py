"""드롭아웃 계층.

The dropout layer.
"""

from __future__ import annotations

from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.nn.functional.layer import dropout, masked, scaled
from tinygrad_kr.nn.module import Module
from tinygrad_kr.tensor import Tensor


class Dropout(Module):
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

    def __init__(self, p: float = 0.5, inplace: bool = False, *, convention: str = "torch") -> None:
        super().__init__()
        self.p = number("p", p, least=0, most=1)
        self.inplace = inplace
        self.convention = choice("convention", convention, ("torch", "book"))

    def forward(self, input: Tensor) -> Tensor:
        if self.convention == "torch":
            return dropout(input, self.p, self.training, self.inplace)
        if self.training:
            return masked(input, self.p, 1.0, self.inplace)
        return scaled(input, 1 - self.p, self.inplace)

    def extra_repr(self) -> str:
        book = "" if self.convention == "torch" else f", convention={self.convention!r}"
        return f"p={self.p}, inplace={self.inplace}{book}"
