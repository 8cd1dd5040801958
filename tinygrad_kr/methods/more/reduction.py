"""드물게 쓰는 축소와 누적의 메서드.

The rarer methods: reductions and scans.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase


class ReductionMethods(TensorBase):
    """드물게 쓰는 축소와 누적의 메서드. The rarer methods: reductions and scans."""

    __slots__ = ()
