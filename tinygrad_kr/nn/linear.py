"""완전연결 계층.

The fully connected layer.
"""

from __future__ import annotations

import math
from typing import Any

from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional import linear
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.tensor import Tensor


class Linear(Module):
    """완전연결 계층: x @ weight.T + bias.

    The affine map x @ weight.T + bias.

    Args:
        bias: whether there is one.

    Shape:
        (*, in_features) gives (*, out_features). ``weight`` is (out_features, in_features), from
        U(−1/√in, 1/√in) as ``bias`` is (PyTorch's default, kaiming_uniform with a = √5).

    Raises:
        ShapeError: an input of another width; the message names the layer.
        DTypeError: an input of another dtype, of integers say.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.1 (Affine)

    >>> from tinygrad_kr import nn, ops
    >>> nn.Linear(3, 2)(ops.zeros(5, 3)).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = integer("in_features", in_features, least=0)
        self.out_features = integer("out_features", out_features, least=0)
        new = {"dtype": dtype, "device": device}
        self.weight = Parameter(empty(self.out_features, self.in_features, **new))
        self.register_parameter(
            "bias", Parameter(empty(self.out_features, **new)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """초깃값을 다시 뽑는다. Draw the initial values anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(self.in_features, 1))
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        try:
            return linear(input, self.weight, self.bias)
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
