"""DLPack: 다른 라이브러리와 기억을 함께 쓴다.

Memory shared with other libraries, by the names of PyTorch's room.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.ops import conversion
from tinygrad_kr.tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]


class _Held:
    """A capsule in the shape that the protocol has today, which is taken once."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the CPU


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """DLPack을 아는 배열이나, to_dlpack이 준 캡슐을 받는다.

    A tensor that shares the memory of an array that speaks DLPack, or of a capsule of
    :func:`to_dlpack`; a capsule does not say that it may be written to, so NumPy lets it be read
    only.
    """
    spoken = ext_tensor if hasattr(ext_tensor, "__dlpack__") else _Held(ext_tensor)
    return conversion.from_dlpack(spoken, device=device, copy=copy)


def to_dlpack(tensor: Tensor) -> Any:
    """텐서의 기억을 가리키는 캡슐. 한 번만 받을 수 있다.

    A capsule that leads to the memory of a tensor, to be taken once.

    >>> from tinygrad_kr.ops import ones
    >>> t = ones(2)
    >>> shared = from_dlpack(to_dlpack(t))
    >>> t.fill_(2)
    tensor([2., 2.])
    >>> shared
    tensor([2., 2.])
    """
    return tensor.__dlpack__()
