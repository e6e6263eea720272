"""Equal values: which share of a sample one value has, and whether a share is large enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..family import Array
from ..statistics import Sample, order_statistics, piecewise
from .rescaled import PART, part_of


def share_at(value: Array, t: Sample) -> Array:
    """Return which share of each sample equals a value.

    >>> float(share_at(3.0, Sample.of(np.array([3.0, 1.0, 3.0, 2.0]))))
    0.5
    """
    return _weight_at(value, t) / t.n


@piecewise
def _weight_at(value: Array, t: Sample) -> Array:
    """Return the weight of the observations that equal a value."""
    return t.sum(np.where(t.values == np.asarray(value)[..., None], 1.0, 0.0))


def reaches(share: Array, least: Any) -> Array:
    """Say whether a share is as large as another, up to what adding fractional weights may have lost.

    >>> bool(reaches(np.array(0.1 + 0.1 + 0.1), 0.3)), bool(reaches(np.array(0.5 - 1e-15), 0.5))
    (True, True)
    """
    return share >= np.asarray(least) * (1.0 - 1e-12)


def largest_share(t: Sample, least: Any = 0.0) -> Array:
    """Return the largest share of the sample that one value has; a share below `least` may be given as 0.

    >>> float(largest_share(Sample.of(np.array([3.0, 1.0, 3.0, 2.0]))))
    0.5
    """
    if np.min(least) >= 0.5 and not t.weighted:
        if not t.batch_shape and t.width > 4 * PART and _without_majority(t):
            return np.float64(0.0)
        # A value that is half the sample or more is in the middle of it.
        last = t.width - 1
        middle = order_statistics(t.values, last // 2, (last + 1) // 2)
        return np.maximum(*(share_at(value, t) for value in middle))
    order = np.argsort(t.values, axis=-1)
    values = np.take_along_axis(t.values, order, axis=-1)
    weights = np.take_along_axis(t.weights, order, axis=-1)
    last = np.ones(values.shape, dtype=bool)
    last[..., :-1] = values[..., 1:] != values[..., :-1]
    # The weight up to the end of each run of equal values, carried on to the next run's end.
    below = np.cumsum(weights, axis=-1)
    ends = np.maximum.accumulate(np.where(last, below, 0.0), axis=-1)
    before = np.concatenate([np.zeros_like(ends[..., :1]), ends[..., :-1]], axis=-1)
    return (np.where(last, below - before, 0.0).max(axis=-1) / below[..., -1])[()]


def _without_majority(t: Sample) -> bool:
    """Say whether two places split a long sample into three parts of less than half of it each.

    Then no value is half the sample, and one comparison of each value with two places has shown it.
    """
    part = part_of(t)
    low, high = order_statistics(part.values, part.width // 3, 2 * part.width // 3)
    below = above = 0
    for part in t.pieces():
        below += np.count_nonzero(part.values <= low)
        above += np.count_nonzero(part.values >= high)
    return bool(low < high and max(below, above, t.width - below - above) < 0.5 * t.width)
