"""제자리(in-place) 변경.

In-place changes. The new value is computed first and then written, so a refusal leaves the tensor
as it was. A write through a view is one node on the base, :data:`write`; the views take their new
nodes from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.base import TensorBase, wrap
from tinygrad_kr.autograd.mode import mode
from tinygrad_kr.autograd.node import Leaf, Node
from tinygrad_kr.autograd.view import Step, current_node, follow, replace_node
from tinygrad_kr.dtypes import CATEGORY
from tinygrad_kr.errors import ArgumentError, DTypeError, InplaceError, ShapeError
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.creation import tensor
from tinygrad_kr.ops.indexing import getitem, numbered, parse, refused
from tinygrad_kr.ops.pointwise import filling
from tinygrad_kr.ops.primitive import Primitive, operand
from tinygrad_kr.ops.shape import reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _write_forward(base: Any, value: Any, *, steps: tuple[Step, ...], index: Any) -> Any:
    copy = np.array(base, order="C")
    place = follow(steps, copy)
    if np.may_share_memory(place, copy):
        place[index] = value
    else:
        # A step, a view of the base as it lay in memory, may be a copy of one laid out otherwise.
        copy.reshape(-1)[follow(steps, numbered(copy.shape))[index]] = value
    return copy


def _read(g: Any, steps: tuple[Step, ...], index: Any) -> Any:
    place = follow(steps, g)
    return place if index is Ellipsis else getitem(place, index=index)


write: Primitive = Primitive(
    "write",
    _write_forward,
    base=lambda g, steps, index: write(g, np.zeros((), g.dtype), steps=steps, index=index),
    value=lambda g, steps, index: _read(g, steps, index),
)


def writable(x: Any, differentiable: bool) -> None:
    """Refuse an in-place change of ``x`` that could not be done rightly."""
    array, view = x._array, x._view
    pairs = zip(array.strides, array.shape, strict=True)
    if array.size and any(s == 0 and n > 1 for s, n in pairs):
        raise InplaceError(
            "expand()로 늘린 텐서의 원소들은 한 기억을 함께 씁니다. clone() 한 뒤 바꾸세요.",
            "More than one element of the written-to tensor refers to a single memory location "
            "(expand); clone() it before changing it.",
        )
    if not array.flags.writeable:
        raise InplaceError(
            "읽기 전용 배열의 텐서는 바꿀 수 없습니다. clone() 한 뒤 바꾸세요.",
            "This tensor shares a read-only array; clone() it before changing it.",
        )
    if not mode.recording:
        return
    leaf = isinstance(current_node(x), Leaf)
    if leaf or (view is not None and isinstance(view.base._node, Leaf)):
        raise InplaceError(
            "requires_grad=True인 잎과 그 뷰는 제자리에서 바꿀 수 없습니다. no_grad() 안에서 "
            "하세요.",
            f"a {'' if leaf else 'view of a '}leaf Variable that requires grad is being used in an "
            "in-place operation; do it inside no_grad().",
        )
    if view is not None and not view.recorded and (differentiable or view.base._node is not None):
        raise InplaceError(
            "no_grad() 안에서 만든 뷰를 밖에서 제자리 변경할 수 없습니다.",
            "A view was created in no_grad mode and is being modified inplace with grad mode "
            "enabled.",
        )


def _fits(x: Any, shape: tuple[int, ...], dtype: Any) -> None:
    own = x._array.shape[x._array.ndim - len(shape) :]
    if len(shape) > x._array.ndim or any(n not in (1, m) for n, m in zip(shape, own, strict=True)):
        raise ShapeError(
            f"제자리 연산의 결과 형상 {shape}을(를) 형상 {x._array.shape}에 쓸 수 없습니다.",
            f"output with shape {x._array.shape} doesn't match the broadcast shape {shape}.",
        )
    if CATEGORY[dtype.kind] > CATEGORY[x._array.dtype.kind]:
        raise DTypeError(
            f"결과의 자료형 {dtype}을(를) {x._array.dtype} 텐서에 쓸 수 없습니다.",
            f"result type {dtype} can't be cast to the desired output type {x._array.dtype}.",
        )


def apply(x: Any, op: Callable[..., Any], *operands: Any, **static: Any) -> Tensor:
    """Replace the value of ``x`` by ``op(x, *operands)``, in place; returns ``x``."""
    needs = mode.recording and any(
        isinstance(o, TensorBase) and current_node(o) is not None for o in (x, *operands)
    )
    writable(x, needs)
    result = op(x, *operands, **static)
    _fits(x, result._array.shape, result._array.dtype)
    if result._node is not None:
        _keep_copy(result._node, x)
    _assign(x, result, own=True)
    return x  # type: ignore[no-any-return]


def in_place(op: Callable[..., Any]) -> Callable[..., Tensor]:
    """The in-place method of an op: ``hypot_ = in_place(hypot)``."""

    def aside(x: Any, *operands: Any, **static: Any) -> Tensor:
        node = current_node(x) if mode.recording else None
        copied = x if node is None else wrap(x._array.copy(), node)
        result: Tensor = op(copied, *operands, **static)
        return result

    # A composite may keep its operand anywhere.
    used = op if isinstance(op, Primitive) else aside

    def method(self: Any, *operands: Any, **static: Any) -> Tensor:
        return apply(self, used, *operands, **static)

    method.__name__ = method.__qualname__ = f"{op.__name__}_"
    method.__doc__ = f"{op.__name__}의 제자리 꼴.\n\n``{op.__name__}``, in place."
    return method


def _source(x: Any, value: Any) -> Any:
    """What is to be written into ``x``: a tensor as it is, a number or an array in its dtype."""
    if isinstance(value, TensorBase):
        return value
    return wrap(filling(operand(value), x._array.dtype))


def fill(x: Any, value: Any) -> Tensor:
    """Replace every value of ``x`` by a tensor or a number that broadcasts to it."""
    source = _source(x, value)
    writable(x, mode.recording and current_node(source) is not None)
    _fits(x, source._array.shape, x._array.dtype)
    _assign(x, source)
    return x  # type: ignore[no-any-return]


def copy(x: Any, source: Any) -> Tensor:
    """Copy the values of ``source``, broadcast and in the dtype of ``x``, into ``x``."""
    if not isinstance(source, TensorBase):
        source = wrap(np.asarray(source))
    return fill(x, cast(source, x._array.dtype))


def draw(x: Any, distribution: Callable[..., Any], *parameters: float) -> Tensor:
    """Fill ``x`` with draws from ``distribution(*parameters, size)``."""
    writable(x, False)
    try:
        drawn = distribution(*parameters, x._array.shape)
    except ValueError as error:
        raise ArgumentError(
            f"난수의 분포에 없는 매개변수입니다: {parameters} ({error}).",
            f"The distribution has no such parameters: {parameters} ({error}).",
        ) from None
    return fill(x, wrap(np.asarray(drawn)))


def _keep_copy(node: Node, x: Any) -> None:
    """Let a node keep a copy of the value of ``x`` that is about to be written over."""
    count = sum(check[0] is x._version for check in node.checks)
    if not count:
        return
    held = sum(k is x._array for k in node.kept)
    if held:
        old = x._array.copy()
        node.kept = [old if k is x._array else k for k in node.kept]
    if any(isinstance(k, np.ndarray) and np.may_share_memory(k, x._array) for k in node.kept):
        count = held  # a view of x is kept too; what was cast is a copy already
    fresh = []
    for check in node.checks:
        if check[0] is x._version and count:
            count -= 1
            check = ([0], 0)
        fresh.append(check)
    node.checks = tuple(fresh)


def _assign(x: Any, value: Any, index: Any = Ellipsis, own: bool = False) -> None:
    """Write ``value`` into ``x[index]``, and its node into the graph of the base of ``x``.

    ``own``: nobody else has ``value``, so that ``x`` may take over its node.
    """
    recorded = mode.recording and (
        current_node(value) is not None or current_node(x) is not None
        or (x._view is not None and x._view.base._node is not None)
    )  # fmt: skip
    node = None
    whole = x._view is None and index is Ellipsis
    base = x if x._view is None else x._view.base
    source = current_node(cast(value, x._array.dtype)) if recorded else None
    if own and whole and source is not None and value._array.shape == x._array.shape:
        node = source
    elif recorded:
        steps = () if x._view is None else x._view.steps
        edges = (None if whole and source is not None else current_node(base), source)
        row = [steps if c == "steps" else index if c == "index" else None for c in write.columns]
        node = Node(write, edges, row, (), base._array.shape, base._array.dtype)
    with np.errstate(all="ignore"):
        x._array[index] = value._array
    x._version[0] += 1
    if node is not None:
        replace_node(base, node)


def put(x: Any, key: Any, value: Any) -> None:
    """``x[key] = value``: a tensor, an array, a number or nested lists, broadcast and cast."""
    basic, advanced = parse(x._array.shape, key)
    source = _source(x, tensor(value) if isinstance(value, list | tuple) else value)
    place = x if basic is None else getitem(x, index=basic)
    if advanced is None and _is_there(source, place):
        return
    shape = source._array.shape
    extra = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    if extra:
        source = reshape(source, shape[extra:])
    if advanced is None:
        fill(place, source)
        return
    writable(place, mode.recording and current_node(source) is not None)
    try:
        _assign(place, source, advanced)
    except IndexError:
        raise refused(place._array.shape, advanced) from None
    except (ValueError, TypeError):
        room = place._array[advanced].shape
        raise ShapeError(
            f"형상 {shape}인 값을 인덱스가 고른 형상 {room}에 넣을 수 없습니다.",
            f"shape mismatch: a value of shape {shape} cannot be broadcast to the indexing result "
            f"of shape {room}.",
        ) from None


def _is_there(source: Any, place: Any) -> bool:
    """Whether a value is the very place that it is written to, as after ``x[0] += 1``."""
    a, b = source._array, place._array
    return (
        source._view is not None
        and place._view is not None
        and source._view.base is place._view.base
        and source._view.recorded
        and a.ctypes.data == b.ctypes.data
        and (a.shape, a.strides) == (b.shape, b.strides)
    )
