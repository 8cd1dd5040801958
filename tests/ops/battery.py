"""What an op's own tests are written with, on the public kit of ``tinygrad_kr.testing``.

``check_op(f, *arrays)`` proves first and second derivatives; ``check_parity`` holds values, dtypes
and gradients against PyTorch where that is installed. (The ops themselves are proven, whole, in
``tests/proofs``.)
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from tinygrad_kr import ops
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing import broadcastable, gradcheck, gradgradcheck, shapes, tensors

__all__ = [
    "HAS_TORCH",
    "arrays",
    "broadcastable",
    "check_op",
    "check_parity",
    "few",
    "leaf",
    "shapes",
]

Array = np.ndarray[Any, Any]
HAS_TORCH = importlib.util.find_spec("torch") is not None


def leaf(array: Array) -> Tensor:
    """A tensor on the very memory of ``array``, with its strides; a leaf that collects a gradient
    if it is floating."""
    t = wrap(array)
    return t.requires_grad_() if array.dtype.kind == "f" else t


def check_op(
    f: Callable[..., Any], *arrays: Array, second: bool = True, rtol: float = 1e-6,
    atol: float = 1e-7,
) -> None:  # fmt: skip
    """``f`` of Tensors, differentiated by each floating one of ``arrays`` (float64), twice."""
    leaves = tuple(leaf(a) for a in arrays)
    gradcheck(f, leaves, rtol=rtol, atol=atol, fast_mode=True)
    if second:
        gradgradcheck(f, leaves, rtol=rtol, atol=atol, fast_mode=True)


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


def arrays(
    shape: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...],
    low: float = -2.0,
    high: float = 2.0,
    apart: bool = False,
) -> st.SearchStrategy[Array]:
    """float64 arrays between ``low`` and ``high`` in any memory layout; ``apart``: no two values,
    nor any value and 0, are close together, as at a tie or a kink."""
    drawn = tensors(
        shape, low=low, high=high, distinct=apart, avoid=(0.0,) if apart else (),
        requires_grad=False,
    )  # fmt: skip
    return drawn.map(lambda t: t.numpy())


#: For tests that are parametrised over many ops: fewer examples of each.
few = settings(max_examples=max(settings().max_examples // 4, 5))
