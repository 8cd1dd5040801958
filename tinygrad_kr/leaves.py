"""잎 파일: 이름을 처음 부를 때에야 열린다.

Leaf files. What everyone needs is imported at once; the rest of a package's names lies in its
``more`` (a module or a folder of that name), which is opened when one of them is first asked for,
and which nothing outside of it imports.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from tinygrad_kr.errors import MissingNameError


def leaves(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``more``에 이름이 더 있는 패키지의 ``__getattr__``과 ``__dir__``.

    ``__getattr__`` and ``__dir__`` of a package: its submodules and what its ``more`` holds.
    """

    def names() -> list[str]:
        rooms = sys.modules[package], import_module(f"{package}.more")
        return sorted({name for room in rooms for name in public(room)})

    def find(name: str) -> Any:
        if name == "__all__":
            return names()
        if name.startswith("__"):
            raise missing(package, name)
        if find_spec(f"{package}.{name}"):
            return import_module(f"{package}.{name}")
        value = vars(import_module(f"{package}.more")).get(name)
        if value is None or ".more" in getattr(value, "__name__", ""):
            raise missing(package, name)  # or a leaf file itself
        setattr(sys.modules[package], name, value)  # found at once the next time
        return value

    return find, names


def public(module: ModuleType) -> list[str]:
    """모듈이 보이는 이름들. 그 안의 모듈은 빼고.

    The names that a module shows: its ``__all__``, or all that is in it, modules aside.
    """
    return vars(module).get("__all__") or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    ]


def missing(owner: str, name: str) -> MissingNameError:
    """그런 이름이 없다는 오류.

    The error for a name that is not there.
    """
    return MissingNameError(
        f"{owner}에는 {name}이(가) 없습니다. PyTorch의 무엇이 왜 없는지는 문서 'torch의 이름'을 "
        "보세요.",
        f"{owner} has no {name!r}; the page 'Names of torch' in the docs says what is left out, "
        "and why.",
    )
