"""데이터셋: MNIST, FashionMNIST, 작은 장난감 데이터.

Datasets: MNIST, FashionMNIST, and small toy data.
"""

from tinygrad_kr.datasets.idx import parse_idx, read_idx
from tinygrad_kr.datasets.mnist import MNIST, FashionMNIST
from tinygrad_kr.datasets.toy import spiral

__all__ = ["MNIST", "FashionMNIST", "parse_idx", "read_idx", "spiral"]
