"""Samples from a distribution of which as much is seen as was of the data: within windows, or in bins.

Windows and bins are known before any value is. What would have been censored is not: it depends on how long one has
looked, which censored data do not tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..censoring import limits_of, to_ends
from ..errors import DataError, RegularityError
from ..observations import PartlySeen
from ..statistics import Events, Parts

__all__ = ["drawn_as_seen", "edges_of_bins", "seen_within", "within_windows"]

Array = np.ndarray


def drawn_as_seen(
    dist: Any, seen: PartlySeen, count: int, n: int, rng: np.random.Generator
) -> Events:
    """Return the statistic of `count` samples of n values, seen in the windows or the bins of the given rows.

    Parameters
    ----------
    dist : a member of a family of numbers.
    seen : rows, all seen exactly, each in its own window; or all in bins that do not overlap, in one window. What lies
        between the bins or beyond them is a bin too.

    Raises
    ------
    RegularityError : for rows of which some are censored and others not, and for angles.

    >>> from mlecore import Exponential, binned
    >>> rng = np.random.default_rng(0)
    >>> t = drawn_as_seen(Exponential(rate=1.0), binned([4, 3], [0.0, 1.0, 2.0]), 5, 7, rng)
    >>> np.sort(t.seen.high)
    array([ 1.,  2., inf])
    """
    if type(dist)._of_angles():
        raise RegularityError(
            f"no samples of {type(dist).__name__} are drawn within windows or bins, since what lies beyond them lies "
            "before them too; use parametric=False"
        )
    if seen.exact.all():
        return _in_windows(dist, seen, count, n, rng)
    bins, window = limits_of(type(dist), seen)
    edges = None if seen.exact.any() else edges_of_bins(*bins, *window)
    if edges is None:
        raise RegularityError(
            "a parametric bootstrap would have to know which values of another sample would be censored, and that depends "
            "on how these came to be, which they do not tell; use parametric=False"
        )
    return _in_bins(dist, edges, count, n, rng)


def _in_windows(
    dist: Any, seen: PartlySeen, count: int, n: int, rng: np.random.Generator
) -> Events:
    """Draw one value for each observation from what its window leaves of the distribution."""
    family = type(dist)
    if seen.weights is not None:
        whole = np.round(seen.weights)
        if (whole != seen.weights).any():
            raise DataError(
                "the bootstrap draws whole observations, and some weights are not whole numbers"
            )
        seen = seen.unweighted()[np.repeat(np.arange(len(seen)), whole.astype(int))]
    low, high = to_ends(family, *limits_of(family, seen)[1])
    x = within_windows(dist, low, high, count, rng)
    if not np.isfinite(x).all():
        raise RegularityError(
            "the windows lie so far out in the tail of the fitted distribution that no value can be drawn there"
        )
    return seen_within(
        family.statistics(x, axis=1), Parts.of(low, high, np.ones((count, n))), family
    )


def within_windows(
    dist: Any, low: Array, high: Array, count: int, rng: np.random.Generator
) -> Array:
    """Draw `count` samples with one value in each window (low, high].

    >>> from mlecore import Exponential
    >>> window = np.array([1.0]), np.array([2.0])
    >>> x = within_windows(Exponential(rate=1.0), *window, 3, np.random.default_rng(0))
    >>> x.shape, bool(((x > 1.0) & (x <= 2.0)).all())
    ((3, 1), True)
    """
    with np.errstate(all="ignore"):
        below = np.where(np.isneginf(low), 0.0, dist.cdf(low))
        # Far out in the upper tail the distribution function has no digits left.
        above = np.where(np.isposinf(high), 0.0, dist.sf(high))
        share = rng.uniform(size=(count, low.size)) * (1.0 - above - below)
        x = dist.ppf(below + share)
    support = dist.support
    least = low + 1.0 if support.whole else np.nextafter(low, np.inf)
    return np.clip(x, np.where(np.isneginf(low), support.low, least), high)


def seen_within(own: Any, windows: Parts, family: Any) -> Events:
    """Return a batch of statistics of values that were all seen exactly, each in its window."""
    none = Parts(np.zeros(0), np.zeros(0), np.zeros((len(own.n), 0)))
    exact, events, windows = family._absorb(own, none, windows)
    return Events(own.n, exact, events, windows).of_family(family)


def edges_of_bins(low: Array, high: Array, first: Array, last: Array) -> Array | None:
    """Return the edges of bins (low, high] that do not overlap, the ends of the one window outermost; else None.

    >>> edges_of_bins(*np.array([[0.0, 1.0], [1.0, 2.0], [0.0, 0.0], [9.0, 9.0]]))
    array([0., 1., 2., 9.])
    """
    if np.ptp(np.nan_to_num(first)) > 0 or np.ptp(np.nan_to_num(last)) > 0:
        return None
    bins = np.unique(np.stack([low, high], axis=-1), axis=0)
    if (bins[1:, 0] < bins[:-1, 1]).any():
        return None
    return np.unique([first[0], *bins.ravel(), last[0]])


def _in_bins(dist: Any, edges: Array, count: int, n: int, rng: np.random.Generator) -> Events:
    """Draw how many values fall into each bin."""
    family = type(dist)
    low, high = to_ends(family, edges[:-1], edges[1:])
    share = np.exp(dist.log_mass(low, high))
    # Edges beyond the support have become infinite, and a bin between two of them, or below the support, holds nothing.
    kept = (np.isfinite(low) | np.isfinite(high)) & (share > 0)
    low, high, share = low[kept], high[kept], share[kept]
    counts = rng.multinomial(n, share / share.sum(), count).astype(float)
    first, last = to_ends(family, edges[:1], edges[-1:])
    windows = Parts.of(first, last, np.full((count, 1), float(n)))
    exact, events, windows = family._absorb(None, Parts.of(low, high, counts), windows)
    return Events(np.full(count, float(n)), exact, events, windows).of_family(family)
