"""드물게 쓰는 형상을 바꾸는 메서드.

The rarer methods: shapes.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase


class ShapeMethods(TensorBase):
    """드물게 쓰는 형상을 바꾸는 메서드. The rarer methods: shapes."""

    __slots__ = ()
