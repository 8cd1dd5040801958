"""The losses beside PyTorch's, with all of their options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from tests.parity.beside import Array, Drawn, Sample, compare
from tests.parity.modules import ModuleSample, compare_module
from tinygrad_kr.nn import functional as F

Sampler = Callable[[Drawn], Sample]
FLOATS = ("float64", "float64", "float64", "float32")


def pick(m: Drawn, **options: Any) -> dict[str, Any]:
    """Each of these now and then: one of its values, or what it draws."""
    return {
        name: of(m) if callable(of) else m.of(*of) for name, of in options.items() if m.chance()
    }


def reduction(m: Drawn, *more: str, shape: Any = (1,), legacy: bool = True) -> dict[str, Any]:
    """A reduction, seldom a wrong one, now and then in PyTorch's old words."""
    if m.chance(0.05):
        return {"reduction": "avg"}
    if legacy and m.chance(0.2):
        flags = (None, True, False)
        return {"size_average": m.of(*flags), "reduce": m.of(*flags)}
    return {"reduction": m.of("mean", "sum", "none", *more)} if m.chance(0.8) else {}


def cut(a: Array) -> Array:
    """A shape that broadcasts, perhaps."""
    return a[..., :1] if a.ndim else a


def error_pair(m: Drawn, *ties: float) -> tuple[Array, Array]:
    """An input and a target, some of whose differences are 0, ±1 or another tie."""
    shape, dtype = m.shape(), m.of(*FLOATS)
    t = np.round(m.floats(shape) * 4) / 4
    gap = np.where(
        m.rng.random(shape) < 0.4, m.rng.choice([0, 1, -1, *ties], shape), m.floats(shape)
    )
    x = np.asarray(t + gap)
    if m.chance(0.15):
        x = cut(x) if m.chance() else np.asarray(x.sum(0)) if x.ndim else x
    if m.chance(0.1):
        t = np.asarray(np.where(m.rng.random(shape) < 0.2, m.of(np.nan, np.inf, -np.inf), t))
    return x.astype(dtype), np.asarray(t, dtype)


def regression(*ties: float, legacy: bool = True, **options: Any) -> Sampler:
    def sample(m: Drawn) -> Sample:
        x, t = error_pair(m, *ties)
        if m.chance(0.05):
            x, t = m.integers(x.shape), m.integers(t.shape)
        elif m.chance(0.05):
            t = m.integers(t.shape)
        return (x, t), {**pick(m, **options), **reduction(m, legacy=legacy)}

    return sample


def with_weight(of: Sampler) -> Sampler:
    """Weights of the input's shape, seldom of another."""

    def sample(m: Drawn) -> Sample:
        (x, t), how = of(m)
        if m.chance(0.3):
            shape = x.shape if m.chance(0.9) else (*x.shape, 1)
            how["weight"] = weights(m, shape, "float64")
        return (x, t), how

    return sample


def plain(m: Drawn, dtype: str | None = None) -> tuple[Array, Array]:
    """Two float arrays of one shape."""
    shape, kind = m.shape(), dtype or m.of(*FLOATS)
    return m.floats(shape, kind), m.floats(shape, kind)


def poisson(m: Drawn) -> Sample:
    x, t = plain(m)
    log_input = m.chance()
    t = np.asarray(np.abs(np.where(m.rng.random(t.shape) < 0.3, 1, t)), t.dtype)
    x = x if log_input else np.asarray(np.abs(x) + 0.1, x.dtype)
    t = m.integers(t.shape, low=1) if m.chance(0.2) else t
    full = {"full": True} if m.chance() and (t.dtype.kind == "i" or (t > 0).all()) else {}
    return (x, t), {"log_input": log_input, **full, **pick(m, eps=(1e-8, 0.5)), **reduction(m)}


