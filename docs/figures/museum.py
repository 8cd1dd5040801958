"""The figures of docs/museum.md, hall 1: run ``python -m docs.figures.museum`` in the root.

Nothing is drawn at random, and the labels are symbols and names, so that both languages share them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from tests.museum.optimizer_hall import EXHIBITS, RATES, RULES, START, a2, f, slope, walk

Array = np.ndarray[Any, Any]
IMAGES = Path(__file__).resolve().parents[1] / "images"
RIGHT, WRONG, THIRD, QUIET = "#0072B2", "#D55E00", "#009E73", "#8A8A8A"
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.9,
    "lines.linewidth": 1.5,
}


def bowl(axes: Axes, value: Callable[[Array], Any], x: Array, y: Array) -> None:
    levels = [0.05, 0.3, 1, 2, 4, 7, 11]
    grid = np.stack(np.meshgrid(x, y))
    axes.contour(x, y, value(grid), levels, colors=QUIET, linewidths=0.5)
    axes.set(xlabel="$x$", ylabel="$y$", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))


def trail(axes: Axes, path: Array, color: str, label: str, marker: str = "o") -> None:
    axes.plot(*path.T, color=color, marker=marker, markersize=3, label=label, lw=1.1)


def nearer_without_w() -> None:
    _, both = plt.subplots(1, 2, figsize=(8.4, 3.0), sharey=True)
    x, y = np.linspace(-8, 6, 160), np.linspace(-3.2, 3.6, 120)
    for axes, by in zip(both, np.array([[0.0, 0.0], [3.0, -1.0]]), strict=True):
        bowl(axes, lambda w, by=by: f(w - by[:, None, None]), x, y)
        for rule, color, name, marker in (
            (RULES["AdaGrad"], RIGHT, "AdaGrad", "o"),
            (a2, WRONG, "A2", "s"),
        ):
            path = walk(rule, 1.5, 30, START + by, lambda w, by=by: slope(w - by))
            left = np.linalg.norm(path[-1] - by)
            trail(axes, path, color, f"{name}  {left:.{8 if left < 1e-3 else 2}f}", marker)
        axes.plot(*by, "k*", markersize=11, zorder=5)
        axes.set_title(f"$W^* = ({by[0]:.0f}, {by[1]:.0f})$")
        axes.legend(title="$|W - W^*|$ at $t = 30$", loc="upper right", fontsize=8)
    both[1].set_ylabel("")
    save("a2")


def losses_that_fall() -> None:
    silent = ("A1", "A2", "A3", "M2", "N1", "D2", "D3", "D4")
    _, grid = plt.subplots(2, 4, figsize=(8.4, 3.6), sharex=True, sharey=True)
    for axes, name in zip(grid.flat, silent, strict=True):
        shown = EXHIBITS[name]
        start = np.array([7.0, 2.0]) if name == "A1" else START
        for rule, color, style in ((RULES[shown.method], RIGHT, "-"), (shown.wrong, WRONG, "--")):
            path = walk(rule, RATES[shown.method], 30, start)
            axes.semilogy(f(path.T), color=color, linestyle=style)
        axes.set_title(name, loc="left", fontweight="bold")
        axes.text(
            1, 1, shown.method, transform=axes.transAxes, ha="right", va="bottom", color=QUIET
        )
        axes.set(ylim=(1e-5, 30), xticks=[0, 10, 20, 30])
    for axes in grid[:, 0]:
        axes.set_ylabel("$f$")
    for axes in grid[1]:
        axes.set_xlabel("$t$")
    save("silent")


def whose_anisotropy() -> None:
    _, both = plt.subplots(1, 2, figsize=(8.4, 2.7), sharey=True)
    x, y = np.linspace(-8.5, 8.5, 160), np.linspace(-4.4, 4.4, 120)
    px, py = np.meshgrid(np.linspace(-8, 8, 17), np.linspace(-4, 4, 9))
    for axes, steep, name in (
        (both[0], 2.0, "$x^2/20 + y^2$"),
        (both[1], 0.1, "$x^2/20 + y^2/20$"),
    ):
        bowl(axes, lambda w, steep=steep: w[0] ** 2 / 20 + steep * w[1] ** 2 / 2, x, y)
        dx, dy = -px / 10, -steep * py
        length = np.hypot(dx, dy) + 1e-12
        axes.quiver(
            px, py, dx / length, dy / length, color=QUIET, angles="xy", width=0.003, scale=28
        )
        path = walk(
            RULES["SGD"], 0.95, 30, grad=lambda w, steep=steep: np.array([w[0] / 10, steep * w[1]])
        )
        trail(axes, path, RIGHT, "SGD")
        axes.plot(0, 0, "k*", markersize=11, zorder=5)
        axes.set_title(name)
    both[1].set_ylabel("")
    save("c1")


def whose_rate() -> None:
    _, (over_time, first) = plt.subplots(1, 2, figsize=(8.4, 2.7), width_ratios=(3, 2))
    gradients = np.array([slope(w) for w in walk(RULES["AdaGrad"], 1.5, 29)])
    rates = 1.5 / np.sqrt((gradients**2).cumsum(axis=0))
    t = np.arange(1, 31)
    over_time.plot(t, rates[:, 0], color=RIGHT)
    over_time.plot(t, rates[:, 1], color=WRONG)
    over_time.axhline(0.95, color=QUIET, linestyle=":")
    for y, color, name in (
        (rates[-1, 0], RIGHT, "AdaGrad $x$"),
        (rates[-1, 1], WRONG, "AdaGrad $y$"),
        (0.68, QUIET, "SGD $x$, $y$"),
    ):
        over_time.text(30, 1.06 * y, name, color=color, ha="right", va="bottom")
    over_time.set(xlabel="$t$", ylabel=r"$\eta\,/\,\sqrt{h}$", yscale="log", ylim=(0.2, 4))
    over_time.set_yticks([0.25, 0.5, 1, 2, 4], ["0.25", "0.5", "1", "2", "4"])
    over_time.minorticks_off()
    for i, (name, lr) in enumerate((("SGD", 0.95), ("AdaGrad", 1.5))):
        step = np.abs(np.diff(walk(RULES[name], lr, 1), axis=0))[0] / lr
        for j, (axis, color) in enumerate((("$x$", RIGHT), ("$y$", WRONG))):
            bar = first.bar(i + 0.36 * (j - 0.5), step[j], 0.32, color=color)
            first.bar_label(bar, [f"{axis} {step[j]:.1f}"], color=color, padding=2)
    first.set_xticks([0, 1], ["SGD", "AdaGrad"])
    first.set(ylabel=r"$|\Delta W|\,/\,\eta$,  $t = 1$", ylim=(0, 4.7))
    save("c3")


def who_is_caught() -> None:
    _, (saddle, steady) = plt.subplots(1, 2, figsize=(8.4, 2.7))
    for name, color in (("SGD", QUIET), ("AdaGrad", WRONG), ("RMSProp", RIGHT)):
        path = walk(
            RULES[name], 0.1, 160, np.array([-1.0, 1e-6]), lambda w: np.array([w[0], -w[1]])
        )
        off = abs(path[:, 1])
        last = int(np.flatnonzero(off > 1)[0])
        saddle.semilogy(off[: last + 1], color=color, label=name)
        saddle.plot(last, off[last], "o", color=color, markersize=4)
        if name == "SGD":
            continue
        along = walk(RULES[name], 0.1, 1000, np.zeros(2), lambda w: np.ones(2))
        steady.loglog(np.arange(1, 1001), -np.diff(along[:, 0]), color=color, label=name)
    saddle.set(xlabel="$t$", ylabel="$|y|$", ylim=(5e-7, 4), title="$(x^2 - y^2)/2$")
    saddle.legend(loc="lower right")
    steady.set(xlabel="$t$", ylabel=r"$|\Delta W|$", title="$g = 1$")
    steady.legend()
    save("c4")


def save(name: str) -> None:
    path = IMAGES / f"museum-{name}.png"
    plt.savefig(path, dpi=110)
    plt.close()
    with Image.open(path) as image:
        image.convert("RGB").quantize(64).save(path, optimize=True)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with plt.rc_context(STYLE):
        for draw in (
            nearer_without_w,
            losses_that_fall,
            whose_anisotropy,
            whose_rate,
            who_is_caught,
        ):
            draw()


if __name__ == "__main__":
    main()
