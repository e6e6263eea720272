"""Nodes for expectations over a part of each member of a batch: values of a count, or places between two limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .members import lifted
from .quadrature import Nodes, between, inside_narrow, reach

__all__ = ["all_nodes", "narrow_nodes", "wide_nodes"]

Array = np.ndarray

# A sum over more values than this takes every m-th one.
_MOST_VALUES = 2**18
# Such a sum is an integral only where the density changes by less than this from one value taken to the next.
_ROUGH = 0.5
# The distances at which a discrete distribution is looked at.
_COUNTS = np.concatenate([[0.0], 2.0 ** np.arange(0, 53)])


def wide_nodes(d: Any, a: Array, b: Array) -> Nodes:
    """Return nodes between any limits, one row for each member."""
    return _whole(d, a, b) if d.support.whole else _continuous(between, d, a, b)


def narrow_nodes(d: Any, a: Array, b: Array) -> Nodes:
    """Return nodes between limits so near that the density is smooth between them."""
    return _whole(d, a, b) if d.support.whole else _continuous(inside_narrow, d, a, b)


def _continuous(nodes: Callable[..., Nodes], d: Any, a: Array, b: Array) -> Nodes:
    low, high = (np.broadcast_to(end, a.shape) for end in d._ends())
    density = lifted(d).log_prob

    def inside(x: Array) -> Array:
        # An angle beyond its turn has a density too, but no part in this distribution.
        here = (x >= low[:, None]) & (x <= high[:, None])
        return np.where(here, density(x), -np.inf)

    return nodes(inside, d.support, np.maximum(a, low), np.minimum(b, high), d._place())


def _whole(d: Any, a: Array, b: Array) -> Nodes:
    """Return the values of a discrete distribution between the limits that have any weight, one row each."""
    low, high = d._ends()
    first, last = np.maximum(np.floor(a) + 1.0, low), np.minimum(np.floor(b), high)
    log_f = lifted(d).log_prob
    start = np.clip(np.round(d._place()[0]), first, last)
    left, right = (
        reach(log_f, start[:, None], sign, room[:, None], _COUNTS)[:, 0]
        for sign, room in ((-1.0, start - first), (1.0, last - start))
    )
    first, last = (
        np.maximum(first, np.floor(start - left)),
        np.minimum(last, np.ceil(start + right)),
    )
    count = float(np.max(last - first, initial=0.0)) + 1.0
    # Among millions of values every m-th one, times m, gives the same sum: it is an integral by then.
    stride = max(1.0, np.ceil(count / _MOST_VALUES))
    places = first[:, None] + stride * np.arange(int(np.ceil(count / stride)))
    here = places <= last[:, None]
    places = np.where(here, places, first[:, None])
    with np.errstate(all="ignore"):
        weights = np.where(here, log_f(places) + np.log(stride), -np.inf)
        if stride > 1.0:
            # Nor is it where the highest place is a peak among its neighbours, as that of a heavy tail is.
            top = np.argmax(weights, axis=-1)[:, None]
            beside = np.clip(top + np.array([-1, 1]), 0, weights.shape[-1] - 1)
            fall = np.take_along_axis(weights, top, -1) - np.take_along_axis(weights, beside, -1)
            peak = (fall.max(axis=-1) > _ROUGH) & (last - first >= _MOST_VALUES)
            weights = np.where(peak[:, None], np.nan, weights)
        return Nodes(places, weights)


def all_nodes(rows: Any) -> Nodes:
    """Return nodes for expectations over all of each member, one a row.

    >>> from mlecore import Normal
    >>> from mlecore.members import members
    >>> round(float(all_nodes(members(Normal(mu=0.0, sigma=1.0), (1,))).log_mass()[0]), 9) + 0.0
    0.0
    """
    count = rows.batch_shape[0]
    with np.errstate(all="ignore"):
        return wide_nodes(rows, np.full(count, -np.inf), np.full(count, np.inf))
