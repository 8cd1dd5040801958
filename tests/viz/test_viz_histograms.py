"""Histograms show what the layers gave, and leave no trace in the model."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.patches import StepPatch

import tinygrad_kr as tg
from tinygrad_kr import nn, viz
from tinygrad_kr.errors import ArgumentError, GradientError, HyperparameterError, ShapeError


def panels(fig: Any) -> dict[str, tuple[list[str], Any, Any]]:
    """Each panel's name: its facts, the heights of its bars, their edges."""
    found = {}
    for ax in fig.axes:
        (bars,) = [p for p in ax.patches if isinstance(p, StepPatch)]
        name, *facts = ax.get_title().splitlines()
        found[name] = facts, *bars.get_data()[:2]
    return found


def state(model: nn.Module) -> list[Any]:
    """All that a look at the model must leave as it was."""
    tensors = [*model.parameters(), *model.buffers()]
    return [
        [t.numpy().copy().tolist() if not t.requires_grad else t.tolist() for t in tensors],
        [t._version[0] for t in tensors],
        [None if t.grad is None else t.grad.tolist() for t in tensors],
        [module.training for module in model.modules()],
        [dict(hooks) for m in model.modules() for hooks in (m._forward_hooks, m._backward_hooks)],
        tg.get_rng_state().tolist(),
    ]


@pytest.fixture
def net() -> nn.Module:
    tg.manual_seed(3)
    return nn.Sequential(
        nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 2)
    )


def test_bars_are_the_shares_of_the_values(net: nn.Module) -> None:
    net.eval()
    x = tg.randn(40, 6)
    found = panels(viz.activation_histograms(net, x, bins=7))
    assert list(found) == ["0 Linear", "1 BatchNorm1d", "2 ReLU", "3 Dropout", "4 Linear"]
    values, everything = x, []
    for layer in net:
        values = layer(values)
        everything.append(values.detach().numpy().astype(np.float64))
    low, high = min(v.min() for v in everything), max(v.max() for v in everything)
    for v, (facts, heights, edges) in zip(everything, found.values(), strict=True):
        # Counted without np.histogram: the last bin has both its ends.
        bins = np.minimum(((v.ravel() - low) / (high - low) * 7).astype(int), 6)
        assert heights == pytest.approx([100 * np.mean(bins == i) for i in range(7)])
        assert (edges[0], edges[-1]) == (low, high)
        assert f"{v.std():.2g}" in facts[0]
    zeros = f"{100 * np.mean(everything[2] == 0):.3g} %"
    assert any(zeros in fact for fact in found["2 ReLU"][0])


@pytest.mark.parametrize("training", [True, False])
def test_the_model_stays_as_it_was(net: nn.Module, training: bool) -> None:
    net.train(training)
    x, t = tg.randn(8, 6), tg.randint(0, 2, (8,))
    loss = nn.CrossEntropyLoss()(net(x), t)
    loss.backward(retain_graph=True)
    before = state(net)
    viz.activation_histograms(net, x)
    viz.gradient_histograms(net, loss)
    assert state(net) == before
    loss.backward()  # nothing that it keeps was touched


def test_a_buffer_that_a_layer_replaces_is_put_back() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", tg.zeros(1))

        def forward(self, x: Any) -> Any:
            self.calls = self.calls + 1
            return x

    net = Counting()
    before = net.calls
    viz.activation_histograms(net, tg.ones(2))
    assert net.calls is before and before.item() == 0


def test_hooks_go_when_the_model_raises(net: nn.Module) -> None:
    net[4].weight = nn.Parameter(tg.ones(2, 9))
    before = state(net)
    with pytest.raises(ShapeError, match="Layer '4'"):
        viz.activation_histograms(net, tg.randn(8, 6))
    assert state(net)[:5] == before[:5] and net[1].num_batches_tracked.item() == 0


def test_a_layer_used_twice_appears_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.f = nn.Tanh()

        def forward(self, x: Any) -> Any:
            return self.f(0.1 * self.f(x))

    fig = viz.activation_histograms(Twice(), tg.tensor([[0.1, 2.0]]))
    first, second = (ax.get_title().splitlines() for ax in fig.axes)
    assert first[0] == second[0] == "f Tanh"
    assert any("50 %" in fact for fact in first) and not any("50 %" in fact for fact in second)


