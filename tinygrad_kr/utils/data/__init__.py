"""데이터셋과 미니배치.

Datasets and mini-batches, with PyTorch's names.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_kr.leaves import leaves as _leaves
from tinygrad_kr.utils.data.dataloader import BatchSampler as BatchSampler
from tinygrad_kr.utils.data.dataloader import DataLoader as DataLoader
from tinygrad_kr.utils.data.dataloader import RandomSampler as RandomSampler
from tinygrad_kr.utils.data.dataloader import Sampler as Sampler
from tinygrad_kr.utils.data.dataloader import SequentialSampler as SequentialSampler
from tinygrad_kr.utils.data.dataloader import SubsetRandomSampler as SubsetRandomSampler
from tinygrad_kr.utils.data.dataset import Dataset as Dataset
from tinygrad_kr.utils.data.dataset import Subset as Subset
from tinygrad_kr.utils.data.dataset import TensorDataset as TensorDataset
from tinygrad_kr.utils.data.dataset import default_collate as default_collate
from tinygrad_kr.utils.data.dataset import default_convert as default_convert
from tinygrad_kr.utils.data.dataset import random_split as random_split

if _TYPE_CHECKING:
    from tinygrad_kr.utils.data.more import *  # noqa: F403
else:
    __getattr__, __dir__ = _leaves(__name__)
