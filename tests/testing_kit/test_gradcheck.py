"""Every argument and every edge of gradcheck and gradgradcheck."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.autograd import Function, once_differentiable
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    HyperparameterError,
    ShapeError,
)
from tinygrad_kr.ops.pointwise import Binary, Unary
from tinygrad_kr.ops.primitive import Primitive
from tinygrad_kr.testing import GradcheckError, gradcheck, gradgradcheck

Tensor = tg.Tensor
CHECKS = pytest.mark.parametrize("check", [gradcheck, gradgradcheck])


def leaf(*values: Any) -> Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


class Scaled(Function):
    """x · forth on the way there, g · back on the way back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, forth: float, back: float) -> Tensor:
        ctx.back = back
        return x * forth

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        return g * ctx.back, None, None


def wrong(x: Tensor) -> Tensor:
    return Scaled.apply(x.sin(), 1.0, 3.0).exp()


@CHECKS
def test_true_for_what_is_right(check: Any) -> None:
    assert check(lambda x: x.sin() * x, leaf(0.5, -1.0)) is True
    assert check(lambda x, y: (x @ y).exp(), (leaf(0.5, -1.0), leaf(0.1, 0.2))) is True
    assert check(lambda x, y: [x * y, x], [leaf(0.5), leaf(0.1)]) is True


@CHECKS
def test_raise_exception(check: Any) -> None:
    with pytest.raises(GradcheckError):
        check(wrong, leaf(0.5))
    assert check(wrong, leaf(0.5), raise_exception=False) is False
    with pytest.raises(ArgumentError):  # a misuse is no failed check
        check(wrong, leaf(0.5).detach(), raise_exception=False)


def test_atol_and_rtol_bound_the_difference() -> None:
    x = leaf(1.0, 2.0)

    def slightly(x: Tensor) -> Tensor:
        return Scaled.apply(x, 10.0, 10.01)  # off by 0.01, a thousandth

    assert gradcheck(slightly, x, raise_exception=False) is False
    assert gradcheck(slightly, x, rtol=2e-3) is True
    assert gradcheck(slightly, x, rtol=0, atol=0.02) is True
    assert gradcheck(slightly, x, rtol=0, atol=0.005, raise_exception=False) is False


def test_eps_is_the_widest_step() -> None:
    seen: list[float] = []

    def f(x: Tensor) -> Tensor:
        seen.append(abs(float(x[0].detach()) - 1))
        return x * x

    gradcheck(f, leaf(1.0), eps=1e-3)
    assert max(seen) == pytest.approx(1e-3)


@CHECKS
@pytest.mark.parametrize(
    "bad", [{"eps": 0}, {"eps": -1}, {"atol": -1}, {"rtol": float("nan")}, {"nondet_tol": -1}]
)
def test_settings_out_of_range(check: Any, bad: dict[str, float]) -> None:
    with pytest.raises(HyperparameterError, match=next(iter(bad))):
        check(lambda x: x, leaf(1.0), **bad)


@CHECKS
def test_nondet_tol(check: Any) -> None:
    noise = iter(np.arange(10_000) * 1e-16)

    def f(x: Tensor) -> Tensor:
        return x * x + float(next(noise))

    with pytest.raises(GradcheckError, match="nondeterministic"):
        check(f, leaf(0.25))
    assert check(f, leaf(0.25), nondet_tol=1e-10) is True


