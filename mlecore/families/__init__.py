"""The families, one file each. A new family is a new file and one line here."""

from .bernoulli import Bernoulli
from .beta import Beta
from .beta_binomial import BetaBinomial
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .dirichlet import Dirichlet
from .exponential import Exponential
from .gamma import Gamma
from .generalized_extreme_value import GeneralizedExtremeValue
from .generalized_pareto import GeneralizedPareto
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .inverse_gamma import InverseGamma
from .inverse_gaussian import InverseGaussian
from .laplace import Laplace
from .log_logistic import LogLogistic
from .log_series import LogSeries
from .logistic import Logistic
from .lognormal import LogNormal
from .lomax import Lomax
from .multivariate_normal import MultivariateNormal
from .negative_binomial import NegativeBinomial
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .rayleigh import Rayleigh
from .skew_normal import SkewNormal
from .student_t import StudentT
from .uniform import Uniform
from .von_mises import VonMises
from .weibull import Weibull
from .zipf import Zipf

__all__ = [
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Dirichlet",
    "Exponential",
    "Gamma",
    "GeneralizedExtremeValue",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "InverseGamma",
    "InverseGaussian",
    "Laplace",
    "LogLogistic",
    "LogNormal",
    "LogSeries",
    "Logistic",
    "Lomax",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "Pareto",
    "Poisson",
    "Rayleigh",
    "SkewNormal",
    "StudentT",
    "Uniform",
    "VonMises",
    "Weibull",
    "Zipf",
]
