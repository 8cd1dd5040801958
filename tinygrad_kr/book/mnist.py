"""책의 MNIST: 배열로 읽는다.

MNIST as the book gives it, in arrays. The files are those of :class:`tinygrad_kr.datasets.MNIST`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from tinygrad_kr.datasets import MNIST
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DataNotFoundError

__all__ = ["load_mnist", "np"]

Pair = tuple[Array, Array]


def folders() -> list[Path]:
    """파일을 찾는 폴더들: 저장소의 것, 지금 폴더의 data, 내려받는 곳. Where to look for files."""
    repository = Path(__file__).resolve().parents[2] / "examples" / "data"
    return [repository, Path("data"), Path.home() / ".cache" / "tinygrad_kr"]


@lru_cache(maxsize=2)
def _split(train: bool) -> Pair:
    *near, last = folders()
    for root in near:
        try:
            data = MNIST(root, train)
            break
        except DataNotFoundError:
            continue
    else:
        data = MNIST(last, train, download=True)
    images, labels = data.data.numpy(), data.targets.numpy().astype(np.uint8)
    return images.reshape(len(images), -1), labels


def load_mnist(
    normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[Pair, Pair]:
    """MNIST를 읽는다: (훈련 이미지, 훈련 레이블), (시험 이미지, 시험 레이블).

    The images and labels to train on, and those to test on. The files in the repository's
    ``examples/data`` or in ``data/MNIST/raw`` are used; if there are none they are downloaded.

    Args:
        normalize: pixels as float32 in 0 ... 1, else as uint8.
        flatten: images of (N, 784), else (N, 1, 28, 28).
        one_hot_label: labels as float64 (N, 10), else as uint8 (N,).

    Raises:
        DataNotFoundError: the files are not there, and no mirror gave them.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.6.1

    >>> (x_train, t_train), (x_test, t_test) = load_mnist()
    >>> x_train.shape, x_train.dtype, t_test.shape
    ((60000, 784), dtype('float32'), (10000,))
    """

    def given(train: bool) -> Pair:
        x, t = _split(train)
        x = np.divide(x, np.float32(255), dtype=np.float32) if normalize else x.copy()
        t = np.eye(10)[t] if one_hot_label else t.copy()
        return x if flatten else x.reshape(-1, 1, 28, 28), t

    return given(True), given(False)
