"""손실 함수의 계층: 드물게 쓰는 것들.

Losses beyond the core's, as modules: each its settings and one function of :mod:`functional`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass, fields
from typing import ClassVar

from tinygrad_kr.hyperparameters import number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn.functional.targets import chosen_reduction
from tinygrad_kr.nn.loss import Loss, NLLLoss, WeightedLoss
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.more.distance import PairwiseDistance
from tinygrad_kr.tensor import Tensor

__all__ = [
    "CosineEmbeddingLoss", "GaussianNLLLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss",
    "MarginRankingLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss",
    "NLLLoss2d", "PoissonNLLLoss", "SoftMarginLoss", "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]  # fmt: skip

Flag = bool | None


class _Loss(Module):
    """A loss that is one function of its inputs, with the dataclass fields for keywords."""

    function: ClassVar[Callable[..., Tensor]]
    reduction: str

    def __post_init__(self, size_average: Flag = None, reduce: Flag = None) -> None:
        super().__init__()
        if self.reduction != "batchmean" or type(self) is not KLDivLoss:
            self.reduction = chosen_reduction(self.reduction, size_average, reduce)

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        settings = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return type(self).function(*inputs, **named, **settings)


@dataclass(eq=False, repr=False)
class HuberLoss(_Loss):
    """후버 손실: delta보다 작은 오차는 제곱으로, 큰 것은 직선으로.

    ½ e² where |e| <= ``delta``, else ``delta`` (|e| − ½ ``delta``).
    """

    function = F.huber_loss
    reduction: str = "mean"
    delta: float = 1.0


@dataclass(eq=False, repr=False)
class PoissonNLLLoss(_Loss):
    """푸아송 분포의 음의 로그 가능도.

    exp(x) − t x, or x − t log(x + ``eps``) without ``log_input``; ``full`` adds log t!, nearly.
    """

    function = F.poisson_nll_loss
    log_input: bool = True
    full: bool = False
    size_average: InitVar[Flag] = None
    eps: float = 1e-8
    reduce: InitVar[Flag] = None
    reduction: str = "mean"


@dataclass(eq=False, repr=False, kw_only=True)
class GaussianNLLLoss(_Loss):
    """정규 분포의 음의 로그 가능도.

    ½ (log v + (x − t)² / v) of an input, a target and a variance v, at least ``eps``.
    """

    function = F.gaussian_nll_loss
    full: bool = False
    eps: float = 1e-6
    reduction: str = "mean"


@dataclass(eq=False, repr=False)
class KLDivLoss(_Loss):
    """쿨백-라이블러 발산: 로그 확률에서 목표 분포까지.

    t (log t − x), x being log-probabilities; the divergence itself with ``reduction="batchmean"``.
    """

    function = F.kl_div
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"
    log_target: bool = False


@dataclass(eq=False, repr=False)
class SoftMarginLoss(_Loss):
    """부드러운 여유 손실: 레이블은 1이나 −1.

    The logistic loss of labels, log(1 + exp(−t x)).
    """

    function = F.soft_margin_loss
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"


@dataclass(eq=False, repr=False)
class MarginRankingLoss(_Loss):
    """순위 손실: target이 1이면 첫째가, −1이면 둘째가 margin만큼 커야 한다.

    The hinge of a difference, max(0, −t (x₁ − x₂) + ``margin``).
    """

    function = F.margin_ranking_loss
    margin: float = 0.0
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"


@dataclass(eq=False, repr=False)
class HingeEmbeddingLoss(_Loss):
    """거리의 손실: 레이블이 1이면 가깝게, −1이면 margin보다 멀게.

    x where t = 1, max(0, ``margin`` − x) where t = −1.
    """

    function = F.hinge_embedding_loss
    margin: float = 1.0
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"


@dataclass(eq=False, repr=False)
class CosineEmbeddingLoss(_Loss):
    """각도의 손실: 레이블이 1이면 같은 쪽을, −1이면 다른 쪽을 보게.

    1 − cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) − ``margin``) where t = −1.
    """

    function = F.cosine_embedding_loss
    margin: float = 0.0
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"


@dataclass(eq=False, repr=False)
class MultiLabelMarginLoss(_Loss):
    """정답이 여럿인 여유 손실: 레이블을 앞에서부터 적고 −1로 끝낸다.

    Σ max(0, 1 − x[t] + x[j]) / C over labels t and other classes j.
    """

    function = F.multilabel_margin_loss
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"


@dataclass(eq=False, repr=False)
class TripletMarginLoss(_Loss):
    """세 쌍의 손실: 같은 것은 다른 것보다 margin만큼 가까워야 한다.

    max(0, d(a, p) − d(a, n) + ``margin``), d being the distance in the ``p``-norm.
    """

    function = F.triplet_margin_loss
    margin: float = 1.0
    p: float = 2.0
    eps: float = 1e-6
    swap: bool = False
    size_average: InitVar[Flag] = None
    reduce: InitVar[Flag] = None
    reduction: str = "mean"

    def __post_init__(self, size_average: Flag, reduce: Flag) -> None:
        super().__post_init__(size_average, reduce)
        self.margin = number("margin", self.margin, above=0)


class TripletMarginWithDistanceLoss(Loss):
    """거리를 정해 주는 TripletMarginLoss.

    :class:`TripletMarginLoss` with a distance of one's own, a function or a module.
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.distance_function = distance_function or PairwiseDistance()
        self.margin, self.swap = number("margin", margin, above=0), swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiMarginLoss(WeightedLoss):
    """여유 손실: 정답의 점수가 다른 것보다 margin만큼 커야 한다.

    Σ max(0, ``margin`` − x[t] + x[j])ᵖ / C over the classes j ≠ t, times the ``weight`` of t.
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelSoftMarginLoss(WeightedLoss):
    """클래스마다의 이진 교차 엔트로피의 평균.

    −(t log σ(x) + (1 − t) log σ(−x)), times ``weight``, averaged over the classes.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """NLLLoss의 옛 이름.

    The old name of :class:`NLLLoss`.
    """
