"""What PyTorch's own samples of its operators taught us: edges that one does not think to draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

import tinygrad_kr
from tests.parity.beside import REFUSALS, same
from tinygrad_kr.errors import TinygradKrError


def numbers(L: Any, *shape: int, dtype: str = "int64") -> Any:
    count = 1
    for n in shape:
        count *= n
    return L.arange(count).reshape(shape).to(getattr(L, dtype))


def product(a: str, b: str = "") -> Callable[[Any], Any]:
    return lambda L: L.nn.functional.linear(
        numbers(L, 2, 3, dtype=a), numbers(L, 4, 3, dtype=b or a), numbers(L, 4, dtype=b or a)
    )


def padded(dtype: str, pad: tuple[int, ...], mode: str, value: Any = None) -> Callable[[Any], Any]:
    return lambda L: L.nn.functional.pad(numbers(L, 1, 2, 4, dtype=dtype), pad, mode, value)


def loss(name: str, **options: Any) -> Callable[[Any], Any]:
    def call(L: Any) -> Any:
        given = {k: numbers(L, 3, dtype=v) if k == "weight" else v for k, v in options.items()}
        return getattr(L.nn.functional, name)(numbers(L, 3), numbers(L, 3) * 3 - 1, **given)

    return call


def added(dtype: str, **scales: Any) -> Callable[[Any], Any]:
    return lambda L: L.addr(
        numbers(L, 2, 3, dtype=dtype), L.ones(2).to(getattr(L, dtype)),
        numbers(L, 3, dtype=dtype), **scales,
    )  # fmt: skip


def filled(value: Any, dtype: str) -> Callable[[Any], Any]:
    return lambda L: (
        L.full((2,), value, dtype=getattr(L, dtype)),
        L.full_like(L.ones(2, dtype=getattr(L, dtype)), value),
    )


def drawn(name: str, *parameters: float) -> Callable[[Any], Any]:
    """The shape of what was drawn: the numbers are no one's business."""
    return lambda L: tuple(getattr(L.ones(3), name)(*parameters).shape)


def summed(dtype: str, *size: int, of: tuple[int, ...] = (2, 3)) -> Callable[[Any], Any]:
    return lambda L: numbers(L, *of, dtype=dtype).sum_to_size(size)


def feature_dropout(p: float, training: bool) -> Callable[[Any], Any]:
    return lambda L: L.nn.functional.feature_alpha_dropout(L.ones(5), p, training)


def method(name: str, **options: Any) -> Callable[[Any], Any]:
    return lambda L: getattr(numbers(L, 2, 3), name)(**options)


def proportions(name: str, dtype: str, dim: int) -> Callable[[Any], Any]:
    return lambda L: getattr(L, name)(numbers(L, 2, dtype=dtype), dim)


