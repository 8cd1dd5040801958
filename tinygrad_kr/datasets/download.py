"""파일 내려받기.

Downloading a file: mirror after mirror, and only what has been checked is written.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

from tinygrad_kr.datasets.idx import unpack
from tinygrad_kr.errors import FileFormatError
from tinygrad_kr.io import atomic_write

_CHUNK: Final = 2**16
_MAX_BYTES: Final = 2**28


def open_url(url: str) -> Any:
    """The one place that touches the network, and the one that tests replace."""
    request = urllib.request.Request(url, headers={"User-Agent": "tinygrad_kr"})
    return urllib.request.urlopen(request, timeout=30)


def download(name: str, mirrors: Sequence[str], md5: str, folder: Path) -> list[str]:
    """Fetch ``name``.gz from the first mirror that has it right, and write it unpacked.

    ``md5`` is that of the unpacked bytes, or of the .gz. Returns what went wrong, one line a
    mirror; nothing if the file was written.
    """
    failures = []
    for mirror in mirrors:
        url = f"{mirror}{name}.gz"
        try:
            data = _fetch(url, name)
            content = unpack(data, name)
        except (OSError, http.client.HTTPException, FileFormatError) as error:
            reason = error.english if isinstance(error, FileFormatError) else error
            failures.append(f"{url} ({type(error).__name__}: {reason})")
            continue
        if md5 in (_md5(content), _md5(data)):
            with atomic_write(folder / name) as file:
                file.write(content)
            return []
        failures.append(f"{url} (MD5 {_md5(content)}, expected {md5})")
    return failures


def _fetch(url: str, name: str) -> bytes:
    data = bytearray()
    with open_url(url) as response, _progress(name, getattr(response, "length", None)) as bar:
        while chunk := response.read(_CHUNK):
            data += chunk
            if bar is not None:
                bar.update(len(chunk))
            if len(data) > _MAX_BYTES:
                raise FileFormatError(f"{name}: 너무 큽니다.", f"{name}: the file is too big.")
    return bytes(data)


def _progress(name: str, total: int | None) -> AbstractContextManager[Any]:
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext()
    bar: AbstractContextManager[Any] = tqdm(total=total, desc=name, unit="B", unit_scale=True)
    return bar


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
