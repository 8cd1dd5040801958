"""What every op is put through: numerical derivatives, the graph contract, PyTorch.

``check_op(f, *arrays)`` holds first and second derivatives of ``f`` against central differences
in float64; ``check_parity`` holds values, dtypes and gradients against PyTorch where that is
installed. The strategies draw shapes and arrays; the values come from a seed, so a failing example
shrinks to a small shape rather than to zeros.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinygrad_kr import ops
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.tensor import Tensor

Array = np.ndarray[Any, Any]
H = 1e-5
HAS_TORCH = importlib.util.find_spec("torch") is not None


def leaf(array: Array) -> Tensor:
    """A tensor on the very memory of ``array``, with its strides; a leaf that collects a gradient
    if it is floating."""
    t = wrap(array)
    return t.requires_grad_() if array.dtype.kind == "f" else t


def flat(result: Any) -> Iterator[Tensor]:
    """The floating tensors of a result: a tensor, or tuples and lists of them."""
    if isinstance(result, Tensor):
        if result.dtype.kind == "f":
            yield result
    elif isinstance(result, tuple | list):
        for part in result:
            yield from flat(part)


def numerical(f: Callable[..., float], arrays: Sequence[Array], h: float = H) -> list[Array]:
    """The gradient of a number by central differences, element by element, with respect to each
    floating array."""
    gradients = []
    for k, a in enumerate(arrays):
        if a.dtype.kind != "f":
            continue
        g = np.zeros(a.shape)
        for i in np.ndindex(a.shape):
            ends = []
            for step in (h, -h):
                moved = a.copy(order="K")
                moved[i] += step
                ends.append(f(*arrays[:k], moved, *arrays[k + 1 :]))
            g[i] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(g)
    return gradients


def _dot(weights: Sequence[Any], values: Sequence[Any]) -> float:
    return sum(float(np.sum(w * v)) for w, v in zip(weights, values, strict=True))


def _gradients(
    f: Callable[..., Any], tensors: Sequence[Tensor], weights: Sequence[Tensor], create: bool
) -> list[Tensor]:
    outs = list(flat(f(*tensors)))
    wanted = [t for t in tensors if t.requires_grad]
    reached = [(o, w) for o, w in zip(outs, weights, strict=True) if o.requires_grad]
    if not reached or not wanted:
        return [wrap(np.zeros(t.shape)) for t in wanted]
    return list(
        grad(
            [o for o, _ in reached],
            wanted,
            [w for _, w in reached],
            create_graph=create,
            materialize_grads=True,
        )
    )


def check_op(
    f: Callable[..., Any],
    *arrays: Array,
    second: bool = True,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    h: float = H,
) -> None:
    """``f`` of Tensors, differentiated by each floating one of ``arrays`` (float64).

    ``f`` must be smooth within ``h`` of the arrays, and give the same value every time. Its result
    is projected on random weights; the gradient of that number, and the gradient of a projection of
    that gradient, are compared with central differences.
    """
    assert all(a.dtype.kind != "f" or a.dtype == np.float64 for a in arrays), "give float64"
    rng = np.random.default_rng(sum(a.size for a in arrays))
    before = [a.copy() for a in arrays]
    leaves = [leaf(a) for a in arrays]
    outs = list(flat(f(*leaves)))
    assert outs, "no floating result"
    weights = [rng.standard_normal(o.shape) for o in outs]
    weights_before = [w.copy() for w in weights]
    floating = [t for t in leaves if t.requires_grad]

    # One plain backward pass, and what it leaves in .grad.
    plain = _gradients(f, leaves, [wrap(w) for w in weights], create=False)
    held: list[Array] = [*arrays, *weights, *(o._array for o in outs)]
    for t, g in zip(floating, plain, strict=True):
        a = g._array
        assert (a.shape, a.dtype) == (t.shape, t.dtype)
        assert a.flags.owndata and a.flags.writeable and a.flags.c_contiguous, "not an owned array"
        assert not any(np.shares_memory(a, other) for other in held), "aliased"
        held.append(a)

    def value(*moved: Array) -> float:
        return _dot(weights, [o._array for o in flat(f(*(wrap(a) for a in moved)))])

    expected = numerical(value, arrays, h)
    for g, e in zip(plain, expected, strict=True):
        np.testing.assert_allclose(g._array, e, rtol=rtol, atol=atol, err_msg="first derivative")

    # The same pass, recorded.
    gs = [leaf(w) for w in weights]
    recorded = _gradients(f, leaves, gs, create=True)
    for g, p in zip(recorded, plain, strict=True):
        assert (g.shape, g.dtype) == (p.shape, p.dtype)
        np.testing.assert_allclose(
            g._array, p._array, rtol=1e-9, atol=1e-12, err_msg="create_graph differs from plain"
        )

    if second:
        directions = [rng.standard_normal(g.shape) for g in recorded]
        twice = _gradients(
            lambda *_: recorded, [*leaves, *gs], [wrap(d) for d in directions], False
        )

        def slope(*moved: Array) -> float:
            xs = [leaf(a) for a in moved[: len(arrays)]]
            ws = [wrap(w) for w in moved[len(arrays) :]]
            return _dot(directions, [g._array for g in _gradients(f, xs, ws, False)])

        for g, e in zip(twice, numerical(slope, [*arrays, *weights], h), strict=True):
            np.testing.assert_allclose(
                g._array, e, rtol=rtol, atol=atol, err_msg="second derivative"
            )

    for a, b in zip([*arrays, *weights], [*before, *weights_before], strict=True):
        np.testing.assert_array_equal(a, b, err_msg="an input was changed")


def check_parity(
    f: Callable[..., Any],
    *arrays: Any,
    rtol: float | None = None,
    atol: float | None = None,
    gradient: bool = True,
) -> None:
    """``f(lib, *tensors)`` gives the same values, dtypes and gradients where ``lib`` is our ``ops``
    and where it is ``torch``; the parts of ``arrays`` that are no ndarrays are handed on as they
    are. Skips without PyTorch."""
    torch = pytest.importorskip("torch")
    ours = [leaf(a.copy()) if isinstance(a, np.ndarray) else a for a in arrays]
    theirs = [torch.tensor(a.copy()) if isinstance(a, np.ndarray) else a for a in arrays]
    for t in theirs:
        if isinstance(t, torch.Tensor) and t.is_floating_point():
            t.requires_grad_()
    mine, its = f(ops, *ours), f(torch, *theirs)
    for a, b in zip(_parts(mine), _parts(its), strict=True):
        if not isinstance(b, torch.Tensor):
            assert a == b
            continue
        _same(a._array, b.detach().numpy(), rtol, atol)
    smooth = [
        (a, b)
        for a, b in zip(_parts(mine), _parts(its), strict=True)
        if isinstance(b, torch.Tensor) and b.requires_grad
    ]
    assert all(a.requires_grad for a, _ in smooth), "no gradient where PyTorch has one"
    if not gradient or not smooth:
        return
    rng = np.random.default_rng(0)
    seeds = [rng.standard_normal(a.shape).astype(a.dtype) for a, _ in smooth]
    wanted = [
        (a, b) for a, b in zip(ours, theirs, strict=True)
        if isinstance(b, torch.Tensor) and b.requires_grad
    ]  # fmt: skip
    gs = grad([a for a, _ in smooth], [a for a, _ in wanted], [wrap(s) for s in seeds],
              materialize_grads=True)  # fmt: skip
    ts = torch.autograd.grad([b for _, b in smooth], [b for _, b in wanted],
                             [torch.tensor(s) for s in seeds], materialize_grads=True)  # fmt: skip
    for g, t in zip(gs, ts, strict=True):
        _same(g._array, t.numpy(), rtol, atol)


def check(f: Callable[..., Any], *arrays: Array) -> None:
    """``f(lib, *tensors)`` is differentiated rightly, and is PyTorch's where that is installed."""
    check_op(lambda *xs: f(ops, *(x * x if x.dtype.kind == "f" else x for x in xs)), *arrays)
    if HAS_TORCH:
        check_parity(f, *arrays)


