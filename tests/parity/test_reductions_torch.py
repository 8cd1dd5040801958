"""The core's reductions, scans and orders beside PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Array, Drawn, Sample, compare

Sampler = Callable[[Drawn], Sample]


def dims(m: Drawn, ndim: int) -> Any:
    """All that can be said for ``dim``, right or wrong."""
    if m.chance():
        return m.dim(ndim)
    if m.chance(0.2):
        return m.of(None, ())
    count = int(m.rng.integers(1, max(ndim, 1) + 1))
    numbers = [int(d) for d in m.rng.permutation(max(ndim, 1))[:count]]
    if m.chance(0.1):
        numbers.append(m.dim(ndim))
    return tuple(d - ndim if m.chance() and ndim else d for d in numbers)


def options(m: Drawn, **named: Any) -> dict[str, Any]:
    """Some of these keywords, each with one of its values."""
    return {name: m.of(*values) for name, values in named.items() if m.chance()}


def dim_of(m: Drawn, x: Array) -> int:
    dim = m.dim(x.ndim)
    return dim if x.size else dim % x.ndim


def over(*, array: Any = Drawn.array, single: bool = False, optional: bool = True,
         **named: Any) -> Sampler:  # fmt: skip
    """An array, the ``dim`` to reduce (now and then none is said), and keywords. (PyTorch does not
    always look at the dim where there are no elements.)"""

    def sample(m: Drawn) -> Sample:
        x = array(m, m.shape())
        chosen = options(m, **named)
        if optional and m.chance(0.25):
            chosen.pop("keepdim", None)
            return (x,), chosen
        return (x, dim_of(m, x) if single else dims(m, x.ndim)), chosen

    return sample


def floats(m: Drawn, shape: Any) -> Array:
    return m.floats(shape, m.of("float64", "float64", "float32"), rare=m.chance(0.3))


def mostly_floats(m: Drawn, shape: Any) -> Array:
    return m.array(shape) if m.chance(0.1) else floats(m, shape)


def some_floats(m: Drawn, shape: Any) -> Array:
    """Floats where there are no elements, whose median is nan."""
    return floats(m, shape) if 0 in shape else m.array(shape)


def calm(m: Drawn, shape: Any) -> Array:
    """Without what is infinite, with zeros and equals."""
    x = m.floats(shape, m.of("float64", "float32"))
    return np.asarray(np.round(x)) if m.chance(0.3) else x


def calm_or_whole(m: Drawn, shape: Any) -> Array:
    return m.integers(shape, m.of("int64", "uint8")) if m.chance(0.2) else calm(m, shape)


KEEP = {"keepdim": (False, True)}
POWERS = ("fro", 0, 1, 2, 3, 1.5, -1, -2, math.inf, -math.inf)


def with_dtype(sampler: Sampler) -> Sampler:
    """With a ``dtype``: of floats one no narrower, of all else any. (A narrower one differs in the
    last digit of that; no gradient flows through one of integers, which PyTorch says by refusing.)
    """

    def sample(m: Drawn) -> Sample:
        args, kwargs = sampler(m)
        names = {"float64": ["float64"], "float32": ["float32", "float64"]}.get(
            args[0].dtype.name, ["float16", "float32", "float64", "int64", "int32", "uint8", "bool"]
        )
        return args, kwargs | options(m, dtype=[np.dtype(n) for n in names])

    return sample


def spread(m: Drawn, array: Any = mostly_floats) -> Sample:
    """For ``var``: two elements at least without a dim, whose derivative of none is by another
    formula; PyTorch's gradient over ``dim=()`` is wrong, its ``var_mean`` of infinities nan, its
    gradient finite where the variance is infinite, by a correction that exceeds the number."""
    x = array(m, m.shape(1, sides=(2, 3, 4)) if m.chance() else m.shape(1))
    dim = dims(m, x.ndim)
    dim = -1 if dim is None or dim == () else dim
    if m.chance(0.2) and x.size > 1:
        return m.of(((x, m.chance()), {}), ((x,), options(m, correction=(0, 1, 0.5))))
    if m.chance(0.2):
        return (x, dim, m.chance(), m.chance()), {}
    return (x, dim), options(
        m, correction=(0, 0.5, 1, 2, 3)[: 5 if min(x.shape) > 2 else 3], **KEEP
    )


def unbiased(m: Drawn) -> Sample:
    args, kwargs = spread(m)
    if len(args) != 2 or isinstance(args[1], bool):
        return args, kwargs
    return args, options(m, unbiased=(False, True), **KEEP)


def keyword_dim(m: Drawn) -> Sample:
    (x, *dim), kwargs = over(single=True, descending=(False, True))(m)
    return (x,), kwargs | {"stable": True} | ({"dim": dim[0]} if dim else {})


def best(m: Drawn) -> Sample:
    """Of distinct values, for the order of equals is not PyTorch's to promise."""
    shape = m.shape()
    x = m.rng.permutation(math.prod(shape)).reshape(shape)
    x = np.asarray(x, m.of("float64", "float32", "int32", "uint8"))
    dim = m.dim(x.ndim)
    size = x.shape[dim] if -x.ndim <= dim < x.ndim else 1
    k = int(m.rng.integers(0, size + 1)) + (m.chance(0.05) * 7)
    return (x, k, dim), options(m, largest=(False, True), sorted=(True,))


