"""``torch``와 ``torchvision``이라는 이름을 이 프레임워크로.

``torch`` and ``torchvision`` mean this package, for the process that asks for it, so that a script
of PyTorch runs with not a letter changed. ``python -m tinygrad_kr script.py`` asks by itself.

>>> from tinygrad_kr import bridge
>>> bridge.install()  # doctest: +SKIP
>>> import torch.nn.functional as F  # doctest: +SKIP
>>> F.__name__  # doctest: +SKIP
'tinygrad_kr.nn.functional'
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from tinygrad_kr.errors import NameTakenError

__all__ = ["install"]

NAMES = {
    "torch": "tinygrad_kr",
    "torch.nn.modules": "tinygrad_kr.nn",
    "torch.utils.data.sampler": "tinygrad_kr.utils.data",
    "torchvision": "tinygrad_kr.vision",
}


class Bridge(MetaPathFinder, Loader):
    """다른 이름으로 불린 모듈을 찾는다: 복사본이 아니라 바로 그 모듈.

    Finds a module by its other name: the very module, never a second copy, when it is first asked
    for.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        ours = fullname.split(".")[0] in NAMES and find(fullname) is not None
        return ModuleSpec(fullname, self) if ours else None

    def create_module(self, spec: ModuleSpec) -> None:
        """빈 모듈로 시작한다. An empty module to begin with, so that ours keeps its own spec."""

    def exec_module(self, module: ModuleType) -> None:
        found = find(module.__name__)
        assert found is not None
        sys.modules[module.__name__] = found


def find(name: str) -> ModuleType | None:
    """``torch.…``이라 불리는 모듈, 없으면 None.

    The module that is called so; its parent is imported already.
    """
    if name in NAMES:
        return import_module(NAMES[name])
    parent, _, child = name.rpartition(".")
    room = sys.modules[parent]
    found = getattr(room, child, None)
    if isinstance(found, ModuleType):
        return found
    try:
        return import_module(f"{room.__name__}.{child}")
    except ModuleNotFoundError:
        return None


def install() -> None:
    """``torch``와 ``torchvision``이 이 프레임워크를 뜻하게 한다.

    Make ``torch`` and ``torchvision`` mean this package, for this process; modules are imported
    when they are asked for. To call it again does nothing.

    Raises:
        NameTakenError: PyTorch itself, or another module of these names, is already imported.
    """
    if any(isinstance(finder, Bridge) for finder in sys.meta_path):
        return
    for name in NAMES:
        if other := sys.modules.get(name):
            where = getattr(other, "__file__", None) or getattr(other, "__path__", "?")
            raise NameTakenError(
                f"{name!r}이라는 다른 모듈이 이미 import되었습니다: {where}. install()을 먼저 "
                "부르세요.",
                f"Another module named {name!r} is already imported: {where}. Call install() "
                "before it.",
            )
    sys.meta_path.insert(0, Bridge())
