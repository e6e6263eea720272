"""What people type out of habit, from other packages or from hope, and what to do instead.

Each entry goes when what it speaks of comes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .errors import DataError

__all__ = [
    "NumberNotMethod",
    "answering",
    "attribute",
    "called_here",
    "known_method",
    "no_function",
    "no_hypothesis",
    "no_parameter",
    "refuse_names",
]

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
    **dict.fromkeys(
        ("profile", "score", "hessian", "nll"),
        "that belongs to the likelihood: fit.likelihood.{name}",
    ),
    **dict.fromkeys(("llf", "loglik", "logLik"), "it is called fit.log_likelihood"),
    **dict.fromkeys(("bse", "stderr", "std_errors"), "they are called fit.se"),
    "pvalues": "fit.test(name=value) tests values of parameters, and says the p-value",
    "conf_int": "it is called fit.ci(level)",
    "predict": "nothing was regressed here; fit.dist.mean and fit.dist.ppf(q) say what to expect of a value",
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
    "weights": "a sequence takes no weights, as a value is there once, in its place",
    "n": "numbers of trials are known, and held: Binomial.fit(x, fixed={{'n': n}}), or Binomial.regress(y, p=X, fixed={{'n': n}})",
}

_OBSERVED = (
    "how a response was seen is said beside it: give mlecore.observed(y, right=mask), with left=, entry= and window= too, "
    "in place of y"
)
_TABLES = "columns are given as they are, without a formula: {first}=df[['age', 'dose']]"
#: keywords of `regress` that are no parameters
_OF_REGRESS = {
    **dict.fromkeys(
        ("censored", "censoring", "right", "left", "event", "entry", "window", "truncation"),
        _OBSERVED,
    ),
    "exposure": "an exposure is an offset by its logarithm: offset=np.log(exposure)",
    **dict.fromkeys(("data", "formula", "df"), _TABLES),
    **dict.fromkeys(
        ("X", "x", "exog", "columns"), "say which parameter follows from them: {first}=X"
    ),
    "y": "the response goes first, without a name: {family}.regress(y, {first}=X)",
    **dict.fromkeys(
        ("sample_weight", "freq_weights"), "weights are called weights here, and count observations"
    ),
}

#: what methods, links, priors and kinds of errors are called elsewhere
_CALLED_HERE = {
    "profile": "lr",
    "likelihood": "lr",
    "lrt": "lr",
    "normal": "wald",
    "rao": "score",
    "wilson": "score",
    "percentile": "bootstrap",
    "logistic": "logit",
    "normit": "probit",
    "complementary log-log": "cloglog",
    **dict.fromkeys(("ln", "logarithm", "exp"), "log"),
    **dict.fromkeys(("reciprocal", "1/mu"), "inverse"),
    **dict.fromkeys(("linear", "none"), "identity"),
    "firth": "jeffreys",
    **dict.fromkeys(("robust", "hc0", "white", "cluster"), "sandwich"),
    "hessian": "observed",
    "fisher": "expected",
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
    raise DataError(
        f"method must be one of {', '.join(map(repr, methods))}, got {method!r}{called_here(method, methods)}"
    )


def called_here(word: Any, names: Collection[str]) -> str:
    """Return how one of some names is written that a word stands for elsewhere, as the end of a sentence; "" for none.

    >>> called_here("logistic", ["log", "logit"])
    "; that is called 'logit' here"
    """
    low = str(word).strip().lower()
    same = low if low in names else _CALLED_HERE.get(low)
    return f"; that is called {same!r} here" if same in names else ""


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


def no_hypothesis(given: Any, names: Sequence[str]) -> DataError:
    """Return the error for what is tested where values of parameters should be; `names` are those.

    >>> str(no_hypothesis(1.0, ["rate"]))
    'give the values by the names of their parameters, as in f.test(rate=1); got 1.0'
    """
    if hasattr(given, "likelihood"):
        return DataError(
            "test compares the fit with values of its parameters, as in f.test(shape=1), not with another fit. "
            "mlecore.lr_test(null, alternative) tests one fit against another, and mlecore.compare ranks fits by AIC"
        )
    first = next(iter(names), "name")
    return DataError(
        f"give the values by the names of their parameters, as in f.test({first}=1); got {given!r}"
    )


def no_function(given: Any, dist: Any) -> DataError:
    """Return the error for what is no function of the parameters of a distribution.

    >>> from mlecore import Poisson
    >>> str(no_function("mean", Poisson(rate=2.0))).partition("; ")[2]
    "got 'mean'. The estimate alone is f.dist.mean"
    """
    names = list(dist.params)
    known = hasattr(type(dist), str(given))
    return DataError(
        f"delta needs a function of the parameters, as in f.delta(lambda {', '.join(names)}: {names[0]}); got {given!r}"
        + f". The estimate alone is f.dist.{given}" * known
    )


def no_parameter(family: Any, name: str, names: Sequence[str]) -> DataError:
    """Return the error for columns that are given to no parameter that is estimated; `names` are those.

    >>> from mlecore import Poisson
    >>> str(no_parameter(Poisson, "exposure", ["rate"]))
    'no exposure=: an exposure is an offset by its logarithm: offset=np.log(exposure)'
    """
    if name in family.domains:
        return DataError(
            f"{name} of {family.__name__} is known, and not estimated: give fixed={{{name!r}: {name}}}, one number or one "
            "for each row"
        )
    if name in _OF_REGRESS:
        first = next((n for n in names if n in ("mu", "loc", "rate", "p")), names[-1])
        habit = _OF_REGRESS[name].format(family=family.__name__, first=first)
        return DataError(f"no {name}=: {habit}")
    return DataError(
        f"{family.__name__} has no parameter {name!r} to follow from columns; its parameters are {', '.join(names)}"
    )


def refuse_names(X: Any) -> None:
    """Raise where names of columns, a formula or a row of words stand where columns of numbers should.

    >>> refuse_names([1.0, 2.0])
    """
    if isinstance(X, str):
        columns = "['age', 'dose']" if "~" in X else repr(X)
        raise DataError(
            f"X is text, {X!r}, and neither names nor formulas are read here: give columns of numbers, as in df[{columns}]"
        )
    if isinstance(X, Mapping):
        raise DataError(
            "columns in a dict have no order: give a table, pandas.DataFrame(X), or pandas.DataFrame([X]) for a single row"
        )
    if isinstance(X, (list, tuple)) and X and all(isinstance(item, str) for item in X):
        few = list(X[:6])
        raise DataError(
            f"X holds words, the first {X[0]!r}: if they are names of columns, give the columns, df[{few!r}]; if they are the "
            "groups of the rows, columns of zeros and ones, pandas.get_dummies(X, drop_first=True, dtype=float); if they "
            "are numbers, np.asarray(X, dtype=float)"
        )


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
