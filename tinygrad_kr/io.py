"""파일: 텐서와 state_dict를 저장하고 읽는다. pickle은 쓰지 않는다.

Files: tensors and nested state dicts, without pickle. A name in ``.safetensors`` means a flat dict
of tensors that PyTorch's users can load (needs the extra ``io``); any other (``.npz``, ``.pt``) an
uncompressed ``.npz``, whose member ``structure.json`` says how the arrays hang together.
``np.load`` reads these by dotted names, and :func:`load` any plain ``.npz`` of numbers.

Subclasses come back as their plain kinds, every tensor as a leaf of its own. A truncated, corrupt
or hostile file is refused before memory is taken for it.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.device import device
from tinygrad_kr.dtypes import SUPPORTED, Array, DType
from tinygrad_kr.errors import (
    ArgumentError,
    DataNotFoundError,
    FileFormatError,
    MissingExtraError,
)
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.tensor import Tensor

__all__ = ["atomic_write", "load", "load_safetensors", "save", "save_safetensors"]

FileLike = str | os.PathLike[str] | BinaryIO

_STRUCTURE: Final = "structure.json"
_FORMAT: Final = "tinygrad_kr/1"
_MAX_DEPTH: Final = 64
_KINDS: Final = "biufcSUmM"
_MISFIT: Final = ("구조와 배열이 맞지 않습니다", "its structure does not fit its arrays")
_PLAIN: Final = (str, int, float, bool, type(None))


def save(obj: Any, f: FileLike) -> None:
    """텐서, state_dict 따위를 파일에 저장한다.

    Save tensors, ndarrays, NumPy's and Python's numbers, str, bool and None, in dicts, lists and
    tuples at most 64 deep, to a path or a binary file. The old file stays whole if anything fails.

    Raises:
        ArgumentError: something in ``obj`` cannot be saved.

    >>> import tempfile
    >>> import tinygrad_kr as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save({"w": tg.ones(2), "epoch": 3}, f"{folder}/a.pt")
    ...     load(f"{folder}/a.pt")
    {'w': tensor([1., 1.]), 'epoch': 3}
    """
    if _is_safetensors(f):
        save_safetensors(obj, f)
        return
    arrays: dict[str, Array] = {}
    structure = {"format": _FORMAT, "root": _encode(obj, (), arrays)}
    try:
        text = json.dumps(structure, separators=(",", ":"))
    except ValueError as error:
        raise ArgumentError(
            f"수를 저장할 수 없습니다: {error}.", f"A number cannot be saved: {error}."
        ) from error
    with _replacing(f) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_STRUCTURE), text)
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load(f: FileLike, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """save()가 저장한 것을 읽는다.

    Load what :func:`save` saved, or a plain ``.npz`` or ``.safetensors`` file. ``map_location`` and
    ``weights_only`` are for compatibility: there is only the CPU, and nothing is unpickled.

    Raises:
        DataNotFoundError: there is no such file.
        FileFormatError: it is truncated, corrupt, hostile or of another format.
    """
    if isinstance(map_location, str | device):
        device(map_location)
    return load_safetensors(f) if _is_safetensors(f) else _guarded(_read_archive, f)


def save_safetensors(tensors: Mapping[str, Tensor], f: FileLike) -> None:
    """텐서들의 사전을 safetensors 파일로 저장한다.

    Save a flat dict of tensors (a module's ``state_dict()``) as a safetensors file, which PyTorch's
    users load by ``safetensors.torch.load_file``.
    """
    library = _safetensors()
    if not isinstance(tensors, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in tensors.items()
    ):
        raise wrong_kind(
            ".safetensors",
            tensors,
            "(model.state_dict()처럼) 이름과 텐서의 사전 하나",
            "given tensors by name, such as model.state_dict()",
        )
    arrays = {name: np.asarray(t._array, order="C") for name, t in tensors.items()}
    data = library.save(arrays, metadata={"format": "pt"})
    with _replacing(f) as file:
        file.write(data)


def load_safetensors(f: FileLike) -> dict[str, Tensor]:
    """safetensors 파일을 텐서들의 사전으로 읽는다.

    The tensors of a safetensors file, in the order of their names.
    """
    library = _safetensors()
    arrays: dict[str, Array] = _guarded(lambda file: library.load(file.read()), f)
    return {name: _to_tensor(array, name) for name, array in sorted(arrays.items())}


def _encode(value: Any, path: tuple[str, ...], arrays: dict[str, Array]) -> Any:
    """``value`` as JSON; its arrays go by name into ``arrays``."""

    def named(array: Array) -> str:
        name = ".".join(path)
        if not re.fullmatch(r"[\w.-]{1,200}", name):
            name = f"array-{len(arrays)}"
        while name in arrays:
            name += "-"
        arrays[name] = array
        return name

    match value:
        case _ if len(path) > _MAX_DEPTH:
            pass
        case Tensor():
            flag = {"requires_grad": True} if value.requires_grad else {}
            return {"tensor": named(value._array), **flag}
        case np.ndarray() | np.generic() if value.dtype.kind in _KINDS:
            kind = "ndarray" if isinstance(value, np.ndarray) else "scalar"
            return {kind: named(np.asarray(value))}
        case str() | int() | float() | None:
            return value
        case list() | tuple():
            items = [_encode(item, (*path, str(i)), arrays) for i, item in enumerate(value)]
            return items if isinstance(value, list) else {"tuple": items}
        case Mapping() if all(isinstance(key, _PLAIN) for key in value):
            return {"dict": [[k, _encode(v, (*path, str(k)), arrays)] for k, v in value.items()]}
    where, kind = ".".join(path[:8]) or "obj", type(value).__name__
    raise ArgumentError(
        f"{where}의 {kind}은(는) 저장할 수 없습니다. 텐서, 배열, 수, 문자열을 담은 (키가 단순한) "
        f"사전과 목록을 {_MAX_DEPTH}겹까지 저장합니다.",
        f"A {kind} (at {where}) cannot be saved; save tensors, arrays, numbers, str, and dicts "
        f"(with plain keys) and lists of them, at most {_MAX_DEPTH} deep.",
    )


def _decode(node: Any, take: Callable[[str], Array]) -> Any:
    """What :func:`_encode` made ``node`` of; ``take`` gives each array once."""
    match node:
        case list():
            return [_decode(item, take) for item in node]
        case {"tuple": list(items)}:
            return tuple(_decode(item, take) for item in items)
        case {"dict": list(pairs)}:
            return {key: _decode(item, take) for key, item in pairs}
        case {"ndarray": str(name)}:
            return take(name).copy()
        case {"scalar": str(name)}:
            return take(name)[()]
        case {"tensor": str(name), **flags}:
            tensor = _to_tensor(take(name), name)
            return tensor.requires_grad_() if flags.get("requires_grad") is True else tensor
        case dict():
            raise _refusal(*_MISFIT)
    return node


def _read_archive(file: BinaryIO) -> Any:
    length = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_entries(entries, length)
        members = {e.filename.removesuffix(".npy"): e for e in entries if e.filename != _STRUCTURE}

        def take(name: str) -> Array:
            with archive.open(members.pop(name)) as member:
                return _read_array(member, name)

        if len(members) == len(entries):
            return {name: _to_tensor(take(name), name) for name in list(members)}
        structure = json.loads(archive.read(_STRUCTURE))
        if (met := structure["format"]) != _FORMAT:
            raise _refusal(f"모르는 형식 {met!r}입니다", f"the format {met!r} is unknown")
        obj = _decode(structure["root"], take)
        if members:
            raise _refusal(*_MISFIT)
        return obj


def _read_array(member: Any, name: str) -> Array:
    if np.lib.format.read_magic(member) == (1, 0):
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(member)
    else:
        shape, is_fortran, dtype = np.lib.format.read_array_header_2_0(member)
    if dtype.kind not in _KINDS:
        raise _bad_dtype(name, dtype)
    data = member.read()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise _refusal(
            f"배열 {name}의 형상은 {shape}인데 내용은 {len(data)}바이트입니다",
            f"the array {name!r} promises {shape} of {dtype}, but has {len(data)} bytes",
        )
    return np.ndarray(shape, dtype, buffer=data, order="F" if is_fortran else "C")


def _check_entries(entries: list[zipfile.ZipInfo], length: int) -> None:
    names = [entry.filename for entry in entries]
    if any(name.endswith("data.pkl") for name in names):
        raise _refusal(
            "PyTorch의 pickle입니다. PyTorch에서 safetensors로 저장해 주세요",
            "it is PyTorch's pickle; save it as safetensors in PyTorch",
        )
    for name, count in Counter(names).items():
        kept = name == _STRUCTURE or name.endswith(".npy")
        if not kept or count > 1 or {"", ".."} & set(re.split(r"[/\\]", name)):
            raise _refusal(f"이름 {name!r}을(를) 받지 않습니다", f"a member named {name!r}")
    if any(e.compress_type or e.flag_bits & 1 or e.file_size != e.compress_size for e in entries):
        raise _refusal("np.savez로 압축 없이 저장해 주세요", "it is compressed; use np.savez")
    starts = min((entry.header_offset for entry in entries), default=0)
    if starts or sum(entry.file_size for entry in entries) > length:
        raise _refusal("적힌 크기나 위치가 맞지 않습니다", "sizes or places that do not fit it")


def _to_tensor(array: Array, name: str) -> Tensor:
    dtype = array.dtype.newbyteorder("=")
    if dtype not in SUPPORTED:
        raise _bad_dtype(name, dtype)
    return wrap(array.astype(dtype))


def _bad_dtype(name: str, dtype: DType) -> FileFormatError:
    return _refusal(
        f"{name}의 자료형 {dtype}은(는) 읽지 않습니다", f"{name!r} of dtype {dtype} is refused"
    )


def _refusal(korean: str, english: str) -> FileFormatError:
    return FileFormatError(
        f"파일을 읽을 수 없습니다: {korean}.", f"The file cannot be read: {english}."
    )


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """블록이 끝까지 성공해야 파일이 바뀐다.

    A binary file, written beside ``path`` (or what it links to), that replaces it when the ``with``
    block ends well: a crash leaves the old one whole.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise ArgumentError(
            f"파일이 아니라 폴더입니다: {target}.", f"{target} is a folder; name a file in it."
        )
    if not target.parent.is_dir():
        raise DataNotFoundError(
            f"폴더가 없습니다: {target.parent}. 먼저 만들어 주세요.",
            f"The folder {target.parent} does not exist; create it first.",
        )
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _is_safetensors(f: FileLike) -> bool:
    return isinstance(f, str | os.PathLike) and Path(f).suffix == ".safetensors"


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise MissingExtraError(
            '.safetensors에는 safetensors가 필요합니다: pip install "tinygrad_kr[io]".',
            '.safetensors files need safetensors: pip install "tinygrad_kr[io]".',
        ) from error
    return safetensors.numpy


def _replacing(f: FileLike) -> AbstractContextManager[BinaryIO]:
    return atomic_write(f) if isinstance(f, str | os.PathLike) else nullcontext(f)


def _guarded(read: Callable[[BinaryIO], Any], f: FileLike) -> Any:
    """``read`` of the file; the many ways a bad file fails become one error."""
    try:
        with Path(f).open("rb") if isinstance(f, str | os.PathLike) else nullcontext(f) as file:
            return read(file)
    except FileFormatError:
        raise
    except FileNotFoundError as error:
        raise DataNotFoundError(f"파일이 없습니다: {f}.", f"There is no file {f}.") from error
    except Exception as error:
        raise _refusal(
            f"잘렸거나 깨졌거나 다른 형식입니다({error})",
            f"it is truncated, corrupt or of another format ({error})",
        ) from error
