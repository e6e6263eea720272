"""The statistic of partly seen data: that of the values seen exactly, and the events and windows of the others.

Equal events are kept once with their weights, so a histogram of a million values is as many numbers as it has bins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from ..mass import lifted, log_mass, mass_terms
from .statistic import Statistic, beside

__all__ = ["Events", "Parts"]

Array = np.ndarray


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
        kept = ~(np.isneginf(low) & np.isposinf(high))
        low, high, weights = low[kept], high[kept], weights[..., kept]
        limits, place = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
        place = np.ravel(place)
        if limits.shape[1] == low.size:
            return cls(low, high, weights)
        flat = weights.reshape(-1, low.size)
        total = np.stack([np.bincount(place, w, limits.shape[1]) for w in flat])
        return cls(limits[0], limits[1], total.reshape(*weights.shape[:-1], -1))

    @property
    def size(self) -> int:
        """How many distinct parts there are."""
        return self.low.size

    def joined(self, other: Self) -> Self:
        """Return the parts of both."""
        return type(self).of(
            *(np.concatenate(pair, axis=-1) for pair in zip(self, other, strict=True))
        )

    def log_mass(self, d: Any) -> Array:
        """Return the weighted sum of log P(low < X <= high)."""
        value = log_mass(lifted(d), self.low, self.high)
        return np.where(self.weights > 0, self.weights * value, 0.0).sum(axis=-1)

    def derivatives(self, d: Any) -> tuple[Array, Array]:
        """Return the weighted sums of the slopes and Hessians of log P(low < X <= high)."""
        terms = mass_terms(lifted(d), self.low, self.high)
        w = self.weights[..., None]
        slope = np.where(w > 0, w * terms.slope, 0.0).sum(axis=-2)
        w = w[..., None]
        return slope, np.where(w > 0, w * terms.curvature, 0.0).sum(axis=-3)


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

    @property
    def width(self) -> int:
        own = 0 if self.exact is None else self.exact.width
        # An interval without a closed form is looked at in a few hundred places.
        return own + 64 * (self.seen.size + self.windows.size) or 1

    def evaluate(self, d: Any, formula: str) -> Any:
        """Return the log-likelihood, its slope or its Hessian at a distribution."""
        own = 0.0 if self.exact is None else getattr(d, formula)(self.exact)
        sign = {True: 1.0, False: -1.0}
        for parts in (self.seen, self.windows):
            if parts.size == 0:
                continue
            if formula == "_log_likelihood":
                part = parts.log_mass(d)
            else:
                part = parts.derivatives(d)[0 if formula == "_score_vector" else 1]
            own = own + sign[parts is self.seen] * part
        return own

    def derivatives(self, d: Any) -> tuple[Array, Array]:
        """Return the slope and the Hessian together, for the price of one."""
        slope = curvature = 0.0
        if self.exact is not None:
            slope, curvature = d._score_vector(self.exact), d._hessian_matrix(self.exact)
        for sign, parts in ((1.0, self.seen), (-1.0, self.windows)):
            if parts.size:
                first, second = parts.derivatives(d)
                slope, curvature = slope + sign * first, curvature + sign * second
        return slope, curvature

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
