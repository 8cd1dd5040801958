"""드물게 쓰는 이름들, 파일마다 한 갈래.

The rarer names of this room, a family a file; see :mod:`tinygrad_kr.leaves`.
"""

from tinygrad_kr.ops.more.aliases import *  # noqa: F403
from tinygrad_kr.ops.more.counting import *  # noqa: F403
from tinygrad_kr.ops.more.creation import *  # noqa: F403
from tinygrad_kr.ops.more.dims import *  # noqa: F403
from tinygrad_kr.ops.more.joining import *  # noqa: F403
from tinygrad_kr.ops.more.picking import *  # noqa: F403
from tinygrad_kr.ops.more.pointwise import *  # noqa: F403
from tinygrad_kr.ops.more.products import *  # noqa: F403
from tinygrad_kr.ops.more.reducing import *  # noqa: F403
from tinygrad_kr.ops.more.reductions import *  # noqa: F403
from tinygrad_kr.ops.more.sampling import *  # noqa: F403
from tinygrad_kr.ops.more.scans import *  # noqa: F403
from tinygrad_kr.ops.more.scattering import *  # noqa: F403
from tinygrad_kr.ops.more.statistics import *  # noqa: F403
