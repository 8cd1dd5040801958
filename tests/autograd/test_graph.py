"""The graph contract: what backward, grad, the modes and the flags promise."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import errors


def leaf(value: object, dtype: object = tg.float64) -> tg.Tensor:
    return tg.tensor(value, dtype=dtype, requires_grad=True)


def assert_same(t: tg.Tensor | None, value: object) -> None:
    assert t is not None
    np.testing.assert_allclose(t.numpy(), value, rtol=1e-12)


class TestBackward:
    @pytest.mark.parametrize("create_graph", [False, True])
    def test_a_gradient_has_the_shape_and_dtype_of_its_value(self, create_graph: bool) -> None:
        x, w = leaf([[1.0], [2.0]], tg.float32), leaf([3.0, 4.0])
        y = x * w
        assert y.dtype == tg.float64
        y.sum().backward(create_graph=create_graph)
        assert x.grad is not None and w.grad is not None
        assert (x.grad.dtype, x.grad.shape) == (tg.float32, (2, 1))
        assert (w.grad.dtype, w.grad.shape) == (tg.float64, (2,))
        assert_same(x.grad.detach(), [[7.0], [7.0]])

    def test_a_value_used_twice_adds_both_paths(self) -> None:
        x = leaf([1.0, 2.0])
        y = x * x
        (y * x + y).sum().backward()
        assert_same(x.grad, 3 * np.array([1.0, 4.0]) + 2 * np.array([1.0, 2.0]))

    def test_grad_accumulates_over_calls(self) -> None:
        x = leaf(3.0)
        (x * x).backward()
        (x * x).backward()
        assert_same(x.grad, 12.0)

    def test_inner_values_keep_no_gradient_between_walks(self) -> None:
        """Museum G2: (x²)² at 2 must give 32 twice, 64 in all, not 96."""
        x = leaf(2.0)
        y = x * x
        z = y * y
        z.backward(retain_graph=True)
        z.backward()
        assert_same(x.grad, 64.0)
        assert y.grad is None

    def test_the_upstream_gradient_scales_the_result(self) -> None:
        x = leaf([1.0, 2.0, 3.0])
        (x * x).backward(tg.tensor([1.0, 10.0, 100.0]))
        assert_same(x.grad, [2.0, 40.0, 600.0])

    def test_inputs_limits_what_is_written(self) -> None:
        a, b = leaf(2.0), leaf(3.0)
        (a * b).backward(inputs=a)
        assert_same(a.grad, 3.0)
        assert b.grad is None

    def test_inputs_takes_an_inner_value(self) -> None:
        a = leaf(2.0)
        y = a * a
        (y * y).backward(inputs=[y])
        assert_same(y.grad, 8.0)
        assert a.grad is None

    def test_several_outputs_at_once(self) -> None:
        x = leaf([1.0, 2.0])
        tg.autograd.backward([x * 2, (x * x).sum()], [tg.tensor([1.0, 1.0]), None])
        assert_same(x.grad, [4.0, 6.0])

    def test_one_element_of_any_shape_starts_by_itself(self) -> None:
        x = leaf([[5.0]])
        (x * x).backward()
        assert_same(x.grad, [[10.0]])

    def test_backward_of_a_leaf_itself(self) -> None:
        x = leaf(4.0)
        x.backward()
        assert_same(x.grad, 1.0)

    @given(st.lists(st.sampled_from(["add", "mul", "twice"]), min_size=1, max_size=12))
    def test_random_programs_equal_their_polynomial(self, program: list[str]) -> None:
        x = leaf(0.7)
        y, derivative, value = x, 1.0, 0.7
        for step in program:
            if step == "add":
                y, value, derivative = y + x, value + 0.7, derivative + 1.0
            elif step == "mul":
                y, derivative, value = y * x, derivative * 0.7 + value, value * 0.7
            else:
                y, value, derivative = y + y, value * 2, derivative * 2
        y.backward()
        assert_same(x.grad, derivative)


class TestGradIsOwned:
    """A leaf's .grad is an owned, writable, contiguous array, aliased by nothing."""

    @pytest.mark.parametrize(
        "f",
        [
            lambda a, b: (a + b).sum(),
            lambda a, b: (a - b).sum(),
            lambda a, b: (a * 1.0 + b.T.T).sum(),
            lambda a, b: a.sum() + b.expand(2, 3).sum(),
            lambda a, b: (a.T @ b).sum(),
            lambda a, b: (a.reshape(6) + b.reshape(6)).sum(),
            lambda a, b: tg.cat([a, b]).sum(),
            lambda a, b: tg.stack([a, b]).sum(),
        ],
    )
    def test_owned(self, f: Any) -> None:
        a, b = leaf(np.ones((2, 3))), leaf(np.ones((2, 3)))
        f(a, b).backward()
        assert a.grad is not None and b.grad is not None
        for g in (a.grad.numpy(), b.grad.numpy()):
            assert g.flags.owndata and g.flags.writeable and g.flags.c_contiguous
        assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())

    def test_the_users_gradient_is_not_adopted(self) -> None:
        x, g = leaf([1.0, 2.0]), tg.tensor([3.0, 4.0], dtype=tg.float64)
        (x + 0.0).backward(g)
        assert x.grad is not None
        assert not np.shares_memory(x.grad.numpy(), g.numpy())

    def test_a_grad_that_was_read_is_not_written_by_a_fresh_walk(self) -> None:
        x = leaf([1.0, 2.0])
        (x * x).sum().backward()
        read = x.grad
        assert read is not None
        x.grad = None
        (x * 5).sum().backward()
        assert_same(read, [2.0, 4.0])
        assert_same(x.grad, [5.0, 5.0])

    def test_results_of_grad_do_not_alias(self) -> None:
        a, b = leaf([1.0]), leaf([2.0])
        ga, gb = tg.autograd.grad((a + b).sum(), (a, b))
        assert not np.shares_memory(ga.numpy(), gb.numpy())
        ga, gb = tg.autograd.grad((a * 2).sum(), (a, a))
        assert not np.shares_memory(ga.numpy(), gb.numpy())


