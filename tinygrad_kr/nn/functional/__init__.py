"""계층과 손실의 함수 꼴(nn.functional).

The functions behind the layers, as in ``torch.nn.functional``.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.nn.functional.convolution import conv1d as conv1d
from tinygrad_kr.nn.functional.convolution import conv2d as conv2d
from tinygrad_kr.nn.functional.convolution import conv3d as conv3d
from tinygrad_kr.nn.functional.convolution import conv_transpose1d as conv_transpose1d
from tinygrad_kr.nn.functional.convolution import conv_transpose2d as conv_transpose2d
from tinygrad_kr.nn.functional.convolution import conv_transpose3d as conv_transpose3d
from tinygrad_kr.nn.functional.layer import batch_norm as batch_norm
from tinygrad_kr.nn.functional.layer import dropout as dropout
from tinygrad_kr.nn.functional.layer import elu as elu
from tinygrad_kr.nn.functional.layer import gelu as gelu
from tinygrad_kr.nn.functional.layer import leaky_relu as leaky_relu
from tinygrad_kr.nn.functional.layer import linear as linear
from tinygrad_kr.nn.functional.layer import log_softmax as log_softmax
from tinygrad_kr.nn.functional.layer import normalize as normalize
from tinygrad_kr.nn.functional.layer import one_hot as one_hot
from tinygrad_kr.nn.functional.layer import relu as relu
from tinygrad_kr.nn.functional.layer import silu as silu
from tinygrad_kr.nn.functional.layer import softmax as softmax
from tinygrad_kr.nn.functional.loss import binary_cross_entropy as binary_cross_entropy
from tinygrad_kr.nn.functional.loss import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from tinygrad_kr.nn.functional.loss import cross_entropy as cross_entropy
from tinygrad_kr.nn.functional.loss import l1_loss as l1_loss
from tinygrad_kr.nn.functional.loss import mse_loss as mse_loss
from tinygrad_kr.nn.functional.loss import nll_loss as nll_loss
from tinygrad_kr.nn.functional.loss import smooth_l1_loss as smooth_l1_loss
from tinygrad_kr.nn.functional.padding import pad as pad
from tinygrad_kr.nn.functional.pooling import adaptive_avg_pool1d as adaptive_avg_pool1d
from tinygrad_kr.nn.functional.pooling import adaptive_avg_pool2d as adaptive_avg_pool2d
from tinygrad_kr.nn.functional.pooling import adaptive_avg_pool3d as adaptive_avg_pool3d
from tinygrad_kr.nn.functional.pooling import adaptive_max_pool1d as adaptive_max_pool1d
from tinygrad_kr.nn.functional.pooling import adaptive_max_pool2d as adaptive_max_pool2d
from tinygrad_kr.nn.functional.pooling import adaptive_max_pool3d as adaptive_max_pool3d
from tinygrad_kr.nn.functional.pooling import avg_pool1d as avg_pool1d
from tinygrad_kr.nn.functional.pooling import avg_pool2d as avg_pool2d
from tinygrad_kr.nn.functional.pooling import avg_pool3d as avg_pool3d
from tinygrad_kr.nn.functional.pooling import max_pool1d as max_pool1d
from tinygrad_kr.nn.functional.pooling import max_pool2d as max_pool2d
from tinygrad_kr.nn.functional.pooling import max_pool3d as max_pool3d
from tinygrad_kr.ops.exponential import sigmoid as sigmoid
from tinygrad_kr.ops.exponential import softplus as softplus
from tinygrad_kr.ops.exponential import tanh as tanh

if _TYPE_CHECKING:
    from tinygrad_kr.nn.functional.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
