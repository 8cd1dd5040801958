"""계층과 손실의 함수 꼴(nn.functional).

The functions behind the layers, as in ``torch.nn.functional``.
"""

from tinygrad_kr.nn.functional.layer import (
    batch_norm,
    dropout,
    elu,
    gelu,
    leaky_relu,
    linear,
    log_softmax,
    normalize,
    one_hot,
    relu,
    silu,
    softmax,
)
from tinygrad_kr.nn.functional.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from tinygrad_kr.ops.exponential import sigmoid, softplus, tanh

__all__ = [
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "elu",
    "gelu",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "relu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
]
