"""PyTorch 스크립트가 맨 위에서 찾는 것들: 자료형마다의 생성자, 장치와 스레드에 관한 물음.

What PyTorch scripts ask of the top level: a constructor for each dtype, and settings of machines
and compilers, of which there is nothing to set here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_kr import dtypes
from tinygrad_kr.autograd.base import TensorBase, as_array, wrap
from tinygrad_kr.device import cpu, device
from tinygrad_kr.dtypes import DType
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.nn import functional as F
from tinygrad_kr.ops.creation import legacy_array
from tinygrad_kr.tensor import Tensor

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "are_deterministic_algorithms_enabled",
    "batch_norm",
    "can_cast",
    "compile",
    "dropout",
    "embedding",
    "get_default_device",
    "get_float32_matmul_precision",
    "get_num_threads",
    "is_complex",
    "is_nonzero",
    "promote_types",
    "result_type",
    "set_default_device",
    "set_default_tensor_type",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_threads",
    "typename",
    "use_deterministic_algorithms",
]


class TypedTensor(type):
    """``FloatTensor``와 같은, 자료형이 정해진 생성자의 클래스.

    The class of the constructors of one dtype: called, they make a tensor of it; a tensor is an
    instance of the one of its dtype.
    """

    dtype: DType

    def __call__(cls, *data: Any) -> Tensor:
        return wrap(legacy_array(data, cls.dtype))

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _typed(name: str, dtype: DType) -> Any:
    doc = f"{dtype} 텐서를 만든다.\n\n    Make a tensor of {dtype} from sizes or from data."
    return TypedTensor(name, (), {"dtype": dtype, "__doc__": doc, "__module__": __name__})


FloatTensor = _typed("FloatTensor", dtypes.float32)
DoubleTensor = _typed("DoubleTensor", dtypes.float64)
HalfTensor = _typed("HalfTensor", dtypes.float16)
ByteTensor = _typed("ByteTensor", dtypes.uint8)
CharTensor = _typed("CharTensor", dtypes.int8)
ShortTensor = _typed("ShortTensor", dtypes.int16)
IntTensor = _typed("IntTensor", dtypes.int32)
LongTensor = _typed("LongTensor", dtypes.int64)
BoolTensor = _typed("BoolTensor", dtypes.bool_)


# Dtypes


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """두 텐서나 수를 셈한 결과의 자료형.

    The dtype of a result of these two, tensors or numbers.
    """
    return dtypes.result_dtype(as_array(tensor1), as_array(tensor2))


def promote_types(type1: Any, type2: Any) -> DType:
    """두 자료형을 모두 담는 자료형.

    The dtype of a result of tensors of these dtypes.
    """
    return dtypes.result_dtype(*(np.empty(1, dtypes.as_dtype(t)) for t in (type1, type2)))


def can_cast(from_: Any, to: Any) -> bool:
    """자료형의 갈래(bool, 정수, 소수)가 낮아지지 않는가.

    Whether the second dtype is of no lower a category (bool, integer, float) than the first.
    """
    first, second = dtypes.as_dtype(from_), dtypes.as_dtype(to)
    return "bif".index(first.kind.replace("u", "i")) <= "bif".index(second.kind.replace("u", "i"))


def is_complex(input: Tensor) -> bool:
    """언제나 False: 복소수는 없다.

    False: there are no complex numbers.
    """
    return False


def is_nonzero(input: Tensor) -> bool:
    """원소 하나가 0이 아닌가.

    Whether the one element of a tensor is not zero.

    Raises:
        ConversionError: there is not one element.
    """
    return bool(input)


def typename(obj: Any) -> str:
    """객체의 타입의 이름.

    The name of the type of an object, ``torch.FloatTensor`` of a tensor.
    """
    if isinstance(obj, TensorBase):
        return str(obj.type())  # type: ignore[attr-defined]
    kind = obj if isinstance(obj, type) else type(obj)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def set_default_tensor_type(t: Any) -> None:
    """소수의 기본 자료형을 텐서의 타입으로 정한다.

    Set the default dtype by ``FloatTensor``, ``DoubleTensor`` or their names.
    """
    dtypes.set_default_dtype(t)


# Functions of nn whose arguments have another order at the top level


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`tinygrad_kr.nn.functional.dropout`과 같다.

    The same as that of ``nn.functional``.
    """
    return F.dropout(input, p, train)


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:  # fmt: skip
    """:func:`tinygrad_kr.nn.functional.embedding`과 같되 표가 먼저 온다.

    The same as that of ``nn.functional``, the table first; a ``padding_idx`` of -1 is none.
    """
    padding = None if padding_idx == -1 else padding_idx
    return F.embedding(
        indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse
    )


def batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, training: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """:func:`tinygrad_kr.nn.functional.batch_norm`과 같되 인자의 순서가 다르다.

    The same as that of ``nn.functional``, its arguments in another order.
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


# The machine


def get_default_device() -> device:
    """텐서가 만들어지는 장치: CPU.

    Where tensors are made, the CPU.
    """
    return cpu


def set_default_device(device_: Any) -> None:
    """CPU만 받는다.

    Take the CPU, and refuse every other device.

    Raises:
        DeviceError: another device.
    """
    device(device_)


def set_flush_denormal(mode: bool) -> bool:
    """이 프로세서 설정은 NumPy로 바꿀 수 없으므로 언제나 False.

    False: NumPy cannot set this mode of the processor.
    """
    return False


def compile(model: Callable[..., Any] | None = None, **options: Any) -> Callable[..., Any]:
    """받은 함수나 모듈을 그대로 돌려준다: 컴파일러는 없다.

    The function or module itself, for there is no compiler; options are not looked at. As a
    decorator, with options or without.
    """
    return compile if model is None else model


# Kept to be read again; they change nothing.
_settings: dict[str, Any] = {"threads": 1, "precision": "highest", "deterministic": False}


def get_num_threads() -> int:
    """정한 스레드의 수, 정하지 않았으면 1.

    The number that :func:`set_num_threads` was given, or 1.
    """
    return int(_settings["threads"])


def set_num_threads(n: int) -> None:
    """스레드의 수. BLAS의 것은 ``OPENBLAS_NUM_THREADS``로 시작하기 전에 정한다.

    A number to remember: the threads of NumPy's BLAS are set by ``OPENBLAS_NUM_THREADS`` (or
    ``MKL_NUM_THREADS``) before Python starts.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ArgumentError(
            f"스레드의 수는 1 이상의 정수입니다: {n!r}.",
            f"set_num_threads expects a positive integer, not {n!r}.",
        )
    _settings["threads"] = n


def set_float32_matmul_precision(precision: str) -> None:
    """기억할 뿐이다: 곱은 언제나 float32 그대로이다.

    A name to remember: products of float32 are always computed in float32.
    """
    if precision not in ("highest", "high", "medium"):
        raise ArgumentError(
            f"precision은 highest, high, medium 가운데 하나입니다: {precision!r}.",
            f"precision is one of highest, high, medium, not {precision!r}.",
        )
    _settings["precision"] = precision


def get_float32_matmul_precision() -> str:
    """:func:`set_float32_matmul_precision`에 준 이름.

    What :func:`set_float32_matmul_precision` was given, "highest" at first.
    """
    return str(_settings["precision"])


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """기억할 뿐이다: 같은 씨앗이면 언제나 같은 비트가 나온다.

    A flag to remember: the same seed always gives the same bits here.
    """
    _settings["deterministic"] = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """:func:`use_deterministic_algorithms`에 준 값.

    What :func:`use_deterministic_algorithms` was given.
    """
    return bool(_settings["deterministic"])
