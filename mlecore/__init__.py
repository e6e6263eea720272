"""Maximum likelihood: distributions as classes, likelihoods as objects, fits as facts.

>>> import mlecore as mle
>>> mle.Poisson.fit([2, 4]).params
{'rate': 3.0}
"""

import importlib as _importlib
import typing as _typing

from . import families
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
from .optimize import Trace, check_gradient, fisher_scoring, gradient_descent, newton, sgd
from .simulate import Coverage, coverage, simulate

if _typing.TYPE_CHECKING:
    from . import datasets, exercises, explore
    from .network import MLP
    from .regression import (
        LinearRegression,
        LogisticRegression,
        PoissonRegression,
        SoftmaxRegression,
    )

# What many programs never use is imported when it is first asked for: `import mlecore` stays quick.
_LATER = {
    "MLP": "network",
    "LinearRegression": "regression",
    "LogisticRegression": "regression",
    "PoissonRegression": "regression",
    "SoftmaxRegression": "regression",
}
_PACKAGES = ("datasets", "exercises", "explore")


__all__ = [
    *families.__all__,
    "Comparison",
    "ConvergenceError",
    "Coverage",
    "DataError",
    "Empirical",
    "Family",
    "Fit",
    "Likelihood",
    "NoMLEError",
    "RegularityError",
    "SeparationError",
    "SupportError",
    "Trace",
    "bce",
    "bce_with_logits",
    "check_gradient",
    "compare",
    "coverage",
    "cross_entropy",
    "entropy",
    "fisher_scoring",
    "gradient_descent",
    "kl_divergence",
    "mae",
    "mse",
    "newton",
    "nll",
    "sgd",
    "simulate",
    "softmax_cross_entropy",
    *_LATER,
    *_PACKAGES,
]


def __getattr__(name: str) -> _typing.Any:
    if name in _PACKAGES:
        return _importlib.import_module(f".{name}", __name__)
    if name in _LATER:
        value = getattr(_importlib.import_module(f".{_LATER[name]}", __name__), name)
        globals()[name] = value  # the next look-up finds it at once
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
