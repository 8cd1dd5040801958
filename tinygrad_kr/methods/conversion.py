"""텐서에 대해 묻고, 다른 것으로 바꾸는 메서드.

Methods that tell about a tensor and turn it into something else: a number, a list, an ndarray,
another dtype, a copy, a pickle.
"""

from __future__ import annotations

import builtins
import copy
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

import numpy as np

from tinygrad_kr import dtypes, printing
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.node import Leaf
from tinygrad_kr.autograd.view import current_node
from tinygrad_kr.device import check_device, cpu, device
from tinygrad_kr.dtypes import Array, as_dtype
from tinygrad_kr.errors import ArgumentError, ConversionError, GradientError
from tinygrad_kr.ops import conversion, creation
from tinygrad_kr.ops.conversion import cast, clone
from tinygrad_kr.ops.dims import normal_dim
from tinygrad_kr.size import Size

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor


def _outside(t: TensorBase, how: str) -> Array:
    """The array of a tensor on its way out of the graph, which a gradient would not survive."""
    if current_node(t) is not None:
        raise ConversionError(
            f"기울기가 필요한 텐서에는 {how}을(를) 쓸 수 없습니다. detach()를 먼저 부르세요.",
            f"Can't call {how} on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        )
    return t._array


def _rebuild(
    cls: builtins.type[Any], array: Array, requires_grad: bool, attributes: dict[str, Any]
) -> Any:
    """A leaf of class ``cls`` around ``array``."""
    t = object.__new__(cls)
    t._array, t._version, t._grad, t._view = array, [0], None, None
    t._node = Leaf(t) if requires_grad else None
    vars(t).update(attributes)
    return t


class ConversionMethods(TensorBase):
    """묻고 바꾸는 메서드. The methods that tell and convert."""

    __slots__ = ()

    def __repr__(self) -> str:
        node = current_node(self)
        if isinstance(node, Leaf):
            return printing.tensor_text(self._array, ["requires_grad=True"])
        return printing.tensor_text(self._array, [f"grad_fn=<{node.name()}>"] if node else [])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # for IPython, and for the examples that Hypothesis shows

    def __format__(self, spec: str) -> str:
        if self._array.ndim == 0:
            return format(self._array.item(), spec)
        if spec:
            raise ConversionError(
                f"서식 {spec!r}은(는) 0차원 텐서에만 쓸 수 있습니다: 형상 {self._array.shape}.",
                f"The format {spec!r} is for 0-d tensors only, not for shape {self._array.shape}.",
            )
        return repr(self)

    # Size and place

    @overload
    def size(self, dim: None = None) -> Size: ...
    @overload
    def size(self, dim: builtins.int) -> builtins.int: ...
    def size(self, dim: builtins.int | None = None) -> Size | builtins.int:
        shape = self._array.shape
        return Size(shape) if dim is None else shape[self._own_dim(dim)]

    @overload
    def stride(self, dim: None = None) -> tuple[builtins.int, ...]: ...
    @overload
    def stride(self, dim: builtins.int) -> builtins.int: ...
    def stride(self, dim: builtins.int | None = None) -> tuple[builtins.int, ...] | builtins.int:
        strides = tuple(s // self._array.itemsize for s in self._array.strides)
        return strides if dim is None else strides[self._own_dim(dim)]

    def _own_dim(self, dim: builtins.int) -> builtins.int:
        if self._array.ndim == 0:
            raise ArgumentError(
                "0차원 텐서에는 차원이 없습니다.", "A 0-d tensor has no dimension to ask for."
            )
        return normal_dim(dim, self._array.ndim)

    def dim(self) -> builtins.int:
        return self._array.ndim

    def ndimension(self) -> builtins.int:
        return self._array.ndim

    def numel(self) -> builtins.int:
        return self._array.size

    def nelement(self) -> builtins.int:
        return self._array.size

    def element_size(self) -> builtins.int:
        return self._array.itemsize

    @property
    def itemsize(self) -> builtins.int:
        """원소 하나의 바이트 수. The bytes of one element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> builtins.int:
        """바이트 수. The bytes of all elements."""
        return self._array.nbytes

    def data_ptr(self) -> builtins.int:
        return builtins.int(self._array.__array_interface__["data"][0])

    def is_contiguous(self) -> builtins.bool:
        return self._array.flags.c_contiguous

    def contiguous(self) -> Tensor:
        return conversion.contiguous(self)  # type: ignore[arg-type]

    def is_floating_point(self) -> builtins.bool:
        return self._array.dtype.kind == "f"

    @property
    def device(self) -> device:
        """언제나 CPU. Always the CPU."""
        return cpu

    @property
    def is_cuda(self) -> builtins.bool:
        """언제나 False. Always False."""
        return False

    def cpu(self) -> Tensor:
        return self  # type: ignore[return-value]

    def cuda(self, device: Any = None) -> Tensor:
        return self.to("cuda")

    # Numbers, lists, arrays

    def _one(self, korean: str, english: str) -> Any:
        """The one element, where it is asked to be something else."""
        if self._array.size != 1:
            raise ConversionError(
                f"원소가 하나인 텐서만 {korean} 될 수 있습니다: 형상 {self._array.shape}.",
                f"a Tensor with {self._array.size} elements (shape {self._array.shape}) cannot be "
                f"converted to {english}.",
            )
        return self._array.item()

    def item(self) -> Any:
        return self._one("수가", "Scalar")

    def tolist(self) -> Any:
        return self._array.tolist()

    def numpy(self, *, force: builtins.bool = False) -> Array:
        return self._array if force else _outside(self, "numpy()")

    def __bool__(self) -> builtins.bool:
        return builtins.bool(
            self._one("참이나 거짓이", "a truth value, which is ambiguous; use any() or all()")
        )

    def __int__(self) -> builtins.int:
        return builtins.int(self.item())

    def __float__(self) -> builtins.float:
        return builtins.float(self.item())

    def __index__(self) -> builtins.int:
        if self._array.dtype.kind == "f":
            raise ConversionError(
                f"정수 텐서만 인덱스로 쓸 수 있습니다: {self._array.dtype}.",
                f"only integer tensors can be converted to an index, not {self._array.dtype}.",
            )
        return builtins.int(self._one("인덱스가", "an index"))

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> Array:
        return np.array(_outside(self, "numpy()"), dtype=dtype, copy=copy)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return _outside(self, "__dlpack__()").__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        return self._array.__dlpack_device__()

    # Another dtype

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        other: Tensor | None = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
    ) -> Tensor:
        for arg in (*args, other):
            if isinstance(arg, TensorBase):
                dtype = arg._array.dtype
            elif _names_device(arg):
                device = arg
            elif arg is not None and not isinstance(arg, builtins.bool):
                dtype = arg
        check_device(device)
        chosen = self._array.dtype if dtype is None else as_dtype(dtype)
        if copy and chosen == self._array.dtype:
            return clone(self)
        return cast(self, chosen)

    def type(self, dtype: Any = None) -> Any:
        if dtype is None:
            return "torch." + dtypes.TENSOR_TYPES[self._array.dtype]
        return cast(self, as_dtype(dtype))

    def type_as(self, other: Tensor) -> Tensor:
        return cast(self, other.dtype)

    def half(self) -> Tensor:
        return cast(self, dtypes.float16)

    def float(self) -> Tensor:
        return cast(self, dtypes.float32)

    def double(self) -> Tensor:
        return cast(self, dtypes.float64)

    def char(self) -> Tensor:
        return cast(self, dtypes.int8)

    def short(self) -> Tensor:
        return cast(self, dtypes.int16)

    def int(self) -> Tensor:
        return cast(self, dtypes.int32)

    def long(self) -> Tensor:
        return cast(self, dtypes.int64)

    def byte(self) -> Tensor:
        return cast(self, dtypes.uint8)

    def bool(self) -> Tensor:
        return cast(self, dtypes.bool_)

    # New tensors like this one

    def new_tensor(
        self, data: Any, *, dtype: Any = None, device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:  # fmt: skip
        return creation.tensor(data, self._or_own(dtype), device, requires_grad)

    def new_zeros(
        self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:  # fmt: skip
        return creation.zeros(
            *sizes, size=size, dtype=self._or_own(dtype), device=device,
            requires_grad=requires_grad,
        )  # fmt: skip

    def new_ones(
        self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:  # fmt: skip
        return creation.ones(
            *sizes, size=size, dtype=self._or_own(dtype), device=device,
            requires_grad=requires_grad,
        )  # fmt: skip

    def new_empty(
        self, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:  # fmt: skip
        return creation.empty(
            *sizes, size=size, dtype=self._or_own(dtype), device=device,
            requires_grad=requires_grad,
        )  # fmt: skip

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:  # fmt: skip
        return creation.full(
            size, fill_value, dtype=self._or_own(dtype), device=device, requires_grad=requires_grad
        )

    def _or_own(self, dtype: Any) -> Any:
        return self._array.dtype if dtype is None else dtype

    # Copies and pickles

    def _as_leaf(self, how: str) -> builtins.bool:
        """Whether this leaf requires grad; refuses anything but a leaf."""
        node = current_node(self)
        if node is not None and not isinstance(node, Leaf):
            raise GradientError(
                f"{how}은(는) 잎에만 쓸 수 있습니다: {node.name()}. detach()를 먼저 부르세요.",
                f"Only leaves support {how}, not the result of {node.name()}; detach() it first.",
            )
        return node is not None

    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        requires_grad = self._as_leaf("deepcopy")
        twin = memo[id(self)] = _rebuild(builtins.type(self), self._array.copy(), requires_grad, {})
        vars(twin).update(copy.deepcopy(vars(self), memo))
        twin._grad = copy.deepcopy(self._grad, memo)
        return twin

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        requires_grad = self._as_leaf("pickle")
        return _rebuild, (builtins.type(self), self._array, requires_grad, vars(self))


def _names_device(value: Any) -> builtins.bool:
    if isinstance(value, device):
        return True
    return isinstance(value, str) and value.partition(":")[0] in _DEVICES


_DEVICES = {"cpu", "cuda", "mps", "xpu", "meta", "hip", "gpu"}
