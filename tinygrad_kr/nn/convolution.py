"""합성곱 계층.

Convolutional layers over one, two and three dimensions of space, and their transposes.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import choice, integer
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional.convolution import margins_of, reach_of
from tinygrad_kr.nn.functional.spatial import Ints, per_dim
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.shape import integers
from tinygrad_kr.tensor import Tensor


class _Conv(Module):
    """The settings and the parameters, of any number of dimensions."""

    _dims: int
    _transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints | str = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        dims = self._dims
        first = self.out_channels = integer("out_channels", out_channels, least=0)
        second = self.in_channels = integer("in_channels", in_channels, least=0)
        self.groups = integer("groups", groups, least=1)
        if first % self.groups or second % self.groups:
            raise ShapeError(
                f"in_channels={second}와 out_channels={first}은(는) groups={groups}의 배수여야 "
                "합니다.",
                f"in_channels={second} and out_channels={first} must be divisible by "
                f"groups={groups}.",
            )
        self.kernel_size = per_dim("kernel_size", kernel_size, dims, 1)
        self.stride = per_dim("stride", stride, dims, 1)
        self.dilation = per_dim("dilation", dilation, dims, 1)
        reach = reach_of(self.kernel_size, self.dilation)
        self._margins = margins_of(type(self).__name__, padding, self.stride, reach)
        self.padding = padding if isinstance(padding, str) else per_dim("padding", padding, dims, 0)
        modes = ["zeros"] if self._transposed else ["zeros", "reflect", "replicate", "circular"]
        self.padding_mode = choice("padding_mode", padding_mode, modes)
        if self._transposed:
            first, second = second, first
        new = partial(empty, dtype=dtype, device=device)
        self.weight = Parameter(new(first, second // self.groups, *self.kernel_size))
        self.register_parameter("bias", Parameter(new(self.out_channels)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """초깃값을 다시 뽑는다. Draw the initial values anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(math.prod(self.weight.shape[1:]), 1))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        shown = [f"{self.in_channels}, {self.out_channels}"]
        shown += [f"{name}={getattr(self, name)}" for name in ("kernel_size", "stride")]
        for name in ("padding", "dilation", "output_padding", "groups"):
            usual = int(name in ("dilation", "groups"))
            value = getattr(self, name, usual)
            if value not in (usual, (usual,) * self._dims):
                shown.append(f"{name}={value}")
        if self.bias is None:
            shown.append("bias=False")
        if self.padding_mode != "zeros":
            shown.append(f"padding_mode={self.padding_mode}")
        return ", ".join(shown)

    def forward(self, input: Tensor) -> Tensor:
        padding: Any = self.padding
        conv = getattr(F, f"conv{self._dims}d")
        try:
            if self.padding_mode != "zeros":
                around = [n for pair in reversed(self._margins) for n in pair]
                input, padding = F.pad(input, around, self.padding_mode), 0
            out: Tensor = conv(
                input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
            )
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        return out


class Conv1d(_Conv):
    """1차원 합성곱: 소리나 시계열처럼 한 줄로 늘어선 것에.

    The convolution of (N, C, L); see :class:`Conv2d`.
    """

    _dims = 1


class Conv2d(_Conv):
    """2차원 합성곱: 필터를 그림 위로 옮겨 가며 곱해 더한다.

    The convolution that :func:`~tinygrad_kr.nn.functional.conv2d` explains; ``weight`` and ``bias``
    are drawn from U(−r, r), r = 1/√(in_channels / groups · kernel).

    Args:
        padding_mode: what the margins hold: "zeros", or the input mirrored ("reflect"), its edge
            ("replicate"), its other end ("circular").

    Shape:
        (N, in_channels, H, W) or (in_channels, H, W) gives out_channels in their place; ``weight``
        is (out_channels, in_channels / groups, *kernel_size), ``bias`` (out_channels,).

    Raises:
        ShapeError, DTypeError: an input that does not fit; the message names the layer.

    Source:
        「밑바닥부터 시작하는 딥러닝」 7.2

    >>> from tinygrad_kr import nn, ops
    >>> nn.Conv2d(1, 30, kernel_size=5)(ops.zeros(8, 1, 28, 28)).shape
    torch.Size([8, 30, 24, 24])
    """

    _dims = 2


class Conv3d(_Conv):
    """3차원 합성곱: 영상이나 부피에.

    The convolution of (N, C, D, H, W); see :class:`Conv2d`.
    """

    _dims = 3


class _ConvTranspose(_Conv):
    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        padding = per_dim("padding", padding, self._dims, 0)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip
        self.output_padding = per_dim("output_padding", output_padding, self._dims, 0)

    def _end(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """The output padding that makes the space of this size."""
        given = integers(output_size)
        wanted = given[-self._dims :] if len(given) == input.ndim else given
        reach = reach_of(self.kernel_size, self.dilation)
        margins = (a for a, _ in self._margins)
        each = zip(input.shape[-self._dims :], self.stride, margins, reach, strict=False)
        least = tuple((n - 1) * s - 2 * p + r for n, s, p, r in each)
        more = tuple(n - m for n, m in zip(wanted, least, strict=False))
        fits = all(0 <= n < s for n, s in zip(more, self.stride, strict=False))
        if len(wanted) != self._dims or not fits:
            raise ShapeError(
                f"output_size {wanted}은(는) {least}부터 stride {self.stride}보다 작은 만큼 커야 "
                "합니다.",
                f"requested an output size of {wanted}, but valid sizes range from {least}, less "
                f"than stride {self.stride} above.",
            )
        return more

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        conv = getattr(F, f"conv_transpose{self._dims}d")
        try:
            end = self.output_padding if output_size is None else self._end(input, output_size)
            out: Tensor = conv(
                input, self.weight, self.bias, self.stride, self.padding, end, self.groups,
                self.dilation,
            )  # fmt: skip
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        return out


class ConvTranspose1d(_ConvTranspose):
    """1차원 전치 합성곱.

    The transposed convolution of (N, C, L); see :class:`ConvTranspose2d`.
    """

    _dims = 1


class ConvTranspose2d(_ConvTranspose):
    """2차원 전치 합성곱: 작은 그림을 큰 그림으로 되돌린다.

    The transposed convolution :func:`~tinygrad_kr.nn.functional.conv_transpose2d`: a ``Conv2d`` of
    the same settings takes the shape of its result to that of its input.

    Args:
        output_padding: how much larger the result is at its end; the call takes the size of the
            result instead, ``output_size``.

    Shape:
        (N, in_channels, H, W) or (in_channels, H, W) gives out_channels in their place; ``weight``
        is (in_channels, out_channels / groups, *kernel_size), ``bias`` (out_channels,).

    >>> from tinygrad_kr import nn, ops
    >>> nn.ConvTranspose2d(16, 3, kernel_size=4, stride=2, padding=1)(ops.zeros(8, 16, 7, 7)).shape
    torch.Size([8, 3, 14, 14])
    """

    _dims = 2


class ConvTranspose3d(_ConvTranspose):
    """3차원 전치 합성곱.

    The transposed convolution of (N, C, D, H, W); see :class:`ConvTranspose2d`.
    """

    _dims = 3
