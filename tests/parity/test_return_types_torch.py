"""Named tuples print what PyTorch's print, letter for letter."""

from __future__ import annotations

import copy
import pickle
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import return_types
from tinygrad_kr.autograd.base import wrap

torch = pytest.importorskip("torch")
SQUARE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 2.0]])
CUBE = (np.arange(24).reshape(2, 3, 4) * 7 % 12 / 4).astype(np.float32)
CALLS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(["max", "min", "median", "nanmedian", "mode", "cummax", "cummin"], (CUBE, 1)),
    **dict.fromkeys(["topk", "kthvalue"], (CUBE, 2)),
    **dict.fromkeys(["sort", "aminmax", "frexp"], (CUBE,)),
    **dict.fromkeys(["slogdet", "qr", "svd", "linalg.slogdet", "linalg.qr"], (SQUARE,)),
    **dict.fromkeys(["linalg.svd", "linalg.eigh"], (SQUARE,)),
    **dict.fromkeys(["linalg.inv_ex", "linalg.cholesky_ex"], (SQUARE,)),
    **dict.fromkeys(["linalg.lstsq", "linalg.solve_ex"], (SQUARE, SQUARE[:, :2])),
    "histogram": (SQUARE, 3),
}


def test_every_kind_is_here() -> None:
    kinds = [n for n, kind in vars(return_types).items() if isinstance(kind, type) and n.islower()]
    assert {name.replace(".", "_") for name in CALLS} == {*kinds}


@pytest.mark.parametrize("name", CALLS)
def test_shown(name: str) -> None:
    def call(lib: Any, tensor: Any) -> Any:
        args = [tensor(a) if isinstance(a, np.ndarray) else a for a in CALLS[name]]
        return attrgetter(name)(lib)(*args)

    found, expected = call(tg, lambda a: wrap(a.copy())), call(torch, torch.from_numpy)
    assert type(found) is getattr(return_types, name.replace(".", "_"))
    # On the same values, for a factor's signs and last bits are LAPACK's.
    found = type(found)(*(wrap(value.numpy()) for value in expected))
    assert repr(found) == str(found) == repr(expected)
    assert repr(pickle.loads(pickle.dumps(found))) == repr(copy.deepcopy(found)) == repr(found)


def test_keys_shown() -> None:
    def load(lib: Any, **more: Any) -> Any:
        layer = lib.nn.Linear(2, 2, bias="bias" not in more)
        weight = {"weight": layer.weight} if "bias" in more else {}
        return layer.load_state_dict({**weight, **more}, strict=False)

    assert repr(load(tg)) == repr(load(torch))
    assert repr(load(tg, bias=0)) == repr(load(torch, bias=0))
