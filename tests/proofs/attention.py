"""The records of attention and the transformer.

The references go through every sequence and head by itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.proofs.functional import ZEROS
from tests.proofs.recurrent import LABELS, chosen
from tests.proofs.shapes import Calls, frozen, slip
from tests.proofs.spatial import Marks
from tinygrad_kr import nn, ops
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import OpRecord, call, tensors


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
