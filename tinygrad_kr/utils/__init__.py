"""도구: 데이터셋과 미니배치(utils.data), DLPack(utils.dlpack).

Tools: datasets and mini-batches, DLPack.
"""

from tinygrad_kr.utils import data as data
from tinygrad_kr.utils import dlpack as dlpack
