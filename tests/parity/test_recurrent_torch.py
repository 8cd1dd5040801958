"""Recurrent layers, their cells, and sequences of several lengths beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Drawn, Sample, _torch, compare
from tests.parity.modules import ModuleSample, compare_initial, compare_module
from tinygrad_kr.nn.utils import rnn

Recorder = Callable[[str, Any], None]
Shape = tuple[int, ...]


def side(m: Drawn) -> int:
    return m.of(1, 2, 3)  # type: ignore[no-any-return]


def slipped(m: Drawn, shape: Shape) -> Shape:
    """The shape, now and then a wrong one."""
    if m.chance(0.96):
        return shape
    return m.of((*shape, 1), shape[1:], (*shape[:-1], shape[-1] + 1))  # type: ignore[no-any-return]


def longer(m: Drawn, shape: Shape) -> Shape:
    """The shape, now and then with a side that is wrong."""
    return (*shape[:-1], shape[-1] + m.chance(0.04))


def states(m: Drawn, shapes: list[Shape], dtype: str, slip: Any = slipped) -> tuple[Any, ...]:
    """No states, one, or a pair."""
    if m.chance(0.4):
        return ()
    drawn = tuple(m.floats(slip(m, shape), dtype) for shape in shapes)
    return (drawn if len(drawn) > 1 else drawn[0],)


def layer(kind: str) -> Callable[[Drawn], ModuleSample]:
    def sample(m: Drawn) -> ModuleSample:
        width, hidden, layers = side(m), side(m), m.of(1, 1, 2, 3)
        options: dict[str, Any] = {"input_size": width, "hidden_size": hidden}
        options |= {"num_layers": layers, "bias": m.chance(0.7), "batch_first": m.chance()}
        options |= {"bidirectional": m.chance(), "dropout": m.of(0.0, 0.0, 0.0, 1.0)}
        if kind == "RNN":
            options["nonlinearity"] = m.of("tanh", "relu")
        projected = hidden
        if kind == "LSTM" and m.chance(0.3):
            options["proj_size"] = projected = m.of(*range(1, hidden + 1))
        if m.chance(0.05):
            wrong = [{"hidden_size": 0}, {"num_layers": 0}, {"dropout": 1.5}, {"bias": 1},
                     {"input_size": 2.0}, {"dropout": True}]  # fmt: skip
            options |= m.of(
                *wrong, *([] if kind == "RNN" else [{"proj_size": -1}, {"proj_size": 9}])
            )
        dtype = m.of("float64", "float64", "float32")
        steps, batch = m.of(1, 2, 3, 4), m.of(1, 2, 3)
        count = layers * (2 if options["bidirectional"] else 1)
        alone = m.chance(0.2)
        lead = (steps,) if alone else (batch, steps) if options["batch_first"] else (steps, batch)
        middle = () if alone else (batch,)
        shapes = [(count, *middle, projected), (count, *middle, hidden)]
        x = m.floats(slipped(m, (*lead, width)), dtype)
        return options, (x, *states(m, shapes[: 1 + (kind == "LSTM")], dtype))

    return sample


def cell(kind: str) -> Callable[[Drawn], ModuleSample]:
    def sample(m: Drawn) -> ModuleSample:
        width, hidden = side(m), side(m)
        options = {"input_size": width, "hidden_size": hidden, "bias": m.chance(0.7)}
        if kind == "RNNCell":
            options["nonlinearity"] = m.of("tanh", "relu")
        dtype = m.of("float64", "float64", "float32")
        lead = m.of((), (1,), (3,))
        shapes = [(*lead, hidden)] * (1 + (kind == "LSTMCell"))
        if kind == "GRUCell":  # PyTorch crashes on wrong shapes
            hx = () if m.chance(0.4) else (m.floats(shapes[0], dtype),)
            return options, (m.floats((*lead, width), dtype), *hx)
        # Of a state of another number of dimensions PyTorch reads what is not there.
        hx = states(m, shapes, dtype, longer)
        slip = longer if hx else slipped
        return options, (m.floats(slip(m, (*lead, width)), dtype), *hx)

    return sample


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_layers(name: str, record_property: Recorder) -> None:
    compare_module(name, layer(name), record_property, slack=4)


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells(name: str, record_property: Recorder) -> None:
    compare_module(name, cell(name), record_property, slack=4)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"])
def test_initial_values(name: str) -> None:
    compare_initial(name, input_size=20, hidden_size=30)


# Sequences of several lengths


def lengths(m: Drawn, batch: int, steps: int) -> list[int]:
    """One of them perhaps 0 or too long."""
    drawn = m.integers((batch,), low=1, high=steps + 1).tolist()
    if batch and m.chance(0.05):
        drawn[0] = m.of(0, steps + 1)
    return sorted(drawn, reverse=True) if m.chance(0.6) else drawn


def sequences(m: Drawn) -> list[Any]:
    rest, dtype = m.shape(0, 2), m.of("float64", "float32", "int64")
    return [
        (m.integers if dtype == "int64" else m.floats)((n, *rest), dtype)
        for n in lengths(m, m.of(1, 2, 3, 4), 4)
    ]


def padded(m: Drawn) -> Sample:
    options = {"batch_first": m.chance(), "padding_value": m.of(0.0, 1.5, -2.0)}
    options["padding_side"] = m.of("right", "left")
    return (sequences(m),), options


def packing(m: Drawn) -> tuple[tuple[Any, ...], dict[str, Any]]:
    steps, batch, first = m.of(1, 2, 3, 4), m.of(1, 2, 3), m.chance()
    x = m.array(((batch, steps) if first else (steps, batch)) + m.shape(0, 2))
    ordered = m.chance()  # else PyTorch has many errors for a wrong number of them
    counts: Any = lengths(m, batch + (ordered and m.chance(0.05)), steps)
    if m.chance():
        counts = np.array(counts)
    return (x, counts), {"batch_first": first, "enforce_sorted": ordered}


def there_and_back(lib: Any, x: Any, counts: Any, back: Any, **options: Any) -> Any:
    packed = lib.pack_padded_sequence(x, counts, **options)
    return (*packed, lib.pad_packed_sequence(packed, **back))


def through(m: Drawn) -> Sample:
    args, options = packing(m)
    back = {"batch_first": m.chance(), "padding_value": m.of(0.0, 2.0)}
    back["total_length"] = m.of(None, None, 3, 6)
    return (*args, back), options


def packed_through(module: str, lib: Any, nn: Any) -> Callable[..., Any]:
    """A layer on sequences of several lengths, packed and padded again."""

    def run(weights: Any, x: Any, counts: Any, options: Any, hx: Any = None, **how: Any) -> Any:
        layer = getattr(nn, module)(x.shape[-1], 2, **options).to(x.dtype)
        for (name, _), weight in zip([*layer.named_parameters()], weights, strict=True):
            layer._parameters[name] = weight
        packed = lib.pack_padded_sequence(x, counts, **how)
        y, end = layer(packed, hx)
        return (*lib.pad_packed_sequence(y), end)

    return run


def of_lengths(module: str) -> Callable[[Drawn], Sample]:
    def sample(m: Drawn) -> Sample:
        (x, counts), how = packing(m)
        dtype = m.of("float64", "float32")
        x = m.floats((*x.shape[:2], side(m)), dtype)
        layers, both = m.of(1, 2), m.chance()
        options = {"num_layers": layers, "bidirectional": both}
        own = getattr(_torch().nn, module)(x.shape[-1], 2, **options).parameters()
        weights = [m.floats(tuple(p.shape), dtype) for p in own]
        batch = x.shape[0 if how["batch_first"] else 1]
        shapes = [(layers * (1 + both), batch, 2)] * (1 + (module == "LSTM"))
        hx = [m.floats(shape, dtype) for shape in shapes]
        return (weights, x, counts, options, *m.of((), (tuple(hx) if hx[1:] else hx[0],))), how

    return sample


def test_pad_sequence(record_property: Recorder) -> None:
    theirs = _torch().nn.utils.rnn.pad_sequence
    compare("nn.utils.rnn.pad_sequence", padded, record_property, theirs=theirs)


def test_packing(record_property: Recorder) -> None:
    compare(
        "nn.utils.rnn.pack_padded_sequence", through, record_property,
        ours=lambda *args, **how: there_and_back(rnn, *args, **how),
        theirs=lambda *args, **how: there_and_back(_torch().nn.utils.rnn, *args, **how),
    )  # fmt: skip


def test_lists_packed(record_property: Recorder) -> None:
    def run(lib: Any) -> Callable[..., Any]:
        return lambda parts, **how: [
            *(packed := lib.pack_sequence(parts, **how)), *lib.unpack_sequence(packed)
        ]  # fmt: skip

    compare(
        "nn.utils.rnn.pack_sequence",
        lambda m: ((sequences(m),), {"enforce_sorted": m.chance()}), record_property,
        ours=run(rnn), theirs=run(_torch().nn.utils.rnn),
    )  # fmt: skip


@pytest.mark.parametrize("module", ["RNN", "LSTM", "GRU"])
def test_layers_of_packed_sequences(module: str, record_property: Recorder) -> None:
    torch = _torch()
    from tinygrad_kr import nn

    compare(
        f"nn.{module}", of_lengths(module), record_property, slack=4,
        ours=packed_through(module, rnn, nn),
        theirs=packed_through(module, torch.nn.utils.rnn, torch.nn),
    )  # fmt: skip
