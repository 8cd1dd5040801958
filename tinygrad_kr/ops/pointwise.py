"""원소마다의 연산을 기록하는 두 틀: 입력이 하나일 때와 둘일 때.

The two kinds of elementwise record, of one input and of two. They are :class:`Primitive` with a
short way through the call, for these are the ops whose overhead shows: promotion by PyTorch's rule,
broadcasting by NumPy's, a node if anyone needs a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.autograd.base import TensorBase, to_ndarray, wrap
from tinygrad_kr.autograd.mode import mode
from tinygrad_kr.autograd.node import Check, Node
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.dtypes import Array, result_dtype
from tinygrad_kr.errors import ArgumentError, DTypeError, GradientError, ShapeError, TinygradKrError
from tinygrad_kr.ops.primitive import Primitive, check_of, operand

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def promote(a: Any, b: Any, floating: bool = False) -> tuple[Any, Any]:
    """Two operands as NumPy must get them to compute in PyTorch's dtype."""
    dtype = result_dtype(a, b)
    if floating and dtype.kind != "f":
        dtype = dtypes.get_default_dtype()
    with np.errstate(all="ignore"):
        return _cast(a, dtype), _cast(b, dtype)


def _cast(x: Any, dtype: dtypes.DType) -> Any:
    if isinstance(x, np.ndarray):
        return x.astype(dtype, copy=False)
    return x if dtype.kind == "f" else in_dtype(x, dtype)


