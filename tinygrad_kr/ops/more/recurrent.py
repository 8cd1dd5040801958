"""순환: 셀 하나를 열을 따라 차례로 적용한다.

Recurrence: a cell applied to the steps of sequences one after another, as one fused operation. The
rows of a batch of sequences lie packed, step after step, the longest sequences first: of step t
there are ``sizes[t]``. So one product serves the inputs of all steps, one the weights' gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array
from tinygrad_kr.ops.exponential import relu, sigmoid, tanh
from tinygrad_kr.ops.fused import linear as affine
from tinygrad_kr.ops.fused import row_sum
from tinygrad_kr.ops.joining import cat
from tinygrad_kr.ops.primitive import Needs, Primitive

__all__: list[str] = []

Step = tuple[slice, int]  # the rows of a step, and how many they are


def gates_of(x: Any, count: int) -> list[Any]:
    """열을 count개의 게이트로 나눈다. The columns of ``x`` as ``count`` gates."""
    width = x.shape[1] // count
    return [x[:, k * width : (k + 1) * width] for k in range(count)]


class Cell:
    """셀: 한 걸음의 식과, 배열 위의 그 순전파와 역전파.

    A cell: what one step computes of z = W x + b and r = U h + b', the state h and the memory c,
    which but for an LSTM has no columns.

    Args:
        gates: how many times ``hidden`` z and r are wide.
        scale: of each gate, ½ where it is a sigmoid: σ(a) = ½ tanh(½ a) + ½, so that one tanh
            serves all of them. The weights are scaled before.
        memory: whether there is a c.
        room: how many arrays of the size of h a step keeps besides its gates.
    """

    gates: int = 1
    scale: tuple[float, ...] = (1.0,)
    memory: int = 0
    room: int = 0

    def compose(self, z: Any, r: Any, h: Any, c: Any) -> tuple[Any, Any]:
        """(h, c) 다음 상태를 단순한 연산으로. The next h and c, in simple operations."""
        raise NotImplementedError

    def bias(self, of_z: Array, of_r: Array) -> Array:
        """두 편향을 하나로. Both biases in one, but for what ``constant`` keeps back."""
        return of_z + of_r

    def constant(self, of_r: Any, shape: tuple[int, int], dtype: Any) -> Any:
        """모든 걸음에 같은 것. What is the same in all steps, for ``step``."""
        return None

    def step(self, z: Array, r: Array, h: Array, c: Array, out: Array, kept: Array, constant: Any
    ) -> None:  # fmt: skip
        """z는 게이트로, c는 다음 c로, out은 다음 h로. Write the gates over z, the next c over c."""
        raise NotImplementedError

    def slopes(self, gates: Array, h: Array, c: Array, kept: Array) -> tuple[Array, ...]:
        """dz / dh, dr / dh 따위를 한꺼번에. What of a step's derivatives does not depend on the
        steps after it, for all steps at once: of z, of r (the same array, if they are alike), and
        what else ``back`` wants."""
        raise NotImplementedError

    def back(self, dh: Array, dc: Array, dz: Array, dr: Array, more: Sequence[Array]) -> Any:
        """기울기를 dz와 dr에 곱해 넣는다. Multiply ``dh`` and ``dc`` into ``dz`` and ``dr``, renew
        ``dc``, and give the part of the earlier dh that passes by the weights, if there is one."""
        raise NotImplementedError


class Tanh(Cell):
    """h' = tanh(z + r). The simple cell (Elman)."""

    def compose(self, z: Any, r: Any, h: Any, c: Any) -> tuple[Any, Any]:
        return tanh(z + r), c

    def step(
        self, z: Array, r: Array, h: Array, c: Array, out: Array, kept: Array, constant: Any
    ) -> None:  # fmt: skip
        z += r
        np.tanh(z, out=z)
        out[...] = z

    def slopes(self, gates: Array, h: Array, c: Array, kept: Array) -> tuple[Array, ...]:
        slope = 1 - gates * gates
        return slope, slope

    def back(self, dh: Array, dc: Array, dz: Array, dr: Array, more: Sequence[Array]) -> Any:
        dz *= dh


class Relu(Tanh):
    """h' = max(z + r, 0). The simple cell with ReLU."""

    def compose(self, z: Any, r: Any, h: Any, c: Any) -> tuple[Any, Any]:
        return relu(z + r), c

    def step(
        self, z: Array, r: Array, h: Array, c: Array, out: Array, kept: Array, constant: Any
    ) -> None:  # fmt: skip
        z += r
        np.maximum(z, 0, out=z)
        out[...] = z

    def slopes(self, gates: Array, h: Array, c: Array, kept: Array) -> tuple[Array, ...]:
        slope = (gates > 0).astype(gates.dtype)
        return slope, slope


