"""The figures of docs/museum.md, hall 2: run ``python -m docs.figures.museum_layers`` in the root.

Seeded, and labelled with symbols and names as those of hall 1 are.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from docs.figures.museum import QUIET, RIGHT, STYLE, WRONG, save
from tests.museum import layer_hall as hall


def paths_forgotten() -> None:
    _, axes = plt.subplots(figsize=(6, 3))
    for rule, color, style, name in (
        (hall.through_all_three, RIGHT, "-", r"$x,\ \mu,\ \sigma^2$"),
        (hall.b2, WRONG, "--", "B2: $x$"),
    ):
        for seed in range(5):
            net = hall.network(
                lambda rule=rule: hall.Chain(hall.BatchNorm(rule, 50), hall.Relu()), seed=seed
            )
            losses = hall.learn(net, hall.SoftmaxWithLoss)
            axes.semilogy(losses, color=color, linestyle=style, label=None if seed else name)
    axes.set(xlabel="$t$", ylabel="$L$", xlim=(0, 100))
    axes.legend()
    save("b2")


def what_all_images_share() -> None:
    ticks = np.linspace(-1, 1, 24)
    ring = np.exp(-(((np.hypot(*np.meshgrid(ticks, ticks)) - 0.6) / 0.15) ** 2))
    images = ring + 0.2 * hall.draws(32, 1, 24, 24)
    _, row = plt.subplots(1, 3, figsize=(6.6, 2.5))
    for axes, name, batch in zip(
        row,
        ("$x$", r"$\mu, \sigma^2$ : $C$", r"B3 · $\mu, \sigma^2$ : $C \cdot H \cdot W$"),
        (images, hall.per_channel(images), hall.b3(images)),
        strict=True,
    ):
        axes.imshow(batch[0, 0], cmap="gray")
        axes.set_title(name)
        axes.axis("off")
    save("b3")


def near_a_half() -> None:
    _, (top, bottom) = plt.subplots(2, 5, figsize=(8.4, 3.4))
    for k, (a, g) in enumerate(zip(*hall.sigmoid_layers(0.01), strict=True)):
        top[k].hist(a.ravel(), np.linspace(0, 1, 51), color=RIGHT)
        top[k].set_title(f"$a_{k + 1}$")
        bottom[k].hist(g.ravel(), np.linspace(-1, 1, 42), color=WRONG)
        spread = np.format_float_positional(g.std(), precision=1, fractional=False, trim="-")
        bottom[k].set_title(rf"$\sigma$ = {spread}", fontsize=8)
        for axes, ticks in ((top[k], [0, 0.5, 1]), (bottom[k], [-1, 0, 0.5, 1])):
            axes.axvline(0.5, color=QUIET, linestyle=":")
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.set_yticks([])
    top[0].set_ylabel("$a$")
    bottom[0].set_ylabel(r"$\partial L / \partial a$")
    save("c2")


def main() -> None:
    with plt.rc_context(STYLE):
        paths_forgotten()
        what_all_images_share()
        near_a_half()


if __name__ == "__main__":
    main()
