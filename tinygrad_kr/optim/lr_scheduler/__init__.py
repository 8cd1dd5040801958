"""학습률 스케줄: 학습률 감소와 그 밖의 일정.

Learning-rate schedules. Call ``optimizer.step()`` first, then ``scheduler.step()``.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.optim.lr_scheduler.policies import OneCycleLR as OneCycleLR
from tinygrad_kr.optim.lr_scheduler.policies import ReduceLROnPlateau as ReduceLROnPlateau
from tinygrad_kr.optim.lr_scheduler.schedules import CosineAnnealingLR as CosineAnnealingLR
from tinygrad_kr.optim.lr_scheduler.schedules import ExponentialLR as ExponentialLR
from tinygrad_kr.optim.lr_scheduler.schedules import LambdaLR as LambdaLR
from tinygrad_kr.optim.lr_scheduler.schedules import LinearLR as LinearLR
from tinygrad_kr.optim.lr_scheduler.schedules import LRScheduler as LRScheduler
from tinygrad_kr.optim.lr_scheduler.schedules import MultiStepLR as MultiStepLR
from tinygrad_kr.optim.lr_scheduler.schedules import StepLR as StepLR

if _TYPE_CHECKING:
    from tinygrad_kr.optim.lr_scheduler.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
