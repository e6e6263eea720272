"""Samples to fit again: drawn from the data, or from the fitted distribution as the data came to be seen."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import DataError, RegularityError
from ..observations import PartlySeen
from ..statistics import Events
from .as_seen import drawn_as_seen

__all__ = ["drawn", "redrawn", "usable_estimates"]

Array = np.ndarray


def drawn(
    dist: Any, likelihood: Any, count: int, n: int, rng: np.random.Generator
) -> tuple[Array | Events, None]:
    """Return samples from a distribution, seen as the data of a likelihood were: all, within windows, or in bins.

    Parameters
    ----------
    dist : to draw from.
    likelihood : whose data say what could be seen.
    count, n : how many samples, and of which size.

    Raises
    ------
    RegularityError : where some values are censored and others not: what else would have been censored is not known.

    >>> from mlecore import Exponential, Likelihood
    >>> L, rng = Likelihood(Exponential, [1.0, 3.0]), np.random.default_rng(0)
    >>> drawn(Exponential(rate=1.0), L, 5, 2, rng)[0].shape
    (5, 2)
    """
    if isinstance(likelihood.data, PartlySeen):
        return drawn_as_seen(dist, likelihood.data, count, n, rng), None
    if isinstance(likelihood.statistic, Events):
        raise DataError(
            "a parametric bootstrap of partly seen data needs the data themselves, not a statistic of them: fit the data"
        )
    return dist.sample((count, n), rng=rng), None


def redrawn(
    likelihood: Any, count: int, n: int, rng: np.random.Generator
) -> tuple[Array | PartlySeen, Array | None]:
    """Return samples from the data: the values themselves, or how often each was drawn.

    >>> from mlecore import Exponential
    >>> redrawn(Exponential.fit([1.0, 3.0]).likelihood, 5, 2, np.random.default_rng(0))[0].shape
    (5, 2)
    """
    if likelihood.data is None:
        raise DataError(
            "the fit was made from a statistic or from chunks, which leave no observations to draw from: take "
            "bootstrap(parametric=True), which draws from the fitted member, or intervals by ci(method='lr'), or fit the data"
        )
    family = likelihood.family
    if isinstance(likelihood.data, PartlySeen):
        seen = likelihood.data
        share = np.ones(len(seen)) if seen.weights is None else seen.weights
        return seen.unweighted(), rng.multinomial(n, share / share.sum(), count)
    x, w = likelihood.observations()
    if w is None and family.support.whole and not family.event_ndim:
        x, w = np.unique(x, return_counts=True)
    if w is None:
        return x[rng.integers(0, len(x), (count, n))], None
    return np.broadcast_to(x, (count, *x.shape)), rng.multinomial(n, w / w.sum(), count)


def usable_estimates(fit: Any, again: Any) -> Array:
    """Return the estimates of resampled data of which quantiles are intervals, angles near the fit's own.

    Parameters
    ----------
    fit : of one sample.
    again : its bootstrap, a batch.

    Raises
    ------
    RegularityError : where a tenth of the resampled data or more have no estimate, or all have the same.

    >>> from mlecore import Exponential
    >>> f = Exponential.fit([1.0, 3.0])
    >>> usable_estimates(f, f.bootstrap(100, rng=0)).shape
    (100, 1)
    """
    estimates = again.theta[~np.isnan(again.theta).any(axis=-1)]
    estimates = fit.likelihood.layout.near(estimates, fit.theta, fit.likelihood.free)
    lost = len(again.theta) - len(estimates)
    if lost > 0.1 * len(again.theta):
        reason = next(iter(again.problems.values()))
        raise RegularityError(
            f"{lost} of {len(again.theta)} resampled data sets have no estimate ({reason}), so their quantiles "
            "would be those of a selection; the sample is too small for a bootstrap"
        )
    stuck = [name for k, name in enumerate(fit.names) if np.ptp(estimates[:, k]) == 0]
    if stuck:
        raise RegularityError(
            f"every resampled data set gives the same {', '.join(stuck)}, so the bootstrap cannot tell how "
            "uncertain it is. Use method='lr' or 'score'"
        )
    if lost:
        warnings.warn(
            f"{lost} of {len(again.theta)} resampled data sets have no estimate and were left out",
            stacklevel=4,
        )
    return estimates
