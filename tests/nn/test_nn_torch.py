"""nn beside PyTorch, where that is installed: names, values, gradients of both orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_kr import nn
from tinygrad_kr.autograd import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.random import manual_seed

torch = pytest.importorskip("torch")
TF = torch.nn.functional
Array = np.ndarray[Any, Any]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def close(a: Any, b: Any, rtol: float = 1e-9) -> None:
    mine, its = a.detach().numpy(), b.numpy(force=True)
    assert (mine.shape, mine.dtype) == (its.shape, its.dtype)
    np.testing.assert_allclose(mine, its, rtol=rtol, atol=rtol * 1e-2)


def alike(
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    *values: Array,
    mine: Sequence[Any] = (),
    its: Sequence[Any] = (),
    second: bool = True,
) -> None:
    """Value, gradient and second derivative by ``values`` and by what else is trained."""
    xs = [wrap(v.copy()).requires_grad_() for v in values]
    ts = [torch.tensor(v, requires_grad=True) for v in values]
    a, b = ours(*xs), theirs(*ts)
    close(a, b)
    seed = normal(*a.shape, seed=9)
    gs = grad(a, [*xs, *mine], wrap(seed.copy()), create_graph=True, materialize_grads=True)
    hs = torch.autograd.grad(b, [*ts, *its], torch.tensor(seed), create_graph=True,
                             materialize_grads=True)  # fmt: skip
    for g, h in zip(gs, hs, strict=True):
        close(g, h, 1e-8)
    if not second or not any(h.requires_grad for h in hs):
        return
    p = sum((g * g).sum() for g in gs)
    q = sum((h * h).sum() for h in hs)
    if not q.requires_grad:
        return
    xs = [*xs, *mine]
    flat = [wrap(np.zeros(x.shape)) for x in xs]
    ggs = grad(p, xs, materialize_grads=True) if p.requires_grad else flat
    hhs = torch.autograd.grad(q, [*ts, *its], materialize_grads=True)
    for g, h in zip(ggs, hhs, strict=True):
        close(g, h, 1e-6)


def twins(build: Callable[[Any], Any]) -> tuple[Any, Any]:
    """A network in both libraries with the same weights, in float64."""
    ours, theirs = build(nn).double(), build(torch.nn).double()
    state = {k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()}
    theirs.load_state_dict(state)
    return ours, theirs


def deep(lib: Any) -> Any:
    return lib.Sequential(
        lib.Flatten(), lib.Linear(12, 6), lib.BatchNorm1d(6), lib.ReLU(), lib.Dropout(0.0),
        lib.Sequential(lib.Linear(6, 6, bias=False), lib.GELU()), lib.Linear(6, 3),
    )  # fmt: skip


def test_a_network_trains_alike() -> None:
    ours, theirs = twins(deep)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    labels = np.random.default_rng(1).integers(0, 3, 8)
    for step in range(5):
        x = normal(8, 3, 4, seed=step)
        for net, f, data, t in ((ours, F, wrap(x), wrap(labels)),
                                (theirs, TF, torch.tensor(x), torch.tensor(labels))):  # fmt: skip
            net.zero_grad()
            f.cross_entropy(net(data), t, label_smoothing=0.1).backward()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            close(a.grad, b.grad, 1e-7)
            a._array -= 0.1 * a.grad._array
            b.data -= 0.1 * b.grad
    for (k, a), b in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        if k.endswith("num_batches_tracked"):
            assert a.item() == b.item() == 5
        else:
            close(a, b, 1e-7)
    x = normal(1, 3, 4)
    close(ours.eval()(wrap(x)), theirs.eval()(torch.tensor(x)), 1e-7)


REPRS = [
    lambda m: m.Linear(3, 4, bias=False),
    lambda m: m.BatchNorm1d(4, momentum=None, affine=False),
    lambda m: m.BatchNorm1d(4, eps=0.1, track_running_stats=False),
    lambda m: m.Dropout(0.3, inplace=True),
    lambda m: m.ReLU(inplace=True),
    lambda m: m.LeakyReLU(0.3),
    lambda m: m.LeakyReLU(0.3, True),
    lambda m: m.ELU(0.5, True),
    lambda m: m.SiLU(True),
    lambda m: m.GELU("tanh"),
    lambda m: m.Softmax(dim=1),
    lambda m: m.LogSoftmax(-1),
    lambda m: m.Softplus(),
    lambda m: m.Flatten(),
    lambda m: m.Identity(),
    lambda m: m.CrossEntropyLoss(),
    lambda m: m.BCEWithLogitsLoss(),
    lambda m: m.Sequential(),
    lambda m: m.ModuleList([m.Linear(1, 2), m.Linear(1, 2), m.ReLU()]),
    lambda m: m.ModuleList([m.Sequential(m.ReLU()), m.Sequential(m.ReLU())]),
    lambda m: m.ModuleDict({"a": m.ReLU(), "b": m.Sequential(m.Tanh(), m.Sigmoid())}),
]


@pytest.mark.parametrize("make", REPRS)
def test_reprs(make: Any) -> None:
    assert repr(make(nn)) == repr(make(torch.nn))


@pytest.mark.parametrize("momentum", [0.1, 0.5, None])
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2), (1, 3, 5)])
def test_batch_norm(shape: tuple[int, ...], momentum: float | None) -> None:
    ours, theirs = twins(lambda m: m.BatchNorm1d(3, momentum=momentum))
    for net in (ours, theirs):
        net.weight.data.copy_(net.weight.data * 0 + 1.5)
    params = dict(mine=list(ours.parameters()), its=list(theirs.parameters()))
    for seed in range(3):
        alike(ours, theirs, normal(*shape, seed=seed), **params)
        close(ours.running_mean, theirs.running_mean)
        close(ours.running_var, theirs.running_var)
    ours.eval(), theirs.eval()
    alike(ours, theirs, normal(*shape), **params)


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 3, 4), (0, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(shape: tuple[int, ...], bias: bool) -> None:
    ours, theirs = twins(lambda m: m.Linear(4, 3, bias=bias))
    alike(ours, theirs, normal(*shape), mine=list(ours.parameters()),
          its=list(theirs.parameters()))  # fmt: skip


ACTIVATIONS = [
    lambda m: m.ReLU(), lambda m: m.LeakyReLU(0.2), lambda m: m.ELU(1.3), lambda m: m.SiLU(),
    lambda m: m.GELU(), lambda m: m.GELU("tanh"), lambda m: m.Sigmoid(), lambda m: m.Tanh(),
    lambda m: m.Softplus(), lambda m: m.Softplus(3.0, 1.0), lambda m: m.Softmax(1),
    lambda m: m.LogSoftmax(0),
]  # fmt: skip


@pytest.mark.parametrize("make", ACTIVATIONS)
def test_activations(make: Any) -> None:
    x = np.concatenate([normal(6) * 3, [0.5, -0.5, 1.0, -1.0, 30.0, -30.0]]).reshape(3, 4)
    alike(make(nn), make(torch.nn), x)
    alike(make(nn), make(torch.nn), np.array([[0.0, -0.0]]), second=False)
    for special in (np.inf, -np.inf, np.nan):
        x = np.array([[special, 1.0]])
        np.testing.assert_allclose(
            make(nn)(wrap(x)).numpy(), make(torch.nn)(torch.tensor(x)).numpy(), rtol=1e-9
        )


REGRESSION = [
    (F.mse_loss, TF.mse_loss, {}), (F.l1_loss, TF.l1_loss, {}),
    (F.smooth_l1_loss, TF.smooth_l1_loss, {}), (F.smooth_l1_loss, TF.smooth_l1_loss, {"beta": 0.3}),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "options"), REGRESSION)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_regression_losses(ours: Any, theirs: Any, options: Any, reduction: str) -> None:
    for shape in ((), (3,), (2, 3)):
        x, t = normal(*shape), normal(*shape, seed=1)
        if x.ndim == 1:
            t[0] = x[0]
        alike(
            partial(ours, **options, reduction=reduction),
            partial(theirs, **options, reduction=reduction),
            np.asarray(x),
            np.asarray(t),
        )


def both(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options with their arrays as tensors of each library."""
    mine = {k: wrap(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    its = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    return mine, its


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [True, False])
def test_binary_losses(reduction: str, weighted: bool) -> None:
    x, t = normal(2, 3), np.random.default_rng(0).uniform(size=(2, 3))
    t[0, 0], t[0, 1] = 0, 1
    options: dict[str, Any] = {"reduction": reduction}
    if weighted:
        options["weight"] = np.array([0.5, 1, 2])
    mine, its = both(options)
    p = 1 / (1 + np.exp(-x))
    alike(lambda x, t: F.binary_cross_entropy(x, t, **mine),
          lambda x, t: TF.binary_cross_entropy(x, t, **its), p, t, second=False)  # fmt: skip
    alike(lambda x: F.binary_cross_entropy(x, wrap(t), **mine),
          lambda x: TF.binary_cross_entropy(x, torch.tensor(t), **its), p)  # fmt: skip
    if weighted:
        options["pos_weight"] = np.array([2.0, 1, 0.5])
    mine, its = both(options)
    alike(lambda x, t: F.binary_cross_entropy_with_logits(x, t, **mine),
          lambda x, t: TF.binary_cross_entropy_with_logits(x, t, **its), x, t)  # fmt: skip


@st.composite
def classified(draw: st.DrawFn) -> tuple[Array, Array, dict[str, Any]]:
    lead, trail = draw(st.sampled_from([((), ()), ((4,), ()), ((3,), (2,)), ((2,), (2, 2))]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x, t = rng.standard_normal((*lead, 3, *trail)), rng.integers(0, 3, (*lead, *trail))
    options: dict[str, Any] = {"reduction": draw(st.sampled_from(["mean", "sum", "none"]))}
    if draw(st.booleans()):
        options["weight"] = rng.uniform(0.2, 2, 3)
    if draw(st.booleans()):
        options["ignore_index"] = draw(st.sampled_from([-100, -1, 0, 1]))
        t.flat[0] = options["ignore_index"]
        if t.ndim == 0:
            t[()] = 2
    return x, t, options


@given(classified(), st.sampled_from([0.0, 0.25]))
@settings(max_examples=60)
def test_cross_entropy_and_nll(
    drawn: tuple[Array, Array, dict[str, Any]], smoothing: float
) -> None:
    x, t, options = drawn
    mine, its = both(options)
    a, b = wrap(np.asarray(t)), torch.tensor(t)
    alike(lambda x: F.nll_loss(x, a, **mine), lambda x: TF.nll_loss(x, b, **its), x)
    mine["label_smoothing"] = its["label_smoothing"] = smoothing
    alike(lambda x: F.cross_entropy(x, a, **mine), lambda x: TF.cross_entropy(x, b, **its), x)
    del mine["label_smoothing"], its["label_smoothing"]
    mine.pop("ignore_index", None), its.pop("ignore_index", None)
    p = np.abs(normal(*x.shape, seed=4))
    alike(lambda x, t: F.cross_entropy(x, t, label_smoothing=smoothing, **mine),
          lambda x, t: TF.cross_entropy(x, t, label_smoothing=smoothing, **its), x, p)  # fmt: skip


def test_labels_without_weight_and_without_number() -> None:
    for t, options in ((np.array([0, 0]), {"weight": np.array([0.0, 1.0])}),
                       (np.array([-100, -100]), {}), (np.zeros(0, np.int64), {})):  # fmt: skip
        mine, its = both(options)
        x = normal(len(t), 2)
        a, b = wrap(x).requires_grad_(), torch.tensor(x, requires_grad=True)
        y = F.cross_entropy(a, wrap(t), **mine)
        z = TF.cross_entropy(b, torch.tensor(t), **its)
        close(y, z)
        y.backward(), z.backward()
        assert a.grad is not None
        close(a.grad, b.grad)


def test_default_initial_values_are_drawn_from_the_same_distribution() -> None:
    manual_seed(0)
    torch.manual_seed(0)
    for shape in ((100, 400), (400, 300)):
        a, b = nn.Linear(*shape), torch.nn.Linear(*shape)
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            x, y = p.detach().numpy(), q.detach().numpy()
            assert abs(np.abs(x).max() / np.abs(y).max() - 1) < 0.1
            assert abs(x.std() / y.std() - 1) < 0.1


def test_init_matches_pytorchs_spreads() -> None:
    for name, args in (("xavier_uniform_", (1.5,)), ("xavier_normal_", ()),
                       ("kaiming_uniform_", (0.1, "fan_out")), ("orthogonal_", (2.0,)),
                       ("kaiming_normal_", (0.0, "fan_in", "relu")),
                       ("trunc_normal_", (0.5, 2.0, -1.0, 3.0))):  # fmt: skip
        a = getattr(init, name)(wrap(np.zeros((300, 200), np.float32)), *args).numpy()
        b = getattr(torch.nn.init, name)(torch.zeros(300, 200), *args).numpy()
        assert abs(a.std() / b.std() - 1) < 0.02 and abs(a.mean() - b.mean()) < 0.02
    for name, param in (("relu", None), ("tanh", None), ("leaky_relu", 0.3), ("selu", None),
                        ("sigmoid", None), ("conv2d", None), ("leaky_relu", None)):  # fmt: skip
        assert init.calculate_gain(name, param) == torch.nn.init.calculate_gain(name, param)


def test_clipping() -> None:
    for p in (1.0, 2.0, float("inf")):
        g = [normal(3), normal(2, 2, seed=1)]
        ours = [nn.Parameter(wrap(np.zeros(v.shape))) for v in g]
        theirs = [torch.nn.Parameter(torch.zeros(v.shape, dtype=torch.float64)) for v in g]
        for a, b, v in zip(ours, theirs, g, strict=True):
            a.grad, b.grad = wrap(v.copy()), torch.tensor(v)
        total = nn.utils.clip_grad_norm_(ours, 0.7, p)
        close(total, torch.nn.utils.clip_grad_norm_(theirs, 0.7, p))
        for a, b in zip(ours, theirs, strict=True):
            close(a.grad, b.grad)


def hooked(lib: Any, x: Any) -> list[Any]:
    """What the hooks of a small network were called with, in order."""
    calls: list[Any] = []
    net = lib.Sequential(lib.Linear(3, 2), lib.Tanh()).double()
    for i, m in enumerate(net):
        m.register_forward_pre_hook(lambda m, a, i=i: calls.append(("pre", i)))
        m.register_forward_hook(lambda m, a, y, i=i: calls.append(("post", i)))
        m.register_full_backward_hook(
            lambda m, gi, go, i=i: calls.append(
                ("back", i, [None if g is None else tuple(g.shape) for g in gi])
            )
        )
    net.register_forward_pre_hook(lambda m, a: calls.append("net"))
    net.register_full_backward_hook(lambda m, gi, go: calls.append(("all", gi)))
    net(x).sum().backward()
    return calls


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_hooks_are_called_alike() -> None:
    ones = np.ones((2, 3))
    assert hooked(nn, wrap(ones)) == hooked(torch.nn, torch.tensor(ones))
