"""드물게 쓰는 이름들, 파일마다 한 갈래.

The rarer names of this room, a family a file; see :mod:`tinygrad_kr.leaves`.
"""

from tinygrad_kr.optim.more.adaptive import *  # noqa: F403
from tinygrad_kr.optim.more.averaging import *  # noqa: F403
from tinygrad_kr.optim.more.lbfgs import *  # noqa: F403
from tinygrad_kr.optim.more.resilient import *  # noqa: F403
