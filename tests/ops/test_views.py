"""Views and in-place changes: the graph contract, held to PyTorch over random programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.battery import check_op, leaf
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.errors import InplaceError, TinygradKrError
from tinygrad_kr.tensor import Tensor

Array = np.ndarray[Any, Any]
EXAMPLES = settings().max_examples

# Random programs. A step is a number for the kind and numbers for its choices; both libraries
# interpret it alike, on a pool of tensors that grows.


def number(n: int, choice: int) -> int:
    return choice % (2 * n) - n


DETACH = lambda x, k: x.detach()  # noqa: E731
VIEWS: list[Callable[[Any, int], Any]] = [
    lambda x, k: x[number(x.shape[0], k)],
    lambda x, k: x[..., k % x.shape[-1] :],
    lambda x, k: x[None],
    lambda x, k: x[:, number(x.shape[1], k)],
    lambda x, k: x[:: 1 + k % 2],
    lambda x, k: x.transpose(k % max(x.ndim, 1), -1),
    lambda x, k: x.reshape(-1),
    lambda x, k: x.reshape(*(1,) * (k % 2), x.shape[0], -1),
    lambda x, k: x.flatten(k % max(x.ndim, 1)),
    lambda x, k: x.unsqueeze(k % (x.ndim + 1)),
    lambda x, k: x.squeeze(),
    lambda x, k: x.movedim(0, -1),
    lambda x, k: x.expand(2, *x.shape)[k % 2],
    DETACH,
    lambda x, k: x.unbind(k % max(x.ndim, 1))[-1],
    lambda x, k: x.split(1, k % max(x.ndim, 1))[0],
]
# PyTorch does not write beneath the outputs of unbind and split; we do.
OURS_ALONE = VIEWS[-2:]
FRESH: list[Callable[[Any, Any], Any]] = [
    lambda x, w: x * w,
    lambda x, w: x * x,
    lambda x, w: (x + w).sigmoid(),
    lambda x, w: x.clone(),
]
WRITES: list[Callable[[Any, int, Any], Any]] = [
    lambda x, k, w: x.mul_(2),
    lambda x, k, w: x.mul_(w),
    lambda x, k, w: x.add_(w),
    lambda x, k, w: x.sigmoid_(),
    lambda x, k, w: x.neg_(),
    lambda x, k, w: x.zero_(),
    lambda x, k, w: x.fill_(w),
    lambda x, k, w: x.copy_(w * 3),
    lambda x, k, w: x.masked_fill_(x.detach() > 0.5, 0.25),
    lambda x, k, w: x.__setitem__(number(x.shape[0], k), 0.5),
    lambda x, k, w: x.__setitem__(slice(k % 2, None), w),
    lambda x, k, w: x.__setitem__((..., [-1]), w),
    lambda x, k, w: x.__setitem__(x.detach() > 0, w),
    lambda x, k, w: x.__setitem__(0, x[-1].clone() * w),
    lambda x, k, w: x[0].__iadd__(w),
    lambda x, k, w: x[..., 0].mul_(w),
]
STEP = st.tuples(
    st.sampled_from(["view", "view", "fresh", "write", "write", "no_grad write"]),
    st.integers(0, 15),
    st.integers(0, 30),
    st.integers(0, 30),
)


def run(kind: str, which: int, x: Any, k: int, w: Any, quiet: Callable[[], Any]) -> Any:
    if kind.startswith("no_grad"):
        with quiet():
            return run(kind.removeprefix("no_grad "), which, x, k, w, quiet)
    if kind == "view":
        return VIEWS[which % len(VIEWS)](x, k)
    if kind == "fresh":
        return FRESH[which % len(FRESH)](x, w)
    WRITES[which % len(WRITES)](x, k, w)
    return None


@settings(max_examples=3 * EXAMPLES)
@given(st.lists(STEP, max_size=12), st.integers(0, 99))
def test_random_programs_are_pytorchs(steps: list[tuple[str, int, int, int]], seed: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    a, c, s = rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, (3, 2)), np.array(0.7)
    x, w = leaf(a.copy()), leaf(s.copy())
    t, u = torch.tensor(a, requires_grad=True), torch.tensor(s, requires_grad=True)
    pool: list[tuple[Any, Any]] = [(x, t), (x * 1, t * 1), (wrap(c.copy()), torch.tensor(c))]
    for kind, which, i, k in steps:
        if kind == "view" and VIEWS[which % len(VIEWS)] in OURS_ALONE:
            continue
        ours, theirs = pool[-1 - i % len(pool)]
        try:
            its = run(kind, which, theirs, k, u, torch.no_grad)
        except (RuntimeError, IndexError, ValueError):
            continue
        mine = run(kind, which, ours, k, w, no_grad)
        if mine is not None:
            pool.append((mine, its))
    total, sum_ = 0.0, 0.0
    for n, (mine, its) in enumerate(pool):
        np.testing.assert_allclose(mine._array, its.detach().numpy(), rtol=1e-12, atol=1e-14)
        assert (mine.requires_grad, mine.is_leaf) == (its.requires_grad, its.is_leaf)
        scale = np.sin(np.arange(1.0, mine._array.size + 1) * (n + 1)).reshape(mine.shape)
        total = total + (mine * wrap(scale)).sum()
        sum_ = sum_ + (its * torch.tensor(scale)).sum()
    try:
        sum_.backward()
    except RuntimeError:
        return  # a kept value was written over; ours may be a copy, the next test says it is right
    total.backward()
    for mine, its in ((x, t), (w, u)):
        assert (mine.grad is None) == (its.grad is None)
        if its.grad is not None:
            np.testing.assert_allclose(mine.grad._array, its.grad.numpy(), rtol=1e-9, atol=1e-11)


@settings(max_examples=2 * EXAMPLES)
@given(st.lists(STEP.filter(lambda s: "no_grad" not in s[0]), max_size=10), st.integers(0, 99))
def test_random_programs_are_right(steps: list[tuple[str, int, int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, c, s = rng.uniform(0.1, 0.9, (2, 3)), rng.uniform(0.1, 0.9, (3, 2)), np.array(0.7)

    def program(x: Tensor, w: Tensor) -> tuple[Tensor, ...]:
        pool = [x * 1, wrap(c.copy())]
        for kind, which, i, k in steps:
            if VIEWS[which % len(VIEWS)] is not DETACH or kind != "view":
                try:
                    made = run(kind, which, pool[-1 - i % len(pool)], k, w, no_grad)
                except (TinygradKrError, IndexError):
                    continue
                if made is not None:
                    pool.append(made)
        return (*pool, w * 1)

    try:
        check_op(program, a, s, second=False, rtol=1e-5, atol=1e-6)
    except InplaceError:
        return


# The contract, sentence by sentence


def grad_of(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.tolist()


def test_a_write_through_a_view_reaches_the_base() -> None:
    x, w = leaf(np.ones((2, 2))), leaf(np.array(3.0))
    y = x * 1
    y[0].mul_(2)
    y.T[0] += w
    assert y.tolist() == [[5.0, 2.0], [4.0, 1.0]]
    assert y.grad_fn is not None and y.grad_fn.name() == "WriteBackward0"
    (y * y).sum().backward()
    assert grad_of(x) == [[20.0, 8.0], [8.0, 2.0]]
    assert grad_of(w) == 18.0


def test_an_augmented_assignment_writes_once() -> None:
    y = leaf(np.ones(3)) * 1
    y[0] += 1
    assert y._version == [1]
    (before,) = (n for n, _ in y.grad_fn.next_functions[:1])  # type: ignore[union-attr]
    assert before is not None and before.name() == "MulBackward0"
    y[[0, 1]] += 1
    assert y.tolist() == [3.0, 2.0, 1.0]


def test_assigning_a_detached_place_cuts_its_gradient() -> None:
    x = leaf(np.ones(3))
    y = x * 2
    y[0] = y[0].detach()
    y.sum().backward()
    assert grad_of(x) == [0.0, 2.0, 2.0]


def test_views_made_before_and_after_a_write() -> None:
    x = leaf(np.ones(3))
    y = x * 1
    early, deep = y[1:], y[1:][0]
    old = early.grad_fn
    y.mul_(3)
    late = y[1:]
    assert early.grad_fn is not old and early.tolist() == late.tolist() == [3.0, 3.0]
    early[0] *= 2
    assert deep.item() == 6.0
    (early.sum() + late.sum() + deep).backward()
    assert grad_of(x) == [0.0, 18.0, 6.0]


def test_a_view_of_a_base_that_needed_no_gradient() -> None:
    x, base = leaf(np.array(2.0)), wrap(np.zeros((2, 2)))
    row = base[0]
    assert not row.requires_grad
    base[0, 1] = x * x
    assert base.requires_grad and row.requires_grad
    row.sum().backward()
    assert grad_of(x) == 4.0


def test_outputs_of_unbind_and_split_are_writable_views() -> None:
    x = leaf(np.ones((2, 3)))
    y = x * 1
    a, b = y.unbind()
    a.mul_(2)
    b[0] = 0.0
    _, right = y.split([1, 2], 1)
    right.mul_(2)
    assert y.tolist() == [[2.0, 4.0, 4.0], [0.0, 2.0, 2.0]]
    (a.sum() + b.sum()).backward()
    assert grad_of(x) == [[2.0, 4.0, 4.0], [0.0, 2.0, 2.0]]


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_write_through_a_reshaped_view_in_any_layout(order: Any) -> None:
    a = np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    x = leaf(np.ones((2, 3)))
    y = wrap(a)
    flat = (y if order == "C" else y.T).view(-1)
    y += x  # the base takes a gradient; its own layout stays
    flat[1:3] = 0.0
    written = {"C": [[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]], "F": [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]}
    for g in (np.ones((2, 3)), np.asfortranarray(np.ones((2, 3)))):
        x.grad = None
        y.backward(wrap(g), retain_graph=True)
        assert grad_of(x) == written[order]


def test_versions_are_shared_by_base_views_and_detach_but_not_by_data() -> None:
    y = wrap(np.zeros((2, 2)))
    view, apart, data = y[0], y.detach(), y.data
    for t in (y, view, view[0], apart, apart[1], y.unbind(1)[0], y.T.reshape(2, 2).T):
        before = y._version[0]
        t += 1
        assert y._version[0] == before + 1
    before = y._version[0]
    data += 1
    y.data[0] += 1
    assert y._version[0] == before


def test_a_kept_value_written_through_a_view_or_detach_is_noticed() -> None:
    for write in (
        lambda y: y[0].zero_(),
        lambda y: y.T.mul_(2),
        lambda y: y.detach().add_(1),
        lambda y: y.__setitem__((0, 0), 1.0),
    ):
        y = leaf(np.ones((2, 2))) * 1
        z = (y * y).sum()
        write(y)
        with pytest.raises(InplaceError):
            z.backward()


def test_a_value_that_was_not_kept_may_change() -> None:
    x = leaf(np.ones(3))
    y = x * 1
    z = (y * 2).sum()
    y[0] = 5.0
    z.backward()
    assert grad_of(x) == [2.0, 2.0, 2.0]


def test_leaves_and_their_views_are_refused_unless_unrecorded() -> None:
    x = leaf(np.zeros((2, 2)))
    view = x[0]
    for write in (
        lambda: x.add_(1),
        lambda: view.add_(1),
        lambda: x.__setitem__(0, 1.0),
        lambda: x.__setitem__([0], 1.0),
        lambda: x.T.unbind()[0].zero_(),
    ):
        with pytest.raises(InplaceError):
            write()
    assert x.tolist() == [[0.0, 0.0], [0.0, 0.0]] and x._version == [0]
    with no_grad():
        x[0] = 1.0
        view += 1
        x.detach()[1] = 5.0
    assert x.tolist() == [[2.0, 2.0], [5.0, 5.0]] and x.is_leaf


def test_overlapping_memory_is_refused() -> None:
    x = leaf(np.ones((2, 1))) * 1
    wide = x.expand(2, 3)
    for write in (lambda: wide.add_(1), lambda: wide.__setitem__(0, 1.0), lambda: wide.T.zero_()):
        with pytest.raises(InplaceError):
            write()
    wide[:, 0] = 3.0
    x.expand(2, 1).mul_(2)
    assert x.tolist() == [[6.0], [6.0]]


def test_a_view_made_under_no_grad_takes_no_recorded_write() -> None:
    y = leaf(np.ones(3)) * 1
    with no_grad():
        view = y[1:]
        inner = view[0]
    for write in (lambda: view.mul_(2), lambda: inner.mul_(2), lambda: view[0].mul_(2)):
        with pytest.raises(InplaceError):
            write()
    with no_grad():
        view.mul_(2)
    assert y.tolist() == [1.0, 2.0, 2.0] and not view.requires_grad


def test_read_only_memory_is_refused() -> None:
    a = np.zeros(3)
    a.flags.writeable = False
    x = wrap(a)
    for write in (lambda: x.add_(1), lambda: x[1:].add_(1), lambda: x.__setitem__([0], 1.0)):
        with pytest.raises(InplaceError):
            write()


def test_writes_that_overlap_their_source() -> None:
    x = wrap(np.arange(4.0))
    x[1:] = x[:-1]
    assert x.tolist() == [0.0, 0.0, 1.0, 2.0]
    x.copy_(x[::-1])
    assert x.tolist() == [2.0, 1.0, 0.0, 0.0]


def test_a_long_loop_of_writes() -> None:
    x = leaf(np.ones(4))
    y = x * 0
    for i in range(3000):
        y[i % 4] += x[i % 3]
    y.sum().backward()
    assert sum(grad_of(x)) == 3000.0
