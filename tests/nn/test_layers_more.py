"""What the proofs do not say of the rarer layers: state, gradients that are kept back, masks."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from tinygrad_kr import nn, ops
from tinygrad_kr.errors import ArgumentError, IndexingError, ModuleError, ShapeError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.ops.creation import tensor
from tinygrad_kr.random import manual_seed


def test_padding_and_frequent_rows_get_their_share() -> None:
    weight = nn.Parameter(ops.ones(4, 2))
    index = tensor([1, 1, 3, 0])
    F.embedding(index, weight, padding_idx=-1, scale_grad_by_freq=True).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [[1, 1], [1, 1], [0, 0], [0, 0]])


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_share_by_frequency(mode: str) -> None:
    weight = nn.Parameter(ops.ones(3, 1))
    index = tensor([[1, 1, 2]])
    F.embedding_bag(index, weight, mode=mode, scale_grad_by_freq=True).sum().backward()
    whole = 3 if mode == "mean" else 1
    np.testing.assert_allclose(weight.grad.numpy()[:, 0] * whole, [0, 1, 1], rtol=1e-6)


def test_long_rows_are_shortened_in_place_and_counted() -> None:
    layer = nn.Embedding.from_pretrained(tensor([[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]]), max_norm=1)
    version = layer.weight._version[0]
    y = layer(tensor([0, 1, 0]))
    np.testing.assert_allclose(y.numpy(), [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], rtol=1e-6)
    np.testing.assert_array_equal(layer.weight.numpy()[2], [30, 40])
    assert layer.weight._version[0] == version + 1
    assert not layer.weight.requires_grad


def test_a_table_of_embeddings() -> None:
    assert nn.Embedding(5, 3, padding_idx=-2).weight[3].tolist() == [0, 0, 0]
    for wrong in ({"padding_idx": 5}, {"sparse": True}, {"_weight": ops.zeros(5, 2)}):
        with pytest.raises((ArgumentError, ShapeError)):
            nn.Embedding(5, 3, **wrong)
    with pytest.raises(ShapeError):
        nn.EmbeddingBag.from_pretrained(ops.zeros(3))


def test_instances_move_the_running_statistics_by_their_mean() -> None:
    layer = nn.InstanceNorm1d(1, track_running_stats=True, momentum=0.5)
    layer(tensor([[[0.0, 2.0]], [[4.0, 8.0]]]))
    assert layer.running_mean.item() == pytest.approx(0.5 * (1 + 6) / 2)
    assert layer.running_var.item() == pytest.approx(0.5 + 0.5 * (2 + 8) / 2)
    x = tensor([[1.0, 2.0]])
    expected = (x - layer.running_mean) / (layer.running_var + 1e-5) ** 0.5
    np.testing.assert_allclose(layer.eval()(x).numpy(), expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize(("name", "shape"), [
    ("Dropout1d", (50, 20, 3)), ("Dropout1d", (1000, 3)), ("Dropout2d", (50, 20, 2, 2)),
    ("Dropout3d", (50, 20, 1, 2, 2)), ("Dropout3d", (1000, 1, 2, 2)),
])  # fmt: skip
def test_channels_are_dropped_whole(name: str, shape: tuple[int, ...]) -> None:
    manual_seed(0)
    y = getattr(nn, name)(0.25)(ops.ones(shape)).numpy().reshape(1000, -1)
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
    assert 0.2 < (y[:, 0] == 0).mean() < 0.3


@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
def test_mean_and_variance_are_kept(name: str) -> None:
    manual_seed(0)
    y = getattr(nn, name)(0.3)(ops.randn(400, 100, 2)).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03


def test_the_size_of_a_transposed_convolution() -> None:
    layer = nn.ConvTranspose1d(1, 1, 3, stride=2)
    x = ops.zeros(1, 1, 4)
    assert layer(x).shape == (1, 1, 9)
    assert layer(x, output_size=[10]).shape == (1, 1, 10)
    assert layer(x, (1, 1, 10)).shape == (1, 1, 10)
    for wrong in ([8], [11], [9, 9]):
        with pytest.raises(ShapeError):
            layer(x, output_size=wrong)


def test_a_list_of_parameters() -> None:
    own = nn.ParameterList([ops.zeros(2), nn.Parameter(ops.ones(2, 3))])
    own.append(ops.ones(())).extend([3])
    own[0] = ops.ones(4)
    assert [tuple(p.shape) for p in own.parameters()] == [(4,), (2, 3), ()]
    assert list(own.state_dict()) == ["0", "1", "2"]
    assert own[-1] == 3
    assert [p.shape for p in own[:2]] == [(4,), (2, 3)]
    assert repr(own) == (
        "ParameterList(\n    (0): Parameter containing: [float32 of size 4]\n"
        "    (1): Parameter containing: [float32 of size 2x3]\n"
        "    (2): Parameter containing: [float32 of size ]\n    (3): Object of type: int\n)"
    )
    again = copy.deepcopy(own)
    again += [ops.zeros(1)]
    assert (len(own), len(again)) == (4, 5)
    assert own[1] is not again[1]
    for index, error in ((4, IndexingError), ("0", ArgumentError)):
        with pytest.raises(error):
            own[index]
    with pytest.raises(ArgumentError):
        own.extend(ops.zeros(2))


def test_a_dict_of_parameters() -> None:
    own = nn.ParameterDict({"left": ops.zeros(2)})
    own["right"] = nn.Parameter(ops.ones(3))
    own.update(up=ops.ones(1))
    assert list(own) == ["left", "right", "up"]
    assert list(own.state_dict()) == ["left", "right", "up"]
    assert own.pop("left").shape == (2,)
    assert "left" not in own and len(list(own.parameters())) == len(own) == 2
    own.load_state_dict({"right": np.zeros(3), "up": np.zeros(1)})
    assert own["right"].sum().item() == 0
    with pytest.raises(ModuleError):
        own["left"]
    state: dict[str, Any] = copy.deepcopy(own).state_dict()
    assert list(state) == ["right", "up"]
