"""곱에 더하기, 그 밖의 곱.

Products added to something, and other products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.ops.arithmetic import add, mul
from tinygrad_kr.ops.contraction import tensordot
from tinygrad_kr.ops.conversion import alike
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.linalg import bmm, dot, mm, mv, outer
from tinygrad_kr.ops.more.out import takes_out
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import expand, reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "ger", "inner", "kron", "vdot",
]  # fmt: skip


def _added(name: str, input: Any, product: Any, beta: float, alpha: float) -> Tensor:
    """β input + α product; an input that β makes 0 may be nan."""
    input, product = alike(input, product)
    if input.dtype.kind == "b":
        alpha, beta = bool(alpha), bool(beta)
    if input.dtype.kind != "f" and any(isinstance(c, float) for c in (alpha, beta)):
        raise DTypeError(
            f"{name}: 정수 텐서에는 alpha와 beta도 정수여야 합니다: {alpha}, {beta}.",
            f"{name}: for integral tensors alpha and beta must not be floats: {alpha}, {beta}.",
        )
    try:
        input = expand(input, product.shape)
    except (ShapeError, ArgumentError):
        raise ShapeError(
            f"{name}: 형상 {tuple(input.shape)}을(를) 곱의 형상 {tuple(product.shape)}(으)로 "
            "브로드캐스트할 수 없습니다.",
            f"{name}: shape {tuple(input.shape)} does not broadcast to that of the product, "
            f"{tuple(product.shape)}.",
        ) from None
    if alpha != 1:
        product = mul(product, alpha)
    if beta == 0:
        return product  # type: ignore[no-any-return]
    return add(input if beta == 1 else mul(input, beta), product)


@takes_out
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """행렬의 곱을 더한다: β input + α mat1 @ mat2.

    β input + α mat1 @ mat2; ``input`` broadcasts. With β = 0 it is not looked at, here and below.
    """
    return _added("addmm", input, mm(mat1, mat2), beta, alpha)


@takes_out
def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """행렬과 벡터의 곱을 더한다: β input + α mat @ vec.

    β input + α mat @ vec.
    """
    return _added("addmv", input, mv(mat, vec), beta, alpha)


@takes_out
def addr(input: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """두 벡터의 외적을 더한다: β input + α vec1 ⊗ vec2.

    β input + α vec1 ⊗ vec2.
    """
    return _added("addr", input, outer(vec1, vec2), beta, alpha)


@takes_out
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """배치마다 행렬의 곱을 더한다: β input + α batch1 @ batch2.

    β input + α batch1 @ batch2, a matrix each of the batch.
    """
    return _added("baddbmm", input, bmm(batch1, batch2), beta, alpha)


@takes_out
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """배치의 곱을 모두 더한다: β input + α Σ batch1ᵢ @ batch2ᵢ.

    β input + α Σᵢ batch1ᵢ @ batch2ᵢ.
    """
    product = bmm(batch1, batch2)
    return _added("addbmm", input, sum(product, 0, dtype=product.dtype), beta, alpha)


vdot = dot
ger = outer


@takes_out
def inner(input: Any, other: Any) -> Tensor:
    """마지막 차원을 따른 내적.

    The dot products of the last dimensions; a product if one of the two is 0-d.
    """
    if 0 in (array_of(input).ndim, array_of(other).ndim):
        return mul(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(
            f"inner의 마지막 차원의 크기가 서로 다릅니다: {tuple(input.shape)}, "
            f"{tuple(other.shape)}.",
            f"inner() the last dimension must match on both input tensors but got shapes "
            f"{tuple(input.shape)} and {tuple(other.shape)}.",
        )
    return tensordot(input, other, ([-1], [-1]))


@takes_out
def kron(input: Any, other: Any) -> Tensor:
    """크로네커 곱.

    The Kronecker product: every element of ``input`` times the whole of ``other``.

    >>> import tinygrad_kr as tg
    >>> tg.kron(tg.tensor([1, 10]), tg.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    ndim = max(array_of(input).ndim, array_of(other).ndim)
    a, b = ((1,) * (ndim - x.ndim) + tuple(x.shape) for x in (input, other))
    wide = [side for n in a for side in (n, 1)]
    narrow = [side for n in b for side in (1, n)]
    shape = tuple(m * n for m, n in zip(a, b, strict=True))
    return reshape(mul(reshape(input, wide), reshape(other, narrow)), shape)
