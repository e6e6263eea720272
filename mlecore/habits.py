"""What people type out of habit, from other packages or from hope, and what to do instead.

Each entry goes when what it speaks of comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .errors import DataError

__all__ = ["NumberNotMethod", "answering", "attribute", "known_method"]

P = ParamSpec("P")
R = TypeVar("R")

#: attributes of a fit that are not there, and where to look
_ATTRIBUTES = {
    **dict.fromkeys(
        (
            "pdf",
            "pmf",
            "log_prob",
            "logpdf",
            "logpmf",
            "cdf",
            "sf",
            "ppf",
            "sample",
            "rvs",
            "mean",
            "var",
            "log_cdf",
            "log_sf",
            "log_mass",
            "responsibilities",
        ),
        "that belongs to the distribution: fit.dist.{name}",
    ),
    "median": "fit.quantile(0.5) is the median with its interval, fit.dist.ppf(0.5) the number alone",
    **dict.fromkeys(
        ("lr_test", "likelihood_ratio_test"),
        "a test of one fit against another takes both: mlecore.lr_test(null, alternative); fit.test(name=value) tests "
        "values of parameters",
    ),
}
_SAME = {"logpdf": "log_prob", "logpmf": "log_prob", "rvs": "sample"}

#: keywords of `fit` that are not there
_CENSORED = (
    "how a value was seen is said beside it: fit takes mlecore.observed(x, right=mask), with left=, entry= and window= too, "
    "interval(lower, upper), or binned(counts, edges), in place of x"
)
_KEYWORDS = {
    **dict.fromkeys(
        ("censored", "censoring", "right", "left", "event", "entry", "window", "truncation"),
        _CENSORED,
    ),
    "offset": "an offset belongs to a regression, as in Poisson.regress(y, rate=X, offset=...)",
    "exposure": "an exposure is an offset by its logarithm, as in Poisson.regress(y, rate=X, offset=np.log(exposure))",
    **dict.fromkeys(
        ("floc", "loc"), "no parameter loc is added in silence: subtract the known threshold from x"
    ),
    "sample_weight": "weights are called weights here, and count observations",
}

#: names of methods elsewhere
_METHODS = {
    "profile": "lr",
    "likelihood": "lr",
    "lrt": "lr",
    "normal": "wald",
    "rao": "score",
    "wilson": "score",
    "percentile": "bootstrap",
}


def attribute(fit: Any, name: str) -> AttributeError:
    """Return the error for an attribute that a fit has not: a sentence for a habit, the plain one else.

    >>> str(attribute(None, "pdf"))
    "a fit has no 'pdf': that belongs to the distribution: fit.dist.pdf"
    """
    if name in _ATTRIBUTES:
        return AttributeError(
            f"a fit has no {name!r}: {_ATTRIBUTES[name].format(name=_SAME.get(name, name))}"
        )
    return AttributeError(f"{type(fit).__name__!r} object has no attribute {name!r}")


def known_method(method: Any, methods: Sequence[str]) -> None:
    """Raise where a method is none of those that there are, and say how it is called here.

    >>> known_method("profile", ["wald", "lr"])
    Traceback (most recent call last):
    ...
    mlecore.errors.DataError: method must be one of 'wald', 'lr', got 'profile'; that is called 'lr' here
    """
    if method in methods:
        return
    same = _METHODS.get(str(method).lower())
    raise DataError(
        f"method must be one of {', '.join(map(repr, methods))}, got {method!r}"
        + (f"; that is called {same!r} here" if same in methods else "")
    )


def answering(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function answer keywords that it does not take, where they are habits.

    >>> answering(lambda x: x)(1, offset=2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    mlecore.errors.DataError: no offset=: an offset belongs to a regression, ...
    """

    understood = signature(function).parameters

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        for word in kwargs:
            if word in _KEYWORDS and word not in understood:
                raise DataError(f"no {word}=: {_KEYWORDS[word].format()}")
        return function(*args, **kwargs)

    return asked


class NumberNotMethod(np.float64):
    """A float that says so when it is called.

    >>> NumberNotMethod(-3.5) + 1
    np.float64(-2.5)
    """

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        raise DataError(
            "log_likelihood of a fit is a number, at the estimate: write fit.log_likelihood; elsewhere ask "
            "fit.likelihood.log_likelihood(...)"
        )

    def __repr__(self) -> str:
        return f"np.float64({float(self)!r})"
