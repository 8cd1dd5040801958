"""파일: 텐서와 state_dict를 저장하고 읽는다. pickle은 쓰지 않는다.

Files: saving and loading tensors and nested state dicts, without pickle.

Two formats, chosen by the name of the file:

``.safetensors``
    A flat dict of tensors, by the ``safetensors`` library (the extra ``io``); PyTorch's users can
    load it.
anything else (``.npz``, ``.pt``, ...)
    An uncompressed NumPy ``.npz`` with one JSON member, ``structure.json``, that says how the
    arrays hang together. ``np.load`` reads the arrays under dotted names (``"model.fc.weight"``),
    and :func:`load` reads any plain, uncompressed ``.npz`` of numbers as a flat dict of tensors.

An object may be made of tensors, ndarrays, NumPy scalars, dicts (keys: str, int, float, bool,
None), lists, tuples, str, int, float, bool and None, to a depth of 64. It comes back with its
values, dtypes, shapes and ``requires_grad``; a subclass (OrderedDict, Parameter, named tuple) comes
back as its plain kind, a value that is not a leaf as a leaf, and two names of one tensor as two
tensors. No file is ever unpickled, a file is written beside and renamed, and one that is truncated,
corrupt or hostile is refused before memory is taken for it.
"""

from __future__ import annotations

import json
import math
import os
import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import SUPPORTED, Array
from tinygrad_kr.errors import (
    ArgumentError,
    DataNotFoundError,
    DeviceError,
    FileFormatError,
    MissingExtraError,
)
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.utils.files import atomic_write

FileLike = str | os.PathLike[str] | BinaryIO

_STRUCTURE: Final = "structure.json"
_FORMAT: Final = "tinygrad_kr/1"
_MAX_DEPTH: Final = 64
_KINDS: Final = "biufcSUmM"
_PLAIN: Final = (str, int, float, bool, type(None))


