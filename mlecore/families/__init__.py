"""The families, one file each. A new family is a new file and one line here."""

from .bernoulli import Bernoulli
from .categorical import Categorical
from .exponential import Exponential
from .gamma import Gamma
from .normal import Normal
from .poisson import Poisson
from .uniform import Uniform
from .weibull import Weibull

__all__ = [
    "Bernoulli",
    "Categorical",
    "Exponential",
    "Gamma",
    "Normal",
    "Poisson",
    "Uniform",
    "Weibull",
]
