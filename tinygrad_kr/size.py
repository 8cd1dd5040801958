"""형상을 PyTorch처럼 보이는 튜플.

A shape, a tuple that shows itself as PyTorch's does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, SupportsIndex, overload


class Size(tuple[int, ...]):
    """형상: 정수의 튜플.

    A shape: a tuple of integers that stays one when it is cut or joined.

    >>> Size((2, 3))[:1] + (4,)
    torch.Size([2, 4])
    """

    __slots__ = ()

    def numel(self) -> int:
        """원소의 수.

        The number of elements of a tensor of this shape.
        """
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({[*self]})"

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(super().__add__(tuple(other)))

    def __radd__(self, other: Iterable[int]) -> Size:
        return Size((*other, *self))

    def __mul__(self, count: SupportsIndex) -> Size:
        return Size(super().__mul__(count))
