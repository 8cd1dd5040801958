"""자동 미분: 그래프, 역전파, 기울기 모드.

Automatic differentiation: the graph, the reverse pass, the grad modes, user-defined operations.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.autograd.anomaly import detect_anomaly as detect_anomaly
from tinygrad_kr.autograd.anomaly import set_detect_anomaly as set_detect_anomaly
from tinygrad_kr.autograd.backward import backward as backward
from tinygrad_kr.autograd.backward import grad as grad
from tinygrad_kr.autograd.function import Function as Function
from tinygrad_kr.autograd.function import once_differentiable as once_differentiable
from tinygrad_kr.autograd.mode import enable_grad as enable_grad
from tinygrad_kr.autograd.mode import inference_mode as inference_mode
from tinygrad_kr.autograd.mode import is_grad_enabled as is_grad_enabled
from tinygrad_kr.autograd.mode import is_inference_mode_enabled as is_inference_mode_enabled
from tinygrad_kr.autograd.mode import no_grad as no_grad
from tinygrad_kr.autograd.mode import set_grad_enabled as set_grad_enabled
from tinygrad_kr.leaves import leaves as _leaves

if _TYPE_CHECKING:
    from tinygrad_kr.autograd.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
