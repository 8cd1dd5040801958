"""드물게 쓰는 곱과 선형대수의 메서드.

The rarer methods: products and linear algebra.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase


class ProductMethods(TensorBase):
    """드물게 쓰는 곱과 선형대수의 메서드. The rarer methods: products and linear algebra."""

    __slots__ = ()
