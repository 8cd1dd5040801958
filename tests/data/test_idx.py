"""The IDX parser: what is right comes back, everything else is refused."""

from __future__ import annotations

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from idx_bytes import CODES, to_idx

from tinygrad_kr.datasets import parse_idx, read_idx
from tinygrad_kr.datasets.idx import unpack
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DataNotFoundError, FileFormatError

arrays = st.sampled_from(sorted(CODES)).flatmap(
    lambda code: hnp.arrays(np.dtype(code), hnp.array_shapes(min_dims=1, min_side=0, max_side=4))
)


@given(arrays, st.booleans())
def test_round_trip(array: Array, zipped: bool) -> None:
    data = to_idx(array)
    back = parse_idx(gzip.compress(data) if zipped else data)
    assert back.dtype == array.dtype and back.shape == array.shape and back.flags.writeable
    assert back.tobytes() == array.tobytes()


@given(arrays, st.binary(min_size=1, max_size=3))
def test_every_truncation_and_every_tail_is_refused(array: Array, tail: bytes) -> None:
    data = to_idx(array)
    for length in range(len(data)):
        with pytest.raises(FileFormatError):
            parse_idx(data[:length])
    with pytest.raises(FileFormatError):
        parse_idx(data + tail)
    with pytest.raises(FileFormatError):
        parse_idx(gzip.compress(data + tail))


def test_every_truncation_of_a_gzip_is_refused() -> None:
    data = gzip.compress(to_idx(np.arange(200, dtype=np.uint8)))
    for length in range(len(data)):
        with pytest.raises(FileFormatError):
            parse_idx(data[:length])


@given(st.integers(0, 1000), st.integers(1, 255))
def test_a_flipped_byte_in_a_gzip_gives_the_same_or_is_refused(at: int, flip: int) -> None:
    array = np.arange(600, dtype=np.int16) % 7
    data = bytearray(gzip.compress(to_idx(array), mtime=0))
    data[at % len(data)] ^= flip
    try:
        back = parse_idx(bytes(data))
    except FileFormatError:
        return
    assert np.array_equal(back, array)


@given(st.binary(max_size=40))
def test_any_bytes_give_an_array_or_a_refusal(data: bytes) -> None:
    for candidate in (data, b"\0\0" + data, b"\x1f\x8b" + data, gzip.compress(b"\0\0" + data)):
        with contextlib.suppress(FileFormatError):
            assert isinstance(parse_idx(candidate), np.ndarray)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an IDX file"),
        (b"<html>404</html>", "not an IDX file"),
        (b"\0\0\x08\0", "not an IDX file"),
        (b"\0\0\x0a\1\0\0\0\1\0", "type 0x0a"),
        (b"\0\0\x08\3" + b"\xff" * 12, "2 GiB"),
        (b"\0\0\x08\3" + b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff", "2 GiB"),
        (b"\0\0\x08\1\x7f\xff\xff\xff\0", "length"),
        (b"\0\0\x08\2\0\0\0\1\0\0", "length"),
    ],
)
def test_what_is_refused_says_why(data: bytes, said: str) -> None:
    with pytest.raises(FileFormatError, match=said) as caught:
        parse_idx(data, "a-file")
    assert "a-file" in caught.value.korean and "a-file" in caught.value.english


def test_a_promise_takes_no_memory() -> None:
    import tracemalloc

    promise = b"\0\0\x08\2" + struct.pack(">II", 2**15, 2**15) + b"abc"
    tracemalloc.start()
    with pytest.raises(FileFormatError):
        parse_idx(gzip.compress(promise))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**23


def test_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unpack(b"plain", "x") == b"plain"
    monkeypatch.setattr("tinygrad_kr.datasets.idx.MAX_BYTES", 100)
    assert len(unpack(gzip.compress(bytes(100)), "x")) == 100
    with pytest.raises(FileFormatError, match="2 GiB"):
        unpack(gzip.compress(bytes(101)), "x")


def test_read_idx(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    (tmp_path / "a").write_bytes(to_idx(array))
    (tmp_path / "a.gz").write_bytes(gzip.compress(to_idx(array)))
    assert np.array_equal(read_idx(tmp_path / "a"), array)
    assert np.array_equal(read_idx(str(tmp_path / "a.gz")), array)
    with pytest.raises(DataNotFoundError):
        read_idx(tmp_path / "b")
