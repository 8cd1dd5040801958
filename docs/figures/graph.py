"""docs/images/graph.svg, a network's graph: run ``python -m docs.figures.graph`` in the root.

Three layers, a batch of 64 images as noise, and the gradients of one walk back.
"""

from __future__ import annotations

from pathlib import Path

import tinygrad_kr as tg
from tinygrad_kr import nn, viz

IMAGES = Path(__file__).resolve().parents[1] / "images"


def hidden(n_in: int, n_out: int) -> list[nn.Module]:
    return [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(0.2)]


def main() -> None:
    tg.manual_seed(0)
    net = nn.Sequential(*hidden(784, 100), *hidden(100, 50), nn.Linear(50, 10))
    x, t = tg.randn(64, 784), tg.randint(0, 10, (64,))
    loss = nn.CrossEntropyLoss()(net(x), t)
    loss.backward(retain_graph=True)
    viz.graph(loss, model=net, names={"x": x}).save(IMAGES / "graph.svg")


if __name__ == "__main__":
    main()
