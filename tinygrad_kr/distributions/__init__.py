"""확률 분포: torch.distributions의 이름으로.

Probability distributions by the names of ``torch.distributions``; draws come from the package's
generator. What is not here wants the gamma function: ``Beta``, ``Gamma``, ``Poisson``,
``StudentT`` and the like.

>>> import tinygrad_kr as tg
>>> from tinygrad_kr.distributions import Normal, kl_divergence
>>> kl_divergence(Normal(0.0, 1.0), Normal(0.0, 2.0))
tensor(0.3181)
"""

from tinygrad_kr.distributions import constraints as constraints
from tinygrad_kr.distributions.bernoulli import Bernoulli
from tinygrad_kr.distributions.categorical import Categorical
from tinygrad_kr.distributions.distribution import Distribution
from tinygrad_kr.distributions.exponential import Exponential
from tinygrad_kr.distributions.geometric import Geometric
from tinygrad_kr.distributions.independent import Independent
from tinygrad_kr.distributions.kl import kl_divergence, register_kl
from tinygrad_kr.distributions.laplace import Laplace
from tinygrad_kr.distributions.log_normal import LogNormal
from tinygrad_kr.distributions.multivariate_normal import MultivariateNormal
from tinygrad_kr.distributions.normal import Normal
from tinygrad_kr.distributions.one_hot_categorical import OneHotCategorical
from tinygrad_kr.distributions.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Exponential",
    "Geometric",
    "Independent",
    "Laplace",
    "LogNormal",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "Uniform",
    "kl_divergence",
    "register_kl",
]
