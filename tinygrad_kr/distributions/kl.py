"""쿨백-라이블러 발산.

The Kullback-Leibler divergence of pairs of distributions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tinygrad_kr.distributions.bernoulli import Bernoulli
from tinygrad_kr.distributions.categorical import Categorical
from tinygrad_kr.distributions.distribution import Distribution
from tinygrad_kr.distributions.exponential import Exponential
from tinygrad_kr.distributions.geometric import Geometric
from tinygrad_kr.distributions.independent import Independent
from tinygrad_kr.distributions.laplace import Laplace
from tinygrad_kr.distributions.log_normal import LogNormal
from tinygrad_kr.distributions.multivariate_normal import MultivariateNormal, mahalanobis
from tinygrad_kr.distributions.normal import Normal
from tinygrad_kr.distributions.uniform import Uniform
from tinygrad_kr.errors import UndefinedError
from tinygrad_kr.linalg import solve_triangular
from tinygrad_kr.ops.arithmetic import abs
from tinygrad_kr.ops.comparison import where
from tinygrad_kr.ops.exponential import exp, log, log1p, softplus
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.tensor import Tensor

Pair = tuple[type[Distribution], type[Distribution]]
Rule = Callable[[Any, Any], Tensor]
_RULES: dict[Pair, Rule] = {}


def register_kl(type_p: type[Distribution], type_q: type[Distribution]) -> Callable[[Rule], Rule]:
    """두 분포의 발산을 계산하는 함수를 등록한다.

    A decorator that makes a function of ``(p, q)`` the divergence of distributions of these types.
    """

    def register(rule: Rule) -> Rule:
        _RULES[type_p, type_q] = rule
        return rule

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL 발산: p에서의 log p - log q의 기댓값.

    The divergence of ``q`` from ``p``: the expectation, under ``p``, of log p − log q.

    Raises:
        UndefinedError: for a pair whose divergence is not known.

    >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
    tensor(0.5000)
    """
    for kind_p in type(p).__mro__:
        for kind_q in type(q).__mro__:
            if rule := _RULES.get((kind_p, kind_q)):
                return rule(p, q)
    names = type(p).__name__, type(q).__name__
    raise UndefinedError(
        f"{names[0]}와(과) {names[1]}의 KL 발산은 정해져 있지 않습니다. register_kl로 등록하세요.",
        f"No KL(p || q) is implemented for p type {names[0]} and q type {names[1]}; add it with "
        "register_kl.",
    )


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    def part(share: Tensor, sign: int, other: Tensor) -> Tensor:
        each = share * (softplus(-sign * q.logits) - softplus(-sign * p.logits))
        return where(share == 0, 0.0, where(other == 0, math.inf, each))

    return part(p.probs, 1, q.probs) + part(1 - p.probs, -1, 1 - q.probs)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    each = p.probs * (p.logits - q.logits)
    return sum(where(p.probs == 0, 0.0, where(q.probs == 0, math.inf, each)), -1)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - log(ratio) - 1


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - log1p(-q.probs) / p.probs - q.logits


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, apart = p.scale / q.scale, abs(p.loc - q.loc)
    return -log(ratio) + apart / q.scale + ratio * exp(-apart / p.scale) - 1


@register_kl(Normal, Normal)
@register_kl(LogNormal, LogNormal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - log(ratio)) / 2


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    inside = (q.low <= p.low) & (p.high <= q.high)
    return where(inside, log((q.high - q.low) / (p.high - p.low)), math.inf)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    ratio = solve_triangular(q.scale_tril, p.scale_tril, upper=False)
    apart = mahalanobis(q.scale_tril, q.loc - p.loc)
    traced = sum(ratio**2, (-2, -1)) + apart - p._event_shape[0]
    return q.half_log_det() - p.half_log_det() + traced / 2


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        p._undefined("KL of another number of dimensions")
    return p.over_events(kl_divergence(p.base_dist, q.base_dist))


# Of one kind and another


def _against_normal(p: Distribution, q: Normal) -> Tensor:
    """Every p has a mean, a variance and an entropy; a normal's log is quadratic."""
    apart = p.variance + (p.mean - q.loc) ** 2
    return Normal(q.loc, q.scale).entropy() - 0.5 + apart / (2 * q.variance) - p.entropy()


_RULES |= {(kind, Normal): _against_normal for kind in (Exponential, Laplace, Uniform)}


def _infinite(p: Distribution, q: Distribution) -> Tensor:
    """q is impossible somewhere that p is not."""
    return where(p.mean == p.mean, math.inf, p.mean).detach()


_RULES |= {(kind, Uniform): _infinite for kind in (Exponential, Laplace, Normal)}
_RULES |= {(kind, Exponential): _infinite for kind in (Laplace, Normal)}


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    each = q.rate * p.mean - log((p.high - p.low) * q.rate)
    return where(p.low < 0, math.inf, each)


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    """E|x - m| of a normal x is its folded mean."""
    off = (p.loc - q.loc) / p.scale
    near = Normal(0.0 * off, 1.0, validate_args=False)
    folded = p.scale * (2 * exp(near.log_prob(off)) + off * (2 * near.cdf(off) - 1))
    return log(2 * q.scale) + folded / q.scale - p.entropy()