def save(obj: Any, f: FileLike) -> None:
    """텐서, state_dict 따위를 파일에 저장한다.

    Save tensors, nested in dicts, lists and tuples, to a file; see :mod:`tinygrad_kr.io` for what
    may be saved, and how. The old file stays whole if anything goes wrong.

    Args:
        obj: 저장할 것. What to save, usually a ``state_dict()``.
        f: 경로(또는 쓸 수 있는 이진 파일). A path, or a binary file to write to.

    Raises:
        ArgumentError: something in ``obj`` that cannot be saved; nothing is written.
        DataNotFoundError: the folder does not exist.
        MissingExtraError: ``.safetensors`` without the ``safetensors`` library.

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
    writer = _Writer()
    structure = {"format": _FORMAT, "root": writer.encode(obj, (), 0)}
    try:
        text = json.dumps(structure, separators=(",", ":"))
    except ValueError as error:
        raise ArgumentError(
            f"저장할 수 없는 수가 있습니다: {error}.", f"A number cannot be saved: {error}."
        ) from error
    _write(f, lambda file: writer.write(file, text))


def load(f: FileLike, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """save()가 저장한 것을 읽는다.

    Load what :func:`save` saved, or a plain ``.npz`` or ``.safetensors`` file.

    Args:
        f: 경로(또는 읽을 수 있는 이진 파일). A path, or a seekable binary file to read from.
        map_location: 호환을 위해 받는다. "cpu"만 뜻이 있다. Taken for compatibility.
        weights_only: 호환을 위해 받는다. Taken for compatibility: nothing is ever unpickled.

    Raises:
        DataNotFoundError: there is no such file.
        FileFormatError: a file that is truncated, corrupt, hostile or of another format.
        DeviceError: ``map_location`` names another device than the CPU.
        MissingExtraError: ``.safetensors`` without the ``safetensors`` library.
    """
    device = getattr(map_location, "type", map_location)
    if isinstance(device, str) and device.partition(":")[0] != "cpu":
        raise DeviceError(
            f"CPU만 쓸 수 있습니다: map_location={map_location!r}.",
            f'There is only the CPU: use map_location="cpu", not {map_location!r}.',
        )
    if _is_safetensors(f):
        return load_safetensors(f)
    return _guarded(_read_container, f)


def save_safetensors(tensors: Mapping[str, Tensor], f: FileLike) -> None:
    """텐서들의 사전을 safetensors 파일로 저장한다.

    Save a flat dict of tensors (a module's ``state_dict()``) as a safetensors file, which PyTorch's
    users load by ``safetensors.torch.load_file``.

    Args:
        tensors: 이름과 텐서. Tensors by name.
        f: 경로(또는 쓸 수 있는 이진 파일). A path, or a binary file to write to.

    Raises:
        ArgumentError: not a flat dict of tensors; nothing is written.
        MissingExtraError: the ``safetensors`` library is not installed.
    """
    library = _safetensors()
    if not isinstance(tensors, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in tensors.items()
    ):
        raise ArgumentError(
            "safetensors에는 이름(str)과 텐서의 사전만 저장할 수 있습니다. model.state_dict()를 "
            "주거나 다른 확장자를 쓰세요.",
            "A safetensors file holds a flat dict of tensors by name; pass model.state_dict(), or "
            "use another suffix.",
        )
    arrays = {name: np.asarray(t._array, order="C") for name, t in tensors.items()}
    data = library.save(arrays, metadata={"format": "pt"})
    _write(f, lambda file: file.write(data))


def load_safetensors(f: FileLike) -> dict[str, Tensor]:
    """safetensors 파일을 텐서들의 사전으로 읽는다.

    The tensors of a safetensors file, in the order of their names.

    Raises:
        DataNotFoundError: there is no such file.
        FileFormatError: a file that is truncated, corrupt, or holds a dtype that NumPy lacks.
        MissingExtraError: the ``safetensors`` library is not installed.
    """
    library = _safetensors()
    arrays: dict[str, Array] = _guarded(lambda file: library.load(file.read()), f)
    return {name: _to_tensor(array, name) for name, array in sorted(arrays.items())}


class _Writer:
    """Gathers the arrays of an object and describes the rest in JSON."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def encode(self, value: Any, path: tuple[str, ...], depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ArgumentError(
                f"{_MAX_DEPTH}겹보다 깊거나 자기 자신을 담은 것은 저장할 수 없습니다: "
                f"{'.'.join(path[:4])}...",
                f"What is nested deeper than {_MAX_DEPTH}, or contains itself, cannot be saved: "
                f"{'.'.join(path[:4])}...",
            )
        if isinstance(value, Tensor):
            name = self._add(value._array, path)
            flag = {"requires_grad": True} if value.requires_grad else {}
            return {"tensor": name, **flag}
        if isinstance(value, np.ndarray | np.generic):
            if value.dtype.kind not in _KINDS:
                raise self._unsaveable(value, path)
            kind = "ndarray" if isinstance(value, np.ndarray) else "scalar"
            return {kind: self._add(np.asarray(value), path)}
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, list | tuple):
            items = [self.encode(v, (*path, str(i)), depth + 1) for i, v in enumerate(value)]
            return items if isinstance(value, list) else {"tuple": items}
        if isinstance(value, Mapping):
            pairs = []
            for key, item in value.items():
                if not isinstance(key, _PLAIN) or isinstance(key, np.generic):
                    raise self._unsaveable(key, (*path, "key"))
                pairs.append([key, self.encode(item, (*path, str(key)), depth + 1)])
            return {"dict": pairs}
        raise self._unsaveable(value, path)

    def _add(self, array: Array, path: tuple[str, ...]) -> str:
        name = ".".join(path)
        if not re.fullmatch(r"[\w.-]{1,200}", name) or name in self.arrays:
            name = f"array-{len(self.arrays)}"
            while name in self.arrays:
                name += "-"
        self.arrays[name] = array
        return name

    def _unsaveable(self, value: Any, path: tuple[str, ...]) -> ArgumentError:
        where, kind = ".".join(path) or "obj", type(value).__name__
        return ArgumentError(
            f"{where}의 {kind}은(는) 저장할 수 없습니다. 모듈이나 옵티마이저라면 state_dict()를 "
            "저장하세요.",
            f"A {kind} (at {where}) cannot be saved; of a module or an optimizer, save its "
            "state_dict().",
        )

    def write(self, file: BinaryIO, structure: str) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(zipfile.ZipInfo(_STRUCTURE), structure)
            for name, array in self.arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)


