"""Maximum likelihood: distributions as classes, likelihoods as objects, fits as facts.

>>> import mlecore as mle
>>> mle.Poisson.fit([2, 4]).params
{'rate': 3.0}
"""

import importlib as _importlib
import typing as _typing

from . import families, models
from .comparison import Comparison, compare
from .divergence import Empirical, cross_entropy, entropy, kl_divergence
from .domains import (
    Count,
    Parameter,
    Positive,
    PositiveDefinite,
    PositiveVector,
    Real,
    RealVector,
    Simplex,
    Support,
    Unit,
    parameter,
)
from .errors import (
    ConvergenceError,
    DataError,
    Interrupted,
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
from .models import *
from .nested import lr_test
from .nonparametric import KaplanMeier, kaplan_meier
from .observations import PartlySeen, binned, chunks, interval, observed
from .optimize import Trace, check_gradient, fisher_scoring, gradient_descent, newton, sgd
from .simulate import Coverage, coverage, simulate

if _typing.TYPE_CHECKING:
    # Under their own names once more: that is how a type checker is told that they are public.
    from . import datasets as datasets
    from . import exercises as exercises
    from . import explore as explore
    from . import plotting as plotting
    from .network import MLP as MLP
    from .regression import LinearRegression as LinearRegression
    from .regression import LogisticRegression as LogisticRegression
    from .regression import PoissonRegression as PoissonRegression
    from .regression import SoftmaxRegression as SoftmaxRegression
    from .saved import load_statistic as load_statistic
    from .sequences import AutoRegression as AutoRegression
    from .sequences import HiddenMarkov as HiddenMarkov
    from .sequences import LocalLevel as LocalLevel
    from .sequences import MarkovChain as MarkovChain

# What many programs never use is imported when it is first asked for: `import mlecore` stays quick.
_LATER = {
    "load_statistic": "saved",
    "MLP": "network",
    "LinearRegression": "regression",
    "LogisticRegression": "regression",
    "PoissonRegression": "regression",
    "SoftmaxRegression": "regression",
    "AutoRegression": "sequences",
    "HiddenMarkov": "sequences",
    "LocalLevel": "sequences",
    "MarkovChain": "sequences",
}
_PACKAGES = ("datasets", "exercises", "explore", "plotting")


__all__ = [
    *families.__all__,
    *models.__all__,
    "Count",
    "Parameter",
    "Positive",
    "PositiveDefinite",
    "PositiveVector",
    "Real",
    "RealVector",
    "Simplex",
    "Support",
    "Unit",
    "parameter",
    "Comparison",
    "ConvergenceError",
    "Coverage",
    "DataError",
    "Empirical",
    "Family",
    "Fit",
    "KaplanMeier",
    "Likelihood",
    "Interrupted",
    "NoMLEError",
    "PartlySeen",
    "RegularityError",
    "SeparationError",
    "SupportError",
    "Trace",
    "bce",
    "bce_with_logits",
    "binned",
    "chunks",
    "check_gradient",
    "compare",
    "coverage",
    "cross_entropy",
    "entropy",
    "fisher_scoring",
    "gradient_descent",
    "interval",
    "kaplan_meier",
    "kl_divergence",
    "lr_test",
    "mae",
    "mse",
    "newton",
    "nll",
    "observed",
    "sgd",
    "simulate",
    "softmax_cross_entropy",
    *_LATER,
    *_PACKAGES,
]


if not _typing.TYPE_CHECKING:  # a checker that saw it would let every name pass

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
