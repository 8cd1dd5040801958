"""데이터셋과 미니배치.

Datasets and mini-batches, with PyTorch's names.
"""

from tinygrad_kr.utils.data.collate import default_collate, default_convert
from tinygrad_kr.utils.data.dataloader import DataLoader
from tinygrad_kr.utils.data.dataset import Dataset, Subset, TensorDataset, random_split
from tinygrad_kr.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
)

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "default_collate",
    "default_convert",
    "random_split",
]
