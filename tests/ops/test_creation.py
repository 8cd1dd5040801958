"""Making tensors, held against PyTorch call by call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr.errors import (
    ArgumentError,
    ConversionError,
    DeviceError,
    DTypeError,
    GradientError,
    ShapeError,
    TinygradKrError,
)

Call = Callable[[Any], Any]

# Each is a function of a library, ours or PyTorch's.
CALLS: list[Call] = [
    lambda L: L.tensor(1),
    lambda L: L.tensor(1.5),
    lambda L: L.tensor(True),
    lambda L: L.tensor([]),
    lambda L: L.tensor([[], []]),
    lambda L: L.tensor([1, 2.5]),
    lambda L: L.tensor([True, 2]),
    lambda L: L.tensor([1, 2], dtype=L.float64),
    lambda L: L.tensor([1.7, -2.7], dtype=L.int32),
    lambda L: L.tensor(np.array([1.0, 2.0])),
    lambda L: L.tensor(np.float64(1)),
    lambda L: L.tensor(np.float32(1)),
    lambda L: L.tensor(np.int32(1)),
    lambda L: L.tensor([np.float64(1), 2]),
    lambda L: L.tensor([L.tensor(1.0), L.tensor(2.0)]),
    lambda L: L.tensor((1, 2)),
    lambda L: L.tensor(range(3)),
    lambda L: L.tensor([1.0, 2], requires_grad=True),
    lambda L: L.tensor(2**40),
    lambda L: L.tensor(-(2**63)),
    lambda L: L.tensor(-1, dtype=L.uint8),
    lambda L: L.tensor(1e40),
    lambda L: L.tensor([1e10], dtype=L.float16),
    lambda L: L.tensor([1.0, 2.0], device="cpu"),
    lambda L: L.tensor([1.0, 2.0], device=L.device("cpu")),
    lambda L: L.as_tensor([1.0, 2.0]),
    lambda L: L.as_tensor(np.array([1.0, 2.0]), dtype=L.float32),
    lambda L: L.as_tensor(3),
    lambda L: L.from_numpy(np.arange(3)),
    lambda L: L.zeros(2, 3),
    lambda L: L.zeros((2, 3)),
    lambda L: L.zeros([2, 3]),
    lambda L: L.zeros(size=(2, 3)),
    lambda L: L.zeros(()),
    lambda L: L.zeros(0, 2),
    lambda L: L.zeros(2, dtype=L.int64),
    lambda L: L.zeros(L.tensor(2), np.int64(1)),
    lambda L: L.ones(2, 2, dtype=L.bool),
    lambda L: L.full((2,), 7),
    lambda L: L.full((2,), 7.0),
    lambda L: L.full((2,), True),
    lambda L: L.full((2,), L.tensor(3)),
    lambda L: L.full((2,), np.int64(3)),
    lambda L: L.full([2], 1.5, dtype=L.int64),
    lambda L: L.full(size=(2,), fill_value=2),
    lambda L: L.eye(2),
    lambda L: L.eye(2, 3),
    lambda L: L.eye(3, 0, dtype=L.int64),
    lambda L: L.arange(5),
    lambda L: L.arange(5.0),
    lambda L: L.arange(1, 5, 2),
    lambda L: L.arange(1, 2, 0.25),
    lambda L: L.arange(0, 1, 0.1),
    lambda L: L.arange(5, 1, -1),
    lambda L: L.arange(0),
    lambda L: L.arange(5, dtype=L.float32),
    lambda L: L.arange(2.5, dtype=L.int64),
    lambda L: L.arange(start=1, end=3),
    lambda L: L.arange(end=3),
    lambda L: L.arange(L.tensor(3.0)),
    lambda L: L.arange(np.int64(3)),
    lambda L: L.linspace(0, 1, 5),
    lambda L: L.linspace(0, 1, 1),
    lambda L: L.linspace(0, 1, 0),
    lambda L: L.linspace(0, 10, 5, dtype=L.int64),
    lambda L: L.linspace(1, 0, steps=3),
    lambda L: L.linspace(L.tensor(0.0), L.tensor(1.0), 3),
    lambda L: L.zeros_like(L.tensor([1, 2])),
    lambda L: L.ones_like(L.tensor([1, 2]), dtype=L.float32),
    lambda L: L.full_like(L.tensor([1, 2]), 2.7),
    lambda L: L.full_like(L.tensor([1.0, 2]), L.tensor(2)),
    lambda L: L.zeros_like(L.tensor([1.0], requires_grad=True)),
    lambda L: L.empty_like(L.tensor([[1, 2]])) * 0,
    lambda L: L.empty(2, 3).shape,
    lambda L: L.rand(2, 3) * 0,
    lambda L: L.rand((2, 3), dtype=L.float64) * 0,
    lambda L: L.randn(size=(2,), dtype=L.float16) * 0,
    lambda L: L.randint(3, (2,)) * 0,
    lambda L: L.randint(1, 2, (2,)),
    lambda L: L.randint(low=1, high=2, size=(2,)),
    lambda L: L.randint(1, size=(2,)),
    lambda L: L.randint(high=1, size=(2,)),
    lambda L: L.randint(0, 1, (2,), dtype=L.float32),
    lambda L: L.randperm(4, dtype=L.int32) * 0,
    lambda L: L.randperm(0),
    lambda L: L.rand_like(L.zeros(2)) * 0,
    lambda L: L.randn_like(L.zeros(2, dtype=L.float64)) * 0,
    lambda L: L.Tensor([1, 2]),
    lambda L: L.Tensor(2, 0),
    lambda L: L.Tensor(),
]


@pytest.mark.parametrize("call", CALLS)
def test_as_pytorch(call: Call) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = call(tg), call(torch)
    if isinstance(ours, tuple):
        assert ours == tuple(theirs)
        return
    assert ours.shape == tuple(theirs.shape)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    assert ours.requires_grad == theirs.requires_grad
    np.testing.assert_allclose(ours.tolist(), theirs.tolist(), rtol=1e-6)


REFUSED: list[tuple[Call, type[TinygradKrError]]] = [
    (lambda L: L.tensor([1, [2]]), ShapeError),
    (lambda L: L.tensor([[1, 2], [3]]), ShapeError),
    (lambda L: L.tensor("a"), DTypeError),
    (lambda L: L.tensor(["a"]), DTypeError),
    (lambda L: L.tensor(None), DTypeError),
    (lambda L: L.tensor([None]), DTypeError),
    (lambda L: L.tensor([1, 2], requires_grad=True), GradientError),
    (lambda L: L.tensor(2**64), DTypeError),
    (lambda L: L.tensor(300, dtype=L.uint8), DTypeError),
    (lambda L: L.tensor([300], dtype=L.int8), DTypeError),
    (lambda L: L.tensor(float("inf"), dtype=L.int64), DTypeError),
    (lambda L: L.tensor(float("nan"), dtype=L.int64), DTypeError),
    (lambda L: L.tensor(np.array(["a"])), DTypeError),
    (lambda L: L.tensor([1.0], device="cuda:0"), DeviceError),
    (lambda L: L.zeros(2, device="cuda"), DeviceError),
    (lambda L: L.from_numpy([1]), ArgumentError),
    (lambda L: L.zeros(-1), ShapeError),
    (lambda L: L.zeros(2.5), ArgumentError),
    (lambda L: L.zeros("a"), ArgumentError),
    (lambda L: L.zeros(2, dtype=L.int64, requires_grad=True), GradientError),
    (lambda L: L.eye(-1), ShapeError),
    (lambda L: L.arange(5, 1), ArgumentError),
    (lambda L: L.arange(1, 5, 0), ArgumentError),
    (lambda L: L.arange(float("nan")), ArgumentError),
    (lambda L: L.arange(float("inf")), ArgumentError),
    (lambda L: L.arange(), ArgumentError),
    (lambda L: L.linspace(0, 1, -1), ShapeError),
    (lambda L: L.linspace(0, 1, 2.5), ArgumentError),
    (lambda L: L.linspace(L.ones(1), 3, 2), ArgumentError),
    (lambda L: L.full((2,), 300, dtype=L.uint8), ArgumentError),
    (lambda L: L.full((2,), float("nan"), dtype=L.int32), ArgumentError),
    (lambda L: L.full_like(L.ones(2, dtype=L.int8), 1e9), ArgumentError),
    (lambda L: L.rand(2, dtype=L.int64), DTypeError),
    (lambda L: L.rand_like(L.zeros(2, dtype=L.int64)), DTypeError),
    (lambda L: L.randint(3, 3, (2,)), ArgumentError),
    (lambda L: L.randint(5, 3, (2,)), ArgumentError),
    (lambda L: L.randint(5), ArgumentError),
    (lambda L: L.randperm(-1), ShapeError),
    (lambda L: L.scalar_tensor(2**63, dtype=L.int64), ArgumentError),
    (lambda L: L.arange(L.ones((2, 2))), ConversionError),
]


@pytest.mark.parametrize(("call", "error"), REFUSED)
def test_refused_as_in_pytorch(call: Call, error: type[TinygradKrError]) -> None:
    with pytest.raises(error) as caught:
        call(tg)
    assert caught.value.korean and caught.value.english
    torch = pytest.importorskip("torch")
    with pytest.raises((RuntimeError, TypeError, ValueError, AssertionError)):
        call(torch)


@pytest.mark.parametrize("data", [1 + 2j, np.zeros(2, complex), np.zeros(2, np.uint16)])
def test_dtypes_that_are_not_ours(data: Any) -> None:
    with pytest.raises(DTypeError, match=r"complex128|uint16"):
        tg.tensor(data)
    for name in ("complex64", "bfloat16"):
        with pytest.raises(DTypeError, match=name):
            tg.zeros(2, dtype=name)


def test_copies_and_shares() -> None:
    a = np.zeros(2)
    copied, shared, same = tg.tensor(a), tg.from_numpy(a), tg.as_tensor(a)
    a[0] = 7.0
    assert (copied[0].item(), shared[0].item(), same[0].item()) == (0.0, 7.0, 7.0)
    assert tg.as_tensor(shared) is shared
    assert tg.as_tensor(shared, dtype=tg.float32).dtype == tg.float32
    x = tg.tensor([1.0], requires_grad=True)
    assert not tg.tensor(x).requires_grad
    assert tg.as_tensor(x).requires_grad


def test_the_default_dtype() -> None:
    try:
        tg.set_default_dtype(tg.float64)
        assert tg.tensor(1.0).dtype == tg.zeros(1).dtype == tg.rand(1).dtype == tg.float64
        assert tg.tensor([1]).dtype == tg.int64
        assert repr(tg.zeros(1)) == "tensor([0.])"
    finally:
        tg.set_default_dtype(tg.float32)
    with pytest.raises(DTypeError):
        tg.set_default_dtype(tg.int64)
    assert tg.get_default_dtype() == tg.float32


@given(st.integers(0, 2**63))
def test_a_seed_is_a_stream(seed: int) -> None:
    draws = [
        lambda g: tg.rand(3, generator=g),
        lambda g: tg.randn(3, generator=g),
        lambda g: tg.randint(100, (3,), generator=g),
        lambda g: tg.randperm(5, generator=g),
    ]
    for draw in draws:
        g = tg.Generator().manual_seed(seed)
        first, second = draw(g), draw(g)
        again = tg.Generator().manual_seed(seed)
        assert draw(again).equal(first) and draw(again).equal(second)
        tg.manual_seed(seed)
        assert draw(None).equal(first)


def test_uniform_numbers_stay_below_1() -> None:
    x = tg.rand(200_000, dtype=tg.float16, generator=tg.Generator().manual_seed(0))
    assert x.min().item() >= 0 and x.max().item() < 1


def test_ranges_overflow_to_infinity_without_a_warning() -> None:
    assert tg.arange(0, 2e300, 1e300).tolist() == [0.0, math.inf]
    assert tg.linspace(0, 1e300, 2).tolist() == [0.0, math.inf]