def test_long_names_keep_out_of_each_others_way() -> None:
    net = nn.Sequential(*[nn.Identity() for _ in range(3)])
    for _ in range(4):
        outer = nn.Sequential()
        outer.add_module("a_rather_long_name", net)
        net = outer
    fig = viz.activation_histograms(net, tg.ones(2))
    fig.draw_without_rendering()
    extents = [ax.title.get_window_extent() for ax in fig.axes]
    assert fig.axes[1].get_title().startswith("…") and "1 Identity" in fig.axes[1].get_title()
    assert all(a.x1 < b.x0 for a, b in pairwise(extents)) and len(extents) == 3


def test_values_before_a_layer_that_writes_over_them() -> None:
    net = nn.Sequential(nn.Identity(), nn.ReLU(inplace=True))
    fig = viz.activation_histograms(net, tg.tensor([[-1.0, 1.0]]), bins=2)
    (_, before, _), (_, after, _) = panels(fig).values()
    assert before.tolist() == [50, 50] and after.tolist() == [0, 100]


def test_saturation_range_and_what_lies_outside() -> None:
    net = nn.Sequential(nn.Identity(), nn.Sigmoid())
    x = tg.tensor([-9.0, -3.0, 0.0, 1.0, 9.0])  # sigmoid: .0001 .047 .5 .73 .9999
    fig = viz.activation_histograms(net, x, kinds=nn.Sigmoid, range=(0.01, 0.99), bins=2)
    ((facts, heights, _),) = panels(fig).values()
    assert any("60 %" in f for f in facts) and any("40 %" in f for f in facts)
    assert heights.sum() == pytest.approx(60)


def test_values_that_are_not_finite_are_told() -> None:
    fig = viz.activation_histograms(nn.Identity(), tg.tensor([np.nan, np.inf, 1.0, 2.0]))
    ((facts, heights, edges),) = panels(fig).values()
    assert "nan, inf 50 %" in facts and heights.sum() == pytest.approx(50)
    assert (edges[0], edges[-1]) == (1, 2)


def test_gradients_by_layer(net: nn.Module) -> None:
    net.eval()
    x = tg.randn(8, 6)
    net[0].bias.requires_grad_(False)
    found = panels(viz.gradient_histograms(net, (net(x) ** 2).sum(), bins=3))
    (net(x) ** 2).sum().backward()
    assert list(found) == ["0 Linear", "1 BatchNorm1d", "4 Linear"]
    for name, (facts, heights, edges) in found.items():
        params = [p for p in net[int(name[0])].parameters() if p.grad is not None]
        values = np.concatenate([p.grad.numpy().ravel() for p in params]).astype(np.float64)
        assert f"{values.std():.2g}" in facts[0]
        inside = (values >= edges[1]) & (values < edges[2])
        assert heights[1] == pytest.approx(100 * inside.mean())


def test_parameters_that_the_loss_does_not_reach_have_zeros() -> None:
    net = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
    found = panels(viz.gradient_histograms(net, net[0](tg.ones(1, 2)).sum()))
    assert any("100 %" in fact for fact in found["1 Linear"][0])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda net, x: viz.activation_histograms(len, x), ArgumentError),
        (lambda net, x: viz.activation_histograms(net, x, bins=0), HyperparameterError),
        (lambda net, x: viz.activation_histograms(net, x, range=(1, 0)), ArgumentError),
        (lambda net, x: viz.activation_histograms(net, x, kinds=nn.Tanh), ArgumentError),
        (lambda net, x: viz.activation_histograms(net, x, kinds="ReLU"), ArgumentError),
        (lambda net, x: viz.activation_histograms(nn.ReLU(), x[:0]), ArgumentError),
        (lambda net, x: viz.activation_histograms(nn.ReLU(), x * np.nan), ArgumentError),
        (lambda net, x: viz.gradient_histograms(net, 3.0), ArgumentError),
        (lambda net, x: viz.gradient_histograms(net, x.sum()), GradientError),
        (lambda net, x: viz.gradient_histograms(net, net(x)), GradientError),
        (lambda net, x: viz.gradient_histograms(nn.ReLU(), net(x).sum()), ArgumentError),
    ],
)
def test_bad_input_is_refused_and_nothing_opened(
    net: nn.Module, call: Any, error: type[Exception]
) -> None:
    x = tg.randn(4, 6)
    before = state(net)[3:5]
    with pytest.raises(error) as caught:
        call(net, x)
    assert len(str(caught.value).split("\n")) == 2
    assert pyplot.get_fignums() == [] and state(net)[3:5] == before
