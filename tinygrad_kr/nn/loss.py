"""손실 함수의 계층.

Loss functions as modules; what they compute stands in :mod:`tinygrad_kr.nn.functional.loss`.
"""

from __future__ import annotations

from tinygrad_kr.hyperparameters import choice, number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.loss import check_plain, squared_reduction
from tinygrad_kr.nn.functional.targets import chosen_reduction
from tinygrad_kr.nn.module import Module
from tinygrad_kr.tensor import Tensor


class Loss(Module):
    """A loss with a reduction, by PyTorch's old arguments too."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.reduction = chosen_reduction(reduction, size_average, reduce)


class WeightedLoss(Loss):
    """A loss with weights, which are a buffer."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(Loss):
    """평균 제곱 오차.

    The mean squared error, (x − t)².

    Args:
        convention: "torch", the mean, or "book", half the sum.

    Source:
        「밑바닥부터 시작하는 딥러닝」 4.2.1
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str | None = None,
        *,
        convention: str = "torch",
    ) -> None:
        super().__init__(size_average, reduce, squared_reduction(reduction, convention))
        self.convention = convention

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction, convention=self.convention)


class L1Loss(Loss):
    """평균 절대 오차.

    The mean absolute error, |x − t|.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """매끄러운 L1 손실.

    Squared below ``beta``, absolute above.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = number("beta", beta, least=0)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class NLLLoss(WeightedLoss):
    """음의 로그 가능도: LogSoftmax 뒤에 둔다.

    The negative log-likelihood of labels, after ``LogSoftmax``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class CrossEntropyLoss(WeightedLoss):
    """교차 엔트로피 오차: 로짓을 받는다(softmax를 먼저 하지 마세요).

    The cross-entropy of logits, −Σ t log softmax(x).

    Args:
        convention: "torch", or "book": −Σ t log(softmax(x) + 1e-7).

    Source:
        「밑바닥부터 시작하는 딥러닝」 5.6.3 (Softmax-with-Loss)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        *,
        convention: str = "torch",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = number("label_smoothing", label_smoothing, least=0, most=1)
        self.convention = choice("convention", convention, ("torch", "book"))
        if convention == "book":
            check_plain(self.label_smoothing)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
            convention=self.convention,
        )


class BCELoss(WeightedLoss):
    """확률의 이진 교차 엔트로피.

    The binary cross-entropy of probabilities.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """로짓의 이진 교차 엔트로피: 시그모이드를 먼저 하지 않는다.

    The binary cross-entropy of logits, stable over the whole range.
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