def gaussian(m: Drawn) -> Sample:
    x, t = plain(m)
    shape = m.of(x.shape, x.shape, x.shape[:-1], (*x.shape[:-1], 1), (2,), x.shape[1:])
    var = np.asarray(np.abs(m.floats(shape, x.dtype.name)))
    var = np.asarray(np.where(m.rng.random(shape) < 0.2, m.of(0.0, 1e-7, -1.0), var), x.dtype)
    given = m.of(var, var, var, 2.0, 0.0, -1.0)
    eps = pick(m, eps=(1e-6, 0.5), full=(True, False))
    return (x, t, given), {**eps, **reduction(m, legacy=False)}


def kl(m: Drawn) -> Sample:
    x, t = plain(m)
    log_target = m.chance()
    if not log_target:
        t = np.asarray(np.where(m.rng.random(t.shape) < 0.2, m.of(0.0, 1.0), np.abs(t)), t.dtype)
    if m.chance(0.05):
        x = m.integers(x.shape)
    elif m.chance(0.1):
        t = cut(t)
    return (x, t), {"log_target": log_target, **reduction(m, "batchmean")}


def labelled(m: Drawn, shape: Any, dtype: Any = np.int64) -> Array:
    return np.asarray(m.rng.choice([1, -1, 1, -1, 0], shape), dtype)


def soft_margin(m: Drawn) -> Sample:
    x, _ = plain(m)
    t = labelled(m, x.shape)
    if m.chance(0.1):
        t = cut(t) if m.chance() else labelled(m, (2, *x.shape))
    return (x, t), reduction(m)


def ranking(m: Drawn) -> Sample:
    a, b = error_pair(m)
    t = labelled(m, b.shape, m.of(np.int64, np.int64, a.dtype))
    if m.chance(0.1):
        t = t[..., None]
    return (a, b, t), {**pick(m, margin=(1, 0.5, 0.0)), **reduction(m)}


def hinge(m: Drawn) -> Sample:
    x, _ = error_pair(m)
    t = labelled(m, x.shape, m.of(np.int64, x.dtype))
    return (x, t), {**pick(m, margin=(1, 0.5, 2.0)), **reduction(m)}


def cosine(m: Drawn) -> Sample:
    batch = m.shape(0, 2, (0, 1, 2, 3))
    size, dtype = m.of(2, 3, 4), m.of(*FLOATS)
    a, b = (m.floats((*batch, size), dtype) for _ in range(2))
    if m.chance(0.1):
        b = b[..., 0] if m.chance() else b[:1]
    return (a, b, labelled(m, batch)), {**pick(m, margin=(0.5, -0.5)), **reduction(m)}


def scores(m: Drawn) -> Array:
    shape = m.shape(0, 3 if m.chance(0.1) else 2, (1, 2, 3, 4))
    x = m.floats(shape, m.of(*FLOATS))
    return np.asarray(np.round(x * 2) / 2 if m.chance() else x, x.dtype)


def multi_margin(m: Drawn) -> Sample:
    x = scores(m)
    classes = x.shape[-1] if x.ndim else 1
    shape = m.of(x.shape[:-1], x.shape[:-1], x.shape[:-1], (1,))
    t = m.integers(shape, low=0 if m.chance(0.9) else -1, high=classes + m.chance(0.1))
    how = pick(m, p=(1, 2, 2, 3), margin=(1.0, 0.5, -1.0))
    if m.chance(0.4):
        how["weight"] = weights(m, (classes + m.chance(0.1),), x.dtype)
    return (x, t), {**how, **reduction(m)}


def weights(m: Drawn, shape: Any, dtype: Any) -> Array:
    return np.asarray(np.abs(m.floats(shape, np.dtype(dtype).name)))


def multilabel(m: Drawn) -> Sample:
    x = scores(m)
    classes = x.shape[-1] if x.ndim else 1
    t = m.integers(x.shape, low=-1 - m.chance(0.1), high=classes + m.chance(0.1))
    return (x, t[..., :-1] if m.chance(0.1) and t.ndim else t), reduction(m)


