"""The networks that are trained, and what all who train them are given alike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Layer = tuple[Array, Array]  # weight (in, out), bias (out,)
RATES = {"sgd": 0.1, "momentum": 0.01, "adam": 1e-3}


class Work(NamedTuple):
    """Fully connected layers with ReLU between them, trained on batches of a size by a rule."""

    sizes: tuple[int, ...]
    batch: int
    rule: str = "sgd"
    batch_norm: bool = False
    dropout: float = 0.0

    def tiny(self) -> Work:
        """The same, small enough for a test."""
        middle = (8,) * (min(len(self.sizes), 6) - 2)
        return self._replace(sizes=(12, *middle, 10), batch=min(self.batch, 6))


BOOK = Work((784, 50, 10), 100)
MAIN = Work((784, 400, 400, 10), 256, "adam", batch_norm=True, dropout=0.2)
WORKS = {
    "book": BOOK,
    "deep": Work((784, 100, 100, 100, 100, 10), 128, "adam"),
    "bn": Work((784, 512, 512, 10), 128, "adam", batch_norm=True, dropout=0.5),
    "wide": Work((784, 2048, 2048, 10), 512, "momentum"),
}


def batches(work: Work, count: int = 8) -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    x = rng.random((count, work.batch, work.sizes[0]), dtype=np.float32)
    t = rng.integers(0, work.sizes[-1], (count, work.batch))
    return list(zip(x, t, strict=True))


def initial(work: Work) -> list[Layer]:
    """He's initial values, the same for everyone."""
    rng = np.random.default_rng(1)
    draws = [
        (2 / n) ** 0.5 * rng.standard_normal((n, m), dtype=np.float32)
        for n, m in zip(work.sizes, work.sizes[1:], strict=False)
    ]
    return [(w.astype(np.float32), np.zeros(w.shape[1], np.float32)) for w in draws]


class Net(NamedTuple):
    """A network in somebody's framework."""

    train: Any  # train(x, t) → loss: forward, loss, backward, update
    predict: Any  # predict(x) → scores, without a graph, in evaluation mode
    put: Any  # an ndarray → what train and predict take
    weights: Any = None  # weights() → the matrices, (in, out)
