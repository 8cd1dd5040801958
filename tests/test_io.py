"""Saving and loading: everything comes back, and nothing bad comes in."""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import sys
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DataNotFoundError,
    DeviceError,
    FileFormatError,
    MissingExtraError,
)
from tinygrad_kr.io import load, load_safetensors, save, save_safetensors
from tinygrad_kr.random import Generator
from tinygrad_kr.tensor import Tensor

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "?"]


def same(a: Any, b: Any) -> bool:
    """Equal in kind, dtype, shape and bits."""
    if isinstance(a, Tensor):
        return (
            isinstance(b, Tensor)
            and a.requires_grad == b.requires_grad
            and same(a._array, b._array)
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            same(k, m) and same(v, w) for (k, v), (m, w) in zip(a.items(), b.items(), strict=True)
        )
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (a != a and b != b)
    return bool(a == b)


arrays = hnp.arrays(
    st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
)
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
keys = st.text() | st.integers() | st.sampled_from(["a", "b.c", "..", "../x", "a/b", "array-1"])
objects = st.recursive(
    plain
    | arrays
    | arrays.map(wrap)
    | st.floats(width=32).map(np.float32)
    | st.integers(0, 9).map(np.int64),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def dumped(obj: Any) -> bytes:
    buffer = io.BytesIO()
    save(obj, buffer)
    return buffer.getvalue()


def loaded(data: bytes) -> Any:
    return load(io.BytesIO(data))


# ---- round trips


@given(objects)
@settings(max_examples=150)
def test_everything_comes_back(obj: Any) -> None:
    assert same(loaded(dumped(obj)), obj)


def test_the_same_object_gives_the_same_bytes() -> None:
    obj = {"w": wrap(np.arange(3.0)), 0: [1, 2]}
    assert dumped(obj) == dumped(obj)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.broadcast_to(np.float32(3), (2, 3)),
        np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
        np.array("한글"),
        np.array([b"a", b"bc"]),
        np.array(""),
        np.array([1j]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.arange(3, dtype=">i4"),
        np.array(5.0),
        np.zeros((0, 3, 2), np.uint8),
    ],
)
def test_arrays_of_every_kind(array: Any) -> None:
    assert same(loaded(dumped({"a": array}))["a"], array)
    assert loaded(dumped(array)).flags.writeable


def test_what_is_flattened_to_its_plain_kind() -> None:
    t = wrap(np.ones(2))
    obj = OrderedDict(a=t, b=t)
    back = loaded(dumped(obj))
    assert type(back) is dict and list(back) == ["a", "b"] and back["a"] is not back["b"]
    leaf = wrap(np.ones(2)).requires_grad_()
    back = loaded(dumped([leaf, leaf * 2, leaf.detach()]))
    assert [t.requires_grad for t in back] == [True, True, False]
    assert all(t.is_leaf for t in back)


def test_a_generator_state() -> None:
    generator = Generator().manual_seed(3)
    state = loaded(dumped({"rng": generator.get_state()}))["rng"]
    expected = generator.numpy.random()
    generator.set_state(state)
    assert generator.numpy.random() == expected


def test_numpy_reads_the_arrays_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save({"model": {"fc.weight": wrap(np.eye(2))}, "lr": 0.1}, path)
    with np.load(path, allow_pickle=False) as file:
        assert (file["model.fc.weight"] == np.eye(2)).all()


def test_a_plain_npz_is_a_flat_dict(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"fc.weight": np.eye(2), "a/b": np.arange(3, dtype=">i4")})
    back = load(tmp_path / "a.npz")
    assert same(back["fc.weight"], wrap(np.eye(2)))
    assert same(back["a/b"], wrap(np.arange(3, dtype="i4")))
    np.savez(tmp_path / "b.npz", np.array(["text"]))
    with pytest.raises(FileFormatError, match="arr_0"):
        load(tmp_path / "b.npz")


@pytest.mark.parametrize("name", ["a.pt", "a.npz", "a.pth", "가중치", "a.safetensors"])
def test_paths_of_every_kind(tmp_path: Path, name: str) -> None:
    if name.endswith("safetensors"):
        pytest.importorskip("safetensors")
    state = {"b": wrap(np.array(2)), "w": wrap(np.arange(3.0))}
    for path in (tmp_path / name, str(tmp_path / name)):
        save(state, path)
        assert same(load(path), state)
    assert os.listdir(tmp_path) == [name]


def test_scripts_arguments(tmp_path: Path) -> None:
    save([1], tmp_path / "a.pt")
    assert load(tmp_path / "a.pt", map_location="cpu", weights_only=True) == [1]
    assert load(tmp_path / "a.pt", map_location=lambda s, _: s) == [1]
    for device in ("cuda", "cuda:0", "mps"):
        with pytest.raises(DeviceError):
            load(tmp_path / "a.pt", map_location=device)