def in_dtype(value: Any, dtype: dtypes.DType, copy: bool = True) -> Array:
    """A number or an array as an array of ``dtype``, what is too large as infinity."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(value).astype(dtype, copy=copy)
    except OverflowError:
        raise _too_large() from None


def filling(value: Any, dtype: dtypes.DType) -> Array:
    """What fills places of a tensor of ``dtype``, a number or an array, in that dtype."""
    if dtype.kind in "iu" and isinstance(value, int | float):
        most = np.iinfo(dtype).max
        # Whole negative numbers wrap in uint8.
        least = -most - 1 if isinstance(value, int) else np.iinfo(dtype).min
        if not least <= value <= most:
            raise ArgumentError(
                f"{value}은(는) {dtype} 텐서에 담을 수 없습니다.",
                f"value {value} cannot be converted to {dtype} without overflow.",
            )
    return in_dtype(value, dtype)


def _too_large() -> ArgumentError:
    return ArgumentError(
        "수가 너무 커서 텐서의 자료형에 담을 수 없습니다.",
        "The number is too large for the dtype of the tensor (overflow).",
    )


class _Pointwise(Primitive):
    """What both kinds have in common.

    Args:
        doc: what it does, a sentence in Korean and one in English.
        floating: integers are computed in the default dtype (``exp``).
        quiet: the op can leave its domain or overflow; NumPy's warnings are held back.
        vjps: for each input by its name its VJP, of ``g`` and, as it needs them, ``y`` and inputs.
    """

    template: Callable[..., Any]  # its parameters are the inputs

    def __init__(
        self, name: str, function: Callable[..., Any], doc: str = "", *, floating: bool = False,
        quiet: bool = False, **vjps: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, self.template, doc=doc, **vjps)
        self.forward = partial(quietly, function) if quiet else function
        self.floating = floating
        self.differentiable = bool(vjps)


class Unary(_Pointwise):
    """입력이 하나인 원소마다의 연산. An elementwise operation of one input, ``x``."""

    template = staticmethod(lambda x: x)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = self._plan(1)
        self._keeps_y, self._keeps_x = plan.y, bool(plan.inputs)

    def __call__(self, input: Any, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return into(out, self, input)  # type: ignore[no-any-return]
        x = input
        if isinstance(x, TensorBase):
            a = x._array
        else:
            # A 0-d array that went through NumPy's arithmetic comes as a scalar of its dtype.
            a = np.asarray(x if isinstance(x, np.generic) else operand(x))
        if self.floating and a.dtype.kind != "f":
            a = a.astype(dtypes.get_default_dtype())
        if not isinstance(x, TensorBase):
            return to_ndarray(self.forward(a))  # type: ignore[return-value]
        try:
            y = self.forward(a)
        except TypeError as error:
            raise refused(self.name, error, a) from None
        if type(y) is not np.ndarray:
            y = np.asarray(y)
        out = wrap(y)
        if self.differentiable and mode.recording:
            edge = x._node if x._view is None else current_node(x)
            if edge is not None:
                checks: tuple[Check, ...] = ()
                if self._keeps_x:
                    checks = ((x._version, x._version[0]),)
                if self._keeps_y:
                    checks = (*checks, (out._version, 0))
                kept = (y if self._keeps_y else None, a if self._keeps_x else None, None)
                out._node = Node(self, (edge,), kept, checks, y.shape, y.dtype)
        return out


class Binary(_Pointwise):
    """입력이 둘인 연산. One of two inputs, ``a`` and ``b``, tensors or numbers."""

    template = staticmethod(lambda a, b: (a, b))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Indexed by (a needs a gradient) + 2 * (b needs one): whether y, a and b are kept.
        plans = [self._plan(i) for i in range(4)]
        self._keeps = [(p.y, 0 in p.inputs, 1 in p.inputs) for p in plans]

    def __call__(self, input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return into(out, self, input, other)  # type: ignore[no-any-return]
        a, b = input, other
        x: Any
        z: Any
        a_node = b_node = None
        if isinstance(a, TensorBase):
            x = a._array
            a_node = a._node if a._view is None else current_node(a)
            if isinstance(b, TensorBase):
                z = b._array
                b_node = b._node if b._view is None else current_node(b)
                if x.dtype is not z.dtype or (self.floating and x.dtype.kind != "f"):
                    x, z = promote(x, z, self.floating)
            elif (type(b) is float or type(b) is int) and x.dtype.kind == "f":
                z = b
            else:
                x, z = promote(x, operand(b), self.floating)
        elif isinstance(b, TensorBase):
            z = b._array
            b_node = b._node if b._view is None else current_node(b)
            if (type(a) is float or type(a) is int) and z.dtype.kind == "f":
                x = a
            else:
                x, z = promote(operand(a), z, self.floating)
        else:
            return to_ndarray(self.forward(a, b))  # type: ignore[return-value]
        try:
            y = self.forward(x, z)
        except (ValueError, TypeError) as error:
            raise refused(self.name, error, x, z) from None
        except OverflowError:
            raise _too_large() from None
        if type(y) is not np.ndarray:
            y = np.asarray(y)
        out = wrap(y)
        if (a_node is not None or b_node is not None) and mode.recording and self.differentiable:
            y_kept, a_kept, b_kept = self._keeps[(a_node is not None) + 2 * (b_node is not None)]
            checks: tuple[Check, ...] = ()
            if a_kept and type(x) is np.ndarray:
                checks = (check_of(a),)
            if b_kept and type(z) is np.ndarray:
                checks = (*checks, check_of(b))
            if y_kept:
                checks = (*checks, (out._version, 0))
            kept = (y if y_kept else None, x if a_kept else None, z if b_kept else None, None, None)
            out._node = Node(self, (a_node, b_node), kept, checks, y.shape, y.dtype)
        return out


def into(out: Any, op: Callable[..., Any], *inputs: Any, **static: Any) -> Any:
    """``out=``: 결과를 이미 있는 텐서에 담는다.

    ``op(*inputs, **static)`` written into ``out``, a tensor, or a tuple of them for several
    outputs; returns it. One without elements takes the shape of the result.

    Raises:
        GradientError: an input or ``out`` needs a gradient.
        DTypeError: the result is of a higher kind (bool, integer, float) than ``out``.
        ShapeError: ``out`` has elements, and another shape than the result.
    """
    if mode.recording and any(current_node(t) is not None for t in tensors_of(out, inputs, static)):
        raise GradientError(
            "out=으로는 미분할 수 없는데 기울기가 필요한 텐서가 왔습니다. no_grad() 안에서 하거나 "
            "detach() 하세요.",
            "functions with out=... arguments don't support automatic differentiation, but one of "
            "the arguments requires grad; do it inside no_grad(), or detach() it.",
        )
    y = op(*inputs, **static)
    if isinstance(y, tuple):
        return getattr(y, "_make", tuple)(map(_written, out, y))
    return _written(out, y)


def tensors_of(*values: Any) -> Iterator[TensorBase]:
    for value in values:
        if isinstance(value, TensorBase):
            yield value
        elif isinstance(value, tuple | list):
            yield from tensors_of(*value)
        elif isinstance(value, dict):
            yield from tensors_of(*value.values())


def _written(out: Any, y: Any) -> Tensor:
    if not isinstance(out, TensorBase):
        raise ArgumentError(
            f"out에는 텐서가 와야 합니다: {type(out).__name__}.",
            f"out must be a Tensor, not {type(out).__name__}.",
        )
    held, shape, dtype = out._array, y.shape, y.dtype
    if dtypes.CATEGORY[dtype.kind] > dtypes.CATEGORY[held.dtype.kind]:
        raise DTypeError(
            f"결과의 자료형 {dtype}을(를) {held.dtype}인 out에 담을 수 없습니다.",
            f"result type {dtype} can't be cast to the desired output type {held.dtype}.",
        )
    if held.shape != shape:
        if held.size or out._view is not None:
            raise ShapeError(
                f"out의 형상 {held.shape}이(가) 결과의 형상 {shape}과(와) 다릅니다. 빈 텐서를 "
                "주면 맞추어집니다.",
                f"out has shape {held.shape}, the result {shape}; an empty tensor would be "
                "resized.",
            )
        out._array = np.empty(shape, held.dtype)
    written: Tensor = out.copy_(y)  # type: ignore[attr-defined]
    return written


def refused(name: str, error: Exception, *arrays: Array) -> TinygradKrError:
    """NumPy가 하지 않은 계산. What NumPy would not compute, said in our words."""
    if isinstance(error, TypeError):
        kind = ", ".join(str(getattr(a, "dtype", type(a).__name__)) for a in arrays)
        return DTypeError(
            f"{name}은(는) 이 자료형에 쓸 수 없습니다: {kind}. to()나 float()로 바꾸어 주세요.",
            f"{name} is not defined for {kind}; convert with to() or float().",
        )
    pair = " , ".join(str(np.shape(a)) for a in arrays)
    return ShapeError(
        f"{name}: 형상 {pair}은(는) 브로드캐스트할 수 없습니다.",
        f"{name}: shapes {pair} cannot be broadcast together; from the last dimension on, sizes "
        "must be equal or 1.",
    )
