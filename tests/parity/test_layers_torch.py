"""The layers and their functions beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Array, Drawn, Sample, compare
from tests.parity.modules import ModuleSample, compare_initial, compare_module


def kind(m: Drawn) -> str:
    """A dtype of floats."""
    return str(m.of("float64", "float64", "float32"))


def values(m: Drawn, shape: tuple[int, ...], rare: bool = False) -> Array:
    return m.floats(shape, kind(m), rare and m.chance(0.2))


def lead(m: Drawn, channels: int) -> tuple[int, ...]:
    """No batch, or one of 0 to 3."""
    return (*m.of((2,), (1,), (3,), (), (0,)), channels)


def some(m: Drawn, **options: Any) -> dict[str, Any]:
    """Some of these keywords."""
    return {name: value for name, value in options.items() if m.chance()}


def alike(m: Drawn, x: Array, shape: tuple[int, ...]) -> Array:
    """Of the dtype of ``x``, or now and then of another."""
    dtype = "float32" if m.chance(0.03) else x.dtype.name
    return m.floats(shape if m.chance(0.97) else (*shape[:-1], 5), dtype)


# Normalisation


def linear(m: Drawn) -> ModuleSample:
    ins, outs = m.of(0, 1, 2, 3), m.of(0, 1, 2, 3)
    x = values(m, (*m.shape(0, 2), ins if m.chance(0.9) else 4))
    return {"in_features": ins, "out_features": outs, "bias": m.chance()}, (x,)


def batch_norm(dims: tuple[int, ...]) -> Callable[[Drawn], ModuleSample]:
    def draw(m: Drawn) -> ModuleSample:
        channels = m.of(1, 2, 3)
        ndim = m.of(*dims) if m.chance(0.9) else m.of(1, 2, 3, 4, 5)
        shape = (m.of(2, 3, 1), channels if m.chance(0.95) else 4, *(m.of(1, 2, 3),) * 3)[:ndim]
        options = {"num_features": channels} | some(
            m, eps=m.of(1e-3, 0.1), momentum=m.of(None, 0.5, 0.0, 1.0), affine=m.chance(),
            track_running_stats=m.chance(), bias=m.chance(),
        )  # fmt: skip
        return options, (values(m, shape, rare=True),)

    return draw


def features(m: Drawn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A shape and how it ends."""
    shape = m.shape(1, 4, (0, 1, 2, 3))
    last = shape[int(m.rng.integers(len(shape))) :]
    return shape, last if m.chance(0.95) else (*last, 2)


def layer_norm(m: Drawn) -> ModuleSample:
    shape, last = features(m)
    options = {"normalized_shape": last[0] if len(last) == 1 else m.of(last, list(last))}
    return options | some(m, eps=0.1, elementwise_affine=m.chance(), bias=m.chance()), (
        values(m, shape, rare=True),
    )


def rms_norm(m: Drawn) -> ModuleSample:
    shape, last = features(m)
    return {"normalized_shape": last} | some(m, eps=0.1, elementwise_affine=m.chance()), (
        values(m, shape, rare=True),
    )


def group_norm(m: Drawn) -> ModuleSample:
    groups = m.of(1, 2, 3)
    channels = groups * m.of(1, 2) if m.chance(0.95) else 5
    shape = (m.of(2, 1, 3, 0), channels, *m.shape(0, 3, (1, 2, 3)))
    shape = shape if m.chance(0.95) else shape[1:]
    x = values(m, shape, rare=True)
    if channels == groups:  # of few values PyTorch's variance in float32 is all rounding
        x = x.astype("float64")
    return {"num_groups": groups, "num_channels": channels} | some(
        m, eps=0.1, affine=m.chance(), bias=m.chance()
    ), (x,)


def own(m: Drawn, x: Array, shape: tuple[int, ...], *names: str) -> dict[str, Any]:
    """Some parameters."""
    return some(m, **{name: alike(m, x, shape) for name in names})


def f_layer_norm(m: Drawn) -> Sample:
    shape, last = features(m)
    x = m.array(shape)
    return (x, m.of(last, list(last))), own(m, x, last, "weight", "bias") | some(m, eps=0.1)


def f_rms_norm(m: Drawn) -> Sample:
    shape, last = features(m)
    x = values(m, shape, rare=True)
    weight = {"weight": m.floats(last, x.dtype.name)} if m.chance() else {}
    return (x, last), weight | some(m, eps=0.1)


def f_group_norm(m: Drawn) -> Sample:
    options, (x,) = group_norm(m)
    shape = (options["num_channels"],)
    return (x, options["num_groups"]), own(m, x, shape, "weight", "bias") | some(m, eps=0.1)


def f_instance_norm(m: Drawn) -> Sample:
    shape = (m.of(2, 1, 3), m.of(1, 2, 3), *m.shape(1, 3, (1, 2, 3)))
    x = values(m, shape, rare=True)
    return (x,), own(m, x, shape[1:2], "weight", "bias") | some(m, eps=0.1)


