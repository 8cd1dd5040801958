"""The pieces of a training step, each done in two ways: what docs/speed.md tells is measured here.

A piece is a function of sizes that prepares arrays and returns the two ways to call.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from .benchmark import Benchmark, Run, clock

Ways = tuple[Callable[[], Any], Callable[[], Any]]
Rule = Callable[..., None]

f32 = np.float32
rng = np.random.default_rng(0)
BLOCK = 2**18


def draw(*shape: int) -> Any:
    return rng.random(shape, dtype=f32)


# Memory


def new_or_reused(count: int) -> Ways:
    a, b = draw(2, count)
    out = np.empty_like(a)
    return lambda: a + b, lambda: np.add(a, b, out=out)


# Products


def forward(rows: int, n: int, m: int) -> Ways:
    x, w, out = draw(rows, n), draw(m, n), np.empty((rows, m), f32)
    turned = np.ascontiguousarray(w.T)
    return lambda: np.matmul(x, w.T, out=out), lambda: np.matmul(x, turned, out=out)


def weight_gradient(rows: int, n: int, m: int) -> Ways:
    x, g, one, other = draw(rows, n), draw(rows, m), np.empty((n, m), f32), np.empty((m, n), f32)
    return lambda: np.matmul(x.T, g, out=one), lambda: np.matmul(g.T, x, out=other)


# Passes over an array


def sum_of_rows(rows: int, columns: int) -> Ways:
    g, ones, out = draw(rows, columns), np.ones(rows, f32), np.empty(columns, f32)
    return lambda: g.sum(axis=0, out=out), lambda: np.matmul(ones, g, out=out)


def add_to_rows(rows: int, columns: int) -> Ways:
    y, b = draw(rows, columns), np.zeros(columns, f32)
    whole = np.zeros_like(y)
    return lambda: np.add(y, b, out=y), lambda: np.add(y, whole, out=y)


def maximum_of_rows(rows: int, columns: int) -> Ways:
    y = draw(rows, columns)
    return lambda: y.max(axis=1), lambda: y.T.copy().max(axis=0)


def at_the_label(flat: bool, rows: int, columns: int) -> Ways:
    p, t, counted = draw(rows, columns), rng.integers(0, columns, rows), np.arange(rows)
    q, starts, eye = p.copy(), counted * columns, np.eye(columns, dtype=f32)

    def by_two_indices() -> Any:
        p[counted, t] -= 1
        return p

    def by_one_index() -> Any:
        q.reshape(-1)[starts + t] -= 1
        return q

    return by_two_indices, by_one_index if flat else lambda: np.subtract(q, eye[t], out=q)


def relu(rows: int, columns: int) -> Ways:
    x = draw(rows, columns) - f32(0.5)

    def with_zeros() -> Any:
        zeros = np.zeros(x.shape, f32)
        return np.maximum(x, zeros, out=zeros)

    return lambda: np.maximum(x, 0), with_zeros


def relu_backward(bits: bool, rows: int, columns: int) -> Ways:
    g, y = draw(rows, columns), np.maximum(draw(rows, columns) - f32(0.5), 0)

    def by_bits() -> Any:
        bits = (y != 0).astype(np.int32)
        bits *= g.view(np.int32)
        return bits.view(f32)

    return lambda: g * (y != 0), by_bits if bits else lambda: np.where(y != 0, g, f32(0))


def take_rows(count: int, columns: int, rows: int) -> Ways:
    """Other rows at each call, as in an epoch: they are in no cache."""
    x, out = draw(count, columns), np.empty((rows, columns), f32)
    order = cycle(np.split(rng.permutation(count)[: count // rows * rows], count // rows))
    return lambda: x[next(order)], lambda: np.take(x, next(order), axis=0, out=out, mode="clip")


def squares_of_columns(rows: int, columns: int) -> Ways:
    x = draw(rows, columns)
    return lambda: (x * x).sum(axis=0), lambda: np.einsum("ij,ij->j", x, x)


def mask(bits: int, count: int) -> Ways:
    """8 random bits an element, or 1."""

    def drawn() -> Any:
        raw = rng.bit_generator.random_raw(count * bits // 64).view(np.uint8)
        return np.unpackbits(raw).view(np.bool_) if bits == 1 else raw >= np.uint8(128)

    return lambda: rng.random(count, dtype=f32) >= 0.5, drawn


# Update rules


def momentum(p: Any, g: Any, v: Any, u: Any) -> None:
    v *= f32(0.9)
    np.multiply(g, f32(0.01), out=u)
    v -= u
    p += v


def adam(p: Any, g: Any, m: Any, v: Any, u: Any) -> None:
    m *= f32(0.9)
    np.multiply(g, f32(0.1), out=u)
    m += u
    np.multiply(g, g, out=u)
    u *= f32(0.001)
    v *= f32(0.999)
    v += u
    np.sqrt(v, out=u)
    u += f32(1e-8)
    np.divide(m, u, out=u)
    u *= f32(1e-3)
    p -= u


def in_blocks(rule: Rule, arrays: Any, start: int, stop: int, block: int = BLOCK) -> None:
    scratch = np.empty(block, f32)
    for i in range(start, stop, block):
        part = [a[i : min(i + block, stop)] for a in arrays]
        rule(*part, scratch[: len(part[0])])


def whole_or_blocks(rule: Rule, states: int, count: int, block: int) -> Ways:
    arrays, scratch = draw(states, count), np.empty(count, f32)
    return lambda: rule(*arrays, scratch), partial(in_blocks, rule, arrays, 0, count, block)


def one_thread_or_two(rule: Rule, states: int, count: int) -> Ways:
    arrays, half, pool = draw(states, count), count // 2, ThreadPoolExecutor(1)

    def two() -> None:
        other = pool.submit(in_blocks, rule, arrays, 0, half)
        in_blocks(rule, arrays, half, count)
        other.result()

    return partial(in_blocks, rule, arrays, 0, count), two


# Python


def nothing() -> None:
    pass


def within_errstate() -> None:
    with np.errstate(all="ignore"):
        nothing()


def errstate_or_nothing() -> Ways:
    return within_errstate, nothing


def errstate_or_context() -> Ways:
    from tinygrad_kr.autograd.quiet import quietly

    return within_errstate, partial(quietly, nothing)


def array_or_float() -> Ways:
    a, x = np.array(2.0, f32), 2.0
    return lambda: np.multiply(a, a), lambda: x * x


def tensor_or_array() -> Ways:
    import tinygrad_kr as tg

    x, a = tg.tensor(2.0), np.array(2.0, f32)
    return lambda: x * 1.0001, lambda: np.multiply(a, 1.0001)


def with_graph_or_without() -> Ways:
    import tinygrad_kr as tg

    x, y = tg.tensor(2.0, requires_grad=True), tg.tensor(2.0)
    return lambda: x * 1.0001, lambda: y * 1.0001


# The processor


def after_a_product(size: int) -> Ways:
    """Passes over an array while the workers of a product still wait for more, and later."""
    x, a = draw(size, size), draw(2**14)
    product, total = np.empty_like(x), np.empty_like(a)

    def passes(pause: float) -> float:
        np.matmul(x, x, out=product)
        time.sleep(pause)
        for _ in ("to warm up", "to measure"):
            start = time.perf_counter()
            for _ in range(20):
                np.add(a, a, out=total)
        return (time.perf_counter() - start) / 20 * 1e6

    def often(pause: float) -> float:
        return statistics.median(passes(pause) for _ in range(5))

    return partial(often, 0.0), partial(often, 0.3)


def layers(spread: float, width: int = 64, depth: int = 40) -> tuple[Any, list[Any]]:
    draws = [rng.standard_normal((width, width), dtype=f32) for _ in range(depth)]
    return draw(100, width), [f32(spread) * w for w in draws]


def through(x: Any, weights: list[Any]) -> Any:
    for w in weights:
        x = x @ w
    return x


def small_or_proper() -> Ways:
    return partial(through, *layers(0.01)), partial(through, *layers(64**-0.5))


def kept_or_flushed() -> Ways:
    """PyTorch as it is, and told to take denormal numbers for zero."""
    import torch

    x, weights = layers(0.01)
    inputs = torch.from_numpy(x), [torch.from_numpy(w) for w in weights]

    def told(flush: bool) -> Any:
        torch.set_flush_denormal(flush)
        return through(*inputs)

    return partial(told, False), partial(told, True)


def root(count: int) -> Ways:
    small, proper, out = draw(count) * f32(1e-39), draw(count), np.empty(count, f32)
    return lambda: np.sqrt(small, out=out), lambda: np.sqrt(proper, out=out)


class Slotted:
    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 1


class Asking(Slotted):
    """Asked only for what is not there."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def reads(thing: Slotted, count: int) -> None:
    for _ in range(count):
        thing.value  # noqa: B018


