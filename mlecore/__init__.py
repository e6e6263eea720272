"""Maximum likelihood: distributions as classes, likelihoods as objects, fits as facts.

>>> import mlecore as mle
>>> mle.Poisson.fit([2, 4]).params
{'rate': 3.0}
"""

from . import datasets, exercises, explore, families
from .comparison import Comparison, compare
from .divergence import Empirical, cross_entropy, entropy, kl_divergence
from .errors import (
    ConvergenceError,
    DataError,
    NoMLEError,
    RegularityError,
    SeparationError,
    SupportError,
)
from .families import *
from .family import Family
from .fit import Fit
from .likelihood import Likelihood
from .losses import bce, bce_with_logits, mae, mse, nll, softmax_cross_entropy
from .network import MLP
from .optimize import Trace, check_gradient, fisher_scoring, gradient_descent, newton, sgd
from .regression import LinearRegression, LogisticRegression, PoissonRegression, SoftmaxRegression
from .simulate import Coverage, coverage, simulate
