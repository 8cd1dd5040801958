"""제자리(in-place) 메서드: 이름이 _로 끝난다.

In-place methods, each the op of its name applied to the tensor itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.ops import inplace
from tinygrad_kr.random import Generator, numpy_generator

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class InplaceMethods(TensorBase):
    """제자리 메서드. The in-place methods."""

    __slots__ = ()

    def add_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        return inplace.apply(self, ops.add, other, alpha=alpha)

    def sub_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        return inplace.apply(self, ops.sub, other, alpha=alpha)

    def div_(self, other: Any, *, rounding_mode: Literal["trunc", "floor"] | None = None) -> Tensor:
        return inplace.apply(self, ops.div, other, rounding_mode=rounding_mode)

    def mul_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.mul, other)

    def pow_(self, exponent: Any) -> Tensor:
        return inplace.apply(self, ops.pow, exponent)

    def remainder_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.remainder, other)

    def floor_divide_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.floor_divide, other)

    def logical_and_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.logical_and, other)

    def logical_or_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.logical_or, other)

    def logical_xor_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.logical_xor, other)

    def bitwise_and_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.bitwise_and, other)

    def bitwise_or_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.bitwise_or, other)

    def bitwise_xor_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.bitwise_xor, other)

    def eq_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.eq, other)

    def ne_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.ne, other)

    def lt_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.lt, other)

    def le_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.le, other)

    def gt_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.gt, other)

    def ge_(self, other: Any) -> Tensor:
        return inplace.apply(self, ops.ge, other)

    def lerp_(self, end: Any, weight: Any) -> Tensor:
        return inplace.apply(self, ops.lerp, end, weight)

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        return inplace.apply(self, ops.clamp, min, max)

    def clip_(self, min: Any = None, max: Any = None) -> Tensor:
        return inplace.apply(self, ops.clamp, min, max)

    def round_(self, *, decimals: int = 0) -> Tensor:
        return inplace.apply(self, ops.round, decimals=decimals)

    def neg_(self) -> Tensor:
        return inplace.apply(self, ops.neg)

    def abs_(self) -> Tensor:
        return inplace.apply(self, ops.abs)

    def sign_(self) -> Tensor:
        return inplace.apply(self, ops.sign)

    def square_(self) -> Tensor:
        return inplace.apply(self, ops.square)

    def reciprocal_(self) -> Tensor:
        return inplace.apply(self, ops.reciprocal)

    def exp_(self) -> Tensor:
        return inplace.apply(self, ops.exp)

    def expm1_(self) -> Tensor:
        return inplace.apply(self, ops.expm1)

    def log_(self) -> Tensor:
        return inplace.apply(self, ops.log)

    def log1p_(self) -> Tensor:
        return inplace.apply(self, ops.log1p)

    def log2_(self) -> Tensor:
        return inplace.apply(self, ops.log2)

    def log10_(self) -> Tensor:
        return inplace.apply(self, ops.log10)

    def sqrt_(self) -> Tensor:
        return inplace.apply(self, ops.sqrt)

    def rsqrt_(self) -> Tensor:
        return inplace.apply(self, ops.rsqrt)

    def sin_(self) -> Tensor:
        return inplace.apply(self, ops.sin)

    def cos_(self) -> Tensor:
        return inplace.apply(self, ops.cos)

    def tan_(self) -> Tensor:
        return inplace.apply(self, ops.tan)

    def sinh_(self) -> Tensor:
        return inplace.apply(self, ops.sinh)

    def cosh_(self) -> Tensor:
        return inplace.apply(self, ops.cosh)

    def tanh_(self) -> Tensor:
        return inplace.apply(self, ops.tanh)

    def asin_(self) -> Tensor:
        return inplace.apply(self, ops.asin)

    def acos_(self) -> Tensor:
        return inplace.apply(self, ops.acos)

    def atan_(self) -> Tensor:
        return inplace.apply(self, ops.atan)

    def sigmoid_(self) -> Tensor:
        return inplace.apply(self, ops.sigmoid)

    def relu_(self) -> Tensor:
        return inplace.apply(self, ops.relu)

    def floor_(self) -> Tensor:
        return inplace.apply(self, ops.floor)

    def ceil_(self) -> Tensor:
        return inplace.apply(self, ops.ceil)

    def trunc_(self) -> Tensor:
        return inplace.apply(self, ops.trunc)

    def logical_not_(self) -> Tensor:
        return inplace.apply(self, ops.logical_not)

    def bitwise_not_(self) -> Tensor:
        return inplace.apply(self, ops.bitwise_not)

    def zero_(self) -> Tensor:
        return inplace.fill(self, 0)

    def fill_(self, value: Any) -> Tensor:
        return inplace.fill(self, value)

    def copy_(self, src: Any, non_blocking: bool = False) -> Tensor:
        return inplace.copy(self, src)

    def uniform_(
        self, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None
    ) -> Tensor:
        return inplace.draw(self, numpy_generator(generator).uniform, a, b)

    def normal_(
        self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
    ) -> Tensor:
        return inplace.draw(self, numpy_generator(generator).normal, mean, std)

    def bernoulli_(self, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
        return inplace.draw(self, numpy_generator(generator).binomial, 1, p)
