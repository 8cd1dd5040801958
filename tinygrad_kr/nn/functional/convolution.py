"""합성곱의 함수.

Convolutions over one, two and three dimensions of space, and their transposes.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.dtypes import float16, float32
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.nn.functional.spatial import Ints, each_dim, need_space, per_dim
from tinygrad_kr.ops import convolution as ops
from tinygrad_kr.ops.conversion import cast
from tinygrad_kr.ops.dims import array_of
from tinygrad_kr.ops.shape import reshape
from tinygrad_kr.tensor import Tensor


def _conv(
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """합성곱: 커널을 옮겨 가며 그 아래의 입력과 곱해 더한다.

    y[n, o, i] = bias[o] + Σ weight[o, c, k] · x[n, c, i · stride + k · dilation − padding], the sum
    over the channels c and the places k in the kernel (strictly speaking, a cross-correlation).

    Args:
        stride, padding, dilation: an integer, or one for each dimension; ``padding`` may be "valid"
            (none), or "same" where the stride is 1: the size stays.
        groups: into how many parts the channels are split, each convolved by itself.

    Shape:
        input (N, C, *size) or (C, *size), weight (O, C / groups, *kernel), bias (O,); the result is
        (N, O, *out) with out = ⌊(size + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1.

    Raises:
        ShapeError, DTypeError: what does not fit together.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.2
    """
    name = f"conv{dims}d"
    _check(name, dims, input, weight, bias, groups, transposed=False)
    size, kernel = input.shape[-dims:], weight.shape[2:]
    steps = per_dim("stride", stride, dims, 1)
    spread = per_dim("dilation", dilation, dims, 1)
    reach = reach_of(kernel, spread)
    margins = margins_of(name, padding, steps, reach)
    padded = [n + a + b for n, (a, b) in zip(size, margins, strict=True)]
    out = tuple((n - r) // s + 1 for n, r, s in zip(padded, reach, steps, strict=True))
    if min(out) < 1:
        raise ShapeError(
            f"{name}: 커널이 덮는 크기 {reach}이(가) 패딩을 더한 입력 {(*padded,)}보다 큽니다.",
            f"{name}: kernel size {reach} can't be greater than the padded input size "
            f"{(*padded,)}.",
        )
    how = ops.Slide(size, out, kernel, steps, margins, spread, groups)
    return _batched(dims, input, ops.convolution, weight, bias, how)


def _conv_transpose(
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """전치 합성곱: 합성곱의 기울기처럼, 출력의 크기에서 입력의 크기로 되돌아간다.

    The derivative of a convolution with this weight by its input: each value of ``input`` spreads
    over as many places of the result as the kernel has.

    Args:
        output_padding: how much larger the result is at its end, for with a stride several sizes
            come from one; less than the stride or the dilation.

    Shape:
        input (N, C, *size) or (C, *size), weight (C, O / groups, *kernel), bias (O,); the result is
        (N, O, *out) with
        out = (size − 1) stride − 2 padding + dilation (kernel − 1) + output_padding + 1.

    Raises:
        ShapeError, DTypeError: what does not fit together.
    """
    name = f"conv_transpose{dims}d"
    _check(name, dims, input, weight, bias, groups, transposed=True)
    size, kernel = input.shape[-dims:], weight.shape[2:]
    steps = per_dim("stride", stride, dims, 1)
    spread = per_dim("dilation", dilation, dims, 1)
    margins = per_dim("padding", padding, dims, 0)
    more = per_dim("output_padding", output_padding, dims, 0)
    each = zip(size, steps, margins, reach_of(kernel, spread), more, strict=True)
    out = tuple((n - 1) * s - 2 * p + r + m for n, s, p, r, m in each)
    if min(out) < 1 or any(m >= max(s, d) for m, s, d in zip(more, steps, spread, strict=True)):
        raise ShapeError(
            f"{name}: 출력의 크기 {out}은(는) 1 이상이고, output_padding {more}은(는) stride "
            f"{steps}이나 dilation {spread}보다 작아야 합니다.",
            f"{name}: the output size {out} must be at least 1, and output padding {more} smaller "
            f"than either stride {steps} or dilation {spread}.",
        )
    how = ops.Slide(out, size, kernel, steps, tuple((p, p) for p in margins), spread, groups)
    return _batched(dims, input, ops.transposed, weight, bias, how)


conv1d, conv2d, conv3d = each_dim("conv", _conv)
conv_transpose1d, conv_transpose2d, conv_transpose3d = each_dim("conv_transpose", _conv_transpose)


def reach_of(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """How far the kernel reaches, its holes included."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def margins_of(
    name: str, padding: Any, stride: tuple[int, ...], reach: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """What comes before and after each dimension: of an odd number, the larger part after."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in per_dim("padding", padding, len(stride), 0))
    if padding not in ("same", "valid") or (padding == "same" and max(stride) > 1):
        raise ShapeError(
            f"{name}: padding은 정수, 'valid', stride가 1일 때의 'same' 가운데 하나입니다: "
            f"{padding!r}, stride={stride}.",
            f"{name}: padding must be integers, 'valid' or, with stride 1, 'same', not {padding!r} "
            f"with stride={stride}.",
        )
    wide = [r - 1 if padding == "same" else 0 for r in reach]
    return tuple((n // 2, n - n // 2) for n in wide)


def _check(
    name: str, dims: int, input: Any, weight: Any, bias: Any, groups: int, transposed: bool
) -> None:
    """Refuse what does not fit together."""
    x, w = array_of(input), array_of(weight)
    need_space(name, x.shape, dims)
    per_dim("groups", groups, 1, 1)
    if w.ndim != dims + 2 or 0 in (w.shape[0], *w.shape[2:]) or w.shape[0] % groups:
        raise ShapeError(
            f"{name}: 가중치는 {dims + 2}차원이고, 비지 않고, 첫 차원이 groups={groups}의 배수여야 "
            f"합니다: 형상 {w.shape}.",
            f"{name}: expected a non-empty weight of {dims + 2} dimensions, divisible by "
            f"groups={groups} at dimension 0, not of shape {w.shape}.",
        )
    ends = w.shape[0], w.shape[1] * groups
    outs, channels = reversed(ends) if transposed else ends
    if x.shape[-dims - 1] != channels:
        raise ShapeError(
            f"{name}: 입력의 채널은 {x.shape[-dims - 1]}개(형상 {x.shape})인데 {channels}개여야 "
            f"합니다: 가중치의 형상 {w.shape}, groups={groups}.",
            f"{name}: expected input to have {channels} channels, but got {x.shape[-dims - 1]} "
            f"(shape {x.shape}); the weight has shape {w.shape}, groups={groups}.",
        )
    b = w if bias is None else array_of(bias)
    if bias is not None and b.shape != (outs,):
        raise ShapeError(
            f"{name}: 편향의 형상이 {b.shape}인데 {(outs,)}이어야 합니다.",
            f"{name}: the bias has shape {b.shape}, expected {(outs,)}.",
        )
    if not x.dtype == w.dtype == b.dtype or x.dtype.kind == "b":
        raise DTypeError(
            f"{name}: 입력의 자료형은 {x.dtype}인데 매개변수는 {w.dtype}, {b.dtype}입니다. "
            f"input.to({w.dtype})로 바꾸세요.",
            f"{name}: the input is of dtype {x.dtype}, the parameters of {w.dtype}, {b.dtype}; "
            f"convert with input.to({w.dtype}).",
        )


def _batched(dims: int, input: Any, op: Any, weight: Any, bias: Any, how: ops.Slide) -> Tensor:
    """``op`` of a batch, or of one sample as a batch of one; half precision by way of float32."""
    x = input if input.ndim == dims + 2 else reshape(input, (1, *input.shape))
    half = x.dtype == float16
    if half:
        x, weight = cast(x, float32), cast(weight, float32)
        bias = None if bias is None else cast(bias, float32)
    out = op(x, weight, bias, how=how)
    out = cast(out, float16) if half else out
    return out if input.ndim == dims + 2 else reshape(out, out.shape[1:])