NAN = float("nan")
CASES: dict[str, Callable[[Any], Any]] = {
    "full of what does not fit": filled(300, "uint8"),
    "full of a fraction below 0": filled(-3.7, "uint8"),
    "full of nan": filled(NAN, "int32"),
    "full of more than int8": filled(1e9, "int8"),
    "full wraps": filled(-9, "uint8"),
    "full of fractions": filled(2.7, "int32"),
    "a sum to a size": summed("int32", 1, 3),
    "a sum to a number": summed("uint8", of=(1,)),
    "a sum of a number": summed("int32", of=()),
    "a sum of bools": summed("bool", 2, 1),
    "a sum of nothing": summed("bool", 2, 3),
    "addr of bools": added("bool", beta=3, alpha=2),
    "addr of bools, without": added("bool", beta=0, alpha=2),
    "linear of integers": product("int64"),
    "linear of bytes": product("uint8"),
    "linear of bools": product("bool"),
    "linear of two kinds": product("int64", "float32"),
    "pad of integers by a float": padded("int64", (1, 1), "constant", 1.7),
    "pad of bools by a float": padded("bool", (1, 1), "constant", 0.5),
    "pad of bytes by too much": padded("uint8", (1, 1), "constant", 300),
    "pad of floats": padded("float32", (1, -1), "constant", 1.5),
    "replicate what is cut off": padded("float32", (-4, 5), "replicate"),
    "reflect what is cut off": padded("float32", (-2, 3), "reflect"),
    "reflect too far": padded("float32", (-2, 4), "reflect"),
    "wrap what is left": padded("float32", (-2, 2), "circular"),
    "mse_loss of integers": loss("mse_loss"),
    "mse_loss of integers, weighted": loss("mse_loss", weight="int64"),
    "mse_loss of integers, weighted sum": loss("mse_loss", weight="int64", reduction="sum"),
    "smooth_l1_loss of integers": loss("smooth_l1_loss", reduction="sum"),
    "smooth_l1_loss, a mean of integers": loss("smooth_l1_loss", beta=0),
    "l1 of integers": loss("smooth_l1_loss", beta=0, reduction="sum"),
    "cross_entropy that ignores a probability": lambda L: L.nn.functional.cross_entropy(
        L.ones(2, 3), L.ones(2, 3), ignore_index=1
    ),
    "cross_entropy of probabilities": lambda L: L.nn.functional.cross_entropy(
        L.ones(2, 3), L.ones(2, 3), ignore_index=-1
    ),
    "softmax of bools, no such dim": proportions("softmax", "bool", 5),
    "log_softmax of integers, no such dim": proportions("log_softmax", "int64", -2),
    "log_softmax of integers": proportions("log_softmax", "int64", 0),
    "feature dropout in evaluation": feature_dropout(0.5, False),
    "feature dropout of nothing": feature_dropout(0.0, True),
    "feature dropout of features": feature_dropout(0.5, True),
    "where of a true number": lambda L: L.where(L.tensor(3.0)),
    "where of a false number": lambda L: L.where(L.tensor(False)),
    "roll of a number": lambda L: L.roll(L.tensor(1.0), 0, 0),
    "roll of a number, flat": lambda L: L.roll(L.tensor(1.0), 1),
    "isclose, rtol below 0": lambda L: L.isclose(L.ones(2), L.ones(2), rtol=-1),
    "allclose, atol nan": lambda L: L.allclose(L.ones(2), L.ones(2), atol=NAN),
    "isclose of two shapes": lambda L: L.isclose(L.ones(2), L.ones(3)),
    "indices are long": lambda L: L.unravel_index(numbers(L, 3, dtype="uint8"), (2, 2)),
    "tensordot of ones": lambda L: L.tensordot(
        numbers(L, 1, 1, 1, dtype="uint8"), numbers(L, 2, 1, 2, dtype="uint8"), ((0, 1), (2, 0))
    ),
    "einsum of one": lambda L: L.einsum("i->", numbers(L, 3, dtype="uint8")),
    "gradient by default": lambda L: list(L.gradient(L.ones(5), spacing=None)),
    "linspace of vectors": lambda L: L.linspace(L.ones(1), 3, 2),
    "linspace in halves": lambda L: L.linspace(0, 3, 1.0),
    "zeros in halves": lambda L: L.zeros(2.5),
    "exponential_ without a rate": drawn("exponential_", 0),
    "exponential_": drawn("exponential_", 2),
    "geometric_ of sure success": drawn("geometric_", 1),
    "geometric_ below 0": drawn("geometric_", -1),
    "normal_ below 0": drawn("normal_", 0, -1),
    "uniform_ backwards": drawn("uniform_", 3, -1),
    "log_normal_ of one value": drawn("log_normal_", 0, 0),
    "bernoulli_ above 1": drawn("bernoulli_", 2),
    "flip(dims=)": method("flip", dims=(0, 1)),
    "permute(dims=)": method("permute", dims=(1, 0)),
    "tile(dims=)": method("tile", dims=(2, 1)),
    "repeat(repeats=)": method("repeat", repeats=(2, 1)),
    "reshape(shape=)": method("reshape", shape=(3, -1)),
    "view(size=)": method("view", size=(3, 2)),
    "expand(size=)": method("expand", size=(2, 2, 3)),
    "broadcast_to(size=)": method("broadcast_to", size=(2, 2, 3)),
    "new_zeros(size=)": method("new_zeros", size=(2,)),
    "new_ones(size=)": method("new_ones", size=(2,)),
}


@pytest.mark.parametrize("case", CASES)
def test_as_in_pytorch(case: str) -> None:
    call = CASES[case]
    try:
        expected = call(torch)
    except REFUSALS as error:
        kind = next(kind for kind in REFUSALS if isinstance(error, kind))
        with pytest.raises(kind) as caught:
            call(tinygrad_kr)
        assert isinstance(caught.value, TinygradKrError)
    else:
        same(call(tinygrad_kr), expected, case)
