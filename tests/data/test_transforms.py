"""Transforms: what they compute, and that a batch is its items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.transforms import Compose, Lambda, Normalize, ToTensor, apply_batch

images = st.sampled_from([np.uint8, np.float32, np.int16]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=3, max_dims=4, max_side=4))
)


def pixels(*shape: int) -> Array:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def same(batch: Any, items: list[Any]) -> None:
    assert type(batch) is type(items[0]) and batch.dtype == items[0].dtype
    assert np.asarray(batch).tobytes() == np.stack([np.asarray(i) for i in items]).tobytes()
    assert tuple(batch.shape) == (len(items), *items[0].shape)


@given(images)
def test_to_tensor(batch: Array) -> None:
    same(ToTensor().batch(batch), [ToTensor()(image) for image in batch])
    first = ToTensor()(batch[0])
    channels_last = batch[0] if batch.ndim == 4 else batch[0][..., np.newaxis]
    expected = np.moveaxis(channels_last, -1, 0)
    if batch.dtype == np.uint8:
        expected = expected.astype(np.float32) / np.float32(255)
    assert np.array_equal(np.asarray(first), expected, equal_nan=True)
    assert first.dtype == expected.dtype and first._array.flags.c_contiguous


def test_to_tensor_leaves_the_image_alone() -> None:
    image = np.ones((2, 3), dtype=np.float32)
    ToTensor()(image)._array[...] = 5
    assert (image == 1).all()


@given(st.integers(1, 3), st.integers(1, 4), st.booleans())
def test_a_pipeline_over_a_batch_is_its_items(channels: int, n: int, plain: bool) -> None:
    batch = pixels(n, 3, 2, channels)
    steps: list[Any] = [ToTensor(), Normalize([0.1] * channels, [0.3] * channels)]
    if plain:
        steps.insert(1, lambda x: x * 2)
        steps.append(Lambda(lambda x: x.reshape(-1)))
    pipeline = Compose([Compose(steps)])
    same(apply_batch(pipeline, batch), [pipeline(image) for image in batch])


def test_plain_callables_are_applied_item_by_item() -> None:
    met: list[tuple[int, ...]] = []

    def note(image: Any) -> Any:
        met.append(tuple(image.shape))
        return image

    apply_batch(Compose([note, ToTensor(), note]), pixels(2, 4, 4))
    assert met == [(4, 4)] * 2 + [(1, 4, 4)] * 2


def test_results_that_do_not_agree_stay_a_list() -> None:
    ragged = Compose([lambda x: x[: int(x[0, 0])], ToTensor()])
    batch = np.ones((2, 3, 3), dtype=np.uint8)
    batch[1, 0, 0] = 2
    shapes = [tuple(t.shape) for t in apply_batch(ragged, batch)]
    assert shapes == [(1, 1, 3), (1, 2, 3)]
    assert apply_batch(lambda x: int(x[0, 0]), batch) == [1, 2]


def test_a_subclass_that_overrides_only_call_is_not_bypassed() -> None:
    class Inverted(ToTensor):
        def __call__(self, image: Any) -> Tensor:
            return 1 - super().__call__(image)

    batch = pixels(3, 2, 2)
    same(apply_batch(Inverted(), batch), [Inverted()(image) for image in batch])


def test_normalize() -> None:
    image = wrap(np.arange(12, dtype=np.float32).reshape(2, 2, 3))
    out = Normalize([1, 2], [2.0, 4.0])(image)
    expected = (image._array - np.array([1, 2]).reshape(2, 1, 1)) / np.array([2, 4]).reshape(
        2, 1, 1
    )
    assert out.dtype == np.float32 and np.allclose(out._array, expected)
    assert (image._array.reshape(-1) == np.arange(12)).all()
    double = wrap(np.ones((1, 1, 1)))
    assert Normalize(0.5, 0.5)(double).dtype == np.float64


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        (0, 0),
        ((0.1, 0.2), (1, 0)),
        (float("nan"), 1),
        (0, float("nan")),
        (0, float("inf")),
        ((0.1, 0.2), (1, 1, 1)),
        ((), ()),
        ([[0.1]], 1),
        ("a", 1),
        (None, 1),
        (0, 1e-60),
    ],
)
def test_normalize_refuses(mean: Any, std: Any) -> None:
    with pytest.raises(HyperparameterError):
        Normalize(mean, std)


def test_bad_images_are_refused() -> None:
    with pytest.raises(ArgumentError, match="ToTensor"):
        ToTensor()(wrap(np.ones((2, 2))))
    with pytest.raises(ArgumentError):
        ToTensor()([[1]])
    with pytest.raises(ShapeError):
        ToTensor()(np.ones(3))
    with pytest.raises(ShapeError):
        ToTensor().batch(np.ones((2, 2)))
    with pytest.raises(DTypeError):
        ToTensor()(np.ones((2, 2), dtype=complex))
    normalize = Normalize((0, 0), (1, 1))
    with pytest.raises(ArgumentError):
        normalize(pixels(2, 2, 2))  # type: ignore[arg-type]
    with pytest.raises(DTypeError):
        normalize(wrap(pixels(2, 2, 2)))
    for shape in ((3, 2, 2), (2, 2), (1, 2, 2)):
        with pytest.raises(ShapeError):
            normalize(wrap(np.zeros(shape)))
    with pytest.raises(ArgumentError):
        Compose([ToTensor(), 3])  # type: ignore[list-item]
    with pytest.raises(ArgumentError):
        Lambda(3)  # type: ignore[arg-type]


def test_repr() -> None:
    assert repr(Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])) == (
        "Compose(\n    ToTensor()\n    Normalize(mean=(0.1307,), std=(0.3081,))\n)"
    )
    assert repr(Lambda(abs)) == "Lambda()"


def test_a_pil_image_is_an_image() -> None:
    pillow = pytest.importorskip("PIL.Image")
    image = pixels(4, 5)
    same(ToTensor()(pillow.fromarray(image)), [ToTensor()(image)[0]])
