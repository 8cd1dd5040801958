"""다변량 정규 분포.

The multivariate normal distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.distributions import constraints
from tinygrad_kr.distributions.distribution import LOG_2PI, Distribution, Shape
from tinygrad_kr.distributions.utils import lazy
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.linalg import cholesky, solve_triangular
from tinygrad_kr.linalg.solving import cholesky_inverse
from tinygrad_kr.ops.exponential import log
from tinygrad_kr.ops.linalg import diagonal
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.sampling import randn
from tinygrad_kr.ops.shape import common_shape, expand, flip, squeeze, swapaxes, unsqueeze
from tinygrad_kr.tensor import Tensor


class MultivariateNormal(Distribution):
    """다변량 정규 분포.

    The normal distribution of vectors (n,), by its mean and one matrix (n, n).

    Args:
        loc: (..., n).
        covariance_matrix: positive-definite; or
        precision_matrix: its inverse; or
        scale_tril: its Cholesky factor, lower triangular with a positive diagonal.

    >>> import tinygrad_kr as tg
    >>> MultivariateNormal(tg.zeros(2), tg.eye(2)).log_prob(tg.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Tensor, covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None, scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        matrices = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix,
                    "scale_tril": scale_tril}  # fmt: skip
        given = [(name, m) for name, m in matrices.items() if m is not None]
        if len(given) != 1:
            raise ArgumentError(
                "covariance_matrix, precision_matrix, scale_tril 가운데 꼭 하나를 주세요.",
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified.",
            )
        ((name, matrix),) = given
        n = loc.shape[-1] if loc.ndim else 0
        if loc.ndim < 1 or matrix.ndim < 2 or matrix.shape[-2:] != (n, n):
            raise ArgumentError(
                f"loc은 (..., n), {name}은(는) (..., n, n)이어야 합니다: {loc.shape}, "
                f"{matrix.shape}.",
                f"loc must be at least one-dimensional, (..., n), and {name} (..., n, n), not "
                f"{loc.shape} and {matrix.shape}.",
            )
        batch = common_shape("MultivariateNormal", loc.shape[:-1], matrix.shape[:-2])
        self.loc = expand(loc, (*batch, n))
        self.__dict__[name] = expand(matrix, (*batch, n, n))
        super().__init__(batch, (n,), validate_args)

    @lazy
    def scale_tril(self) -> Tensor:
        """공분산 행렬의 촐레스키 인수.

        The Cholesky factor of the covariance matrix.
        """
        if "covariance_matrix" in self.__dict__:
            return cholesky(self.covariance_matrix)
        # L Lᵀ = P⁻¹ for the inverse L of the factor of P from its other end.
        turned = cholesky(flip(self.precision_matrix, (-2, -1)))
        inverse = swapaxes(flip(turned, (-2, -1)), -2, -1)
        return solve_triangular(
            inverse, np.eye(*inverse.shape[-2:], dtype=inverse.dtype), upper=False
        )

    @lazy
    def covariance_matrix(self) -> Tensor:
        """공분산 행렬.

        The covariance matrix.
        """
        return self.scale_tril @ swapaxes(self.scale_tril, -2, -1)

    @lazy
    def precision_matrix(self) -> Tensor:
        """공분산 행렬의 역행렬.

        The inverse of the covariance matrix.
        """
        return cholesky_inverse(self.scale_tril)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return sum(self.scale_tril**2, -1)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        drawn = randn((*self._extended_shape(sample_shape), 1), dtype=self.loc.dtype)
        return self.loc + squeeze(self.scale_tril @ drawn, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        apart = mahalanobis(self.scale_tril, value - self.loc)
        return -(self._event_shape[0] * LOG_2PI + apart) / 2 - self.half_log_det()

    def half_log_det(self) -> Tensor:
        """공분산의 행렬식의 로그의 반.

        Half the logarithm of the determinant of the covariance.
        """
        return sum(log(diagonal(self.scale_tril, 0, -2, -1)), -1)

    def entropy(self) -> Tensor:
        return self._event_shape[0] * (1 + LOG_2PI) / 2 + self.half_log_det()


def mahalanobis(factor: Any, off: Any) -> Tensor:
    """|L⁻¹ x|²: 공분산 L Lᵀ로 잰 거리의 제곱.

    |L⁻¹ x|², the squared distance by the covariance L Lᵀ.
    """
    return sum(squeeze(solve_triangular(factor, unsqueeze(off, -1), upper=False), -1) ** 2, -1)
