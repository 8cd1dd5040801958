"""드물게 쓰는 인덱싱과 난수의 메서드.

The rarer methods: indexing, and draws in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.ops import inplace
from tinygrad_kr.ops.inplace import in_place
from tinygrad_kr.ops.more import picking, reducing, sampling, scattering
from tinygrad_kr.random import Generator, numpy_generator

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


class IndexingMethods(TensorBase):
    """드물게 쓰는 인덱싱과 난수의 메서드. The rarer methods: indexing, and draws in place."""

    __slots__: tuple[()] = ()

    bernoulli = sampling.bernoulli
    diagonal_scatter = scattering.diagonal_scatter
    fill_diagonal_ = in_place(scattering.fill_diagonal)
    index_add = scattering.index_add
    index_add_ = in_place(scattering.index_add)
    index_copy = scattering.index_copy
    index_copy_ = in_place(scattering.index_copy)
    index_fill = scattering.index_fill
    index_fill_ = in_place(scattering.index_fill)
    index_put = scattering.index_put
    index_put_ = in_place(scattering.index_put)
    index_reduce = reducing.index_reduce
    index_reduce_ = in_place(reducing.index_reduce)
    masked_scatter = scattering.masked_scatter
    masked_scatter_ = in_place(scattering.masked_scatter)
    multinomial = sampling.multinomial
    narrow = picking.narrow
    narrow_copy = picking.narrow_copy
    put = scattering.put
    put_ = in_place(scattering.put)
    scatter_reduce = reducing.scatter_reduce
    scatter_reduce_ = in_place(reducing.scatter_reduce)
    select = picking.select
    select_scatter = scattering.select_scatter
    slice_scatter = scattering.slice_scatter
    take = picking.take

    def random_(
        self, low: int = 0, high: int | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """[low, high)의 정수 난수로 채운다. random_(high)로도 쓴다.

        Filled with random integers in [low, high), or [0, low); with no bounds, up to the largest
        that the dtype holds, floats exactly.
        """
        dtype = self._array.dtype
        if high is None and low:
            low, high = 0, low
        if high is None:
            whole = 2 ** (np.finfo(dtype).nmant + 1) if dtype.kind == "f" else dtype.kind == "b"
            high = 1 + int(whole or np.iinfo(dtype).max)
        if high <= low:
            raise ArgumentError(
                f"random_의 범위 [{low}, {high})가 비었습니다.",
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}.",
            )
        draws = numpy_generator(generator).integers
        return inplace.draw(self, lambda size: draws(low, high - 1, size, endpoint=True))

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """지수 분포의 난수로 채운다.

        Filled with exponential random numbers of that rate.
        """
        scale = 1 / number("lambd", lambd, above=0)
        return inplace.draw(self, numpy_generator(generator).exponential, scale)

    def cauchy_(
        self, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
    ) -> Tensor:
        """코시 분포의 난수로 채운다.

        Filled with random numbers of the Cauchy distribution.
        """
        draw = numpy_generator(generator).standard_cauchy
        return inplace.draw(self, lambda size: median + sigma * draw(size))

    def log_normal_(
        self, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
    ) -> Tensor:
        """로그 정규 분포의 난수로 채운다.

        Filled with numbers whose logarithms are normal.
        """
        number("std", std, above=0)
        return inplace.draw(self, numpy_generator(generator).lognormal, mean, std)

    def geometric_(self, p: float, *, generator: Generator | None = None) -> Tensor:
        """기하 분포의 난수로 채운다.

        Filled with how many trials of probability ``p`` it takes to succeed.
        """
        number("p", p, above=0, below=1)
        return inplace.draw(self, numpy_generator(generator).geometric, p)
