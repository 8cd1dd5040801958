"""The figure of docs/conventions.md: run ``python -m docs.figures.conventions`` in the root.

The labels are symbols and names, so that both languages share them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from tinygrad_kr import nn, optim

IMAGE = Path(__file__).resolve().parents[1] / "images" / "conventions.png"
Make = Callable[[list[torch.Tensor]], optim.Optimizer]
LOOKS = {"PyTorch": {"color": "#0072B2", "ls": "-"}, "book": {"color": "#D55E00", "ls": "--"}}


def steps(make: Make, gradient: float, rates: Sequence[float]) -> Any:
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = make([w])
    path = [0.0]
    for lr in rates:
        optimizer.param_groups[0]["lr"] = lr
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
        path.append(w.item())
    return -np.diff(path)


def momentum(axes: Any) -> None:
    rates = [0.1] * 40 + [0.01] * 40
    makes: dict[str, Make] = {
        "PyTorch": lambda params: optim.SGD(params, momentum=0.9),
        "book": lambda params: optim.Momentum(params),
    }
    for name, make in makes.items():
        axes.plot(range(1, 81), steps(make, 1.0, rates), label=name, **LOOKS[name])
    axes.axvline(40, color="0.7", lw=0.8)
    axes.text(41, 0.02, r"$\eta = 0.1 \to 0.01$", color="0.4", fontsize=8)
    axes.set(title="Momentum", xlabel="$t$", ylabel=r"$|\Delta W|$", ylim=(0, 1.1))


def adam(axes: Any) -> None:
    gradients = np.logspace(-10, 0, 60)
    for name, convention in (("PyTorch", "torch"), ("book", "book")):
        makes: Make = lambda params, c=convention: optim.Adam(params, convention=c)  # noqa: E731
        first = [steps(makes, g, [1e-3])[0] / 1e-3 for g in gradients]
        axes.semilogx(gradients, first, label=name, **LOOKS[name])
    axes.set(title="Adam, $t = 1$", xlabel="$|g|$", ylabel=r"$|\Delta W|\ /\ \eta$", ylim=(0, 1.1))
    axes.set_xticks([1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1])


def batch_norm(axes: Any) -> None:
    torch.manual_seed(0)
    batches = 10 + 2 * torch.randn(60, 100, 1)
    for name, convention in (("PyTorch", "torch"), ("book", "book")):
        norm = nn.BatchNorm1d(1, convention=convention)
        seen = [norm.running_var.item()]
        for batch in batches:
            norm(batch)
            seen.append(norm.running_var.item())
        axes.plot(seen, label=name, **LOOKS[name])
    axes.axhline(4, color="0.7", lw=0.8)
    axes.text(60, 4.05, r"$\sigma^2 = 4$", color="0.4", fontsize=8, ha="right")
    axes.set(title="BatchNorm", xlabel="$t$", ylabel="running variance", ylim=(0, 4.6))


def main() -> None:
    style = {"axes.spines.right": False, "axes.spines.top": False, "font.size": 9,
             "figure.constrained_layout.use": True, "legend.frameon": False}  # fmt: skip
    with plt.rc_context(style):
        fig, panels = plt.subplots(1, 3, figsize=(9, 2.9))
        for axes, draw in zip(panels, (momentum, adam, batch_norm), strict=True):
            draw(axes)
        panels[1].legend(loc="lower right")
        fig.savefig(IMAGE, dpi=130)


if __name__ == "__main__":
    main()
