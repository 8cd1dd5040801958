"""형상만 바꾸는 계층과 아무것도 하지 않는 계층.

A layer that only reshapes, and one that does nothing.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops.shape import flatten
from tinygrad_kr.tensor import Tensor


class Flatten(Module):
    """차원들을 하나로 편다(배치 차원은 그대로).

    Run the dimensions from ``start_dim`` to ``end_dim`` together; the batch stays.

    >>> from tinygrad_kr import nn, ops
    >>> nn.Flatten()(ops.zeros(8, 1, 28, 28)).shape
    (8, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Identity(Module):
    """아무것도 하지 않는다. 어떤 인자든 받는다.

    Gives its input back; takes any arguments and has no use for them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input
