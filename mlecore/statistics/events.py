"""The statistic of partly seen data: that of the values seen exactly, and the events and windows of the others.

Equal events are kept once with their weights, so a histogram of a million values is as many numbers as it has bins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from ..mass import log_mass, mass_terms
from ..members import lifted
from .statistic import Statistic, beside

__all__ = ["Events", "Parts"]

Array = np.ndarray

# So many parts are looked at together, few enough to stay in the cache.
_AT_ONCE = 2**13
# The sums of numbers, of vectors and of matrices, one of each a part, by weight.
_WEIGHED = ("...m,...m->...", "...m,...mj->...j", "...m,...mjk->...jk")


class Parts(NamedTuple):
    """Parts (low, high] of the line with their weights, which may have batch axes in front.

    >>> Parts.of(np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([2.0, 3.0])).weights
    array([5.])
    """

    low: Array
    high: Array
    weights: Array

    @classmethod
    def of(cls, low: Array, high: Array, weights: Array) -> Self:
        """Keep each distinct part once; one that is the whole line says nothing and is left out."""
        low_open, high_open = np.isneginf(low), np.isposinf(high)
        kept = np.flatnonzero(~(low_open & high_open))
        if kept.size == 0:
            return cls(low[kept], high[kept], weights[..., kept])
        # Both bounded first, then those open below, then those open above; each kind ascending.
        kind = (low_open + 2 * high_open)[kept]
        low, high, weights = low[kept], high[kept], weights[..., kept]
        alone = kind.min() == 2  # bounds alone need one sort, and take nothing along that is equal
        if alone and (weights == 1).all():
            low = np.sort(low)
        else:
            order = np.argsort(low) if alone else np.lexsort((high, low, kind))
            low, high, weights = low[order], high[order], weights[..., order]
        new = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
        return cls(low[new], high[new], np.add.reduceat(weights, np.flatnonzero(new), axis=-1))

    def alike(self) -> Iterator[Self]:
        """Yield the parts in blocks: bounded ones, those open below, those open above, not too many at once."""
        ends = np.searchsorted(np.isneginf(self.low) + 2 * np.isposinf(self.high), [0, 1, 2, 3])
        for start, stop in pairwise(ends.tolist()):
            for first in range(start, stop, _AT_ONCE):
                part = slice(first, min(first + _AT_ONCE, stop))
                yield type(self)(self.low[part], self.high[part], self.weights[..., part])

    def thinned(self, step: int) -> Self:
        """Return every `step`-th part where they are many, with the weight of all."""
        if self.size < 64 * step:
            return self
        w = self.weights[..., step // 2 :: step]
        w = w * (self.weights.sum(axis=-1) / w.sum(axis=-1))[..., None]
        return type(self)(self.low[step // 2 :: step], self.high[step // 2 :: step], w)

    @property
    def size(self) -> int:
        """How many distinct parts there are."""
        return self.low.size

    def without_upper_end(self) -> tuple[Self, Self]:
        """Return the parts that are open above, and the others."""
        first = self.size - np.count_nonzero(np.isposinf(self.high))
        ends = slice(first, None), slice(first)
        return tuple(type(self)(self.low[k], self.high[k], self.weights[..., k]) for k in ends)

    def joined(self, other: Self) -> Self:
        """Return the parts of both."""
        return type(self).of(
            *(np.concatenate(pair, axis=-1) for pair in zip(self, other, strict=True))
        )

    def log_mass(self, d: Any) -> Array:
        """Return the weighted sum of log P(low < X <= high)."""
        d, total = lifted(d), 0.0
        for part in self.alike():
            value = log_mass(d, part.low, part.high)
            total = total + np.where(part.weights > 0, part.weights * value, 0.0).sum(axis=-1)
        return total

    def terms(self, d: Any) -> tuple[Array, Array, Array]:
        """Return the weighted sums of log P(low < X <= high), of its slopes and of its Hessians."""
        d, sums = lifted(d), []
        for part in self.alike():
            terms = mass_terms(d, part.low, part.high)
            w, columns = part.weights, []
            possible = w > 0
            for trailing, term in enumerate(terms):
                if not possible.all():  # what cannot be may stand in a row of weight zero
                    term = np.where(possible[(..., *(None,) * trailing)], term, 0.0)
                columns.append(np.einsum(_WEIGHED[trailing], w, term))
            sums.append(columns)
        return tuple(sum(column) for column in zip(*sums, strict=True))


@dataclass(frozen=True, eq=False)
class Events(Statistic):
    """What is known of partly seen values: `exact`, a family's own statistic or None, `seen` and `windows`.

    The log-likelihood is that of the exact values, plus log P of each event, less log P of each window.
    """

    exact: Statistic | None
    seen: Parts
    windows: Parts
    #: the smallest and the largest of the values seen exactly
    span: tuple[float, float] = (np.nan, np.nan)

    def fault(self, support: Any) -> str | None:
        if not (np.isfinite(self.n).all() and np.all(np.greater(self.n, 0))):
            return f"n is {np.min(self.n):g}, and must be finite and above 0"
        for parts in (self.seen, self.windows):
            if not (np.isfinite(parts.weights).all() and np.all(parts.weights >= 0)):
                return "a weight is negative or not finite"
            if not np.all(parts.low <= parts.high):
                return "the low end of a part of the line lies above its high end"
        return None if self.exact is None else self.exact.fault(support)

    @property
    def width(self) -> int:
        own = 0 if self.exact is None else self.exact.width
        # An interval without a closed form is looked at in a few hundred places.
        return own + 64 * (self.seen.size + self.windows.size) or 1

    def evaluate(self, d: Any, formula: str) -> Any:
        """Return the log-likelihood, its slope or its Hessian at a distribution."""
        if formula != "_log_likelihood":
            return self.terms(d)[1 if formula == "_score_vector" else 2]
        value = 0.0 if self.exact is None else d._log_likelihood(d._fitting(self.exact))
        for sign, parts in ((1.0, self.seen), (-1.0, self.windows)):
            if parts.size:
                value = value + sign * parts.log_mass(d)
        return value

    def terms(self, d: Any) -> tuple[Array, Array, Array]:
        """Return the log-likelihood of a distribution, its slope and its Hessian together."""
        terms = (0.0, 0.0, 0.0) if self.exact is None else d._fitting(self.exact).terms(d)
        for sign, parts in ((1.0, self.seen), (-1.0, self.windows)):
            if parts.size:
                terms = tuple(a + sign * b for a, b in zip(terms, parts.terms(d), strict=True))
        return terms

    def thinned(self, count: int, weigh: bool = True) -> Self:
        """Return some of many values and parts, with the weight of all, so that about `count` are left.

        >>> from mlecore import Logistic, observed
        >>> t = Logistic.statistics(
        ...     observed(np.arange(1.0, 10_001.0), right=np.arange(10_000) > 5000)
        ... )
        >>> few = t.thinned(1000)
        >>> few.exact.width, few.seen.size, float(few.n)
        (500, 500, 10000.0)
        """
        own = self.exact
        size = self.seen.size + self.windows.size + (0 if own is None else own.width)
        step = size // count
        if step < 2:
            return self
        exact = None if own is None else own.thinned(max(1, own.width // step), weigh=True)
        seen, windows = self.seen.thinned(step), self.windows.thinned(step)
        return type(self)(self.n, exact, seen, windows, self.span).of_family(self.family)

    def __getitem__(self, index: Any) -> Self:
        exact = None if self.exact is None else self.exact[index]
        seen, windows = (p._replace(weights=p.weights[index]) for p in (self.seen, self.windows))
        return type(self)(self.n[index], exact, seen, windows, self.span).of_family(self.family)

    def __add__(self, other: Any) -> Self:
        if not isinstance(other, Events):
            return NotImplemented
        if self.exact is None or other.exact is None:
            exact = self.exact if other.exact is None else other.exact
        else:
            exact = self.exact + other.exact
        span = np.array([self.span, other.span])
        ends = (float(np.fmin(*span[:, 0])), float(np.fmax(*span[:, 1])))
        seen, windows = self.seen.joined(other.seen), self.windows.joined(other.windows)
        return type(self)(self.n + other.n, exact, seen, windows, ends).of_family(self.family)

    @classmethod
    def beside(cls, parts: list[Self]) -> Self:
        """Lay batches with the same events one after the other."""
        own = [part.exact for part in parts]
        one = parts[0]
        seen, windows = (
            getattr(one, name)._replace(
                weights=np.concatenate([getattr(part, name).weights for part in parts])
            )
            for name in ("seen", "windows")
        )
        exact = None if one.exact is None else beside(own)
        n = np.concatenate([part.n for part in parts])
        return cls(n, exact, seen, windows, one.span).of_family(one.family)

    def repeated(self, batch: tuple[int, ...]) -> Self:
        exact = None if self.exact is None else self.exact.repeated(batch)
        seen, windows = (
            p._replace(weights=np.broadcast_to(p.weights, batch + p.weights.shape[-1:]))
            for p in (self.seen, self.windows)
        )
        n = np.broadcast_to(self.n, batch)
        return type(self)(n, exact, seen, windows, self.span).of_family(self.family)

    def isfinite(self) -> bool:
        return bool(np.all(np.isfinite(self.n))) and (self.exact is None or self.exact.isfinite())

    def close_to(self, other: Any, tolerance: float = 1e-9) -> bool:
        """Say whether two statistics agree up to rounding."""
        if not isinstance(other, Events) or (self.exact is None) != (other.exact is None):
            return False
        same = all(
            np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=tolerance)
            for mine, theirs in ((self.seen, other.seen), (self.windows, other.windows))
            for a, b in zip(mine, theirs, strict=True)
        )
        return same and (self.exact is None or self.exact.close_to(other.exact, tolerance))
