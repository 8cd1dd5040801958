"""PyTorch가 같은 함수에 붙인 다른 이름들.

PyTorch's other names for functions of the core.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.ops.arithmetic import abs as absolute
from tinygrad_kr.ops.arithmetic import div as divide
from tinygrad_kr.ops.arithmetic import mul as multiply
from tinygrad_kr.ops.arithmetic import neg as negative
from tinygrad_kr.ops.arithmetic import sign as sgn
from tinygrad_kr.ops.arithmetic import sub as subtract
from tinygrad_kr.ops.arithmetic import true_divide
from tinygrad_kr.ops.arithmetic import trunc as fix
from tinygrad_kr.ops.comparison import ge as greater_equal
from tinygrad_kr.ops.comparison import gt as greater
from tinygrad_kr.ops.comparison import le as less_equal
from tinygrad_kr.ops.comparison import lt as less
from tinygrad_kr.ops.comparison import ne as not_equal
from tinygrad_kr.ops.exponential import acos as arccos
from tinygrad_kr.ops.exponential import asin as arcsin
from tinygrad_kr.ops.exponential import atan as arctan
from tinygrad_kr.ops.more.pointwise import acosh as arccosh
from tinygrad_kr.ops.more.pointwise import asinh as arcsinh
from tinygrad_kr.ops.more.pointwise import atan2 as arctan2
from tinygrad_kr.ops.more.pointwise import atanh as arctanh

__all__ = [
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "divide",
    "fix", "greater", "greater_equal", "less", "less_equal", "multiply", "negative", "not_equal",
    "positive", "rsub", "sgn", "subtract", "true_divide",
]  # fmt: skip


def positive(input: Any) -> Any:
    """그대로.

    The input itself, as it is.
    """
    return +input


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """거꾸로 빼기.

    Subtraction the other way round: other - alpha * input.
    """
    return subtract(other, input, alpha=alpha)
