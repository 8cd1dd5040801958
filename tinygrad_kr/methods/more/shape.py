"""드물게 쓰는 형상을 바꾸는 메서드.

The rarer methods: shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ShapeError
from tinygrad_kr.ops.more import dims, joining

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class ShapeMethods(TensorBase):
    """드물게 쓰는 형상을 바꾸는 메서드. The rarer methods: shapes."""

    __slots__: tuple[()] = ()

    adjoint = dims.adjoint
    as_strided = dims.as_strided
    diag_embed = dims.diag_embed
    diagflat = dims.diagflat
    dsplit = joining.dsplit
    fliplr = dims.fliplr
    flipud = dims.flipud
    hsplit = joining.hsplit
    moveaxis = dims.moveaxis
    repeat_interleave = joining.repeat_interleave
    rot90 = dims.rot90
    split_with_sizes = joining.split_with_sizes
    swapdims = dims.swapdims
    tensor_split = joining.tensor_split
    unflatten = dims.unflatten
    unfold = dims.unfold
    unsafe_chunk = joining.unsafe_chunk
    unsafe_split = joining.unsafe_split
    vsplit = joining.vsplit

    @property
    def mH(self) -> Tensor:
        """마지막 두 차원을 맞바꾼 뷰(실수이므로 mT와 같다).

        The last two dimensions swapped, as :attr:`mT`: the numbers are real.
        """
        return dims.adjoint(self)

    @property
    def H(self) -> Tensor:
        """행렬의 전치(실수이므로 T와 같다).

        The transpose of a matrix: the numbers are real.
        """
        if self._array.ndim > 2:
            raise ShapeError(
                f".H는 행렬에만 쓸 수 있습니다: 형상 {self._array.shape}. mH를 쓰세요.",
                f"tensor.H is only supported on matrices, not on shape {self._array.shape}; use "
                "mH.",
            )
        return dims.adjoint(self)
