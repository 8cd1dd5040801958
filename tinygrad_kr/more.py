"""맨 위의 나머지 이름들.

The rest of the names of the top level; see :mod:`tinygrad_kr.leaves`.
"""

from tinygrad_kr import cuda as mps  # noqa: F401
from tinygrad_kr import cuda as xpu  # noqa: F401
from tinygrad_kr.func import vmap as vmap
from tinygrad_kr.linalg.legacy import *  # noqa: F403
from tinygrad_kr.nn.more.overview import *  # noqa: F403
from tinygrad_kr.ops.more import *  # noqa: F403
from tinygrad_kr.scripting import *  # noqa: F403
from tinygrad_kr.special import erfc as erfc
from tinygrad_kr.special import erfinv as erfinv
from tinygrad_kr.special import exp2 as exp2
from tinygrad_kr.special import logit as logit
from tinygrad_kr.special import sinc as sinc
from tinygrad_kr.special import xlogy as xlogy
