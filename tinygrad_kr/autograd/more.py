"""autograd의 나머지 이름들. 이 층보다 위에 있는 것을 쓰므로 잎 파일에 있다.

The rest of the names of autograd, which lean on higher floors and so are leaves; see
:mod:`tinygrad_kr.leaves`.
"""

from __future__ import annotations

import warnings
from typing import Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing.gradcheck import gradcheck, gradgradcheck

__all__ = ["Variable", "gradcheck", "gradgradcheck"]


class _OldName(type):
    """The class of ``Variable``: every tensor is an instance."""

    def __call__(
        cls, data: Any = None, requires_grad: bool = False, volatile: bool | None = None
    ) -> Tensor:
        if volatile:
            warnings.warn(
                "volatile은 없어졌고 아무 일도 하지 않습니다. no_grad()를 쓰세요.\n"
                "volatile was removed and now has no effect. Use `with no_grad():` instead.",
                stacklevel=2,
            )
        if data is None:
            return empty(0)
        if not isinstance(data, TensorBase):
            raise ArgumentError(
                f"Variable에는 텐서를 주세요: {type(data).__name__}.",
                f"Variable data has to be a tensor, but got {type(data).__name__}.",
            )
        out: Tensor = data.detach()  # type: ignore[attr-defined]
        return out.requires_grad_(requires_grad)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_OldName):
    """텐서의 옛 이름: ``Variable(t)``는 그래프 밖의 같은 값이다.

    The old name of a tensor: ``Variable(t, requires_grad=True)`` is a leaf that shares the memory
    of ``t``, and every tensor is an instance.

    >>> import tinygrad_kr as tg
    >>> Variable(tg.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """
