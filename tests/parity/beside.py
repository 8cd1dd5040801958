"""Our functions beside PyTorch's, on the same samples: values, shapes, dtypes, gradients, second
derivatives, refusals.

A sample is a pair of ``(args, kwargs)``. The ndarrays in it become tensors of both, those of floats
with a gradient to find; NumPy's dtypes become dtypes of both.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from hypothesis import settings

import tinygrad_kr
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import TinygradKrError
from tinygrad_kr.tensor import Tensor

Array = np.ndarray[Any, Any]
Sample = tuple[tuple[Any, ...], dict[str, Any]]
#: Of the largest value of an array and of 1, by the dtype's name.
TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-9}
REFUSALS = (RuntimeError, IndexError, TypeError, ValueError)


class Drawn:
    """Samples from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def of(self, *options: Any) -> Any:
        """One of these."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, p: float = 0.5) -> bool:
        return bool(self.rng.random() < p)

    def shape(self, least: int = 0, most: int = 3, sides: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Any:
        """``least`` to ``most`` dimensions; empty ones are rare."""
        weights = np.array([0.1 if n == 0 else 1.0 for n in sides])
        ndim = int(self.rng.integers(least, most + 1))
        chosen = self.rng.choice(sides, ndim, p=weights / weights.sum())
        return tuple(int(n) for n in chosen)

    def broadcastable(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts with this one."""
        kept = shape[int(self.rng.integers(len(shape) + 1)) :]
        return tuple(1 if self.chance(0.3) else n for n in kept)

    def dim(self, ndim: int) -> int:
        """A dimension, from either end; now and then one that is not there."""
        if self.chance(0.05):
            return ndim + 1
        return int(self.rng.integers(-ndim, ndim)) if ndim else self.of(0, -1)

    def floats(self, shape: tuple[int, ...], dtype: str = "float64", rare: bool = False) -> Array:
        """Normal values; with ``rare`` a few are nan, infinite, 0 or tied."""
        x = np.asarray(self.rng.standard_normal(shape) * 2)
        if rare:
            x = np.where(self.rng.random(shape) < 0.3, np.round(x), x)
            for value in (np.nan, np.inf, -np.inf, 0.0, -0.0):
                if self.chance(0.2):
                    x = np.where(self.rng.random(shape) < 0.15, value, x)
        return np.asarray(x, dtype)

    def integers(
        self, shape: tuple[int, ...], dtype: str = "int64", low: int = -4, high: int = 5
    ) -> Array:
        low = 0 if dtype == "uint8" else low
        return np.asarray(self.rng.integers(low, high, shape), dtype)

    def bools(self, shape: tuple[int, ...]) -> Array:
        return np.asarray(self.rng.random(shape) < 0.5)

    def array(self, shape: tuple[int, ...]) -> Array:
        """Of any dtype, floats most often, now and then with what is rare."""
        dtype = self.of(
            *["float64"] * 5, *["float32"] * 2, "int64", "int64", "int32", "uint8", "bool"
        )
        if dtype == "bool":
            return self.bools(shape)
        if dtype.startswith("float"):
            return self.floats(shape, dtype, rare=self.chance(0.3))
        return self.integers(shape, dtype)


class Counts(NamedTuple):
    """How many samples both took, how many both refused, of how many the gradients and the second
    derivatives were compared."""

    taken: int
    refused: int
    first: int
    second: int


def _torch() -> Any:
    import torch

    return torch


def _mapped(value: Any, array: Callable[[Array], Any], dtype: Callable[[Any], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return array(value)
    if isinstance(value, np.dtype):
        return dtype(value)
    if isinstance(value, tuple | list):
        return type(value)(_mapped(v, array, dtype) for v in value)
    if isinstance(value, dict):
        return {k: _mapped(v, array, dtype) for k, v in value.items()}
    return value


def _leaves_of(value: Any, kind: type[Any]) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, tuple | list):
        for v in value:
            yield from _leaves_of(v, kind)
    elif isinstance(value, dict):
        for v in value.values():
            yield from _leaves_of(v, kind)


def same(
    found: Any, expected: Any, what: str, slack: float = 1.0, coarsest: str = "float64"
) -> None:
    """The same structure, shapes, dtypes and values, as exact as ``coarsest`` allows."""
    torch = _torch()
    if isinstance(expected, torch.Tensor):
        assert isinstance(found, Tensor), f"{what}: {type(found).__name__} for a tensor"
        kind = str(expected.dtype).removeprefix("torch.")
        assert found.dtype.name == kind, f"{what}: dtype {found.dtype}, PyTorch {kind}"
        shape = tuple(expected.shape)
        assert tuple(found.shape) == shape, f"{what}: shape {found.shape}, PyTorch {shape}"
        a, b = found.detach().numpy(), expected.detach().numpy(force=True)
        if kind in TOLERANCE:
            finite = np.abs(b[np.isfinite(b)], dtype=np.float64)
            exact = max(TOLERANCE[kind], TOLERANCE[coarsest])
            tolerance = slack * exact * max(1.0, finite.max(initial=0.0))
            np.testing.assert_allclose(a, b, 0, tolerance, err_msg=what)
        else:
            np.testing.assert_array_equal(a, b, err_msg=what)
    elif isinstance(expected, tuple | list):
        assert len(found) == len(expected), f"{what}: {len(found)} parts, PyTorch {len(expected)}"
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            same(a, b, f"{what}[{i}]", slack, coarsest)
    elif isinstance(expected, float):
        np.testing.assert_allclose(found, expected, 1e-6, err_msg=what)
    else:
        assert found == expected, f"{what}: {found!r}, PyTorch {expected!r}"


def _differentiable(value: Any, kind: type[Any]) -> list[Any]:
    return [t for t in _leaves_of(value, kind) if t.requires_grad]


def _weights(tensors: list[Any], seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(tuple(t.shape))) for t in tensors]