def _parts(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple | list) else [result]


TOLERANCE = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-12}


def _same(mine: Array, its: Array, rtol: float | None, atol: float | None) -> None:
    assert (mine.dtype, mine.shape) == (its.dtype, its.shape)
    near = TOLERANCE.get(str(its.dtype), 0.0)
    np.testing.assert_allclose(
        mine, its, rtol=near if rtol is None else rtol, atol=near if atol is None else atol
    )


# Strategies


def shapes(
    min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3
) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes, the 0-d one and those with a side of 0 among them."""
    return hnp.array_shapes(
        min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    )


def _laid_out(values: Array, layout: str) -> Array:
    """The same values on other strides."""
    if values.ndim == 0 or layout == "C":
        return values
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "reversed":
        return np.ascontiguousarray(values[::-1])[::-1]
    wide = np.zeros((*values.shape[:-1], 2 * values.shape[-1]))
    wide[..., ::2] = values
    return wide[..., ::2]


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...],
    low: float = -2.0,
    high: float = 2.0,
    apart: bool = False,
) -> Array:
    """float64 arrays between ``low`` and ``high`` in any memory layout; ``apart``: no two values,
    nor any value and 0, are close together, as at a tie or a kink."""
    size = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    if apart:
        grid = np.linspace(low, high, 2 * max(int(np.prod(size)), 1) + 2)[1:-1:2]
        values = rng.permutation(np.where(np.abs(grid) < 1e-2, 2e-2, grid))
        values = values[: int(np.prod(size))].reshape(size)
    else:
        values = rng.uniform(low, high, size)
    return _laid_out(values, draw(st.sampled_from(["C", "C", "F", "reversed", "strided"])))


def broadcastable(
    count: int = 2, max_dims: int = 3, max_side: int = 3
) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Shapes that broadcast together, with sides of 0 and 1 and the 0-d shape among them."""
    return hnp.mutually_broadcastable_shapes(
        num_shapes=count, min_side=0, max_side=max_side, max_dims=max_dims
    ).map(lambda found: found.input_shapes)


#: For tests that are parametrised over many ops: fewer examples of each.
few = settings(max_examples=max(settings().max_examples // 4, 5))
