"""Functions of the parameters: standard errors by the delta method, intervals by it, by likelihood and by bootstrap."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import numeric
from ..errors import ConvergenceError, DataError, RegularityError, listed
from .differences import five_point_slopes
from .extremes import function_interval
from .information import scaled_covariance
from .intervals import normal_quantile
from .regularity import at_maximum, insist_positive

__all__ = [
    "Delta",
    "delta_bootstrap",
    "delta_likelihood_ratio",
    "delta_method",
    "quantile_function",
]

Array = np.ndarray


class Delta(NamedTuple):
    """The estimate of a function of the parameters, its standard error and its interval: `estimate`, `se`, `ci`.

    >>> Delta(2.0, 0.5, (1.02, 2.98))
    estimate 2, std. error 0.5, interval 1.02 to 2.98
    """

    estimate: Any
    se: Any
    ci: tuple[Any, Any]

    def __repr__(self) -> str:
        low, high = self.ci
        return f"estimate {_short(self.estimate)}, std. error {_short(self.se)}, interval {_short(low)} to {_short(high)}"

    def _repr_html_(self) -> str:
        return f'<p class="mle-delta">{html.escape(repr(self))}</p>'


def _short(value: Any) -> str:
    """Return four digits of a number, or of each of an array; a dash for what there is not."""
    if np.ndim(value):
        return np.array2string(np.asarray(value), precision=4)
    return "–" if np.isnan(value) else f"{float(value):.4g}"


def delta_method(
    likelihood: Any, theta: Array, function: Callable[..., Any], level: float = 0.95
) -> Delta:
    """Return g(theta), its standard error sqrt(g' C g) and its Wald interval, for any smooth function g.

    The slopes are five-point differences at thousandths of a standard error, so g need not be analytic. By invariance
    g(theta) is the MLE of g (Zehna 1966); source of the standard error: Cramer (1946), 27.7.

    Parameters
    ----------
    likelihood : a `Likelihood`, of one sample or of a batch.
    theta : its free scalars at the maximum, on the last axis.
    function : of parameters by their names, any of them (`lambda shape: ...`) or all (`lambda **params: ...`), or of
        all of them in order. It may return an array; for a batch, one whose first axes are those of the batch.
    level : of the interval.

    Raises
    ------
    RegularityError : where there is no covariance matrix, or g is flat at the estimate: then the first-order error
        is zero and says nothing.
    DataError : for a function whose arguments are not parameters, or whose value is not finite around the estimate.

    >>> from mlecore import Likelihood, Poisson
    >>> delta_method(Likelihood(Poisson, [2, 4]), np.array([3.0]), lambda rate: rate**2)
    estimate 9, std. error 7.348, interval -5.403 to 23.4
    """
    z = normal_quantile(level)
    cov = scaled_covariance(likelihood, theta)
    g = _by_name(function, likelihood)
    batch = theta.shape[:-1]
    estimate = _values(g, likelihood, theta, batch)
    errors = cov.errors()
    slope = five_point_slopes(lambda at: _values(g, likelihood, at, batch), theta, errors)
    scale = errors / cov.size
    correlation = cov.unit / scale[..., :, None] / scale[..., None, :]
    # A function with several values has axes between those of the batch and the parameters.
    between = (1,) * (np.ndim(estimate) - len(batch))
    correlation = correlation.reshape(batch + between + correlation.shape[-2:])
    variance = np.einsum("...i,...ij,...j->...", slope, correlation, slope)
    if not batch and not np.isfinite(variance).all():
        raise DataError(
            "the function is not finite around the estimate; its values within thousandths of a standard error are needed"
        )
    known = ~np.isnan(theta).any(axis=-1).reshape(batch + between)
    flat = (slope == 0).all(axis=-1) & known
    if not batch and flat.any():
        raise RegularityError(
            "the function is flat at the estimate, so the delta method would give it no error at all; "
            "use f.bootstrap, or a likelihood-ratio interval of the parameter itself"
        )
    se = np.where(flat, np.nan, np.sqrt(variance))[()]
    return Delta(estimate[()], se, (estimate - z * se, estimate + z * se))


def delta_likelihood_ratio(
    likelihood: Any, theta: Array, function: Callable[..., Any], level: float = 0.95
) -> Delta:
    """Return g(theta) with the interval of the values that a likelihood-ratio test of g would not reject.

    The standard error beside it is the delta method's, NaN where there is none. See `function_interval`.

    Parameters
    ----------
    likelihood, theta, function, level : as in `delta_method`.

    Raises
    ------
    RegularityError, DataError, ConvergenceError : see `function_interval`; in a batch such a row is NaN.

    >>> from mlecore import Likelihood, Poisson
    >>> delta_likelihood_ratio(Likelihood(Poisson, [2, 4]), np.array([3.0]), lambda rate: rate**2)
    estimate 9, std. error 7.348, interval 1.422 to 36.96
    """
    normal_quantile(level)  # refuses a level that is none
    theta = at_maximum(likelihood, theta)
    insist_positive(likelihood, theta)
    g = _by_name(function, likelihood)
    batch, p = theta.shape[:-1], theta.shape[-1]
    estimate = _values(g, likelihood, theta, batch)
    flat, rows = likelihood._flat(batch), theta.reshape(-1, p)
    ends = np.full((2, *np.shape(estimate)), np.nan).reshape(2, len(rows), -1)
    errors = np.full(ends.shape[1:], np.nan)
    for k, row in enumerate(rows):
        if np.isnan(row).any():
            continue
        one = flat.at(k) if batch else likelihood
        values = _Rows(g, one)
        try:
            for j in range(ends.shape[-1]):
                ends[:, k, j] = function_interval(one, row, values.entry(j), level)
        except (RegularityError, ConvergenceError):
            if not batch:
                raise
            continue
        errors[k] = _error(one, row, function, level)
    low, high = (end.reshape(estimate.shape)[()] for end in ends)
    return Delta(estimate[()], errors.reshape(estimate.shape)[()], (low, high))


def delta_bootstrap(
    likelihood: Any,
    theta: Array,
    function: Callable[..., Any],
    estimates: Array,
    level: float = 0.95,
) -> Delta:
    """Return g(theta) with the quantiles, and the standard deviation, of g at the estimates of resampled data.

    Parameters
    ----------
    likelihood, theta, function, level : as in `delta_method`, for one sample.
    estimates : the free scalars of the resampled data, shape (replicates, p).

    Raises
    ------
    DataError : for a function that is not a number at one of them.

    Source: Efron and Tibshirani (1993), chapter 13.

    >>> from mlecore import Likelihood, Poisson
    >>> again = np.array([[1.0], [3.0], [5.0]])
    >>> delta_bootstrap(Likelihood(Poisson, [2, 4]), np.array([3.0]), lambda rate: rate**2, again)
    estimate 9, std. error 12.22, interval 1.4 to 24.2
    """
    tail = (1.0 - level) / 2.0
    g = _by_name(function, likelihood)
    values = _Rows(g, likelihood)(estimates)
    lost = np.isnan(values).any(axis=-1)
    if lost.any():
        raise DataError(
            f"the function is not a number at {int(lost.sum())} of {len(values)} estimates of resampled data, such as "
            f"{likelihood.distribution(estimates[np.argmax(lost)]).params}"
        )
    estimate = _values(g, likelihood, theta, ())
    low, high = np.quantile(values, [tail, 1.0 - tail], axis=0)
    se, low, high = (v.reshape(estimate.shape)[()] for v in (values.std(axis=0, ddof=1), low, high))
    return Delta(estimate[()], se, (low, high))


def quantile_function(fit: Any, q: ArrayLike, method: str) -> Callable[..., Array]:
    """Return the q-quantile as a function of a fit's parameters.

    Parameters
    ----------
    fit : whose distribution it is of.
    q : a probability, or an array of them.
    method : of the interval; a quantile of counts goes in steps, and then not each has a meaning.

    Raises
    ------
    DataError : for a q that is no probability, or a fit that has no quantiles.
    RegularityError : for a method that needs a smooth quantile.

    >>> from mlecore import Exponential
    >>> float(quantile_function(Exponential.fit([1.0, 3.0]), 0.5, "wald")(rate=np.log(2.0)))
    1.0
    """
    family = type(fit.dist)
    levels = numeric(q, "q")
    if not ((levels > 0) & (levels < 1)).all():
        raise DataError(f"q must lie strictly between 0 and 1, such as 0.9; got {q!r}")
    if not hasattr(family, "ppf") or family.event_ndim or not fit.likelihood.layout.names:
        each = hasattr(fit.dist, "distribution")
        raise DataError(
            f"a {fit.likelihood.called} has a quantile for each row: fit.dist.distribution().ppf(q) gives them"
            if each
            else f"{family.__name__} has no quantiles: they belong to families of numbers"
        )
    steps = family.support.whole and (method == "wald" or (method == "lr" and len(fit.names) > 1))
    if steps:
        raise RegularityError(
            f"a quantile of {family.__name__} goes in steps, so it has no slope for method={method!r}; "
            "use method='bootstrap'" + (" or 'lr'" if len(fit.names) == 1 else "")
        )

    def quantile(**params: Any) -> Array:
        dist = family._unchecked(**params)
        return np.stack([dist.ppf(level) for level in levels.ravel()], axis=-1).reshape(
            (*dist.batch_shape, *levels.shape)
        )

    return quantile


class _Rows:
    """A function of the parameters at many vectors of free scalars: all at once where it proves to broadcast.

    A function that was written for numbers may not, or may mix the rows up; so the first time it is asked both ways.
    """

    def __init__(self, g: Any, likelihood: Any) -> None:
        self.g, self.likelihood = g, likelihood
        self.broadcasts: bool | None = None

    def __call__(self, rows: Array) -> Array:
        """Return the values, one row for each of theta, shape (rows, values)."""
        if self.broadcasts is None and len(rows) > 1:
            self.broadcasts = self._broadcasts(rows[:3])
        return self._together(rows) if self.broadcasts else self._apart(rows)

    def _broadcasts(self, rows: Array) -> bool:
        try:
            return np.array_equal(self._together(rows), self._apart(rows), equal_nan=True)
        except (TypeError, ValueError, IndexError):
            return False

    def _apart(self, rows: Array) -> Array:
        return np.array([np.ravel(_values(self.g, self.likelihood, row, ())) for row in rows])

    def _together(self, rows: Array) -> Array:
        return _values(self.g, self.likelihood, rows, (len(rows),)).reshape(len(rows), -1)

    def entry(self, j: int) -> Callable[[Array], Array]:
        """Return the j-th value alone."""
        return lambda rows: self(rows)[:, j]


def _error(likelihood: Any, theta: Array, function: Any, level: float) -> Array:
    """Return the delta method's standard error, NaN where it has none."""
    try:
        return np.ravel(delta_method(likelihood, theta, function, level).se)
    except (RegularityError, DataError):
        return np.array(np.nan)


def _by_name(function: Callable[..., Any], likelihood: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return the function of all parameters by name, however the given one takes them."""
    names = likelihood.layout.parameters
    try:
        takes = inspect.signature(function).parameters.values()
        wanted = [
            p
            for p in takes
            if p.default is p.empty
            and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
    except (TypeError, ValueError):  # some compiled functions do not tell their arguments
        takes = wanted = []
    asked = [p.name for p in wanted]
    kinds = {p.kind for p in takes}
    if (
        set(asked) <= set(names)
        and inspect.Parameter.VAR_KEYWORD in kinds
        and inspect.Parameter.VAR_POSITIONAL not in kinds
    ):
        return lambda params: function(**params)
    if asked and set(asked) <= set(names) and not any(p.kind is p.POSITIONAL_ONLY for p in wanted):
        return lambda params: function(**{name: params[name] for name in asked})
    if set(asked) & set(names) or (asked and len(asked) != len(names)):
        raise DataError(
            f"the function takes {', '.join(asked)}; it must take parameters by name out of {listed(names)}, "
            f"or all {len(names)} in this order"
        )
    return lambda params: function(*(params[name] for name in names))


def _values(g: Any, likelihood: Any, theta: Array, batch: tuple[int, ...]) -> Array:
    """Return the function at a vector of free scalars."""
    params = likelihood.distribution(theta).params
    with np.errstate(all="ignore"):
        value = numeric(g(params), "the value of the function")
    if value.shape[: len(batch)] != batch:
        raise DataError(
            f"the function must return one value for each of the fits {batch}, got shape {value.shape}"
        )
    return value