# ---- what cannot be saved


def cycle() -> list[Any]:
    own: list[Any] = []
    own.append(own)
    return own


@pytest.mark.parametrize(
    "bad",
    [
        object(),
        {1, 2},
        {"a": [np.array([None])]},
        {(1, 2): 3},
        {"a": b"bytes"},
        np.array([(1, 2)], dtype="i4,i4"),
        1j,
        cycle(),
        [10**5000],
        print,
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(tmp_path: Path, bad: Any) -> None:
    path = tmp_path / "a.pt"
    save([1], path)
    with pytest.raises(ArgumentError):
        save(bad, path)
    assert load(path) == [1] and os.listdir(tmp_path) == ["a.pt"]


def test_the_error_says_where() -> None:
    with pytest.raises(ArgumentError, match=r"object.*at state\.0\.x"):
        dumped({"state": [{"x": object()}]})


def test_a_failing_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pt"
    save([1], path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(OSError, match="space"):
        save([wrap(np.ones(3))], path)
    assert load(path) == [1] and os.listdir(tmp_path) == ["a.pt"]


def test_a_missing_folder_or_file(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError):
        save([1], tmp_path / "no" / "a.pt")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "a.pt")


# ---- bad files


SAMPLE = {"w": wrap(np.arange(6.0).reshape(2, 3)), "n": {0: (1, None)}, "s": np.float32(2)}


def test_every_truncation_is_refused() -> None:
    data = dumped(SAMPLE)
    for length in range(len(data)):
        with pytest.raises(FileFormatError):
            loaded(data[:length])


def test_a_file_cut_after_an_archive_inside_it_is_refused() -> None:
    inner = dumped([1])
    data = dumped({"zip": np.frombuffer(inner, dtype=np.uint8)})
    end = data.index(inner) + len(inner)
    with pytest.raises(FileFormatError):
        loaded(data[:end])


def test_every_flipped_byte_gives_the_same_or_is_refused() -> None:
    data = bytearray(dumped(SAMPLE))
    for at in range(len(data)):
        for flip in (1, 0x80, 0xFF):
            data[at] ^= flip
            with contextlib.suppress(FileFormatError):
                assert same(loaded(bytes(data)), SAMPLE)
            data[at] ^= flip


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError):
        loaded(data)


def npy(array: Any = (1.0,), **kwargs: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), **kwargs)
    return buffer.getvalue()


