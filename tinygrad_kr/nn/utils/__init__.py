"""기울기 자르기, 매개변수를 한 벡터로.

Clipping gradients, and parameters as one vector.
"""

from tinygrad_kr.nn.utils.clip_grad import clip_grad_norm_, clip_grad_value_
from tinygrad_kr.nn.utils.vector import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "vector_to_parameters",
]
