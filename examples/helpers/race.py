"""경주를 움직이는 그림으로: 슬라이더가 있는 HTML과 GIF.

A race as moving pictures: a page with a slider that needs nothing else, and a GIF.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from helpers.surface import f
from tinygrad_kr.dtypes import Array
from tinygrad_kr.io import atomic_write
from tinygrad_kr.viz import say

LEVELS = np.geomspace(0.02, 12, 11)
LEFT, RIGHT, TOP = -7.8, 3.4, 2.4

HEAD = """\
<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>옵티마이저들의 경주</title><style>:root { color-scheme: light dark }</style>
"""
PAGE = """\
<div class="race" style="max-width: 46rem; font: 14px system-ui, sans-serif">
<svg viewBox="-7.8 -2.4 11.2 4.8" style="width: 100%; display: block" role="img"
 aria-label="옵티마이저들의 경주 / optimisers racing"></svg>
<div style="display: flex; gap: 0.8em; align-items: center">
<button type="button" aria-label="재생, 멈춤 / play, pause" style="width: 3em">▶</button>
<input type="range" min="0" value="0" aria-label="걸음 / step" style="flex: 1">
<output style="min-width: 7em"></output></div>
<ol style="columns: 11em; list-style: none; padding: 0; margin: 0.6em 0;
 font-variant-numeric: tabular-nums"></ol>
<script>
(() => {
  const race = document.currentScript.parentElement, racers = RACERS, levels = LEVELS;
  const [svg, button, slider, output, list] =
    ["svg", "button", "input", "output", "ol"].map((tag) => race.querySelector(tag));
  const draw = (tag, attributes) => {
    const it = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const name in attributes) it.setAttribute(name, attributes[name]);
    return svg.appendChild(it);
  };
  for (const c of levels) draw("ellipse", {rx: Math.sqrt(20 * c), ry: Math.sqrt(c), fill: "none",
    stroke: "gray", "stroke-opacity": 0.45, "stroke-width": 0.012});
  draw("path", {d: "M-.12 0H.12M0-.12V.12", stroke: "currentColor", "stroke-width": 0.03});
  for (const r of racers) {
    r.trail = draw("polyline", {fill: "none", stroke: r.color, "stroke-width": 0.035});
    r.ball = draw("circle", {r: 0.09, fill: r.color});
  }
  slider.max = racers[0].path.length - 1;
  const show = () => {
    const k = Number(slider.value);
    output.value = `${k}걸음(step)`;
    for (const r of racers) {
      const [x, y] = r.path[k];
      r.trail.setAttribute("points", r.path.slice(0, k + 1).map(([x, y]) => [x, -y]).join(" "));
      r.ball.setAttribute("cx", x);
      r.ball.setAttribute("cy", -y);
      r.f = x * x / 20 + y * y;
    }
    list.replaceChildren(...[...racers].sort((a, b) => a.f - b.f).map((r) => {
      const item = document.createElement("li"), name = document.createElement("b");
      name.textContent = `● ${r.name} `;
      name.style.color = r.color;
      item.append(name, r.f.toExponential(1));
      return item;
    }));
  };
  let timer = 0;
  const pause = () => { clearInterval(timer); timer = 0; button.textContent = "▶"; };
  button.onclick = () => {
    if (timer) return pause();
    if (slider.value === slider.max) slider.value = 0;
    button.textContent = "❚❚";
    timer = setInterval(() => {
      slider.stepUp();
      show();
      if (slider.value === slider.max) pause();
    }, 110);
  };
  slider.oninput = () => { pause(); show(); };
  slider.value = slider.max;
  show();
})();
</script></div>
"""


class Race:
    """옵티마이저마다의 길을 한 판에.

    The paths of all racers on one board; in a notebook or a page of the docs it shows itself.
    """

    def __init__(self, paths: Mapping[str, Array], colors: Mapping[str, str]) -> None:
        self.paths = paths
        self.colors = colors
        self.steps = len(next(iter(paths.values()))) - 1

    def _repr_html_(self) -> str:
        racers = [
            {"name": name, "color": to_hex(self.colors[name]), "path": path.round(4).tolist()}
            for name, path in self.paths.items()
        ]
        return PAGE.replace("RACERS", json.dumps(racers)).replace(
            "LEVELS", json.dumps(LEVELS.round(4).tolist())
        )

    def save_html(self, path: Path) -> None:
        """홀로 열리는 HTML로 저장한다. Save as a page that opens by itself."""
        with atomic_write(path) as file:
            file.write((HEAD + self._repr_html_()).encode())

    def save_gif(self, path: Path, every: int = 1) -> None:
        """GIF로 저장한다: ``every`` 걸음마다 한 장. Save as a GIF, a frame every few steps."""
        fig = Figure(figsize=(7, 3.6), dpi=100)
        fig.set_layout_engine("none")
        canvas: Any = FigureCanvasAgg(fig)
        board = fig.add_axes((0.01, 0.02, 0.69, 0.86), xlim=(LEFT, RIGHT), ylim=(-TOP, TOP))
        board.set(xticks=[], yticks=[])
        x, y = np.meshgrid(np.linspace(LEFT, RIGHT, 200), np.linspace(-TOP, TOP, 100))
        board.contour(x, y, f(x, y), levels=LEVELS, colors="0.82", linewidths=0.8)
        board.plot(0, 0, "k+", markersize=10)
        title = fig.text(0.01, 0.92, "", fontsize=12)
        fig.text(0.715, 0.92, "f(x, y) = x²/20 + y²", fontsize=11)
        places = [0.8 - 0.1 * i for i in range(len(self.paths))]
        names = [fig.text(0.715, place, "", fontsize=12) for place in places]
        values = [fig.text(0.985, place, "", fontsize=12, ha="right") for place in places]
        trails = {n: board.plot([], [], color=c, linewidth=1.4)[0] for n, c in self.colors.items()}
        balls = {
            n: board.plot([], [], "o", color=c, markersize=8, markeredgecolor="white")[0]
            for n, c in self.colors.items()
        }
        shown = [*range(0, self.steps, every), self.steps]
        frames = []
        for k in shown:
            title.set_text(say(f"{k}걸음 (step {k})", f"step {k}"))
            for name, walked in self.paths.items():
                trails[name].set_data(*walked[: k + 1].T)
                balls[name].set_data(*walked[k : k + 1].T)
            ranking = sorted(self.paths, key=lambda name: float(f(*self.paths[name][k])))
            for left, right, name in zip(names, values, ranking, strict=True):
                left.set(text=f"● {name}", color=self.colors[name])
                right.set(text=f"{f(*self.paths[name][k]):.0e}", color=self.colors[name])
            canvas.draw()
            frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
        # One palette for all frames, so that a frame only holds what has moved.
        palette = frames[-1].quantize(256, Image.Quantize.MAXCOVERAGE)
        first, *rest = [
            frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
        ]
        pauses = [100 * every] * (len(shown) - 1) + [1800]
        with atomic_write(path) as file:
            first.save(file, "GIF", save_all=True, append_images=rest, duration=pauses, loop=0)
