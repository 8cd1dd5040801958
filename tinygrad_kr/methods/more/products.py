"""드물게 쓰는 곱과 선형대수의 메서드.

The rarer methods: products and linear algebra.
"""

from __future__ import annotations

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.linalg import legacy
from tinygrad_kr.ops.inplace import in_place
from tinygrad_kr.ops.more import products


class ProductMethods(TensorBase):
    """드물게 쓰는 곱과 선형대수의 메서드. The rarer methods: products and linear algebra."""

    __slots__: tuple[()] = ()

    addbmm = products.addbmm
    addbmm_ = in_place(products.addbmm)
    addmm = products.addmm
    addmm_ = in_place(products.addmm)
    addmv = products.addmv
    addmv_ = in_place(products.addmv)
    addr = products.addr
    addr_ = in_place(products.addr)
    baddbmm = products.baddbmm
    baddbmm_ = in_place(products.baddbmm)
    ger = products.ger
    inner = products.inner
    kron = products.kron
    vdot = products.vdot

    cholesky = legacy.cholesky
    cholesky_inverse = legacy.cholesky_inverse
    cholesky_solve = legacy.cholesky_solve
    cross = legacy.cross
    det = legacy.det
    inverse = legacy.inverse
    logdet = legacy.logdet
    matrix_exp = legacy.matrix_exp
    matrix_power = legacy.matrix_power
    pinverse = legacy.pinverse
    qr = legacy.qr
    slogdet = legacy.slogdet
    svd = legacy.svd
