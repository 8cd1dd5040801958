"""The strategies give what they promise, all of it occurs, and it shrinks to what can be read."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr.testing import Call, broadcastable, indices, op_inputs, shapes, tensors

Tensor = tg.Tensor
FIRST = settings(max_examples=2000, database=None, derandomize=True, phases=[Phase.generate])
SIMPLEST = settings(FIRST, phases=[Phase.generate, Phase.shrink])


def array_of(t: Tensor) -> np.ndarray:
    return t.detach().numpy()


def occurs(strategy: st.SearchStrategy[Any], what: Any) -> Any:
    """A value of the strategy for which this holds; NoSuchExample if there is none."""
    return find(strategy, what, settings=FIRST)


def simplest(strategy: st.SearchStrategy[Any], what: Any) -> Any:
    """What a failing test would show."""
    return find(strategy, what, settings=SIMPLEST)


@given(shapes(1, 4, 2, 5))
def test_shapes_are_within_their_bounds(shape: tuple[int, ...]) -> None:
    assert 1 <= len(shape) <= 4
    assert all(2 <= side <= 5 for side in shape)


@given(shapes())
def test_shapes_by_default(shape: tuple[int, ...]) -> None:
    assert len(shape) <= 3
    assert all(0 <= side <= 3 for side in shape)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 0), (3, 1), (1, 2, 3)])
def test_every_kind_of_shape_occurs(shape: tuple[int, ...]) -> None:
    assert occurs(shapes(), lambda s: s == shape) == shape


def test_shapes_shrink_to_the_simplest() -> None:
    assert simplest(shapes(), lambda s: True) == ()
    assert simplest(shapes(), lambda s: len(s) == 3) == (1, 1, 1)
    assert simplest(shapes(), lambda s: len(s) > 1 and s[1] > 1) == (1, 2)
    assert simplest(shapes(2), lambda s: True) == (1, 1)


@given(st.data(), st.integers(1, 4))
def test_broadcastable_shapes_broadcast(data: st.DataObject, count: int) -> None:
    found = data.draw(broadcastable(count, max_dims=4, max_side=2))
    assert len(found) == count
    whole = np.broadcast_shapes(*found)
    assert len(whole) <= 4
    assert all(side <= 2 for side in whole)


@pytest.mark.parametrize(
    "what",
    [
        lambda a, b: a == b != (),
        lambda a, b: len(a) > len(b) > 0,
        lambda a, b: len(b) > len(a) > 0,
        lambda a, b: a == () != b,
        lambda a, b: len(a) == len(b) and 1 in a and a != b and 0 not in b,
        lambda a, b: len(a) == len(b) and 1 in b and a != b and 0 not in a,
        lambda a, b: len(a) == len(b) == 2 and a[0] == 1 == b[1] and a[1] > 1 and b[0] > 1,
        lambda a, b: 0 in a and 1 in b,
        lambda a, b: a == b == (),
    ],
)
def test_broadcasting_goes_both_ways(what: Any) -> None:
    occurs(broadcastable(2), lambda pair: what(*pair))


RANGES = st.tuples(st.sampled_from([-8.0, -2.0, 0.0, 0.25, 1.0]), st.sampled_from([0.5, 3.0, 16.0]))


@given(st.data(), RANGES)
def test_values_are_within_their_range_and_leaves(
    data: st.DataObject, bounds: tuple[float, float]
) -> None:
    low, width = bounds
    t = data.draw(tensors(low=low, high=low + width))
    a = array_of(t)
    assert t.is_leaf
    assert t.requires_grad
    assert t.dtype == tg.float64
    assert np.isfinite(a).all()
    assert ((low <= a) & (a < low + width)).all()
    np.testing.assert_array_equal(a, a.astype(np.float32))


KINKS = st.lists(st.sampled_from([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0]), max_size=3, unique=True)


@given(st.data(), KINKS, st.booleans())
def test_values_keep_away_from_kinks(
    data: st.DataObject, avoid: list[float], distinct: bool
) -> None:
    a = array_of(data.draw(tensors(avoid=avoid, distinct=distinct)))
    for kink in avoid:
        assert (np.abs(a - kink) >= 1 / 64).all()
    assert ((a >= -2) & (a < 2)).all()


@given(tensors(shapes(0, 3, 0, 4), distinct=True, avoid=(0.0,)))
def test_distinct_values_are_apart(t: Tensor) -> None:
    a = np.sort(array_of(t).ravel())
    assert (np.diff(a) > 1 / 128).all()


@given(
    st.data(), st.sampled_from([tg.float16, tg.float32, tg.float64, tg.int64, tg.uint8, tg.bool])
)
def test_dtypes(data: st.DataObject, dtype: Any) -> None:
    t = data.draw(tensors(dtype=dtype, low=0.0, high=4.0))
    assert t.dtype == dtype
    assert t.requires_grad == (dtype in (tg.float16, tg.float32, tg.float64))
    assert not data.draw(tensors(dtype=dtype, low=0.0, high=4.0, requires_grad=False)).requires_grad


def test_a_strategy_of_dtypes_and_of_shapes() -> None:
    both = tensors(st.sampled_from([(2,), (3, 1)]), dtype=st.sampled_from([tg.float32, tg.int64]))
    for shape in [(2,), (3, 1)]:
        for dtype in [tg.float32, tg.int64]:
            occurs(both, lambda t, s=shape, d=dtype: (t.shape, t.dtype) == (s, d))


@pytest.mark.parametrize(
    "what",
    [
        lambda a: a.ndim == 0,
        lambda a: a.size == 0,
        lambda a: a.flags.c_contiguous and a.size > 4,
        lambda a: a.flags.f_contiguous and not a.flags.c_contiguous,
        lambda a: a.size > 1 and a.strides[0] < 0,
        lambda a: a.size > 1 and a.strides[-1] == 2 * a.itemsize,
        lambda a: a.size > 2 and len(np.unique(a)) == a.size,
        lambda a: (a > 1.5).any() and (a < -1.5).any(),
    ],
    ids=["0-d", "zero-size", "C", "Fortran", "reversed", "strided", "all different", "far apart"],
)
def test_every_kind_of_tensor_occurs(what: Any) -> None:
    occurs(tensors(), lambda t: what(array_of(t)))


def test_a_kind_of_its_own_occurs_for_one_element() -> None:
    occurs(tensors((1,)), lambda t: array_of(t)[0] < -1.9)
    occurs(tensors(()), lambda t: float(t) > 1.9)


def test_tensors_shrink_to_one_number_all_over() -> None:
    found = array_of(simplest(tensors((2, 3)), lambda t: True))
    assert found.flags.c_contiguous
    assert (found == 0.5).all()
    one_off = array_of(simplest(tensors((3,)), lambda t: (array_of(t) < 0).any()))
    assert (one_off == 0.5).sum() == 2


@given(st.data(), shapes(0, 3))
def test_indices_are_taken(data: st.DataObject, shape: tuple[int, ...]) -> None:
    x = tg.tensor(np.arange(np.prod(shape, dtype=int)).reshape(shape))
    key = data.draw(indices(shape))
    np.testing.assert_array_equal(x[key].numpy(), x.numpy()[key])


@pytest.mark.parametrize(
    "what",
    [
        lambda k: isinstance(k, int) or (isinstance(k, tuple) and any(type(p) is int for p in k)),
        lambda k: isinstance(k, slice) or (isinstance(k, tuple) and slice in map(type, k)),
        lambda k: isinstance(k, tuple) and any(p is None for p in k),
        lambda k: k is Ellipsis or (isinstance(k, tuple) and any(p is Ellipsis for p in k)),
        lambda k: isinstance(k, np.ndarray) and k.dtype == np.bool_ and k.any() and not k.all(),
        lambda k: isinstance(k, tuple) and any(isinstance(p, np.ndarray) and p.size for p in k),
    ],
    ids=["integer", "slice", "None", "Ellipsis", "mask", "integer arrays"],
)
def test_every_kind_of_index_occurs(what: Any) -> None:
    occurs(indices((3, 2)), what)


@given(st.data(), st.integers(1, 3))
def test_op_inputs(data: st.DataObject, count: int) -> None:
    call = data.draw(
        op_inputs(
            count, low=0.5, high=3.0, avoid=(1.0,), dim=st.sampled_from([0, -1]), keepdim=True
        )
    )
    assert isinstance(call, Call)
    assert len(call.args) == count
    assert call.kwargs["dim"] in (0, -1)
    assert call.kwargs["keepdim"] is True
    np.broadcast_shapes(*(t.shape for t in call.args))
    for t in call.args:
        assert t.requires_grad
        assert t.dtype == tg.float64
        a = array_of(t)
        assert ((a >= 0.5) & (a < 3.0) & (np.abs(a - 1) >= 1 / 32)).all()


@given(op_inputs(3, shape=shapes(1)))
def test_op_inputs_of_one_shape(call: Call) -> None:
    a, b, c = call.args
    assert a.shape == b.shape == c.shape
    assert a.ndim >= 1


def test_op_inputs_differ_from_each_other_and_shrink() -> None:
    occurs(op_inputs(2, shape=(2,)), lambda c: not tg.equal(c.args[0], c.args[1]))
    found = simplest(op_inputs(2, dim=st.integers(0, 3)), lambda c: True)
    assert [t.shape for t in found.args] == [(), ()]
    assert found.kwargs == {"dim": 0}
    found = simplest(op_inputs(2), lambda c: c.args[0].shape != c.args[1].shape)
    assert sum(t.numel() for t in found.args) <= 3


@given(tensors())
def test_draws_share_no_memory(t: Tensor) -> None:
    assume(t.numel())
    assert array_of(t).flags.writeable


WITHOUT_HYPOTHESIS = """
    import sys

    class NoHypothesis:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == "hypothesis":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, NoHypothesis())
    import tinygrad_kr as tg
    import tinygrad_kr.testing as testing
    from tinygrad_kr.errors import MissingExtraError

    x = tg.tensor([0.5, 2.0], dtype=tg.float64, requires_grad=True)
    assert testing.gradcheck(lambda x: x.exp(), x)
    assert testing.gradgradcheck(lambda x: x.exp(), x)
    assert testing.numerical_gradient(lambda x: (x * x).sum(), x).gradient.shape == (2,)
    assert testing.call(x).tensors() == [x]
    for name in ("tensors", "shapes", "broadcastable", "indices", "op_inputs"):
        assert name in dir(testing) and name in testing.__all__
        try:
            getattr(testing, name)
        except MissingExtraError as error:
            assert isinstance(error, ImportError)
            for words in (error.korean, error.english):
                assert "hypothesis" in words and "tinygrad_kr[testing]" in words
            assert "필요합니다" in error.korean and "need" in error.english
        else:
            raise SystemExit(f"{name} came without hypothesis")
    record = testing.OpRecord("exp", tg.exp, None, None)
    try:
        testing.battery(record)
    except MissingExtraError as error:
        assert "tinygrad_kr[testing]" in error.english
    else:
        raise SystemExit("battery came without hypothesis")
    try:
        testing.nothing
    except AttributeError:
        print("fine")
"""


def test_without_hypothesis() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WITHOUT_HYPOTHESIS)], capture_output=True, text=True
    )
    assert done.stdout == "fine\n", done.stderr
