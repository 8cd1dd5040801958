"""기울기 자르기, 매개변수를 한 벡터로; 길이가 다른 열(rnn).

Clipping gradients, parameters as one vector; sequences of several lengths (``rnn``).
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.nn.utils.parameters import clip_grad_norm_ as clip_grad_norm_
from tinygrad_kr.nn.utils.parameters import clip_grad_value_ as clip_grad_value_
from tinygrad_kr.nn.utils.parameters import clip_grads_with_norm_ as clip_grads_with_norm_
from tinygrad_kr.nn.utils.parameters import get_total_norm as get_total_norm
from tinygrad_kr.nn.utils.parameters import parameters_to_vector as parameters_to_vector
from tinygrad_kr.nn.utils.parameters import vector_to_parameters as vector_to_parameters

if _TYPE_CHECKING:
    from tinygrad_kr.nn.utils.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
