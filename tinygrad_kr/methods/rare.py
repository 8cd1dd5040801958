"""드물게 쓰는 메서드의 자리: 처음 불릴 때 methods.more를 연다.

The places of a tensor's rarer methods, whose mixins lie in ``methods.more``, which is opened when
one of them is first asked for. They are listed: a ``__getattr__`` would send every read of a slot
of every tensor the long way round (Python 3.11).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from tinygrad_kr.autograd.base import TensorBase

_LIST = """
H absolute absolute_ acosh acosh_ addbmm addbmm_ addcdiv addcdiv_ addcmul addcmul_ addmm addmm_
addmv addmv_ addr addr_ adjoint aminmax arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh
arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh arctanh_ argwhere as_strided asinh asinh_ atan2
atan2_ atanh atanh_ baddbmm baddbmm_ bernoulli bincount bitwise_left_shift bitwise_left_shift_
bitwise_right_shift bitwise_right_shift_ cauchy_ cholesky cholesky_inverse cholesky_solve
clamp_max clamp_max_ clamp_min clamp_min_ copysign copysign_ corrcoef cov cross cummax cummin
cumprod_ cumsum_ deg2rad deg2rad_ det diag_embed diagflat diagonal_scatter diff dist divide
divide_ dsplit erfc erfc_ erfinv erfinv_ exp2 exp2_ exponential_ fill_diagonal_ fix fix_ fliplr
flipud float_power float_power_ fmax fmin fmod fmod_ frac frac_ frexp gcd gcd_ geometric_ ger
greater greater_ greater_equal greater_equal_ heaviside heaviside_ histc histogram hsplit hypot
hypot_ index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_put index_put_
index_reduce index_reduce_ inner inverse isneginf isposinf isreal kron kthvalue lcm lcm_ ldexp
ldexp_ less less_ less_equal less_equal_ log_normal_ logaddexp2 logcumsumexp logdet logit logit_
mH masked_scatter masked_scatter_ matrix_exp matrix_power mode moveaxis msort multinomial
multiply multiply_ nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum narrow
narrow_copy negative negative_ nextafter nextafter_ nonzero not_equal not_equal_ pinverse
positive put put_ qr quantile rad2deg rad2deg_ random_ renorm renorm_ repeat_interleave rot90
scatter_reduce scatter_reduce_ select select_scatter sgn sgn_ signbit sinc sinc_ slice_scatter
slogdet split_with_sizes subtract subtract_ svd swapdims take tensor_split true_divide
true_divide_ unflatten unfold unique unique_consecutive unsafe_chunk unsafe_split vdot vsplit
xlogy xlogy_
"""
NAMES: Final = _LIST.split()


class _Rare:
    """The place of one: finds it in the leaf."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Any, owner: Any = None) -> Any:
        found = getattr(import_module("tinygrad_kr.methods.more").MoreMethods, self.name)
        return found if tensor is None else found.__get__(tensor, owner)


RareMethods = type("RareMethods", (TensorBase,), {"__slots__": (), **{n: _Rare(n) for n in NAMES}})
