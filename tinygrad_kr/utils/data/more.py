"""드물게 쓰는 데이터셋과 샘플러.

The rarer datasets and samplers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import HyperparameterError, ShapeError
from tinygrad_kr.hyperparameters import flag, integer, wrong_kind
from tinygrad_kr.random import Generator, numpy_generator
from tinygrad_kr.utils.data.dataloader import Sampler
from tinygrad_kr.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    index_list,
    take_samples,
)
from tinygrad_kr.utils.data.workers import WorkerInfo, get_worker_info

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "IterableDataset",
    "StackDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "get_worker_info",
]


class StackDataset(Dataset[Any]):
    """데이터셋들을 나란히 놓는다.

    Datasets side by side: a sample is a tuple of theirs, or a dict if they are given by name.

    >>> StackDataset(letter="abc", digit=[1, 2, 3])[1]
    {'letter': 'b', 'digit': 2}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise wrong_kind(
                "StackDataset",
                (args, kwargs),
                "위치나 이름 가운데 한 가지로 데이터셋",
                "given datasets, all by position or all by name",
            )
        self.datasets: Any = kwargs or args
        lengths = [len(dataset) for dataset in self._parts()]
        if len(set(lengths)) > 1:
            raise ShapeError(
                f"데이터셋의 길이가 다릅니다: {lengths}.",
                f"Size mismatch between datasets: {lengths}.",
            )

    def _parts(self) -> list[Any]:
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def _together(self, samples: Any) -> Any:
        named = isinstance(self.datasets, dict)
        return dict(zip(self.datasets, samples, strict=True)) if named else tuple(samples)

    def __getitem__(self, index: Any) -> Any:
        return self._together([dataset[index] for dataset in self._parts()])

    def __getitems__(self, indices: Any) -> list[Any]:
        columns = [take_samples(dataset, index_list(indices)) for dataset in self._parts()]
        return [self._together(samples) for samples in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return len(self._parts()[0])


class WeightedRandomSampler(Sampler[int]):
    """무게에 비례하는 확률로 번호를 뽑는다.

    ``num_samples`` indices, each drawn with a probability in proportion to its weight.

    Args:
        weights: one ≥ 0 an index; they need not sum to 1.
        replacement: whether an index may come again.

    >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], 4))
    [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        self.num_samples = integer("num_samples", num_samples, least=1)
        self.replacement = flag("replacement", replacement)
        self.generator = generator
        array = np.array(getattr(weights, "_array", weights), np.float64)
        if array.ndim != 1:
            raise ShapeError(
                f"weights는 1차원이어야 합니다: {array.shape}.",
                f"weights should be a 1d sequence, but have shape {array.shape}.",
            )
        if not (np.isfinite(array).all() and (array >= 0).all() and array.any()):
            raise HyperparameterError(
                "weights는 유한한 0 이상의 수이고, 모두 0일 수는 없습니다.",
                "weights must be finite and at least 0, and not all 0.",
            )
        if not self.replacement and len(array) < num_samples:
            raise ShapeError(
                f"번호 {len(array)}개에서 서로 다른 {num_samples}개를 뽑을 수 없습니다.",
                f"{num_samples} different indices cannot be drawn of {len(array)}.",
            )
        self.weights = wrap(array)

    def __iter__(self) -> Iterator[int]:
        weights, draw = self.weights._array, numpy_generator(self.generator)
        if self.replacement:
            chosen = draw.choice(len(weights), self.num_samples, p=weights / weights.sum())
        else:
            # Who rings first, each at a rate of its own; those of weight 0 are left for last.
            with np.errstate(divide="ignore"):
                rings = draw.standard_exponential(len(weights)) / weights
            chosen = rings.argsort()[: self.num_samples]
        return iter(chosen.tolist())

    def __len__(self) -> int:
        return self.num_samples
