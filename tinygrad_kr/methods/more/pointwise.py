"""드물게 쓰는 원소마다의 메서드.

The rarer methods: pointwise.
"""

from __future__ import annotations

from tinygrad_kr import ops, special
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.ops.inplace import in_place
from tinygrad_kr.ops.more import aliases, pointwise


class PointwiseMethods(TensorBase):
    """드물게 쓰는 원소마다의 메서드. The rarer methods: pointwise."""

    __slots__: tuple[()] = ()

    absolute = aliases.absolute
    absolute_ = in_place(aliases.absolute)
    acosh = pointwise.acosh
    acosh_ = in_place(pointwise.acosh)
    addcdiv = pointwise.addcdiv
    addcdiv_ = in_place(pointwise.addcdiv)
    addcmul = pointwise.addcmul
    addcmul_ = in_place(pointwise.addcmul)
    arccos = aliases.arccos
    arccos_ = in_place(aliases.arccos)
    arccosh = aliases.arccosh
    arccosh_ = in_place(aliases.arccosh)
    arcsin = aliases.arcsin
    arcsin_ = in_place(aliases.arcsin)
    arcsinh = aliases.arcsinh
    arcsinh_ = in_place(aliases.arcsinh)
    arctan = aliases.arctan
    arctan_ = in_place(aliases.arctan)
    arctan2 = aliases.arctan2
    arctan2_ = in_place(aliases.arctan2)
    arctanh = aliases.arctanh
    arctanh_ = in_place(aliases.arctanh)
    asinh = pointwise.asinh
    asinh_ = in_place(pointwise.asinh)
    atan2 = pointwise.atan2
    atan2_ = in_place(pointwise.atan2)
    atanh = pointwise.atanh
    atanh_ = in_place(pointwise.atanh)
    bitwise_left_shift = ops.bitwise_left_shift
    bitwise_left_shift_ = in_place(ops.bitwise_left_shift)
    bitwise_right_shift = ops.bitwise_right_shift
    bitwise_right_shift_ = in_place(ops.bitwise_right_shift)
    clamp_max = pointwise.clamp_max
    clamp_max_ = in_place(pointwise.clamp_max)
    clamp_min = pointwise.clamp_min
    clamp_min_ = in_place(pointwise.clamp_min)
    copysign = pointwise.copysign
    copysign_ = in_place(pointwise.copysign)
    deg2rad = pointwise.deg2rad
    deg2rad_ = in_place(pointwise.deg2rad)
    divide = aliases.divide
    divide_ = in_place(aliases.divide)
    erfc = special.erfc
    erfc_ = in_place(special.erfc)
    erfinv = special.erfinv
    erfinv_ = in_place(special.erfinv)
    exp2 = special.exp2
    exp2_ = in_place(special.exp2)
    fix = aliases.fix
    fix_ = in_place(aliases.fix)
    float_power = pointwise.float_power
    float_power_ = in_place(pointwise.float_power)
    fmax = pointwise.fmax
    fmin = pointwise.fmin
    fmod = pointwise.fmod
    fmod_ = in_place(pointwise.fmod)
    frac = pointwise.frac
    frac_ = in_place(pointwise.frac)
    frexp = pointwise.frexp
    gcd = pointwise.gcd
    gcd_ = in_place(pointwise.gcd)
    greater = aliases.greater
    greater_ = in_place(aliases.greater)
    greater_equal = aliases.greater_equal
    greater_equal_ = in_place(aliases.greater_equal)
    heaviside = pointwise.heaviside
    heaviside_ = in_place(pointwise.heaviside)
    hypot = pointwise.hypot
    hypot_ = in_place(pointwise.hypot)
    isneginf = pointwise.isneginf
    isposinf = pointwise.isposinf
    isreal = pointwise.isreal
    lcm = pointwise.lcm
    lcm_ = in_place(pointwise.lcm)
    ldexp = pointwise.ldexp
    ldexp_ = in_place(pointwise.ldexp)
    less = aliases.less
    less_ = in_place(aliases.less)
    less_equal = aliases.less_equal
    less_equal_ = in_place(aliases.less_equal)
    logaddexp2 = pointwise.logaddexp2
    logit = special.logit
    logit_ = in_place(special.logit)
    multiply = aliases.multiply
    multiply_ = in_place(aliases.multiply)
    nan_to_num = pointwise.nan_to_num
    nan_to_num_ = in_place(pointwise.nan_to_num)
    negative = aliases.negative
    negative_ = in_place(aliases.negative)
    nextafter = pointwise.nextafter
    nextafter_ = in_place(pointwise.nextafter)
    not_equal = aliases.not_equal
    not_equal_ = in_place(aliases.not_equal)
    positive = aliases.positive
    rad2deg = pointwise.rad2deg
    rad2deg_ = in_place(pointwise.rad2deg)
    sgn = aliases.sgn
    sgn_ = in_place(aliases.sgn)
    signbit = pointwise.signbit
    sinc = special.sinc
    sinc_ = in_place(special.sinc)
    subtract = aliases.subtract
    subtract_ = in_place(aliases.subtract)
    true_divide = aliases.true_divide
    true_divide_ = in_place(aliases.true_divide)
    xlogy = special.xlogy
    xlogy_ = in_place(special.xlogy)
