"""IDX 형식: MNIST가 쓰는 단순한 배열 파일.

The IDX format of the MNIST files: two zero bytes, a type, the number of dimensions, each dimension
as a big-endian 32-bit integer, then the values, big-endian.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DataNotFoundError, FileFormatError

MAX_BYTES: Final = 2**31
_MAX_DIMS: Final = 32
_TYPES: Final = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def parse_idx(data: bytes, name: str = "IDX") -> Array:
    """IDX 바이트를 배열로. gzip으로 압축된 것도 받는다.

    The array in IDX bytes, plain or gzipped; whatever is malformed is a FileFormatError.

    >>> parse_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 5, 6, 7]))
    array([[5, 6, 7]], dtype=uint8)
    """
    content = unpack(data, name)
    if len(content) < 4 or content[:2] != b"\0\0" or not 1 <= content[3] <= _MAX_DIMS:
        first = content[:4].hex(" ")
        raise _refusal(
            name,
            f"IDX 파일이 아닙니다. 첫 바이트: {first}",
            f"this is not an IDX file; its first bytes are {first}",
        )
    code, dims = content[2], content[3]
    if code not in _TYPES:
        raise _refusal(
            name, f"모르는 IDX 자료형입니다: 0x{code:02x}", f"the IDX type 0x{code:02x} is unknown"
        )
    dtype, start = np.dtype(_TYPES[code]), 4 + 4 * dims
    shape = struct.unpack(f">{dims}I", content[4:start].ljust(4 * dims, b"\0"))
    if math.prod(max(dim, 1) for dim in shape) * dtype.itemsize > MAX_BYTES:
        raise _too_big(name)
    promised = start + math.prod(shape) * dtype.itemsize
    if len(content) != promised:
        raise _refusal(
            name,
            f"길이가 {promised}바이트여야 하는데 {len(content)}바이트입니다(형상 {shape}). "
            "지우고 다시 받아 주세요",
            f"the length is wrong: the header promises {shape}, {promised} bytes in all, but there "
            f"are {len(content)}; delete it and fetch it again",
        )
    values = np.frombuffer(content, dtype, offset=start)
    return values.reshape(shape).astype(dtype.newbyteorder("="))


def read_idx(path: str | os.PathLike[str]) -> Array:
    """IDX 파일을 배열로. ``.gz``도 읽는다.

    :func:`parse_idx` of the bytes of a file.
    """
    try:
        return parse_idx(Path(path).read_bytes(), str(path))
    except FileNotFoundError as error:
        raise DataNotFoundError(f"파일이 없습니다: {path}.", f"There is no file {path}.") from error


def unpack(data: bytes, name: str) -> bytes:
    """The bytes themselves, or what they unpack to if they are gzipped."""
    if data[:2] != b"\x1f\x8b":
        return data
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(data, MAX_BYTES + 1)
        is_whole = stream.eof and not stream.unused_data
    except zlib.error:
        content, is_whole = b"", False
    if len(content) > MAX_BYTES:
        raise _too_big(name)
    if not is_whole:
        raise _refusal(
            name,
            "압축이 깨졌거나 잘렸습니다. 지우고 다시 받아 주세요",
            "it is corrupt or truncated; delete it and fetch it again",
        )
    return content


def _too_big(name: str) -> FileFormatError:
    return _refusal(
        name, "2 GiB보다 큰 데이터는 읽지 않습니다", "data of more than 2 GiB is refused"
    )


def _refusal(name: str, korean: str, english: str) -> FileFormatError:
    return FileFormatError(f"{name}: {korean}.", f"{name}: {english}.")
