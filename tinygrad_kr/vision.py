"""torchvision이라는 이름으로 찾는 것: 데이터셋, 변환, 이미지 파일.

What is looked for under the name of torchvision: datasets, transforms, and images as files.
"""

from tinygrad_kr import datasets as datasets
from tinygrad_kr import transforms as transforms
from tinygrad_kr.viz import images as utils

__all__ = ["datasets", "transforms", "utils"]

__path__: list[str] = []  # ``import torchvision.datasets`` asks for a package.