def normed(m: Drawn, array: Any = Drawn.floats) -> Sample:
    x, p = array(m, m.shape()), m.of(*POWERS)
    if m.chance(0.2):
        return (x,), {"p": p}
    return (x, p, dims(m, x.ndim)), options(m, **KEEP)


CORE: dict[str, Sampler] = {
    "sum": with_dtype(over(**KEEP)),
    "mean": with_dtype(over(array=mostly_floats, **KEEP)),
    "prod": with_dtype(over(array=calm_or_whole, single=True, **KEEP)),
    "var": spread,
    "std": spread,
    "var_mean": lambda m: spread(m, calm),
    "std_mean": lambda m: spread(m, calm),
    "Tensor.var": unbiased,
    "Tensor.std": unbiased,
    "amax": over(**KEEP),
    "amin": over(**KEEP),
    "max": over(single=True, **KEEP),
    "min": over(single=True, **KEEP),
    "median": over(array=some_floats, single=True, **KEEP),
    "argmax": over(single=True, **KEEP),
    "argmin": over(single=True, **KEEP),
    "sort": keyword_dim,
    "argsort": keyword_dim,
    "topk": best,
    "cumsum": with_dtype(over(single=True, optional=False)),
    "cumprod": with_dtype(over(array=calm_or_whole, single=True, optional=False)),
    "logsumexp": over(optional=False, **KEEP),
    "softmax": over(array=floats, single=True, optional=False),
    "log_softmax": over(array=floats, single=True, optional=False),
    "norm": normed,
    "Tensor.norm": lambda m: normed(m, calm),
    "all": over(**KEEP),
    "any": over(**KEEP),
    "count_nonzero": over(),
}
WIDER = {
    **dict.fromkeys(("median", "argmax", "argmin"), "of bools too"),
    **dict.fromkeys(("cumsum", "cumprod"), "in bools too"),
    "logsumexp": "dim None means all, as elsewhere",
    **dict.fromkeys(("norm", "Tensor.norm"), "'fro' over any number of dimensions"),
}
ORDER = {"Tensor.norm": 1}  # at 0 PyTorch's second derivative is nan, ours 0


@pytest.mark.parametrize("name", CORE)
def test_core(name: str, record_property: Callable[[str, Any], None]) -> None:
    order, wider = ORDER.get(name, 2), WIDER.get(name, "")
    compare(name, CORE[name], record_property, order=order, wider=wider)
