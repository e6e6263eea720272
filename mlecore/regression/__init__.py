"""Regression: families whose parameters follow from covariates.

A regression is a family of distributions of y given the rows of X. The linear predictor eta = b0 + X b
stands in for the family's canonical parameter: the logit of a Bernoulli, the logarithm of a Poisson's
rate, the log-odds of a Categorical's classes, the mean of a Normal. So the slope of the log-likelihood
is X'(y - mean) in all four, and Newton's method is Fisher scoring.

A fit is found on columns that are centred and scaled, and reported for the columns that were given.
Where no estimate exists, because a direction of the coefficients never lowers the probability of any
observation, a linear programme proves it and the error carries the direction.

There is one file a model. A new one is a new file and one line here.
"""

from .fit import RegressionFit
from .general import ParameterRegression
from .likelihood import RegressionLikelihood
from .linear import LinearRegression
from .logistic import LogisticRegression
from .model import Regression
from .parameter_fit import ParameterFit
from .poisson import PoissonRegression
from .regress import regress
from .softmax import SoftmaxRegression

__all__ = [
    "LinearRegression",
    "LogisticRegression",
    "ParameterFit",
    "ParameterRegression",
    "PoissonRegression",
    "Regression",
    "RegressionFit",
    "RegressionLikelihood",
    "SoftmaxRegression",
    "regress",
]
