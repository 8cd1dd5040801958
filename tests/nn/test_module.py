"""Modules: registration, traversal, modes, state dicts, hooks, repr."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from tinygrad_kr import ops
from tinygrad_kr.autograd import grad, no_grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DeviceError,
    DTypeError,
    GradientError,
    ModuleError,
    StateDictError,
)
from tinygrad_kr.nn import (
    BatchNorm1d,
    Dropout,
    Identity,
    Linear,
    Module,
    ModuleList,
    Parameter,
    ReLU,
    Sequential,
)


class Net(Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = Linear(4, 3)
        self.bn = BatchNorm1d(3)
        self.body = Sequential(ReLU(), Linear(3, 2))
        self.scale = Parameter(ops.ones(2))
        self.register_buffer("seen", ops.zeros(()))
        self.register_buffer("scratch", ops.zeros(2), persistent=False)
        self.register_parameter("nothing", None)

    def forward(self, x: Any) -> Any:
        return self.body(self.bn(self.fc1(x))) * self.scale


KEYS = [
    "scale", "seen", "fc1.weight", "fc1.bias", "bn.weight", "bn.bias", "bn.running_mean",
    "bn.running_var", "bn.num_batches_tracked", "body.1.weight", "body.1.bias",
]  # fmt: skip


def values(module: Module) -> dict[str, Any]:
    return {k: v.numpy().copy() for k, v in module.state_dict().items()}


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return list(a) == list(b) and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)


def two_lines(error: Any) -> str:
    korean, english = str(error.value).split("\n", 1)
    assert any("가" <= c <= "힣" for c in korean) and english.strip()
    return str(error.value)


# Parameters


def test_a_parameter_shares_its_tensor() -> None:
    t = ops.zeros(3)
    p = Parameter(t)
    assert p.requires_grad and p.is_leaf and isinstance(p, Parameter)
    with no_grad():
        t.add_(1)
    assert p.tolist() == [1, 1, 1]
    assert not Parameter(t, requires_grad=False).requires_grad
    assert repr(Parameter(ops.ones(1))).startswith("Parameter containing:\ntensor([1.]")
    with pytest.raises(GradientError):
        Parameter(ops.zeros(3).long())
    assert Parameter(ops.zeros(3).long(), requires_grad=False).dtype == np.int64


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_modules_are_copied_and_pickled(again: Any) -> None:
    net = Net().eval()
    net.fc1.weight.requires_grad_(False)
    net.tied = net.fc1
    twin = again(net)
    assert same(values(net), values(twin)) and repr(net) == repr(twin)
    assert twin.tied is twin.fc1 and twin.fc1 is not net.fc1
    assert isinstance(twin.scale, Parameter) and twin.scale.is_leaf
    assert not twin.fc1.weight.requires_grad and twin.fc1.bias.requires_grad
    x = ops.ones(2, 4)
    np.testing.assert_array_equal(net(x).detach().numpy(), twin(x).detach().numpy())
    with no_grad():
        twin.scale.zero_()
    assert net.scale.tolist() == [1, 1]


# Registration


def test_attributes_are_registered_in_order() -> None:
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "scale", "fc1.weight", "fc1.bias", "bn.weight", "bn.bias", "body.1.weight", "body.1.bias"
    ]  # fmt: skip
    assert [n for n, _ in net.named_buffers()] == [
        "seen", "scratch", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked"
    ]  # fmt: skip
    assert [n for n, _ in net.named_modules()] == ["", "fc1", "bn", "body", "body.0", "body.1"]
    assert [n for n, _ in net.named_children()] == ["fc1", "bn", "body"]
    assert len(list(net.children())) == 3 and len(list(net.modules())) == 6
    assert [n for n, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]
    assert net.get_submodule("body.1") is net.body[1] and net.get_submodule("") is net
    assert net.get_parameter("body.1.bias") is net.body[1].bias
    assert net.get_buffer("bn.running_mean") is net.bn.running_mean
    assert {"scale", "fc1", "seen", "forward"} <= set(dir(net))
    assert net.nothing is None


def test_what_is_shared_is_listed_once() -> None:
    layer = Linear(2, 2)
    net = Sequential(layer, layer)
    assert len(list(net.parameters())) == 2 and len(list(net.modules())) == 2
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert len(list(net.named_modules(remove_duplicate=False))) == 3
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_what_is_shared_keeps_its_first_place_and_name() -> None:
    a, b = Identity(), ReLU()
    assert list(Sequential(a, b, a).named_children()) == [("0", a), ("1", b)]


def test_an_attribute_is_what_the_books_say() -> None:
    net = Net()
    for book, name, new in (
        (net._parameters, "scale", Parameter(ops.zeros(2))),
        (net._buffers, "seen", ops.ones(())),
        (net._modules, "fc1", Identity()),
        (net._parameters, "more", None),
    ):
        book[name] = new  # type: ignore[index]
        assert getattr(net, name) is new
        del book[name]
        with pytest.raises(AttributeError) as error:
            getattr(net, name)
        assert error.value.__context__ is None and "super" not in two_lines(error)
    net._parameters["fc1"] = scale = Parameter(ops.zeros(2))
    net._modules["fc1"] = net._buffers["fc1"] = Identity()  # type: ignore[assignment]
    assert net.fc1 is scale
    del net._parameters["fc1"], net._buffers["fc1"]
    assert isinstance(net.fc1, Identity)


def test_assignment_follows_pytorchs_rules() -> None:
    net = Net()
    new = Parameter(ops.zeros(2))
    net.scale = new
    assert net.get_parameter("scale") is new
    net.scale = None
    assert "scale" not in dict(net.named_parameters()) and net.scale is None
    net.plain = 3
    net.plain = Linear(1, 1)
    assert "plain" in dict(net.named_children()) and "plain" not in net.__dict__
    net.plain = Parameter(ops.zeros(1))
    assert "plain" not in dict(net.named_children())
    net.seen = ops.ones(())
    assert net.get_buffer("seen").item() == 1
    net.seen = None
    assert net.seen is None
    del net.plain, net.fc1, net.scratch
    assert not hasattr(net, "plain") and not hasattr(net, "fc1")
    with pytest.raises(AttributeError):
        del net.plain
    for name, value in (("fc2", 1), ("bn", 3), ("scale", ops.zeros(2)), ("scratch2", 1)):
        if name in ("bn", "scale"):
            with pytest.raises(TypeError) as error:
                setattr(net, name, value)
            two_lines(error)
    with pytest.raises(ModuleError):
        net.seen = 3


def test_nothing_is_assigned_before_init() -> None:
    class Early(Module):
        def __init__(self, value: Any) -> None:
            self.value = value

    for value, what in ((Linear(1, 1), "module"), (Parameter(ops.zeros(1)), "parameter")):
        with pytest.raises(AttributeError) as error:
            Early(value)
        assert f"cannot assign {what} before Module.__init__() call" in two_lines(error)
    with pytest.raises(AttributeError, match="super"):
        Early(3)(ops.zeros(1))


@pytest.mark.parametrize("name", ["", "a.b", 3, "forward", "fc1"])
def test_bad_names_are_refused(name: Any) -> None:
    net = Net()
    for register, value in (
        (net.register_parameter, Parameter(ops.zeros(1))),
        (net.register_buffer, ops.zeros(1)),
        (net.add_module, Linear(1, 1)),
    ):
        if name == "fc1" and register == net.add_module:
            continue
        with pytest.raises((KeyError, TypeError)) as error:
            register(name, value)
        two_lines(error)
    assert list(net.state_dict()) == KEYS


def test_bad_values_are_refused() -> None:
    net = Net()
    with pytest.raises(ModuleError):
        net.register_parameter("w", ops.zeros(1))
    with pytest.raises(ModuleError):
        net.register_buffer("b", np.zeros(1))
    with pytest.raises(ModuleError):
        net.add_module("m", 3)
    for call in (lambda: net.get_submodule("body.7"), lambda: net.get_parameter("fc1.nope"),
                 lambda: net.get_buffer("scale"), lambda: net.nope):  # fmt: skip
        with pytest.raises(AttributeError) as error:
            call()
        two_lines(error)


# Modes and conversion


def test_modes_and_apply() -> None:
    net = Net()
    assert net.training and net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    with pytest.raises(ValueError):
        net.train(1)  # type: ignore[arg-type]
    seen: list[str] = []
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "BatchNorm1d", "ReLU", "Linear", "Sequential", "Net"]


def test_requires_grad_and_zero_grad() -> None:
    net = Net()
    net(ops.ones(3, 4)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    held = net.scale.grad
    held._array[:] = np.nan
    net.zero_grad(set_to_none=False)
    assert held.tolist() == [0, 0]
    assert all(p.grad is not None and not p.grad.numpy().any() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(ops.ones(3, 4)).requires_grad


def test_conversion_keeps_the_objects() -> None:
    net = Net()
    before = list(net.parameters())
    net(ops.ones(3, 4)).sum().backward()
    assert net.double() is net
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert net.bn.num_batches_tracked.dtype == np.int64
    assert net.bn.running_mean.dtype == np.float64
    assert all(p.grad is not None and p.grad.dtype == p.dtype for p in net.parameters())
    net.zero_grad()
    net(ops.ones(3, 4).double()).sum().backward()
    assert net.scale.grad is not None and net.scale.grad.dtype == np.float64
    assert net.to(np.float32).scale.dtype == np.float32
    assert net.to("cpu", np.float64).scale.dtype == np.float64
    assert net.to(ops.zeros(1)).scale.dtype == np.float32
    assert net.half().scale.dtype == np.float16
    assert net.float().cpu().scale.dtype == np.float32
    with pytest.raises(DTypeError):
        net.to(np.int64)
    for call in (net.cuda, lambda: net.to("cuda:0"), lambda: net.to(device="cuda")):
        with pytest.raises(DeviceError):
            call()


# State dicts


def test_state_dict_names_and_sharing() -> None:
    net = Net()
    state = net.state_dict()
    assert list(state) == KEYS and isinstance(state, OrderedDict)
    assert not state["scale"].requires_grad
    with no_grad():
        net.scale.fill_(7)
    assert state["scale"].tolist() == [7, 7]
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    assert list(net.fc1.state_dict(prefix="a.")) == ["a.weight", "a.bias"]


def test_state_dict_round_trip() -> None:
    net, twin = Net(), Net()
    net(ops.randn(3, 4))
    objects = [id(p) for p in twin.parameters()]
    result = twin.load_state_dict(net.state_dict())
    assert repr(result) == "<All keys matched successfully>" and result == ([], [])
    assert same(values(net), values(twin))
    assert objects == [id(p) for p in twin.parameters()]
    arrays = {k: v.numpy() for k, v in net.state_dict().items()}
    Net().load_state_dict(arrays)


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    net = Net()
    before = values(net)
    good = {k: wrap(np.full(v.shape, 5, v.dtype)) for k, v in before.items()}
    for change in (
        lambda s: s.pop("fc1.bias"),
        lambda s: s.update(more=ops.zeros(1)),
        lambda s: s.update({"body.1.bias": ops.zeros(7)}),
        lambda s: s.update({"body.1.bias": [1.0, 2.0]}),
    ):
        state = dict(good)
        change(state)
        with pytest.raises(StateDictError):
            net.load_state_dict(state)
        assert same(values(net), before)
    state = {k: v for k, v in good.items() if k not in ("fc1.bias", "scale")}
    state |= {"more": ops.zeros(1), "body.1.bias": ops.zeros(7)}
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict(state)
    message = two_lines(error)
    for part in ("missing key: scale", "missing key: fc1.bias", "unexpected key: more",
                 "size mismatch for body.1.bias", "(7,)", "(2,)"):  # fmt: skip
        assert part in message
    with pytest.raises(StateDictError):
        net.load_state_dict(state, strict=False)
    del state["body.1.bias"]
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["scale", "fc1.bias", "body.1.bias"]
    assert result.unexpected_keys == ["more"]
    assert net.body[1].weight.tolist()[0][0] == 5 and net.scale.tolist() == [1, 1]
    with pytest.raises(ArgumentError):
        net.load_state_dict([1])  # type: ignore[arg-type]
    frozen = np.zeros(2, np.float32)
    frozen.flags.writeable = False
    net.scale = Parameter(wrap(frozen))
    before = values(net)
    with pytest.raises(RuntimeError):
        net.load_state_dict(good)
    assert same(values(net), before)


def test_loading_counts_as_a_change_in_place_and_casts() -> None:
    net = Linear(2, 2)
    y = net(ops.ones(1, 2).requires_grad_())
    net.load_state_dict({k: v.double() for k, v in net.state_dict().items()})
    assert net.weight.dtype == np.float32
    with pytest.raises(RuntimeError):
        y.sum().backward()


# Hooks


def test_forward_hooks_in_order() -> None:
    calls: list[Any] = []
    net = Identity()
    net.register_forward_hook(lambda m, a, y: calls.append("a"))
    net.register_forward_hook(lambda m, a, y: calls.append("b"))
    double = net.register_forward_hook(lambda m, a, y: y * 2)
    net.register_forward_hook(lambda m, a, y: calls.append(y.item()))
    net.register_forward_pre_hook(lambda m, a: a[0] + 1)
    assert net(ops.ones(1)).item() == 4
    assert calls == ["a", "b", 4]
    double.remove()
    assert net(ops.ones(1)).item() == 2


def test_full_backward_hooks_see_both_sides() -> None:
    seen: list[Any] = []
    net = Linear(2, 3)
    net.register_full_backward_hook(lambda m, gi, go: seen.append((m, gi, go)))
    x = ops.ones(4, 2).requires_grad_()
    y = net(x)
    (y * 2).sum().backward()
    ((module, (gx,), (gy,)),) = seen
    assert module is net
    np.testing.assert_array_equal(gy.numpy(), np.full((4, 3), 2, np.float32))
    assert x.grad is not None
    np.testing.assert_array_equal(gx.numpy(), x.grad.numpy())
    np.testing.assert_allclose(gx.numpy(), 2 * np.ones((4, 3)) @ net.weight.detach().numpy(),
                               rtol=1e-6)  # fmt: skip
    assert net.weight.grad is not None


def test_full_backward_hooks_change_the_gradient() -> None:
    net = Identity()
    net.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1,))
    handle = net.register_full_backward_hook(lambda m, gi, go: (gi[0] * 5,))
    x = ops.ones(2).requires_grad_()
    net(x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [10, 10]
    handle.remove()
    x.grad = None
    net(x).sum().backward()
    assert x.grad.tolist() == [2, 2]
    net.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    with pytest.raises(ArgumentError):
        net(x).sum().backward()


def test_full_backward_hooks_without_a_gradient_for_the_input() -> None:
    seen: list[Any] = []
    net = Linear(2, 3)
    net.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].shape)))
    net(ops.ones(4, 2)).sum().backward()
    assert seen == [((None,), (4, 3))]
    with no_grad():
        net(ops.ones(4, 2))
    assert len(seen) == 1


def test_full_backward_hooks_of_many_values() -> None:
    class Two(Module):
        def forward(self, a: Any, n: int, b: Any) -> Any:
            return a * n, b, a + b

    seen: list[Any] = []
    net = Two()
    net.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    a, b = ops.ones(1).requires_grad_(), ops.ones(1).requires_grad_()
    x, _, z = net(a, 3, b)
    (x + z).backward()
    ((ga, none, gb), (gx, gy, gz)) = seen[0]
    assert none is None and ga.item() == 4 and gb.item() == 1
    assert gx.item() == 1 and gy is None and gz.item() == 1


def test_full_backward_hooks_under_create_graph() -> None:
    net = Linear(2, 1).double()
    net.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    x = ops.ones(1, 2).double().requires_grad_()
    (g,) = grad((net(x) ** 3).sum(), x, create_graph=True)
    (gg,) = grad(g.sum(), x)
    assert gg.shape == (1, 2) and np.isfinite(gg.numpy()).all()


# Display


def test_repr() -> None:
    class Own(Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = Parameter(ops.zeros(3, 4))
            self.b = Parameter(ops.zeros(()))

    assert repr(Own()) == "Own(w=(3, 4), b=())"
    assert repr(Net()) == (
        "Net(\n  scale=(2,)\n"
        "  (fc1): Linear(in_features=4, out_features=3, bias=True)\n"
        "  (bn): BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, "
        "track_running_stats=True)\n"
        "  (body): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=3, out_features=2, bias=True)\n"
        "  )\n"
        ")"
    )
    assert repr(ModuleList([Dropout(0.2)] * 3)) == (
        "ModuleList(\n  (0-2): 3 x Dropout(p=0.2, inplace=False)\n)"
    )


def test_a_module_without_a_forward() -> None:
    with pytest.raises(NotImplementedError, match="forward"):
        Module()(1)
