"""맨 위의 나머지 이름들.

The rest of the names of the top level; see :mod:`tinygrad_kr.leaves`.
"""

from tinygrad_kr.ops.more import *  # noqa: F403