class TestGrad:
    def test_touches_no_grad_attribute(self) -> None:
        x = leaf(3.0)
        (g,) = tg.autograd.grad(x * x, x)
        assert_same(g, 6.0)
        assert x.grad is None

    def test_higher_derivatives(self) -> None:
        x = leaf(2.0)
        y = x**5
        for power, factor in ((4, 5), (3, 20), (2, 60), (1, 120), (0, 120)):
            (y,) = tg.autograd.grad(y, x, create_graph=True)
            assert_same(y.detach(), factor * 2.0**power)

    def test_unused_input(self) -> None:
        x, z = leaf(1.0), leaf(1.0)
        y = x * 2
        with pytest.raises(errors.GradientError, match="allow_unused"):
            tg.autograd.grad(y, (x, z), retain_graph=True)
        g = tg.autograd.grad(y, (x, z), allow_unused=True, retain_graph=True)
        assert g[1] is None
        g = tg.autograd.grad(y, (x, z), materialize_grads=True)
        assert_same(g[1], 0.0)

    def test_by_an_inner_value(self) -> None:
        x = leaf(3.0)
        y = x * x
        (g,) = tg.autograd.grad(y * y, y)
        assert_same(g, 18.0)

    def test_of_a_value_by_itself(self) -> None:
        x = leaf(3.0)
        y = x * x
        (g,) = tg.autograd.grad(y, y)
        assert_same(g, 1.0)

    def test_create_graph_backward_gives_a_grad_with_a_graph(self) -> None:
        x = leaf(2.0)
        (x**3).backward(create_graph=True)
        assert x.grad is not None and x.grad.requires_grad
        g = x.grad
        x.grad = None
        g.backward()
        assert_same(x.grad, 12.0)


