"""The records of recurrence, attention and the transformer.

The references go through every sequence by itself, step by step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import ZEROS
from tests.proofs.layers import called
from tests.proofs.shapes import Calls, Shape, frozen, slip
from tests.proofs.spatial import Marks
from tinygrad_kr import nn, ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from tinygrad_kr.ops.more import recurrent as r
from tinygrad_kr.tensor import Tensor
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


# Attention


def softmax(x: Any) -> Any:
    e = np.exp(x - x.real.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attended(
    q: Any, k: Any, v: Any, mask: Any = None, is_causal: bool = False, scale: Any = None,
    enable_gqa: bool = False,
) -> Any:  # fmt: skip
    if enable_gqa:
        k, v = (np.repeat(t, q.shape[-3] // t.shape[-3], -3) for t in (k, v))
    scores = q @ np.swapaxes(k, -1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -1e30)
    elif mask is not None:
        scores = np.where(mask, scores, -1e30) if mask.dtype == bool else scores + mask
    return softmax(scores) @ v


def attentions(m: Marks) -> Calls:
    lead, heads = m.of((2,), ()), m.of((2,), ())
    gqa = bool(lead and heads) and m.of(True, False)
    own = (1,) if gqa else heads
    mask = m.of(st.none(), tensors((2, 3)), st.just(wrap(np.tri(2, 3, dtype=bool))))
    is_causal = m.of(False, True)
    return st.builds(
        call, tensors((*lead, *heads, 2, 2)), tensors((*lead, *own, 3, 2)),
        tensors((*lead, *own, 3, 1)), st.none() if is_causal else mask,
        is_causal=st.just(is_causal), scale=st.just(m.of(None, 0.5)), enable_gqa=st.just(gqa),
    )  # fmt: skip


def attention(q: Any, k: Any, v: Any, mask: Any, **options: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v, mask, **options)


def multi_head(
    q: Any, k: Any, v: Any, own: dict[str, Any], heads: int, mask: Any = None, padding: Any = None,
    zero: bool = False, batch_first: bool = False, average: bool = True,
) -> Any:  # fmt: skip
    """For each sequence and head on its own."""
    if q.ndim == 2:
        y, found = multi_head(*(t[:, None] for t in (q, k, v)), own, heads, mask, padding, zero)
        return y[:, 0], found[0]
    if batch_first:
        q, k, v = (np.swapaxes(t, 0, 1) for t in (q, k, v))
    width = q.shape[2]
    w = own.get("in_proj_weight")
    maps = np.split(w, 3) if w is not None else [own[f"{n}_proj_weight"] for n in "qkv"]
    shifts = np.split(own["in_proj_bias"], 3) if "in_proj_bias" in own else [0.0] * 3
    q, k, v = (t @ a.T + b for t, a, b in zip((q, k, v), maps, shifts, strict=True))
    extra = [(own["bias_k"][0], own["bias_v"][0])] if "bias_k" in own else []
    extra += [(np.zeros((1, width)),) * 2] if zero else []
    ys, weights = [], []
    for n in range(q.shape[1]):
        keys, values = (
            np.concatenate([t[:, n], *(pair[i] for pair in extra)]) for i, t in enumerate((k, v))
        )
        parts, found = [], []
        for h in range(heads):
            at = slice(h * width // heads, (h + 1) * width // heads)
            scores = q[:, n, at] @ keys[:, at].T / math.sqrt(width / heads)
            hidden = np.zeros(scores.shape, bool)
            if padding is not None:
                hidden[:, : k.shape[0]] |= np.atleast_2d(padding)[n]
            if mask is not None:
                hidden[:, : k.shape[0]] |= mask
            share = softmax(np.where(hidden, -1e30, scores))
            parts.append(share @ values[:, at])
            found.append(share)
        ys.append(np.concatenate(parts, 1) @ own["out_proj.weight"].T + own.get("out_proj.bias", 0))
        weights.append(np.mean(found, 0) if average else np.array(found))
    y = np.array(ys) if batch_first else np.stack(ys, 1)
    return y, np.array(weights)


def made(make: Any, own: dict[str, Any], *args: Any, **how: Any) -> Any:
    """What a module gives with these tensors as its parameters."""
    module = make().to(args[0].dtype)
    for name, tensor in own.items():
        path, _, last = name.rpartition(".")
        module.get_submodule(path)._parameters[last] = tensor
    return module(*args, **how)


def heads_of(m: Marks) -> tuple[dict[str, Any], Calls, Any]:
    options = {"embed_dim": 2, "num_heads": m.of(2, 1), "bias": m.of(True, False)}
    options |= {"add_bias_kv": m.of(False, True), "add_zero_attn": m.of(False, True)}
    options |= {"kdim": m.of(2, 1), "batch_first": m.of(False, True)}
    shapes = {n: p.shape for n, p in nn.MultiheadAttention(**options).named_parameters()}
    own = st.fixed_dictionaries({n: tensors(shape) for n, shape in shapes.items()})
    return options, own, m.of((2,), ())


def of_heads(m: Marks) -> Calls:
    options, own, batch = heads_of(m)
    mask = m.of(None, wrap(~np.tri(2, dtype=bool)))
    padding = m.of(None, wrap(np.array([[False, True], [False, False]])[: 2 if batch else 1]))
    if padding is not None and not batch:
        padding = wrap(padding._array[0])
    given = [tensors((2, *batch, n)) for n in (2, options["kdim"], 2)]
    how = {"options": options, "mask": mask, "padding": padding}
    return st.builds(call, own, *given, **{k: st.just(v) for k, v in how.items()})


def by_module(own: Any, q: Any, k: Any, v: Any, options: Any, mask: Any, padding: Any) -> Any:
    make = lambda: nn.MultiheadAttention(**options)  # noqa: E731
    return made(make, own, q, k, v, padding, attn_mask=mask)


def by_function(own: Any, q: Any, k: Any, v: Any, options: Any, mask: Any, padding: Any) -> Any:
    swapped = options["batch_first"] and q.ndim == 3
    q, k, v = (t.transpose(0, 1) if swapped else t for t in (q, k, v))
    y, weights = F.multi_head_attention_forward(
        q, k, v, 2, options["num_heads"], own.get("in_proj_weight"), own.get("in_proj_bias"),
        own.get("bias_k"), own.get("bias_v"), options["add_zero_attn"], 0.0, own["out_proj.weight"],
        own.get("out_proj.bias"), True, padding, True, mask, "in_proj_weight" not in own,
        *(own.get(f"{n}_proj_weight") for n in "qkv"),
    )  # fmt: skip
    return y.transpose(0, 1) if swapped else y, weights


def by_hand(own: Any, q: Any, k: Any, v: Any, options: Any, mask: Any, padding: Any) -> Any:
    first = options["batch_first"] and q.ndim == 3
    return multi_head(q, k, v, own, options["num_heads"], mask, padding,
                      options["add_zero_attn"], first)  # fmt: skip


# The transformer: one head, and tanh between the linear maps, so that it is analytic


def bend(x: Any) -> Any:
    return F.tanh(x) if hasattr(x, "_array") else np.tanh(x)


SMALL: dict[str, Any] = {"d_model": 3, "nhead": 1, "dim_feedforward": 2, "dropout": 0.0,
                         "activation": bend, "layer_norm_eps": 0.25}  # fmt: skip


def normed(x: Any, own: Any, name: str) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + 0.25)
    return scaled * own[f"{name}.weight"] + own.get(f"{name}.bias", 0.0)


def below(own: Any, name: str) -> dict[str, Any]:
    return {k.removeprefix(f"{name}."): v for k, v in own.items() if k.startswith(f"{name}.")}


def transformed(own: Any, x: Any, memory: Any, norm_first: bool, mask: Any = None) -> Any:
    """An encoder layer; a decoder layer, if there is a memory."""

    def linear(name: str, x: Any) -> Any:
        return x @ own[f"{name}.weight"].T + own.get(f"{name}.bias", 0.0)

    def look(name: str, x: Any, y: Any, mask: Any) -> Any:
        return multi_head(x, y, y, below(own, name), 1, mask)[0]

    blocks = [lambda x: look("self_attn", x, x, mask)]
    if memory is not None:
        blocks.append(lambda x: look("multihead_attn", x, memory, None))
    blocks.append(lambda x: linear("linear2", np.tanh(linear("linear1", x))))
    for k, block in enumerate(blocks, start=1):
        norm = f"norm{k}"
        x = x + block(normed(x, own, norm)) if norm_first else normed(x + block(x), own, norm)
    return x


def layer_of(part: str, norm_first: bool) -> nn.Module:
    return getattr(nn, f"Transformer{part}Layer")(**SMALL, norm_first=norm_first)  # type: ignore[no-any-return]


def transformer(part: str) -> OpRecord:
    def op(own: Any, x: Any, memory: Any, norm_first: bool, mask: Any) -> Any:
        given = (x,) if memory is None else (x, memory)
        key = "tgt_mask" if part == "Decoder" else "src_mask"
        return made(lambda: layer_of(part, norm_first), own, *given, **{key: mask})

    def draw(m: Marks) -> Calls:
        shapes = {n: p.shape for n, p in layer_of(part, False).named_parameters()}
        own = st.fixed_dictionaries({n: tensors(shape) for n, shape in shapes.items()})
        memory = st.none() if part == "Encoder" else tensors((2, 1, 3))
        mask = st.just(m.of(None, wrap(~np.tri(2, dtype=bool))))
        flag = st.just(m.of(False, True))
        return st.builds(call, own, tensors((2, 1, 3)), memory, norm_first=flag, mask=mask)

    name = f"nn.Transformer{part}Layer"
    return OpRecord(name, op, transformed, chosen(draw), analytic=True, single=1e-3)


# Stacks, of layers that are simpler than attention


class Simple(nn.Module):
    """tanh(w (x + everything else that it is given))."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(ops.ones(3))

    def forward(self, x: Any, *more: Any) -> Any:
        for t in more:
            x = x + t if isinstance(t, Tensor) else x
        return ops.tanh(x * self.weight)


