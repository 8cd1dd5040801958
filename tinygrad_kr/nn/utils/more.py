"""가중치를 다시 매개변수화하기: 가중치 정규화와 스펙트럼 정규화.

Weights made of other parameters: weight normalisation and spectral normalisation.
"""

from __future__ import annotations

from typing import Any, TypeVar

from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import integer, number
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.nn.utils.parametrizations import dim_of_rows, rows_of, size_of, unit
from tinygrad_kr.ops.linalg import matmul
from tinygrad_kr.ops.sampling import randn
from tinygrad_kr.random import default_generator
from tinygrad_kr.tensor import Tensor

__all__ = [
    "remove_spectral_norm",
    "remove_weight_norm",
    "skip_init",
    "spectral_norm",
    "weight_norm",
]

M = TypeVar("M", bound=Module)


class _Norm:
    """A hook that makes the weight ``name`` anew before each call of a module."""

    made_of: tuple[str, ...]

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim

    def weight(self, module: Module) -> Tensor:
        raise NotImplementedError

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.weight(module))

    def hang(self, module: Module, parts: dict[str, Tensor]) -> None:
        """Take the weight's place: Parameters and buffers, and this hook."""
        if any(isinstance(h, type(self)) and h.name == self.name for h in _hooks(module)):
            raise ArgumentError(
                f"{self.name!r}에는 이미 걸려 있습니다.",
                f"Cannot register two {type(self).__name__} hooks on {self.name!r}.",
            )
        delattr(module, self.name)
        for part, value in parts.items():
            own = isinstance(value, Parameter)
            register: Any = module.register_parameter if own else module.register_buffer
            register(f"{self.name}_{part}", value)
        self(module, ())
        module.register_forward_pre_hook(self)

    @classmethod
    def remove(cls, module: Module, name: str) -> None:
        """Make the weight as it is now a Parameter again."""
        for key, hook in list(module._forward_pre_hooks.items()):
            if isinstance(hook, cls) and hook.name == name:
                with no_grad():
                    weight = hook.weight(module)
                for part in cls.made_of:
                    delattr(module, f"{name}_{part}")
                delattr(module, name)
                module.register_parameter(name, Parameter(weight.detach()))
                del module._forward_pre_hooks[key]
                return
        raise ArgumentError(
            f"{type(module).__name__}의 {name!r}에는 걸려 있지 않습니다.",
            f"{cls.__name__} of {name!r} not found in {type(module).__name__}.",
        )


def _hooks(module: Module) -> list[Any]:
    return list(module._forward_pre_hooks.values())


class WeightNorm(_Norm):
    """가중치를 크기 g와 방향 v로. A weight as its size g and its direction v."""

    made_of = ("g", "v")

    def weight(self, module: Module) -> Tensor:
        g, v = (getattr(module, f"{self.name}_{part}") for part in self.made_of)
        made: Tensor = v * (g / size_of(v, self.dim))
        return made


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """가중치를 크기와 방향으로 나눈다: w = g v / ‖v‖.

    Weight normalisation: the weight becomes ``<name>_g``, its norm for each index of ``dim`` (all
    of it where that is None), and ``<name>_v``, its direction: w = g v / ‖v‖.

    Source:
        Salimans and Kingma 2016.
    """
    hook, v = WeightNorm(name, None if dim == -1 else dim), getattr(module, name)
    with no_grad():
        g = size_of(v, hook.dim)
    hook.hang(module, {"g": Parameter(g.detach()), "v": Parameter(v.detach().clone())})
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """weight_norm을 걷어 낸다.

    Take :func:`weight_norm` off again; the weight is a Parameter as it is now.
    """
    WeightNorm.remove(module, name)
    return module


class SpectralNorm(_Norm):
    """가중치를 가장 큰 특잇값으로 나눈다. A weight over its largest singular value."""

    made_of = ("orig", "u", "v")

    def __init__(self, name: str, dim: int, n_power_iterations: int, eps: float) -> None:
        super().__init__(name, dim)
        self.rows = dim
        self.n_power_iterations = integer("n_power_iterations", n_power_iterations, least=1)
        self.eps = number("eps", eps, least=0)

    def weight(self, module: Module) -> Tensor:
        original, u, v = (getattr(module, f"{self.name}_{part}") for part in self.made_of)
        matrix = rows_of(original, self.rows)
        if module.training:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(unit(matmul(u, matrix), self.eps))
                    u.copy_(unit(matmul(matrix, v), self.eps))
            u, v = u.clone(), v.clone()
        made: Tensor = original / matmul(u, matmul(matrix, v))
        return made


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """가중치를 가장 큰 특잇값 σ로 나눈다: w / σ(w).

    Spectral normalisation: before each call the weight is divided by its largest singular value, of
    the matrix with ``dim`` (0, for transposed convolutions 1) as its rows, which power iterations
    estimate in training.

    Source:
        Miyato et al. 2018.
    """
    if dim is None:
        dim = dim_of_rows(module)
    hook, weight = SpectralNorm(name, dim, n_power_iterations, eps), getattr(module, name)
    rows, columns = rows_of(weight.detach(), dim).shape
    u, v = (unit(randn(n, dtype=weight.dtype), eps) for n in (rows, columns))
    training = module.training
    module.training = False  # the first estimate is the first call's
    hook.hang(module, {"orig": Parameter(weight.detach().clone()), "u": u, "v": v})
    module.training = training
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """spectral_norm을 걷어 낸다.

    Take :func:`spectral_norm` off again; the weight is a Parameter as it is now.
    """
    training, module.training = module.training, False
    try:
        SpectralNorm.remove(module, name)
    finally:
        module.training = training
    return module


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """초깃값을 뽑지 않은 모듈. 값은 나중에 넣는다.

    A module whose values are still to be set; the generator is left as it was.
    """
    state = default_generator.get_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        default_generator.set_state(state)
