"""torchvision이라는 이름으로 찾는 것: 데이터셋, 변환, 모델, 이미지 파일.

What is looked for under the name of torchvision: datasets, transforms, models, images as files.
"""

from tinygrad_kr import datasets as datasets
from tinygrad_kr import transforms as transforms
from tinygrad_kr.vision import models as models
from tinygrad_kr.viz import images as utils

__all__ = ["datasets", "models", "transforms", "utils"]
