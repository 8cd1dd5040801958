"""파일 내려받기: 거울 서버를 차례로 시도하고, 확인한 것만 쓴다.

Downloading a file: mirror after mirror, and only what has been checked is written.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from tinygrad_kr.datasets.idx import unpack
from tinygrad_kr.errors import FileFormatError
from tinygrad_kr.utils.files import atomic_write

_CHUNK: Final = 2**16
_MAX_BYTES: Final = 2**28
_TIMEOUT_SECONDS: Final = 30


class Readable(Protocol):
    """읽을 수 있는 것.

    What an opened URL is: something to read bytes from.
    """

    def read(self, size: int, /) -> bytes: ...


def open_url(url: str) -> AbstractContextManager[Readable]:
    """URL을 연다. 시험에서는 이 함수를 바꿔 끼운다.

    Open a URL: the one place that touches the network, and the one that tests replace.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "tinygrad_kr"})
    opened: AbstractContextManager[Readable] = urllib.request.urlopen(
        request, timeout=_TIMEOUT_SECONDS
    )
    return opened


def download(name: str, mirrors: Sequence[str], md5: str, folder: Path) -> list[str]:
    """``name``.gz를 내려받아 풀어서 folder에 쓴다.

    Fetch ``name``.gz from the first mirror that has it right, and write it unpacked into
    ``folder``, atomically.

    Args:
        name: 푼 파일의 이름. The name of the unpacked file.
        mirrors: ``/``로 끝나는 주소들. Addresses that end with ``/``.
        md5: 푼 바이트나 .gz의 MD5. The MD5 of the unpacked bytes, or of the .gz.
        folder: 있는 폴더. A folder that exists.

    Returns:
        What went wrong, one line a mirror; empty if the file was written.
    """
    failures = []
    for mirror in mirrors:
        url = f"{mirror}{name}.gz"
        try:
            data = _fetch(url, name)
            content = unpack(data, url)
        except (OSError, http.client.HTTPException, FileFormatError) as error:
            reason = error.english if isinstance(error, FileFormatError) else str(error)
            failures.append(f"{url} ({type(error).__name__}: {reason})")
            continue
        if md5 not in (_md5(content), _md5(data)):
            failures.append(f"{url} (MD5 {_md5(content)}, expected {md5})")
            continue
        with atomic_write(folder / name) as file:
            file.write(content)
        return []
    return failures


def _fetch(url: str, name: str) -> bytes:
    data = bytearray()
    with open_url(url) as response, _progress(name, getattr(response, "length", None)) as bar:
        while chunk := response.read(_CHUNK):
            data += chunk
            bar.update(len(chunk))
            if len(data) > _MAX_BYTES:
                raise FileFormatError(f"{url}: 너무 큽니다.", f"{url}: the file is too big.")
    return bytes(data)


class _Quiet:
    def update(self, n: int) -> None:
        pass


@contextmanager
def _progress(name: str, total: int | None) -> Iterator[Any]:
    try:
        from tqdm import tqdm
    except ImportError:
        yield _Quiet()
        return
    with tqdm(total=total, desc=name, unit="B", unit_scale=True) as bar:
        yield bar


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