class _Reader:
    """Puts an object together from its description and the arrays, each of which it takes once."""

    def __init__(self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
        self.archive = archive
        self.members = members

    def decode(self, node: Any) -> Any:
        match node:
            case list():
                return [self.decode(item) for item in node]
            case {"tuple": list(items)}:
                return tuple(self.decode(item) for item in items)
            case {"dict": list(pairs)}:
                return {key: self.decode(item) for key, item in pairs}
            case {"ndarray": str(name)}:
                return self.take(name).copy()
            case {"scalar": str(name)}:
                return self.take(name)[()]
            case {"tensor": str(name), **flags}:
                tensor = _to_tensor(self.take(name), name)
                return tensor.requires_grad_() if flags.get("requires_grad") is True else tensor
            case dict():
                raise _refusal("모르는 구조입니다", f"an unknown structure, {list(node)[:3]}")
        return node

    def take(self, name: str) -> Array:
        entry = self.members.pop(name, None)
        if entry is None:
            raise _refusal(f"배열 {name}이(가) 없습니다", f"the array {name!r} is missing")
        with self.archive.open(entry) as member:
            read_header = _HEADERS[np.lib.format.read_magic(member)]
            shape, is_fortran, dtype = read_header(member)
            if dtype.kind not in _KINDS:
                raise _refusal(
                    f"배열 {name}의 자료형 {dtype}은(는) 읽지 않습니다(pickle)",
                    f"the array {name!r} of dtype {dtype} is refused (pickle)",
                )
            data = member.read()
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
            raise _refusal(
                f"배열 {name}의 형상 {shape}이(가) 내용의 길이 {len(data)}와(과) 맞지 않습니다",
                f"the array {name!r} promises {shape} of {dtype}, but has {len(data)} bytes",
            )
        return np.ndarray(shape, dtype, buffer=data, order="F" if is_fortran else "C")


_HEADERS: Final[Mapping[tuple[int, int], Callable[[Any], Any]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def _read_container(file: BinaryIO) -> Any:
    length = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_entries(entries, length)
        members = {
            entry.filename.removesuffix(".npy"): entry
            for entry in entries
            if entry.filename != _STRUCTURE
        }
        reader = _Reader(archive, members)
        if len(members) == len(entries):
            return {name: _to_tensor(reader.take(name), name) for name in list(members)}
        structure = json.loads(archive.read(_STRUCTURE))
        if structure["format"] != _FORMAT:
            raise _refusal(
                f"형식 {structure['format']!r}은(는) 이 판이 읽지 못합니다",
                f"the format {structure['format']!r} is not known to this version",
            )
        obj = reader.decode(structure["root"])
        if members:
            raise _refusal("쓰이지 않는 배열이 있습니다", f"unused arrays {list(members)[:3]}")
        return obj


def _check_entries(entries: list[zipfile.ZipInfo], length: int) -> None:
    names = [entry.filename for entry in entries]
    if any(name.endswith("data.pkl") for name in names):
        raise _refusal(
            "pickle로 된 PyTorch 파일입니다. PyTorch에서 safetensors로 저장해 주세요",
            "a PyTorch file made with pickle; save it as safetensors in PyTorch",
        )
    for name in names:
        parts = re.split(r"[/\\]", name)
        if (not name.endswith(".npy") and name != _STRUCTURE) or "" in parts or ".." in parts:
            raise _refusal(f"받지 않는 이름입니다: {name!r}", f"a member named {name!r}")
    if len(set(names)) < len(names):
        raise _refusal("같은 이름이 두 번 나옵니다", "a name that occurs twice")
    if any(e.compress_type != zipfile.ZIP_STORED or e.flag_bits & 1 for e in entries):
        raise _refusal(
            "압축되었거나 암호가 걸렸습니다. np.savez로 저장해 주세요",
            "compressed or encrypted members; use np.savez",
        )
    sizes_lie = any(e.file_size != e.compress_size for e in entries)
    if sizes_lie or sum(e.file_size for e in entries) > length:
        raise _refusal("적힌 크기가 파일보다 큽니다", "sizes beyond the file's own")
    if min((e.header_offset for e in entries), default=0) != 0:
        raise _refusal("앞에 다른 내용이 붙어 있습니다", "something else before the archive")


def _to_tensor(array: Array, name: str) -> Tensor:
    dtype = array.dtype.newbyteorder("=")
    if dtype not in SUPPORTED:
        raise _refusal(
            f"{name}의 자료형 {array.dtype}은(는) 텐서가 될 수 없습니다",
            f"{name!r} of dtype {array.dtype} cannot be a tensor",
        )
    return wrap(array.astype(dtype))


def _refusal(korean: str, english: str) -> FileFormatError:
    return FileFormatError(
        f"파일을 읽을 수 없습니다: {korean}.", f"The file cannot be read: {english}."
    )


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


def _write(f: FileLike, write: Callable[[BinaryIO], object]) -> None:
    if isinstance(f, str | os.PathLike):
        with atomic_write(f) as file:
            write(file)
    else:
        write(f)


def _guarded(read: Callable[[BinaryIO], Any], f: FileLike) -> Any:
    """``read`` of the file, with each of the many ways a bad file fails made one error."""
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
