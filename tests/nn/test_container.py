"""Sequential, ModuleList, ModuleDict: lists and dicts in full."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from tinygrad_kr import ops
from tinygrad_kr.errors import ArgumentError, IndexingError, ModuleError
from tinygrad_kr.nn import Identity, Linear, Module, ModuleDict, ModuleList, ReLU, Sequential


def make(n: int) -> list[Any]:
    return [Identity() for _ in range(n)]


@pytest.mark.parametrize("kind", [lambda ms: Sequential(*ms), ModuleList])
def test_they_are_lists(kind: Any) -> None:
    a, b, c, d = make(4)
    box = kind([a, b, c])
    assert len(box) == 3 and list(box) == [a, b, c] and b in box and d not in box
    assert box[0] is a and box[-1] is c
    assert type(box[1:]) is type(box) and list(box[1:]) == [b, c]
    box[1] = d
    assert list(box) == [a, d, c]
    assert box.append(b) is box and list(box) == [a, d, c, b]
    del box[0]
    assert list(box) == [d, c, b] and list(box._modules) == ["0", "1", "2"]
    del box[1:]
    assert list(box) == [d]
    box.insert(0, a)
    box.insert(-1, b)
    assert list(box) == [a, b, d] and list(box._modules) == ["0", "1", "2"]
    assert box.pop() is d and box.pop(0) is a and list(box) == [b]
    assert box.extend([c, d]) is box and list(box) == [b, c, d]
    assert list(box + kind([a])) == [b, c, d, a] and len(box) == 3
    box += [a]
    assert list(box) == [b, c, d, a]


@pytest.mark.parametrize("kind", [lambda ms: Sequential(*ms), ModuleList])
def test_what_is_no_module_is_refused(kind: Any) -> None:
    box = kind(make(2))
    for act in (lambda: kind([3]), lambda: box.append(3), lambda: box.insert(0, "a"),
                lambda: box.extend([Identity(), 3]), lambda: box.__setitem__(0, 1)):  # fmt: skip
        with pytest.raises(ModuleError):
            act()
        assert len(box) == 2
    for index in (2, -3):
        with pytest.raises(IndexingError):
            box[index]
    for act in (lambda: box["a"], lambda: box.extend(3)):
        with pytest.raises(ArgumentError):
            act()


def test_sequential_runs_and_names() -> None:
    net = Sequential(OrderedDict(first=Linear(2, 3), act=ReLU(), last=Linear(3, 1)))
    assert net(ops.ones(5, 2)).shape == (5, 1)
    assert net.first is net[0] and next(iter(net.state_dict())) == "first.weight"
    assert list(net[:2]._modules) == ["first", "act"]
    del net[1]
    assert list(net._modules) == ["first", "last"]
    assert Sequential()(3) == 3


def test_module_dict_is_a_dict() -> None:
    a, b, c = make(3)
    box = ModuleDict({"a": a, "b": b})
    assert len(box) == 2 and list(box) == ["a", "b"] and "a" in box and "c" not in box
    assert box["b"] is b and list(box.keys()) == ["a", "b"] and list(box.values()) == [a, b]
    assert list(box.items()) == [("a", a), ("b", b)]
    box["c"] = c
    box.update([("a", c)])
    assert box["a"] is c and list(box) == ["a", "b", "c"]
    assert box.pop("c") is c
    del box["b"]
    assert list(box) == ["a"]
    box.clear()
    assert len(box) == 0
    for act in (lambda: box["x"], lambda: box.pop("x"), lambda: box.__delitem__("x")):
        with pytest.raises(KeyError) as error:
            act()
        assert "ModuleDict" in str(error.value)
    for bad in ({"a": 3}, [("a", Identity()), ("b", 3)]):
        with pytest.raises(ModuleError):
            box.update(bad)
        assert len(box) == 0
    with pytest.raises(ArgumentError):
        box.update(["ab", 3])


def test_their_parameters_are_registered() -> None:
    class Net(Module):
        def __init__(self) -> None:
            super().__init__()
            self.rows = ModuleList(Linear(2, 2) for _ in range(2))
            self.named = ModuleDict({"x": Linear(2, 2)})

    names = [n for n, _ in Net().named_parameters()]
    assert names == ["rows.0.weight", "rows.0.bias", "rows.1.weight", "rows.1.bias",
                     "named.x.weight", "named.x.bias"]  # fmt: skip
