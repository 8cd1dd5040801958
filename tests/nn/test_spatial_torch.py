"""Convolution, pooling and padding beside PyTorch, where that is installed: over all options, with
ties, nan and infinities, what is refused, and how layers show."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

from tinygrad_kr import nn
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import TinygradKrError
from tinygrad_kr.nn import functional as F

torch = pytest.importorskip("torch")
TF = torch.nn.functional
Array = np.ndarray[Any, Any]


class Drawn:
    """Options from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.normal = np.random.default_rng(seed).standard_normal

    def of(self, *options: Any) -> Any:
        return self.rng.choice(options)

    def each(self, dims: int, *options: Any) -> Any:
        if self.of(True, False):
            return self.of(*options)
        return tuple(self.of(*options) for _ in range(dims))

    def sides(self, dims: int, least: int, most: int) -> tuple[int, ...]:
        return tuple(self.rng.randint(least, most) for _ in range(dims))

    def lead(self, channels: int) -> tuple[int, ...]:
        return self.of((2, channels), (1, channels), (3, channels), (channels,), (0, channels))  # type: ignore[no-any-return]


def beside(name: str, arrays: list[Array], options: dict[str, Any], second: bool) -> bool:
    """Whether both take it: values, gradients and second derivatives are then the same; what
    PyTorch refuses is refused by a RuntimeError too."""
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    ours = [wrap(a.copy()).requires_grad_() for a in arrays]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = getattr(TF, name)(*theirs, **options)
        except RuntimeError:
            with pytest.raises(TinygradKrError) as refusal:
                getattr(F, name)(*ours, **options)
            assert isinstance(refusal.value, RuntimeError)
            return False
    found = getattr(F, name)(*ours, **options)
    if isinstance(expected, tuple):
        assert found[1].numpy().tolist() == expected[1].tolist()
        found, expected = found[0], expected[0]
    assert found.shape == tuple(expected.shape)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), 1e-9, 1e-9)
    g = np.random.default_rng(1).standard_normal(found.shape)
    gs = grad(found, ours, wrap(g), create_graph=second)
    hs = torch.autograd.grad(expected, theirs, torch.tensor(g), create_graph=second)
    for a, b in zip(gs, hs, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-8, 1e-9)
    if second:
        gs = grad(sum((a * a).sum() for a in gs), ours, materialize_grads=True)
        hs = torch.autograd.grad(sum((b * b).sum() for b in hs), theirs, materialize_grads=True)
        for a, b in zip(gs, hs, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-7, 1e-7)
    return True


def convolved(m: Drawn) -> tuple[str, list[Array], dict[str, Any]]:
    dims, groups, ins, outs = m.of(1, 2, 3), m.of(1, 1, 2, 3), m.of(1, 2), m.of(1, 2, 3)
    back = m.of(True, False)
    options = {
        "stride": m.each(dims, 1, 2, 3), "padding": m.each(dims, 0, 1, 2),
        "dilation": m.each(dims, 1, 2), "groups": groups,
    }  # fmt: skip
    if back:
        # PyTorch does not always refuse what it says that it refuses.
        options["output_padding"] = m.each(dims, 0, 1) if np.min(options["stride"]) > 1 else 0
    elif m.of(True, False, False):
        options["padding"] = m.of("same", "valid")
    kernel = m.sides(dims, 1, 3)
    ends = (groups * ins, outs) if back else (groups * outs, ins)
    arrays = [m.normal((*m.lead(groups * ins), *m.sides(dims, 3, 6))), m.normal((*ends, *kernel))]
    if m.of(True, False):
        arrays.append(m.normal(groups * outs))
    return f"conv{'_transpose' if back else ''}{dims}d", arrays, options


@pytest.mark.parametrize("seed", range(10))
def test_convolution(seed: int) -> None:
    m = Drawn(seed)
    taken = 0
    for _ in range(25):
        name, arrays, options = convolved(m)
        taken += beside(name, arrays, options, second=True)
    assert taken > 10


def pooled(m: Drawn) -> tuple[str, list[Array], dict[str, Any]]:
    dims, kind = m.of(1, 2, 3), m.of("max", "max", "avg", "adaptive_max", "adaptive_avg")
    options: dict[str, Any] = {}
    if "adaptive" in kind:
        sizes = (1, 2, 3, 5, 8) if dims == 1 else (1, 2, 3, 5, 8, None)
        options["output_size"] = tuple(m.of(*sizes) for _ in range(dims))
    else:
        options = {
            "kernel_size": m.each(dims, 2, 1, 3, 4), "padding": m.each(dims, 0, 0, 1, 2),
            "stride": m.of(None, m.each(dims, 1, 2, 3)), "ceil_mode": m.of(False, True),
        }  # fmt: skip
    if kind == "avg":
        options["count_include_pad"] = m.of(True, False)
        if dims > 1 and m.of(True, False):
            options["divisor_override"] = m.of(1, 3, -2)
    if "max" in kind:
        options["return_indices"] = True
    # A dilated window all in the margins holds nothing: PyTorch then answers with a place outside.
    size = m.sides(dims, 5, 9)
    if kind == "max" and m.of(True, False):
        options |= {"dilation": 2, "padding": 0}
    x = m.normal((*m.lead(2), *size))
    x = np.round(x) if m.of(True, False) else x
    for value in (np.nan, -np.inf, np.inf):
        if m.of(True, False, False):
            x[np.random.default_rng(0).random(x.shape) < 0.2] = value
    return f"{kind}_pool{dims}d", [x], options


