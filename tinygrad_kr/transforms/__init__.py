"""이미지를 텐서로 바꾸고 정규화(normalization)한다.

Turning images into tensors and normalising them, with torchvision's names.

A transform may have a second form, ``batch(images)``, that takes many images at once and gives what
calling it on each would give. :func:`apply_batch` uses it where it is there; any other callable is
applied image by image.
"""

from tinygrad_kr.transforms.transforms import Compose, Lambda, Normalize, ToTensor, apply_batch

__all__ = ["Compose", "Lambda", "Normalize", "ToTensor", "apply_batch"]