def _pulled(
    lib: Any, outs: list[Any], xs: list[Any], make: Any, seed: int, create: bool,
    retain: bool = False,
) -> Any:  # fmt: skip
    """The gradients of a weighted sum of ``outs`` with regard to ``xs``, zeros where none flows."""
    weights = _weights(outs, seed)
    used = [(o, make(w, o.dtype)) for o, w in zip(outs, weights, strict=True) if o.requires_grad]
    if not used:
        return [make(np.zeros(tuple(x.shape)), x.dtype) for x in xs]
    tops, gs = zip(*used, strict=True)
    found = lib.autograd.grad(
        list(tops), xs, list(gs), retain_graph=create or retain, create_graph=create,
        allow_unused=True, materialize_grads=True,
    )  # fmt: skip
    return list(found)


def beside(
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    sample: Sample,
    *,
    order: int = 2,
    slack: float = 1.0,
    wider: str = "",
) -> Counts:
    """Hold ours to theirs on one sample, derivatives up to ``order``.

    What PyTorch refuses we refuse with an error of ours that is of the same built-in class, unless
    a reason is given why we take more.
    """
    torch = _torch()

    def leaf(a: Array) -> Any:
        return wrap(a.copy()).requires_grad_(a.dtype.kind == "f")

    def their_leaf(a: Array) -> Any:
        return torch.from_numpy(a.copy()).requires_grad_(a.dtype.kind == "f")

    args, kwargs = _mapped(sample, leaf, lambda d: d)
    their_args, their_kwargs = _mapped(sample, their_leaf, lambda d: getattr(torch, d.name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = theirs(*their_args, **their_kwargs)
        except REFUSALS as error:
            refusal = next(kind for kind in REFUSALS if isinstance(error, kind))
            try:
                found = ours(*args, **kwargs)
                if wider:
                    return Counts(0, 0, 0, 0)
            except TinygradKrError as own:
                assert isinstance(own, refusal), f"{type(own).__mro__}, PyTorch {error!r}"
                return Counts(0, 1, 0, 0)
            raise AssertionError(f"PyTorch refuses, {error}; we answer {found}") from None
        found = ours(*args, **kwargs)
        same(found, expected, "value", slack)
        outs, their_outs = _differentiable(found, Tensor), _differentiable(expected, torch.Tensor)
        if len(outs) != len(their_outs):
            raise AssertionError(f"{len(outs)} outputs need a gradient, PyTorch {len(their_outs)}")
        xs = _differentiable((args, kwargs), Tensor)
        ts = _differentiable((their_args, their_kwargs), torch.Tensor)

        def make(a: Array, dtype: Any) -> Any:
            return wrap(a.astype(dtype))

        def their_make(a: Array, dtype: Any) -> Any:
            return torch.from_numpy(a).to(dtype)

        if not all(np.isfinite(t.detach().numpy()).all() for t in ts):
            order = min(order, 1)  # what a second derivative at infinity is, is by the formula
        # A derivative comes by way of every dtype among them.
        coarsest = max((t.dtype.name for t in (*outs, *xs)), key=TOLERANCE.__getitem__, default="")
        reached = 0
        for step in range(1, order + 1 if outs else 0):
            try:
                their_outs = _pulled(torch, their_outs, ts, their_make, step, step < order)
            except RuntimeError:  # PyTorch has no derivative here
                break
            if step == 1 < order:  # what is fused has another way back without a graph
                plain = _pulled(tinygrad_kr, outs, xs, make, step, False, retain=True)
                same(plain, their_outs, "plain derivative", 10 * slack, coarsest)
            outs = _pulled(tinygrad_kr, outs, xs, make, step, step < order)
            same(outs, their_outs, f"derivative {step}", 10**step * slack, coarsest)
            reached = step
    return Counts(1, 0, int(reached > 0), int(reached > 1))


def compare(
    name: str,
    samples: Callable[[Drawn], Sample],
    record_property: Callable[[str, Any], None],
    *,
    ours: Callable[..., Any] | None = None,
    theirs: Callable[..., Any] | None = None,
    order: int = 2,
    slack: float = 1.0,
    wider: str = "",
    most: int = 1000,
) -> Counts:
    """Compare the function of that dotted name (``hypot``, ``linalg.norm``, ``Tensor.unfold``) on
    samples of its own: 40 of them, in the thorough profile ``most``."""
    ours = ours or attrgetter(name)(tinygrad_kr)
    theirs = theirs or attrgetter(name)(_torch())
    drawn = Drawn(zlib.crc32(name.encode()))
    counts = Counts(0, 0, 0, 0)
    for number in range(most if settings().max_examples >= 1000 else 40):
        sample = samples(drawn)
        try:
            one = beside(ours, theirs, sample, order=order, slack=slack, wider=wider)
        except Exception as error:
            error.add_note(f"sample {number} of {name}: {sample!r}")
            raise
        counts = Counts(*map(sum, zip(counts, one, strict=True)))
    assert counts.taken, f"no sample of {name} was taken"
    record_property("parity", (name, (*counts,)))
    return counts