@pytest.mark.parametrize("seed", range(10))
def test_pooling(seed: int) -> None:
    m = Drawn(seed)
    taken = 0
    for _ in range(40):
        name, arrays, options = pooled(m)
        taken += beside(name, arrays, options, second=False)
    assert taken > 20


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad(mode: str) -> None:
    m = Drawn(0)
    for _ in range(60):
        dims = m.of(1, 2, 3)
        pad = [m.of(0, 1, 2, -1) for _ in range(2 * dims)]
        value = {"value": m.of(None, 0.0, 2.5)} if mode == "constant" else {}
        beside("pad", [m.normal((2, 2, *m.sides(dims, 5, 6)))], {"pad": pad, "mode": mode} | value,
               second=False)  # fmt: skip


LAYERS = [
    ("Conv2d", (1, 2, 3), {}),
    ("Conv2d", (2, 4, (3, 2), 2, 1, 1, 2, False, "reflect"), {}),
    ("Conv1d", (2, 3, 3), {"padding": "same"}),
    ("Conv3d", (2, 4, (1, 2, 3)), {"padding": (0, 1, 1), "padding_mode": "circular"}),
    ("Conv2d", (2, 3, 4), {"padding": "same", "padding_mode": "replicate"}),
    ("ConvTranspose2d", (2, 4, 3, 2, 1, 1, 2, False, 2), {}),
    ("ConvTranspose1d", (1, 2, 3), {}),
    ("ConvTranspose3d", (2, 2, 2, 2), {"groups": 2}),
    ("MaxPool2d", (2,), {}),
    ("MaxPool1d", (3, 2, 1), {}),
    ("MaxPool3d", ((1, 2, 3),), {"return_indices": True, "ceil_mode": True}),
    ("AvgPool1d", (2,), {}),
    ("AvgPool2d", (2, 1, 1), {"divisor_override": 3}),
    ("AvgPool3d", (2,), {"count_include_pad": False}),
    ("AdaptiveAvgPool1d", (3,), {}),
    ("AdaptiveAvgPool2d", ((None, 3),), {}),
    ("AdaptiveAvgPool3d", (2,), {}),
    ("AdaptiveMaxPool1d", (3, True), {}),
    ("AdaptiveMaxPool2d", (2,), {}),
    ("AdaptiveMaxPool3d", ((2, None, 1),), {}),
]


@pytest.mark.parametrize(("name", "args", "options"), LAYERS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_layers(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """They show alike, a state_dict of one loads into the other, and they compute the same."""
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    assert repr(ours) == repr(theirs)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    shape = 2, getattr(ours, "in_channels", 3), *(6,) * int(name[-2])
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    a, b = ours(wrap(x)), theirs(torch.tensor(x))
    if isinstance(b, tuple):
        assert a[1].numpy().tolist() == b[1].tolist()
        a, b = a[0], b[0]
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-5, 1e-6)


@pytest.mark.parametrize("name", ["Conv2d", "ConvTranspose2d"])
def test_initial_values_are_drawn_from_the_same_range(name: str) -> None:
    ours = getattr(nn, name)(40, 60, 3, groups=2)
    theirs = getattr(torch.nn, name)(40, 60, 3, groups=2)
    for kind in ("weight", "bias"):
        mine = np.abs(getattr(ours, kind).detach().numpy())
        its = np.abs(getattr(theirs, kind).detach().numpy())
        assert mine.max() == pytest.approx(its.max(), rel=0.1)
        assert mine.mean() == pytest.approx(its.mean(), rel=0.25)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8"])
def test_dtypes(dtype: str) -> None:
    x = np.arange(32).reshape(1, 2, 4, 4).astype(dtype)
    w = np.arange(8).reshape(1, 2, 2, 2).astype(dtype)
    for name, args in (("conv2d", (x, w)), ("max_pool2d", (x,)), ("avg_pool2d", (x,))):
        if name == "avg_pool2d" and not dtype.startswith("float"):
            continue  # PyTorch averages int64 alone of the integers, rounded; refused here
        more = () if name == "conv2d" else (2,)
        expected = getattr(TF, name)(*map(torch.tensor, args), *more)
        found = getattr(F, name)(*map(wrap, args), *more)
        assert str(found.dtype) == str(expected.dtype).removeprefix("torch.")
        np.testing.assert_allclose(found.numpy(), expected.numpy())