class Lstm(Cell):
    """i, f, g, o = z + r: c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c').

    Source:
        Hochreiter and Schmidhuber 1997; Gers et al. 2000 (f)
    """

    gates = 4
    scale = (0.5, 0.5, 1.0, 0.5)
    memory = 1
    room = 1

    def constant(self, of_r: Any, shape: tuple[int, int], dtype: Any) -> Any:
        # Whole arrays: rows to be broadcast would take twice as long.
        half = np.empty(shape, dtype)
        half.reshape(shape[0], 4, -1)[...] = np.array(self.scale)[:, None]
        return np.stack([half, 1 - half])

    def compose(self, z: Any, r: Any, h: Any, c: Any) -> tuple[Any, Any]:
        i, f, g, o = gates_of(z + r, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        return sigmoid(o) * tanh(c), c

    def step(
        self, z: Array, r: Array, h: Array, c: Array, out: Array, kept: Array, constant: Any
    ) -> None:  # fmt: skip
        half, rest = constant[:, : len(z)]
        z += r
        np.tanh(z, out=z)
        z *= half
        z += rest
        i, f, g, o = gates_of(z, 4)
        c *= f
        np.multiply(i, g, out=out)
        c += out
        np.tanh(c, out=kept)
        np.multiply(o, kept, out=out)

    def slopes(self, gates: Array, h: Array, c: Array, kept: Array) -> tuple[Array, ...]:
        i, f, g, o = gates_of(gates, 4)
        slope = 1 - gates
        slope *= gates
        of_i, of_f, of_g, of_o = gates_of(slope, 4)
        of_i *= g
        of_f *= c
        np.multiply(g, g, out=of_g)
        np.subtract(1, of_g, out=of_g)
        of_g *= i
        of_o *= kept
        of_c = kept * kept
        np.subtract(1, of_c, out=of_c)
        of_c *= o
        return slope, slope, of_c, f

    def back(self, dh: Array, dc: Array, dz: Array, dr: Array, more: Sequence[Array]) -> Any:
        of_c, f = more
        dc += dh * of_c
        parts = dz.reshape(len(dz), 4, -1)
        parts[:, :3] *= dc[:, None]
        parts[:, 3] *= dh
        dc *= f


class Gru(Cell):
    """h' = (1 − σ(u)) n + σ(u) h, n = tanh(z_n + σ(s) r_n); s, u = z + r.

    Source:
        Cho et al. 2014
    """

    gates = 3
    scale = (0.5, 0.5, 1.0)
    room = 1

    def compose(self, z: Any, r: Any, h: Any, c: Any) -> tuple[Any, Any]:
        (z_s, z_u, z_n), (r_s, r_u, r_n) = gates_of(z, 3), gates_of(r, 3)
        n = tanh(z_n + sigmoid(z_s + r_s) * r_n)
        return n + sigmoid(z_u + r_u) * (h - n), c

    def bias(self, of_z: Array, of_r: Array) -> Array:
        start = 2 * len(of_z) // 3
        both = of_z + of_r
        both[start:] = of_z[start:]
        return both

    def constant(self, of_r: Any, shape: tuple[int, int], dtype: Any) -> Any:
        return 0.0 if of_r is None else of_r[2 * shape[1] // 3 :]

    def step(
        self, z: Array, r: Array, h: Array, c: Array, out: Array, kept: Array, constant: Any
    ) -> None:  # fmt: skip
        width = h.shape[1]
        su, n = z[:, : 2 * width], z[:, 2 * width :]
        su += r[:, : 2 * width]
        np.tanh(su, out=su)
        su *= 0.5
        su += 0.5
        s, u = gates_of(su, 2)
        np.add(r[:, 2 * width :], constant, out=kept)
        np.multiply(s, kept, out=out)
        n += out
        np.tanh(n, out=n)
        np.subtract(h, n, out=out)
        out *= u
        out += n

    def slopes(self, gates: Array, h: Array, c: Array, kept: Array) -> tuple[Array, ...]:
        s, u, n = gates_of(gates, 3)
        of_z = 1 - gates
        of_z *= gates
        of_s, of_u, of_n = gates_of(of_z, 3)
        of_u *= h - n
        np.multiply(n, n, out=of_n)
        np.subtract(1, of_n, out=of_n)
        of_n *= 1 - u
        of_s *= of_n
        of_s *= kept
        of_r = of_z.copy()
        gates_of(of_r, 3)[2][...] *= s
        return of_z, of_r, u

    def back(self, dh: Array, dc: Array, dz: Array, dr: Array, more: Sequence[Array]) -> Any:
        for d in dz, dr:
            parts = d.reshape(len(d), 3, -1)
            parts *= dh[:, None]
        return dh * more[0]


TANH, RELU, LSTM, GRU = Tanh(), Relu(), Lstm(), Gru()


def _steps(sizes: Sequence[int], reverse: bool) -> list[Step]:
    steps = [(slice(end - n, end), n) for end, n in zip(accumulate(sizes), sizes, strict=True)]
    return steps[::-1] if reverse else steps


def _run(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any, w_hr: Any,
    cell: Cell, sizes: Sequence[int], reverse: bool,
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:  # fmt: skip
    """All steps: the outputs, the last states, and what the way back needs."""
    width, rows = w_hh.shape[0] // cell.gates, len(x)
    scale = np.repeat(np.asarray(cell.scale, x.dtype), width)
    gates = x @ (w_ih.T * scale)
    if b_ih is not None:
        gates += cell.bias(b_ih, b_hh) * scale
    constant = cell.constant(b_hh, (len(h0), len(w_hh)), x.dtype)
    weight = np.multiply(w_hh.T, scale, order="C")
    before = np.empty((rows, w_hh.shape[1]), x.dtype)
    memory = np.empty((rows, c0.shape[1]), x.dtype)
    kept = np.empty((rows, width * cell.room), x.dtype)
    out = np.empty((rows, width), x.dtype)
    y = out if w_hr is None else np.empty_like(before)
    h, c, r = h0.copy(), c0.copy(), np.empty((len(h0), len(w_hh)), x.dtype)
    for at, n in _steps(sizes, reverse):
        before[at], memory[at] = h[:n], c[:n]
        np.matmul(before[at], weight, out=r[:n])
        cell.step(gates[at], r[:n], before[at], c[:n], out[at], kept[at], constant)
        if w_hr is not None:
            np.matmul(out[at], w_hr.T, out=y[at])
        h[:n] = y[at]
    return (y, h, c), (gates, before, memory, kept, out)


def _vjp(
    needs: Needs, g: Any, x: Array, w_ih: Array, w_hh: Array, w_hr: Any, kept: tuple[Array, ...],
    cell: Cell, sizes: Sequence[int], reverse: bool,
) -> list[Array | None]:  # fmt: skip
    gates, before, memory, room, out = kept
    dy, *ends = g
    count = max(sizes)
    dh, dc = (
        np.zeros((count, like.shape[1]), x.dtype) if end is None else np.array(end, order="C")
        for end, like in zip(ends, (before, memory), strict=True)
    )
    dz, dr, *more = cell.slopes(gates, before, memory, room)
    projected: Any = None if w_hr is None else np.empty_like(before)
    for at, n in reversed(_steps(sizes, reverse)):
        d = full = dh[:n]
        if dy is not None:
            d += dy[at]
        if projected is not None:
            projected[at] = d
            full = d @ w_hr
        past = cell.back(full, dc[:n], dz[at], dr[at], [m[at] for m in more])
        np.matmul(dr[at], w_hh, out=d)
        if past is not None:
            d += past
    made: tuple[Callable[[], Array], ...] = (
        lambda: dz @ w_ih, lambda: dh, lambda: dc, lambda: dz.T @ x, lambda: dr.T @ before,
        lambda: row_sum(dz), lambda: row_sum(dr), lambda: projected.T @ out,
    )  # fmt: skip
    return [make() if need else None for make, need in zip(made, needs, strict=True)]


def _composed(
    x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any,
    cell: Cell, sizes: Sequence[int], reverse: bool,
) -> tuple[Any, Any, Any]:  # fmt: skip
    z, h, c, outs = affine(x, w_ih, b_ih), h0, c0, []
    for at, n in _steps(sizes, reverse):
        new, memory = cell.compose(z[at], affine(h[:n], w_hh, b_hh), h[:n], c[:n])
        if w_hr is not None:
            new = affine(new, w_hr, None)
        outs.append(new)
        h, c = cat((new, h[n:])), cat((memory, c[n:]))
    return cat(outs[::-1] if reverse else outs), h, c


_recurrence = Primitive(
    "recurrence",
    lambda x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, *, value, kept, cell, sizes, reverse: value,
    several=True,
    vjp=_vjp,
    reference=_composed,
)


def recurrence(
    cell: Cell, x: Any, h0: Any, c0: Any, weights: Sequence[Any], sizes: Sequence[int],
    reverse: bool = False,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """셀을 열의 걸음마다 적용한다: 출력, 마지막 h, 마지막 c.

    The outputs of all steps, and the last h and c of each sequence.

    Args:
        weights: of x and h, (gates · hidden, ·); their biases, or None; of the projection, or None.

    Shape:
        x (Σ sizes, input), h0 (batch, out), c0 (batch, hidden), without memory (batch, 0).
    """
    inputs = (x, h0, c0, *weights)
    value, kept = quietly(_run, *map(as_array, inputs), cell, sizes, reverse)
    return _recurrence(  # type: ignore[no-any-return]
        *inputs, value=value, kept=kept, cell=cell, sizes=sizes, reverse=reverse
    )