class Pair(Function):
    """x² and x³; the backward takes None for a thousand, or for 0 as it should."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, right: bool) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        ctx.instead = 0.0 if right else 1000.0
        return x * x, x * x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor | None, h: Tensor | None) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        first = ctx.instead if g is None else g
        second = 0.0 if h is None else h
        return first * 2 * x + second * 3 * x * x, None


def test_check_undefined_grad() -> None:
    x = leaf(0.5, 2.0)
    assert gradcheck(lambda x: Pair.apply(x, True), x)
    assert gradgradcheck(lambda x: Pair.apply(x, True), x)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: Pair.apply(x, False), x)
    assert "Pair" in caught.value.english
    assert "does the backward take None for 0?" in caught.value.english
    assert "backward가 None을 0으로 다루는지" in caught.value.korean
    with pytest.raises(GradcheckError) as caught:  # and the numbers are wrong, too
        gradcheck(lambda x: Pair.apply(x, False), x, check_undefined_grad=False)
    assert "None for 0" not in caught.value.english


@pytest.mark.parametrize("number", range(6))
def test_fast_mode_finds_what_the_whole_jacobian_finds(number: int) -> None:
    """A fault in one element of one input of several."""
    a, b = leaf(0.5, -1.0, 2.0), leaf(0.3, 0.7, -0.2)
    mask = tg.tensor(np.eye(6)[number].reshape(2, 3))

    def f(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        both = tg.stack([a, b])
        off = Scaled.apply(both, 1.0, 1.001)
        return (both * (1 - mask) + off * mask).exp(), a * b

    said = []
    for fast in (False, True):
        with pytest.raises(GradcheckError) as caught:
            gradcheck(f, (a, b), fast_mode=fast)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert f"input {number // 3} at [{number % 3}]" in said[0]


def test_fast_mode_spares_the_jacobian() -> None:
    runs = {False: 0, True: 0}
    for fast in runs:

        def f(x: Tensor, fast: bool = fast) -> Tensor:
            runs[fast] += 1
            return x.exp()

        gradcheck(f, tg.ones(50, dtype=tg.float64, requires_grad=True), fast_mode=fast)
    assert runs[True] < runs[False] / 10


@CHECKS
def test_other_arguments_are_handed_on(check: Any) -> None:
    index = tg.tensor([1, 0])
    constant = tg.tensor([2.0, 3.0])  # float32, no gradient wanted: left alone
    seen: list[tuple[Any, ...]] = []

    def f(*args: Any) -> Tensor:
        seen.append(args[1:])
        x, index, constant, exponent, *_, parts = args
        return x[index] ** exponent * constant.double() + parts[0]

    assert check(f, (leaf(0.5, 1.5), index, constant, 3, "name", None, [leaf(1.0, 1.0)]))
    for index_, constant_, exponent, name, nothing, _ in seen:
        assert index_.dtype == tg.int64
        assert constant_.dtype == tg.float32
        assert (exponent, name, nothing) == (3, "name", None)


@CHECKS
def test_an_input_inside_a_list_is_checked_too(check: Any) -> None:
    with pytest.raises(GradcheckError, match="input 1 at"):
        check(lambda x, more: x + wrong(more["w"][0]), (leaf(0.5), {"w": [leaf(0.2)]}))


@CHECKS
def test_no_input_to_differentiate_by(check: Any) -> None:
    for inputs in [tg.ones(2).double(), (tg.tensor([1, 2]), 3.0), ()]:
        with pytest.raises(ArgumentError) as caught:
            check(lambda *a: a[0], inputs)
        assert "requires_grad_()" in caught.value.korean
        assert "requires_grad_()" in caught.value.english


@CHECKS
def test_no_floating_output(check: Any) -> None:
    for f in [lambda x: x > 0, lambda x: None, lambda x: 3.0, lambda x: (x.argmax(), [])]:
        with pytest.raises(ArgumentError, match="floating"):
            check(f, leaf(1.0))


@CHECKS
def test_integer_outputs_are_left_alone(check: Any) -> None:
    assert check(lambda x: x.sort(), leaf(0.5, 2.0, -1.0))
    assert check(lambda x: {"values": x.exp(), "index": x.argmax()}, leaf(0.5, 2.0))


@CHECKS
@pytest.mark.parametrize("dtype", [tg.float32, tg.float16])
def test_float64_is_asked_for(check: Any, dtype: Any) -> None:
    with pytest.raises(DTypeError) as caught:
        check(lambda x, y: x * y, (leaf(1.0), tg.ones(1, dtype=dtype, requires_grad=True)))
    for words in (caught.value.korean, caught.value.english):
        assert "inputs[1]" in words
        assert "double()" in words
    with pytest.raises(DTypeError, match=r"grad_outputs\[0\]"):
        gradgradcheck(lambda x: x * x, leaf(1.0), tg.ones(1, dtype=dtype, requires_grad=True))


def test_an_output_cut_from_the_graph() -> None:
    """All outputs without a graph: held to be constant, as PyTorch does. One of several: left."""
    x = leaf(0.5, 2.0)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: x.detach() * 2, x)
    assert "detach()" in caught.value.korean
    assert "ratio 0." in caught.value.english
    assert gradcheck(lambda x: tg.ones(2).double(), x)
    assert gradcheck(lambda x: (x.exp(), x.detach()), x)
    assert gradgradcheck(lambda x: (x.detach(), x.exp()), x)


@CHECKS
def test_inputs_that_do_not_matter(check: Any) -> None:
    assert check(lambda x, y: x * 2, (leaf(0.5), leaf(1.0)))
    assert check(lambda x, y: x * x + 0 * y, (leaf(0.5), leaf(1.0)))
    assert check(lambda x: x[:1] ** 2, leaf(0.5, 1.0))


@CHECKS
def test_the_same_tensor_twice(check: Any) -> None:
    x = leaf(0.5, 2.0)
    assert check(lambda a, b: a * b * a, (x, x))
    with pytest.raises(GradcheckError, match="input 1 at"):
        check(lambda a, b: a * wrong(b), (x, x))


@CHECKS
def test_non_leaf_inputs(check: Any) -> None:
    x = leaf(0.5, 2.0)
    assert check(lambda y: y * y.exp(), x.sin() + 2)
    assert x.grad is None


@CHECKS
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (2, 1, 2)])
@pytest.mark.parametrize("fast_mode", [False, True])
def test_zero_size_and_0d(check: Any, shape: tuple[int, ...], fast_mode: bool) -> None:
    x = tg.full(shape, 0.7, dtype=tg.float64, requires_grad=True)
    assert check(lambda x: x * x.exp(), x, fast_mode=fast_mode)
    assert check(lambda x: (x * x).sum(), x, fast_mode=fast_mode)


@pytest.mark.parametrize("layout", ["transposed", "strided", "expanded", "read-only"])
def test_any_memory_layout(layout: str) -> None:
    base = np.arange(1.0, 7).reshape(2, 3)
    array = {
        "transposed": base.T,
        "strided": base[:, ::-2],
        "expanded": np.broadcast_to(base[0], (2, 3)),
        "read-only": np.broadcast_to(base, (2, 3)),
    }[layout]
    x = wrap(array)
    assert gradcheck(lambda x: (x * x).sum(0), x.requires_grad_())
    np.testing.assert_array_equal(base, np.arange(1.0, 7).reshape(2, 3))


@CHECKS
def test_a_function_that_changes_its_inputs(check: Any) -> None:
    """It is told so, and every input is as it was."""
    x, y, n = leaf(0.5, 2.0), leaf(3.0), tg.tensor([1, 2])

    def f(x: Tensor, y: Tensor, n: Tensor) -> Tensor:
        result = x * y
        for t in (y, n):
            array = t.detach().numpy()
            array += 1
        return result

    with pytest.raises(GradcheckError) as caught:
        check(f, (x, y, n))
    assert "1번째 입력을 제자리에서" in caught.value.korean
    assert "changed its input 1 in place" in caught.value.english
    np.testing.assert_array_equal(y.detach().numpy(), [3.0])
    np.testing.assert_array_equal(n.numpy(), [1, 2])


@CHECKS
def test_grad_of_the_users_tensors_is_not_touched(check: Any) -> None:
    x, w, untouched = leaf(0.5, 2.0), leaf(1.0, 3.0), leaf(1.0, 1.0)
    (x * w).sum().backward()
    before = x.grad.clone(), w.grad.clone()
    assert check(lambda x: (x * w).exp() + untouched, x)
    assert tg.equal(x.grad, before[0])
    assert tg.equal(w.grad, before[1])
    assert untouched.grad is None
    assert x.requires_grad
    assert x.is_leaf


@CHECKS
def test_hooks_on_the_inputs_do_not_run(check: Any) -> None:
    x = leaf(0.5)
    x.register_hook(lambda g: g * 100)
    assert check(lambda x: x * x, x)


def test_a_hook_within_is_a_wrong_gradient() -> None:
    def f(x: Tensor) -> Tensor:
        y = x * x
        y.register_hook(lambda g: g * 2)
        return y.exp()

    with pytest.raises(GradcheckError, match="ratio 2"):
        gradcheck(f, leaf(0.5))


@CHECKS
def test_within_no_grad(check: Any) -> None:
    """The check is asked to differentiate: it records, whatever is set outside."""
    with tg.no_grad():
        assert check(lambda x: x * x, leaf(0.5))
        with pytest.raises(GradcheckError):
            check(wrong, leaf(0.5))
        assert not tg.is_grad_enabled()


def test_grad_outputs_given() -> None:
    x = leaf(0.5, 2.0)
    seed = leaf(1.0, -2.0)
    assert gradgradcheck(lambda x: x**3, x, seed)
    assert gradgradcheck(lambda x: (x**3, x.exp()), x, (seed, seed))
    assert gradgradcheck(lambda x: x**3, x, seed.detach())
    with pytest.raises(ShapeError):
        gradgradcheck(lambda x: x**3, x, leaf(1.0))


class SecondOnly(Function):
    """x², whose backward gives a gradient that is wrong in g itself where g is negative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.x = x.detach()
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return 2 * ctx.x * g


