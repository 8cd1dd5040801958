"""드물게 쓰는 이름들, 파일마다 한 갈래.

The rarer names of this room, a family a file; see :mod:`tinygrad_kr.leaves`.
"""

from tinygrad_kr.nn.functional.more.activation import *  # noqa: F403
from tinygrad_kr.nn.functional.more.attention import *  # noqa: F403
from tinygrad_kr.nn.functional.more.distance import *  # noqa: F403
from tinygrad_kr.nn.functional.more.dropout import *  # noqa: F403
from tinygrad_kr.nn.functional.more.embedding import *  # noqa: F403
from tinygrad_kr.nn.functional.more.interpolation import *  # noqa: F403
from tinygrad_kr.nn.functional.more.loss import *  # noqa: F403
from tinygrad_kr.nn.functional.more.margin import *  # noqa: F403
from tinygrad_kr.nn.functional.more.normalization import *  # noqa: F403
from tinygrad_kr.nn.functional.more.sampling import *  # noqa: F403
from tinygrad_kr.nn.functional.more.spatial import *  # noqa: F403