def f_batch_norm(m: Drawn) -> Sample:
    shape = (m.of(2, 3, 1), m.of(1, 2, 3), *m.shape(0, 3, (1, 2, 3)))
    x = values(m, shape, rare=True)
    return (x, None, None), own(m, x, shape[1:2], "weight", "bias") | {"training": True} | some(
        m, eps=0.1
    )


def local_response(m: Drawn) -> tuple[dict[str, Any], Array]:
    options = some(m, alpha=m.of(0.5, 1.0), beta=m.of(0.5, 1.0, 2.0), k=m.of(2.0, 1))
    shape = m.shape(2 if m.chance(0.1) else 3, 5, (0, 1, 2, 3, 4))
    return {"size": m.of(1, 2, 3, 4, 5, 0) if m.chance(0.3) else m.of(2, 3)} | options, values(
        m, shape
    )


# Embedding


def rows_of(m: Drawn, count: int, shape: tuple[int, ...]) -> Array:
    high = count + m.chance(0.05)
    dtype = m.of("int64", "int64", "int64", "int32") if m.chance(0.97) else m.of("uint8", "int16")
    return np.asarray(m.rng.integers(-1 if m.chance(0.03) else 0, high, shape), dtype)


def embedding(m: Drawn) -> ModuleSample:
    count = m.of(1, 2, 3, 5)
    options = {"num_embeddings": count, "embedding_dim": m.of(1, 2, 3, 0)} | some(
        m, padding_idx=m.of(None, 0, -1, count - 1), scale_grad_by_freq=m.chance()
    )
    if m.chance(0.3):
        options |= {"max_norm": m.of(1.0, 0.5, 3), "norm_type": m.of(2.0, 1, 3.0)}
    return options, (rows_of(m, count, m.shape()),)


def f_embedding(m: Drawn) -> Sample:
    options, (index,) = embedding(m)
    size = options.pop("num_embeddings"), options.pop("embedding_dim")
    options.pop("max_norm", None)  # a leaf that needs a gradient is not to be written to
    return (index, m.floats(size, kind(m))), options


def bags(m: Drawn) -> tuple[int, dict[str, Any], tuple[Any, ...]]:
    count, mode = m.of(1, 2, 3, 5), m.of("sum", "mean", "max")
    options = {"mode": mode} | some(m, padding_idx=m.of(0, -1))
    # PyTorch divides the gradient of a row by another row's frequency, unless all are 1.
    options |= some(m, scale_grad_by_freq=mode == "max")
    if m.chance():
        index = rows_of(m, count, (m.of(1, 2, 3), m.of(1, 2, 3)))
        inputs: tuple[Any, ...] = (index, None)
    else:
        index = rows_of(m, count, (m.of(0, 1, 3, 5, 8),))
        starts = np.sort(m.rng.integers(0, index.size + 1, m.of(1, 2, 3)))
        starts[0] = 0
        if m.chance(0.3):
            options["include_last_offset"] = True
            starts = np.append(starts, index.size)
        inputs = index, starts.astype(index.dtype)
    return count, options, inputs


def embedding_bag(m: Drawn) -> ModuleSample:
    count, options, inputs = bags(m)
    if m.chance(0.2):
        options["max_norm"] = 1.0
    return {"num_embeddings": count, "embedding_dim": m.of(1, 2, 3)} | options, inputs


def f_embedding_bag(m: Drawn) -> Sample:
    count, options, (index, starts) = bags(m)
    weight = m.floats((count, m.of(1, 2, 3)), kind(m))
    if (options["mode"] == "sum" and m.chance()) or m.chance(0.05):
        options["per_sample_weights"] = m.floats(index.shape, weight.dtype.name)
    return (index, weight, starts), options


# Two inputs


def bilinear(m: Drawn) -> ModuleSample:
    first, second, outs = m.of(1, 2, 3), m.of(1, 2, 3), m.of(1, 2, 3)
    shape = m.shape(0, 2)
    a = values(m, (*shape, first))
    b = m.floats((*(shape if m.chance(0.95) else (3,)), second), a.dtype.name)
    names = {"in1_features": first, "in2_features": second, "out_features": outs}
    return names | some(m, bias=m.chance()), (a, b)


def f_bilinear(m: Drawn) -> Sample:
    options, (a, b) = bilinear(m)
    w = m.floats((options["out_features"], a.shape[-1], b.shape[-1]), a.dtype.name)
    return (a, b, w), own(m, a, w.shape[:1], "bias")


def pair(m: Drawn) -> tuple[Array, Array]:
    shape = m.shape(0, 3)
    a = m.array(shape)
    b = m.array(m.broadcastable(shape))
    if {a.dtype.name, b.dtype.name} == {"float32", "float64"}:
        b = np.asarray(b, a.dtype)
    if m.chance(0.1) and a.dtype == np.float64:
        b = a.copy()
    if m.chance(0.1):
        a = np.zeros_like(a)
    if a.dtype == np.float32:  # of equals, ε apart, a second derivative is all rounding, 2 / ε ulps
        a = np.where(a == b, b + 1, a)
    return a, b


def cosine(m: Drawn) -> Sample:
    a, b = pair(m)
    if a.dtype.kind == "f" and m.chance(0.2):
        a = np.asarray(a * 1e-9, a.dtype)
    return (a, b), some(m, dim=m.dim(a.ndim), eps=m.of(1e-8, 0.5))


