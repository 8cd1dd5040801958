"""IDX 형식: MNIST가 쓰는 단순한 배열 파일.

The IDX format of the MNIST files: two zero bytes, a type, the number of dimensions, each dimension
as a big-endian 32-bit integer, then the values, big-endian.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from tinygrad_kr.dtypes import Array, DType
from tinygrad_kr.errors import DataNotFoundError, FileFormatError

MAX_BYTES: Final = 2**31
_CHUNK: Final = 2**20
_MAX_DIMS: Final = 32
_TYPES: Final[dict[int, DType]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


def parse_idx(data: bytes, name: str = "IDX") -> Array:
    """IDX 바이트를 배열로. gzip으로 압축된 것도 받는다.

    The array in IDX bytes, plain or gzipped, in the machine's byte order. Memory is taken only as
    bytes are really there, whatever the header promises.

    Args:
        data: 파일의 바이트. The bytes of the file.
        name: 오류 메시지에 쓸 이름. What the error messages call it.

    Raises:
        FileFormatError: not IDX, an unknown type, too few or too many bytes, more than 2 GiB, or a
            corrupt gzip stream.

    >>> parse_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 5, 6, 7]))
    array([[5, 6, 7]], dtype=uint8)
    """
    return _parse(io.BytesIO(data), name)


def read_idx(path: str | os.PathLike[str]) -> Array:
    """IDX 파일을 배열로. ``.gz``도 읽는다.

    The array in an IDX file, plain or gzipped: :func:`parse_idx` of its bytes.

    Raises:
        DataNotFoundError: there is no such file.
        FileFormatError: see :func:`parse_idx`.
    """
    try:
        with Path(path).open("rb") as file:
            return _parse(file, str(path))
    except FileNotFoundError as error:
        raise DataNotFoundError(f"파일이 없습니다: {path}.", f"There is no file {path}.") from error


def unpack(data: bytes, name: str) -> bytes:
    """gzip이면 푼다.

    The bytes themselves, or what they unpack to if they are gzipped.

    Raises:
        FileFormatError: a corrupt gzip stream, or one of more than 2 GiB.

    >>> unpack(gzip.compress(b"abc"), "abc.gz")
    b'abc'
    """
    content = _read(_opened(io.BytesIO(data)), MAX_BYTES + 1, name)
    if len(content) > MAX_BYTES:
        raise _too_big(name, "?")
    return content


def _parse(raw: io.BufferedIOBase, name: str) -> Array:
    file = _opened(raw)
    magic = _read(file, 4, name)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= _MAX_DIMS:
        raise FileFormatError(
            f"{name}: IDX 파일이 아닙니다. 첫 바이트: {magic.hex(' ')}.",
            f"{name}: this is not an IDX file; its first bytes are {magic.hex(' ')}.",
        )
    dtype = _TYPES.get(magic[2])
    if dtype is None:
        raise FileFormatError(
            f"{name}: 모르는 IDX 자료형입니다: 0x{magic[2]:02x}.",
            f"{name}: the IDX type 0x{magic[2]:02x} is unknown.",
        )
    dims = _read(file, 4 * magic[3], name)
    shape = tuple(np.frombuffer(dims[: len(dims) // 4 * 4], dtype=">u4").tolist())
    if math.prod(max(dim, 1) for dim in shape) * dtype.itemsize > MAX_BYTES:
        raise _too_big(name, str(shape))
    size = math.prod(shape) * dtype.itemsize
    values = _read(file, size + 1, name)
    if len(shape) != magic[3] or len(values) != size:
        met = f"> {size}" if len(values) > size else str(len(values))
        raise FileFormatError(
            f"{name}: 길이가 맞지 않습니다. 머리글의 형상 {shape}은(는) {size}바이트인데 값은 "
            f"{met}바이트입니다. 파일이 잘렸거나 깨졌으니 지우고 다시 받아 주세요.",
            f"{name}: the length is wrong: the header promises {shape}, {size} bytes, but there "
            f"are {met}. It is truncated or corrupt; delete it and fetch it again.",
        )
    return np.frombuffer(values, dtype=dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _opened(file: io.BufferedIOBase) -> io.BufferedIOBase:
    gzipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if gzipped else file


def _read(file: io.BufferedIOBase, count: int, name: str) -> bytes:
    """At most ``count`` bytes, in chunks: a promise of more takes no memory."""
    chunks = []
    try:
        while count and (chunk := file.read(min(count, _CHUNK))):
            chunks.append(chunk)
            count -= len(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileFormatError(
            f"{name}: 압축이 깨졌거나 잘렸습니다. 지우고 다시 받아 주세요.",
            f"{name}: the compressed data is corrupt or truncated; delete it and fetch it again.",
        ) from error
    return b"".join(chunks)


def _too_big(name: str, shape: str) -> FileFormatError:
    return FileFormatError(
        f"{name}: 2 GiB보다 큰 데이터는 읽지 않습니다(형상 {shape}).",
        f"{name}: data of more than 2 GiB (shape {shape}) is refused.",
    )
