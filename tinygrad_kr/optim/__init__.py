"""옵티마이저: 매개변수를 갱신하는 규칙들.

The optimisers: a rule's arithmetic is one pure in-place function of arrays, beside its class.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.optim import lr_scheduler as lr_scheduler
from tinygrad_kr.optim.adagrad import AdaGrad as AdaGrad
from tinygrad_kr.optim.adagrad import Adagrad as Adagrad
from tinygrad_kr.optim.adagrad import RMSProp as RMSProp
from tinygrad_kr.optim.adagrad import RMSprop as RMSprop
from tinygrad_kr.optim.adam import Adam as Adam
from tinygrad_kr.optim.adam import AdamW as AdamW
from tinygrad_kr.optim.optimizer import Optimizer as Optimizer
from tinygrad_kr.optim.sgd import SGD as SGD
from tinygrad_kr.optim.sgd import Momentum as Momentum

if _TYPE_CHECKING:
    from tinygrad_kr.optim.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