class TestRefusals:
    def test_a_second_walk_of_a_freed_graph(self) -> None:
        x = leaf(2.0)
        y = x * x
        y.backward()
        with pytest.raises(errors.GradientError, match="second time"):
            y.backward()
        assert_same(x.grad, 4.0)

    def test_backward_on_a_non_scalar(self) -> None:
        with pytest.raises(errors.GradientError, match=r"\(2, 3\)"):
            (leaf(np.ones((2, 3))) * 2).backward()

    def test_backward_without_a_graph(self) -> None:
        with pytest.raises(errors.GradientError, match="does not require grad"):
            tg.tensor(1.0).backward()

    def test_a_gradient_of_the_wrong_shape(self) -> None:
        with pytest.raises(errors.ShapeError, match=r"\(3,\).*\(2,\)"):
            (leaf([1.0, 2.0]) * 2).backward(tg.ones(3))

    def test_a_gradient_asked_of_an_integer(self) -> None:
        with pytest.raises(errors.GradientError, match="int64"):
            tg.tensor([1, 2], requires_grad=True)
        with pytest.raises(errors.GradientError, match="bool"):
            tg.tensor([True]).requires_grad_()

    def test_empty_inputs(self) -> None:
        with pytest.raises(errors.GradientError, match="empty"):
            (leaf(1.0) * 2).backward(inputs=[])

    def test_requires_grad_of_an_inner_value_cannot_be_turned_off(self) -> None:
        with pytest.raises(errors.GradientError, match="leaf"):
            (leaf(1.0) * 2).requires_grad_(False)

    @pytest.mark.parametrize("value", [1.0, np.ones(2), "g"])
    def test_grad_must_be_a_tensor(self, value: object) -> None:
        x = leaf([1.0, 2.0])
        with pytest.raises(errors.GradientError):
            x.grad = value  # type: ignore[assignment]
        assert x.grad is None

    def test_grad_must_fit(self) -> None:
        x = leaf([1.0, 2.0])
        with pytest.raises(errors.ShapeError):
            x.grad = tg.ones(3, dtype=tg.float64)
        with pytest.raises(errors.ShapeError):
            x.grad = tg.ones(2, dtype=tg.float32)

    def test_a_failing_walk_changes_no_grad(self) -> None:
        x, w = leaf([1.0, 2.0]), leaf([1.0, 1.0])
        y = x * 1.0
        kept = y * w
        z = kept.sum() + (x * 3).sum()
        y.mul_(2)
        with pytest.raises(errors.InplaceError, match=r"version 0.*version 1|MulBackward0"):
            z.backward()
        assert x.grad is None and w.grad is None

    def test_every_message_has_both_languages(self) -> None:
        with pytest.raises(errors.TinygradKrError) as caught:
            tg.tensor(1.0).backward()
        korean, english = str(caught.value).split("\n")
        assert any("가" <= c <= "힣" for c in korean)
        assert english.isascii()


class TestModes:
    def test_no_grad_and_back(self) -> None:
        x = leaf(1.0)
        with tg.no_grad():
            assert not tg.is_grad_enabled()
            assert not (x * 2).requires_grad
            with tg.enable_grad():
                assert (x * 2).requires_grad
        assert (x * 2).requires_grad

    @pytest.mark.parametrize(
        "decorator", [lambda: tg.no_grad, tg.no_grad, lambda: tg.set_grad_enabled(False)]
    )
    def test_as_decorators(self, decorator: Any) -> None:
        @decorator()  # type: ignore[untyped-decorator]
        def f(x: tg.Tensor) -> tg.Tensor:
            return x * 2

        assert f.__name__ == "f"
        assert tg.is_grad_enabled()
        assert not f(leaf(1.0)).requires_grad
        assert tg.is_grad_enabled()

    def test_set_grad_enabled_as_a_function(self) -> None:
        tg.set_grad_enabled(False)
        try:
            assert not (leaf(1.0) * 2).requires_grad
        finally:
            tg.set_grad_enabled(True)
        assert (leaf(1.0) * 2).requires_grad

    def test_an_error_inside_puts_the_mode_back(self) -> None:
        with pytest.raises(KeyError), tg.no_grad():
            raise KeyError
        assert tg.is_grad_enabled()

    def test_inference_mode(self) -> None:
        with tg.inference_mode():
            assert tg.is_inference_mode_enabled()
            with tg.enable_grad():
                assert not (leaf(1.0) * 2).requires_grad
        assert not tg.is_inference_mode_enabled() and tg.is_grad_enabled()

    def test_one_mode_a_thread(self) -> None:
        seen: list[bool] = []
        with tg.no_grad():
            thread = threading.Thread(target=lambda: seen.append(tg.is_grad_enabled()))
            thread.start()
            thread.join()
        assert seen == [True]


