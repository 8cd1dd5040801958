"""드물게 쓰는 원소마다의 메서드.

The rarer methods: pointwise.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase


class PointwiseMethods(TensorBase):
    """드물게 쓰는 원소마다의 메서드. The rarer methods: pointwise."""

    __slots__ = ()