def asked_or_not(count: int) -> Ways:
    return partial(reads, Asking(), count), partial(reads, Slotted(), count)


class Piece(NamedTuple):
    ways: Callable[..., Ways]
    sizes: tuple[int, ...] = ()


def way(which: int, piece: Piece, run: Run) -> float:
    sizes = [min(n, 16) for n in piece.sizes] if run.tiny else piece.sizes
    call = piece.ways(*sizes)[which]
    if piece.ways is after_a_product:
        return 1.0 if run.tiny else call()
    return clock(call, run, seconds=0.2)


ONEHOT, FLAT = partial(at_the_label, False), partial(at_the_label, True)
WHERE, BITS = partial(relu_backward, False), partial(relu_backward, True)
MOMENTUM, ADAM = partial(whole_or_blocks, momentum, 3), partial(whole_or_blocks, adam, 4)
SIX = 6_000_000
# What the two ways are, in the words of the code.
CASES = {
    "`a + b`, 0.4 MB → `out=c`": Piece(new_or_reused, (100_000,)),
    "`a + b`, 4 MB → `out=c`": Piece(new_or_reused, (1_000_000,)),
    "`a + b`, 64 MB → `out=c`": Piece(new_or_reused, (16_000_000,)),
    "`x @ W.T` → `x @ W`, 128 × 784 × 100": Piece(forward, (128, 784, 100)),
    "`x @ W.T` → `x @ W`, 512 × 784 × 2048": Piece(forward, (512, 784, 2048)),
    "`x.T @ g` → `g.T @ x`, 128 × 784 × 100": Piece(weight_gradient, (128, 784, 100)),
    "`x.T @ g` → `g.T @ x`, 512 × 784 × 2048": Piece(weight_gradient, (512, 784, 2048)),
    "`g.sum(0)` → `ones @ g`, 100 × 10": Piece(sum_of_rows, (100, 10)),
    "`g.sum(0)` → `ones @ g`, 128 × 100": Piece(sum_of_rows, (128, 100)),
    "`g.sum(0)` → `ones @ g`, 512 × 2048": Piece(sum_of_rows, (512, 2048)),
    "`y += b`, 100 × 10 → `y += B`": Piece(add_to_rows, (100, 10)),
    "`y += b`, 128 × 512 → `y += B`": Piece(add_to_rows, (128, 512)),
    "`y.max(1)` → `y.T.copy().max(0)`, 128 × 10": Piece(maximum_of_rows, (128, 10)),
    "`p[rows, t] -= 1` → `p -= eye[t]`, 128 × 10": Piece(ONEHOT, (128, 10)),
    "`p[rows, t] -= 1` → `flat[starts + t] -= 1`, 128 × 10": Piece(FLAT, (128, 10)),
    "`p[rows, t] -= 1` → `p -= eye[t]`, 128 × 1000": Piece(ONEHOT, (128, 1000)),
    "`np.maximum(x, 0)` → `np.maximum(x, zeros)`, 100 × 50": Piece(relu, (100, 50)),
    "`np.maximum(x, 0)` → `np.maximum(x, zeros)`, 128 × 512": Piece(relu, (128, 512)),
    "`g * (y != 0)` → `np.where`, 100 × 50": Piece(WHERE, (100, 50)),
    "`g * (y != 0)` → `np.where`, 128 × 512": Piece(WHERE, (128, 512)),
    "`g * (y != 0)` → `bits of g * (y != 0)`, 100 × 50": Piece(BITS, (100, 50)),
    "`g * (y != 0)` → `bits of g * (y != 0)`, 128 × 512": Piece(BITS, (128, 512)),
    "`x[rows]` → `np.take(out=)`, 256 × 784": Piece(take_rows, (60_000, 784, 256)),
    "`(x * x).sum(0)` → `einsum`, 128 × 512": Piece(squares_of_columns, (128, 512)),
    "`random() >= 0.5` → 8 bits each, 128 × 512": Piece(mask, (8, 65_536)),
    "`random() >= 0.5` → 1 bit each, 128 × 512": Piece(mask, (1, 65_536)),
    "momentum, 6,000,000 → 23 × 262,144": Piece(MOMENTUM, (SIX, BLOCK)),
    "momentum, 6,000,000 → 733 × 8,192": Piece(MOMENTUM, (SIX, 2**13)),
    "Adam, 6,000,000 → 23 × 262,144": Piece(ADAM, (SIX, BLOCK)),
    "Adam, 6,000,000 → 733 × 8,192": Piece(ADAM, (SIX, 2**13)),
    "momentum, 1 → 2 threads": Piece(partial(one_thread_or_two, momentum, 3), (SIX,)),
    "Adam, 1 → 2 threads": Piece(partial(one_thread_or_two, adam, 4), (SIX,)),
    "`with np.errstate(): f()` → `f()`": Piece(errstate_or_nothing),
    "`with np.errstate(): f()` → `quietly(f)`": Piece(errstate_or_context),
    "`np.multiply(a, a)` → `2.0 * 2.0`": Piece(array_or_float),
    "Tensor → `np.multiply`": Piece(tensor_or_array),
    "`requires_grad`: True → False": Piece(with_graph_or_without),
    "1,000 × `t.value`: with `__getattr__` → without": Piece(asked_or_not, (1_000,)),
    "`a + a`: `x @ x` + 0 s → + 0.3 s": Piece(after_a_product, (512,)),
    "`np.sqrt(v)`, v ≈ 1e-39 → v ≈ 1, 100,000": Piece(root, (100_000,)),
    "40 × (64 × 64), σ 0.01 → 0.125": Piece(small_or_proper),
    "40 × (64 × 64), σ 0.01, torch → flush": Piece(kept_or_flushed),
}
SUBJECTS = {"before": partial(way, 0), "after": partial(way, 1)}
BENCHMARK = Benchmark("piece", "µs", CASES, SUBJECTS)
