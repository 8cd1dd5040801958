"""The figures of docs/speed.md, drawn by ``python -m tests.benchmarks`` from what it measured.

The labels are names and units, so that both languages share them.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import matplotlib.pyplot as plt
from PIL import Image

from docs.figures.museum import QUIET, RIGHT, STYLE, WRONG

Values = dict[str, dict[str, list[float]]]
OURS, FLOORS = "tinygrad_kr", ("numpy", "products")


def draw(results: dict[str, Any], folder: Path) -> None:
    with plt.rc_context(STYLE):
        if "networks" in results:
            networks(results["networks"]["values"])
            save(folder / "speed-networks.png")
        if "scale" in results:
            scale(results["scale"]["values"])
            save(folder / "speed-scale.png")


def networks(values: Values) -> None:
    """Microseconds a step: ours, the peers, and the floors in grey."""
    names = list(dict.fromkeys(subject for got in values.values() for subject in got))
    _, row = plt.subplots(1, len(values), figsize=(8.4, 2.7), sharey=True, squeeze=False)
    for axes, (name, got) in zip(row[0], values.items(), strict=True):
        for subject, found in got.items():
            i = names.index(subject)
            color = RIGHT if subject == "ours" else QUIET if subject in FLOORS else WRONG
            time = median(found) / 1000
            axes.barh(i, time, color=color)
            axes.text(time, i, f" {time:.3g}", va="center", fontsize=7)
        axes.set_yticks(range(len(names)), [OURS if name == "ours" else name for name in names])
        axes.set(title=name, xlabel="ms", xmargin=0.2)
    row[0][0].invert_yaxis()


def scale(values: Values) -> None:
    """Milliseconds a step (of a graph of scalars, microseconds a node), and their growth dotted."""
    axes_of = dict.fromkeys(case.split()[0] for case in values)
    _, row = plt.subplots(1, len(axes_of), figsize=(8.4, 2.5), squeeze=False)
    for axes, axis in zip(row[0], axes_of, strict=True):
        cases = {
            int(case.split()[1].replace(",", "")): got
            for case, got in values.items()
            if case.split()[0] == axis
        }
        unit = 1 if axis == "nodes" else 1000
        for subject, color, style in (("ours", RIGHT, "o-"), ("torch", WRONG, "s--")):
            line = {n: median(got[subject]) / unit for n, got in cases.items() if subject in got}
            name = OURS if subject == "ours" else subject
            axes.loglog(list(line), list(line.values()), style, color=color, ms=3, label=name)
        power = {"nodes": 0, "width": 2}.get(axis, 1)
        last = max(cases)
        top = median(next(iter(cases[last].values()))) / unit
        sizes = [n for n in cases if (n / last) ** power > 1 / 300]
        axes.loglog(sizes, [top * (n / last) ** power for n in sizes], ":", color=QUIET)
        axes.set(xlabel=axis, ylabel="µs" if axis == "nodes" else "ms")
        if axis == "nodes":
            axes.set_ylim(top / 10, top * 10)
    row[0][0].legend(fontsize=8)


def save(path: Path) -> None:
    plt.savefig(path, dpi=110)
    plt.close()
    with Image.open(path) as image:
        image.convert("RGB").quantize(64).save(path, optimize=True)
