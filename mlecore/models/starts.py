"""Where the climbs to the maximum of a mixture begin: guesses at which value came from which component."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..errors import DataError

__all__ = ["Search", "guesses"]

Array = np.ndarray

# How sure a start is of its guess; a component that guesses where its support ends has to be sure.
_SURE = (0.9, 0.99)


@dataclass
class Search:
    """From how many places to climb, and what draws them; or where to climb from."""

    starts: int = 20
    seed: int = 0
    near: Array | None = None

    @classmethod
    def of(cls, starts: Any, rng: Any) -> Self:
        """Check what a user gave.

        >>> Search.of(5, 0).starts
        5
        """
        if not (isinstance(starts, numbers.Integral) and starts >= 1):
            raise DataError(f"starts must be a whole number >= 1, got {starts!r}")
        if not isinstance(rng, np.random.Generator | numbers.Integral):
            raise DataError(f"rng must be a whole number or a numpy Generator, got {rng!r}")
        drawn = isinstance(rng, np.random.Generator)
        return cls(int(starts), int(rng.integers(2**62)) if drawn else int(rng))


def guesses(likelihood: Any, plan: Search) -> Array:
    """Return for each start, component and value a guess at the probability that the one came from the other.

    The first cuts the sample into equal parts by size; the others cut it at random places, by size or by the distance
    from one of the values, and deal the parts out in random order. The order of the values does not matter, nor whether
    one is there three times or has the weight 3.
    """
    family, t = likelihood.family, likelihood.statistic
    rng = np.random.default_rng(plan.seed)
    x, count = t.values, len(family.components)
    by_size = _ranks(x, t.weights)
    irregular = np.array([bool(f.irregular) for f in family.components])[:, None]
    shares = np.empty((plan.starts, count, x.size))
    for s in range(plan.starts):
        u, cuts, order = by_size, np.arange(1, count) / count, np.arange(count)
        if s:
            if s % 3 == 0:
                around = x[np.argmin(np.abs(by_size - rng.random()))]
                u = _ranks(np.abs(x - around), t.weights)
            cuts = np.cumsum(rng.dirichlet(np.ones(count)))[:-1]
            order = rng.permutation(count)
        part = order[np.searchsorted(cuts, u)]
        sure = np.where(irregular, 1.0, _SURE[s % 2])
        shares[s] = sure * (np.arange(count)[:, None] == part) + (1.0 - sure) / count
    possible = np.array([f.support.contains(x) for f in family.components])
    shares = np.where(possible, shares, 0.0)
    total = shares.sum(axis=1, keepdims=True)
    # Where the component of the guess cannot have made the value, any other may have.
    return np.where(
        total > 0, shares / np.where(total > 0, total, 1.0), possible / possible.sum(axis=0)
    )


def _ranks(x: Array, weights: Array) -> Array:
    """Return the share of the sample that lies below each value, half of those equal to it counted."""
    _, first = np.unique(x, return_inverse=True)
    size = np.bincount(first, weights)
    return ((np.cumsum(size) - 0.5 * size) / weights.sum())[first]
