"""가중치 정규화와 스펙트럼 정규화, 매개변수화로.

Weight and spectral normalisation as parametrizations.
"""

from __future__ import annotations

from typing import Any, TypeVar

from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.hyperparameters import integer, number
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.utils.parametrize import register_parametrization
from tinygrad_kr.ops.comparison import clamp
from tinygrad_kr.ops.linalg import matmul
from tinygrad_kr.ops.norms import norm
from tinygrad_kr.ops.sampling import randn
from tinygrad_kr.ops.shape import movedim, reshape
from tinygrad_kr.tensor import Tensor

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def size_of(v: Tensor, dim: int | None) -> Tensor:
    """For each index of ``dim`` the norm of the rest; of all of it where that is None."""
    if dim is None:
        return norm(v)
    others = tuple(i for i in range(v.ndim) if i != dim % v.ndim)
    return norm(v, 2, others, True) if others else abs(v)


def rows_of(weight: Any, dim: int) -> Any:
    """A matrix with ``dim`` as its rows."""
    first = movedim(weight, dim, 0)
    return reshape(first, (first.shape[0], -1))


def dim_of_rows(module: Module) -> int:
    """The dimension of what comes out, in the weight of a layer."""
    return int("ConvTranspose" in type(module).__name__)


def unit(vector: Any, eps: float) -> Any:
    """A vector over its length."""
    return vector / clamp(norm(vector), eps)


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        made: Tensor = v * (g / size_of(v, self.dim))
        return made

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return size_of(weight, self.dim), weight


class _SpectralNorm(Module):
    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        self.n_power_iterations = integer("n_power_iterations", n_power_iterations, least=1)
        self.dim, self.eps = dim, number("eps", eps, least=0)
        if weight.ndim > 1:
            matrix = rows_of(weight.detach(), dim)
            for name, n in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, unit(randn(n, dtype=weight.dtype), self.eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Any, times: int) -> None:
        with no_grad():
            for _ in range(times):
                self._u.copy_(unit(matmul(matrix, self._v), self.eps))
                self._v.copy_(unit(matmul(self._u, matrix), self.eps))

    def forward(self, weight: Tensor) -> Any:
        if weight.ndim == 1:
            return unit(weight, self.eps)
        matrix = rows_of(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        return weight / matmul(self._u.clone(), matmul(matrix, self._v.clone()))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """가중치를 크기와 방향으로 나눈다: w = g v / ‖v‖.

    Weight normalisation: ``original0`` is g, the norm of the weight for each index of ``dim`` (all
    of it where that is None), ``original1`` its direction v: w = g v / ‖v‖.

    Source:
        Salimans and Kingma 2016.
    """
    register_parametrization(module, name, _WeightNorm(None if dim == -1 else dim), unsafe=True)
    return module


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """가중치를 가장 큰 특잇값 σ로 나눈다: w / σ(w).

    Spectral normalisation: the weight over its largest singular value, of the matrix with ``dim``
    (0, for transposed convolutions 1) as its rows, which power iterations estimate in training.

    Source:
        Miyato et al. 2018.
    """
    dim = dim_of_rows(module) if dim is None else dim
    made = _SpectralNorm(getattr(module, name), n_power_iterations, dim, eps)
    register_parametrization(module, name, made)
    return module
