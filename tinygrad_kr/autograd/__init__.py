"""자동 미분: 그래프, 역전파, 기울기 모드.

Automatic differentiation: the graph, the reverse pass, the grad modes, user-defined operations.
"""

from collections.abc import Callable

from tinygrad_kr.autograd.anomaly import detect_anomaly, set_detect_anomaly
from tinygrad_kr.autograd.backward import backward, grad
from tinygrad_kr.autograd.function import Function, once_differentiable
from tinygrad_kr.autograd.mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)

# Of tinygrad_kr.testing; the public face puts them here.
gradcheck: Callable[..., bool]
gradgradcheck: Callable[..., bool]

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "once_differentiable",
    "set_detect_anomaly",
    "set_grad_enabled",
]
