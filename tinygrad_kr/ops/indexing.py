"""인덱싱.

Indexing: reading by slices, integers and masks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.ops.primitive import Primitive


def _is_basic(index: Any) -> bool:
    """Whether NumPy answers an index with a view: no arrays in it, so no element twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(p, np.ndarray | list) for p in parts)


def _spread(g: Array, *, shape: tuple[int, ...], index: Any) -> Array:
    out = np.zeros(shape, g.dtype)
    if _is_basic(index):
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


#: 인덱스로 읽기(NumPy의 뜻 그대로). Reading by an index, in NumPy's meaning.
getitem = Primitive(
    "index",
    lambda x, *, index: x[index],
    view=True,
    x=lambda g, x_shape, index: spread(g, shape=x_shape, index=index),
)

#: 영의 배열에 인덱스로 더하기. A zero array with ``g`` added at an index.
spread = Primitive("spread", _spread, g=lambda g, index: getitem(g, index=index))
