"""MNIST and FashionMNIST: reading, batches, downloading, refusals. No test touches the network."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from idx_bytes import to_idx

from tinygrad_kr.datasets import MNIST, FashionMNIST, download, spiral
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import (
    DataNotFoundError,
    FileFormatError,
    HyperparameterError,
    IndexingError,
)
from tinygrad_kr.random import Generator
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.transforms import Compose, Normalize, ToTensor
from tinygrad_kr.utils.data import DataLoader, default_collate, random_split

REAL = Path(__file__).parents[2] / "examples" / "data"
SIZES = {"train": 12, "t10k": 5}


def contents() -> dict[str, bytes]:
    draw = np.random.default_rng(0)
    files = {}
    for split, n in SIZES.items():
        files[f"{split}-images-idx3-ubyte"] = to_idx(
            draw.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        )
        files[f"{split}-labels-idx1-ubyte"] = to_idx(draw.integers(0, 10, n).astype(np.uint8))
    return files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in contents().items():
        (raw / f"{name}.gz").write_bytes(gzip.compress(content))
    return tmp_path


# ---- reading


@pytest.mark.skipif(not REAL.is_dir(), reason="the data of examples/ is not there")
def test_the_real_files() -> None:
    dataset = MNIST(REAL, train=False)
    assert len(dataset) == 10_000 and tuple(dataset.data.shape) == (10_000, 28, 28)
    assert np.bincount(np.asarray(dataset.targets)).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert dataset.targets[:5].tolist() == [7, 2, 1, 0, 4]
    for name, md5 in MNIST.checksums.items():
        packed = (dataset.raw_folder / f"{name}.gz").read_bytes()
        assert hashlib.md5(gzip.decompress(packed)).hexdigest() == md5


def test_a_sample_is_an_array_and_an_int(root: Path) -> None:
    dataset = MNIST(root)
    image, target = dataset[3]
    assert isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.shape == (28, 28)
    assert type(target) is int and target == dataset.targets[3].item()
    assert (image == dataset.data._array[3]).all() and dataset[-1][1] == dataset[11][1]
    image[...] = 0
    assert dataset.data._array[3].any()
    assert [t for _, t in dataset] == dataset.targets.tolist() and len(dataset) == 12
    assert len(MNIST(str(root), train=False)) == 5
    assert dataset.data.dtype == np.uint8 and dataset.targets.dtype == np.int64
    assert dataset.classes[3] == "3 - three" and dataset.class_to_idx["3 - three"] == 3
    assert dataset.train_data is dataset.test_data is dataset.data
    assert dataset.train_labels is dataset.test_labels is dataset.targets
    for bad in (12, -13, "a", 1.5, [1], slice(2)):
        with pytest.raises(IndexingError):
            dataset[bad]


PIPELINE = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])


@pytest.mark.parametrize("transform", [None, PIPELINE, lambda image: image[:2].astype(np.float32)])
@pytest.mark.parametrize("target_transform", [None, lambda t: float(t), lambda t: np.eye(10)[t]])
def test_a_batch_is_its_items(root: Path, transform: Any, target_transform: Any) -> None:
    dataset = MNIST(root, transform=transform, target_transform=target_transform)
    indices = [4, 0, 11, 4]
    expected = default_collate([dataset[i] for i in indices])
    listed = default_collate(dataset.__getitems__(indices))
    for got in (dataset.__getbatch__(indices), listed):
        for one, other in zip(got, expected, strict=True):
            assert isinstance(one, Tensor) and one.dtype == other.dtype
            assert one._array.tobytes() == other._array.tobytes() and one.shape == other.shape


def test_the_loader_transforms_whole_batches(root: Path) -> None:
    calls: list[tuple[int, ...]] = []

    class Spy(ToTensor):
        def __call__(self, image: Any) -> Tensor:
            raise AssertionError("item by item")

        def batch(self, images: Any) -> Tensor:
            calls.append(images.shape)
            return super().batch(images)

    dataset = MNIST(root, transform=Compose([Spy(), Normalize(0.5, 0.5)]))
    part, _ = random_split(dataset, [8, 4], generator=Generator().manual_seed(0))
    for x, t in DataLoader(part, batch_size=4, shuffle=True):
        assert tuple(x.shape) == (4, 1, 28, 28) and tuple(t.shape) == (4,)
    assert calls == [(4, 28, 28)] * 2


def test_a_subclass_with_its_own_getitem_is_obeyed(root: Path) -> None:
    class Indexed(MNIST):
        def __getitem__(self, index: Any) -> Any:
            return (*super().__getitem__(index), index)

    batches = list(DataLoader(Indexed(root, transform=ToTensor()), batch_size=12))
    assert batches[0][2].tolist() == list(range(12))


def test_the_data_may_be_cut_down(root: Path) -> None:
    dataset = MNIST(root, transform=ToTensor())
    dataset.data, dataset.targets = dataset.data[:3], dataset.targets[:3]
    assert len(dataset) == 3 and [len(t) for _, t in DataLoader(dataset, 2)] == [2, 1]


def test_the_unpacked_wins(root: Path) -> None:
    labels = np.full(12, 7, dtype=np.uint8)
    (root / "MNIST/raw/train-labels-idx1-ubyte").write_bytes(to_idx(labels))
    assert MNIST(root).targets.tolist() == [7] * 12


def test_repr(root: Path) -> None:
    assert repr(MNIST(root, train=False)) == (
        f"Dataset MNIST\n    Number of datapoints: 5\n    Root location: {root}\n    Split: Test"
    )
    assert repr(MNIST(root, transform=PIPELINE)).endswith(
        "    Split: Train\n"
        "    StandardTransform\n"
        "Transform: Compose(\n"
        "               ToTensor()\n"
        "               Normalize(mean=(0.1307,), std=(0.3081,))\n"
        "           )"
    )


# ---- refusals


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("train-images-idx3-ubyte", np.zeros((12, 28, 27), np.uint8)),
        ("train-images-idx3-ubyte", np.zeros((12, 28, 28), np.int16)),
        ("train-images-idx3-ubyte", np.zeros(12, np.uint8)),
        ("train-labels-idx1-ubyte", np.zeros(11, np.uint8)),
        ("train-labels-idx1-ubyte", np.full(12, 10, np.uint8)),
        ("train-labels-idx1-ubyte", np.zeros((12, 1), np.uint8)),
    ],
)
def test_files_that_are_not_mnist_are_refused(root: Path, name: str, array: Array) -> None:
    path = root / "MNIST" / "raw" / name
    path.write_bytes(to_idx(array))
    with pytest.raises(FileFormatError, match=name):
        MNIST(root)


def test_a_truncated_file_is_refused_by_name(root: Path) -> None:
    path = root / "MNIST/raw/train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FileFormatError, match=r"train-images-idx3-ubyte\.gz"):
        MNIST(root)


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_missing_files_say_where_to_put_them(tmp_path: Path, kind: type[MNIST]) -> None:
    with pytest.raises(DataNotFoundError) as caught:
        kind(tmp_path)
    for text in (caught.value.korean, caught.value.english):
        assert str(tmp_path / kind.name / "raw") in text and "download=True" in text
        assert all(f"{name}.gz" in text for name in kind.checksums)
        assert all(mirror in text for mirror in kind.mirrors)
    with pytest.raises(RuntimeError):
        kind(tmp_path)


# ---- downloading


Net = dict[str, bytes | Exception]


class Response(io.BytesIO):
    length = 10


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Net], list[str]]:
    """Replaces the network by a dict, and the checksums by those of the small files."""
    sums = {name: hashlib.md5(content).hexdigest() for name, content in contents().items()}
    monkeypatch.setattr(MNIST, "checksums", sums)
    monkeypatch.setattr(MNIST, "mirrors", ("a:/", "b:/"))

    def start(net: Net) -> list[str]:
        asked: list[str] = []

        def open_url(url: str) -> Response:
            asked.append(url)
            answer = net.get(url, OSError("404"))
            if isinstance(answer, Exception):
                raise answer
            return Response(answer)

        monkeypatch.setattr(download, "open_url", open_url)
        return asked

    return start


def mirror(prefix: str) -> Net:
    return {f"{prefix}{name}.gz": gzip.compress(data) for name, data in contents().items()}


def test_download(tmp_path: Path, serve: Callable[[Net], list[str]]) -> None:
    asked = serve(mirror("a:/"))
    dataset = MNIST(tmp_path / "new", download=True)
    assert len(dataset) == 12 and len(asked) == 4
    assert {p.name: p.read_bytes() for p in dataset.raw_folder.iterdir()} == contents()
    MNIST(tmp_path / "new", train=False, download=True)
    assert len(asked) == 4


@pytest.mark.parametrize(
    "bad",
    [
        OSError("403"),
        TimeoutError("slow"),
        b"<html>blocked</html>",
        gzip.compress(b"something else", mtime=0),
        gzip.compress(contents()["train-images-idx3-ubyte"])[:-5],
        b"",
    ],
)
def test_the_next_mirror_is_tried(
    tmp_path: Path, serve: Callable[[Net], list[str]], bad: bytes | Exception
) -> None:
    asked = serve(mirror("b:/") | {"a:/train-images-idx3-ubyte.gz": bad})
    assert len(MNIST(tmp_path, download=True)) == 12
    assert asked[:2] == ["a:/train-images-idx3-ubyte.gz", "b:/train-images-idx3-ubyte.gz"]


def test_what_is_there_is_not_fetched(root: Path, serve: Callable[[Net], list[str]]) -> None:
    asked = serve(mirror("a:/"))
    (root / "MNIST/raw/t10k-labels-idx1-ubyte.gz").unlink()
    MNIST(root, download=True)
    assert asked == ["a:/t10k-labels-idx1-ubyte.gz"]


def test_when_all_mirrors_fail(tmp_path: Path, serve: Callable[[Net], list[str]]) -> None:
    serve({f"b:/{name}.gz": gzip.compress(b"wrong") for name in contents()})
    with pytest.raises(DataNotFoundError) as caught:
        MNIST(tmp_path, download=True)
    for text in (caught.value.korean, caught.value.english):
        assert "a:/train-images" in text and "404" in text and "MD5" in text
        assert str(tmp_path / "MNIST" / "raw") in text
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


def test_a_checksum_of_the_gz_serves_as_well(
    tmp_path: Path, serve: Callable[[Net], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = mirror("a:/")
    serve(net)
    packed = {
        name: hashlib.md5(gz).hexdigest()
        for (name, gz) in zip(contents(), net.values(), strict=True)
        if isinstance(gz, bytes)
    }
    monkeypatch.setattr(MNIST, "checksums", packed)
    assert len(MNIST(tmp_path, download=True)) == 12


def test_an_endless_answer_is_cut_off(
    tmp_path: Path, serve: Callable[[Net], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(mirror("b:/") | {"a:/train-images-idx3-ubyte.gz": bytes(10**6)})
    monkeypatch.setattr(download, "_MAX_BYTES", 10**5)
    assert len(MNIST(tmp_path, download=True)) == 12


@pytest.mark.parametrize("installed", [True, False])
def test_the_progress_bar(
    tmp_path: Path,
    serve: Callable[[Net], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    installed: bool,
) -> None:
    if installed:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    serve(mirror("a:/"))
    MNIST(tmp_path, download=True)
    assert ("train-images" in capfd.readouterr().err) is installed


# ---- toy data


def test_spiral() -> None:
    x, t = spiral(50, 3, generator=Generator().manual_seed(0))
    assert tuple(x.shape) == (150, 2) and x.dtype == np.float32 and t.dtype == np.int64
    assert np.bincount(t._array).tolist() == [50] * 3
    assert np.linalg.norm(x._array, axis=1).max() <= 1 + 1e-6
    again, _ = spiral(50, 3, generator=Generator().manual_seed(0))
    assert (again._array == x._array).all()
    for bad in ({"n_per_class": 0}, {"classes": -1}, {"noise": float("nan")}, {"noise": -1.0}):
        with pytest.raises(HyperparameterError):
            spiral(**bad)  # type: ignore[arg-type]
