"""MNIST와 FashionMNIST.

MNIST and FashionMNIST, in torchvision's folder layout and with its names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.datasets.idx import read_idx
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DataNotFoundError, FileFormatError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.transforms import apply_batch
from tinygrad_kr.utils.data import Dataset, default_collate
from tinygrad_kr.utils.data.dataset import index_array


class MNIST(Dataset[tuple[Any, Any]]):
    """손글씨 숫자 0–9: 훈련 60,000장, 시험 10,000장.

    Handwritten digits, 60,000 to train on and 10,000 to test. A sample is (image, label): without
    a transform a uint8 (28, 28) array and an int. A loader takes and transforms whole batches.

    Args:
        root: the folder of ``MNIST/raw``, where the four files lie unpacked or as ``.gz``.
        download: whether to fetch the files that are missing; they are checked and unpacked.

    Raises:
        DataNotFoundError: the files are not there, and no mirror gave them.
        FileFormatError: a file is truncated, corrupt or another.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits"
    (CC BY-SA 3.0); 「밑바닥부터 시작하는 딥러닝」 3.6.1.

    >>> image, label = MNIST("examples/data", train=False)[0]  # doctest: +SKIP
    """

    name: ClassVar[str] = "MNIST"
    mirrors: ClassVar[Sequence[str]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
    checksums: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
    _words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    classes: ClassVar[Sequence[str]] = [f"{i} - {word}" for i, word in enumerate(_words)]

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root = Path(root).expanduser()
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        if download:
            self.download()
        split = "train" if train else "t10k"
        path, images = self._read(f"{split}-images-idx3-ubyte")
        if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
            raise self._unfit(path, f"{images.dtype} {images.shape}, not uint8 (N, 28, 28)")
        path, labels = self._read(f"{split}-labels-idx1-ubyte")
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise self._unfit(path, f"{labels.dtype} {labels.shape}, images {images.shape}")
        if (labels >= len(self.classes)).any():
            raise self._unfit(path, f"label {labels.max()} >= {len(self.classes)}")
        self.data: Tensor = wrap(images)
        self.targets: Tensor = wrap(labels.astype(np.int64))

    @property
    def raw_folder(self) -> Path:
        """파일이 있는 폴더. The folder of the files."""
        return self.root / self.name / "raw"

    train_data = test_data = property(lambda self: self.data, doc="옛 이름. The old name of data.")
    train_labels = test_labels = property(
        lambda self: self.targets, doc="옛 이름. The old name of targets."
    )

    @property
    def class_to_idx(self) -> dict[str, int]:
        """클래스의 이름에서 번호로. The number of each class by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def download(self) -> None:
        """없는 파일을 내려받는다. Fetch those of the four files that are missing."""
        # Here, because the network's modules would double the time that importing us takes.
        from tinygrad_kr.datasets.download import download

        for name, md5 in self.checksums.items():
            if self._find(name) is None:
                self.raw_folder.mkdir(parents=True, exist_ok=True)
                if failures := download(name, self.mirrors, md5, self.raw_folder):
                    raise self._missing(name, failures)

    def _find(self, name: str) -> Path | None:
        candidates = (self.raw_folder / name, self.raw_folder / f"{name}.gz")
        return next((path for path in candidates if path.is_file()), None)

    def _missing(self, name: str, failures: Sequence[str] = ()) -> DataNotFoundError:
        tried = "; ".join(failures)
        files = ", ".join(f"{name}.gz" for name in self.checksums)
        folder, mirrors = self.raw_folder.absolute(), ", ".join(self.mirrors)
        return DataNotFoundError(
            f"{self.name} 파일 {name}(.gz)이 없습니다. "
            + (f"내려받지 못했습니다: {tried}. " if tried else "download=True를 주거나 ")
            + f"{mirrors}에서 {files}을(를) 받아 {folder} 폴더에 넣어 주세요.",
            f"The {self.name} file {name}(.gz) is missing. "
            + (f"Downloading failed: {tried}. Fetch " if tried else "Pass download=True, or fetch ")
            + f"{files} from {mirrors} and put them into {folder}.",
        )

    def _read(self, name: str) -> tuple[Path, Array]:
        path = self._find(name)
        if path is None:
            raise self._missing(name)
        return path, read_idx(path)

    def _unfit(self, path: Path, met: str) -> FileFormatError:
        return FileFormatError(
            f"{path}: {self.name}이(가) 아닙니다({met}). 지우고 다시 받아 주세요.",
            f"{path}: this is not {self.name} ({met}); delete it and fetch it again.",
        )

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        [image], [target] = self._take([index], lambda transform, items: [transform(items[0])])
        return image, target

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Any, Any]]:
        return list(zip(*self._take(indices, apply_batch), strict=True))

    def __getbatch__(self, indices: Sequence[int]) -> list[Any]:
        return [
            column if isinstance(column, Tensor) else default_collate(column)
            for column in self._take(indices, apply_batch)
        ]

    def _take(self, indices: Sequence[int], apply: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
        rows = index_array(indices, len(self))
        images, targets = np.asarray(self.data)[rows], np.asarray(self.targets)[rows].tolist()
        if self.transform is not None:
            images = apply(self.transform, images)
        if self.target_transform is not None:
            targets = apply(self.target_transform, targets)
        return images, targets

    def __repr__(self) -> str:
        lines = [
            f"Dataset {type(self).__name__}",
            f"    Number of datapoints: {len(self)}",
            f"    Root location: {self.root}",
            f"    Split: {'Train' if self.train else 'Test'}",
        ]
        named = {"Transform": self.transform, "Target transform": self.target_transform}
        given = {f"{label}: ": t for label, t in named.items() if t is not None}
        if given:
            lines.append("    StandardTransform")
        for label, transform in given.items():
            lines.append(label + repr(transform).replace("\n", "\n" + " " * len(label)))
        return "\n".join(lines)


class FashionMNIST(MNIST):
    """옷 사진 열 가지: MNIST와 같은 크기, 같은 형식.

    Ten kinds of clothing, in :class:`MNIST`'s sizes and format, in ``FashionMNIST/raw``.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST" (2017), MIT licence.
    """

    name = "FashionMNIST"
    mirrors = (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    )
    checksums: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    }
    classes: ClassVar[Sequence[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip
