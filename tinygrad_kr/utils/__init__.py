"""도구: 데이터셋과 미니배치(utils.data), 안전한 파일 쓰기(utils.files).

Tools: datasets and mini-batches (``utils.data``), safe writing of files (``utils.files``).
"""

from tinygrad_kr.utils import data

__all__ = ["data"]
