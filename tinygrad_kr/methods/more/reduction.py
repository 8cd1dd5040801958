"""드물게 쓰는 축소와 누적의 메서드.

The rarer methods: reductions and scans.
"""

from __future__ import annotations

from tinygrad_kr import ops
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.ops.inplace import in_place
from tinygrad_kr.ops.more import counting, reductions, scans, statistics


class ReductionMethods(TensorBase):
    """드물게 쓰는 축소와 누적의 메서드. The rarer methods: reductions and scans."""

    __slots__: tuple[()] = ()

    nansum = reductions.nansum
    nanmean = reductions.nanmean
    nanmedian = reductions.nanmedian
    quantile = reductions.quantile
    nanquantile = reductions.nanquantile
    aminmax = reductions.aminmax
    kthvalue = reductions.kthvalue
    mode = reductions.mode

    cummax = scans.cummax
    cummin = scans.cummin
    logcumsumexp = scans.logcumsumexp
    cumsum_ = in_place(ops.cumsum)
    cumprod_ = in_place(ops.cumprod)
    diff = scans.diff

    cov = statistics.cov
    corrcoef = statistics.corrcoef
    dist = statistics.dist
    renorm = statistics.renorm
    renorm_ = in_place(statistics.renorm)

    argwhere = counting.argwhere
    bincount = counting.bincount
    histc = counting.histc
    histogram = counting.histogram
    msort = counting.msort
    nonzero = counting.nonzero
    unique = counting.unique
    unique_consecutive = counting.unique_consecutive
