"""PyTorch 스크립트가 기대는 메서드.

Methods that PyTorch scripts lean on.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase


class ScriptingMethods(TensorBase):
    """PyTorch 스크립트가 기대는 메서드. What PyTorch scripts lean on."""

    __slots__ = ()
