"""층층이 놓기: 상자들을 위에서 아래로, 선이 덜 엇갈리게.

A layered drawing, as Sugiyama's: each box one row above the lowest that uses it, rows ordered by
barycentres so that few lines cross, and places in a row by least squares.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
Rows = list[list[int]]

GAP_X, GAP_Y, MARGIN = 16.0, 30.0, 12.0
SWEEPS = 12


class Layout(NamedTuple):
    """상자의 가운데와 선이 지나는 점.

    The middles of the boxes; each line's source, target, and points from below the row of the one
    to above the row of the other; the size of the whole.
    """

    middles: list[Point]
    lines: list[tuple[int, int, list[Point]]]
    width: float
    height: float


def layered(
    inputs: Sequence[Sequence[int]], sizes: Sequence[Point], aside: Sequence[bool]
) -> Layout:
    """상자들의 자리.

    Where boxes go that get their values from ``inputs``. A box comes in the sequence before those
    that it gets values from; the first is at the bottom.

    Args:
        inputs: of each box, the numbers of those that it gets values from.
        sizes: their widths and heights.
        aside: whether a box makes way for others, as a parameter does beside the data.
    """
    row = [0] * len(inputs)
    for box, sources in enumerate(inputs):
        for source in sources:
            row[source] = max(row[source], row[box] + 1)
    # A line over several rows gets a bend in each, a thing to be placed like a box; the lines from
    # one source share theirs.
    above: list[list[int]] = [[] for _ in inputs]
    widths, makes_way = [w for w, _ in sizes], list(aside)
    bends: dict[tuple[int, int], int] = {}
    lines: list[tuple[int, int, list[int]]] = []
    for box, sources in enumerate(inputs):
        for source in sources:
            stops = [source]
            for r in range(row[source] - 1, row[box], -1):
                if (source, r) not in bends:
                    bends[source, r] = len(row)
                    row.append(r)
                    above.append([stops[-1]])
                    widths.append(8.0)
                    makes_way.append(False)
                stops.append(bends[source, r])
            above[box].append(stops[-1])
            lines.append((source, box, stops[1:]))
    rows = _ordered(above, row)
    x = _columns(rows, above, widths, makes_way)
    left = min(c - w / 2 for c, w in zip(x, widths, strict=True)) - MARGIN
    x = [c - left for c in x]
    tall = [max((sizes[b][1] for b in line if b < len(sizes)), default=0.0) for line in rows]
    y = [MARGIN + sum(tall[r + 1 :]) + GAP_Y * (len(rows) - 1 - r) + tall[r] / 2 for r in row]
    # Straight down past the boxes of a row, across only between the rows.
    ends = [((x[b], y[b] - tall[r] / 2), (x[b], y[b] + tall[r] / 2)) for b, r in enumerate(row)]
    return Layout(
        list(zip(x, y, strict=True))[: len(sizes)],
        [
            (source, box, [ends[source][1], *(e for b in stops for e in ends[b]), ends[box][0]])
            for source, box, stops in lines
        ],
        max(c + w / 2 for c, w in zip(x, widths, strict=True)) + MARGIN,
        sum(tall) + GAP_Y * (len(rows) - 1) + 2 * MARGIN,
    )


def _ordered(above: list[list[int]], row: list[int]) -> Rows:
    """The boxes of each row from left to right."""
    rows: Rows = [[] for _ in range(max(row) + 1)]
    seen, waiting = set(), [0]
    while waiting:  # as the inputs are read, so that the lines of a tree do not cross
        box = waiting.pop()
        if box not in seen:
            seen.add(box)
            rows[row[box]].append(box)
            waiting += reversed(above[box])
    below: list[list[int]] = [[] for _ in above]
    for box, uppers in enumerate(above):
        for upper in uppers:
            below[upper].append(box)
    best, fewest = [list(line) for line in rows], _crossings(rows, above)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        neighbours, order = (below, rows[1:]) if sweep % 2 == 0 else (above, rows[-2::-1])
        place = {box: i for line in rows for i, box in enumerate(line)}
        for line in order:
            centre = {b: _mean([place[n] for n in neighbours[b]], place[b]) for b in line}
            line.sort(key=centre.__getitem__)
            place.update({box: i for i, box in enumerate(line)})
        if (count := _crossings(rows, above)) < fewest:
            best, fewest = [list(line) for line in rows], count
    return best


def _crossings(rows: Rows, above: list[list[int]]) -> int:
    """How often lines cross: the inversions among their upper ends, read from left to right."""
    count = 0
    for lower, upper in pairwise(rows):
        place = {box: i for i, box in enumerate(upper)}
        passed: list[int] = []
        for box in lower:
            ends = sorted(place[u] for u in above[box])
            count += sum(len(passed) - bisect_left(passed, end + 1) for end in ends)
            for end in ends:
                insort(passed, end)
    return count


def _columns(
    rows: Rows, above: list[list[int]], widths: list[float], aside: list[bool]
) -> list[float]:
    """The middles of the boxes, near to those that they are joined to."""
    x = [0.0] * len(above)
    below: list[list[int]] = [[] for _ in above]
    for box, uppers in enumerate(above):
        for upper in uppers:
            below[upper].append(box)
    # What makes way goes where its user is; the others lie under what is theirs to keep straight.
    straight = [[u for u in uppers if not aside[u]] for uppers in above]
    for sweep in range(SWEEPS):
        up = sweep % 2 == 0
        for line in rows if up else rows[::-1]:
            wanted = [
                _mean([x[n] for n in (below if up or aside[b] else straight)[b]], x[b])
                for b in line
            ]
            gaps = [(widths[a] + widths[b]) / 2 + GAP_X for a, b in pairwise(line)]
            weights = [1e-6 if aside[b] else 1.0 for b in line]
            for box, place in zip(line, _apart(wanted, gaps, weights), strict=True):
                x[box] = place
    return x


def _apart(wanted: list[float], gaps: list[float], weights: list[float]) -> list[float]:
    """The places nearest to those wanted, in weighted squares, that are ``gaps`` apart.

    Without the gaps it is the best fit that never decreases: neighbours that are out of order move
    together to their weighted mean.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[tuple[float, float, int]] = []
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        block = (want - offset, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            (a, m, i), (b, n, j) = blocks.pop(), block
            block = ((a * m + b * n) / (m + n), m + n, i + j)
        blocks.append(block)
    levels = [mean for mean, _, count in blocks for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _mean(values: list[float] | list[int], default: float) -> float:
    return sum(values) / len(values) if values else default
