"""Padding, patches, resizing and what is left of pooling, beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.parity.beside import Array, Drawn, Sample, compare
from tests.parity.modules import ModuleSample, compare_module
from tests.parity.test_layers_torch import as_function, lead, some, values


def space(m: Drawn, dims: int, *sides: int) -> tuple[int, ...]:
    return tuple(m.of(*(sides or (1, 2, 3, 4))) for _ in range(dims))


def each(m: Drawn, dims: int, *options: Any) -> Any:
    """One for all dimensions, or one for each."""
    return m.of(*options) if m.chance() else tuple(m.of(*options) for _ in range(dims))


def padded(mode: str, dims: int) -> Callable[[Drawn], ModuleSample]:
    def draw(m: Drawn) -> ModuleSample:
        lowest = -1 if mode in ("Constant", "Zero") else 0
        padding = each(m, 2 * dims, lowest, 0, 1, 2) if m.chance(0.95) else (1,) * (2 * dims + 1)
        options = {"padding": padding} | ({"value": m.of(1.5, 0.0)} if mode == "Constant" else {})
        return options, (values(m, (*lead(m, 2), *space(m, dims, 2, 3, 4)), rare=True),)

    return draw


def patches(m: Drawn) -> dict[str, Any]:
    return {"kernel_size": each(m, 2, 1, 2, 3)} | some(
        m, dilation=each(m, 2, 1, 2), padding=each(m, 2, 0, 1, 2), stride=each(m, 2, 1, 2, 3)
    )


def unfold(m: Drawn) -> ModuleSample:
    return patches(m), (values(m, (*lead(m, m.of(1, 2)), *space(m, 2))),)


def fold(m: Drawn) -> ModuleSample:
    options, size = patches(m), space(m, 2, 2, 3, 4, 5)
    two = {n: (v, v) if isinstance(v, int) else v for n, v in options.items()}
    kernel = two["kernel_size"]
    count = 1
    for i in (0, 1):
        wide = two.get("dilation", (1, 1))[i] * (kernel[i] - 1) + 1
        free = size[i] + 2 * two.get("padding", (0, 0))[i] - wide
        count *= max(free // two.get("stride", (1, 1))[i] + 1, 1)
    count += m.chance(0.05)
    channels = m.of(1, 2) * kernel[0] * kernel[1] + m.chance(0.05)
    x = values(m, (*m.of((2,), (1,), ()), channels, count))
    return {"output_size": size} | options, (x,)


def pixels(m: Drawn) -> ModuleSample:
    r = m.of(1, 2, 3)
    channels = m.of(1, 2) * r * r + m.chance(0.05)
    x = values(m, (*m.shape(0, 2), channels, *space(m, 2, 0, 1, 2, 3)))
    return {"upscale_factor": r}, (x,)


def unpixels(m: Drawn) -> ModuleSample:
    r = m.of(1, 2, 3)
    sides = tuple(n * r for n in space(m, 2, 1, 2))
    x = values(m, (*m.shape(0, 2, (1, 2, 3)), m.of(1, 2), *sides[: 1 if m.chance(0.05) else 2]))
    return {"downscale_factor": r if m.chance(0.95) else 4}, (x,)


def channels(m: Drawn) -> ModuleSample:
    g = m.of(1, 2, 3)
    x = values(m, (m.of(1, 2), g * m.of(1, 2) + m.chance(0.05), *m.shape(1, 3)))
    return {"groups": g}, (x,)


MODES = {
    1: ("nearest", "nearest-exact", "area", "linear"),
    2: ("nearest", "nearest-exact", "area", "bilinear", "bicubic"),
    3: ("nearest", "nearest-exact", "area", "trilinear"),
}


def resized(m: Drawn) -> tuple[dict[str, Any], Array]:
    dims = m.of(1, 2, 2, 3)
    mode = m.of(*MODES[dims]) if m.chance(0.95) else m.of(*MODES[m.of(1, 2, 3)])
    options: dict[str, Any] = {"mode": mode}
    if m.chance():
        options["size"] = each(m, dims, 1, 2, 3, 5, 8)
    else:
        options["scale_factor"] = each(m, dims, 0.5, 1.0, 1.5, 2, 2.7, 0.3)
        options |= some(m, recompute_scale_factor=m.chance())
    if mode.endswith(("linear", "cubic")) or m.chance(0.05):
        options |= some(m, align_corners=m.of(True, False, None))
    shape = (m.of(1, 2, 3), m.of(1, 2), *space(m, dims, 1, 2, 3, 4, 5))
    return options, values(m, shape, rare=True)


def interpolate(m: Drawn) -> Sample:
    options, x = resized(m)
    return (x,), options


def upsample(m: Drawn) -> ModuleSample:
    options, x = resized(m)
    return options, (x,)


def two_sizes(m: Drawn) -> ModuleSample:
    x = values(m, (m.of(1, 2), m.of(1, 2), *space(m, 2, 1, 2, 3, 4)))
    if m.chance():
        return {"size": each(m, 2, 1, 3, 5)}, (x,)
    return {"scale_factor": each(m, 2, 0.5, 1.5, 2)}, (x,)


def lp_pool(dims: int) -> Callable[[Drawn], ModuleSample]:
    def draw(m: Drawn) -> ModuleSample:
        options = {"norm_type": m.of(1, 2, 3, 2.0, 1.5), "kernel_size": each(m, dims, 1, 2, 3)}
        options |= some(m, stride=each(m, dims, 1, 2, 3), ceil_mode=m.chance())
        if dims == 1 and isinstance(options["kernel_size"], tuple):
            options["kernel_size"] = options["kernel_size"][0]
        x = np.abs(values(m, (*lead(m, 2), *space(m, dims, 2, 3, 4)))) + 0.125
        return options, (x.astype(m.of("float64", "float32")),)

    return draw


def unpooled(dims: int) -> Callable[[Drawn], ModuleSample]:
    def draw(m: Drawn) -> ModuleSample:
        options = {"kernel_size": each(m, dims, 2, 3)}
        x = values(m, (*m.of((2, 2), (1, 1), (2,)), *space(m, dims, 1, 2)))
        kernel = options["kernel_size"]
        kernel = (kernel,) * dims if isinstance(kernel, int) else kernel
        size = [n * k for n, k in zip(x.shape[-dims:], kernel, strict=True)]
        count = int(np.prod(size))
        flat = int(np.prod(x.shape[-dims:]))
        rows = int(np.prod(x.shape[:-dims]))
        at = np.stack([m.rng.permutation(count)[:flat] for _ in range(rows)])
        wanted = [n + m.of(0, 0, 1) for n in size] if m.chance(0.3) else None
        return options, (x, at.reshape(x.shape), wanted)

    return draw


def unflatten(m: Drawn) -> ModuleSample:
    parts = m.shape(1, 3, (1, 2, 3))
    shape = m.shape(0, 2)
    at = int(m.rng.integers(len(shape) + 1))
    whole = int(np.prod(parts)) + m.chance(0.05)
    x = values(m, (*shape[:at], whole, *shape[at:]))
    if m.chance(0.3):
        hidden = int(m.rng.integers(len(parts)))
        parts = tuple(-1 if i == hidden else n for i, n in enumerate(parts))
    return {"dim": m.of(at, at - x.ndim), "unflattened_size": parts}, (x,)


def transposed(dims: int) -> Callable[[Drawn], ModuleSample]:
    def draw(m: Drawn) -> ModuleSample:
        options = {"in_channels": 2, "out_channels": m.of(1, 2), "kernel_size": m.of(1, 2, 3)}
        options |= {"stride": each(m, dims, 1, 2, 3)} | some(m, dilation=2)
        if options["kernel_size"] > 1:  # else an empty result, which we refuse
            options |= some(m, padding=m.of(0, 1))
        x = values(m, (*m.of((2, 2), (2,)), *space(m, dims, 2, 3)))
        wide = options.get("dilation", 1) * (options["kernel_size"] - 1) + 1
        stride = options["stride"]
        steps = (stride,) * dims if isinstance(stride, int) else stride
        least = [
            (n - 1) * s - 2 * options.get("padding", 0) + wide
            for n, s in zip(x.shape[-dims:], steps, strict=True)
        ]
        wanted = [n + int(m.rng.integers(s)) for n, s in zip(least, steps, strict=True)]
        if m.chance(0.1):
            wanted[0] += m.of(-1, 3)
        return options, (x, m.of(wanted, None, (*x.shape[:-dims], *wanted)))

    return draw


MODULES: dict[str, Callable[[Drawn], ModuleSample]] = {
    **{
        f"{mode}Pad{d}d": padded(mode, d)
        for mode in ("Constant", "Zero", "Reflection", "Replication", "Circular")
        for d in (1, 2, 3)
    },
    "Unfold": unfold,
    "Fold": fold,
    "PixelShuffle": pixels,
    "PixelUnshuffle": unpixels,
    "ChannelShuffle": channels,
    "Upsample": upsample,
    "UpsamplingNearest2d": two_sizes,
    "UpsamplingBilinear2d": two_sizes,
    **{f"LPPool{d}d": lp_pool(d) for d in (1, 2, 3)},
    **{f"MaxUnpool{d}d": unpooled(d) for d in (1, 2, 3)},
    **{f"ConvTranspose{d}d": transposed(d) for d in (1, 2, 3)},
    "Unflatten": unflatten,
}
FUNCTIONS: dict[str, Callable[[Drawn], Sample]] = {
    "unfold": as_function(unfold),
    "fold": as_function(fold),
    "pixel_shuffle": as_function(pixels),
    "pixel_unshuffle": as_function(unpixels),
    "channel_shuffle": as_function(channels),
    "interpolate": interpolate,
    "upsample_nearest": as_function(two_sizes),
    "upsample_bilinear": as_function(two_sizes),
    **{f"lp_pool{d}d": as_function(lp_pool(d)) for d in (1, 2, 3)},
    **{f"max_unpool{d}d": as_function(unpooled(d)) for d in (1, 2, 3)},
}
WIDER = dict.fromkeys(("LPPool3d", "lp_pool3d"), "windows that begin inside and run over the end")


@pytest.mark.parametrize("name", MODULES)
def test_module_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare_module(name, MODULES[name], record_property, wider=WIDER.get(name, ""))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_beside_torch(name: str, record_property: Callable[[str, Any], None]) -> None:
    full = f"nn.functional.{name}"
    compare(full, FUNCTIONS[name], record_property, wider=WIDER.get(name, ""))