class TestHooks:
    def test_a_hook_sees_and_replaces(self) -> None:
        x = leaf([1.0, 2.0])
        y = x * 2
        seen = []
        y.register_hook(lambda g: seen.append(g.numpy().copy()))
        y.register_hook(lambda g: g * 10)
        (y * 3).sum().backward()
        np.testing.assert_allclose(seen[0], [3.0, 3.0])
        assert_same(x.grad, [60.0, 60.0])

    def test_a_leaf_hook_sees_the_sum_once(self) -> None:
        x = leaf(1.0)
        seen = []
        handle = x.register_hook(lambda g: seen.append(g.item()))
        (x * 2 + x * 3).backward()
        assert seen == [5.0]
        handle.remove()
        (x * 2).backward()
        assert seen == [5.0]
        assert_same(x.grad, 7.0)

    def test_a_hook_may_keep_its_gradient(self) -> None:
        x, kept = leaf([1.0, 2.0]), []
        x.register_hook(lambda g: kept.append(g))
        (x * 2).sum().backward()
        assert x.grad is not None
        assert not np.shares_memory(x.grad.numpy(), kept[0].numpy())

    def test_retain_grad(self) -> None:
        x = leaf(3.0)
        y = x * x
        y.retain_grad()
        assert y.retains_grad and not x.retains_grad
        (y * 2).backward()
        assert_same(y.grad, 2.0)
        assert_same(x.grad, 12.0)

    def test_hooks_under_create_graph(self) -> None:
        x = leaf(2.0)
        y = x * x
        y.register_hook(lambda g: g * x)
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        assert_same(g.detach(), 8.0)
        assert_same(tg.autograd.grad(g, x)[0], 8.0)

    def test_a_hook_returning_nonsense(self) -> None:
        x = leaf([1.0, 2.0])
        x.register_hook(lambda g: g.sum())
        with pytest.raises(errors.ShapeError):
            (x * 2).sum().backward()
        assert x.grad is None

    def test_no_hook_without_a_gradient(self) -> None:
        with pytest.raises(errors.GradientError):
            tg.tensor(1.0).register_hook(print)


class TestFlags:
    def test_leaves_and_grad_fn(self) -> None:
        x = leaf(1.0)
        y = x * 2
        assert x.is_leaf and x.grad_fn is None and x.requires_grad
        assert not y.is_leaf and y.requires_grad
        assert y.grad_fn is not None and y.grad_fn.name() == "MulBackward0"
        assert y.grad_fn.next_functions[0][0].name() == "AccumulateGrad"
        assert "MulBackward0" in repr(y.grad_fn) and "AccumulateGrad" in repr(y.grad_fn)
        assert tg.tensor(1.0).is_leaf

    def test_detach_shares_memory_and_version(self) -> None:
        x = leaf([1.0, 2.0])
        y = x * 1
        d = y.detach()
        assert not d.requires_grad and np.shares_memory(d.numpy(), y.detach().numpy())
        z = (y * y).sum()
        d.zero_()
        with pytest.raises(errors.InplaceError):
            z.backward()

    def test_data_has_a_version_of_its_own(self) -> None:
        x = leaf([1.0, 2.0])
        z = (x * x).sum()
        x.data.mul_(3)
        z.backward()
        assert_same(x.grad, 2 * np.array([3.0, 6.0]))

    def test_the_output_kept_is_checked_too(self) -> None:
        x = leaf([1.0])
        y = tg.exp(x)
        z = y.sum()
        y.add_(1)
        with pytest.raises(errors.InplaceError, match="ExpBackward0"):
            z.backward()

    def test_what_is_not_kept_may_change(self) -> None:
        x = leaf([1.0, 2.0])
        c = tg.tensor([3.0, 4.0], dtype=tg.float64)
        y = x * 1.0
        z = (y * c).sum()
        y.mul_(100)
        z.backward()
        assert_same(x.grad, [3.0, 4.0])

    def test_a_quotient_may_change(self) -> None:
        x = leaf([1.0, 2.0])
        y = 6.0 / x
        y.mul_(10)
        y.sum().backward()
        assert_same(x.grad, [-60.0, -15.0])

    def test_an_integer_kept_is_checked(self) -> None:
        x, i = leaf([1.0, 2.0]), tg.tensor([3, 4])
        z = (x * i).sum()
        i.add_(1)
        with pytest.raises(errors.InplaceError):
            z.backward()

    def test_versions_are_checked_in_the_second_walk_too(self) -> None:
        x = leaf([2.0])
        y = x * 1
        (g,) = tg.autograd.grad((y * y * y).sum(), y, create_graph=True)
        z = g.sum()
        y.add_(1)
        with pytest.raises(errors.InplaceError):
            z.backward()


class TestCopies:
    def test_a_copy_of_a_leaf_is_no_leaf(self) -> None:
        w, x = leaf([1.0, 2.0]), tg.zeros(2, dtype=tg.float64)
        x.copy_(w)
        assert not x.is_leaf and x.grad_fn is not None
        (x * 3).sum().backward()
        assert_same(w.grad, [3.0, 3.0])
        assert x.grad is None

    def test_a_copy_has_a_gradient_of_its_own(self) -> None:
        w = leaf([1.0, 2.0])
        z, x = w * 2, tg.zeros(2, dtype=tg.float64)
        x.copy_(z)
        loss = (x * 3 + z * 5).sum()
        gx, gz, gw = tg.autograd.grad(loss, (x, z, w))
        assert_same(gx, [3.0, 3.0])
        assert_same(gz, [8.0, 8.0])
        assert_same(gw, [16.0, 16.0])

    def test_retain_grad_follows_an_in_place_change(self) -> None:
        y = leaf([1.0, 2.0]) * 2
        y.retain_grad()
        y.mul_(3)
        (y * 5).sum().backward()
        assert_same(y.grad, [5.0, 5.0])


