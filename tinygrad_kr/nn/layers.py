"""계층: 완전연결, 배치 정규화, 활성화, Dropout, Flatten, Identity.

Linear, batch normalisation, and layers without parameters: each its settings and one function.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from functools import partial
from types import EllipsisType
from typing import Any

from tinygrad_kr.dtypes import int64
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import choice, integer, number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.functional.layer import affine, masked, normalize_batch, scaled
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.shape import flatten
from tinygrad_kr.tensor import Tensor


def _said(convention: str) -> str:
    """What a representation says of a convention that is not PyTorch's."""
    return "" if convention == "torch" else f", convention={convention!r}"


class Linear(Module):
    """완전연결 계층: x @ weight.T + bias.

    The affine map; ``weight`` and ``bias`` are drawn from U(−1/√in, 1/√in).

    Args:
        convention: "torch", or "book": x @ weight + bias, the weight drawn from N(0, 2/in) (He's
            initial values), the bias 0.

    Shape:
        (*, in_features) gives (*, out_features); ``weight`` is (out_features, in_features), the
        book's (in_features, out_features).

    Raises:
        ShapeError, DTypeError: an input that does not fit; the message names the layer.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.1 (Affine)

    >>> from tinygrad_kr import nn, ops
    >>> nn.Linear(3, 2)(ops.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        convention: str = "torch",
    ) -> None:
        super().__init__()
        self.convention = choice("convention", convention, ("torch", "book"))
        self.in_features = integer("in_features", in_features, least=0)
        self.out_features = integer("out_features", out_features, least=0)
        new = partial(empty, dtype=dtype, device=device)
        shape = self.out_features, self.in_features
        self.weight = Parameter(new(*(shape if convention == "torch" else shape[::-1])))
        self.register_parameter("bias", Parameter(new(self.out_features)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """초깃값을 다시 뽑는다. Draw the initial values anew."""
        if self.convention == "book":
            # What leaves a neuron of a weight (out, in) enters one of the book's.
            init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")
            if self.bias is not None:
                init.zeros_(self.bias)
            return
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(self.in_features, 1))
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        try:
            of = F.linear if self.convention == "torch" else affine
            return of(input, self.weight, self.bias)
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None

    def extra_repr(self) -> str:
        features = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{features}, bias={self.bias is not None}{_said(self.convention)}"


class BatchNorm(Module):
    """배치 정규화의 상태와 계산. What :class:`BatchNorm1d` says, of other dimensions too."""

    _ndims: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float | EllipsisType = ...,
        momentum: float | EllipsisType | None = ...,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
        convention: str = "torch",
    ) -> None:
        super().__init__()
        self.convention = choice("convention", convention, ("torch", "book"))
        book = convention == "book"
        self.num_features = integer("num_features", num_features, least=0)
        self.eps = number("eps", (1e-6 if book else 1e-5) if eps is ... else eps, least=0)
        momentum = (0.9 if book else 0.1) if momentum is ... else momentum
        self.momentum = None if momentum is None else number("momentum", momentum, least=0, most=1)
        self.affine, self.track_running_stats = affine, track_running_stats
        new = partial(empty, self.num_features, dtype=dtype, device=device)
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, Parameter(new()) if wanted else None)
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, new() if track_running_stats else None)
        batches = empty((), dtype=int64) if track_running_stats else None
        self.register_buffer("num_batches_tracked", batches)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """이동 평균을 처음으로 되돌린다. Restart the running averages."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.constant_(self.running_var, 1 if self.convention == "torch" else 0)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """weight는 1, bias는 0으로. Restart the averages too."""
        self.reset_running_stats()
        for param, value in ((self.weight, 1), (self.bias, 0)):
            if param is not None:
                init.constant_(param, value)

    def _check(self, input: Tensor) -> None:
        """Refuse another number of dimensions."""
        if input.ndim not in self._ndims:
            few = " or ".join(f"{n}D" for n in self._ndims)
            raise ShapeError(
                f"입력은 {few}이어야 합니다: 형상 {input.shape}.",
                f"expected {few} input, got shape {input.shape}.",
            )

    def forward(self, input: Tensor) -> Tensor:
        mean, var, batches = self.running_mean, self.running_var, self.num_batches_tracked
        torch, share = self.convention == "torch", self.momentum
        if share is None:
            share = 1 / (batches.item() + 1) if batches is not None else 0.0
        elif not torch:
            share = 1 - share
        training = self.training or mean is None
        try:
            self._check(input)
            out = normalize_batch(
                input, mean, var, self.weight, self.bias, training, share, self.eps, unbiased=torch
            )
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None
        if training and mean is not None:
            batches._array += 1
            batches._version[0] += 1
        return out

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
            f"{_said(self.convention)}"
        )


class BatchNorm1d(BatchNorm):
    """배치 정규화: 채널마다 배치의 평균을 0, 분산을 1로 만든 뒤 늘이고 옮긴다.

    (x − μ) / √(σ² + ε) · weight + bias for each channel, with μ and σ² of the batch in training,
    their running averages in evaluation.

    Args:
        momentum: None averages over all batches.
        track_running_stats: without, the batch's own statistics serve in evaluation too.
        convention: "torch": ε = 1e-5, momentum = 0.1 is the share of the new, the running variance
            is unbiased and starts at 1; "book": ε = 1e-6, momentum = 0.9 is the share of the old,
            the running variance is biased and starts at 0.

    Shape:
        (N, C) or (N, C, L), the result alike.

    Source:
        Ioffe and Szegedy 2015; 「밑바닥부터 시작하는 딥러닝」 6.3

    >>> from tinygrad_kr import nn, ops
    >>> y = nn.BatchNorm1d(3)(ops.randn(8, 3))
    >>> bool(y.mean(0).abs().max() < 1e-6)
    True
    """

    _ndims = (2, 3)


class Plain(Module):
    """A layer without parameters, whose dataclass fields are its settings."""

    def __post_init__(self) -> None:
        super().__init__()

    def extra_repr(self) -> str:
        shown = ((f.name, getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        return ", ".join(f"{n}={v!r}" for n, v in shown if n != "inplace" or v)


@dataclass(eq=False, repr=False)
class ReLU(Plain):
    """ReLU: 0보다 크면 그대로, 아니면 0.

    max(x, 0), elementwise; ``inplace`` writes over the input.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.1
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


