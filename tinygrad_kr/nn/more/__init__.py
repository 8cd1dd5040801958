"""드물게 쓰는 이름들, 파일마다 한 갈래.

The rarer names of this room, a family a file; see :mod:`tinygrad_kr.leaves`.
"""

from tinygrad_kr.nn.more.activation import *  # noqa: F403
from tinygrad_kr.nn.more.attention import *  # noqa: F403
from tinygrad_kr.nn.more.cells import *  # noqa: F403
from tinygrad_kr.nn.more.container import *  # noqa: F403
from tinygrad_kr.nn.more.distance import *  # noqa: F403
from tinygrad_kr.nn.more.dropout import *  # noqa: F403
from tinygrad_kr.nn.more.embedding import *  # noqa: F403
from tinygrad_kr.nn.more.lazy import *  # noqa: F403
from tinygrad_kr.nn.more.loss import *  # noqa: F403
from tinygrad_kr.nn.more.normalization import *  # noqa: F403
from tinygrad_kr.nn.more.overview import *  # noqa: F403
from tinygrad_kr.nn.more.padding import *  # noqa: F403
from tinygrad_kr.nn.more.recurrent import *  # noqa: F403
from tinygrad_kr.nn.more.spatial import *  # noqa: F403
from tinygrad_kr.nn.more.transformer import *  # noqa: F403