def test_grad_output_is_an_input_of_the_second_check() -> None:
    class Detached(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return 2 * x * g.detach()

    x = leaf(0.5, 2.0)
    assert gradcheck(Detached.apply, x)
    with pytest.raises(GradcheckError) as caught:
        gradgradcheck(Detached.apply, x)
    assert "0번째 grad_output" in caught.value.korean
    assert "grad_output 0 at" in caught.value.english


def test_a_saved_value_outside_the_graph_fails_the_second_check_alone() -> None:
    x = leaf(0.5, 2.0)
    assert gradcheck(SecondOnly.apply, x)
    with pytest.raises(GradcheckError, match="SecondOnly"):
        gradgradcheck(SecondOnly.apply, x)


def test_a_gradient_wrong_at_first_fails_the_first_check() -> None:
    with pytest.raises(GradcheckError, match="ratio 3"):
        gradcheck(lambda x: Scaled.apply(x, 1.0, 3.0), leaf(0.5))


def test_once_differentiable() -> None:
    class Once(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x.exp()

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return g * x.exp()

    assert gradcheck(lambda x: Once.apply(x * 2).sum(), leaf(0.5))
    with pytest.raises(GradientError, match="once_differentiable"):
        gradgradcheck(lambda x: Once.apply(x * 2).sum(), leaf(0.5))


def test_a_backward_that_gives_none() -> None:
    class NoGradient(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
            ctx.save_for_backward(y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
            (y,) = ctx.saved_tensors
            return g * y, None

    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x, y: NoGradient.apply(x, y).exp(), (leaf(0.5), leaf(2.0)))
    assert "input 1 at [0]" in caught.value.english
    assert "a None returned" in caught.value.english
    assert "None을 돌려주거나" in caught.value.korean


def test_a_gradient_that_is_the_input_itself() -> None:
    """The engine copies before it lets a leaf have such a gradient: no fault of the Function."""

    class Bilinear(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
            ctx.save_for_backward(x, y)
            return (x * y).sum()

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
            x, y = ctx.saved_tensors
            return (y, x) if float(g.detach()) == 1 else (g * y, g * x)

    assert gradcheck(Bilinear.apply, (leaf(0.5, 1.0), leaf(2.0, 3.0)))


def test_nan_from_a_backward() -> None:
    class Dividing(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return g * 2 * x * x / x

    assert gradcheck(Dividing.apply, leaf(0.5))
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: Dividing.apply(x) + x, leaf(0.0, 0.5))
    assert "유한하지 않은" in caught.value.korean
    assert "not finite" in caught.value.english


def plain_calls() -> list[Any]:
    return [
        Primitive.__call__,
        Unary.__call__,
        Binary.__call__,
        Function.__dict__["apply"].__func__,
    ]


@CHECKS
def test_exceptions_of_the_function_pass_through(check: Any) -> None:
    before = plain_calls()
    calls = iter(range(10_000))

    def f(x: Tensor, fails_at: int) -> Tensor:
        if next(calls) == fails_at:
            raise ZeroDivisionError("mine")
        return wrong(x)

    total = 0
    with pytest.raises(GradcheckError):
        check(lambda x: f(x, -1), leaf(0.5))
    total = next(calls)
    for fails_at in range(total):
        calls = iter(range(10_000))
        with pytest.raises(ZeroDivisionError, match="mine"):
            check(lambda x, n=fails_at: f(x, n), leaf(0.5))
        assert plain_calls() == before


def test_a_check_within_a_checked_function() -> None:
    before = plain_calls()

    def f(x: Tensor) -> Tensor:
        assert gradcheck(lambda y: y.exp(), leaf(1.0))
        assert gradcheck(wrong, leaf(1.0), raise_exception=False) is False
        with pytest.raises(GradcheckError, match="Scaled"):
            gradcheck(wrong, leaf(1.0))
        return wrong(x)

    with pytest.raises(GradcheckError, match="Scaled"):
        gradcheck(f, leaf(0.5))
    assert plain_calls() == before


def test_from_several_threads_at_once() -> None:
    """Each names its own fault, other threads compute as ever, and nothing stays watched."""
    before = plain_calls()
    said: list[tuple[int, str]] = []
    failed: list[BaseException] = []
    start = threading.Barrier(4)

    def work(i: int) -> None:
        kind = type(f"Mine{i}", (Scaled,), {})
        try:
            start.wait()
            for _ in range(5):
                x = leaf(0.5, 1.0)
                assert gradcheck(lambda x: x.exp() * x, x)
                with pytest.raises(GradcheckError) as caught:
                    gradcheck(lambda x: kind.apply(x.sin() * x, 1.0, 2.0).exp(), x)
                said.append((i, caught.value.english))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(said) == 20
    assert all(f": Mine{i} " in words for i, words in said)
    assert plain_calls() == before


def test_nothing_is_kept_alive() -> None:
    x = leaf(0.5)
    gradcheck(lambda x: x.exp(), x)
    with pytest.raises(GradcheckError):
        gradcheck(wrong, x)
    gone = weakref.ref(x)
    del x
    gc.collect()
    assert gone() is None


class WholePrize(Function):
    """A maximum that gives every tied element the whole gradient: right one by one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.amax()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * (x == x.amax()).to(x.dtype)


@pytest.mark.parametrize("fast", [False, True])
def test_tied_elements_are_moved_together(fast: bool) -> None:
    x = tg.tensor([3.0, 1.0, 3.0], dtype=tg.float64, requires_grad=True)
    for f in (WholePrize.apply, lambda x: WholePrize.apply(x * 2) + x.sum()):
        with pytest.raises(GradcheckError, match=r"moved alike.*ratio 2\.") as caught:
            gradcheck(f, x, fast_mode=fast)
        assert "WholePrize" in str(caught.value)
    for f in (tg.amax, lambda x: x.max(0).values.sin(), lambda x: x.relu() - (-x).relu()):
        assert gradcheck(f, x, fast_mode=fast)
