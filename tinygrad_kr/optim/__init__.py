"""옵티마이저: 매개변수를 갱신하는 규칙들.

The optimisers. A rule's arithmetic is one pure in-place function of arrays, in a file of its own;
the class around it keeps groups and state.
"""

from __future__ import annotations

from tinygrad_kr.optim import lr_scheduler as lr_scheduler
from tinygrad_kr.optim.adagrad import AdaGrad as AdaGrad
from tinygrad_kr.optim.adagrad import Adagrad as Adagrad
from tinygrad_kr.optim.adam import Adam as Adam
from tinygrad_kr.optim.adam import AdamW as AdamW
from tinygrad_kr.optim.momentum import Momentum as Momentum
from tinygrad_kr.optim.optimizer import Optimizer as Optimizer
from tinygrad_kr.optim.rmsprop import RMSProp as RMSProp
from tinygrad_kr.optim.rmsprop import RMSprop as RMSprop
from tinygrad_kr.optim.sgd import SGD as SGD
