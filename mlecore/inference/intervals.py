"""Intervals: the values that a test would not reject. Wald's, by the likelihood ratio, and by the score."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from ..errors import ConvergenceError, DataError, RegularityError, listed
from ..products import blocks
from .crossing import crossing
from .curves import ProfileDrop, ScoreRoot, standard_steps
from .information import standard_errors
from .regularity import at_maximum, insist_positive, insist_regular

__all__ = [
    "ends",
    "likelihood_ratio_interval",
    "normal_quantile",
    "score_interval",
    "wald_interval",
]

Array = np.ndarray

# How many terms of a batch are profiled at once: the root finder copies the rows that are still moving.
_TERMS_AT_ONCE = 2**21


def normal_quantile(level: float) -> float:
    """Return z such that a standard Normal lies within -z .. z with probability `level`.

    Raises
    ------
    DataError : for a level outside (0, 1).

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    try:
        usable = 0 < level < 1
    except TypeError:
        usable = False
    if not usable:
        raise DataError(f"level must lie between 0 and 1, such as 0.95; got {level!r}")
    # The upper tail is the small number: taken directly it keeps its digits at levels near 1.
    return float(-scipy.special.ndtri((1.0 - level) / 2.0))


def wald_interval(
    likelihood: Any,
    theta: Array,
    level: float = 0.95,
    scale: str = "identity",
    kind: str | None = None,
) -> tuple[Array, Array]:
    """Return estimate -+ z se for each free scalar: the lower ends and the upper ends, shaped as theta.

    Parameters
    ----------
    likelihood : a `Likelihood`, of one sample or of a batch.
    theta : its free scalars at the maximum, on the last axis.
    level : the share of samples whose interval should cover the truth.
    scale : "identity", or "natural": the interval is made for the logarithm of a positive parameter or the logit of
        a probability, and its ends are mapped back.
    kind : the information, as in `covariance`.

    Raises
    ------
    RegularityError : where there is no standard error; see `covariance`.
    DataError : for a level outside (0, 1) or an unknown scale.

    >>> from mlecore import Likelihood, Poisson
    >>> low, high = wald_interval(Likelihood(Poisson, [4]), np.array([4.0]))
    >>> low.round(2), high.round(2)
    (array([0.08]), array([7.92]))
    """
    z = normal_quantile(level)
    if scale not in ("identity", "natural"):
        raise DataError(f"scale must be 'identity' or 'natural', got {scale!r}")
    se = standard_errors(likelihood, theta, kind)
    if scale == "identity":
        return theta - z * se, theta + z * se
    layout, free = likelihood.layout, likelihood.free
    u = layout.to_real(theta, free)
    _, first, _ = layout.from_real(u, free)
    with np.errstate(all="ignore"):
        half = z * se / first
        return layout.from_real(u - half, free)[0], layout.from_real(u + half, free)[0]


def likelihood_ratio_interval(
    likelihood: Any, theta: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """Return, for each free scalar, the values whose profile log-likelihood is within z^2 / 2 of the maximum.

    The ends are the nearest crossings on either side of the maximum. A profile with several peaks may come back
    within z^2 / 2 beyond them: then the accepted values lie in pieces, of which this is the one around the estimate;
    `likelihood.profile` shows the others. A side on which the profile never falls so far ends at the domain's bound,
    which may be infinite; an angle that every direction fits as well has a whole turn. An estimate on the boundary
    is no obstacle.

    Parameters
    ----------
    likelihood, theta, level : as in `wald_interval`.

    Raises
    ------
    RegularityError : for a parameter that moves the support, where the drop is not chi-square.
    ConvergenceError : where the profile cannot be followed to its crossing.

    Source: Venzon and Moolgavkar (1988), whose interval this is; here each end is a root on the profile.

    >>> from mlecore import Likelihood, Poisson
    >>> low, high = likelihood_ratio_interval(Likelihood(Poisson, [0, 0]), np.array([0.0]))
    >>> low, high.round(4)
    (array([0.]), array([0.9604]))
    """
    insist_regular(likelihood, "a likelihood-ratio interval")
    theta = at_maximum(likelihood, theta)
    insist_positive(likelihood, theta)
    return ends(likelihood, theta, normal_quantile(level), ProfileDrop)


def score_interval(likelihood: Any, theta: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the values that the score test would not reject: |slope| <= z sqrt(n times the expected information).

    For a proportion this is Wilson's (1927) interval. It is offered for one free scalar. Like a likelihood-ratio
    interval it is the piece around the estimate, should the accepted values lie in several.

    Parameters
    ----------
    likelihood, theta, level : as in `wald_interval`.

    Raises
    ------
    RegularityError : for several free scalars, for a parameter that moves the support, or where the information
        leaves the range of doubles.
    ConvergenceError : where the slope cannot be followed to its crossing.

    >>> from mlecore import Bernoulli, Likelihood
    >>> low, high = score_interval(Likelihood(Bernoulli, [0.0] * 20), np.array([0.0]))
    >>> low, high.round(4)
    (array([0.]), array([0.1611]))
    """
    insist_regular(likelihood, "a score interval")
    theta = at_maximum(likelihood, theta)
    if likelihood.free.size > 1:
        names = listed(likelihood.names)
        raise RegularityError(
            f"a score interval is for one free parameter, and there are {likelihood.free.size} "
            f"({names}); hold the others fixed, or use method='lr'"
        )
    z = normal_quantile(level)
    return ends(likelihood, theta, z, ScoreRoot)


def ends(likelihood: Any, theta: Array, z: float, curve: Any) -> tuple[Array, Array]:
    """Find both ends for every free scalar of every fit, in blocks of the batch."""
    batch, p = theta.shape[:-1], theta.shape[-1]
    count = int(np.prod(batch))
    flat, rows = likelihood._flat(batch), theta.reshape(count, p)
    ends = np.full((2, count, p), np.nan)
    known = np.flatnonzero(~np.isnan(rows).any(axis=-1))
    size = max(1, _TERMS_AT_ONCE // (2 * likelihood.statistic.width))
    for part in blocks(known.size, size):
        index = known[part]
        here = flat.at(index)
        both = np.tile(np.arange(index.size), 2)
        sign = np.repeat([-1.0, 1.0], index.size)
        sides, tops = here.at(both), rows[index][both]
        steps = standard_steps(here, rows[index])[both]
        for k in range(p):
            end = crossing(curve(sides, tops, k, steps), sign, z)
            ends[:, index, k] = end.reshape(2, -1)
    if not batch and np.isnan(ends).any():
        lost = np.isnan(ends).any(axis=(0, 1))
        bad = listed(likelihood.names[k] for k in np.flatnonzero(lost))
        raise ConvergenceError(
            f"the interval of {bad} could not be followed to its end; plot likelihood.profile to see why"
        )
    return ends[0].reshape(theta.shape), ends[1].reshape(theta.shape)
