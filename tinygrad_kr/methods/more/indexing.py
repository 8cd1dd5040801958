"""드물게 쓰는 인덱싱 메서드.

The rarer methods: indexing.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase


class IndexingMethods(TensorBase):
    """드물게 쓰는 인덱싱 메서드. The rarer methods: indexing."""

    __slots__ = ()
