"""The delta method: standard errors of functions of the parameters."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, RegularityError
from .differences import five_point_slopes
from .information import scaled_covariance
from .intervals import normal_quantile

__all__ = ["Delta", "delta_method"]

Array = np.ndarray


class Delta(NamedTuple):
    """The estimate of a function of the parameters, its standard error and its interval (low, high).

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
    """Return four digits of a number, or of each of an array."""
    return (
        f"{float(value):.4g}"
        if np.ndim(value) == 0
        else np.array2string(np.asarray(value), precision=4)
    )


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
            f"the function takes {', '.join(asked)}; it must take parameters by name out of {', '.join(names)}, "
            f"or all {len(names)} in this order"
        )
    return lambda params: function(*(params[name] for name in names))


def _values(g: Any, likelihood: Any, theta: Array, batch: tuple[int, ...]) -> Array:
    """Return the function at a vector of free scalars."""
    params = likelihood.distribution(theta).params
    with np.errstate(all="ignore"):
        value = np.asarray(g(params), dtype=float)
    if value.shape[: len(batch)] != batch:
        raise DataError(
            f"the function must return one value for each of the fits {batch}, got shape {value.shape}"
        )
    return value
