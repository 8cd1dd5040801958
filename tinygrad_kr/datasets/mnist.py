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
from tinygrad_kr.errors import DataNotFoundError, FileFormatError, IndexingError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.transforms import apply_batch
from tinygrad_kr.utils.data import Dataset, default_collate
from tinygrad_kr.utils.data.dataset import index_array


class MNIST(Dataset[tuple[Any, Any]]):
    """손글씨 숫자 0–9: 훈련 60,000장, 시험 10,000장.

    Handwritten digits, 60,000 to train on and 10,000 to test. A sample is (image, label): without
    a transform a uint8 (28, 28) array and an int. A loader takes whole batches, and transforms them
    at once where the transform can (see :mod:`tinygrad_kr.transforms`).

    Args:
        root: ``MNIST/raw``가 있는 폴더. The folder with ``MNIST/raw`` in it; the four files lie
            there as they are or as ``.gz``, and the unpacked wins.
        train: 훈련 데이터인가, 시험 데이터인가. Training or test data.
        transform: 이미지에 적용할 변환. Applied to the images.
        target_transform: 레이블에 적용할 변환. Applied to the labels.
        download: 없는 파일을 내려받을지. Whether to fetch the files that are missing; they are
            checked (MD5) and written unpacked, each in one step.

    Attributes:
        data: (N, 28, 28) uint8 텐서. The images.
        targets: (N,) int64 텐서. The labels.
        classes: 클래스의 이름들. The names of the classes.

    Raises:
        DataNotFoundError: the files are not there, or no mirror gave them.
        FileFormatError: a file that is truncated, corrupt, or no image or label file.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits"
    (CC BY-SA 3.0); 「밑바닥부터 시작하는 딥러닝」 3.6.1.

    >>> MNIST("examples/data", train=False)  # doctest: +SKIP
    Dataset MNIST
        Number of datapoints: 10000
        Root location: examples/data
        Split: Test
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
    classes: ClassVar[Sequence[str]] = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]

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
        images, labels = self._read(f"{split}-images-idx3-ubyte", f"{split}-labels-idx1-ubyte")
        self.data: Tensor = wrap(images)
        self.targets: Tensor = wrap(labels.astype(np.int64))

    @property
    def raw_folder(self) -> Path:
        """파일이 있는 폴더.

        The folder of the files, ``root/MNIST/raw``.
        """
        return self.root / self.name / "raw"

    @property
    def class_to_idx(self) -> dict[str, int]:
        """클래스의 이름에서 번호로.

        The number of each class by its name.
        """
        return {name: i for i, name in enumerate(self.classes)}

    def download(self) -> None:
        """없는 파일을 내려받는다.

        Fetch those of the four files that are missing.

        Raises:
            DataNotFoundError: no mirror gave a file that is right; the message names each failure
                and says where to put the files by hand.
        """
        # Here, because the network's modules would double the time that importing us takes.
        from tinygrad_kr.datasets.download import download

        for name, md5 in self.checksums.items():
            if self._find(name) is None:
                self.raw_folder.mkdir(parents=True, exist_ok=True)
                failures = download(name, self.mirrors, md5, self.raw_folder)
                if failures:
                    raise self._missing(name, failures)

    def _find(self, name: str) -> Path | None:
        candidates = (self.raw_folder / name, self.raw_folder / f"{name}.gz")
        return next((path for path in candidates if path.is_file()), None)

    def _missing(self, name: str, failures: Sequence[str] = ()) -> DataNotFoundError:
        files = ", ".join(f"{name}.gz" for name in self.checksums)
        tried = "; ".join(failures)
        return DataNotFoundError(
            f"{self.name} 파일 {name}(.gz)이 없습니다. "
            + (f"내려받지 못했습니다: {tried}. " if failures else "download=True를 주거나, ")
            + f"다음 파일을 {self.raw_folder.absolute()} 폴더에 직접 넣어 주세요: {files} "
            f"(구할 수 있는 곳: {', '.join(self.mirrors)}).",
            f"The {self.name} file {name}(.gz) is missing. "
            + (f"Downloading failed: {tried}. Put " if failures else "Pass download=True, or put ")
            + f"these files into {self.raw_folder.absolute()} by hand: {files} "
            f"(to be had from {', '.join(self.mirrors)}).",
        )

    def _read(self, *names: str) -> tuple[Array, Array]:
        paths = []
        for name in names:
            path = self._find(name)
            if path is None:
                raise self._missing(name)
            paths.append(path)
        images, labels = (read_idx(path) for path in paths)
        if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
            raise self._unfit(paths[0], f"{images.dtype} {images.shape}, not uint8 (N, 28, 28)")
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise self._unfit(paths[1], f"{labels.dtype} {labels.shape}, images {images.shape}")
        if (labels >= len(self.classes)).any():
            raise self._unfit(paths[1], f"label {labels.max()} >= {len(self.classes)}")
        return images, labels

    def _unfit(self, path: Path, met: str) -> FileFormatError:
        return FileFormatError(
            f"{path}: {self.name}의 내용이 아닙니다({met}). 지우고 다시 내려받아 주세요.",
            f"{path}: this is not what {self.name} holds ({met}); delete it and download it again.",
        )

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        row = index_array(index, len(self))
        if row.ndim:
            raise IndexingError(
                f"{self.name}의 번호는 정수 하나여야 합니다: {index!r}.",
                f"An index of {self.name} must be one integer, not {index!r}.",
            )
        image: Any = np.asarray(self.data)[int(row)].copy()
        target: Any = int(np.asarray(self.targets)[int(row)])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Any, Any]]:
        return list(zip(*self._take(indices), strict=True))

    def __getbatch__(self, indices: Sequence[int]) -> list[Any]:
        images, targets = self._take(indices)
        if self.target_transform is None:
            targets = wrap(np.array(targets, np.int64))  # plain numbers, not looked at one by one
        return [
            column if isinstance(column, Tensor) else default_collate(column)
            for column in (images, targets)
        ]

    def _take(self, indices: Sequence[int]) -> tuple[Any, Any]:
        """The transformed images and labels, each an array, a tensor or a list."""
        rows = index_array(indices, len(self))
        images: Any = np.asarray(self.data)[rows]
        targets: Any = np.asarray(self.targets)[rows].tolist()
        if self.transform is not None:
            images = apply_batch(self.transform, images)
        if self.target_transform is not None:
            targets = apply_batch(self.target_transform, targets)
        return images, targets

    def __repr__(self) -> str:
        lines = [
            f"Dataset {type(self).__name__}",
            f"    Number of datapoints: {len(self)}",
            f"    Root location: {self.root}",
            f"    Split: {'Train' if self.train else 'Test'}",
        ]
        named = {"Transform": self.transform, "Target transform": self.target_transform}
        if any(transform is not None for transform in named.values()):
            lines.append("    StandardTransform")
        for label, transform in named.items():
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                lines += [f"{label}: {first}", *(" " * (len(label) + 2) + line for line in rest)]
        return "\n".join(lines)


class FashionMNIST(MNIST):
    """옷 사진 열 가지: MNIST와 같은 크기, 같은 형식.

    Ten kinds of clothing, in MNIST's sizes and format: the files lie in ``FashionMNIST/raw``.
    See :class:`MNIST`.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
    Machine Learning Algorithms" (2017), MIT licence.
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
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]
