"""갱신 규칙이 함께 쓰는 것.

What the update rules share. A rule is a pure function of arrays that writes into the parameter and
its state and never into the gradient; hyperparameters are Python numbers, so dtypes stay as they
are.
"""

from __future__ import annotations

import numpy as np

from tinygrad_kr.dtypes import Array


def descent(param: Array, grad: Array, weight_decay: float, maximize: bool) -> Array:
    """내려갈 방향의 기울기: 부호를 맞추고 가중치 감소 λW를 더한다.

    The gradient to walk down: turned round to climb (``maximize``), with λW of the weight decay
    added. It is ``grad`` itself where there is nothing to do, so it is not to be written to.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.4.2 (weight decay).
    """
    if not weight_decay:
        return np.negative(grad, out=np.empty_like(grad)) if maximize else grad
    g = np.multiply(param, weight_decay, out=np.empty_like(param))
    return np.subtract(g, grad, out=g) if maximize else np.add(g, grad, out=g)
