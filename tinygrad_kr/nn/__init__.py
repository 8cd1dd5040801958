"""신경망: 모듈, 계층, 손실.

Neural networks: modules, layers, losses, as in ``torch.nn``.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.nn import functional as functional
from tinygrad_kr.nn import init as init
from tinygrad_kr.nn import utils as utils
from tinygrad_kr.nn.container import ModuleDict as ModuleDict
from tinygrad_kr.nn.container import ModuleList as ModuleList
from tinygrad_kr.nn.container import Sequential as Sequential
from tinygrad_kr.nn.convolution import Conv1d as Conv1d
from tinygrad_kr.nn.convolution import Conv2d as Conv2d
from tinygrad_kr.nn.convolution import Conv3d as Conv3d
from tinygrad_kr.nn.convolution import ConvTranspose1d as ConvTranspose1d
from tinygrad_kr.nn.convolution import ConvTranspose2d as ConvTranspose2d
from tinygrad_kr.nn.convolution import ConvTranspose3d as ConvTranspose3d
from tinygrad_kr.nn.layers import ELU as ELU
from tinygrad_kr.nn.layers import GELU as GELU
from tinygrad_kr.nn.layers import BatchNorm1d as BatchNorm1d
from tinygrad_kr.nn.layers import Dropout as Dropout
from tinygrad_kr.nn.layers import Flatten as Flatten
from tinygrad_kr.nn.layers import Identity as Identity
from tinygrad_kr.nn.layers import LeakyReLU as LeakyReLU
from tinygrad_kr.nn.layers import Linear as Linear
from tinygrad_kr.nn.layers import LogSoftmax as LogSoftmax
from tinygrad_kr.nn.layers import ReLU as ReLU
from tinygrad_kr.nn.layers import Sigmoid as Sigmoid
from tinygrad_kr.nn.layers import SiLU as SiLU
from tinygrad_kr.nn.layers import Softmax as Softmax
from tinygrad_kr.nn.layers import Softplus as Softplus
from tinygrad_kr.nn.layers import Tanh as Tanh
from tinygrad_kr.nn.loss import BCELoss as BCELoss
from tinygrad_kr.nn.loss import BCEWithLogitsLoss as BCEWithLogitsLoss
from tinygrad_kr.nn.loss import CrossEntropyLoss as CrossEntropyLoss
from tinygrad_kr.nn.loss import L1Loss as L1Loss
from tinygrad_kr.nn.loss import MSELoss as MSELoss
from tinygrad_kr.nn.loss import NLLLoss as NLLLoss
from tinygrad_kr.nn.loss import SmoothL1Loss as SmoothL1Loss
from tinygrad_kr.nn.module import Module as Module
from tinygrad_kr.nn.parameter import Parameter as Parameter
from tinygrad_kr.nn.pooling import AdaptiveAvgPool1d as AdaptiveAvgPool1d
from tinygrad_kr.nn.pooling import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from tinygrad_kr.nn.pooling import AdaptiveAvgPool3d as AdaptiveAvgPool3d
from tinygrad_kr.nn.pooling import AdaptiveMaxPool1d as AdaptiveMaxPool1d
from tinygrad_kr.nn.pooling import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from tinygrad_kr.nn.pooling import AdaptiveMaxPool3d as AdaptiveMaxPool3d
from tinygrad_kr.nn.pooling import AvgPool1d as AvgPool1d
from tinygrad_kr.nn.pooling import AvgPool2d as AvgPool2d
from tinygrad_kr.nn.pooling import AvgPool3d as AvgPool3d
from tinygrad_kr.nn.pooling import MaxPool1d as MaxPool1d
from tinygrad_kr.nn.pooling import MaxPool2d as MaxPool2d
from tinygrad_kr.nn.pooling import MaxPool3d as MaxPool3d

if _TYPE_CHECKING:
    from tinygrad_kr.nn.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
