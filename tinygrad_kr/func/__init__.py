"""함수를 함수로 바꾸는 것들: torch.func의 이름으로.

Transforms of functions by the names of ``torch.func``: gradients, Jacobians, mapping over a batch.
They nest in one another, and gradients flow through them to what a function closes over. Forward
derivatives are made of two reverse passes.

>>> import tinygrad_kr as tg
>>> from tinygrad_kr.func import grad, vmap
>>> vmap(grad(lambda x: x**3))(tg.tensor([1.0, 2.0]))
tensor([ 3., 12.])
"""

from tinygrad_kr.func.derivatives import (
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
)
from tinygrad_kr.func.mapping import vmap
from tinygrad_kr.func.modules import functional_call, stack_module_state

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]
