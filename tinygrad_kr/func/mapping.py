"""묶음의 하나하나에 함수를 부르기.

Mapping a function over a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, GradientError
from tinygrad_kr.func.derivatives import need_chunk
from tinygrad_kr.func.tree import leaves_of, rebuilt, structure
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops.dims import normal_dim
from tinygrad_kr.ops.joining import stack
from tinygrad_kr.ops.shape import movedim
from tinygrad_kr.random import default_generator
from tinygrad_kr.tensor import Tensor


def _dims(dims: Any, tree: Any, what: str) -> list[Any]:
    """``dims``, one int or None for all of ``tree``, for a branch or for a leaf, a leaf each."""

    def spread(dim: Any, branch: Any) -> Any:
        if dim is None or (isinstance(dim, int) and not isinstance(dim, bool)):
            return rebuilt(branch, [dim] * len(leaves_of(branch)))
        same = type(dim) is type(branch) and isinstance(branch, dict | tuple | list)
        if not same or len(dim) != len(branch):
            raise ValueError
        if isinstance(branch, dict):
            return {k: spread(dim[k], v) for k, v in branch.items()}
        return [spread(d, v) for d, v in zip(dim, branch, strict=True)]

    try:
        return leaves_of(spread(dims, tree))
    except (ValueError, KeyError):
        raise ArgumentError(
            f"vmap의 {what}={dims!r}이(가) 구조 {structure(tree)}에 맞지 않습니다.",
            f"vmap: {what}={dims!r} is not compatible with the structure {structure(tree)}.",
        ) from None


def _size(values: list[Any], dims: list[Any]) -> int:
    """How many there are in the batch."""
    sizes = set()
    for value, dim in zip(values, dims, strict=True):
        if dim is None:
            continue
        if not isinstance(value, Tensor) or not -value.ndim <= dim < value.ndim:
            what = f"{type(value).__name__}, {getattr(value, 'shape', '')}"
            raise ArgumentError(
                f"vmap의 in_dim {dim}은(는) 이 입력의 차원이 아닙니다: {what}.",
                f"vmap: Got in_dim={dim} for an input that has no such dimension: {what}.",
            )
        sizes.add(value.shape[dim])
    if len(sizes) != 1:
        raise ArgumentError(
            f"vmap으로 나눌 차원의 크기는 모두 같고 하나는 있어야 합니다: {sorted(sizes)}.",
            "vmap: Expected at least one input to map over and all of the same size in the mapped "
            f"dimension, got sizes {sorted(sizes)}.",
        )
    return int(sizes.pop())


def _joined(parts: list[Any], dim: int | None, size: int) -> Any:
    """The outputs of all calls as one."""
    first = parts[0]
    if dim is None:
        if isinstance(first, Tensor) and not all(
            np.array_equal(p._array, first._array, equal_nan=p._array.dtype.kind == "f")
            for p in parts
        ):
            raise ArgumentError(
                "vmap의 out_dim이 None인데 출력이 서로 다릅니다.",
                "vmap: can not return different outputs when out_dim is None.",
            )
        return first
    if not isinstance(first, Tensor):
        raise ArgumentError(
            f"vmap할 함수는 텐서만 돌려주어야 합니다: {type(first).__name__}. 아니면 out_dims를 "
            "None으로 하세요.",
            f"vmap: the function must only return Tensors, got {type(first).__name__}; did you "
            "mean to set out_dims=None for it?",
        )
    dim = normal_dim(dim, first.ndim + 1)
    return movedim(stack(parts)[:size], 0, dim)


def vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """묶음의 하나하나에 func를 부르는 함수. 고리를 돌고 쌓을 뿐이다.

    A function that calls ``func`` on each part of its arguments and puts the results together. It
    is a loop and a stack: as slow as the loop, and ``func`` may do what it likes, ``item()`` and
    ``if`` too.

    Args:
        in_dims: the dimension to take apart: one for all arguments, or a tuple, in their structure
            as far down as wanted; None for what every call gets whole. Keyword arguments are
            passed whole.
        out_dims: where the results are put together, likewise; None for a result that is the same
            in every call.
        randomness: ``"error"`` refuses random numbers, ``"different"`` draws new ones in every
            call, ``"same"`` the same ones.
        chunk_size: changes nothing.

    >>> import tinygrad_kr as tg
    >>> vmap(tg.dot, in_dims=(0, None))(tg.eye(2), tg.tensor([3.0, 4.0]))
    tensor([3., 4.])
    """
    need_chunk("vmap", chunk_size)
    choice("randomness", randomness, ("error", "different", "same"))

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        values = leaves_of(args)
        dims = _dims(in_dims, args, "in_dims")
        size = _size(values, dims)
        if not size:  # one part of zeros, whose results say what is empty
            values = [v if d is None else _one_of_zeros(v, d)
                      for v, d in zip(values, dims, strict=True)]  # fmt: skip
        apart = [None if d is None else v.unbind(d) for v, d in zip(values, dims, strict=True)]
        before = default_generator.numpy.bit_generator.state
        results = []
        for i in range(max(size, 1)):
            if randomness == "same":
                default_generator.numpy.bit_generator.state = before
            part = (v if a is None else a[i] for v, a in zip(values, apart, strict=True))
            results.append(func(*rebuilt(args, part), **kwargs))
        if randomness == "error" and default_generator.numpy.bit_generator.state != before:
            raise GradientError(
                "vmap 안에서 난수를 뽑았습니다. randomness='same'이나 'different'를 주세요.",
                "vmap: called random operation while in randomness error mode; please use the "
                "'same' or 'different' randomness flags.",
            )
        first = results[0]
        chosen = out_dims
        if isinstance(out_dims, tuple) and len(out_dims) == 1 and isinstance(first, Tensor):
            chosen = out_dims[0]
        joined = [
            _joined(list(parts), dim, size)
            for dim, *parts in zip(
                _dims(chosen, first, "out_dims"), *map(leaves_of, results), strict=True
            )
        ]
        return rebuilt(first, joined)

    return wrapper


def _one_of_zeros(value: Any, dim: int) -> Any:
    shape = list(value.shape)
    shape[dim] = 1
    return wrap(np.zeros(shape, value.dtype))