class TestRetainGrad:
    def test_follows_a_write_through_a_view(self) -> None:
        y = leaf([1.0, 2.0]) * 2
        v = y[0:1]
        v.retain_grad()
        before = v * 3
        v.mul_(2)
        before.sum().backward(retain_graph=True)
        assert v.grad is None and v.retains_grad  # that was the gradient of the old value
        (v * 5).sum().backward()
        assert_same(v.grad, [5.0])

    def test_asked_for_as_an_input_too_counts_once(self) -> None:
        y = leaf([1.0, 2.0]) * 2
        y.retain_grad()
        (y * 3).sum().backward(inputs=[y])
        assert_same(y.grad, [3.0, 3.0])

    def test_a_failing_walk_changes_it_not(self) -> None:
        w = tg.exp(leaf([1.0, 2.0]))
        y = w * 1
        y.retain_grad()
        z = y.sum()
        w.mul_(2)
        with pytest.raises(errors.InplaceError):
            z.backward()
        assert y.grad is None


def test_a_product_is_a_view_of_nothing() -> None:
    w = leaf([3.0, 5.0])
    with tg.no_grad():
        y = tg.ones(2, 2, dtype=tg.float64) @ tg.ones(2, dtype=tg.float64)
    y.mul_(w)
    y.sum().backward()
    assert_same(w.grad, [2.0, 2.0])


class TestStaleViews:
    @pytest.mark.parametrize("asked", [False, True])
    def test_asking_for_a_flag_changes_no_answer(self, asked: bool) -> None:
        base = tg.tensor([1.0, 2.0])
        view = base[0:1]
        base.fill_(3.0)
        if asked:
            assert not view.requires_grad
        base.requires_grad_()
        assert view.requires_grad and not view.is_leaf


class TestAnomaly:
    def test_names_the_op_and_the_line(self) -> None:
        x = leaf(0.0)
        with tg.autograd.detect_anomaly():
            y = tg.sqrt(x)  # the line that the error must show
            with pytest.raises(errors.AnomalyError) as caught:
                (y * 0.0).backward()
        text = str(caught.value)
        assert "SqrtBackward0" in text
        assert "test_graph.py" in text and "the line that the error must show" in text
        assert x.grad is None

    def test_silent_outside(self) -> None:
        x = leaf(0.0)
        (tg.sqrt(x) * 0.0).backward()
        assert x.grad is not None and np.isnan(x.grad.item())

    def test_set_detect_anomaly(self) -> None:
        with tg.autograd.set_detect_anomaly(True):
            y = tg.sqrt(leaf(0.0))
            with pytest.raises(errors.AnomalyError):
                (y * 0.0).backward()


class TestMemory:
    def test_a_million_ops_without_recursion_or_the_collector(self) -> None:
        gc.collect()
        gc.disable()
        try:
            x = leaf(1.0)
            y = x
            for _ in range(1_000_000):
                y = y * 1.0000001
            first = weakref.ref(y.grad_fn)
            y.backward()
            assert_same(x.grad, 1.0000001**1_000_000)
            del y
            assert first() is None
        finally:
            gc.enable()

    def test_an_unwalked_graph_dies_by_reference_count(self) -> None:
        gc.disable()
        try:
            x = leaf([1.0, 2.0])
            y = tg.exp(x * x)
            z = (y[0] * y.sum()).sigmoid()
            nodes = [weakref.ref(t.grad_fn) for t in (y, z)]
            arrays = [weakref.ref(t) for t in (y, z)]
            del y, z
            assert all(n() is None for n in nodes) and all(a() is None for a in arrays)
        finally:
            gc.enable()

    def test_kept_values_are_freed_as_the_walk_goes(self) -> None:
        x = leaf([1.0])
        y = tg.exp(x)
        node = y.grad_fn
        assert node is not None and node.kept is not None
        y.sum().backward()
        assert node.kept is None

    def test_a_dead_leaf_is_passed_over(self) -> None:
        x, w = leaf(1.0), leaf(2.0)
        y = x * w
        del x
        y.backward()
        assert_same(w.grad, 1.0)


def test_two_threads_add_to_one_leaf() -> None:
    x = leaf(np.ones(50))
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        for _ in range(200):
            (x * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert_same(x.grad, np.full(50, 800.0))