def encoder(own: Any, x: Any, *more: Any) -> Any:
    return made(lambda: nn.TransformerEncoder(Simple(), 2, Simple()), own, x, *more)


def decoder(own: Any, x: Any, *more: Any) -> Any:
    return made(lambda: nn.TransformerDecoder(Simple(), 2, Simple()), own, x, *more)


def both(own: Any, x: Any, y: Any, *masks: Any) -> Any:
    stacks = nn.TransformerEncoder(Simple(), 1), nn.TransformerDecoder(Simple(), 1)
    return made(lambda: nn.Transformer(3, 1, custom_encoder=stacks[0], custom_decoder=stacks[1]),
                own, x, y, *masks)  # fmt: skip


def stacked(own: Any, x: Any, *more: Any) -> Any:
    for name in ("layers.0.weight", "layers.1.weight"):
        x = np.tanh((x + sum(more)) * own[name])
    return np.tanh(x * own["norm.weight"])


def joined(own: Any, x: Any, y: Any, *masks: Any) -> Any:
    src, tgt, memory, src_padding, tgt_padding, memory_padding = masks
    found = np.tanh((x + src + src_padding) * own["encoder.layers.0.weight"])
    rest = found + tgt + memory + tgt_padding + memory_padding
    return np.tanh((y + rest) * own["decoder.layers.0.weight"])


def stack(name: str, op: Any, reference: Any, names: list[str], count: int) -> OpRecord:
    own = st.fixed_dictionaries({f"{name}.weight": tensors((3,)) for name in names})
    inputs = st.builds(call, own, *[tensors((2, 1, 3))] * count)
    return OpRecord(f"nn.{name}", op, reference, inputs, analytic=True)


STACK = ["layers.0", "layers.1", "norm"]
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
    OpRecord("F.scaled_dot_product_attention", attention, attended, frozen(chosen(attentions)),
             analytic=True,
             errors=(slip(ShapeError, ZEROS[0], ZEROS[0], ZEROS[0], None),
                     slip(DTypeError, LABELS, LABELS, LABELS, None))),
    OpRecord("F.multi_head_attention_forward", by_function, by_hand, chosen(of_heads),
             analytic=True),
    OpRecord("nn.MultiheadAttention", by_module, by_hand, chosen(of_heads), analytic=True),
    transformer("Encoder"),
    transformer("Decoder"),
    stack("TransformerEncoder", encoder, stacked, STACK, 3),
    stack("TransformerDecoder", decoder, stacked, STACK, 6),
    stack("Transformer", both, joined, ["encoder.layers.0", "decoder.layers.0"], 8),
]  # fmt: skip
