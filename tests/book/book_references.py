"""The book's network once more, as formulas on arrays: no layers, no graph, no package.

Everything is written for one purpose: to be seen to be right. In float64, with one dropout mask a
layer given from outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass
class Reference:
    """The formulas of sections 5.6, 6.3 and 6.4 for a network of these parameters."""

    params: dict[str, Array]
    hidden: int
    activation: str
    decay: float
    masks: list[Array] | None
    batch_norm: bool
    preactivations: list[Array] = field(default_factory=list)

    def scores(self, x: Array) -> Array:
        p, self.trail = self.params, []
        self.preactivations = []
        for i in range(1, self.hidden + 1):
            a = np.einsum("ni,io->no", x, p[f"W{i}"]) + p[f"b{i}"]
            normed = spread = None
            if self.batch_norm:
                spread = np.sqrt(a.var(0) + 1e-6)
                normed = (a - a.mean(0)) / spread
                a = p[f"gamma{i}"] * normed + p[f"beta{i}"]
            z = 1 / (1 + np.exp(-a)) if self.activation == "sigmoid" else np.where(a > 0, a, 0.0)
            self.preactivations.append(a)
            self.trail.append((x, normed, spread, a, z))
            x = z if self.masks is None else z * self.masks[i - 1]
        self.last = x
        last = self.hidden + 1
        scores: Array = np.einsum("ni,io->no", x, p[f"W{last}"]) + p[f"b{last}"]
        return scores

    def loss(self, x: Array, t: Array, epsilon: float = 1e-7) -> float:
        e = np.exp(self.scores(x))
        y = e / e.sum(1, keepdims=True)
        weights = [self.params[f"W{i}"] for i in range(1, self.hidden + 2)]
        decay = 0.5 * self.decay * sum((w**2).sum() for w in weights)
        return float(-np.log(y[range(len(x)), t] + epsilon).mean() + decay)

    def gradients(self, x: Array, t: Array) -> dict[str, Array]:
        """(y − t) / N at the scores, and the chain rule from there."""
        e = np.exp(self.scores(x))
        d = (e / e.sum(1, keepdims=True) - np.eye(e.shape[1])[t]) / len(x)
        p, last, found = self.params, self.hidden + 1, {}
        found[f"W{last}"] = np.einsum("ni,no->io", self.last, d) + self.decay * p[f"W{last}"]
        found[f"b{last}"] = d.sum(0)
        d = np.einsum("no,io->ni", d, p[f"W{last}"])
        for i in range(self.hidden, 0, -1):
            into, normed, spread, a, z = self.trail[i - 1]
            if self.masks is not None:
                d = d * self.masks[i - 1]
            d = d * (z * (1 - z) if self.activation == "sigmoid" else (a > 0))
            if normed is not None:
                found[f"gamma{i}"], found[f"beta{i}"] = (d * normed).sum(0), d.sum(0)
                d = d * p[f"gamma{i}"]
                d = (d - d.mean(0) - normed * (d * normed).mean(0)) / spread
            found[f"W{i}"] = np.einsum("ni,no->io", into, d) + self.decay * p[f"W{i}"]
            found[f"b{i}"] = d.sum(0)
            d = np.einsum("no,io->ni", d, p[f"W{i}"])
        return found
