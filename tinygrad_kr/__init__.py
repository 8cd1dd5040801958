"""tinygrad_kr: NumPy만으로 짠 PyTorch 방식의 작은 자동 미분 프레임워크.

A tiny PyTorch-style autograd framework on NumPy alone. Everything public is named here or in the
modules named here; the operations are listed in :mod:`tinygrad_kr.ops`.

>>> import tinygrad_kr as tg
>>> x = tg.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING as _TYPE_CHECKING

from numpy import finfo as finfo
from numpy import iinfo as iinfo

from tinygrad_kr import autograd as autograd
from tinygrad_kr import cuda as cuda
from tinygrad_kr import dtypes as dtypes
from tinygrad_kr import errors as errors
from tinygrad_kr import io as io
from tinygrad_kr import nn as nn
from tinygrad_kr import optim as optim
from tinygrad_kr import random as random
from tinygrad_kr import utils as utils
from tinygrad_kr.autograd import enable_grad as enable_grad
from tinygrad_kr.autograd import inference_mode as inference_mode
from tinygrad_kr.autograd import is_grad_enabled as is_grad_enabled
from tinygrad_kr.autograd import is_inference_mode_enabled as is_inference_mode_enabled
from tinygrad_kr.autograd import no_grad as no_grad
from tinygrad_kr.autograd import set_grad_enabled as set_grad_enabled
from tinygrad_kr.device import device as device
from tinygrad_kr.dtypes import float16 as float16
from tinygrad_kr.dtypes import float32 as float32
from tinygrad_kr.dtypes import float64 as float64
from tinygrad_kr.dtypes import get_default_dtype as get_default_dtype
from tinygrad_kr.dtypes import int8 as int8
from tinygrad_kr.dtypes import int16 as int16
from tinygrad_kr.dtypes import int32 as int32
from tinygrad_kr.dtypes import int64 as int64
from tinygrad_kr.dtypes import set_default_dtype as set_default_dtype
from tinygrad_kr.dtypes import uint8 as uint8
from tinygrad_kr.io import load as load
from tinygrad_kr.io import save as save
from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.ops import *  # noqa: F403
from tinygrad_kr.printing import set_printoptions as set_printoptions
from tinygrad_kr.random import Generator as Generator
from tinygrad_kr.random import default_generator as default_generator
from tinygrad_kr.random import get_rng_state as get_rng_state
from tinygrad_kr.random import initial_seed as initial_seed
from tinygrad_kr.random import manual_seed as manual_seed
from tinygrad_kr.random import seed as seed
from tinygrad_kr.random import set_rng_state as set_rng_state
from tinygrad_kr.size import Size as Size
from tinygrad_kr.tensor import Tensor as Tensor

# PyTorch's other names for dtypes.
half = dtypes.float16
float = dtypes.float32
double = dtypes.float64
short = dtypes.int16
int = dtypes.int32
long = dtypes.int64
bool = dtypes.bool_

newaxis = None

__version__ = "0.1.0"

if _TYPE_CHECKING:
    from tinygrad_kr import datasets as datasets
    from tinygrad_kr import testing as testing
    from tinygrad_kr import transforms as transforms
    from tinygrad_kr.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