def header(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def archive(
    members: list[tuple[str, bytes]], root: Any = None, compression: int = zipfile.ZIP_STORED
) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as file:
        warnings.simplefilter("ignore")
        if root is not None:
            text = (
                root
                if isinstance(root, str)
                else json.dumps({"format": "tinygrad_kr/1", "root": root})
            )
            file.writestr("structure.json", text)
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


TENSOR = {"tensor": "a"}


def test_the_archives_made_here_are_good_ones() -> None:
    assert loaded(archive([("a.npy", npy())], TENSOR)).tolist() == [1]
    assert loaded(archive([("a.npy", header("(2,)") + bytes(16))], TENSOR)).tolist() == [0, 0]
    assert loaded(archive([], 3)) == 3


HOSTILE = [
    archive([("a.npy", npy([{}], allow_pickle=True))], TENSOR),
    archive([("a.npy", npy([{}], allow_pickle=True))]),
    archive([("a.npy", header("(1,)", "'|O'") + b"cos\nsystem\n")], TENSOR),
    archive([("a/data.pkl", b"\x80\x02."), ("a/version", b"3")]),
    archive([], TENSOR),
    archive([("b.npy", npy())], TENSOR),
    archive([("a.npy", npy()), ("b.npy", npy())], TENSOR),
    archive([("a.npy", npy())], [TENSOR, TENSOR]),
    archive([("a.npy", npy()), ("a.npy", npy())], TENSOR),
    archive([("../a.npy", npy())], {"tensor": "../a"}),
    archive([("/a.npy", npy())]),
    archive([("x\\..\\a.npy", npy())]),
    archive([("a.txt", b"x")]),
    archive([("a.npy", npy(np.zeros(10**6)))], TENSOR, zipfile.ZIP_DEFLATED),
    archive([("a.npy", header("(9999999999999,)") + bytes(8))], TENSOR),
    archive([("a.npy", header("(1,)") + bytes(16))], TENSOR),
    archive([("a.npy", header("(-1, -1)") + bytes(8))], TENSOR),
    archive([("a.npy", header("(0, 99999999999999999999)"))], TENSOR),
    archive([("a.npy", header("'x'"))], TENSOR),
    archive([("a.npy", header("(1,)", "[('a', '<f8')]") + bytes(8))], TENSOR),
    archive([("a.npy", header("(1,)", "__import__('os')") + bytes(8))], TENSOR),
    archive([("a.npy", b"")], TENSOR),
    archive([("a.npy", npy(["text"]))], TENSOR),
    archive([("a.npy", npy([1j]))], TENSOR),
    archive([("a.npy", npy([1]))], {**TENSOR, "requires_grad": True}),
    archive([], {"unknown": 1}),
    archive([], {}),
    archive([], {"tuple": 1}),
    archive([], {"dict": [[1, 2, 3]]}),
    archive([], {"dict": [[[1], 2]]}),
    archive([], {"tensor": 5}),
    archive([], "[" * 100_000),
    archive([], '{"format":"tinygrad_kr/1","root":' + "[" * 50_000 + "]" * 50_000 + "}"),
    archive([], '{"format":"tinygrad_kr/1","root":' + "9" * 5000 + "}"),
    archive([], '{"format":"tinygrad_kr/999","root":1}'),
    archive([], '{"root":1}'),
    archive([], "3"),
    archive([], "not json"),
    b"prefix" + archive([], 3),
    b"\x80\x02cos\nsystem\n(S'true'\ntR.",
]


@pytest.mark.parametrize("case", range(len(HOSTILE)))
def test_hostile_files_are_refused(case: int) -> None:
    with pytest.raises(FileFormatError):
        loaded(HOSTILE[case])


def test_sizes_that_lie_are_refused() -> None:
    data = archive([("a.npy", npy())], TENSOR)
    entry = data.rindex(b"PK\x01\x02")
    for at in (20, 24):
        bomb = bytearray(data)
        bomb[entry + at : entry + at + 4] = struct.pack("<I", 2**31)
        with pytest.raises(FileFormatError):
            loaded(bytes(bomb))


def test_members_that_share_their_bytes_are_refused() -> None:
    data = archive([("a.npy", npy(np.zeros(2000))), ("b.npy", npy(np.zeros(2000)))])
    first, second = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    local = data[: data.index(b"PK\x03\x04", 4)]
    entries = [data[first:second]] + [data[first:second]] * 1
    entries[1] = entries[1].replace(b"a.npy", b"b.npy")
    directory = b"".join(entries)
    tail = bytearray(data[end:])
    tail[12:20] = struct.pack("<II", len(directory), len(local))
    with pytest.raises(FileFormatError):
        loaded(local + directory + bytes(tail))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError):
        load(tmp_path)
    with pytest.raises(ArgumentError):
        save([1], tmp_path)


def test_a_pytorch_pickle_is_named(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pt")
    with pytest.raises(FileFormatError, match="pickle"):
        load(tmp_path / "a.pt")


# ---- safetensors


def test_safetensors_round_trip(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    state = {
        f"{dtype}.{i}": wrap(np.full(shape, i, dtype))
        for dtype in DTYPES
        for i, shape in enumerate([(), (0, 3), (2, 3)])
    }
    state["turned"] = wrap(np.arange(6.0).reshape(2, 3).T)
    save(state, tmp_path / "a.safetensors")
    back = load(tmp_path / "a.safetensors")
    assert back.keys() == state.keys() and all(same(back[name], state[name]) for name in state)
    assert all(t._array.flags.writeable for t in back.values())


def test_safetensors_and_pytorch(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.torch")
    torch = pytest.importorskip("torch")
    path = tmp_path / "a.safetensors"
    save_safetensors({"w": wrap(np.eye(2, dtype=np.float32))}, path)
    assert torch.equal(library.load_file(path)["w"], torch.eye(2))
    library.save_file({"w": torch.ones(3)}, path)
    assert same(load_safetensors(path)["w"], wrap(np.ones(3, dtype=np.float32)))
    library.save_file({"w": torch.ones(3, dtype=torch.bfloat16)}, path)
    with pytest.raises(FileFormatError):
        load(path)


def test_bad_safetensors(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    path = tmp_path / "a.safetensors"
    save({"w": wrap(np.arange(3.0))}, path)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(FileFormatError):
            load(path)
    path.write_bytes(data)
    for bad in ({"w": 1}, {1: wrap(np.ones(1))}, {"m": {"w": wrap(np.ones(1))}}, [1]):
        with pytest.raises(ArgumentError):
            save(bad, path)
    assert path.read_bytes() == data and os.listdir(tmp_path) == ["a.safetensors"]


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for act in (lambda path: save({}, path), load):
        with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_kr\[io\]"'):
            act(tmp_path / "a.safetensors")
