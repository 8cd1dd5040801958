"""맨 위의 나머지 이름들.

The rest of the names of the top level; see :mod:`tinygrad_kr.leaves`.
"""

from typing import Any as _Any

from tinygrad_kr import cuda as mps  # noqa: F401
from tinygrad_kr import cuda as xpu  # noqa: F401
from tinygrad_kr.func import vmap as vmap
from tinygrad_kr.linalg.legacy import *  # noqa: F403
from tinygrad_kr.nn.functional import adaptive_avg_pool1d as adaptive_avg_pool1d
from tinygrad_kr.nn.functional import alpha_dropout as alpha_dropout
from tinygrad_kr.nn.functional import avg_pool1d as avg_pool1d
from tinygrad_kr.nn.functional import bilinear as bilinear
from tinygrad_kr.nn.functional import celu as celu
from tinygrad_kr.nn.functional import celu_ as celu_
from tinygrad_kr.nn.functional import channel_shuffle as channel_shuffle
from tinygrad_kr.nn.functional import conv1d as conv1d
from tinygrad_kr.nn.functional import conv2d as conv2d
from tinygrad_kr.nn.functional import conv3d as conv3d
from tinygrad_kr.nn.functional import conv_transpose1d as conv_transpose1d
from tinygrad_kr.nn.functional import conv_transpose2d as conv_transpose2d
from tinygrad_kr.nn.functional import conv_transpose3d as conv_transpose3d
from tinygrad_kr.nn.functional import cosine_similarity as cosine_similarity
from tinygrad_kr.nn.functional import feature_alpha_dropout as feature_alpha_dropout
from tinygrad_kr.nn.functional import group_norm as group_norm
from tinygrad_kr.nn.functional import hardshrink as hardshrink
from tinygrad_kr.nn.functional import layer_norm as layer_norm
from tinygrad_kr.nn.functional import max_pool1d as max_pool1d
from tinygrad_kr.nn.functional import max_pool2d as max_pool2d
from tinygrad_kr.nn.functional import max_pool3d as max_pool3d
from tinygrad_kr.nn.functional import pairwise_distance as pairwise_distance
from tinygrad_kr.nn.functional import pdist as pdist
from tinygrad_kr.nn.functional import pixel_shuffle as pixel_shuffle
from tinygrad_kr.nn.functional import pixel_unshuffle as pixel_unshuffle
from tinygrad_kr.nn.functional import prelu as prelu
from tinygrad_kr.nn.functional import relu_ as relu_
from tinygrad_kr.nn.functional import rms_norm as rms_norm
from tinygrad_kr.nn.functional import rrelu as rrelu
from tinygrad_kr.nn.functional import rrelu_ as rrelu_
from tinygrad_kr.nn.functional import selu as selu
from tinygrad_kr.nn.functional import selu_ as selu_
from tinygrad_kr.nn.functional import threshold as threshold
from tinygrad_kr.nn.functional import threshold_ as threshold_
from tinygrad_kr.nn.more.overview import *  # noqa: F403
from tinygrad_kr.ops.more import *  # noqa: F403
from tinygrad_kr.scripting import *  # noqa: F403
from tinygrad_kr.special import erfc as erfc
from tinygrad_kr.special import erfinv as erfinv
from tinygrad_kr.special import exp2 as exp2
from tinygrad_kr.special import logit as logit
from tinygrad_kr.special import sinc as sinc
from tinygrad_kr.special import xlogy as xlogy


def _function(name: str) -> _Any:
    """A function that calls the method of its name."""

    def function(input: _Any, *args: _Any, **kwargs: _Any) -> _Any:
        return getattr(input, name)(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"input.{name}()와 같다.\n\n    The same as the method of that name."
    return function


# Methods that are functions as well.
_METHODS = """
abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_
atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ cos_ cosh_ deg2rad_ detach detach_ erf_ erfc_ exp2_
exp_ expm1_ fill_ fix_ floor_ frac_ gcd_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_
nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_
square_ tan_ tanh_ trunc_ xlogy_ zero_
"""
vars().update({name: _function(name) for name in _METHODS.split()})
