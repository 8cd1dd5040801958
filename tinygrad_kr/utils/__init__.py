"""도구: 데이터셋과 미니배치(utils.data).

Tools: datasets and mini-batches.
"""

from tinygrad_kr.utils import data as data