@dataclass(eq=False, repr=False)
class LeakyReLU(Plain):
    """Leaky ReLU: 음수 쪽에도 작은 기울기를 둔다.

    x where x > 0, else ``negative_slope`` · x.
    """

    negative_slope: float = 0.01
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


@dataclass(eq=False, repr=False)
class ELU(Plain):
    """ELU: 음수 쪽이 -alpha로 매끄럽게 잠긴다.

    x where x > 0, else ``alpha`` · (exp(x) − 1).
    """

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


@dataclass(eq=False, repr=False)
class SiLU(Plain):
    """SiLU(스위시): x · sigmoid(x).

    x · sigmoid(x), also called swish.
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


@dataclass(eq=False, repr=False)
class GELU(Plain):
    """GELU: x · Φ(x), Φ는 표준 정규 분포의 누적 분포 함수.

    x · Φ(x), with Φ the normal distribution function, or its ``approximate="tanh"`` form.
    """

    approximate: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("approximate", self.approximate, ("none", "tanh"))

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)


@dataclass(eq=False, repr=False)
class Sigmoid(Plain):
    """시그모이드: 1 / (1 + exp(-x)).

    The logistic function, elementwise.

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.5.2
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


@dataclass(eq=False, repr=False)
class Tanh(Plain):
    """쌍곡탄젠트.

    The hyperbolic tangent, elementwise.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


@dataclass(eq=False, repr=False)
class Softplus(Plain):
    """매끄러운 ReLU.

    log(1 + exp(beta x)) / beta; x itself where beta x > ``threshold``.
    """

    beta: float = 1.0
    threshold: float = 20.0

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


@dataclass(eq=False, repr=False)
class Softmax(Plain):
    """소프트맥스: dim을 따라 합이 1인 확률. CrossEntropyLoss 앞에는 두지 않는다.

    exp(x) / Σ exp(x) along ``dim``; not before ``CrossEntropyLoss``.

    Source:
        「밑바닥부터 시작하는 딥러닝」 3.5
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


@dataclass(eq=False, repr=False)
class LogSoftmax(Plain):
    """소프트맥스의 로그.

    log(softmax(x)) along ``dim``.
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


@dataclass(eq=False, repr=False)
class Dropout(Plain):
    """드롭아웃: 훈련 중에 원소를 확률 p로 0으로 만든다.

    Set each element to 0 with probability ``p`` in training.

    Args:
        convention: "torch" scales by 1/(1 − p) in training, "book" by 1 − p in evaluation.

    Source:
        Srivastava et al. 2014; 「밑바닥부터 시작하는 딥러닝」 6.4.3

    >>> from tinygrad_kr import nn, ops
    >>> nn.Dropout(0.5, convention="book").eval()(ops.ones(2))
    tensor([0.5000, 0.5000])
    """

    p: float = 0.5
    inplace: bool = False
    convention: str = field(default="torch", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.p = number("p", self.p, least=0, most=1)
        choice("convention", self.convention, ("torch", "book"))

    def forward(self, input: Tensor) -> Tensor:
        if self.convention == "torch":
            return F.dropout(input, self.p, self.training, self.inplace)
        if self.training:
            return masked(input, self.p, 1.0, self.inplace)
        return scaled(input, 1 - self.p, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}{_said(self.convention)}"


@dataclass(eq=False, repr=False)
class Flatten(Plain):
    """차원들을 하나로 편다(배치 차원은 그대로).

    Run the dimensions from ``start_dim`` to ``end_dim`` together; the batch stays.

    >>> from tinygrad_kr import nn, ops
    >>> nn.Flatten()(ops.zeros(8, 1, 28, 28)).shape
    torch.Size([8, 784])
    """

    start_dim: int = 1
    end_dim: int = -1

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)


class Identity(Module):
    """입력을 그대로 돌려준다. 어떤 인자든 받는다.

    Gives its input back; takes any arguments.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input
