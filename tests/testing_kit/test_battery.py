"""Each promise of the battery has a wrong op that it alone catches, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import errors
from tinygrad_kr.autograd import Function
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.testing import GradcheckError, OpRecord, battery, call, op_inputs, shapes

Tensor = tg.Tensor
FIRST: dict[str, Any] = {
    "max_examples": 50, "database": None, "derandomize": True, "phases": [Phase.generate],
}  # fmt: skip
SOME = op_inputs(shape=shapes(2, 2, 2, 3), low=0.25)


def square(x: Tensor) -> Tensor:
    return x * x


def reference(x: np.ndarray) -> np.ndarray:
    return x * x


class Square(Function):
    """x², to be got wrong in its parts."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 2 * x


class SlightlyOff(Square):
    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 2.00001 * x


class FirstOnly(Square):
    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 2 * x.detach()


class RecordsOtherwise(Square):
    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 2 * x + (1e-6 if tg.is_grad_enabled() else 0.0)


class Gives64(Square):
    """float64 whatever comes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return wrap(np.asarray(x.detach().numpy(), np.float64)) ** 2


class Coarse32(Square):
    """Off by a thousandth, in float32 alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x * (1.001 if x.dtype == tg.float32 else 1)


class ByLayout(Square):
    """Right in C order; elsewhere it goes by the memory and not by the values."""

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        array = x.detach().numpy()
        if array.flags.c_contiguous:
            return g * 2 * x
        return g * 2 * x * (1 + 1e-8)


def changes(x: Tensor) -> Tensor:
    result = x * x
    array = x.detach().numpy()
    if array.flags.writeable and x.dtype == tg.float64:
        array += 0.125
    return result


def views(x: Tensor) -> Tensor:
    return x.transpose(0, 1) if x.dtype == tg.float64 else x.transpose(0, 1).clone()


RIGHT = OpRecord("square", square, reference, SOME, analytic=True)

WRONG: list[tuple[str, OpRecord, str, str]] = [
    (
        "value",
        replace(RIGHT, op=lambda x: x * x + 1e-7),
        "reference: 0번째가 다릅니다",
        "reference: number 0 differs",
    ),
    (
        "dtype",
        replace(RIGHT, op=lambda x: (x * x).float()),
        "결과는 ['float32(",
        "the result is ['float32(",
    ),
    (
        "shape",
        replace(RIGHT, op=lambda x: (x * x)[None]),
        "결과는 ['float64(1, ",
        "the result is ['float64(1, ",
    ),
    (
        "number of results",
        replace(RIGHT, op=lambda x: (x * x, x + 0)),
        "기준은 ['float64(",
        "the reference ['float64(",
    ),
    (
        "first derivative",
        replace(RIGHT, op=SlightlyOff.apply, analytic=False),
        "gradcheck: 0번째 입력의",
        "ratio 1",
    ),
    (
        "first derivative by the complex step",
        replace(RIGHT, op=SlightlyOff.apply, rtol=1e-3),
        "complex step",
        "complex step",
    ),
    (
        "second derivative",
        replace(RIGHT, op=FirstOnly.apply),
        "gradgradcheck: 0번째 입력의",
        "gradgradcheck: the gradient of input 0",
    ),
    (
        "recorded as plain",
        replace(RIGHT, op=RecordsOtherwise.apply, rtol=1e-3, analytic=False),
        "create_graph: 0번째가 다릅니다",
        "create_graph: number 0 differs",
    ),
    (
        "composed",
        replace(RIGHT, composed=lambda x: x * x * 1.0000001),
        "composed: 0번째가 다릅니다",
        "composed: number 0 differs",
    ),
    (
        "second derivative of the composed",
        replace(RIGHT, composed=FirstOnly.apply),
        "composed: 2번째가 다릅니다",
        "composed: number 2 differs",
    ),
    (
        "memory layout",
        replace(RIGHT, op=ByLayout.apply, analytic=False),
        "memory layout: 1번째가 다릅니다",
        "memory layout: number 1 differs",
    ),
    (
        "aliasing",
        replace(RIGHT, op=views, reference=lambda x: x.T),
        "결과가 입력과 메모리를 나눠 씁니다",
        "the result is a view",
    ),
    (
        "no mutation",
        replace(RIGHT, op=changes),
        "입력을 바꾸었습니다",
        "an input was changed",
    ),
    (
        "float32 stays float32",
        replace(RIGHT, op=Gives64.apply),
        "float32에서 {'float64'}이",
        "{'float64'} came of float32",
    ),
    (
        "float32 is near",
        replace(RIGHT, op=Coarse32.apply),
        "float32: 0번째가 다릅니다",
        "float32: number 0 differs",
    ),
    (
        "a gradient flows",
        replace(RIGHT, op=lambda x: (x * x).detach()),
        "기울기가 흐르지 않습니다",
        "no gradient flows",
    ),
]


