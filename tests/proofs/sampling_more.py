"""The records of sampling by a grid."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.shapes import Calls, slip
from tests.proofs.spatial import Marks, drawn, zeros
from tests.proofs.spatial_more import near_weight, options_of
from tinygrad_kr.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import OpRecord, call, tensors

Array = np.ndarray[Any, Any]


def cell(k: int, n: int, padding: str, corners: bool) -> int | None:
    """Where the value of cell ``k`` is read, by walking back from the edge that it lies behind."""
    if padding == "border":
        return min(max(k, 0), n - 1)
    while padding == "reflection" and not 0 <= k < n and n > 1:
        k = (-k if corners else -k - 1) if k < 0 else (2 * n - 2 if corners else 2 * n - 1) - k
    return (0 if n == 1 and padding == "reflection" else k) if 0 <= k < n or n == 1 else None


def sample(
    x: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: Any = None,
) -> Array:  # fmt: skip
    """Of each place the sum over all cells near it, weighed by their distance."""
    sides, out = x.shape[2:], grid.shape[:-1]
    y = np.zeros((*out, x.shape[1]), x.dtype)
    for at in np.ndindex(out):
        each = []
        for n, g in zip(sides, reversed(grid[at]), strict=True):
            u = (g + 1) / 2 * (n - 1) if align_corners else ((g + 1) * n - 1) / 2
            cells = range(math.floor(u) - 1, math.floor(u) + 3)
            pairs = [
                (cell(k, n, padding_mode, bool(align_corners)),
                 float(abs(u - k) < 0.5) if mode == "nearest" else near_weight(u - k, mode))
                for k in cells
            ]  # fmt: skip
            each.append([(k, w) for k, w in pairs if k is not None])
        for corner in itertools.product(*each):
            where = tuple(k for k, _ in corner)
            y[at] += math.prod(w for _, w in corner) * x[(at[0], slice(None), *where)]
    return np.moveaxis(y, -1, 1)


def sampled(dims: int, m: Marks) -> Calls:
    n, corners, batch = m.of(3, 2), m.of(False, True), m.of(1, 2)
    kinks = [u / 2 for u in range(-4, 2 * n + 4)]
    avoid = tuple(2 * u / (n - 1) - 1 if corners else (2 * u + 1) / n - 1 for u in kinks)
    modes = ("bilinear", "nearest", *(("bicubic",) if dims == 2 else ()))
    padding = m.of("zeros", "border", "reflection")
    options = {"mode": m.of(*modes), "padding_mode": padding, "align_corners": corners}
    grid = tensors((batch, *m.each(dims, 1, 2), dims), low=-1.7, high=1.7, avoid=avoid)
    return st.builds(
        call, tensors((batch, m.of(1, 2), *(n,) * dims)), grid, **options_of(**options)
    )


def affine(theta: Array, size: Any, align_corners: bool | None = None) -> Array:
    y = np.zeros((size[0], *size[2:], len(size) - 2), theta.dtype)
    for at in np.ndindex(size[2:]):
        place = [
            0 if n == 1 else 2 * i / (n - 1) - 1 if align_corners else (2 * i + 1) / n - 1
            for i, n in zip(reversed(at), reversed(size[2:]), strict=True)
        ]
        y[(slice(None), *at)] = theta @ np.array([*place, 1.0])
    return y


def mapped(dims: int, m: Marks) -> Calls:
    size = (m.of(1, 2), 1, *m.each(dims, 2, 1, 3))
    given = options_of(size=size, align_corners=m.of(False, True, None))
    return st.builds(call, tensors((size[0], dims, dims + 1)), **given)


RECORDS = [
    OpRecord("F.grid_sample", F.grid_sample, sample,
             st.one_of(drawn(2, sampled), drawn(3, sampled)),
             errors=(slip(ShapeError, zeros(1, 1, 2, 2), zeros(1, 2, 2, 3)),
                     slip(ShapeError, zeros(1, 1, 2, 2, 2), zeros(1, 2, 2, 2, 3), "bicubic"),
                     slip(ArgumentError, zeros(1, 1, 2, 2), zeros(1, 2, 2, 2), "linear"),
                     slip(ArgumentError, zeros(1, 1, 2, 2),
                          np.zeros((1, 2, 2, 2), "float32")))),
    OpRecord("F.affine_grid", F.affine_grid, affine, st.one_of(drawn(2, mapped), drawn(3, mapped)),
             analytic=True,
             errors=(slip(ShapeError, zeros(1, 2, 2), (1, 1, 2, 2)),
                     slip(DTypeError, np.zeros((1, 2, 3), int), (1, 1, 2, 2)))),
]  # fmt: skip
