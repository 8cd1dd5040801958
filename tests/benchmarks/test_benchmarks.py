"""Every benchmark runs, at a tiny size; that the work compared is the same work is proven here."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.nn.functional import dropout

from . import lenet, lstm, peers, pieces
from .benchmark import Run
from .numpy_network import by_hand
from .runner import NAMES, benchmark, machine
from .tables import fill, page
from .work import WORKS, Array, batches

ALWAYS = ("ours", "numpy", "products", "objects", "before", "after")


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Files like MNIST's, with a few random images."""
    for split, count in (("train", 600), ("t10k", 1000)):
        images = np.random.default_rng(0).integers(0, 256, (count, 28, 28))
        for kind, array in (("images-idx3", images), ("labels-idx1", images[:, 0, 0] % 10)):
            head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            with gzip.open(tmp_path / f"{split}-{kind}-ubyte.gz", "wb", 1) as file:
                file.write(head + array.astype(np.uint8).tobytes())
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_runs(name: str, digits: Path, tmp_path: Path) -> None:
    found = benchmark(name)
    chosen = [s for s in ALWAYS if s in found.subjects]
    assert chosen
    values: dict[str, dict[str, list[float]]] = {}
    for case, given in found.cases.items():
        if "torch" not in case:
            values[case] = {}
            for s in chosen:
                with suppress(LookupError):  # who has no such network
                    values[case][s] = [found.subjects[s](given, Run(tiny=True, data=digits))]
    assert all("ours" in got or "ours" not in chosen for got in values.values())
    assert all(math.isfinite(v) and v >= 0 for got in values.values() for (v,) in got.values())

    result = {"unit": found.unit, "machine": machine(), "rounds": 1, "values": values}
    lines = page({name: result | {"left out": {}}}).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert found.unit in rows[0]
    assert len(rows) > max(2, min(len(chosen), len(values)))
    assert {row.count("|") for row in rows} == {rows[0].count("|")}

    marked = tmp_path / "page.md"
    gaps = [
        f"<!-- table: {mark} -->\nold\n<!-- end -->\n" for mark in ("machine", f"{name} .", name)
    ]
    marked.write_text("text\n".join(gaps), encoding="utf-8")
    fill(marked, {name: result}, "ko")
    once = marked.read_text(encoding="utf-8")
    fill(marked, {name: result}, "ko")
    assert "old" not in once and once.count("text") == 2
    assert marked.read_text(encoding="utf-8") == once


@pytest.mark.parametrize(
    "ways",
    [
        pieces.new_or_reused, pieces.forward, pieces.sum_of_rows, pieces.maximum_of_rows,
        pieces.ONEHOT, pieces.FLAT, pieces.relu, pieces.WHERE, pieces.BITS,
        pieces.squares_of_columns,
    ],
)  # fmt: skip
def test_the_two_ways_of_a_piece_come_to_the_same(ways: Callable[..., pieces.Ways]) -> None:
    sizes = {pieces.new_or_reused: (100,), pieces.forward: (9, 8, 7)}.get(ways, (9, 8))
    before, after = ways(*sizes)
    np.testing.assert_allclose(before(), after(), rtol=1e-6)


@pytest.mark.parametrize("name", WORKS)
def test_ours_and_the_one_written_by_hand_do_the_same_work(name: str) -> None:
    """From the same weights and masks: the same loss and weights, two steps long."""
    work = WORKS[name].tiny()

    def keep(shape: tuple[int, ...]) -> Array:
        return dropout(tg.ones(shape), work.dropout).numpy() > 0

    nets = [peers.ours(work), by_hand(work, keep=keep)]
    losses = []
    for net in nets:
        tg.manual_seed(0)
        losses.append([float(net.train(net.put(x), net.put(t))) for x, t in batches(work, 2)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for mine, theirs in zip(*(net.weights() for net in nets), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("peer", ["torch", "jax", "mygrad", "pydynet", "dezero"])
def test_peers_do_the_same_work(peer: str) -> None:
    """Where they are installed: without dropout, which everyone draws in his own way."""
    if find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    for work in WORKS.values():
        work = work.tiny()._replace(dropout=0.0)
        losses = []
        for make in (by_hand, peers.MAKERS[peer]):
            net = make(work, True)
            found = [net.train(net.put(x), net.put(t)) for x, t in batches(work, 3)]
            losses.append([float(np.asarray(getattr(loss, "data", loss))) for loss in found])
        assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.parametrize("peer", ["ours", "torch", "jax", "pydynet", "dezero"])
def test_lstms_do_the_same_work(peer: str) -> None:
    """PyTorch and we have two biases, which together move twice as far as others' one."""
    if peer != "ours" and find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    work = lstm.Sequences().tiny()
    losses = []
    for make in (lstm.by_hand, lstm.MAKERS[peer]):
        net = make(work, True)  # type: ignore[arg-type]
        found = [net.train(net.put(x), net.put(t)) for x, t in lstm.batches(work, 3)]
        losses.append([float(np.asarray(getattr(loss, "data", loss))) for loss in found])
    count = 3 if peer in ("ours", "torch") else 1
    assert losses[1][:count] == pytest.approx(losses[0][:count], rel=1e-4)


@pytest.mark.parametrize("peer", ["torch", "jax", "mygrad", "pydynet", "dezero"])
def test_lenets_do_the_same_work(peer: str) -> None:
    if find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    work = lenet.Images().tiny()
    losses = []
    for make in (lenet.ours, lenet.MAKERS[peer]):
        net = make(work, True)
        found = [net.train(net.put(x), net.put(t)) for x, t in lenet.batches(work, 3)]
        losses.append([float(np.asarray(getattr(loss, "data", loss))) for loss in found])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