def multilabel_soft(m: Drawn) -> Sample:
    x, _ = plain(m)
    t = (
        np.asarray(m.rng.random(x.shape), x.dtype)
        if m.chance()
        else m.integers(x.shape, low=0, high=2)
    )
    how = {"weight": weights(m, x.shape[-1:], x.dtype)} if m.chance() else {}
    return (x, t), {**how, **reduction(m)}


def triplet(m: Drawn) -> Sample:
    a, b = plain(m)
    c = m.floats(b.shape, b.dtype.name)
    if m.chance(0.1):
        b = b[..., 0] if b.ndim and b.shape[-1] else b
    how = pick(m, margin=(1.0, 0.5, 5, 0), p=(2, 1.0, 3, float("inf")), eps=(1e-6, 0.1))
    return (a, b, c), {**how, **pick(m, swap=(True, False)), **reduction(m)}


def distant(m: Drawn) -> Sample:
    args, how = triplet(m)
    names = ("margin", "swap", "reduction")
    return args, {name: value for name, value in how.items() if name in names}


def binary(low: float, high: float, *weighted: str) -> Sampler:
    def sample(m: Drawn) -> Sample:
        shape, dtype = m.shape(), m.of(*FLOATS)
        x, t = (np.asarray(m.rng.random(shape), dtype) for _ in range(2))
        x = np.asarray(x * (high - low) + low, dtype)
        edge = m.rng.random(shape) < 0.1
        t = np.asarray(np.where(m.rng.random(shape) < 0.3, m.rng.choice([0.0, 1], shape), t), dtype)
        if m.chance(0.2):
            x = np.asarray(np.where(edge, m.of(low, high), x), dtype)
        if m.chance(0.1):
            t = t[..., None] if m.chance() or low else t.astype("float16")
        how = {}
        for name in weighted:
            if m.chance(0.4):
                how[name] = weights(
                    m, m.broadcastable(shape) if m.chance(0.95) else (2, *shape), dtype
                )
        return (x, t), {**how, **reduction(m)}

    return sample


def classified(m: Drawn) -> Sample:
    ndim = m.of(0, 1, 2, 2, 2, 3, 4)
    shape = tuple(m.of(1, 2, 3, 4) for _ in range(ndim))
    if ndim > 1 and m.chance(0.05):
        shape = (0, *shape[1:])
    x = m.floats(shape, m.of(*FLOATS))
    axis = 0 if ndim == 1 else 1
    classes = shape[axis] if ndim else 1
    outer = shape[:axis] + shape[axis + 1 :]
    ignore = {"ignore_index": m.of(-100, 0, 1, -1)} if m.chance(0.4) else {}
    low = -1 if ignore.get("ignore_index") == -1 else 0
    t = m.integers(outer, m.of("int64", "uint8") if low == 0 and ndim == 2 else "int64", low,
                   classes + m.chance(0.05))  # fmt: skip
    if m.chance(0.05):
        t = t[..., None]
    how: dict[str, Any] = {**ignore}
    if m.chance(0.3):
        how["weight"] = weights(m, (classes + m.chance(0.05),), x.dtype)
    return (x, t), {**how, **reduction(m)}


def crossed(m: Drawn) -> Sample:
    (x, t), how = classified(m)
    if not x.ndim:  # refused, with one or another error
        x, t = x.reshape(1), np.zeros(1, np.int64)
        how.pop("weight", None)
    if m.chance(0.3):
        t = np.asarray(np.abs(m.floats(x.shape)), x.dtype)
        how.pop("ignore_index", None)
    return (x, t), {**how, **pick(m, label_smoothing=(0.0, 0.1, 0.5, 1.0, 1.5))}


