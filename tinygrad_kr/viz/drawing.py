"""상자와 선을 SVG와 Mermaid로.

Boxes and lines, written as SVG and as Mermaid.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tinygrad_kr.viz.layout import Point, layered

FONT, LINE, PAD, HEAD = 12, 15.0, 7.0, 5.0
# Of each kind of box: fill, stroke, corner.
KINDS = {
    "op": ("#e8f1f8", "#0072b2", 4),
    "leaf": ("#fdf0d5", "#b36b00", 12),
    "constant": ("#f3f3f3", "#888", 4),
    "result": ("#d9f2e6", "#007a56", 4),
}
EXTRAS = {"constant": {"stroke-dasharray": "4 3"}, "result": {"stroke-width": "2px"}}
TITLE = "계산 그래프. A computational graph: values flow from the top down."


@dataclass
class Box:
    """상자 하나: 종류, 글, 값을 받아 오는 상자들.

    A box: its kind, its lines of text, and the numbers of the boxes that it gets values from.
    """

    kind: str
    lines: list[str]
    inputs: list[int] = field(default_factory=list)


def svg(boxes: Sequence[Box]) -> str:
    """SVG 문서.

    The boxes as an SVG document.
    """
    sizes = [_size(box) for box in boxes]
    plan = layered(
        [box.inputs for box in boxes],
        sizes,
        [box.kind in ("leaf", "constant") for box in boxes],
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{plan.width:.0f}" '
        f'height="{plan.height:.0f}" viewBox="0 0 {plan.width:.0f} {plan.height:.0f}" '
        f'style="max-width:100%;height:auto" role="img" font-family="sans-serif" '
        f'font-size="{FONT}" text-anchor="middle">',
        f"<title>{TITLE}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    ports = _ports([(source, box) for source, box, _ in plan.lines], plan.middles)
    for (source, box, points), port in zip(plan.lines, ports, strict=True):
        (sx, sy), (bx, by) = plan.middles[source], plan.middles[box]
        start, end = (sx, sy + sizes[source][1] / 2), (bx + port, by - sizes[box][1] / 2)
        parts.append(_line([start, *points[:-1], (end[0], points[-1][1] - HEAD), end]))
    for box_, middle, size in zip(boxes, plan.middles, sizes, strict=True):
        parts += _drawn(box_, middle, size)
    return "\n".join([*parts, "</svg>"])


def mermaid(boxes: Sequence[Box]) -> str:
    """Mermaid 문서.

    The boxes in Mermaid's language.
    """
    rows = ["flowchart TD"]
    for i, box in enumerate(boxes):
        text = "<br/>".join(re.sub(r'[&<>"#`\\]', _entity, _plain(line)) for line in box.lines)
        left, right = ('(["', '"])') if box.kind == "leaf" else ('["', '"]')
        rows.append(f"  n{i}{left}{text}{right}:::{box.kind}")
    rows += [f"  n{s} --> n{i}" for i, box in enumerate(boxes) for s in box.inputs]
    for kind, (fill, stroke, _) in KINDS.items():
        extras = "".join(f",{k}:{v}" for k, v in EXTRAS.get(kind, {}).items())
        rows.append(f"  classDef {kind} fill:{fill},stroke:{stroke},color:#000{extras}")
    return "\n".join(rows)


def _plain(text: str) -> str:
    """``text`` without what XML forbids or a line of text cannot hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"


def _size(box: Box) -> Point:
    """Room for the text: a Hangul letter is as wide as the font is high, a Latin one is 3/5."""
    wide = max(sum(FONT * (0.6 if c.isascii() else 1.0) for c in line) for line in box.lines)
    return wide + 2 * PAD + 4, LINE * len(box.lines) + PAD


def _drawn(box: Box, middle: Point, size: Point) -> Iterator[str]:
    fill, stroke, corner = KINDS[box.kind]
    (x, y), (w, h) = middle, size
    extras = "".join(f' {k}="{v}"' for k, v in EXTRAS.get(box.kind, {}).items())
    yield (
        f'<rect x="{x - w / 2:.1f}" y="{y - h / 2:.1f}" width="{w:.1f}" height="{h:.1f}" '
        f'rx="{corner}" fill="{fill}" stroke="{stroke}"{extras}/>'
    )
    for i, line in enumerate(box.lines):
        weight = ' font-weight="bold"' if i == 0 else ""
        baseline = y - h / 2 + PAD / 2 + LINE * (i + 0.77)
        yield f'<text x="{x:.1f}" y="{baseline:.1f}"{weight}>{html.escape(_plain(line))}</text>'


def _ports(lines: Sequence[tuple[int, int]], middles: Sequence[Point]) -> list[float]:
    """How far from the middle of its box each line arrives, so that they stay apart."""
    ports = [0.0] * len(lines)
    arriving: dict[int, list[int]] = {}
    for i, (_, box) in enumerate(lines):
        arriving.setdefault(box, []).append(i)
    for those in arriving.values():
        those.sort(key=lambda i: middles[lines[i][0]][0])
        for rank, i in enumerate(those):
            ports[i] = 12.0 * (rank - (len(those) - 1) / 2)
    return ports


def _line(points: list[Point]) -> str:
    """A curve that goes down at each of its points, with a head."""
    tip_x, tip_y = points[-1]
    rounded = [(round(x, 1), round(y, 1)) for x, y in (*points[:-1], (tip_x, tip_y - HEAD))]
    inner = zip(rounded, rounded[1:], rounded[2:], strict=False)
    turns = [here for before, here, after in inner if not before[0] == here[0] == after[0]]
    path = "M{} {}".format(*rounded[0])
    for (x0, y0), (x1, y1) in pairwise([rounded[0], *turns, rounded[-1]]):
        middle = f"{(y0 + y1) / 2:.1f}"
        path += f"V{y1}" if x0 == x1 else f"C{x0} {middle} {x1} {middle} {x1} {y1}"
    head = f"M{tip_x - 3.5:.1f} {tip_y - 7:.1f}h7L{tip_x:.1f} {tip_y:.1f}z"
    return f'<path d="{path}" fill="none" stroke="#555"/><path d="{head}" fill="#555"/>'