def pairwise(m: Drawn) -> Sample:
    a, b = pair(m)
    options = some(m, p=m.of(1.0, 2.0, 3.0, float("inf"), 1.5), eps=m.of(0.1, 1e-6))
    if options.get("p") in (1, np.inf) and not all(np.isfinite(x).all() for x in (a, b)):
        del options["p"]  # the slope of |nan| is nan here, 0 there
    return (a, b), options | some(m, keepdim=m.chance())


def pdist(m: Drawn) -> Sample:
    # Of no rows PyTorch's derivative is a segmentation fault.
    x = values(m, m.shape(2, 2, (1, 2, 3, 4)) if m.chance(0.95) else (2, 2, 2))
    if m.chance(0.2):
        x[0] = x[-1]
    return (x,), some(m, p=m.of(1.0, 2.0, 3.0, 1.5, float("inf"), -1.0))


def dropped(dims: tuple[int, ...]) -> Callable[[Drawn], ModuleSample]:
    """Nothing, or everything: what is drawn between is not PyTorch's."""

    def draw(m: Drawn) -> ModuleSample:
        shape = m.shape(*dims, (1, 2, 3))
        return {"p": m.of(0.0, 1.0, 1.5)} | some(m, inplace=False), (values(m, shape),)

    return draw


def as_module(draw: Any) -> Callable[[Drawn], ModuleSample]:
    """The sample of a module of options and one input."""

    def sample(m: Drawn) -> ModuleSample:
        options, x = draw(m)
        return options, (x,)

    return sample


def as_function(draw: Callable[[Drawn], ModuleSample]) -> Callable[[Drawn], Sample]:
    """The sample of a function that takes what a layer does."""

    def sample(m: Drawn) -> Sample:
        options, (x, *more) = draw(m)
        return (x, *more[:1]), options | dict(zip(("output_size",), more[1:], strict=False))

    return sample


MODULES: dict[str, Callable[[Drawn], ModuleSample]] = {
    "Linear": linear,
    "BatchNorm1d": batch_norm((2, 3)),
    "BatchNorm2d": batch_norm((4,)),
    "BatchNorm3d": batch_norm((5,)),
    "InstanceNorm1d": batch_norm((2, 3)),
    "InstanceNorm2d": batch_norm((3, 4)),
    "InstanceNorm3d": batch_norm((4, 5)),
    "LayerNorm": layer_norm,
    "RMSNorm": rms_norm,
    "GroupNorm": group_norm,
    "LocalResponseNorm": as_module(local_response),
    "Embedding": embedding,
    "EmbeddingBag": embedding_bag,
    "Bilinear": bilinear,
    "CosineSimilarity": lambda m: cosine(m)[::-1],
    "PairwiseDistance": lambda m: pairwise(m)[::-1],
    "Dropout1d": dropped((1, 4)),
    "Dropout2d": dropped((2, 5)),
    "Dropout3d": dropped((1, 5)),
    "AlphaDropout": dropped((0, 3)),
    "FeatureAlphaDropout": dropped((2, 4)),
}
FUNCTIONS: dict[str, Callable[[Drawn], Sample]] = {
    "layer_norm": f_layer_norm,
    "rms_norm": f_rms_norm,
    "group_norm": f_group_norm,
    "instance_norm": f_instance_norm,
    "batch_norm": f_batch_norm,
    "local_response_norm": as_function(as_module(local_response)),
    "embedding": f_embedding,
    "embedding_bag": f_embedding_bag,
    "bilinear": f_bilinear,
    "cosine_similarity": cosine,
    "pairwise_distance": pairwise,
    "pdist": pdist,
}
WIDER = {"PairwiseDistance": "of bools too", "pairwise_distance": "of bools too"}
# PyTorch has no second derivative of pdist, and that of the cosine of no direction is nan.
ORDER = {"pdist": 1, "cosine_similarity": 1, "CosineSimilarity": 1}


@pytest.mark.parametrize("name", MODULES)
def test_module_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare_module(
        name, MODULES[name], record_property, wider=WIDER.get(name, ""), order=ORDER.get(name, 2)
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    full = f"nn.functional.{name}"
    compare(
        full, FUNCTIONS[name], record_property, wider=WIDER.get(name, ""), order=ORDER.get(name, 2)
    )


INITIAL: dict[str, dict[str, Any]] = {
    "Linear": {"in_features": 40, "out_features": 30},
    "Bilinear": {"in1_features": 9, "in2_features": 10, "out_features": 11},
    "Embedding": {"num_embeddings": 50, "embedding_dim": 20},
    "EmbeddingBag": {"num_embeddings": 50, "embedding_dim": 20},
    "BatchNorm2d": {"num_features": 4},
    "LayerNorm": {"normalized_shape": (2, 3)},
    "ConvTranspose2d": {"in_channels": 6, "out_channels": 8, "kernel_size": 5, "groups": 2},
}


@pytest.mark.parametrize("name", INITIAL)
def test_initial_values(name: str) -> None:
    compare_initial(name, **INITIAL[name])
