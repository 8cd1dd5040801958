"""Parametrized weights, lazy layers and DataParallel beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

import tinygrad_kr as tg

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(0)


def filled(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Both with PyTorch's values, taken strictly."""
    mine, other = pair
    state = {k: tg.tensor(v.numpy()) for k, v in other.state_dict().items()}
    assert list(mine.state_dict()) == list(state)
    mine.load_state_dict(state, strict=True)
    other.load_state_dict({k: torch.tensor(v.numpy()) for k, v in mine.state_dict().items()})
    return mine, other


def alike(pair: tuple[Any, Any], x: Array) -> None:
    """The same output and the same gradients, of the same names, and the same state after it."""
    mine, other = pair
    mine.zero_grad()
    other.zero_grad()
    y = mine(tg.tensor(x))
    z = other(torch.tensor(x))
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), 1e-9, 1e-10)
    (y * y).sum().backward()
    (z * z).sum().backward()
    theirs = dict(other.named_parameters())
    assert [n for n, _ in mine.named_parameters()] == list(theirs)
    for name, p in mine.named_parameters():
        np.testing.assert_allclose(p.grad, theirs[name].grad, 1e-8, 1e-9, err_msg=name)
    for name, t in mine.state_dict().items():
        np.testing.assert_allclose(t, other.state_dict()[name], 1e-9, 1e-10, err_msg=name)


def both(make: Any) -> tuple[Any, Any]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        other = make(torch).double()
    return make(tg).double(), other


LAYERS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "linear": (lambda lib: lib.nn.Linear(3, 4).double(), (5, 3)),
    "convolution": (lambda lib: lib.nn.Conv2d(2, 3, 2).double(), (2, 2, 4, 4)),
    "transposed": (lambda lib: lib.nn.ConvTranspose2d(2, 3, 2).double(), (2, 2, 4, 4)),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dim", [0, 1, None, -1])
def test_weight_norm(layer: str, dim: int | None) -> None:
    make, shape = LAYERS[layer]
    pair = filled(
        both(lambda lib: lib.nn.utils.parametrizations.weight_norm(make(lib), dim=dim)),
    )
    alike(pair, RNG.normal(size=shape))
    for lib, model in zip((tg, torch), pair, strict=True):
        lib.nn.utils.parametrize.remove_parametrizations(model, "weight")  # type: ignore[attr-defined]
    assert list(pair[0].state_dict()) == list(pair[1].state_dict())
    alike(pair, RNG.normal(size=shape))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("options", [{}, {"n_power_iterations": 3, "eps": 1e-3}, {"dim": 1}])
def test_spectral_norm(layer: str, options: dict[str, Any]) -> None:
    make, shape = LAYERS[layer]
    pair = filled(
        both(lambda lib: lib.nn.utils.parametrizations.spectral_norm(make(lib), **options)),
    )
    for train in (True, True, False):
        for model in pair:
            model.train(train)
        alike(pair, RNG.normal(size=shape))


def test_spectral_norm_of_a_vector() -> None:
    pair = filled(both(lambda lib: lib.nn.utils.parametrizations.spectral_norm(
        lib.nn.Linear(3, 4).double(), "bias")))  # fmt: skip
    alike(pair, RNG.normal(size=(2, 3)))


