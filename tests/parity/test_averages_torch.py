"""Averaged models and weights made of other parameters, beside PyTorch's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.errors import ArgumentError, GradientError
from tinygrad_kr.optim import swa_utils as ours

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("torch.optim.swa_utils")


@pytest.fixture(autouse=True)
def _in_float64() -> Iterator[None]:
    """PyTorch rounds a share to its default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def models(make: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The same model of both, in float64."""
    mine, other = make(tg.nn).double(), make(torch.nn).double()
    mine.load_state_dict({k: tg.tensor(v.numpy()) for k, v in other.state_dict().items()})
    return mine, other


def net(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def alike(mine: Any, other: Any) -> None:
    found, expected = mine.state_dict(), other.state_dict()
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(
            found[name].detach().numpy(), value.detach().numpy(), 1e-12, 1e-14, err_msg=name
        )


FUNCTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "mean": lambda m: {},
    "swa": lambda m: {"avg_fn": m.get_swa_avg_fn()},
    "ema": lambda m: {"avg_fn": m.get_ema_avg_fn(0.9)},
    "swa of lists": lambda m: {"multi_avg_fn": m.get_swa_multi_avg_fn()},
    "ema of lists": lambda m: {"multi_avg_fn": m.get_ema_multi_avg_fn(0.9)},
    "own": lambda m: {"avg_fn": lambda mean, new, count: mean * 0.5 + new * 0.5 / (count + 1)},
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_averaged_model_is_pytorchs(name: str, use_buffers: bool) -> None:
    if use_buffers and name == "swa of lists":
        pytest.skip("PyTorch cannot average its integer buffers so")
    pair = models(net)
    averages = [
        lib.AveragedModel(model, **FUNCTIONS[name](lib), use_buffers=use_buffers)
        for lib, model in zip((ours, theirs), pair, strict=True)
    ]
    rng = np.random.default_rng(0)
    for _ in range(5):
        x = rng.normal(size=(6, 3))
        for lib, model, average in zip((tg, torch), pair, averages, strict=True):
            model(lib.tensor(x))  # type: ignore[attr-defined]
            average.update_parameters(model)
        for p, q in zip(pair[0].parameters(), pair[1].parameters(), strict=True):
            step = rng.normal(size=tuple(p.shape))
            p.detach().add_(tg.tensor(step))
            q.data.add_(torch.tensor(step))
        alike(*averages)
    batches = [(rng.normal(size=(4, 3)), 0) for _ in range(3)]
    for lib, module, average in zip((tg, torch), (ours, theirs), averages, strict=True):
        module.update_bn([(lib.tensor(x), t) for x, t in batches], average)  # type: ignore[attr-defined]
        assert average.training and average.module[1].momentum == 0.1
        average.eval()
    alike(*averages)
    x = rng.normal(size=(2, 3))
    found, expected = averages[0](tg.tensor(x)), averages[1](torch.tensor(x))
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), 1e-12)


def test_what_averages_refuse() -> None:
    for decay in (-0.1, 1.1):
        for name in ("get_ema_avg_fn", "get_ema_multi_avg_fn"):
            with pytest.raises(ValueError):
                getattr(ours, name)(decay)
    with pytest.raises(ArgumentError):
        ours.AveragedModel(tg.nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max)  # type: ignore[arg-type]


# ---- nn.utils


def grads_alike(mine: Any, other: Any, x: Any) -> None:
    a, b = mine(tg.tensor(x)), other(torch.tensor(x))
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-9, 1e-12)
    (a**2).sum().backward()
    (b**2).sum().backward()
    for (name, p), (same, q) in zip(mine.named_parameters(), other.named_parameters(), strict=True):
        assert name == same
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), 1e-9, 1e-10, err_msg=name)


LAYERS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "linear": (lambda nn: nn.Linear(3, 4), (5, 3)),
    "convolution": (lambda nn: nn.Conv2d(2, 3, 2), (2, 2, 4, 4)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dim", [0, 1, None, -1])
def test_weight_norm_is_pytorchs(layer: str, dim: int | None) -> None:
    make, shape = LAYERS[layer]
    pair = models(make)
    for lib, model in zip((tg, torch), pair, strict=True):
        assert lib.nn.utils.weight_norm(model, dim=dim) is model  # type: ignore[attr-defined]
    alike(*pair)
    assert list(pair[0].state_dict()) == ["bias", "weight_g", "weight_v"]
    rng = np.random.default_rng(0)
    grads_alike(*pair, rng.normal(size=shape))
    with pytest.raises(ArgumentError, match="two"):
        tg.nn.utils.weight_norm(pair[0], "weight_v") and tg.nn.utils.weight_norm(pair[0])
    for lib, model in zip((tg, torch), models(make), strict=True):
        lib.nn.utils.weight_norm(model, dim=dim)  # type: ignore[attr-defined]
        lib.nn.utils.remove_weight_norm(model)  # type: ignore[attr-defined]
        assert list(model.state_dict()) == ["bias", "weight"]
        with pytest.raises(ValueError):
            lib.nn.utils.remove_weight_norm(model)  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("options", [{}, {"n_power_iterations": 3, "eps": 1e-3}, {"dim": 1}])
def test_spectral_norm_is_pytorchs(layer: str, options: dict[str, Any]) -> None:
    make, shape = LAYERS[layer]
    pair = models(make)
    for lib, model in zip((tg, torch), pair, strict=True):
        lib.nn.utils.spectral_norm(model, **options)  # type: ignore[attr-defined]
    mine, other = pair
    mine.load_state_dict({k: tg.tensor(v.numpy()) for k, v in other.state_dict().items()})
    rng = np.random.default_rng(0)
    for train in (True, True, False):
        mine.train(train)
        other.train(train)
        mine.zero_grad()
        other.zero_grad()
        grads_alike(mine, other, rng.normal(size=shape))
        alike(mine, other)
    tg.nn.utils.remove_spectral_norm(mine)
    torch.nn.utils.remove_spectral_norm(other)
    alike(mine, other)


def test_a_weight_norm_is_learnt_saved_and_copied() -> None:
    layer = tg.nn.utils.weight_norm(tg.nn.Linear(3, 2))
    optimizer = tg.optim.SGD(layer.parameters(), lr=0.1)
    x = tg.ones(4, 3)
    before = layer(x).detach()
    layer(x).sum().backward()
    optimizer.step()
    assert not tg.equal(layer(x).detach(), before)
    again = tg.nn.utils.weight_norm(tg.nn.Linear(3, 2))
    again.load_state_dict(layer.state_dict())
    assert tg.equal(again(x).detach(), layer(x).detach())


def test_norms_and_clipping_in_two_steps_are_pytorchs() -> None:
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in ((3, 2), (), (4,))]
    for p in (2.0, 1.0, 0.5, float("inf")):
        mine = [tg.tensor(v, requires_grad=True) for v in values]
        other = [torch.tensor(v, requires_grad=True) for v in values]
        for a, b, v in zip(mine, other, values, strict=True):
            a.grad, b.grad = tg.tensor(v), torch.tensor(v)
        norms = [
            lib.nn.utils.get_total_norm([t.grad for t in ts], p)  # type: ignore[attr-defined]
            for lib, ts in ((tg, mine), (torch, other))
        ]
        assert norms[0].item() == pytest.approx(norms[1].item(), rel=1e-12)
        tg.nn.utils.clip_grads_with_norm_(mine, 1.5, norms[0])
        torch.nn.utils.clip_grads_with_norm_(other, 1.5, norms[1])
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), 1e-12)
    assert tg.nn.utils.get_total_norm([]).item() == 0
    with pytest.raises(GradientError):
        tg.nn.utils.get_total_norm([tg.tensor([float("nan")])], error_if_nonfinite=True)


def test_skip_init_leaves_the_generator_alone() -> None:
    tg.manual_seed(0)
    state = tg.get_rng_state()
    layer = tg.nn.utils.skip_init(tg.nn.Linear, 3, 2, bias=False)
    assert layer.weight.shape == (2, 3) and layer.bias is None
    assert (tg.get_rng_state() == state).all()
    assert copy.deepcopy(layer).weight.shape == (2, 3)
