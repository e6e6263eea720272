"""The families, one file each. A new family is a new file and one line here."""

from .bernoulli import Bernoulli
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .laplace import Laplace
from .lognormal import LogNormal
from .normal import Normal
from .poisson import Poisson
from .student_t import StudentT
from .uniform import Uniform
from .weibull import Weibull

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Exponential",
    "Gamma",
    "Geometric",
    "Laplace",
    "LogNormal",
    "Normal",
    "Poisson",
    "StudentT",
    "Uniform",
    "Weibull",
]