def modules(lib: Any) -> Any:
    """Parametrizations of one's own, written once for both."""

    class Symmetric(lib.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, a: Any) -> Any:
            return a.triu()

    class Scaled(lib.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.scale = lib.nn.Parameter(2 * lib.ones(1, dtype=lib.float64))

        def forward(self, x: Any) -> Any:
            return x * self.scale

        def extra_repr(self) -> str:
            return ""

    class Sum(lib.nn.Module):  # type: ignore[misc]
        def forward(self, a: Any, b: Any) -> Any:
            return a + b

        def right_inverse(self, w: Any) -> Any:
            return w / 4, 3 * w / 4

    class Cut(lib.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x[1:]

    return Symmetric, Scaled, Sum, Cut


@pytest.mark.parametrize("order", [(0,), (1,), (2,), (0, 1), (1, 0), (2, 1), (0, 1, 0)])
def test_ones_own(order: tuple[int, ...]) -> None:
    def make(lib: Any) -> Any:
        layer, kinds = lib.nn.Linear(3, 3).double(), modules(lib)
        for n in order:
            found = lib.nn.utils.parametrize.register_parametrization(layer, "weight", kinds[n]())
            assert found is layer
        return layer

    pair = filled(both(make))
    x = RNG.normal(size=(2, 3))
    alike(pair, x)
    assert repr(pair[0]) == repr(pair[1])
    for lib, model in zip((tg, torch), pair, strict=True):
        p: Any = lib.nn.utils.parametrize  # type: ignore[attr-defined]
        assert p.is_parametrized(model) and p.is_parametrized(model, "weight")
        assert not p.is_parametrized(model, "bias")
        assert p.type_before_parametrizations(model) is lib.nn.Linear
        assert isinstance(model, lib.nn.Linear)
        value = np.arange(9.0).reshape(3, 3)
        if 1 not in order:
            model.weight = lib.tensor(value + value.T)
        else:
            with pytest.raises(RuntimeError, match="right_inverse"):
                model.weight = lib.tensor(value)
    alike(pair, x)
    leave = order != (0,)
    for lib, model in zip((tg, torch), pair, strict=True):
        lib.nn.utils.parametrize.remove_parametrizations(model, "weight", leave)  # type: ignore[attr-defined]
        assert type(model) is lib.nn.Linear
    alike(pair, x)


def test_an_optimiser_keeps_its_parameter() -> None:
    for lib in (tg, torch):
        layer, p = lib.nn.Linear(3, 3).double(), lib.nn.utils.parametrize  # type: ignore[attr-defined]
        weight = layer.weight
        p.register_parametrization(layer, "weight", modules(lib)[0]())
        assert layer.parametrizations.weight.original is weight
        p.remove_parametrizations(layer, "weight")
        assert layer.weight is weight
        layer.register_buffer("table", lib.ones(2, 2))
        p.register_parametrization(layer, "table", modules(lib)[0]())
        assert "parametrizations.table.original" in dict(layer.named_buffers())


def test_refusals() -> None:
    for lib in (tg, torch):
        symmetric, _, two, cut = modules(lib)
        layer, p = lib.nn.Linear(3, 3).double(), lib.nn.utils.parametrize  # type: ignore[attr-defined]
        for refused in (
            lambda p=p, layer=layer, cut=cut: p.register_parametrization(layer, "weight", cut()),
            lambda p=p, layer=layer, cut=cut: p.register_parametrization(layer, "none", cut()),
            lambda p=p, layer=layer: p.remove_parametrizations(layer, "weight"),
        ):
            with pytest.raises(ValueError):
                refused()
        assert list(layer.state_dict()) == ["weight", "bias"]
        p.register_parametrization(layer, "weight", cut(), unsafe=True)
        assert layer.weight.shape == (2, 3)
        other = lib.nn.Linear(3, 3).double()
        p.register_parametrization(other, "weight", two())
        with pytest.raises(ValueError):
            p.register_parametrization(other, "weight", cut())
        with pytest.raises(ValueError):
            p.remove_parametrizations(other, "weight", leave_parametrized=False)
        p.register_parametrization(other, "weight", symmetric())
        assert len(other.parametrizations["weight"]) == 2


LAZY: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [
    ("Linear", (4,), {"bias": False}, (2, 3)),
    *((f"Conv{d}d", (4, 2), {"stride": 2}, (2, 3, *(5,) * d)) for d in (1, 2, 3)),
    ("Conv2d", (4, 2), {"padding": 1}, (3, 5, 4)),
    *((f"ConvTranspose{d}d", (4, 2), {}, (2, 3, *(3,) * d)) for d in (1, 2, 3)),
    ("BatchNorm1d", (), {"eps": 0.1}, (4, 3)),
    *((f"BatchNorm{d}d", (), {}, (2, 3, *(3,) * d)) for d in (1, 2, 3)),
    *((f"InstanceNorm{d}d", (), {"affine": True}, (2, 3, *(3,) * d)) for d in (1, 2, 3)),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), LAZY)
def test_lazy(name: str, args: Any, kwargs: Any, shape: Any) -> None:
    x = RNG.normal(size=shape)

    def make(lib: Any) -> Any:
        net = lib.nn.Sequential(getattr(lib.nn, f"Lazy{name}")(*args, **kwargs))
        seen: list[Any] = []
        net[0].register_forward_hook(lambda *found: seen.append(found))
        with lib.no_grad():
            net(lib.tensor(x, dtype=lib.float32))
            net(lib.tensor(x, dtype=lib.float32))
        assert len(seen) == 2
        assert type(net[0]) is getattr(lib.nn, name)
        return net

    pair = filled(both(make))
    assert repr(pair[0]) == repr(pair[1])
    alike(pair, x)


def test_data_parallel() -> None:
    make, shape = LAYERS["linear"]
    pair = filled(both(lambda lib: lib.nn.DataParallel(make(lib))))
    assert list(pair[0].state_dict()) == ["module.weight", "module.bias"]
    assert isinstance(pair[0].module, tg.nn.Linear)
    alike(pair, RNG.normal(size=shape))
