"""Exact intervals: from a pivot, whose distribution is known whatever the parameters and the size of the sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError, RegularityError, listed
from ..statistics import Events
from .intervals import normal_quantile

__all__ = ["exact_interval"]

Array = np.ndarray

_KNOWN = (
    "Bernoulli, Binomial, Exponential, Geometric, HalfNormal, LogNormal, Normal, Poisson and Rayleigh; with the other "
    "parameter fixed also Gamma (rate), InverseGamma (scale), Laplace (scale), Pareto (shape), Uniform (either end) "
    "and Weibull (scale)"
)


def exact_interval(likelihood: Any, dist: Any, level: float = 0.95) -> tuple[Array, Array]:
    """Return the equal-tailed exact interval of each free scalar: the lower ends and the upper ends.

    A continuous family's interval covers the truth with probability `level`, a discrete one's with at least that: Clopper
    and Pearson's for a proportion, Garwood's for a Poisson mean, those of a Gamma-distributed sum, Student's t, chi-square.

    Parameters
    ----------
    likelihood : a `Likelihood`, of one sample or of a batch.
    dist : the fitted distribution.
    level : the probability that the interval covers the truth.

    Raises
    ------
    RegularityError : where no exact interval is known, with those that are; for partly seen data.
    DataError : for weights that are not whole numbers, or a level outside (0, 1).

    Source: Clopper and Pearson (1934); Garwood (1936); Student (1908).

    >>> from mlecore import Poisson
    >>> f = Poisson.fit([0, 0])
    >>> low, high = exact_interval(f.likelihood, f.dist)
    >>> low, high.round(4)
    (array([0.]), array([1.8444]))
    """
    normal_quantile(level)  # refuses a level that is none
    if isinstance(likelihood.statistic, Events):
        raise RegularityError(
            "there is no exact interval from partly seen data: how they would be seen again is part of the law. Use "
            "method='lr'"
        )
    n = np.asarray(likelihood.n, dtype=float)
    weights = n if likelihood.weights is None else np.asarray(likelihood.weights, dtype=float)
    if (np.abs(n - np.round(n)) > 1e-9 * n).any() or (weights != np.round(weights)).any():
        raise DataError(
            "an exact interval counts observations, and some weights are not whole numbers; use method='lr'"
        )
    names = likelihood.names
    exact = getattr(dist, "_exact", None)
    limits = None if exact is None else exact(np.round(n), frozenset(names), (1.0 - level) / 2.0)
    if limits is None:
        raise RegularityError(
            f"no exact interval is known for {listed(names, 'nothing')} of {likelihood.called}. There are those of "
            f"{_KNOWN}. Use method='lr'"
        )
    shape = likelihood.batch_shape
    low, high = (
        np.stack([np.broadcast_to(limits[name][side], shape) for name in names], axis=-1)
        for side in (0, 1)
    )
    return low, high
