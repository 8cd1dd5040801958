"""「밑바닥부터 시작하는 딥러닝」의 API: 책의 ``common``과 ``dataset``을 이 엔진 위에서.

The API of the book's repository, its ``common`` and ``dataset``, on this engine. A script of
chapters 4 to 7 runs unchanged after two lines:

>>> from tinygrad_kr import book
>>> book.install()
>>> from common.layers import *
>>> from dataset.mnist import load_mnist
>>> Affine.__module__
'tinygrad_kr.book.layers'

Here alone numbers are drawn from ``np.random``, for the book's readers seed that.
"""

from __future__ import annotations

import sys

from tinygrad_kr.book import (
    functions,
    gradient,
    layers,
    mnist,
    multi_layer_net,
    multi_layer_net_extend,
    optimizer,
    trainer,
    util,
)
from tinygrad_kr.errors import NameTakenError

__all__ = [
    "functions",
    "gradient",
    "install",
    "layers",
    "mnist",
    "multi_layer_net",
    "multi_layer_net_extend",
    "optimizer",
    "trainer",
    "util",
]


def install() -> None:
    """``common``과 ``dataset``이라는 이름을 이 방으로 돌린다.

    Make ``common`` and ``dataset`` mean this room, for this process: ``from common.layers import
    Affine``, ``from dataset.mnist import load_mnist``. To call it again does nothing.

    Raises:
        NameTakenError: other modules of these names are already imported.
    """
    ours = sys.modules[__name__]
    modules = [(name, getattr(ours, name)) for name in __all__ if name != "install"]
    wanted = {"common": ours, "dataset": ours, "dataset.mnist": mnist}
    wanted |= {f"common.{name}": module for name, module in modules if module is not mnist}
    for name, module in wanted.items():
        other = sys.modules.get(name, module)
        if other is not module:
            where = getattr(other, "__file__", None) or getattr(other, "__path__", "?")
            raise NameTakenError(
                f"{name!r}이라는 다른 모듈이 이미 import되었습니다: {where}. install()을 먼저 "
                "부르거나, 그 모듈의 이름을 바꾸세요.",
                f"Another module named {name!r} is already imported: {where}. Call install() "
                "before it, or rename that module.",
            )
    sys.modules.update(wanted)
