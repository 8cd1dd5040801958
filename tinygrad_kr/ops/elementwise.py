"""The elementwise ops, by the name that nn knew them by."""

from tinygrad_kr.ops.arithmetic import *  # noqa: F403
from tinygrad_kr.ops.comparison import *  # noqa: F403
from tinygrad_kr.ops.conversion import *  # noqa: F403
from tinygrad_kr.ops.exponential import *  # noqa: F403