def detached(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Without a gradient for these keywords, or for the arguments from the second on ("target"):
    PyTorch has none."""

    def change(op: Callable[..., Any]) -> Callable[..., Any]:
        def run(x: Any, *args: Any, **kwargs: Any) -> Any:
            if "target" in names:
                args = tuple(a.detach() for a in args)
            own = {k: v.detach() if k in names else v for k, v in kwargs.items()}
            return op(x, *args, **own)

        return run

    return change


SAMPLES: dict[str, Sampler] = {
    "mse_loss": with_weight(regression()),
    "l1_loss": with_weight(regression()),
    "smooth_l1_loss": regression(0.5, -0.5, beta=(1.0, 0.5, 0, 2, -1.0)),
    "huber_loss": with_weight(regression(0.5, -0.5, legacy=False, delta=(1.0, 0.5, 2, 0.0))),
    "poisson_nll_loss": poisson,
    "gaussian_nll_loss": gaussian,
    "kl_div": kl,
    "soft_margin_loss": soft_margin,
    "margin_ranking_loss": ranking,
    "hinge_embedding_loss": hinge,
    "cosine_embedding_loss": cosine,
    "multi_margin_loss": multi_margin,
    "multilabel_margin_loss": multilabel,
    "multilabel_soft_margin_loss": multilabel_soft,
    "triplet_margin_loss": triplet,
    "triplet_margin_with_distance_loss": distant,
    "binary_cross_entropy": binary(0.0, 1.0, "weight"),
    "binary_cross_entropy_with_logits": binary(-8.0, 8.0, "weight", "pos_weight"),
    "nll_loss": classified,
    "cross_entropy": crossed,
}
DETACHED = {
    "binary_cross_entropy_with_logits": ("weight", "pos_weight"),
    "multi_margin_loss": ("weight",), "binary_cross_entropy": ("weight",),
    "nll_loss": ("weight",), "cross_entropy": ("weight",),
}  # fmt: skip
WIDER = {
    "cross_entropy": "with smoothing, weighted labels of bytes, and one sample's label in (1,)"
}


@pytest.mark.parametrize("name", SAMPLES)
def test_functions(name: str, record_property: Callable[[str, Any], None]) -> None:
    without = detached(*DETACHED.get(name, ()))
    compare(
        f"nn.functional.{name}", SAMPLES[name], record_property, wider=WIDER.get(name, ""),
        ours=without(getattr(F, name)), theirs=without(getattr(torch.nn.functional, name)),
    )  # fmt: skip


MODULES = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss", "PoissonNLLLoss": "poisson_nll_loss",
    "GaussianNLLLoss": "gaussian_nll_loss", "KLDivLoss": "kl_div",
    "SoftMarginLoss": "soft_margin_loss", "MarginRankingLoss": "margin_ranking_loss",
    "HingeEmbeddingLoss": "hinge_embedding_loss", "CosineEmbeddingLoss": "cosine_embedding_loss",
    "MultiMarginLoss": "multi_margin_loss", "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "TripletMarginLoss": "triplet_margin_loss",
    "TripletMarginWithDistanceLoss": "triplet_margin_with_distance_loss",
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss", "NLLLoss2d": "nll_loss", "CrossEntropyLoss": "cross_entropy",
}  # fmt: skip


def module(name: str) -> Callable[[Drawn], ModuleSample]:
    """The function's samples, its options as those of the constructor; with good ones alone, for
    PyTorch refuses bad ones only when called."""

    def sample(m: Drawn) -> ModuleSample:
        while True:
            inputs, how = SAMPLES[MODULES[name]](m)
            if name in ("MSELoss", "L1Loss", "HuberLoss"):
                how.pop("weight", None)
            bad = ("beta", -1.0), ("p", 3), ("label_smoothing", 1.5), ("margin", 0)
            if how.get("reduction") != "avg" and not any(how.get(k) == v for k, v in bad):
                return how, inputs

    return sample


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str, record_property: Callable[[str, Any], None]) -> None:
    wider = WIDER.get(MODULES[name], "")
    compare_module(name, module(name), record_property, modes=(True,), wider=wider)
