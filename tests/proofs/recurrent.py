"""The records of recurrence.

The references go through every sequence by itself, step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import ZEROS
from tests.proofs.layers import called
from tests.proofs.shapes import Calls, Shape, frozen, slip
from tests.proofs.spatial import Marks
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from tinygrad_kr.ops.more import recurrent as r
from tinygrad_kr.testing import Call, OpRecord, call, tensors

Array = np.ndarray[Any, Any]
GATES = {"tanh": 1, "relu": 1, "LSTM": 4, "GRU": 3}
CELLS = {"tanh": r.TANH, "relu": r.RELU, "LSTM": r.LSTM, "GRU": r.GRU}


def chosen(make: Callable[[Marks], Calls]) -> Calls:
    return st.binary(min_size=16, max_size=16).flatmap(lambda marks: make(Marks(marks)))


def several(shapes: list[Shape]) -> st.SearchStrategy[list[Any]]:
    return st.tuples(*(tensors(shape) for shape in shapes)).map(list)


# Recurrence


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def step(
    kind: str, x: Any, h: Any, c: Any, w: Any, u: Any, b: Any = 0.0, v: Any = 0.0, p: Any = None
) -> tuple[Any, Any]:
    inner, own = x @ w.T + b, h @ u.T + v
    if kind == "LSTM":
        i, f, g, o = np.split(inner + own, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    elif kind == "GRU":
        (s, z, n), (s2, z2, n2) = np.split(inner, 3, -1), np.split(own, 3, -1)
        n, z = np.tanh(n + sigmoid(s + s2) * n2), sigmoid(z + z2)
        h = (1 - z) * n + z * h
    else:
        h = inner + own
        h = np.tanh(h) if kind == "tanh" else np.where(h.real > 0, h, 0)
    return (h if p is None else h @ p.T), c


def one(
    kind: str, x: Any, hs: Any, cs: Any, weights: Any, both: bool = False, bias: bool = True
) -> Any:
    """One sequence through all layers: the output, and the last h and c of each."""
    ends: list[Any] = []
    outs: list[Any] = []
    directions = 1 + both
    for k in range(len(weights)):
        w, u, *rest = weights[k]
        b, v = rest[:2] if bias else (0.0, 0.0)
        p = rest[2 * bias] if len(rest) > 2 * bias else None
        h, c, ys = hs[k], cs[k], []
        for row in x[::-1] if k % directions else x:
            h, c = step(kind, row, h, c, w, u, b, v, p)
            ys.append(h)
        ends.append((h, c))
        outs.append(np.array(ys[::-1] if k % directions else ys))
        if len(outs) == directions:
            x, outs = np.concatenate(outs, 1), []
    return x, [h for h, _ in ends], [c for _, c in ends]


def scanned(kind: str, x: Any, h0: Any, c0: Any, weights: Any, sizes: Any, reverse: bool) -> Any:
    """The recurrence itself, sequence by sequence."""
    weights = [w for w in weights if w is not None]
    bias = any(w.ndim == 1 for w in weights)
    rows = np.split(np.arange(len(x)), np.cumsum(sizes)[:-1])
    y: dict[int, Any] = {}
    hs, cs = [], []
    for n in range(len(h0)):
        own = [step[n] for step in rows if n < len(step)]
        own = own[::-1] if reverse else own
        ys, (h,), (c,) = one(kind, x[own], [h0[n]], [c0[n]], [weights], bias=bias)
        y.update(zip(own, ys, strict=True))
        hs.append(h)
        cs.append(c)
    return np.array([y[i] for i in range(len(x))]), np.array(hs), np.array(cs)


def scan(
    kind: str, run: Any, x: Any, h0: Any, c0: Any, weights: Any, sizes: Any, reverse: bool
) -> Any:  # fmt: skip
    return run(CELLS[kind], x, h0, c0, weights, sizes, reverse)


def composed(cell: Any, x: Any, h0: Any, c0: Any, weights: Any, sizes: Any, reverse: bool) -> Any:
    return r._composed(x, h0, c0, *weights, cell=cell, sizes=sizes, reverse=reverse)


def sizes_of(kind: str, width: int, wide: int, hidden: int, bias: bool) -> list[Shape]:
    gates = GATES[kind] * hidden
    shapes: list[Shape] = [(gates, width), (gates, wide)]
    return shapes + [(gates,), (gates,)] * bias + [(wide, hidden)] * (wide < hidden)


def scans(kind: str) -> Calls:
    def make(m: Marks) -> Calls:
        sizes = m.of((2, 2, 1), (1,), (1, 1), (3, 1), (2,))
        hidden, bias = 2, m.of(True, False)
        wide = m.of(hidden, hidden - 1) if kind == "LSTM" else hidden
        memory = tensors((sizes[0], hidden)) if kind == "LSTM" else wrap(np.empty((sizes[0], 0)))
        if kind != "LSTM":
            memory = st.just(memory)

        def whole(x: Any, h: Any, c: Any, own: list[Any]) -> Call:
            own = own if bias else [*own[:2], None, None, *own[2:]]
            own = own if wide < hidden else [*own, None]
            return call(x, h, c, own, sizes=sizes, reverse=m.of(False, True))

        own = several(sizes_of(kind, 2, wide, hidden, bias))
        return st.builds(whole, tensors((sum(sizes), 2)), tensors((sizes[0], wide)), memory, own)

    return chosen(make)


def has_no_kink(c: Call) -> bool:
    """Whether no step of a ReLU stands near 0: then a little more of a bias changes nothing."""
    x, h, memory, weights = c.map(lambda t: t._array).args
    at = scanned("relu", x, h, memory, weights, **c.kwargs)[0]
    return bool((at > 1 / 16).all())


def record(kind: str) -> OpRecord:
    inputs = scans(kind)
    return OpRecord(
        f"recurrence.{kind}",
        lambda *args, **how: scan(kind, r.recurrence, *args, **how)[: 2 + (kind == "LSTM")],
        lambda *args, **how: scanned(kind, *args, **how)[: 2 + (kind == "LSTM")],
        inputs.map(positive).filter(has_no_kink) if kind == "relu" else inputs,
        composed=lambda *args, **how: scan(kind, composed, *args, **how)[: 2 + (kind == "LSTM")],
        analytic=True,
    )


def positive(c: Call) -> Call:
    """Most of it positive, so that ReLU lets it pass."""

    def make(t: Any) -> Any:
        return wrap(np.abs(t._array) + 0.125).requires_grad_(t.requires_grad)

    return c.map(make)


# Layers


def layer(name: str, x: Any, hx: Any, weights: Any, lengths: Any, **options: Any) -> Any:
    module = getattr(nn, name)(weights[0].shape[1], 2, **options)
    if lengths is not None:
        packed = pack_padded_sequence(x, lengths, options["batch_first"], enforce_sorted=False)
        module.to(x.dtype)
        for (own, _), tensor in zip([*module.named_parameters()], weights, strict=True):
            module._parameters[own] = tensor
        y, end = module(packed, hx)
        y = pad_packed_sequence(y, options["batch_first"])[0]
    else:
        y, end = called(module, weights, x, hx)
    return (y, *end) if isinstance(end, tuple) else (y, end)


def unrolled(
    name: str, x: Any, hx: Any, weights: Any, lengths: Any, num_layers: int, bias: bool,
    batch_first: bool, bidirectional: bool, proj_size: int = 0,
) -> Any:  # fmt: skip
    kind = "tanh" if name == "RNN" else name
    alone = x.ndim == 2
    rows = x[None] if alone else x if batch_first else np.moveaxis(x, 1, 0)
    count = num_layers * (1 + bidirectional)
    per = len(weights) // count
    own = [weights[per * k : per * (k + 1)] for k in range(count)]
    hs = np.zeros((count, len(rows), proj_size or 2)) if hx is None else hx
    hs, cs = hs if isinstance(hs, tuple) else (hs, np.zeros((count, len(rows), 2)))
    hs, cs = (s[:, None] if s.ndim == 2 else s for s in (hs, cs))
    lengths = [rows.shape[1]] * len(rows) if lengths is None else lengths
    found = [
        one(kind, row[:n], hs[:, i], cs[:, i], own, bidirectional, bias)
        for i, (row, n) in enumerate(zip(rows, lengths, strict=True))
    ]
    longest = max(lengths)
    y = np.array([np.pad(y, ((0, longest - len(y)), (0, 0))) for y, *_ in found])
    ends = [np.moveaxis(np.array([f[k] for f in found]), 0, 1) for k in (1, 2)]
    ends = ends[: 1 + (name == "LSTM")]
    if alone:
        return y[0], *(e[:, 0] for e in ends)
    return (y if batch_first else np.moveaxis(y, 0, 1)), *ends


def layers(name: str) -> Calls:
    kind = "tanh" if name == "RNN" else name

    def make(m: Marks) -> Calls:
        first, both, bias, deep = (m.of(False, True) for _ in range(4))
        alone, lengths = m.of((False, None), (False, [1, 2]), (True, None))
        options: dict[str, Any] = {"num_layers": 1 + deep, "bias": bias, "batch_first": first}
        options["bidirectional"] = both
        wide = m.of(2, 1) if name == "LSTM" else 2
        if wide == 1:
            options["proj_size"] = 1
        count, batch = (1 + deep) * (1 + both), () if alone else (2,)
        shapes = [
            shape
            for k in range(count)
            for shape in sizes_of(kind, 1 if k <= both else wide * (1 + both), wide, 2, bias)
        ]
        x = tensors((2, 1) if alone else (2, 2, 1))
        hx: Any = several([(count, *batch, wide), (count, *batch, 2)]).map(tuple)
        hx = hx if name == "LSTM" else hx.map(lambda pair: pair[0])
        hx = m.of(hx, st.none())
        return st.builds(call, x, hx, several(shapes), st.just(lengths),
                         **{k: st.just(v) for k, v in options.items()})  # fmt: skip

    return frozen(chosen(make))


def one_cell(name: str, x: Any, hx: Any, weights: Any) -> Any:
    module = getattr(nn, name)(x.shape[-1], 2, bias=len(weights) > 2)
    return called(module, weights, x, hx)


def one_step(name: str, x: Any, hx: Any, weights: Any) -> Any:
    kind = {"RNNCell": "tanh"}.get(name, name[:-4])
    h, c = hx if name == "LSTMCell" else (hx, 0)
    h, c = step(kind, x, h, c, *weights)
    return (h, c) if name == "LSTMCell" else h


def cells(name: str) -> Calls:
    kind = {"RNNCell": "tanh"}.get(name, name[:-4])

    def make(m: Marks) -> Calls:
        lead = m.of((2,), (), (1,))
        hx: Any = tensors((*lead, 2))
        hx = st.tuples(hx, tensors((*lead, 2))) if name == "LSTMCell" else hx
        own = several(sizes_of(kind, 3, 2, 2, m.of(True, False)))
        return st.builds(call, tensors((*lead, 3)), hx, own)

    return frozen(chosen(make))


LABELS, EMPTY = wrap(np.zeros((2, 2, 3), int)), wrap(np.zeros((0, 2, 3)))
OPTIONS = {"num_layers": 1, "bias": True, "batch_first": False, "bidirectional": False}
OWN: dict[str, list[Any]] = {
    name: [wrap(np.zeros(s)) for s in sizes_of("tanh" if name == "RNN" else name, 3, 2, 2, True)]
    for name in ("RNN", "LSTM", "GRU")
}
RECORDS: list[OpRecord] = [
    *(record(kind) for kind in CELLS),
    *(OpRecord(f"nn.{name}", lambda *args, name=name, **how: layer(name, *args, **how),
               lambda *args, name=name, **how: unrolled(name, *args, **how), layers(name),
               analytic=True,
               errors=(slip(ShapeError, ZEROS[:, :2], None, OWN[name], None, **OPTIONS),
                       slip(ShapeError, EMPTY, None, OWN[name], None, **OPTIONS),
                       slip(DTypeError, LABELS, None, OWN[name], None, **OPTIONS)))
      for name in ("RNN", "LSTM", "GRU")),
    *(OpRecord(f"nn.{name}", lambda *args, name=name: one_cell(name, *args),
               lambda *args, name=name: one_step(name, *args), cells(name), analytic=True)
      for name in ("RNNCell", "LSTMCell", "GRUCell")),
]  # fmt: skip
