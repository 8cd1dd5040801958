"""매개변수를 한 벡터로, 한 벡터를 매개변수로.

Parameters as one vector, and back.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.ops.joining import cat
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """매개변수들을 펴서 한 벡터로 잇는다.

    The parameters flattened and joined into one vector, through which gradients flow.

    Raises:
        ArgumentError: there are none.
    """
    parts = [reshape(p, (-1,)) if p._array.size else reshape(p, (0,)) for p in parameters]
    if not parts:
        raise ArgumentError("매개변수가 하나도 없습니다.", "There are no parameters.")
    return cat(parts)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """벡터의 값을 매개변수들에 나누어 넣는다.

    Copy the values of a vector into the parameters, in place.

    Raises:
        ShapeError: the vector's length is not the parameters' together; nothing has been changed.
    """
    params = list(parameters)
    total = sum(p._array.size for p in params)
    if vec.shape != (total,):
        raise ShapeError(
            f"벡터의 형상이 {vec.shape}인데 매개변수는 모두 {total}개입니다.",
            f"The vector has shape {vec.shape}, but the parameters hold {total} values.",
        )
    values, start = vec._array.copy(), 0
    for p in params:
        end = start + p._array.size
        np.copyto(p._array, values[start:end].reshape(p.shape), casting="unsafe")
        p._version[0] += 1
        start = end