@pytest.mark.parametrize(
    ("record", "korean", "english"), [pytest.param(*rest, id=name) for name, *rest in WRONG]
)
def test_each_promise_catches_its_fault(record: OpRecord, korean: str, english: str) -> None:
    with pytest.raises(GradcheckError) as caught:
        battery(record, **FIRST)()
    assert caught.value.korean.startswith("square: ")
    assert korean in caught.value.korean
    assert english in caught.value.english


def test_the_right_op_passes() -> None:
    battery(replace(RIGHT, composed=lambda x: x**2), **FIRST)()
    battery(replace(RIGHT, op=Square.apply), **FIRST)()
    battery(replace(RIGHT, op=views, reference=lambda x: x.T, view=True), **FIRST)()
    battery(replace(RIGHT, name="a name.with(signs)"), **FIRST)()


def refusing(error: Callable[[Tensor], BaseException | None]) -> Callable[[Tensor], Tensor]:
    """x², which refuses what holds a negative number."""

    def op(x: Tensor) -> Tensor:
        if (x < 0).any() and (refusal := error(x)) is not None:
            raise refusal
        return x * x

    return op


def half_changed(x: Tensor) -> BaseException:
    x.detach().numpy()[0] = 7.0
    return errors.ArgumentError("안 됩니다.", "No.")


REFUSALS: list[tuple[str, Callable[[Tensor], BaseException | None], str, str]] = [
    ("not refused", lambda x: None, "거부하지 않았습니다", "not refused"),
    ("one language", lambda x: ValueError("no"), "두 언어가 아닙니다", "one language"),
    ("half changed", half_changed, "거부하면서 바꾸었습니다", "refused but changed: call("),
]


@pytest.mark.parametrize(
    ("error", "korean", "english"), [pytest.param(*rest, id=name) for name, *rest in REFUSALS]
)
def test_refusals(
    error: Callable[[Tensor], BaseException | None], korean: str, english: str
) -> None:
    bad = call(tg.tensor([-1.0, 2.0]))
    record = replace(RIGHT, op=refusing(error), errors=((ValueError, bad),))
    with pytest.raises(GradcheckError) as caught:
        battery(record, **FIRST)()
    assert korean in caught.value.korean
    assert english in caught.value.english


def test_a_refusal_of_another_kind_is_an_error_and_the_right_one_passes() -> None:
    bad = call(tg.tensor([-1.0, 2.0]))
    op = refusing(lambda x: errors.ArgumentError("안 됩니다.", "No."))
    battery(replace(RIGHT, op=op, errors=((ValueError, bad),)), **FIRST)()
    with pytest.raises(errors.ArgumentError):
        battery(replace(RIGHT, op=op, errors=((IndexError, bad),)), **FIRST)()


def test_several_outputs_integer_ones_and_constants() -> None:
    def op(x: Tensor, dim: int, shift: Tensor) -> tuple[Tensor, ...]:
        values, order = (x + shift).sort(dim)
        return values * values, order

    def plain(x: np.ndarray, dim: int, shift: np.ndarray) -> tuple[np.ndarray, ...]:
        order = (x + shift).argsort(dim)
        return np.sort(x + shift, dim) ** 2, order

    inputs = op_inputs(
        shape=shapes(1),
        distinct=True,
        dim=st.sampled_from([0, -1]),
        shift=tg.tensor(0.5, dtype=tg.float64),
    )
    battery(OpRecord("sort", op, plain, inputs), **FIRST)()


def test_the_draw_is_shown() -> None:
    with pytest.raises(GradcheckError) as caught:
        battery(replace(RIGHT, op=SlightlyOff.apply), **FIRST)()
    assert any("call(tensor(" in note for note in caught.value.__notes__)
