"""Attention and the transformer beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Drawn, Sample, _torch, beside, compare
from tests.parity.modules import ModuleSample, compare_initial, compare_module, with_parameters
from tinygrad_kr import nn

Recorder = Callable[[str, Any], None]


def kind(m: Drawn) -> str:
    return m.of("float64", "float64", "float32")  # type: ignore[no-any-return]


def masked(m: Drawn, shape: tuple[int, ...], dtype: str, taken: bool) -> Any:
    """None, bools, or numbers to add; now and then a row that may look at nothing."""
    if m.chance(0.3):
        return None
    if m.chance(0.6):
        mask = np.where(m.rng.random(shape) < 0.7, taken, not taken)
        mask[..., 0] = taken if m.chance(0.8) else mask[..., 0]
        return mask
    return np.where(m.rng.random(shape) < 0.2, -np.inf, m.floats(shape, dtype)).astype(dtype)


def scaled(m: Drawn) -> Sample:
    dtype, lead, heads = kind(m), m.shape(0, 1, (1, 2)), m.of((), (2,), (4,))
    long, keys, width, other = (m.of(1, 2, 3, 4) for _ in range(4))
    q = m.floats((*lead, *heads, long, width), dtype)
    options: dict[str, Any] = {"scale": m.of(None, None, 0.5, 2.0)}
    if heads and lead and m.chance(0.3):
        options["enable_gqa"] = True
        heads = (m.of(1, 2, 3),)
    k = m.floats((*lead, *heads, keys, width if m.chance(0.95) else width + 1), dtype)
    v = m.floats((*lead, *heads, keys, other), dtype if m.chance(0.95) else "int64")
    if m.chance(0.4):
        options["is_causal"] = True
        options["attn_mask"] = masked(m, (long, keys), dtype, True) if m.chance(0.1) else None
    else:
        batch = m.of((), lead, (*lead, *q.shape[len(lead) : -2]))
        options["attn_mask"] = masked(m, (*batch, long, keys), dtype, True)
        if batch == lead and q.ndim - 2 > len(lead):
            options["attn_mask"] = None
    return (q, k, v), options


def test_scaled_dot_product_attention(record_property: Recorder) -> None:
    name = "nn.functional.scaled_dot_product_attention"
    compare(name, scaled, record_property, slack=4)


def attention(m: Drawn) -> ModuleSample:
    dtype, heads = kind(m), m.of(1, 2, 3)
    width = heads * m.of(1, 2)
    options: dict[str, Any] = {"embed_dim": width, "num_heads": heads, "bias": m.chance(0.7)}
    options |= {"add_bias_kv": m.chance(0.2), "add_zero_attn": m.chance(0.2)}
    options["batch_first"] = m.chance()
    kdim, vdim = (m.of(1, 2, 5), m.of(1, 3)) if m.chance(0.3) else (width, width)
    if (kdim, vdim) != (width, width):
        options |= {"kdim": kdim, "vdim": vdim}
    if m.chance(0.04):
        options |= m.of({"num_heads": 0}, {"embed_dim": 0})
    long, keys, batch, alone = m.of(1, 2, 3), m.of(1, 2, 4), m.of(1, 2, 3), m.chance(0.25)

    def shaped(length: int, wide: int) -> Any:
        lead = (batch, length) if options["batch_first"] else (length, batch)
        return m.floats((length, wide) if alone else (*lead, wide), dtype)

    weights, padding = m.chance(), masked(m, (keys,) if alone else (batch, keys), dtype, False)
    heads_too = (1 if alone else batch) * heads
    mask = masked(m, (heads_too, long, keys) if m.chance(0.3) else (long, keys), dtype, False)
    if mask is not None and padding is not None:  # PyTorch wants them alike
        mask, padding = (
            np.asarray(a, dtype) if a.dtype.kind == "f" else a for a in (mask, padding)
        )
        if mask.dtype != padding.dtype:
            padding = None
    given = shaped(long, width), shaped(keys, kdim), shaped(keys, vdim)
    return options, (*given, padding, weights, mask, m.chance())


def test_multi_head_attention(record_property: Recorder) -> None:
    compare_module("MultiheadAttention", attention, record_property, slack=8, modes=(True,))


def layer(decoder: bool) -> Callable[[Drawn], ModuleSample]:
    def sample(m: Drawn) -> ModuleSample:
        dtype, heads = kind(m), m.of(1, 2)
        options: dict[str, Any] = {"d_model": heads * m.of(1, 2), "nhead": heads}
        options |= {"dim_feedforward": m.of(1, 3), "dropout": 0.0, "layer_norm_eps": 0.1}
        options |= {"activation": m.of("relu", "gelu"), "batch_first": m.chance()}
        options |= {"norm_first": m.chance(), "bias": m.chance(0.7)}
        batch, alone, sizes = m.of(1, 2), m.chance(0.2), [m.of(1, 2, 3), m.of(1, 2, 3)]

        def shaped(length: int) -> Any:
            lead = (batch, length) if options["batch_first"] else (length, batch)
            lead = (length,) if alone else lead
            return m.floats((*lead, options["d_model"]), dtype)

        def masks(long: int, keys: int) -> tuple[Any, Any]:
            mask = masked(m, (long, keys), dtype, False)
            padding = masked(m, (keys,) if alone else (batch, keys), dtype, False)
            if mask is not None and padding is not None and mask.dtype != padding.dtype:
                padding = None
            return mask, padding

        long, keys = sizes
        own, own_padding = masks(long, long)
        if not decoder:
            causal = own is not None and m.chance(0.2)
            if causal:
                own = np.triu(np.full((long, long), -np.inf), 1).astype(dtype)
                own_padding = None
            return options, (shaped(long), own, own_padding, causal)
        mask, padding = masks(long, keys)
        return options, (shaped(long), shaped(keys), own, mask, own_padding, padding)

    return sample


@pytest.mark.parametrize("name", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_layers(name: str, record_property: Recorder) -> None:
    compare_module(
        name, layer("Decoder" in name), record_property, slack=30, order=1, modes=(True,)
    )


def unlike(masks: Any) -> list[Any]:
    """Masks of bools: one of numbers PyTorch compares with a causal one, and then, with the same
    result, does without it, so that no gradient reaches it."""
    return [a < 0 if a is not None and a.dtype.kind == "f" else a for a in masks]


def transformer(m: Drawn) -> ModuleSample:
    options, (src, *masks, _) = layer(False)(m)
    mask, padding = unlike(masks)
    options |= {"num_encoder_layers": m.of(1, 2), "num_decoder_layers": m.of(1, 2)}
    tgt = m.floats(src.shape, src.dtype.name)
    long = src.shape[1 if options["batch_first"] and src.ndim == 3 else 0]
    future = np.triu(np.ones((long, long), np.bool_), 1)
    return options, (src, tgt, mask, m.of(None, future), None, padding)


def test_transformer(record_property: Recorder) -> None:
    compare_module("Transformer", transformer, record_property, slack=100, order=1, modes=(True,))


def test_stacks(record_property: Recorder) -> None:
    """They are made of modules, so not from options alone."""
    for seed in range(10):
        m = Drawn(seed)
        for part in "Encoder", "Decoder":
            options, inputs = layer(part == "Decoder")(m)
            count = 1 if part == "Encoder" else 2
            masks = inputs[1:3] if part == "Encoder" else inputs[2:]
            inputs = (*inputs[:count], *unlike(masks))
            ours, theirs = (
                getattr(lib, f"Transformer{part}")(
                    getattr(lib, f"Transformer{part}Layer")(**options), 2,
                    lib.LayerNorm(options["d_model"]),
                )
                for lib in (nn, _torch().nn)
            )  # fmt: skip
            assert repr(ours) == repr(theirs)
            dtype = inputs[0].dtype.name
            theirs.to(getattr(_torch(), dtype))
            state = {k: v.numpy() for k, v in theirs.state_dict().items()}
            ours.to(np.dtype(dtype)).load_state_dict(state, strict=True)
            beside(
                partial(with_parameters, ours),
                lambda own, *args, net=theirs: _torch().func.functional_call(net, own, args),
                ((state, *inputs), {}), order=1, slack=30,
            )  # fmt: skip


@pytest.mark.parametrize(
    "name, options",
    [("MultiheadAttention", {"embed_dim": 12, "num_heads": 3, "add_bias_kv": True}),
     ("MultiheadAttention", {"embed_dim": 12, "num_heads": 3, "kdim": 20}),
     ("TransformerDecoderLayer", {"d_model": 12, "nhead": 3, "dim_feedforward": 20}),
     ("Transformer", {"d_model": 12, "nhead": 3, "dim_feedforward": 20})],
)  # fmt: skip
def test_initial_values(name: str, options: dict[str, Any]) -> None:
    compare_initial(name, **options)


def test_a_causal_mask() -> None:
    of = "generate_square_subsequent_mask"
    found, expected = (getattr(lib.Transformer, of)(3) for lib in (nn, _torch().nn))
    np.testing.assert_array_equal(found.numpy(), expected.numpy())
